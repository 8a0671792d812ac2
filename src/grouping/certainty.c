/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grouping/model.h"
#include "pci/regs.h"

/* Whether the alias mask of a function depends on something unknown. */
static bool has_unknown_aliases(const struct ims_grouping *grouping, uint32_t function)
{
    struct ims_alias_mask mask;

    return ims_judge_aliases(&grouping->judge, (struct ims_function){function}, &mask) &&
           memcmp(mask.certain, mask.possible, sizeof(mask.certain)) != 0;
}

/* The series of 2025 asks whether there is a capability at all, beside the verdict (R9.6). */
static bool has_unknown_presence(const struct ims_grouping *grouping, uint32_t function)
{
    return grouping->judge.proposed && grouping->verdicts[function].isolated != IMS_YES &&
           ims_grouping_info(grouping, function)->acs.present == IMS_UNKNOWN;
}

bool ims_grouping_is_cut_off(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_bus_info *bus =
        ims_topology_bus(grouping->topology, ims_grouping_info(grouping, function)->bus);

    while (!ims_bus_is_none(bus->parent))
        bus = ims_topology_bus(grouping->topology, bus->parent);
    return bus->is_root != IMS_YES;
}

/* Whether the function had to meet a bridge that drivers may have brought up later (R3.4a, R3.5). */
static bool depends_on_order(const struct ims_grouping *grouping, uint32_t function)
{
    const enum ims_join_kind kind = grouping->likely.joins[function].kind;

    return grouping->by_driver && (kind == IMS_JOIN_BRIDGE || kind == IMS_JOIN_UPSTREAM);
}

static bool has_unknowns(const struct ims_grouping *grouping)
{
    const uint32_t count = ims_topology_function_count(grouping->topology);

    for (uint32_t i = 0; i < count; i++) {
        const struct ims_function handle = {i};
        bool likely;

        if (grouping->verdicts[i].isolated == IMS_UNKNOWN ||
            grouping->own_verdicts[i].isolated == IMS_UNKNOWN ||
            ims_grouping_is_shaky(grouping, i) || depends_on_order(grouping, i) ||
            ims_judge_port_type(&grouping->judge, handle) == IMS_PORT_UNKNOWN ||
            ims_judge_multifunction(&grouping->judge, handle, &likely) == IMS_UNKNOWN ||
            ims_judge_translation_root(&grouping->judge, handle, &likely) == IMS_UNKNOWN ||
            ims_judge_no_alias(&grouping->judge, handle, &likely) == IMS_UNKNOWN ||
            has_unknown_presence(grouping, i) || has_unknown_aliases(grouping, i))
            return true;
    }
    for (uint32_t i = 0; i < ims_topology_bus_count(grouping->topology); i++) {
        const struct ims_bus_info *bus = ims_topology_bus(grouping->topology, (struct ims_bus){i});
        if (ims_bus_is_none(bus->parent) && bus->is_root != IMS_YES)
            return true;
    }
    return false;
}

/* Anything of a bridge that the walks of assign.c ask for. */
static bool has_unknown_bridge_facts(const struct ims_grouping *grouping,
                                     struct ims_function bridge)
{
    bool likely;

    return grouping->verdicts[bridge.index].isolated == IMS_UNKNOWN ||
           ims_judge_port_type(&grouping->judge, bridge) == IMS_PORT_UNKNOWN ||
           ims_judge_translation_root(&grouping->judge, bridge, &likely) == IMS_UNKNOWN ||
           ims_judge_no_alias(&grouping->judge, bridge, &likely) == IMS_UNKNOWN;
}

/*
 * A bridge without a group is no place to meet: reaching it parts functions instead of joining
 * them (R3.4b). There the two settlements of unknowns do not enclose the truth, so nothing below
 * such a bridge is certain; nor below a VMD endpoint that the input does not show.
 */
