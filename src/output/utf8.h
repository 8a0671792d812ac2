/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_UTF8_H
#define IMS_OUTPUT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ims_text;

/* The bytes of the character at text, 0 when it is not valid UTF-8 or the end of the string. */
size_t ims_utf8_next(const char *text, uint32_t *ret_character);

/* Columns that text takes on a terminal. */
size_t ims_utf8_width(const char *text);

/*
 * Appends text so that it can be shown anywhere: control and direction characters, which could
 * rewrite a terminal, as \xNN or \uNNNN; without unicode every other foreign character as '?'.
 */
void ims_utf8_append_safe(struct ims_text *out, const char *text, bool unicode);

/* Appends text, which is safe, cut to width columns; what is cut ends in an ellipsis. */
void ims_utf8_append_cut(struct ims_text *out, const char *text, size_t width, bool unicode);

/* Appends text, which is safe, in lines of at most width columns, each after indent blanks. */
void ims_utf8_append_wrapped(struct ims_text *out, const char *text, size_t width, size_t indent);

#endif
