/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_FILE_STORE_H
#define IMS_HOST_FILE_STORE_H

#include "host/store.h"

/* Journals below DIR/run/iommuscope, which a boot empties: drivers do not survive one either. */
struct ims_file_store {
    int root_fd; /* borrowed */
    int dir_fd;  /* or -1 */
    int lock_fd; /* or -1 */
};

/* The store behind files; *files is to be released with ims_file_store_done(). Opens nothing yet. */
struct ims_store ims_file_store(struct ims_file_store *files, int root_fd);
void ims_file_store_done(struct ims_file_store *files);

#endif
