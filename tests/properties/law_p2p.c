/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "fabric_laws.h"
#include "fabric_pair.h"
#include "iommuscope/advice.h"
#include "iommuscope/edit.h"

/*
 * Advice on peer to peer traffic against every single bit and pair of bits of the register that
 * decides: what opens the way there exposes no less than the advice, and where something opens it
 * there is advice (D12).
 */

#define BITS 7u

struct question {
    const struct fabric_pair *pair;
    struct ims_function a;
    struct ims_function b;
    const struct ims_p2p *p2p;
};

static unsigned char *strengths(const struct ims_fabric *fabric, struct ims_function from,
                                uint32_t count)
{
    struct ims_fabric_victims *victims = NULL;
    unsigned char *strength = calloc((size_t)count + 1, 1);
    if (!strength || ims_fabric_victims(fabric, from, &victims, NULL) < 0)
        abort();
    for (uint32_t i = 0; i < ims_fabric_victims_count(victims); i++) {
        const struct ims_fabric_edge *edge = ims_fabric_victims_at(victims, i);
        unsigned char here = edge->certainty == IMS_FABRIC_MUST ? 2 : 1;
        if (strength[edge->to.index] < here)
            strength[edge->to.index] = here;
    }
    ims_fabric_victims_free(victims);
    return strength;
}

static struct ims_fabric *fabric_of(const struct question *question,
                                    const struct ims_topology *topology, bool translated)
{
    struct ims_fabric_options options = ims_fabric_basis(question->pair->fabric)->options;
    struct ims_fabric *fabric = NULL;
    if (translated && options.threat < IMS_FABRIC_TM1)
        options.threat = IMS_FABRIC_TM1;
    if (ims_fabric_new(topology, &options, &fabric, NULL) < 0)
        abort();
    return fabric;
}

/* Pairs of all functions, not only of those behind the one that turns. */
static unsigned count_exposed(const struct question *question, const struct ims_topology *after)
{
    uint32_t count = ims_topology_function_count(after);
    struct ims_fabric *old = fabric_of(question, question->pair->topology, true);
    struct ims_fabric *new = fabric_of(question, after, true);
    unsigned exposed = 0;
    for (uint32_t i = 0; i < count; i++) {
        unsigned char *had = strengths(old, (struct ims_function){i}, count);
        unsigned char *has = strengths(new, (struct ims_function){i}, count);
        for (uint32_t j = 0; j < count; j++)
            exposed += has[j] > had[j];
        free(had);
        free(has);
    }
    ims_fabric_free(old);
    ims_fabric_free(new);
    return exposed;
}

static bool is_direct(const struct question *question, const struct ims_topology *topology)
{
    const struct ims_tlp tlp = {.kind = IMS_TLP_MEMORY_WRITE,
                                .address = question->p2p->address,
                                .to = IMS_FUNCTION_NONE};
    struct ims_fabric *fabric = fabric_of(question, topology, false);
    struct ims_fabric_route *route = NULL;
    bool direct = false;
    if (ims_fabric_route(fabric, question->a, &tlp, &route, NULL) < 0)
        abort();
    for (uint32_t i = 0; i < ims_fabric_route_count(route); i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, i);
        direct |= outcome->end == IMS_FABRIC_END_PEER && !outcome->multicast &&
                  outcome->target.index == question->b.index &&
                  outcome->certainty == IMS_FABRIC_MUST;
    }
    ims_fabric_route_free(route);
    ims_fabric_free(fabric);
    return direct;
}

/* Toggles bits of the register that decides; false: it has not got them, or the way stays shut. */
static bool try_bits(const struct question *question, unsigned bits, unsigned *ret_exposed)
{
    const struct ims_function_info *turn =
        ims_topology_function(question->pair->topology, question->p2p->turn);
    const uint32_t control = turn->acs.control.value;
    const struct ims_edit edit = {.kind = IMS_EDIT_SET_ACS,
                                  .function = turn->address,
                                  .to.acs = {.set = (uint16_t)(bits & ~control),
                                             .clear = (uint16_t)(bits & control)}};
    struct ims_edited *edited = NULL;
    if (turn->acs.present != IMS_YES || (turn->acs.control.known & bits) != bits ||
        (turn->acs.capability.value & bits) != bits ||
        ims_edits_apply(question->pair->topology, &edit, 1, &edited, NULL) < 0)
        return false;
    bool opens = is_direct(question, edited->topology);
    if (opens)
        *ret_exposed = count_exposed(question, edited->topology);
    ims_edited_free(edited);
    return opens;
}

static bool check(const struct question *question, char why[WHY_SIZE])
{
    const struct ims_p2p_recipe *least = NULL;
    char a[IMS_ADDRESS_STRING_SIZE], b[IMS_ADDRESS_STRING_SIZE];
    fabric_pair_name(question->pair, question->pair->back[question->a.index], a);
    fabric_pair_name(question->pair, question->pair->back[question->b.index], b);
    for (uint32_t i = 0; i < question->p2p->recipe_count; i++) {
        const struct ims_p2p_recipe *recipe = &question->p2p->recipes[i];
        if (i > 0 && recipe->exposure_count < recipe[-1].exposure_count)
            return law_fails(why, "%s to %s: the recipes are not in order", a, b);
        if (!least && recipe->means != IMS_P2P_DIRECT_TRANSLATED)
            least = recipe;
    }
    if (question->p2p->now == IMS_P2P_DIRECT)
        return true;
    for (unsigned i = 0; i < BITS; i++) {
        for (unsigned j = i; j < BITS; j++) {
            unsigned exposed = 0;
            if (!try_bits(question, 1u << i | 1u << j, &exposed))
                continue;
            if (!least)
                return law_fails(why, "%s to %s: bits %u and %u open it, and there is no advice", a,
                                 b, i, j);
            if (exposed < least->exposure_count)
                return law_fails(why, "%s to %s: bits %u and %u expose %u pairs, the advice %u", a,
                                 b, i, j, exposed, least->exposure_count);
        }
    }
    return true;
}

bool law_p2p(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct rng rng = {trial->seed ^ 0x510e527fade682d1u};
    struct ims_grouping *grouping = NULL;
    struct fabric_pair pair;
    bool ok = true;
    options.one_rc_per_bus = false;
    options.threat = 0;
    if (!fabric_pair_begin(&pair, sketch, &options, why))
        return false;
    if (ims_grouping_compute(pair.topology, NULL, &grouping, NULL) < 0)
        abort();
    for (unsigned tries = 0; tries < 4 && ok && sketch->count > 1; tries++) {
        struct ims_p2p *p2p = NULL;
        struct question question = {.pair = &pair,
                                    .a = pair.functions[rng_below(&rng, sketch->count)],
                                    .b = pair.functions[rng_below(&rng, sketch->count)]};
        if (ims_p2p_new(grouping, pair.fabric, question.a, question.b, &p2p, NULL) < 0)
            continue;
        question.p2p = p2p;
        ok = check(&question, why);
        ims_p2p_free(p2p);
    }
    ims_grouping_free(grouping);
    fabric_pair_done(&pair);
    return ok;
}
