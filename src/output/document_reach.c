/* SPDX-License-Identifier: MIT */
/* The document of the reach command: who reaches whom, and which addresses miss the IOMMU. */
#include <errno.h>
#include <string.h>

#include "output/document_parts.h"

/* How one function reaches another, best known for whoever wants traffic, worst for isolation. */
enum reach_class {
    REACH_NOTHING, /* the target has no registers in memory space */
    REACH_NO_PATH, /* nobody takes the request */
    REACH_BLOCKED,
    REACH_HOST, /* the IOMMU gets it: through the host, where it lets it pass */
    REACH_TRANSLATED,
    REACH_MAYBE,
    REACH_DIRECT,
};

static const char *const class_names[] = {
    [REACH_NOTHING] = "no-registers",  [REACH_NO_PATH] = "no-path",
    [REACH_BLOCKED] = "blocked",       [REACH_HOST] = "host",
    [REACH_TRANSLATED] = "translated", [REACH_MAYBE] = "maybe",
    [REACH_DIRECT] = "direct",
};

/* The worst end of one request for isolation of target. */
static enum reach_class class_of(const struct ims_fabric_route *route, struct ims_function target)
{
    enum reach_class worst = REACH_NO_PATH;

    for (uint32_t i = 0; i < ims_fabric_route_count(route); i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, i);
        enum reach_class here = REACH_NO_PATH;

        if (outcome->end == IMS_FABRIC_END_PEER && outcome->target.index == target.index)
            here = outcome->certainty == IMS_FABRIC_MUST ? REACH_DIRECT : REACH_MAYBE;
        else if (outcome->end == IMS_FABRIC_END_IOMMU || outcome->end == IMS_FABRIC_END_HOST)
            here = REACH_HOST;
        else if (outcome->end == IMS_FABRIC_END_BLOCKED)
            here = REACH_BLOCKED;
        if (here > worst)
            worst = here;
    }
    return worst;
}

static int ask(const struct ims_subject *subject, struct ims_function from, struct ims_function to,
               uint64_t address, enum ims_tlp_at at, enum reach_class *ret)
{
    const struct ims_tlp tlp = {
        .kind = IMS_TLP_MEMORY_WRITE, .at = at, .address = address, .to = IMS_FUNCTION_NONE};
    struct ims_fabric_route *route = NULL;
    int code = ims_fabric_route(subject->fabric, from, &tlp, &route, NULL);

    if (code == 0)
        *ret = class_of(route, to);
    ims_fabric_route_free(route);
    return code;
}

/* Over all memory registers of the target; *ret_bar is the one that decides. */
static int reach_of(const struct ims_subject *subject, struct ims_function from,
                    struct ims_function to, enum reach_class *ret,
                    const struct ims_fabric_bar **ret_bar)
{
    uint32_t count;
    const struct ims_fabric_bar *bars = ims_fabric_bars(subject->fabric, to, &count);

    *ret = REACH_NOTHING;
    *ret_bar = NULL;
    for (uint32_t i = 0; i < count; i++) {
        enum reach_class here = REACH_NOTHING;
        enum reach_class translated = REACH_NOTHING;
        int code;

        if (bars[i].space != IMS_FABRIC_MEMORY)
            continue;
        code = ask(subject, from, to, bars[i].first, IMS_TLP_UNTRANSLATED, &here);
        if (code == 0 && here < REACH_TRANSLATED)
            code = ask(subject, from, to, bars[i].first, IMS_TLP_TRANSLATED, &translated);
        if (code < 0)
            return code;
        if (translated >= REACH_MAYBE)
            here = REACH_TRANSLATED;
        if (!*ret_bar || here > *ret) {
            *ret = here;
            *ret_bar = &bars[i];
        }
    }
    return 0;
}

static int pairs_part(struct ims_maker *maker, const struct ims_subject *subject, json_t *pairs,
                      const struct ims_function *functions, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < count; j++) {
            const struct ims_fabric_bar *bar = NULL;
            enum reach_class class = REACH_NOTHING;
            json_t *pair;
            int code;

            if (i == j || !ims_fabric_is_issuer(subject->fabric, functions[i]))
                continue;
            code = reach_of(subject, functions[i], functions[j], &class, &bar);
            if (code < 0)
                return code;
            pair = json_object();
            ims_make_set(maker, pair, "from", ims_part_address(subject, functions[i]));
            ims_make_set(maker, pair, "to", ims_part_address(subject, functions[j]));
            ims_make_set(maker, pair, "reach", ims_make_string(class_names[class]));
            ims_make_set(maker, pair, "bar", bar ? ims_make_uint(bar->number) : json_null());
            ims_make_set(maker, pair, "address", bar ? ims_make_hex(bar->first, 8) : json_null());
            ims_make_append(maker, pairs, pair);
        }
    }
    return 0;
}

/* Every way of the trees that connect the sets: not each pair, which would be a square. */
static int ways_part(struct ims_maker *maker, const struct ims_subject *subject, json_t *ways,
                     struct ims_error *reterr)
{
    struct ims_fabric_sets *sets = NULL;
    int code = ims_fabric_sets(subject->fabric, IMS_FABRIC_MAY, &sets, reterr);

