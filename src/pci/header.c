/* SPDX-License-Identifier: MIT */
#include "pci/decode.h"
#include "pci/regs.h"

/* Only the class is a hint when the header type is not in the input. */
static unsigned layout_from_class(struct ims_bits class_code)
{
    if (!ims_bits_all_known(class_code, 0xffff00))
        return IMS_PCI_LAYOUT_UNKNOWN;
    switch (class_code.value >> 8) {
    case IMS_CLASS_PCI_BRIDGE:
    case IMS_CLASS_SEMI_TRANSPARENT_BRIDGE:
        return IMS_HEADER_BRIDGE;
    case IMS_CLASS_CARDBUS_BRIDGE:
        return IMS_HEADER_CARDBUS;
    default:
        /* Other bridge classes are seen with either layout. */
        return class_code.value >> 16 == IMS_CLASS_HOST_BRIDGE >> 8 ? IMS_PCI_LAYOUT_UNKNOWN
                                                                    : IMS_HEADER_ENDPOINT;
    }
}

/*
 * Decoded text may carry "Bus: primary=.., secondary=.." and no header type. In an endpoint these
 * bytes are one base address register, which is known as a whole or not at all.
 */
static bool states_bus_numbers(const struct ims_config *config)
{
    struct ims_bits numbers = ims_config_get32(config, IMS_REG_TYPE1_PRIMARY_BUS);

    return ims_bits_all_known(numbers, 0x00ffff00) && (numbers.known & 0xff000000) == 0;
}

unsigned ims_pci_header_decode(const struct ims_config *config, bool is_vf,
                               struct ims_pci_facts *facts)
{
    struct ims_bits type = ims_config_get8(config, IMS_REG_HEADER_TYPE);
    struct ims_bits class_revision = ims_config_get32(config, IMS_REG_CLASS_REVISION);
    unsigned layout = IMS_PCI_LAYOUT_UNKNOWN;

    facts->vendor = ims_config_get16(config, IMS_REG_VENDOR_ID);
    facts->device = ims_config_get16(config, IMS_REG_DEVICE_ID);
    facts->revision = ims_config_get8(config, IMS_REG_REVISION_ID);
    facts->class_code.value = class_revision.value >> 8;
    facts->class_code.known = class_revision.known >> 8;

    if (is_vf) {
        /* The register is not implemented: a VF has the type 0 header and M = 0 (R1.5 a). */
        facts->header_type = (struct ims_bits){.value = 0, .known = IMS_REG_HEADER_TYPE_LAYOUT};
        facts->multifunction_bit = IMS_NO;
        return IMS_HEADER_ENDPOINT;
    }
    facts->header_type.value = type.value & IMS_REG_HEADER_TYPE_LAYOUT;
    facts->header_type.known = type.known & IMS_REG_HEADER_TYPE_LAYOUT;
    facts->multifunction_bit = ims_bits_test(type, IMS_REG_HEADER_TYPE_MULTIFUNCTION);

    if (ims_bits_all_known(type, IMS_REG_HEADER_TYPE_LAYOUT))
        return facts->header_type.value <= IMS_HEADER_CARDBUS ? facts->header_type.value
                                                              : IMS_PCI_LAYOUT_UNKNOWN;
    layout = layout_from_class(facts->class_code);
    if (layout == IMS_PCI_LAYOUT_UNKNOWN && states_bus_numbers(config))
        layout = IMS_HEADER_BRIDGE;
    if (layout == IMS_HEADER_BRIDGE || layout == IMS_HEADER_CARDBUS)
        facts->header_type =
            (struct ims_bits){.value = layout, .known = IMS_REG_HEADER_TYPE_LAYOUT};
    return layout;
}

void ims_pci_subsystem_decode(const struct ims_config *config, unsigned layout,
                              const struct ims_pci_places *places, struct ims_pci_facts *facts)
{
    unsigned vendor;
    unsigned device;

    if (layout == IMS_HEADER_ENDPOINT) {
        vendor = IMS_REG_TYPE0_SUBSYSTEM_VENDOR_ID;
        device = IMS_REG_TYPE0_SUBSYSTEM_ID;
    } else if (layout == IMS_HEADER_CARDBUS) {
        vendor = IMS_REG_TYPE2_SUBSYSTEM_VENDOR_ID;
        device = IMS_REG_TYPE2_SUBSYSTEM_ID;
    } else if (places->subsystem != 0) {
        vendor = places->subsystem + IMS_REG_SSVID_VENDOR;
        device = places->subsystem + IMS_REG_SSVID_DEVICE;
    } else {
        return;
    }
    facts->subsystem_vendor = ims_config_get16(config, vendor);
    facts->subsystem_device = ims_config_get16(config, device);
}

