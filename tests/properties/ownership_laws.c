/* SPDX-License-Identifier: MIT */
#include "ownership_laws.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ownership_generate.h"
#include "ownership_stage.h"
#include "tap.h"

/*
 * ownership-laws [--seed N] [--scale PERCENT] [--law TEXT] [--machine N]
 * As the program properties, for the transactions of src/host on a fake kernel and a fake store.
 * --machine repeats the one machine whose seed a failure has printed.
 */

/* Every run allocates and frees much: pages that wait to be reused would be most of the time. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=4:malloc_context_size=8";
}

#define FIXED_SEED 20220519u

static const struct law ownership_laws[] = {
    {.name = "a claim ends as planned, viable, and is not done twice",
     .holds = law_claims,
     .count = 120},
    {.name = "a release puts everything back", .holds = law_comes_back, .count = 120},
    {.name = "what must not be carried out writes nothing", .holds = law_blocked, .count = 80},
    {.name = "a machine that has changed since is refused", .holds = law_drifts, .count = 80},
    {.name = "a step that fails is undone", .holds = law_step_fails, .count = 12},
    {.name = "any call may fail", .holds = law_call_fails, .count = 4},
    {.name = "all calls may fail from one on", .holds = law_all_fail, .count = 4},
    {.name = "killed at any call: recovery ends all or nothing", .holds = law_killed, .count = 6},
    {.name = "killed again in recovery: the next one ends it",
     .holds = law_killed_twice,
     .count = 6},
    {.name = "a journal torn at any byte tells enough", .holds = law_torn, .count = 1},
    {.name = "a damaged journal is said to be one", .holds = law_damaged, .count = 6},
    {.name = "a journal of another boot is history", .holds = law_rebooted, .count = 20},
    {.name = "an unbind that waits is said to be stuck, and ends later",
     .holds = law_held,
     .count = 30},
    {.name = "a machine that another tool changes is left alone", .holds = law_locked, .count = 30},
    {.name = "a second tool between any calls is refused", .holds = law_second_tool, .count = 6},
    {.name = "somebody else between any calls is noticed", .holds = law_others, .count = 20},
};

#define LAW_COUNT (sizeof(ownership_laws) / sizeof(ownership_laws[0]))

bool law_fails(char why[WHY_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, WHY_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

static void report(struct sketch *sketch, const struct law *law, const struct trial *trial,
                   uint64_t seed)
{
    char why[WHY_SIZE] = "";

    law->holds(sketch, trial, why);
    printf("# %s\n", why);
    shrink(sketch, law, trial);
    law->holds(sketch, trial, why);
    printf("# %s\n# --machine %llu repeats it; trial seed %llu; the smallest found:\n", why,
           (unsigned long long)seed, (unsigned long long)trial->seed);
    fflush(stdout);
    sketch_print(sketch, stderr);
}

static bool run_machine(const struct law *law, uint64_t seed)
{
    struct rng rng = {seed};
    struct sketch sketch = {0};
    struct trial trial = {.seed = rng_next(&rng)};
    char why[WHY_SIZE];

    ownership_generate(&rng, &sketch);
    const bool ok = law->holds(&sketch, &trial, why);
    if (!ok)
        report(&sketch, law, &trial, seed);
    sketch_done(&sketch);
    return ok;
}

static bool run_law(const struct law *law, uint64_t seed, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!run_machine(law, seed + i * 0x51ed2701u))
            return false;
    return true;
}

struct arguments {
    uint64_t fresh;
    unsigned scale;
    const char *law;
    bool machine_stated;
    uint64_t machine;
};

static struct arguments read_arguments(int argc, char **argv)
{
    struct arguments read = {.fresh = (uint64_t)time(NULL), .scale = 100, .law = ""};

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0) {
            read.fresh = strtoull(argv[i + 1], NULL, 0);
        } else if (strcmp(argv[i], "--scale") == 0) {
            read.scale = (unsigned)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--law") == 0) {
            read.law = argv[i + 1];
        } else if (strcmp(argv[i], "--machine") == 0) {
            read.machine_stated = true;
            read.machine = strtoull(argv[i + 1], NULL, 0);
        }
    }
    return read;
}

/* Laws over plans that are never carried out, or always end the same, would hold of anything. */
static void check_coverage(struct tap *tap, unsigned total)
{
    tap_ok(tap, stage_ready_count * 2 > total, "%u of %u machines have plans to carry out",
           stage_ready_count, total);
    for (unsigned i = 0; i <= IMS_OUTCOME_STUCK; i++)
        tap_ok(tap, stage_ends[i] > 0, "%u runs end %s", stage_ends[i],
               ims_outcome_state_to_string((enum ims_outcome_state)i));
}

int main(int argc, char **argv)
{
    const struct arguments arguments = read_arguments(argc, argv);
    struct tap tap = {0};
    unsigned total = 0;

    printf("# fixed seed %u, fresh seed %llu (--seed repeats it)\n", FIXED_SEED,
           (unsigned long long)arguments.fresh);
    for (size_t i = 0; i < LAW_COUNT; i++) {
        const struct law *law = &ownership_laws[i];
        const unsigned count = (unsigned)((uint64_t)law->count * arguments.scale / 100);

        if (!strstr(law->name, arguments.law))
            continue;
        if (arguments.machine_stated) {
            tap_ok(&tap, run_machine(law, arguments.machine), "%s", law->name);
            continue;
        }
        const unsigned before = stage_ready_count;
        const unsigned drawn = (count + 9) / 10; /* from the fresh seed */
        const bool ok = run_law(law, FIXED_SEED, count - drawn) &&
                        run_law(law, arguments.fresh * 0x9e3779b97f4a7c15u, drawn);
        tap_ok(&tap, ok, "%s (%u machines, %u plans carried out)", law->name, count,
               stage_ready_count - before);
        total += count;
    }
    if (!arguments.machine_stated && !*arguments.law)
        check_coverage(&tap, total);
    return tap_done(&tap);
}
