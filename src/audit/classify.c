/* SPDX-License-Identifier: MIT */
/* Which rule a way out of a group falls under, and what is to be said about it. */
#include <errno.h>

#include "audit/model.h"

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

static bool registers_unknown(const struct ims_audit *audit, const struct ims_fabric_hop *hop)
{
    if (!ims_function_is_none(hop->function) &&
        ims_audit_info(audit, hop->function.index)->acs.present == IMS_UNKNOWN)
        return true;
    for (uint32_t i = 0; i < hop->register_count; i++) {
        const struct ims_fabric_register *look = &hop->registers[i];
        uint64_t all = look->size_bits >= 64 ? UINT64_MAX : (UINT64_C(1) << look->size_bits) - 1;

        if ((look->known & all) != all)
            return true;
    }
    return false;
}

static bool same_device(const struct ims_audit *audit, struct ims_function a, struct ims_function b)
{
    const struct ims_function_info *left = ims_audit_info(audit, a.index);
    const struct ims_function_info *right = ims_audit_info(audit, b.index);

    return left->bus.index == right->bus.index &&
           ims_address_device(left->address) == ims_address_device(right->address);
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
    if (hop->function.index == edge->from.index && same_device(audit, edge->from, edge->to))
        return IMS_RULE_MFD_ASYM;
    return IMS_RULE_CROSSED;
}

/* What an override or changed registers separate, by the judgement of their absence. */
static bool joined(const struct ims_grouping *grouping, const struct ims_fabric_edge *edge)
{
    return grouping && ims_grouping_together(grouping, edge->from, edge->to) == IMS_YES;
}

static bool of_history(const struct ims_audit *audit, const struct ims_fabric_edge *edge,
                       enum ims_rule_id *ret)
{
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
    struct ims_fabric_route *route = NULL;
    int code;

    *ret = (struct ims_audit_cause){.rule = IMS_RULE_CROSSED, .at = IMS_FUNCTION_NONE};
    if (edge->kind == IMS_FABRIC_EDGE_ALIAS) {
        (void)of_history(audit, edge, &ret->rule);
        return 0;
    }
    code = ims_audit_witness(audit, edge, &route, &ret->outcome);
    if (code < 0)
        return code == -EINVAL ? 0 : code; /* no request shows it; it stays without a witness */
    ret->route = route;
    hop = deciding_hop(ims_fabric_route_at(route, ret->outcome));
    if (hop)
        ret->at = hop->function;
    if (of_history(audit, edge, &ret->rule))
        return 0;
    if (edge->kind == IMS_FABRIC_EDGE_TRANSLATED)
        ret->rule = IMS_RULE_TRANSLATED;
    else if (edge->kind == IMS_FABRIC_EDGE_MULTICAST)
        ret->rule = IMS_RULE_MULTICAST;
    else if (edge->kind == IMS_FABRIC_EDGE_FORGED)
        ret->rule = IMS_RULE_FORGED_ID;
    else if (hop)
        ret->rule = rule_of_hop(audit, edge, hop);
    return 0;
}

/* ---- words ---- */

/* "%s" is the function that decides. */
static const struct words {
    enum ims_rule_id rule;
    const char *why;
    const char *assumption; /* where it is not certain */
    const char *limits;
} words[] = {
    {IMS_RULE_SIBLING_DSP,
     "%s turns the request to the port beside it, and Linux looks at the port above each device "
     "only, not at the one that turns",
     "whether %s really sends such requests up",
     "Where the port has no request redirect at all, only other hardware or another slot helps."},
    {IMS_RULE_EGRESS_VECTOR,
     "the egress control of %s lets the request pass to that port directly, and Linux never reads "
     "the vector",
     "the egress control vector of %s", NULL},
    {IMS_RULE_UF_UNDEFINED,
     "%s gets the redirected request back from below without upstream forwarding, and the standard "
     "does not say what it then does",
     "that %s sends such requests up, which most ports do",
     "A port without the upstream forwarding capability cannot be told to do it."},
    {IMS_RULE_MULTICAST,
     "the address is in a multicast range, and %s copies the write whatever redirect says",
     "the multicast registers of %s", NULL},
    {IMS_RULE_PORT_MMIO,
     "the registers of a port are targets too, and %s may deliver the request to them",
     "that %s never delivers requests from below to registers of ports",
     "Only ports with ACS Enhanced Capability can block or redirect this."},
    {IMS_RULE_TRANSLATED,
     "translated requests pass %s directly, and Linux looks at untranslated ones only",
     "whether %s lets translated requests pass", NULL},
    {IMS_RULE_FORGED_ID, "no port below checks requester ids finely enough to tell the two apart",
     "the source validation of the ports above them",
     "Source validation checks the bus number only: functions of one card can always forge."},
    {IMS_RULE_RC_ASSUMPTION,
     "nothing tells whether the root complex looks for a peer before it translates",
     "that the root complex translates first (--rc translate-first) or passes nothing between its "
     "ports (--rc none)",
     "What a root complex does with peers is fixed in silicon, and no register tells."},
    {IMS_RULE_MFD_ASYM,
     "%s may send requests to other functions of its device inside the device, and Linux joins "
     "functions only where both lack isolation",
     "that the device has no traffic between its functions, which its vendor can tell",
     "Traffic inside a device is its own affair where it has no ACS."},
    {IMS_RULE_REGISTERS_UNKNOWN, "the registers of %s that decide are not in the input",
     "the registers of %s (read as root, with all of configuration space)", NULL},
    {IMS_RULE_CROSSED, "the way is one that Linux does not look for",
     "what is said at the hops of the witness", NULL},
    {IMS_RULE_STALE,
     "the groups are those of other register values, which were changed after the kernel had "
     "formed its groups",
     "what is said at the hops of the witness", NULL},
    {IMS_RULE_OVERRIDE,
     "they are apart only because pcie_acs_override told the kernel to believe so",
     "what is said at the hops of the witness", "The override changes no register."},
    {IMS_RULE_GROUPS_DIFFER,
     "the rules of this kernel would put them together, so the groups are not those that it forms "
     "from these registers",
     "what is said at the hops of the witness", NULL},
};

