/* SPDX-License-Identifier: MIT */
/* The catalogue as tables and pages. */
#include <errno.h>

#include "output/grid.h"
#include "output/layout.h"
#include "output/layouts.h"

int ims_layout_rules(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr)
{
    static const struct ims_grid_column columns[] = {
        {"ID", false, false, false, false},
        {"TOPIC", false, false, false, false},
        {"TITLE", false, false, true, false},
    };
    struct ims_grid *grid = ims_grid_new(columns, 3);
    const json_t *rule;
    size_t index;
    int code;

    (void)reterr;
    if (!grid)
        return -ENOMEM;
    json_array_foreach(json_object_get(document, "rules"), index, rule)
    {
        uint32_t row = ims_grid_row(grid, IMS_GRID_NO_ROW);

        ims_grid_cell(grid, row, 0, ims_layout_string(rule, "id"), NULL, style->unicode);
        ims_grid_cell(grid, row, 1, ims_layout_string(rule, "topic"), NULL, style->unicode);
        ims_grid_cell(grid, row, 2, ims_layout_string(rule, "title"), NULL, style->unicode);
    }
    code = ims_grid_render(grid, style, out);
    ims_grid_free(grid);
    return code;
}

int ims_layout_quirk_table(const json_t *quirks, const struct ims_style *style,
                           struct ims_text *out)
{
    static const struct ims_grid_column columns[] = {
        {"TABLE", false, false, false, false},  {"KIND", false, false, false, false},
        {"VENDOR", false, false, false, false}, {"DEVICE", false, false, false, false},
        {"RULE", false, false, false, false},   {"PRESENT", false, false, false, false},
        {"SINCE", false, false, false, false},  {"STABLE", false, false, true, false},
        {"FAMILY", false, false, true, false},
    };
    struct ims_grid *grid = ims_grid_new(columns, 9);
    const json_t *item;
    size_t index;
    int code;

    if (!grid)
        return -ENOMEM;
    json_array_foreach(quirks, index, item)
    {
        const char *cells[] = {
            ims_layout_string(item, "table"),
            ims_layout_string(item, "kind"),
            ims_layout_string(item, "vendor_id"),
            ims_layout_null(item, "device_id") ? "any" : ims_layout_string(item, "device_id"),
            ims_layout_string(item, "rule"),
            ims_layout_tristate(item, "present"),
            ims_layout_string(item, "window"),
            ims_layout_null(item, "stable") ? "-" : ims_layout_string(item, "stable"),
            ims_layout_string(item, "label"),
        };
        uint32_t row = ims_grid_row(grid, IMS_GRID_NO_ROW);

        for (uint32_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
            ims_grid_cell(grid, row, i, cells[i], NULL, style->unicode);
    }
    code = ims_grid_render(grid, style, out);
    ims_grid_free(grid);
    return code;
}

int ims_layout_quirks(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr)
{
    (void)reterr;
    return ims_layout_quirk_table(json_object_get(document, "quirks"), style, out);
}

int ims_layout_rule(const json_t *document, const struct ims_style *style, struct ims_text *out,
                    struct ims_error *reterr)
{
    const json_t *rule = json_object_get(document, "rule");
    const json_t *quirks = json_object_get(document, "quirks");

    (void)reterr;
    ims_text_appendf(out, "%s (%s)\n", ims_layout_string(rule, "id"),
                     ims_layout_string(rule, "topic"));
    ims_layout_paragraph(out, style, ims_layout_string(rule, "title"), 0);
    ims_text_append(out, "\n");
    ims_layout_paragraph(out, style, ims_layout_string(rule, "text"), 4);
    ims_text_append(out, "\nRemedy\n");
    ims_layout_paragraph(out, style, ims_layout_string(rule, "remedy"), 4);
    ims_text_append(out, "\nReference\n");
    ims_layout_paragraph(out, style, ims_layout_string(rule, "reference"), 4);
    if (json_array_size(quirks) == 0)
        return out->failed ? -ENOMEM : 0;
    ims_text_appendf(out, "\nQuirk rows, present in %s or not\n",
                     ims_layout_string(document, "ruleset"));
    return ims_layout_quirk_table(quirks, style, out);
}
