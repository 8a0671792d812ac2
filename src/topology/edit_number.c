/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "topology/edit.h"

#define BUS_MAX 255u

/* The work of giving bus numbers to a guest, and to those beside it where that must be. */
struct numbering {
    struct ims_edit_step *step;
    struct ims_edit_guest *guest;
    struct ims_function port;
    struct ims_edit_range *ranges;
    bool on_bus[BUS_MAX + 1];       /* old numbers that the guest occupies */
    uint8_t guest_map[BUS_MAX + 1]; /* old number of the guest to new one */
    unsigned guest_count;
    uint8_t map[BUS_MAX + 1]; /* old number below the root bus to new one */
    bool keeps_reserves;      /* ranges of bridges do not become smaller */
    unsigned next;            /* lowest number that is free */
    unsigned limit;           /* highest number of the root bus */
};

static const struct ims_function_info *guest_info(const struct numbering *work, uint32_t function)
{
    return &work->guest->topology->functions[function];
}

static const struct ims_function_info *own_info(const struct numbering *work, uint32_t function)
{
    return &work->step->from->functions[function];
}

static bool leaves(const struct numbering *work, uint32_t function)
{
    return work->guest->is_own && work->guest->marks[function];
}

/* ---- the guest ---- */

/* The distance of a VF from its physical function is fixed, so the numbers between count too. */
static void count_guest(struct numbering *work)
{
    const struct ims_topology *topology = work->guest->topology;
    const uint32_t segment = guest_info(work, work->guest->top.index)->address.segment;

    for (uint32_t i = 0; i < topology->function_count; i++) {
        const struct ims_function_info *info = &topology->functions[i];
        if (!work->guest->marks[i] || info->address.segment != segment)
            continue;
        work->on_bus[info->address.bus] = true;
        if (!ims_bus_is_none(info->secondary_bus))
            work->on_bus[topology->buses[info->secondary_bus.index].number] = true;
        if (!ims_function_is_none(info->physfn))
            for (unsigned bus = topology->functions[info->physfn.index].address.bus;
                 bus < info->address.bus; bus++)
                work->on_bus[bus] = true;
    }
    for (unsigned bus = 0; bus <= BUS_MAX; bus++)
        work->guest_count += work->on_bus[bus];
}

/* The device's own bus becomes first, those below it follow from next on. Returns the last one. */
static unsigned map_guest(struct numbering *work, unsigned first, unsigned next)
{
    const unsigned top = guest_info(work, work->guest->top.index)->address.bus;
    unsigned last = first;

    work->guest_map[top] = (uint8_t)first;
    for (unsigned bus = top + 1; bus <= BUS_MAX; bus++)
        if (work->on_bus[bus]) {
            work->guest_map[bus] = (uint8_t)next;
            last = next++;
        }
    return last;
}

static void place_bridge(struct numbering *work, uint32_t function)
{
    const struct ims_function_info *info = guest_info(work, function);
    struct ims_edit_range *range = &work->guest->ranges[function];

    if (ims_bus_is_none(info->secondary_bus))
        return;
    const unsigned secondary = work->guest->topology->buses[info->secondary_bus.index].number;
    *range = (struct ims_edit_range){
        .changed = true,
        .primary = work->guest_map[info->address.bus],
        .secondary = work->guest_map[secondary],
        .subordinate = work->guest_map[secondary],
    };
    for (unsigned bus = secondary; bus <= info->pci.bridge.subordinate.value; bus++)
        if (work->on_bus[bus])
            range->subordinate = work->guest_map[bus];
}

