/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY_BYTES 64u

void ims_text_done(struct ims_text *text)
{
    if (text == NULL)
        return;
    free(text->data);
    *text = (struct ims_text){0};
}

/* Makes room for more bytes and the closing zero; remembers a failure. */
static bool text_reserve(struct ims_text *text, size_t more)
{
    size_t needed;

    if (text->failed)
        return false;
    if (__builtin_add_overflow(text->length, more, &needed) || needed == SIZE_MAX) {
        text->failed = true;
        return false;
    }
    needed++;
    if (needed <= text->capacity)
        return true;

    size_t capacity = text->capacity == 0 ? FIRST_CAPACITY_BYTES : text->capacity;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    char *data = realloc(text->data, capacity);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void ims_text_append_bytes(struct ims_text *text, const char *bytes, size_t length)
{
    if (!text_reserve(text, length))
        return;
    if (length > 0)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void ims_text_append(struct ims_text *text, const char *string)
{
    ims_text_append_bytes(text, string, strlen(string));
}

void ims_text_appendf(struct ims_text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        text->failed = true;
        return;
    }
    if (!text_reserve(text, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

void ims_text_clear(struct ims_text *text)
{
    text->length = 0;
    text->failed = false;
    if (text->data != NULL)
        text->data[0] = '\0';
}

const char *ims_text_get(const struct ims_text *text)
{
    if (text->failed)
        return NULL;
    return text->data == NULL ? "" : text->data;
}

char *ims_text_take(struct ims_text *text)
{
    char *taken = NULL;

    /* An empty text still gives a heap string, so that NULL means failure only. */
    if (text_reserve(text, 0)) {
        taken = text->data;
        taken[text->length] = '\0';
        text->data = NULL;
    }
    ims_text_done(text);
    return taken;
}

char *ims_text_vprint(char *buffer, size_t size_bytes, const char *format, va_list arguments)
{
    vsnprintf(buffer, size_bytes, format, arguments);
    return buffer;
}

char *ims_text_print(char *buffer, size_t size_bytes, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    ims_text_vprint(buffer, size_bytes, format, arguments);
    va_end(arguments);
    return buffer;
}
