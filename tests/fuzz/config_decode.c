/* SPDX-License-Identifier: MIT */
/* fuzz-rooms: base pci */

/*
 * The decoder of configuration space. An input is
 *
 *     byte 0       bit 0: the function is a VF; bit 1: an image follows
 *     bytes 1, 2   with bit 1: size of the image, little-endian, then the image from offset 0
 *     the rest     statements of four bytes: offset (little-endian), value, mask
 */

#include <string.h>

#include "fuzz.h"
#include "iommuscope/pci.h"

/* The same image without rows: the law that reading gives back what was stated. */
struct flat {
    uint8_t value[IMS_CONFIG_SIZE_BYTES];
    uint8_t known[IMS_CONFIG_SIZE_BYTES];
};

static void check_image(const struct ims_config *config, const struct flat *flat)
{
    for (uint32_t i = 1; i < config->row_count; i++)
        FUZZ_LAW(config->rows[i - 1].offset < config->rows[i].offset);
    for (unsigned offset = 0; offset < IMS_CONFIG_SIZE_BYTES; offset++) {
        struct ims_bits bits = ims_config_get8(config, offset);
        FUZZ_LAW(bits.value == flat->value[offset]);
        FUZZ_LAW(bits.known == flat->known[offset]);
    }
}

static void check_bits(struct ims_bits bits, uint32_t mask)
{
    FUZZ_LAW((bits.known & ~mask) == 0);
    FUZZ_LAW((bits.value & ~bits.known) == 0);
}

static void check_window(struct ims_window window)
{
    FUZZ_LAW(window.open <= IMS_YES);
    FUZZ_LAW(window.open != IMS_YES || window.base <= window.limit);
}

static void check_header(const struct ims_pci_facts *facts)
{
    check_bits(facts->vendor, 0xffff);
    check_bits(facts->device, 0xffff);
    check_bits(facts->class_code, 0xffffff);
    check_bits(facts->revision, 0xff);
    check_bits(facts->subsystem_vendor, 0xffff);
    check_bits(facts->subsystem_device, 0xffff);
    check_bits(facts->header_type, 0x7f);
    check_bits(facts->bridge.primary, 0xff);
    check_bits(facts->bridge.secondary, 0xff);
    check_bits(facts->bridge.subordinate, 0xff);
    check_window(facts->bridge.io);
    check_window(facts->bridge.memory);
    check_window(facts->bridge.prefetchable);
    for (unsigned i = 0; i < IMS_BAR_COUNT; i++) {
        FUZZ_LAW(facts->bars[i].kind <= IMS_BAR_ROM);
        FUZZ_LAW(facts->bars[i].kind != IMS_BAR_NONE || facts->bars[i].address == 0);
        FUZZ_LAW((facts->bars[i].kind == IMS_BAR_ROM) <= (i == IMS_BAR_ROM_INDEX));
        FUZZ_LAW(!facts->bars[i].size_known);
    }
}

static void check_capabilities(const struct ims_pci_facts *facts)
{
    const uint32_t classic_damage = IMS_PCI_DAMAGE_CLASSIC_LOOP | IMS_PCI_DAMAGE_CLASSIC_OFFSET;
    const uint32_t extended_damage = IMS_PCI_DAMAGE_EXTENDED_LOOP | IMS_PCI_DAMAGE_EXTENDED_OFFSET;

    FUZZ_LAW(facts->capability_count <= IMS_CAPABILITY_MAX);
    for (uint32_t i = 0; i < facts->capability_count; i++) {
        const struct ims_capability *capability = &facts->capabilities[i];
        FUZZ_LAW(capability->offset % 4 == 0);
        FUZZ_LAW(capability->extended == (capability->offset >= 0x100));
        FUZZ_LAW(capability->offset >= 0x40 && capability->offset < IMS_CONFIG_SIZE_BYTES);
        for (uint32_t other = 0; other < i; other++)
            FUZZ_LAW(facts->capabilities[other].offset != capability->offset);
    }
    if (facts->damage & classic_damage)
        FUZZ_LAW(facts->classic_complete == IMS_NO);
    if (facts->damage & extended_damage)
        FUZZ_LAW(facts->extended_complete == IMS_NO);
    FUZZ_LAW((facts->pcie == IMS_YES) == (facts->pcie_offset != 0));
    FUZZ_LAW((facts->pcie == IMS_NO) == (facts->port_type == IMS_PORT_CONVENTIONAL));
    FUZZ_LAW((facts->acs.present == IMS_YES) == (facts->acs.offset != 0));
    FUZZ_LAW((facts->sriov.present == IMS_YES) == (facts->sriov.offset != 0));
    if (facts->pcie == IMS_NO)
        FUZZ_LAW(facts->classic_complete == IMS_YES);
    if (facts->acs.present == IMS_NO)
        FUZZ_LAW(facts->extended_complete == IMS_YES);
    check_bits(facts->acs.capability, 0xffff);
    check_bits(facts->acs.control, 0xffff);
    check_bits(facts->sriov.num_vfs, 0xffff);
    check_bits(facts->link_width, 0x3f);
    check_bits(facts->link_width_max, 0x3f);
}

