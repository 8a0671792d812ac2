/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_HOST_H
#define IOMMUSCOPE_HOST_H

/*
 * The running machine: who uses a function, whether VFIO opens a group, and the only calls that
 * change anything. SECURITY.md lists every write.
 */

#include "iommuscope/ownership.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ims_host;

struct ims_host_options {
    size_t size_bytes;         /* sizeof(struct ims_host_options), for later additions */
    const char *root;          /* directory that holds sys, proc, dev, run and etc; NULL = "/" */
    unsigned warn_seconds;     /* a write that takes longer is reported; 0 = 10 */
    unsigned deadline_seconds; /* and is given up as stuck after this; 0 = 60 */
    const char
        *session_peer; /* SSH_CONNECTION of the user, whose route must not be lost; or NULL */
};

/*
 * Opens a host. Every path is opened below the root's own descriptors. The caller frees *ret with
 * ims_host_close(). Returns -ENOENT, -EACCES, -ENOMEM and other errors of open().
 */
IMS_PUBLIC int ims_host_open(const struct ims_host_options *options, struct ims_host **ret,
                             struct ims_error *reterr);
IMS_PUBLIC void ims_host_close(struct ims_host *host);

/*
 * What on the host uses these functions: adds to *ret (release with ims_uses_done()), sorted. What
 * cannot be looked at without more rights is there as a use whose certain is unknown. Reads only;
 * on a running machine block devices are opened exclusively for a moment. Returns -ENOMEM.
 */
IMS_PUBLIC int ims_host_uses(struct ims_host *host, const struct ims_topology *topology,
                             const struct ims_function *functions, uint32_t function_count,
                             struct ims_uses *ret, struct ims_error *reterr);

/*
 * The whole question of a VMM in one call: what to print instead of "group N is not viable", as
 * ims_check_message() writes it, for a group of the kernel. *ret is freed with free(); *ret_usable
 * (may be NULL): whether VFIO takes the group. options may be NULL. Reads only. Returns -ENOENT when
 * the kernel has no such group, and what ims_host_open() and ims_source_load() return.
 */
IMS_PUBLIC int ims_host_group_message(const struct ims_host_options *options, uint32_t group,
                                      char **ret, enum ims_tristate *ret_usable,
                                      struct ims_error *reterr);

/* ---- asking VFIO ---- */

/* How far a probe came. */
enum ims_probe_step {
    IMS_PROBE_OPEN = 0,  /* opening /dev/vfio/GROUP */
    IMS_PROBE_STATUS,    /* whether it is viable */
    IMS_PROBE_CONTAINER, /* putting it into a container */
    IMS_PROBE_IOMMU, /* setting the IOMMU, which wants remapped interrupts and no locked memory */
    IMS_PROBE_INFO,  /* what the IOMMU can map */
    IMS_PROBE_DONE,
};

/* "open", "status", "container", "iommu", "info", "done"; never NULL. */
IMS_PUBLIC const char *ims_probe_step_to_string(enum ims_probe_step step);

#define IMS_PROBE_RANGE_MAX 64u

struct ims_iova_range {
    uint64_t first;
    uint64_t last; /* inclusive */
};

struct ims_probe {
    enum ims_probe_step step; /* where it ended; DONE: VFIO takes the group */
    int code;                 /* the negative errno that ended it; 0 also for a group not viable */
    enum ims_tristate viable;
    uint64_t page_sizes; /* a bit for each, 0 = not told */
    struct ims_iova_range ranges[IMS_PROBE_RANGE_MAX];
    uint32_t range_count;
};

/*
 * Opens a group with VFIO and asks, as a VMM would do before it opens a device: no device is opened,
 * reset or woken. While it lasts, another opener of the group gets EBUSY. Returns -ENOMEM.
 */
IMS_PUBLIC int ims_host_probe(struct ims_host *host, uint32_t group, struct ims_probe *ret);

/* ---- carrying plans out ---- */

/* tell is called with a sentence before each write, and when one takes long. */
IMS_PUBLIC void ims_host_tell(struct ims_host *host,
                              void (*tell)(void *context, const char *sentence), void *context);

/* How a transaction, or the recovery of one, ended. */
enum ims_outcome_state {
    IMS_OUTCOME_NOTHING = 0, /* there was nothing to do, and nothing was written */
    IMS_OUTCOME_DONE,        /* the machine is as the plan says */
    IMS_OUTCOME_UNDONE,      /* a step failed, and all is as it was before */
    IMS_OUTCOME_REFUSED,     /* nothing was changed */
    IMS_OUTCOME_DRIFTED,  /* nothing was changed: the machine is no longer what was planned for */
    IMS_OUTCOME_CONFLICT, /* somebody else changed a member meanwhile; text names it */
    IMS_OUTCOME_STUCK,    /* a write does not return; ims_host_recover() goes on later */
};

/* "nothing", "done", "undone", "refused", "drifted", "conflict", "stuck"; never NULL. */
IMS_PUBLIC const char *ims_outcome_state_to_string(enum ims_outcome_state state);

