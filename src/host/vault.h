/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_VAULT_H
#define IMS_HOST_VAULT_H

/*
 * Small files that outlive the process, each written whole or not at all: files on the disk
 * (file_vault.c), or memory in the tests. Together with struct ims_kernel and struct ims_store it is
 * all that is ever written to a machine.
 */

#include <stddef.h>
#include <stdint.h>

enum ims_vault_place {
    IMS_VAULT_CLAIMS = 0, /* /etc/iommuscope/claims.d */
    IMS_VAULT_RULES,      /* /etc/udev/rules.d */
    IMS_VAULT_STATE,      /* /var/lib/iommuscope */
    IMS_VAULT_RUN,        /* /run/iommuscope, which a boot empties */
    IMS_VAULT_PLACE_MAX,
};

#define IMS_VAULT_NAME_SIZE 80u

struct ims_vault {
    void *context;

    /*
     * The whole of a file; *ret is freed by the caller with free(). Returns -ENOENT; -EPERM for one
     * that somebody but root could have written; -EFBIG; other errors.
     */
    int (*read)(void *context, enum ims_vault_place place, const char *name, char **ret,
                size_t *ret_size_bytes);

    /* Replaces a file, or makes it: all of it or nothing, and durable when it returns 0. */
    int (*write)(void *context, enum ims_vault_place place, const char *name, const void *bytes,
                 size_t size_bytes);

    /* Durable when it returns 0. Returns -ENOENT when there is none. */
    int (*remove)(void *context, enum ims_vault_place place, const char *name);

    /* All names with this end, sorted; *ret is freed by the caller with free(). */
    int (*list)(void *context, enum ims_vault_place place, const char *suffix,
                char (**ret)[IMS_VAULT_NAME_SIZE], uint32_t *ret_count);
};

/*
 * Reads a file of ours: its first line is head, take gets each further one and may change it. No file
 * is no line. Returns errors of the vault and of take; -EBADMSG for a file that is none of ours.
 */
int ims_vault_read_lines(const struct ims_vault *vault, enum ims_vault_place place,
                         const char *name, const char *head, int (*take)(void *context, char *line),
                         void *context);

/* The directory of a place below the root, without a slash at its begin; never NULL. */
const char *ims_vault_path(enum ims_vault_place place);

#endif
