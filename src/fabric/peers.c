/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "fabric/sets.h"

/* Generators (F4): who may turn a request to whom, realm by realm. */

/* One end of a generator: a function itself, or the hub of a bridge. */
struct end {
    uint32_t element; /* of the realm */
    bool is_hub;
};

struct ends {
    struct end *items;
    uint32_t count;
};

static uint32_t sender_of(const struct ims_sets_pass *pass, struct end end)
{
    return end.is_hub ? pass->best_source[end.element] : end.element;
}

static bool sends(const struct ims_sets_pass *pass, struct end end, uint32_t need)
{
    const uint32_t function = sender_of(pass, end);

    return function != IMS_NONE && pass->source_depth[function] <= need;
}

/* What of a target is seen by requests that turn at depth need: nothing, or something beside it. */
static struct ims_sight sight_of(const struct ims_sets_pass *pass, struct end end, uint32_t need)
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

static bool is_hit(const struct ims_sets_pass *pass, struct end end, uint32_t need)
{
    return sight_of(pass, end, need).function != IMS_NONE;
}

static struct end source_of(const struct ims_sets_pass *pass, uint32_t element)
{
    return (struct end){element, ims_fabric_is_bridge(&pass->fabric->nodes[element])};
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
static bool emit(struct ims_sets_pass *pass, struct end source, struct end target, uint32_t need,
                 const char *rule)
{
    if (need == IMS_DEPTH_NEVER || !sends(pass, source, need))
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

static bool leaks(const struct ims_sets_pass *pass, unsigned choices)
{
    return pass->certainty == IMS_FABRIC_MUST ? choices == IMS_CHOICE_DIRECT
                                              : (choices & IMS_CHOICE_DIRECT) != 0;
}

/*
 * How far up both ends have to get for an edge: to the realm itself when a request turns there, to
 * where returned traffic may turn back when it is sent up, or never.
 */
static uint32_t need_of(const struct ims_sets_pass *pass, uint32_t realm, unsigned choices)
{
    if (leaks(pass, choices))
        return pass->fabric->realms[realm].depth;
    return pass->certainty == IMS_FABRIC_MAY && (choices & IMS_CHOICE_UP) ? pass->hairpin[realm]
                                                                          : IMS_DEPTH_NEVER;
}

/* ---- many to many ---- */

/* Every sender has an edge to every target of another element. Linear in both. */
static void spread(struct ims_sets_pass *pass, const struct ends *senders,
                   const struct ends *targets, uint32_t need, const char *rule)
{
    /* The first two together reach everything, their own targets included. */
    for (uint32_t i = 0; i < senders->count && i < 2; i++)
        for (uint32_t j = 0; j < targets->count; j++)
            if (targets->items[j].element != senders->items[i].element)
                emit(pass, senders->items[i], targets->items[j], need, rule);
    /* So for each further one what only the second reaches, and anything else, is enough. */
    for (uint32_t i = 2; i < senders->count; i++) {
        const struct end sender = senders->items[i];
        const uint32_t first = senders->items[0].element;
        bool done = false;
        for (uint32_t j = 0; j < targets->count && j < 5 && !done; j++)
            if (targets->items[j].element != sender.element && targets->items[j].element != first) {
                emit(pass, sender, targets->items[j], need, rule);
                done = true;
            }
    }
}

/* Targets of the first sender, for all senders behind the second (see spread). */
static void spread_to_first(struct ims_sets_pass *pass, const struct ends *senders,
                            const struct ends *targets, uint32_t need, const char *rule)
{
    struct end own[2];
    unsigned count = 0;

    if (senders->count < 3)
        return;
    for (uint32_t j = 0; j < targets->count && count < 2; j++)
        if (targets->items[j].element == senders->items[0].element)
            own[count++] = targets->items[j];
    for (uint32_t i = 2; i < senders->count; i++)
        for (unsigned j = 0; j < count; j++)
            emit(pass, senders->items[i], own[j], need, rule);
}

/* Work space of one realm. */
struct field {
    struct ims_sets_pass *pass;
    uint32_t realm;
    struct ends senders; /* scratch */
    struct ends targets;
    struct ends few; /* scratch: the targets of one need */
    uint32_t needs[2];
};

static void add_targets(struct field *field, uint32_t element, bool bar, bool window)
{
    const struct ims_sets_pass *pass = field->pass;

    if (bar && pass->target_depth[element] != IMS_DEPTH_NEVER)
        field->targets.items[field->targets.count++] = (struct end){element, false};
    if (window && ims_fabric_is_bridge(&pass->fabric->nodes[element]) &&
        pass->best_target[element] != IMS_NONE)
        field->targets.items[field->targets.count++] = (struct end){element, true};
}

/* All senders whose need is one value, to all targets that it leaves. */
static void spread_need(struct field *field, const uint32_t *needs, uint32_t need, const char *rule)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_realm *realm = &pass->fabric->realms[field->realm];

    field->senders.count = field->few.count = 0;
    if (need == IMS_DEPTH_NEVER)
        return;
    for (uint32_t i = 0; i < realm->function_count; i++) {
        const struct end source = source_of(pass, realm->functions[i]);
        if (needs[i] == need && sends(pass, source, need))
            field->senders.items[field->senders.count++] = source;
    }
    if (field->senders.count == 0)
        return;
    for (uint32_t i = 0; i < field->targets.count; i++)
        if (is_hit(pass, field->targets.items[i], need))
            field->few.items[field->few.count++] = field->targets.items[i];
    spread(pass, &field->senders, &field->few, need, rule);
    spread_to_first(pass, &field->senders, &field->few, need, rule);
}

/*
 * One kind of target in a realm. Senders without egress control treat all of them alike, so that
 * one question each is enough; the others are asked for every target (F5).
 */
static void spread_kind(struct field *field, bool window, uint32_t *needs, const char *rule)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_fabric *fabric = pass->fabric;
    const struct ims_realm *realm = &fabric->realms[field->realm];
    const struct ims_tlp tlp = {.kind = IMS_TLP_MEMORY_WRITE, .at = pass->at};

    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t sender = realm->functions[i];
        const struct end source = source_of(pass, sender);
        needs[i] = IMS_DEPTH_NEVER;
        if (!sends(pass, source, realm->depth))
            continue;
        if (fabric->nodes[sender].controls.e != IMS_NO && realm->kind != IMS_REALM_BUS) {
            for (uint32_t j = 0; j < field->targets.count; j++) {
                const struct end target = field->targets.items[j];
                if (target.element != sender)
                    emit(pass, source, target,
                         need_of(pass, field->realm,
                                 ims_fabric_choices(fabric, sender, target.element, window, &tlp)),
                         rule);
            }
            continue;
        }
        for (uint32_t j = 0; j < field->targets.count; j++)
            if (field->targets.items[j].element != sender) {
                needs[i] =
                    need_of(pass, field->realm,
                            ims_fabric_choices(fabric, sender, field->targets.items[j].element,
                                               window, &tlp));
                break;
            }
    }
    spread_need(field, needs, realm->depth, rule);
    if (pass->hairpin[field->realm] != realm->depth)
        spread_need(field, needs, pass->hairpin[field->realm], "A4.6");
}

