/* SPDX-License-Identifier: MIT */
/* A plan that gives functions to owners as text: the verdict, who gets what, and each offence. */
#include <errno.h>
#include <string.h>

#include "output/fabric_text.h"
#include "output/grid.h"
#include "output/layouts.h"

/* So many offences, and functions of one, are told unless -v. */
#define TOLD_MAX 8u
#define NAMED_MAX 6u

static size_t count_of(const json_t *offences, const char *breaks)
{
    const json_t *offence;
    size_t index;
    size_t count = 0;

    json_array_foreach(offences, index, offence)
    {
        count += strcmp(ims_layout_tristate(offence, "breaks"), breaks) == 0;
    }
    return count;
}

static void append_head(struct ims_text *out, const json_t *document, const struct ims_style *style)
{
    const json_t *offences = json_object_get(document, "offences");
    const char *safe = ims_layout_tristate(document, "safe");
    const size_t broken = count_of(offences, "yes");
    const size_t open =
        count_of(offences, "unknown") + json_array_size(json_object_get(document, "unread"));
    struct ims_text line = {0};

    if (strcmp(safe, "yes") == 0)
        ims_text_appendf(&line, "SAFE: no guest %sgets at what another owner has",
                         strcmp(ims_layout_string(document, "certainty"), "must") == 0 ? "surely "
                                                                                       : "");
    else if (strcmp(safe, "no") == 0)
        ims_text_appendf(&line, "NOT SAFE: %zu reason%s", broken, broken == 1 ? "" : "s");
    else
        ims_text_appendf(&line, "OPEN: %zu unknown%s it", open,
                         open == 1 ? " decides" : "s decide");
    ims_text_appendf(&line, ". Root complex: %s (%s).", ims_layout_string(document, "rc"),
                     ims_layout_string(document, "rc_reason"));
    ims_layout_line(out, style, &line, 0);
}

static int append_owners(struct ims_text *out, const json_t *document,
                         const struct ims_style *style)
{
    static const struct ims_grid_column columns[] = {
        {.name = "OWNER"}, {.name = "FUNCTION"}, {.name = "DEVICE", .shrink = true}};
    struct ims_grid *grid = ims_grid_new(columns, 3);
    const json_t *owner;
    const json_t *device;
    size_t index;
    size_t inner;
    size_t rows = 0;

    if (!grid)
        return -ENOMEM;
    json_array_foreach(json_object_get(document, "owners"), index, owner)
    {
        json_array_foreach(json_object_get(owner, "devices"), inner, device)
        {
            const uint32_t row = ims_grid_row(grid, IMS_GRID_NO_ROW);
            struct ims_text name = {0};

            ims_layout_device_short(&name, style, device);
            ims_grid_cell(grid, row, 0, ims_layout_string(owner, "name"), NULL, style->unicode);
            ims_grid_cell(grid, row, 1,
                          ims_layout_address(document, style, ims_layout_string(device, "address")),
                          NULL, style->unicode);
            ims_grid_cell(grid, row, 2, ims_text_get(&name) ? ims_text_get(&name) : "", NULL,
                          style->unicode);
            out->failed |= name.failed;
            ims_text_done(&name);
            rows++;
        }
    }
    const int code = rows ? ims_grid_render(grid, style, out) : 0;
    ims_grid_free(grid);
    ims_text_append(out, rows ? "Everything else stays with the host.\n"
                              : "No guest is given a PCI function.\n");
    return code;
}

static void append_devices(struct ims_text *out, const json_t *document,
                           const struct ims_style *style, const json_t *offence)
{
    const json_t *devices = json_object_get(offence, "devices");
    const size_t count = json_array_size(devices);
    const size_t named = style->verbose > 0 || count <= NAMED_MAX ? count : NAMED_MAX;
    struct ims_text line = {0};

    if (ims_layout_null(offence, "from") && count <= 1)
        return;
    ims_text_append(&line, "Functions: ");
    for (size_t i = 0; i < named; i++) {
        ims_text_append(&line, i > 0 ? ", " : "");
        ims_layout_name(&line, document, style, json_array_get(devices, i));
    }
    if (named < count)
        ims_text_appendf(&line, " and %zu more (-v)", count - named);
    ims_layout_line(out, style, &line, 4);
}

