/* SPDX-License-Identifier: MIT */
#include "fabric_laws.h"

#include <stdlib.h>
#include <string.h>

/* What may only separate, and what may only merge (F9 b). */

bool law_certain_refines_possible(const struct sketch *sketch, const struct trial *trial,
                                  char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct fabric_sets sets;
    fabric_sets(sketch, &options, &sets);
    bool ok = fabric_refines(sketch, sketch->count, sets.lower, sets.upper, "LOWER, UPPER", why);
    fabric_sets_done(&sets);
    return ok;
}

/* Whether the sets with some options refine those with others, both LOWER and UPPER. */
static bool options_refine(const struct sketch *sketch, const struct oracle_options *fine,
                           const struct oracle_options *coarse, const char *what,
                           char why[WHY_SIZE])
{
    struct fabric_sets a, b;
    fabric_sets(sketch, fine, &a);
    fabric_sets(sketch, coarse, &b);
    bool ok = fabric_refines(sketch, sketch->count, a.lower, b.lower, what, why) &&
              fabric_refines(sketch, sketch->count, a.upper, b.upper, what, why);
    fabric_sets_done(&a);
    fabric_sets_done(&b);
    return ok;
}

bool law_options(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options base = fabric_trial_options(trial);
    struct oracle_options fine = base, coarse = base;
    struct fabric_sets direct, unknown;
    fine.rc = ORACLE_RC_TRANSLATE_FIRST;
    coarse.rc = ORACLE_RC_UNKNOWN;
    if (!options_refine(sketch, &fine, &coarse, "translate-first, unknown", why))
        return false;
    fine.rc = ORACLE_RC_NONE;
    coarse.rc = ORACLE_RC_TRANSLATE_FIRST;
    if (!options_refine(sketch, &fine, &coarse, "none, translate-first", why))
        return false;
    fine = coarse = base;
    fine.threat = base.threat ? base.threat - 1 : 0;
    coarse.threat = fine.threat + 1;
    if (!options_refine(sketch, &fine, &coarse, "a weaker threat, a stronger one", why))
        return false;
    fine = coarse = base;
    fine.as_configured = true;
    coarse.as_configured = false;
    if (!options_refine(sketch, &fine, &coarse, "as configured, worst case", why))
        return false;
    fine = coarse = base;
    fine.kernel_profile = true;
    coarse.kernel_profile = false;
    if (!options_refine(sketch, &fine, &coarse, "profile kernel, strict", why))
        return false;
    fine = coarse = base;
    fine.rc = ORACLE_RC_DIRECT;
    coarse.rc = ORACLE_RC_UNKNOWN;
    fabric_sets(sketch, &fine, &direct);
    fabric_sets(sketch, &coarse, &unknown);
    bool ok = fabric_refines(sketch, sketch->count, unknown.lower, direct.lower, "unknown, direct",
                             why) &&
              fabric_refines(sketch, sketch->count, unknown.upper, direct.upper,
                             "UPPER of unknown, direct", why) &&
              fabric_refines(sketch, sketch->count, direct.upper, unknown.upper,
                             "UPPER of direct, unknown", why);
    fabric_sets_done(&direct);
    fabric_sets_done(&unknown);
    return ok;
}

/* Changes one thing of a function; returns whether there was something to change. */
typedef bool (*change_function)(struct sketch_function *function, struct rng *rng);

/* The sketch with the change at one function that can have it; false = none can. */
static bool change_one(const struct sketch *sketch, const struct trial *trial,
                       change_function change, struct sketch *ret)
{
    struct rng rng = {trial->seed + 1};
    unsigned start = sketch->count ? rng_below(&rng, sketch->count) : 0;
    sketch_copy(ret, sketch);
    for (unsigned i = 0; i < sketch->count; i++) {
        if (change(&ret->functions[(start + i) % sketch->count], &rng))
            return true;
    }
    sketch_done(ret);
    return false;
}

/* As law_*: the changed sketch refines the first; keep_lower: and has the same LOWER. */
static bool change_refines(const struct sketch *sketch, const struct trial *trial,
                           change_function change, bool keep_lower, const char *what,
                           char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct fabric_sets before, after;
    struct sketch changed;
    if (!change_one(sketch, trial, change, &changed))
        return true;
    fabric_sets(sketch, &options, &before);
    fabric_sets(&changed, &options, &after);
    bool ok = fabric_refines(sketch, sketch->count, after.lower, before.lower, what, why) &&
              fabric_refines(sketch, sketch->count, after.upper, before.upper, what, why) &&
              (!keep_lower || fabric_refines(sketch, sketch->count, before.lower, after.lower,
                                             "LOWER changes", why));
    fabric_sets_done(&before);
    fabric_sets_done(&after);
    sketch_done(&changed);
    return ok;
}

static bool set_redirect(struct sketch_function *function, struct rng *rng)
{
    (void)rng;
    if (function->acs != SKETCH_YES || function->acs_ctrl_unknown || !(function->acs_cap & 4) ||
        (function->acs_ctrl & 0x24))
        return false;
    function->acs_ctrl |= 4;
    return true;
}