static void place_guest(struct numbering *work, uint8_t device)
{
    const struct ims_function_info *top = guest_info(work, work->guest->top.index);
    const struct ims_topology *topology = work->guest->topology;
    const uint32_t segment = own_info(work, work->port.index)->address.segment;
    const struct ims_bus_info *bus = &topology->buses[top->bus.index];
    /* Below a link the device number is a part of the ARI function number. */
    const bool keeps_device =
        !ims_function_is_none(bus->bridge) &&
        ims_edit_has_link(&topology->functions[bus->bridge.index]) == IMS_YES &&
        ims_edit_has_link(own_info(work, work->port.index)) == IMS_YES;
    const int shift = keeps_device ? 0 : ((int)device - (int)ims_address_device(top->address)) * 8;

    for (uint32_t i = 0; i < topology->function_count; i++) {
        const struct ims_function_info *info = &topology->functions[i];
        struct ims_address *address = &work->guest->addresses[i];

        *address = info->address;
        if (!work->guest->marks[i] || info->address.segment != top->address.segment)
            continue;
        address->segment = segment;
        address->bus = work->guest_map[info->address.bus];
        if (info->address.bus == top->address.bus)
            address->devfn = (uint8_t)(info->address.devfn + shift);
        place_bridge(work, i);
    }
}

/* ---- within the range of the port ---- */

/* The highest bus number below a bus that is in use by those who stay. */
static unsigned highest_below(const struct numbering *work, const struct ims_bus_info *bus)
{
    unsigned highest = bus->number;

    for (uint32_t i = bus->first_function; i < bus->first_function + bus->function_count; i++) {
        const struct ims_function_info *info = own_info(work, i);
        if (leaves(work, i) || ims_bus_is_none(info->secondary_bus))
            continue;
        const unsigned end = ims_bits_all_known(info->pci.bridge.subordinate, 0xff)
                                 ? info->pci.bridge.subordinate.value
                                 : BUS_MAX;
        if (end > highest)
            highest = end;
    }
    return highest;
}

/* Returns -ENODATA where the range is not known, -ENOSPC where it is too small. */
static int fit_range(struct numbering *work)
{
    const struct ims_function_info *port = own_info(work, work->port.index);
    const struct ims_bits subordinate = port->pci.bridge.subordinate;

    if (ims_bus_is_none(port->secondary_bus))
        return ims_bits_all_known(port->pci.bridge.secondary, 0xff) ? -ENOSPC : -ENODATA;
    const struct ims_bus_info *bus = &work->step->from->buses[port->secondary_bus.index];
    const unsigned next = highest_below(work, bus) + 1;
    if (work->guest_count > 1 && !ims_bits_all_known(subordinate, 0xff))
        return -ENODATA;
    if (work->guest_count > 1 && next + work->guest_count - 2 > subordinate.value)
        return -ENOSPC;
    map_guest(work, bus->number, next);
    return 0;
}

/* ---- all buses of the root bus anew ---- */

static bool number_bus(struct numbering *work, uint32_t bus_index, unsigned number);

/* Buses that hold nothing but VFs follow their physical function at a fixed distance. */
static void number_virtual(struct numbering *work, uint32_t bus_index, unsigned number)
{
    const struct ims_topology *topology = work->step->from;
    const struct ims_bus_info *bus = &topology->buses[bus_index];

    for (uint32_t i = bus_index + 1; i < topology->bus_count; i++) {
        const struct ims_bus_info *child = &topology->buses[i];
        if (child->segment != bus->segment)
            return;
        if (!child->is_virtual || child->parent.index != bus_index || child->function_count == 0 ||
            leaves(work, child->first_function))
            continue;
        const unsigned wanted = number + child->number - bus->number;
        work->map[child->number] = (uint8_t)wanted;
        if (wanted >= work->next)
            work->next = wanted + 1;
    }
}

static bool number_bridge(struct numbering *work, uint32_t function, unsigned primary)
{
    const struct ims_function_info *info = own_info(work, function);
    const bool is_port = function == work->port.index;
    const unsigned secondary = work->next;
    unsigned width = 1;

    if (ims_bus_is_none(info->secondary_bus) && !is_port)
        return true;
    if (secondary > work->limit)
        return false;
    work->next = secondary + 1;
    if (!ims_bus_is_none(info->secondary_bus)) {
        const unsigned old = work->step->from->buses[info->secondary_bus.index].number;
        if (ims_bits_all_known(info->pci.bridge.subordinate, 0xff) &&
            info->pci.bridge.subordinate.value >= old)
            width = info->pci.bridge.subordinate.value - old + 1;
        if (!number_bus(work, info->secondary_bus.index, secondary))
            return false;
    }
    if (is_port) {
        if (work->next + work->guest_count - 2 > work->limit)
            return false;
        map_guest(work, secondary, work->next);
        work->next += work->guest_count - 1;
    }
    if (work->keeps_reserves && work->next < secondary + width)
        work->next = secondary + width;
    if (work->next - 1 > work->limit)
        return false;
    work->ranges[function] = (struct ims_edit_range){
        .changed = true,
        .primary = (uint8_t)primary,
        .secondary = (uint8_t)secondary,
        .subordinate = (uint8_t)(work->next - 1),
    };
    return true;
}

