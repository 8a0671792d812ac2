/* SPDX-License-Identifier: MIT */
/* What is mounted from the disks of functions, here and in other mount namespaces. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/array.h"
#include "base/number.h"
#include "host/uses.h"

#define MOUNTS_TOLD_MAX 16u  /* of one device; more of them say nothing new */
#define NAMESPACES_MAX 4096u /* mount tables that are read */
#define LINES_MAX 262144u    /* of one of them */

/* A line of a mount table. */
struct mount {
    uint32_t major;
    uint32_t minor;
    const char *place;
    const char *type;
    const char *source;
    const char *options; /* of the file system */
};

/* A device of a btrfs that is mounted somewhere. */
struct member {
    const char *uuid;
    const char *path;
};

/* A place that was told of a device, so that another table does not tell it again. */
struct told {
    const struct ims_search_block *block;
    const char *place;
};

struct mount_search {
    struct ims_search *search;
    struct told *told;
    uint32_t told_count;
    uint32_t told_capacity;
    struct member *members;
    uint32_t member_count;
    uint32_t member_capacity;
    const char **namespaces; /* mount namespaces that were read, by the words of their links */
    uint32_t namespace_count;
    uint32_t namespace_capacity;
    const char *overlay; /* options of the root, when it is an overlay */
};

bool ims_search_is_named(struct ims_search *search, const struct ims_search_block *block,
                         const char *name)
{
    static const char mapper[] = "/dev/mapper/";
    struct stat status;

    if (strncmp(name, "/dev/", 5) != 0)
        return false;
    if (strcmp(name + 5, block->dev_name) == 0)
        return true;
    if (strncmp(name, mapper, sizeof(mapper) - 1) == 0 && block->title &&
        strcmp(name + sizeof(mapper) - 1, block->title) == 0)
        return true;
    return search->host->is_live && block->has_dev &&
           fstatat(search->host->dev_fd, name + 5, &status, 0) == 0 && S_ISBLK(status.st_mode) &&
           status.st_rdev == makedev(block->major, block->minor);
}

/* ---- btrfs: mounts have devices of their own, members stand in sysfs ---- */

static void add_member(struct mount_search *mounts, const char *uuid, const char *path)
{
    struct member *members = ims_array_grow(mounts->members, &mounts->member_capacity,
                                            mounts->member_count + 1, sizeof(*members));

    if (!members) {
        mounts->search->failed = true;
        return;
    }
    mounts->members = members;
    members[mounts->member_count++] = (struct member){uuid, path};
    for (uint32_t i = 0; i < mounts->search->block_count; i++)
        if (strcmp(mounts->search->blocks[i].path, path) == 0)
            mounts->search->blocks[i].btrfs = uuid;
}

static void read_btrfs(struct mount_search *mounts)
{
    static const char top[] = "fs/btrfs";
    struct ims_search *search = mounts->search;
    struct ims_listing systems;
    const struct dirent *entry;

    if (ims_listing_open(&systems, search, search->host->sys_fd, top) < 0)
        return;
    while ((entry = ims_listing_next(&systems)) != NULL) {
        const char *uuid = ims_search_format(search, "%s", entry->d_name);
        const char *devices = ims_search_format(search, "%s/%s/devices", top, uuid);
        struct ims_listing listing;

        if (ims_listing_open(&listing, search, search->host->sys_fd, devices) < 0)
            continue;
        while ((entry = ims_listing_next(&listing)) != NULL) {
            const char *path = ims_search_resolve(search, devices, entry->d_name);

            if (path && mounts->member_count < IMS_SEARCH_STACK_MAX)
                add_member(mounts, uuid, path);
        }
    }
}

/* The btrfs that a mount of it names one device of. */
static const char *btrfs_of(struct mount_search *mounts, const char *source)
{
    for (uint32_t i = 0; i < mounts->member_count; i++) {
        struct ims_search_node node = {.path = mounts->members[i].path};

        ims_search_node_fill(mounts->search, &node);
        const struct ims_search_block block = {
            .dev_name = node.dev_name,
            .has_dev = node.has_dev,
            .major = node.major,
            .minor = node.minor,
            .title = ims_search_read_line(mounts->search, node.path, "dm/name"),
        };
        if (ims_search_is_named(mounts->search, &block, source))
            return mounts->members[i].uuid;
    }
    return NULL;
}

/* ---- lines ---- */

