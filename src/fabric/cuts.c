/* SPDX-License-Identifier: MIT */
#include "fabric/cuts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

static void cut(struct ims_cuts *cuts, uint64_t address)
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

static void cut_around(struct ims_cuts *cuts, uint64_t first, uint64_t last)
{
    cut(cuts, first);
    if (last != UINT64_MAX)
        cut(cuts, last + 1);
}

/* The edges of a realm, and of what is below it where that can be entered. */
static void cut_realm(const struct ims_fabric *fabric, uint32_t index, bool deep,
                      struct ims_cuts *cuts)
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
static void cut_exclusions(const struct ims_fabric *fabric, uint32_t issuer, struct ims_cuts *cuts)
{
    const struct ims_acpi_tables *tables = ims_topology_tables(fabric->topology);

    for (uint32_t i = 0; i < tables->range_count; i++)
        if (tables->ranges[i].kind == IMS_ACPI_RANGE_EXCLUSION &&
            ims_topology_range_is_for(fabric->topology, i, (struct ims_function){issuer}))
            cut_around(cuts, tables->ranges[i].first, tables->ranges[i].last);
}

static void cut_multicast(const struct ims_fabric *fabric, uint32_t function, struct ims_cuts *cuts)
{
    const struct ims_multicast *multicast = &ims_fabric_info(fabric, function)->pci.multicast;
    const unsigned shift = (unsigned)(multicast->base.value & 0x3f);

    if (multicast->enable != IMS_YES || shift < 12)
        return;
    for (unsigned group = 0; group <= multicast->groups.value + 1; group++)
        cut(cuts, (multicast->base.value & ~UINT64_C(0xfff)) + ((uint64_t)group << shift));
}

/* Everything that the function can meet on its way up, or that requests can be turned to there. */
static void collect(const struct ims_fabric *fabric, uint32_t issuer, enum ims_tlp_at at,
                    struct ims_cuts *cuts)
{
    const enum ims_fabric_rc rc = fabric->basis.options.rc;
    uint32_t realm = fabric->nodes[issuer].realm;

    cut(cuts, 0);
    cut_exclusions(fabric, issuer, cuts);
    for (;;) {
        const uint32_t bridge = fabric->realms[realm].bridge;
        /*
         * A root complex that never turns requests shields everything but its own edges; one that
         * translates first does so with what is not translated yet.
         */
        const bool shields = rc == IMS_FABRIC_RC_NONE ||
                             (rc == IMS_FABRIC_RC_TRANSLATE_FIRST && at == IMS_TLP_UNTRANSLATED);
        const bool deep = bridge != IMS_NONE || !shields || fabric->nodes[issuer].cut_off;
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

static int finish(struct ims_cuts *cuts)
{
    uint32_t kept = 0;

    if (cuts->failed)
        return -ENOMEM;
    qsort(cuts->items, cuts->count, sizeof(*cuts->items), compare);
    for (uint32_t i = 0; i < cuts->count; i++)
        if (kept == 0 || cuts->items[i] != cuts->items[kept - 1])
            cuts->items[kept++] = cuts->items[i];
    cuts->count = kept;
    return 0;
}

int ims_cuts_find(const struct ims_fabric *fabric, uint32_t issuer, enum ims_tlp_at at,
                  struct ims_cuts *cuts)
{
    collect(fabric, issuer, at, cuts);
    return finish(cuts);
}

int ims_cuts_find_copies(const struct ims_fabric *fabric, uint32_t issuer, enum ims_tlp_at at,
                         struct ims_cuts *cuts)
{
    collect(fabric, issuer, at, cuts);
    for (uint32_t i = 0; i < fabric->count; i++)
        cut_multicast(fabric, i, cuts);
    return finish(cuts);
}

void ims_cuts_done(struct ims_cuts *cuts)
{
    free(cuts->items);
    *cuts = (struct ims_cuts){0};
}
