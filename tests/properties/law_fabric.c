/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "fabric_laws.h"
#include "fabric_pair.h"

/*
 * The engine against the oracle (F9 a): the same sets, the same ends of sampled requests, and every
 * edge of a spanning tree is a request that the engine itself sends there.
 */

#define SAMPLES 24u

/* ---- requests ---- */

/* Where a request ends, in the words of the oracle; each (end, target) once. */
static bool engine_route(const struct fabric_pair *pair, const struct oracle_tlp *tlp,
                         struct oracle_outcomes *ret)
{
    static const enum ims_tlp_kind kinds[] = {
        [ORACLE_WRITE] = IMS_TLP_MEMORY_WRITE,
        [ORACLE_READ] = IMS_TLP_MEMORY_READ,
        [ORACLE_IO] = IMS_TLP_IO_WRITE,
    };
    static const enum oracle_end ends[] = {
        [IMS_FABRIC_END_IOMMU] = ORACLE_END_IOMMU,
        [IMS_FABRIC_END_PEER] = ORACLE_END_PEER,
        [IMS_FABRIC_END_BLOCKED] = ORACLE_END_BLOCKED,
        [IMS_FABRIC_END_UNSUPPORTED] = ORACLE_END_UNSUPPORTED,
        [IMS_FABRIC_END_HOST] = ORACLE_END_HOST,
    };
    const struct ims_tlp sent = {
        .kind = kinds[tlp->kind],
        .at = (enum ims_tlp_at)tlp->at,
        .address = tlp->address,
        .to = IMS_FUNCTION_NONE,
        .forged = tlp->forged,
        .requester = {0, (uint8_t)(tlp->rid >> 8), (uint8_t)tlp->rid},
    };
    struct ims_fabric_route *route = NULL;
    memset(ret, 0, sizeof(*ret));
    if (ims_fabric_route(pair->fabric, pair->functions[tlp->issuer], &sent, &route, NULL) < 0)
        return false;
    for (uint32_t i = 0; i < ims_fabric_route_count(route); i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, i);
        struct oracle_outcome one = {ends[outcome->end], 0, outcome->certainty == IMS_FABRIC_MUST};
        unsigned j = 0;
        if (one.end == ORACLE_END_PEER)
            one.target = pair->back[outcome->target.index];
        while (j < ret->count &&
               (ret->items[j].end != one.end || ret->items[j].target != one.target))
            j++;
        if (j == ret->count && j < ORACLE_OUTCOME_MAX)
            ret->items[ret->count++] = one;
        else
            ret->items[j].must = ret->items[j].must || one.must;
    }
    ims_fabric_route_free(route);
    return true;
}

static void print_outcomes(const struct fabric_pair *pair, const struct oracle_outcomes *outcomes,
                           char *text, size_t size)
{
    static const char *const ends[] = {"iommu", "peer", "blocked", "unsupported", "host"};
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < outcomes->count && used < size; i++) {
        const struct oracle_outcome *outcome = &outcomes->items[i];
        char buffer[IMS_ADDRESS_STRING_SIZE];
        used += (size_t)snprintf(
            text + used, size - used, "%s%s %s%s%s", i ? ", " : "", outcome->must ? "must" : "may",
            ends[outcome->end], outcome->end == ORACLE_END_PEER ? " " : "",
            outcome->end == ORACLE_END_PEER ? fabric_pair_name(pair, outcome->target, buffer) : "");
    }
}

static bool same_outcomes(const struct oracle_outcomes *a, const struct oracle_outcomes *b)
{
    for (unsigned i = 0; i < a->count; i++) {
        bool found = false;
        for (unsigned j = 0; j < b->count; j++)
            found = found || memcmp(&a->items[i], &b->items[j], sizeof(a->items[i])) == 0;
        if (!found)
            return false;
    }
    return a->count == b->count;
}

static bool compare_route(const struct fabric_pair *pair, const struct oracle_tlp *tlp,
                          char why[WHY_SIZE])
{
    struct oracle_outcomes oracle, engine;
    char expected[512], got[512], issuer[IMS_ADDRESS_STRING_SIZE];
    memset(&oracle, 0, sizeof(oracle));
    oracle_route(pair->oracle, tlp, &oracle);
    if (!engine_route(pair, tlp, &engine))
        return law_fails(why, "the engine refuses a request of %s",
                         fabric_pair_name(pair, tlp->issuer, issuer));
    if (same_outcomes(&oracle, &engine))
        return true;
    print_outcomes(pair, &oracle, expected, sizeof(expected));
    print_outcomes(pair, &engine, got, sizeof(got));
    return law_fails(why,
                     "%s, kind %d, AT %u, address %llx, id %s%04x: oracle \"%s\", engine \"%s\"",
                     fabric_pair_name(pair, tlp->issuer, issuer), (int)tlp->kind, tlp->at,
                     (unsigned long long)tlp->address, tlp->forged ? "forged " : "own ", tlp->rid,
                     expected, got);
}

static unsigned draw_issuer(const struct fabric_pair *pair, struct rng *rng)
{
    for (unsigned tries = 0; tries < 64; tries++) {
        unsigned issuer = rng_below(rng, pair->sketch->count);
        if (oracle_issues(pair->oracle, issuer))
            return issuer;
    }
    return UINT32_MAX;
}

