/* SPDX-License-Identifier: MIT */
/* Others on the machine while a plan is carried out: a second tool, modules, udev. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ownership_generate.h"
#include "ownership_laws.h"
#include "ownership_stage.h"

static bool blame(const struct stage *stage, unsigned at, const char *what, char why[WHY_SIZE])
{
    char text[WHY_SIZE];
    char name[128];

    snprintf(text, sizeof(text), "%.350s", why);
    run_name_call(&stage->after, at, name, sizeof(name));
    return law_fails(why, "%s, %s before %s: %.350s",
                     ims_plan_verb_to_string(stage->scene.plan->verb), what, name, text);
}

/* ---- a second tool ---- */

static bool judge_locked(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    struct run *run = run_new();
    bool ok = true;

    for (unsigned i = 0; ok && i < 2; i++) {
        run_begin(run, &stage->before);
        run->store.locked_by_other = true;
        if (i)
            run_recover(run, (enum ims_recovery)(trial->seed % 3));
        else
            run_apply(run, stage->scene.plan);
        if (run->outcome.state != IMS_OUTCOME_REFUSED || run->outcome.code != -EBUSY ||
            run->outcome.refusal != IMS_PLAN_OWNED ||
            fake_script_count(&run->script, FAKE_CALL_STEP) ||
            fake_script_count(&run->script, FAKE_CALL_CREATE) ||
            fake_script_count(&run->script, FAKE_CALL_APPEND))
            ok =
                law_fails(why, "%s while another tool works says %s: %s", i ? "recovery" : "a plan",
                          ims_outcome_state_to_string(run->outcome.state), run->outcome.text);
        run_done(run);
    }
    free(run);
    return ok;
}

bool law_locked(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, judge_locked, why);
}

/* The second tool shares kernel and store, and has a script of its own. */
struct second {
    struct run *run;
    const struct ims_plan *plan;
    bool recovers;
    bool was_locked;
    struct ims_outcome outcome;
    unsigned steps;
};

static void act_second(void *context)
{
    struct second *second = context;
    struct fake_script *script = calloc(1, sizeof(*script));
    struct run *run = second->run;

    if (!script)
        abort();
    second->was_locked = run->store.locked;
    run->kernel.script = run->store.script = script;
    run->store.locked_by_other = run->store.locked;
    if (second->recovers)
        (void)ims_transaction_recover(&run->desk, IMS_RECOVERY_AUTO, &second->outcome);
    else
        (void)ims_transaction_apply(&run->desk, second->plan, &second->outcome);
    run->store.locked_by_other = false;
    run->kernel.script = run->store.script = &run->script;
    second->steps = fake_script_count(script, FAKE_CALL_STEP);
    free(script);
}

static bool judge_second(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    struct run *run = run_new();
    char difference[256];
    bool ok = true;

    for (unsigned at = 1; ok && at <= stage->after.script.count; at++) {
        struct second second = {
            .run = run, .plan = stage->scene.plan, .recovers = (trial->seed + at) % 2};

        run_begin(run, &stage->before);
        run->script.other_at = at;
        run->script.other = act_second;
        run->script.other_context = &second;
        run_apply(run, stage->scene.plan);
        if (second.was_locked && (second.outcome.state != IMS_OUTCOME_REFUSED || second.steps))
            ok = law_fails(why, "the second tool says %s: %s",
                           ims_outcome_state_to_string(second.outcome.state), second.outcome.text);
        else if (run->outcome.state != IMS_OUTCOME_DONE &&
                 run->outcome.state != IMS_OUTCOME_NOTHING)
            ok = law_fails(why, "with a second tool the first says %s: %s",
                           ims_outcome_state_to_string(run->outcome.state), run->outcome.text);
        else if (!run_is_new(run, stage, difference, sizeof(difference)))
            ok = law_fails(why, "with a second tool: %s", difference);
        ok = ok && run_keeps(run, stage, why);
        if (!ok)
            blame(stage, at, "second tool", why);
        run_done(run);
    }
    free(run);
    return ok;
}

bool law_second_tool(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, judge_second, why);
}

/* ---- anybody else ---- */

