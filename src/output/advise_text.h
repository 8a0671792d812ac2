/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_ADVISE_TEXT_H
#define IMS_OUTPUT_ADVISE_TEXT_H

/* What the files of the layout of advise share. */

#include <string.h>

#include "output/layout.h"

/* Of the functions of a party and of moves this many are named unless -v. */
#define IMS_ADVISE_NAMED_MAX 8u

/* Whether the text of object[key] is value. */
static inline bool ims_advise_is(const json_t *object, const char *key, const char *value)
{
    return strcmp(ims_layout_string(object, key), value) == 0;
}

/* "03:00.0 (Intel 82576)". */
void ims_advise_function(struct ims_text *out, const json_t *document,
                         const struct ims_style *style, const json_t *function);

/* advise_obstacles.c: a paragraph each, none where there is nothing to tell. */
void ims_advise_obstacles(struct ims_text *out, const json_t *document,
                          const struct ims_style *style);
void ims_advise_moves(struct ims_text *out, const json_t *document, const struct ims_style *style);

#endif
