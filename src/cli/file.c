/* SPDX-License-Identifier: MIT */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/print.h"
#include "host/host.h"

/* mkstemp() makes private files; a snapshot is an ordinary file of its owner. */
static int use_umask(int fd)
{
    mode_t mask = umask(0);

    (void)umask(mask);
    return fchmod(fd, 0666 & ~mask) < 0 ? -errno : 0;
}

/* A reader never sees half a snapshot: written beside its place, then renamed into it. */
static int replace_file(const char *path, const char *bytes, size_t size_bytes)
{
    char *temporary = NULL;
    int code = 0;
    int fd;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return -ENOMEM;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        code = -errno;
        free(temporary);
        return code;
    }
    code = ims_host_write_all(fd, bytes, size_bytes);
    if (code == 0)
        code = use_umask(fd);
    if (code == 0 && fsync(fd) < 0)
        code = -errno;
    if (close(fd) < 0 && code == 0)
        code = -errno;
    if (code == 0 && rename(temporary, path) < 0)
        code = -errno;
    if (code < 0)
        (void)unlink(temporary);
    free(temporary);
    return code;
}

/* Devices and pipes are written to, not replaced. */
static bool is_special(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static int write_special(const char *path, const char *bytes, size_t size_bytes)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int code;

    if (fd < 0)
        return -errno;
    code = ims_host_write_all(fd, bytes, size_bytes);
    if (close(fd) < 0 && code == 0)
        code = -errno;
    return code;
}

int ims_file_replace(const char *path, const char *text)
{
    size_t length = strlen(text);
    int code;

    if (!path || strcmp(path, "-") == 0)
        code = ims_print_bytes(text, length);
    else if (is_special(path))
        code = write_special(path, text, length);
    else
        code = replace_file(path, text, length);
    if (code < 0 && code != -EPIPE)
        ims_print_error("%s: %s", path ? path : "standard output", strerror(-code));
    return code < 0 ? IMS_EXIT_ERROR : IMS_EXIT_OK;
}
