/* SPDX-License-Identifier: MIT */
#include "grouping/explanation.h"

static void say(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                enum ims_rule_id rule, uint32_t at, uint32_t from, uint32_t to, const char *text)
{
    const enum ims_tristate together =
        ims_grouping_together(grouping, (struct ims_function){from}, (struct ims_function){to});

    ims_explanation_add(box, ims_rule_get(rule), at, from, to, text,
                        together == IMS_NO ? IMS_YES : IMS_UNKNOWN);
}

static bool is_told(const struct ims_explanation_box *box, enum ims_rule_id rule)
{
    for (uint32_t i = 0; i < box->visible.reason_count; i++)
        if (box->reasons[i].rule == ims_rule_get(rule))
            return true;
    return false;
}

static bool is_ancestor(const struct ims_grouping *grouping, uint32_t bridge, uint32_t function)
{
    struct ims_function above = {function};

    while (!ims_function_is_none(above)) {
        above = ims_topology_bridge_above(grouping->topology, above);
        if (above.index == bridge)
            return true;
    }
    return false;
}

/* The highest bridge above a function that is in its group, or the function itself. */
static uint32_t anchor_of(const struct ims_grouping *grouping, uint32_t function)
{
    struct ims_function above = {function};
    uint32_t anchor = function;

    while (!ims_function_is_none(above)) {
        if (grouping->group_index[above.index] == grouping->group_index[function])
            anchor = above.index;
        above = ims_topology_bridge_above(grouping->topology, above);
    }
    return anchor;
}

/* Where a function stands for its group: what holds it to the bridge that the group hangs on. */
static void tell_anchor(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                        uint32_t function, uint32_t anchor, uint32_t other)
{
    const struct ims_rule *rule = ims_evidence_rule(grouping, function);
    char name[IMS_ADDRESS_STRING_SIZE];

    if (anchor == function || !rule)
        return;
    ims_explanation_add(
        box, rule, grouping->likely.joins[function].at, function, other,
        ims_arena_printf(&box->arena, "its group reaches up to %s: %s",
                         ims_address_format(ims_grouping_info(grouping, anchor)->address, name),
                         ims_evidence_join(&box->arena, grouping, function)),
        ims_grouping_together(grouping, (struct ims_function){function},
                              (struct ims_function){anchor}));
}

/* What is special about a port besides its verdict: its type, its place, its own group. */
static void tell_port_kind(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                           uint32_t port, uint32_t from, uint32_t to)
{
    const struct ims_function handle = {port};
    const struct ims_function_info *info = ims_grouping_info(grouping, port);
    const enum ims_port_type type = ims_judge_port_type(&grouping->judge, handle);
    char name[IMS_ADDRESS_STRING_SIZE];
    bool likely;

    ims_address_format(info->address, name);
    if (type != info->port_type)
        say(box, grouping, IMS_RULE_TYPE_CORRECTED, port, from, to,
            ims_arena_printf(&box->arena, "%s calls itself %s; since Linux 5.4 it is judged as %s",
                             name, ims_port_type_to_string(info->port_type),
                             ims_port_type_to_string(type)));
    if (ims_judge_translation_root(&grouping->judge, handle, &likely) != IMS_NO)
        say(box, grouping, IMS_RULE_APART_ALIAS_STOP, port, from, to,
            ims_arena_printf(&box->arena,
                             "addresses are translated at %s: requester ids above it do not "
                             "matter",
                             name));
    if (ims_explanation_is_missing_group(grouping, port))
        ims_explanation_add_missing_group(box, grouping, port, from, to, IMS_YES);
}

/* The ports from an anchor up to where the way of the other one begins: each with its evidence. */
static void tell_ports(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                       uint32_t function, uint32_t other)
{
    struct ims_function port =
        ims_topology_bridge_above(grouping->topology, (struct ims_function){function});

    while (!ims_function_is_none(port)) {
        const struct ims_acs_verdict *verdict = &grouping->verdicts[port.index];

        if (port.index != other && is_ancestor(grouping, port.index, other))
            break;
        ims_explanation_add(box, verdict->rule, port.index, function, other,
                            ims_evidence_acs(&box->arena, grouping, port.index),
                            verdict->isolated == IMS_UNKNOWN ? IMS_UNKNOWN : IMS_YES);
        tell_port_kind(box, grouping, port.index, function, other);
        if (port.index == other)
            break;
        port = ims_topology_bridge_above(grouping->topology, port);
    }
}

