/* SPDX-License-Identifier: MIT */
/*
 * The chain of reasons as text. Links of one rule at one place are told once, with everybody whom
 * they join: a port without ACS has one fault, however many functions are below it.
 */
#include <errno.h>
#include <string.h>

#include "output/layout.h"
#include "output/layouts.h"
#include "output/utf8.h"

/* Of functions that one rule joins at one place, this many are named unless -v. */
#define NAMED_MAX 8u

static void append_function(struct ims_text *out, const struct ims_style *style,
                            const json_t *function)
{
    struct ims_text name = {0};

    ims_layout_device(&name, style, function);
    ims_layout_append(out, style, ims_layout_string(function, "address"));
    if (name.length > 0) {
        ims_text_append(out, " (");
        ims_layout_append(out, style, ims_text_get(&name));
        ims_text_append(out, ")");
    }
    ims_text_done(&name);
}

static bool group_differs(const json_t *function)
{
    return ims_layout_integer(function, "kernel_group", -1) >= 0 &&
           strcmp(ims_layout_string(function, "group_match"), "different") == 0;
}

/* " in IOMMU group 13", with what is to be said beside the number. */
static void append_group(struct ims_text *out, const json_t *document, const json_t *function)
{
    json_int_t kernel = ims_layout_integer(function, "kernel_group", -1);
    json_int_t computed = ims_layout_integer(function, "group", -1);

    (void)document;
    if (kernel >= 0 && group_differs(function))
        ims_text_appendf(out, "IOMMU group %lld of the kernel, which differs from the computed one",
                         (long long)kernel);
    else if (kernel >= 0)
        ims_text_appendf(out, "IOMMU group %lld", (long long)kernel);
    else if (computed >= 0)
        ims_text_appendf(out, "IOMMU group %lld (computed)", (long long)computed);
    else
        ims_text_append(out, "no IOMMU group");
}

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
    return strcmp(ims_layout_string(a, key), ims_layout_string(b, key)) == 0;
}

static bool same_place(const json_t *a, const json_t *b)
{
    return same_text(a, b, "rule") && same_text(a, b, "at") && same_text(a, b, "remedy");
}

/*
 * For every reason the first one of its rule and place, as a map from a key to an index; a plain
 * comparison of all pairs would take minutes on a group of a large machine.
 */
static json_t *first_of_place(const json_t *reasons)
{
    json_t *map = json_object();
    const json_t *reason;
    size_t index;

    json_array_foreach(reasons, index, reason)
    {
        struct ims_text key = {0};

        ims_text_appendf(&key, "%s %s %s", ims_layout_string(reason, "rule"),
                         ims_layout_string(reason, "at"), ims_layout_string(reason, "remedy"));
        if (!key.failed && !json_object_get(map, ims_text_get(&key)))
            json_object_set_new(map, ims_text_get(&key), json_array());
        if (!key.failed)
            json_array_append_new(json_object_get(map, ims_text_get(&key)),
                                  json_integer((json_int_t)index));
        ims_text_done(&key);
    }
    return map;
}

static void append_joined(struct ims_text *out, const struct ims_style *style,
                          const json_t *reasons, const json_t *indices)
{
    size_t count = json_array_size(indices);
    size_t named = style->verbose > 0 || count <= NAMED_MAX ? count : NAMED_MAX;
    struct ims_text list = {0};

    ims_text_append(&list, "Joins: ");
    for (size_t i = 0; i < named; i++) {
        const json_t *reason =
            json_array_get(reasons, (size_t)json_integer_value(json_array_get(indices, i)));
        const char *to = ims_layout_string(reason, "to");

        ims_text_appendf(&list, "%s%s%s%s", i ? ", " : "", ims_layout_string(reason, "from"),
                         *to ? " to " : "", to);
    }
    if (named < count)
        ims_text_appendf(&list, " and %zu more (-v)", count - named);
    ims_layout_paragraph(out, style, ims_text_get(&list) ? ims_text_get(&list) : "", 4);
    ims_text_done(&list);
}

/* What keeps functions apart needs none, and the catalogue says so; that is not worth a line. */
static bool needs_remedy(const char *remedy)
{
    return *remedy && strcmp(remedy, "None is needed.") != 0;
}

/* " 1. RULE at PLACE: TITLE", wrapped behind the number. */
static void append_heading(struct ims_text *out, const struct ims_style *style, size_t number,
                           const json_t *reason)
{
    const char *at = ims_layout_string(reason, "at");
    const char *title = ims_layout_string(reason, "title");
    struct ims_text line = {0};
    struct ims_text wrapped = {0};

    ims_text_appendf(&line, "%s%s%s%s%s%s", ims_layout_string(reason, "rule"), *at ? " at " : "",
                     at, *title ? ": " : "", title,
                     ims_layout_true(reason, "certain") ? "" : " (not certain)");
    if (!line.failed)
        ims_layout_paragraph(&wrapped, style, ims_text_get(&line), 4);
    if (line.failed || wrapped.failed || wrapped.length < 4)
        out->failed = true;
    else
        ims_text_appendf(out, "\n%2zu. %s", number, ims_text_get(&wrapped) + 4);
    ims_text_done(&line);
    ims_text_done(&wrapped);
}

