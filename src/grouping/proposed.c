/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "grouping/model.h"

/*
 * The series of 2025 turns the question round: it asks how isolated a bus is, and groups that are
 * not isolated hold everything below their members (R9.7-R9.10).
 */

enum bus_isolation {
    BUS_ISOLATED = 0,
    BUS_SHARED,     /* all functions of the bus share one group; the bridge is not in it */
    BUS_WITH_BRIDGE /* all functions of the bus join the bridge's group */
};

struct run {
    const struct ims_grouping *grouping;
    const struct ims_settled *settled;
    struct ims_partition *partition;
    uint32_t *component; /* per function: lowest function it is linked to on its bus */
    uint32_t *first_of;  /* per component: a function that has a group already, or IMS_NONE */
    uint32_t *bus_first; /* per bus: the first function of its shared group, or IMS_NONE */
    bool *multiple;      /* per component: more than one function */
    bool *shared;        /* per group: not isolated, things below its members join it */
    uint32_t truncated;  /* the first function whose way up is not in the input, or IMS_NONE */
};

/* Having none merges more inside a switch (R9.10), so an unknown is settled the other way round. */
static bool lacks_acs(const struct run *run, uint32_t function)
{
    const enum ims_tristate present = ims_grouping_info(run->grouping, function)->acs.present;

    return present == IMS_NO ||
           (present == IMS_UNKNOWN && run->settled->assumption != IMS_ASSUME_FINEST);
}

static bool has_acs(const struct run *run, uint32_t function)
{
    const enum ims_tristate present = ims_grouping_info(run->grouping, function)->acs.present;

    return present == IMS_YES ||
           (present == IMS_UNKNOWN && run->settled->assumption == IMS_ASSUME_COARSEST);
}

/* ---- how isolated is a bus (R9.7, R9.10) ---- */

/* Bits of "ACS Enhanced" (PCIe 5.0 6.12.1.1), which the released kernels do not know (R1.10). */
#define ACS_ENHANCED 0x80u                     /* capability */
#define ACS_DOWNSTREAM_TARGETS_REDIRECT 0x200u /* control: memory targets of downstream ports */
#define ACS_UPSTREAM_TARGETS_REDIRECT 0x800u   /* control: memory targets of the upstream port */

/* Whether a port that has the Enhanced bits leaves one of them off (R9.10); rows by id excuse it. */
static bool lacks_enhanced(const struct run *run, uint32_t function, uint32_t bit)
{
    const struct ims_acs *acs = &ims_grouping_info(run->grouping, function)->acs;
    const bool coarsest = run->settled->assumption == IMS_ASSUME_COARSEST;
    const struct ims_acs_verdict *verdict = &run->grouping->verdicts[function];
    /* The words that were judged: some ports keep them elsewhere (R4.21). */
    const bool judged = verdict->has_registers;
    const enum ims_tristate enhanced =
        ims_bits_test(judged ? verdict->capability : acs->capability, ACS_ENHANCED);
    const enum ims_tristate on = ims_bits_test(judged ? verdict->control : acs->control, bit);
    const bool excused = verdict->isolated == IMS_YES && !verdict->has_registers;

    if (acs->present == IMS_NO || excused)
        return false;
    return (enhanced == IMS_YES || (enhanced == IMS_UNKNOWN && coarsest)) &&
           (on == IMS_NO || (on == IMS_UNKNOWN && coarsest));
}

/* The kernel's test as the series extends it. */
static bool is_isolated(const struct run *run, uint32_t function)
{
    return run->settled->nodes[function].isolated &&
           !lacks_enhanced(run, function, ACS_DOWNSTREAM_TARGETS_REDIRECT);
}

static bool has_register_window(const struct ims_function_info *info)
{
    for (unsigned i = 0; i < 2; i++)
        if (info->pci.bars[i].kind == IMS_BAR_MEMORY32 ||
            info->pci.bars[i].kind == IMS_BAR_MEMORY64)
            return true;
    return info->pci.bars[IMS_BAR_ROM_INDEX].kind == IMS_BAR_ROM;
}

static bool uses_other_ids(const struct run *run, uint32_t function)
{
    const uint32_t index = run->settled->alias_of[function];
    const uint64_t *bits = index == IMS_NONE ? NULL : run->settled->aliases[index];

    return bits && (bits[0] | bits[1] | bits[2] | bits[3]);
}

