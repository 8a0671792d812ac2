/* SPDX-License-Identifier: MIT */
/* Advice as text: how it is, what to change, and what stands in the way. */
#include <errno.h>
#include <string.h>

#include "output/layout.h"
#include "output/layouts.h"

/* Of the functions of a party, of parts and of moves this many are named unless -v. */
#define NAMED_MAX 8u

static void append_function(struct ims_text *out, const json_t *document,
                            const struct ims_style *style, const json_t *function)
{
    struct ims_text name = {0};

    ims_layout_device_short(&name, style, function);
    ims_text_append(out,
                    ims_layout_address(document, style, ims_layout_string(function, "address")));
    if (name.length > 0)
        ims_text_appendf(out, " (%s)", ims_text_get(&name) ? ims_text_get(&name) : "");
    out->failed |= name.failed;
    ims_text_done(&name);
}

static void append_party(struct ims_text *out, const json_t *document,
                         const struct ims_style *style, const json_t *party)
{
    const size_t count = json_array_size(party);

    for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
        ims_text_append(out, i ? ", " : "");
        append_function(out, document, style, json_array_get(party, i));
    }
    if (count > NAMED_MAX)
        ims_text_appendf(out, " and %zu more", count - NAMED_MAX);
}

static bool is(const json_t *object, const char *key, const char *value)
{
    return strcmp(ims_layout_string(object, key), value) == 0;
}

/* ---- how it is ---- */

static const char *group_words(const json_t *document)
{
    const json_t *linux_part = json_object_get(document, "linux");
    const bool stated = ims_layout_true(linux_part, "stated");
    const char *together = ims_layout_tristate(linux_part, "together");
    const bool isolate = is(document, "goal", "isolate");

    if (ims_layout_true(linux_part, "declared"))
        return "Linux has it in groups of its own only because pcie_acs_override= declares ports "
               "isolated";
    if (is(document, "goal", "group"))
        return stated ? "The kernel has these in one group" : "Linux would have these in one group";
    if (strcmp(together, "unknown") == 0)
        return "Whether Linux has an IOMMU group for both depends on something unknown";
    if (strcmp(together, "yes") == 0)
        return isolate  ? stated ? "shares its IOMMU group with others, as the kernel says"
                                 : "shares its IOMMU group with others, as computed"
               : stated ? "share an IOMMU group, as the kernel says"
                        : "share an IOMMU group, as computed";
    return isolate  ? stated ? "has its IOMMU group for itself, as the kernel says"
                             : "has its IOMMU group for itself, as computed"
           : stated ? "have different IOMMU groups, as the kernel says"
                    : "have different IOMMU groups, as computed";
}

static const char *truth_words(const char *truth)
{
    if (strcmp(truth, "apart") == 0)
        return "As the registers are, nothing passes between them without the IOMMU";
    if (strcmp(truth, "open") == 0)
        return "As the registers are, it cannot be excluded that requests pass between them "
               "without the IOMMU";
    return "As the registers are, requests pass between them without the IOMMU";
}

static void append_heading(struct ims_text *out, const json_t *document,
                           const struct ims_style *style)
{
    struct ims_text line = {0};

    if (is(document, "goal", "group"))
        ims_text_append(&line, "The group of ");
    append_party(&line, document, style, json_object_get(document, "a"));
    if (!ims_layout_null(document, "b")) {
        ims_text_append(&line, " and ");
        append_party(&line, document, style, json_object_get(document, "b"));
    }
    if (is(document, "goal", "group")) {
        ims_text_append(&line, ".");
    } else if (ims_layout_true(json_object_get(document, "linux"), "declared") ||
               strcmp(ims_layout_tristate(json_object_get(document, "linux"), "together"),
                      "unknown") == 0) {
        ims_text_appendf(&line, ": %s.", group_words(document));
    } else {
        ims_text_appendf(&line, " %s.", group_words(document));
    }
    ims_text_appendf(&line, " %s.", truth_words(ims_layout_string(document, "fabric")));
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
    if (is(way, "fabric", "apart"))
        ims_text_append(&line, ", and nothing passes between them without the IOMMU.");
    else if (is(way, "fabric", "open"))
        ims_text_append(&line, "; that nothing passes between them without the IOMMU is not "
                               "proven (iommuscope audit says why).");
    else
        ims_text_append(&line, ", but these groups are not true: requests still pass between "
                               "them without the IOMMU. Do not rely on it.");
    if (!ims_layout_true(way, "least"))
        ims_text_append(&line, " There may be a smaller change: there were too many to try all.");
    ims_layout_line(out, style, &line, 2);
}

static void append_boot(struct ims_text *out, const json_t *document, const struct ims_style *style)
{
    const json_t *way = json_object_get(document, "boot");
    const bool other = is(way, "means", "kernel");
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
            ims_layout_paragraph(out, style, "Nothing but the boot itself is needed.", 2);
    }
    ims_text_appendf(&line, "%s then has them in different groups",
                     ims_layout_string(way, "kernel"));
    append_result(out, style, way, ims_text_get(&line) ? ims_text_get(&line) : "");
    ims_text_done(&line);
}

