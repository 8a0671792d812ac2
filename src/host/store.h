/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_STORE_H
#define IMS_HOST_STORE_H

/*
 * Where journals are kept: files below /run/iommuscope (file_store.c), or memory in the tests. A
 * journal is a file of lines that only grows.
 */

#include <stddef.h>
#include <stdint.h>

#define IMS_JOURNAL_NAME_SIZE 64u

struct ims_store {
    void *context;

    /* One tool at a time. Returns -EBUSY when another one has it; other errors. */
    int (*lock)(void *context);
    void (*unlock)(void *context);

    /* Makes an empty journal whose name sorts behind all others. Durable when it returns 0. */
    int (*create)(void *context, char ret_name[IMS_JOURNAL_NAME_SIZE]);

    /* Adds bytes at the end. Durable when it returns 0; after an error any part may be there. */
    int (*append)(void *context, const char *name, const void *bytes, size_t size_bytes);

    /* The whole journal; *ret is freed by the caller with free(). */
    int (*read)(void *context, const char *name, char **ret, size_t *ret_size_bytes);

    /* All names, oldest first; *ret is freed by the caller with free(), names and all. */
    int (*list)(void *context, char (**ret)[IMS_JOURNAL_NAME_SIZE], uint32_t *ret_count);

    int (*remove)(void *context, const char *name);
};

#endif
