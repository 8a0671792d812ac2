/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "topology/model.h"

static int compare_records(const void *a, const void *b)
{
    const struct ims_record *left = a;
    const struct ims_record *right = b;
    return ims_address_compare(left->address, right->address);
}

/* Moves the records into the arena, sorted, with their images packed behind them. */
static int take_records(struct ims_builder *builder, struct ims_topology *topology)
{
    const uint32_t count = builder->count;

    topology->records = ims_arena_alloc_array(&builder->arena, count, sizeof(*topology->records));
    topology->functions =
        ims_arena_alloc_array(&builder->arena, count, sizeof(*topology->functions));
    if (!topology->records || !topology->functions)
        return -ENOMEM;

    if (count)
        qsort(builder->records, count, sizeof(*builder->records), compare_records);
    for (uint32_t i = 0; i < count; i++) {
        struct ims_config *config = &builder->records[i].config;
        struct ims_config packed = {.row_count = config->row_count};

        packed.rows =
            ims_arena_alloc_array(&builder->arena, config->row_count, sizeof(*packed.rows));
        if (!packed.rows)
            return -ENOMEM;
        if (config->row_count)
            memcpy(packed.rows, config->rows, config->row_count * sizeof(*packed.rows));
        ims_config_done(config);
        topology->records[i] = builder->records[i];
        topology->records[i].config = packed;
        topology->functions[i].record = &topology->records[i];
        topology->functions[i].address = topology->records[i].address;
    }
    topology->function_count = count;
    return 0;
}

struct indexed_group {
    struct ims_kernel_group group;
    uint32_t order;
};

static int compare_groups(const void *a, const void *b)
{
    const struct indexed_group *left = a;
    const struct indexed_group *right = b;

    if (left->group.number != right->group.number)
        return left->group.number < right->group.number ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}

/* Kernel groups sorted by number; of two with one number the first that was stated stays. */
static int take_groups(struct ims_builder *builder, struct ims_topology *topology)
{
    const uint32_t count = builder->group_count;

    topology->groups = ims_arena_alloc_array(&builder->arena, count, sizeof(*topology->groups));
    struct indexed_group *sorted = calloc(count ? count : 1, sizeof(*sorted));
    if (!topology->groups || !sorted) {
        free(sorted);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = (struct indexed_group){builder->groups[i], i};
    qsort(sorted, count, sizeof(*sorted), compare_groups);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && sorted[i].group.number == sorted[i - 1].group.number) {
            ims_builder_gap(builder, IMS_GAP_CONTRADICTION, NULL, NULL, 0,
                            "kernel group %u is described twice; the first description is kept",
                            sorted[i].group.number);
            continue;
        }
        topology->groups[topology->group_count++] = sorted[i].group;
    }
    free(sorted);
    return 0;
}

static int take_gaps(struct ims_builder *builder, struct ims_topology *topology)
{
    topology->gaps =
        ims_arena_alloc_array(&builder->arena, builder->gap_count, sizeof(*topology->gaps));
    if (!topology->gaps)
        return -ENOMEM;
    if (builder->gap_count)
        memcpy(topology->gaps, builder->gaps, builder->gap_count * sizeof(*topology->gaps));
    topology->gap_count = builder->gap_count;
    topology->gaps_dropped = builder->gaps_dropped;
    return 0;
}

static int seal(struct ims_builder *builder, struct ims_topology *topology)
{
    topology->source_gap_count = builder->gap_count;
    int r = take_records(builder, topology);
    if (r < 0)
        return r;
    r = take_groups(builder, topology);
    if (r < 0)
        return r;
    ims_seal_functions(builder, topology);
    r = ims_seal_buses(builder, topology);
    if (r < 0)
        return r;
    ims_seal_derived(builder, topology);
    topology->machine = builder->machine;
    r = ims_seal_coverage(builder, topology);
    if (r < 0)
        return r;
    return take_gaps(builder, topology);
}

int ims_builder_seal(struct ims_builder *builder, struct ims_topology **ret,
                     struct ims_error *reterr)
{
    struct ims_topology *topology = calloc(1, sizeof(*topology));
    int r = topology ? seal(builder, topology) : -ENOMEM;

    if (r < 0) {
        ims_builder_free(builder);
        free(topology);
        return ims_error_set(reterr, r, "out of memory while sealing the topology");
    }
    topology->arena = builder->arena;
    builder->arena = (struct ims_arena){0};
    builder->count = 0; /* the images were released when they were packed */
    ims_builder_free(builder);
    *ret = topology;
    return 0;
}

void ims_topology_free(struct ims_topology *topology)
{
    if (!topology)
        return;
    ims_arena_done(&topology->arena);
    free(topology);
}
