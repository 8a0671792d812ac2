/* SPDX-License-Identifier: MIT */
/* Disks of functions and what is built on them: partitions, NVMe heads, dm, md, bcache, upwards. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "host/uses.h"

static void push(struct ims_search *search, struct ims_search_block block);

void ims_search_say_block(struct ims_search *search, struct ims_search_block *block,
                          enum ims_use_kind kind, enum ims_tristate certain, const char *evidence,
                          const char *text)
{
    const char *subject = ims_search_format(search, "/dev/%s", block->dev_name);

    block->in_use = true;
    search->blocks[block->disk].in_use = true;
    if (block->kept)
        ims_search_say(search, block->owner, IMS_USE_PATH, certain, subject, evidence,
                       "%s; it stays reachable through %s", text, block->kept);
    else
        ims_search_say(search, block->owner, kind, certain, subject, evidence, "%s", text);
}

/* "the LVM volume vg-root (dm-0)" */
static const char *describe(struct ims_search *search, const char *path)
{
    const char *name = ims_search_base_name(path);
    const char *uuid = ims_search_read_line(search, path, "dm/uuid");
    const char *title = ims_search_read_line(search, path, "dm/name");
    const char *level = ims_search_read_line(search, path, "md/level");
    const char *what = "the mapping";

    if (level)
        return ims_search_format(search, "the %s array %s", level, name);
    if (ims_search_exists(search, path, "bcache"))
        return ims_search_format(search, "the cache %s", name);
    if (!title)
        return name;
    if (uuid && strncmp(uuid, "LVM-", 4) == 0)
        what = "the LVM volume";
    else if (uuid && strncmp(uuid, "CRYPT-", 6) == 0)
        what = "the encrypted device";
    else if (uuid && strncmp(uuid, "mpath-", 6) == 0)
        what = "the multipath device";
    return ims_search_format(search, "%s %s (%s)", what, title, name);
}

/* Another path of a dm multipath device, one that works and is not asked about. */
static const char *other_slave(struct ims_search *search, const char *path)
{
    const char *uuid = ims_search_read_line(search, path, "dm/uuid");
    const char *slaves = ims_search_format(search, "%s/slaves", path);
    struct ims_listing listing;
    const struct dirent *entry;
    const char *ret = NULL;

    if (!uuid || strncmp(uuid, "mpath-", 6) != 0 ||
        ims_listing_open(&listing, search, search->host->sys_fd, slaves) < 0)
        return NULL;
    while (!ret && (entry = ims_listing_next(&listing)) != NULL) {
        const char *slave = ims_search_resolve(search, slaves, entry->d_name);
        const char *state = slave ? ims_search_read_line(search, slave, "device/state") : NULL;

        if (state && strcmp(state, "running") == 0 && !ims_search_is_owned(search, slave))
            ret = ims_search_base_name(slave);
    }
    ims_listing_close(&listing);
    return ret;
}

static void push_holders(struct ims_search *search, uint32_t below)
{
    const char *holders = ims_search_format(search, "%s/holders", search->blocks[below].path);
    struct ims_listing listing;
    const struct dirent *entry;

    if (ims_listing_open(&listing, search, search->host->sys_fd, holders) < 0)
        return;
    while ((entry = ims_listing_next(&listing)) != NULL) {
        struct ims_search_block *block = &search->blocks[below];
        const char *path = ims_search_resolve(search, holders, entry->d_name);
        const char *evidence = ims_search_format(search, "/sys/%s/%s", holders, entry->d_name);

        if (path && !block->kept)
            block->kept = other_slave(search, path);
        ims_search_say_block(search, block, IMS_USE_STACKED, IMS_YES, evidence,
                             ims_search_format(search, "%s is built on /dev/%s",
                                               path ? describe(search, path) : entry->d_name,
                                               block->dev_name));
        if (path)
            push(search, (struct ims_search_block){.owner = block->owner,
                                                   .disk = block->disk,
                                                   .path = path,
                                                   .kept = block->kept,
                                                   .is_stacked = true});
    }
}

static void push_partitions(struct ims_search *search, uint32_t whole)
{
    struct ims_listing listing;
    const struct dirent *entry;
    const char *path = search->blocks[whole].path;

    if (ims_listing_open(&listing, search, search->host->sys_fd, path) < 0)
        return;
    while ((entry = ims_listing_next(&listing)) != NULL) {
        const struct ims_search_block *block = &search->blocks[whole];
        const char *part = ims_search_format(search, "%s/%s", path, entry->d_name);

        if (ims_listing_is_directory(&listing, entry) &&
            ims_search_exists(search, part, "partition"))
            push(search, (struct ims_search_block){.owner = block->owner,
                                                   .disk = block->disk,
                                                   .path = part,
                                                   .kept = block->kept,
                                                   .is_stacked = block->is_stacked});
    }
}

/* Adds a block device with everything on it, unless it is there. disk IMS_NONE: it is one. */
static void push(struct ims_search *search, struct ims_search_block block)
{
    struct ims_search_node node = {.path = block.path};
    const uint32_t index = search->block_count;

    for (uint32_t i = 0; i < index; i++)
        if (search->blocks[i].owner == block.owner &&
            strcmp(search->blocks[i].path, block.path) == 0)
            return;
    if (index >= IMS_SEARCH_STACK_MAX) {
        search->cut = true;
        return;
    }
    struct ims_search_block *blocks =
        ims_array_grow(search->blocks, &search->block_capacity, index + 1, sizeof(*blocks));
    if (!blocks) {
        search->failed = true;
        return;
    }
    search->blocks = blocks;
    ims_search_node_fill(search, &node);
    block.name = node.name;
    block.dev_name = node.dev_name;
    block.has_dev = node.has_dev;
    block.major = node.major;
    block.minor = node.minor;
    block.title = ims_search_read_line(search, block.path, "dm/name");
    if (block.disk == IMS_NONE)
        block.disk = index;
    blocks[index] = block;
    search->block_count++;
    push_partitions(search, index);
    push_holders(search, index);
}