/* Requests with all there is to choose, to the elementary intervals of the fabric (F6). */
static bool compare_routes(const struct fabric_pair *pair, uint64_t seed, char why[WHY_SIZE])
{
    struct rng rng = {seed ^ 0x6a09e667f3bcc908u};
    uint64_t *cuts[2];
    unsigned counts[2];
    bool ok = true;
    counts[0] = oracle_cuts(pair->oracle, false, &cuts[0]);
    counts[1] = oracle_cuts(pair->oracle, true, &cuts[1]);
    for (unsigned i = 0; i < SAMPLES && ok; i++) {
        struct oracle_tlp tlp = {.issuer = draw_issuer(pair, &rng)};
        if (tlp.issuer == UINT32_MAX)
            break;
        tlp.kind = (enum oracle_kind)(rng_percent(&rng, 15) ? 2 : rng_below(&rng, 2));
        unsigned space = tlp.kind == ORACLE_IO;
        tlp.address = cuts[space][rng_below(&rng, counts[space])] + rng_below(&rng, 2) * 0x800;
        if (!space)
            tlp.at = rng_percent(&rng, 50) ? 0 : rng_below(&rng, 3);
        tlp.forged = rng_percent(&rng, 25);
        if (tlp.forged)
            tlp.rid = (uint16_t)(rng_below(&rng, 24) << 8 | rng_below(&rng, 16));
        ok = compare_route(pair, &tlp, why);
    }
    free(cuts[0]);
    free(cuts[1]);
    return ok;
}

/* ---- sets ---- */

static bool compare_sets(const struct fabric_pair *pair, const struct ims_fabric_sets *sets,
                         const unsigned *expected, const char *what, char why[WHY_SIZE])
{
    for (unsigned i = 0; i < pair->sketch->count; i++) {
        for (unsigned j = 0; j < i; j++) {
            bool together = ims_fabric_sets_of(sets, pair->functions[i]) ==
                            ims_fabric_sets_of(sets, pair->functions[j]);
            char a[IMS_ADDRESS_STRING_SIZE], b[IMS_ADDRESS_STRING_SIZE];
            if (together != (expected[i] == expected[j]))
                return law_fails(why, "%s: %s and %s: %s in the engine only", what,
                                 fabric_pair_name(pair, j, a), fabric_pair_name(pair, i, b),
                                 together ? "together" : "apart");
        }
    }
    return true;
}

static bool edge_holds(const struct fabric_pair *pair, const struct ims_fabric_edge *edge)
{
    struct ims_fabric_route *route = NULL;
    bool found = edge->kind == IMS_FABRIC_EDGE_ALIAS || edge->kind == IMS_FABRIC_EDGE_HOST;
    if (found)
        return true;
    if (ims_fabric_route(pair->fabric, edge->from, &edge->tlp, &route, NULL) < 0)
        return false;
    for (uint32_t i = 0; i < ims_fabric_route_count(route) && !found; i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, i);
        if (edge->kind == IMS_FABRIC_EDGE_FORGED)
            found = outcome->end == IMS_FABRIC_END_IOMMU;
        else
            found = outcome->end == IMS_FABRIC_END_PEER &&
                    outcome->target.index == edge->to.index &&
                    outcome->certainty <= edge->certainty;
    }
    ims_fabric_route_free(route);
    return found;
}

/* The edges of a set are a tree over its members, and each is what it says. */
static bool check_tree(const struct fabric_pair *pair, const struct ims_fabric_set *set,
                       unsigned *label, char why[WHY_SIZE])
{
    char a[IMS_ADDRESS_STRING_SIZE], b[IMS_ADDRESS_STRING_SIZE];
    if (set->edge_count + 1 != set->member_count)
        return law_fails(why, "%u edges for %u members", set->edge_count, set->member_count);
    for (uint32_t i = 0; i < set->member_count; i++)
        label[set->members[i].index] = set->members[i].index;
    for (uint32_t i = 0; i < set->edge_count; i++) {
        const struct ims_fabric_edge *edge = &set->edges[i];
        unsigned old = label[edge->to.index];
        fabric_pair_name(pair, pair->back[edge->from.index], a);
        fabric_pair_name(pair, pair->back[edge->to.index], b);
        if (label[edge->from.index] == old)
            return law_fails(why, "the edges of a set are no tree: %s, %s", a, b);
        for (uint32_t j = 0; j < set->member_count; j++) {
            if (label[set->members[j].index] == old)
                label[set->members[j].index] = label[edge->from.index];
        }
        if (!edge_holds(pair, edge))
            return law_fails(why, "no route shows the %s edge from %s to %s",
                             ims_fabric_edge_kind_to_string(edge->kind), a, b);
    }
    return true;
}

static bool compare_partition(const struct fabric_pair *pair, bool must, char why[WHY_SIZE])
{
    struct ims_fabric_sets *sets = NULL;
    unsigned *expected = calloc(pair->sketch->count + 1u, sizeof(*expected));
    unsigned *label = calloc(pair->sketch->count + 1u, sizeof(*label));
    if (!expected || !label ||
        ims_fabric_sets(pair->fabric, must ? IMS_FABRIC_MUST : IMS_FABRIC_MAY, &sets, NULL) < 0)
        abort();
    oracle_sets(pair->oracle, must, expected);
    bool ok = compare_sets(pair, sets, expected, must ? "LOWER" : "UPPER", why);
    for (uint32_t i = 0; i < ims_fabric_sets_count(sets) && ok; i++)
        ok = check_tree(pair, ims_fabric_sets_at(sets, i), label, why);
    ims_fabric_sets_free(sets);
    free(expected);
    free(label);
    return ok;
}

bool law_engine(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct fabric_pair pair;
    options.one_rc_per_bus = false; /* the engine has one root complex for each segment */
    if (!fabric_pair_begin(&pair, sketch, &options, why))
        return false;
    bool ok = compare_routes(&pair, trial->seed, why) && compare_partition(&pair, true, why) &&
              compare_partition(&pair, false, why);
    fabric_pair_done(&pair);
    return ok;
}
