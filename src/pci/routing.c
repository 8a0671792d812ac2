/* SPDX-License-Identifier: MIT */
#include "pci/decode.h"
#include "pci/regs.h"

/* Registers that decide where a request goes, and that nothing but the fabric reads. */

static struct ims_bits64 get64(const struct ims_config *config, unsigned offset)
{
    const struct ims_bits low = ims_config_get32(config, offset);
    const struct ims_bits high = ims_config_get32(config, offset + 4);

    return (struct ims_bits64){
        .value = (uint64_t)high.value << 32 | low.value,
        .known = (uint64_t)high.known << 32 | low.known,
    };
}

/* An enable bit of a capability: "no" where the capability is not there. */
static enum ims_tristate enable_bit(const struct ims_config *config, uint16_t place,
                                    enum ims_tristate list_complete, unsigned offset, uint32_t mask)
{
    if (place == 0)
        return list_complete == IMS_YES ? IMS_NO : IMS_UNKNOWN;
    return ims_bits_test(ims_config_get16(config, place + offset), mask);
}

/* ---- Enhanced Allocation ---- */

/* One entry at offset. Returns the bytes that it takes, 0 when that cannot be told. */
static unsigned ea_entry_decode(const struct ims_config *config, unsigned offset,
                                struct ims_ea_entry *entry, enum ims_tristate *ret_range)
{
    const struct ims_bits head = ims_config_get32(config, offset);
    const struct ims_bits base = ims_config_get32(config, offset + 4);
    const struct ims_bits extent = ims_config_get32(config, offset + 8);

    if (!ims_bits_all_known(head, IMS_REG_EA_ENTRY_SIZE))
        return 0;
    const unsigned size_bytes = 4 + 4 * (head.value & IMS_REG_EA_ENTRY_SIZE);
    const unsigned properties =
        (head.value & IMS_REG_EA_ENTRY_PROPERTIES) >> IMS_REG_EA_ENTRY_PROPERTIES_SHIFT;
    unsigned next = offset + 12;
    uint64_t first = base.value & IMS_REG_EA_LOW_MASK;
    uint64_t length = extent.value | ~IMS_REG_EA_LOW_MASK;

    *ret_range = IMS_NO;
    if (ims_bits_all_known(head, IMS_REG_EA_ENTRY_PROPERTIES) && properties > IMS_EA_PROPERTIES_IO)
        return size_bytes; /* of VFs, behind a bridge, or unavailable */
    *ret_range = IMS_UNKNOWN;
    if (!ims_bits_all_known(head, IMS_REG_EA_ENTRY_PROPERTIES | IMS_REG_EA_ENTRY_BEI) ||
        base.known != 0xffffffff || extent.known != 0xffffffff)
        return size_bytes;
    if (base.value & IMS_REG_EA_WIDE) {
        const struct ims_bits high = ims_config_get32(config, next);
        if (high.known != 0xffffffff)
            return size_bytes;
        first |= (uint64_t)high.value << 32;
        next += 4;
    }
    if (extent.value & IMS_REG_EA_WIDE) {
        const struct ims_bits high = ims_config_get32(config, next);
        if (high.known != 0xffffffff)
            return size_bytes;
        length |= (uint64_t)high.value << 32;
    }
    if (length > UINT64_MAX - first)
        return size_bytes;
    *entry = (struct ims_ea_entry){
        .bei = (uint8_t)((head.value & IMS_REG_EA_ENTRY_BEI) >> IMS_REG_EA_ENTRY_BEI_SHIFT),
        .io = properties == IMS_EA_PROPERTIES_IO,
        .enabled = ims_bits_test(head, IMS_REG_EA_ENTRY_ENABLE) == IMS_YES,
        .first = first,
        .last = first + length,
    };
    *ret_range = IMS_YES;
    return size_bytes;
}

static void ea_decode(const struct ims_config *config, unsigned layout, uint16_t place,
                      struct ims_pci_facts *facts)
{
    const struct ims_bits count = ims_config_get8(config, place + IMS_REG_EA_COUNT);
    unsigned offset =
        place + (layout == IMS_HEADER_BRIDGE ? IMS_REG_EA_FIRST_TYPE1 : IMS_REG_EA_FIRST_TYPE0);

