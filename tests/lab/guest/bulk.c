/* SPDX-License-Identifier: MIT */
/*
 * Many topologies in one boot: text lines go into a device, result lines come out of it. A read
 * returns nothing when no result is pending.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

/* A frame of this size is sent while the rest is still being worked on. */
#define FRAME_BYTES 32768u

static int drain(int fd, struct buffer *results)
{
    char bytes[8192];
    for (;;) {
        ssize_t count = read(fd, bytes, sizeof(bytes));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? -errno : 0;
        buffer_append(results, bytes, (size_t)count);
        if (results->length >= FRAME_BYTES) {
            frame_send("bulk", results->data, results->length);
            results->length = 0;
        }
    }
}

/* One line, one write; a line that the device refuses is said in the results. */
static int feed(int fd, const char *line, size_t length, unsigned number, struct buffer *results)
{
    ssize_t written = write(fd, line, length);
    if (written < 0)
        buffer_print(results, "! line %u: %s\n", number, strerror(errno));
    else if ((size_t)written != length)
        buffer_print(results, "! line %u: taken in part\n", number);
    return drain(fd, results);
}

int bulk_run(const char *lines_path, const char *device_path)
{
    struct buffer results = {0};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    unsigned number = 0;
    int r = 0;
    FILE *stream = fopen(lines_path, "re");
    int fd = open(device_path, O_RDWR | O_CLOEXEC);
    if (!stream || fd < 0)
        r = -errno;
    while (r == 0 && (length = getline(&line, &capacity, stream)) > 0)
        r = feed(fd, line, (size_t)length, ++number, &results);
    frame_send("bulk", results.data ? results.data : "", results.length);
    if (stream)
        fclose(stream);
    if (fd >= 0)
        close(fd);
    free(line);
    free(results.data);
    return r;
}
