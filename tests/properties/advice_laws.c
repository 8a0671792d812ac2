/* SPDX-License-Identifier: MIT */
/*
 * advice-laws [--seed N] [--scale PERCENT] [--law TEXT]
 * Advice on random small fabrics against brute force: what is promised happens when a sketch is
 * changed by hand, and no smaller set of control points does it (F10-F12).
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fabric_generate.h"
#include "iommuscope/advice.h"
#include "laws.h"
#include "tap.h"

#define FIXED_SEED 20260214u
#define POINTS_MAX 10u
#define PAIRS_MAX 1024u

bool law_fails(char why[WHY_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, WHY_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- a sketch, judged twice ---- */

struct stage {
    struct ims_topology *topology;
    struct ims_grouping *grouping;
    struct ims_fabric *fabric;
    struct ims_fabric_sets *lower;
    struct ims_fabric_sets *upper;
};

/* What the kernel of a question is told besides the registers. */
struct judgement {
    const char *rules;
    enum ims_acs_mode acs;
    enum ims_probe_mode probe;
    const char *cmdline;
    enum ims_fabric_rc rc;
};

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "advice-laws: %s\n", strerror(-code));
        abort();
    }
}

static void stage_make(struct stage *stage, const struct sketch *sketch,
                       const struct judgement *judgement)
{
    struct ims_grouping_options grouping = {
        .size_bytes = sizeof(grouping),
        .acs = judgement->acs,
        .probe = judgement->probe,
        .cmdline = judgement->cmdline,
    };
    const struct ims_fabric_options fabric = {.rc = judgement->rc};

    *stage = (struct stage){0};
    must(ims_ruleset_find(judgement->rules, NULL, &grouping.ruleset, NULL));
    must(sketch_seal(sketch, &stage->topology, NULL));
    must(ims_grouping_compute(stage->topology, &grouping, &stage->grouping, NULL));
    must(ims_fabric_new(stage->topology, &fabric, &stage->fabric, NULL));
    must(ims_fabric_sets(stage->fabric, IMS_FABRIC_MUST, &stage->lower, NULL));
    must(ims_fabric_sets(stage->fabric, IMS_FABRIC_MAY, &stage->upper, NULL));
}

static void stage_done(struct stage *stage)
{
    ims_fabric_sets_free(stage->lower);
    ims_fabric_sets_free(stage->upper);
    ims_fabric_free(stage->fabric);
    ims_grouping_free(stage->grouping);
    ims_topology_free(stage->topology);
}

/* ---- the question, drawn ---- */

struct draw {
    struct ims_separation_question question;
    struct ims_function a;
    struct ims_function b;
    uint32_t pairs[PAIRS_MAX][2];
    bool wanted[PAIRS_MAX];
    uint32_t pair_count;
};

static bool is_endpoint(const struct stage *stage, uint32_t i)
{
    return ims_topology_function(stage->topology, (struct ims_function){i})
               ->pci.header_type.value == 0;
}

static void add_pair(struct draw *draw, uint32_t a, uint32_t b)
{
    if (draw->pair_count == PAIRS_MAX)
        abort();
    draw->pairs[draw->pair_count][0] = a;
    draw->pairs[draw->pair_count][1] = b;
    draw->wanted[draw->pair_count++] = true;
}

/* Endpoints of one group are better questions than any two. */
static bool draw_question(struct rng *rng, const struct stage *stage, struct draw *ret)
{
    const uint32_t count = ims_topology_function_count(stage->topology);
    uint32_t endpoints[64];
    uint32_t endpoint_count = 0;

    *ret = (struct draw){0};
    for (uint32_t i = 0; i < count && endpoint_count < 32; i++)
        if (is_endpoint(stage, i))
            endpoints[endpoint_count++] = i;
    if (endpoint_count < 2)
        return false;
    ret->a.index = endpoints[rng_below(rng, endpoint_count)];
    for (int tries = 0; tries < 8; tries++) {
        ret->b.index = endpoints[rng_below(rng, endpoint_count)];
        if (ret->b.index != ret->a.index &&
            ims_grouping_together(stage->grouping, ret->a, ret->b) == IMS_YES)
            break;
    }
    ret->question = (struct ims_separation_question){
        .goal = (enum ims_separation_goal)rng_below(rng, 3),
        .a = &ret->a,
        .a_count = 1,
        .b = &ret->b,
        .b_count = 1,
    };
    if (ret->a.index == ret->b.index)
        return false;
    if (ret->question.goal == IMS_SEPARATE_SPLIT)
        add_pair(ret, ret->a.index, ret->b.index);
    for (uint32_t i = 0; i < count; i++) {
        if (ret->question.goal == IMS_SEPARATE_ISOLATE && i != ret->a.index &&
            is_endpoint(stage, i))
            add_pair(ret, ret->a.index, i);
        for (uint32_t j = i + 1; ret->question.goal == IMS_SEPARATE_GROUP && j < count; j++)
            if (is_endpoint(stage, i) && is_endpoint(stage, j) &&
                ims_grouping_of(stage->grouping, ret->a) ==
                    ims_grouping_of(stage->grouping, (struct ims_function){i}) &&
                ims_grouping_of(stage->grouping, ret->a) ==
                    ims_grouping_of(stage->grouping, (struct ims_function){j}))
                add_pair(ret, i, j);
    }
    return ret->pair_count > 0;
}

