/* SPDX-License-Identifier: MIT */
/* The groups as a table: a function per row, in the order of the group numbers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/columns.h"
#include "output/layouts.h"

struct table_row {
    uint64_t key;
    size_t position; /* in the document */
    const json_t *device;
};

/* The kernel's numbers first, then computed ones, then functions without a group. */
static uint64_t row_key(const json_t *device)
{
    json_int_t kernel = ims_layout_integer(device, "kernel_group", -1);
    json_int_t computed = ims_layout_integer(device, "group", -1);

    if (kernel >= 0)
        return (uint64_t)kernel;
    return computed >= 0 ? (uint64_t)1 << 32 | (uint64_t)computed : (uint64_t)1 << 33;
}

static int compare_rows(const void *a, const void *b)
{
    const struct table_row *left = a;
    const struct table_row *right = b;

    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return left->position < right->position ? -1 : left->position > right->position;
}

/* *ret is heap memory. */
static int collect_rows(const json_t *document, struct table_row **ret, size_t *ret_count)
{
    const json_t *group;
    const json_t *device;
    struct table_row *rows;
    size_t index;
    size_t inner;
    size_t count = 0;

    json_array_foreach(json_object_get(document, "groups"), index, group)
    {
        count += json_array_size(json_object_get(group, "devices"));
    }
    rows = calloc(count ? count : 1, sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    count = 0;
    json_array_foreach(json_object_get(document, "groups"), index, group)
    {
        json_array_foreach(json_object_get(group, "devices"), inner, device)
        {
            rows[count] = (struct table_row){row_key(device), count, device};
            count++;
        }
    }
    qsort(rows, count, sizeof(*rows), compare_rows);
    *ret = rows;
    *ret_count = count;
    return 0;
}

/* Columns that would be empty or repeat another one are left out. */
static void default_columns(const json_t *document, const struct ims_style *style,
                            const struct table_row *rows, size_t count, struct ims_text *ret)
{
    const char *match = ims_layout_string(json_object_get(document, "comparison"), "match");
    bool noted = false;

    for (size_t i = 0; i < count && !noted; i++) {
        struct ims_text note = {0};

        ims_columns_text(&note, "NOTE", document, style, rows[i].device);
        noted = note.length > 0;
        ims_text_done(&note);
    }
    ims_text_append(ret, "GROUP,");
    if (strcmp(match, "different") == 0 || style->verbose > 0 ||
        (ims_layout_true(document, "kernel_groups_known") &&
         strcmp(ims_layout_string(document, "ruleset"), "fabric") == 0))
        ims_text_append(ret, "COMPUTED,");
    ims_text_append(ret, "ADDRESS,CLASS,DEVICE,");
    if (ims_layout_true(document, "drivers_known"))
        ims_text_append(ret, "DRIVER,");
    if (style->modules)
        ims_text_append(ret, "MODULES,");
    if (style->verbose > 0)
        ims_text_append(ret, "TYPE,ACS,REASONS");
    else
        ims_text_append(ret, "WHY");
    if (noted)
        ims_text_append(ret, ",NOTE");
}

int ims_layout_groups(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr)
{
    struct ims_text defaults = {0};
    struct ims_column_choice choice;
    struct table_row *rows = NULL;
    struct ims_grid *grid = NULL;
    size_t count = 0;
    int code = collect_rows(document, &rows, &count);

    if (code < 0)
        return code;
    default_columns(document, style, rows, count, &defaults);
    code = defaults.failed
               ? -ENOMEM
               : ims_columns_choose(ims_text_get(&defaults), style->columns, &choice, reterr);
    ims_text_done(&defaults);
    if (code == 0) {
        grid = ims_columns_grid(&choice, false);
        code = grid ? 0 : -ENOMEM;
    }
    for (size_t i = 0; i < count && code == 0; i++)
        ims_columns_fill(&choice, grid, ims_grid_row(grid, IMS_GRID_NO_ROW), document, style,
                         rows[i].device);
    if (code == 0 && count > 0)
        code = ims_grid_render(grid, style, out);
    ims_grid_free(grid);
    free(rows);
    return code;
}