/* A process that keeps a function from being handed over or given back. */
struct ims_holder {
    uint32_t pid;    /* 0 = nobody was seen */
    char name[64];   /* of the program */
    char guest[128]; /* of the virtual machine that it runs, "" = none */
};

struct ims_outcome {
    enum ims_outcome_state state;
    enum ims_plan_refusal refusal; /* of REFUSED */
    int code;                      /* negative errno of what went wrong, or 0 */
    bool has_address;              /* of the member that it is about */
    struct ims_address address;
    uint32_t steps_done;      /* writes that were made, those of a rollback too */
    struct ims_holder holder; /* of STUCK and REFUSED; text names it too */
    char text[512];           /* what happened, one or two sentences */
};

/* Where an interrupted transaction is to end. */
enum ims_recovery {
    /* Towards what the host had: claims back, releases forward; but what is done already stays. */
    IMS_RECOVERY_AUTO = 0,
    IMS_RECOVERY_FORWARD,
    IMS_RECOVERY_BACK,
};

/* A transaction that is in the journal. */
enum ims_transaction_state {
    IMS_TRANSACTION_OPEN = 0, /* interrupted: kill, crash, or stuck; recover ends it */
    IMS_TRANSACTION_DONE,
    IMS_TRANSACTION_UNDONE,
    IMS_TRANSACTION_CONFLICT,
    IMS_TRANSACTION_DAMAGED, /* its journal cannot be read: not even what was planned */
};

/* "interrupted", "done", "undone", "conflict", "damaged"; never NULL. */
IMS_PUBLIC const char *ims_transaction_state_to_string(enum ims_transaction_state state);

struct ims_transaction_info {
    const char *name; /* of the journal */
    enum ims_transaction_state state;
    bool is_claim; /* a claim that is done and not released since */
    bool
        is_unsettled; /* a claim whose members a later transaction was at when it was interrupted */
    int64_t time_seconds;        /* since the epoch, when it began; 0 = not known */
    const struct ims_plan *plan; /* NULL when damaged */
    const char *text; /* how it ended, the step that it was at, or how a claim has strayed */
    bool is_strayed;  /* a claim of which a member is not as it was left: somebody else was there */
};

struct ims_status {
    struct ims_transaction_info *transactions; /* oldest first */
    uint32_t count;
    void *memory;
};
IMS_PUBLIC void ims_status_free(struct ims_status *status);

/*
 * Carries a plan out as a transaction: takes the host's lock, checks that the machine is still what
 * the plan was made for and that nobody uses what would be lost, keeps a journal below
 * run/iommuscope, makes the writes, and verifies each by reading. What fails is rolled back. *ret
 * says how it ended. Needs root. Returns -EROFS for a copy of a machine, -ENOMEM.
 */
IMS_PUBLIC int ims_host_apply(struct ims_host *host, const struct ims_plan *plan,
                              struct ims_outcome *ret, struct ims_error *reterr);

/* Ends every transaction that was interrupted. *ret is the gravest end. Same errors. */
IMS_PUBLIC int ims_host_recover(struct ims_host *host, enum ims_recovery recovery,
                                struct ims_outcome *ret, struct ims_error *reterr);

/*
 * Every transaction since the machine was started. The caller frees *ret with ims_status_free().
 * Returns -EACCES without the right to read the journals, -EPERM when others may write to their
 * folder, -ENOMEM.
 */
IMS_PUBLIC int ims_host_status(struct ims_host *host, struct ims_status **ret,
                               struct ims_error *reterr);

/* A plan as JSON, to be reviewed and carried out later; *ret is freed with free(). -ENOMEM. */
IMS_PUBLIC int ims_plan_write(const struct ims_plan *plan, char **ret, struct ims_error *reterr);

/*
 * Reads what ims_plan_write() or "plan --json" wrote. The caller frees *ret with ims_plan_free().
 * Returns -EBADMSG for what is no plan, or whose steps do not follow from its members; -ENOMEM.
 */
IMS_PUBLIC int ims_plan_read(const char *text, size_t length, struct ims_plan **ret,
                             struct ims_error *reterr);

/* ---- claims that survive a boot (docs/howto/persistence.md) ---- */

/* A claim as it stands in a file, and how its boots went. */
struct ims_saved_claim {
    char name[IMS_CLAIM_NAME_SIZE];
    int code;               /* 0, or why the file cannot be used; then claim is empty */
    char text[256];         /* that reason */
    struct ims_claim claim; /* with the same name */
    uint32_t attempts;      /* boots in a row that tried it and did not end well, with this one */
    bool disabled;          /* no boot tries it any more */
};

struct ims_saved_claims {
    struct ims_saved_claim *claims; /* sorted by name */
    uint32_t count;
};
IMS_PUBLIC void ims_saved_claims_done(struct ims_saved_claims *claims);