    if (layout == IMS_PCI_LAYOUT_UNKNOWN || !ims_bits_all_known(count, IMS_REG_EA_COUNT_MASK))
        return;
    facts->ea_complete = IMS_YES;
    for (unsigned i = 0; i < (count.value & IMS_REG_EA_COUNT_MASK); i++) {
        struct ims_ea_entry entry = {0};
        enum ims_tristate range = IMS_UNKNOWN;
        const unsigned size_bytes = ea_entry_decode(config, offset, &entry, &range);

        if (size_bytes == 0) {
            facts->ea_complete = IMS_UNKNOWN;
            return;
        }
        if (range == IMS_YES && facts->ea_count < IMS_EA_MAX)
            facts->ea_entries[facts->ea_count++] = entry;
        else if (range != IMS_NO)
            facts->ea_complete = IMS_UNKNOWN;
        offset += size_bytes;
    }
}

/* ---- all of the classic part ---- */

/* Whether one of the enable bits of a flattening portal is set. */
static void fpb_decode(const struct ims_config *config, uint16_t place, struct ims_pci_facts *facts)
{
    const enum ims_tristate low = ims_bits_test(
        ims_config_get32(config, place + IMS_REG_FPB_MEMORY_LOW_CONTROL), IMS_REG_FPB_ENABLE);
    const enum ims_tristate high = ims_bits_test(
        ims_config_get32(config, place + IMS_REG_FPB_MEMORY_HIGH_CONTROL), IMS_REG_FPB_ENABLE);

    facts->fpb_rid = ims_bits_test(ims_config_get32(config, place + IMS_REG_FPB_RID_CONTROL),
                                   IMS_REG_FPB_ENABLE);
    facts->fpb_memory = IMS_UNKNOWN;
    if (low == IMS_YES || high == IMS_YES)
        facts->fpb_memory = IMS_YES;
    else if (low == IMS_NO && high == IMS_NO)
        facts->fpb_memory = IMS_NO;
}

void ims_pci_routing_decode(const struct ims_config *config, unsigned layout,
                            const struct ims_pci_places *places, struct ims_pci_facts *facts)
{
    facts->command = ims_config_get16(config, IMS_REG_COMMAND);
    if (facts->pcie == IMS_YES) {
        const struct ims_bits capabilities =
            ims_config_get32(config, facts->pcie_offset + IMS_REG_PCIE_DEVICE_CAPABILITIES);
        facts->phantom = (struct ims_bits){
            .value = (capabilities.value & IMS_REG_PCIE_DEVICE_CAPABILITIES_PHANTOM) >>
                     IMS_REG_PCIE_DEVICE_CAPABILITIES_PHANTOM_SHIFT,
            .known = (capabilities.known & IMS_REG_PCIE_DEVICE_CAPABILITIES_PHANTOM) >>
                     IMS_REG_PCIE_DEVICE_CAPABILITIES_PHANTOM_SHIFT,
        };
        facts->phantom_enable = ims_bits_test(
            ims_config_get16(config, facts->pcie_offset + IMS_REG_PCIE_DEVICE_CONTROL),
            IMS_REG_PCIE_DEVICE_CONTROL_PHANTOM);
    }
    facts->ea = ims_pci_presence(places->ea, facts->classic_complete);
    if (facts->ea == IMS_YES)
        ea_decode(config, layout, places->ea, facts);
    else
        facts->ea_complete = facts->ea == IMS_NO ? IMS_YES : IMS_UNKNOWN;

    const enum ims_tristate fpb = ims_pci_presence(places->fpb, facts->classic_complete);
    facts->fpb_rid = fpb;
    facts->fpb_memory = fpb;
    if (fpb == IMS_YES)
        fpb_decode(config, places->fpb, facts);
}

/* ---- the extended part ---- */

static void egress_decode(const struct ims_config *config, struct ims_pci_facts *facts)
{
    const struct ims_bits capability = facts->acs.capability;

    if (ims_bits_test(capability, IMS_ACS_EC) != IMS_YES)
        return;
    /* Where the size is not known, registers behind the vector may be taken for a part of it. */
    unsigned size = (capability.value & IMS_ACS_EGRESS_SIZE) >> IMS_REG_ACS_EGRESS_SIZE_SHIFT;
    if (size == 0 || !ims_bits_all_known(capability, IMS_ACS_EGRESS_SIZE))
        size = IMS_ACS_EGRESS_DWORDS * 32;
    for (unsigned i = 0; i * 32 < size; i++)
        facts->acs_egress[i] =
            ims_config_get32(config, facts->acs.offset + IMS_REG_ACS_EGRESS_VECTOR + 4 * i);
}

