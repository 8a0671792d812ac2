/* SPDX-License-Identifier: MIT */
#include "fabric_laws.h"

#include <stdlib.h>
#include <string.h>

/* What must not matter (F9 c), and what every simulated request must look like. */

/* Both partitions of the first count functions are the same. */
static bool same_sets(const struct sketch *sketch, const struct sketch *changed,
                      const struct oracle_options *options, const char *what, char why[WHY_SIZE])
{
    struct fabric_sets before, after;
    unsigned count = sketch->count;
    fabric_sets(sketch, options, &before);
    fabric_sets(changed, options, &after);
    bool ok = fabric_refines(sketch, count, before.lower, after.lower, what, why) &&
              fabric_refines(sketch, count, after.lower, before.lower, what, why) &&
              fabric_refines(sketch, count, before.upper, after.upper, what, why) &&
              fabric_refines(sketch, count, after.upper, before.upper, what, why);
    fabric_sets_done(&before);
    fabric_sets_done(&after);
    return ok;
}

bool law_isolated_root(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct sketch changed;
    struct fabric_sets sets;
    sketch_copy(&changed, sketch);
    struct sketch_function *port =
        sketch_add(&changed, (struct ims_address){7, 0, IMS_DEVFN(1, 0)}, 4, 1);
    port->secondary = port->subordinate = 1;
    port->mem = (struct sketch_window){true, 0x1000000, 0x10fffff};
    port->acs = SKETCH_YES;
    port->acs_cap = 0x5f;
    port->acs_ctrl = 0x1d;
    struct sketch_function *endpoint =
        sketch_add(&changed, (struct ims_address){7, 1, IMS_DEVFN(0, 0)}, 0, 0);
    endpoint->fabric.bars[0] = (struct sketch_bar){.base = 0x1000000, .size = 0x1000};
    bool ok = same_sets(sketch, &changed, &options, "an isolated root", why);
    fabric_sets(&changed, &options, &sets);
    for (unsigned i = 0; ok && i < sketch->count; i++) {
        if (sets.upper[i] == sets.upper[sketch->count + 1])
            ok = law_fails(why, "the isolated endpoint is with function %u", i);
    }
    fabric_sets_done(&sets);
    sketch_done(&changed);
    return ok;
}

static void renumber(struct ims_address *address, const uint8_t *map)
{
    address->bus = map[address->bus];
}

/* Buses move as a block, and the numbers within a bridge's range stay a range. */
bool law_bus_numbers(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct rng rng = {trial->seed + 1};
    struct sketch changed;
    uint8_t map[256];
    unsigned next = rng_below(&rng, 4), used = 0;
    for (unsigned i = 0; i < sketch->count; i++) {
        if (sketch->functions[i].subordinate > used)
            used = sketch->functions[i].subordinate;
        if (sketch->functions[i].address.bus > used)
            used = sketch->functions[i].address.bus;
    }
    if (2 * used + 4 > 255)
        return true;
    for (unsigned i = 0; i < 256; i++) {
        map[i] = (uint8_t)next;
        next += i < used ? 1 + rng_below(&rng, 2) : 0;
    }
    sketch_copy(&changed, sketch);
    for (unsigned i = 0; i < changed.count; i++) {
        struct sketch_function *function = &changed.functions[i];
        if (function->sriov) { /* VFs may be on the next bus (B10) */
            unsigned bus = function->address.bus;
            unsigned distance = map[bus + (function->sriov_offset >> 8)] - (unsigned)map[bus];
            function->sriov_offset = (uint16_t)(distance << 8 | (function->sriov_offset & 0xffu));
        }
        renumber(&function->address, map);
        if (function->is_vf)
            renumber(&function->physfn, map);
        if (function->vmd_stated)
            renumber(&function->vmd, map);
        if (function->header) {
            function->secondary = map[function->secondary];
            function->subordinate = map[function->subordinate];
        }
    }
    bool ok = same_sets(sketch, &changed, &options, "other bus numbers", why);
    sketch_done(&changed);
    return ok;
}

static void move_window(struct sketch_window *window, uint64_t distance)
{
    if (window->set) {
        window->base += distance;
        window->limit += distance;
    }
}

