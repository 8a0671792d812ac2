/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "pci/regs.h"
#include "topology/edit.h"

/* ---- what belongs to a device ---- */

static const struct ims_function_info *bridge_above(const struct ims_topology *topology,
                                                    uint32_t function)
{
    const struct ims_function above =
        ims_topology_bridge_above(topology, (struct ims_function){function});

    return ims_function_is_none(above) ? NULL : &topology->functions[above.index];
}

/* Below a root or downstream port there is one device, whatever its device numbers (A6.1). */
static bool is_alone_on_bus(const struct ims_function_info *above)
{
    return above && (above->port_type == IMS_PORT_ROOT || above->port_type == IMS_PORT_DOWNSTREAM);
}

static void mark_siblings(const struct ims_topology *topology, uint32_t function, bool *marks)
{
    const struct ims_function_info *info = &topology->functions[function];
    const struct ims_bus_info *bus = &topology->buses[info->bus.index];
    const bool whole_bus = is_alone_on_bus(bridge_above(topology, function));

    for (uint32_t i = bus->first_function; i < bus->first_function + bus->function_count; i++)
        if (whole_bus ||
            ims_address_device(topology->functions[i].address) == ims_address_device(info->address))
            marks[i] = true;
}

static bool depends(const struct ims_topology *topology, uint32_t function, const bool *marks)
{
    const struct ims_function_info *info = &topology->functions[function];
    const struct ims_function bridge = topology->buses[info->bus.index].bridge;

    return (!ims_function_is_none(bridge) && marks[bridge.index]) ||
           (!ims_function_is_none(info->physfn) && marks[info->physfn.index]) ||
           (!ims_function_is_none(info->vmd_endpoint) && marks[info->vmd_endpoint.index]);
}

void ims_edit_mark_device(const struct ims_topology *topology, struct ims_function function,
                          bool alone, bool *marks)
{
    marks[function.index] = true;
    if (!alone)
        mark_siblings(topology, function.index, marks);
    /* What depends on a function has a higher address. */
    for (uint32_t i = 0; i < topology->function_count; i++)
        marks[i] |= depends(topology, i, marks);
}

/* ---- where it can go ---- */

static bool is_bridge(const struct ims_function_info *info)
{
    return info->is_vf != IMS_YES &&
           ims_bits_all_known(info->pci.header_type, IMS_REG_HEADER_TYPE_LAYOUT) &&
           info->pci.header_type.value == IMS_HEADER_BRIDGE;
}

enum ims_tristate ims_edit_has_link(const struct ims_function_info *port)
{
    switch (port->port_type) {
    case IMS_PORT_ROOT:
    case IMS_PORT_DOWNSTREAM:
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
        return IMS_YES;
    case IMS_PORT_UNKNOWN:
        return IMS_UNKNOWN;
    case IMS_PORT_ENDPOINT:
    case IMS_PORT_LEGACY_ENDPOINT:
    case IMS_PORT_UPSTREAM:
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
    case IMS_PORT_RC_ENDPOINT:
    case IMS_PORT_RC_EVENT_COLLECTOR:
    case IMS_PORT_CONVENTIONAL:
    default:
        return IMS_NO;
    }
}

static enum ims_tristate needs_link(const struct ims_function_info *top)
{
    if (top->port_type == IMS_PORT_UNKNOWN)
        return IMS_UNKNOWN;
    return ims_tristate_from_bool(top->port_type != IMS_PORT_CONVENTIONAL &&
                                  top->port_type != IMS_PORT_PCI_TO_PCIE_BRIDGE);
}

