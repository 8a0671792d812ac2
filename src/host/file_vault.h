/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_FILE_VAULT_H
#define IMS_HOST_FILE_VAULT_H

#include "host/vault.h"

/* root_fd is borrowed; directories that are missing are made by the first write. */
struct ims_file_vault {
    int root_fd;
};

struct ims_vault ims_file_vault(struct ims_file_vault *files, int root_fd);

#endif
