/* SPDX-License-Identifier: MIT */
/* Control points: which registers could make a difference (F10, F11). */
#include <errno.h>
#include <stdlib.h>

#include "advice/model.h"

/* Functions that matter: those marked, and every bridge above them. */
static void mark_with_bridges(const struct ims_topology *topology, bool *marks, uint32_t function)
{
    struct ims_function at = {function};

    while (!ims_function_is_none(at) && !marks[at.index]) {
        marks[at.index] = true;
        at = ims_topology_bridge_above(topology, at);
    }
}

static void mark_group(const struct ims_world *world, bool *marks, struct ims_function function)
{
    const struct ims_group_info *group =
        ims_grouping_group(world->grouping, ims_grouping_of(world->grouping, function));

    for (uint32_t i = 0; i < group->member_count; i++)
        mark_with_bridges(ims_grouping_topology(world->grouping), marks, group->members[i].index);
}

static void mark_set(const struct ims_world *world, bool *marks, struct ims_function function)
{
    const struct ims_fabric_set *set =
        ims_fabric_sets_at(world->upper, ims_fabric_sets_of(world->upper, function));

    for (uint32_t i = 0; i < set->member_count; i++)
        mark_with_bridges(ims_fabric_topology(world->fabric), marks, set->members[i].index);
}

/* Groups or sets that hold both ends of a wanted pair; each is marked once. */
static bool *mark_all(const struct ims_separator *separator, const struct ims_world *world,
                      bool of_fabric)
{
    bool *marks = calloc((size_t)separator->function_count + 1, sizeof(*marks));
    uint32_t last = IMS_NONE;

    for (uint32_t i = 0; marks && i < separator->pair_count; i++) {
        const struct ims_pair *pair = &separator->pairs[i];
        const struct ims_function a = {pair->a};
        const struct ims_function b = {pair->b};
        uint32_t index;
        bool joined;

        if (!separator->wanted[i])
            continue;
        if (of_fabric) {
            index = ims_fabric_sets_of(world->upper, a);
            joined = index == ims_fabric_sets_of(world->upper, b);
        } else {
            index = ims_grouping_of(world->grouping, a);
            joined = ims_goal_together(world, pair) != IMS_NO;
        }
        if (!joined || index == last)
            continue;
        last = index;
        if (of_fabric) {
            mark_set(world, marks, a);
        } else {
            mark_group(world, marks, a);
            mark_group(world, marks, b);
        }
    }
    return marks;
}

static int collect(struct ims_separator *separator, const struct ims_world *world, bool of_fabric,
                   uint16_t (*bits)(const struct ims_separator *, const struct ims_world *,
                                    struct ims_function, uint16_t *),
                   struct ims_point **ret, uint32_t *ret_count)
{
    bool *marks = mark_all(separator, world, of_fabric);
    struct ims_point *points =
        ims_arena_alloc_array(&separator->arena, separator->function_count + 1u, sizeof(*points));
    uint32_t count = 0;

    for (uint32_t i = 0; marks && points && i < separator->function_count; i++) {
        struct ims_point point = {.function = i, .for_fabric = of_fabric};

        if (!marks[i])
            continue;
        point.set = bits(separator, world, (struct ims_function){i}, &point.clear);
        if (point.set | point.clear)
            points[count++] = point;
    }
    const bool failed = !marks || !points;
    free(marks);
    if (failed)
        return -ENOMEM;
    *ret = points;
    *ret_count = count;
    return 0;
}

/* All that Linux asks for, where a verdict is not positive for sure and there is something to set. */
static uint16_t bits_for_linux(const struct ims_separator *separator, const struct ims_world *world,
                               struct ims_function function, uint16_t *ret_clear)
{
    const struct ims_function_info *info = ims_topology_function(separator->topology, function);
    const struct ims_acs_verdict *verdict = ims_grouping_acs(world->grouping, function);

    *ret_clear = 0;
    if (verdict->isolated == IMS_YES || info->acs.present != IMS_YES)
        return 0;
    return (uint16_t)(info->acs.capability.value & IMS_ACS_REQUIRED);
}

int ims_points_of_groups(struct ims_separator *separator, const struct ims_world *before,
                         struct ims_point **ret, uint32_t *ret_count)
{
    return collect(separator, before, false, bits_for_linux, ret, ret_count);
}

/*
 * The safest value: redirect and upstream forwarding on, egress control off, as with redirect on it
 * only opens ways (A3.1); translated requests not direct where the attacker may send them (D5).
 */
static uint16_t bits_for_fabric(const struct ims_separator *separator,
                                const struct ims_world *world, struct ims_function function,
                                uint16_t *ret_clear)
{
    const struct ims_fabric_basis *basis = ims_fabric_basis(separator->fabric);
    const struct ims_topology *topology = ims_fabric_topology(world->fabric);
    const struct ims_acs *acs = &ims_topology_function(topology, function)->acs;
    const uint32_t implemented = acs->capability.value & acs->capability.known;
    const uint32_t off = ~(acs->control.value & acs->control.known);
    /* An option that goes gives back what was there without it. */
    const struct ims_acs *given = &ims_topology_function(separator->topology, function)->acs;
    const uint32_t on = acs->control.value | ~acs->control.known | given->control.value;
    const uint32_t clear = IMS_ACS_EC | (basis->options.threat == IMS_FABRIC_TM0 ? 0u : IMS_ACS_DT);

    *ret_clear = 0;
    if (acs->present != IMS_YES)
        return 0;
    if (implemented & IMS_ACS_RR)
        *ret_clear = (uint16_t)(implemented & on & clear);
    /* Egress control alone blocks (A3.1): an option that takes it away is the one to go. */
    if (!(implemented & IMS_ACS_RR) && (implemented & off & given->control.value & IMS_ACS_EC))
        return (uint16_t)((implemented & IMS_ACS_REQUIRED) | IMS_ACS_EC);
    /* Writing what is there already changes nothing; all that Linux asks for goes along. */
    if (!(implemented & off & IMS_ACS_REQUIRED) && !*ret_clear)
        return 0;
    return (uint16_t)(implemented & IMS_ACS_REQUIRED);
}

int ims_points_of_fabric(struct ims_separator *separator, const struct ims_world *before,
                         struct ims_point **ret, uint32_t *ret_count)
{
    return collect(separator, before, true, bits_for_fabric, ret, ret_count);
}

int ims_points_join(struct ims_separator *separator, const struct ims_point *a, uint32_t a_count,
                    const struct ims_point *b, uint32_t b_count, struct ims_point **ret,
                    uint32_t *ret_count)
{
    struct ims_point *points =
        ims_arena_alloc_array(&separator->arena, a_count + b_count + 1u, sizeof(*points));
    uint32_t i = 0;
    uint32_t j = 0;
    uint32_t count = 0;

    if (!points)
        return -ENOMEM;
    while (i < a_count || j < b_count) {
        if (j == b_count || (i < a_count && a[i].function < b[j].function)) {
            points[count++] = a[i++];
        } else if (i == a_count || b[j].function < a[i].function) {
            points[count++] = b[j++];
        } else {
            points[count] = a[i++];
            points[count].set |= b[j].set;
            points[count].clear |= b[j].clear;
            count++;
            j++;
        }
    }
    *ret = points;
    *ret_count = count;
    return 0;
}
