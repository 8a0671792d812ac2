/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_OWNERSHIP_H
#define IOMMUSCOPE_OWNERSHIP_H

/*
 * Who may own a group: whether VFIO would accept it as the kernel that it runs on judges (section 8
 * of the kernel's rules), what the host would lose, and the exact writes that hand it over or take
 * it back. Everything here is a pure function of facts; iommuscope/host.h collects facts from a
 * running machine and carries plans out.
 */

#include "iommuscope/grouping.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what the host would lose ---- */

enum ims_use_kind {
    IMS_USE_ROOT_DISK = 0, /* the root file system, /boot or the EFI partition is on it */
    IMS_USE_MOUNT,         /* a mounted file system */
    IMS_USE_SWAP,
    IMS_USE_STACKED,       /* dm, md, LVM, ZFS, btrfs, bcache on top of it */
    IMS_USE_CLAIMED_BLOCK, /* the kernel says that somebody holds the block device (O_EXCL) */
    IMS_USE_DATA,          /* an idle disk that carries a signature of data */
    IMS_USE_PATH,          /* one of several paths to a disk: the others stay (NVMe) */
    IMS_USE_SESSION,       /* the route to the peer of this SSH session */
    IMS_USE_DEFAULT_ROUTE,
    IMS_USE_ADDRESS, /* an interface with an address */
    IMS_USE_LINK_UP, /* an interface that is up */
    IMS_USE_MASTER,  /* an interface in a bond, a bridge, with VLANs or tunnels above it */
    IMS_USE_NETNS,   /* its interface is in another network namespace, or hidden */
    IMS_USE_RDMA,
    IMS_USE_DISPLAY,  /* a connected display, or a DRM client */
    IMS_USE_CONSOLE,  /* framebuffer or serial console of the system */
    IMS_USE_BOOT_VGA, /* the VGA device that the firmware used */
    IMS_USE_KEYBOARD, /* the last keyboard hangs on it */
    IMS_USE_OPEN,     /* a process has a device node of it open */
    IMS_USE_GUEST,    /* a virtual machine or another VFIO user has it */
    IMS_USE_VFS,      /* a PF whose VFs are enabled */
    IMS_USE_CONSUMER, /* another device that the kernel unbinds with it */
    IMS_USE_SYSTEM,   /* TPM, watchdog, IPMI, ...: the platform depends on it */
    IMS_USE_IDLE,     /* a disk, an interface, ... that nobody uses goes away */
    IMS_USE_MAX,
};

/* "root-disk", "mount", ...; never NULL. */
IMS_PUBLIC const char *ims_use_kind_to_string(enum ims_use_kind kind);

/* How much the loss matters. */
enum ims_use_weight {
    IMS_USE_NOTHING = 0, /* worth knowing; nobody notices */
    IMS_USE_LOSS,        /* somebody notices: only with the loss of this function allowed */
    IMS_USE_FATAL,       /* the host or this session would be lost: never */
};

/* "idle", "in-use", "vital"; never NULL. */
IMS_PUBLIC const char *ims_use_weight_to_string(enum ims_use_weight weight);

/* The weight that a kind of use has. */
IMS_PUBLIC enum ims_use_weight ims_use_kind_weight(enum ims_use_kind kind);

/* One thing on the host that uses a function. Strings belong to the list. */
struct ims_use {
    struct ims_address address;
    enum ims_use_kind kind;
    enum ims_tristate certain; /* yes, or unknown: it could not be looked at; text says why */
    const char *subject;       /* "/dev/nvme0n1p2", "eth0", "process 4711 (qemu)" */
    const char *evidence;      /* "/proc/self/mountinfo: /srv" */
    const char *text;          /* one sentence */
};

/* A growing list of uses; zero-initialise, release with ims_uses_done(). */
struct ims_uses {
    struct ims_use *uses;
    uint32_t count;
    uint32_t capacity;
    bool failed;  /* memory was short: the list is not complete */
    void *memory; /* what the strings stand in */
};

