/* SPDX-License-Identifier: MIT */
/* What stands beside a finding: more of why Linux does not see the way (I3). */
#include <errno.h>

#include "audit/model.h"

/* The hop at finding->at that decides, and the next one. */
static const struct ims_fabric_hop *hops_at(const struct ims_finding *finding,
                                            const struct ims_fabric_hop **ret_next)
{
    const struct ims_fabric_outcome *outcome =
        finding->witness ? ims_fabric_route_at(finding->witness, finding->witness_outcome) : NULL;

    for (uint32_t i = 0; outcome && i + 1 < outcome->hop_count; i++) {
        const struct ims_fabric_hop *hop = &outcome->hops[i];

        if (hop->function.index != finding->at.index ||
            (hop->decision != IMS_FABRIC_DIRECT && hop->decision != IMS_FABRIC_TURN_BACK))
            continue;
        *ret_next = hop + 1;
        return hop;
    }
    return NULL;
}

/* A port that sends everything for its neighbours up (A3.1). */
static bool sends_up(const struct ims_audit *audit, struct ims_function function)
{
    const struct ims_function_info *info;

    if (ims_function_is_none(function))
        return false;
    info = ims_audit_info(audit, function.index);
    return info->corrected_type == IMS_PORT_DOWNSTREAM &&
           ims_bits_test(info->acs.control, IMS_ACS_RR) == IMS_YES &&
           ims_bits_test(info->acs.control, IMS_ACS_EC) == IMS_NO;
}

/* The other direction, and that it is closed. */
static int one_way(struct ims_audit *audit, struct ims_function from, struct ims_function to,
                   struct ims_function port)
{
    const struct ims_function ends[] = {from, to};
    const char *names[] = {ims_audit_name(audit, from), ims_audit_name(audit, to),
                           ims_audit_name(audit, port)};
    struct ims_finding *finding = ims_audit_add(audit, IMS_RULE_ASYM, IMS_SEVERITY_INFO, ends, 2);
    int code = 0;

    if (!finding || !names[0] || !names[1] || !names[2])
        return -ENOMEM;
    finding->at = port;
    finding->text = ims_arena_printf(
        &audit->arena,
        "the leak is one-way: %s reaches %s, and %s sends the requests of %s up, so it looks "
        "protected and is not",
        names[0], names[1], names[2], names[1]);
    finding->remedy = finding->rule->remedy;
    if (!finding->text)
        return -ENOMEM;
    if (ims_audit_stopped(audit, to, from, &finding->witness_tlp, &finding->witness, &code)) {
        finding->witness_issuer = to;
        finding->witness_target = from;
    }
    return code;
}

/* Whether Linux counts a port as isolating for want of the bit that decides here (R4.7). */
static bool assumed_on(const struct ims_audit *audit, const struct ims_fabric_hop *hop)
{
    const struct ims_acs_verdict *verdict;
    const uint32_t bit = hop->decision == IMS_FABRIC_TURN_BACK ? IMS_ACS_UF : IMS_ACS_RR;

    if (ims_function_is_none(hop->function))
        return false;
    verdict = ims_grouping_acs(audit->grouping, hop->function);
    return verdict->isolated == IMS_YES && verdict->has_registers &&
           ims_bits_test(verdict->capability, bit) == IMS_NO;
}

static int not_implemented(struct ims_audit *audit, const struct ims_fabric_hop *hop)
{
    const bool forwarding = hop->decision == IMS_FABRIC_TURN_BACK;
    const struct ims_function port = hop->function;
    const char *name = ims_audit_name(audit, port);
    struct ims_finding *finding =
        ims_audit_add(audit, IMS_RULE_CAP0_ASSUMED_ON, IMS_SEVERITY_INFO, &port, 1);

    if (!finding || !name)
        return -ENOMEM;
    finding->at = port;
    finding->text = ims_arena_printf(
        &audit->arena,
        "%s counts as isolating although its ACS structure has no %s: Linux takes a bit that is "
        "not implemented for satisfied",
        name, forwarding ? "upstream forwarding" : "request redirect");
    finding->remedy = finding->rule->remedy;
    return finding->text ? 0 : -ENOMEM;
}

int ims_audit_beside(struct ims_audit *audit, const struct ims_finding *finding)
{
    const struct ims_fabric_hop *next = NULL;
    const struct ims_fabric_hop *hop = hops_at(finding, &next);
    /* Another finding may move this one. */
    const struct ims_function from = finding->witness_issuer;
    const struct ims_function to = finding->witness_target;
    const bool sibling = finding->rule == ims_rule_get(IMS_RULE_SIBLING_DSP);
    int code = 0;

    if (!hop || (!sibling && finding->rule != ims_rule_get(IMS_RULE_UF_UNDEFINED)))
        return 0;
    if (sibling && sends_up(audit, next->function))
        code = one_way(audit, from, to, next->function);
    return code == 0 && assumed_on(audit, hop) ? not_implemented(audit, hop) : code;
}