/* The inside of a switch: the first member that offends decides. */
static enum bus_isolation inside_switch(const struct run *run, const struct ims_bus_info *bus)
{
    for (uint32_t i = bus->first_function; i < bus->first_function + bus->function_count; i++) {
        const enum ims_port_type type =
            ims_judge_port_type(&run->grouping->judge, (struct ims_function){i});
        const bool may_be_port =
            type == IMS_PORT_DOWNSTREAM ||
            (type == IMS_PORT_UNKNOWN && run->settled->assumption != IMS_ASSUME_COARSEST);
        if (!may_be_port || uses_other_ids(run, i) ||
            lacks_enhanced(run, i, ACS_UPSTREAM_TARGETS_REDIRECT))
            return BUS_WITH_BRIDGE;
        if (is_isolated(run, i))
            continue;
        /* Without any structure requests to the upstream port are not redirected either. */
        return lacks_acs(run, i) ? BUS_WITH_BRIDGE : BUS_SHARED;
    }
    return BUS_ISOLATED;
}

static bool aliases_like_pcie_bridge(const struct run *run, uint32_t bridge)
{
    return ims_judge_pcie_alias(&run->grouping->judge, (struct ims_function){bridge});
}

static enum bus_isolation isolation_of(const struct run *run, const struct ims_bus_info *bus)
{
    if (ims_function_is_none(bus->bridge))
        return BUS_ISOLATED;

    const uint32_t bridge = bus->bridge.index;
    const struct ims_function_info *info = ims_grouping_info(run->grouping, bridge);
    const enum bus_isolation behind_pci_bridge =
        has_register_window(info) ? BUS_WITH_BRIDGE : BUS_SHARED;

    switch (ims_judge_port_type(&run->grouping->judge, bus->bridge)) {
    case IMS_PORT_ROOT:
        return has_acs(run, bridge) && !is_isolated(run, bridge) ? BUS_WITH_BRIDGE : BUS_ISOLATED;
    case IMS_PORT_DOWNSTREAM:
        return BUS_ISOLATED;
    case IMS_PORT_UPSTREAM:
        return inside_switch(run, bus);
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
        return behind_pci_bridge;
    case IMS_PORT_CONVENTIONAL:
        return aliases_like_pcie_bridge(run, bridge) ? behind_pci_bridge : BUS_WITH_BRIDGE;
    case IMS_PORT_UNKNOWN:
        return run->settled->assumption == IMS_ASSUME_COARSEST ? BUS_WITH_BRIDGE : BUS_ISOLATED;
    case IMS_PORT_ENDPOINT:
    case IMS_PORT_LEGACY_ENDPOINT:
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
    case IMS_PORT_RC_ENDPOINT:
    case IMS_PORT_RC_EVENT_COLLECTOR:
    default:
        return BUS_WITH_BRIDGE;
    }
}

/* ---- links between functions of one bus (R2.9, R9.9) ---- */

static bool same_device(const struct run *run, uint32_t a, uint32_t b)
{
    const struct ims_node *nodes = run->settled->nodes;
    const struct ims_function_info *left = ims_grouping_info(run->grouping, a);
    const struct ims_function_info *right = ims_grouping_info(run->grouping, b);

    if (left->is_vf == IMS_YES || right->is_vf == IMS_YES ||
        ims_address_device(left->address) != ims_address_device(right->address))
        return false;
    if (nodes[a].multifunction != nodes[b].multifunction)
        return true;
    if (!nodes[a].multifunction)
        return false;
    return (has_acs(run, a) && !nodes[a].isolated) || (has_acs(run, b) && !nodes[b].isolated);
}

static bool are_aliases(const struct run *run, uint32_t a, uint32_t b)
{
    const struct ims_settled *settled = run->settled;
    const uint8_t devfn_a = ims_grouping_info(run->grouping, a)->address.devfn;
    const uint8_t devfn_b = ims_grouping_info(run->grouping, b)->address.devfn;

    return (settled->alias_of[a] != IMS_NONE &&
            ims_devfn_bit(settled->aliases[settled->alias_of[a]], devfn_b)) ||
           (settled->alias_of[b] != IMS_NONE &&
            ims_devfn_bit(settled->aliases[settled->alias_of[b]], devfn_a));
}

static uint32_t find(uint32_t *component, uint32_t function)
{
    while (component[function] != function) {
        component[function] = component[component[function]];
        function = component[function];
    }
    return function;
}

static void link_bus(struct run *run, const struct ims_bus_info *bus, bool has_aliases)
{
    const uint32_t end = bus->first_function + bus->function_count;

    for (uint32_t a = bus->first_function; a < end; a++)
        for (uint32_t b = a + 1; b < end; b++) {
            /* Without aliases only the neighbours of one slot can be linked. */
            if (!has_aliases && ims_grouping_info(run->grouping, a)->address.devfn >> 3 !=
                                    ims_grouping_info(run->grouping, b)->address.devfn >> 3)
                break;
            if (!same_device(run, a, b) && !are_aliases(run, a, b))
                continue;
            const uint32_t left = find(run->component, a);
            const uint32_t right = find(run->component, b);
            const uint32_t low = left < right ? left : right;
            run->component[left < right ? right : left] = low;
            run->multiple[low] = true;
        }
}

/* ---- groups (R9.8) ---- */