/* Adds a copy of *use; its strings are copied too. Memory that is short is remembered in failed. */
IMS_PUBLIC void ims_uses_add(struct ims_uses *uses, const struct ims_use *use);
IMS_PUBLIC void ims_uses_done(struct ims_uses *uses);
/* Sorts by address, weight (worst first), kind and subject, and drops what stands twice. */
IMS_PUBLIC void ims_uses_sort(struct ims_uses *uses);

/* ---- is the group viable ---- */

/* What the kernel's rule makes of a member (R8.1 before 5.19, R8.2 and R8.3 since). */
enum ims_member_verdict {
    IMS_MEMBER_UNKNOWN = 0, /* its driver, or the kernel that judges it, is not known */
    IMS_MEMBER_FREE,        /* no driver is bound */
    IMS_MEMBER_VFIO,        /* vfio-pci or a variant of it */
    IMS_MEMBER_STUB,        /* held by pci-stub, which does no DMA */
    IMS_MEMBER_EXEMPT,      /* interconnect that does not count */
    IMS_MEMBER_BLOCKING,    /* a host driver that owns its DMA */
    IMS_MEMBER_VERDICT_MAX,
};

/* "free", "vfio", "stub", "exempt", "blocking", "unknown"; never NULL. */
IMS_PUBLIC const char *ims_member_verdict_to_string(enum ims_member_verdict verdict);

struct ims_member {
    struct ims_function function; /* NONE: a member that is no PCI function */
    const char *name;             /* its address, or its name on its own bus */
    enum ims_tristate has_driver;
    const char *driver;   /* or NULL */
    bool is_interconnect; /* header type 1 or 2: never bound to a VFIO driver */
    enum ims_member_verdict verdict;
    const char *text; /* why, in one sentence */
};

/* Something about the group, beside its drivers or because of them. */
struct ims_obstacle {
    const struct ims_rule *rule;
    enum ims_tristate blocks; /* yes: VFIO will refuse; unknown: it may; no: worth knowing */
    uint32_t member;          /* index of the member that it is about, or IMS_NONE */
    const char *text;         /* one sentence with the evidence */
    const char *remedy;
};

/* How a member can be reset, and which functions a reset of its bus takes along. */
struct ims_reset {
    uint32_t member;
    bool methods_known;
    const char *methods; /* as the kernel lists them, NULL = none */
    bool bus_is_shared;  /* "bus" is in the list, but would reset other functions too (1.7) */
    const struct ims_function *beyond; /* of its hot reset, those outside of the group */
    uint32_t beyond_count;
};

/*
 * The functions that a hot reset of the bus of a function takes along, itself included, sorted: all
 * on the bus and below it but VFs. None for a VF and on a root bus, which cannot be reset so. The
 * caller frees *ret with free(). Returns -ENOMEM. Facts 1.7.
 */
IMS_PUBLIC int ims_hot_reset_set(const struct ims_topology *topology, struct ims_function function,
                                 struct ims_function **ret, uint32_t *ret_count);

struct ims_check;

struct ims_check_options {
    size_t size_bytes;   /* sizeof(struct ims_check_options), for later additions */
    bool kernel_assumed; /* nobody said which kernel judges: the grouping's is only the newest */
    const struct ims_uses *uses; /* who uses the members, or NULL: nobody looked */
    bool iommu_assumed;          /* judge what Linux would group even where the IOMMU is off */
};

/*
 * Judges the group of a function: the kernel's own group where the input has one, else the computed
 * one. The kernel that judges is that of the grouping's rule set. options may be NULL.
 * The caller frees *ret with ims_check_free() before the grouping. Returns -ENOMEM.
 */
IMS_PUBLIC int ims_check_new(const struct ims_grouping *grouping, struct ims_function function,
                             const struct ims_check_options *options, struct ims_check **ret,
                             struct ims_error *reterr);
IMS_PUBLIC void ims_check_free(struct ims_check *check);

/* Whether VFIO takes the group: its drivers let it, and nothing else stands in the way. */
IMS_PUBLIC enum ims_tristate ims_check_usable(const struct ims_check *check);
/* Whether its drivers let it (R8.1, R8.2): what GROUP_GET_STATUS calls viable. */
IMS_PUBLIC enum ims_tristate ims_check_viable(const struct ims_check *check);
/* The number of the group; *ret_of_kernel (may be NULL): the kernel's, else only the computed. */
IMS_PUBLIC uint32_t ims_check_number(const struct ims_check *check, bool *ret_of_kernel);

