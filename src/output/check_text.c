/* SPDX-License-Identifier: MIT */
/* The check of groups as text: the answer, the members, what stands in the way. */
#include <errno.h>
#include <string.h>

#include "output/grid.h"
#include "output/layout.h"
#include "output/layouts.h"

static const char *colour_of(const char *verdict)
{
    if (strcmp(verdict, "blocking") == 0)
        return "red";
    return strcmp(verdict, "unknown") == 0 ? "yellow" : NULL;
}

static const char *member_name(const json_t *document, const struct ims_style *style,
                               const json_t *member)
{
    const char *name = ims_layout_string(member, "member");
    const bool is_function = !ims_layout_null(member, "address");

    return is_function ? ims_layout_address(document, style, name) : name;
}

static int append_members(struct ims_text *out, const json_t *document,
                          const struct ims_style *style, const json_t *members)
{
    static const struct ims_grid_column columns[] = {
        {.name = "MEMBER"},
        {.name = "DRIVER"},
        {.name = "VERDICT"},
        {.name = "WHY", .shrink = true},
        {.name = "DEVICE", .shrink = true},
    };
    struct ims_grid *grid = ims_grid_new(columns, sizeof(columns) / sizeof(columns[0]));
    const json_t *member;
    size_t index;

    if (!grid)
        return -ENOMEM;
    json_array_foreach(members, index, member)
    {
        const uint32_t row = ims_grid_row(grid, IMS_GRID_NO_ROW);
        const char *verdict = ims_layout_string(member, "verdict");
        struct ims_text device = {0};

        if (!ims_layout_null(member, "address"))
            ims_layout_device_short(&device, style, member);
        ims_grid_cell(grid, row, 0, member_name(document, style, member), NULL, style->unicode);
        ims_grid_cell(grid, row, 1,
                      !ims_layout_true(member, "driver_known") ? "?"
                      : ims_layout_null(member, "driver")      ? "-"
                                                          : ims_layout_string(member, "driver"),
                      NULL, style->unicode);
        ims_grid_cell(grid, row, 2, verdict, colour_of(verdict), style->unicode);
        ims_grid_cell(grid, row, 3, ims_layout_string(member, "text"), NULL, style->unicode);
        ims_grid_cell(grid, row, 4, ims_text_get(&device) ? ims_text_get(&device) : "", NULL,
                      style->unicode);
        out->failed |= device.failed;
        ims_text_done(&device);
    }
    const int code = ims_grid_render(grid, style, out);
    ims_grid_free(grid);
    return code;
}

static void append_obstacles(struct ims_text *out, const struct ims_style *style,
                             const json_t *obstacles, const char *word, bool with_remedy)
{
    const json_t *obstacle;
    size_t index;

    json_array_foreach(obstacles, index, obstacle)
    {
        struct ims_text line = {0};

        ims_text_appendf(&line, "%s: %s. [%s]", word, ims_layout_string(obstacle, "text"),
                         ims_layout_string(obstacle, "id"));
        ims_layout_line(out, style, &line, 2);
        /* What stands in the way in the same manner has the same remedy: it is said once. */
        const json_t *next = json_array_get(obstacles, index + 1);
        if (!with_remedy ||
            (next && strcmp(ims_layout_string(next, "id"), ims_layout_string(obstacle, "id")) == 0))
            continue;
        struct ims_text remedy = {0};
        ims_text_appendf(&remedy, "What helps: %s", ims_layout_string(obstacle, "remedy"));
        ims_layout_line(out, style, &remedy, 6);
    }
}

/* Members that are reset in the same way are named together. */
static void append_resets(struct ims_text *out, const json_t *document,
                          const struct ims_style *style, const json_t *resets)
{
    const json_t *reset;
    size_t index;

    json_array_foreach(resets, index, reset)
    {
        const json_t *methods = json_object_get(reset, "methods");
        const json_t *beyond = json_object_get(reset, "beyond");
        const json_t *value;
        struct ims_text line = {0};
        size_t i;

        if (json_is_null(methods) && json_array_size(beyond) == 0)
            continue;
        ims_text_appendf(&line, "Reset of %s: ",
                         ims_layout_address(document, style, ims_layout_string(reset, "member")));
        json_array_foreach(methods, i, value)
        {
            ims_text_appendf(&line, "%s%s", i ? ", " : "", json_string_value(value));
        }
        if (json_array_size(methods) == 0)
            ims_text_append(&line, json_is_null(methods) ? "methods not known" : "none");
        if (ims_layout_true(reset, "bus_is_shared"))
            ims_text_append(&line, " (bus does not work: the bus is shared)");
        json_array_foreach(beyond, i, value)
        {
            ims_text_appendf(&line, "%s%s", i ? ", " : "; a hot reset takes along ",
                             ims_layout_address(document, style, json_string_value(value)));
        }
        ims_text_append(&line, ".");
        ims_layout_line(out, style, &line, 2);
    }
}

static void append_probe(struct ims_text *out, const struct ims_style *style, const json_t *probe)
{
    const json_t *range;
    struct ims_text line = {0};
    size_t index;

    if (json_is_null(probe))
        return;
    if (strcmp(ims_layout_string(probe, "step"), "done") == 0)
        ims_text_append(&line, "VFIO takes the group");
    else if (strcmp(ims_layout_string(probe, "step"), "status") == 0 &&
             ims_layout_null(probe, "error"))
        ims_text_append(&line, "VFIO says that the group is not viable");
    else
        ims_text_appendf(&line, "VFIO was asked and ended at \"%s\": %s",
                         ims_layout_string(probe, "step"), ims_layout_string(probe, "error"));
    json_array_foreach(json_object_get(probe, "ranges"), index, range)
    {
        ims_text_appendf(&line, "%s%s-%s", index ? ", " : "; it maps ",
                         ims_layout_string(range, "first"), ims_layout_string(range, "last"));
    }
    ims_text_append(&line, ".");
    ims_layout_line(out, style, &line, 2);
}

static int append_group(struct ims_text *out, const json_t *document, const struct ims_style *style,
                        const json_t *group)
{
    struct ims_text line = {0};
    struct ims_text rest = {0};

    ims_text_append(&line, ims_layout_string(group, "message"));
    ims_layout_line(out, style, &line, 0);
    ims_text_append(out, "\n");
    const int code = append_members(out, document, style, json_object_get(group, "members"));
    if (code < 0)
        return code;
    append_obstacles(&rest, style, json_object_get(group, "blockers"), "Blocks", true);
    append_obstacles(&rest, style, json_object_get(group, "open"), "Not known", true);
    append_obstacles(&rest, style, json_object_get(group, "notes"), "Note", style->verbose > 0);
    append_resets(&rest, document, style, json_object_get(group, "resets"));
    append_probe(&rest, style, json_object_get(group, "probe"));
    if (rest.length > 0)
        ims_text_appendf(out, "\n%s", ims_text_get(&rest) ? ims_text_get(&rest) : "");
    out->failed |= rest.failed;
    ims_text_done(&rest);
    return 0;
}

int ims_layout_check(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr)
{
    const json_t *group;
    size_t index;
    int code = 0;

    (void)reterr;
    json_array_foreach(json_object_get(document, "groups"), index, group)
    {
        if (index > 0)
            ims_text_append(out, "\n");
        code = append_group(out, document, style, group);
        if (code < 0)
            return code;
    }
    return out->failed ? -ENOMEM : 0;
}
