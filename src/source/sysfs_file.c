/* SPDX-License-Identifier: MIT */
#include "source/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"

int ims_sysfs_open_directory(int dir_fd, const char *name)
{
    const int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int ims_sysfs_open_file(int dir_fd, const char *name, off_t *ret_size_bytes)
{
    struct stat status;

    /*
     * A copied tree may hold anything: a named pipe must not make us wait for its writer, and a
     * link that somebody put in the place of an attribute may lead to a file of this machine.
     */
    const int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) < 0) {
        const int code = -errno;
        close(fd);
        return code;
    }
    if (!S_ISREG(status.st_mode)) {
        close(fd);
        return -EINVAL;
    }
    if (ret_size_bytes)
        *ret_size_bytes = status.st_size;
    return fd;
}

static bool is_blank(char byte)
{
    return byte == '\0' || byte == '\n' || byte == '\r' || byte == ' ' || byte == '\t';
}

ssize_t ims_sysfs_read_file(int dir_fd, const char *name, char *buffer, size_t capacity)
{
    size_t length = 0;
    ssize_t got = 0;

    const int fd = ims_sysfs_open_file(dir_fd, name, NULL);
    if (fd < 0)
        return fd;
    while (length < capacity - 1) {
        got = read(fd, buffer + length, capacity - 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    const int code = got < 0 ? -errno : 0;
    close(fd);
    if (code < 0)
        return code;

    while (length > 0 && is_blank(buffer[length - 1]))
        length--;
    buffer[length] = '\0';
    return (ssize_t)length;
}

int ims_sysfs_read_hex(int dir_fd, const char *name, uint32_t max, uint32_t *ret)
{
    char text[64];
    uint64_t value;

    const ssize_t length = ims_sysfs_read_file(dir_fd, name, text, sizeof(text));
    if (length < 0)
        return (int)length;
    const int r = ims_number_hex_prefixed(text, (size_t)length, max, &value);
    if (r == 0)
        *ret = (uint32_t)value;
    return r;
}

int ims_sysfs_read_decimal(int dir_fd, const char *name, uint32_t max, uint32_t *ret)
{
    char text[64];
    uint64_t value;

    const ssize_t length = ims_sysfs_read_file(dir_fd, name, text, sizeof(text));
    if (length < 0)
        return (int)length;
    const int r = ims_number_decimal(text, (size_t)length, max, &value);
    if (r == 0)
        *ret = (uint32_t)value;
    return r;
}

int ims_sysfs_read_link(int dir_fd, const char *name, char target[IMS_SYSFS_LINK_MAX_BYTES])
{
    const ssize_t length = readlinkat(dir_fd, name, target, IMS_SYSFS_LINK_MAX_BYTES);

    if (length < 0)
        return -errno;
    if (length == IMS_SYSFS_LINK_MAX_BYTES)
        return -ENAMETOOLONG;
    target[length] = '\0';
    return 0;
}

const char *ims_sysfs_link_name(int dir_fd, const char *name, char target[IMS_SYSFS_LINK_MAX_BYTES])
{
    if (ims_sysfs_read_link(dir_fd, name, target) < 0)
        return NULL;
    const char *slash = strrchr(target, '/');
    const char *last = slash ? slash + 1 : target;
    return *last ? last : NULL;
}

const char *ims_sysfs_keep(struct ims_sysfs_reader *reader, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return NULL;
    for (char *byte = copy; *byte; byte++)
        if ((unsigned char)*byte < ' ' || *byte == 0x7f)
            *byte = ' ';
    const char *kept = ims_builder_string(reader->builder, copy, strlen(copy));
    free(copy);
    return kept;
}

bool ims_sysfs_is_vanished(int code)
{
    return code == -ENOENT || code == -ENODEV || code == -ENXIO;
}