/* Members sorted by address, then those of other buses by name. NULL beyond the end. */
IMS_PUBLIC uint32_t ims_check_member_count(const struct ims_check *check);
IMS_PUBLIC const struct ims_member *ims_check_member(const struct ims_check *check, uint32_t index);

/* Obstacles: what blocks first, then what may, then notes. NULL beyond the end. */
IMS_PUBLIC uint32_t ims_check_obstacle_count(const struct ims_check *check);
IMS_PUBLIC const struct ims_obstacle *ims_check_obstacle(const struct ims_check *check,
                                                         uint32_t index);

/* One entry for each endpoint among the members. NULL beyond the end. */
IMS_PUBLIC uint32_t ims_check_reset_count(const struct ims_check *check);
IMS_PUBLIC const struct ims_reset *ims_check_reset(const struct ims_check *check, uint32_t index);

/*
 * What a VMM should print instead of "group N is not viable": one paragraph that names the members
 * that stand in the way and what helps. Lives as long as the check.
 */
IMS_PUBLIC const char *ims_check_message(const struct ims_check *check);

/* ---- plans: the exact writes that hand a group over, or take it back ---- */

enum ims_plan_verb {
    IMS_PLAN_CLAIM = 0,
    IMS_PLAN_RELEASE,
};

/* "claim", "release"; never NULL. */
IMS_PUBLIC const char *ims_plan_verb_to_string(enum ims_plan_verb verb);

enum ims_step_kind {
    IMS_STEP_LOAD = 0, /* load the module that has the driver, where it is not there yet */
    IMS_STEP_NUMVFS,   /* write sriov_numvfs */
    IMS_STEP_OVERRIDE, /* write driver_override */
    IMS_STEP_UNBIND,   /* write to the driver's unbind file */
    IMS_STEP_BIND,     /* write to the driver's bind file, which has a real errno */
    IMS_STEP_PROBE,    /* write to drivers_probe: the kernel chooses a driver */
    IMS_STEP_POWER,    /* write to power/control what VFIO's drivers do not put back */
    IMS_STEP_KIND_MAX,
};

/* "load", "numvfs", "override", "unbind", "bind", "probe", "power"; never NULL. */
IMS_PUBLIC const char *ims_step_kind_to_string(enum ims_step_kind kind);

/* One write. */
struct ims_step {
    enum ims_step_kind kind;
    struct ims_address address; /* not of LOAD */
    const char *name; /* driver; of OVERRIDE the new value, NULL = clear it; of POWER the value */
    uint32_t number;  /* of NUMVFS */
};

/* What can be changed of a function, and is put back. */
struct ims_binding {
    const char *driver;   /* NULL = none */
    const char *override; /* NULL = not set */
    uint32_t numvfs;      /* 0 for everything but a PF */
    bool any_driver;      /* as a goal: whatever the kernel chooses */
    const char
        *power; /* "on", "auto": runtime power management; NULL = not known, as a goal: any */
};

/* A member of the group as the plan found it, and as it leaves it. */
struct ims_plan_member {
    struct ims_address address;
    struct ims_id id;        /* by which it is recognised, with the class */
    struct ims_id subsystem; /* 0000:0000 where the function has none */
    uint32_t class_code;
    bool interconnect; /* never bound; a driver that counts is unbound from it */
    bool wanted;       /* named in the request, not only in the group of one that is */
    bool late;         /* unbound after the others: what was asked for, and displays */
    struct ims_binding before;
    struct ims_binding goal;
};

/* Why a plan must not be carried out. */
enum ims_plan_refusal {
    IMS_PLAN_NOT_POSSIBLE = 0, /* no plan can make VFIO take the group */
    IMS_PLAN_NOT_KNOWN,        /* a fact that decides is unknown */
    IMS_PLAN_IN_USE,           /* the host would lose something that nobody allowed to be lost */
    IMS_PLAN_VITAL,            /* the host or this session would be lost */
    IMS_PLAN_OWNED,            /* another owner has the group, or a member */
};

