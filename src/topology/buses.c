/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "topology/model.h"

/* A bus number that must exist as an object, and the bridge that claims it (or IMS_NONE). */
struct bus_key {
    uint32_t segment;
    uint32_t bridge;
    uint8_t number;
};

static int compare_keys(const void *a, const void *b)
{
    const struct bus_key *left = a;
    const struct bus_key *right = b;

    if (left->segment != right->segment)
        return left->segment < right->segment ? -1 : 1;
    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    return left->bridge < right->bridge ? -1 : left->bridge > right->bridge;
}

static bool is_bridge(const struct ims_function_info *info)
{
    return info->is_vf != IMS_YES && ims_bits_all_known(info->pci.header_type, 0x7f) &&
           (info->pci.header_type.value == 1 || info->pci.header_type.value == 2);
}

/* The secondary bus that a bridge leads to, or -1; numbers that cannot be are a gap. */
static int claimed_bus(struct ims_builder *builder, const struct ims_function_info *info)
{
    if (!is_bridge(info) || !ims_bits_all_known(info->pci.bridge.secondary, 0xff))
        return -1;

    const uint8_t secondary = (uint8_t)info->pci.bridge.secondary.value;
    if (secondary == 0)
        return -1; /* not configured: nothing below it */
    if (secondary <= info->address.bus) {
        ims_builder_gap(builder, IMS_GAP_MALFORMED, &info->address, NULL, 0,
                        "its secondary bus %02x is not above its own bus %02x; the bridge is "
                        "taken as one that leads nowhere",
                        secondary, info->address.bus);
        return -1;
    }
    return secondary;
}

/* Makes the sorted list of buses from functions and bridges; first_function and counts are set. */
static int make_buses(struct ims_builder *builder, struct ims_topology *topology)
{
    struct bus_key *keys = calloc((size_t)topology->function_count * 2 + 1, sizeof(*keys));
    uint32_t key_count = 0;
    if (!keys)
        return -ENOMEM;

    for (uint32_t i = 0; i < topology->function_count; i++) {
        const struct ims_function_info *info = &topology->functions[i];
        const int secondary = claimed_bus(builder, info);

        keys[key_count++] = (struct bus_key){info->address.segment, IMS_NONE, info->address.bus};
        if (secondary >= 0)
            keys[key_count++] = (struct bus_key){info->address.segment, i, (uint8_t)secondary};
    }
    qsort(keys, key_count, sizeof(*keys), compare_keys);

    uint32_t bus_count = 0;
    for (uint32_t i = 0; i < key_count; i++)
        bus_count += i == 0 || keys[i].segment != keys[i - 1].segment ||
                     keys[i].number != keys[i - 1].number;
    topology->buses = ims_arena_alloc_array(&builder->arena, bus_count, sizeof(*topology->buses));
    if (!topology->buses) {
        free(keys);
        return -ENOMEM;
    }

    for (uint32_t i = 0; i < key_count; i++) {
        struct ims_bus_info *bus =
            topology->bus_count ? &topology->buses[topology->bus_count - 1] : NULL;

        if (!bus || bus->segment != keys[i].segment || bus->number != keys[i].number) {
            bus = &topology->buses[topology->bus_count++];
            *bus = (struct ims_bus_info){.segment = keys[i].segment,
                                         .number = keys[i].number,
                                         .parent = IMS_BUS_NONE,
                                         .bridge = IMS_FUNCTION_NONE};
        }
        if (keys[i].bridge == IMS_NONE)
            continue;
        if (ims_function_is_none(bus->bridge)) {
            bus->bridge.index = keys[i].bridge;
        } else {
            char name[IMS_ADDRESS_STRING_SIZE];
            ims_builder_gap(
                builder, IMS_GAP_CONTRADICTION, &topology->functions[keys[i].bridge].address, NULL,
                0, "bus %02x is claimed by %s too, which is kept as the bridge above it",
                bus->number,
                ims_address_format(topology->functions[bus->bridge.index].address, name));
        }
    }
    free(keys);
    return 0;
}

/* Functions and buses are both sorted: one pass gives each function its bus. */
static void place_functions(struct ims_topology *topology)
{
    uint32_t bus = 0;

    for (uint32_t i = 0; i < topology->function_count; i++) {
        struct ims_function_info *info = &topology->functions[i];
        while (topology->buses[bus].segment != info->address.segment ||
               topology->buses[bus].number != info->address.bus)
            bus++;
        info->bus.index = bus;
        if (topology->buses[bus].function_count++ == 0)
            topology->buses[bus].first_function = i;
    }
}

/* A bus without a bridge that holds nothing but VFs hangs below the bus of their PF (R1.2). */
static void connect_virtual(struct ims_topology *topology, struct ims_bus_info *bus)
{
    struct ims_bus parent = IMS_BUS_NONE;

    for (uint32_t i = 0; i < bus->function_count; i++) {
        const struct ims_function_info *info = &topology->functions[bus->first_function + i];
        if (info->is_vf != IMS_YES)
            return;
        if (ims_bus_is_none(parent) && !ims_function_is_none(info->physfn)) {
            const struct ims_function_info *pf = &topology->functions[info->physfn.index];
            if (pf->address.segment == bus->segment && pf->address.bus < bus->number)
                parent = pf->bus;
        }
    }
    if (bus->function_count == 0 || ims_bus_is_none(parent))
        return;
    bus->is_virtual = true;
    bus->parent = parent;
}

