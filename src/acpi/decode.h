/* SPDX-License-Identifier: MIT */
#ifndef IMS_ACPI_DECODE_H
#define IMS_ACPI_DECODE_H

/* Decoding of tables: what the files of this room share, and what sealing asks for. */

#include "base/arena.h"
#include "iommuscope/acpi.h"

/* Every table starts with a header of this length, all four of interest with 12 bytes more. */
#define IMS_ACPI_HEADER_BYTES 36u
#define IMS_ACPI_BODY_OFFSET 48u

/* More of one kind is damage: a real machine has some tens. */
#define IMS_ACPI_UNIT_MAX 1024u
#define IMS_ACPI_ITEM_MAX 4096u

/*
 * Decodes every table of ret->bytes and fills the rest; pointers are into arena and bytes. What is
 * wrong with a table is said in damage, and what could be read of it is kept. Never fails but for
 * -ENOMEM.
 */
int ims_acpi_decode(struct ims_arena *arena, struct ims_acpi_tables *ret);

/* ---- inside ---- */

/* Results while they grow: heap arrays, moved to the arena at the end. */
struct ims_acpi_collector {
    struct ims_acpi_tables *tables;
    enum ims_acpi_table table; /* that is being decoded */
    const uint8_t *bytes;
    uint32_t end; /* bytes that may be read: the declared length, or less when it is cut */
    struct ims_acpi_unit *units;
    uint32_t unit_count, unit_capacity;
    struct ims_acpi_scope *scopes;
    uint32_t scope_count, scope_capacity;
    struct ims_acpi_mapping *mappings;
    uint32_t mapping_count, mapping_capacity;
    struct ims_acpi_range *ranges;
    uint32_t range_count, range_capacity;
    int error;
};

void ims_acpi_dmar(struct ims_acpi_collector *collector);
void ims_acpi_ivrs(struct ims_acpi_collector *collector);
void ims_acpi_iort(struct ims_acpi_collector *collector);
void ims_acpi_viot(struct ims_acpi_collector *collector);

/* Notes what is wrong at an offset; the first note of a table stays. */
void ims_acpi_damage(struct ims_acpi_collector *collector, uint32_t offset, const char *what);

/* Return false when there are too many, which is noted, or memory is short. */
bool ims_acpi_add_unit(struct ims_acpi_collector *collector, const struct ims_acpi_unit *unit);
bool ims_acpi_add_scope(struct ims_acpi_collector *collector, const struct ims_acpi_scope *scope);
bool ims_acpi_add_mapping(struct ims_acpi_collector *collector,
                          const struct ims_acpi_mapping *mapping);
/* Refuses a range that runs over the end of memory. */
bool ims_acpi_add_range(struct ims_acpi_collector *collector, const struct ims_acpi_range *range);

/*
 * The next structure of a list: its bytes from *offset on, and its length from size_offset in it
 * (u8 or u16). Returns false at the end, and where the list breaks off, which is noted.
 */
struct ims_acpi_list {
    uint32_t offset; /* of the next structure */
    uint32_t end;
    unsigned length_offset;
    unsigned length_bytes; /* 1 or 2 */
    uint32_t minimum;      /* shorter structures are damage */
};
bool ims_acpi_next(struct ims_acpi_collector *collector, struct ims_acpi_list *list,
                   uint32_t *ret_offset, uint32_t *ret_length);

/* Little endian values at an offset; the caller has checked that they are there. */
static inline uint8_t ims_acpi_u8(const struct ims_acpi_collector *collector, uint32_t offset)
{
    return collector->bytes[offset];
}

static inline uint16_t ims_acpi_u16(const struct ims_acpi_collector *collector, uint32_t offset)
{
    return (uint16_t)(collector->bytes[offset] | collector->bytes[offset + 1] << 8);
}

static inline uint32_t ims_acpi_u32(const struct ims_acpi_collector *collector, uint32_t offset)
{
    return ims_acpi_u16(collector, offset) | (uint32_t)ims_acpi_u16(collector, offset + 2) << 16;
}

static inline uint64_t ims_acpi_u64(const struct ims_acpi_collector *collector, uint32_t offset)
{
    return ims_acpi_u32(collector, offset) | (uint64_t)ims_acpi_u32(collector, offset + 4) << 32;
}

/* The function of a requester id. */
static inline struct ims_address ims_acpi_function(uint32_t segment, uint16_t id)
{
    return (struct ims_address){segment, (uint8_t)(id >> 8), (uint8_t)id};
}

#endif
