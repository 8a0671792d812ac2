/* SPDX-License-Identifier: MIT */
/* Ports and bridges that Linux has in a group of endpoints although nothing connects them (I3). */
#include <errno.h>
#include <stdlib.h>

#include "audit/model.h"

static bool is_port(const struct ims_function_info *info)
{
    return info->corrected_type == IMS_PORT_ROOT || info->corrected_type == IMS_PORT_UPSTREAM ||
           info->corrected_type == IMS_PORT_DOWNSTREAM;
}

/* Functions behind a bridge; a bridge whose bus is not known counts as having some. */
static bool is_empty(const struct ims_audit *audit, const struct ims_function_info *info)
{
    return ims_bits_all_known(info->pci.bridge.secondary, 0xff) &&
           (ims_bus_is_none(info->secondary_bus) ||
            ims_topology_bus(audit->topology, info->secondary_bus)->function_count == 0);
}

static enum ims_rule_id rule_of(const struct ims_audit *audit, const struct ims_function_info *info)
{
    if (!is_port(info))
        return IMS_RULE_BRIDGE_IN_GROUP;
    return info->corrected_type != IMS_PORT_UPSTREAM && is_empty(audit, info)
               ? IMS_RULE_EMPTY_SLOT
               : IMS_RULE_PORT_IN_GROUP;
}

static int compare_groups(const void *a, const void *b)
{
    const struct ims_audit_group *left = a;
    const struct ims_audit_group *right = b;

    if (left->of_kernel != right->of_kernel)
        return left->of_kernel ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* Whether a group of the claim, which all have endpoints, has this function too. */
static bool in_a_group(const struct ims_audit *audit, uint32_t function)
{
    const struct ims_record *record = ims_audit_info(audit, function)->record;
    const struct ims_group_info *computed = ims_grouping_group(
        audit->grouping, ims_grouping_of(audit->grouping, (struct ims_function){function}));
    struct ims_audit_group key = {.of_kernel = record->group_state == IMS_GROUP_KNOWN,
                                  .number = computed->number};

    if (key.of_kernel)
        key.number = record->group;
    else if (audit->kernel_speaks || !computed->managed)
        return false;
    return audit->group_count && bsearch(&key, audit->groups, audit->group_count,
                                         sizeof(*audit->groups), compare_groups) != NULL;
}

/* It stands in a group, and in a set alone: nobody reaches it, and its id is its own. */
static bool needs_no_group(const struct ims_audit *audit, uint32_t function)
{
    const struct ims_function_info *info = ims_audit_info(audit, function);
    const uint32_t set = ims_fabric_sets_of(audit->upper, (struct ims_function){function});

    return (is_port(info) || !ims_bus_is_none(info->secondary_bus)) &&
           ims_fabric_sets_at(audit->upper, set)->member_count == 1 && in_a_group(audit, function);
}

static const char *words_of(enum ims_rule_id rule, bool one)
{
    if (rule == IMS_RULE_EMPTY_SLOT)
        return one ? "is in a group although nothing is behind it that could issue a request"
                   : "are in groups although nothing is behind them that could issue a request";
    return one ? "is in the group of what is behind it without need: nobody reaches its registers "
                 "or shares its requester id"
               : "are in the groups of what is behind them without need: nobody reaches their "
                 "registers or shares their requester ids";
}

static int report(struct ims_audit *audit, enum ims_rule_id rule,
                  const struct ims_function *functions, uint32_t count)
{
    const char *noun = rule == IMS_RULE_BRIDGE_IN_GROUP ? "bridge" : "port";
    struct ims_finding *finding;

    if (count == 0)
        return 0;
    finding = ims_audit_add(audit, rule, IMS_SEVERITY_INFO, functions, count);
    if (!finding)
        return -ENOMEM;
    finding->at = functions[0];
    finding->text = ims_arena_printf(&audit->arena, "%u %s%s %s", count, noun,
                                     count == 1 ? "" : "s", words_of(rule, count == 1));
    finding->remedy = finding->rule->remedy;
    return finding->text ? 0 : -ENOMEM;
}

int ims_audit_ports(struct ims_audit *audit)
{
    static const enum ims_rule_id rules[] = {IMS_RULE_BRIDGE_IN_GROUP, IMS_RULE_PORT_IN_GROUP,
                                             IMS_RULE_EMPTY_SLOT};
    struct ims_function *functions =
        calloc((size_t)audit->function_count + 1, sizeof(struct ims_function));
    int code = functions ? 0 : -ENOMEM;

    for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]) && code == 0; r++) {
        uint32_t count = 0;

        for (uint32_t i = 0; i < audit->function_count; i++)
            if (needs_no_group(audit, i) && rule_of(audit, ims_audit_info(audit, i)) == rules[r])
                functions[count++] = (struct ims_function){i};
        code = report(audit, rules[r], functions, count);
    }
    free(functions);
    return code;
}