static void groups_decode(const struct ims_config *config, uint16_t place,
                          struct ims_function_groups *groups)
{
    const struct ims_bits control = ims_config_get16(config, place + IMS_REG_ARI_CONTROL);

    groups->capable = ims_bits_test(ims_config_get16(config, place + IMS_REG_ARI_CAPABILITY),
                                    IMS_REG_ARI_CAPABILITY_GROUPS);
    groups->enable = ims_bits_test(control, IMS_REG_ARI_CONTROL_GROUPS);
    groups->group = (struct ims_bits){
        .value = (control.value & IMS_REG_ARI_CONTROL_GROUP) >> IMS_REG_ARI_CONTROL_GROUP_SHIFT,
        .known = (control.known & IMS_REG_ARI_CONTROL_GROUP) >> IMS_REG_ARI_CONTROL_GROUP_SHIFT,
    };
}

static void multicast_decode(const struct ims_config *config, uint16_t place,
                             struct ims_multicast *multicast)
{
    const struct ims_bits control = ims_config_get16(config, place + IMS_REG_MULTICAST_CONTROL);

    multicast->offset = place;
    multicast->enable = ims_bits_test(control, IMS_REG_MULTICAST_CONTROL_ENABLE);
    multicast->groups = (struct ims_bits){
        .value = control.value & IMS_REG_MULTICAST_CONTROL_GROUPS,
        .known = control.known & IMS_REG_MULTICAST_CONTROL_GROUPS,
    };
    multicast->base = get64(config, place + IMS_REG_MULTICAST_BASE);
    multicast->receive = get64(config, place + IMS_REG_MULTICAST_RECEIVE);
    multicast->block_all = get64(config, place + IMS_REG_MULTICAST_BLOCK_ALL);
    multicast->block_untranslated = get64(config, place + IMS_REG_MULTICAST_BLOCK_UNTRANSLATED);
}

static void vf_bars_decode(const struct ims_config *config, uint16_t place,
                           struct ims_pci_facts *facts)
{
    const struct ims_bits control = ims_config_get16(config, place + IMS_REG_SRIOV_CONTROL);

    facts->vf_memory_enable = ims_bits_test(control, IMS_REG_SRIOV_CONTROL_VF_MEMORY);
    facts->vf_page_size = ims_config_get32(config, place + IMS_REG_SRIOV_PAGE_SIZE);
    for (unsigned index = 0; index < IMS_REG_SRIOV_BAR_COUNT;)
        index += ims_pci_bar_decode(config, place + IMS_REG_SRIOV_BAR0 + 4 * index, index,
                                    IMS_REG_SRIOV_BAR_COUNT, facts->vf_memory_enable, IMS_NO,
                                    &facts->vf_bars[index]);
}

void ims_pci_routing_extended_decode(const struct ims_config *config,
                                     const struct ims_pci_places *places,
                                     struct ims_pci_facts *facts)
{
    const enum ims_tristate complete = facts->extended_complete;

    if (facts->acs.present == IMS_YES)
        egress_decode(config, facts);
    if (places->ari != 0)
        groups_decode(config, places->ari, &facts->groups);
    else if (complete == IMS_YES)
        facts->groups = (struct ims_function_groups){.capable = IMS_NO, .enable = IMS_NO};

    facts->ats = ims_pci_presence(places->ats, complete);
    facts->ats_enable =
        enable_bit(config, places->ats, complete, IMS_REG_ATS_CONTROL, IMS_REG_ATS_CONTROL_ENABLE);
    facts->pri_enable =
        enable_bit(config, places->pri, complete, IMS_REG_PRI_CONTROL, IMS_REG_PRI_CONTROL_ENABLE);
    facts->pasid_enable = enable_bit(config, places->pasid, complete, IMS_REG_PASID_CONTROL,
                                     IMS_REG_PASID_CONTROL_ENABLE);

    facts->multicast.present = ims_pci_presence(places->multicast, complete);
    if (facts->multicast.present == IMS_YES)
        multicast_decode(config, places->multicast, &facts->multicast);
    else if (facts->multicast.present == IMS_NO)
        facts->multicast.enable = IMS_NO;

    if (places->sriov != 0)
        vf_bars_decode(config, places->sriov, facts);
    else if (complete == IMS_YES)
        facts->vf_memory_enable = IMS_NO;
}
