/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grouping/model.h"

struct run {
    const struct ims_grouping *grouping;
    const struct ims_settled *settled;
    struct ims_partition *partition;
    uint32_t truncated_group; /* shared by everything whose way up is not in the input */
    bool only_seen;           /* hot-added: functions that came later do not exist yet */
    bool *seen;
};

int ims_partition_init(struct ims_partition *partition, uint32_t function_count)
{
    *partition = (struct ims_partition){0};
    partition->group_of = malloc(((size_t)function_count + 1) * sizeof(*partition->group_of));
    partition->joins = calloc((size_t)function_count + 1, sizeof(*partition->joins));
    if (!partition->group_of || !partition->joins) {
        ims_partition_done(partition);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < function_count; i++) {
        partition->group_of[i] = IMS_NONE;
        partition->joins[i] = (struct ims_join){IMS_JOIN_FOUNDED, IMS_NONE, IMS_NONE};
    }
    return 0;
}

void ims_partition_done(struct ims_partition *partition)
{
    free(partition->group_of);
    free(partition->joins);
    *partition = (struct ims_partition){0};
}

static uint32_t bus_of(const struct run *run, uint32_t function)
{
    return ims_grouping_info(run->grouping, function)->bus.index;
}

static bool join(struct run *run, uint32_t function, enum ims_join_kind kind, uint32_t to,
                 uint32_t at)
{
    if (run->partition->group_of[to] == IMS_NONE)
        return false;
    run->partition->group_of[function] = run->partition->group_of[to];
    run->partition->joins[function] = (struct ims_join){kind, to, at};
    return true;
}

/* ---- phase A: who owns the requester id (R2.1-R2.5) ---- */

/* True when the function joined a group; else *ret_current is where the search goes on. */
static bool phase_alias(struct run *run, uint32_t function, uint32_t *ret_current)
{
    const uint32_t real = run->settled->nodes[function].real;
    uint32_t current = real;

    if (real != function && join(run, function, IMS_JOIN_REAL_DMA, real, real))
        return true;
    for (;;) {
        const uint32_t bridge = run->settled->lanes[bus_of(run, current)].visited;
        if (bridge == IMS_NONE)
            break;
        current = bridge;
        if (join(run, function, IMS_JOIN_BRIDGE, bridge, bridge))
            return true;
    }
    *ret_current = current;
    return false;
}

/* ---- phase B: does every transaction reach the IOMMU (R2.6-R2.8) ---- */

static bool phase_upstream(struct run *run, uint32_t function, uint32_t *current)
{
    for (;;) {
        const struct ims_lane *lane = &run->settled->lanes[bus_of(run, *current)];
        if (lane->isolated)
            return false;
        if (lane->bridge == IMS_NONE)
            break; /* the input is cut off here */
        *current = lane->bridge;
        if (join(run, function, IMS_JOIN_UPSTREAM, lane->bridge,
                 lane->failing == IMS_NONE ? lane->bridge : lane->failing))
            return true;
    }
    if (run->truncated_group == IMS_NONE)
        return false;
    run->partition->group_of[function] = run->truncated_group;
    run->partition->joins[function] = (struct ims_join){IMS_JOIN_TRUNCATED, IMS_NONE, *current};
    return true;
}

/* ---- phases C and D: peers on the bus and in the slot (R2.9-R2.12) ---- */

struct search {
    struct run *run;
    uint32_t function;   /* that is being grouped */
    uint64_t visited[4]; /* devfns, as the kernel keeps them */
    struct ims_join hit;
};

static bool search_aliases(struct search *search, uint32_t function);
static bool search_slot(struct search *search, uint32_t function);

static bool has_alias(const struct ims_settled *settled, uint32_t function, uint8_t devfn)
{
    const uint32_t index = settled->alias_of[function];
    return index != IMS_NONE && ims_devfn_bit(settled->aliases[index], devfn);
}

/* R2.9, for two functions on one bus. */
static bool are_aliases(const struct search *search, uint32_t a, uint32_t b)
{
    const struct ims_settled *settled = search->run->settled;
    const struct ims_grouping *grouping = search->run->grouping;

    return has_alias(settled, a, ims_grouping_info(grouping, b)->address.devfn) ||
           has_alias(settled, b, ims_grouping_info(grouping, a)->address.devfn) ||
           settled->nodes[a].real == b || settled->nodes[b].real == a;
}

static bool exists(const struct search *search, uint32_t function)
{
    return !search->run->only_seen || search->run->seen[function];
}

