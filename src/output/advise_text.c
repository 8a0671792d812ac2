/* SPDX-License-Identifier: MIT */
/* Advice as text: how it is, what to change, and what stands in the way. */
#include <errno.h>
#include <string.h>

#include "output/advise_text.h"
#include "output/layouts.h"

static void append_party(struct ims_text *out, const json_t *document,
                         const struct ims_style *style, const json_t *party)
{
    const size_t count = json_array_size(party);

    for (size_t i = 0; i < count && i < IMS_ADVISE_NAMED_MAX; i++) {
        ims_text_append(out, i ? ", " : "");
        ims_advise_function(out, document, style, json_array_get(party, i));
    }
    if (count > IMS_ADVISE_NAMED_MAX)
        ims_text_appendf(out, " and %zu more", count - IMS_ADVISE_NAMED_MAX);
}

/* ---- how it is ---- */

static bool is_one(const json_t *document)
{
    return json_array_size(json_object_get(document, "a")) == 1;
}

static const char *group_words(const json_t *document)
{
    const json_t *linux_part = json_object_get(document, "linux");
    const char *together = ims_layout_tristate(linux_part, "together");
    const bool isolate = ims_advise_is(document, "goal", "isolate");

    if (ims_layout_true(linux_part, "declared"))
        return "Linux has different groups only because pcie_acs_override= declares it";
    if (ims_advise_is(document, "goal", "group"))
        return strcmp(together, "no") == 0 ? " has no two functions besides bridges" : "";
    if (strcmp(together, "unknown") == 0)
        return !isolate           ? "Whether they share an IOMMU group is not known"
               : is_one(document) ? "Whether it shares its IOMMU group with others is not known"
                                  : "Whether they share their IOMMU group with others is not known";
    if (strcmp(together, "yes") == 0)
        return !isolate           ? "share an IOMMU group"
               : is_one(document) ? "shares its IOMMU group with others"
                                  : "share their IOMMU group with others";
    return !isolate           ? "have different IOMMU groups"
           : is_one(document) ? "has its IOMMU group for itself"
                              : "have their IOMMU group for themselves";
}

static void append_truth(struct ims_text *out, const json_t *document)
{
    const char *whom = ims_advise_is(document, "goal", "group")      ? "its members"
                       : !ims_advise_is(document, "goal", "isolate") ? "them"
                       : is_one(document)                            ? "it and others"
                                                                     : "them and others";

    if (ims_advise_is(document, "fabric", "apart"))
        ims_text_appendf(out, " As the registers are, nothing passes between %s without the IOMMU.",
                         whom);
    else if (ims_advise_is(document, "fabric", "open"))
        ims_text_appendf(out,
                         " As the registers are, it cannot be excluded that requests pass between "
                         "%s without the IOMMU.",
                         whom);
    else
        ims_text_appendf(out, " As the registers are, requests pass between %s without the IOMMU.",
                         whom);
}

static void append_group(struct ims_text *out, const json_t *document)
{
    const json_t *member = json_array_get(json_object_get(document, "a"), 0);
    const json_int_t kernel = ims_layout_integer(member, "kernel_group", -1);
    const json_int_t computed = ims_layout_integer(member, "group", -1);

    if (kernel >= 0)
        ims_text_appendf(out, "IOMMU group %lld", (long long)kernel);
    else
        ims_text_appendf(out, "IOMMU group %lld (computed)", (long long)computed);
}

static void append_heading(struct ims_text *out, const json_t *document,
                           const struct ims_style *style)
{
    struct ims_text line = {0};

    if (ims_advise_is(document, "goal", "group"))
        append_group(&line, document);
    else
        append_party(&line, document, style, json_object_get(document, "a"));
    if (!ims_layout_null(document, "b")) {
        ims_text_append(&line, " and ");
        append_party(&line, document, style, json_object_get(document, "b"));
    }
    if (ims_advise_is(document, "goal", "group")) {
        ims_text_append(&line, group_words(document));
        ims_text_append(&line, ".");
    } else if (ims_layout_true(json_object_get(document, "linux"), "declared") ||
               strcmp(ims_layout_tristate(json_object_get(document, "linux"), "together"),
                      "unknown") == 0) {
        ims_text_appendf(&line, ": %s.", group_words(document));
    } else {
        const bool stated = ims_layout_true(json_object_get(document, "linux"), "stated");

        ims_text_appendf(&line, " %s, as %s.", group_words(document),
                         stated ? "the kernel says" : "computed");
    }
    append_truth(&line, document);
    if (ims_layout_true(json_object_get(document, "linux"), "contradicts"))
        ims_text_append(&line, " By the rules of this kernel they would be apart: groups are made "
                               "once, and what was different then is not known (iommuscope groups "
                               "names likely causes).");
    ims_layout_line(out, style, &line, 0);
}

/* ---- the ways ---- */

static void append_lines(struct ims_text *out, const struct ims_style *style, const json_t *lines)
{
    const json_t *line;
    size_t index;

    /* To be pasted, so never wrapped. */
    json_array_foreach(lines, index, line)
    {
        ims_text_append(out, "    ");
        ims_layout_append(out, style, json_string_value(line));
        ims_text_append(out, "\n");
    }
}

