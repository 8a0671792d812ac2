/* SPDX-License-Identifier: MIT */
#include "fabric/ends.h"

/* Generators (F4): from end to end, from many to many, and down from the hubs that they marked. */

static uint32_t sender_of(const struct ims_sets_pass *pass, struct ims_end end)
{
    return end.is_hub ? pass->best_source[end.element] : end.element;
}

bool ims_ends_send(const struct ims_sets_pass *pass, struct ims_end end, uint32_t need)
{
    const uint32_t function = sender_of(pass, end);

    return function != IMS_NONE && pass->source_depth[function] <= need;
}

/* What of a target is seen by requests that turn at depth need: nothing, or something beside it. */
static struct ims_sight sight_of(const struct ims_sets_pass *pass, struct ims_end end,
                                 uint32_t need)
{
    const struct ims_fabric *fabric = pass->fabric;
    struct ims_sight sight = {.function = end.element};

    if (end.is_hub && need == fabric->realms[fabric->nodes[end.element].realm].depth)
        return pass->beside[end.element];
    if (end.is_hub)
        sight.function = pass->best_target[end.element];
    if (sight.function == IMS_NONE || pass->target_depth[sight.function] > need)
        return (struct ims_sight){.function = IMS_NONE};
    sight.address = pass->target_address[sight.function];
    sight.bar = pass->target_bar[sight.function];
    return sight;
}

bool ims_ends_seen(const struct ims_sets_pass *pass, struct ims_end end, uint32_t need)
{
    return sight_of(pass, end, need).function != IMS_NONE;
}

struct ims_end ims_ends_source(const struct ims_sets_pass *pass, uint32_t element)
{
    return (struct ims_end){element, ims_fabric_is_bridge(&pass->fabric->nodes[element])};
}

/* ---- edges and marks ---- */

static bool join_at(struct ims_sets_pass *pass, uint32_t from, struct ims_sight to,
                    const char *rule)
{
    struct ims_fabric_edge edge = {
        .kind = pass->at == IMS_TLP_TRANSLATED ? IMS_FABRIC_EDGE_TRANSLATED : IMS_FABRIC_EDGE_DMA,
        .certainty = pass->certainty,
        .from = {from},
        .to = {to.function},
        .tlp = {.kind = IMS_TLP_MEMORY_WRITE,
                .at = pass->at,
                .address = to.address,
                .to = IMS_FUNCTION_NONE},
        .bar = to.bar,
        .rule = rule,
    };

    if (from == to.function)
        return true;
    if (ims_sets_find(pass->builder, from) == ims_sets_find(pass->builder, to.function))
        return true;
    ims_sets_join(pass->builder, &edge);
    /* The address that is seen furthest up may belong to somebody else nearby. */
    edge.tlp.address = pass->near_address[to.function];
    edge.bar = pass->near_bar[to.function];
    ims_sets_join(pass->builder, &edge);
    return ims_sets_find(pass->builder, from) == ims_sets_find(pass->builder, to.function);
}

/* By whichever of its ranges gets there. */
static void join(struct ims_sets_pass *pass, uint32_t from, uint32_t to, const char *rule)
{
    const struct ims_fabric_node *node = &pass->fabric->nodes[to];
    struct ims_sight sight = {to, pass->target_address[to], pass->target_bar[to]};
    bool joined = join_at(pass, from, sight, rule);

    for (uint32_t i = 0; i < node->bar_count && !joined; i++) {
        const struct ims_fabric_bar *bar = &pass->fabric->bars[node->bar_first + i];
        sight.address = bar->first;
        sight.bar = bar->number;
        if (bar->space == IMS_FABRIC_MEMORY)
            joined = join_at(pass, from, sight, rule);
    }
}

/* The mark that asks least of the members stays: it holds all members of the others. */
static void mark(struct ims_mark *marks, uint32_t bridge, uint32_t need, struct ims_sight mate)
{
    if (marks[bridge].set && marks[bridge].need >= need)
        return;
    marks[bridge] = (struct ims_mark){true, need, mate};
}

/*
 * Everything in source has an edge to everything in target, as far as both get up to need. Returns
 * whether there is an edge at all.
 */
bool ims_ends_emit(struct ims_sets_pass *pass, struct ims_end source, struct ims_end target,
                   uint32_t need, const char *rule)
{
    if (need == IMS_DEPTH_NEVER || !ims_ends_send(pass, source, need))
        return false;
    const uint32_t from = sender_of(pass, source);
    const struct ims_sight to = sight_of(pass, target, need);
    if (to.function == IMS_NONE || !join_at(pass, from, to, rule))
        return false;
    if (source.is_hub)
        mark(pass->source_marks, source.element, need, to);
    if (target.is_hub)
        mark(pass->target_marks, target.element, need, (struct ims_sight){.function = from});
    return true;
}

