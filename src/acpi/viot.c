/* SPDX-License-Identifier: MIT */
#include "acpi/decode.h"

/* VIOT: which functions a paravirtual IOMMU looks at (E6). */

#define NODE_PCI_RANGE 1u
#define NODE_IOMMU_PCI 3u
#define NODE_IOMMU_MMIO 4u
#define NODE_HEADER_BYTES 4u
#define PCI_RANGE_BYTES 18u
#define IOMMU_PCI_BYTES 8u
#define IOMMU_MMIO_BYTES 16u

/* Reads the unit at an offset; the same one is added once. Returns IMS_ACPI_NONE where none is. */
static uint32_t take_unit(struct ims_acpi_collector *collector, uint32_t offset)
{
    struct ims_acpi_list list = {offset, collector->end, 2, 2, NODE_HEADER_BYTES};
    struct ims_acpi_unit unit = {.segment = 0};
    uint32_t length;

    if (offset < IMS_ACPI_BODY_OFFSET || !ims_acpi_next(collector, &list, &offset, &length))
        return IMS_ACPI_NONE;
    const uint8_t type = ims_acpi_u8(collector, offset);
    if (type == NODE_IOMMU_PCI && length >= IOMMU_PCI_BYTES) {
        unit.has_function = true;
        unit.function = ims_acpi_function(ims_acpi_u16(collector, offset + 4),
                                          ims_acpi_u16(collector, offset + 6));
    } else if (type == NODE_IOMMU_MMIO && length >= IOMMU_MMIO_BYTES) {
        unit.base = ims_acpi_u64(collector, offset + 8);
    } else {
        return IMS_ACPI_NONE;
    }
    for (uint32_t i = 0; i < collector->unit_count; i++) {
        const struct ims_acpi_unit *other = &collector->units[i];
        if (other->table == IMS_ACPI_VIOT && other->has_function == unit.has_function &&
            other->base == unit.base && ims_address_compare(other->function, unit.function) == 0)
            return i;
    }
    return ims_acpi_add_unit(collector, &unit) ? collector->unit_count - 1 : IMS_ACPI_NONE;
}

static void take_functions(struct ims_acpi_collector *collector, uint32_t offset)
{
    struct ims_acpi_mapping mapping = {
        .segment_first = ims_acpi_u16(collector, offset + 8),
        .segment_last = ims_acpi_u16(collector, offset + 10),
        .first = ims_acpi_u16(collector, offset + 12),
        .last = ims_acpi_u16(collector, offset + 14),
        .output = ims_acpi_u32(collector, offset + 4),
    };

    mapping.unit = take_unit(collector, ims_acpi_u16(collector, offset + 16));
    if (collector->error)
        return;
    if (mapping.unit == IMS_ACPI_NONE)
        ims_acpi_damage(collector, offset, "a range of functions leads to no IOMMU");
    else if (mapping.last < mapping.first || mapping.segment_last < mapping.segment_first)
        ims_acpi_damage(collector, offset, "a range of ids ends before it begins");
    else
        (void)ims_acpi_add_mapping(collector, &mapping);
}

void ims_acpi_viot(struct ims_acpi_collector *collector)
{
    const uint16_t wanted = ims_acpi_u16(collector, 36);
    struct ims_acpi_list list = {ims_acpi_u16(collector, 38), collector->end, 2, 2,
                                 NODE_HEADER_BYTES};
    uint32_t offset, length;
    uint32_t count = 0;

    if (wanted && list.offset < IMS_ACPI_BODY_OFFSET) {
        ims_acpi_damage(collector, 38, "the first node lies within the header");
        return;
    }
    while (count < wanted && ims_acpi_next(collector, &list, &offset, &length)) {
        const uint8_t type = ims_acpi_u8(collector, offset);

        count++;
        if (type == NODE_PCI_RANGE && length < PCI_RANGE_BYTES)
            ims_acpi_damage(collector, offset, "a structure is shorter than its kind is");
        else if (type == NODE_PCI_RANGE)
            take_functions(collector, offset);
        else if (type == NODE_IOMMU_PCI || type == NODE_IOMMU_MMIO)
            (void)take_unit(collector, offset);
    }
    if (count < wanted)
        ims_acpi_damage(collector, 36, "it has fewer nodes than its header says");
}
