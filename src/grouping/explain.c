/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "grouping/explanation.h"

void ims_explanation_add(struct ims_explanation_box *box, const struct ims_rule *rule, uint32_t at,
                         uint32_t from, uint32_t to, const char *text, enum ims_tristate certain)
{
    struct ims_reason *reasons = ims_array_grow(box->reasons, &box->capacity,
                                                box->visible.reason_count + 1, sizeof(*reasons));
    if (!reasons || !text) {
        if (reasons)
            box->reasons = reasons;
        box->failed = true;
        return;
    }
    box->reasons = reasons;
    reasons[box->visible.reason_count++] = (struct ims_reason){
        .rule = rule,
        .at = {at},
        .from = {from},
        .to = {to},
        .text = text,
        .remedy = rule->remedy,
        .certain = certain,
    };
    box->visible.reasons = reasons;
}

/* The reason for which function came to its group, told from "from" to "to". */
static void add_join(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                     uint32_t function, uint32_t from, uint32_t to)
{
    const struct ims_join *join = &grouping->likely.joins[function];
    const struct ims_rule *rule = ims_evidence_rule(grouping, function);

    if (!rule)
        return;
    ims_explanation_add(
        box, rule, join->at == IMS_NONE ? function : join->at, from, to,
        ims_evidence_join(&box->arena, grouping, function),
        ims_grouping_together(grouping, (struct ims_function){from}, (struct ims_function){to}));
}

static uint32_t joined(const struct ims_grouping *grouping, uint32_t function)
{
    return grouping->likely.joins[function].to;
}

static uint32_t distance_to_founder(const struct ims_grouping *grouping, uint32_t function)
{
    uint32_t distance = 0;

    for (; joined(grouping, function) != IMS_NONE; function = joined(grouping, function))
        distance++;
    return distance;
}

/* Takes the reason before the last one away when the last tells the same of a longer way. */
static void merge_last(struct ims_explanation_box *box, uint32_t first, bool upwards)
{
    const uint32_t count = box->visible.reason_count;
    if (box->failed || count < first + 2)
        return;

    struct ims_reason *before = &box->reasons[count - 2];
    const struct ims_reason last = box->reasons[count - 1];
    if (before->rule != last.rule || before->at.index != last.at.index ||
        before->to.index != last.from.index)
        return;
    before->to = last.to;
    if (!upwards)
        before->text = last.text; /* the evidence speaks of the lowest function */
    if (last.certain != IMS_YES)
        before->certain = last.certain;
    box->visible.reason_count--;
}

/*
 * Each function joined one that was there before, so the joins of a group form a tree. The chain
 * from a to b goes up to where both ways meet, then down; the way down is told from the top.
 * Steps that one port is to blame for are told once.
 */
static void chain_together(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                           uint32_t a, uint32_t b)
{
    uint32_t up = distance_to_founder(grouping, a);
    uint32_t down = distance_to_founder(grouping, b);
    uint32_t *way_down = ims_arena_alloc_array(&box->arena, (size_t)down + 1, sizeof(*way_down));
    uint32_t count = 0;

    if (!way_down) {
        box->failed = true;
        return;
    }
    while (a != b) {
        if (up >= down) {
            add_join(box, grouping, a, a, joined(grouping, a));
            merge_last(box, 0, true);
            a = joined(grouping, a);
            up--;
        } else {
            way_down[count++] = b;
            b = joined(grouping, b);
            down--;
        }
    }
    const uint32_t turn = box->visible.reason_count;
    while (count > 0) {
        count--;
        add_join(box, grouping, way_down[count], joined(grouping, way_down[count]),
                 way_down[count]);
        merge_last(box, turn, false);
    }
}

static void explain_unmanaged(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                              uint32_t function)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    ims_explanation_add(
        box, ims_rule_get(IMS_RULE_UNMANAGED), function, function, IMS_NONE,
        ims_arena_printf(&box->arena,
                         "%s is in no group: the kernel's IOMMU driver does not manage "
                         "it",
                         ims_address_format(ims_grouping_info(grouping, function)->address, name)),
        IMS_YES);
}

