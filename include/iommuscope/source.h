/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_SOURCE_H
#define IOMMUSCOPE_SOURCE_H

/*
 * Readers: a live machine, a sysfs tree, lspci dumps and text, kernel logs, snapshots.
 * Each reader states records in a builder; this header has the one call that detects which.
 */

#include "iommuscope/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ims_source_options {
    size_t size_bytes; /* sizeof(struct ims_source_options), for later additions */
    const char *
        groups_path; /* groups pasted beside a dump: kernel log or shell loop; "-" = stdin; or NULL */
    const char *pci_ids_path; /* pci.ids for reading names back, NULL = the system's */
    bool wake;                /* read devices in D3cold too, which wakes them */
    bool ownership; /* read too what handing a group over depends on: a few more files a function */
};

/*
 * Reads a machine and seals its topology.
 * path: a directory (sysfs itself, or a host root that holds sys/), a file, "-" for stdin, or NULL
 *   for this machine's /sys. What a file holds is found out by reading it, not from its name.
 * options: may be NULL.
 * The caller frees *ret with ims_topology_free(). Returns -ENOENT, -EACCES, -EIO, -ENOMEM,
 * -EBADMSG (nothing in the input describes a PCI function, or a snapshot is damaged), -E2BIG.
 */
IMS_PUBLIC int ims_source_load(const char *path, const struct ims_source_options *options,
                               struct ims_topology **ret, struct ims_error *reterr);

struct ims_snapshot_options {
    size_t size_bytes;
    bool with_serials; /* keep serial numbers and MAC addresses */
};

/*
 * Writes a topology as a snapshot (JSON, schema "iommuscope.snapshot/1") that ims_source_load()
 * reads back to the same answers. *ret is heap text, to be released with free().
 * options: may be NULL. Returns -ENOMEM.
 */
IMS_PUBLIC int ims_snapshot_write(const struct ims_topology *topology,
                                  const struct ims_snapshot_options *options, char **ret,
                                  struct ims_error *reterr);

/* ---- plans: who gets which function ---- */

/* Larger plans fail with -E2BIG. */
#define IMS_ROSTER_MAX_BYTES (4u * 1024u * 1024u)
#define IMS_ROSTER_MAX_ENTRIES 65536u

/* An owner is given a function, or something that is none. Strings live as long as the roster. */
struct ims_roster_entry {
    uint32_t owner; /* number of the owner */
    bool known;     /* address is meaningful; no: text says what the owner is given instead */
    struct ims_address address;
    const char *text; /* one sentence without an end, or NULL */
    const char *path; /* where it stands */
    unsigned line;
};

struct ims_roster_owner {
    const char *name;
    bool is_host;     /* the lines of a text file that begin with "host:" */
    const char *path; /* the plan that named it first */
    bool repeated;    /* another plan names it too: they are taken for one */
};

struct ims_roster;

/* An empty roster, or NULL without memory. Free it with ims_roster_free(). */
IMS_PUBLIC struct ims_roster *ims_roster_new(void);
IMS_PUBLIC void ims_roster_free(struct ims_roster *roster);

/*
 * Adds the owners of one plan: XML of a libvirt domain, the command line of QEMU (as text, or as
 * /proc/PID/cmdline has it), or lines "OWNER: ADDRESS ADDRESS...". Which of them it is, is found out
 * by reading. path: a file, or "-" for stdin. Several commands in one file that name one guest are
 * starts of it, of which the last counts. After a failure the roster can only be freed.
 * Returns -ENOENT, -EACCES, -EIO, -EISDIR, -ENOMEM, -E2BIG; -EBADMSG with the line for what cannot be
 * understood; -ENOTSUP for XML in a build without it.
 */
IMS_PUBLIC int ims_roster_read(struct ims_roster *roster, const char *path,
                               struct ims_error *reterr);

/* In the order of the plans. NULL beyond the end. */
IMS_PUBLIC uint32_t ims_roster_owner_count(const struct ims_roster *roster);
IMS_PUBLIC const struct ims_roster_owner *ims_roster_owner(const struct ims_roster *roster,
                                                           uint32_t index);
IMS_PUBLIC uint32_t ims_roster_count(const struct ims_roster *roster);
IMS_PUBLIC const struct ims_roster_entry *ims_roster_at(const struct ims_roster *roster,
                                                        uint32_t index);

#ifdef __cplusplus
}
#endif

#endif