/* What a function says about its bus: is there a bridge above it that the input left out? */
static enum ims_tristate hints_at_root(const struct ims_function_info *info)
{
    const struct ims_record *record = info->record;
    const enum ims_port_type type =
        info->pci.port_type == IMS_PORT_UNKNOWN && record->port_type_stated ? record->port_type
                                                                            : info->pci.port_type;

    if (record->on_root_bus || type == IMS_PORT_ROOT || type == IMS_PORT_RC_ENDPOINT ||
        type == IMS_PORT_RC_EVENT_COLLECTOR)
        return IMS_YES;
    if (type == IMS_PORT_UPSTREAM || type == IMS_PORT_DOWNSTREAM)
        return IMS_NO;
    if ((info->class_code.known & 0xffff00) == 0xffff00 &&
        (info->class_code.value & 0xffff00) == 0x060000)
        return IMS_YES;
    return IMS_UNKNOWN;
}

static void judge_root(struct ims_builder *builder, const struct ims_topology *topology,
                       struct ims_bus_info *bus)
{
    if (!ims_bus_is_none(bus->parent)) {
        bus->is_root = IMS_NO;
        return;
    }

    enum ims_tristate hint = bus->number == 0 ? IMS_YES : IMS_UNKNOWN;
    for (uint32_t i = 0; i < bus->function_count && hint != IMS_YES; i++) {
        const enum ims_tristate one = hints_at_root(&topology->functions[bus->first_function + i]);
        if (one != IMS_UNKNOWN)
            hint = one;
    }
    bus->is_root = hint;
    if (hint != IMS_YES && bus->function_count)
        ims_builder_gap(builder, IMS_GAP_NOT_IN_INPUT,
                        &topology->functions[bus->first_function].address, NULL, 0,
                        "the bridge above bus %02x is not in the input: what it lets through is "
                        "unknown",
                        bus->number);
}

/*
 * Bus ranges are nested or apart, never crossing (PCI-to-PCI Bridge 1.2, 3.2.5). Buses come in
 * ascending order, so the ranges that are still open form a stack; depth is at most 256.
 */
struct range_stack {
    uint32_t owner[256];
    uint8_t end[256];
    unsigned count;
};

static void check_range(struct ims_builder *builder, const struct ims_topology *topology,
                        const struct ims_bus_info *bus, struct range_stack *stack)
{
    const struct ims_function_info *bridge = &topology->functions[bus->bridge.index];
    if (!ims_bits_all_known(bridge->pci.bridge.subordinate, 0xff))
        return;

    const uint8_t end = (uint8_t)bridge->pci.bridge.subordinate.value;
    while (stack->count && stack->end[stack->count - 1] < bus->number)
        stack->count--;
    if (stack->count && end > stack->end[stack->count - 1]) {
        char name[IMS_ADDRESS_STRING_SIZE];
        ims_builder_gap(
            builder, IMS_GAP_MALFORMED, &bridge->address, NULL, 0,
            "its bus range [%02x-%02x] crosses the range of %s", bus->number, end,
            ims_address_format(topology->functions[stack->owner[stack->count - 1]].address, name));
        return;
    }
    if (stack->count < 256) {
        stack->owner[stack->count] = bus->bridge.index;
        stack->end[stack->count++] = end;
    }
}

static void check_ranges(struct ims_builder *builder, const struct ims_topology *topology)
{
    struct range_stack stack = {.count = 0};

    for (uint32_t i = 0; i < topology->bus_count; i++) {
        const struct ims_bus_info *bus = &topology->buses[i];
        if (i > 0 && bus->segment != topology->buses[i - 1].segment)
            stack.count = 0;
        if (!ims_function_is_none(bus->bridge))
            check_range(builder, topology, bus, &stack);
    }
}

int ims_seal_buses(struct ims_builder *builder, struct ims_topology *topology)
{
    int r = make_buses(builder, topology);
    if (r < 0)
        return r;
    place_functions(topology);

    for (uint32_t i = 0; i < topology->bus_count; i++) {
        struct ims_bus_info *bus = &topology->buses[i];

        if (!ims_function_is_none(bus->bridge)) {
            struct ims_function_info *bridge = &topology->functions[bus->bridge.index];
            bridge->secondary_bus.index = i;
            bus->parent = bridge->bus;
        } else {
            connect_virtual(topology, bus);
        }
        /* A parent has a lower number, so it stands before its children. */
        if (!ims_bus_is_none(bus->parent))
            bus->depth = topology->buses[bus->parent.index].depth + 1;
        judge_root(builder, topology, bus);
    }
    check_ranges(builder, topology);
    return 0;
}
