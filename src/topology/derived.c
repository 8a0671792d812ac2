/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/tristate.h"
#include "topology/model.h"

/* ---- port types ---- */

static enum ims_port_type raw_type(const struct ims_function_info *info)
{
    const struct ims_record *record = info->record;

    if (info->pci.port_type == IMS_PORT_UNKNOWN && record->port_type_stated)
        return record->port_type;
    return info->pci.port_type;
}

/*
 * Some switches describe their ports the wrong way round. The kernel means to turn a port whose
 * neighbour above makes its own type impossible (R1.4), but writes the new type beside the field
 * that holds it, so that the port becomes type 0: seen on 6.1.192 and 6.12.117.
 */
static enum ims_port_type corrected_type(enum ims_port_type raw, enum ims_port_type parent)
{
    if (raw == IMS_PORT_DOWNSTREAM && (parent == IMS_PORT_ROOT || parent == IMS_PORT_DOWNSTREAM ||
                                       parent == IMS_PORT_PCI_TO_PCIE_BRIDGE))
        return IMS_PORT_ENDPOINT;
    if (raw == IMS_PORT_UPSTREAM && parent == IMS_PORT_UPSTREAM)
        return IMS_PORT_ENDPOINT;
    return raw;
}

static const struct ims_function_info *bridge_above(const struct ims_topology *topology,
                                                    const struct ims_function_info *info)
{
    const uint32_t index = (uint32_t)(info - topology->functions);
    const struct ims_function above =
        ims_topology_bridge_above(topology, (struct ims_function){index});

    return ims_function_is_none(above) ? NULL : &topology->functions[above.index];
}

/* ---- multifunction (R1.5) ---- */

/*
 * Function 0 with others beside it: without ARI the kernel looks at functions above 0 only when
 * bit 7 of function 0 is set, so their presence proves the bit.
 */
static bool slot_proves_bit(const struct ims_topology *topology,
                            const struct ims_function_info *info,
                            const struct ims_function_info *above)
{
    const uint32_t index = (uint32_t)(info - topology->functions);

    if (above && above->pci.ari_forwarding != IMS_NO &&
        (above->port_type == IMS_PORT_ROOT || above->port_type == IMS_PORT_DOWNSTREAM ||
         above->port_type == IMS_PORT_UNKNOWN) &&
        info->pci.ari != IMS_NO)
        return false;
    for (uint32_t i = index + 1; i < topology->function_count; i++) {
        const struct ims_function_info *other = &topology->functions[i];
        if (other->bus.index != info->bus.index ||
            ims_address_device(other->address) != ims_address_device(info->address))
            return false;
        if (other->is_vf != IMS_YES)
            return true;
    }
    return false;
}

static enum ims_tristate multifunction(const struct ims_topology *topology,
                                       const struct ims_function_info *info,
                                       const struct ims_function_info *above)
{
    if (info->is_vf == IMS_YES)
        return IMS_NO;
    if (ims_address_function(info->address) > 0)
        return IMS_YES;
    if (info->address.devfn > 0 && above && above->port_type != IMS_PORT_CONVENTIONAL) {
        const enum ims_tristate ari = ims_tristate_and(above->pci.ari_forwarding, info->pci.ari);
        if (ari == IMS_YES)
            return IMS_YES; /* the ARI function number is the whole devfn */
        if (ari == IMS_UNKNOWN && info->pci.multifunction_bit == IMS_NO)
            return IMS_UNKNOWN;
    }
    if (info->pci.multifunction_bit == IMS_UNKNOWN && slot_proves_bit(topology, info, above))
        return IMS_YES;
    return info->pci.multifunction_bit;
}

/* ---- extended configuration space (R1.8) ---- */

/* Whether extended space is reachable on the bus below bridge. */
static enum ims_tristate passes_extended(const struct ims_function_info *bridge,
                                         enum ims_port_type type)
{
    switch (type) {
    case IMS_PORT_ROOT:
    case IMS_PORT_UPSTREAM:
    case IMS_PORT_DOWNSTREAM:
        return IMS_YES;
    case IMS_PORT_UNKNOWN:
        return IMS_UNKNOWN;
    case IMS_PORT_ENDPOINT:
    case IMS_PORT_LEGACY_ENDPOINT:
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
    case IMS_PORT_RC_ENDPOINT:
    case IMS_PORT_RC_EVENT_COLLECTOR:
    case IMS_PORT_CONVENTIONAL:
    default:
        return bridge->pci.pcix_mode2;
    }
}

static enum ims_tristate has_host_bridge_class(const struct ims_function_info *info)
{
    const struct ims_bits class = info->class_code;

    if (ims_bits_all_known(class, 0xffff00))
        return ims_tristate_from_bool((class.value & 0xffff00) == 0x060000);
    return IMS_UNKNOWN;
}

static enum ims_tristate extended_space(const struct ims_function_info *info,
                                        enum ims_tristate bus_reachable)
{
    if (info->is_vf == IMS_YES)
        return IMS_YES;

