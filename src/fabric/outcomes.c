/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "fabric/walk.h"

/* What a caller sees of a walk: its ends, each with the hops that led there. */

struct ims_fabric_route {
    struct ims_arena arena;
    struct ims_fabric_outcome *outcomes; /* heap */
    uint32_t count;
    uint32_t capacity;
    bool truncated;
};

static int keep(struct ims_walk *walk, const struct ims_walk_end *end)
{
    struct ims_fabric_route *route = walk->context;
    struct ims_fabric_hop *hops =
        ims_arena_alloc_array(&route->arena, walk->hop_count, sizeof(*hops));

    if (!hops)
        return -ENOMEM;
    memcpy(hops, walk->hops, walk->hop_count * sizeof(*hops));
    if (route->count == route->capacity) {
        struct ims_fabric_outcome *grown = ims_array_grow(
            route->outcomes, &route->capacity, route->count + 1, sizeof(*route->outcomes));
        if (!grown)
            return -ENOMEM;
        route->outcomes = grown;
    }
    struct ims_fabric_outcome *outcome = &route->outcomes[route->count++];
    *outcome = (struct ims_fabric_outcome){
        .certainty = end->certainty,
        .end = end->end,
        .violation = end->violation,
        .target = {end->target},
        .multicast = end->multicast,
        .hops = hops,
        .hop_count = walk->hop_count,
    };
    if (end->bar != IMS_NONE) {
        outcome->bar = walk->fabric->bars[end->bar].number;
        outcome->offset = walk->tlp->address - walk->fabric->bars[end->bar].first;
    }
    return 0;
}

/* What is certain comes first; else the order of the walk stays. */
static void sort(struct ims_fabric_route *route)
{
    uint32_t front = 0;

    for (uint32_t i = 0; i < route->count; i++) {
        if (route->outcomes[i].certainty != IMS_FABRIC_MUST)
            continue;
        const struct ims_fabric_outcome outcome = route->outcomes[i];
        memmove(&route->outcomes[front + 1], &route->outcomes[front],
                (i - front) * sizeof(outcome));
        route->outcomes[front++] = outcome;
    }
}

static int check(const struct ims_fabric *fabric, struct ims_function issuer,
                 const struct ims_tlp *tlp, struct ims_error *reterr)
{
    if (issuer.index >= fabric->count)
        return ims_error_set(reterr, -EINVAL, "the issuer is not in this machine");
    if (ims_fabric_is_bridge(&fabric->nodes[issuer.index])) {
        ims_error_set(reterr, -EINVAL, "a bridge or port issues no requests of its own");
        ims_error_set_address(reterr, ims_fabric_info(fabric, issuer.index)->address);
        return -EINVAL;
    }
    if ((unsigned)tlp->kind > IMS_TLP_COMPLETION || (unsigned)tlp->at > IMS_TLP_TRANSLATED)
        return ims_error_set(reterr, -EINVAL, "there is no such request");
    if (tlp->at != IMS_TLP_UNTRANSLATED && !ims_tlp_is_memory(tlp))
        return ims_error_set(reterr, -EINVAL, "only memory requests have an address type (D1)");
    if (ims_tlp_is_by_id(tlp) && (tlp->to.index >= fabric->count ||
                                  ims_fabric_info(fabric, tlp->to.index)->address.segment !=
                                      ims_fabric_info(fabric, issuer.index)->address.segment))
        return ims_error_set(reterr, -EINVAL, "it is routed by id to no function of the segment");
    return 0;
}

int ims_fabric_route(const struct ims_fabric *fabric, struct ims_function issuer,
                     const struct ims_tlp *tlp, struct ims_fabric_route **ret,
                     struct ims_error *reterr)
{
    int r = check(fabric, issuer, tlp, reterr);
    if (r < 0)
        return r;
    struct ims_fabric_route *route = calloc(1, sizeof(*route));
    if (!route)
        return ims_error_set(reterr, -ENOMEM, "no memory for the route");

    struct ims_walk walk = {
        .fabric = fabric,
        .tlp = tlp,
        .issuer = issuer.index,
        .arrive = keep,
        .context = route,
        .arena = &route->arena,
    };
    r = ims_walk_run(&walk);
    ims_walk_done(&walk);
    if (r < 0) {
        ims_fabric_route_free(route);
        return ims_error_set(reterr, r, "no memory for the route");
    }
    route->truncated = walk.truncated;
    sort(route);
    *ret = route;
    return 0;
}

void ims_fabric_route_free(struct ims_fabric_route *route)
{
    if (!route)
        return;
    ims_arena_done(&route->arena);
    free(route->outcomes);
    free(route);
}

uint32_t ims_fabric_route_count(const struct ims_fabric_route *route)
{
    return route->count;
}

const struct ims_fabric_outcome *ims_fabric_route_at(const struct ims_fabric_route *route,
                                                     uint32_t index)
{
    return index < route->count ? &route->outcomes[index] : NULL;
}

bool ims_fabric_route_truncated(const struct ims_fabric_route *route)
{
    return route->truncated;
}
