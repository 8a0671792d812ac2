/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"
#include "iommuscope/grouping.h"

/* Groups of both sides in one row: those of before, then those of after. */
struct work {
    const struct ims_grouping *before;
    const struct ims_grouping *after;
    const uint32_t *origin;
    uint32_t before_count;
    uint32_t count;
    uint32_t *parent; /* union and find */
    uint32_t *first;  /* per root: place in items; then where the next one goes */
    uint32_t *items;
};

struct difference {
    struct ims_difference shown; /* first: the two are converted into each other */
    struct ims_arena arena;
};

const char *ims_change_kind_to_string(enum ims_change_kind kind)
{
    static const char *const names[] = {
        [IMS_CHANGE_SAME] = "same",
        [IMS_CHANGE_SPLIT] = "split",
        [IMS_CHANGE_MERGED] = "merged",
        [IMS_CHANGE_MIXED] = "mixed",
        [IMS_CHANGE_GAINED] = "gained",
        [IMS_CHANGE_LOST] = "lost",
        [IMS_CHANGE_NEW] = "new",
        [IMS_CHANGE_GONE] = "gone",
        [IMS_CHANGE_GROUPED] = "grouped",
        [IMS_CHANGE_UNGROUPED] = "ungrouped",
        [IMS_CHANGE_CERTAINTY] = "certainty",
    };
    return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "same";
}

static uint32_t find(const struct work *work, uint32_t item)
{
    while (work->parent[item] != item) {
        work->parent[item] = work->parent[work->parent[item]];
        item = work->parent[item];
    }
    return item;
}

/* The lower one becomes the root, so that roots come in the order of before. */
static void join(const struct work *work, uint32_t a, uint32_t b)
{
    a = find(work, a);
    b = find(work, b);
    work->parent[a < b ? b : a] = a < b ? a : b;
}

static const struct ims_group_info *group_of(const struct work *work, uint32_t item)
{
    return item < work->before_count ? ims_grouping_group(work->before, item)
                                     : ims_grouping_group(work->after, item - work->before_count);
}

static bool any_is_managed(const struct work *work, const uint32_t *groups, uint32_t count,
                           uint32_t base)
{
    bool managed = false;

    for (uint32_t i = 0; i < count; i++)
        managed |= group_of(work, groups[i] + base)->managed;
    return managed;
}

static enum ims_change_kind kind_of_pair(const struct work *work, uint32_t before, uint32_t after)
{
    const struct ims_group_info *old = group_of(work, before);
    const struct ims_group_info *new = group_of(work, after + work->before_count);
    uint32_t kept = 0;

    for (uint32_t i = 0; i < new->member_count; i++)
        kept += work->origin[new->members[i].index] != IMS_NONE;
    if (kept < old->member_count && kept < new->member_count)
        return IMS_CHANGE_MIXED;
    if (kept < new->member_count)
        return IMS_CHANGE_GAINED;
    if (kept < old->member_count)
        return IMS_CHANGE_LOST;
    return old->certain == new->certain ? IMS_CHANGE_SAME : IMS_CHANGE_CERTAINTY;
}

static enum ims_change_kind kind_of(const struct work *work, const struct ims_change *change)
{
    if (change->before_count == 0)
        return IMS_CHANGE_NEW;
    if (change->after_count == 0)
        return IMS_CHANGE_GONE;
    const bool before = any_is_managed(work, change->before, change->before_count, 0);
    const bool after = any_is_managed(work, change->after, change->after_count, work->before_count);
    if (before != after)
        return after ? IMS_CHANGE_GROUPED : IMS_CHANGE_UNGROUPED;
    if (change->before_count == 1 && change->after_count == 1)
        return kind_of_pair(work, change->before[0], change->after[0]);
    if (change->before_count == 1)
        return IMS_CHANGE_SPLIT;
    return change->after_count == 1 ? IMS_CHANGE_MERGED : IMS_CHANGE_MIXED;
}

/* Sorts the groups by their roots, keeping their order. Returns how many roots there are. */
static uint32_t sort_items(const struct work *work)
{
    uint32_t roots = 0;
    uint32_t next = 0;

    for (uint32_t i = 0; i < work->count; i++)
        work->first[find(work, i)]++;
    for (uint32_t i = 0; i < work->count; i++) {
        const uint32_t size = work->first[i];
        roots += size != 0;
        work->first[i] = next;
        next += size;
    }
    for (uint32_t i = 0; i < work->count; i++)
        work->items[work->first[find(work, i)]++] = i;
    return roots;
}

static int collect(const struct work *work, uint32_t roots, struct difference *ret)
{
    struct ims_change *changes = ims_arena_alloc_array(&ret->arena, roots, sizeof(*changes));
    uint32_t *numbers = ims_arena_alloc_array(&ret->arena, work->count, sizeof(*numbers));
    uint32_t at = 0;

    if (!changes || !numbers)
        return -ENOMEM;
    for (uint32_t i = 0; i < roots; i++) {
        const uint32_t root = find(work, work->items[at]);
        changes[i] = (struct ims_change){.before = &numbers[at]};
        while (at < work->count && find(work, work->items[at]) == root) {
            const bool is_before = work->items[at] < work->before_count;
            numbers[at] = work->items[at] - (is_before ? 0 : work->before_count);
            changes[i].before_count += is_before;
            changes[i].after_count += !is_before;
            at++;
        }
        changes[i].after = changes[i].before + changes[i].before_count;
        changes[i].kind = kind_of(work, &changes[i]);
        ret->shown.same_count += changes[i].kind == IMS_CHANGE_SAME;
    }
    ret->shown.changes = changes;
    ret->shown.change_count = roots;
    return 0;
}

static void join_all(const struct work *work)
{
    const uint32_t functions = ims_topology_function_count(ims_grouping_topology(work->after));

    for (uint32_t i = 0; i < work->count; i++)
        work->parent[i] = i;
    for (uint32_t i = 0; i < functions; i++)
        if (work->origin[i] != IMS_NONE)
            join(work, ims_grouping_of(work->before, (struct ims_function){work->origin[i]}),
                 work->before_count + ims_grouping_of(work->after, (struct ims_function){i}));
}

int ims_grouping_difference(const struct ims_grouping *before, const struct ims_grouping *after,
                            const uint32_t *origin, struct ims_difference **ret,
                            struct ims_error *reterr)
{
    struct work work = {
        .before = before,
        .after = after,
        .origin = origin,
        .before_count = ims_grouping_count(before),
        .count = ims_grouping_count(before) + ims_grouping_count(after),
    };
    struct difference *difference = calloc(1, sizeof(*difference));
    int r = -ENOMEM;

    work.parent = calloc((size_t)work.count + 1, sizeof(*work.parent));
    work.first = calloc((size_t)work.count + 1, sizeof(*work.first));
    work.items = calloc((size_t)work.count + 1, sizeof(*work.items));
    if (difference && work.parent && work.first && work.items) {
        join_all(&work);
        r = collect(&work, sort_items(&work), difference);
    }
    free(work.parent);
    free(work.first);
    free(work.items);
    if (r < 0) {
        ims_difference_free(difference ? &difference->shown : NULL);
        return ims_error_set(reterr, r, "out of memory while comparing groups");
    }
    *ret = &difference->shown;
    return 0;
}

void ims_difference_free(struct ims_difference *shown)
{
    struct difference *difference = (struct difference *)shown;

    if (!difference)
        return;
    ims_arena_done(&difference->arena);
    free(difference);
}