    enum ims_tristate pcie = info->pci.pcie;
    if (pcie == IMS_UNKNOWN && info->record->port_type_stated)
        pcie = ims_tristate_from_bool(info->record->port_type != IMS_PORT_CONVENTIONAL);
    const enum ims_tristate capable =
        ims_tristate_or(pcie, ims_tristate_or(info->pci.pcix_mode2, has_host_bridge_class(info)));

    return ims_tristate_and(bus_reachable, ims_tristate_and(capable, info->pci.extended_header));
}

/* ACS is an extended capability: where there is no extended space there is none. */
static struct ims_acs acs_within(const struct ims_function_info *info, enum ims_tristate extended)
{
    return extended == IMS_NO ? (struct ims_acs){.present = IMS_NO} : info->pci.acs;
}

/* ---- VMD (R2.1, R5.9) ---- */

static bool is_vmd_endpoint(const struct ims_function_info *info)
{
    static const uint16_t devices[] = {0x201d, 0x28c0, 0x467f, 0x4c3d, 0x7d0b,
                                       0x9a0b, 0xa77f, 0xad0b, 0xb06f, 0xb60b};

    if (info->id_count == 0)
        return info->record->device_name &&
               strstr(info->record->device_name, "Volume Management Device");
    for (uint32_t i = 0; i < info->id_count; i++) {
        bool listed = false;
        for (size_t j = 0; j < sizeof(devices) / sizeof(devices[0]); j++)
            listed |= info->ids[i].vendor == 0x8086 && info->ids[i].device == devices[j];
        if (!listed)
            return false;
    }
    return true;
}

#define VMD_FIRST_SEGMENT 0x10000u
#define VMD_ENDPOINT_MAX 64u

/*
 * Dumps do not say which VMD endpoint stands above which segment. The driver hands out segments
 * from 0x10000 on in probe order, so equal numbers of both pair up in order.
 */
static void pair_vmd(struct ims_builder *builder, struct ims_topology *topology)
{
    uint32_t endpoints[VMD_ENDPOINT_MAX];
    uint32_t endpoint_count = 0;
    uint32_t segment_count = 0;
    const struct ims_address *unpaired = NULL;

    for (uint32_t i = 0; i < topology->function_count; i++) {
        const struct ims_function_info *info = &topology->functions[i];
        if (info->address.segment < VMD_FIRST_SEGMENT) {
            if (endpoint_count < VMD_ENDPOINT_MAX && is_vmd_endpoint(info))
                endpoints[endpoint_count++] = i;
        } else if (i == 0 || info->address.segment != topology->functions[i - 1].address.segment) {
            segment_count++;
        }
    }

    uint32_t ordinal = 0;
    for (uint32_t i = 0; i < topology->function_count; i++) {
        struct ims_function_info *info = &topology->functions[i];
        if (info->address.segment < VMD_FIRST_SEGMENT)
            continue;
        if (i > 0 && topology->functions[i - 1].address.segment >= VMD_FIRST_SEGMENT &&
            topology->functions[i - 1].address.segment != info->address.segment)
            ordinal++;
        if (info->record->vmd_endpoint_stated) {
            info->vmd_endpoint = ims_topology_find(topology, info->record->vmd_endpoint);
        } else if (endpoint_count == segment_count && endpoint_count < VMD_ENDPOINT_MAX) {
            info->vmd_endpoint.index = endpoints[ordinal];
        }
        if (info->vmd_endpoint.index == i)
            info->vmd_endpoint = IMS_FUNCTION_NONE;
        if (ims_function_is_none(info->vmd_endpoint) && !unpaired)
            unpaired = &info->address;
    }
    if (unpaired)
        ims_builder_gap(builder, IMS_GAP_NOT_IN_INPUT, unpaired, NULL, 0,
                        "segment %x looks like one behind a VMD endpoint, but the input does not "
                        "show which endpoint",
                        unpaired->segment);
}

/* ---- all together ---- */

void ims_seal_derived(struct ims_builder *builder, struct ims_topology *topology)
{
    /* Bridges have lower bus numbers than what is below them: one pass from the top. */
    for (uint32_t i = 0; i < topology->function_count; i++)
        topology->functions[i].port_type = raw_type(&topology->functions[i]);
    for (uint32_t i = 0; i < topology->function_count; i++) {
        struct ims_function_info *info = &topology->functions[i];
        const struct ims_function_info *above = bridge_above(topology, info);

        /* The bridge's own bus decides too: mode 1 anywhere above ends extended space. */
        info->extended_bus = above ? ims_tristate_and(above->extended_bus,
                                                      passes_extended(above, above->corrected_type))
                                   : IMS_YES;
        info->extended_bus_uncorrected =
            above ? ims_tristate_and(above->extended_bus_uncorrected,
                                     passes_extended(above, above->port_type))
                  : IMS_YES;
        info->corrected_type =
            above ? corrected_type(info->port_type, above->corrected_type) : info->port_type;
        info->multifunction = multifunction(topology, info, above);
        info->extended = extended_space(info, info->extended_bus);
        info->acs = acs_within(info, info->extended);
        info->acs_uncorrected =
            acs_within(info, extended_space(info, info->extended_bus_uncorrected));
    }
    pair_vmd(builder, topology);
}