bool ims_explanation_is_missing_group(const struct ims_grouping *grouping, uint32_t bridge)
{
    const enum ims_port_type type =
        ims_judge_port_type(&grouping->judge, (struct ims_function){bridge});

    return grouping->likely.group_of[bridge] == IMS_NONE &&
           (grouping->verdicts[bridge].isolated != IMS_YES || type == IMS_PORT_CONVENTIONAL);
}

void ims_explanation_add_missing_group(struct ims_explanation_box *box,
                                       const struct ims_grouping *grouping, uint32_t bridge,
                                       uint32_t from, uint32_t to, enum ims_tristate certain)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    ims_explanation_add(
        box, ims_rule_get(IMS_RULE_UNMANAGED_BRIDGE), bridge, from, to,
        ims_arena_printf(&box->arena,
                         "%s has no group that what is below it could join: it holds nothing "
                         "together",
                         ims_address_format(ims_grouping_info(grouping, bridge)->address, name)),
        certain);
}

/* What the merges do not show: where the way up of a function lacks a group, or an end. */
static void explain_way_up(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                           uint32_t function)
{
    struct ims_function above = {function};

    while (above = ims_topology_bridge_above(grouping->topology, above),
           !ims_function_is_none(above))
        if (ims_explanation_is_missing_group(grouping, above.index))
            ims_explanation_add_missing_group(box, grouping, above.index, function, IMS_NONE,
                                              IMS_YES);
    if (ims_grouping_is_cut_off(grouping, function))
        ims_explanation_add(box, ims_rule_get(IMS_RULE_UPSTREAM_MISSING), function, function,
                            IMS_NONE, ims_evidence_cut_off(&box->arena, grouping, function),
                            IMS_UNKNOWN);
}

static bool is_managed(const struct ims_grouping *grouping, uint32_t function)
{
    return grouping->likely.group_of[function] != IMS_NONE;
}

static int finish(struct ims_explanation_box *box, struct ims_explanation **ret,
                  struct ims_error *reterr)
{
    if (!box || box->failed) {
        ims_explanation_free(box ? &box->visible : NULL);
        return ims_error_set(reterr, -ENOMEM, "out of memory while explaining a group");
    }
    *ret = &box->visible;
    return 0;
}

int ims_grouping_explain(const struct ims_grouping *grouping, struct ims_function a,
                         struct ims_function b, struct ims_explanation **ret,
                         struct ims_error *reterr)
{
    struct ims_explanation_box *box = calloc(1, sizeof(*box));

    if (!box)
        return finish(box, ret, reterr);
    box->visible.together = ims_grouping_together(grouping, a, b);
    if (!is_managed(grouping, a.index) || !is_managed(grouping, b.index)) {
        if (!is_managed(grouping, a.index))
            explain_unmanaged(box, grouping, a.index);
        if (!is_managed(grouping, b.index) && a.index != b.index)
            explain_unmanaged(box, grouping, b.index);
    } else if (grouping->group_index[a.index] == grouping->group_index[b.index]) {
        chain_together(box, grouping, a.index, b.index);
    } else {
        ims_explanation_apart(box, grouping, a.index, b.index);
    }
    return finish(box, ret, reterr);
}

int ims_grouping_explain_group(const struct ims_grouping *grouping, struct ims_function function,
                               struct ims_explanation **ret, struct ims_error *reterr)
{
    struct ims_explanation_box *box = calloc(1, sizeof(*box));

    if (!box)
        return finish(box, ret, reterr);
    const struct ims_group_info *group = &grouping->groups[grouping->group_index[function.index]];
    box->visible.together = group->certain ? IMS_YES : IMS_UNKNOWN;
    if (!group->managed)
        explain_unmanaged(box, grouping, function.index);
    for (uint32_t i = 0; i < group->member_count; i++)
        if (joined(grouping, group->members[i].index) != IMS_NONE)
            add_join(box, grouping, group->members[i].index, group->members[i].index,
                     joined(grouping, group->members[i].index));
    if (group->managed)
        explain_way_up(box, grouping, function.index);
    return finish(box, ret, reterr);
}

void ims_explanation_free(struct ims_explanation *explanation)
{
    struct ims_explanation_box *box = (struct ims_explanation_box *)explanation;

    if (!box)
        return;
    free(box->reasons);
    ims_arena_done(&box->arena);
    free(box);
}
