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

#ifdef __cplusplus
}
#endif

#endif
