/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_FABRIC_TEXT_H
#define IMS_OUTPUT_FABRIC_TEXT_H

/* What the texts about the fabric share. */

#include "output/layout.h"

/* "03:00.0 (Intel I350 Gigabit Network Connection)". */
void ims_layout_name(struct ims_text *out, const json_t *document, const struct ims_style *style,
                     const json_t *function);

/* The hops of a way, numbered, each with the registers that it read. */
void ims_layout_hops(struct ims_text *out, const json_t *document, const struct ims_style *style,
                     const json_t *hops);

#endif