static void append_now(struct ims_text *out, const json_t *document, const struct ims_style *style)
{
    const json_t *way = json_object_get(document, "now");
    const bool rescan = json_array_size(json_object_get(way, "rescan")) > 0;

    if (!json_is_object(way) || json_array_size(json_object_get(way, "lines")) == 0)
        return;
    ims_text_append(out, "\nAt once, until the next boot:\n");
    append_lines(out, style, json_object_get(way, "lines"));
    if (rescan)
        ims_layout_paragraph(out, style,
                             "Groups are made when a function appears, so functions are removed "
                             "and found again; their drivers lose them meanwhile.",
                             2);
    append_result(out, style, way,
                  rescan ? "Linux then has them in different groups"
                         : "Linux keeps the groups that it has");
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

/* ---- obstacles ---- */

static const char *without_prefix(const char *number)
{
    return strncmp(number, "0x", 2) == 0 ? number + 2 : number;
}

static void append_obstacle(struct ims_text *out, const json_t *document,
                            const struct ims_style *style, const json_t *obstacle, size_t number)
{
    const json_t *at = json_object_get(obstacle, "at");
    struct ims_text line = {0};

    ims_text_appendf(&line, "%zu. ", number);
    if (json_is_object(at))
        append_function(&line, document, style, at);
    else
        ims_text_append(&line, "The root complex");
    ims_text_appendf(&line, ": %s. [%s]", ims_layout_string(obstacle, "text"),
                     ims_layout_string(obstacle, "rule"));
    ims_layout_line(out, style, &line, 2);
    if (!ims_layout_null(obstacle, "lacks")) {
        ims_text_append(&line, "For its vendor: ");
        if (!ims_layout_null(at, "vendor_id"))
            ims_text_appendf(&line, "%s:%s at ", without_prefix(ims_layout_string(at, "vendor_id")),
                             without_prefix(ims_layout_string(at, "device_id")));
        ims_text_appendf(&line, "%s lacks %s (%s).", ims_layout_string(at, "address"),
                         ims_layout_string(obstacle, "lacks"),
                         ims_layout_string(obstacle, "section"));
        ims_layout_line(out, style, &line, 6);
    }
}

static void append_obstacles(struct ims_text *out, const json_t *document,
                             const struct ims_style *style)
{
    const json_t *obstacles = json_object_get(document, "obstacles");
    const bool part = is(document, "answer", "part");
    const json_t *obstacle;
    size_t deciding = 0;
    size_t index;

    if (json_array_size(obstacles) == 0)
        return;
    json_array_foreach(obstacles, index, obstacle)
    {
        deciding += ims_layout_true(obstacle, "decides");
    }
    ims_text_append(out,
                    part ? "\nSoftware cannot divide it further:\n" : "\nSoftware cannot do it:\n");
    json_array_foreach(obstacles, index, obstacle)
    {
        append_obstacle(out, document, style, obstacle, index + 1);
    }
    if (deciding > 0) {
        struct ims_text line = {0};

        ims_text_append(&line,
                        "Proof: with every ACS control that exists set, they stay together; ");
        if (deciding == 1)
            ims_text_append(&line, "were number 1 a better device, they would be apart.");
        else
            ims_text_appendf(&line, "were numbers 1 to %zu better devices, they would be apart.",
                             deciding);
        ims_layout_line(out, style, &line, 2);
    }
}

static void append_moves(struct ims_text *out, const json_t *document,
                         const struct ims_style *style)
{
    const json_t *moves = json_object_get(document, "moves");
    const size_t count = json_array_size(moves);
    const size_t named = style->verbose > 0 || count <= NAMED_MAX ? count : NAMED_MAX;

    if (count == 0)
        return;
    ims_text_append(out, "\nAnother slot does it:\n");
    for (size_t i = 0; i < named; i++) {
        const json_t *move = json_array_get(moves, i);
        struct ims_text line = {0};

        ims_text_append(&line, "Move ");
        append_function(&line, document, style, json_object_get(move, "card"));
        ims_text_append(&line, " below ");
        append_function(&line, document, style, json_object_get(move, "port"));
        if (strcmp(ims_layout_tristate(move, "slot"), "yes") != 0)
            ims_text_append(&line, ", if that port has a slot");
        ims_text_append(
            &line, is(move, "fabric", "apart") ? "." : "; that nothing passes then is not proven.");
        ims_layout_line(out, style, &line, 4);
    }
    if (named < count)
        ims_text_appendf(out, "    and %zu more (-v)\n", count - named);
}

int ims_layout_advise(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr)
{
    (void)reterr;
    append_heading(out, document, style);
    if (is(document, "answer", "nothing"))
        ims_text_append(out, "Nothing need be changed.\n");
    if (is(document, "answer", "unknown")) {
        struct ims_text line = {0};

        ims_text_appendf(&line, "Not known: %s", ims_layout_string(document, "unknown"));
        ims_layout_line(out, style, &line, 2);
    }
    if (!is(document, "answer", "nothing")) {
        append_boot(out, document, style);
        append_now(out, document, style);
    }
    append_parts(out, document, style);
    append_obstacles(out, document, style);
    append_moves(out, document, style);
    return out->failed ? -ENOMEM : 0;
}
