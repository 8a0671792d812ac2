/* SPDX-License-Identifier: MIT */
/* Why software cannot, and cards in other slots, as text. */
#include <string.h>

#include "output/advise_text.h"

void ims_advise_function(struct ims_text *out, const json_t *document,
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

static const char *without_prefix(const char *number)
{
    return strncmp(number, "0x", 2) == 0 ? number + 2 : number;
}

/* Whether two obstacles say the same of different functions. */
static bool same_words(const json_t *a, const json_t *b)
{
    return json_is_object(json_object_get(b, "at")) &&
           strcmp(ims_layout_string(a, "text"), ims_layout_string(b, "text")) == 0 &&
           strcmp(ims_layout_string(a, "lacks"), ims_layout_string(b, "lacks")) == 0;
}

static void append_vendor(struct ims_text *line, const json_t *at)
{
    if (!ims_layout_null(at, "vendor_id"))
        ims_text_appendf(line, "%s:%s at ", without_prefix(ims_layout_string(at, "vendor_id")),
                         without_prefix(ims_layout_string(at, "device_id")));
    ims_text_append(line, ims_layout_string(at, "address"));
}

/* Obstacles from first on that say the same as one; returns how many those are. */
static size_t append_obstacle(struct ims_text *out, const json_t *document,
                              const struct ims_style *style, const json_t *obstacles, size_t first,
                              size_t number)
{
    const json_t *obstacle = json_array_get(obstacles, first);
    struct ims_text line = {0};
    size_t end = first + 1;

    while (end < json_array_size(obstacles) && same_words(obstacle, json_array_get(obstacles, end)))
        end++;
    ims_text_appendf(&line, "%zu. ", number);
    for (size_t i = first; i < end; i++) {
        const json_t *at = json_object_get(json_array_get(obstacles, i), "at");

        ims_text_append(&line, i > first ? ", " : "");
        if (json_is_object(at))
            ims_advise_function(&line, document, style, at);
        else
            ims_text_append(&line, "the root complex");
    }
    ims_text_appendf(&line, ": %s. [%s]", ims_layout_string(obstacle, "text"),
                     ims_layout_string(obstacle, "rule"));
    ims_layout_line(out, style, &line, 2);
    if (!ims_layout_null(obstacle, "firmware")) {
        ims_text_appendf(&line, "In the firmware setup: %s.",
                         ims_layout_string(obstacle, "firmware"));
        ims_layout_line(out, style, &line, 5);
    }
    if (ims_layout_null(obstacle, "lacks"))
        return end - first;
    ims_text_append(&line, "For the vendor: ");
    for (size_t i = first; i < end; i++) {
        ims_text_append(&line, i > first ? ", " : "");
        append_vendor(&line, json_object_get(json_array_get(obstacles, i), "at"));
    }
    ims_text_appendf(&line, " lack%s %s (%s).", end - first == 1 ? "s" : "",
                     ims_layout_string(obstacle, "lacks"), ims_layout_string(obstacle, "section"));
    ims_layout_line(out, style, &line, 5);
    return end - first;
}

/* What follows from the list: which of them decide, and what is no help. */
static void append_proof(struct ims_text *out, const json_t *document,
                         const struct ims_style *style, size_t deciding)
{
    const json_t *obstacle;
    struct ims_text line = {0};
    bool declared = false;
    size_t index;

    json_array_foreach(json_object_get(document, "obstacles"), index, obstacle)
    {
        declared |= ims_advise_is(obstacle, "rule", "ACS-NO-CAP") ||
                    ims_advise_is(obstacle, "rule", "MFD-NO-ACS") ||
                    ims_advise_is(obstacle, "rule", "ACS-UPSTREAM-MFD");
    }
    if (deciding > 0)
        ims_text_appendf(&line,
                         "Proof: with every ACS control that exists set, Linux keeps them "
                         "together; %s%s better device%s, it would not. ",
                         deciding == 1   ? "were number 1"
                         : deciding == 2 ? "were numbers 1 and 2"
                                         : "were all that fail the test",
                         deciding == 1 ? " a" : "", deciding == 1 ? "" : "s");
    if (ims_advise_is(document, "fabric", "apart"))
        ims_text_append(&line, "The registers do keep them apart: Linux is more careful here than "
                               "they demand. ");
    if (declared)
        ims_text_append(&line, "pcie_acs_override= would make Linux believe that they are apart; "
                               "it changes no register and isolates nothing.");
    if (line.length > 0)
        ims_layout_line(out, style, &line, 2);
    ims_text_done(&line);
}

void ims_advise_obstacles(struct ims_text *out, const json_t *document,
                          const struct ims_style *style)
{
    const json_t *obstacles = json_object_get(document, "obstacles");
    const bool part = ims_advise_is(document, "answer", "part");
    size_t number = 0;
    size_t deciding = 0;

    if (json_array_size(obstacles) == 0)
        return;
    ims_text_append(out, part ? "\nSoftware cannot divide it further:\n"
                         : ims_advise_is(json_array_get(obstacles, 0), "judge", "fabric")
                             ? "\nThe groups are not true, and software cannot make them so:\n"
                             : "\nSoftware cannot do it:\n");
    for (size_t i = 0; i < json_array_size(obstacles);) {
        const bool decides = ims_layout_true(json_array_get(obstacles, i), "decides");

        i += append_obstacle(out, document, style, obstacles, i, ++number);
        deciding += decides;
    }
    append_proof(out, document, style, deciding);
}

/* Moves of one card with one outcome are one line. */
static bool same_move(const json_t *a, const json_t *b)
{
    return strcmp(ims_layout_string(json_object_get(a, "card"), "address"),
                  ims_layout_string(json_object_get(b, "card"), "address")) == 0 &&
           strcmp(ims_layout_string(a, "fabric"), ims_layout_string(b, "fabric")) == 0 &&
           strcmp(ims_layout_tristate(a, "slot"), ims_layout_tristate(b, "slot")) == 0;
}

void ims_advise_moves(struct ims_text *out, const json_t *document, const struct ims_style *style)
{
    const json_t *moves = json_object_get(document, "moves");
    const size_t count = json_array_size(moves);

    if (count == 0)
        return;
    ims_text_append(out, "\nAnother slot does it:\n");
    for (size_t i = 0; i < count;) {
        const json_t *move = json_array_get(moves, i);
        struct ims_text line = {0};
        size_t end = i;

        ims_text_append(&line, "Move ");
        ims_advise_function(&line, document, style, json_object_get(move, "card"));
        for (; end < count && same_move(move, json_array_get(moves, end)); end++) {
            if (end - i >= IMS_ADVISE_NAMED_MAX && style->verbose == 0)
                continue;
            ims_text_append(&line, end == i ? " below " : " or ");
            ims_advise_function(&line, document, style,
                                json_object_get(json_array_get(moves, end), "port"));
        }
        if (end - i > IMS_ADVISE_NAMED_MAX && style->verbose == 0)
            ims_text_appendf(&line, " and %zu more (-v)", end - i - IMS_ADVISE_NAMED_MAX);
        if (strcmp(ims_layout_tristate(move, "slot"), "yes") != 0)
            ims_text_append(&line, ", where the port has a slot");
        ims_text_append(&line, ims_advise_is(move, "fabric", "apart")
                                   ? "."
                                   : "; that nothing passes then is not proven.");
        ims_layout_line(out, style, &line, 4);
        i = end;
    }
}
