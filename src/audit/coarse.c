/* SPDX-License-Identifier: MIT */
/* Groups that are larger than the fabric demands, and which habit of Linux made them so. */
#include <errno.h>

#include "audit/model.h"

/* Two members in two sets; false when all are in one. */
static bool split_by(const struct ims_audit_group *group, const struct ims_fabric_sets *sets,
                     uint32_t *ret_other)
{
    for (uint32_t i = 1; i < group->member_count; i++) {
        if (ims_fabric_sets_of(sets, group->members[i]) !=
            ims_fabric_sets_of(sets, group->members[0])) {
            *ret_other = i;
            return true;
        }
    }
    return false;
}

/* Nobody reaches registers of which nothing is known, or everybody does: no proof of being apart. */
static bool any_blind(const struct ims_audit *audit, const struct ims_audit_group *group)
{
    for (uint32_t i = 0; i < group->member_count; i++)
        if (ims_audit_blind(audit, group->members[i].index))
            return true;
    return false;
}

/* The one bit whose absence made a port or function count as not isolated. */
static enum ims_rule_id rule_of_reason(const struct ims_audit *audit,
                                       const struct ims_reason *reason)
{
    const struct ims_acs_verdict *verdict;

    if (ims_function_is_none(reason->at))
        return IMS_RULE_OVERMERGED;
    verdict = ims_grouping_acs(audit->grouping, reason->at);
    if (verdict->has_registers && verdict->missing == IMS_ACS_SV)
        return IMS_RULE_SV_THREAT_MODEL;
    if (verdict->has_registers && verdict->missing == IMS_ACS_CR)
        return IMS_RULE_CR_NOT_ISOLATION;
    if (verdict->has_registers && (verdict->missing & IMS_ACS_RR) &&
        ims_bits_test(verdict->control, IMS_ACS_EC) == IMS_YES)
        return IMS_RULE_EGRESS_VECTOR;
    if (reason->rule->topic == IMS_TOPIC_MULTIFUNCTION &&
        ims_topology_bus(audit->topology, ims_audit_info(audit, reason->at.index)->bus)->is_root ==
            IMS_YES)
        return IMS_RULE_RC_SLOT_HEURISTIC;
    return IMS_RULE_OVERMERGED;
}

/*
 * Which merge between two members is one too many. Where two ports of a root bus were joined for
 * their slot, that is it: what each has behind it is with its own port anyway. Else the rule that
 * all merges between the two have in common, and the general one where there is none.
 */
static int rule_of_pair(const struct ims_audit *audit, struct ims_function a, struct ims_function b,
                        enum ims_rule_id *ret)
{
    struct ims_explanation *explanation = NULL;
    int code = ims_grouping_explain(audit->grouping, a, b, &explanation, NULL);

    *ret = IMS_RULE_OVERMERGED;
    if (code < 0)
        return code;
    for (uint32_t i = 0; explanation->together != IMS_NO && i < explanation->reason_count; i++) {
        enum ims_rule_id rule = rule_of_reason(audit, &explanation->reasons[i]);

        if (rule == IMS_RULE_RC_SLOT_HEURISTIC || i == 0) {
            *ret = rule;
            if (rule == IMS_RULE_RC_SLOT_HEURISTIC)
                break;
        } else if (rule != *ret) {
            *ret = IMS_RULE_OVERMERGED;
        }
    }
    ims_explanation_free(explanation);
    return 0;
}

static const char *why_of(enum ims_rule_id rule)
{
    if (rule == IMS_RULE_SV_THREAT_MODEL)
        return "Linux asks for source validation, which stops forged requester ids only, not "
               "chosen addresses";
    if (rule == IMS_RULE_CR_NOT_ISOLATION)
        return "Linux asks for completion redirect, which orders completions and isolates nothing";
    if (rule == IMS_RULE_EGRESS_VECTOR)
        return "egress control blocks what redirect does not send up, and Linux never reads the "
               "vector";
    if (rule == IMS_RULE_RC_SLOT_HEURISTIC)
        return "Linux joins the functions of one slot of a root bus that have no ACS";
    return "Linux judges ports and functions by what they promise, not by where requests go";
}

/* A way that is stopped: from a member of one set to the registers of one of another. */
static int add_witness(struct ims_audit *audit, struct ims_finding *finding,
                       const struct ims_audit_group *group, uint32_t other)
{
    struct ims_fabric_route *route = NULL;
    int code = 0;

    for (unsigned turn = 0; turn < 2; turn++) {
        struct ims_function from = group->members[turn ? other : 0];
        struct ims_function to = group->members[turn ? 0 : other];

        if (!ims_audit_stopped(audit, from, to, &finding->witness_tlp, &route, &code)) {
            if (code < 0)
                return code;
            continue;
        }
        finding->witness = route;
        finding->witness_issuer = from;
        finding->witness_target = to;
        return 0;
    }
    return 0;
}

