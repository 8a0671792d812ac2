/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "grouping/model.h"

static bool has_unknowns(const struct ims_grouping *grouping)
{
    const uint32_t count = ims_topology_function_count(grouping->topology);

    for (uint32_t i = 0; i < count; i++) {
        const struct ims_function handle = {i};
        bool likely;
        struct ims_alias_mask mask;

        if (grouping->verdicts[i].isolated == IMS_UNKNOWN ||
            ims_judge_port_type(&grouping->judge, handle) == IMS_PORT_UNKNOWN ||
            ims_judge_multifunction(&grouping->judge, handle, &likely) == IMS_UNKNOWN ||
            ims_judge_translation_root(&grouping->judge, handle, &likely) == IMS_UNKNOWN ||
            ims_judge_no_alias(&grouping->judge, handle, &likely) == IMS_UNKNOWN)
            return true;
        if (ims_judge_aliases(&grouping->judge, handle, &mask))
            for (unsigned word = 0; word < 4; word++)
                if (mask.certain[word] != mask.possible[word])
                    return true;
    }
    for (uint32_t i = 0; i < ims_topology_bus_count(grouping->topology); i++) {
        const struct ims_bus_info *bus = ims_topology_bus(grouping->topology, (struct ims_bus){i});
        if (ims_bus_is_none(bus->parent) && bus->is_root != IMS_YES)
            return true;
    }
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

static const char *how_to_settle(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);

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
    if (!grouping->basis.acs_mode_certain)
        return "say whether the IOMMU was on (--acs as-is or --acs as-linux-sets)";
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
        struct ims_alias_mask mask;
        const struct ims_function handle = {i};
        bool likely;
        if (grouping->verdicts[i].isolated == IMS_UNKNOWN ||
            ims_judge_multifunction(&grouping->judge, handle, &likely) == IMS_UNKNOWN ||
            (ims_judge_aliases(&grouping->judge, handle, &mask) &&
             (mask.table || mask.certain[0] != mask.possible[0]))) {
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

    if (ims_judge_port_type(&grouping->judge, handle) == IMS_PORT_UNKNOWN)
        return "its PCI Express capability (port type, ACS)";
    if (ims_judge_aliases(&grouping->judge, handle, &mask) && mask.table)
        return "the requester ids in its NTB tables";
    if (verdict->rule->topic == IMS_TOPIC_QUIRK)
        return "whether the kernel's device-specific rule applies to it";
    if (verdict->isolated == IMS_UNKNOWN)
        return "its ACS state when the kernel formed the groups";
    return "its multifunction flag or its aliases";
}

static void explain_uncertain(struct ims_grouping *grouping, struct ims_group_info *group)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    uint32_t function = IMS_NONE;

    for (uint32_t i = 0; i < group->member_count && function == IMS_NONE; i++)
        if (find_unknown(grouping, group->members[i].index, &function))
            group->uncertain_at = (struct ims_function){function};
    if (function == IMS_NONE) {
        group->uncertain_text = "the members depend on a function outside the group whose facts "
                                "are unknown, or on a bridge that is not in the input";
        return;
    }
    group->uncertain_text = ims_arena_printf(
        &grouping->arena, "%s of %s is unknown: %s", what_is_unknown(grouping, function),
        ims_address_format(ims_grouping_info(grouping, function)->address, name),
        how_to_settle(grouping, function));
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
        if (!group->managed || (is_whole_group(group, &grouping->finest, fine_sizes) &&
                                is_whole_group(group, &grouping->coarsest, coarse_sizes)))
            continue;
        group->certain = false;
        explain_uncertain(grouping, group);
    }
    free(fine_sizes);
    free(coarse_sizes);
    return r;
}
