/* SPDX-License-Identifier: MIT */
#include "pci/decode.h"
#include "pci/regs.h"

/* The field of a register, moved down to bit 0. */
static struct ims_bits field(struct ims_bits bits, uint32_t mask, unsigned shift)
{
    return (struct ims_bits){
        .value = (bits.value & mask) >> shift,
        .known = (bits.known & mask) >> shift,
    };
}

/* The slot bit has a meaning on ports that lead downstream only. */
static enum ims_tristate slot_implemented(enum ims_port_type type, struct ims_bits capabilities)
{
    switch (type) {
    case IMS_PORT_ROOT:
    case IMS_PORT_DOWNSTREAM:
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
        return ims_bits_test(capabilities, IMS_REG_PCIE_CAPABILITIES_SLOT);
    case IMS_PORT_UNKNOWN:
        return IMS_UNKNOWN;
    default:
        return IMS_NO;
    }
}

/* Upstream ports are asked too: their type may be a lie that R1.4 corrects later. */
static enum ims_tristate ari_forwarding(const struct ims_config *config, enum ims_port_type type,
                                        unsigned offset, struct ims_bits capabilities)
{
    struct ims_bits control;

    switch (type) {
    case IMS_PORT_ENDPOINT:
    case IMS_PORT_LEGACY_ENDPOINT:
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
    case IMS_PORT_RC_ENDPOINT:
    case IMS_PORT_RC_EVENT_COLLECTOR:
        return IMS_NO;
    default:
        break;
    }
    /* Version 1 of the structure ends before this register. */
    if (ims_bits_all_known(capabilities, IMS_REG_PCIE_CAPABILITIES_VERSION) &&
        (capabilities.value & IMS_REG_PCIE_CAPABILITIES_VERSION) < 2)
        return IMS_NO;
    control = ims_config_get16(config, offset + IMS_REG_PCIE_DEVICE_CONTROL_2);
    return ims_bits_test(control, IMS_REG_PCIE_DEVICE_CONTROL_2_ARI);
}

/* Functions inside the root complex have no link; what stands there is not a link register. */
static void link_decode(const struct ims_config *config, unsigned offset,
                        struct ims_pci_facts *facts)
{
    struct ims_bits capabilities;
    struct ims_bits status;

    if (facts->port_type == IMS_PORT_RC_ENDPOINT || facts->port_type == IMS_PORT_RC_EVENT_COLLECTOR)
        return;
    capabilities = ims_config_get32(config, offset + IMS_REG_PCIE_LINK_CAPABILITIES);
    status = ims_config_get16(config, offset + IMS_REG_PCIE_LINK_STATUS);
    facts->link_speed_max = field(capabilities, IMS_REG_PCIE_LINK_SPEED, 0);
    facts->link_width_max =
        field(capabilities, IMS_REG_PCIE_LINK_WIDTH, IMS_REG_PCIE_LINK_WIDTH_SHIFT);
    facts->link_port = field(capabilities, IMS_REG_PCIE_LINK_CAPABILITIES_PORT,
                             IMS_REG_PCIE_LINK_CAPABILITIES_PORT_SHIFT);
    facts->link_speed = field(status, IMS_REG_PCIE_LINK_SPEED, 0);
    facts->link_width = field(status, IMS_REG_PCIE_LINK_WIDTH, IMS_REG_PCIE_LINK_WIDTH_SHIFT);
}

/*
 * Linux reads the dword at +4 of endpoints and bridges alike (R1.8); in a bridge it is the Bridge
 * Status register, with the same two bits.
 */
static enum ims_tristate pcix_mode2(const struct ims_config *config, unsigned offset)
{
    struct ims_bits status = ims_config_get32(config, offset + IMS_REG_PCIX_STATUS);
    enum ims_tristate slow = ims_bits_test(status, IMS_REG_PCIX_STATUS_266);
    enum ims_tristate fast = ims_bits_test(status, IMS_REG_PCIX_STATUS_533);

    if (slow == IMS_YES || fast == IMS_YES)
        return IMS_YES;
    return slow == IMS_NO && fast == IMS_NO ? IMS_NO : IMS_UNKNOWN;
}

void ims_pci_express_decode(const struct ims_config *config, const struct ims_pci_places *places,
                            struct ims_pci_facts *facts)
{
    unsigned offset = places->pcie;
    struct ims_bits capabilities;

    facts->pcix_mode2 = ims_pci_presence(places->pcix, facts->classic_complete);
    if (facts->pcix_mode2 == IMS_YES)
        facts->pcix_mode2 = pcix_mode2(config, places->pcix);

    facts->pcie = ims_pci_presence(places->pcie, facts->classic_complete);
    if (facts->pcie == IMS_NO)
        facts->port_type = IMS_PORT_CONVENTIONAL;
    if (facts->pcie != IMS_YES)
        return;

    facts->pcie_offset = places->pcie;
    capabilities = ims_config_get16(config, offset + IMS_REG_PCIE_CAPABILITIES);
    if (ims_bits_all_known(capabilities, IMS_REG_PCIE_CAPABILITIES_TYPE))
        facts->port_type =
            (enum ims_port_type)((capabilities.value & IMS_REG_PCIE_CAPABILITIES_TYPE) >>
                                 IMS_REG_PCIE_CAPABILITIES_TYPE_SHIFT);
    facts->slot_implemented = slot_implemented(facts->port_type, capabilities);
    facts->ari_forwarding = ari_forwarding(config, facts->port_type, offset, capabilities);
    link_decode(config, offset, facts);
}
