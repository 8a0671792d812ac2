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

#ifdef __cplusplus
}
#endif

#endif
