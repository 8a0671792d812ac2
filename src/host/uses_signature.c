/* SPDX-License-Identifier: MIT */
/* Whether a disk carries data: what udev noted about it, or marks at places that are known. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/uses.h"

/* Marks of file systems and of what joins disks; a partition table comes last: it says least. */
static const struct {
    const char *name;
    uint32_t offset;
    uint8_t length;
    const char *bytes;
} marks[] = {
    {"LVM2_member", 512, 8, "LABELONE"},
    {"LVM2_member", 0, 8, "LABELONE"},
    {"LVM2_member", 1024, 8, "LABELONE"},
    {"LVM2_member", 1536, 8, "LABELONE"},
    {"linux_raid_member", 4096, 4, "\xfc\x4e\x2b\xa9"},
    {"linux_raid_member", 0, 4, "\xfc\x4e\x2b\xa9"},
    {"crypto_LUKS", 0, 6, "LUKS\xba\xbe"},
    {"btrfs", 0x10040, 8, "_BHRfS_M"},
    {"bcache", 4120, 4, "\xc6\x85\x73\xf6"},
    {"ext", 1080, 2, "\x53\xef"},
    {"xfs", 0, 4, "XFSB"},
    {"f2fs", 1024, 4, "\x10\x20\xf5\xf2"},
    {"ntfs", 3, 8, "NTFS    "},
    {"exfat", 3, 8, "EXFAT   "},
    {"swap", 4086, 10, "SWAPSPACE2"},
    {"iso9660", 0x8001, 5, "CD001"},
    {"gpt", 512, 8, "EFI PART"},
    {"gpt", 4096, 8, "EFI PART"},
    {"a boot sector or partition table", 510, 2, "\x55\xaa"},
};

/* A ZFS label repeats its root block every 1 KiB of its second half, in the order of its writer. */
#define ZFS_FIRST 0x20000u
#define ZFS_END 0x40000u
static const char zfs_little[] = "\x0c\xb1\xba\x00\x00\x00\x00\x00";
static const char zfs_big[] = "\x00\x00\x00\x00\x00\xba\xb1\x0c";

const char *ims_search_udev(struct ims_search *search, const struct ims_search_block *block,
                            const char *name)
{
    struct ims_line_file file;
    const size_t length = strlen(name);
    const char *ret = NULL;
    char path[64];
    char *line;

    if (!block->has_dev)
        return NULL;
    snprintf(path, sizeof(path), "run/udev/data/b%u:%u", block->major, block->minor);
    if (ims_line_file_open(&file, search->host->root_fd, path) < 0)
        return NULL;
    while (!ret && (line = ims_line_file_next(&file)) != NULL)
        if (strncmp(line, "E:", 2) == 0 && strncmp(line + 2, name, length) == 0 &&
            line[2 + length] == '=')
            ret = ims_search_format(search, "%s", line + 3 + length);
    ims_line_file_close(&file);
    return ret;
}

/* Returns false when the place cannot be read; a device that ends before it has no mark there. */
static bool read_at(int fd, uint32_t offset, char *buffer, size_t size, size_t *ret_length)
{
    const ssize_t got = pread(fd, buffer, size, offset);

    *ret_length = got < 0 ? 0 : (size_t)got;
    return got >= 0;
}

static const char *find_mark(int fd, bool *ret_readable)
{
    char buffer[16];
    size_t length;

    for (uint32_t at = ZFS_FIRST; at < ZFS_END && *ret_readable; at += 1024) {
        *ret_readable = read_at(fd, at, buffer, 8, &length);
        if (length < 8)
            break;
        if (memcmp(buffer, zfs_little, 8) == 0 || memcmp(buffer, zfs_big, 8) == 0)
            return "zfs_member";
    }
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]) && *ret_readable; i++) {
        *ret_readable = read_at(fd, marks[i].offset, buffer, marks[i].length, &length);
        if (length == marks[i].length && memcmp(buffer, marks[i].bytes, length) == 0)
            return marks[i].name;
    }
    return NULL;
}

static enum ims_tristate look(struct ims_search *search, const struct ims_search_block *block,
                              const char **ret)
{
    const struct ims_host *host = search->host;
    struct stat status;
    bool readable = true;

    if (!host->is_live || !block->has_dev)
        return IMS_UNKNOWN;
    const int fd =
        openat(host->dev_fd, block->dev_name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return IMS_UNKNOWN;
    if (fstat(fd, &status) < 0 || !S_ISBLK(status.st_mode) ||
        status.st_rdev != makedev(block->major, block->minor)) {
        close(fd);
        return IMS_UNKNOWN;
    }
    const char *mark = find_mark(fd, &readable);
    close(fd);
    if (!mark)
        return readable ? IMS_NO : IMS_UNKNOWN;
    *ret = mark;
    return IMS_YES;
}

/* One of a disk or its partitions. */
static enum ims_tristate signature_of(struct ims_search *search,
                                      const struct ims_search_block *block, const char **ret)
{
    static const char *const names[] = {"ID_FS_TYPE", "ID_PART_TABLE_TYPE"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = ims_search_udev(search, block, names[i]);

        if (value && *value) {
            *ret = value;
            return IMS_YES;
        }
    }
    return look(search, block, ret);
}

enum ims_tristate ims_search_signature(struct ims_search *search,
                                       const struct ims_search_block *block, const char **ret)
{
    enum ims_tristate carries = signature_of(search, block, ret);

    /* A table on the disk says less than what is in its partitions. */
    for (uint32_t i = 0; i < search->block_count; i++) {
        const struct ims_search_block *part = &search->blocks[i];
        const char *what = NULL;

        if (part == block || part->is_stacked || part->owner != block->owner ||
            part->disk != block->disk)
            continue;
        const enum ims_tristate has = signature_of(search, part, &what);
        if (has == IMS_YES && strcmp(what, "gpt") != 0) {
            *ret = ims_search_format(search, "%s on /dev/%s", what, part->dev_name);
            return IMS_YES;
        }
        if (has == IMS_UNKNOWN && carries == IMS_NO)
            carries = IMS_UNKNOWN;
    }
    if (carries == IMS_YES)
        *ret = ims_search_format(search, "%s on /dev/%s", *ret, block->dev_name);
    return carries;
}
