/* SPDX-License-Identifier: MIT */
/* Who reaches whom: a matrix of the functions named, else a list of ways; then hazard ranges. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/fabric_text.h"
#include "output/grid.h"
#include "output/layouts.h"

/* A matrix is for the eye; more functions than this are told pair by pair. */
#define MATRIX_MAX 12u

static const char *address_at(const json_t *document, const struct ims_style *style,
                              const json_t *array, size_t index)
{
    return ims_layout_address(document, style,
                              ims_layout_string(json_array_get(array, index), "address"));
}

/* "from" of a pair is the row, "to" the column: the pairs are in that order. */
static void fill_matrix(struct ims_grid *grid, const json_t *document,
                        const struct ims_style *style)
{
    const json_t *functions = json_object_get(document, "functions");
    const json_t *pair;
    size_t count = json_array_size(functions);
    size_t index;

    for (size_t row = 0; row < count; row++) {
        const char *name = ims_layout_string(json_array_get(functions, row), "address");
        uint32_t line = ims_grid_row(grid, IMS_GRID_NO_ROW);

        ims_grid_cell(grid, line, 0, address_at(document, style, functions, row), NULL,
                      style->unicode);
        for (size_t column = 0; column < count; column++)
            ims_grid_cell(grid, line, (uint32_t)column + 1, "-", NULL, style->unicode);
        json_array_foreach(json_object_get(document, "pairs"), index, pair)
        {
            if (strcmp(ims_layout_string(pair, "from"), name) != 0)
                continue;
            for (size_t column = 0; column < count; column++)
                if (strcmp(ims_layout_string(pair, "to"),
                           ims_layout_string(json_array_get(functions, column), "address")) == 0)
                    ims_grid_cell(grid, line, (uint32_t)column + 1,
                                  ims_layout_string(pair, "reach"), NULL, style->unicode);
        }
    }
}

static int append_matrix(struct ims_text *out, const json_t *document,
                         const struct ims_style *style)
{
    struct ims_grid_column columns[MATRIX_MAX + 1] = {{.name = "FROM\\TO"}};
    const json_t *functions = json_object_get(document, "functions");
    size_t count = json_array_size(functions);
    struct ims_grid *grid;
    int code;

    for (size_t i = 0; i < count; i++)
        columns[i + 1].name = address_at(document, style, functions, i);
    grid = ims_grid_new(columns, (uint32_t)count + 1);
    if (!grid)
        return -ENOMEM;
    fill_matrix(grid, document, style);
    code = ims_grid_render(grid, style, out);
    ims_grid_free(grid);
    return code;
}

static int append_pairs(struct ims_text *out, const json_t *document, const struct ims_style *style,
                        const char *key)
{
    static const struct ims_grid_column columns[] = {
        {.name = "FROM"},    {.name = "TO"}, {.name = "REACH"}, {.name = "BAR", .right = true},
        {.name = "ADDRESS"},
    };
    struct ims_grid *grid = ims_grid_new(columns, 5);
    const json_t *item;
    size_t index;
    int code;

    if (!grid)
        return -ENOMEM;
    json_array_foreach(json_object_get(document, key), index, item)
    {
        uint32_t row = ims_grid_row(grid, IMS_GRID_NO_ROW);
        const json_t *request = json_object_get(item, "request");
        const char *reach = ims_layout_string(item, "reach");
        struct ims_text words = {0};
        char bar[24] = "-";

        if (!*reach)
            ims_text_appendf(&words, "%s %s", ims_layout_string(item, "certainty"),
                             ims_layout_string(item, "kind"));
        if (!ims_layout_null(item, "bar"))
            bar[0] = (char)('0' + ims_layout_integer(item, "bar", 0) % 10);
        ims_grid_cell(grid, row, 0,
                      ims_layout_address(document, style, ims_layout_string(item, "from")), NULL,
                      style->unicode);
        ims_grid_cell(grid, row, 1,
                      ims_layout_address(document, style, ims_layout_string(item, "to")), NULL,
                      style->unicode);
        ims_grid_cell(grid, row, 2, *reach ? reach : ims_text_get(&words), NULL, style->unicode);
        ims_grid_cell(grid, row, 3, bar, NULL, style->unicode);
        ims_grid_cell(grid, row, 4,
                      json_is_object(request) ? ims_layout_string(request, "address")
                                              : ims_layout_string(item, "address"),
                      NULL, style->unicode);
        ims_text_done(&words);
    }
    code = ims_grid_render(grid, style, out);
    ims_grid_free(grid);
    return code;
}

static void append_ranges(struct ims_text *out, const json_t *document,
                          const struct ims_style *style, const json_t *ranges)
{
    const json_t *range;
    size_t index;

    json_array_foreach(ranges, index, range)
    {
        ims_text_appendf(out, "    %s-%s  %s", ims_layout_string(range, "first"),
                         ims_layout_string(range, "last"), ims_layout_string(range, "kind"));
        if (!ims_layout_null(range, "target")) {
            ims_text_appendf(
                out, " %s",
                ims_layout_address(document, style, ims_layout_string(range, "target")));
            if (!ims_layout_null(range, "bar"))
                ims_text_appendf(out, " BAR %lld", (long long)ims_layout_integer(range, "bar", 0));
        }
        ims_text_append(out, "\n");
    }
}

static void append_hazards(struct ims_text *out, const json_t *document,
                           const struct ims_style *style, const json_t *hazard)
{
    const char *name = ims_layout_address(document, style, ims_layout_string(hazard, "function"));
    const json_t *overlaps = json_object_get(hazard, "overlaps");

    if (json_array_size(json_object_get(hazard, "ranges")) == 0)
        ims_text_appendf(out, "%s: every address arrives at the IOMMU.\n", name);
    else
        ims_text_appendf(out, "%s: addresses that do not certainly arrive at the IOMMU:\n", name);
    append_ranges(out, document, style, json_object_get(hazard, "ranges"));
    if (!json_is_array(overlaps))
        return;
    if (json_array_size(overlaps) == 0) {
        ims_text_append(out, "  No guest memory is there.\n");
        return;
    }
    ims_text_append(out, "  WARNING: guest memory is there; DMA of the guest to these addresses "
                         "misses it, or "
                         "may miss it:\n");
    append_ranges(out, document, style, overlaps);
}

int ims_layout_reach(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr)
{
    size_t count = json_array_size(json_object_get(document, "functions"));
    const json_t *hazard;
    size_t index;
    int code = 0;

    (void)reterr;
    if (count > 1 && count <= MATRIX_MAX)
        code = append_matrix(out, document, style);
    else if (count > 1)
        code = append_pairs(out, document, style, "pairs");
    else if (count == 0 && json_array_size(json_object_get(document, "ways")) == 0)
        ims_text_append(out, "No function reaches another one without the IOMMU.\n");
    else if (count == 0)
        code = append_pairs(out, document, style, "ways");
    json_array_foreach(json_object_get(document, "hazards"), index, hazard)
    {
        if (out->length > 0)
            ims_text_append(out, "\n");
        append_hazards(out, document, style, hazard);
    }
    return code < 0 || !out->failed ? code : -ENOMEM;
}