bool law_relocation(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct sketch changed;
    uint64_t distance = 0x100000 * (1 + trial->seed % 200);
    sketch_copy(&changed, sketch);
    for (unsigned i = 0; i < changed.count; i++) {
        struct sketch_function *function = &changed.functions[i];
        struct sketch_fabric *fabric = &function->fabric;
        for (unsigned j = 0; j < SKETCH_BAR_COUNT; j++) {
            fabric->bars[j].base += fabric->bars[j].size ? distance : 0;
            fabric->vf_bars[j].base += fabric->vf_bars[j].size ? distance : 0;
        }
        fabric->rom.base += fabric->rom.size ? distance : 0;
        fabric->multicast.base += fabric->multicast.enabled ? 0x800000000u : 0;
        move_window(&function->mem, distance);
        move_window(&function->pref, distance);
        move_window(&function->io, distance);
    }
    bool ok = same_sets(sketch, &changed, &options, "other addresses", why);
    sketch_done(&changed);
    return ok;
}

bool law_fabric_order(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct fabric_sets before, after;
    struct sketch changed;
    unsigned count = sketch->count;
    sketch_copy(&changed, sketch);
    for (unsigned i = 0; i < count; i++)
        changed.functions[i] = sketch->functions[count - 1 - i];
    fabric_sets(sketch, &options, &before);
    fabric_sets(&changed, &options, &after);
    for (unsigned i = 0; i < count / 2; i++) {
        unsigned lower = after.lower[i], upper = after.upper[i];
        after.lower[i] = after.lower[count - 1 - i];
        after.upper[i] = after.upper[count - 1 - i];
        after.lower[count - 1 - i] = lower;
        after.upper[count - 1 - i] = upper;
    }
    bool ok = fabric_refines(sketch, count, before.lower, after.lower, "order", why) &&
              fabric_refines(sketch, count, after.lower, before.lower, "order", why) &&
              fabric_refines(sketch, count, before.upper, after.upper, "order", why) &&
              fabric_refines(sketch, count, after.upper, before.upper, "order", why);
    fabric_sets_done(&before);
    fabric_sets_done(&after);
    sketch_done(&changed);
    return ok;
}

/* One request: it ends somewhere; a peer owns the address, or is sent a multicast write. */
static bool check_outcomes(const struct oracle *oracle, const struct oracle_tlp *tlp,
                           char why[WHY_SIZE])
{
    struct oracle_outcomes outcomes;
    unsigned certain = 0;
    oracle_route(oracle, tlp, &outcomes);
    for (unsigned i = 0; i < outcomes.count; i++) {
        const struct oracle_outcome *outcome = &outcomes.items[i];
        bool owned = oracle_hits_bar(oracle, outcome->target, tlp);
        bool multicast = oracle->sketch->functions[outcome->target].fabric.multicast.enabled &&
                         tlp->kind == ORACLE_WRITE;
        if (outcome->end == ORACLE_END_PEER && !owned && !multicast)
            return law_fails(why, "%u at %llx reaches %u, which does not own the address",
                             tlp->issuer, (unsigned long long)tlp->address, outcome->target);
        if ((outcome->end == ORACLE_END_HOST) != (tlp->kind == ORACLE_IO) &&
            (outcome->end == ORACLE_END_HOST || outcome->end == ORACLE_END_IOMMU))
            return law_fails(why, "%u at %llx: translated, or not, against its kind", tlp->issuer,
                             (unsigned long long)tlp->address);
        certain += outcome->must && !(outcome->end == ORACLE_END_PEER && multicast);
    }
    /* Only multicast sends copies. */
    bool copies =
        tlp->kind == ORACLE_WRITE && tlp->address >= 0x700000000u && tlp->address < 0x4000000000u;
    if (!outcomes.count || (certain && outcomes.count > 1 && !copies))
        return law_fails(why, "%u at %llx has %u outcomes, %u of them certain", tlp->issuer,
                         (unsigned long long)tlp->address, outcomes.count, certain);
    return true;
}

