/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grouping/model.h"

/* An unknown is settled as likely, or so that it merges nothing, or so that it merges. */
static bool settle(enum ims_tristate state, bool likely, bool merging_value,
                   enum ims_assumption assumption)
{
    if (state != IMS_UNKNOWN)
        return state == IMS_YES;
    if (assumption == IMS_ASSUME_LIKELY)
        return likely;
    return assumption == IMS_ASSUME_COARSEST ? merging_value : !merging_value;
}

static enum ims_walk settle_walk(const struct ims_grouping *grouping, uint32_t function,
                                 enum ims_assumption assumption)
{
    const struct ims_judge *judge = &grouping->judge;
    const struct ims_function handle = {function};
    bool likely;
    enum ims_tristate state;

    state = ims_judge_translation_root(judge, handle, &likely);
    if (settle(state, likely, false, assumption))
        return IMS_WALK_STOP;

    switch (ims_judge_port_type(judge, handle)) {
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
        state = ims_judge_no_alias(judge, handle, &likely);
        return settle(state, likely, false, assumption) ? IMS_WALK_PASS : IMS_WALK_VISIT;
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
    case IMS_PORT_CONVENTIONAL:
        return IMS_WALK_VISIT;
    case IMS_PORT_UNKNOWN:
        if (assumption == IMS_ASSUME_LIKELY &&
            ims_judge_lists_damaged(ims_grouping_info(grouping, function)))
            return IMS_WALK_VISIT; /* without the capability it counts as conventional */
        return assumption == IMS_ASSUME_COARSEST ? IMS_WALK_VISIT : IMS_WALK_PASS;
    case IMS_PORT_ENDPOINT:
    case IMS_PORT_LEGACY_ENDPOINT:
    case IMS_PORT_ROOT:
    case IMS_PORT_UPSTREAM:
    case IMS_PORT_DOWNSTREAM:
    case IMS_PORT_RC_ENDPOINT:
    case IMS_PORT_RC_EVENT_COLLECTOR:
    default:
        return IMS_WALK_PASS;
    }
}

static void settle_node(const struct ims_grouping *grouping, uint32_t function,
                        enum ims_assumption assumption, struct ims_node *node)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);
    const struct ims_acs_verdict *verdict = &grouping->verdicts[function];
    const struct ims_acs_verdict *own = &grouping->own_verdicts[function];
    struct ims_judge judge = grouping->judge;
    bool likely;
    enum ims_tristate multi;

    multi = ims_judge_multifunction(&judge, (struct ims_function){function}, &likely);
    node->isolated = settle(verdict->isolated, verdict->likely, false, assumption);
    node->multifunction = settle(multi, likely, true, assumption);
    judge.being_added = judge.probe == IMS_PROBE_HOT_ADDED;
    multi = ims_judge_multifunction(&judge, (struct ims_function){function}, &likely);
    node->own_isolated = settle(own->isolated, own->likely, false, assumption);
    node->own_multifunction = settle(multi, likely, true, assumption);
    node->managed = ims_grouping_is_managed(grouping, function);
    node->walk = ims_bus_is_none(info->secondary_bus) ? IMS_WALK_PASS
                                                      : settle_walk(grouping, function, assumption);
    node->real = ims_function_is_none(info->vmd_endpoint) ? function : info->vmd_endpoint.index;
}

/* Buses come after their parents, so one pass hands the state down. */
static void settle_lane(const struct ims_grouping *grouping, struct ims_settled *settled,
                        uint32_t bus)
{
    const struct ims_bus_info *info = ims_topology_bus(grouping->topology, (struct ims_bus){bus});
    struct ims_lane *lane = &settled->lanes[bus];

    *lane = (struct ims_lane){
        .bridge = IMS_NONE, .visited = IMS_NONE, .failing = IMS_NONE, .isolated = true};
    if (ims_bus_is_none(info->parent)) {
        lane->truncated = info->is_root != IMS_YES && settled->assumption == IMS_ASSUME_COARSEST;
        lane->isolated = !lane->truncated;
        return;
    }

    *lane = settled->lanes[info->parent.index];
    lane->has_aliases = false;
    if (ims_function_is_none(info->bridge))
        return; /* a virtual bus shares everything with the bus of its PFs (R1.2) */

    const uint32_t bridge = info->bridge.index;
    const struct ims_node *node = &settled->nodes[bridge];
    lane->bridge = bridge;
    if (node->walk == IMS_WALK_STOP)
        lane->visited = IMS_NONE;
    else if (node->walk == IMS_WALK_VISIT)
        lane->visited = bridge;
    if (!node->isolated) {
        lane->failing = bridge;
        lane->isolated = false;
    }
}

