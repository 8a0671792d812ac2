/* SPDX-License-Identifier: MIT */
/* Disks and partitions of functions: what stands on them, and whether they carry data. */
#include "host/uses_block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/array.h"

/* A stack that is higher or wider is none that was made on purpose. */
#define BLOCKS_MAX 65536u

void ims_block_say(struct ims_blocks *blocks, uint32_t index, enum ims_use_kind kind,
                   const char *evidence, const char *text)
{
    const struct ims_block *block = &blocks->blocks[index];

    blocks->blocks[block->disk].is_used = true;
    if (block->is_path)
        ims_hunt_say(blocks->hunt, block->owner, IMS_USE_PATH, IMS_YES, block->title, evidence,
                     "%s: one of its paths goes, others stay; %s", block->title, text);
    else
        ims_hunt_say(blocks->hunt, block->owner, kind, IMS_YES, block->title, evidence, "%s: %s",
                     block->title, text);
}

/* "/dev/NAME", with its own name for a device mapper target. */
static const char *make_title(struct ims_hunt *hunt, const char *path, const char *devname)
{
    char name[256];

    if (ims_hunt_read(hunt, path, "dm/name", name, sizeof(name)) > 0)
        return ims_arena_printf(&hunt->arena, "/dev/mapper/%s", name);
    return ims_arena_printf(&hunt->arena, "/dev/%s", devname);
}

/* Adds a block device unless it is there; disk = IMS_NONE: it is the disk itself. */
static void add_block(struct ims_blocks *blocks, const struct ims_block *block)
{
    struct ims_block *array;

    for (uint32_t i = 0; i < blocks->count; i++)
        if (blocks->blocks[i].owner == block->owner && blocks->blocks[i].disk == block->disk &&
            strcmp(blocks->blocks[i].name, block->name) == 0)
            return;
    array = ims_array_grow(blocks->blocks, &blocks->capacity, blocks->count + 1, sizeof(*array));
    if (array)
        blocks->blocks = array;
    if (!array || !block->title || !block->path || !block->name || blocks->count >= BLOCKS_MAX) {
        blocks->hunt->failed = true;
        return;
    }
    array[blocks->count] = *block;
    if (block->disk == IMS_NONE)
        array[blocks->count].disk = blocks->count;
    blocks->count++;
}

/* ---- the function's own ---- */

/* A partition stands in the directory of its disk. */
static uint32_t disk_of(const struct ims_blocks *blocks, const struct ims_node *node)
{
    const size_t length = strlen(node->path) - strlen(node->name);

    for (uint32_t i = blocks->count; i-- > 0;) {
        const struct ims_block *block = &blocks->blocks[i];
        const size_t size = strlen(block->path);

        if (block->is_disk && block->owner == node->owner && size + 1 == length &&
            strncmp(block->path, node->path, size) == 0)
            return i;
    }
    return IMS_NONE;
}

static void add_own(struct ims_blocks *blocks)
{
    struct ims_hunt *hunt = blocks->hunt;

    for (uint32_t i = 0; i < hunt->node_count; i++) {
        const struct ims_node *node = &hunt->nodes[i];

        if (!ims_node_is(node, "block") || !node->has_number ||
            ims_hunt_reads(hunt, node->path, "hidden", "1"))
            continue;
        const uint32_t disk = disk_of(blocks, node);
        const struct ims_block block = {.owner = node->owner,
                                        .path = node->path,
                                        .name = node->name,
                                        .title = make_title(hunt, node->path, node->devname),
                                        .has_number = true,
                                        .major = node->major,
                                        .minor = node->minor,
                                        .is_path = node->is_path,
                                        .is_disk = disk == IMS_NONE,
                                        .disk = disk};
        add_block(blocks, &block);
    }
}

/* ---- what is stacked on them ---- */

struct stack {
    struct ims_blocks *blocks;
    uint32_t below;
};

static bool see_holder(void *context, const char *name)
{
    struct stack *stack = context;
    struct ims_blocks *blocks = stack->blocks;
    struct ims_hunt *hunt = blocks->hunt;
    const struct ims_block below = blocks->blocks[stack->below];
    char evidence[512];
    char text[256];
    struct ims_block block = {.owner = below.owner, .is_path = below.is_path, .disk = below.disk};

    block.name = ims_arena_strndup(&hunt->arena, name, strlen(name));
    block.path = ims_arena_printf(&hunt->arena, "%s/holders/%s", below.path, name);
    if (!block.name || !block.path) {
        hunt->failed = true;
        return false;
    }
    block.title = make_title(hunt, block.path, name);
    block.has_number = ims_hunt_number(hunt, block.path, &block.major, &block.minor);
    snprintf(evidence, sizeof(evidence), "/sys/class/block/%s/holders/%s", below.name, name);
    snprintf(text, sizeof(text), "%s stands on it", block.title ? block.title : name);
    ims_block_say(blocks, stack->below, IMS_USE_STACKED, evidence, text);
    add_block(blocks, &block);
    return true;
}

/* The list grows while it is gone through: holders of holders are seen too. */
static void add_holders(struct ims_blocks *blocks)
{
    for (uint32_t i = 0; i < blocks->count; i++) {
        struct stack stack = {blocks, i};
        const char *path =
            ims_arena_printf(&blocks->hunt->arena, "%s/holders", blocks->blocks[i].path);

        if (!path)
            blocks->hunt->failed = true;
        else
            (void)ims_host_list(blocks->hunt->host->sys_fd, path, see_holder, &stack);
    }
}