static int find_shaky(struct ims_grouping *grouping)
{
    const uint32_t count = ims_topology_bus_count(grouping->topology);

    grouping->shaky = ims_arena_alloc_array(&grouping->arena, count, sizeof(*grouping->shaky));
    if (!grouping->shaky)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const struct ims_bus_info *bus = ims_topology_bus(grouping->topology, (struct ims_bus){i});
        grouping->shaky[i] =
            ims_bus_is_none(bus->parent) ? IMS_NONE : grouping->shaky[bus->parent.index];
        if (grouping->shaky[i] == IMS_NONE && !ims_function_is_none(bus->bridge) &&
            !ims_grouping_is_managed(grouping, bus->bridge.index) &&
            has_unknown_bridge_facts(grouping, bus->bridge))
            grouping->shaky[i] = bus->bridge.index;
    }
    return 0;
}

/* 5.4 gives functions behind VMD no group, 5.10 gives them that of the endpoint (R2.1). */
static bool vmd_is_between_trees(const struct ims_grouping *grouping)
{
    return !ims_kernel_version_before(grouping->judge.version, 5, 5) &&
           ims_kernel_version_before(grouping->judge.version, 5, 10);
}

bool ims_grouping_is_shaky(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);

    return (grouping->shaky && grouping->shaky[info->bus.index] != IMS_NONE) ||
           (info->address.segment >= IMS_VMD_FIRST_SEGMENT &&
            (ims_function_is_none(info->vmd_endpoint) || vmd_is_between_trees(grouping)));
}

static bool has_shaky_member(const struct ims_grouping *grouping,
                             const struct ims_group_info *group)
{
    for (uint32_t i = 0; i < group->member_count; i++)
        if (ims_grouping_is_shaky(grouping, group->members[i].index))
            return true;
    return false;
}

static int run(const struct ims_grouping *grouping, enum ims_assumption assumption,
               struct ims_partition *ret)
{
    struct ims_settled settled;
    int r = ims_settle(grouping, assumption, &settled);

    if (r < 0)
        return r;
    r = grouping->judge.proposed ? ims_assign_proposed(grouping, &settled, ret)
                                 : ims_assign(grouping, &settled, ret);
    ims_settled_done(&settled);
    return r;
}

/* How many functions each group of a partition has. */
static uint32_t *count_members(const struct ims_partition *partition, uint32_t function_count)
{
    uint32_t *sizes = calloc((size_t)partition->group_count + 1, sizeof(*sizes));

    for (uint32_t i = 0; sizes && i < function_count; i++)
        if (partition->group_of[i] != IMS_NONE)
            sizes[partition->group_of[i]]++;
    return sizes;
}

/* All members are one whole group of the partition. */
static bool is_whole_group(const struct ims_group_info *group,
                           const struct ims_partition *partition, const uint32_t *sizes)
{
    const uint32_t number = partition->group_of[group->members[0].index];

    for (uint32_t i = 1; i < group->member_count; i++)
        if (partition->group_of[group->members[i].index] != number)
            return false;
    return number == IMS_NONE || sizes[number] == group->member_count;
}

/* ---- which unknown decides ---- */

/* Whether ACS registers decide, not the multifunction flag: at these ports they always do (R4.4). */
static bool depends_on_registers(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_function handle = {function};
    const enum ims_port_type type = ims_judge_port_type(&grouping->judge, handle);
    bool likely;

    if (grouping->verdicts[function].isolated != IMS_UNKNOWN || type == IMS_PORT_UNKNOWN)
        return false;
    return type == IMS_PORT_ROOT || type == IMS_PORT_DOWNSTREAM ||
           ims_judge_multifunction(&grouping->judge, handle, &likely) == IMS_YES;
}

