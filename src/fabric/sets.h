/* SPDX-License-Identifier: MIT */
#ifndef IMS_FABRIC_SETS_H
#define IMS_FABRIC_SETS_H

/*
 * The structural algorithm (F4). For each bridge there are two hubs: the issuers below it whose
 * requests get past it, and the targets below it that requests from beside it can get to. A
 * generator joins one hub, or function, with another: all pairs are edges. Marks that generators
 * leave on hubs are pushed down once, and each union of two sets of functions keeps the edge that
 * made it. A hub is never split: a depth says how far up its members have to get for the mark.
 */

#include "fabric/walk.h"

#define IMS_DEPTH_NEVER UINT32_MAX

/* A range of a function, and an address in it by which it is seen. */
struct ims_sight {
    uint32_t function; /* or IMS_NONE */
    uint64_t address;
    unsigned bar;
};

/*
 * A mark: members that get up to depth need (a smaller depth is further up) have an edge with mate,
 * which is a target with its address where the members are issuers.
 */
struct ims_mark {
    bool set;
    uint32_t need;
    struct ims_sight mate;
};

struct ims_sets_pass {
    const struct ims_fabric *fabric;
    struct ims_sets_builder *builder;
    enum ims_fabric_certainty certainty;
    enum ims_tlp_at at;
    /* Per function: the least depth up to which its requests, or requests for it, get. */
    uint32_t *source_depth;
    uint32_t *target_depth;
    uint64_t *target_address;
    unsigned *target_bar;
    uint64_t *near_address; /* where its first range begins: a window may have cut that off above */
    unsigned *near_bar;
    /* Per bridge: the member of its hub that gets furthest up, or IMS_NONE. */
    uint32_t *best_source;
    uint32_t *best_target;
    /*
     * Per bridge: what its neighbours see below it. A subtractive bridge takes more from above than
     * from beside (C8), so that its best target need not be among that.
     */
    struct ims_sight *beside;
    struct ims_mark *source_marks;
    struct ims_mark *target_marks;
    uint32_t
        *hairpin; /* per realm: the depth where returned traffic may turn back, or NEVER (A4.6) */
};

struct ims_sets_builder {
    const struct ims_fabric *fabric;
    uint32_t *parent;              /* union-find over functions */
    struct ims_fabric_edge *edges; /* heap */
    uint32_t edge_count;
    uint32_t edge_capacity;
    int error;
};

uint32_t ims_sets_find(struct ims_sets_builder *builder, uint32_t function);

/*
 * Joins the sets of both ends of an edge, when they differ and ims_fabric_route() reproduces the
 * edge; sets its certainty to what the route says when that is "must".
 */
void ims_sets_join(struct ims_sets_builder *builder, const struct ims_fabric_edge *edge);

/* Whether ims_fabric_route() reproduces an edge, with any certainty. */
bool ims_sets_prove(const struct ims_fabric *fabric, const struct ims_fabric_edge *edge);

/*
 * Whether a bridge may take less from beside it than from above: a subtractive one that has an
 * above (C8).
 */
bool ims_sets_hides(const struct ims_fabric *fabric, uint32_t bridge);

/* reach.c: fills depths, best members and hairpins. Returns -ENOMEM. */
int ims_sets_pass_begin(struct ims_sets_pass *pass);
void ims_sets_pass_done(struct ims_sets_pass *pass);

/* peers.c: emits every generator and pushes marks down (ends.h). */
void ims_sets_peers(struct ims_sets_pass *pass);

/* An id that a function may carry, or by which the IOMMU looks it up. */
struct ims_sets_id {
    uint64_t key; /* the same for what the IOMMU cannot tell apart */
    uint32_t function;
    struct ims_address alias;
    const char *rule; /* "B1" for its own */
    bool of_table;
    struct ims_lookup lookup; /* of_table */
};
typedef int (*ims_sets_id_found)(void *context, const struct ims_sets_id *id);

/*
 * ids.c: tells all ids of all functions (B12), each function's own before everything else. Returns
 * -ENOMEM, or what found returned when that was not 0.
 */
int ims_sets_each_id(const struct ims_fabric *fabric, enum ims_fabric_certainty certainty,
                     ims_sets_id_found found, void *context);
/* The lowest port above each realm that checks ids, or IMS_NONE (A8.1). */
void ims_sets_find_checks(const struct ims_fabric *fabric, enum ims_fabric_certainty certainty,
                          uint32_t *checks);

/* aliases.c: aliases (B12). ids.c: forged ids (A8.3). Return -ENOMEM. */
int ims_sets_aliases(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty);
int ims_sets_forged(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty);

/* coverage.c: what no IOMMU covers is with the host, and so with each other (E9). */
int ims_sets_host(struct ims_sets_builder *builder);

/* copies.c: multicast (A7.5). Returns -ENOMEM. */
int ims_sets_multicast(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty,
                       enum ims_tlp_at at);

#endif