bool ims_ends_leak(const struct ims_sets_pass *pass, unsigned choices)
{
    return pass->certainty == IMS_FABRIC_MUST ? choices == IMS_CHOICE_DIRECT
                                              : (choices & IMS_CHOICE_DIRECT) != 0;
}

/*
 * How far up both ends have to get for an edge: to the realm itself when a request turns there, to
 * where returned traffic may turn back when it is sent up, or never.
 */
uint32_t ims_ends_need(const struct ims_sets_pass *pass, uint32_t realm, unsigned choices)
{
    if (ims_ends_leak(pass, choices))
        return pass->fabric->realms[realm].depth;
    return pass->certainty == IMS_FABRIC_MAY && (choices & IMS_CHOICE_UP) ? pass->hairpin[realm]
                                                                          : IMS_DEPTH_NEVER;
}

/* ---- many to many ---- */

/* Every sender has an edge to every target of another element. Linear in both. */
void ims_ends_spread(struct ims_sets_pass *pass, const struct ims_ends *senders,
                     const struct ims_ends *targets, uint32_t need, const char *rule)
{
    /* The first two together reach everything, their own targets included. */
    for (uint32_t i = 0; i < senders->count && i < 2; i++)
        for (uint32_t j = 0; j < targets->count; j++)
            if (targets->items[j].element != senders->items[i].element)
                ims_ends_emit(pass, senders->items[i], targets->items[j], need, rule);
    /* So for each further one what only the second reaches, and anything else, is enough. */
    for (uint32_t i = 2; i < senders->count; i++) {
        const struct ims_end sender = senders->items[i];
        const uint32_t first = senders->items[0].element;
        bool done = false;
        for (uint32_t j = 0; j < targets->count && j < 5 && !done; j++)
            if (targets->items[j].element != sender.element && targets->items[j].element != first) {
                ims_ends_emit(pass, sender, targets->items[j], need, rule);
                done = true;
            }
    }
}

/* Targets of the first sender, for all senders behind the second (see spread). */
void ims_ends_spread_to_first(struct ims_sets_pass *pass, const struct ims_ends *senders,
                              const struct ims_ends *targets, uint32_t need, const char *rule)
{
    struct ims_end own[2];
    unsigned count = 0;

    if (senders->count < 3)
        return;
    for (uint32_t j = 0; j < targets->count && count < 2; j++)
        if (targets->items[j].element == senders->items[0].element)
            own[count++] = targets->items[j];
    for (uint32_t i = 2; i < senders->count; i++)
        for (unsigned j = 0; j < count; j++)
            ims_ends_emit(pass, senders->items[i], own[j], need, rule);
}

/* ---- pushing marks down ---- */

static void push_sources(struct ims_sets_pass *pass, const struct ims_realm *realm)
{
    const struct ims_mark *above = &pass->source_marks[realm->bridge];

    if (!above->set)
        return;
    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t function = realm->functions[i];
        if (pass->source_depth[function] <= above->need)
            join_at(pass, function, above->mate, "F4");
        const uint32_t member = pass->best_source[function];
        if (member == IMS_NONE || pass->source_depth[member] > above->need)
            continue;
        join_at(pass, member, above->mate, "F4");
        mark(pass->source_marks, function, above->need, above->mate);
    }
}

static void push_targets(struct ims_sets_pass *pass, const struct ims_realm *realm)
{
    const struct ims_mark *above = &pass->target_marks[realm->bridge];

    if (!above->set)
        return;
    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t function = realm->functions[i];
        if (pass->target_depth[function] <= above->need)
            join(pass, above->mate.function, function, "F4");
        const uint32_t member = pass->best_target[function];
        if (member == IMS_NONE || pass->target_depth[member] > above->need)
            continue;
        join(pass, above->mate.function, member, "F4");
        mark(pass->target_marks, function, above->need, above->mate);
    }
}

/* Realms come behind those above them. */
void ims_ends_push_marks(struct ims_sets_pass *pass)
{
    const struct ims_fabric *fabric = pass->fabric;

    for (uint32_t i = 0; i < fabric->realm_count; i++) {
        if (fabric->realms[i].bridge == IMS_NONE)
            continue;
        push_sources(pass, &fabric->realms[i]);
        push_targets(pass, &fabric->realms[i]);
    }
}