bool law_redirect(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return change_refines(sketch, trial, set_redirect, false, "R is set", why);
}

static bool set_forwarding(struct sketch_function *function, struct rng *rng)
{
    (void)rng;
    if (function->acs != SKETCH_YES || function->acs_ctrl_unknown || !(function->acs_cap & 0x10) ||
        (function->acs_ctrl & 0x10))
        return false;
    function->acs_ctrl |= 0x10;
    return true;
}

bool law_forwarding(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return change_refines(sketch, trial, set_forwarding, true, "U is set", why);
}

static bool set_vector_bit(struct sketch_function *function, struct rng *rng)
{
    unsigned bit = rng_below(rng, 8);
    if (function->acs != SKETCH_YES || !(function->acs_cap & 0x20) ||
        !(function->acs_ctrl_unknown || (function->acs_ctrl & 0x20)) ||
        (function->fabric.egress[0] >> bit & 1))
        return false;
    function->fabric.egress[0] |= UINT32_C(1) << bit;
    return true;
}

bool law_vector(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return change_refines(sketch, trial, set_vector_bit, false, "a vector bit is set", why);
}

static bool toggle(struct sketch_function *function, struct rng *rng)
{
    static const uint32_t bits[] = {0x01, 0x02, 0x08, 0x40};
    uint32_t bit = bits[rng_below(rng, 4)];
    if (function->acs != SKETCH_YES || function->acs_ctrl_unknown || !(function->acs_cap & bit))
        return false;
    function->acs_ctrl ^= bit;
    return true;
}

bool law_toggles(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct fabric_sets before, after;
    struct sketch changed;
    options.threat = 0;
    if (!change_one(sketch, trial, toggle, &changed))
        return true;
    fabric_sets(sketch, &options, &before);
    fabric_sets(&changed, &options, &after);
    bool ok = memcmp(before.lower, after.lower, sketch->count * sizeof(*before.lower)) == 0 &&
              memcmp(before.upper, after.upper, sketch->count * sizeof(*before.upper)) == 0;
    fabric_sets_done(&before);
    fabric_sets_done(&after);
    sketch_done(&changed);
    return ok || law_fails(why, "a bit of V, B, C, T changes the untranslated sets");
}

/*
 * A device stops being an SR-IOV device with its PF (A1.6), and an ARI device, or one with
 * function groups, with its functions (A1.7): their removal changes what the others are.
 */
static bool may_go(const struct sketch_function *function)
{
    return !function->header && !function->sriov && !function->ari;
}

bool law_removal(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct rng rng = {trial->seed + 1};
    struct fabric_sets before, after;
    struct sketch changed;
    unsigned gone = sketch->count ? rng_below(&rng, sketch->count) : 0;
    if (sketch->count < 2 || !may_go(&sketch->functions[gone]))
        return true;
    sketch_copy(&changed, sketch);
    sketch_remove(&changed, gone);
    fabric_sets(sketch, &options, &before);
    fabric_sets(&changed, &options, &after);
    memmove(&before.lower[gone], &before.lower[gone + 1],
            (changed.count - gone) * sizeof(*before.lower));
    memmove(&before.upper[gone], &before.upper[gone + 1],
            (changed.count - gone) * sizeof(*before.upper));
    bool ok = fabric_refines(&changed, changed.count, after.lower, before.lower, "removed", why) &&
              fabric_refines(&changed, changed.count, after.upper, before.upper, "removed", why);
    fabric_sets_done(&before);
    fabric_sets_done(&after);
    sketch_done(&changed);
    return ok;
}

/* A1.9: for whatever the hidden registers may be, certain edges exist and no edge is missing. */
bool law_hiding(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct rng rng = {trial->seed + 1};
    struct fabric_sets truth, hidden;
    struct sketch changed;
    sketch_copy(&changed, sketch);
    for (unsigned i = 0; i < changed.count; i++) {
        struct sketch_function *function = &changed.functions[i];
        /* An SR-IOV device without a structure is assumed to conform (A1.6), a hidden one not. */
        if (function->type == SKETCH_CONVENTIONAL || !rng_percent(&rng, 25))
            continue;
        if (rng_percent(&rng, 50))
            function->acs_ctrl_unknown = function->acs == SKETCH_YES;
        else if (function->ids[0].vendor == 0x1b36)
            function->acs = SKETCH_UNKNOWN;
    }
    fabric_sets(sketch, &options, &truth);
    fabric_sets(&changed, &options, &hidden);
    bool ok = fabric_refines(sketch, sketch->count, hidden.lower, truth.lower,
                             "LOWER with hidden registers", why) &&
              fabric_refines(sketch, sketch->count, truth.upper, hidden.upper,
                             "UPPER without hidden registers", why);
    fabric_sets_done(&truth);
    fabric_sets_done(&hidden);
    sketch_done(&changed);
    return ok;
}