/* ID PARENT MAJOR:MINOR ROOT PLACE OPTIONS [TAG...] - TYPE SOURCE OPTIONS */
static bool read_mount(char *line, struct mount *ret)
{
    char *words[5];
    char *word;
    uint64_t major;
    uint64_t minor;

    for (size_t i = 0; i < 5; i++) {
        words[i] = ims_next_word(&line);
        if (!words[i])
            return false;
    }
    const char *colon = strchr(words[2], ':');
    if (!colon ||
        ims_number_decimal(words[2], (size_t)(colon - words[2]), UINT32_MAX, &major) < 0 ||
        ims_number_decimal(colon + 1, strlen(colon + 1), UINT32_MAX, &minor) < 0)
        return false;
    do {
        word = ims_next_word(&line);
    } while (word && strcmp(word, "-") != 0);
    char *type = ims_next_word(&line);
    char *source = ims_next_word(&line);
    char *options = ims_next_word(&line);
    if (!source)
        return false;
    ims_unescape(words[4]);
    ims_unescape(source);
    if (options)
        ims_unescape(options);
    *ret = (struct mount){(uint32_t)major, (uint32_t)minor,       words[4], type,
                          source,          options ? options : ""};
    return true;
}

/* Some file systems name all their devices, with colons between. */
static bool names_one(struct ims_search *search, const struct ims_search_block *block, char *source)
{
    for (char *at = source; at;) {
        char *colon = strchr(at, ':');

        if (colon)
            *colon = '\0';
        const bool found = ims_search_is_named(search, block, at);
        if (colon)
            *colon++ = ':';
        if (found)
            return true;
        at = colon;
    }
    return false;
}

static bool is_of(struct mount_search *mounts, const struct mount *mount, const char *btrfs,
                  const struct ims_search_block *block)
{
    if (block->has_dev && mount->major == block->major && mount->minor == block->minor)
        return true;
    if (btrfs)
        return block->btrfs && strcmp(btrfs, block->btrfs) == 0;
    if (mount->major != 0 || strncmp(mount->source, "/dev/", 5) != 0)
        return false;
    char *source = ims_arena_strndup(&mounts->search->arena, mount->source, strlen(mount->source));
    return source && names_one(mounts->search, block, source);
}

/* Without these the host does not run, or does not come up again. */
static bool is_vital(struct mount_search *mounts, const char *place)
{
    static const char *const places[] = {"/",         "/usr",           "/boot",
                                         "/boot/efi", "/boot/firmware", "/efi"};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (strcmp(places[i], place) == 0)
            return true;
    /* The layers of a root that is an overlay stand below other mounts. */
    const size_t length = strlen(place);
    const char *at = mounts->overlay;
    while (at && *at) {
        const char *value = strchr(at, '=');
        const char *next = strchr(at, ',');

        for (; value && (!next || value < next); value = strchr(value + 1, ':'))
            if (strncmp(value + 1, place, length) == 0 && value[1 + length] == '/')
                return true;
        at = next ? next + 1 : NULL;
    }
    return false;
}

/* Whether the place was told before. Remembers it. */
static bool was_told(struct mount_search *mounts, const struct ims_search_block *block,
                     const char *place)
{
    for (uint32_t i = 0; i < mounts->told_count; i++)
        if (mounts->told[i].block == block && strcmp(mounts->told[i].place, place) == 0)
            return true;
    struct told *told =
        ims_array_grow(mounts->told, &mounts->told_capacity, mounts->told_count + 1, sizeof(*told));
    if (!told) {
        mounts->search->failed = true;
        return true;
    }
    mounts->told = told;
    told[mounts->told_count++] =
        (struct told){block, ims_search_format(mounts->search, "%s", place)};
    return false;
}

static void tell(struct mount_search *mounts, const struct mount *mount,
                 struct ims_search_block *block, const char *table, bool is_host)
{
    struct ims_search *search = mounts->search;
    const bool vital = is_host && is_vital(mounts, mount->place);
    const char *evidence = ims_search_format(search, "%s: %s", table, mount->place);

    /* Containers mount what the host has mounted: once is enough to know that it is used. */
    if (!vital && block->mounts >= (is_host ? MOUNTS_TOLD_MAX : 1u))
        return;
    if (was_told(mounts, block, mount->place))
        return;
    block->mounts++;
    ims_search_say_block(
        search, block, vital ? IMS_USE_ROOT_DISK : IMS_USE_MOUNT, IMS_YES, evidence,
        ims_search_format(search,
                          vital ? "the system runs from it: %s on /dev/%s is mounted at %s%s"
                                : "%s on /dev/%s is mounted at %s%s",
                          mount->type, block->dev_name, mount->place,
                          is_host ? "" : " in another mount namespace"));
}