static bool hit(struct search *search, uint32_t found, uint32_t from, enum ims_join_kind kind)
{
    if (search->run->partition->group_of[found] == IMS_NONE)
        return false;
    search->hit = (struct ims_join){kind, found, from};
    return true;
}

static bool mark_visited(struct search *search, uint32_t function)
{
    const uint8_t devfn = ims_grouping_info(search->run->grouping, function)->address.devfn;
    const uint64_t bit = (uint64_t)1 << (devfn & 63);

    if (search->visited[devfn >> 6] & bit)
        return false;
    search->visited[devfn >> 6] |= bit;
    return true;
}

/* Looks from a peer that is linked to function by kind. */
static bool search_peer(struct search *search, uint32_t peer, uint32_t function,
                        enum ims_join_kind kind)
{
    return mark_visited(search, peer) &&
           (hit(search, peer, function, kind) || search_aliases(search, peer));
}

static bool search_aliases(struct search *search, uint32_t function)
{
    const struct run *run = search->run;
    const uint32_t bus_index = bus_of(run, function);

    if (!run->settled->lanes[bus_index].has_aliases)
        return false;
    const struct ims_bus_info *bus =
        ims_topology_bus(run->grouping->topology, (struct ims_bus){bus_index});
    for (uint32_t i = bus->first_function; i < bus->first_function + bus->function_count; i++) {
        if (i == function || !exists(search, i) || !are_aliases(search, function, i))
            continue;
        if (search_peer(search, i, function, IMS_JOIN_ALIAS) || search_slot(search, i))
            return true;
    }
    return false;
}

static bool search_slot(struct search *search, uint32_t function)
{
    const struct run *run = search->run;
    const struct ims_function_info *info = ims_grouping_info(run->grouping, function);
    const struct ims_bus_info *bus = ims_topology_bus(run->grouping->topology, info->bus);
    const struct ims_node *nodes = run->settled->nodes;
    uint32_t first = function;

    const bool itself = function == search->function;
    if (itself ? !nodes[function].own_multifunction || nodes[function].own_isolated
               : !nodes[function].multifunction || nodes[function].isolated)
        return false;
    while (first > bus->first_function &&
           ims_address_device(ims_grouping_info(run->grouping, first - 1)->address) ==
               ims_address_device(info->address))
        first--;
    for (uint32_t i = first; i < bus->first_function + bus->function_count &&
                             ims_address_device(ims_grouping_info(run->grouping, i)->address) ==
                                 ims_address_device(info->address);
         i++)
        if (i != function && !nodes[i].isolated && exists(search, i) &&
            search_peer(search, i, function, IMS_JOIN_SLOT))
            return true;
    return false;
}

static bool phase_peers(struct run *run, uint32_t function, uint32_t current)
{
    struct search search = {.run = run, .function = function};

    mark_visited(&search, current);
    if (!search_aliases(&search, current) && !search_slot(&search, current))
        return false;
    return join(run, function, search.hit.kind, search.hit.to, search.hit.at);
}

/* ---- all phases ---- */

static void assign_one(struct run *run, uint32_t function)
{
    uint32_t current;

    if (phase_alias(run, function, &current) || phase_upstream(run, function, &current) ||
        phase_peers(run, function, current))
        return;
    const uint32_t group = run->partition->group_count++;
    run->partition->group_of[function] = group;
    const struct ims_lane *lane = &run->settled->lanes[bus_of(run, current)];
    if (lane->truncated && lane->bridge == IMS_NONE)
        run->truncated_group = group;
}

int ims_assign(const struct ims_grouping *grouping, const struct ims_settled *settled,
               struct ims_partition *ret)
{
    const uint32_t count = ims_topology_function_count(grouping->topology);
    struct run run = {.grouping = grouping,
                      .settled = settled,
                      .partition = ret,
                      .truncated_group = IMS_NONE,
                      .only_seen = grouping->judge.probe == IMS_PROBE_HOT_ADDED};

    if (ims_partition_init(ret, count) < 0)
        return -ENOMEM;
    run.seen = calloc((size_t)count + 1, sizeof(*run.seen));
    if (!run.seen) {
        ims_partition_done(ret);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < grouping->order_count; i++) {
        run.seen[grouping->order[i]] = true;
        if (settled->nodes[grouping->order[i]].managed)
            assign_one(&run, grouping->order[i]);
    }
    free(run.seen);
    return 0;
}
