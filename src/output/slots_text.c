/* SPDX-License-Identifier: MIT */
/* Advice on slots as text: a table of free slots with the reason for each. */
#include <errno.h>
#include <string.h>

#include "output/grid.h"
#include "output/layout.h"
#include "output/layouts.h"

static void append_link(struct ims_text *out, const json_t *slot)
{
    static const char *const rates[] = {"?", "2.5", "5", "8", "16", "32", "64"};
    const json_int_t speed = ims_layout_integer(slot, "speed", 0);

    if (ims_layout_null(slot, "width"))
        ims_text_append(out, "?");
    else
        ims_text_appendf(out, "x%lld", (long long)ims_layout_integer(slot, "width", 0));
    if (speed > 0 && speed < 7)
        ims_text_appendf(out, " %s GT/s", rates[speed]);
}

static void append_company(struct ims_text *out, const json_t *document,
                           const struct ims_style *style, const json_t *companions)
{
    const size_t count = json_array_size(companions);

    ims_text_appendf(
        out, "%s",
        ims_layout_address(document, style,
                           ims_layout_string(json_array_get(companions, 0), "address")));
    if (count > 1)
        ims_text_appendf(out, " and %zu more", count - 1);
}

/* Why a slot is taken, or is not. */
static void append_reason(struct ims_text *out, const json_t *document,
                          const struct ims_style *style, const json_t *slot)
{
    const json_t *companions = json_object_get(slot, "companions");
    const bool chosen = ims_layout_true(slot, "chosen");

    if (!ims_layout_true(slot, "fits")) {
        ims_text_append(out, "no card can be put there: bus numbers do not suffice");
        return;
    }
    if (!ims_layout_null(slot, "rival"))
        ims_text_appendf(out, "not kept apart from the card at %s",
                         ims_layout_address(document, style, ims_layout_string(slot, "rival")));
    if (json_array_size(companions) > 0) {
        ims_text_append(out,
                        ims_layout_null(slot, "rival") ? "not kept apart from " : ", nor from ");
        append_company(out, document, style, companions);
    }
    if (!ims_layout_null(slot, "rival") || json_array_size(companions) > 0)
        return;
    ims_text_append(out, chosen
                             ? "a card is alone there: nothing reaches it, and its group is its own"
                             : "as good, but not needed, or slower");
}

static void append_head(struct ims_text *out, const json_t *document, const struct ims_style *style)
{
    const long long wanted = (long long)ims_layout_integer(document, "wanted", 0);
    const long long chosen = (long long)ims_layout_integer(document, "chosen", 0);
    const long long units = (long long)ims_layout_integer(document, "units", 0);
    struct ims_text line = {0};

    if (chosen == 0)
        ims_text_append(&line, "There is no free slot");
    else if (chosen < wanted)
        ims_text_appendf(&line, "Only %lld slot%s free", chosen, chosen == 1 ? " is" : "s are");
    else
        ims_text_appendf(&line, "%lld card%s", wanted, wanted == 1 ? "" : "s");
    if (chosen > 0)
        ims_text_appendf(&line, ": %lld part%s that %s kept apart", units, units == 1 ? "" : "s",
                         units == 1 ? "is" : "are");
    ims_text_appendf(
        &line, "%s. Root complex: %s (%s).",
        ims_layout_true(document, "exact") ? "" : "; there are too many slots to try every choice",
        ims_layout_string(document, "rc"), ims_layout_string(document, "rc_reason"));
    ims_layout_line(out, style, &line, 0);
}

int ims_layout_slots(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr)
{
    static const struct ims_grid_column columns[] = {
        {.name = "USE"},  {.name = "PORT"}, {.name = "SLOT"},
        {.name = "LINK"}, {.name = "PART"}, {.name = "WHY", .shrink = true}};
    struct ims_grid *grid = ims_grid_new(columns, 6);
    const json_t *slot;
    size_t index;

    (void)reterr;
    if (!grid)
        return -ENOMEM;
    append_head(out, document, style);
    json_array_foreach(json_object_get(document, "slots"), index, slot)
    {
        const uint32_t row = ims_grid_row(grid, IMS_GRID_NO_ROW);
        const json_t *port = json_object_get(slot, "port");
        struct ims_text link = {0};
        struct ims_text part = {0};
        struct ims_text why = {0};

        append_link(&link, slot);
        append_reason(&why, document, style, slot);
        if (ims_layout_null(slot, "unit"))
            ims_text_append(&part, "-");
        else
            ims_text_appendf(&part, "%lld", (long long)ims_layout_integer(slot, "unit", 0) + 1);
        ims_grid_cell(grid, row, 0, ims_layout_true(slot, "chosen") ? "yes" : "no", NULL,
                      style->unicode);
        ims_grid_cell(grid, row, 1,
                      ims_layout_address(document, style, ims_layout_string(port, "address")), NULL,
                      style->unicode);
        ims_grid_cell(grid, row, 2, ims_layout_tristate(slot, "slot"), NULL, style->unicode);
        ims_grid_cell(grid, row, 3, ims_text_get(&link) ? ims_text_get(&link) : "", NULL,
                      style->unicode);
        ims_grid_cell(grid, row, 4, ims_text_get(&part) ? ims_text_get(&part) : "", NULL,
                      style->unicode);
        ims_grid_cell(grid, row, 5, ims_text_get(&why) ? ims_text_get(&why) : "", NULL,
                      style->unicode);
        out->failed |= link.failed || part.failed || why.failed;
        ims_text_done(&link);
        ims_text_done(&part);
        ims_text_done(&why);
    }
    const int code =
        json_array_size(json_object_get(document, "slots")) ? ims_grid_render(grid, style, out) : 0;
    ims_grid_free(grid);
    return code < 0 || !out->failed ? code : -ENOMEM;
}