/* Every function may have come before the bridges above it, its neighbours after them (R3.4a). */
static void part_from_bridges(const struct ims_grouping *grouping, struct ims_settled *settled,
                              uint32_t function_count, uint32_t bus_count)
{
    for (uint32_t i = 0; i < function_count; i++) {
        const struct ims_lane *lane = &settled->lanes[ims_grouping_info(grouping, i)->bus.index];
        if (lane->visited == IMS_NONE && lane->failing == IMS_NONE)
            continue;
        settled->nodes[i].multifunction = false;
        settled->nodes[i].own_multifunction = false;
    }
    for (uint32_t i = 0; i < bus_count; i++) {
        settled->lanes[i].visited = IMS_NONE;
        settled->lanes[i].failing = IMS_NONE;
        settled->lanes[i].isolated = true;
    }
}

static int settle_aliases(const struct ims_grouping *grouping, struct ims_settled *settled,
                          uint32_t function_count)
{
    uint32_t count = 0;
    uint32_t capacity = 0;

    for (uint32_t i = 0; i < function_count; i++) {
        struct ims_alias_mask mask;
        settled->alias_of[i] = IMS_NONE;
        if (!ims_judge_aliases(&grouping->judge, (struct ims_function){i}, &mask))
            continue;
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            void *grown = realloc(settled->aliases, capacity * sizeof(*settled->aliases));
            if (!grown)
                return -ENOMEM;
            settled->aliases = grown;
        }
        memcpy(settled->aliases[count],
               settled->assumption == IMS_ASSUME_LIKELY   ? mask.likely
               : settled->assumption == IMS_ASSUME_FINEST ? mask.certain
                                                          : mask.possible,
               sizeof(*settled->aliases));
        settled->alias_of[i] = count++;
        settled->lanes[ims_grouping_info(grouping, i)->bus.index].has_aliases = true;
    }
    return 0;
}

int ims_settle(const struct ims_grouping *grouping, enum ims_assumption assumption,
               struct ims_settled *ret)
{
    const uint32_t function_count = ims_topology_function_count(grouping->topology);
    const uint32_t bus_count = ims_topology_bus_count(grouping->topology);

    *ret = (struct ims_settled){.assumption = assumption};
    ret->nodes = calloc((size_t)function_count + 1, sizeof(*ret->nodes));
    ret->lanes = calloc((size_t)bus_count + 1, sizeof(*ret->lanes));
    ret->alias_of = calloc((size_t)function_count + 1, sizeof(*ret->alias_of));
    if (!ret->nodes || !ret->lanes || !ret->alias_of) {
        ims_settled_done(ret);
        return -ENOMEM;
    }

    for (uint32_t i = 0; i < function_count; i++)
        settle_node(grouping, i, assumption, &ret->nodes[i]);
    for (uint32_t i = 0; i < bus_count; i++)
        settle_lane(grouping, ret, i);
    if (grouping->by_driver && assumption == IMS_ASSUME_FINEST)
        part_from_bridges(grouping, ret, function_count, bus_count);
    if (settle_aliases(grouping, ret, function_count) < 0) {
        ims_settled_done(ret);
        return -ENOMEM;
    }
    return 0;
}

void ims_settled_done(struct ims_settled *settled)
{
    free(settled->nodes);
    free(settled->lanes);
    free(settled->aliases);
    free(settled->alias_of);
    *settled = (struct ims_settled){0};
}