/* "not-possible", "not-known", "in-use", "vital", "owned"; never NULL. */
IMS_PUBLIC const char *ims_plan_refusal_to_string(enum ims_plan_refusal refusal);

struct ims_plan_blocker {
    enum ims_plan_refusal refusal;
    bool has_address;
    struct ims_address address;
    const char *text;
    const char *remedy;
};

/* Read it, do not change it. Strings belong to the plan. */
struct ims_plan {
    enum ims_plan_verb verb;
    uint32_t group;             /* the kernel's number; IMS_NONE: the function is in no group */
    const char *kernel_release; /* of the machine it was made for, or NULL */
    struct ims_plan_member *members;
    uint32_t member_count;
    struct ims_step *steps; /* in the order in which they are carried out */
    uint32_t step_count;
    struct ims_plan_blocker *blockers;
    uint32_t blocker_count;
    struct ims_address *allowed; /* functions whose loss was accepted */
    uint32_t allowed_count;
    void *memory;
};

enum ims_companions {
    IMS_COMPANIONS_AUTO = 0, /* functions of a device that is wanted as it is, others on pci-stub */
    IMS_COMPANIONS_VFIO,     /* all on the driver that was asked for */
    IMS_COMPANIONS_STUB,     /* all on pci-stub */
};

/* What a member had before it was claimed. */
struct ims_plan_origin {
    struct ims_address address;
    struct ims_binding before;
};

struct ims_plan_request {
    size_t size_bytes; /* sizeof(struct ims_plan_request), for later additions */
    enum ims_plan_verb verb;
    const struct ims_function *wanted; /* by the user; none: every endpoint of the group */
    uint32_t wanted_count;
    const char *driver; /* for what is wanted, NULL = "vfio-pci" */
    enum ims_companions companions;
    const struct ims_uses *uses;       /* NULL: nobody looked, so that nothing may be carried out */
    const struct ims_address *allowed; /* functions whose loss is accepted */
    uint32_t allowed_count;
    const struct ims_plan_origin *origins; /* release: from the claim, or none */
    uint32_t origin_count;
};

/*
 * Plans for the group that was checked. A plan that must not be carried out has blockers; one that
 * has nothing to do has no steps. The same machine and request give the same plan. The caller frees
 * *ret with ims_plan_free(). Returns -ENOMEM; -EINVAL with the reason in reterr for a request that
 * makes no sense (a wanted function outside of the group, or one whose loss is allowed; a bridge; a
 * driver that is not for VFIO).
 */