static const char *how_to_settle(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);
    struct ims_alias_mask mask;

    if (grouping->verdicts[function].rule == ims_rule_get(IMS_RULE_STABLE_REGRESSION) ||
        (ims_judge_aliases(&grouping->judge, (struct ims_function){function}, &mask) && mask.table))
        return "only the groups of the running kernel (--groups) tell";

    if (grouping->verdicts[function].rule == ims_rule_get(IMS_RULE_QUIRK_AMD_SB) &&
        info->multifunction == IMS_YES)
        return "it depends on the ACPI table IVRS, which a capture of the running machine shows";

    switch (info->record->config_gap) {
    case IMS_GAP_NEEDS_ROOT:
        return "read the machine as root (lspci: as root with -xxxx or -vvv)";
    case IMS_GAP_ASLEEP:
        return "wake the device (--wake) and read again";
    case IMS_GAP_VANISHED:
        return "read the machine again";
    case IMS_GAP_UNREADABLE:
        return "the function does not answer; a reset or a reboot may bring it back";
    case IMS_GAP_NONE:
    case IMS_GAP_NOT_IN_INPUT:
    case IMS_GAP_CONTRADICTION:
    case IMS_GAP_MALFORMED:
    case IMS_GAP_AMBIGUOUS:
    case IMS_GAP_MAX:
        break;
    }
    if (!grouping->basis.acs_mode_certain && info->acs.present == IMS_YES &&
        depends_on_registers(grouping, function))
        return "say whether the IOMMU was on (--acs as-is or --acs as-linux-sets)";
    if (grouping->verdicts[function].rule == ims_rule_get(IMS_RULE_CMDLINE_CONFIG_ACS) ||
        grouping->verdicts[function].rule == ims_rule_get(IMS_RULE_CMDLINE_DISABLE_ACS_REDIR))
        return "it depends on what firmware had set, which only the groups of the running kernel "
               "(--groups) tell";
    if (info->id_count != 1)
        return "a dump with numeric ids (lspci -nn) would tell";
    return "a dump of the whole configuration space (lspci -xxxx as root) would tell";
}

/* The function nearest to a member whose facts are unknown: itself, its slot, or a port above. */
static bool find_unknown(const struct ims_grouping *grouping, uint32_t function, uint32_t *ret)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);
    const struct ims_bus_info *bus = ims_topology_bus(grouping->topology, info->bus);
    struct ims_function above = {function};

    while (!ims_function_is_none(above)) {
        if (grouping->verdicts[above.index].isolated == IMS_UNKNOWN ||
            ims_judge_port_type(&grouping->judge, above) == IMS_PORT_UNKNOWN) {
            *ret = above.index;
            return true;
        }
        above = ims_topology_bridge_above(grouping->topology, above);
    }
    for (uint32_t i = bus->first_function; i < bus->first_function + bus->function_count; i++) {
        const struct ims_function handle = {i};
        bool likely;
        if (grouping->verdicts[i].isolated == IMS_UNKNOWN ||
            ims_judge_multifunction(&grouping->judge, handle, &likely) == IMS_UNKNOWN ||
            has_unknown_presence(grouping, i) || has_unknown_aliases(grouping, i)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static const char *what_is_unknown(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_acs_verdict *verdict = &grouping->verdicts[function];
    struct ims_alias_mask mask;
    const struct ims_function handle = {function};
    bool likely;

    if (ims_judge_port_type(&grouping->judge, handle) == IMS_PORT_UNKNOWN)
        return "the PCI Express capability (port type, ACS) of";
    if (ims_judge_aliases(&grouping->judge, handle, &mask) && mask.table)
        return "the set of requester ids in the NTB tables of";
    if (verdict->rule->topic == IMS_TOPIC_QUIRK)
        return "the device-specific rule of the kernel for";
    if (!depends_on_registers(grouping, function) &&
        ims_judge_multifunction(&grouping->judge, handle, &likely) == IMS_UNKNOWN)
        return "the multifunction flag of";
    if (verdict->isolated == IMS_UNKNOWN)
        return "the ACS state, when the kernel formed the groups, of";
    return "a requester-id alias of";
}

static void explain_uncertain(struct ims_grouping *grouping, struct ims_group_info *group)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    uint32_t function = IMS_NONE;

    for (uint32_t i = 0; i < group->member_count && function == IMS_NONE; i++)
        if (find_unknown(grouping, group->members[i].index, &function))
            group->uncertain_at = (struct ims_function){function};
    if (function == IMS_NONE && vmd_is_between_trees(grouping) &&
        has_shaky_member(grouping, group)) {
        group->uncertain_text =
            "whether this kernel groups functions behind VMD with the endpoint is not established "
            "for 5.5 to 5.9: only the groups of the running kernel (--groups) tell";
        return;
    }
    if (function == IMS_NONE && grouping->by_driver) {
        group->uncertain_text =
            "before 6.15 the order in which drivers take the functions decides here, and the input "
            "does not tell it: only the groups of the running kernel (--groups) tell";
        return;
    }
    for (uint32_t i = 0; i < group->member_count && function == IMS_NONE; i++)
        if (ims_grouping_is_cut_off(grouping, group->members[i].index)) {
            const char *text =
                ims_evidence_cut_off(&grouping->arena, grouping, group->members[i].index);
            group->uncertain_text =
                text ? ims_arena_printf(&grouping->arena,
                                        "%s: a dump of the whole machine would tell", text)
                     : NULL;
            return;
        }
    if (function == IMS_NONE) {
        group->uncertain_text =
            "the members depend on a function outside the group whose facts are unknown";
        return;
    }
    group->uncertain_text = ims_arena_printf(
        &grouping->arena, "%s %s is unknown: %s", what_is_unknown(grouping, function),
        ims_address_format(ims_grouping_info(grouping, function)->address, name),
        how_to_settle(grouping, function));
}

/* A bridge, or perhaps one, whose secondary bus the input does not tell. */
static bool may_lead_anywhere(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);

    if (info->is_vf == IMS_YES || ims_bits_all_known(info->pci.bridge.secondary, 0xff))
        return false;
    if (ims_bits_all_known(info->pci.header_type, 0x7f))
        return info->pci.header_type.value == 1 || info->pci.header_type.value == 2;
    return !ims_bits_all_known(info->class_code, 0xffff00) ||
           info->class_code.value >> 8 == IMS_CLASS_PCI_BRIDGE;
}

