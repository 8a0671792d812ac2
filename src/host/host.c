/* SPDX-License-Identifier: MIT */
#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"

#define WARN_SECONDS 10u
#define DEADLINE_SECONDS 60u
#define SEARCH_PATIENCE_MS 3000u /* of a question that can do without the answer */

static int open_directory(int dir_fd, const char *name)
{
    const int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Options of a caller that was built with an older header end earlier. */
static struct ims_host_options take_options(const struct ims_host_options *options)
{
    struct ims_host_options taken = {0};

    if (options && options->size_bytes > 0)
        memcpy(&taken, options,
               options->size_bytes < sizeof(taken) ? options->size_bytes : sizeof(taken));
    return taken;
}

int ims_host_open(const struct ims_host_options *options, struct ims_host **ret,
                  struct ims_error *reterr)
{
    const struct ims_host_options taken = take_options(options);
    const char *root = taken.root ? taken.root : "/";
    struct ims_host *host = calloc(1, sizeof(*host));
    struct statfs status;

    if (!host)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    host->warn_seconds = taken.warn_seconds ? taken.warn_seconds : WARN_SECONDS;
    host->deadline_seconds = taken.deadline_seconds ? taken.deadline_seconds : DEADLINE_SECONDS;
    host->root_fd = -1;
    host->sys_fd = host->proc_fd = host->dev_fd = -1;
    host->bounded.socket_fd = -1;
    host->root = strdup(root);
    host->session_peer = taken.session_peer ? strdup(taken.session_peer) : NULL;
    if (!host->root || (taken.session_peer && !host->session_peer)) {
        ims_host_close(host);
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    }
    host->root_fd = open_directory(AT_FDCWD, root);
    if (host->root_fd >= 0)
        host->sys_fd = open_directory(host->root_fd, "sys");
    if (host->sys_fd < 0) {
        const int code = host->root_fd < 0 ? host->root_fd : host->sys_fd;
        const char *what = host->root_fd < 0 ? "open it" : "open sys below it";

        ims_host_close(host);
        return ims_error_set_at(reterr, code, root, 0, 0, "cannot %s: %s", what, strerror(-code));
    }
    ims_bounded_init(&host->bounded, host->sys_fd);
    host->proc_fd = open_directory(host->root_fd, "proc");
    host->dev_fd = open_directory(host->root_fd, "dev");
    host->is_live = fstatfs(host->sys_fd, &status) == 0 && status.f_type == SYSFS_MAGIC;
    /* sudo takes the variable away: whoever called us may still have it. */
    if (host->is_live && !host->session_peer && host->proc_fd >= 0 && strcmp(root, "/") == 0)
        host->session_peer = ims_host_find_session(host->proc_fd, getppid());
    *ret = host;
    return 0;
}

void ims_host_close(struct ims_host *host)
{
    if (!host)
        return;
    ims_bounded_done(&host->bounded);
    close_fd(host->dev_fd);
    close_fd(host->proc_fd);
    close_fd(host->sys_fd);
    close_fd(host->root_fd);
    free(host->root);
    free(host->session_peer);
    free(host->aliases);
    free(host);
}

int ims_host_open_file(int dir_fd, const char *name)
{
    struct stat status;

    /*
     * A copied tree may hold anything: a named pipe must not make us wait for its writer, and a
     * link that somebody put in the place of a file may lead to one of this machine.
     */
    const int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return fd;
    close(fd);
    return -EINVAL;
}

ssize_t ims_host_read_file(int dir_fd, const char *name, char *buffer, size_t capacity)
{
    size_t length = 0;
    ssize_t got = 0;

    const int fd = ims_host_open_file(dir_fd, name);
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
    while (length > 0 && strchr(" \t\r\n", buffer[length - 1]))
        length--;
    buffer[length] = '\0';
    return (ssize_t)length;
}

int ims_host_write_all(int fd, const char *bytes, size_t size_bytes)
{
    while (size_bytes > 0) {
        const ssize_t written = write(fd, bytes, size_bytes);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        bytes += written;
        size_bytes -= (size_t)written;
    }
    return 0;
}

static void warn(void *context)
{
    const struct ims_host *host = context;

    if (host->tell)
        host->tell(host->tell_context, "the kernel has not returned yet; still waiting");
}

ssize_t ims_host_read_locked(struct ims_host *host, const char *path, char *buffer, size_t capacity,
                             bool whole)
{
    const struct ims_patience patience = {
        .warn_ms = host->warn_seconds * 1000,
        .deadline_ms = whole ? host->deadline_seconds * 1000 : SEARCH_PATIENCE_MS,
        .warn = warn,
        .context = host,
    };

    /* Nothing waits in a copy, but for pipes, which are no files. */
    if (!host->is_live)
        return ims_host_read_file(host->sys_fd, path, buffer, capacity);
    return ims_bounded_read(&host->bounded, path, buffer, capacity, &patience);
}

int ims_host_read_link_name(int dir_fd, const char *name, char *buffer, size_t capacity)
{
    char target[4096];
    const ssize_t length = readlinkat(dir_fd, name, target, sizeof(target) - 1);

    if (length < 0)
        return -errno;
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    const char *last = slash ? slash + 1 : target;
    if (strlen(last) >= capacity)
        return -ENAMETOOLONG;
    memcpy(buffer, last, strlen(last) + 1);
    return 0;
}