static void append_reason(struct ims_text *out, const struct ims_style *style, size_t number,
                          const json_t *reason, const json_t *reasons, const json_t *indices)
{
    append_heading(out, style, number, reason);
    ims_layout_paragraph(out, style, ims_layout_string(reason, "text"), 4);
    if (indices && json_array_size(indices) > 1)
        append_joined(out, style, reasons, indices);
    if (needs_remedy(ims_layout_string(reason, "remedy"))) {
        struct ims_text remedy = {0};

        ims_text_appendf(&remedy, "Remedy: %s", ims_layout_string(reason, "remedy"));
        ims_layout_paragraph(out, style, ims_text_get(&remedy) ? ims_text_get(&remedy) : "", 4);
        ims_text_done(&remedy);
    }
}

static void append_places(struct ims_text *out, const struct ims_style *style,
                          const json_t *reasons)
{
    json_t *places = first_of_place(reasons);
    const char *key;
    json_t *indices;
    size_t number = 0;

    json_object_foreach(places, key, indices)
    {
        const json_t *first =
            json_array_get(reasons, (size_t)json_integer_value(json_array_get(indices, 0)));

        append_reason(out, style, ++number, first, reasons, indices);
    }
    json_decref(places);
}

/* The order of a chain matters between two functions: only neighbours are told together. */
static void append_chain(struct ims_text *out, const struct ims_style *style, const json_t *reasons)
{
    const json_t *previous = NULL;
    const json_t *reason;
    size_t number = 0;
    size_t index;

    json_array_foreach(reasons, index, reason)
    {
        bool repeated = previous && same_place(previous, reason);

        if (repeated && same_text(previous, reason, "text"))
            continue;
        append_reason(out, style, ++number, reason, reasons, NULL);
        previous = reason;
    }
}

static void heading_pair(const json_t *document, const struct ims_style *style,
                         struct ims_text *out)
{
    const char *together = ims_layout_tristate(document, "together");
    const char *kernel = ims_layout_tristate(document, "kernel_together");
    const json_t *a = json_object_get(document, "a");
    const json_t *b = json_object_get(document, "b");

    append_function(out, style, a);
    ims_text_append(out, "\nand ");
    append_function(out, style, b);
    if (strcmp(together, "yes") == 0) {
        ims_text_append(out, "\nare together in ");
        append_group(out, document, a);
        ims_text_append(out, ".\n");
    } else if (strcmp(together, "no") == 0) {
        ims_text_append(out, "\nare apart: ");
        append_group(out, document, a);
        ims_text_append(out, " and ");
        append_group(out, document, b);
        ims_text_append(out, ".\n");
    } else {
        ims_text_append(out, "\nmay be together or apart: a fact that decides is unknown.\n");
        if (!ims_layout_null(document, "uncertain"))
            ims_layout_paragraph(out, style, ims_layout_string(document, "uncertain"), 0);
    }
    if (strcmp(kernel, "unknown") != 0 && strcmp(kernel, together) != 0)
        ims_text_appendf(out, "The kernel has them %s.\n",
                         strcmp(kernel, "yes") == 0 ? "together" : "apart");
}

static void heading_group(const json_t *document, const struct ims_style *style,
                          struct ims_text *out)
{
    const json_t *a = json_object_get(document, "a");
    size_t others = json_array_size(json_object_get(document, "members"));

    append_function(out, style, a);
    ims_text_append(out, "\nis in ");
    append_group(out, document, a);
    if (ims_layout_null(a, "group"))
        ims_text_append(out, ".\n");
    else if (group_differs(a) && others == 0)
        ims_text_append(out, "; there it is alone.\n");
    else if (group_differs(a))
        ims_text_appendf(out, ";\nthere it is with %zu other function%s:\n", others,
                         others == 1 ? "" : "s");
    else if (others == 0)
        ims_text_append(out, ", alone.\n");
    else
        ims_text_appendf(out, ", with %zu other function%s:\n", others, others == 1 ? "" : "s");
}

static void append_members(const json_t *document, const struct ims_style *style,
                           struct ims_text *out)
{
    const json_t *members = json_object_get(document, "members");
    size_t count = json_array_size(members);
    size_t named = style->verbose > 0 || count <= 2 * NAMED_MAX ? count : NAMED_MAX;

    for (size_t i = 0; i < named; i++) {
        struct ims_text line = {0};

        append_function(&line, style, json_array_get(members, i));
        ims_text_append(out, "    ");
        ims_utf8_append_cut(out, ims_text_get(&line) ? ims_text_get(&line) : "",
                            style->width > 4 ? style->width - 4 : SIZE_MAX, style->unicode);
        ims_text_append(out, "\n");
        ims_text_done(&line);
    }
    if (named < count)
        ims_text_appendf(out, "    and %zu more (-v)\n", count - named);
}

int ims_layout_explain(const json_t *document, const struct ims_style *style, struct ims_text *out,
                       struct ims_error *reterr)
{
    const json_t *reasons = json_object_get(document, "reasons");
    bool pair = !ims_layout_null(document, "b");

    (void)reterr;
    if (pair) {
        heading_pair(document, style, out);
        append_chain(out, style, reasons);
    } else {
        heading_group(document, style, out);
        append_members(document, style, out);
        if (!ims_layout_null(document, "uncertain")) {
            ims_text_append(out, "\nNot certain:\n");
            ims_layout_paragraph(out, style, ims_layout_string(document, "uncertain"), 4);
        }
        append_places(out, style, reasons);
        ims_text_append(out, "\n");
        ims_layout_paragraph(out, style, ims_layout_string(document, "summary"), 0);
    }
    return out->failed ? -ENOMEM : 0;
}