/* Knowing nothing of extended space must never contradict knowing it (R1.8). */
static void check_prefix(struct ims_config *config, bool is_vf, const struct ims_pci_facts *whole)
{
    struct ims_config prefix = *config;
    struct ims_pci_facts part;

    while (prefix.row_count > 0 && prefix.rows[prefix.row_count - 1].offset >= 0x100)
        prefix.row_count--;
    ims_pci_decode(&prefix, is_vf, &part);
    if ((part.damage | whole->damage) & IMS_PCI_DAMAGE_ALL_ONES)
        return;
    FUZZ_LAW(part.pcie == whole->pcie);
    FUZZ_LAW(part.port_type == whole->port_type);
    FUZZ_LAW(part.classic_complete == whole->classic_complete);
    FUZZ_LAW(part.extended_header == IMS_UNKNOWN || part.extended_header == whole->extended_header);
    FUZZ_LAW(part.acs.present == IMS_UNKNOWN || part.acs.present == whole->acs.present);
}

static void state(struct ims_config *config, struct flat *flat, const uint8_t *data,
                  size_t size_bytes)
{
    for (; size_bytes >= 4; data += 4, size_bytes -= 4) {
        unsigned offset = data[0] | (unsigned)data[1] << 8;
        int result = ims_config_set(config, offset, data[2], data[3]);

        FUZZ_LAW((result == 0) == (offset < IMS_CONFIG_SIZE_BYTES));
        if (result < 0)
            continue;
        flat->value[offset] = (uint8_t)((flat->value[offset] & ~data[3]) | (data[2] & data[3]));
        flat->known[offset] |= data[3];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    static struct flat flat;
    struct ims_config config = {0};
    struct ims_pci_facts facts;
    struct ims_pci_facts again;

    if (size_bytes == 0)
        return 0;
    memset(&flat, 0, sizeof(flat));
    bool is_vf = data[0] & 1;
    bool has_image = data[0] & 2;
    data++;
    size_bytes--;
    if (has_image && size_bytes >= 2) {
        size_t image_bytes = data[0] | (size_t)data[1] << 8;
        data += 2;
        size_bytes -= 2;
        if (image_bytes > size_bytes)
            image_bytes = size_bytes;
        if (image_bytes > IMS_CONFIG_SIZE_BYTES)
            image_bytes = IMS_CONFIG_SIZE_BYTES;
        FUZZ_LAW(ims_config_set_bytes(&config, 0, data, image_bytes) == 0);
        memcpy(flat.value, data, image_bytes);
        memset(flat.known, 0xff, image_bytes);
        data += image_bytes;
        size_bytes -= image_bytes;
    }
    state(&config, &flat, data, size_bytes);
    check_image(&config, &flat);

    memset(&facts, 0x5a, sizeof(facts));
    memset(&again, 0xa5, sizeof(again));
    ims_pci_decode(&config, is_vf, &facts);
    ims_pci_decode(&config, is_vf, &again);
    FUZZ_LAW(facts.capability_count == again.capability_count);
    FUZZ_LAW(facts.damage == again.damage && facts.acs.present == again.acs.present);
    check_header(&facts);
    check_capabilities(&facts);
    check_prefix(&config, is_vf, &facts);
    ims_config_done(&config);
    return 0;
}