/* ---- the realms ---- */

/* Register BARs of ports: their senders are alike but for their own control (A2.6, A2.8, A3.3). */
static void spread_registers(struct field *field, uint32_t sender, uint32_t upstream)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_fabric *fabric = pass->fabric;
    const struct ims_realm *realm = &fabric->realms[field->realm];
    const struct ims_controls *controls = &fabric->nodes[sender].controls;
    const struct end source = source_of(pass, sender);
    const uint32_t port_need =
        need_of(pass, field->realm, ims_choices_target(controls->dsp_target));

    if (!sends(pass, source, realm->depth))
        return;
    /* The first sender of a need reaches all of them; the others only have to join it. */
    for (unsigned i = 0; i < 2; i++)
        if (port_need != IMS_DEPTH_NEVER && field->needs[i] == port_need) {
            for (uint32_t j = 0; j < field->targets.count; j++)
                if (is_hit(pass, field->targets.items[j], port_need)) {
                    emit(pass, source, field->targets.items[j], port_need, "A2.6, A3.3");
                    break;
                }
            goto upstream;
        }
    if (port_need != IMS_DEPTH_NEVER) {
        for (uint32_t j = 0; j < field->targets.count; j++)
            emit(pass, source, field->targets.items[j], port_need, "A2.6, A3.3");
        field->needs[field->needs[0] == IMS_DEPTH_NEVER ? 0 : 1] = port_need;
    }
upstream:
    emit(pass, source, (struct end){upstream, false},
         need_of(pass, field->realm, ims_choices_target(controls->usp_target)), "A2.8, A3.3");
}

static void do_switch(struct field *field, uint32_t *needs)
{
    const struct ims_fabric *fabric = field->pass->fabric;
    const struct ims_realm *realm = &fabric->realms[field->realm];

    for (unsigned ports = 0; ports < 2; ports++) {
        /* What is no downstream port does not belong here: targets of either kind apart. */
        field->targets.count = 0;
        for (uint32_t i = 0; i < realm->function_count; i++) {
            const bool port = fabric->nodes[realm->functions[i]].role == IMS_ROLE_DOWNSTREAM;
            if (port == (ports == 1))
                add_targets(field, realm->functions[i], !port, true);
        }
        spread_kind(field, true, needs, "A2.7, A3.1");
    }
    field->targets.count = 0;
    field->needs[0] = field->needs[1] = IMS_DEPTH_NEVER;
    for (uint32_t i = 0; i < realm->function_count; i++)
        if (fabric->nodes[realm->functions[i]].role == IMS_ROLE_DOWNSTREAM)
            add_targets(field, realm->functions[i], true, false);
    for (uint32_t i = 0; i < realm->function_count; i++)
        spread_registers(field, realm->functions[i], realm->bridge);
}

