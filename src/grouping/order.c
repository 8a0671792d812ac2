/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grouping/model.h"

/* A function with its place in the queue. */
struct place {
    uint32_t rank;     /* of its IOMMU instance (R3.2) */
    uint32_t position; /* in bus list order (R3.1) */
    uint32_t function;
};

struct walk {
    const struct ims_grouping *grouping;
    struct place *places;
    uint32_t count;
};

/* All functions of a bus, then the buses below each bridge (R3.1). Depth is at most 256. */
static void walk_bus(struct walk *walk, struct ims_bus bus)
{
    const struct ims_bus_info *info = ims_topology_bus(walk->grouping->topology, bus);
    const uint32_t end = info->first_function + info->function_count;

    for (uint32_t i = info->first_function; i < end; i++)
        if (ims_grouping_info(walk->grouping, i)->is_vf != IMS_YES) {
            walk->places[walk->count] = (struct place){0, walk->count, i};
            walk->count++;
        }
    for (uint32_t i = info->first_function; i < end; i++) {
        const struct ims_bus below = ims_grouping_info(walk->grouping, i)->secondary_bus;
        if (!ims_bus_is_none(below))
            walk_bus(walk, below);
    }
}

/* VFs appear when their PF's driver enables them: after everything else. */
static void walk_vfs(struct walk *walk)
{
    const uint32_t count = ims_topology_function_count(walk->grouping->topology);

    for (uint32_t i = 0; i < count; i++)
        if (ims_grouping_info(walk->grouping, i)->is_vf == IMS_YES) {
            walk->places[walk->count] = (struct place){0, walk->count, i};
            walk->count++;
        }
}

/* ---- IOMMU instances ---- */

/* The number at the end of "dmar3", or IMS_NONE. */
static uint32_t unit_number(const char *name)
{
    uint32_t number = 0;
    bool any = false;

    for (; *name; name++) {
        if (*name < '0' || *name > '9') {
            if (any)
                return IMS_NONE;
            continue;
        }
        any = true;
        if (number > 1000000)
            return IMS_NONE;
        number = number * 10 + (uint32_t)(*name - '0');
    }
    return any ? number : IMS_NONE;
}

static uint32_t unit_of(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);

    if (!ims_function_is_none(info->vmd_endpoint))
        info = ims_grouping_info(grouping, info->vmd_endpoint.index);
    if (!info->record->iommu && info->is_vf == IMS_YES && !ims_function_is_none(info->physfn))
        info = ims_grouping_info(grouping, info->physfn.index);
    return info->record->iommu ? unit_number(info->record->iommu) : IMS_NONE;
}

/* Intel puts each unit at the head of its list and the include-all unit, the last one, at the end. */
static uint32_t rank_of(enum ims_iommu_kind kind, uint32_t unit, uint32_t last)
{
    if (unit == IMS_NONE)
        return 0;
    if (kind == IMS_IOMMU_INTEL)
        return unit == last ? last + 1 : last - unit;
    return unit;
}

/* On Intel clients the graphics unit is the first in the table and is passed before the rest. */
static bool looks_like_intel_graphics(const struct ims_function_info *info)
{
    return info->address.segment == 0 && info->address.bus == 0 &&
           info->address.devfn == IMS_DEVFN(2, 0) &&
           ims_bits_all_known(info->class_code, 0xff0000) && info->class_code.value >> 16 == 0x03 &&
           info->id_count > 0 && info->ids[0].vendor == 0x8086;
}

static void rank_places(struct ims_grouping *grouping, struct walk *walk)
{
    const struct ims_machine *machine = ims_topology_machine(grouping->topology);
    uint32_t last = 0;
    bool all_known = true;

    grouping->basis.numbers_certain = true;
    if (ims_kernel_version_before(grouping->judge.version, 6, 0))
        return; /* one single pass */
    for (uint32_t i = 0; i < walk->count; i++) {
        const uint32_t unit = unit_of(grouping, walk->places[i].function);
        if (unit == IMS_NONE)
            all_known &= !ims_grouping_is_managed(grouping, walk->places[i].function);
        else if (unit > last)
            last = unit;
    }
    grouping->basis.numbers_certain = all_known;
    for (uint32_t i = 0; i < walk->count; i++) {
        struct place *place = &walk->places[i];
        if (all_known)
            place->rank = rank_of(machine->iommu_kind, unit_of(grouping, place->function), last);
        else
            place->rank = !looks_like_intel_graphics(ims_grouping_info(grouping, place->function));
    }
}

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;

    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    return left->position < right->position ? -1 : left->position > right->position;
}

int ims_grouping_order(struct ims_grouping *grouping)
{
    const struct ims_topology *topology = grouping->topology;
    const uint32_t count = ims_topology_function_count(topology);
    struct walk walk = {.grouping = grouping};

    walk.places = calloc(count ? count : 1, sizeof(*walk.places));
    grouping->order = ims_arena_alloc_array(&grouping->arena, count, sizeof(*grouping->order));
    if (!walk.places || !grouping->order) {
        free(walk.places);
        return -ENOMEM;
    }

    for (uint32_t i = 0; i < ims_topology_bus_count(topology); i++)
        if (ims_bus_is_none(ims_topology_bus(topology, (struct ims_bus){i})->parent))
            walk_bus(&walk, (struct ims_bus){i});
    walk_vfs(&walk);
    rank_places(grouping, &walk);
    qsort(walk.places, walk.count, sizeof(*walk.places), compare_places);
    for (uint32_t i = 0; i < walk.count; i++)
        if (ims_grouping_is_managed(grouping, walk.places[i].function))
            grouping->order[grouping->order_count++] = walk.places[i].function;
    free(walk.places);
    return 0;
}