static int report(struct ims_audit *audit, const struct ims_audit_group *group, uint32_t other)
{
    struct ims_finding *finding;
    enum ims_rule_id rule;
    const char *a = ims_audit_name(audit, group->members[0]);
    const char *b = ims_audit_name(audit, group->members[other]);
    int code = rule_of_pair(audit, group->members[0], group->members[other], &rule);

    if (code < 0)
        return code;
    finding = ims_audit_add(audit, rule, IMS_SEVERITY_INFO, group->members, group->member_count);
    if (!finding || !a || !b)
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena, "%sgroup %u is larger than it need be: the fabric keeps %s and %s apart; %s",
        group->of_kernel ? "" : "computed ", group->number, a, b, why_of(rule));
    finding->remedy =
        rule == IMS_RULE_EGRESS_VECTOR ? "None is needed for safety." : finding->rule->remedy;
    return finding->text ? add_witness(audit, finding, group, other) : -ENOMEM;
}

/* ---- what may be too large ---- */

/* A way that is not certain, between two members that nothing certain connects; or NULL. */
static const struct ims_fabric_edge *open_edge(const struct ims_audit *audit,
                                               const struct ims_audit_group *group)
{
    const uint32_t index = (uint32_t)(group - audit->groups);
    const struct ims_fabric_set *set =
        ims_fabric_sets_at(audit->upper, ims_fabric_sets_of(audit->upper, group->members[0]));

    for (uint32_t i = 0; i < set->edge_count; i++) {
        const struct ims_fabric_edge *edge = &set->edges[i];

        if (edge->certainty == IMS_FABRIC_MAY && audit->group_of[edge->from.index] == index &&
            audit->group_of[edge->to.index] == index)
            return edge;
    }
    return NULL;
}

/* The findings that say the same of two groups say it of one group too; the rest is MAYBE-SPLIT. */
static enum ims_rule_id rule_of_open(enum ims_rule_id rule)
{
    return rule == IMS_RULE_UF_UNDEFINED || rule == IMS_RULE_PORT_MMIO ||
                   rule == IMS_RULE_RC_ASSUMPTION || rule == IMS_RULE_REGISTERS_UNKNOWN
               ? rule
               : IMS_RULE_MAYBE_SPLIT;
}

static int report_open(struct ims_audit *audit, const struct ims_audit_group *group, uint32_t other)
{
    const struct ims_fabric_edge *edge = open_edge(audit, group);
    const char *a = ims_audit_name(audit, edge ? edge->from : group->members[0]);
    const char *b = ims_audit_name(audit, edge ? edge->to : group->members[other]);
    struct ims_audit_cause cause = {.rule = IMS_RULE_MAYBE_SPLIT, .at = IMS_FUNCTION_NONE};
    const char *why = "the way between them leads through others";
    const char *assumption = NULL;
    struct ims_finding *finding;
    int code = 0;

    if (edge && edge->kind != IMS_FABRIC_EDGE_ALIAS) {
        code = ims_audit_classify(audit, edge, &cause);
        if (cause.rule == IMS_RULE_MFD_ASYM || cause.rule == IMS_RULE_SRIOV)
            cause.rule = IMS_RULE_MAYBE_SPLIT;
        why = code == 0 ? ims_audit_why(audit, &cause, &assumption) : NULL;
    } else if (edge) {
        why = "they may share a requester id";
    }
    finding = ims_audit_add(audit, rule_of_open(cause.rule), IMS_SEVERITY_INFO, group->members,
                            group->member_count);
    if (!finding || !why || !a || !b) {
        ims_fabric_route_free(cause.route);
        return code < 0 ? code : -ENOMEM;
    }
    finding->witness = cause.route;
    finding->witness_outcome = cause.outcome;
    finding->at = cause.at;
    if (cause.route) {
        finding->witness_issuer = edge->from;
        finding->witness_target = edge->to;
        finding->witness_tlp = edge->tlp;
    }
    finding->assumption = assumption;
    finding->text = ims_arena_printf(
        &audit->arena,
        "%sgroup %u may be larger than it need be: it is open whether %s reaches %s; %s",
        group->of_kernel ? "" : "computed ", group->number, a, b, why);
    finding->remedy = "None is needed for safety: they are in one group.";
    return finding->text ? 0 : -ENOMEM;
}

int ims_audit_coarse(struct ims_audit *audit)
{
    for (uint32_t i = 0; i < audit->group_count; i++) {
        struct ims_audit_group *group = &audit->groups[i];
        uint32_t other = 0;
        int code = 0;

        if (!any_blind(audit, group) && split_by(group, audit->upper, &other)) {
            group->coarse = IMS_AUDIT_OVERMERGED;
            code = report(audit, group, other);
        } else if (split_by(group, audit->lower, &other)) {
            group->coarse = IMS_AUDIT_MAYBE_SPLIT;
            code = report_open(audit, group, other);
        }
        if (code < 0)
            return code;
        if (group->verdict < group->coarse)
            group->verdict = group->coarse;
    }
    return 0;
}
