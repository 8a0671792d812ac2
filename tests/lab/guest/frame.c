/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdarg.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "guest.h"

#if defined(__x86_64__)
#include <sys/io.h>

/*
 * QEMU's debug console: with an emulated AMD IOMMU the interrupts of the serial port get lost, so
 * nothing that goes through a tty is to be trusted.
 */
#define DEBUG_PORT 0xe9

void frame_open(void)
{
    if (iopl(3) < 0)
        perror("iopl");
}

static void emit(const char *bytes, size_t length)
{
    __asm__ volatile("rep outsb" : "+S"(bytes), "+c"(length) : "d"(DEBUG_PORT) : "memory");
}

#else

static int line_fd = -1;

/* The second serial line of QEMU's "virt" machine; the first one is the kernel's console. */
void frame_open(void)
{
    struct termios settings;
    line_fd = open("/dev/ttyAMA1", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (line_fd < 0) {
        perror("/dev/ttyAMA1");
        return;
    }
    if (tcgetattr(line_fd, &settings) == 0) {
        cfmakeraw(&settings);
        tcsetattr(line_fd, TCSANOW, &settings);
    }
}

static void emit(const char *bytes, size_t length)
{
    while (line_fd >= 0 && length > 0) {
        ssize_t written = write(line_fd, bytes, length);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            return;
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
}

#endif

/* FNV-1a: enough to notice a lost or foreign byte. */
static uint32_t checksum(const unsigned char *bytes, size_t length)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ bytes[i]) * 16777619u;
    return sum;
}

void frame_send(const char *name, const void *bytes, size_t length)
{
    char header[128];
    int header_length = snprintf(header, sizeof(header), "\n@lab %s %zu %08x\n", name, length,
                                 (unsigned)checksum(bytes, length));
    emit(header, (size_t)header_length);
    emit(bytes, length);
#if !defined(__x86_64__)
    if (line_fd >= 0)
        tcdrain(line_fd);
#endif
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (buffer->length + length + 1 > buffer->capacity) {
        buffer->capacity = (buffer->length + length + 1) * 2;
        buffer->data = realloc(buffer->data, buffer->capacity);
        if (!buffer->data)
            abort();
    }
    memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void buffer_print(struct buffer *buffer, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length > 0)
        buffer_append(buffer, text,
                      (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
}

int buffer_read_file(struct buffer *buffer, const char *path)
{
    char bytes[65536];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    for (;;) {
        ssize_t count = read(fd, bytes, sizeof(bytes));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            int r = count < 0 ? -errno : 0;
            close(fd);
            return r;
        }
        buffer_append(buffer, bytes, (size_t)count);
    }
}
