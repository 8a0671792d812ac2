/* SPDX-License-Identifier: MIT */
#ifndef IMS_SOURCE_READER_H
#define IMS_SOURCE_READER_H

/* The readers behind ims_source_load(). Each states records, machine facts and gaps in a builder. */

#include <stdio.h>

#include "iommuscope/source.h"

/*
 * Reads a sysfs tree. sysfs_fd: directory that holds bus/pci; host_fd: the host root above it for
 * proc/cmdline and proc/sys/kernel/osrelease, or -1; path: for messages.
 */
int ims_sysfs_read(struct ims_builder *builder, int sysfs_fd, int host_fd, const char *path,
                   const struct ims_source_options *options, struct ims_error *reterr);

/*
 * Reads text of any mixture: lspci hex dumps, decoded lspci text, kernel log lines, group lists.
 * Returns -EBADMSG when nothing in it describes a PCI function.
 */
int ims_text_read(struct ims_builder *builder, FILE *stream, const char *path,
                  const struct ims_source_options *options, struct ims_error *reterr);

/* Reads only groups ("Adding to iommu group N", "IOMMU Group N ADDRESS ..."), for --groups. */
int ims_groups_read(struct ims_builder *builder, FILE *stream, const char *path,
                    struct ims_error *reterr);

/* Reads a snapshot (schema "iommuscope.snapshot/1"). */
int ims_snapshot_read(struct ims_builder *builder, FILE *stream, const char *path,
                      struct ims_error *reterr);

#endif