/* What is special about the ports that both ways up pass: nothing there brought them together. */
static void tell_shared_way(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                            uint32_t a, uint32_t b)
{
    struct ims_function port =
        ims_topology_bridge_above(grouping->topology, (struct ims_function){a});

    for (; !ims_function_is_none(port); port = ims_topology_bridge_above(grouping->topology, port))
        if (port.index != b && is_ancestor(grouping, port.index, b))
            tell_port_kind(box, grouping, port.index, a, b);
}

/* Two functions of one device, each in a group of its own. */
static void tell_slot(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                      uint32_t a, uint32_t b)
{
    const bool strict_a = grouping->verdicts[a].isolated == IMS_YES;
    const bool strict_b = grouping->verdicts[b].isolated == IMS_YES;
    const uint32_t strict = strict_a || !strict_b ? a : b;
    char name[IMS_ADDRESS_STRING_SIZE];

    if (!strict_a && !strict_b && is_told(box, IMS_RULE_HOT_ADDED))
        return; /* it was not so when they were grouped */
    say(box, grouping, IMS_RULE_APART_MFD_STRICT, strict, a, b,
        ims_arena_printf(
            &box->arena,
            "%s is a function of the same device, but functions are merged only when "
            "neither counts as isolated",
            ims_address_format(ims_grouping_info(grouping, strict == a ? b : a)->address, name)));
    ims_explanation_add(box, grouping->verdicts[strict].rule, strict, a, b,
                        ims_evidence_acs(&box->arena, grouping, strict),
                        grouping->verdicts[strict].isolated == IMS_UNKNOWN ? IMS_UNKNOWN : IMS_YES);
}

/* Two functions on different buses: one above the other, beside it, or in another segment. */
static void tell_buses(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                       uint32_t a, uint32_t b)
{
    const struct ims_address left = ims_grouping_info(grouping, a)->address;
    const struct ims_address right = ims_grouping_info(grouping, b)->address;
    char first[IMS_ADDRESS_STRING_SIZE];
    char second[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(left, first);
    ims_address_format(right, second);
    if (left.segment != right.segment)
        say(box, grouping, IMS_RULE_APART_ROOT, a, a, b,
            ims_arena_printf(&box->arena,
                             "%s and %s are in different segments: they share nothing "
                             "but the IOMMU",
                             first, second));
    else if (is_told(box, IMS_RULE_UNMANAGED_BRIDGE))
        return; /* a way up does not isolate; it is the bridge without a group that separates */
    else if (is_ancestor(grouping, a, b) || is_ancestor(grouping, b, a))
        say(box, grouping, IMS_RULE_APART_BUS, is_ancestor(grouping, a, b) ? a : b, a, b,
            ims_arena_printf(&box->arena,
                             "%s is below %s, and everything between them isolates: a port is a "
                             "group of its own then",
                             is_ancestor(grouping, a, b) ? second : first,
                             is_ancestor(grouping, a, b) ? first : second));
    else
        say(box, grouping, IMS_RULE_APART_BUS, a, a, b,
            ims_arena_printf(&box->arena,
                             "%s and %s are on different buses, and the ports between "
                             "each of them and the IOMMU isolate",
                             first, second));
}

/* A function whose multifunction flag came too late (R1.5, R3.6): told before its slot is. */
static void tell_hot_added(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                           uint32_t function, uint32_t from, uint32_t to)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);
    struct ims_judge judge = grouping->judge;
    char name[IMS_ADDRESS_STRING_SIZE];
    bool likely;

    judge.being_added = judge.probe == IMS_PROBE_HOT_ADDED;
    if (!judge.being_added || info->multifunction != IMS_YES ||
        ims_judge_multifunction(&judge, (struct ims_function){function}, &likely) == IMS_YES)
        return;
    say(box, grouping, IMS_RULE_HOT_ADDED, function, from, to,
        ims_arena_printf(&box->arena,
                         "%s was hot-added: it was grouped before the kernel had marked it as part "
                         "of a multifunction device",
                         ims_address_format(info->address, name)));
}

/* Conventional, without siblings in its slot, on a root bus (R2.14). */
static void tell_conventional(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                              uint32_t function, uint32_t from, uint32_t to)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);
    char name[IMS_ADDRESS_STRING_SIZE];

    if (info->port_type != IMS_PORT_CONVENTIONAL || info->multifunction != IMS_NO)
        return;
    say(box, grouping, IMS_RULE_APART_CONV_SINGLE, function, from, to,
        ims_arena_printf(&box->arena,
                         "%s is a conventional PCI device with one function and no bridge above it",
                         ims_address_format(info->address, name)));
}