    if (code < 0)
        return code;
    for (uint32_t i = 0; i < ims_fabric_sets_count(sets); i++) {
        const struct ims_fabric_set *set = ims_fabric_sets_at(sets, i);

        for (uint32_t e = 0; e < set->edge_count; e++)
            ims_make_append(maker, ways, ims_part_way(maker, subject, &set->edges[e]));
    }
    ims_fabric_sets_free(sets);
    return 0;
}

/* ---- hazard ranges ---- */

static json_t *range_part(struct ims_maker *maker, const struct ims_subject *subject,
                          const struct ims_fabric_hazard *hazard, uint64_t first, uint64_t last)
{
    json_t *object = json_object();
    bool peer =
        hazard->kind == IMS_FABRIC_HAZARD_PEER || hazard->kind == IMS_FABRIC_HAZARD_MAYBE_PEER;

    ims_make_set(maker, object, "first", ims_make_hex(first, 8));
    ims_make_set(maker, object, "last", ims_make_hex(last, 8));
    ims_make_set(maker, object, "kind",
                 ims_make_string(ims_fabric_hazard_kind_to_string(hazard->kind)));
    ims_make_set(maker, object, "target", ims_part_address(subject, hazard->target));
    ims_make_set(maker, object, "bar", peer ? ims_make_uint(hazard->bar) : json_null());
    return object;
}

static void overlaps_part(struct ims_maker *maker, const struct ims_subject *subject,
                          json_t *overlaps, const struct ims_fabric_hazard *hazard,
                          const struct ims_guest_ram *ram, uint32_t ram_count)
{
    for (uint32_t i = 0; i < ram_count; i++) {
        uint64_t first = hazard->first > ram[i].first ? hazard->first : ram[i].first;
        uint64_t last = hazard->last < ram[i].last ? hazard->last : ram[i].last;

        if (first <= last)
            ims_make_append(maker, overlaps, range_part(maker, subject, hazard, first, last));
    }
}

static int hazards_part(struct ims_maker *maker, const struct ims_subject *subject, json_t *array,
                        json_t *unsized, struct ims_function function,
                        const struct ims_guest_ram *ram, uint32_t ram_count,
                        struct ims_error *reterr)
{
    struct ims_fabric_hazards *hazards = NULL;
    json_t *object;
    json_t *ranges;
    json_t *overlaps;
    int code;

    if (!ims_fabric_is_issuer(subject->fabric, function))
        return 0;
    code = ims_fabric_hazards(subject->fabric, function, &hazards, reterr);
    if (code < 0)
        return code;
    object = json_object();
    ranges = json_array();
    overlaps = json_array();
    ims_make_set(maker, object, "function", ims_part_address(subject, function));
    for (uint32_t i = 0; i < ims_fabric_hazards_count(hazards); i++) {
        const struct ims_fabric_hazard *hazard = ims_fabric_hazards_at(hazards, i);

        ims_make_append(maker, ranges,
                        range_part(maker, subject, hazard, hazard->first, hazard->last));
        overlaps_part(maker, subject, overlaps, hazard, ram, ram_count);
        if (hazard->kind == IMS_FABRIC_HAZARD_MAYBE_PEER)
            ims_part_unsized(maker, subject, unsized, hazard->target, hazard->bar);
    }
    ims_make_set(maker, object, "ranges", ranges);
    ims_make_set(maker, object, "overlaps", ram_count ? overlaps : json_null());
    if (!ram_count)
        json_decref(overlaps);
    ims_make_append(maker, array, object);
    ims_fabric_hazards_free(hazards);
    return 0;
}

int ims_document_reach(const struct ims_subject *subject, const struct ims_function *functions,
                       uint32_t function_count, const struct ims_guest_ram *ram, uint32_t ram_count,
                       json_t **ret, struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.reach/1");
    json_t *members = json_array();
    json_t *pairs = json_array();
    json_t *ways = json_array();
    json_t *hazards = json_array();
    json_t *unsized = json_object();
    int code = 0;

    ims_part_fabric(&maker, subject, document);
    ims_make_set(&maker, document, "functions", members);
    ims_make_set(&maker, document, "pairs", pairs);
    ims_make_set(&maker, document, "ways", ways);
    ims_make_set(&maker, document, "hazards", hazards);
    for (uint32_t i = 0; i < function_count; i++)
        ims_make_append(&maker, members, ims_part_member(&maker, subject, functions[i]));
    if (function_count > 0)
        code = pairs_part(&maker, subject, pairs, functions, function_count);
    else
        code = ways_part(&maker, subject, ways, reterr);
    for (uint32_t i = 0; i < function_count && code == 0; i++)
        code =
            hazards_part(&maker, subject, hazards, unsized, functions[i], ram, ram_count, reterr);
    ims_part_gaps(&maker, subject, document);
    ims_part_unsized_notes(&maker, document, unsized);
    if (code < 0) {
        json_decref(document);
        return code;
    }
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
