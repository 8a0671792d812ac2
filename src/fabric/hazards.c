/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
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

struct cuts {
    uint64_t *items;
    uint32_t count;
    uint32_t capacity;
    bool failed;
};

static void cut(struct cuts *cuts, uint64_t address)
{
    if (cuts->count == cuts->capacity) {
        uint64_t *grown =
            ims_array_grow(cuts->items, &cuts->capacity, cuts->count + 1, sizeof(*cuts->items));
        if (!grown) {
            cuts->failed = true;
            return;
        }
        cuts->items = grown;
    }
    cuts->items[cuts->count++] = address;
}

static void cut_around(struct cuts *cuts, uint64_t first, uint64_t last)
{
    cut(cuts, first);
    if (last != UINT64_MAX)
        cut(cuts, last + 1);
}

/* The edges of a realm, and of what is below it where that can be entered. */
static void cut_realm(const struct ims_fabric *fabric, uint32_t index, bool deep, struct cuts *cuts)
{
    const struct ims_realm *realm = &fabric->realms[index];
    const struct ims_claims *claims = &realm->claims[IMS_FABRIC_MEMORY];

    for (uint32_t i = 0; i < claims->count; i++) {
        const struct ims_claim *claim = &claims->items[i];
        cut_around(cuts, claim->first, claim->last_may);
        if (claim->last != claim->last_may && claim->last >= claim->first)
            cut(cuts, claim->last + 1);
    }
    for (uint32_t i = 0; deep && i < realm->function_count; i++)
        if (fabric->nodes[realm->functions[i]].below != IMS_NONE)
            cut_realm(fabric, fabric->nodes[realm->functions[i]].below, true, cuts);
}

/* What the tables leave out of translation, for this function (E4). */
static void cut_exclusions(const struct ims_fabric *fabric, uint32_t issuer, struct cuts *cuts)
{
    const struct ims_acpi_tables *tables = ims_topology_tables(fabric->topology);

    for (uint32_t i = 0; i < tables->range_count; i++)
        if (tables->ranges[i].kind == IMS_ACPI_RANGE_EXCLUSION &&
            ims_topology_range_is_for(fabric->topology, i, (struct ims_function){issuer}))
            cut_around(cuts, tables->ranges[i].first, tables->ranges[i].last);
}

static void cut_multicast(const struct ims_fabric *fabric, uint32_t function, struct cuts *cuts)
{
    const struct ims_multicast *multicast = &ims_fabric_info(fabric, function)->pci.multicast;
    const unsigned shift = (unsigned)(multicast->base.value & 0x3f);

    if (multicast->enable != IMS_YES || shift < 12)
        return;
    for (unsigned group = 0; group <= multicast->groups.value + 1; group++)
        cut(cuts, (multicast->base.value & ~UINT64_C(0xfff)) + ((uint64_t)group << shift));
}

/* Everything that the function can meet on its way up, or that requests can be turned to there. */
static void collect(const struct ims_fabric *fabric, uint32_t issuer, struct cuts *cuts)
{
    uint32_t realm = fabric->nodes[issuer].realm;

    cut(cuts, 0);
    cut_exclusions(fabric, issuer, cuts);
    for (;;) {
        const uint32_t bridge = fabric->realms[realm].bridge;
        const enum ims_fabric_rc rc = fabric->basis.options.rc;
        /* A root complex that never turns requests shields everything but its own edges. */
        const bool deep = bridge != IMS_NONE || rc == IMS_FABRIC_RC_UNKNOWN ||
                          rc == IMS_FABRIC_RC_DIRECT || fabric->nodes[issuer].cut_off;
        cut_realm(fabric, realm, deep, cuts);
        if (bridge == IMS_NONE)
            return;
        for (uint32_t i = 0; i < fabric->nodes[bridge].bar_count; i++) {
            const struct ims_fabric_bar *bar = &fabric->bars[fabric->nodes[bridge].bar_first + i];
            cut_around(cuts, bar->first, bar->last);
            if (bar->last_may != bar->last && bar->last_may != UINT64_MAX)
                cut(cuts, bar->last_may + 1);
        }
        cut_multicast(fabric, bridge, cuts);
        realm = fabric->nodes[bridge].realm;
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a;
    const uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

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
    struct cuts cuts = {.count = 0};

    if (issuer.index >= fabric->count || ims_fabric_is_bridge(&fabric->nodes[issuer.index]))
        return ims_error_set(reterr, -EINVAL, "only a function that is no bridge issues requests");
    struct ims_fabric_hazards *hazards = calloc(1, sizeof(*hazards));
    if (!hazards)
        return ims_error_set(reterr, -ENOMEM, "no memory for hazard ranges");
    collect(fabric, issuer.index, &cuts);
    int r = cuts.failed ? -ENOMEM : 0;
    if (r == 0)
        qsort(cuts.items, cuts.count, sizeof(*cuts.items), compare);
    for (uint32_t i = 0; i < cuts.count && r == 0; i++) {
        const uint64_t next = i + 1 < cuts.count ? cuts.items[i + 1] : 0;
        if (i + 1 == cuts.count || next != cuts.items[i])
            r = probe(fabric, issuer.index, cuts.items[i], next - 1, hazards);
    }
    free(cuts.items);
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
