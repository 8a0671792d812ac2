/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "acpi/decode.h"

/* IORT: what root complexes send to which SMMU, under which stream id (E5). */

#define NODE_HEADER_BYTES 16u
#define NODE_ROOT_COMPLEX 2u
#define NODE_SMMU 3u
#define NODE_SMMU_V3 4u
#define NODE_RESERVED 6u
#define ROOT_COMPLEX_BYTES 32u
#define SMMU_BYTES 24u
#define RESERVED_BYTES 28u
#define RESERVED_ENTRY_BYTES 20u
#define MAPPING_BYTES 20u
#define MAPPING_FLAG_SINGLE 0x01u

/* A node with its place, in the order of places. */
struct node {
    uint32_t offset;
    uint32_t length;
    uint32_t unit; /* of an SMMU, or IMS_ACPI_NONE */
};

struct nodes {
    struct ims_acpi_collector *collector;
    struct node *items;
    uint32_t count;
};

static uint8_t type_of(const struct nodes *nodes, const struct node *node)
{
    return ims_acpi_u8(nodes->collector, node->offset);
}

static const struct node *find(const struct nodes *nodes, uint32_t offset)
{
    uint32_t low = 0;
    uint32_t high = nodes->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (nodes->items[middle].offset == offset)
            return &nodes->items[middle];
        if (nodes->items[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool is_smmu(uint8_t type)
{
    return type == NODE_SMMU || type == NODE_SMMU_V3;
}

static void list_nodes(struct nodes *nodes)
{
    struct ims_acpi_collector *collector = nodes->collector;
    const uint32_t wanted = ims_acpi_u32(collector, 36);
    struct ims_acpi_list list = {ims_acpi_u32(collector, 40), collector->end, 1, 2,
                                 NODE_HEADER_BYTES};
    struct node node = {.unit = IMS_ACPI_NONE};

    if (wanted && list.offset < IMS_ACPI_BODY_OFFSET) {
        ims_acpi_damage(collector, 40, "the first node lies within the header");
        return;
    }
    while (nodes->count < wanted && nodes->count < IMS_ACPI_ITEM_MAX &&
           ims_acpi_next(collector, &list, &node.offset, &node.length)) {
        nodes->items[nodes->count] = node;
        if (is_smmu(type_of(nodes, &node)) && node.length >= SMMU_BYTES) {
            const struct ims_acpi_unit unit = {.base = ims_acpi_u64(collector, node.offset + 16)};
            nodes->items[nodes->count].unit = collector->unit_count;
            if (!ims_acpi_add_unit(collector, &unit))
                return;
        } else if (is_smmu(type_of(nodes, &node))) {
            ims_acpi_damage(collector, node.offset, "a structure is shorter than its kind is");
        }
        nodes->count++;
    }
    if (nodes->count < wanted)
        ims_acpi_damage(collector, 36, "it has fewer nodes than its header says");
}

/* ---- mappings of a node ---- */

struct entry {
    uint32_t input;
    uint32_t last; /* input of the last id */
    uint32_t output;
    uint32_t unit;
    bool single;
};

/* How many mappings a node has; 0 where they are not within it. */
static uint32_t count_entries(const struct nodes *nodes, const struct node *node)
{
    const uint32_t count = ims_acpi_u32(nodes->collector, node->offset + 8);
    const uint32_t offset = ims_acpi_u32(nodes->collector, node->offset + 12);

    if (count == 0)
        return 0;
    if (offset < NODE_HEADER_BYTES || offset > node->length ||
        count > (node->length - offset) / MAPPING_BYTES) {
        ims_acpi_damage(nodes->collector, node->offset, "the mappings of a node are not within it");
        return 0;
    }
    return count;
}

/* Returns whether the entry leads to an SMMU. */
static bool read_entry(const struct nodes *nodes, const struct node *node, uint32_t index,
                       struct entry *ret)
{
    struct ims_acpi_collector *collector = nodes->collector;
    const uint32_t at =
        node->offset + ims_acpi_u32(collector, node->offset + 12) + index * MAPPING_BYTES;
    const uint32_t more = ims_acpi_u32(collector, at + 4);
    const struct node *output = find(nodes, ims_acpi_u32(collector, at + 12));

    if (!output) {
        ims_acpi_damage(collector, at, "a mapping leads to no node");
        return false;
    }
    *ret = (struct entry){
        .input = ims_acpi_u32(collector, at),
        .output = ims_acpi_u32(collector, at + 8),
        .unit = output->unit,
        .single = ims_acpi_u32(collector, at + 16) & MAPPING_FLAG_SINGLE,
    };
    ret->last = more > UINT32_MAX - ret->input ? UINT32_MAX : ret->input + more;
    return output->unit != IMS_ACPI_NONE;
}

static void take_root_complex(const struct nodes *nodes, const struct node *node)
{
    struct ims_acpi_collector *collector = nodes->collector;
    const uint32_t count = count_entries(nodes, node);
    const uint32_t segment = ims_acpi_u32(collector, node->offset + 28);

    for (uint32_t i = 0; i < count; i++) {
        struct entry entry;
        struct ims_acpi_mapping mapping;

        if (!read_entry(nodes, node, i, &entry) || (entry.input > UINT16_MAX && !entry.single))
            continue; /* an interrupt controller without an SMMU, ids that do not exist */
        mapping = (struct ims_acpi_mapping){
            .unit = entry.unit,
            .segment_first = segment,
            .segment_last = segment,
            .first = entry.single ? 0 : (uint16_t)entry.input,
            .last = entry.single || entry.last > UINT16_MAX ? UINT16_MAX : (uint16_t)entry.last,
            .single = entry.single,
            .output = entry.output,
        };
        if (!ims_acpi_add_mapping(collector, &mapping))
            return;
    }
}

/* Memory that is mapped to itself, for the streams that the node's mappings name. */
static void take_reserved(const struct nodes *nodes, const struct node *node)
{
    struct ims_acpi_collector *collector = nodes->collector;
    const uint32_t count = count_entries(nodes, node);
    const uint32_t ranges = ims_acpi_u32(collector, node->offset + 20);
    const uint32_t first = ims_acpi_u32(collector, node->offset + 24);

    if (ranges && (first < RESERVED_BYTES || first > node->length ||
                   ranges > (node->length - first) / RESERVED_ENTRY_BYTES)) {
        ims_acpi_damage(collector, node->offset, "the ranges of a node are not within it");
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct entry entry;

        if (!read_entry(nodes, node, i, &entry))
            continue;
        for (uint32_t j = 0; j < ranges; j++) {
            const uint32_t at = node->offset + first + j * RESERVED_ENTRY_BYTES;
            const uint64_t size = ims_acpi_u64(collector, at + 8);
            const uint32_t more = entry.single ? 0 : entry.last - entry.input;
            struct ims_acpi_range range = {
                .kind = IMS_ACPI_RANGE_IDENTITY,
                .unit = entry.unit,
                .first = ims_acpi_u64(collector, at),
                .id_first = entry.output,
                .id_last = more > UINT32_MAX - entry.output ? UINT32_MAX : entry.output + more,
            };

            range.last = range.first + (size - 1);
            if (size && !ims_acpi_add_range(collector, &range) && collector->error)
                return;
        }
    }
}

/* Firmware that writes the plain count makes a mapping one id too long (E5). */
static void find_overlap(struct ims_acpi_collector *collector, uint32_t first)
{
    for (uint32_t i = first; i < collector->mapping_count; i++) {
        const struct ims_acpi_mapping *a = &collector->mappings[i];

        for (uint32_t j = first; j < collector->mapping_count; j++) {
            const struct ims_acpi_mapping *b = &collector->mappings[j];
            if (i == j || a->single || b->single || a->segment_first != b->segment_first ||
                a->last != b->first || a->first == a->last)
                continue;
            collector->tables->overlap = true;
            collector->tables->overlap_at = ims_acpi_function(a->segment_first, a->last);
            return;
        }
    }
}

void ims_acpi_iort(struct ims_acpi_collector *collector)
{
    struct nodes nodes = {.collector = collector};
    const uint32_t first = collector->mapping_count;

    nodes.items = calloc(IMS_ACPI_ITEM_MAX, sizeof(*nodes.items));
    if (!nodes.items) {
        collector->error = -ENOMEM;
        return;
    }
    list_nodes(&nodes);
    for (uint32_t i = 0; i < nodes.count && !collector->error; i++) {
        const struct node *node = &nodes.items[i];
        const uint8_t type = type_of(&nodes, node);
        const bool is_short = (type == NODE_ROOT_COMPLEX && node->length < ROOT_COMPLEX_BYTES) ||
                              (type == NODE_RESERVED && node->length < RESERVED_BYTES);

        if (is_short)
            ims_acpi_damage(collector, node->offset, "a structure is shorter than its kind is");
        else if (type == NODE_ROOT_COMPLEX)
            take_root_complex(&nodes, node);
        else if (type == NODE_RESERVED)
            take_reserved(&nodes, node);
    }
    find_overlap(collector, first);
    free(nodes.items);
}