static void do_root(struct field *field, uint32_t *needs)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_fabric *fabric = pass->fabric;
    const struct ims_realm *realm = &fabric->realms[field->realm];

    for (unsigned cut = 0; cut < 2; cut++) {
        field->targets.count = 0;
        for (uint32_t i = 0; i < realm->function_count; i++)
            if (fabric->nodes[realm->functions[i]].cut_off == (cut == 1))
                add_targets(field, realm->functions[i], true, true);
        spread_kind(field, true, needs, "A5.1");
    }
    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t port = realm->functions[i];
        if (fabric->nodes[port].role == IMS_ROLE_ROOT_PORT &&
            leaks(pass, ims_choices_target(fabric->nodes[port].controls.dsp_target)))
            emit(pass, (struct end){port, true}, (struct end){port, false}, realm->depth,
                 "A2.6, A3.3");
    }
}

/*
 * A bridge to a parallel bus passes up what is meant for its own register BAR; where the port above
 * turns that back, it arrives (A4.6).
 */
static void return_to_bridges(struct field *field)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_realm *realm = &pass->fabric->realms[field->realm];

    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t bridge = realm->functions[i];
        const enum ims_role role = pass->fabric->nodes[bridge].role;
        if (role != IMS_ROLE_ENDPOINT && role != IMS_ROLE_UPSTREAM)
            emit(pass, (struct end){bridge, true}, (struct end){bridge, false},
                 pass->hairpin[field->realm], "A4.6");
    }
}

/*
 * What a subtractive bridge takes only from above goes past it, whatever its neighbours do with
 * peers, and comes back where a port above may turn it (C8, A4.6).
 */
static void return_to_hidden(struct field *field)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_realm *realm = &pass->fabric->realms[field->realm];
    const uint32_t need = pass->hairpin[field->realm];

    field->targets.count = 0;
    for (uint32_t i = 0; i < realm->function_count && need != IMS_DEPTH_NEVER; i++)
        if (ims_sets_hides(pass->fabric, realm->functions[i]))
            add_targets(field, realm->functions[i], false, true);
    if (field->targets.count == 0)
        return;
    for (uint32_t i = 0; i < realm->function_count; i++) {
        const struct end source = source_of(pass, realm->functions[i]);
        /* The first two together reach all of them; the others only have to join one (see spread). */
        for (uint32_t j = 0; j < field->targets.count; j++)
            if (field->targets.items[j].element != source.element &&
                emit(pass, source, field->targets.items[j], need, "C8, A4.6") && i > 1)
                break;
    }
}

static void do_realm(struct field *field, uint32_t *needs)
{
    const struct ims_realm *realm = &field->pass->fabric->realms[field->realm];

    if (field->pass->certainty == IMS_FABRIC_MAY)
        return_to_hidden(field);

    if (realm->kind == IMS_REALM_SWITCH) {
        do_switch(field, needs);
        return;
    }
    if (realm->kind == IMS_REALM_ROOT) {
        do_root(field, needs);
        return;
    }
    if (realm->kind == IMS_REALM_UNKNOWN && field->pass->certainty == IMS_FABRIC_MUST)
        return;
    field->targets.count = 0;
    for (uint32_t i = 0; i < realm->function_count; i++)
        add_targets(field, realm->functions[i], true, true);
    spread_kind(field, true, needs, realm->kind == IMS_REALM_BUS ? "C9" : "A6.2");
    if (realm->kind == IMS_REALM_LINK && field->pass->certainty == IMS_FABRIC_MAY)
        return_to_bridges(field);
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

void ims_sets_peers(struct ims_sets_pass *pass)
{
    const struct ims_fabric *fabric = pass->fabric;
    struct field field = {.pass = pass};
    uint32_t widest = 0;

    for (uint32_t i = 0; i < fabric->realm_count; i++)
        if (fabric->realms[i].function_count > widest)
            widest = fabric->realms[i].function_count;
    const size_t room = (size_t)widest + 1;
    uint32_t *needs = malloc(room * sizeof(*needs));
    field.senders.items = malloc(room * sizeof(struct end));
    field.targets.items = malloc(2 * room * sizeof(struct end));
    field.few.items = malloc(2 * room * sizeof(struct end));
    if (!needs || !field.senders.items || !field.targets.items || !field.few.items) {
        pass->builder->error = -ENOMEM;
    } else {
        for (field.realm = 0; field.realm < fabric->realm_count; field.realm++)
            do_realm(&field, needs);
        for (uint32_t i = 0; i < fabric->realm_count; i++) {
            if (fabric->realms[i].bridge == IMS_NONE)
                continue;
            push_sources(pass, &fabric->realms[i]);
            push_targets(pass, &fabric->realms[i]);
        }
    }
    free(needs);
    free(field.senders.items);
    free(field.targets.items);
    free(field.few.items);
}
