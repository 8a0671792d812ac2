/* SPDX-License-Identifier: MIT */
/* The question as a whole: how it is now, the two ways, and what stands in the way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/model.h"
#include "base/error.h"

struct box {
    struct ims_separation visible; /* first: the pointers are interchangeable */
    struct ims_separator separator;
};

/* Whether the kernel has a pair together, as it says itself or as was computed. */
static enum ims_tristate together_now(const struct ims_separator *separator,
                                      const struct ims_pair *pair, bool *ret_stated)
{
    *ret_stated = ims_goal_is_stated(separator, pair->a, pair->b);
    if (!*ret_stated)
        return ims_grouping_together(separator->grouping, (struct ims_function){pair->a},
                                     (struct ims_function){pair->b});
    return ims_tristate_from_bool(
        ims_topology_function(separator->topology, (struct ims_function){pair->a})->record->group ==
        ims_topology_function(separator->topology, (struct ims_function){pair->b})->record->group);
}

static void see_groups(const struct ims_separator *separator, struct ims_separation *ret)
{
    ret->together = IMS_NO;
    for (uint32_t i = 0; i < separator->pair_count && ret->together != IMS_YES; i++) {
        bool stated = false;
        const enum ims_tristate one = together_now(separator, &separator->pairs[i], &stated);

        if (one == IMS_NO && ret->together != IMS_NO)
            continue;
        ret->together = one == IMS_NO ? ret->together : one;
        ret->together_stated = stated;
        ret->contradicts =
            stated && one == IMS_YES &&
            ims_grouping_together(separator->grouping, (struct ims_function){separator->pairs[i].a},
                                  (struct ims_function){separator->pairs[i].b}) == IMS_NO;
    }
}

/* Apart as it is, and together without the override: Linux was told to believe it (I7). */
static int see_override(struct ims_separator *separator, struct ims_separation *ret)
{
    const char *cmdline = ims_grouping_basis(separator->grouping)->cmdline;
    const struct ims_world_spec spec = {
        .boot = true, .kernel = separator->ruleset, .without_fabric = true};
    struct ims_world world;
    int r;

    if (ret->together != IMS_NO || !cmdline || !strstr(cmdline, "pcie_acs_override="))
        return 0;
    r = ims_world_make(separator, &spec, &world);
    if (r < 0)
        return r;
    ret->declared = ims_goal_reached(separator, &world) == IMS_NO;
    ims_world_done(&world);
    return 0;
}

static int see_truth(struct ims_separator *separator, struct ims_separation *ret)
{
    const struct ims_world_spec spec = {.without_groups = true};
    struct ims_world world;
    uint32_t pair;
    const int r = ims_world_make(separator, &spec, &world);

    if (r < 0)
        return r;
    ret->truth = ims_goal_truth(separator, &world, &pair);
    ims_world_done(&world);
    return 0;
}

/* Which unknown decides about the first pair of which it is not known. */
static int see_unknown(struct ims_separator *separator, struct ims_separation *ret)
{
    const struct ims_world_spec spec = {
        .boot = true, .kernel = separator->ruleset, .without_fabric = true};
    struct ims_world world;
    const int r = ims_world_make(separator, &spec, &world);
    const char *text = NULL;

    if (r < 0)
        return r;
    for (uint32_t i = 0; i < separator->pair_count && !text; i++) {
        if (ims_goal_together(&world, &separator->pairs[i]) != IMS_UNKNOWN)
            continue;
        const struct ims_group_info *group = ims_grouping_group(
            world.grouping,
            ims_grouping_of(world.grouping, (struct ims_function){separator->pairs[i].a}));
        text = group->uncertain_text;
        if (!text)
            text = ims_grouping_group(world.grouping,
                                      ims_grouping_of(world.grouping,
                                                      (struct ims_function){separator->pairs[i].b}))
                       ->uncertain_text;
    }
    ret->unknown_text = text ? ims_arena_strndup(&separator->arena, text, strlen(text))
                             : "a fact of the ports on the way is unknown";
    ims_world_done(&world);
    return ret->unknown_text ? 0 : -ENOMEM;
}

/* ---- parts ---- */

/* The parts that the wanted pairs leave, by the first member that is not kept apart. */
static int make_parts(struct ims_separator *separator, struct ims_separation *ret)
{
    const uint32_t count = separator->function_count;
    uint32_t *first = malloc(((size_t)count + 1) * sizeof(*first));
    struct ims_separation_part *parts =
        ims_arena_alloc_array(&separator->arena, count + 1u, sizeof(*parts));
    struct ims_function *members =
        ims_arena_alloc_array(&separator->arena, count + 1u, sizeof(*members));

    if (!first || !parts || !members) {
        free(first);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++)
        first[i] = IMS_NONE;
    for (uint32_t i = 0; i < separator->pair_count; i++)
        first[separator->pairs[i].a] = separator->pairs[i].a,
        first[separator->pairs[i].b] = separator->pairs[i].b;
    /* Pairs are in order, so that the first member of a part is met before all others. */
    for (uint32_t i = 0; i < separator->pair_count; i++) {
        const struct ims_pair *pair = &separator->pairs[i];

        if (!separator->wanted[i] && first[pair->a] < first[pair->b])
            first[pair->b] = first[pair->a];
    }
    for (uint32_t i = 0; i < count; i++) {
        if (first[i] != i)
            continue;
        struct ims_separation_part *part = &parts[ret->part_count++];

        part->members = members;
        for (uint32_t j = i; j < count; j++)
            if (first[j] == i)
                members[part->member_count++] = (struct ims_function){j};
        members += part->member_count;
    }
    ret->parts = parts;
    free(first);
    return 0;
}

