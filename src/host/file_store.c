/* SPDX-License-Identifier: MIT */
#include "host/file_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "host/host.h"

#define SUFFIX ".journal"
#define JOURNAL_MAX_BYTES (16u << 20)

/* Nobody but its owner may have made or changed it. */
static int check_owner(int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    return status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 ? 0 : -EPERM;
}

/* make: the directory is made where it is missing; reading does not make any. */
static int open_place(struct ims_file_store *files, bool make)
{
    int fd;
    int r = 0;

    if (files->dir_fd >= 0)
        return 0;
    const int run_fd = openat(files->root_fd, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run_fd < 0)
        return -errno;
    if (make && mkdirat(run_fd, "iommuscope", 0700) < 0 && errno != EEXIST)
        r = -errno;
    fd = r < 0 ? -1 : openat(run_fd, "iommuscope", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (r == 0 && fd < 0)
        r = -errno;
    close(run_fd);
    if (r < 0)
        return r;
    r = check_owner(fd);
    if (r < 0)
        close(fd);
    else
        files->dir_fd = fd;
    return r;
}

static int lock(void *context)
{
    struct ims_file_store *files = context;
    int r = open_place(files, true);

    if (r < 0)
        return r;
    const int fd =
        openat(files->dir_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return -errno;
    while ((r = flock(fd, LOCK_EX | LOCK_NB)) < 0 && errno == EINTR)
        ;
    if (r < 0) {
        r = errno == EWOULDBLOCK ? -EBUSY : -errno;
        close(fd);
        return r;
    }
    files->lock_fd = fd;
    return 0;
}

static void unlock(void *context)
{
    struct ims_file_store *files = context;

    if (files->lock_fd >= 0)
        close(files->lock_fd);
    files->lock_fd = -1;
}

static int sync_fd(int fd)
{
    while (fsync(fd) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

/* Two of one clock tick are told apart by the process, and the lock forbids that there are two. */
static int create(void *context, char ret_name[IMS_JOURNAL_NAME_SIZE])
{
    struct ims_file_store *files = context;
    struct timespec now;
    int r = open_place(files, true);

    if (r < 0)
        return r;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(ret_name, IMS_JOURNAL_NAME_SIZE, "%012lld.%09ld-%ld" SUFFIX, (long long)now.tv_sec,
             now.tv_nsec, (long)getpid());
    const int fd =
        openat(files->dir_fd, ret_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    r = sync_fd(fd);
    close(fd);
    if (r == 0)
        r = sync_fd(files->dir_fd);
    if (r < 0)
        (void)unlinkat(files->dir_fd, ret_name, 0);
    return r;
}

static int append(void *context, const char *name, const void *bytes, size_t size_bytes)
{
    struct ims_file_store *files = context;
    int r = open_place(files, true);

    if (r < 0)
        return r;
    const int fd = openat(files->dir_fd, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    r = ims_host_write_all(fd, bytes, size_bytes);
    if (r == 0)
        r = sync_fd(fd);
    if (close(fd) < 0 && r == 0 && errno != EINTR)
        r = -errno;
    return r;
}

static int read_open(int fd, char **ret, size_t *ret_size_bytes)
{
    struct stat status;
    size_t length = 0;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_size > (off_t)JOURNAL_MAX_BYTES)
        return -EBADMSG;
    char *bytes = malloc((size_t)status.st_size + 1);
    if (!bytes)
        return -ENOMEM;
    while (length < (size_t)status.st_size) {
        const ssize_t got = read(fd, bytes + length, (size_t)status.st_size - length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            const int code = -errno;
            free(bytes);
            return code;
        }
        if (got == 0)
            break;
        length += (size_t)got;
    }
    *ret = bytes;
    *ret_size_bytes = length;
    return 0;
}

static int read_journal(void *context, const char *name, char **ret, size_t *ret_size_bytes)
{
    struct ims_file_store *files = context;
    int r = open_place(files, false);

    if (r < 0)
        return r;
    const int fd = openat(files->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    r = read_open(fd, ret, ret_size_bytes);
    close(fd);
    return r;
}

static bool is_journal(const char *name)
{
    const size_t length = strlen(name);
    return length < IMS_JOURNAL_NAME_SIZE && length > strlen(SUFFIX) && name[0] != '.' &&
           strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int list_open(DIR *directory, char (**ret)[IMS_JOURNAL_NAME_SIZE], uint32_t *ret_count)
{
    char(*names)[IMS_JOURNAL_NAME_SIZE] = NULL;
    uint32_t capacity = 0;
    uint32_t count = 0;

    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        if (!is_journal(entry->d_name))
            continue;
        void *grown = ims_array_grow(names, &capacity, count + 1, sizeof(*names));
        if (!grown) {
            free(names);
            return -ENOMEM;
        }
        names = grown;
        snprintf(names[count++], IMS_JOURNAL_NAME_SIZE, "%s", entry->d_name);
    }
    if (count)
        qsort(names, count, sizeof(*names), compare_names);
    *ret = names;
    *ret_count = count;
    return 0;
}

static int list(void *context, char (**ret)[IMS_JOURNAL_NAME_SIZE], uint32_t *ret_count)
{
    struct ims_file_store *files = context;
    int r = open_place(files, false);

    *ret = NULL;
    *ret_count = 0;
    /* Nothing was ever written here. */
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    /* A descriptor of its own: the place of reading in a directory belongs to the descriptor. */
    const int fd = openat(files->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return -ENOMEM;
    }
    r = list_open(directory, ret, ret_count);
    closedir(directory);
    return r;
}

static int remove_journal(void *context, const char *name)
{
    struct ims_file_store *files = context;
    const int r = open_place(files, false);

    if (r < 0)
        return r;
    if (unlinkat(files->dir_fd, name, 0) < 0)
        return -errno;
    return sync_fd(files->dir_fd);
}

struct ims_store ims_file_store(struct ims_file_store *files, int root_fd)
{
    *files = (struct ims_file_store){.root_fd = root_fd, .dir_fd = -1, .lock_fd = -1};
    return (struct ims_store){
        .context = files,
        .lock = lock,
        .unlock = unlock,
        .create = create,
        .append = append,
        .read = read_journal,
        .list = list,
        .remove = remove_journal,
    };
}

void ims_file_store_done(struct ims_file_store *files)
{
    unlock(files);
    if (files->dir_fd >= 0)
        close(files->dir_fd);
    files->dir_fd = -1;
}