static void append_result(struct ims_text *out, const struct ims_style *style, const json_t *way,
                          const char *groups)
{
    struct ims_text line = {0};

    ims_text_append(&line, groups);
    if (ims_advise_is(way, "fabric", "apart"))
        ims_text_append(&line, ", and nothing passes between them without the IOMMU.");
    else if (ims_advise_is(way, "fabric", "open"))
        ims_text_append(&line, "; that nothing passes between them without the IOMMU is not "
                               "proven (iommuscope audit says why).");
    else
        ims_text_append(&line, ", but these groups are not true: requests still pass between "
                               "them without the IOMMU. Do not rely on it.");
    if (!ims_layout_true(way, "least"))
        ims_text_append(&line, " There may be a smaller change: there were too many to try all.");
    ims_layout_line(out, style, &line, 2);
}

static const char *result_words(const json_t *document)
{
    if (ims_advise_is(document, "goal", "group"))
        return "makes a group of each part below";
    if (ims_advise_is(document, "goal", "isolate"))
        return is_one(document) ? "leaves it alone in its group, bridges left out"
                                : "leaves them alone, bridges left out";
    return "has them in different groups";
}

static void append_boot(struct ims_text *out, const json_t *document, const struct ims_style *style)
{
    const json_t *way = json_object_get(document, "boot");
    const bool other = ims_advise_is(way, "means", "kernel");
    const char *add = ims_layout_string(way, "add");
    const char *remove = ims_layout_string(way, "remove");
    struct ims_text line = {0};

    if (!json_is_object(way))
        return;
    ims_text_append(out, "\nFrom the next boot on:\n");
    if (other) {
        ims_text_appendf(&line, "Boot %s or newer.", ims_layout_string(way, "kernel"));
        ims_layout_line(out, style, &line, 2);
    }
    if (ims_layout_true(way, "needs_iommu"))
        ims_layout_paragraph(out, style,
                             "DMA translation must be on: VT-d, AMD-Vi or SMMU in the firmware "
                             "setup, and in the kernel.",
                             2);
    if (json_array_size(json_object_get(way, "lines")) > 0) {
        append_lines(out, style, json_object_get(way, "lines"));
    } else {
        if (*remove)
            ims_text_appendf(out, "    take out: %s\n", remove);
        if (*add)
            ims_text_appendf(out, "    add:      %s\n", add);
        if (!*add && !*remove && !other)
            ims_layout_paragraph(
                out, style,
                ims_layout_true(json_object_get(document, "linux"), "contradicts")
                    ? "By its rules the boot alone does it; the kernel that runs did not."
                    : "Nothing but the boot itself is needed.",
                2);
    }
    ims_text_appendf(&line, "%s then %s", ims_layout_string(way, "kernel"), result_words(document));
    append_result(out, style, way, ims_text_get(&line) ? ims_text_get(&line) : "");
    ims_text_done(&line);
}

static void append_now(struct ims_text *out, const json_t *document, const struct ims_style *style)
{
    const json_t *way = json_object_get(document, "now");
    const bool rescan = json_array_size(json_object_get(way, "rescan")) > 0;
    struct ims_text line = {0};

    if (!json_is_object(way) || json_array_size(json_object_get(way, "lines")) == 0)
        return;
    ims_text_append(out, "\nAt once, until the next boot:\n");
    append_lines(out, style, json_object_get(way, "lines"));
    if (rescan)
        ims_layout_paragraph(out, style,
                             "Groups are made when a function appears, so functions are removed "
                             "and found again; their drivers lose them meanwhile.",
                             2);
    if (rescan)
        ims_text_appendf(&line, "Linux then %s", result_words(document));
    else
        ims_text_append(&line, "Linux keeps the groups that it has");
    append_result(out, style, way, ims_text_get(&line) ? ims_text_get(&line) : "");
    ims_text_done(&line);
}

/* ---- parts ---- */

static void append_parts(struct ims_text *out, const json_t *document,
                         const struct ims_style *style)
{
    const json_t *parts = json_object_get(document, "parts");
    const json_t *part;
    size_t index;

    if (json_array_size(parts) == 0)
        return;
    ims_text_appendf(out, "\nIt falls into %zu parts (bridges left out):\n",
                     json_array_size(parts));
    json_array_foreach(parts, index, part)
    {
        struct ims_text line = {0};
        const json_t *address;
        size_t i;

        json_array_foreach(part, i, address)
        {
            ims_text_appendf(&line, "%s%s", i ? ", " : "",
                             ims_layout_address(document, style, json_string_value(address)));
        }
        ims_layout_line(out, style, &line, 4);
    }
}

/* Apart for Linux, not in truth, and nothing to be changed: then there is no way to tell of. */
static bool is_refuted(const json_t *document)
{
    const json_t *now = json_object_get(json_object_get(document, "now"), "changes");
    const json_t *boot = json_object_get(json_object_get(document, "boot"), "changes");

    return ims_advise_is(document, "answer", "impossible") &&
           strcmp(ims_layout_tristate(json_object_get(document, "linux"), "together"), "no") == 0 &&
           json_array_size(now) == 0 && json_array_size(boot) == 0;
}

int ims_layout_advise(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr)
{
    (void)reterr;
    append_heading(out, document, style);
    if (ims_advise_is(document, "answer", "nothing"))
        ims_text_append(out, "Nothing need be changed.\n");
    if (ims_advise_is(document, "answer", "unknown")) {
        struct ims_text line = {0};

        ims_text_appendf(&line, "Not known: %s", ims_layout_string(document, "unknown"));
        ims_layout_line(out, style, &line, 2);
    }
    if (!ims_advise_is(document, "answer", "nothing") && !is_refuted(document)) {
        append_boot(out, document, style);
        append_now(out, document, style);
    }
    append_parts(out, document, style);
    ims_advise_obstacles(out, document, style);
    ims_advise_moves(out, document, style);
    return out->failed ? -ENOMEM : 0;
}
