/* SPDX-License-Identifier: MIT */
#include "acpi/decode.h"

/* IVRS: units, ids and reserved memory of AMD's IOMMU (E4). */

#define IVHD_10 0x10u
#define IVHD_11 0x11u
#define IVHD_40 0x40u
#define IVMD_ALL 0x20u
#define IVMD_ONE 0x21u
#define IVMD_RANGE 0x22u
#define IVMD_BYTES 32u
#define IVMD_FLAG_UNITY 0x01u
#define IVMD_FLAG_EXCLUSION 0x08u

#define ENTRY_ALL 0x01u
#define ENTRY_ONE 0x02u
#define ENTRY_START 0x03u
#define ENTRY_END 0x04u
#define ENTRY_ALIAS 0x42u
#define ENTRY_ALIAS_START 0x43u
#define ENTRY_ONE_EXTENDED 0x46u
#define ENTRY_START_EXTENDED 0x47u
#define ENTRY_ACPI 0xf0u
#define ENTRY_ACPI_BYTES 22u

static bool is_ivhd(uint8_t type)
{
    return type == IVHD_10 || type == IVHD_11 || type == IVHD_40;
}

static uint32_t entries_of(uint8_t type)
{
    return type == IVHD_10 ? 24 : 40;
}

/* A range of ids that has begun. */
struct open_range {
    bool open;
    bool alias;
    uint16_t first;
    uint16_t used;
};

struct block {
    struct ims_acpi_collector *collector;
    uint32_t unit;
    uint32_t segment;
    struct open_range range;
};

static bool is_mapped(const struct block *block, uint16_t id)
{
    for (uint32_t i = 0; i < block->collector->mapping_count; i++) {
        const struct ims_acpi_mapping *mapping = &block->collector->mappings[i];
        if (mapping->segment_first == block->segment && mapping->first <= id &&
            id <= mapping->last && block->collector->units[mapping->unit].table == IMS_ACPI_IVRS)
            return true;
    }
    return false;
}

static void map(const struct block *block, uint16_t first, uint16_t last, bool alias, uint16_t used)
{
    struct ims_acpi_mapping mapping = {
        .unit = block->unit,
        .segment_first = block->segment,
        .segment_last = block->segment,
        .first = first,
        .last = last,
        .output = first,
    };

    if (last < first) {
        ims_acpi_damage(block->collector, 0, "a range of ids ends before it begins");
        return;
    }
    if (alias && !is_mapped(block, used)) {
        /* The unit looks at the id that is used, whether or not it names that id elsewhere. */
        const struct ims_acpi_mapping own = {.unit = block->unit,
                                             .segment_first = block->segment,
                                             .segment_last = block->segment,
                                             .first = used,
                                             .last = used,
                                             .output = used};
        (void)ims_acpi_add_mapping(block->collector, &own);
    }
    if (alias) {
        mapping.single = true;
        mapping.output = used;
    }
    (void)ims_acpi_add_mapping(block->collector, &mapping);
}

/* Bytes of an entry, or 0 where its length cannot be told. */
static uint32_t entry_bytes(const struct ims_acpi_collector *collector, uint32_t offset,
                            uint32_t end)
{
    const uint8_t type = ims_acpi_u8(collector, offset);

    if (type != ENTRY_ACPI)
        return 4u << (type >> 6);
    if (end - offset < ENTRY_ACPI_BYTES)
        return 0;
    return ENTRY_ACPI_BYTES + ims_acpi_u8(collector, offset + ENTRY_ACPI_BYTES - 1);
}

static void take_entry(struct block *block, uint32_t offset)
{
    struct ims_acpi_collector *collector = block->collector;
    const uint8_t type = ims_acpi_u8(collector, offset);
    const uint16_t id = ims_acpi_u16(collector, offset + 1);
    const bool alias = type == ENTRY_ALIAS || type == ENTRY_ALIAS_START;
    const uint16_t used = alias ? ims_acpi_u16(collector, offset + 5) : id;

    switch (type) {
    case ENTRY_ALL:
        map(block, 0, UINT16_MAX, false, 0);
        break;
    case ENTRY_ONE:
    case ENTRY_ONE_EXTENDED:
    case ENTRY_ALIAS:
        map(block, id, id, alias, used);
        break;
    case ENTRY_START:
    case ENTRY_START_EXTENDED:
    case ENTRY_ALIAS_START:
        if (block->range.open)
            ims_acpi_damage(collector, offset, "a range of ids begins within another");
        block->range = (struct open_range){true, alias, id, used};
        break;
    case ENTRY_END:
        if (block->range.open)
            map(block, block->range.first, id, block->range.alias, block->range.used);
        else
            ims_acpi_damage(collector, offset, "a range of ids ends that has not begun");
        block->range.open = false;
        break;
    default: /* padding, IOAPICs, HPETs, devices without a PCI id */
        break;
    }
}

