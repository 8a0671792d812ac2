/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/error.h"
#include "topology/model.h"

static int broken(struct ims_error *reterr, struct ims_address address, const char *what)
{
    ims_error_set(reterr, -EBADMSG, "topology invariant broken: %s", what);
    ims_error_set_address(reterr, address);
    return -EBADMSG;
}

/* The first invariant of a function that does not hold, or NULL. */
static const char *check_function(const struct ims_topology *topology, uint32_t index)
{
    const struct ims_function_info *info = &topology->functions[index];

    if (index > 0 &&
        ims_address_compare(topology->functions[index - 1].address, info->address) >= 0)
        return "functions are sorted by address, each address once";
    if (info->record != &topology->records[index] ||
        ims_address_compare(info->record->address, info->address) != 0)
        return "a function and its record have one address";
    if (info->bus.index >= topology->bus_count)
        return "a function is on a bus";

    const struct ims_bus_info *bus = &topology->buses[info->bus.index];
    if (bus->segment != info->address.segment || bus->number != info->address.bus ||
        index < bus->first_function || index - bus->first_function >= bus->function_count)
        return "a function is among the functions of its bus";
    if (!ims_function_is_none(info->physfn) &&
        (info->is_vf != IMS_YES || info->physfn.index >= topology->function_count ||
         info->physfn.index == index))
        return "only a VF has a physical function, and that is another one";
    if (!ims_bus_is_none(info->secondary_bus) &&
        (info->secondary_bus.index >= topology->bus_count ||
         topology->buses[info->secondary_bus.index].bridge.index != index))
        return "a bridge and its secondary bus point to each other";
    if (info->is_vf == IMS_YES && info->multifunction != IMS_NO)
        return "a VF is not multifunction (R1.5)";
    if (info->is_vf == IMS_UNKNOWN)
        return "a function is a VF or it is not";
    if (info->extended == IMS_NO && info->acs.present != IMS_NO)
        return "no ACS without extended configuration space (R1.8)";
    if (info->id_count && !info->ids)
        return "ids that are counted exist";
    if (!ims_function_is_none(info->vmd_endpoint) &&
        (info->vmd_endpoint.index >= topology->function_count || info->vmd_endpoint.index == index))
        return "a VMD endpoint is another function";
    if (info->coverage.unit != IMS_NONE &&
        (info->coverage.unit >= topology->tables.unit_count || info->coverage.covered != IMS_YES))
        return "only a covered function has a unit, and that exists (E9)";
    return NULL;
}

static const char *check_bus(const struct ims_topology *topology, uint32_t index)
{
    const struct ims_bus_info *bus = &topology->buses[index];

    if (index > 0) {
        const struct ims_bus_info *before = &topology->buses[index - 1];
        if (before->segment > bus->segment ||
            (before->segment == bus->segment && before->number >= bus->number))
            return "buses are sorted, each number once";
    }
    if (!ims_bus_is_none(bus->parent) &&
        (bus->parent.index >= index || topology->buses[bus->parent.index].segment != bus->segment ||
         topology->buses[bus->parent.index].depth + 1 != bus->depth || bus->is_root != IMS_NO))
        return "a parent bus stands before its child, one level higher";
    if (ims_bus_is_none(bus->parent) && (bus->depth != 0 || !ims_function_is_none(bus->bridge)))
        return "a bus without parent is at depth 0 and has no bridge";
    if (bus->is_virtual && (!ims_function_is_none(bus->bridge) || ims_bus_is_none(bus->parent)))
        return "a virtual bus has a parent and no bridge (R1.2)";
    if (!ims_function_is_none(bus->bridge) &&
        (bus->bridge.index >= topology->function_count ||
         topology->functions[bus->bridge.index].secondary_bus.index != index ||
         topology->functions[bus->bridge.index].bus.index != bus->parent.index))
        return "a bus and the bridge above it point to each other";
    if (bus->function_count &&
        (bus->first_function >= topology->function_count ||
         bus->function_count > topology->function_count - bus->first_function))
        return "the functions of a bus exist";
    return NULL;
}

int ims_topology_check(const struct ims_topology *topology, struct ims_error *reterr)
{
    for (uint32_t i = 0; i < topology->bus_count; i++) {
        const char *what = check_bus(topology, i);
        if (what)
            return broken(
                reterr,
                (struct ims_address){topology->buses[i].segment, topology->buses[i].number, 0},
                what);
    }
    for (uint32_t i = 0; i < topology->function_count; i++) {
        const char *what = check_function(topology, i);
        if (what)
            return broken(reterr, topology->functions[i].address, what);
    }
    for (uint32_t i = 1; i < topology->group_count; i++)
        if (topology->groups[i - 1].number >= topology->groups[i].number)
            return ims_error_set(reterr, -EBADMSG,
                                 "topology invariant broken: kernel groups are sorted");
    return 0;
}