/* Numbers rise with each step down, so there are at most 256 of them. */
static bool number_bus(struct numbering *work, uint32_t bus_index, unsigned number)
{
    const struct ims_bus_info *bus = &work->step->from->buses[bus_index];

    work->map[bus->number] = (uint8_t)number;
    work->next = number + 1;
    number_virtual(work, bus_index, number);
    for (uint32_t i = bus->first_function; i < bus->first_function + bus->function_count; i++)
        if (!leaves(work, i) && !number_bridge(work, i, number))
            return false;
    return true;
}

static uint32_t root_of(const struct ims_topology *topology, uint32_t bus)
{
    while (!ims_bus_is_none(topology->buses[bus].parent))
        bus = topology->buses[bus].parent.index;
    return bus;
}

static bool number_root(struct numbering *work, uint32_t root, bool keeps_reserves)
{
    work->keeps_reserves = keeps_reserves;
    return number_bus(work, root, work->step->from->buses[root].number);
}

/* Numbers of the root bus end where the next root bus of the segment begins. */
static unsigned root_limit(const struct ims_topology *topology, uint32_t root)
{
    for (uint32_t i = root + 1; i < topology->bus_count; i++) {
        if (topology->buses[i].segment != topology->buses[root].segment)
            break;
        if (ims_bus_is_none(topology->buses[i].parent))
            return topology->buses[i].number - 1u;
    }
    return BUS_MAX;
}

static int renumber(struct numbering *work)
{
    const struct ims_topology *topology = work->step->from;
    const struct ims_function_info *port = own_info(work, work->port.index);
    const uint32_t root = root_of(topology, port->bus.index);
    uint32_t changed = 0;

    work->limit = root_limit(topology, root);
    if (!number_root(work, root, true) && !number_root(work, root, false))
        return ims_edit_refuse(work->step, -ENOSPC, &port->address,
                               "the device needs %u bus numbers; below root bus %02x there are "
                               "numbers up to %02x only, and even without reserves they do not "
                               "suffice",
                               work->guest_count, topology->buses[root].number, work->limit);
    for (uint32_t i = 0; i < topology->function_count; i++) {
        struct ims_edit_place *place = &work->step->places[i];
        const struct ims_function_info *info = &topology->functions[i];
        if (leaves(work, i) || root_of(topology, info->bus.index) != root)
            continue;
        place->address.bus = work->map[info->address.bus];
        changed += place->address.bus != info->address.bus;
    }
    ims_edit_note(work->step, IMS_EDIT_NOTE_INFO, &work->step->places[work->port.index].address,
                  changed ? "its bus range was too small for the device, so the buses below root "
                            "bus %02x are numbered anew"
                          : "its bus range was too small for the device and has been made larger "
                            "(root bus %02x)",
                  topology->buses[root].number);
    return 0;
}

int ims_edit_number(struct ims_edit_step *step, struct ims_edit_guest *guest,
                    struct ims_function port, uint8_t device, struct ims_edit_range *ranges)
{
    struct numbering work = {.step = step, .guest = guest, .port = port, .ranges = ranges};
    const struct ims_address address = step->from->functions[port.index].address;

    count_guest(&work);
    int r = fit_range(&work);
    if (r == -ENODATA)
        return ims_edit_refuse(step, r, &address,
                               "its bus numbers are not in the input, so the device cannot get "
                               "any");
    if (r == -ENOSPC)
        r = renumber(&work);
    if (r == 0)
        place_guest(&work, device);
    return r;
}
