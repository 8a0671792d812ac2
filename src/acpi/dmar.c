/* SPDX-License-Identifier: MIT */
#include "acpi/decode.h"

/* DMAR: units and reserved memory of Intel's VT-d (E1-E3). */

#define DMAR_DRHD 0u
#define DMAR_RMRR 1u

#define DMAR_FLAG_INTERRUPT_REMAPPING 0x01u
#define DMAR_FLAG_PROTECTION 0x04u
#define DRHD_FLAG_INCLUDE_ALL 0x01u
#define DRHD_SCOPES 16u
#define RMRR_SCOPES 24u

#define SCOPE_PATH 6u

/* The scopes of one structure; owner says whose they are. */
static void take_scopes(struct ims_acpi_collector *collector, uint32_t first, uint32_t end,
                        const struct ims_acpi_scope *owner)
{
    struct ims_acpi_list list = {first, end, 1, 1, SCOPE_PATH};
    uint32_t offset, length;

    while (ims_acpi_next(collector, &list, &offset, &length)) {
        const uint8_t type = ims_acpi_u8(collector, offset);
        struct ims_acpi_scope scope = *owner;

        if (type != IMS_ACPI_SCOPE_FUNCTION && type != IMS_ACPI_SCOPE_BELOW)
            continue; /* IOAPIC, HPET and ACPI devices are no PCI functions */
        if (length < SCOPE_PATH + 2 || length % 2 != 0) {
            ims_acpi_damage(collector, offset, "the path of a device scope is no path");
            continue;
        }
        scope.kind = (enum ims_acpi_scope_kind)type;
        scope.start_bus = ims_acpi_u8(collector, offset + 5);
        scope.path = &collector->bytes[offset + SCOPE_PATH];
        scope.path_length = (length - SCOPE_PATH) / 2;
        if (!ims_acpi_add_scope(collector, &scope))
            return;
    }
}

/* Whether an include-all unit of the segment stands before (E2). */
static bool after_include_all(const struct ims_acpi_collector *collector, uint32_t segment)
{
    for (uint32_t i = 0; i < collector->unit_count; i++)
        if (collector->units[i].include_all && collector->units[i].segment == segment)
            return true;
    return false;
}

static void take_unit(struct ims_acpi_collector *collector, uint32_t offset, uint32_t length)
{
    const struct ims_acpi_unit unit = {
        .segment = ims_acpi_u16(collector, offset + 6),
        .base = ims_acpi_u64(collector, offset + 8),
        .include_all = ims_acpi_u8(collector, offset + 4) & DRHD_FLAG_INCLUDE_ALL,
    };
    const struct ims_acpi_scope owner = {
        .unit = collector->unit_count, .range = IMS_ACPI_NONE, .segment = unit.segment};

    if (!collector->tables->late_unit && after_include_all(collector, unit.segment)) {
        collector->tables->late_unit = true;
        collector->tables->late_unit_index = collector->unit_count;
    }
    if (ims_acpi_add_unit(collector, &unit))
        take_scopes(collector, offset + DRHD_SCOPES, offset + length, &owner);
}

static void take_memory(struct ims_acpi_collector *collector, uint32_t offset, uint32_t length)
{
    const struct ims_acpi_range range = {
        .kind = IMS_ACPI_RANGE_IDENTITY,
        .segment = ims_acpi_u16(collector, offset + 6),
        .first = ims_acpi_u64(collector, offset + 8),
        .last = ims_acpi_u64(collector, offset + 16),
        .unit = IMS_ACPI_NONE,
        .by_scope = true,
    };
    const struct ims_acpi_scope owner = {
        .unit = IMS_ACPI_NONE, .range = collector->range_count, .segment = range.segment};

    if (ims_acpi_add_range(collector, &range))
        take_scopes(collector, offset + RMRR_SCOPES, offset + length, &owner);
}

void ims_acpi_dmar(struct ims_acpi_collector *collector)
{
    struct ims_acpi_list list = {IMS_ACPI_BODY_OFFSET, collector->end, 2, 2, 4};
    const uint8_t flags = ims_acpi_u8(collector, 37);
    uint32_t offset, length;

    collector->tables->interrupt_remapping =
        flags & DMAR_FLAG_INTERRUPT_REMAPPING ? IMS_YES : IMS_NO;
    collector->tables->dma_protection = flags & DMAR_FLAG_PROTECTION ? IMS_YES : IMS_NO;
    while (ims_acpi_next(collector, &list, &offset, &length)) {
        const uint16_t type = ims_acpi_u16(collector, offset);
        const bool is_short = (type == DMAR_DRHD && length < DRHD_SCOPES) ||
                              (type == DMAR_RMRR && length < RMRR_SCOPES);

        if (is_short)
            ims_acpi_damage(collector, offset, "a structure is shorter than its kind is");
        else if (type == DMAR_DRHD)
            take_unit(collector, offset, length);
        else if (type == DMAR_RMRR)
            take_memory(collector, offset, length);
    }
}
