/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/error.h"
#include "base/text.h"
#include "grouping/explanation.h"

#define NAMES_MAX 8u /* further members are counted */

static void append_members(struct ims_text *text, const struct ims_grouping *grouping,
                           const struct ims_group_info *group, uint32_t self)
{
    const char *separator = "";
    uint32_t named = 0;

    for (uint32_t i = 0; i < group->member_count && named < NAMES_MAX; i++) {
        char name[IMS_ADDRESS_STRING_SIZE];
        if (group->members[i].index == self)
            continue;
        ims_text_appendf(text, "%s%s", separator,
                         ims_address_format(
                             ims_grouping_info(grouping, group->members[i].index)->address, name));
        separator = ", ";
        named++;
    }
    if (group->member_count - 1 > named)
        ims_text_appendf(text, " and %u more", group->member_count - 1 - named);
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

int ims_grouping_why_not_isolated(const struct ims_grouping *grouping, struct ims_function function,
                                  char **ret, struct ims_error *reterr)
{
    const struct ims_group_info *group = &grouping->groups[grouping->group_index[function.index]];
    struct ims_text text = {0};
    struct ims_arena arena = {0};
    char name[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(ims_grouping_info(grouping, function.index)->address, name);
    if (!group->managed) {
        ims_text_appendf(&text,
                         "%s cannot be assigned: it is in no IOMMU group, because the kernel's "
                         "IOMMU driver does not manage it.",
                         name);
    } else if (group->member_count == 1) {
        ims_text_appendf(&text, "%s is alone in its IOMMU group and can be assigned on its own%s.",
                         name, group->certain ? "" : ", as far as is known");
        append_missing_group(&text, grouping, function);
    } else {
        const uint32_t cause = nearest_join(grouping, group, function.index);
        ims_text_appendf(&text, "%s cannot be assigned alone: it shares its IOMMU group with ",
                         name);
        append_members(&text, grouping, group, function.index);
        if (cause != IMS_NONE) {
            const char *evidence = ims_evidence_join(&arena, grouping, cause);
            ims_text_appendf(&text, ", because %s [%s].", evidence ? evidence : "",
                             ims_evidence_rule(grouping, cause)->id);
        }
    }
    if (!group->certain && group->uncertain_text)
        ims_text_appendf(&text, " Not certain: %s.", group->uncertain_text);

    ims_arena_done(&arena);
    char *sentence = ims_text_take(&text);
    if (!sentence)
        return ims_error_set(reterr, -ENOMEM, "out of memory while explaining a group");
    *ret = sentence;
    return 0;
}