static bool reached(const struct draw *draw, const struct ims_grouping *grouping)
{
    for (uint32_t i = 0; i < draw->pair_count; i++)
        if (draw->wanted[i] &&
            ims_grouping_together(grouping, (struct ims_function){draw->pairs[i][0]},
                                  (struct ims_function){draw->pairs[i][1]}) != IMS_NO)
            return false;
    return true;
}

static enum ims_separation_truth truth(const struct draw *draw, const struct stage *stage)
{
    enum ims_separation_truth least = IMS_TRUTH_APART;

    for (uint32_t i = 0; i < draw->pair_count; i++) {
        const struct ims_function a = {draw->pairs[i][0]};
        const struct ims_function b = {draw->pairs[i][1]};

        if (!draw->wanted[i])
            continue;
        if (ims_fabric_sets_of(stage->lower, a) == ims_fabric_sets_of(stage->lower, b))
            return IMS_TRUTH_JOINED;
        if (ims_fabric_sets_of(stage->upper, a) == ims_fabric_sets_of(stage->upper, b))
            least = IMS_TRUTH_OPEN;
    }
    return least;
}

/* ---- control points, on the sketch ---- */

static uint32_t missing(const struct sketch_function *function)
{
    uint32_t bits = function->acs_cap & SKETCH_REQ & ~function->acs_ctrl;

    if (function->acs_cap & function->acs_ctrl & IMS_ACS_EC && function->acs_cap & IMS_ACS_RR)
        bits |= IMS_ACS_EC;
    return function->acs == SKETCH_YES && !function->spt ? bits : 0;
}

static unsigned find_points(const struct sketch *sketch, unsigned points[POINTS_MAX])
{
    unsigned count = 0;

    for (unsigned i = 0; i < sketch->count; i++) {
        if (!missing(&sketch->functions[i]))
            continue;
        if (count == POINTS_MAX)
            return POINTS_MAX + 1;
        points[count++] = i;
    }
    return count;
}

/* The subset with every register at its safest value (F11). */
static void apply_subset(struct sketch *sketch, const unsigned *points, unsigned count,
                         unsigned subset)
{
    for (unsigned i = 0; i < count; i++) {
        struct sketch_function *function = &sketch->functions[points[i]];

        if (!(subset >> i & 1))
            continue;
        if (missing(function) & IMS_ACS_EC)
            function->acs_ctrl &= ~IMS_ACS_EC;
        function->acs_ctrl |= function->acs_cap & SKETCH_REQ;
    }
}

struct brute {
    const struct sketch *sketch;
    const struct judgement *judgement;
    struct draw *draw;
    const struct stage *stage;
    unsigned points[POINTS_MAX];
    unsigned count;
};

static bool subset_reaches(const struct brute *brute, unsigned subset)
{
    struct ims_grouping_options options = {
        .size_bytes = sizeof(options), .acs = IMS_ACS_AS_IS, .isolated_count = 0};
    struct ims_function isolated[POINTS_MAX];
    struct ims_grouping *grouping = NULL;

    must(ims_ruleset_find(brute->judgement->rules, NULL, &options.ruleset, NULL));
    /* A register with all that is implemented passes (R4.7); those that have no say change none. */
    for (unsigned i = 0; i < brute->count; i++)
        if (subset >> i & 1)
            isolated[options.isolated_count++] = ims_topology_find(
                brute->stage->topology, brute->sketch->functions[brute->points[i]].address);
    options.isolated = isolated;
    must(ims_grouping_compute(brute->stage->topology, &options, &grouping, NULL));
    const bool does = reached(brute->draw, grouping);
    ims_grouping_free(grouping);
    return does;
}

