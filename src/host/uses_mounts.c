/* SPDX-License-Identifier: MIT */
/* Which block devices are mounted, here and in other namespaces, and which are swapped to. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/uses_block.h"

#define NAMESPACES_MAX 1024u

struct mount {
    unsigned major;
    unsigned minor;
    char *point;
    char *type;
    char *source;
};

struct mounts {
    struct ims_blocks *blocks;
    const char *file; /* where they are read */
    bool of_host;     /* its root is the host's, not a container's */
    char seen[NAMESPACES_MAX][32];
    uint32_t seen_count;
};

void ims_block_unescape(char *text)
{
    char *out = text;

    for (const char *at = text; *at; out++) {
        if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && isdigit((unsigned char)at[2]) &&
            isdigit((unsigned char)at[3])) {
            *out = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
            at += 4;
        } else {
            *out = *at++;
        }
    }
    *out = '\0';
}

bool ims_block_is(const struct ims_blocks *blocks, uint32_t index, const char *source)
{
    const struct ims_block *block = &blocks->blocks[index];
    struct stat status;

    if (strncmp(source, "/dev/", 5) != 0)
        return false;
    if (strcmp(source, block->title) == 0 || strcmp(source + 5, block->name) == 0)
        return true;
    /* Any link below /dev names it as well; of a copy, links are all that there is. */
    if (!block->has_number || blocks->hunt->host->dev_fd < 0 ||
        fstatat(blocks->hunt->host->dev_fd, source + 5, &status, 0) < 0 || !S_ISBLK(status.st_mode))
        return false;
    return status.st_rdev == makedev(block->major, block->minor);
}

/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS */
static bool parse_mount(char *line, struct mount *ret)
{
    char *rest = NULL;
    char *fields[6];
    char *tail = strstr(line, " - ");

    if (!tail)
        return false;
    *tail = '\0';
    for (int i = 0; i < 6; i++) {
        fields[i] = strtok_r(i == 0 ? line : NULL, " ", &rest);
        if (!fields[i])
            return false;
    }
    ret->point = fields[4];
    ret->type = strtok_r(tail + 3, " ", &rest);
    ret->source = ret->type ? strtok_r(NULL, " ", &rest) : NULL;
    if (!ret->source || sscanf(fields[2], "%u:%u", &ret->major, &ret->minor) != 2)
        return false;
    ims_block_unescape(ret->point);
    ims_block_unescape(ret->source);
    return true;
}

/* Without these there is no host any more, or none that starts again. */
static bool is_vital(const char *point)
{
    static const char *const points[] = {"/", "/usr", "/var", "/boot", "/boot/efi", "/efi"};

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        if (strcmp(point, points[i]) == 0)
            return true;
    return false;
}

static bool see_mount(void *context, char *line)
{
    struct mounts *mounts = context;
    struct ims_blocks *blocks = mounts->blocks;
    struct mount mount;
    char evidence[512];
    char text[512];
    bool found = false;

    if (!parse_mount(line, &mount))
        return true;
    const bool vital = mounts->of_host && is_vital(mount.point);
    snprintf(evidence, sizeof(evidence), "/proc/%s: %s", mounts->file, mount.point);
    snprintf(text, sizeof(text), "%s is mounted from it%s", mount.point,
             mounts->of_host ? "" : " in another mount namespace");
    for (uint32_t i = 0; i < blocks->count; i++) {
        const struct ims_block *block = &blocks->blocks[i];
        const bool same = mount.major != 0 && block->has_number && block->major == mount.major &&
                          block->minor == mount.minor;

        /* File systems of several devices have a number of their own, and name one as source. */
        if (!same && (mount.major != 0 || !ims_block_is(blocks, i, mount.source)))
            continue;
        found = true;
        ims_block_say(blocks, i, vital ? IMS_USE_ROOT_DISK : IMS_USE_MOUNT, evidence, text);
    }
    if (vital && !found && mount.major == 0 && strcmp(mount.type, "zfs") == 0)
        blocks->foreign_root = "zfs";
    else if (vital && !found && mount.major == 0 && strcmp(mount.type, "bcachefs") == 0)
        blocks->foreign_root = "bcachefs";
    return true;
}

/* Whether a mount namespace was not seen before; one that cannot be told apart is looked at. */
static bool is_new(struct mounts *mounts, const char *process)
{
    char path[64];
    char name[32];

    snprintf(path, sizeof(path), "%s/ns/mnt", process);
    if (ims_host_read_link_name(mounts->blocks->hunt->host->proc_fd, path, name, sizeof(name)) < 0)
        return true;
    for (uint32_t i = 0; i < mounts->seen_count; i++)
        if (strcmp(mounts->seen[i], name) == 0)
            return false;
    if (mounts->seen_count < NAMESPACES_MAX)
        memcpy(mounts->seen[mounts->seen_count++], name, sizeof(name));
    return true;
}

static void read_process(struct mounts *mounts, const char *process)
{
    char file[64];

    if (!is_new(mounts, process))
        return;
    snprintf(file, sizeof(file), "%s/mountinfo", process);
    mounts->file = file;
    /* What must not be read here is found out by opening the disk exclusively. */
    (void)ims_host_lines(mounts->blocks->hunt->host->proc_fd, file, see_mount, mounts);
    mounts->file = NULL;
}

static bool see_process(void *context, const char *name)
{
    if (strspn(name, "0123456789") == strlen(name) && strlen(name) < 16)
        read_process(context, name);
    return true;
}

void ims_blocks_mounts(struct ims_blocks *blocks)
{
    struct mounts *mounts = calloc(1, sizeof(*mounts));

    if (!mounts) {
        blocks->hunt->failed = true;
        return;
    }
    mounts->blocks = blocks;
    mounts->of_host = true;
    read_process(mounts, "self");
    read_process(mounts, "1");
    mounts->of_host = false;
    if (blocks->hunt->host->proc_fd >= 0)
        (void)ims_host_list(blocks->hunt->host->proc_fd, ".", see_process, mounts);
    free(mounts);
}

static bool see_swap(void *context, char *line)
{
    struct ims_blocks *blocks = context;
    char *rest = NULL;
    char *name = strtok_r(line, " \t", &rest);
    const char *type = name ? strtok_r(NULL, " \t", &rest) : NULL;

    /* A file to swap to is on a mounted file system. */
    if (!type || strcmp(type, "partition") != 0)
        return true;
    ims_block_unescape(name);
    for (uint32_t i = 0; i < blocks->count; i++)
        if (ims_block_is(blocks, i, name))
            ims_block_say(blocks, i, IMS_USE_SWAP, "/proc/swaps", "the host swaps to it");
    return true;
}

void ims_blocks_swaps(struct ims_blocks *blocks)
{
    if (blocks->hunt->host->proc_fd >= 0)
        (void)ims_host_lines(blocks->hunt->host->proc_fd, "swaps", see_swap, blocks);
}
