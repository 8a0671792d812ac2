/* SPDX-License-Identifier: MIT */
#include "acpi/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static const char *const names[IMS_ACPI_TABLE_COUNT] = {"DMAR", "IVRS", "IORT", "VIOT"};

const char *ims_acpi_table_to_string(enum ims_acpi_table table)
{
    return (unsigned)table < IMS_ACPI_TABLE_COUNT ? names[table] : "invalid";
}

int ims_acpi_table_parse(const char *text, enum ims_acpi_table *ret)
{
    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++) {
        if (strcmp(names[i], text) == 0) {
            *ret = (enum ims_acpi_table)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* ---- collecting ---- */

void ims_acpi_damage(struct ims_acpi_collector *collector, uint32_t offset, const char *what)
{
    if (collector->tables->damage[collector->table])
        return;
    collector->tables->damage[collector->table] = what;
    collector->tables->damage_offset[collector->table] = offset;
}

/* Room for one more item; NULL when there are too many or memory is short. */
static void *grow(struct ims_acpi_collector *collector, void *items, uint32_t *capacity,
                  uint32_t count, size_t item_bytes, uint32_t max)
{
    if (count >= max) {
        ims_acpi_damage(collector, 0, "it has more entries than any real machine");
        return NULL;
    }
    void *grown = ims_array_grow(items, capacity, count + 1, item_bytes);
    if (!grown)
        collector->error = -ENOMEM;
    return grown;
}

bool ims_acpi_add_unit(struct ims_acpi_collector *collector, const struct ims_acpi_unit *unit)
{
    struct ims_acpi_unit *grown = grow(collector, collector->units, &collector->unit_capacity,
                                       collector->unit_count, sizeof(*grown), IMS_ACPI_UNIT_MAX);
    if (!grown)
        return false;
    collector->units = grown;
    grown[collector->unit_count] = *unit;
    grown[collector->unit_count++].table = collector->table;
    return true;
}

bool ims_acpi_add_scope(struct ims_acpi_collector *collector, const struct ims_acpi_scope *scope)
{
    struct ims_acpi_scope *grown = grow(collector, collector->scopes, &collector->scope_capacity,
                                        collector->scope_count, sizeof(*grown), IMS_ACPI_ITEM_MAX);
    if (!grown)
        return false;
    collector->scopes = grown;
    grown[collector->scope_count++] = *scope;
    return true;
}

bool ims_acpi_add_mapping(struct ims_acpi_collector *collector,
                          const struct ims_acpi_mapping *mapping)
{
    struct ims_acpi_mapping *grown =
        grow(collector, collector->mappings, &collector->mapping_capacity, collector->mapping_count,
             sizeof(*grown), IMS_ACPI_ITEM_MAX);
    if (!grown)
        return false;
    collector->mappings = grown;
    grown[collector->mapping_count++] = *mapping;
    return true;
}

bool ims_acpi_add_range(struct ims_acpi_collector *collector, const struct ims_acpi_range *range)
{
    if (range->last < range->first) {
        ims_acpi_damage(collector, 0, "a range of memory ends before it begins");
        return false;
    }
    struct ims_acpi_range *grown = grow(collector, collector->ranges, &collector->range_capacity,
                                        collector->range_count, sizeof(*grown), IMS_ACPI_ITEM_MAX);
    if (!grown)
        return false;
    collector->ranges = grown;
    grown[collector->range_count] = *range;
    grown[collector->range_count++].table = collector->table;
    return true;
}

bool ims_acpi_next(struct ims_acpi_collector *collector, struct ims_acpi_list *list,
                   uint32_t *ret_offset, uint32_t *ret_length)
{
    const uint32_t offset = list->offset;
    uint32_t length;

    if (offset >= list->end || collector->error)
        return false;
    if (list->end - offset < list->length_offset + list->length_bytes) {
        ims_acpi_damage(collector, offset, "a structure is cut off");
        return false;
    }
    length = list->length_bytes == 1 ? ims_acpi_u8(collector, offset + list->length_offset)
                                     : ims_acpi_u16(collector, offset + list->length_offset);
    /* A length of zero would be read for ever. */
    if (length < list->minimum || length < list->length_offset + list->length_bytes) {
        ims_acpi_damage(collector, offset, "a structure is shorter than its kind is");
        return false;
    }
    if (length > list->end - offset) {
        ims_acpi_damage(collector, offset, "a structure runs over the end");
        return false;
    }
    list->offset = offset + length;
    *ret_offset = offset;
    *ret_length = length;
    return true;
}

/* ---- the header ---- */

/* Returns whether there is a body to decode. */
static bool open_table(struct ims_acpi_collector *collector)
{
    const uint32_t size = collector->tables->size_bytes[collector->table];
    uint8_t sum = 0;

    collector->bytes = collector->tables->bytes[collector->table];
    collector->end = 0;
    if (size < IMS_ACPI_BODY_OFFSET) {
        ims_acpi_damage(collector, 0, "it is shorter than its header");
        return false;
    }
    if (memcmp(collector->bytes, names[collector->table], 4) != 0) {
        ims_acpi_damage(collector, 0, "its signature is that of another table");
        return false;
    }
    const uint32_t declared = ims_acpi_u32(collector, 4);
    if (declared < IMS_ACPI_BODY_OFFSET) {
        ims_acpi_damage(collector, 4, "the length in its header is too small");
        return false;
    }
    collector->end = declared < size ? declared : size;
    if (declared > size) {
        ims_acpi_damage(collector, 4, "it is shorter than its header says");
        return true;
    }
    for (uint32_t i = 0; i < declared; i++)
        sum = (uint8_t)(sum + collector->bytes[i]);
    if (sum != 0)
        ims_acpi_damage(collector, 9, "its checksum is wrong");
    return true;
}

static void *move(struct ims_arena *arena, const void *items, uint32_t count, size_t item_bytes)
{
    void *moved = ims_arena_alloc_array(arena, count, item_bytes);

    if (moved && count)
        memcpy(moved, items, count * item_bytes);
    return moved;
}

/* Hands the heap arrays over. Returns -ENOMEM. */
static int finish(struct ims_acpi_collector *collector, struct ims_arena *arena)
{
    struct ims_acpi_tables *tables = collector->tables;

    tables->units = move(arena, collector->units, collector->unit_count, sizeof(*collector->units));
    tables->scopes =
        move(arena, collector->scopes, collector->scope_count, sizeof(*collector->scopes));
    tables->mappings =
        move(arena, collector->mappings, collector->mapping_count, sizeof(*collector->mappings));
    tables->ranges =
        move(arena, collector->ranges, collector->range_count, sizeof(*collector->ranges));
    if (!tables->units || !tables->scopes || !tables->mappings || !tables->ranges)
        return -ENOMEM;
    tables->unit_count = collector->unit_count;
    tables->scope_count = collector->scope_count;
    tables->mapping_count = collector->mapping_count;
    tables->range_count = collector->range_count;
    return collector->error;
}

int ims_acpi_decode(struct ims_arena *arena, struct ims_acpi_tables *ret)
{
    static void (*const decoders[IMS_ACPI_TABLE_COUNT])(struct ims_acpi_collector *) = {
        ims_acpi_dmar, ims_acpi_ivrs, ims_acpi_iort, ims_acpi_viot};
    struct ims_acpi_collector collector = {.tables = ret};

    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++) {
        collector.table = (enum ims_acpi_table)i;
        if (ret->bytes[i] && open_table(&collector))
            decoders[i](&collector);
    }
    const int r = finish(&collector, arena);
    free(collector.units);
    free(collector.scopes);
    free(collector.mappings);
    free(collector.ranges);
    return r;
}