/* ---- NVMe: disks are heads below the subsystem, not below the controller (fact 6) ---- */

/* "nvme0n1" or, with a controller between, "nvme0c1n1". */
static bool read_head_name(const char *name, uint64_t *ret_subsystem, uint64_t *ret_head)
{
    const char *at = strncmp(name, "nvme", 4) == 0 ? name + 4 : "";
    size_t length = strspn(at, "0123456789");

    if (ims_number_decimal(at, length, UINT32_MAX, ret_subsystem) < 0)
        return false;
    at += length;
    if (*at == 'c')
        at += 1 + strspn(at + 1, "0123456789");
    return *at == 'n' && ims_number_decimal(at + 1, strlen(at + 1), UINT32_MAX, ret_head) == 0;
}

/* Whether a controller serves the head: it has a hidden disk of the same numbers. */
static bool serves(struct ims_search *search, const char *controller, const char *head)
{
    struct ims_listing listing;
    const struct dirent *entry;
    uint64_t wanted[2];
    uint64_t got[2];
    bool ret = false;

    if (!read_head_name(head, &wanted[0], &wanted[1]) ||
        ims_listing_open(&listing, search, search->host->sys_fd, controller) < 0)
        return false;
    while (!ret && (entry = ims_listing_next(&listing)) != NULL)
        ret = ims_listing_is_directory(&listing, entry) &&
              read_head_name(entry->d_name, &got[0], &got[1]) && got[0] == wanted[0] &&
              got[1] == wanted[1];
    ims_listing_close(&listing);
    return ret;
}

/* The name of another controller that serves the head, works and is not asked about. */
static const char *other_controller(struct ims_search *search, const char *subsystem,
                                    const char *head)
{
    struct ims_listing listing;
    const struct dirent *entry;
    const char *ret = NULL;

    if (ims_listing_open(&listing, search, search->host->sys_fd, subsystem) < 0)
        return NULL;
    while (!ret && (entry = ims_listing_next(&listing)) != NULL) {
        const char *path = ims_search_resolve(search, subsystem, entry->d_name);
        const char *state = path ? ims_search_read_line(search, path, "state") : NULL;

        if (state && strcmp(state, "live") == 0 && !ims_search_is_owned(search, path) &&
            serves(search, path, head))
            ret = ims_search_format(search, "%s", entry->d_name);
    }
    ims_listing_close(&listing);
    return ret;
}

static void push_heads(struct ims_search *search, const struct ims_search_node *controller,
                       const char *subsystem)
{
    struct ims_listing listing;
    const struct dirent *entry;
    bool is_member = false;

    if (ims_listing_open(&listing, search, search->host->sys_fd, subsystem) < 0)
        return;
    while (!is_member && (entry = ims_listing_next(&listing)) != NULL) {
        const char *path = ims_search_resolve(search, subsystem, entry->d_name);

        is_member = path && strcmp(path, controller->path) == 0;
    }
    ims_listing_close(&listing);
    if (!is_member || ims_listing_open(&listing, search, search->host->sys_fd, subsystem) < 0)
        return;
    while ((entry = ims_listing_next(&listing)) != NULL) {
        const char *path = ims_search_format(search, "%s/%s", subsystem, entry->d_name);
        const char *class = ims_listing_is_directory(&listing, entry)
                                ? ims_search_read_link(search, path, "subsystem")
                                : NULL;

        if (!class || strcmp(class, "block") != 0)
            continue;
        const char *other = other_controller(search, subsystem, entry->d_name);
        const bool is_ours = serves(search, controller->path, entry->d_name);
        /* A head that nobody is seen to serve is taken for ours: it must not be missed. */
        if (is_ours || !other)
            push(search, (struct ims_search_block){.owner = controller->owner,
                                                   .disk = IMS_NONE,
                                                   .path = path,
                                                   .kept = is_ours ? other : NULL});
    }
}

static void push_controller(struct ims_search *search, const struct ims_search_node *controller)
{
    static const char class[] = "class/nvme-subsystem";
    struct ims_listing listing;
    const struct dirent *entry;

    if (ims_listing_open(&listing, search, search->host->sys_fd, class) < 0)
        return;
    while ((entry = ims_listing_next(&listing)) != NULL) {
        const char *path = ims_search_resolve(search, class, entry->d_name);

        if (path)
            push_heads(search, controller, path);
    }
}

void ims_search_stack(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->node_count; i++) {
        const struct ims_search_node *node = &search->nodes[i];
        uint64_t hidden = 0;

        if (strcmp(node->subsystem, "nvme") == 0)
            push_controller(search, node);
        if (strcmp(node->subsystem, "block") != 0)
            continue;
        (void)ims_search_read_number(search, node->path, "hidden", &hidden);
        if (hidden == 0 && !ims_search_exists(search, node->path, "partition"))
            push(search, (struct ims_search_block){
                             .owner = node->owner, .disk = IMS_NONE, .path = node->path});
    }
}
