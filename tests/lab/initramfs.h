/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_INITRAMFS_H
#define IMS_TESTS_LAB_INITRAMFS_H

/* An initial file system as a "newc" archive in memory. The kernel takes several in a row. */

#include <stddef.h>

#include "base/text.h"

/* A folder; its parent comes first. */
void lab_archive_folder(struct ims_text *archive, const char *path);
/* A file with these bytes. */
void lab_archive_file(struct ims_text *archive, const char *path, bool executable,
                      const void *bytes, size_t length);
/* The file of the host at source. Returns 0 or a negative errno. */
int lab_archive_copy(struct ims_text *archive, const char *path, bool executable,
                     const char *source);
/* /dev/console, which the first program's standard streams are. */
void lab_archive_console(struct ims_text *archive);
/* Ends the archive. */
void lab_archive_end(struct ims_text *archive);

#endif