unsigned ims_pci_bar_decode(const struct ims_config *config, unsigned offset, unsigned index,
                            unsigned count, enum ims_tristate memory_on, enum ims_tristate io_on,
                            struct ims_bar *bar)
{
    struct ims_bits low = ims_config_get32(config, offset);

    /* Zero is "not implemented" or "32-bit memory, not assigned": nothing tells them apart. */
    if (low.value == 0 || (low.value == 0xffffffff && low.known == 0xffffffff))
        return 1;
    if (ims_bits_test(low, IMS_REG_BAR_IO) == IMS_YES) {
        bar->kind = IMS_BAR_IO;
        bar->enabled = io_on == IMS_YES;
        if (ims_bits_all_known(low, IMS_REG_BAR_IO_MASK))
            bar->address = low.value & IMS_REG_BAR_IO_MASK;
        return 1;
    }
    if (!ims_bits_all_known(low, IMS_REG_BAR_IO | IMS_REG_BAR_TYPE))
        return 1;

    unsigned type = low.value & IMS_REG_BAR_TYPE;
    bool wide = type == IMS_REG_BAR_TYPE_64 && index + 1 < count;
    if (!wide && type != IMS_REG_BAR_TYPE_32 && type != IMS_REG_BAR_TYPE_1M)
        return 1; /* reserved type, or the upper half would lie outside */
    bar->kind = wide ? IMS_BAR_MEMORY64 : IMS_BAR_MEMORY32;
    bar->prefetchable = ims_bits_test(low, IMS_REG_BAR_PREFETCHABLE) == IMS_YES;
    bar->enabled = memory_on == IMS_YES;

    struct ims_bits high = {.value = 0, .known = 0xffffffff};
    if (wide)
        high = ims_config_get32(config, offset + 4);
    if (ims_bits_all_known(low, IMS_REG_BAR_MEMORY_MASK) && ims_bits_all_known(high, 0xffffffff))
        bar->address = (uint64_t)high.value << 32 | (low.value & IMS_REG_BAR_MEMORY_MASK);
    return wide ? 2 : 1;
}

static void rom_decode(const struct ims_config *config, unsigned offset, struct ims_bits command,
                       struct ims_bar *bar)
{
    struct ims_bits rom = ims_config_get32(config, offset);

    if ((rom.value & IMS_REG_ROM_MASK) == 0 || rom.value == 0xffffffff)
        return;
    bar->kind = IMS_BAR_ROM;
    bar->enabled = ims_bits_test(rom, IMS_REG_ROM_ENABLE) == IMS_YES &&
                   ims_bits_test(command, IMS_REG_COMMAND_MEMORY_SPACE) == IMS_YES;
    if (ims_bits_all_known(rom, IMS_REG_ROM_MASK))
        bar->address = rom.value & IMS_REG_ROM_MASK;
}

void ims_pci_bars_decode(const struct ims_config *config, unsigned layout,
                         struct ims_pci_facts *facts)
{
    struct ims_bits command = ims_config_get16(config, IMS_REG_COMMAND);
    unsigned count = 0;

    if (layout == IMS_HEADER_ENDPOINT)
        count = IMS_REG_TYPE0_BAR_COUNT;
    else if (layout == IMS_HEADER_BRIDGE)
        count = IMS_REG_TYPE1_BAR_COUNT;
    else if (layout == IMS_HEADER_CARDBUS)
        count = IMS_REG_TYPE2_BAR_COUNT;

    for (unsigned index = 0; index < count;)
        index += ims_pci_bar_decode(config, IMS_REG_BAR0 + 4 * index, index, count,
                                    ims_bits_test(command, IMS_REG_COMMAND_MEMORY_SPACE),
                                    ims_bits_test(command, IMS_REG_COMMAND_IO_SPACE),
                                    &facts->bars[index]);
    if (layout == IMS_HEADER_ENDPOINT)
        rom_decode(config, IMS_REG_TYPE0_ROM, command, &facts->bars[IMS_BAR_ROM_INDEX]);
    else if (layout == IMS_HEADER_BRIDGE)
        rom_decode(config, IMS_REG_TYPE1_ROM, command, &facts->bars[IMS_BAR_ROM_INDEX]);
}