enum other_kind {
    OTHER_LOAD = 0, /* a module is loaded, of a driver that the machine may know */
    OTHER_UNLOAD,
    OTHER_OVERRIDE, /* another tool writes driver_override */
    OTHER_REBIND,   /* and binds the function to a driver of its own */
    OTHER_UNBIND,
    OTHER_REMOVE,
    OTHER_RESCAN, /* removed, and found again */
    OTHER_KIND_MAX,
};

static const char *const other_names[] = {"load",   "unload", "override", "rebind",
                                          "unbind", "remove", "rescan"};

struct other {
    struct fake_kernel *kernel;
    enum other_kind kind;
    struct ims_address address;
    unsigned driver;
    struct fake_kernel changed; /* right after the deed */
    bool did;                   /* it changed anything that can be seen */
};

static void rebind(struct fake_kernel *kernel, struct ims_address address, const char *driver)
{
    struct fake_function *function = fake_kernel_find(kernel, address);
    struct ims_step step = {.kind = IMS_STEP_OVERRIDE, .address = address, .name = driver};

    (void)fake_kernel_do(kernel, &step);
    fake_kernel_load(kernel, driver);
    if (function->driver < fake_driver_count) {
        step.kind = IMS_STEP_UNBIND;
        step.name = fake_drivers[function->driver].name;
        (void)fake_kernel_do(kernel, &step);
    }
    step.kind = IMS_STEP_BIND;
    step.name = driver;
    (void)fake_kernel_do(kernel, &step);
}

static void do_other(struct other *other)
{
    struct fake_kernel *kernel = other->kernel;
    const struct fake_function *function = fake_kernel_find(kernel, other->address);
    struct ims_step step = {.address = other->address};

    if (!function)
        return;
    switch (other->kind) {
    case OTHER_LOAD:
        fake_kernel_load(kernel, fake_drivers[other->driver].name);
        break;
    case OTHER_UNLOAD:
        fake_kernel_unload(kernel, fake_drivers[other->driver].name);
        break;
    case OTHER_OVERRIDE:
        step.kind = IMS_STEP_OVERRIDE;
        step.name = "xen-pciback";
        (void)fake_kernel_do(kernel, &step);
        break;
    case OTHER_REBIND:
        rebind(kernel, other->address, "pci-pf-stub");
        break;
    case OTHER_UNBIND:
        step.kind = IMS_STEP_UNBIND;
        step.name = function->driver < fake_driver_count ? fake_drivers[function->driver].name : "";
        (void)fake_kernel_do(kernel, &step);
        break;
    case OTHER_RESCAN:
    case OTHER_REMOVE:
        fake_kernel_remove(kernel, other->address);
        if (other->kind == OTHER_RESCAN)
            fake_kernel_rescan(kernel, other->address);
        break;
    case OTHER_KIND_MAX:
        break;
    }
}

static void act_other(void *context)
{
    struct other *other = context;
    const struct fake_kernel before = *other->kernel;
    char difference[256];

    do_other(other);
    other->changed = *other->kernel;
    other->did = !fake_kernel_same(&before, other->kernel, false, difference, sizeof(difference));
}

/* The last step that the tool made, 0 if none. */
static unsigned last_step(const struct run *run)
{
    unsigned last = 0;

    for (unsigned i = 0; i < run->script.count && i < FAKE_CALLS_MAX; i++)
        if (run->script.calls[i].kind == FAKE_CALL_STEP)
            last = i + 1;
    return last;
}

/*
 * Whether the tool could see at call `at` or later what the member had before it wrote to it: it
 * read the function, or listed members, between the deed and its next write to it.
 */
static bool could_see(const struct run *run, unsigned at, struct ims_address address)
{
    for (unsigned i = at; i <= run->script.count && i <= FAKE_CALLS_MAX; i++) {
        const struct fake_call *call = &run->script.calls[i - 1];

        if (call->is_function && ims_address_compare(call->address, address) == 0)
            return true;
        if (call->kind == FAKE_CALL_STEP && ims_address_compare(call->address, address) == 0)
            return false;
    }
    return false;
}

