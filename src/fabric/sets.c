/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "fabric/sets.h"

struct ims_fabric_sets {
    struct ims_arena arena;
    struct ims_fabric_set *sets;
    uint32_t count;
    uint32_t *set_of; /* per function */
};

/* ---- joining ---- */

uint32_t ims_sets_find(struct ims_sets_builder *builder, uint32_t function)
{
    uint32_t *parent = builder->parent;

    while (parent[function] != function) {
        parent[function] = parent[parent[function]];
        function = parent[function];
    }
    return function;
}

/* What a route says of an edge. */
struct proof {
    const struct ims_fabric_edge *edge;
    bool found;
    enum ims_fabric_certainty certainty;
};

static int compare_end(struct ims_walk *walk, const struct ims_walk_end *end)
{
    struct proof *proof = walk->context;
    const struct ims_fabric_edge *edge = proof->edge;
    const bool matches = edge->kind == IMS_FABRIC_EDGE_FORGED
                             ? end->end == IMS_FABRIC_END_IOMMU || end->end == IMS_FABRIC_END_HOST
                             : end->end == IMS_FABRIC_END_PEER && end->target == edge->to.index;

    if (!matches)
        return 0;
    if (!proof->found || end->certainty == IMS_FABRIC_MUST)
        proof->certainty = end->certainty;
    proof->found = true;
    return 0;
}

/* Whether the simulator agrees: no edge without a witness (F7). */
static bool prove(const struct ims_fabric *fabric, const struct ims_fabric_edge *edge,
                  enum ims_fabric_certainty *ret_certainty)
{
    struct proof proof = {.edge = edge};
    struct ims_walk walk = {
        .fabric = fabric,
        .tlp = &edge->tlp,
        .issuer = edge->from.index,
        .quiet = true,
        .arrive = compare_end,
        .context = &proof,
    };

    ims_walk_run(&walk);
    ims_walk_done(&walk);
    *ret_certainty = proof.certainty;
    return proof.found;
}

bool ims_sets_prove(const struct ims_fabric *fabric, const struct ims_fabric_edge *edge)
{
    enum ims_fabric_certainty certainty;

    return prove(fabric, edge, &certainty);
}

void ims_sets_join(struct ims_sets_builder *builder, const struct ims_fabric_edge *edge)
{
    const uint32_t a = ims_sets_find(builder, edge->from.index);
    const uint32_t b = ims_sets_find(builder, edge->to.index);
    enum ims_fabric_certainty certainty = edge->certainty;

    if (a == b || builder->error)
        return;
    if (edge->kind != IMS_FABRIC_EDGE_ALIAS && edge->kind != IMS_FABRIC_EDGE_HOST) {
        if (!prove(builder->fabric, edge, &certainty))
            return;
        /* What is forged is judged by the ports alone: the way of the request may be open. */
        if (edge->kind == IMS_FABRIC_EDGE_FORGED)
            certainty = edge->certainty;
        if (certainty == IMS_FABRIC_MAY && edge->certainty == IMS_FABRIC_MUST)
            return;
    }
    if (builder->edge_count == builder->edge_capacity) {
        struct ims_fabric_edge *grown =
            ims_array_grow(builder->edges, &builder->edge_capacity, builder->edge_count + 1,
                           sizeof(*builder->edges));
        if (!grown) {
            builder->error = -ENOMEM;
            return;
        }
        builder->edges = grown;
    }
    builder->edges[builder->edge_count] = *edge;
    builder->edges[builder->edge_count++].certainty = certainty;
    /* The lower index stays the root, so that a root is the first member of its set. */
    if (a < b)
        builder->parent[b] = a;
    else
        builder->parent[a] = b;
}

/* ---- passes ---- */

static int run_peers(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty,
                     enum ims_tlp_at at)
{
    struct ims_sets_pass pass = {
        .fabric = builder->fabric,
        .builder = builder,
        .certainty = certainty,
        .at = at,
    };
    int r = ims_sets_pass_begin(&pass);

    if (r == 0)
        ims_sets_peers(&pass);
    ims_sets_pass_done(&pass);
    if (r == 0 && !builder->fabric->basis.options.ignore_multicast)
        r = ims_sets_multicast(builder, certainty, at);
    return r < 0 ? r : builder->error;
}

