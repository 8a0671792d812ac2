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

/* The ports from a function up to where the way of the other one begins: each with its evidence. */
static void tell_ports(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                       uint32_t function, uint32_t other)
{
    struct ims_function port =
        ims_topology_bridge_above(grouping->topology, (struct ims_function){function});

    while (!ims_function_is_none(port)) {
        const struct ims_acs_verdict *verdict = &grouping->verdicts[port.index];
        const enum ims_tristate together = ims_grouping_together(
            grouping, (struct ims_function){function}, (struct ims_function){other});

        if (port.index != other && is_ancestor(grouping, port.index, other))
            break;
        ims_explanation_add(box, verdict->rule, port.index, function, other,
                            ims_evidence_acs(&box->arena, grouping, port.index),
                            together == IMS_NO ? IMS_YES : IMS_UNKNOWN);
        if (port.index == other)
            break;
        port = ims_topology_bridge_above(grouping->topology, port);
    }
}

/* Two functions of one device, each in a group of its own. */
static void tell_slot(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                      uint32_t a, uint32_t b)
{
    const bool strict_a = grouping->verdicts[a].isolated == IMS_YES;
    const uint32_t strict = strict_a || grouping->verdicts[b].isolated != IMS_YES ? a : b;
    char name[IMS_ADDRESS_STRING_SIZE];

    say(box, grouping, IMS_RULE_APART_MFD_STRICT, strict, a, b,
        ims_arena_printf(
            &box->arena,
            "%s is a function of the same device, but functions are merged only when "
            "neither counts as isolated: %s",
            ims_address_format(ims_grouping_info(grouping, strict == a ? b : a)->address, name),
            ims_evidence_acs(&box->arena, grouping, strict)));
}

/* The relation of two functions whose ways up are both clean, or merged elsewhere. */
static void tell_place(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                       uint32_t a, uint32_t b)
{
    const struct ims_function_info *left = ims_grouping_info(grouping, a);
    const struct ims_function_info *right = ims_grouping_info(grouping, b);
    const struct ims_bus_info *bus = ims_topology_bus(grouping->topology, left->bus);

    if (left->bus.index != right->bus.index) {
        const bool one_tree = left->address.segment == right->address.segment;
        say(box, grouping, one_tree ? IMS_RULE_APART_BUS : IMS_RULE_APART_ROOT, a, a, b,
            ims_arena_printf(&box->arena, "bus %02x and bus %02x are different buses%s",
                             left->address.bus, right->address.bus,
                             one_tree
                                 ? "; every port between them and the IOMMU is listed above"
                                 : " of different segments: they share nothing but the IOMMU"));
        return;
    }
    if (ims_address_device(left->address) == ims_address_device(right->address)) {
        tell_slot(box, grouping, a, b);
        return;
    }
    if (ims_bus_is_none(bus->parent))
        say(box, grouping, IMS_RULE_APART_ROOT, a, a, b,
            ims_arena_printf(
                &box->arena,
                "both are on root bus %02x in different slots: no bridge stands "
                "between them and the IOMMU, and neither uses the other's requester id",
                bus->number));
    else
        say(box, grouping, IMS_RULE_APART_SLOT, a, a, b,
            ims_arena_printf(&box->arena,
                             "both are on bus %02x in different slots; Linux does not compare "
                             "slots of one bus with each other",
                             bus->number));
}

void ims_explanation_apart(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                           uint32_t a, uint32_t b)
{
    tell_ports(box, grouping, a, b);
    tell_ports(box, grouping, b, a);
    tell_place(box, grouping, a, b);
    if (ims_grouping_info(grouping, a)->is_vf == IMS_YES ||
        ims_grouping_info(grouping, b)->is_vf == IMS_YES) {
        const uint32_t vf = ims_grouping_info(grouping, a)->is_vf == IMS_YES ? a : b;
        say(box, grouping, IMS_RULE_ACS_VF, vf, a, b, ims_evidence_acs(&box->arena, grouping, vf));
    }
}
