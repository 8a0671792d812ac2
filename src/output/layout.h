/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_LAYOUT_H
#define IMS_OUTPUT_LAYOUT_H

/* What the text layouts share: reading a document, and the words for its values. */

#include <jansson.h>

#include "base/text.h"
#include "iommuscope/base.h"
#include "output/style.h"

/* The text of object[key], "" when it is null or missing. */
const char *ims_layout_string(const json_t *object, const char *key);

/* The number of object[key], or otherwise. */
json_int_t ims_layout_integer(const json_t *object, const char *key, json_int_t otherwise);

bool ims_layout_true(const json_t *object, const char *key);
bool ims_layout_null(const json_t *object, const char *key);

/* "yes", "no", "unknown". */
const char *ims_layout_tristate(const json_t *object, const char *key);

/* An address as the style wants it: without the segment when every segment is 0, unless -D. */
const char *ims_layout_address(const json_t *document, const struct ims_style *style,
                               const char *address);

/* Appends text made safe for a terminal. */
void ims_layout_append(struct ims_text *out, const struct ims_style *style, const char *text);

/* Appends text made safe, wrapped to the width of the style (at most 100) behind indent blanks. */
void ims_layout_paragraph(struct ims_text *out, const struct ims_style *style, const char *text,
                          size_t indent);

/* The same with the text of line, which is released. */
void ims_layout_line(struct ims_text *out, const struct ims_style *style, struct ims_text *line,
                     size_t indent);

/*
 * The group of a function in a word: the kernel's number; "~N" where the input has kernel numbers
 * but none for this function; N where it has none at all; "-" for a function without group.
 */
void ims_layout_group(struct ims_text *out, const json_t *document, const json_t *device);

/* "NVIDIA Corporation GA102", "10de:2204", or both, as -n says. */
void ims_layout_device(struct ims_text *out, const struct ims_style *style, const json_t *device);

/* The same with the vendor's everyday name: "NVIDIA GA102", "AMD Milan Data Fabric". */
void ims_layout_device_short(struct ims_text *out, const struct ims_style *style,
                             const json_t *device);

/* "VGA compatible controller", "0300", or both. */
void ims_layout_class(struct ims_text *out, const struct ims_style *style, const json_t *device);

/* "SV+ RR+ CR- UF?": on, off, absent (.), unknown; or "no ACS", "ACS unknown"; "" for no port. */
void ims_layout_acs(struct ims_text *out, const json_t *device);

#endif