static int run(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty)
{
    const enum ims_fabric_threat threat = builder->fabric->basis.options.threat;
    int r = ims_sets_aliases(builder, certainty);

    if (r == 0)
        r = ims_sets_host(builder);
    if (r == 0)
        r = run_peers(builder, certainty, IMS_TLP_UNTRANSLATED);
    if (r == 0 && threat >= IMS_FABRIC_TM1)
        r = run_peers(builder, certainty, IMS_TLP_TRANSLATED);
    if (r == 0 && threat >= IMS_FABRIC_TM2)
        r = ims_sets_forged(builder, certainty);
    return r < 0 ? r : builder->error;
}

/* ---- the result ---- */

/* Members and edges of all sets, in two arrays that are cut into pieces. */
static int collect(struct ims_sets_builder *builder, struct ims_fabric_sets *sets)
{
    const uint32_t count = builder->fabric->count;
    struct ims_arena *arena = &sets->arena;

    for (uint32_t i = 0; i < count; i++)
        sets->count += ims_sets_find(builder, i) == i;
    sets->sets = ims_arena_alloc_array(arena, sets->count, sizeof(*sets->sets));
    sets->set_of = ims_arena_alloc_array(arena, count, sizeof(*sets->set_of));
    struct ims_function *members = ims_arena_alloc_array(arena, count, sizeof(*members));
    struct ims_fabric_edge *edges =
        ims_arena_alloc_array(arena, builder->edge_count, sizeof(*edges));
    if (!sets->sets || !sets->set_of || !members || !edges)
        return -ENOMEM;

    uint32_t next = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t root = ims_sets_find(builder, i);
        sets->set_of[i] = root == i ? next++ : sets->set_of[root];
        sets->sets[sets->set_of[i]].member_count++;
    }
    uint32_t member = 0;
    uint32_t edge = 0;
    for (uint32_t i = 0; i < sets->count; i++) {
        struct ims_fabric_set *set = &sets->sets[i];
        set->members = &members[member];
        set->edges = &edges[edge];
        member += set->member_count;
        edge += set->member_count - 1;
        set->member_count = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct ims_fabric_set *set = &sets->sets[sets->set_of[i]];
        members[(set->members - members) + set->member_count++] = (struct ims_function){i};
        set->with_host |= builder->fabric->nodes[i].issuer &&
                          ims_fabric_is_uncovered(builder->fabric, (struct ims_function){i});
    }
    for (uint32_t i = 0; i < builder->edge_count; i++) {
        struct ims_fabric_set *set = &sets->sets[sets->set_of[builder->edges[i].from.index]];
        edges[(set->edges - edges) + set->edge_count++] = builder->edges[i];
    }
    return 0;
}

int ims_fabric_sets(const struct ims_fabric *fabric, enum ims_fabric_certainty certainty,
                    struct ims_fabric_sets **ret, struct ims_error *reterr)
{
    struct ims_sets_builder builder = {.fabric = fabric};
    struct ims_fabric_sets *sets = calloc(1, sizeof(*sets));
    int r = -ENOMEM;

    builder.parent = malloc(((size_t)fabric->count + 1) * sizeof(*builder.parent));
    if (sets && builder.parent) {
        for (uint32_t i = 0; i < fabric->count; i++)
            builder.parent[i] = i;
        /* What must be comes first, so that the trees of UPPER use as little "may" as possible. */
        r = run(&builder, IMS_FABRIC_MUST);
        if (r == 0 && certainty == IMS_FABRIC_MAY)
            r = run(&builder, IMS_FABRIC_MAY);
        if (r == 0)
            r = collect(&builder, sets);
    }
    free(builder.parent);
    free(builder.edges);
    if (r < 0) {
        ims_fabric_sets_free(sets);
        return ims_error_set(reterr, r, "no memory for the sets");
    }
    *ret = sets;
    return 0;
}

void ims_fabric_sets_free(struct ims_fabric_sets *sets)
{
    if (!sets)
        return;
    ims_arena_done(&sets->arena);
    free(sets);
}

uint32_t ims_fabric_sets_count(const struct ims_fabric_sets *sets)
{
    return sets->count;
}

const struct ims_fabric_set *ims_fabric_sets_at(const struct ims_fabric_sets *sets, uint32_t index)
{
    return index < sets->count ? &sets->sets[index] : NULL;
}

uint32_t ims_fabric_sets_of(const struct ims_fabric_sets *sets, struct ims_function function)
{
    return sets->set_of[function.index];
}
