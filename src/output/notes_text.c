/* SPDX-License-Identifier: MIT */
/* What is printed beside an answer: a sentence per line. */
#include <errno.h>
#include <string.h>

#include "output/layout.h"
#include "output/render.h"

/* So many gaps of one kind are told one by one; more are summed up unless -v. */
#define GAPS_TOLD 3u

static void append_gap(struct ims_text *out, const struct ims_style *style, const json_t *gap)
{
    json_int_t line = ims_layout_integer(gap, "line", 0);
    const char *path = ims_layout_string(gap, "path");

    ims_layout_append(out, style, path);
    if (line > 0)
        ims_text_appendf(out, "%s%lld", *path ? ":" : "line ", (long long)line);
    if (*path || line > 0)
        ims_text_append(out, ": ");
    if (!ims_layout_null(gap, "address"))
        ims_text_appendf(out, "%s: ", ims_layout_string(gap, "address"));
    ims_layout_append(out, style, ims_layout_string(gap, "text"));
}

static void append_kind(struct ims_text *out, const struct ims_style *style, const json_t *gaps)
{
    const json_t *gap;
    size_t count = json_array_size(gaps);
    size_t index;

    if (style->verbose == 0 && count > GAPS_TOLD) {
        gap = json_array_get(gaps, 0);
        append_gap(out, style, gap);
        ims_text_appendf(out, " (and %zu more gaps of this kind, %s; -v lists them)\n", count - 1,
                         ims_layout_string(gap, "kind"));
        return;
    }
    json_array_foreach(gaps, index, gap)
    {
        append_gap(out, style, gap);
        ims_text_append(out, "\n");
    }
}

static void append_gaps(const json_t *document, const struct ims_style *style, struct ims_text *out)
{
    json_t *kinds = json_object();
    const json_t *gap;
    const char *kind;
    json_t *gaps;
    size_t index;

    json_array_foreach(json_object_get(document, "gaps"), index, gap)
    {
        const char *name = ims_layout_string(gap, "kind");

        if (!json_object_get(kinds, name))
            json_object_set_new(kinds, name, json_array());
        json_array_append_new(json_object_get(kinds, name), json_deep_copy(gap));
    }
    json_object_foreach(kinds, kind, gaps)
    {
        append_kind(out, style, gaps);
    }
    json_decref(kinds);
}

/* Groups that an unknown fact could change; each sentence once. */
static void append_uncertain(const json_t *document, const struct ims_style *style,
                             struct ims_text *out)
{
    json_t *told = json_object();
    const json_t *group;
    const char *first = NULL;
    size_t groups = 0;
    size_t index;

    json_array_foreach(json_object_get(document, "groups"), index, group)
    {
        const char *text = ims_layout_string(json_object_get(group, "uncertain"), "text");

        if (!*text)
            continue;
        groups++;
        first = first ? first : text;
        if (style->verbose == 0 || json_object_get(told, text))
            continue;
        json_object_set_new(told, text, json_true());
        ims_text_append(out, "uncertain: ");
        ims_layout_append(out, style, text);
        ims_text_append(out, "\n");
    }
    if (style->verbose == 0 && groups > 0) {
        ims_text_appendf(out, "%zu group%s not certain: ", groups, groups == 1 ? " is" : "s are");
        ims_layout_append(out, style, first);
        ims_text_append(out, groups == 1 ? "\n" : " (-v lists them all)\n");
    }
    json_decref(told);
}

int ims_render_notes(const json_t *document, const struct ims_style *style, struct ims_text *out)
{
    json_int_t dropped = ims_layout_integer(document, "gaps_dropped", 0);
    const json_t *note;
    size_t index;

    json_array_foreach(json_object_get(document, "notes"), index, note)
    {
        ims_layout_append(out, style, json_string_value(note));
        ims_text_append(out, "\n");
    }
    append_uncertain(document, style, out);
    append_gaps(document, style, out);
    if (dropped > 0)
        ims_text_appendf(out, "%lld further gaps were counted but not kept\n", (long long)dropped);
    return out->failed ? -ENOMEM : 0;
}
