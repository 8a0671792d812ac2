/* SPDX-License-Identifier: MIT */
#include "fabric_laws.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fabric_coverage.h"
#include "fabric_generate.h"
#include "tap.h"

/*
 * fabric-laws [--seed N] [--scale PERCENT] [--fresh PERCENT] [--law TEXT]
 * As the program properties, for fabrics; --fresh is the share that comes from the fresh seed (5).
 */

#define FIXED_SEED 20190507u

static const struct law fabric_laws[] = {
    {.name = "the engine agrees with the oracle", .holds = law_engine, .count = 5000},
    {.name = "what a function reaches is what the oracle says of every pair",
     .holds = law_victims,
     .count = 2000},
    {.name = "a plan is broken where a pair of two owners is", .holds = law_assign, .count = 2000},
    {.name = "no bit opens a way to a peer with less exposure", .holds = law_p2p, .count = 300},
    {.name = "LOWER refines UPPER", .holds = law_certain_refines_possible, .count = 1500},
    {.name = "profiles, threats and command bits refine as they must",
     .holds = law_options,
     .count = 500},
    {.name = "setting R where E is off never coarsens", .holds = law_redirect, .count = 1500},
    {.name = "setting U leaves LOWER and never coarsens UPPER",
     .holds = law_forwarding,
     .count = 1500},
    {.name = "setting a vector bit never coarsens", .holds = law_vector, .count = 1500},
    {.name = "V, B, C and T do not touch untranslated requests",
     .holds = law_toggles,
     .count = 1500},
    {.name = "removing an endpoint never merges others", .holds = law_removal, .count = 1500},
    {.name = "a device taken out by an edit never merges others",
     .holds = law_edit_takes_out,
     .count = 800},
    {.name = "redirect set by an edit never coarsens, and can be taken back",
     .holds = law_edit_redirects,
     .count = 800},
    {.name = "an isolated root port changes nothing", .holds = law_isolated_root, .count = 800},
    {.name = "bus numbers do not matter", .holds = law_bus_numbers, .count = 800},
    {.name = "addresses do not matter", .holds = law_relocation, .count = 800},
    {.name = "the order of the functions does not matter", .holds = law_fabric_order, .count = 800},
    {.name = "hidden registers: what is certain and what is possible holds",
     .holds = law_hiding,
     .count = 1000},
    {.name = "every request ends somewhere, at most once for certain",
     .holds = law_outcomes,
     .count = 500},
    {.name = "a forged id passes where the aperture allows it", .holds = law_forging, .count = 500},
    {.name = "a printed fabric reads back the same", .holds = law_fabric_language, .count = 300},
    {.name = "a fabric seals", .holds = law_fabric_seals, .count = 150},
    {.name = "every edge has a request that proves it", .holds = law_witness, .count = 300},
};

bool law_fails(char why[WHY_SIZE], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, WHY_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

struct oracle_options fabric_trial_options(const struct trial *trial)
{
    struct rng rng = {trial->seed};
    struct oracle_options options = {.rc = (enum oracle_rc)rng_below(&rng, 4)};
    if (rng_percent(&rng, 40))
        options.threat = 1 + rng_below(&rng, 2);
    options.kernel_profile = rng_percent(&rng, 15);
    options.as_configured = rng_percent(&rng, 30);
    options.paranoid_sriov = rng_percent(&rng, 20);
    options.without_mc = rng_percent(&rng, 10);
    options.one_rc_per_bus = rng_percent(&rng, 20);
    return options;
}

void fabric_sets(const struct sketch *sketch, const struct oracle_options *options,
                 struct fabric_sets *ret)
{
    struct oracle *oracle = oracle_new(sketch, options);
    ret->lower = calloc(sketch->count + 1u, sizeof(*ret->lower));
    ret->upper = calloc(sketch->count + 1u, sizeof(*ret->upper));
    if (!ret->lower || !ret->upper)
        abort();
    oracle_sets(oracle, true, ret->lower);
    oracle_sets(oracle, false, ret->upper);
    oracle_free(oracle);
}

void fabric_sets_done(struct fabric_sets *sets)
{
    free(sets->lower);
    free(sets->upper);
}

bool fabric_refines(const struct sketch *sketch, unsigned count, const unsigned *fine,
                    const unsigned *coarse, const char *what, char why[WHY_SIZE])
{
    char a[IMS_ADDRESS_STRING_SIZE], b[IMS_ADDRESS_STRING_SIZE];
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (fine[i] == fine[j] && coarse[i] != coarse[j])
                return law_fails(why, "%s: %s and %s are merged", what,
                                 ims_address_format(sketch->functions[j].address, a),
                                 ims_address_format(sketch->functions[i].address, b));
        }
    }
    return true;
}

static void report(struct sketch *sketch, const struct law *law, const struct trial *trial,
                   uint64_t seed)
{
    char why[WHY_SIZE] = "";
    struct oracle_options options = fabric_trial_options(trial);
    shrink(sketch, law, trial);
    law->holds(sketch, trial, why);
    printf(
        "# %s\n# rc %d, TM%u%s%s%s%s%s, trial seed %llu, fabric seed %llu; the smallest found:\n",
        why, (int)options.rc, options.threat, options.kernel_profile ? ", kernel profile" : "",
        options.as_configured ? ", as configured" : "",
        options.paranoid_sriov ? ", paranoid about SR-IOV" : "",
        options.without_mc ? ", without multicast" : "",
        options.one_rc_per_bus ? ", one RC per bus" : "", (unsigned long long)trial->seed,
        (unsigned long long)seed);
    fflush(stdout);
    sketch_print(sketch, stderr);
}

static bool run_law(const struct law *law, uint64_t seed, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t fabric_seed = seed + i * 0x51ed2701u;
        struct rng rng = {fabric_seed};
        struct sketch sketch = {0};
        struct trial trial = {.seed = rng_next(&rng)};
        char why[WHY_SIZE];
        struct fabric_options options = fabric_draw_options(&rng);
        fabric_generate(&rng, &options, &sketch);
        bool ok = law->holds(&sketch, &trial, why);
        if (!ok)
            report(&sketch, law, &trial, fabric_seed);
        sketch_done(&sketch);
        if (!ok)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct tap tap = {0};
    uint64_t fresh = (uint64_t)time(NULL);
    unsigned scale = 100, share = 5;
    const char *only = "";
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            fresh = strtoull(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--scale") == 0)
            scale = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--fresh") == 0)
            share = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--law") == 0)
            only = argv[i + 1];
    }
    if (share > 100) {
        fprintf(stderr, "fabric-laws: --fresh takes at most 100 percent\n");
        return 2;
    }
    printf("# fixed seed %u, fresh seed %llu (--seed repeats it)\n", FIXED_SEED,
           (unsigned long long)fresh);
    for (size_t i = 0; i < sizeof(fabric_laws) / sizeof(fabric_laws[0]); i++) {
        const struct law *law = &fabric_laws[i];
        unsigned count = (unsigned)((unsigned long long)law->count * scale / 100);
        if (!strstr(law->name, only))
            continue;
        unsigned drawn = (unsigned)((unsigned long long)count * share / 100);
        bool ok = run_law(law, FIXED_SEED, count - drawn) &&
                  run_law(law, fresh * 0x9e3779b97f4a7c15u, drawn);
        tap_ok(&tap, ok, "%s (%u fabrics)", law->name, count);
    }
    if (strstr("coverage", only))
        fabric_check_coverage(&tap, FIXED_SEED, 400);
    return tap_done(&tap);
}