/* An override, or a driver, that only somebody else can have set is still there, or is told of. */
static bool keeps_foreign(const struct run *run, const struct other *other, unsigned at,
                          char why[WHY_SIZE])
{
    const enum ims_outcome_state state = run->outcome.state;
    const bool is_named = state == IMS_OUTCOME_CONFLICT || state == IMS_OUTCOME_DRIFTED;

    if (is_named || (other->kind != OTHER_OVERRIDE && other->kind != OTHER_REBIND))
        return true;
    const struct fake_function *was =
        fake_kernel_find((struct fake_kernel *)(uintptr_t)&other->changed, other->address);
    const struct fake_function *is =
        fake_kernel_find((struct fake_kernel *)(uintptr_t)&run->kernel, other->address);
    if (!was || !could_see(run, at, other->address))
        return true;
    if (!is || strcmp(was->override, is->override) != 0 ||
        (other->kind == OTHER_REBIND && was->driver != is->driver))
        return law_fails(why, "a foreign %s was overwritten silently (%s)",
                         other->kind == OTHER_REBIND ? "driver" : "override", run->outcome.text);
    return true;
}

/* A driver that somebody else takes off changes power management too, which is neither drift nor conflict. */
static void forgive_power(struct run *run, const struct fake_kernel *wanted,
                          struct ims_address address)
{
    const struct fake_function *from =
        fake_kernel_find((struct fake_kernel *)(uintptr_t)wanted, address);
    struct fake_function *to = fake_kernel_find(&run->kernel, address);

    if (from && to)
        memcpy(to->power, from->power, sizeof(to->power));
}

static bool judge_other(struct run *run, const struct stage *stage, const struct other *other,
                        unsigned at, char why[WHY_SIZE])
{
    const enum ims_outcome_state state = run->outcome.state;
    const bool late = at > last_step(run);
    char old[200] = "";
    char new[200] = "";

    if (run->result < 0 || run->store.is_wrong || run->store.locked || !run->outcome.text[0])
        return law_fails(why, "returns %d, or uses the store wrongly", run->result);
    if (!other->did)
        return state == IMS_OUTCOME_DONE || state == IMS_OUTCOME_UNDONE ||
               state == IMS_OUTCOME_CONFLICT ||
               law_fails(why, "a deed without effect ends %s: %s",
                         ims_outcome_state_to_string(state), run->outcome.text);
    forgive_power(run, &stage->after.kernel, other->address);
    if (state == IMS_OUTCOME_NOTHING && !last_step(run) && run_is_new(run, stage, new, sizeof(new)))
        return true; /* somebody else has done it all */
    if (state == IMS_OUTCOME_STUCK || state == IMS_OUTCOME_NOTHING)
        return law_fails(why, "ends %s: %s", ims_outcome_state_to_string(state), run->outcome.text);
    if ((state == IMS_OUTCOME_REFUSED || state == IMS_OUTCOME_DRIFTED) && last_step(run))
        return law_fails(why, "says %s after writes", ims_outcome_state_to_string(state));
    if (state == IMS_OUTCOME_DONE && !late && !run_is_new(run, stage, new, sizeof(new)) &&
        other->kind != OTHER_LOAD && other->kind != OTHER_UNLOAD)
        return law_fails(why, "says done, but: %s", new);
    forgive_power(run, &stage->before.kernel, other->address);
    if (state == IMS_OUTCOME_UNDONE && !late && !run_is_old(run, stage, old, sizeof(old)) &&
        other->kind != OTHER_LOAD && other->kind != OTHER_UNLOAD)
        return law_fails(why, "says undone (%s), but: %s", run->outcome.text, old);
    return keeps_foreign(run, other, at, why);
}

static void draw_other(struct other *other, const struct ims_plan *plan, struct rng *rng)
{
    other->kind = (enum other_kind)rng_below(rng, OTHER_KIND_MAX);
    other->address = plan->members[rng_below(rng, plan->member_count)].address;
    other->driver = rng_below(rng, fake_driver_count);
}

static bool judge_others(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    struct other *other = calloc(1, sizeof(*other));
    struct run *run = run_new();
    struct rng rng = {trial->seed};
    bool ok = other != NULL;

    for (unsigned at = 1; ok && at <= stage->after.script.count; at++) {
        draw_other(other, stage->scene.plan, &rng);
        run_begin(run, &stage->before);
        other->kernel = &run->kernel;
        other->did = false;
        run->script.other_at = at;
        run->script.other = act_other;
        run->script.other_context = other;
        run_apply(run, stage->scene.plan);
        ok = judge_other(run, stage, other, at, why);
        if (!ok)
            blame(stage, at, other_names[other->kind], why);
        run_done(run);
    }
    free(other);
    free(run);
    return ok;
}

bool law_others(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, judge_others, why);
}