/*
 * Reads the claims in etc/iommuscope/claims.d. Release *ret with ims_saved_claims_done(). Returns
 * -EPERM when the directory could have been written by others, -EACCES, -ENOMEM.
 */
IMS_PUBLIC int ims_host_claims(struct ims_host *host, struct ims_saved_claims *ret,
                               struct ims_error *reterr);

/*
 * Makes a claim that was carried out durable: its file, the udev rule for who gets access, a fresh
 * count of boots. Verifies first that the members have the drivers of the claim. The same claim
 * again writes nothing. A claim that is about the same group is replaced when it has the same name.
 * *ret says how it ended: DONE, NOTHING, REFUSED. Needs root. Returns -EROFS, -ENOMEM; -EINVAL for a
 * name of a claim, a user or a group that could not stand in its files.
 */
IMS_PUBLIC int ims_host_persist(struct ims_host *host, const struct ims_claim *claim,
                                struct ims_outcome *ret, struct ims_error *reterr);

/* Removes all that ims_host_persist() wrote for a claim, be it readable or not. Same returns. */
IMS_PUBLIC int ims_host_forget(struct ims_host *host, const char *name, struct ims_outcome *ret,
                               struct ims_error *reterr);

/* Completes what a killed persist or forget left: rules and counts without a claim, and missing
 * rules. Same returns. */
IMS_PUBLIC int ims_host_tidy(struct ims_host *host, struct ims_outcome *ret,
                             struct ims_error *reterr);

enum ims_boot_phase {
    IMS_BOOT_EARLY = 0, /* before modules load: overrides only, no unbind, no waiting */
    IMS_BOOT_LATE,      /* the claims, as ordinary transactions */
    IMS_BOOT_CONFIRM,   /* the machine came up: the count of boots begins anew */
    IMS_BOOT_UNDO,      /* gives back what early held off and nobody claimed */
};

/* "early", "late", "confirm", "undo"; never NULL. */
IMS_PUBLIC const char *ims_boot_phase_to_string(enum ims_boot_phase phase);

struct ims_boot_entry {
    char name[IMS_CLAIM_NAME_SIZE];
    bool has_group;
    uint32_t group;
    struct ims_outcome outcome;
};

struct ims_boot_report {
    bool switched_off; /* iommuscope.claims=off on the kernel's command line */
    struct ims_boot_entry *entries;
    uint32_t count;
};
IMS_PUBLIC void ims_boot_report_done(struct ims_boot_report *report);

/*
 * One phase of applying the claims; an entry for each. Release *ret with ims_boot_report_done().
 * Returns -EROFS for a copy of a machine, -EACCES, -EPERM, -ENOMEM.
 */
IMS_PUBLIC int ims_host_boot(struct ims_host *host, enum ims_boot_phase phase,
                             struct ims_boot_report *ret, struct ims_error *reterr);

/* Boots in a row that may fail before a claim is no longer tried. */
#define IMS_BOOT_ATTEMPTS_MAX 2u

/* ---- who may open a group ---- */

/* /dev/vfio/GROUP as it is. */
struct ims_vfio_node {
    bool exists;
    uint32_t uid;
    uint32_t gid;
    uint32_t mode; /* permission bits */
};

/*
 * Whether the node of a group belongs to who is to have it: with wait, asks udev to look at it again
 * and waits for up to ten seconds. Returns 1, 0; -EINVAL for a name that cannot stand in a udev rule;
 * -ENOENT when the machine's passwd or group file does
 * not have the name; -errno. *ret (may be NULL): what was found last.
 */
IMS_PUBLIC int ims_host_access(struct ims_host *host, uint32_t group, enum ims_access_kind access,
                               const char *name, bool wait, struct ims_vfio_node *ret);

/*
 * Whether a name of a user or a group is known on this machine. Returns 0, -ENOENT, -errno; -EINVAL
 * for a name that cannot stand in a udev rule.
 */
IMS_PUBLIC int ims_host_knows(struct ims_host *host, enum ims_access_kind access, const char *name);

/* Memory that a VMM pins, and what it may pin. */
struct ims_memlock {
    uint64_t ram_bytes;   /* of the machine, 0 = not known */
    uint64_t limit_bytes; /* RLIMIT_MEMLOCK of this process, UINT64_MAX = none */
};
IMS_PUBLIC void ims_host_memlock(struct ims_host *host, struct ims_memlock *ret);

/* One sentence with numbers; buffer of 256 bytes. Returns buffer. */
IMS_PUBLIC char *ims_memlock_advice(const struct ims_memlock *memlock, char *buffer,
                                    size_t size_bytes);

/* ---- drivers that may come ---- */

/*
 * The name of a module of the running kernel whose aliases match, or NULL; the name lives until the
 * next call. The first call reads lib/modules/RELEASE/modules.alias. context is the host: this is an
 * ims_module_finder.
 */
IMS_PUBLIC const char *ims_host_find_module(void *context, const char *modalias);

#ifdef __cplusplus
}
#endif

#endif
