/* SPDX-License-Identifier: MIT */
/* Calls that fail while a plan is carried out: it is undone, or what could not be is named. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ownership_laws.h"
#include "ownership_stage.h"

/* Of bind, unbind, probe and override (table 1.1), of a probe of the driver, and of a path. */
static const int step_codes[] = {-ENODEV, -EBUSY, -EINVAL, -EAGAIN,
                                 -ENOENT, -EIO,   -ENOMEM, -ENOTTY};
static const int read_codes[] = {-EIO, -EACCES};
static const int store_codes[] = {-EIO, -ENOSPC, -EINTR, -EROFS};

#define PICK(rng, codes) ((codes)[rng_below(rng, sizeof(codes) / sizeof((codes)[0]))])

static bool is_of_store(enum fake_call_kind kind)
{
    return kind >= FAKE_CALL_LOCK;
}

static int pick_code(struct rng *rng, enum fake_call_kind kind)
{
    return is_of_store(kind)        ? PICK(rng, store_codes)
           : kind == FAKE_CALL_STEP ? PICK(rng, step_codes)
                                    : PICK(rng, read_codes);
}

static bool blame(const struct run *run, unsigned at, const struct stage *stage, const char *what,
                  char why[WHY_SIZE])
{
    char text[WHY_SIZE];
    char name[128];

    snprintf(text, sizeof(text), "%.300s", why);
    run_name_call(&stage->after, at, name, sizeof(name));
    return law_fails(why, "%s, %s with %s (%d): %.300s",
                     ims_plan_verb_to_string(stage->scene.plan->verb), name, what, run->script.code,
                     text);
}

/* After whatever happened a recovery that nothing disturbs ends all or nothing. */
static bool ends(struct run *run, const struct stage *stage, char why[WHY_SIZE])
{
    const bool was_named = run->outcome.state == IMS_OUTCOME_CONFLICT;
    const bool was_done = run->outcome.state == IMS_OUTCOME_DONE;
    char difference[256];

    run_restart(run);
    run_recover(run, IMS_RECOVERY_AUTO);
    if (run->result < 0 || run_count(run, IMS_TRANSACTION_OPEN) != 0)
        return law_fails(why, "recovery leaves a transaction open (%d): %s", run->result,
                         run->outcome.text);
    /* The end of the journal is all that was missing. */
    if (was_done && !run_is_new(run, stage, difference, sizeof(difference)))
        return law_fails(why, "it was done, and recovery undid it (%s): %s", run->outcome.text,
                         difference);
    if (was_named || run->outcome.state == IMS_OUTCOME_CONFLICT ||
        run_is_old(run, stage, difference, sizeof(difference)) ||
        run_is_new(run, stage, difference, sizeof(difference)))
        return true;
    return law_fails(why, "after recovery (%s): %s", run->outcome.text, difference);
}

static bool try_failure(struct run *run, struct stage *stage, unsigned at, enum fake_act act,
                        int code, char why[WHY_SIZE])
{
    run_begin(run, &stage->before);
    run->script.at = at;
    run->script.act = act;
    run->script.code = code;
    run->script.keep_percent = at * 37 % 101;
    run_apply(run, stage->scene.plan);
    const bool ok = run_tells_truth(run, stage, why) && ends(run, stage, why);
    run->script.code = code;
    if (!ok)
        blame(run, at, stage, act == FAKE_FAIL ? "no effect" : "effect", why);
    run_done(run);
    return ok;
}

static bool sweep(struct stage *stage, const struct trial *trial, bool only_steps,
                  char why[WHY_SIZE])
{
    struct run *run = run_new();
    struct rng rng = {trial->seed};
    bool ok = true;

    for (unsigned at = 1; ok && at <= stage->after.script.count; at++) {
        const enum fake_call_kind kind = stage->after.script.calls[at - 1].kind;

        if (only_steps && kind != FAKE_CALL_STEP)
            continue;
        for (unsigned i = 0; ok && only_steps && i < 3; i++)
            ok = try_failure(run, stage, at, FAKE_FAIL, PICK(&rng, step_codes), why);
        if (ok && !only_steps && kind != FAKE_CALL_UNLOCK)
            ok = try_failure(run, stage, at, FAKE_FAIL, pick_code(&rng, kind), why) &&
                 (kind == FAKE_CALL_READ || kind == FAKE_CALL_VIABLE || kind == FAKE_CALL_LOAD ||
                  kind == FAKE_CALL_LOCK ||
                  try_failure(run, stage, at, FAKE_FAIL_AFTER, pick_code(&rng, kind), why));
    }
    free(run);
    return ok;
}

static bool sweep_steps(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    return sweep(stage, trial, true, why);
}

static bool sweep_calls(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    return sweep(stage, trial, false, why);
}

/* A single failure of a step: what is undone is exactly what was. */
bool law_step_fails(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, sweep_steps, why);
}

bool law_call_fails(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, sweep_calls, why);
}

/* From one call on everything of its kind fails: a full disk, a driver that takes nothing. */
static bool sweep_onwards(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    struct run *run = run_new();
    struct rng rng = {trial->seed};
    bool ok = true;

    for (unsigned at = 1; ok && at <= stage->after.script.count; at++) {
        const enum fake_call_kind kind = stage->after.script.calls[at - 1].kind;

        if (kind == FAKE_CALL_UNLOCK)
            continue;
        run_begin(run, &stage->before);
        run->script.at = at;
        run->script.act = FAKE_FAIL;
        run->script.code = pick_code(&rng, kind);
        run->script.onwards = true;
        run->script.kinds = is_of_store(kind) ? 1u << FAKE_CALL_CREATE | 1u << FAKE_CALL_APPEND |
                                                    1u << FAKE_CALL_REMOVE
                                              : 1u << kind;
        run->script.keep_percent = rng_below(&rng, 101);
        run_apply(run, stage->scene.plan);
        ok = run_tells_truth(run, stage, why) && ends(run, stage, why);
        if (!ok)
            blame(run, at, stage, "and all later ones", why);
        run_done(run);
    }
    free(run);
    return ok;
}

bool law_all_fail(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, sweep_onwards, why);
}
