/* SPDX-License-Identifier: MIT */
/* Which free slots give cards the most isolation (F13). */
#include "advice/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Ports that say that they have no slot are wired to something on the board. */
static bool is_free(const struct ims_topology *topology, const struct ims_function_info *info)
{
    return (info->corrected_type == IMS_PORT_ROOT || info->corrected_type == IMS_PORT_DOWNSTREAM) &&
           !ims_bus_is_none(info->secondary_bus) &&
           ims_topology_bus(topology, info->secondary_bus)->function_count == 0 &&
           info->pci.slot_implemented != IMS_NO;
}

/* Tenths of GT/s of all lanes; what is not known counts as nothing. */
static uint32_t bandwidth_of(const struct ims_slot *slot)
{
    static const uint32_t rates[] = {0, 25, 50, 80, 160, 320, 640};

    return slot->speed < sizeof(rates) / sizeof(rates[0]) ? slot->width * rates[slot->speed] : 0;
}

static int find_slots(struct ims_slots_box *box)
{
    const uint32_t functions = ims_topology_function_count(box->topology);
    struct ims_slots_relation *relation = &box->relation;

    box->slots = ims_arena_alloc_array(&box->arena, IMS_SLOTS_MAX, sizeof(*box->slots));
    if (!box->slots)
        return -ENOMEM;
    for (uint32_t i = 0; i < functions && relation->count < IMS_SLOTS_MAX; i++) {
        const struct ims_function_info *info =
            ims_topology_function(box->topology, (struct ims_function){i});
        struct ims_slot *slot = &box->slots[relation->count];

        if (!is_free(box->topology, info))
            continue;
        *slot = (struct ims_slot){
            .port = {i},
            .implemented = info->pci.slot_implemented,
            .width = ims_bits_all_known(info->pci.link_width_max, 0x3f)
                         ? info->pci.link_width_max.value
                         : 0,
            .speed = ims_bits_all_known(info->pci.link_speed_max, 0xf)
                         ? info->pci.link_speed_max.value
                         : 0,
            .unit = IMS_NONE,
            .rival = IMS_FUNCTION_NONE,
        };
        relation->count++;
    }
    const size_t count = relation->count;
    relation->joined = ims_arena_alloc_array(&box->arena, count * count, sizeof(bool));
    relation->companions = ims_arena_alloc_array(&box->arena, count, sizeof(uint32_t));
    relation->bandwidth = ims_arena_alloc_array(&box->arena, count, sizeof(uint32_t));
    relation->fits = ims_arena_alloc_array(&box->arena, count, sizeof(bool));
    if (!relation->joined || !relation->companions || !relation->bandwidth || !relation->fits)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        relation->bandwidth[i] = bandwidth_of(&box->slots[i]);
    return 0;
}

static int choose(struct ims_slots_box *box)
{
    const struct ims_slots_relation *relation = &box->relation;
    bool *chosen = calloc((size_t)relation->count + 1, sizeof(*chosen));
    uint32_t *unit = calloc((size_t)relation->count + 1, sizeof(*unit));
    int r = chosen && unit
                ? ims_slots_choose(relation, box->visible.wanted, chosen, &box->visible.exact)
                : -ENOMEM;

    if (r == 0)
        box->visible.units = ims_slots_units(relation, chosen, unit);
    for (uint32_t i = 0; r == 0 && i < relation->count; i++) {
        box->slots[i].chosen = chosen[i];
        box->slots[i].unit = unit[i];
        box->visible.chosen += chosen[i];
        for (uint32_t j = 0; j < relation->count; j++)
            if (i != j && chosen[j] && relation->joined[i * relation->count + j] &&
                ims_function_is_none(box->slots[i].rival))
                box->slots[i].rival = box->slots[j].port;
    }
    free(chosen);
    free(unit);
    return r;
}

int ims_slots_new(const struct ims_grouping *grouping, const struct ims_fabric *fabric,
                  uint32_t wanted, struct ims_slots **ret, struct ims_error *reterr)
{
    const struct ims_topology *topology = ims_fabric_topology(fabric);

    if (ims_grouping_topology(grouping) != topology)
        return ims_error_set(reterr, -EINVAL, "the groups and the fabric are of two machines");
    if (wanted == 0)
        return ims_error_set(reterr, -EINVAL, "at least one card needs a slot");
    struct ims_slots_box *box = calloc(1, sizeof(*box));
    if (!box)
        return ims_error_set(reterr, -ENOMEM, "no memory for slots");
    box->topology = topology;
    box->grouping = grouping;
    box->fabric = fabric;
    box->visible.wanted = wanted;
    int r = find_slots(box);
    if (r == 0)
        r = ims_slots_relate(box);
    if (r == 0)
        r = choose(box);
    if (r < 0) {
        ims_slots_free(&box->visible);
        return ims_error_set(reterr, r, "no memory for slots");
    }
    box->visible.slots = box->slots;
    box->visible.slot_count = box->relation.count;
    *ret = &box->visible;
    return 0;
}

void ims_slots_free(struct ims_slots *slots)
{
    struct ims_slots_box *box = (struct ims_slots_box *)slots;

    if (!box)
        return;
    ims_arena_done(&box->arena);
    free(box);
}
