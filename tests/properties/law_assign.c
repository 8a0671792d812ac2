/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "fabric_laws.h"
#include "fabric_pair.h"
#include "iommuscope/advice.h"

/*
 * A plan on a random fabric against every pair of the oracle: it is broken by a way, or an id, exactly
 * where some pair of two owners is, and nobody else's function is named (F3).
 */

#define OWNERS 3u /* the host and two guests */

static bool is_bridge(const struct sketch_function *function)
{
    return function->header != 0;
}

struct expected {
    bool reach[2]; /* by certainty: must, may */
    bool alias[2];
};

static void expect(const struct fabric_pair *pair, const unsigned *owner, struct expected *ret)
{
    for (unsigned i = 0; i < pair->sketch->count; i++) {
        for (unsigned j = 0; j < pair->sketch->count; j++) {
            if (i == j || owner[i] == owner[j] || owner[i] == 0)
                continue;
            for (unsigned may = 0; may < 2; may++)
                ret->reach[may] |=
                    oracle_issues(pair->oracle, i) && oracle_edge(pair->oracle, i, j, may == 0);
            ret->alias[1] |= oracle_issues(pair->oracle, i) && oracle_issues(pair->oracle, j) &&
                             oracle_alias(pair->oracle, i, j);
        }
    }
}

static bool check_offence(const struct fabric_pair *pair, const unsigned *owner,
                          const struct ims_offence *offence, char why[WHY_SIZE])
{
    char a[IMS_ADDRESS_STRING_SIZE], b[IMS_ADDRESS_STRING_SIZE];
    unsigned from, to;
    if (offence->kind != IMS_OFFENCE_REACH)
        return true;
    from = pair->back[offence->from.index];
    for (uint32_t i = 0; i < offence->all_count; i++) {
        to = pair->back[offence->all[i].index];
        if (owner[from] == 0 || owner[from] == owner[to] ||
            !oracle_edge(pair->oracle, from, to, offence->certainty == IMS_FABRIC_MUST))
            return law_fails(why, "%s to %s is no way between owners",
                             fabric_pair_name(pair, from, a), fabric_pair_name(pair, to, b));
        for (uint32_t j = 0; j < offence->like_count; j++)
            if (!oracle_edge(pair->oracle, pair->back[offence->like[j].index], to,
                             offence->certainty == IMS_FABRIC_MUST))
                return law_fails(why, "%s does not reach %s",
                                 fabric_pair_name(pair, pair->back[offence->like[j].index], a),
                                 fabric_pair_name(pair, to, b));
    }
    if (offence->edge.kind != IMS_FABRIC_EDGE_FORGED &&
        offence->edge.kind != IMS_FABRIC_EDGE_HOST) {
        const struct ims_fabric_outcome *outcome =
            ims_fabric_route_at(offence->witness, offence->witness_outcome);
        if (outcome->end != IMS_FABRIC_END_PEER || outcome->target.index != offence->to.index ||
            outcome->certainty != offence->certainty)
            return law_fails(why, "the witness of %s shows something else",
                             fabric_pair_name(pair, from, a));
    }
    return true;
}

static bool compare(const struct fabric_pair *pair, const unsigned *owner,
                    const struct ims_assignment *assignment, char why[WHY_SIZE])
{
    struct expected expected = {{false, false}, {false, false}};
    struct expected got = {{false, false}, {false, false}};
    expect(pair, owner, &expected);
    for (uint32_t i = 0; i < ims_assignment_count(assignment); i++) {
        const struct ims_offence *offence = ims_assignment_at(assignment, i);
        bool *found = offence->kind == IMS_OFFENCE_REACH   ? got.reach
                      : offence->kind == IMS_OFFENCE_ALIAS ? got.alias
                                                           : NULL;
        if (!check_offence(pair, owner, offence, why))
            return false;
        if (found) {
            found[0] |= offence->certainty == IMS_FABRIC_MUST;
            found[1] = true;
        }
    }
    for (unsigned may = 0; may < 2; may++)
        if (got.reach[may] != expected.reach[may])
            return law_fails(why, "a way that %s be: %s", may ? "may" : "must",
                             got.reach[may] ? "told, and not there" : "there, and not told");
    if (got.alias[1] != expected.alias[1])
        return law_fails(why, "an id of two owners: %s",
                         got.alias[1] ? "told, and not there" : "there, and not told");
    if ((expected.reach[0] || got.alias[0]) && ims_assignment_safe(assignment) != IMS_NO)
        return law_fails(why, "the plan is not called unsafe");
    return true;
}

/* Few functions go to guests, so that safe plans are among them. */
static void draw_owners(const struct sketch *sketch, struct rng *rng, unsigned *owner)
{
    const unsigned share = 5 + rng_below(rng, 60);
    for (unsigned i = 0; i < sketch->count; i++)
        owner[i] = !is_bridge(&sketch->functions[i]) && rng_percent(rng, share)
                       ? 1 + rng_below(rng, OWNERS - 1)
                       : 0;
}

bool law_assign(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    static const struct ims_owner owners[OWNERS] = {{"host", true}, {"web", false}, {"db", false}};
    struct oracle_options options = fabric_trial_options(trial);
    struct rng rng = {trial->seed ^ 0x3c6ef372fe94f82bu};
    struct ims_grouping *grouping = NULL;
    struct ims_assignment *assignment = NULL;
    struct fabric_pair pair;
    options.one_rc_per_bus = false;
    if (!fabric_pair_begin(&pair, sketch, &options, why))
        return false;
    unsigned *owner = calloc(sketch->count + 1u, sizeof(*owner));
    struct ims_holding *holdings = calloc(sketch->count + 1u, sizeof(*holdings));
    uint32_t count = 0;
    if (!owner || !holdings || ims_grouping_compute(pair.topology, NULL, &grouping, NULL) < 0)
        abort();
    draw_owners(sketch, &rng, owner);
    for (unsigned i = 0; i < sketch->count; i++)
        if (owner[i])
            holdings[count++] = (struct ims_holding){pair.functions[i], owner[i]};
    bool ok = ims_assignment_new(grouping, pair.fabric, owners, OWNERS, holdings, count, NULL,
                                 &assignment, NULL) == 0;
    ok = ok ? compare(&pair, owner, assignment, why) : law_fails(why, "no plan is judged");
    ims_assignment_free(assignment);
    ims_grouping_free(grouping);
    free(owner);
    free(holdings);
    fabric_pair_done(&pair);
    return ok;
}