/* The same by changing the machine; kernel and fabric are both asked. */
static bool subset_holds(const struct brute *brute, unsigned subset,
                         enum ims_separation_truth *ret_truth)
{
    struct sketch changed = {0};
    struct stage stage;

    sketch_copy(&changed, brute->sketch);
    apply_subset(&changed, brute->points, brute->count, subset);
    stage_make(&stage, &changed, brute->judgement);
    const bool does = reached(brute->draw, stage.grouping);
    *ret_truth = truth(brute->draw, &stage);
    stage_done(&stage);
    sketch_done(&changed);
    return does;
}

/* Pairs of GROUP that the full set separates. */
static void want_what_can_be(const struct brute *brute)
{
    struct sketch changed = {0};
    struct stage stage;
    struct draw *draw = brute->draw;

    if (draw->question.goal != IMS_SEPARATE_GROUP)
        return;
    sketch_copy(&changed, brute->sketch);
    apply_subset(&changed, brute->points, brute->count, (1u << brute->count) - 1);
    stage_make(&stage, &changed, brute->judgement);
    for (uint32_t i = 0; i < draw->pair_count; i++)
        draw->wanted[i] =
            ims_grouping_together(stage.grouping, (struct ims_function){draw->pairs[i][0]},
                                  (struct ims_function){draw->pairs[i][1]}) == IMS_NO;
    stage_done(&stage);
    sketch_done(&changed);
}

static bool wants_any(const struct draw *draw)
{
    for (uint32_t i = 0; i < draw->pair_count; i++)
        if (draw->wanted[i])
            return true;
    return false;
}

/* ---- what is claimed ---- */

static void apply_changes(struct sketch *sketch, const struct ims_topology *topology,
                          const struct ims_separation_way *way)
{
    for (uint32_t i = 0; i < way->change_count; i++) {
        const struct ims_separation_change *change = &way->changes[i];
        struct sketch_function *function =
            sketch_find(sketch, ims_topology_function(topology, change->function)->address);

        function->acs_ctrl = (function->acs_ctrl | change->set) & ~(uint32_t)change->clear;
    }
}

static bool check_claim(const struct brute *brute, const struct ims_separation_way *way,
                        char why[WHY_SIZE])
{
    struct judgement judgement = *brute->judgement;
    struct sketch changed = {0};
    bool ok = true;

    sketch_copy(&changed, brute->sketch);
    apply_changes(&changed, brute->stage->topology, way);
    for (int hot = 0; ok && hot < 2; hot++) {
        struct stage stage;

        judgement.probe = hot ? IMS_PROBE_HOT_ADDED : IMS_PROBE_BOOT;
        stage_make(&stage, &changed, &judgement);
        if (!reached(brute->draw, stage.grouping))
            ok =
                law_fails(why, "%u changes do not separate (hot-added %d)", way->change_count, hot);
        else if (truth(brute->draw, &stage) != way->truth)
            ok = law_fails(why, "the fabric says %s, not %s",
                           ims_separation_truth_to_string(truth(brute->draw, &stage)),
                           ims_separation_truth_to_string(way->truth));
        stage_done(&stage);
    }
    sketch_done(&changed);
    return ok;
}

static bool check_minimum(const struct brute *brute, const struct ims_separation_way *way,
                          char why[WHY_SIZE])
{
    for (unsigned subset = 0; subset < 1u << brute->count; subset++) {
        const unsigned size = (unsigned)__builtin_popcount(subset);
        enum ims_separation_truth found = IMS_TRUTH_JOINED;

        if (!subset_reaches(brute, subset))
            continue;
        /* Fewer changes for as much, or any number for more. */
        if (way->leads == IMS_YES && size >= way->change_count && way->truth == IMS_TRUTH_APART)
            continue;
        if (!subset_holds(brute, subset, &found))
            continue;
        if (way->leads != IMS_YES)
            return law_fails(why, "subset %x separates, and no way was found", subset);
        if (found > way->truth)
            return law_fails(why, "subset %x comes to %s, the advice to %s only", subset,
                             ims_separation_truth_to_string(found),
                             ims_separation_truth_to_string(way->truth));
        if (size < way->change_count && found >= way->truth)
            return law_fails(why, "subset %x has %u changes, the advice %u", subset, size,
                             way->change_count);
    }
    return true;
}