/* Returns -errno of opening it. */
static int read_table(struct mount_search *mounts, const char *path, bool is_host)
{
    struct ims_search *search = mounts->search;
    struct ims_line_file file;
    const char *table = ims_search_format(search, "/proc/%s", path);
    struct mount mount;
    uint32_t lines = 0;
    char *line;
    const int r = ims_line_file_open(&file, search->host->proc_fd, path);

    if (r < 0)
        return r;
    while ((line = ims_line_file_next(&file)) != NULL && lines++ < LINES_MAX) {
        if (!read_mount(line, &mount))
            continue;
        const char *btrfs =
            strcmp(mount.type, "btrfs") == 0 ? btrfs_of(mounts, mount.source) : NULL;
        bool found = false;
        for (uint32_t i = 0; i < search->block_count; i++)
            if (is_of(mounts, &mount, btrfs, &search->blocks[i])) {
                tell(mounts, &mount, &search->blocks[i], table, is_host);
                found = true;
            }
        if (is_host && !found && strcmp(mount.type, "zfs") == 0 && is_vital(mounts, mount.place))
            search->foreign_root = ims_search_format(search, "%s: %s", table, mount.place);
    }
    if (line)
        search->cut = true;
    ims_line_file_close(&file);
    return 0;
}

/* ---- namespaces ---- */

/* Whether the table of a process is one that was not read before. Remembers it. */
static bool is_new(struct mount_search *mounts, const char *process)
{
    char name[128];
    char path[64];

    snprintf(path, sizeof(path), "%.32s/ns/mnt", process);
    if (ims_host_read_link_name(mounts->search->host->proc_fd, path, name, sizeof(name)) < 0)
        return true; /* a copy of proc has no namespaces: each table counts */
    for (uint32_t i = 0; i < mounts->namespace_count; i++)
        if (strcmp(mounts->namespaces[i], name) == 0)
            return false;
    const char **namespaces =
        ims_array_grow((void *)mounts->namespaces, &mounts->namespace_capacity,
                       mounts->namespace_count + 1, sizeof(*namespaces));
    if (!namespaces) {
        mounts->search->failed = true;
        return false;
    }
    mounts->namespaces = namespaces;
    namespaces[mounts->namespace_count++] = ims_search_format(mounts->search, "%s", name);
    return true;
}

/*
 * Mounts of other namespaces, as far as they can be read: what is missed here is held all the same,
 * which ims_search_blocks() finds out.
 */
static void read_others(struct mount_search *mounts, bool has_self)
{
    struct ims_search *search = mounts->search;
    struct ims_listing listing;
    const struct dirent *entry;
    uint32_t left = NAMESPACES_MAX;

    if (ims_listing_open(&listing, search, search->host->proc_fd, ".") < 0)
        return;
    while (left > 0 && (entry = ims_listing_next(&listing)) != NULL) {
        const bool is_first = strcmp(entry->d_name, "1") == 0;
        char path[64];

        if (strspn(entry->d_name, "0123456789") != strlen(entry->d_name) ||
            (is_first && has_self && !search->host->is_live) || !is_new(mounts, entry->d_name))
            continue;
        left--;
        snprintf(path, sizeof(path), "%.32s/mountinfo", entry->d_name);
        (void)read_table(mounts, path, is_first);
    }
    ims_listing_close(&listing);
}

/* The options of the root, when it is an overlay, before its layers are met. */
static void find_overlay(struct mount_search *mounts, const char *path)
{
    struct ims_line_file file;
    struct mount mount;
    char *line;

    if (ims_line_file_open(&file, mounts->search->host->proc_fd, path) < 0)
        return;
    while ((line = ims_line_file_next(&file)) != NULL)
        if (read_mount(line, &mount) && strcmp(mount.place, "/") == 0 &&
            strcmp(mount.type, "overlay") == 0)
            mounts->overlay = ims_search_format(mounts->search, "%s", mount.options);
    ims_line_file_close(&file);
}

/* A btrfs is in sysfs while it is mounted, wherever that is. */
static void tell_btrfs(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->block_count; i++) {
        struct ims_search_block *block = &search->blocks[i];

        if (block->btrfs)
            ims_search_say_block(
                search, block, IMS_USE_STACKED, IMS_YES,
                ims_search_format(search, "/sys/fs/btrfs/%s/devices", block->btrfs),
                ims_search_format(search, "/dev/%s is a member of the btrfs %s", block->dev_name,
                                  block->btrfs));
    }
}

void ims_search_mounts(struct ims_search *search)
{
    struct mount_search mounts = {.search = search};

    if (search->block_count == 0)
        return;
    read_btrfs(&mounts);
    find_overlay(&mounts, "self/mountinfo");
    (void)is_new(&mounts, "self");
    read_others(&mounts, read_table(&mounts, "self/mountinfo", true) == 0);
    tell_btrfs(search);
    free(mounts.told);
    free(mounts.members);
    free((void *)mounts.namespaces);
}
