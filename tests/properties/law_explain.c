/* SPDX-License-Identifier: MIT */
#include "laws.h"

#include <stdlib.h>

/* Laws about explanations: they say what the groups say. */

static unsigned root_of(unsigned *parent, unsigned index)
{
    while (parent[index] != index)
        index = parent[index];
    return index;
}

/* Every reason must be whole, and the merges together must make the group. */
static bool edges_make_group(const struct judged *judged, const struct ims_group_info *group,
                             unsigned *parent, char why[WHY_SIZE])
{
    struct ims_explanation *explanation = NULL;
    struct ims_error error = {0};
    uint32_t count = ims_topology_function_count(judged->topology);
    if (ims_grouping_explain_group(judged->grouping, group->members[0], &explanation, &error) < 0)
        return law_fails(why, "explaining group %u failed: %s", group->number, error.message);
    bool ok = true;
    for (uint32_t i = 0; i < count; i++)
        parent[i] = i;
    for (uint32_t i = 0; ok && i < explanation->reason_count; i++) {
        const struct ims_reason *reason = &explanation->reasons[i];
        if (!reason->rule || !reason->text || reason->from.index >= count)
            ok = law_fails(why, "reason %u of group %u is not whole", i, group->number);
        else if (!ims_function_is_none(reason->to) && reason->to.index < count)
            parent[root_of(parent, reason->from.index)] = root_of(parent, reason->to.index);
    }
    for (uint32_t i = 0; ok && i < count; i++) {
        bool in_group = ims_grouping_of(judged->grouping, (struct ims_function){i}) ==
                        ims_grouping_of(judged->grouping, group->members[0]);
        bool linked = root_of(parent, i) == root_of(parent, group->members[0].index);
        char x[IMS_ADDRESS_STRING_SIZE], y[IMS_ADDRESS_STRING_SIZE];
        if (in_group != linked)
            ok = law_fails(
                why, "%s is in the group of %s %s",
                ims_address_format(
                    ims_topology_function(judged->topology, (struct ims_function){i})->address, x),
                ims_address_format(
                    ims_topology_function(judged->topology, group->members[0])->address, y),
                in_group ? "but no chain of reasons leads there" : "by reasons only");
    }
    ims_explanation_free(explanation);
    return ok;
}

bool law_edges(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct judged judged;
    if (!judge(sketch, trial, &judged, why))
        return false;
    unsigned *parent = calloc(ims_topology_function_count(judged.topology) + 1u, sizeof(*parent));
    if (!parent)
        abort();
    bool ok = true;
    for (uint32_t i = 0; ok && i < ims_grouping_count(judged.grouping); i++) {
        const struct ims_group_info *group = ims_grouping_group(judged.grouping, i);
        if (group->managed)
            ok = edges_make_group(&judged, group, parent, why);
    }
    free(parent);
    judged_done(&judged);
    return ok;
}

/* A chain between members leads from a to b. */
static bool chain_leads(const struct ims_explanation *explanation, struct ims_function a,
                        struct ims_function b)
{
    struct ims_function at = a;
    for (uint32_t i = 0; i < explanation->reason_count; i++) {
        const struct ims_reason *reason = &explanation->reasons[i];
        if (reason->from.index == at.index)
            at = reason->to;
        else if (reason->to.index == at.index)
            at = reason->from;
        else
            return false;
    }
    return at.index == b.index;
}

static bool pair_agrees(const struct judged *judged, struct ims_function a, struct ims_function b,
                        char why[WHY_SIZE])
{
    char x[IMS_ADDRESS_STRING_SIZE], y[IMS_ADDRESS_STRING_SIZE];
    struct ims_explanation *explanation = NULL;
    struct ims_error error = {0};
    enum ims_tristate together = ims_grouping_together(judged->grouping, a, b);
    bool same = ims_grouping_of(judged->grouping, a) == ims_grouping_of(judged->grouping, b);
    ims_address_format(ims_topology_function(judged->topology, a)->address, x);
    ims_address_format(ims_topology_function(judged->topology, b)->address, y);
    if (together != IMS_UNKNOWN && same != (together == IMS_YES))
        return law_fails(why, "%s and %s: together says %s, the groups say otherwise", x, y,
                         ims_tristate_to_string(together));
    if (together != ims_grouping_together(judged->grouping, b, a))
        return law_fails(why, "%s and %s: together is not symmetric", x, y);
    if (ims_grouping_explain(judged->grouping, a, b, &explanation, &error) < 0)
        return law_fails(why, "%s and %s: explaining failed: %s", x, y, error.message);
    bool ok =
        explanation->together == together ||
        law_fails(why, "%s and %s: explain says %s, together says %s", x, y,
                  ims_tristate_to_string(explanation->together), ims_tristate_to_string(together));
    if (ok && a.index != b.index && explanation->reason_count == 0)
        ok = law_fails(why, "%s and %s: no reason is given", x, y);
    if (ok && same && a.index != b.index && !chain_leads(explanation, a, b))
        ok = law_fails(why, "%s and %s: the chain of reasons does not lead from one to the other",
                       x, y);
    ims_explanation_free(explanation);
    return ok;
}

bool law_together(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct judged judged;
    struct rng rng = {trial->seed};
    if (!judge(sketch, trial, &judged, why))
        return false;
    bool ok = true;
    uint32_t count = ims_topology_function_count(judged.topology);
    for (unsigned i = 0; ok && count && i < 60; i++) {
        struct ims_function a = {rng_below(&rng, count)};
        struct ims_function b = {rng_below(&rng, count)};
        /* Half of the pairs from one group: most random pairs are apart. */
        const struct ims_group_info *group =
            ims_grouping_group(judged.grouping, ims_grouping_of(judged.grouping, a));
        if (i & 1)
            b = group->members[rng_below(&rng, group->member_count)];
        ok = pair_agrees(&judged, a, b, why);
    }
    judged_done(&judged);
    return ok;
}