static struct judgement draw_judgement(struct rng *rng)
{
    return (struct judgement){
        .rules = "linux-6.18",
        .acs = IMS_ACS_AS_IS,
        .rc = rng_percent(rng, 50) ? IMS_FABRIC_RC_TRANSLATE_FIRST : IMS_FABRIC_RC_UNKNOWN,
    };
}

static struct {
    unsigned changes, nothing, impossible, several, fabric;
} seen;

static bool law_now(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct rng rng = {trial->seed};
    const struct judgement judgement = draw_judgement(&rng);
    struct ims_separation *separation = NULL;
    struct stage stage;
    struct draw draw;
    bool ok = true;

    stage_make(&stage, sketch, &judgement);
    struct brute brute = {
        .sketch = sketch, .judgement = &judgement, .draw = &draw, .stage = &stage};
    brute.count = find_points(sketch, brute.points);
    if (brute.count <= POINTS_MAX && draw_question(&rng, &stage, &draw)) {
        want_what_can_be(&brute);
        must(ims_separation_new(stage.grouping, stage.fabric, &draw.question, &separation, NULL));
        const struct ims_separation_way *way = &separation->now;

        seen.changes += way->change_count > 0;
        seen.several += way->change_count > 1;
        seen.nothing += separation->answer == IMS_SEPARATION_NOTHING;
        seen.impossible += separation->answer == IMS_SEPARATION_IMPOSSIBLE;
        for (uint32_t i = 0; i < way->change_count; i++)
            seen.fabric += way->changes[i].for_fabric;
        if (way->leads == IMS_YES)
            ok = check_claim(&brute, way, why);
        if (ok && wants_any(&draw))
            ok = check_minimum(&brute, way, why);
        ims_separation_free(separation);
    }
    stage_done(&stage);
    return ok;
}

/* ---- the next boot: whatever firmware leaves in the registers ---- */

static void draw_cmdline(struct rng *rng, struct sketch *sketch)
{
    char *text = sketch->machine.cmdline;
    size_t room = sizeof(sketch->machine.cmdline);
    const bool config = rng_percent(rng, 50);
    unsigned count = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < sketch->count && count < 4; i++) {
        const struct sketch_function *function = &sketch->functions[i];
        char address[IMS_ADDRESS_STRING_SIZE];
        int written;

        if (function->acs != SKETCH_YES || !rng_percent(rng, 40))
            continue;
        written = snprintf(text, room, "%s%s%s%s", count ? ";" : "quiet pci=",
                           count    ? ""
                           : config ? "config_acs="
                                    : "disable_acs_redir=",
                           config ? rng_percent(rng, 50) ? "0@" : "xx0000x@" : "",
                           ims_address_format(function->address, address));
        text += written;
        room -= (size_t)written;
        count++;
    }
}

/* A machine that firmware handed over: required bits that read 1 may have been 0 before Linux. */
static void before_boot(struct rng *rng, struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++)
        if (sketch->functions[i].acs == SKETCH_YES)
            sketch->functions[i].acs_ctrl &= ~(uint32_t)(SKETCH_REQ & (unsigned)rng_next(rng));
    sketch->machine.iommu_on = IMS_NO;
}