struct volume {
    struct ims_blocks *blocks;
    const char *name; /* of the file system, a UUID */
    bool found;
    uint32_t member;
};

static bool see_member(void *context, const char *name)
{
    struct volume *volume = context;

    for (uint32_t i = 0; i < volume->blocks->count; i++)
        if (strcmp(volume->blocks->blocks[i].name, name) == 0) {
            char evidence[512];

            snprintf(evidence, sizeof(evidence), "/sys/fs/btrfs/%s/devices/%s", volume->name, name);
            ims_block_say(volume->blocks, i, IMS_USE_STACKED, evidence,
                          "a btrfs that is in use has it");
        }
    return true;
}

/* What is in this directory is mounted, wherever: its devices all are in use (1.4). */
static bool see_btrfs(void *context, const char *name)
{
    struct ims_blocks *blocks = context;
    struct volume volume = {.blocks = blocks, .name = name};
    char path[512];

    snprintf(path, sizeof(path), "fs/btrfs/%s/devices", name);
    (void)ims_host_list(blocks->hunt->host->sys_fd, path, see_member, &volume);
    return true;
}

/* ---- the last confirmation, and what an idle disk carries ---- */

/* 0 nobody has it, -EBUSY, or why it could not be asked. The claim lasts for this moment only. */
static int claim(const struct ims_host *host, const struct ims_block *disk)
{
    struct stat status;
    int code = 0;

    const int fd = openat(host->dev_fd, disk->title + strlen("/dev/"),
                          O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno == ENOMEDIUM ? 0 : -errno;
    if (fstat(fd, &status) < 0 || !S_ISBLK(status.st_mode) ||
        status.st_rdev != makedev(disk->major, disk->minor))
        code = -ENXIO;
    close(fd);
    return code;
}

/* What udev knows to be on a disk: -ENOENT when it keeps no record, 1 data, 0 none. */
static int carries_data(const struct ims_host *host, const struct ims_block *block)
{
    char record[16384];
    char path[64];

    snprintf(path, sizeof(path), "run/udev/data/b%u:%u", block->major, block->minor);
    const ssize_t length = ims_host_read_file(host->root_fd, path, record, sizeof(record));
    if (length < 0)
        return (int)length;
    return strstr(record, "E:ID_FS_TYPE=") || strstr(record, "E:ID_PART_TABLE_TYPE=");
}

static void confirm(struct ims_blocks *blocks, uint32_t index)
{
    struct ims_hunt *hunt = blocks->hunt;
    const struct ims_block *disk = &blocks->blocks[index];
    const int code = hunt->host->is_live ? claim(hunt->host, disk) : -EROFS;

    if (code == -EBUSY) {
        ims_block_say(blocks, index, IMS_USE_CLAIMED_BLOCK, "open with O_EXCL: EBUSY",
                      "somebody holds it, and nothing tells who");
        if (blocks->foreign_root)
            ims_hunt_say(hunt, disk->owner, IMS_USE_ROOT_DISK, IMS_UNKNOWN, disk->title,
                         "/proc/self/mountinfo: /",
                         "%s: somebody holds it, and the root file system is %s, which does not "
                         "tell its disks",
                         disk->title, blocks->foreign_root);
    } else if (code < 0) {
        ims_hunt_say(hunt, disk->owner, IMS_USE_CLAIMED_BLOCK, IMS_UNKNOWN, disk->title,
                     "open with O_EXCL", "%s: whether somebody holds it could not be asked: %s",
                     disk->title, code == -EROFS ? "this is a copy of a machine" : strerror(-code));
    }
}

static void judge_idle(struct ims_blocks *blocks, uint32_t index)
{
    struct ims_hunt *hunt = blocks->hunt;
    const struct ims_block *disk = &blocks->blocks[index];
    int data = carries_data(hunt->host, disk);

    for (uint32_t i = 0; i < blocks->count; i++)
        if (i != index && blocks->blocks[i].disk == index)
            data = 1;
    if (data == 0)
        ims_hunt_say(hunt, disk->owner, IMS_USE_IDLE, IMS_YES, disk->title, disk->path,
                     "%s: an empty disk that nobody uses", disk->title);
    else
        ims_hunt_say(hunt, disk->owner, IMS_USE_DATA, data > 0 ? IMS_YES : IMS_UNKNOWN, disk->title,
                     "/run/udev/data",
                     data > 0 ? "%s: nobody uses it, but it carries data"
                              : "%s: whether it carries data is not known",
                     disk->title);
}

void ims_hunt_block(struct ims_hunt *hunt)
{
    struct ims_blocks blocks = {.hunt = hunt};

    add_own(&blocks);
    if (blocks.count > 0) {
        add_holders(&blocks);
        (void)ims_host_list(hunt->host->sys_fd, "fs/btrfs", see_btrfs, &blocks);
        ims_blocks_mounts(&blocks);
        ims_blocks_swaps(&blocks);
    }
    for (uint32_t i = 0; i < blocks.count; i++) {
        if (!blocks.blocks[i].is_disk || blocks.blocks[i].is_used)
            continue;
        confirm(&blocks, i);
        if (!blocks.blocks[i].is_used)
            judge_idle(&blocks, i);
    }
    free(blocks.blocks);
}
