/* SPDX-License-Identifier: MIT */
#ifndef IMS_BASE_TEXT_H
#define IMS_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* A growing string. Zero-initialise. A failed allocation is remembered, later appends do nothing. */
struct ims_text {
    char *data; /* NULL or closed with a zero */
    size_t length;
    size_t capacity;
    bool failed;
};

void ims_text_done(struct ims_text *text);
void ims_text_append(struct ims_text *text, const char *string);
void ims_text_append_bytes(struct ims_text *text, const char *bytes, size_t length);
void ims_text_appendf(struct ims_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void ims_text_clear(struct ims_text *text);

/* Formats into a buffer of fixed size, cut to what fits; returns buffer. */
char *ims_text_print(char *buffer, size_t size_bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
char *ims_text_vprint(char *buffer, size_t size_bytes, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* The string, "" when empty; NULL after a failed allocation. Owned by text. */
const char *ims_text_get(const struct ims_text *text);

/* Moves the heap string to the caller (free()); NULL when an allocation failed. Text is empty then. */
char *ims_text_take(struct ims_text *text);

#endif
