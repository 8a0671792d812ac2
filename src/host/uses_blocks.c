/* SPDX-License-Identifier: MIT */
/* Swap on the disks of functions, and disks that nothing was found on: does somebody hold them? */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/uses.h"

/* ---- swap ---- */

/* The device that a swap file lies on: that of the longest place that it is below. */
static struct ims_search_block *block_of_file(struct ims_search *search, const char *path)
{
    struct ims_line_file file;
    uint32_t best = IMS_NONE;
    size_t best_length = 0;
    char *line;

    if (ims_line_file_open(&file, search->host->proc_fd, "self/mountinfo") < 0)
        return NULL;
    while ((line = ims_line_file_next(&file)) != NULL) {
        char *words[5] = {NULL};
        char number[64];

        for (size_t i = 0; i < 5; i++)
            words[i] = ims_next_word(&line);
        if (!words[4])
            continue;
        ims_unescape(words[4]);
        const size_t length = strcmp(words[4], "/") == 0 ? 0 : strlen(words[4]);
        if (length < best_length || strncmp(path, words[4], length) != 0 || path[length] != '/')
            continue;
        best = IMS_NONE;
        best_length = length;
        for (uint32_t i = 0; i < search->block_count; i++) {
            snprintf(number, sizeof(number), "%u:%u", search->blocks[i].major,
                     search->blocks[i].minor);
            if (search->blocks[i].has_dev && strcmp(number, words[2]) == 0)
                best = i;
        }
    }
    ims_line_file_close(&file);
    return best == IMS_NONE ? NULL : &search->blocks[best];
}

static void tell_swap(struct ims_search *search, struct ims_search_block *block, const char *name)
{
    ims_search_say_block(
        search, block, IMS_USE_SWAP, IMS_YES, ims_search_format(search, "/proc/swaps: %s", name),
        ims_search_format(search, "the host swaps to %s on /dev/%s", name, block->dev_name));
}

static void find_swap(struct ims_search *search)
{
    struct ims_line_file file;
    char *line;

    if (ims_line_file_open(&file, search->host->proc_fd, "swaps") < 0)
        return;
    while ((line = ims_line_file_next(&file)) != NULL) {
        char *name = ims_next_word(&line);
        const char *kind = ims_next_word(&line);

        if (!kind || *name != '/')
            continue;
        ims_unescape(name);
        if (strcmp(kind, "file") == 0) {
            struct ims_search_block *block = block_of_file(search, name);

            if (block)
                tell_swap(search, block, name);
            continue;
        }
        for (uint32_t i = 0; i < search->block_count; i++)
            if (ims_search_is_named(search, &search->blocks[i], name))
                tell_swap(search, &search->blocks[i], name);
    }
    ims_line_file_close(&file);
}

/* ---- holders that leave no trace: an exclusive open tells ---- */

/* 0: nobody holds the disk; -EBUSY: somebody does; else why it could not be found out. */
static int probe(struct ims_search *search, const struct ims_search_block *block)
{
    const struct ims_host *host = search->host;
    struct stat status;

    if (!host->is_live)
        return -EXDEV;
    if (!block->has_dev || fstatat(host->dev_fd, block->dev_name, &status, 0) < 0)
        return -ENOENT;
    if (!S_ISBLK(status.st_mode) || status.st_rdev != makedev(block->major, block->minor))
        return -ENODEV;
    const int fd = openat(host->dev_fd, block->dev_name,
                          O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

static void tell_held(struct ims_search *search, struct ims_search_block *block)
{
    const char *what = NULL;
    const bool known = ims_search_signature(search, block, &what) == IMS_YES;

    ims_search_say_block(search, block, IMS_USE_CLAIMED_BLOCK, IMS_YES,
                         ims_search_format(search, "open(/dev/%s, O_EXCL): EBUSY", block->dev_name),
                         ims_search_format(search,
                                           "something on the host holds /dev/%s%s%s%s: a file "
                                           "system, a pool or a mount in another namespace",
                                           block->dev_name, known ? " (it carries " : "",
                                           known ? what : "", known ? ")" : ""));
    if (search->foreign_root && (!known || strstr(what, "zfs") || strstr(what, "gpt")))
        ims_search_say(search, block->owner, IMS_USE_ROOT_DISK, IMS_UNKNOWN,
                       ims_search_format(search, "/dev/%s", block->dev_name), search->foreign_root,
                       "the system runs from ZFS, which does not tell its disks: /dev/%s may be "
                       "one of them",
                       block->dev_name);
}

static void tell_unasked(struct ims_search *search, struct ims_search_block *block, int code)
{
    const char *why = "it could not be opened";

    if (code == -EXDEV)
        why = "only the running host can tell";
    else if (code == -EACCES || code == -EPERM)
        why = "that needs root";
    else if (code == -ENOENT || code == -ENODEV)
        why = "it has no node in /dev";
    ims_search_say_block(search, block, IMS_USE_CLAIMED_BLOCK, IMS_UNKNOWN,
                         code == -EXDEV ? "a copy of a host"
                                        : ims_search_format(search, "open(/dev/%s, O_EXCL): %s",
                                                            block->dev_name, strerror(-code)),
                         ims_search_format(search,
                                           "whether something on the host holds /dev/%s is not "
                                           "known: %s",
                                           block->dev_name, why));
}

/* ---- disks that nobody uses ---- */

static void tell_data(struct ims_search *search, struct ims_search_block *disk)
{
    const char *what = NULL;
    const enum ims_tristate carries = ims_search_signature(search, disk, &what);

    if (carries == IMS_YES)
        ims_search_say_block(search, disk, IMS_USE_DATA, IMS_YES, what,
                             ims_search_format(search, "nobody uses /dev/%s, but it carries %s",
                                               disk->dev_name, what));
    else if (carries == IMS_UNKNOWN)
        ims_search_say_block(search, disk, IMS_USE_DATA, IMS_UNKNOWN,
                             ims_search_format(search, "/dev/%s", disk->dev_name),
                             ims_search_format(search,
                                               "nobody uses /dev/%s; whether it carries data "
                                               "could not be read",
                                               disk->dev_name));
    else
        ims_search_say(search, disk->owner, IMS_USE_IDLE, IMS_YES,
                       ims_search_format(search, "/dev/%s", disk->dev_name),
                       ims_search_format(search, "open(/dev/%s, O_EXCL)", disk->dev_name),
                       "the disk /dev/%s goes away; nobody uses it and it carries no data that "
                       "is known",
                       disk->dev_name);
}

void ims_search_blocks(struct ims_search *search)
{
    find_swap(search);
    ims_search_boot(search);
    for (uint32_t i = 0; i < search->block_count; i++) {
        struct ims_search_block *block = &search->blocks[i];

        if (block->disk != i || block->in_use)
            continue;
        const int code = probe(search, block);
        if (code == -EBUSY)
            tell_held(search, block);
        else if (code == 0)
            tell_data(search, block);
        else if (code == -ENOMEDIUM)
            ims_search_say(search, block->owner, IMS_USE_IDLE, IMS_YES,
                           ims_search_format(search, "/dev/%s", block->dev_name),
                           ims_search_format(search, "open(/dev/%s): no medium", block->dev_name),
                           "the drive /dev/%s goes away; there is no medium in it",
                           block->dev_name);
        else
            tell_unasked(search, block, code);
    }
}