static const struct words *words_of(const struct ims_rule *rule)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (ims_rule_get(words[i].rule) == rule)
            return &words[i];
    return NULL;
}

/* A "%s" in the pattern becomes the name; at most one. */
static const char *filled(struct ims_audit *audit, const char *pattern, const char *name)
{
    for (size_t i = 0; pattern[i]; i++)
        if (pattern[i] == '%' && pattern[i + 1] == 's')
            return ims_arena_printf(&audit->arena, "%.*s%s%s", (int)i, pattern, name,
                                    pattern + i + 2);
    return pattern;
}

/* " (group 3)", "" for what is in no group. */
static const char *group_words(struct ims_audit *audit, struct ims_function function)
{
    uint32_t index = audit->group_of[function.index];

    if (index == IMS_NONE)
        return "";
    return ims_arena_printf(&audit->arena, " (%sgroup %u)",
                            audit->groups[index].of_kernel ? "" : "computed ",
                            audit->groups[index].number);
}

static const char *way_words(enum ims_fabric_edge_kind kind)
{
    if (kind == IMS_FABRIC_EDGE_FORGED)
        return "use the requester id of";
    return "reach";
}

/* An alias has no request that shows it: the id that both may carry is told instead. */
static int describe_alias(struct ims_audit *audit, struct ims_finding *finding,
                          const struct ims_fabric_edge *edge, const char *from, const char *to)
{
    const char *groups[2] = {group_words(audit, edge->from), group_words(audit, edge->to)};
    bool unsure = ims_audit_info(audit, edge->from.index)->id_count != 1 ||
                  ims_audit_info(audit, edge->to.index)->id_count != 1;
    bool may = edge->certainty == IMS_FABRIC_MAY;
    char id[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(edge->alias, id);
    if (!groups[0] || !groups[1])
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena,
        "%s%s and %s%s %s carry one requester id, %s (%s), which the IOMMU cannot "
        "tell apart%s",
        from, groups[0], to, groups[1], may ? "may both" : "both", id, edge->rule,
        unsure ? ": not every device id is known, and some devices use ids of others" : "");
    if (may)
        finding->assumption = unsure ? "the exact vendor and device ids (lspci -nn, or a capture)"
                                     : "which requester id the two really use";
    if (may && unsure)
        finding->severity = IMS_SEVERITY_LOW;
    finding->remedy = finding->rule->remedy;
    return finding->text ? 0 : -ENOMEM;
}

int ims_audit_describe(struct ims_audit *audit, struct ims_finding *finding,
                       const struct ims_fabric_edge *edge)
{
    const struct words *row = words_of(finding->rule);
    const char *name = ims_audit_name(audit, finding->at);
    const char *from = ims_audit_name(audit, edge->from);
    const char *to = ims_audit_name(audit, edge->to);
    const char *from_group = group_words(audit, edge->from);
    const char *to_group = group_words(audit, edge->to);
    bool may = edge->certainty == IMS_FABRIC_MAY;
    const char *why;

    if (!row || !name || !from || !to || !from_group || !to_group)
        return -ENOMEM;
    if (edge->kind == IMS_FABRIC_EDGE_ALIAS)
        return describe_alias(audit, finding, edge, from, to);
    why = filled(audit, row->why, name);
    if (!why)
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena, "%s%s %s %s %s%s%s: %s", from, from_group, may ? "may" : "can",
        way_words(edge->kind), to, to_group,
        edge->kind <= IMS_FABRIC_EDGE_MULTICAST ? " without passing the IOMMU" : "", why);
    finding->assumption = may ? filled(audit, row->assumption, name) : NULL;
    finding->limits = row->limits;
    finding->remedy = finding->rule->remedy;
    return finding->text && (!may || finding->assumption) ? 0 : -ENOMEM;
}
