/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "source/load_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* More than any magic number, and than the blank lines that a paste begins with. */
#define PEEK_BYTES 65536u
#define TAR_MAGIC_OFFSET 257u

/* Standard input cannot be rewound: what was looked at is kept and given out first. */
struct peeked {
    int fd;
    size_t begin;
    size_t end;
    char data[PEEK_BYTES];
};

static ssize_t read_again(int fd, void *buffer, size_t size_bytes)
{
    ssize_t got;

    do {
        got = read(fd, buffer, size_bytes);
    } while (got < 0 && errno == EINTR);
    return got;
}

static ssize_t peeked_read(void *cookie, char *buffer, size_t size_bytes)
{
    struct peeked *peeked = cookie;
    size_t length = peeked->end - peeked->begin;

    if (length == 0)
        return read_again(peeked->fd, buffer, size_bytes);
    if (length > size_bytes)
        length = size_bytes;
    memcpy(buffer, peeked->data + peeked->begin, length);
    peeked->begin += length;
    return (ssize_t)length;
}

static int peeked_close(void *cookie)
{
    struct peeked *peeked = cookie;

    close(peeked->fd);
    free(peeked);
    return 0;
}

/* The first byte that is neither a byte order mark nor blank; peeked->end when there is none. */
static size_t first_byte(const struct peeked *peeked)
{
    size_t at = peeked->end >= 3 && memcmp(peeked->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < peeked->end && memchr(" \t\r\n\v\f", peeked->data[at], 6))
        at++;
    return at;
}

/* Reads until a byte stands there that decides, and until no magic number can be cut. */
static int fill(struct peeked *peeked)
{
    while (peeked->end < PEEK_BYTES && (peeked->end < 512 || first_byte(peeked) == peeked->end)) {
        const ssize_t got =
            read_again(peeked->fd, peeked->data + peeked->end, PEEK_BYTES - peeked->end);
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        peeked->end += (size_t)got;
    }
    return 0;
}

static bool starts_with(const struct peeked *peeked, size_t offset, const char *magic,
                        size_t length)
{
    return peeked->end >= offset + length && memcmp(peeked->data + offset, magic, length) == 0;
}

/* What no reader understands, and what to do with it; NULL when it may be text. */
static const char *foreign(const struct peeked *peeked)
{
    if (starts_with(peeked, 0, "\x1f\x8b", 2))
        return "this is gzip data: unpack it first (zcat FILE | iommuscope --input -)";
    if (starts_with(peeked, 0,
                    "\xfd"
                    "7zXZ\0",
                    6))
        return "this is xz data: unpack it first (xzcat FILE | iommuscope --input -)";
    if (starts_with(peeked, 0, "\x28\xb5\x2f\xfd", 4))
        return "this is zstd data: unpack it first (zstdcat FILE | iommuscope --input -)";
    if (starts_with(peeked, 0, "BZh", 3))
        return "this is bzip2 data: unpack it first (bzcat FILE | iommuscope --input -)";
    if (starts_with(peeked, 0, "PK\x03\x04", 4))
        return "this is a zip archive: unpack it first";
    if (starts_with(peeked, TAR_MAGIC_OFFSET, "ustar", 5))
        return "this is a tar archive: unpack it and name the directory";
    if (starts_with(peeked, 0, "\xff\xfe", 2) || starts_with(peeked, 0, "\xfe\xff", 2))
        return "this is UTF-16 text: convert it first (iconv -f UTF-16 -t UTF-8)";
    return NULL;
}

int ims_stream_open(int fd, const char *path, FILE **ret, enum ims_stream_kind *ret_kind,
                    struct ims_error *reterr)
{
    const cookie_io_functions_t functions = {.read = peeked_read, .close = peeked_close};
    struct peeked *peeked = malloc(sizeof(*peeked));

    if (!peeked) {
        close(fd);
        return ims_error_set_at(reterr, -ENOMEM, path, 0, 0, "out of memory");
    }
    peeked->fd = fd;
    peeked->begin = 0;
    peeked->end = 0;

    int r = fill(peeked);
    if (r < 0)
        ims_error_set_at(reterr, r, path, 0, 0, "cannot read it: %s", strerror(-r));
    const char *what = r < 0 ? NULL : foreign(peeked);
    if (what)
        r = ims_error_set_at(reterr, -EBADMSG, path, 0, 0, "%s", what);
    if (r < 0) {
        peeked_close(peeked);
        return r;
    }
    const size_t first = first_byte(peeked);
    const bool is_snapshot = first < peeked->end && peeked->data[first] == '{';
    FILE *stream = fopencookie(peeked, "r", functions);
    if (!stream) {
        peeked_close(peeked);
        return ims_error_set_at(reterr, -ENOMEM, path, 0, 0, "out of memory");
    }
    *ret = stream;
    *ret_kind = is_snapshot ? IMS_STREAM_SNAPSHOT : IMS_STREAM_TEXT;
    return 0;
}
