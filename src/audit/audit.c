/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/model.h"
#include "base/array.h"
#include "base/error.h"
#include "grouping/model.h"

const char *ims_audit_name(struct ims_audit *audit, struct ims_function function)
{
    char buffer[IMS_ADDRESS_STRING_SIZE];

    if (ims_function_is_none(function))
        return "the root complex";
    ims_address_format(ims_audit_info(audit, function.index)->address, buffer);
    return ims_arena_strndup(&audit->arena, buffer, strlen(buffer));
}

static int compare_functions(const void *a, const void *b)
{
    const struct ims_function *left = a;
    const struct ims_function *right = b;

    return left->index < right->index ? -1 : left->index > right->index;
}

struct ims_finding *ims_audit_add(struct ims_audit *audit, enum ims_rule_id rule,
                                  enum ims_severity severity, const struct ims_function *functions,
                                  uint32_t count)
{
    struct ims_function *copy =
        ims_arena_alloc_array(&audit->arena, count, sizeof(struct ims_function));
    struct ims_finding *grown = ims_array_grow(audit->findings, &audit->finding_capacity,
                                               audit->finding_count + 1, sizeof(*grown));
    uint32_t kept = 0;

    if (grown)
        audit->findings = grown;
    if (!copy || !grown)
        return NULL;
    memcpy(copy, functions, count * sizeof(*copy));
    qsort(copy, count, sizeof(*copy), compare_functions);
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || copy[i].index != copy[kept - 1].index)
            copy[kept++] = copy[i];
    grown[audit->finding_count] = (struct ims_finding){
        .rule = ims_rule_get(rule),
        .severity = severity,
        .functions = copy,
        .function_count = kept,
        .at = IMS_FUNCTION_NONE,
        .text = "",
        .witness_issuer = IMS_FUNCTION_NONE,
        .witness_target = IMS_FUNCTION_NONE,
    };
    return &grown[audit->finding_count++];
}

/* Nothing in it depends on memory or time: two runs print the same. */
static int compare_findings(const void *a, const void *b)
{
    const struct ims_finding *left = a;
    const struct ims_finding *right = b;
    int order;

    if (left->severity != right->severity)
        return left->severity > right->severity ? -1 : 1;
    order = strcmp(left->rule->id, right->rule->id);
    if (order != 0)
        return order;
    for (uint32_t i = 0; i < left->function_count && i < right->function_count; i++)
        if (left->functions[i].index != right->functions[i].index)
            return left->functions[i].index < right->functions[i].index ? -1 : 1;
    if (left->function_count != right->function_count)
        return left->function_count < right->function_count ? -1 : 1;
    return strcmp(left->text, right->text);
}

static int compute(struct ims_audit *audit, struct ims_error *reterr)
{
    int code = ims_fabric_sets(audit->fabric, IMS_FABRIC_MUST, &audit->lower, reterr);

    if (code == 0)
        code = ims_fabric_sets(audit->fabric, IMS_FABRIC_MAY, &audit->upper, reterr);
    if (code == 0)
        code = ims_audit_claim(audit);
    if (code == 0)
        code = ims_audit_others(audit);
    if (code == 0)
        code = ims_audit_crossings(audit);
    if (code == 0)
        code = ims_audit_unknowns(audit);
    if (code == 0)
        code = ims_audit_coarse(audit);
    if (code == 0)
        code = ims_audit_ports(audit);
    if (code == 0)
        code = ims_audit_differences(audit);
    if (code == 0)
        code = ims_audit_tables(audit);
    if (code == 0 && audit->finding_count)
        qsort(audit->findings, audit->finding_count, sizeof(*audit->findings), compare_findings);
    return code;
}

int ims_audit_new(const struct ims_grouping *grouping, const struct ims_fabric *fabric,
                  const struct ims_audit_options *options, struct ims_audit **ret,
                  struct ims_error *reterr)
{
    struct ims_audit *audit;
    int code;

    (void)options;
    if (grouping->topology != ims_fabric_topology(fabric))
        return ims_error_set(reterr, -EINVAL, "groups and fabric are those of two machines");
    audit = calloc(1, sizeof(*audit));
    if (!audit)
        return ims_error_set(reterr, -ENOMEM, "no memory for an audit");
    audit->grouping = grouping;
    audit->fabric = fabric;
    audit->topology = ims_fabric_topology(fabric);
    audit->function_count = ims_topology_function_count(audit->topology);
    code = compute(audit, reterr);
    if (code < 0) {
        ims_audit_free(audit);
        return ims_error_set(reterr, code, "no memory for an audit");
    }
    *ret = audit;
    return 0;
}

void ims_audit_free(struct ims_audit *audit)
{
    if (!audit)
        return;
    for (uint32_t i = 0; i < audit->finding_count; i++)
        ims_fabric_route_free(audit->findings[i].witness);
    free(audit->findings);
    ims_comparison_free(audit->comparison);
    ims_grouping_free(audit->honest);
    ims_grouping_free(audit->at_boot);
    ims_fabric_sets_free(audit->lower);
    ims_fabric_sets_free(audit->upper);
    ims_arena_done(&audit->arena);
    free(audit);
}

enum ims_audit_verdict ims_audit_verdict(const struct ims_audit *audit)
{
    enum ims_audit_verdict worst = IMS_AUDIT_EXACT;

    for (uint32_t i = 0; i < audit->group_count; i++)
        if (audit->groups[i].verdict > worst)
            worst = audit->groups[i].verdict;
    return worst;
}

uint32_t ims_audit_group_count(const struct ims_audit *audit)
{
    return audit->group_count;
}

const struct ims_audit_group *ims_audit_group_at(const struct ims_audit *audit, uint32_t index)
{
    return index < audit->group_count ? &audit->groups[index] : NULL;
}

uint32_t ims_audit_finding_count(const struct ims_audit *audit)
{
    return audit->finding_count;
}

const struct ims_finding *ims_audit_finding_at(const struct ims_audit *audit, uint32_t index)
{
    return index < audit->finding_count ? &audit->findings[index] : NULL;
}
