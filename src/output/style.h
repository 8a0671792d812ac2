/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_STYLE_H
#define IMS_OUTPUT_STYLE_H

#include <stdbool.h>
#include <stddef.h>

/* How a document is shown to a person. Decided once by the command line; renderers only read it. */
struct ims_style {
    size_t width; /* columns, 0 = as wide as it needs */
    bool colour;
    bool unicode; /* the reader's encoding is UTF-8 and --ascii was not given */
    bool headings;
    bool full_address; /* always with the segment (-D) */
    unsigned numeric;  /* 0 names, 1 numbers (-n), 2 both (-nn) */
    unsigned verbose;
    bool modules;        /* kernel modules beside the driver (-k) */
    const char *columns; /* "COL,..." from --output, or NULL */
};

#endif
