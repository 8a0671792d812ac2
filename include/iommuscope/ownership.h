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

struct ims_check;

struct ims_check_options {
    size_t size_bytes;   /* sizeof(struct ims_check_options), for later additions */
    bool kernel_assumed; /* nobody said which kernel judges: the grouping's is only the newest */
    const struct ims_uses *uses; /* who uses the members, or NULL: nobody looked */
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

#ifdef __cplusplus
}
#endif

#endif