bool law_outcomes(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct oracle *oracle = oracle_new(sketch, &options);
    bool ok = true;
    for (unsigned kind = 0; kind < 3; kind++) {
        uint64_t *cuts;
        unsigned count = oracle_cuts(oracle, kind == ORACLE_IO, &cuts);
        for (unsigned i = 0; i < sketch->count; i++) {
            for (unsigned j = 0; ok && j < count && oracle_issues(oracle, i); j++) {
                struct oracle_tlp tlp = {.issuer = i,
                                         .address = cuts[j],
                                         .kind = (enum oracle_kind)kind,
                                         .at = (unsigned)(trial->seed >> 32) % 3};
                ok = check_outcomes(oracle, &tlp, why);
            }
        }
        free(cuts);
    }
    oracle_free(oracle);
    return ok;
}

/* A8.3 against A2.1: for functions on a link, whose ids no bridge replaces. */
bool law_forging(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    options.as_configured = false;
    struct oracle *oracle = oracle_new(sketch, &options);
    bool ok = true;
    for (unsigned i = 0; i < sketch->count; i++) {
        bool replaced = !oracle_issues(oracle, i);
        for (int at = oracle->nodes[i].above; at >= 0; at = oracle->nodes[at].above)
            replaced = replaced || (oracle->nodes[at].role != ORACLE_ROOT_PORT &&
                                    oracle->nodes[at].role != ORACLE_DOWNSTREAM &&
                                    oracle->nodes[at].role != ORACLE_UPSTREAM);
        for (unsigned j = 0; ok && j < sketch->count && !replaced; j++) {
            struct ims_address address = sketch->functions[j].address;
            struct oracle_outcomes outcomes;
            /* An address that is in no window. */
            struct oracle_tlp tlp = {.issuer = i,
                                     .address = 0x1000,
                                     .forged = true,
                                     .rid = (uint16_t)(address.bus << 8 | address.devfn)};
            oracle_route(oracle, &tlp, &outcomes);
            bool passes = outcomes.count == 1 && outcomes.items[0].end == ORACLE_END_IOMMU;
            bool other = sketch->functions[i].address.segment != address.segment;
            bool more = sketch->functions[j].fabric.phantom || sketch->functions[j].vmd_stated ||
                        sketch->functions[j].ids[0].vendor != 0x1b36;
            /* Ids of a victim that a bridge gives it may be in reach where its own is not. */
            if (!other && passes && !oracle_can_forge(oracle, i, j, true))
                ok = law_fails(why, "%u passes as %u, the aperture forbids it", i, j);
            if (!other && !more && !passes && oracle->nodes[j].above >= 0 &&
                sketch->functions[j].type != SKETCH_CONVENTIONAL &&
                oracle_can_forge(oracle, i, j, true))
                ok = law_fails(why, "%u is stopped as %u, the aperture allows it", i, j);
        }
    }
    oracle_free(oracle);
    return ok;
}

static bool has_witness(const struct oracle *oracle, unsigned from, unsigned to, bool must)
{
    uint64_t *cuts;
    unsigned count = oracle_cuts(oracle, false, &cuts);
    bool found = false;
    for (unsigned i = 0; i < count && !found; i++) {
        for (unsigned what = 0; what < 4 && !found; what++) {
            struct oracle_outcomes outcomes;
            struct oracle_tlp tlp = {.issuer = from,
                                     .address = cuts[i],
                                     .kind = what & 1 ? ORACLE_READ : ORACLE_WRITE,
                                     .at = what & 2};
            if ((what & 2) && oracle->options.threat == 0)
                continue;
            oracle_route(oracle, &tlp, &outcomes);
            for (unsigned j = 0; j < outcomes.count; j++)
                found =
                    found || (outcomes.items[j].end == ORACLE_END_PEER &&
                              outcomes.items[j].target == to && (outcomes.items[j].must || !must));
        }
    }
    free(cuts);
    return found;
}

/* F7: nothing is together without a request, an alias or a forged id. */
bool law_witness(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct oracle *oracle = oracle_new(sketch, &options);
    bool ok = true;
    for (unsigned i = 0; i < sketch->count * sketch->count && ok; i++) {
        unsigned from = i / sketch->count, to = i % sketch->count;
        for (unsigned must = 0; must < 2 && ok; must++) {
            bool forged = options.threat == 2 && oracle_can_forge(oracle, from, to, must);
            if (oracle_edge(oracle, from, to, must) && !forged &&
                !has_witness(oracle, from, to, must))
                ok = law_fails(why, "the edge from %u to %u has no witness", from, to);
        }
    }
    oracle_free(oracle);
    return ok;
}
