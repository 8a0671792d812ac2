/* SPDX-License-Identifier: MIT */
#include "pci/decode.h"
#include "pci/regs.h"

#define CLASSIC_SPACE_BYTES 256u

void ims_pci_capability_keep(struct ims_pci_facts *facts, struct ims_capability capability)
{
    if (facts->capability_count == IMS_CAPABILITY_MAX) {
        facts->damage |= IMS_PCI_DAMAGE_TOO_MANY;
        return;
    }
    facts->capabilities[facts->capability_count++] = capability;
}

enum ims_tristate ims_pci_presence(uint16_t place, enum ims_tristate list_complete)
{
    if (place != 0)
        return IMS_YES;
    return list_complete == IMS_YES ? IMS_NO : IMS_UNKNOWN;
}

static void note_place(struct ims_pci_places *places, unsigned id, unsigned offset)
{
    uint16_t *place = NULL;

    if (id == IMS_CAPABILITY_PCIE)
        place = &places->pcie;
    else if (id == IMS_CAPABILITY_PCIX)
        place = &places->pcix;
    else if (id == IMS_CAPABILITY_SUBSYSTEM)
        place = &places->subsystem;
    else if (id == IMS_CAPABILITY_EA)
        place = &places->ea;
    else if (id == IMS_CAPABILITY_FPB)
        place = &places->fpb;
    if (place != NULL && *place == 0)
        *place = (uint16_t)offset;
}

/* The register that points to the first entry; CardBus bridges have it elsewhere. */
static struct ims_bits first_pointer(const struct ims_config *config, unsigned layout)
{
    return ims_config_get8(config, layout == IMS_HEADER_CARDBUS ? IMS_REG_TYPE2_CAPABILITIES_POINTER
                                                                : IMS_REG_CAPABILITIES_POINTER);
}

/* A header type that no specification defines says nothing of where the list begins. */
static bool layout_is_foreign(const struct ims_pci_facts *facts, unsigned layout)
{
    return layout == IMS_PCI_LAYOUT_UNKNOWN &&
           ims_bits_all_known(facts->header_type, IMS_REG_HEADER_TYPE_LAYOUT);
}

void ims_pci_classic_walk(const struct ims_config *config, unsigned layout,
                          struct ims_pci_facts *facts, struct ims_pci_places *places)
{
    struct ims_bits status = ims_config_get16(config, IMS_REG_STATUS);
    struct ims_bits pointer = first_pointer(config, layout);
    uint64_t visited = 0; /* one bit per dword */
    bool ids_known = true;

    if (ims_bits_test(status, IMS_REG_STATUS_CAPABILITIES_LIST) == IMS_NO) {
        facts->classic_complete = IMS_YES;
        return;
    }
    if (layout_is_foreign(facts, layout))
        return;
    for (;;) {
        if (!ims_bits_all_known(pointer, IMS_REG_CAPABILITY_NEXT_MASK))
            return;
        unsigned offset = pointer.value & IMS_REG_CAPABILITY_NEXT_MASK;
        if (offset == 0)
            break;
        if (offset < IMS_REG_HEADER_END) {
            facts->damage |= IMS_PCI_DAMAGE_CLASSIC_OFFSET;
            facts->classic_complete = IMS_NO;
            return;
        }
        if (visited & UINT64_C(1) << offset / 4) {
            facts->damage |= IMS_PCI_DAMAGE_CLASSIC_LOOP;
            facts->classic_complete = IMS_NO;
            return;
        }
        visited |= UINT64_C(1) << offset / 4;
        _Static_assert(CLASSIC_SPACE_BYTES / 4 <= 64, "one bit per dword");

        struct ims_bits id = ims_config_get8(config, offset);
        if (!ims_bits_all_known(id, 0xff)) {
            ids_known = false;
        } else if (id.value == IMS_CAPABILITY_END) {
            facts->classic_complete = IMS_NO; /* the rest of the list does not answer */
            return;
        } else {
            ims_pci_capability_keep(facts, (struct ims_capability){.id = (uint16_t)id.value,
                                                                   .offset = (uint16_t)offset});
            note_place(places, id.value, offset);
        }
        pointer = ims_config_get8(config, offset + IMS_REG_CAPABILITY_NEXT);
    }
    if (ids_known)
        facts->classic_complete = IMS_YES;
}