/* Others that get at the same. */
static void append_like(struct ims_text *out, const json_t *document, const struct ims_style *style,
                        const json_t *offence)
{
    const json_t *like = json_object_get(offence, "like");
    const size_t count = json_array_size(like);
    const size_t named = style->verbose > 0 || count <= NAMED_MAX ? count : NAMED_MAX;
    struct ims_text line = {0};

    if (count == 0)
        return;
    ims_text_append(&line, "The same holds for ");
    for (size_t i = 0; i < named; i++)
        ims_text_appendf(
            &line, "%s%s", i > 0 ? ", " : "",
            ims_layout_address(document, style, json_string_value(json_array_get(like, i))));
    if (named < count)
        ims_text_appendf(&line, " and %zu more (-v)", count - named);
    ims_text_append(&line, ".");
    ims_layout_line(out, style, &line, 4);
}

static void append_witness(struct ims_text *out, const json_t *document,
                           const struct ims_style *style, const json_t *offence)
{
    const json_t *request = json_object_get(offence, "request");

    ims_text_appendf(
        out, "    Witness: %s by %s to address %s%s\n", ims_layout_string(request, "kind"),
        ims_layout_address(document, style, ims_layout_string(offence, "from")),
        ims_layout_string(request, "address"),
        strcmp(ims_layout_string(request, "at"), "translated") == 0 ? ", translated" : "");
    if (ims_layout_true(request, "forged"))
        ims_text_appendf(
            out, "    with the forged requester id %s\n",
            ims_layout_address(document, style, ims_layout_string(request, "requester")));
    ims_layout_hops(out, document, style, json_object_get(offence, "witness"));
}

static void append_offence(struct ims_text *out, const json_t *document,
                           const struct ims_style *style, size_t number, const json_t *offence,
                           bool with_witness)
{
    const char *breaks = ims_layout_tristate(offence, "breaks");
    struct ims_text line = {0};

    ims_text_append(out, "\n");
    ims_text_appendf(&line, "%zu. %s (%s): %s. [%s]", number,
                     strcmp(breaks, "yes") == 0       ? "not safe"
                     : strcmp(breaks, "unknown") == 0 ? "open"
                                                      : "note",
                     ims_layout_string(offence, "kind"), ims_layout_string(offence, "text"),
                     ims_layout_string(offence, "rule"));
    ims_layout_line(out, style, &line, 0);
    append_devices(out, document, style, offence);
    append_like(out, document, style, offence);
    if (with_witness && json_is_object(json_object_get(offence, "request")))
        append_witness(out, document, style, offence);
    ims_text_appendf(&line, "Remedy: %s", ims_layout_string(offence, "remedy"));
    ims_layout_line(out, style, &line, 4);
}

static void append_unread(struct ims_text *out, const json_t *document,
                          const struct ims_style *style)
{
    const json_t *item;
    size_t index;

    json_array_foreach(json_object_get(document, "unread"), index, item)
    {
        struct ims_text line = {0};

        if (index == 0)
            ims_text_append(out, "\n");
        ims_text_appendf(&line, "Not judged: guest %s gets %s (%s",
                         ims_layout_string(item, "owner"), ims_layout_string(item, "text"),
                         ims_layout_string(item, "plan"));
        if (!ims_layout_null(item, "line"))
            ims_text_appendf(&line, ":%lld", (long long)ims_layout_integer(item, "line", 0));
        ims_text_append(&line, ").");
        ims_layout_line(out, style, &line, 0);
    }
}

int ims_layout_assign(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr)
{
    const json_t *offences = json_object_get(document, "offences");
    const size_t count = json_array_size(offences);
    const size_t told = style->verbose > 0 || count <= TOLD_MAX ? count : TOLD_MAX;
    bool witnessed = false;
    int code;

    (void)reterr;
    append_head(out, document, style);
    code = append_owners(out, document, style);
    for (size_t i = 0; i < told; i++) {
        const json_t *offence = json_array_get(offences, i);

        /* The first offending path hop by hop; the others with -v. */
        append_offence(out, document, style, i + 1, offence, !witnessed || style->verbose > 0);
        witnessed |= json_is_object(json_object_get(offence, "request"));
    }
    if (told < count)
        ims_text_appendf(out, "\n%zu more are not told; -v tells them all.\n", count - told);
    append_unread(out, document, style);
    if (code < 0)
        return code;
    return out->failed ? -ENOMEM : 0;
}
