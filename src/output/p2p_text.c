/* SPDX-License-Identifier: MIT */
/* Advice on peer to peer traffic as text. */
#include <errno.h>
#include <string.h>

#include "output/fabric_text.h"
#include "output/layouts.h"

#define NAMED_MAX 8u

static bool is(const json_t *object, const char *key, const char *value)
{
    return strcmp(ims_layout_string(object, key), value) == 0;
}

static const char *now_words(const json_t *document)
{
    static const struct {
        const char *class;
        const char *words;
    } rows[] = {
        {"direct", "reaches it directly: nothing need be changed"},
        {"open", "may reach it directly; the registers do not promise it"},
        {"translated", "reaches it directly with translated requests (ATS) only"},
        {"via-host", "does not reach it directly: requests go up to the root complex"},
        {"blocked", "does not reach it: ACS blocks the request"},
        {"no-path", "does not reach it: nobody takes the address"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (is(document, "now", rows[i].class))
            return rows[i].words;
    return "";
}

static void append_text(struct ims_text *out, const struct ims_style *style, size_t indent,
                        const char *label, const char *text)
{
    struct ims_text line = {0};

    ims_text_appendf(&line, "%s%s", label, text);
    ims_layout_line(out, style, &line, indent);
}

static void append_names(struct ims_text *line, const json_t *document,
                         const struct ims_style *style, const json_t *functions)
{
    const size_t count = json_array_size(functions);
    const size_t named = style->verbose > 0 || count <= NAMED_MAX ? count : NAMED_MAX;

    for (size_t i = 0; i < named; i++) {
        ims_text_append(line, i ? ", " : "");
        ims_layout_name(line, document, style, json_array_get(functions, i));
    }
    if (named < count)
        ims_text_appendf(line, " and %zu more (-v)", count - named);
}

static void append_change(struct ims_text *line, const json_t *document,
                          const struct ims_style *style, const json_t *change)
{
    static const char *const keys[] = {"set", "clear"};
    const json_t *bit;
    size_t index;
    bool any = false;

    for (size_t k = 0; k < 2; k++) {
        json_array_foreach(json_object_get(change, keys[k]), index, bit)
        {
            ims_text_appendf(line, "%s%s %s", any ? ", " : "", keys[k], json_string_value(bit));
            any = true;
        }
    }
    if (ims_layout_true(change, "vector"))
        ims_text_appendf(line, "%sthe egress control vector with one hole", any ? ", " : "");
    ims_text_appendf(line, " at %s",
                     ims_layout_address(document, style, ims_layout_string(change, "address")));
}

static void append_exposures(struct ims_text *out, const json_t *document,
                             const struct ims_style *style, const json_t *exposures)
{
    const size_t count = json_array_size(exposures);
    const size_t named = style->verbose > 0 || count <= NAMED_MAX ? count : NAMED_MAX;
    struct ims_text line = {0};

    ims_text_appendf(&line, "Opens %zu way%s: ", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < named; i++) {
        const json_t *pair = json_array_get(exposures, i);

        ims_text_appendf(&line, "%s%s to ", i ? ", " : "",
                         ims_layout_address(document, style, ims_layout_string(pair, "from")));
        ims_text_append(&line, ims_layout_address(document, style, ims_layout_string(pair, "to")));
    }
    if (named < count)
        ims_text_appendf(&line, " and %zu more (-v)", count - named);
    ims_text_append(&line, ".");
    ims_layout_line(out, style, &line, 4);
}

static void append_option(struct ims_text *out, const struct ims_style *style, const json_t *recipe)
{
    const char *add = ims_layout_string(recipe, "option");
    const char *remove = ims_layout_string(recipe, "option_remove");
    const json_t *lines = json_object_get(recipe, "loader_lines");
    const json_t *line;
    size_t index;

    if (ims_layout_null(recipe, "option")) {
        append_text(out, style, 4, "", ims_layout_string(recipe, "no_option"));
        return;
    }
    if (json_array_size(lines) > 0)
        ims_text_append(out, "    From the next boot on:\n");
    json_array_foreach(lines, index, line) /* to be pasted, so never wrapped */
    {
        ims_text_append(out, "        ");
        ims_layout_append(out, style, json_string_value(line));
        ims_text_append(out, "\n");
    }
    if (json_array_size(lines) > 0)
        return;
    if (*remove)
        append_text(out, style, 4, "Out of the kernel command line: ", remove);
    if (*add)
        append_text(out, style, 4, "On the kernel command line: ", add);
    if (!*add && !*remove)
        append_text(out, style, 4, "", "The next boot leaves the registers so already.");
}

static void append_recipe(struct ims_text *out, const json_t *document,
                          const struct ims_style *style, size_t number, const json_t *recipe)
{
    const json_t *item;
    struct ims_text line = {0};
    size_t index;

    ims_text_append(out, "\n");
    ims_text_appendf(
        &line, "%zu. %s: ", number,
        is(recipe, "means", "egress-control") ? "Egress control, one hole"
        : is(recipe, "means", "direct-translated")
            ? "Translated requests only (ATS; trusts the hardware of the first function)"
            : "No request redirect");
    json_array_foreach(json_object_get(recipe, "changes"), index, item)
    {
        ims_text_append(&line, index ? "; " : "");
        append_change(&line, document, style, item);
    }
    ims_text_append(&line, ".");
    ims_layout_line(out, style, &line, 0);
    append_exposures(out, document, style, json_object_get(recipe, "exposures"));
    json_array_foreach(json_object_get(recipe, "merges"), index, item)
    {
        ims_text_append(&line, "Not kept apart any more: ");
        append_names(&line, document, style, item);
        ims_text_append(&line, ".");
        ims_layout_line(out, style, &line, 4);
    }
    ims_text_appendf(&line, "%s with these registers: ",
                     ims_layout_true(recipe, "linux_group_grows")
                         ? "Linux then has one larger group for the first function"
                         : "Linux forms the group of the first function as before");
    append_names(&line, document, style, json_object_get(recipe, "linux_group"));
    ims_text_append(&line, ".");
    ims_layout_line(out, style, &line, 4);
    ims_text_append(out, "    Until the next boot, without new groups:\n");
    json_array_foreach(json_object_get(recipe, "lines"), index, item)
    {
        ims_text_appendf(out, "        %s\n", json_string_value(item));
    }
    append_option(out, style, recipe);
}

/* What decides about the requests as the registers are. */
static void append_way(struct ims_text *out, const json_t *document, const struct ims_style *style)
{
    const json_t *outcome = json_array_get(json_object_get(document, "outcomes"), 0);

    ims_text_appendf(out, "As it is, a write to address %s:\n",
                     ims_layout_string(json_object_get(document, "request"), "address"));
    ims_layout_hops(out, document, style, json_object_get(outcome, "hops"));
}

int ims_layout_p2p(const json_t *document, const struct ims_style *style, struct ims_text *out,
                   struct ims_error *reterr)
{
    const json_t *recipe;
    struct ims_text line = {0};
    size_t index;

    (void)reterr;
    ims_layout_name(&line, document, style, json_object_get(document, "from"));
    ims_text_append(&line, " to ");
    ims_layout_name(&line, document, style, json_object_get(document, "to"));
    ims_text_appendf(&line, ", BAR %lld: it %s.", (long long)ims_layout_integer(document, "bar", 0),
                     now_words(document));
    ims_layout_line(out, style, &line, 0);
    append_way(out, document, style);
    json_array_foreach(json_object_get(document, "recipes"), index, recipe)
    {
        append_recipe(out, document, style, index + 1, recipe);
    }
    ims_text_append(out, "\n");
    if (!ims_layout_null(document, "lacks"))
        append_text(out, style, 0, "", ims_layout_string(document, "lacks"));
    if (ims_layout_true(document, "redirects_completions") && !is(document, "now", "no-path")) {
        ims_text_appendf(
            &line,
            "Reads: %s redirects completions (CR), so that answers take the way through "
            "the root complex; writes do not need it.",
            ims_layout_address(document, style, ims_layout_string(document, "beside")));
        ims_layout_line(out, style, &line, 0);
    }
    if (!is(document, "now", "direct"))
        append_text(out, style, 0, "Through the host: ", ims_layout_string(document, "host_text"));
    append_text(out, style, 0, "",
                ims_layout_true(document, "override")
                    ? "pcie_acs_override= is on the command line. It changes what a patched kernel "
                      "believes about isolation, not one register: it opens no way for peers."
                    : "pcie_acs_override= does not help: it changes what a patched kernel believes "
                      "about isolation, and no register.");
    return out->failed ? -ENOMEM : 0;
}
