/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

int module_load(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = syscall(SYS_finit_module, fd, "", 0) < 0 ? -errno : 0;
    close(fd);
    return r == -EEXIST ? 0 : r;
}
