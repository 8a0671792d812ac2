/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grouping/model.h"

#define VF_RANK UINT32_MAX

/* A function with its place in the queue. */
struct place {
    uint32_t rank;     /* of its IOMMU instance (R3.2) */
    uint32_t position; /* in bus list order (R3.1) */
    uint32_t function;
    uint32_t origin; /* index of the root bus; of the PF for a VF */
};

struct walk {
    const struct ims_grouping *grouping;
    struct place *places;
    uint32_t count;
    uint32_t root; /* bus that is being walked from */
};

static void put(struct walk *walk, uint32_t rank, uint32_t function, uint32_t origin)
{
    walk->places[walk->count] = (struct place){rank, walk->count, function, origin};
    walk->count++;
}

/* All functions of a bus, then the buses below each bridge (R3.1). Depth is at most 256. */
static void walk_bus(struct walk *walk, struct ims_bus bus)
{
    const struct ims_bus_info *info = ims_topology_bus(walk->grouping->topology, bus);
    const uint32_t end = info->first_function + info->function_count;

    for (uint32_t i = info->first_function; i < end; i++)
        if (ims_grouping_info(walk->grouping, i)->is_vf != IMS_YES)
            put(walk, 0, i, walk->root);
    for (uint32_t i = info->first_function; i < end; i++) {
        const struct ims_bus below = ims_grouping_info(walk->grouping, i)->secondary_bus;
        if (!ims_bus_is_none(below))
            walk_bus(walk, below);
    }
}

/* VFs appear when their PF's driver enables them: after everything else, whatever their IOMMU. */
static void walk_vfs(struct walk *walk)
{
    const uint32_t count = ims_topology_function_count(walk->grouping->topology);

    for (uint32_t i = 0; i < count; i++)
        if (ims_grouping_info(walk->grouping, i)->is_vf == IMS_YES)
            put(walk, VF_RANK, i, ims_grouping_info(walk->grouping, i)->physfn.index);
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

/* ---- without instance names: what captures have shown (R12.3) ---- */

#define AMD_IOMMU_MAX 64u

struct amd_units {
    struct ims_address address[AMD_IOMMU_MAX];
    uint32_t count;
};

/* AMD's IOMMUs are functions of their own, one per root complex; the list is sorted by address. */
static void find_amd_units(const struct ims_grouping *grouping, struct amd_units *units)
{
    const uint32_t count = ims_topology_function_count(grouping->topology);

    units->count = 0;
    for (uint32_t i = 0; i < count && units->count < AMD_IOMMU_MAX; i++) {
        const struct ims_function_info *info = ims_grouping_info(grouping, i);
        if (ims_grouping_is_amd_iommu(info))
            units->address[units->count++] = info->address;
    }
}

/* The root complex with the highest bus number is numbered first. */
static uint32_t amd_rank(const struct amd_units *units, const struct ims_function_info *info)
{
    uint32_t unit = 0;

    while (unit < units->count && (units->address[unit].segment < info->address.segment ||
                                   (units->address[unit].segment == info->address.segment &&
                                    units->address[unit].bus <= info->address.bus)))
        unit++;
    return units->count - unit;
}

static void guess_ranks(const struct ims_grouping *grouping, struct walk *walk)
{
    struct amd_units units;

    find_amd_units(grouping, &units);
    for (uint32_t i = 0; i < walk->count; i++) {
        struct place *place = &walk->places[i];
        const struct ims_function_info *info = ims_grouping_info(grouping, place->function);
        if (place->rank == VF_RANK)
            continue;
        place->rank = units.count > 1 ? amd_rank(&units, info) : !looks_like_intel_graphics(info);
    }
}

static void rank_places(struct ims_grouping *grouping, struct walk *walk)
{
    const struct ims_machine *machine = ims_topology_machine(grouping->topology);
    uint32_t last = 0;
    bool all_known = true;

    /* Where drivers of devices set the order, nothing in the input tells it (R3.5). */
    grouping->by_driver =
        (machine->iommu_kind == IMS_IOMMU_ARM_SMMU || machine->iommu_kind == IMS_IOMMU_VIRTIO) &&
        ims_kernel_version_before(grouping->judge.version, 6, 15);

    grouping->basis.numbers_certain = !grouping->by_driver;
    if (ims_kernel_version_before(grouping->judge.version, 6, 0))
        return; /* one single pass */
    for (uint32_t i = 0; i < walk->count; i++) {
        const uint32_t unit = unit_of(grouping, walk->places[i].function);
        if (unit == IMS_NONE)
            all_known &= !ims_grouping_is_managed(grouping, walk->places[i].function);
        else if (unit > last)
            last = unit;
    }
    /* 5.19 makes a single pass, 6.1 one per instance; what is between was not read. */
    grouping->basis.numbers_certain = all_known && !grouping->by_driver &&
                                      !ims_kernel_version_before(grouping->judge.version, 6, 1);
    if (!all_known) {
        guess_ranks(grouping, walk);
        return;
    }
    for (uint32_t i = 0; i < walk->count; i++)
        if (walk->places[i].rank != VF_RANK)
            walk->places[i].rank =
                rank_of(machine->iommu_kind, unit_of(grouping, walk->places[i].function), last);
}

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;

    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    return left->position < right->position ? -1 : left->position > right->position;
}

/*
 * What no input tells: in which order firmware names root buses that one IOMMU serves, whose VFs were
 * enabled first, and when a function was added that was not there at boot.
 */
static bool order_is_told(const struct ims_grouping *grouping, const struct walk *walk)
{
    const struct place *before = NULL;

    if (grouping->basis.probe == IMS_PROBE_HOT_ADDED)
        return false;
    for (uint32_t i = 0; i < walk->count; i++) {
        const struct place *place = &walk->places[i];
        /* What is behind a VMD endpoint founds no group. */
        if (!ims_grouping_is_managed(grouping, place->function) ||
            !ims_function_is_none(ims_grouping_info(grouping, place->function)->vmd_endpoint))
            continue;
        if (before && before->rank == place->rank && before->origin != place->origin)
            return false;
        before = place;
    }
    return true;
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
        if (ims_bus_is_none(ims_topology_bus(topology, (struct ims_bus){i})->parent)) {
            walk.root = i;
            walk_bus(&walk, (struct ims_bus){i});
        }
    walk_vfs(&walk);
    rank_places(grouping, &walk);
    qsort(walk.places, walk.count, sizeof(*walk.places), compare_places);
    grouping->basis.numbers_certain &= order_is_told(grouping, &walk);
    for (uint32_t i = 0; i < walk.count; i++)
        grouping->order[grouping->order_count++] = walk.places[i].function;
    free(walk.places);
    return 0;
}
