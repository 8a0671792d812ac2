/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "fabric/cuts.h"
#include "fabric/walk.h"

/*
 * Hazard ranges (F8): between two neighbouring edges of ranges and windows that its requests can
 * meet, everything that a function writes goes the same way; one write each tells which.
 */

struct ims_fabric_hazards {
    struct ims_fabric_hazard *items;
    uint32_t count;
    uint32_t capacity;
};

/* What becomes of one address. */
struct verdict {
    bool iommu;
    bool host;
    bool peer;
    bool other;
    bool blocked;
    bool may;
    uint32_t target;
    uint32_t bar;
};

static int judge(struct ims_walk *walk, const struct ims_walk_end *end)
{
    struct verdict *verdict = walk->context;

    verdict->may |= end->certainty == IMS_FABRIC_MAY;
    verdict->iommu |= end->end == IMS_FABRIC_END_IOMMU;
    verdict->host |= end->end == IMS_FABRIC_END_HOST;
    verdict->blocked |= end->end == IMS_FABRIC_END_BLOCKED;
    verdict->other |= end->end == IMS_FABRIC_END_UNSUPPORTED;
    if (end->end == IMS_FABRIC_END_PEER && !verdict->peer) {
        verdict->peer = true;
        verdict->target = end->target;
        verdict->bar = end->bar;
    }
    return 0;
}

static bool is_hazard(const struct verdict *verdict, enum ims_fabric_hazard_kind *ret)
{
    if (verdict->peer) {
        *ret = verdict->may ? IMS_FABRIC_HAZARD_MAYBE_PEER : IMS_FABRIC_HAZARD_PEER;
        return true;
    }
    if (verdict->host) {
        *ret = IMS_FABRIC_HAZARD_UNTRANSLATED;
        return true;
    }
    if (!verdict->blocked && !verdict->other)
        return false;
    if (verdict->iommu || (verdict->blocked && verdict->other))
        *ret = IMS_FABRIC_HAZARD_MAYBE_HOLE;
    else
        *ret = verdict->blocked ? IMS_FABRIC_HAZARD_BLOCKED : IMS_FABRIC_HAZARD_HOLE;
    return true;
}

static int keep(struct ims_fabric_hazards *hazards, const struct ims_fabric_hazard *hazard)
{
    struct ims_fabric_hazard *before = hazards->count ? &hazards->items[hazards->count - 1] : NULL;

    if (before && before->last + 1 == hazard->first && before->kind == hazard->kind &&
        before->target.index == hazard->target.index && before->bar == hazard->bar) {
        before->last = hazard->last;
        return 0;
    }
    if (hazards->count == hazards->capacity) {
        struct ims_fabric_hazard *grown = ims_array_grow(
            hazards->items, &hazards->capacity, hazards->count + 1, sizeof(*hazards->items));
        if (!grown)
            return -ENOMEM;
        hazards->items = grown;
    }
    hazards->items[hazards->count++] = *hazard;
    return 0;
}

static int probe(const struct ims_fabric *fabric, uint32_t issuer, uint64_t first, uint64_t last,
                 struct ims_fabric_hazards *hazards)
{
    const struct ims_tlp tlp = {
        .kind = IMS_TLP_MEMORY_WRITE, .address = first, .to = IMS_FUNCTION_NONE};
    struct verdict verdict = {.target = IMS_NONE, .bar = IMS_NONE};
    struct ims_walk walk = {
        .fabric = fabric,
        .tlp = &tlp,
        .issuer = issuer,
        .quiet = true,
        .arrive = judge,
        .context = &verdict,
    };
    struct ims_fabric_hazard hazard = {.first = first, .last = last};

    ims_walk_run(&walk);
    ims_walk_done(&walk);
    if (!is_hazard(&verdict, &hazard.kind))
        return 0;
    hazard.target.index = verdict.target;
    hazard.bar = verdict.bar == IMS_NONE ? 0 : fabric->bars[verdict.bar].number;
    return keep(hazards, &hazard);
}

int ims_fabric_hazards(const struct ims_fabric *fabric, struct ims_function issuer,
                       struct ims_fabric_hazards **ret, struct ims_error *reterr)
{
    struct ims_cuts cuts = {0};

    if (issuer.index >= fabric->count || ims_fabric_is_bridge(&fabric->nodes[issuer.index]))
        return ims_error_set(reterr, -EINVAL, "only a function that is no bridge issues requests");
    struct ims_fabric_hazards *hazards = calloc(1, sizeof(*hazards));
    if (!hazards)
        return ims_error_set(reterr, -ENOMEM, "no memory for hazard ranges");
    int r = ims_cuts_find(fabric, issuer.index, IMS_TLP_UNTRANSLATED, &cuts);
    for (uint32_t i = 0; i < cuts.count && r == 0; i++) {
        const uint64_t next = i + 1 < cuts.count ? cuts.items[i + 1] : 0;
        r = probe(fabric, issuer.index, cuts.items[i], next - 1, hazards);
    }
    ims_cuts_done(&cuts);
    if (r < 0) {
        ims_fabric_hazards_free(hazards);
        return ims_error_set(reterr, r, "no memory for hazard ranges");
    }
    *ret = hazards;
    return 0;
}

void ims_fabric_hazards_free(struct ims_fabric_hazards *hazards)
{
    if (!hazards)
        return;
    free(hazards->items);
    free(hazards);
}

uint32_t ims_fabric_hazards_count(const struct ims_fabric_hazards *hazards)
{
    return hazards->count;
}

const struct ims_fabric_hazard *ims_fabric_hazards_at(const struct ims_fabric_hazards *hazards,
                                                      uint32_t index)
{
    return index < hazards->count ? &hazards->items[index] : NULL;
}
