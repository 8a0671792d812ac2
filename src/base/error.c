/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * Makes quoted input harmless for a terminal and a log: one line, no control bytes, and no
 * half of a UTF-8 character where the buffer ended.
 */
static void tidy(char *text, bool cut)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x20 || byte == 0x7f)
            text[i] = '?';
    }
    if (!cut)
        return;
    size_t start = length;
    while (start > 0 && length - start < 3 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0 || (unsigned char)text[start - 1] < 0xc0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t wanted = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (length - start < wanted)
        text[start - 1] = '\0';
}

static void error_fill(struct ims_error *error, int code, const char *path, unsigned line,
                       unsigned column, const char *format, va_list arguments)
    __attribute__((format(printf, 6, 0)));

static void error_fill(struct ims_error *error, int code, const char *path, unsigned line,
                       unsigned column, const char *format, va_list arguments)
{
    /* The arguments may point into the error that is being replaced: build aside, then copy. */
    struct ims_error fresh = {
        .code = code < 0 ? -code : code,
        .line = line,
        .column = column,
    };

    int length = vsnprintf(fresh.message, sizeof(fresh.message), format, arguments);
    tidy(fresh.message, length >= (int)sizeof(fresh.message));
    if (path != NULL) {
        size_t path_length = strnlen(path, sizeof(fresh.path));
        bool cut = path_length == sizeof(fresh.path);
        memcpy(fresh.path, path, cut ? path_length - 1 : path_length);
        tidy(fresh.path, cut);
    }
    *error = fresh;
}

int ims_error_set(struct ims_error *reterr, int code, const char *format, ...)
{
    va_list arguments;

    if (reterr != NULL) {
        va_start(arguments, format);
        error_fill(reterr, code, NULL, 0, 0, format, arguments);
        va_end(arguments);
    }
    return code;
}

int ims_error_set_at(struct ims_error *reterr, int code, const char *path, unsigned line,
                     unsigned column, const char *format, ...)
{
    va_list arguments;

    if (reterr != NULL) {
        va_start(arguments, format);
        error_fill(reterr, code, path, line, column, format, arguments);
        va_end(arguments);
    }
    return code;
}

void ims_error_set_address(struct ims_error *reterr, struct ims_address address)
{
    if (reterr == NULL)
        return;
    reterr->has_address = true;
    reterr->address = address;
}

struct cursor {
    char *buffer;
    size_t size_bytes;
    size_t used_bytes; /* without the closing zero, never more than size_bytes - 1 */
};

static void put(struct cursor *cursor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct cursor *cursor, const char *format, ...)
{
    size_t room = cursor->size_bytes - cursor->used_bytes;
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(cursor->buffer + cursor->used_bytes, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        cursor->used_bytes += (size_t)length < room ? (size_t)length : room - 1;
}

char *ims_error_format(const struct ims_error *error, char *buffer, size_t size_bytes)
{
    struct cursor cursor = {.buffer = buffer, .size_bytes = size_bytes};
    char address[IMS_ADDRESS_STRING_SIZE];

    if (size_bytes == 0)
        return buffer;
    buffer[0] = '\0';
    if (error->path[0] != '\0')
        put(&cursor, "%s:", error->path);
    if (error->line > 0)
        put(&cursor, "%u:", error->line);
    if (error->line > 0 && error->column > 0)
        put(&cursor, "%u:", error->column);
    if (cursor.used_bytes > 0)
        put(&cursor, " ");
    if (error->has_address)
        put(&cursor, "%s: ", ims_address_format(error->address, address));
    put(&cursor, "%s", error->message);
    return buffer;
}
