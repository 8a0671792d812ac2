/* SPDX-License-Identifier: MIT */
#include "pci/decode.h"
#include "pci/regs.h"

#define ALIAS_STEP_BYTES 256u
#define ALL_ONES 0xffffffffu

static bool is_all_ones(struct ims_bits dword)
{
    return ims_bits_all_known(dword, ALL_ONES) && dword.value == ALL_ONES;
}

/*
 * Some bridges ignore the upper address bits, so that every 256 bytes the ids come back. As far as
 * it is known: one place that differs proves real space.
 */
static bool is_alias(const struct ims_config *config)
{
    struct ims_bits ids = ims_config_get32(config, IMS_REG_VENDOR_ID);
    struct ims_bits first = ims_config_get32(config, IMS_REG_EXTENDED_FIRST);

    if (!ims_bits_all_known(ids, ALL_ONES) || !ims_bits_all_known(first, ALL_ONES))
        return false;
    for (unsigned offset = IMS_REG_EXTENDED_FIRST; offset < IMS_CONFIG_SIZE_BYTES;
         offset += ALIAS_STEP_BYTES) {
        struct ims_bits dword = ims_config_get32(config, offset);
        if ((dword.value ^ ids.value) & dword.known)
            return false;
    }
    return true;
}

/* Whether the function may have extended space without being PCI Express (R1.8). */
static enum ims_tristate is_host_bridge(const struct ims_pci_facts *facts)
{
    if ((facts->class_code.value ^ IMS_CLASS_HOST_BRIDGE << 8) & facts->class_code.known & 0xffff00)
        return IMS_NO;
    return ims_bits_all_known(facts->class_code, 0xffff00) ? IMS_YES : IMS_UNKNOWN;
}

/* The function's own part of R1.8; whether the bus carries such accesses is decided elsewhere. */
static enum ims_tristate extended_header(const struct ims_config *config, bool is_vf,
                                         const struct ims_pci_facts *facts)
{
    struct ims_bits first = ims_config_get32(config, IMS_REG_EXTENDED_FIRST);

    if (is_vf)
        return IMS_YES;
    if (facts->pcie == IMS_NO && facts->pcix_mode2 == IMS_NO && is_host_bridge(facts) == IMS_NO)
        return IMS_NO;
    if (is_all_ones(first) || is_alias(config))
        return IMS_NO;
    /* A known zero bit is enough: then the dword is not all ones. */
    return ~first.value & first.known ? IMS_YES : IMS_UNKNOWN;
}

static void note_place(struct ims_pci_places *places, unsigned id, unsigned offset)
{
    uint16_t *place = NULL;

    if (id == IMS_EXTENDED_ACS)
        place = &places->acs;
    else if (id == IMS_EXTENDED_ARI)
        place = &places->ari;
    else if (id == IMS_EXTENDED_SRIOV)
        place = &places->sriov;
    else if (id == IMS_EXTENDED_ATS)
        place = &places->ats;
    else if (id == IMS_EXTENDED_MULTICAST)
        place = &places->multicast;
    else if (id == IMS_EXTENDED_PRI)
        place = &places->pri;
    else if (id == IMS_EXTENDED_PASID)
        place = &places->pasid;
    if (place != NULL && *place == 0)
        *place = (uint16_t)offset;
}

/* Keeps one entry. Returns whether its id is known. */
static bool take_entry(struct ims_pci_facts *facts, struct ims_pci_places *places, unsigned offset,
                       struct ims_bits header)
{
    struct ims_capability capability = {
        .id = (uint16_t)(header.value & IMS_REG_EXTENDED_ID),
        .offset = (uint16_t)offset,
        .version =
            (uint8_t)((header.value & IMS_REG_EXTENDED_VERSION) >> IMS_REG_EXTENDED_VERSION_SHIFT),
        .extended = true,
    };

    if (!ims_bits_all_known(header, IMS_REG_EXTENDED_ID))
        return false;
    ims_pci_capability_keep(facts, capability);
    note_place(places, capability.id, offset);
    return true;
}

/* A zero header dword holds no capability (R1.9); decoded text does not carry the version. */
static bool is_empty(struct ims_bits header)
{
    return header.value == 0 &&
           ims_bits_all_known(header, IMS_REG_EXTENDED_ID | IMS_REG_EXTENDED_NEXT);
}

