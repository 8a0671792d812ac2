/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "topology/model.h"

struct ims_builder *ims_builder_new(void)
{
    return calloc(1, sizeof(struct ims_builder));
}

void ims_builder_free(struct ims_builder *builder)
{
    if (!builder)
        return;
    for (uint32_t i = 0; i < builder->count; i++)
        ims_config_done(&builder->records[i].config);
    free(builder->records);
    free(builder->slots);
    free(builder->groups);
    free(builder->gaps);
    ims_arena_done(&builder->arena);
    free(builder);
}

static uint32_t address_hash(struct ims_address address)
{
    uint32_t hash = address.segment * 0x9e3779b1u;
    hash ^= ((uint32_t)address.bus << 8 | address.devfn) * 0x85ebca6bu;
    return hash ^ hash >> 15;
}

/* The slot that holds address, or the empty one where it belongs. The table is never full. */
static uint32_t *find_slot(const struct ims_builder *builder, struct ims_address address)
{
    const uint32_t mask = builder->slot_count - 1;
    uint32_t position = address_hash(address) & mask;

    while (builder->slots[position] &&
           ims_address_compare(builder->records[builder->slots[position] - 1].address, address) !=
               0)
        position = (position + 1) & mask;
    return &builder->slots[position];
}

/* Keeps the table at most half full. */
static int grow_slots(struct ims_builder *builder)
{
    if (builder->slot_count / 2 > builder->count)
        return 0;

    const uint32_t wanted = builder->slot_count ? builder->slot_count * 2 : 64;
    uint32_t *slots = calloc(wanted, sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    free(builder->slots);
    builder->slots = slots;
    builder->slot_count = wanted;
    for (uint32_t i = 0; i < builder->count; i++)
        *find_slot(builder, builder->records[i].address) = i + 1;
    return 0;
}

int ims_builder_function(struct ims_builder *builder, struct ims_address address,
                         struct ims_record **ret, bool *ret_existed)
{
    int r = grow_slots(builder);
    if (r < 0)
        return r;

    uint32_t *slot = find_slot(builder, address);
    const bool existed = *slot != 0;

    if (!existed) {
        if (builder->count >= IMS_FUNCTION_MAX)
            return -E2BIG;
        struct ims_record *records = ims_array_grow(builder->records, &builder->capacity,
                                                    builder->count + 1, sizeof(*records));
        if (!records)
            return -ENOMEM;
        builder->records = records;
        memset(&records[builder->count], 0, sizeof(*records));
        records[builder->count].address = address;
        *slot = ++builder->count;
    }
    *ret = &builder->records[*slot - 1];
    if (ret_existed)
        *ret_existed = existed;
    return 0;
}

struct ims_record *ims_builder_find(struct ims_builder *builder, struct ims_address address)
{
    if (!builder->slot_count)
        return NULL;
    const uint32_t slot = *find_slot(builder, address);
    return slot ? &builder->records[slot - 1] : NULL;
}

uint32_t ims_builder_count(const struct ims_builder *builder)
{
    return builder->count;
}

struct ims_record *ims_builder_at(struct ims_builder *builder, uint32_t index)
{
    return index < builder->count ? &builder->records[index] : NULL;
}

struct ims_machine *ims_builder_machine(struct ims_builder *builder)
{
    return &builder->machine;
}

const char *ims_builder_string(struct ims_builder *builder, const char *text, size_t length)
{
    return ims_arena_strndup(&builder->arena, text, length);
}

const struct ims_id *ims_builder_ids(struct ims_builder *builder, const struct ims_id *ids,
                                     uint32_t count)
{
    struct ims_id *copy = ims_arena_alloc_array(&builder->arena, count, sizeof(*copy));

    if (copy && count)
        memcpy(copy, ids, count * sizeof(*copy));
    return copy;
}

/* false when memory is short; *text stays NULL when it is. */
static bool copy_text(struct ims_builder *builder, const char **text)
{
    if (*text)
        *text = ims_arena_strndup(&builder->arena, *text, strlen(*text));
    return *text != NULL;
}

static bool copy_others(struct ims_builder *builder, struct ims_kernel_group *group)
{
    struct ims_other_member *others =
        ims_arena_alloc_array(&builder->arena, group->other_count, sizeof(*others));

    if (!others)
        return false;
    for (uint32_t i = 0; i < group->other_count; i++) {
        others[i] = group->others[i];
        if (!copy_text(builder, &others[i].name) ||
            (others[i].driver && !copy_text(builder, &others[i].driver)))
            return false;
    }
    group->others = others;
    return true;
}

/* Deep copy into the arena; false when memory is short. */
static bool copy_group(struct ims_builder *builder, const struct ims_kernel_group *group,
                       struct ims_kernel_group *copy)
{
    *copy = *group;
    if ((copy->type && !copy_text(builder, &copy->type)) ||
        (copy->name && !copy_text(builder, &copy->name)) || !copy_others(builder, copy))
        return false;

    const char **reserved =
        ims_arena_alloc_array(&builder->arena, group->reserved_count, sizeof(*reserved));
    if (!reserved)
        return false;
    for (uint32_t i = 0; i < group->reserved_count; i++) {
        reserved[i] = group->reserved[i];
        if (!copy_text(builder, &reserved[i]))
            return false;
    }
    copy->reserved = reserved;
    return true;
}

int ims_builder_kernel_group(struct ims_builder *builder, const struct ims_kernel_group *group)
{
    struct ims_kernel_group copy;
    if (!copy_group(builder, group, &copy))
        return -ENOMEM;

    struct ims_kernel_group *groups = ims_array_grow(builder->groups, &builder->group_capacity,
                                                     builder->group_count + 1, sizeof(*groups));
    if (!groups)
        return -ENOMEM;
    builder->groups = groups;

    groups[builder->group_count++] = copy;
    return 0;
}

int ims_builder_table(struct ims_builder *builder, enum ims_acpi_table table, const void *bytes,
                      size_t size_bytes)
{
    if (size_bytes > IMS_ACPI_TABLE_MAX_BYTES)
        return -E2BIG;
    if (builder->tables.bytes[table])
        return 0;
    uint8_t *copy = ims_arena_alloc(&builder->arena, size_bytes);
    if (!copy)
        return -ENOMEM;
    if (size_bytes)
        memcpy(copy, bytes, size_bytes);
    builder->tables.bytes[table] = copy;
    builder->tables.size_bytes[table] = (uint32_t)size_bytes;
    return 0;
}

void ims_builder_gap(struct ims_builder *builder, enum ims_gap_kind kind,
                     const struct ims_address *address, const char *path, unsigned line,
                     const char *format, ...)
{
    struct ims_gap *gaps = NULL;
    if (builder->gap_count < IMS_GAP_MAX_COUNT)
        gaps = ims_array_grow(builder->gaps, &builder->gap_capacity, builder->gap_count + 1,
                              sizeof(*gaps));
    if (!gaps) {
        builder->gaps_dropped++;
        return;
    }
    builder->gaps = gaps;

    va_list arguments;
    va_start(arguments, format);
    const char *text = ims_arena_vprintf(&builder->arena, format, arguments);
    va_end(arguments);

    struct ims_gap gap = {.kind = kind, .line = line, .text = text ? text : ""};
    if (address) {
        gap.has_address = true;
        gap.address = *address;
    }
    if (path)
        gap.path = ims_arena_strndup(&builder->arena, path, strlen(path));
    gaps[builder->gap_count++] = gap;
}

const char *ims_gap_kind_to_string(enum ims_gap_kind kind)
{
    static const char *const names[] = {
        [IMS_GAP_NONE] = "none",
        [IMS_GAP_NEEDS_ROOT] = "needs-root",
        [IMS_GAP_ASLEEP] = "asleep",
        [IMS_GAP_NOT_IN_INPUT] = "not-in-input",
        [IMS_GAP_VANISHED] = "vanished",
        [IMS_GAP_UNREADABLE] = "unreadable",
        [IMS_GAP_CONTRADICTION] = "contradiction",
        [IMS_GAP_MALFORMED] = "malformed",
        [IMS_GAP_AMBIGUOUS] = "ambiguous",
    };
    return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "none";
}

const char *ims_iommu_kind_to_string(enum ims_iommu_kind kind)
{
    static const char *const names[] = {
        [IMS_IOMMU_UNKNOWN] = "unknown", [IMS_IOMMU_INTEL] = "intel",
        [IMS_IOMMU_AMD] = "amd",         [IMS_IOMMU_ARM_SMMU] = "arm-smmu",
        [IMS_IOMMU_VIRTIO] = "virtio",   [IMS_IOMMU_OTHER] = "other",
    };
    return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}