/* Why a device cannot leave its place, or NULL. */
static const char *fixed_reason(const struct ims_topology *topology, uint32_t function)
{
    const struct ims_function_info *info = &topology->functions[function];
    const bool on_root_bus = bridge_above(topology, function) == NULL;

    if (info->is_vf == IMS_YES)
        return "it is a VF, which goes where its physical function goes";
    switch (info->port_type) {
    case IMS_PORT_ROOT:
        return "it is a root port, a part of the root complex";
    case IMS_PORT_RC_ENDPOINT:
    case IMS_PORT_RC_EVENT_COLLECTOR:
        return "it is integrated in the root complex";
    case IMS_PORT_DOWNSTREAM:
        return "it is a part of a switch; name the upstream port of the switch";
    case IMS_PORT_CONVENTIONAL:
        return on_root_bus ? "it is a conventional PCI device of the root bus, a part of the "
                             "chipset as far as the input shows"
                           : NULL;
    case IMS_PORT_UNKNOWN:
        return on_root_bus ? "it is on the root bus and the input does not say what it is" : NULL;
    case IMS_PORT_ENDPOINT:
    case IMS_PORT_LEGACY_ENDPOINT:
    case IMS_PORT_UPSTREAM:
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
    default:
        return NULL;
    }
}

static int check_kind(const struct ims_edit_step *step, const struct ims_edit_guest *guest,
                      const struct ims_function_info *port)
{
    const struct ims_function_info *top = &guest->topology->functions[guest->top.index];
    const enum ims_tristate below = ims_edit_has_link(port);
    const enum ims_tristate needed = needs_link(top);
    const char *const reason = fixed_reason(guest->topology, guest->top.index);

    if (reason)
        return ims_edit_refuse(step, -EINVAL, &top->address, "it cannot be put elsewhere: %s",
                               reason);
    if (!is_bridge(port))
        return ims_edit_refuse(step, -EINVAL, &port->address,
                               "it is no port or bridge: nothing can be below it");
    if (port->port_type == IMS_PORT_UPSTREAM)
        return ims_edit_refuse(step, -EINVAL, &port->address,
                               "it is the upstream port of a switch: devices go below the "
                               "downstream ports of it");
    if (below == IMS_NO && needed == IMS_YES)
        return ims_edit_refuse(step, -EINVAL, &port->address,
                               "the bus below it is conventional PCI, the device is PCI Express");
    if (below == IMS_YES && needed == IMS_NO)
        return ims_edit_refuse(step, -EINVAL, &port->address,
                               "below it is a PCI Express link, the device is conventional PCI");
    return 0;
}

/* A free device number on a conventional bus, the old one if possible. Returns -ENOSPC. */
static int choose_device(const struct ims_edit_guest *guest, const struct ims_topology *topology,
                         const struct ims_bus_info *bus, uint8_t *ret)
{
    uint32_t taken = 0; /* a bit per device number */

    for (uint32_t i = 0; i < bus->function_count; i++) {
        const uint32_t function = bus->first_function + i;
        if (!guest->is_own || !guest->marks[function])
            taken |= 1u << ims_address_device(topology->functions[function].address);
    }
    *ret = (uint8_t)ims_address_device(guest->topology->functions[guest->top.index].address);
    for (uint8_t device = 0; device < 32 && taken >> *ret & 1; device++)
        *ret = device;
    return taken >> *ret & 1 ? -ENOSPC : 0;
}

int ims_edit_check_port(struct ims_edit_step *step, const struct ims_edit_guest *guest,
                        struct ims_function port, uint8_t *ret_device)
{
    const struct ims_function_info *info = &step->from->functions[port.index];
    int r = check_kind(step, guest, info);

    if (r < 0)
        return r;
    if (guest->is_own && guest->marks[port.index])
        return ims_edit_refuse(step, -EINVAL, &info->address,
                               "it is a part of the device that is to go below it");
    *ret_device = 0;
    if (ims_bus_is_none(info->secondary_bus))
        return 0;
    const struct ims_bus_info *bus = &step->from->buses[info->secondary_bus.index];
    if (ims_edit_has_link(info) != IMS_YES) {
        if (choose_device(guest, step->from, bus, ret_device) < 0)
            return ims_edit_refuse(step, -EBUSY, &info->address,
                                   "all 32 device numbers of the bus below it are in use");
        return 0;
    }
    for (uint32_t i = 0; i < bus->function_count; i++) {
        const uint32_t function = bus->first_function + i;
        char name[IMS_ADDRESS_STRING_SIZE];
        if (guest->is_own && guest->marks[function])
            continue;
        return ims_edit_refuse(step, -EBUSY, &info->address,
                               "there is a device below it already: %s",
                               ims_address_format(step->from->functions[function].address, name));
    }
    return 0;
}
