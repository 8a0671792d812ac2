/* SPDX-License-Identifier: MIT */
/* Killed while a plan is carried out, and what the journal of it is worth. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ownership_laws.h"
#include "ownership_stage.h"

static void apply_killed(struct run *run, const struct stage *stage, unsigned at, bool after,
                         unsigned keep_percent)
{
    run_begin(run, &stage->before);
    run->script.at = at;
    run->script.act = after ? FAKE_KILL_AFTER : FAKE_KILL_BEFORE;
    run->script.keep_percent = keep_percent;
    run_apply(run, stage->scene.plan);
}

/* All or nothing, as it says, in the direction that was asked for; and then there is nothing left. */
static bool recovers(struct run *run, const struct stage *stage, enum ims_recovery recovery,
                     char why[WHY_SIZE])
{
    char old[200] = "";
    char new[200] = "";
    const bool was_new = run_is_new(run, stage, new, sizeof(new));

    run_recover(run, recovery);
    const enum ims_outcome_state state = run->outcome.state;
    const bool is_old = run_is_old(run, stage, old, sizeof(old));
    const bool is_new = run_is_new(run, stage, new, sizeof(new));
    if (!run_keeps(run, stage, why))
        return false;
    if (run->result < 0 || run_count(run, IMS_TRANSACTION_OPEN) != 0)
        return law_fails(why, "recovery returns %d (%s)", run->result, run->outcome.text);
    if ((state == IMS_OUTCOME_DONE && !is_new) || (state == IMS_OUTCOME_UNDONE && !is_old) ||
        (state == IMS_OUTCOME_NOTHING && is_old == is_new) || state > IMS_OUTCOME_UNDONE)
        return law_fails(why, "recovery says %s (%s); old: %s; new: %s",
                         ims_outcome_state_to_string(state), run->outcome.text, old, new);
    if (state != IMS_OUTCOME_NOTHING && recovery != IMS_RECOVERY_AUTO &&
        (recovery == IMS_RECOVERY_FORWARD) != (state == IMS_OUTCOME_DONE))
        return law_fails(why, "recovery went the other way: %s", run->outcome.text);
    if (state != IMS_OUTCOME_NOTHING && recovery == IMS_RECOVERY_AUTO &&
        (stage->scene.plan->verb == IMS_PLAN_RELEASE || was_new) != (state == IMS_OUTCOME_DONE))
        return law_fails(why,
                         "recovery did not go to what the host had, or undid what was done: %s",
                         run->outcome.text);
    run_restart(run);
    run_recover(run, recovery);
    if (run->outcome.state != IMS_OUTCOME_NOTHING ||
        fake_script_count(&run->script, FAKE_CALL_STEP))
        return law_fails(why, "the second recovery says %s (%s)",
                         ims_outcome_state_to_string(run->outcome.state), run->outcome.text);
    return true;
}

static bool blame(const struct stage *stage, unsigned at, const char *what, char why[WHY_SIZE])
{
    char text[WHY_SIZE];
    char name[128];

    snprintf(text, sizeof(text), "%.350s", why);
    run_name_call(&stage->after, at, name, sizeof(name));
    return law_fails(why, "%s, %s %s: %.350s", ims_plan_verb_to_string(stage->scene.plan->verb),
                     what, name, text);
}

static bool sweep_kills(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    struct run *run = run_new();
    struct rng rng = {trial->seed};
    bool ok = true;

    for (unsigned i = 0; ok && i < 2 * stage->after.script.count; i++) {
        apply_killed(run, stage, i / 2 + 1, i & 1, rng_below(&rng, 101));
        run_restart(run);
        ok = recovers(run, stage, (enum ims_recovery)rng_below(&rng, 3), why);
        if (!ok)
            blame(stage, i / 2 + 1, i & 1 ? "killed after" : "killed before", why);
        run_done(run);
    }
    free(run);
    return ok;
}

bool law_killed(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, sweep_kills, why);
}

/* Killed at some call, recovered, killed at any call of the recovery, perhaps the other way round. */
static bool sweep_second_kills(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    struct run *first = run_new();
    struct run *second = run_new();
    struct rng rng = {trial->seed};
    const unsigned at = 1 + rng_below(&rng, stage->after.script.count);
    const enum ims_recovery recovery = (enum ims_recovery)rng_below(&rng, 3);
    const enum ims_recovery again = (enum ims_recovery)rng_below(&rng, 3);
    bool ok = true;

    apply_killed(first, stage, at, rng_percent(&rng, 50), 50);
    run_restart(first);
    for (unsigned i = 0; ok && i < 2 * FAKE_CALLS_MAX; i++) {
        run_begin(second, first);
        second->script.at = i / 2 + 1;
        second->script.act = i & 1 ? FAKE_KILL_AFTER : FAKE_KILL_BEFORE;
        second->script.keep_percent = rng_below(&rng, 101);
        run_recover(second, recovery);
        const bool is_last = !second->script.dead;
        run_restart(second);
        ok = recovers(second, stage, again, why);
        if (!ok)
            blame(stage, at, "killed at a call of the recovery after a kill around", why);
        run_done(second);
        if (is_last)
            break;
    }
    run_done(first);
    free(first);
    free(second);
    return ok;
}

bool law_killed_twice(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, sweep_second_kills, why);
}

