/* SPDX-License-Identifier: MIT */
#include "topology/model.h"

uint32_t ims_topology_function_count(const struct ims_topology *topology)
{
    return topology->function_count;
}

uint32_t ims_topology_bus_count(const struct ims_topology *topology)
{
    return topology->bus_count;
}

const struct ims_function_info *ims_topology_function(const struct ims_topology *topology,
                                                      struct ims_function function)
{
    return &topology->functions[function.index];
}

const struct ims_bus_info *ims_topology_bus(const struct ims_topology *topology, struct ims_bus bus)
{
    return &topology->buses[bus.index];
}

struct ims_function ims_topology_find(const struct ims_topology *topology,
                                      struct ims_address address)
{
    uint32_t low = 0;
    uint32_t high = topology->function_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = ims_address_compare(topology->functions[middle].address, address);
        if (order == 0)
            return (struct ims_function){middle};
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return IMS_FUNCTION_NONE;
}

struct ims_bus ims_topology_find_bus(const struct ims_topology *topology, uint32_t segment,
                                     uint8_t number)
{
    uint32_t low = 0;
    uint32_t high = topology->bus_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const struct ims_bus_info *bus = &topology->buses[middle];
        if (bus->segment == segment && bus->number == number)
            return (struct ims_bus){middle};
        if (bus->segment < segment || (bus->segment == segment && bus->number < number))
            low = middle + 1;
        else
            high = middle;
    }
    return IMS_BUS_NONE;
}

struct ims_function ims_topology_bridge_above(const struct ims_topology *topology,
                                              struct ims_function function)
{
    struct ims_bus bus = topology->functions[function.index].bus;

    while (!ims_bus_is_none(bus)) {
        const struct ims_bus_info *info = &topology->buses[bus.index];
        if (!ims_function_is_none(info->bridge))
            return info->bridge;
        bus = info->parent;
    }
    return IMS_FUNCTION_NONE;
}

const struct ims_machine *ims_topology_machine(const struct ims_topology *topology)
{
    return &topology->machine;
}

const struct ims_acpi_tables *ims_topology_tables(const struct ims_topology *topology)
{
    return &topology->tables;
}

uint32_t ims_topology_gap_count(const struct ims_topology *topology)
{
    return topology->gap_count;
}

const struct ims_gap *ims_topology_gap(const struct ims_topology *topology, uint32_t index)
{
    return index < topology->gap_count ? &topology->gaps[index] : NULL;
}

uint64_t ims_topology_gaps_dropped(const struct ims_topology *topology)
{
    return topology->gaps_dropped;
}

uint32_t ims_topology_kernel_group_count(const struct ims_topology *topology)
{
    return topology->group_count;
}

const struct ims_kernel_group *ims_topology_kernel_group(const struct ims_topology *topology,
                                                         uint32_t index)
{
    return index < topology->group_count ? &topology->groups[index] : NULL;
}
