/* SPDX-License-Identifier: MIT */
/*
 * The least that leads to a goal: first so that Linux splits it, then, with that given, so that the
 * fabric agrees as far as software can make it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/model.h"

/* The points of an attempt as one list, and for a boot the command line that makes them. */
static int choose(struct ims_attempt *attempt, const bool *chosen, struct ims_world_spec *ret)
{
    struct ims_separator *separator = attempt->separator;
    struct ims_point *points =
        ims_arena_alloc_array(&separator->arena, attempt->count + 1u, sizeof(*points));
    int r = points ? 0 : -ENOMEM;

    *ret = attempt->spec;
    ret->points = points;
    for (uint32_t i = 0; r == 0 && i < attempt->count; i++)
        if (!chosen || chosen[i])
            points[ret->point_count++] = attempt->points[i];
    if (r == 0 && ret->boot) {
        struct ims_boot_options options;

        r = ims_boot_options_make(separator, ret->kernel, ret->points, ret->point_count, &options);
        if (r == 0)
            ret->cmdline = options.cmdline;
    }
    return r;
}

static int ask_groups(struct ims_attempt *attempt, const bool *chosen, enum ims_tristate *ret)
{
    struct ims_world_spec spec;
    struct ims_world world;
    int r = choose(attempt, chosen, &spec);

    *ret = IMS_UNKNOWN;
    spec.without_fabric = true;
    if (r == 0)
        r = ims_world_make(attempt->separator, &spec, &world);
    if (r < 0)
        return r;
    *ret = ims_goal_reached(attempt->separator, &world);
    ims_world_done(&world);
    if (*ret != IMS_YES || spec.boot)
        return 0;
    /* What is found again on a running system is grouped by other facts than at boot (R1.5). */
    spec.hot_added = true;
    r = ims_world_make(attempt->separator, &spec, &world);
    if (r == 0) {
        *ret = ims_goal_reached(attempt->separator, &world);
        ims_world_done(&world);
    }
    return r;
}

static int groups_test(void *context, const bool *chosen, bool *ret)
{
    enum ims_tristate reached;
    const int r = ask_groups(context, chosen, &reached);

    *ret = r == 0 && reached == IMS_YES;
    return r;
}

static int ask_truth(struct ims_attempt *attempt, const bool *chosen,
                     enum ims_separation_truth *ret)
{
    struct ims_world_spec spec;
    struct ims_world world;
    uint32_t pair;
    int r = choose(attempt, chosen, &spec);

    spec.without_groups = true;
    if (r == 0)
        r = ims_world_make(attempt->separator, &spec, &world);
    if (r < 0)
        return r;
    *ret = ims_goal_truth(attempt->separator, &world, &pair);
    ims_world_done(&world);
    return 0;
}

static int truth_test(void *context, const bool *chosen, bool *ret)
{
    struct ims_attempt *attempt = context;
    enum ims_separation_truth truth = IMS_TRUTH_JOINED;
    const int r = ask_truth(attempt, chosen, &truth);

    *ret = r == 0 && truth >= attempt->truth;
    return r;
}

/* The smallest subset of the points of an attempt that passes, as a list. */
static int least(struct ims_attempt *attempt, ims_search_test test, struct ims_point **ret,
                 uint32_t *ret_count, bool *ret_found, bool *ret_exact)
{
    bool *chosen = calloc(attempt->count + 1u, sizeof(*chosen));
    struct ims_point *points =
        ims_arena_alloc_array(&attempt->separator->arena, attempt->count + 1u, sizeof(*points));
    uint32_t count = 0;
    int r = chosen && points ? 0 : -ENOMEM;

    if (r == 0)
        r = ims_search(attempt->count, test, attempt, chosen, ret_found, ret_exact);
    for (uint32_t i = 0; r == 0 && i < attempt->count; i++)
        if (chosen[i])
            points[count++] = attempt->points[i];
    free(chosen);
    *ret = points;
    *ret_count = count;
    return r;
}

/* ---- what Linux splits ---- */

/* Of GROUP: the pairs that are apart when every control has its safest value (F11). */
static int want_what_can_be(struct ims_attempt *attempt, bool *ret_any)
{
    struct ims_separator *separator = attempt->separator;
    struct ims_world_spec spec;
    struct ims_world world;
    int r = choose(attempt, NULL, &spec);

    spec.without_fabric = true;
    if (r == 0)
        r = ims_world_make(separator, &spec, &world);
    if (r < 0)
        return r;
    *ret_any = false;
    for (uint32_t i = 0; i < separator->pair_count; i++) {
        separator->wanted[i] = ims_goal_together(&world, &separator->pairs[i]) == IMS_NO;
        *ret_any |= separator->wanted[i];
    }
    ims_world_done(&world);
    return 0;
}

/* Points that Linux needs; *ret_full is what all of them together come to. */
static int solve_groups(struct ims_attempt *attempt, struct ims_point **ret, uint32_t *ret_count,
                        bool *ret_found, bool *ret_exact, enum ims_tristate *ret_full)
{
    struct ims_separator *separator = attempt->separator;
    struct ims_world_spec spec;
    struct ims_world before;
    struct ims_point *points = NULL;
    bool any = true;
    int r;

    memset(separator->wanted, true, separator->pair_count * sizeof(*separator->wanted));
    attempt->points = NULL;
    attempt->count = 0;
    r = choose(attempt, NULL, &spec);
    spec.without_fabric = true;
    if (r == 0)
        r = ims_world_make(separator, &spec, &before);
    if (r < 0)
        return r;
    r = ims_points_of_groups(separator, &before, &points, &attempt->count);
    ims_world_done(&before);
    if (r == 0 && !spec.boot)
        r = ims_options_spare(separator, points, &attempt->count);
    attempt->points = attempt->candidates = points;
    attempt->candidate_count = attempt->count;
    if (r == 0)
        r = ask_groups(attempt, NULL, ret_full);
    if (r == 0 && separator->question.goal == IMS_SEPARATE_GROUP)
        r = want_what_can_be(attempt, &any);
    *ret_found = false;
    *ret_count = 0;
    if (r < 0 || !any)
        return r;
    return least(attempt, groups_test, ret, ret_count, ret_found, ret_exact);
}