static bool law_boot(const struct sketch *given, const struct trial *trial, char why[WHY_SIZE])
{
    static const char *const kernels[] = {"linux-5.15", "linux-6.12.95", "linux-6.18", "linux-7.3"};
    struct rng rng = {trial->seed};
    struct judgement judgement = draw_judgement(&rng);
    struct ims_separation *separation = NULL;
    struct sketch sketch = {0};
    struct stage stage;
    struct draw draw;
    bool ok = true;

    sketch_copy(&sketch, given);
    draw_cmdline(&rng, &sketch);
    judgement.rules = kernels[rng_below(&rng, 4)];
    stage_make(&stage, &sketch, &judgement);
    if (draw_question(&rng, &stage, &draw) && draw.question.goal != IMS_SEPARATE_GROUP) {
        char rules[IMS_RULESET_NAME_SIZE];

        must(ims_separation_new(stage.grouping, stage.fabric, &draw.question, &separation, NULL));
        judgement.rules = ims_ruleset_name(&separation->boot.kernel, rules);
        judgement.acs = IMS_ACS_AS_LINUX_SETS;
        judgement.cmdline = separation->boot.cmdline;
        for (int tries = 0; ok && tries < 3 && separation->boot.leads == IMS_YES; tries++) {
            struct sketch firmware = {0};
            struct stage booted;

            sketch_copy(&firmware, &sketch);
            before_boot(&rng, &firmware);
            stage_make(&booted, &firmware, &judgement);
            if (!reached(&draw, booted.grouping))
                ok = law_fails(why, "\"%s\" on %s does not separate", judgement.cmdline,
                               judgement.rules);
            stage_done(&booted);
            sketch_done(&firmware);
        }
        /* Where config_acs works, options do whatever registers do (R4.19). */
        if (ok && separation->now.leads == IMS_YES && strcmp(rules, "linux-5.15") != 0 &&
            (separation->boot.leads != IMS_YES || separation->boot.truth < separation->now.truth))
            ok = law_fails(why, "\"%s\" on %s: registers come to %s, options to %s",
                           sketch.machine.cmdline, rules,
                           ims_separation_truth_to_string(separation->now.truth),
                           separation->boot.leads == IMS_YES
                               ? ims_separation_truth_to_string(separation->boot.truth)
                               : "nothing");
        seen.several += *separation->boot.add != '\0';
        ims_separation_free(separation);
    }
    stage_done(&stage);
    sketch_done(&sketch);
    return ok;
}

/* ---- running ---- */

static struct fabric_options draw_small(struct rng *rng)
{
    static const unsigned often[] = {30, 60, 90};

    return (struct fabric_options){
        .function_max = 4 + rng_below(rng, 8),
        .depth_max = 2 + rng_below(rng, 4),
        .lax = often[rng_below(rng, 3)],
        .egress = rng_percent(rng, 30) ? 40 : 0,
        .functions = rng_percent(rng, 50) ? 50 : 0,
        .vfs = rng_percent(rng, 10) ? 30 : 0,
        .conventional = rng_percent(rng, 20) ? 30 : 0,
        .port_bars = rng_percent(rng, 10) ? 30 : 0,
    };
}

static const struct law advice_laws[] = {
    {.name = "advice at run time is true, and no smaller one is", .holds = law_now, .count = 2000},
    {.name = "advice for the next boot holds whatever firmware leaves",
     .holds = law_boot,
     .count = 600},
};

static bool run_law(const struct law *law, uint64_t seed, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct rng rng = {seed + i * UINT64_C(0x51ed2701)};
        struct sketch sketch = {0};
        struct trial trial = {.seed = rng_next(&rng)};
        const struct fabric_options options = draw_small(&rng);
        char why[WHY_SIZE] = "";

        fabric_generate(&rng, &options, &sketch);
        sketch.machine.iommu_on = IMS_YES;
        const bool ok = law->holds(&sketch, &trial, why);
        if (!ok) {
            shrink(&sketch, law, &trial);
            law->holds(&sketch, &trial, why);
            printf("# %s\n# trial seed %llu, fabric seed %llu; the smallest found:\n", why,
                   (unsigned long long)trial.seed,
                   (unsigned long long)(seed + i * UINT64_C(0x51ed2701)));
            fflush(stdout);
            sketch_print(&sketch, stderr);
        }
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
    unsigned scale = 100;
    const char *only = "";

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            fresh = strtoull(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--scale") == 0)
            scale = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--law") == 0)
            only = argv[i + 1];
    }
    printf("# fixed seed %u, fresh seed %llu (--seed repeats it)\n", FIXED_SEED,
           (unsigned long long)fresh);
    for (size_t i = 0; i < sizeof(advice_laws) / sizeof(advice_laws[0]); i++) {
        const struct law *law = &advice_laws[i];
        const unsigned count = (unsigned)((unsigned long long)law->count * scale / 100);
        const unsigned drawn = count / 20;

        if (!strstr(law->name, only))
            continue;
        memset(&seen, 0, sizeof(seen));
        const bool ok = run_law(law, FIXED_SEED, count - drawn) &&
                        run_law(law, fresh * UINT64_C(0x9e3779b97f4a7c15), drawn);
        tap_ok(&tap, ok, "%s (%u fabrics)", law->name, count);
        printf(
            "# with changes %u, more than one %u, for the fabric %u, nothing %u, impossible %u\n",
            seen.changes, seen.several, seen.fabric, seen.nothing, seen.impossible);
    }
    return tap_done(&tap);
}
