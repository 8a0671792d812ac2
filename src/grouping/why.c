/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/error.h"
#include "base/text.h"
#include "grouping/explanation.h"

#define NAMES_MAX 8u /* further members are counted */

/* Bridges and ports do not count for VFIO: they stay with the host (R8.1, R8.2). */
static bool is_interconnect(const struct ims_grouping *grouping, struct ims_function function)
{
    const struct ims_bits header = ims_grouping_info(grouping, function.index)->pci.header_type;

    return ims_bits_all_known(header, 0x7f) && header.value != 0;
}

/* Members beside self that would have to be given away with it. */
static uint32_t count_companions(const struct ims_grouping *grouping,
                                 const struct ims_group_info *group, uint32_t self)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < group->member_count; i++)
        count += group->members[i].index != self && !is_interconnect(grouping, group->members[i]);
    return count;
}

static void append_members(struct ims_text *text, const struct ims_grouping *grouping,
                           const struct ims_group_info *group, uint32_t self, bool interconnect)
{
    const char *separator = "";
    uint32_t named = 0;
    uint32_t left_out = 0;

    for (uint32_t i = 0; i < group->member_count; i++) {
        char name[IMS_ADDRESS_STRING_SIZE];
        if (group->members[i].index == self ||
            is_interconnect(grouping, group->members[i]) != interconnect)
            continue;
        if (named == NAMES_MAX) {
            left_out++;
            continue;
        }
        ims_text_appendf(text, "%s%s", separator,
                         ims_address_format(
                             ims_grouping_info(grouping, group->members[i].index)->address, name));
        separator = ", ";
        named++;
    }
    if (left_out)
        ims_text_appendf(text, " and %u more", left_out);
}

/* The merge that stands nearest to the function: its own, else one that it drew in. */
static uint32_t nearest_join(const struct ims_grouping *grouping,
                             const struct ims_group_info *group, uint32_t function)
{
    if (grouping->likely.joins[function].to != IMS_NONE)
        return function;
    for (uint32_t i = 0; i < group->member_count; i++)
        if (grouping->likely.joins[group->members[i].index].to == function)
            return group->members[i].index;
    return IMS_NONE;
}

/* The kernel lets it be assigned, and the hardware may not keep it apart (R3.4b). */
static void append_missing_group(struct ims_text *text, const struct ims_grouping *grouping,
                                 struct ims_function function)
{
    struct ims_function above = ims_topology_bridge_above(grouping->topology, function);
    char name[IMS_ADDRESS_STRING_SIZE];

    while (!ims_function_is_none(above) && !ims_explanation_is_missing_group(grouping, above.index))
        above = ims_topology_bridge_above(grouping->topology, above);
    if (!ims_function_is_none(above))
        ims_text_appendf(
            text,
            " Do not rely on it: %s above it does not isolate, and has no group that "
            "would say so [%s].",
            ims_address_format(ims_grouping_info(grouping, above.index)->address, name),
            ims_rule_get(IMS_RULE_UNMANAGED_BRIDGE)->id);
}

static void append_cause(struct ims_text *text, const struct ims_grouping *grouping,
                         const struct ims_group_info *group, uint32_t function)
{
    const uint32_t cause = nearest_join(grouping, group, function);
    struct ims_arena arena = {0};

    if (cause != IMS_NONE) {
        const char *evidence = ims_evidence_join(&arena, grouping, cause);
        ims_text_appendf(text, ", because %s [%s].", evidence ? evidence : "",
                         ims_evidence_rule(grouping, cause)->id);
    }
    ims_arena_done(&arena);
}

/* What the group of a bridge means for the devices in it. */
static void append_bridge(struct ims_text *text, const struct ims_grouping *grouping,
                          const struct ims_group_info *group, struct ims_function function)
{
    if (group->member_count == 1) {
        ims_text_append(text, "it is alone in its IOMMU group.");
        return;
    }
    ims_text_append(text, "it shares its IOMMU group with ");
    if (count_companions(grouping, group, function.index) == 0)
        append_members(text, grouping, group, function.index, true);
    else
        append_members(text, grouping, group, function.index, false);
    append_cause(text, grouping, group, function.index);
}

int ims_grouping_why_not_isolated(const struct ims_grouping *grouping, struct ims_function function,
                                  char **ret, struct ims_error *reterr)
{
    const struct ims_group_info *group = &grouping->groups[grouping->group_index[function.index]];
    struct ims_text text = {0};
    char name[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(ims_grouping_info(grouping, function.index)->address, name);
    if (!group->managed) {
        ims_text_appendf(&text,
                         "%s cannot be assigned: it is in no IOMMU group, because the kernel's "
                         "IOMMU driver does not manage it.",
                         name);
    } else if (is_interconnect(grouping, function)) {
        ims_text_appendf(&text, "%s is a bridge and stays with the host; ", name);
        append_bridge(&text, grouping, group, function);
    } else if (group->member_count == 1) {
        ims_text_appendf(&text, "%s is alone in its IOMMU group and can be assigned on its own%s.",
                         name, group->certain ? "" : ", as far as is known");
        append_missing_group(&text, grouping, function);
    } else if (count_companions(grouping, group, function.index) == 0) {
        ims_text_appendf(&text,
                         "%s can be assigned on its own: the other members of its IOMMU "
                         "group are bridges, which stay with the host (",
                         name);
        append_members(&text, grouping, group, function.index, true);
        ims_text_append(&text, ").");
    } else {
        ims_text_appendf(&text, "%s cannot be assigned alone: it shares its IOMMU group with ",
                         name);
        append_members(&text, grouping, group, function.index, false);
        append_cause(&text, grouping, group, function.index);
    }
    if (!group->certain && group->uncertain_text)
        ims_text_appendf(&text, " Not certain: %s.", group->uncertain_text);

    char *sentence = ims_text_take(&text);
    if (!sentence)
        return ims_error_set(reterr, -ENOMEM, "out of memory while explaining a group");
    *ret = sentence;
    return 0;
}
