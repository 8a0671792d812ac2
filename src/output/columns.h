/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_COLUMNS_H
#define IMS_OUTPUT_COLUMNS_H

/* The columns of the tables that have a function per row. */

#include "output/grid.h"
#include "output/layout.h"
#include "output/render.h"

/* The columns to print, as indices into the registry. */
struct ims_column_choice {
    uint32_t columns[IMS_GRID_COLUMN_MAX];
    uint32_t count;
};

/*
 * Reads "COL,COL" or "+COL,COL" (more than defaults), letters in any case. defaults is such a list;
 * wanted may be NULL. Returns -EINVAL with a message that names the column.
 */
int ims_columns_choose(const char *defaults, const char *wanted, struct ims_column_choice *ret,
                       struct ims_error *reterr);

/* A grid with the chosen columns; ADDRESS carries the tree lines when tree is set. */
struct ims_grid *ims_columns_grid(const struct ims_column_choice *choice, bool tree);

/* Fills a row from a function of the document. */
void ims_columns_fill(const struct ims_column_choice *choice, struct ims_grid *grid, uint32_t row,
                      const json_t *document, const struct ims_style *style, const json_t *device);

/* Sets the cell of one column by name, if it is among those chosen. */
void ims_columns_set(const struct ims_column_choice *choice, struct ims_grid *grid, uint32_t row,
                     const char *name, const char *text, const struct ims_style *style);

/* The text of one column of a function. */
void ims_columns_text(struct ims_text *out, const char *name, const json_t *document,
                      const struct ims_style *style, const json_t *device);

extern const struct ims_column_help ims_function_columns[];

#endif