/* ---- the answer ---- */

static bool way_helps(const struct ims_separation_way *way, enum ims_separation_truth than)
{
    return way->leads == IMS_YES && way->truth > than;
}

static enum ims_separation_answer conclude(const struct ims_separator *separator,
                                           const struct ims_separation *found,
                                           enum ims_tristate full)
{
    const bool leads = found->now.leads == IMS_YES || found->boot.leads == IMS_YES;
    const enum ims_separation_truth now =
        found->now.leads == IMS_YES ? found->now.truth : IMS_TRUTH_JOINED;
    const enum ims_separation_truth boot =
        found->boot.leads == IMS_YES ? found->boot.truth : IMS_TRUTH_JOINED;
    const enum ims_separation_truth best = now > boot ? now : boot;
    const bool off = ims_topology_machine(separator->topology)->iommu_on == IMS_NO;

    if (separator->pair_count == 0)
        return IMS_SEPARATION_NOTHING;
    if (found->together == IMS_NO && !found->declared && !off) {
        if (way_helps(&found->now, found->truth) || way_helps(&found->boot, found->truth))
            return IMS_SEPARATION_CHANGES;
        return found->truth == IMS_TRUTH_JOINED ? IMS_SEPARATION_IMPOSSIBLE
                                                : IMS_SEPARATION_NOTHING;
    }
    if (!leads)
        return full == IMS_UNKNOWN ? IMS_SEPARATION_UNKNOWN : IMS_SEPARATION_IMPOSSIBLE;
    if (best == IMS_TRUTH_JOINED)
        return IMS_SEPARATION_IMPOSSIBLE; /* groups that lie are no advice */
    return separator->question.goal == IMS_SEPARATE_GROUP && full != IMS_YES
               ? IMS_SEPARATION_PART
               : IMS_SEPARATION_CHANGES;
}

static int answer(struct ims_separator *separator, struct ims_separation *ret)
{
    enum ims_tristate full_now = IMS_NO;
    enum ims_tristate full_boot = IMS_NO;
    int r;

    see_groups(separator, ret);
    r = see_override(separator, ret);
    if (r == 0)
        r = see_truth(separator, ret);
    if (r == 0 && separator->pair_count > 0)
        r = ims_way_now(separator, &ret->now, &full_now);
    if (r == 0 && ret->now.leads == IMS_YES && separator->question.goal == IMS_SEPARATE_GROUP)
        r = make_parts(separator, ret);
    if (r == 0 && separator->pair_count > 0)
        r = ims_way_boot(separator, &ret->boot, &full_boot);
    if (r == 0 && ret->boot.leads == IMS_YES && separator->question.goal == IMS_SEPARATE_GROUP) {
        ret->part_count = 0;
        r = make_parts(separator, ret);
    }
    if (r < 0)
        return r;
    ret->answer = conclude(separator, ret,
                           ret->boot.leads == IMS_YES  ? full_boot
                           : ret->now.leads == IMS_YES ? full_now
                                                       : full_boot);
    if (ret->answer == IMS_SEPARATION_UNKNOWN)
        r = see_unknown(separator, ret);
    if (ret->answer == IMS_SEPARATION_IMPOSSIBLE || ret->answer == IMS_SEPARATION_PART)
        r = ims_obstacles_find(separator, ret);
    if (r == 0 && ret->answer == IMS_SEPARATION_IMPOSSIBLE &&
        separator->question.goal != IMS_SEPARATE_GROUP)
        r = ims_moves_find(separator, ret);
    return r;
}

static int begin(struct box *box, const struct ims_grouping *grouping,
                 const struct ims_fabric *fabric, const struct ims_separation_question *question,
                 struct ims_error *reterr)
{
    struct ims_separator *separator = &box->separator;
    struct ims_boot_options options;
    int r;

    *separator = (struct ims_separator){
        .topology = ims_grouping_topology(grouping),
        .grouping = grouping,
        .fabric = fabric,
        .ruleset = ims_grouping_basis(grouping)->ruleset,
    };
    const size_t size = question->size_bytes && question->size_bytes < sizeof(*question)
                            ? question->size_bytes
                            : sizeof(*question);
    memcpy(&separator->question, question, size);
    separator->function_count = ims_topology_function_count(separator->topology);
    if (ims_fabric_topology(fabric) != separator->topology)
        return ims_error_set(reterr, -EINVAL, "a grouping and a fabric of two machines");
    r = ims_boot_options_make(separator, separator->ruleset, NULL, 0, &options);
    if (r < 0)
        return ims_error_set(reterr, r, "out of memory");
    separator->cmdline = options.cmdline;
    box->visible.goal = question->goal;
    box->visible.now.leads = box->visible.boot.leads = IMS_NO;
    return ims_goal_make(separator, reterr);
}

int ims_separation_new(const struct ims_grouping *grouping, const struct ims_fabric *fabric,
                       const struct ims_separation_question *question, struct ims_separation **ret,
                       struct ims_error *reterr)
{
    struct box *box = calloc(1, sizeof(*box));
    int r;

    if (!box)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    r = begin(box, grouping, fabric, question, reterr);
    if (r == 0) {
        r = answer(&box->separator, &box->visible);
        if (r < 0)
            (void)ims_error_set(reterr, r, "the changes could not be computed");
    }
    if (r < 0) {
        ims_separation_free(&box->visible);
        return r;
    }
    *ret = &box->visible;
    return 0;
}

void ims_separation_free(struct ims_separation *separation)
{
    struct box *box = (struct box *)separation;

    if (!box)
        return;
    ims_arena_done(&box->separator.arena);
    free(box);
}