/* Such a bridge may be the one above a bus whose way up is missing. */
static bool has_loose_ends(const struct ims_grouping *grouping)
{
    const uint32_t count = ims_topology_function_count(grouping->topology);
    bool loose_bridge = false;
    bool cut_off = false;

    for (uint32_t i = 0; i < count && !(loose_bridge && cut_off); i++) {
        loose_bridge = loose_bridge || may_lead_anywhere(grouping, i);
        cut_off = cut_off || ims_grouping_is_cut_off(grouping, i);
    }
    return loose_bridge && cut_off;
}

bool ims_grouping_is_loose(const struct ims_grouping *grouping, uint32_t function)
{
    return grouping->has_loose_ends &&
           (ims_grouping_is_cut_off(grouping, function) || may_lead_anywhere(grouping, function));
}

static bool has_loose_member(const struct ims_grouping *grouping,
                             const struct ims_group_info *group)
{
    for (uint32_t i = 0; i < group->member_count; i++)
        if (ims_grouping_is_loose(grouping, group->members[i].index))
            return true;
    return false;
}

int ims_grouping_judge_certainty(struct ims_grouping *grouping)
{
    const uint32_t count = ims_topology_function_count(grouping->topology);
    uint32_t *fine_sizes = NULL;
    uint32_t *coarse_sizes = NULL;
    int r;

    grouping->has_unknowns = has_unknowns(grouping);
    if (!grouping->has_unknowns)
        return 0;

    grouping->has_loose_ends = has_loose_ends(grouping);
    r = find_shaky(grouping);
    if (r == 0)
        r = run(grouping, IMS_ASSUME_FINEST, &grouping->finest);
    if (r == 0)
        r = run(grouping, IMS_ASSUME_COARSEST, &grouping->coarsest);
    if (r == 0) {
        fine_sizes = count_members(&grouping->finest, count);
        coarse_sizes = count_members(&grouping->coarsest, count);
        r = fine_sizes && coarse_sizes ? 0 : -ENOMEM;
    }
    for (uint32_t i = 0; r == 0 && i < grouping->group_count; i++) {
        struct ims_group_info *group = &grouping->groups[i];
        if (!group->managed ||
            (!has_loose_member(grouping, group) && !has_shaky_member(grouping, group) &&
             is_whole_group(group, &grouping->finest, fine_sizes) &&
             is_whole_group(group, &grouping->coarsest, coarse_sizes)))
            continue;
        group->certain = false;
        explain_uncertain(grouping, group);
    }
    free(fine_sizes);
    free(coarse_sizes);
    return r;
}