/* ---- and the fabric ---- */

static int both_test(void *context, const bool *chosen, bool *ret)
{
    const int r = truth_test(context, chosen, ret);

    return r < 0 || !*ret ? r : groups_test(context, chosen, ret);
}

/* Every point of either judge, from the machine as it is without any. */
static int all_points(struct ims_attempt *attempt, struct ims_point **ret, uint32_t *ret_count)
{
    struct ims_separator *separator = attempt->separator;
    struct ims_point *fabric = NULL;
    uint32_t fabric_count = 0;
    struct ims_world_spec spec;
    struct ims_world before;
    int r;

    attempt->count = 0;
    r = choose(attempt, NULL, &spec);
    spec.without_groups = true;
    if (r == 0)
        r = ims_world_make(separator, &spec, &before);
    if (r < 0)
        return r;
    r = ims_points_of_fabric(separator, &before, &fabric, &fabric_count);
    ims_world_done(&before);
    if (r == 0 && !spec.boot)
        r = ims_options_spare(separator, fabric, &fabric_count);
    if (r == 0)
        r = ims_points_join(separator, attempt->candidates, attempt->candidate_count, fabric,
                            fabric_count, ret, ret_count);
    return r;
}

/* Marks the points that Linux could do without. */
static int tell_judges_apart(struct ims_attempt *attempt, struct ims_point *points, uint32_t count)
{
    bool *chosen = calloc(count + 1u, sizeof(*chosen));
    int r = chosen ? 0 : -ENOMEM;

    attempt->points = points;
    attempt->count = count;
    for (uint32_t i = 0; r == 0 && i < count; i++)
        chosen[i] = true;
    for (uint32_t i = count; r == 0 && i-- > 0;) {
        chosen[i] = false;
        r = groups_test(attempt, chosen, &points[i].for_fabric);
        chosen[i] = !points[i].for_fabric;
    }
    free(chosen);
    return r;
}

/*
 * Where the least that Linux needs leaves something open that registers could close, the least for
 * both judges is looked for among all points. *points is replaced, *ret_truth what it comes to.
 */
static int solve_truth(struct ims_attempt *attempt, struct ims_point **points, uint32_t *count,
                       bool *ret_exact, enum ims_separation_truth *ret_truth)
{
    enum ims_separation_truth all_truth = IMS_TRUTH_JOINED;
    struct ims_point *all = NULL;
    uint32_t all_count = 0;
    bool reached = false;
    bool found = false;
    int r;

    attempt->points = *points;
    attempt->count = *count;
    r = ask_truth(attempt, NULL, ret_truth);
    if (r < 0 || *ret_truth == IMS_TRUTH_APART)
        return r;
    r = all_points(attempt, &all, &all_count);
    attempt->points = all;
    attempt->count = all_count;
    if (r == 0)
        r = ask_truth(attempt, NULL, &all_truth);
    if (r < 0 || all_truth <= *ret_truth)
        return r;
    r = groups_test(attempt, NULL, &reached);
    if (r < 0 || !reached)
        return r;
    *ret_truth = attempt->truth = all_truth;
    r = least(attempt, both_test, points, count, &found, ret_exact);
    return r < 0 ? r : tell_judges_apart(attempt, *points, *count);
}

/* ---- both ---- */

static int keep_changes(struct ims_separator *separator, const struct ims_point *points,
                        uint32_t count, struct ims_separation_way *ret)
{
    struct ims_separation_change *changes =
        ims_arena_alloc_array(&separator->arena, count + 1u, sizeof(*changes));

    if (!changes)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        changes[i] = (struct ims_separation_change){
            .function = {points[i].function},
            .set = points[i].set,
            .clear = points[i].clear,
            .for_fabric = points[i].for_fabric,
        };
    ret->changes = changes;
    ret->change_count = count;
    return 0;
}

/* Both stages, and the proof: the whole is computed once more as it will be given. */
int ims_solve(struct ims_attempt *attempt, struct ims_separation_way *ret,
              enum ims_tristate *ret_full)
{
    struct ims_point *points = NULL;
    uint32_t count = 0;
    bool found = false;
    int r;

    ret->certain_least = true;
    r = solve_groups(attempt, &points, &count, &found, &ret->certain_least, ret_full);
    ret->leads = *ret_full == IMS_UNKNOWN ? IMS_UNKNOWN : IMS_NO;
    if (r < 0 || !found)
        return r;
    r = solve_truth(attempt, &points, &count, &ret->certain_least, &ret->truth);
    attempt->points = points;
    attempt->count = count;
    if (r == 0)
        r = ask_groups(attempt, NULL, &ret->leads);
    if (r == 0)
        r = ask_truth(attempt, NULL, &ret->truth);
    if (r == 0)
        r = keep_changes(attempt->separator, points, count, ret);
    return r;
}
