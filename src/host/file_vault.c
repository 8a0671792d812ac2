/* SPDX-License-Identifier: MIT */
#include "host/file_vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "host/host.h"

#define FILE_MAX_BYTES (1u << 20)

/* What a place is made of: parents that exist anyway are not made and not judged. */
static const struct {
    const char *path;
    const char *base;     /* "etc" */
    const char *parts[2]; /* below it; judged, and made where they are missing */
    mode_t mode;
    mode_t file_mode;
} places[IMS_VAULT_PLACE_MAX] = {
    [IMS_VAULT_CLAIMS] = {"etc/iommuscope/claims.d", "etc", {"iommuscope", "claims.d"}, 0755, 0644},
    [IMS_VAULT_RULES] = {"etc/udev/rules.d", "etc", {"udev", "rules.d"}, 0755, 0644},
    [IMS_VAULT_STATE] = {"var/lib/iommuscope", "var/lib", {"iommuscope", NULL}, 0755, 0644},
    [IMS_VAULT_RUN] = {"run/iommuscope", "run", {"iommuscope", NULL}, 0700, 0600},
};

const char *ims_vault_path(enum ims_vault_place place)
{
    return place < IMS_VAULT_PLACE_MAX ? places[place].path : "";
}

/* Root, or whoever runs this, made it, and nobody else may change it. */
static int check_owner(int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    return (status.st_uid == 0 || status.st_uid == geteuid()) &&
                   (status.st_mode & (S_IWGRP | S_IWOTH)) == 0
               ? 0
               : -EPERM;
}

static int sync_fd(int fd)
{
    while (fsync(fd) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

/* One directory below another; made and made durable where make says so. */
static int enter(int dir_fd, const char *name, bool make, mode_t mode)
{
    int r = 0;

    if (make && mkdirat(dir_fd, name, mode) == 0)
        r = sync_fd(dir_fd);
    else if (make && errno != EEXIST)
        r = -errno;
    const int fd =
        r < 0 ? r : openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (r < 0)
        return r;
    if (fd < 0)
        return -errno;
    r = check_owner(fd);
    if (r < 0) {
        close(fd);
        return r;
    }
    return fd;
}

static int open_place(const struct ims_file_vault *files, enum ims_vault_place place, bool make)
{
    int fd = openat(files->root_fd, places[place].base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    for (unsigned i = 0; i < 2 && places[place].parts[i]; i++) {
        const int below = enter(fd, places[place].parts[i], make, places[place].mode);

        close(fd);
        if (below < 0)
            return below;
        fd = below;
    }
    return fd;
}

static int read_open(int fd, char **ret, size_t *ret_size_bytes)
{
    struct stat status;
    size_t length = 0;
    ssize_t got = 1;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    if (status.st_size > (off_t)FILE_MAX_BYTES)
        return -EFBIG;
    int r = check_owner(fd);
    char *bytes = r < 0 ? NULL : malloc(FILE_MAX_BYTES + 1);
    if (!bytes)
        return r < 0 ? r : -ENOMEM;
    while (got != 0 && length < FILE_MAX_BYTES) {
        got = read(fd, bytes + length, FILE_MAX_BYTES - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            r = -errno;
            free(bytes);
            return r;
        }
        length += (size_t)got;
    }
    bytes[length] = '\0';
    *ret = bytes;
    *ret_size_bytes = length;
    return 0;
}

static int read_file(void *context, enum ims_vault_place place, const char *name, char **ret,
                     size_t *ret_size_bytes)
{
    const int dir_fd = open_place(context, place, false);
    int r;

    if (dir_fd < 0)
        return dir_fd;
    const int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    r = fd < 0 ? -errno : read_open(fd, ret, ret_size_bytes);
    if (fd >= 0)
        close(fd);
    close(dir_fd);
    return r;
}

/* A file of another name, durable before it takes the place of the old one. */
static int write_in(int dir_fd, const char *name, mode_t mode, const void *bytes, size_t size_bytes)
{
    char temporary[IMS_VAULT_NAME_SIZE + 32];
    int r;

    snprintf(temporary, sizeof(temporary), ".%s.%ld.new", name, (long)getpid());
    (void)unlinkat(dir_fd, temporary, 0);
    const int fd = openat(dir_fd, temporary,
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);
    if (fd < 0)
        return -errno;
    r = fchmod(fd, mode) < 0 ? -errno : ims_host_write_all(fd, bytes, size_bytes);
    if (r == 0)
        r = sync_fd(fd);
    if (close(fd) < 0 && r == 0 && errno != EINTR)
        r = -errno;
    if (r == 0 && renameat(dir_fd, temporary, dir_fd, name) < 0)
        r = -errno;
    if (r < 0)
        (void)unlinkat(dir_fd, temporary, 0);
    return r < 0 ? r : sync_fd(dir_fd);
}

static int write_file(void *context, enum ims_vault_place place, const char *name,
                      const void *bytes, size_t size_bytes)
{
    const int dir_fd = open_place(context, place, true);

    if (dir_fd < 0)
        return dir_fd;
    const int r = write_in(dir_fd, name, places[place].file_mode, bytes, size_bytes);
    close(dir_fd);
    return r;
}

static int remove_file(void *context, enum ims_vault_place place, const char *name)
{
    const int dir_fd = open_place(context, place, false);
    int r;

    if (dir_fd < 0)
        return dir_fd;
    r = unlinkat(dir_fd, name, 0) < 0 ? -errno : sync_fd(dir_fd);
    close(dir_fd);
    return r;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool ends_with(const char *name, const char *suffix)
{
    const size_t length = strlen(name);

    return name[0] != '.' && length < IMS_VAULT_NAME_SIZE && length > strlen(suffix) &&
           strcmp(name + length - strlen(suffix), suffix) == 0;
}

static int list_open(DIR *directory, const char *suffix, char (**ret)[IMS_VAULT_NAME_SIZE],
                     uint32_t *ret_count)
{
    char(*names)[IMS_VAULT_NAME_SIZE] = NULL;
    uint32_t capacity = 0;
    uint32_t count = 0;

    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        if (!ends_with(entry->d_name, suffix))
            continue;
        char(*grown)[IMS_VAULT_NAME_SIZE] =
            ims_array_grow(names, &capacity, count + 1, sizeof(*names));
        if (!grown) {
            free(names);
            return -ENOMEM;
        }
        names = grown;
        memcpy(names[count++], entry->d_name, strlen(entry->d_name) + 1);
    }
    if (count)
        qsort(names, count, sizeof(*names), compare_names);
    *ret = names;
    *ret_count = count;
    return 0;
}

static int list(void *context, enum ims_vault_place place, const char *suffix,
                char (**ret)[IMS_VAULT_NAME_SIZE], uint32_t *ret_count)
{
    const int fd = open_place(context, place, false);

    *ret = NULL;
    *ret_count = 0;
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return -ENOMEM;
    }
    const int r = list_open(directory, suffix, ret, ret_count);
    closedir(directory);
    return r;
}

struct ims_vault ims_file_vault(struct ims_file_vault *files, int root_fd)
{
    *files = (struct ims_file_vault){.root_fd = root_fd};
    return (struct ims_vault){
        .context = files,
        .read = read_file,
        .write = write_file,
        .remove = remove_file,
        .list = list,
    };
}
