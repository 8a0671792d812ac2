/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_GRID_H
#define IMS_OUTPUT_GRID_H

/*
 * A table, or a tree in a table, drawn by libsmartcols. What does not fit the width is taken from
 * the columns that may shrink; a shortened cell ends in an ellipsis.
 */

#include <stdint.h>

#include "base/text.h"
#include "output/style.h"

#define IMS_GRID_COLUMN_MAX 24u

struct ims_grid_column {
    const char *name; /* static */
    bool right;       /* numbers */
    bool tree;
    bool shrink; /* may be cut when the table is too wide */
    bool lines;  /* cells may have several lines; the caller answers for the line ends */
};

struct ims_grid;

/* columns are copied. NULL when memory is short. */
struct ims_grid *ims_grid_new(const struct ims_grid_column *columns, uint32_t count);
void ims_grid_free(struct ims_grid *grid);

/* The number of a new row below parent (NO_ROW: on top); NO_ROW when memory is short. */
#define IMS_GRID_NO_ROW UINT32_MAX
uint32_t ims_grid_row(struct ims_grid *grid, uint32_t parent);

/* Sets a cell; text is copied. colour is a static libsmartcols colour name or NULL. */
void ims_grid_cell(struct ims_grid *grid, uint32_t row, uint32_t column, const char *text,
                   const char *colour, bool unicode);

/* Appends the drawing. Returns -ENOMEM, also when an earlier call ran out of memory. */
int ims_grid_render(const struct ims_grid *grid, const struct ims_style *style,
                    struct ims_text *out);

#endif