/* ---- journals ---- */

static struct fake_journal *last_journal(struct run *run)
{
    return run->store.count ? &run->store.journals[run->store.count - 1] : NULL;
}

/* Every append is torn at every byte of what it adds. */
static bool sweep_tears(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    struct run *killed = run_new();
    struct run *run = run_new();
    struct rng rng = {trial->seed};
    bool ok = true;

    for (unsigned at = 1; ok && at <= stage->after.script.count; at++) {
        size_t size_bytes;

        /* The first append holds the plan: it is long, and the kernel was not touched yet. */
        if (stage->after.script.calls[at - 1].kind != FAKE_CALL_APPEND)
            continue;
        apply_killed(killed, stage, at, false, 0);
        const size_t begin = last_journal(killed)->size_bytes;
        run_done(killed);
        apply_killed(killed, stage, at, true, 0);
        run_restart(killed);
        const size_t end = last_journal(killed)->size_bytes;
        for (size_bytes = begin; ok && size_bytes < end;
             size_bytes += begin == 0 ? 1 + rng_below(&rng, 40) : 1) {
            run_begin(run, killed);
            last_journal(run)->size_bytes = size_bytes;
            ok = recovers(run, stage, (enum ims_recovery)rng_below(&rng, 3), why);
            if (!ok)
                blame(stage, at, "torn record of", why);
            run_done(run);
        }
        run_done(killed);
    }
    free(killed);
    free(run);
    return ok;
}

bool law_torn(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, sweep_tears, why);
}

static bool judge_damaged(struct run *run, const struct stage *stage, struct rng *rng,
                          char why[WHY_SIZE])
{
    char old[200] = "";
    char new[200] = "";

    run_recover(run, (enum ims_recovery)rng_below(rng, 3));
    const enum ims_outcome_state state = run->outcome.state;
    const bool is_old = run_is_old(run, stage, old, sizeof(old));
    const bool is_new = run_is_new(run, stage, new, sizeof(new));
    const bool is_truth = state == IMS_OUTCOME_DONE       ? is_new
                          : state == IMS_OUTCOME_UNDONE   ? is_old
                          : state == IMS_OUTCOME_NOTHING  ? is_old || is_new
                          : state == IMS_OUTCOME_CONFLICT ? run->outcome.text[0] != '\0'
                                                          : false;
    if (!run_keeps(run, stage, why))
        return false;
    if (!is_truth)
        return law_fails(why, "recovery says %s (%s); old: %s; new: %s",
                         ims_outcome_state_to_string(state), run->outcome.text, old, new);
    run_restart(run);
    run_recover(run, IMS_RECOVERY_AUTO);
    if (fake_script_count(&run->script, FAKE_CALL_STEP))
        return law_fails(why, "the second recovery writes to the machine: %s", run->outcome.text);
    return true;
}

/* Some bytes of the journal are other ones, or zero, as after a loss of power. */
static bool sweep_damage(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    struct run *run = run_new();
    struct rng rng = {trial->seed};
    bool ok = true;

    for (unsigned i = 0; ok && i < 60; i++) {
        const unsigned at = 1 + rng_below(&rng, stage->after.script.count);

        apply_killed(run, stage, at, rng_percent(&rng, 50), 100);
        run_restart(run);
        struct fake_journal *journal = last_journal(run);
        const unsigned count = rng_percent(&rng, 80) ? 1 + rng_below(&rng, 4) : 200;
        /* Of a release the claim's journal may be the last one: it is not about this plan. */
        const bool is_ours = run->store.count > stage->before.store.count;
        for (unsigned j = 0; is_ours && journal->size_bytes && j < count; j++) {
            const size_t byte = rng_below(&rng, (unsigned)journal->size_bytes);

            if (rng_percent(&rng, 30))
                journal->bytes[byte] = '\0';
            else
                journal->bytes[byte] = (char)(journal->bytes[byte] ^ (1 << rng_below(&rng, 8)));
        }
        ok = judge_damaged(run, stage, &rng, why);
        if (!ok)
            blame(stage, at,
                  count > 4 ? "heavily damaged journal, killed at" : "damaged journal, killed at",
                  why);
        run_done(run);
    }
    free(run);
    return ok;
}

bool law_damaged(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, sweep_damage, why);
}

/* Drivers do not survive a boot: what was interrupted before it is not gone on with. */
static bool judge_reboot(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    struct run *run = run_new();
    struct rng rng = {trial->seed};
    bool ok = true;

    for (unsigned i = 0; ok && i < 4; i++) {
        const unsigned at = 1 + rng_below(&rng, stage->after.script.count);

        apply_killed(run, stage, at, true, 100);
        run_restart(run);
        fake_kernel_reboot(&run->kernel);
        run_recover(run, (enum ims_recovery)rng_below(&rng, 3));
        if (run->result < 0 || run->outcome.state != IMS_OUTCOME_NOTHING ||
            fake_script_count(&run->script, FAKE_CALL_STEP)) {
            ok = law_fails(why, "recovery says %s (%s)",
                           ims_outcome_state_to_string(run->outcome.state), run->outcome.text);
            blame(stage, at, "after another boot, killed after", why);
        }
        run_done(run);
    }
    free(run);
    return ok;
}

bool law_rebooted(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, judge_reboot, why);
}
