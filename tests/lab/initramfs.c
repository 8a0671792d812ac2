/* SPDX-License-Identifier: MIT */
#include "initramfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONSOLE_MAJOR 5u
#define CONSOLE_MINOR 1u
#define ALIGNMENT 4u

static void pad(struct ims_text *archive)
{
    static const char zeros[ALIGNMENT];
    size_t beyond = archive->length % ALIGNMENT;
    if (beyond > 0)
        ims_text_append_bytes(archive, zeros, ALIGNMENT - beyond);
}

/* Header fields in their order; numbers have eight digits. Owner, time and device are zero. */
static void entry(struct ims_text *archive, const char *path, unsigned mode, size_t length,
                  unsigned device_major, unsigned device_minor)
{
    const unsigned ino = 0, links = 1;
    ims_text_appendf(archive, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", ino,
                     mode, 0u, 0u, links, 0u, length, 0u, 0u, device_major, device_minor,
                     strlen(path) + 1, 0u);
    ims_text_append_bytes(archive, path, strlen(path) + 1);
    pad(archive);
}

void lab_archive_folder(struct ims_text *archive, const char *path)
{
    entry(archive, path, S_IFDIR | 0755, 0, 0, 0);
}

void lab_archive_file(struct ims_text *archive, const char *path, bool executable,
                      const void *bytes, size_t length)
{
    entry(archive, path, S_IFREG | (executable ? 0755 : 0644), length, 0, 0);
    ims_text_append_bytes(archive, bytes, length);
    pad(archive);
}

int lab_archive_copy(struct ims_text *archive, const char *path, bool executable,
                     const char *source)
{
    struct stat status;
    int fd = open(source, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) < 0 || status.st_size == 0) {
        close(fd);
        return -EIO;
    }
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    int r = bytes == MAP_FAILED ? -errno : 0;
    close(fd);
    if (r < 0)
        return r;
    lab_archive_file(archive, path, executable, bytes, (size_t)status.st_size);
    munmap(bytes, (size_t)status.st_size);
    return archive->failed ? -ENOMEM : 0;
}

void lab_archive_console(struct ims_text *archive)
{
    entry(archive, "dev/console", S_IFCHR | 0600, 0, CONSOLE_MAJOR, CONSOLE_MINOR);
}

void lab_archive_end(struct ims_text *archive)
{
    entry(archive, "TRAILER!!!", 0, 0, 0, 0);
}