IMS_PUBLIC int ims_plan_new(const struct ims_check *check, const struct ims_plan_request *request,
                            struct ims_plan **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_plan_free(struct ims_plan *plan);

/* The gravest reason not to carry a plan out, NULL when there is none. */
IMS_PUBLIC const struct ims_plan_blocker *ims_plan_worst_blocker(const struct ims_plan *plan);

/*
 * The steps from the state of each member (now, one per member) to its goal, or back to what it was
 * before: the same function makes plans, rolls back and recovers. The caller frees *ret with free();
 * its strings are those of now and of the plan. Returns -ENOMEM.
 */
IMS_PUBLIC int ims_plan_steps(const struct ims_plan *plan, const struct ims_binding *now, bool back,
                              struct ims_step **ret, uint32_t *ret_count);

/* ---- recognising a device after a boot, or after cards came and went ---- */

#define IMS_PATH_SIZE 128u
#define IMS_SLOT_SIZE 64u

/*
 * By what a function is recognised. Its address is where it was seen last: it is told in messages
 * and never matched, since cards and firmware move bus numbers (ownership facts 2.3).
 */
struct ims_identity {
    struct ims_address address;
    char path[IMS_PATH_SIZE]; /* "0000:00/1c.4/00.0"; a VF has "/vf3" behind the path of its PF */
    struct ims_id id;
    struct ims_id subsystem; /* 0000:0000 where the function has none */
    uint32_t class_code;     /* 24 bits; the programming interface is not compared */
    enum ims_tristate has_serial;
    uint64_t serial;          /* Device Serial Number of its device, of a VF that of its PF */
    char slot[IMS_SLOT_SIZE]; /* physical slot, "" = none known */
};

/*
 * States by what a function is recognised. A serial number of zeros or ones is none.
 * Returns -ENODATA when its ids are not known, -ENAMETOOLONG for a path that is too long.
 */
IMS_PUBLIC int ims_identity_of(const struct ims_topology *topology, struct ims_function function,
                               struct ims_identity *ret);

/* Room for "01-02-03-04-05-06-07-08" and the closing zero. */
#define IMS_SERIAL_STRING_SIZE 24u

/* Writes a serial number as lspci does; returns buffer. */
IMS_PUBLIC char *ims_serial_format(uint64_t serial, char buffer[IMS_SERIAL_STRING_SIZE]);

enum ims_identity_verdict {
    IMS_IDENTITY_UNKNOWN = 0, /* what decides could not be read: no match by guess */
    IMS_IDENTITY_SAME,        /* it is where it was */
    IMS_IDENTITY_MOVED,       /* it has another address, or is in another slot */
    IMS_IDENTITY_AMBIGUOUS,   /* it may be one of several, or one that only looks like it */
    IMS_IDENTITY_REPLACED,    /* another device is in its place */
    IMS_IDENTITY_MISSING,
};

/* "unknown", "same", "moved", "ambiguous", "replaced", "missing"; never NULL. */
IMS_PUBLIC const char *ims_identity_verdict_to_string(enum ims_identity_verdict verdict);

struct ims_identity_match {
    enum ims_identity_verdict verdict;
    struct ims_function function; /* of SAME and MOVED, else NONE */
    char text[256];               /* what agrees, or the difference: half a sentence */
};

/*
 * Looks for the device: its serial number decides where it has one, else its path, where its ids and
 * its slot must agree. Linear in the functions.
 */
IMS_PUBLIC void ims_identity_match(const struct ims_topology *topology,
                                   const struct ims_identity *identity,
                                   struct ims_identity_match *ret);

/* ---- claims that survive a boot ---- */

#define IMS_CLAIM_NAME_SIZE 48u
#define IMS_CLAIM_WORD_SIZE 64u
#define IMS_CLAIM_MEMBERS_MAX 4096u

enum ims_access_kind {
    IMS_ACCESS_NONE = 0, /* root only */
    IMS_ACCESS_USER,
    IMS_ACCESS_GROUP,
};

struct ims_claim_member {
    struct ims_identity identity;
    bool interconnect;
    bool wanted;                      /* named in the request */
    bool may_be_lost;                 /* the host's loss of it was accepted */
    char driver[IMS_CLAIM_WORD_SIZE]; /* that it is bound to; "" = it is left as it is */
};

/* What one claim wants of one group. */
struct ims_claim {
    char name[IMS_CLAIM_NAME_SIZE];
    char driver[IMS_CLAIM_WORD_SIZE]; /* that was asked for, "" = vfio-pci */
    enum ims_companions companions;
    enum ims_access_kind access;
    char access_name[IMS_CLAIM_WORD_SIZE]; /* of the user or group that gets the VFIO group */
    struct ims_claim_member *members;      /* the signature of the group, sorted by path */
    uint32_t member_count;
};

/* Whether a word names a claim: letters, digits, '_', '-' and '.', a letter or digit first. */
IMS_PUBLIC bool ims_claim_name_is_valid(const char *name);

/*
 * The claim that a plan carries out, by what its members are recognised. request is the one that the
 * plan was made from. The name and who gets access are the caller's to fill in. Release it with
 * ims_claim_done(). Returns -ENOMEM; -ENODATA with the function in reterr when a member cannot be
 * recognised again.
 */
IMS_PUBLIC int ims_claim_of_plan(const struct ims_topology *topology, const struct ims_plan *plan,
                                 const struct ims_plan_request *request, struct ims_claim *ret,
                                 struct ims_error *reterr);
IMS_PUBLIC void ims_claim_done(struct ims_claim *claim);

/* Whether two claims have a device in common. */
IMS_PUBLIC bool ims_claims_overlap(const struct ims_claim *a, const struct ims_claim *b);

enum ims_claim_verdict {
    IMS_CLAIM_UNKNOWN = 0, /* of a member, or there are no groups */
    IMS_CLAIM_SAME,
    IMS_CLAIM_MOVED, /* all members are there, some with another address */
    IMS_CLAIM_GROWN, /* the group has members that the claim does not know */
    IMS_CLAIM_SPLIT, /* its members are in several groups, or in none */
    IMS_CLAIM_AMBIGUOUS,
    IMS_CLAIM_REPLACED,
    IMS_CLAIM_MISSING,
};

/* "unknown", "same", "moved", "grown", "split", ...; never NULL. */
IMS_PUBLIC const char *ims_claim_verdict_to_string(enum ims_claim_verdict verdict);

struct ims_claim_match {
    enum ims_claim_verdict verdict;
    uint32_t group;                     /* the kernel's number, when the verdict holds */
    struct ims_identity_match *members; /* one for each member of the claim */
    struct ims_function *added;         /* members of the group that the claim does not know */
    uint32_t added_count;
    const char *text; /* the differences, a sentence */
    void *memory;
};

/* Whether the claim may be applied to what was found: same and moved. */
IMS_PUBLIC bool ims_claim_holds(const struct ims_claim_match *match);

/* Looks for the group of a claim. Release *ret with ims_claim_match_done(). Returns -ENOMEM. */
IMS_PUBLIC int ims_claim_match(const struct ims_topology *topology, const struct ims_claim *claim,
                               struct ims_claim_match *ret);
IMS_PUBLIC void ims_claim_match_done(struct ims_claim_match *match);

/* ---- drift: how the machine differs from what was claimed ---- */

enum ims_drift_kind {
    IMS_DRIFT_UNKNOWN = 0,    /* it cannot be told whether the claim holds */
    IMS_DRIFT_IDENTITY,       /* a member is replaced, ambiguous or missing */
    IMS_DRIFT_GROWN,          /* the group has a member more */
    IMS_DRIFT_SPLIT,          /* the members are no longer one group */
    IMS_DRIFT_RENUMBERED,     /* addresses changed; the claim follows */
    IMS_DRIFT_NOT_APPLIED,    /* a member is not on the driver of the claim */
    IMS_DRIFT_OVERRIDE_WIPED, /* nothing keeps other drivers off any more */
    IMS_DRIFT_WOULD_BE_TAKEN, /* a module that is installed would take a member */
    IMS_DRIFT_DISABLED,       /* the claim kept the machine from coming up */
    IMS_DRIFT_ACCESS,         /* /dev/vfio/GROUP does not belong to who is to have it */
    IMS_DRIFT_KIND_MAX,
};

/* "unknown", "identity", "grown", ...; never NULL. */
IMS_PUBLIC const char *ims_drift_kind_to_string(enum ims_drift_kind kind);

struct ims_drift {
    enum ims_drift_kind kind;
    enum ims_tristate matters; /* no: worth knowing only */
    bool has_address;
    struct ims_address address;
    const char *text;   /* one sentence */
    const char *remedy; /* or NULL */
};

struct ims_drifts {
    struct ims_drift *drifts;
    uint32_t count;
    uint32_t capacity;
    bool failed; /* memory was short: the list is not complete */
    void *memory;
};
IMS_PUBLIC void ims_drifts_done(struct ims_drifts *drifts);
/* Adds one; text and remedy (may be NULL) are copied. */
IMS_PUBLIC void ims_drifts_add(struct ims_drifts *drifts, const struct ims_drift *drift);

/*
 * Whether a module that is installed drives a device: the name of the module, or NULL. modalias is
 * what the kernel would ask modprobe for.
 */
typedef const char *(*ims_module_finder)(void *context, const char *modalias);

/*
 * Adds how the machine differs from a claim, worst first. find_module may be NULL. Returns -ENOMEM.
 */
IMS_PUBLIC int ims_drift_find(const struct ims_topology *topology, const struct ims_claim *claim,
                              const struct ims_claim_match *match, ims_module_finder find_module,
                              void *finder_context, struct ims_drifts *ret);

#ifdef __cplusplus
}
#endif

#endif
