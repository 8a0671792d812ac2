/* SPDX-License-Identifier: MIT */
/* Which rule a way out of a group falls under. */
#include <errno.h>
#include <string.h>

#include "audit/model.h"

/* The control bits that are not of ACS Enhanced (A1.3). */
#define ACS_BASIC 0x7fu

static bool is_bridge(const struct ims_audit *audit, struct ims_function function)
{
    const struct ims_function_info *info = ims_audit_info(audit, function.index);

    return !ims_bus_is_none(info->secondary_bus) || info->corrected_type == IMS_PORT_ROOT ||
           info->corrected_type == IMS_PORT_UPSTREAM || info->corrected_type == IMS_PORT_DOWNSTREAM;
}

/* The hop that decides: the first that is open, else the one that turns the request. */
static const struct ims_fabric_hop *deciding_hop(const struct ims_fabric_outcome *outcome)
{
    const struct ims_fabric_hop *turn = NULL;

    for (uint32_t i = 0; i < outcome->hop_count; i++) {
        const struct ims_fabric_hop *hop = &outcome->hops[i];

        if (hop->certainty == IMS_FABRIC_MAY)
            return hop;
        if (!turn && (hop->decision == IMS_FABRIC_DIRECT || hop->decision == IMS_FABRIC_TURN_BACK ||
                      hop->decision == IMS_FABRIC_COPY))
            turn = hop;
    }
    return turn;
}

static bool same_device(const struct ims_audit *audit, struct ims_function a, struct ims_function b)
{
    const struct ims_function_info *left = ims_audit_info(audit, a.index);
    const struct ims_function_info *right = ims_audit_info(audit, b.index);

    return left->bus.index == right->bus.index &&
           ims_address_device(left->address) == ims_address_device(right->address);
}

/* The bits of a register that the decision of a hop asks for. */
static uint64_t bits_asked(const struct ims_fabric_hop *hop, const struct ims_fabric_register *look)
{
    if (strcmp(look->name, "ACS Control") != 0)
        return look->size_bits >= 64 ? UINT64_MAX : (UINT64_C(1) << look->size_bits) - 1;
    if (hop->decision == IMS_FABRIC_TURN_BACK)
        return IMS_ACS_UF;
    /* Text of lspci does not tell the bits of ACS Enhanced, and few decisions need them. */
    return strstr(hop->rule, "A3.3") ? IMS_ACS_DSP_TARGET | IMS_ACS_USP_TARGET : ACS_BASIC;
}

bool ims_audit_is_cut_off(const struct ims_audit *audit, struct ims_function function)
{
    const struct ims_bus_info *bus =
        ims_topology_bus(audit->topology, ims_audit_info(audit, function.index)->bus);

    return ims_bus_is_none(bus->parent) && bus->is_root != IMS_YES;
}

/*
 * The function below a bridge that nobody has read, where it is that bridge which leaves open what
 * happens at a hop; else NONE.
 */
static struct ims_function below_hidden(const struct ims_audit *audit,
                                        const struct ims_fabric_outcome *outcome,
                                        const struct ims_fabric_hop *hop)
{
    const struct ims_fabric_hop *next = hop + 1;

    if (hop->certainty != IMS_FABRIC_MAY || ims_function_is_none(hop->function))
        return IMS_FUNCTION_NONE;
    if (hop->decision == IMS_FABRIC_TURN_BACK)
        return ims_audit_is_cut_off(audit, hop->function) && strstr(hop->rule, "A1.9")
                   ? hop->function
                   : IMS_FUNCTION_NONE;
    if (hop->decision != IMS_FABRIC_DIRECT || next == outcome->hops + outcome->hop_count)
        return IMS_FUNCTION_NONE;
    if (ims_audit_is_cut_off(audit, hop->function))
        return hop->function;
    return ims_audit_is_cut_off(audit, next->function) ? next->function : IMS_FUNCTION_NONE;
}

static bool registers_unknown(const struct ims_audit *audit, const struct ims_fabric_hop *hop)
{
    if (!ims_function_is_none(hop->function) &&
        ims_audit_info(audit, hop->function.index)->acs.present == IMS_UNKNOWN)
        return true;
    for (uint32_t i = 0; i < hop->register_count; i++) {
        const uint64_t asked = bits_asked(hop, &hop->registers[i]);

        if ((hop->registers[i].known & asked) != asked)
            return true;
    }
    return false;
}

/* Whether it is the root complex that decides, between its ports and its own functions. */
static bool in_root_complex(const struct ims_audit *audit, const struct ims_fabric_edge *edge,
                            const struct ims_fabric_hop *hop)
{
    const struct ims_function_info *info;

    if (ims_function_is_none(hop->function))
        return true;
    info = ims_audit_info(audit, hop->function.index);
    return (info->corrected_type == IMS_PORT_ROOT ||
            ims_topology_bus(audit->topology, info->bus)->is_root == IMS_YES) &&
           hop->decision == IMS_FABRIC_DIRECT && !same_device(audit, hop->function, edge->to);
}

