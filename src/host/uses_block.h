/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_USES_BLOCK_H
#define IMS_HOST_USES_BLOCK_H

/* Block devices of functions, and all that is stacked on them. */

#include "host/uses.h"

struct ims_block {
    uint32_t owner;
    const char *path;  /* below sys */
    const char *name;  /* "sda1", "dm-0" */
    const char *title; /* "/dev/sda1", "/dev/mapper/root" */
    bool has_number;
    unsigned major;
    unsigned minor;
    bool is_path;  /* the device below it has other paths */
    bool is_disk;  /* a whole disk of the function itself */
    uint32_t disk; /* index of the disk or device of the function that it stands on */
    bool is_used;  /* of a disk: something is said about it */
};

struct ims_blocks {
    struct ims_hunt *hunt;
    struct ims_block *blocks;
    uint32_t count;
    uint32_t capacity;
    const char *foreign_root; /* type of a root file system that no block device can be told of */
};

/* Says that a block device is used, and marks its disk. */
void ims_block_say(struct ims_blocks *blocks, uint32_t index, enum ims_use_kind kind,
                   const char *evidence, const char *text);

/* Whether a source of a mount or a swap area is this block device. */
bool ims_block_is(const struct ims_blocks *blocks, uint32_t index, const char *source);

/* Replaces the octal escapes of a field of /proc in place. */
void ims_block_unescape(char *text);

/* Mounts and swap areas. (uses_mounts.c) */
void ims_blocks_mounts(struct ims_blocks *blocks);
void ims_blocks_swaps(struct ims_blocks *blocks);

#endif
