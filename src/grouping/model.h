/* SPDX-License-Identifier: MIT */
#ifndef IMS_GROUPING_MODEL_H
#define IMS_GROUPING_MODEL_H

/* The inside of a grouping, shared by the files of this room only. */

#include "base/arena.h"
#include "iommuscope/grouping.h"
#include "rules/catalogue.h"
#include "rules/judge.h"

#define IMS_VMD_FIRST_SEGMENT 0x10000u

/*
 * Unknown facts are settled three ways: as is likely, so that as little as possible merges, and so
 * that as much as possible merges. What the last two agree on is certain.
 */
enum ims_assumption {
    IMS_ASSUME_LIKELY = 0,
    IMS_ASSUME_FINEST,
    IMS_ASSUME_COARSEST,
};

/* What the walk for requester-id aliases does at a bridge (R2.3). */
enum ims_walk {
    IMS_WALK_PASS = 0, /* not visited */
    IMS_WALK_VISIT,
    IMS_WALK_STOP, /* not visited, and nothing above it */
};

/* A function with its facts settled. */
struct ims_node {
    bool isolated; /* ACS_OK (section 4), as others see it */
    bool multifunction;
    bool own_isolated; /* the same while the function itself is grouped: differs when hot-added */
    bool own_multifunction;
    bool managed;
    enum ims_walk walk;
    uint32_t real; /* its real DMA device (R2.1) */
};

/* A bus with what the walks need of everything above it. */
struct ims_lane {
    uint32_t bridge;  /* nearest bridge above (R1.2), or IMS_NONE */
    uint32_t visited; /* nearest bridge above that the alias walk visits, or IMS_NONE */
    uint32_t failing; /* nearest bridge above that is not isolated, or IMS_NONE */
    bool isolated;    /* no bridge above fails */
    bool truncated;   /* the top of this lane is not in the input, and that may matter */
    bool has_aliases; /* a function on it has an alias mask */
};

/* Settled facts of a whole topology. Heap arrays, released with ims_settled_done(). */
struct ims_settled {
    enum ims_assumption assumption;
    struct ims_node *nodes;
    struct ims_lane *lanes;
    uint64_t (*aliases)[4]; /* alias masks, one per function that has one */
    uint32_t *alias_of;     /* index in aliases, or IMS_NONE */
};

enum ims_join_kind {
    IMS_JOIN_FOUNDED = 0,     /* the first of its group */
    IMS_JOIN_REAL_DMA,        /* R2.1 */
    IMS_JOIN_BRIDGE,          /* R2.3: the bridge owns the requester id */
    IMS_JOIN_UPSTREAM,        /* R2.6: a port on the way up fails */
    IMS_JOIN_TRUNCATED,       /* only when unknowns are settled for merging */
    IMS_JOIN_ALIAS,           /* R2.9 */
    IMS_JOIN_SLOT,            /* R2.11 */
    IMS_JOIN_PROPOSED_BRIDGE, /* R9.8 */
    IMS_JOIN_PROPOSED_BUS,
    IMS_JOIN_PROPOSED_SLOT,
};

struct ims_join {
    enum ims_join_kind kind;
    uint32_t to; /* the function whose group was joined, or IMS_NONE */
    uint32_t at; /* where it bites */
};

/* The result of one run. Heap arrays, released with ims_partition_done(). */
struct ims_partition {
    uint32_t *group_of;     /* per function; IMS_NONE = unmanaged */
    struct ims_join *joins; /* per function */
    uint32_t group_count;
};

struct ims_grouping {
    struct ims_arena arena;
    const struct ims_topology *topology;
    struct ims_grouping_options options;
    struct ims_grouping_basis basis;
    struct ims_judge judge;
    struct ims_acs_verdict *verdicts;     /* per function, in the arena */
    struct ims_acs_verdict *own_verdicts; /* while being grouped; the same array at boot */
    uint32_t *order;                      /* all functions in probe order */
    uint32_t order_count;
    struct ims_partition likely;
    struct ims_partition finest; /* arrays are NULL when nothing is unknown */
    struct ims_partition coarsest;
    struct ims_group_info *groups; /* sorted by number */
    uint32_t group_count;
    uint32_t *group_index; /* per function */
    bool has_unknowns;
    bool by_driver;      /* drivers of devices set the order, which nothing tells (R3.5) */
    bool has_loose_ends; /* a bridge with unknown buses, and a bus whose way up is missing */
    uint32_t *shaky; /* per bus: the bridge that nothing below can rely on, or IMS_NONE; or NULL */
};

static inline const struct ims_function_info *ims_grouping_info(const struct ims_grouping *grouping,
                                                                uint32_t function)
{
    return ims_topology_function(grouping->topology, (struct ims_function){function});
}

/* Whether the function is an AMD IOMMU (R6.3). */
bool ims_grouping_is_amd_iommu(const struct ims_function_info *info);

/* Whether the kernel's IOMMU driver takes the function (R1.11, R2.1, R7.4). */
bool ims_grouping_is_managed(const struct ims_grouping *grouping, uint32_t function);

/* order.c: functions as the kernel meets them (section 3). Returns -ENOMEM. */
int ims_grouping_order(struct ims_grouping *grouping);

/* settle.c */
int ims_settle(const struct ims_grouping *grouping, enum ims_assumption assumption,
               struct ims_settled *ret);
void ims_settled_done(struct ims_settled *settled);

/* assign.c: phases A to D for every function in order (R2.1-R2.13). Returns -ENOMEM. */
int ims_assign(const struct ims_grouping *grouping, const struct ims_settled *settled,
               struct ims_partition *ret);

/* proposed.c: the same by the series of 2025 (R9.7-R9.10). */
int ims_assign_proposed(const struct ims_grouping *grouping, const struct ims_settled *settled,
                        struct ims_partition *ret);

int ims_partition_init(struct ims_partition *partition, uint32_t function_count);
void ims_partition_done(struct ims_partition *partition);

/* certainty.c: judges each group, and says which unknown decides. Returns -ENOMEM. */
int ims_grouping_judge_certainty(struct ims_grouping *grouping);

/* certainty.c: whether its merges cannot be enclosed, because of a bridge without a group above it. */
bool ims_grouping_is_shaky(const struct ims_grouping *grouping, uint32_t function);

/* certainty.c: whether the way up of a function may go on above what the input holds (R1.1). */
bool ims_grouping_is_cut_off(const struct ims_grouping *grouping, uint32_t function);
/* Whether the function may be at either end of a link that the input does not tell. */
bool ims_grouping_is_loose(const struct ims_grouping *grouping, uint32_t function);

/* evidence.c: sentences, in arena; NULL when memory is short. */
const char *ims_evidence_acs(struct ims_arena *arena, const struct ims_grouping *grouping,
                             uint32_t function);
const char *ims_evidence_join(struct ims_arena *arena, const struct ims_grouping *grouping,
                              uint32_t function);
const char *ims_evidence_cut_off(struct ims_arena *arena, const struct ims_grouping *grouping,
                                 uint32_t function);
const struct ims_rule *ims_evidence_rule(const struct ims_grouping *grouping, uint32_t function);

#endif