/* By where the request turns. */
static enum ims_rule_id rule_of_hop(const struct ims_audit *audit,
                                    const struct ims_fabric_edge *edge,
                                    const struct ims_fabric_hop *hop)
{
    const struct ims_function_info *info;

    if (hop->certainty == IMS_FABRIC_MAY && registers_unknown(audit, hop))
        return IMS_RULE_REGISTERS_UNKNOWN;
    if (in_root_complex(audit, edge, hop))
        return IMS_RULE_RC_ASSUMPTION;
    if (is_bridge(audit, edge->to))
        return IMS_RULE_PORT_MMIO;
    if (hop->decision == IMS_FABRIC_TURN_BACK)
        return IMS_RULE_UF_UNDEFINED;
    info = ims_audit_info(audit, hop->function.index);
    if (info->corrected_type == IMS_PORT_DOWNSTREAM)
        return ims_bits_test(info->acs.control, IMS_ACS_EC) == IMS_YES ? IMS_RULE_EGRESS_VECTOR
                                                                       : IMS_RULE_SIBLING_DSP;
    if (hop->function.index == edge->from.index && strstr(hop->rule, "A6.2") &&
        ims_bits_test(info->acs.control, IMS_ACS_EC | IMS_ACS_RR) == IMS_YES &&
        info->is_vf != IMS_YES && hop->certainty == IMS_FABRIC_MUST)
        return IMS_RULE_EGRESS_VECTOR;
    if (hop->function.index == edge->from.index && strstr(hop->rule, "A6.2"))
        return ims_audit_info(audit, edge->from.index)->is_vf == IMS_YES ||
                       ims_audit_info(audit, edge->to.index)->is_vf == IMS_YES
                   ? IMS_RULE_SRIOV
                   : IMS_RULE_MFD_ASYM;
    return IMS_RULE_CROSSED;
}

bool ims_audit_ids_unknown(const struct ims_audit *audit, const struct ims_fabric_edge *edge)
{
    return edge->certainty == IMS_FABRIC_MAY &&
           (ims_audit_info(audit, edge->from.index)->id_count != 1 ||
            ims_audit_info(audit, edge->to.index)->id_count != 1);
}

/* What an override or changed registers separate, by the judgement of their absence. */
static bool joined(const struct ims_grouping *grouping, const struct ims_fabric_edge *edge)
{
    return grouping && ims_grouping_together(grouping, edge->from, edge->to) == IMS_YES;
}

static bool of_history(const struct ims_audit *audit, const struct ims_fabric_edge *edge,
                       enum ims_rule_id *ret)
{
    const uint32_t group = audit->group_of[edge->from.index];

    if (group != IMS_NONE && group == audit->group_of[edge->to.index])
        return false; /* nothing separates them */
    if (joined(audit->honest, edge) ||
        (audit->override_explains && joined(audit->grouping, edge))) {
        *ret = IMS_RULE_OVERRIDE;
        return true;
    }
    if (audit->kernel_speaks && joined(audit->grouping, edge)) {
        *ret = audit->boot_explains ? IMS_RULE_STALE : IMS_RULE_GROUPS_DIFFER;
        return true;
    }
    return false;
}

int ims_audit_classify(struct ims_audit *audit, const struct ims_fabric_edge *edge,
                       struct ims_audit_cause *ret)
{
    const struct ims_fabric_hop *hop = NULL;
    const struct ims_fabric_outcome *outcome;
    struct ims_fabric_route *route = NULL;
    struct ims_function hidden;
    int code;

    *ret = (struct ims_audit_cause){.rule = IMS_RULE_CROSSED, .at = IMS_FUNCTION_NONE};
    if (edge->kind == IMS_FABRIC_EDGE_ALIAS) {
        if (of_history(audit, edge, &ret->rule))
            return 0;
        if (edge->of_table)
            ret->rule = IMS_RULE_TA_ALIAS;
        else if (ims_audit_ids_unknown(audit, edge))
            ret->rule = IMS_RULE_REGISTERS_UNKNOWN;
        return 0;
    }
    if (edge->kind == IMS_FABRIC_EDGE_HOST) {
        ret->rule = IMS_RULE_UNCOVERED;
        return 0;
    }
    code = ims_audit_witness(audit, edge, &route, &ret->outcome);
    if (code < 0)
        return code == -EINVAL ? 0 : code; /* no request shows it; it stays without a witness */
    ret->route = route;
    outcome = ims_fabric_route_at(route, ret->outcome);
    hop = deciding_hop(outcome);
    if (hop)
        ret->at = hop->function;
    if (of_history(audit, edge, &ret->rule))
        return 0;
    hidden = hop ? below_hidden(audit, outcome, hop) : IMS_FUNCTION_NONE;
    if (edge->kind == IMS_FABRIC_EDGE_TRANSLATED)
        ret->rule = IMS_RULE_TRANSLATED;
    else if (edge->kind == IMS_FABRIC_EDGE_MULTICAST)
        ret->rule = IMS_RULE_MULTICAST;
    else if (edge->kind == IMS_FABRIC_EDGE_FORGED)
        ret->rule = IMS_RULE_FORGED_ID;
    else if (!ims_function_is_none(hidden)) {
        ret->rule = IMS_RULE_REGISTERS_UNKNOWN;
        ret->at = hidden;
    } else if (hop)
        ret->rule = rule_of_hop(audit, edge, hop);
    return 0;
}
