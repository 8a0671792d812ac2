/* SPDX-License-Identifier: MIT */
#ifndef IMS_TOPOLOGY_MODEL_H
#define IMS_TOPOLOGY_MODEL_H

/* The inside of builder and topology, shared by the files of this room only. */

#include "base/arena.h"
#include "iommuscope/topology.h"

struct ims_builder {
    struct ims_arena arena; /* strings, ids, gap texts; handed to the topology */
    struct ims_record *records;
    uint32_t count;
    uint32_t capacity;
    uint32_t *slots;     /* hash of address -> index + 1; 0 = empty */
    uint32_t slot_count; /* power of two, or 0 */
    struct ims_machine machine;
    struct ims_kernel_group *groups;
    uint32_t group_count;
    uint32_t group_capacity;
    struct ims_gap *gaps;
    uint32_t gap_count;
    uint32_t gap_capacity;
    uint64_t gaps_dropped;
    struct ims_acpi_tables tables; /* bytes only, in the arena */
};

/* A device scope with the function at the end of its path. */
struct ims_scope_end {
    uint32_t function; /* or IMS_NONE: it is not there */
    bool is_open;      /* a bridge on the path has unknown buses: it may be any function */
};

struct ims_topology {
    struct ims_arena arena;
    struct ims_machine machine;
    struct ims_record *records; /* same order as functions */
    struct ims_function_info *functions;
    uint32_t function_count;
    struct ims_bus_info *buses; /* sorted by (segment, number) */
    uint32_t bus_count;
    struct ims_kernel_group *groups;
    uint32_t group_count;
    struct ims_gap *gaps;
    uint32_t gap_count;
    uint32_t source_gap_count; /* the first ones: noted before sealing */
    uint64_t gaps_dropped;
    struct ims_acpi_tables tables;
    struct ims_scope_end *scope_ends; /* per scope of tables */
};

/* Sealing, step by step; each works on the arrays that the steps before it filled. */

/* Decodes every image, finds VFs and their physical functions (R1.2, R1.7). */
void ims_seal_functions(struct ims_builder *builder, struct ims_topology *topology);

/* Makes the bus objects and connects them (R1.1, R1.2). Returns -ENOMEM. */
int ims_seal_buses(struct ims_builder *builder, struct ims_topology *topology);

/* Derives types, multifunction and extended space (R1.4, R1.5, R1.8), and VMD endpoints (R2.1). */
void ims_seal_derived(struct ims_builder *builder, struct ims_topology *topology);

/* Decodes the tables and finds the unit of each function (E2, E4-E6, E9). Returns -ENOMEM. */
int ims_seal_coverage(struct ims_builder *builder, struct ims_topology *topology);

#endif