/* The series of 2025 asks how isolated the bus is (R9.6, R9.7). */
static void tell_proposed(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                          uint32_t function, uint32_t a, uint32_t b)
{
    const struct ims_function above =
        ims_topology_bridge_above(grouping->topology, (struct ims_function){function});

    say(box, grouping, IMS_RULE_PROPOSED_ISOLATED,
        ims_function_is_none(above) ? function : above.index, a, b,
        ims_arena_printf(&box->arena,
                         "bus %02x counts as isolated: neither the port above it nor an ACS "
                         "capability that fails joins its functions with others",
                         ims_grouping_info(grouping, function)->address.bus));
}

/* The relation of two functions whose ways up are both clean, or merged elsewhere. */
static void tell_place(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                       uint32_t a, uint32_t b)
{
    const struct ims_function_info *left = ims_grouping_info(grouping, a);
    const struct ims_function_info *right = ims_grouping_info(grouping, b);
    const struct ims_bus_info *bus = ims_topology_bus(grouping->topology, left->bus);

    if (grouping->judge.proposed && left->address.segment == right->address.segment) {
        tell_proposed(box, grouping, is_ancestor(grouping, a, b) ? b : a, a, b);
        return;
    }
    if (left->bus.index != right->bus.index) {
        tell_buses(box, grouping, a, b);
        return;
    }
    if (ims_address_device(left->address) == ims_address_device(right->address)) {
        tell_hot_added(box, grouping, a, a, b);
        tell_hot_added(box, grouping, b, a, b);
        tell_slot(box, grouping, a, b);
        return;
    }
    if (bus->is_root == IMS_YES) {
        say(box, grouping, IMS_RULE_APART_ROOT, a, a, b,
            ims_arena_printf(
                &box->arena,
                "both are on root bus %02x in different slots: no bridge stands "
                "between them and the IOMMU, and neither uses the other's requester id",
                bus->number));
        tell_conventional(box, grouping, a, a, b);
        tell_conventional(box, grouping, b, a, b);
    } else {
        say(box, grouping, IMS_RULE_APART_SLOT, a, a, b,
            ims_arena_printf(&box->arena,
                             "both are on bus %02x in different slots; Linux does not compare "
                             "slots of one bus with each other",
                             bus->number));
    }
}

/* What concerns a function wherever the other one is: its bus, tables that nobody can read. */
static void tell_function(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                          uint32_t function, uint32_t from, uint32_t to)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);
    char name[IMS_ADDRESS_STRING_SIZE];
    struct ims_alias_mask mask;

    ims_address_format(info->address, name);
    if (ims_topology_bus(grouping->topology, info->bus)->is_virtual)
        say(box, grouping, IMS_RULE_VIRTUAL_BUS, function, from, to,
            ims_arena_printf(&box->arena,
                             "%s is on bus %02x, which has no bridge: its way up is that of its "
                             "physical function",
                             name, info->address.bus));
    if (ims_judge_aliases(&grouping->judge, (struct ims_function){function}, &mask) && mask.table)
        say(box, grouping, IMS_RULE_ALIAS_NTB_TABLE, function, from, to,
            ims_arena_printf(&box->arena,
                             "which requester ids %s uses stands in tables that configuration "
                             "space does not show (%s)",
                             name, mask.label));
    if (ims_grouping_is_cut_off(grouping, function) && !is_told(box, IMS_RULE_UPSTREAM_MISSING))
        say(box, grouping, IMS_RULE_UPSTREAM_MISSING, function, from, to,
            ims_evidence_cut_off(&box->arena, grouping, function));
}

void ims_explanation_apart(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                           uint32_t a, uint32_t b)
{
    const uint32_t anchor_a = anchor_of(grouping, a);
    const uint32_t anchor_b = anchor_of(grouping, b);

    tell_anchor(box, grouping, a, anchor_a, b);
    tell_anchor(box, grouping, b, anchor_b, a);
    tell_ports(box, grouping, anchor_a, anchor_b);
    tell_ports(box, grouping, anchor_b, anchor_a);
    tell_shared_way(box, grouping, anchor_a, anchor_b);
    tell_place(box, grouping, anchor_a, anchor_b);
    tell_function(box, grouping, a, a, b);
    tell_function(box, grouping, b, a, b);
    if (!is_told(box, IMS_RULE_ACS_VF) && (ims_grouping_info(grouping, a)->is_vf == IMS_YES ||
                                           ims_grouping_info(grouping, b)->is_vf == IMS_YES)) {
        const uint32_t vf = ims_grouping_info(grouping, a)->is_vf == IMS_YES ? a : b;
        say(box, grouping, IMS_RULE_ACS_VF, vf, a, b, ims_evidence_acs(&box->arena, grouping, vf));
    }
}
