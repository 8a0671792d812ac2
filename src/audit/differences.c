/* SPDX-License-Identifier: MIT */
/* Findings about whole machines: groups of another time or kernel, vendors' word, missing registers. */
#include <errno.h>
#include <stdlib.h>

#include "audit/model.h"

/* ---- registers that are not in the input ---- */

/*
 * Text of lspci has no line for a base address register that is not there, but it always has the
 * command register; where not even that is known, the input says nothing about addresses.
 */
bool ims_audit_blind(const struct ims_audit *audit, uint32_t function)
{
    const struct ims_function_info *info = ims_audit_info(audit, function);
    uint32_t count = 0;

    (void)ims_fabric_bars(audit->fabric, (struct ims_function){function}, &count);
    return count == 0 && info->is_vf != IMS_YES && info->pci.command.known == 0 &&
           ims_config_get32(&info->record->config, 0x10).known == 0;
}

int ims_audit_unknowns(struct ims_audit *audit)
{
    struct ims_function *functions =
        calloc((size_t)audit->function_count + 1, sizeof(struct ims_function));
    struct ims_finding *finding = NULL;
    uint32_t count = 0;

    if (!functions)
        return -ENOMEM;
    for (uint32_t i = 0; i < audit->function_count; i++) {
        if (audit->group_of[i] == IMS_NONE || !ims_audit_blind(audit, i))
            continue;
        functions[count++] = (struct ims_function){i};
        if (audit->groups[audit->group_of[i]].verdict < IMS_AUDIT_UNPROVEN)
            audit->groups[audit->group_of[i]].verdict = IMS_AUDIT_UNPROVEN;
    }
    if (count)
        finding =
            ims_audit_add(audit, IMS_RULE_REGISTERS_UNKNOWN, IMS_SEVERITY_MEDIUM, functions, count);
    free(functions);
    if (count == 0)
        return 0;
    if (!finding)
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena,
        "the base address registers of %u function%s are not in the input, so nothing can be said "
        "about who reaches %s",
        count, count == 1 ? "" : "s", count == 1 ? "it" : "them");
    finding->assumption = "their configuration space (read as root; lspci -xxxx, or a capture)";
    finding->remedy = finding->rule->remedy;
    return finding->text ? 0 : -ENOMEM;
}

/* ---- groups that are not those of the registers ---- */

/* The first function whose ACS control is not what Linux had set. */
static struct ims_function changed_register(const struct ims_audit *audit)
{
    for (uint32_t i = 0; audit->at_boot && i < audit->function_count; i++) {
        struct ims_function function = {i};
        const struct ims_acs_verdict *now = ims_grouping_acs(audit->grouping, function);
        const struct ims_acs_verdict *then = ims_grouping_acs(audit->at_boot, function);

        if (now->has_registers && then->has_registers && now->control.value != then->control.value)
            return function;
    }
    return IMS_FUNCTION_NONE;
}

static int name_changed(struct ims_audit *audit, struct ims_finding *finding)
{
    const struct ims_acs_verdict *now;
    const struct ims_acs_verdict *then;
    const char *name;

    finding->at = changed_register(audit);
    if (ims_function_is_none(finding->at)) {
        finding->text = "the groups are those of ACS as Linux sets it, not of the registers of "
                        "this input";
        return 0;
    }
    now = ims_grouping_acs(audit->grouping, finding->at);
    then = ims_grouping_acs(audit->at_boot, finding->at);
    name = ims_audit_name(audit, finding->at);
    if (!name)
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena,
        "the groups are older than the registers: ACS control of %s is %04x now, and they are "
        "those of %04x",
        name, now->control.value, then->control.value);
    return finding->text ? 0 : -ENOMEM;
}

static uint32_t group_size(const struct ims_grouping *grouping, struct ims_function function)
{
    return ims_grouping_group(grouping, ims_grouping_of(grouping, function))->member_count;
}

/* Members of groups that the kernel has otherwise, or that only the override makes what they are. */
static uint32_t differing(const struct ims_audit *audit, struct ims_function *functions)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < audit->function_count; i++) {
        struct ims_function function = {i};
        uint32_t group = ims_grouping_of(audit->grouping, function);
        bool differs =
            audit->difference
                ? audit->comparison->per_group[group] == IMS_MATCH_DIFFERENT
                : group_size(audit->grouping, function) != group_size(audit->honest, function);

        if (differs)
            functions[count++] = function;
    }
    return count;
}