static void take_entries(struct block *block, uint32_t offset, uint32_t end)
{
    while (offset < end && !block->collector->error) {
        const uint32_t length = entry_bytes(block->collector, offset, end);

        if (length == 0 || length > end - offset) {
            ims_acpi_damage(block->collector, offset, "an entry runs over the end of its unit");
            return;
        }
        take_entry(block, offset);
        offset += length;
    }
    if (block->range.open)
        ims_acpi_damage(block->collector, end, "a range of ids has no end");
}

/* Several types describe one unit: only the highest counts. */
static bool is_outdone(struct ims_acpi_collector *collector, uint32_t block)
{
    struct ims_acpi_list list = {IMS_ACPI_BODY_OFFSET, collector->end, 2, 2, 4};
    const uint8_t type = ims_acpi_u8(collector, block);
    uint32_t offset, length;

    while (ims_acpi_next(collector, &list, &offset, &length)) {
        const uint8_t other = ims_acpi_u8(collector, offset);
        if (is_ivhd(other) && other > type && length >= entries_of(other) &&
            ims_acpi_u16(collector, offset + 4) == ims_acpi_u16(collector, block + 4) &&
            ims_acpi_u16(collector, offset + 16) == ims_acpi_u16(collector, block + 16))
            return true;
    }
    return false;
}

static bool take_unit(struct ims_acpi_collector *collector, uint32_t offset, uint32_t length)
{
    const uint32_t first = entries_of(ims_acpi_u8(collector, offset));
    struct block block = {.collector = collector, .unit = collector->unit_count};

    if (length < first) {
        ims_acpi_damage(collector, offset, "a structure is shorter than its kind is");
        return true;
    }
    block.segment = ims_acpi_u16(collector, offset + 16);
    if (is_outdone(collector, offset))
        return true;
    const struct ims_acpi_unit unit = {
        .segment = block.segment,
        .base = ims_acpi_u64(collector, offset + 8),
        .has_function = true,
        .function = ims_acpi_function(block.segment, ims_acpi_u16(collector, offset + 4)),
    };
    if (!ims_acpi_add_unit(collector, &unit))
        return false;
    take_entries(&block, offset + first, offset + length);
    return true;
}

static void take_memory(struct ims_acpi_collector *collector, uint32_t offset, uint32_t length)
{
    const uint8_t type = ims_acpi_u8(collector, offset);
    struct ims_acpi_range range = {.unit = IMS_ACPI_NONE, .id_last = UINT16_MAX};

    if (length < IVMD_BYTES) {
        ims_acpi_damage(collector, offset, "a structure is shorter than its kind is");
        return;
    }
    const uint8_t flags = ims_acpi_u8(collector, offset + 1);
    const uint64_t size = ims_acpi_u64(collector, offset + 24);
    if (!(flags & (IVMD_FLAG_UNITY | IVMD_FLAG_EXCLUSION)) || size == 0)
        return;
    if (type != IVMD_ALL) {
        range.id_first = ims_acpi_u16(collector, offset + 4);
        range.id_last = type == IVMD_ONE ? range.id_first : ims_acpi_u16(collector, offset + 6);
    }
    range.kind = flags & IVMD_FLAG_EXCLUSION ? IMS_ACPI_RANGE_EXCLUSION : IMS_ACPI_RANGE_IDENTITY;
    range.segment = ims_acpi_u16(collector, offset + 8);
    range.first = ims_acpi_u64(collector, offset + 16);
    range.last = range.first + (size - 1);
    (void)ims_acpi_add_range(collector, &range);
}

void ims_acpi_ivrs(struct ims_acpi_collector *collector)
{
    struct ims_acpi_list list = {IMS_ACPI_BODY_OFFSET, collector->end, 2, 2, 4};
    uint32_t offset, length;

    while (ims_acpi_next(collector, &list, &offset, &length)) {
        const uint8_t type = ims_acpi_u8(collector, offset);

        if (is_ivhd(type) && !take_unit(collector, offset, length))
            return;
        if (type == IVMD_ALL || type == IVMD_ONE || type == IVMD_RANGE)
            take_memory(collector, offset, length);
    }
}