static void found(struct run *run, uint32_t function, bool shared)
{
    const uint32_t group = run->partition->group_count++;

    run->partition->group_of[function] = group;
    run->shared[group] = shared;
}

static bool join(struct run *run, uint32_t function, enum ims_join_kind kind, uint32_t to,
                 uint32_t at)
{
    if (to == IMS_NONE || run->partition->group_of[to] == IMS_NONE)
        return false;
    run->partition->group_of[function] = run->partition->group_of[to];
    run->partition->joins[function] = (struct ims_join){kind, to, at};
    return true;
}

static void assign_one(struct run *run, uint32_t function)
{
    const struct ims_function_info *info = ims_grouping_info(run->grouping, function);
    const uint32_t real = run->settled->nodes[function].real;

    if (real != function && join(run, function, IMS_JOIN_REAL_DMA, real, real))
        return;

    /* The bus of a VF's physical function decides for the VF. */
    struct ims_bus bus = ims_function_is_none(info->physfn)
                             ? info->bus
                             : ims_grouping_info(run->grouping, info->physfn.index)->bus;
    while (ims_topology_bus(run->grouping->topology, bus)->is_virtual)
        bus = ims_topology_bus(run->grouping->topology, bus)->parent;
    const struct ims_bus_info *bus_info = ims_topology_bus(run->grouping->topology, bus);
    const uint32_t bridge = bus_info->bridge.index;

    if (bridge != IMS_NONE && run->settled->nodes[bridge].walk == IMS_WALK_STOP) {
        found(run, function, false);
        return;
    }
    if (bridge != IMS_NONE && run->partition->group_of[bridge] != IMS_NONE &&
        run->shared[run->partition->group_of[bridge]] &&
        join(run, function, IMS_JOIN_PROPOSED_BRIDGE, bridge, bridge))
        return;

    if (bridge == IMS_NONE && run->settled->lanes[bus.index].truncated) {
        if (join(run, function, IMS_JOIN_TRUNCATED, run->truncated, function))
            return;
        run->truncated = function;
        found(run, function, true);
        return;
    }

    const enum bus_isolation isolation = isolation_of(run, bus_info);
    if (isolation == BUS_WITH_BRIDGE &&
        join(run, function, IMS_JOIN_PROPOSED_BRIDGE, bridge, bridge)) {
        run->shared[run->partition->group_of[function]] = true;
        return;
    }
    if (isolation == BUS_SHARED) {
        if (join(run, function, IMS_JOIN_PROPOSED_BUS, run->bus_first[bus.index], bridge))
            return;
        run->bus_first[bus.index] = function;
        found(run, function, true);
        return;
    }

    const uint32_t component = find(run->component, function);
    if (join(run, function, IMS_JOIN_PROPOSED_SLOT, run->first_of[component],
             run->first_of[component]))
        return;
    run->first_of[component] = function;
    found(run, function, run->multiple[component]);
}

static void run_done(struct run *run)
{
    free(run->component);
    free(run->first_of);
    free(run->bus_first);
    free(run->multiple);
    free(run->shared);
}

static int run_init(struct run *run)
{
    const size_t functions = (size_t)ims_topology_function_count(run->grouping->topology) + 1;
    const size_t buses = (size_t)ims_topology_bus_count(run->grouping->topology) + 1;

    run->component = malloc(functions * sizeof(*run->component));
    run->first_of = malloc(functions * sizeof(*run->first_of));
    run->bus_first = malloc(buses * sizeof(*run->bus_first));
    run->multiple = calloc(functions, sizeof(*run->multiple));
    run->shared = calloc(functions, sizeof(*run->shared));
    if (!run->component || !run->first_of || !run->bus_first || !run->multiple || !run->shared)
        return -ENOMEM;
    for (uint32_t i = 0; i < functions; i++) {
        run->component[i] = i;
        run->first_of[i] = IMS_NONE;
    }
    for (uint32_t i = 0; i < buses; i++)
        run->bus_first[i] = IMS_NONE;
    return 0;
}

int ims_assign_proposed(const struct ims_grouping *grouping, const struct ims_settled *settled,
                        struct ims_partition *ret)
{
    struct run run = {
        .grouping = grouping, .settled = settled, .partition = ret, .truncated = IMS_NONE};
    int r = run_init(&run);

    if (r == 0)
        r = ims_partition_init(ret, ims_topology_function_count(grouping->topology));
    if (r == 0) {
        for (uint32_t i = 0; i < ims_topology_bus_count(grouping->topology); i++)
            link_bus(&run, ims_topology_bus(grouping->topology, (struct ims_bus){i}),
                     settled->lanes[i].has_aliases);
        for (uint32_t i = 0; i < grouping->order_count; i++)
            if (settled->nodes[grouping->order[i]].managed)
                assign_one(&run, grouping->order[i]);
    }
    run_done(&run);
    return r;
}