static int report_difference(struct ims_audit *audit, const struct ims_function *functions,
                             uint32_t count)
{
    enum ims_rule_id rule = audit->boot_explains ? IMS_RULE_STALE
                            : audit->override_explains || !audit->difference
                                ? IMS_RULE_OVERRIDE
                                : IMS_RULE_GROUPS_DIFFER;
    struct ims_finding *finding = ims_audit_add(
        audit, rule, rule == IMS_RULE_GROUPS_DIFFER ? IMS_SEVERITY_LOW : IMS_SEVERITY_MEDIUM,
        functions, count);

    if (!finding)
        return -ENOMEM;
    finding->remedy = finding->rule->remedy;
    if (rule == IMS_RULE_STALE)
        return name_changed(audit, finding);
    if (rule == IMS_RULE_OVERRIDE)
        finding->text = audit->override_explains
                            ? "the groups are those of a kernel with the ACS override patch: some "
                              "of them are smaller than the hardware makes them"
                            : "pcie_acs_override on the kernel command line makes groups smaller: "
                              "without it the kernel would join these functions";
    else
        finding->text = ims_arena_printf(
            &audit->arena, "the kernel's groups are not those of its rules and these registers: %s",
            audit->difference);
    return finding->text ? 0 : -ENOMEM;
}

static int groups_of_another_time(struct ims_audit *audit)
{
    struct ims_function *functions;
    uint32_t count;
    int code = 0;

    if (!audit->difference && !audit->honest)
        return 0;
    functions = calloc((size_t)audit->function_count + 1, sizeof(*functions));
    if (!functions)
        return -ENOMEM;
    count = differing(audit, functions);
    if (count)
        code = report_difference(audit, functions, count);
    free(functions);
    return code;
}

/* ---- isolation by the vendor's word ---- */

static bool by_word_only(const struct ims_audit *audit, struct ims_function function)
{
    const struct ims_function_info *info = ims_audit_info(audit, function.index);
    const struct ims_acs_verdict *verdict = ims_grouping_acs(audit->grouping, function);

    /* A single endpoint needs nobody's word. */
    if (ims_bus_is_none(info->secondary_bus) && info->multifunction == IMS_NO)
        return false;
    return verdict->isolated == IMS_YES && verdict->rule->topic == IMS_TOPIC_QUIRK &&
           !verdict->has_registers;
}

static int report_words(struct ims_audit *audit, const struct ims_rule *rule,
                        struct ims_function *functions)
{
    struct ims_finding *finding;
    uint32_t count = 0;

    for (uint32_t i = 0; i < audit->function_count; i++) {
        struct ims_function function = {i};

        if (by_word_only(audit, function) &&
            ims_grouping_acs(audit->grouping, function)->rule == rule)
            functions[count++] = function;
    }
    if (count == 0)
        return 0;
    finding = ims_audit_add(audit, IMS_RULE_QUIRK_ONLY, IMS_SEVERITY_INFO, functions, count);
    if (!finding)
        return -ENOMEM;
    finding->at = functions[0];
    finding->text = ims_arena_printf(
        &audit->arena,
        "%u function%s count%s as isolated by the vendor's word alone (%s): no register shows it",
        count, count == 1 ? "" : "s", count == 1 ? "s" : "", rule->id);
    finding->remedy = finding->rule->remedy;
    return finding->text ? 0 : -ENOMEM;
}

static int vendors_words(struct ims_audit *audit)
{
    struct ims_function *functions =
        calloc((size_t)audit->function_count + 1, sizeof(struct ims_function));
    int code = functions ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < ims_rule_count() && code == 0; i++)
        if (ims_rule_at(i)->topic == IMS_TOPIC_QUIRK)
            code = report_words(audit, ims_rule_at(i), functions);
    free(functions);
    return code;
}

int ims_audit_differences(struct ims_audit *audit)
{
    int code = groups_of_another_time(audit);

    return code < 0 ? code : vendors_words(audit);
}