/* Walks the list from 0x100. Returns extended_complete. */
static enum ims_tristate list_walk(const struct ims_config *config, struct ims_pci_facts *facts,
                                   struct ims_pci_places *places)
{
    uint64_t visited[IMS_CONFIG_SIZE_BYTES / 4 / 64] = {0}; /* one bit per dword */
    unsigned offset = IMS_REG_EXTENDED_FIRST;
    bool ids_known = true;

    for (;;) {
        uint64_t bit = UINT64_C(1) << offset / 4 % 64;
        if (visited[offset / 4 / 64] & bit) {
            facts->damage |= IMS_PCI_DAMAGE_EXTENDED_LOOP;
            return IMS_NO;
        }
        visited[offset / 4 / 64] |= bit;

        struct ims_bits header = ims_config_get32(config, offset);
        if (is_all_ones(header)) /* no list at all, or the rest of it does not answer */
            return offset == IMS_REG_EXTENDED_FIRST ? IMS_YES : IMS_NO;
        if (!is_empty(header) && !take_entry(facts, places, offset, header))
            ids_known = false;
        if (!ims_bits_all_known(header, IMS_REG_EXTENDED_NEXT))
            return IMS_UNKNOWN;
        offset = header.value >> IMS_REG_EXTENDED_NEXT_SHIFT & IMS_REG_EXTENDED_NEXT_ALIGN;
        if (offset == 0)
            break;
        if (offset < IMS_REG_EXTENDED_FIRST) {
            facts->damage |= IMS_PCI_DAMAGE_EXTENDED_OFFSET;
            return IMS_NO;
        }
    }
    return ids_known ? IMS_YES : IMS_UNKNOWN;
}

void ims_pci_extended_walk(const struct ims_config *config, bool is_vf, struct ims_pci_facts *facts,
                           struct ims_pci_places *places)
{
    facts->extended_header = extended_header(config, is_vf, facts);
    if (facts->extended_header == IMS_NO)
        facts->extended_complete = IMS_YES; /* there is no list, so nothing of it is unread */
    if (facts->extended_header == IMS_YES)
        facts->extended_complete = list_walk(config, facts, places);
}

static void acs_decode(const struct ims_config *config, uint16_t place, struct ims_acs *acs)
{
    acs->offset = place;
    acs->capability = ims_config_get16(config, place + IMS_REG_ACS_CAPABILITY);
    acs->control = ims_config_get16(config, place + IMS_REG_ACS_CONTROL);
}

static void sriov_decode(const struct ims_config *config, uint16_t place, struct ims_sriov *sriov)
{
    struct ims_bits control = ims_config_get16(config, place + IMS_REG_SRIOV_CONTROL);

    sriov->offset = place;
    sriov->vf_enable = ims_bits_test(control, IMS_REG_SRIOV_CONTROL_VF_ENABLE);
    sriov->ari_hierarchy = ims_bits_test(control, IMS_REG_SRIOV_CONTROL_ARI_HIERARCHY);
    sriov->total_vfs = ims_config_get16(config, place + IMS_REG_SRIOV_TOTAL_VFS);
    sriov->num_vfs = ims_config_get16(config, place + IMS_REG_SRIOV_NUM_VFS);
    sriov->first_vf_offset = ims_config_get16(config, place + IMS_REG_SRIOV_FIRST_VF_OFFSET);
    sriov->vf_stride = ims_config_get16(config, place + IMS_REG_SRIOV_VF_STRIDE);
    sriov->vf_device = ims_config_get16(config, place + IMS_REG_SRIOV_VF_DEVICE_ID);
}

void ims_pci_extended_decode(const struct ims_config *config, const struct ims_pci_places *places,
                             struct ims_pci_facts *facts)
{
    facts->ari = ims_pci_presence(places->ari, facts->extended_complete);
    facts->acs.present = ims_pci_presence(places->acs, facts->extended_complete);
    if (facts->acs.present == IMS_YES)
        acs_decode(config, places->acs, &facts->acs);

    facts->sriov.present = ims_pci_presence(places->sriov, facts->extended_complete);
    if (facts->sriov.present == IMS_YES)
        sriov_decode(config, places->sriov, &facts->sriov);
    if (facts->sriov.present == IMS_NO) {
        facts->sriov.vf_enable = IMS_NO;
        facts->sriov.ari_hierarchy = IMS_NO;
    }
}
