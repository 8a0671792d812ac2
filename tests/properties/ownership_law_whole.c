/* SPDX-License-Identifier: MIT */
/* Plans that nothing disturbs, and plans that must not be carried out. */
#include <stdlib.h>
#include <string.h>

#include "ownership_generate.h"
#include "ownership_laws.h"
#include "ownership_stage.h"

static bool is_guest_driver(unsigned driver)
{
    return driver < fake_driver_count &&
           (fake_drivers[driver].is_vfio || strcmp(fake_drivers[driver].name, "pci-stub") == 0);
}

static bool reaches_goal(const struct run *run, const struct ims_plan_member *member,
                         char why[WHY_SIZE])
{
    const struct fake_function *function =
        fake_kernel_find((struct fake_kernel *)(uintptr_t)&run->kernel, member->address);
    char name[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(member->address, name);
    if (!function)
        return law_fails(why, "%s is gone", name);
    const char *driver =
        function->driver < fake_driver_count ? fake_drivers[function->driver].name : "";
    const bool is_driver =
        member->goal.any_driver
            ? !is_guest_driver(function->driver)
            : strcmp(driver, member->goal.driver ? member->goal.driver : "") == 0;
    if (!is_driver || function->numvfs != member->goal.numvfs ||
        strcmp(function->override, member->goal.override ? member->goal.override : "") != 0)
        return law_fails(why, "%s does not reach its goal: driver '%s', override '%s'", name,
                         driver, function->override);
    return true;
}

static bool was_bound(const struct run *run, unsigned end, struct ims_address address)
{
    for (unsigned i = 0; i < end; i++)
        if (run->script.calls[i].kind == FAKE_CALL_STEP &&
            run->script.calls[i].step == IMS_STEP_BIND &&
            ims_address_compare(run->script.calls[i].address, address) == 0)
            return true;
    return false;
}

/* All overrides stand before the first unbind (1.3); one that was lent for a bind ends after it. */
static bool overrides_first(const struct run *run, char why[WHY_SIZE])
{
    bool unbound = false;

    for (unsigned i = 0; i < run->script.count; i++) {
        const struct fake_call *call = &run->script.calls[i];

        if (call->kind != FAKE_CALL_STEP)
            continue;
        if (call->step == IMS_STEP_OVERRIDE && unbound && !was_bound(run, i, call->address))
            return law_fails(why, "an override is set after the first unbind");
        unbound |= call->step == IMS_STEP_UNBIND;
    }
    return true;
}

static bool wants_vfio(const struct ims_plan *plan)
{
    for (uint32_t i = 0; i < plan->member_count; i++)
        if (plan->members[i].goal.driver && strstr(plan->members[i].goal.driver, "vfio"))
            return true;
    return false;
}

/* A second plan has no steps; carrying it, or the first one, out again writes nothing. */
static bool is_done_once(struct stage *stage, uint64_t seed, bool release, char why[WHY_SIZE])
{
    struct ims_status *status = NULL;
    struct scene again = {0};
    struct sketch sketch;
    struct run *run = run_new();
    bool ok = true;

    fake_kernel_to_sketch(&stage->after.kernel, stage->sketch, &sketch);
    /* What was claimed is what is to be put back, once more. */
    if (ims_transaction_status(&stage->before.desk, &status) < 0 ||
        !scene_make(&again, &sketch, seed, release, status))
        ok = law_fails(why, "no second plan can be made");
    else if (again.plan->step_count > 0)
        ok = law_fails(why, "the second plan has %u steps, the first is %s", again.plan->step_count,
                       ims_step_kind_to_string(again.plan->steps[0].kind));
    for (unsigned i = 0; ok && i < 2; i++) {
        run_begin(run, &stage->after);
        run_apply(run, i ? stage->scene.plan : again.plan);
        if (fake_script_count(&run->script, FAKE_CALL_STEP) ||
            fake_script_count(&run->script, FAKE_CALL_CREATE) ||
            (run->outcome.state != IMS_OUTCOME_NOTHING &&
             run->outcome.state != IMS_OUTCOME_DRIFTED))
            ok = law_fails(why, "%s plan, when all is done, ends %s: %s",
                           i ? "the first" : "the second",
                           ims_outcome_state_to_string(run->outcome.state), run->outcome.text);
        run_done(run);
    }
    ims_status_free(status);
    scene_done(&again);
    sketch_done(&sketch);
    free(run);
    return ok;
}

static bool judge_whole(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    const struct ims_plan *plan = stage->scene.plan;

    for (uint32_t i = 0; i < plan->member_count; i++)
        if (!reaches_goal(&stage->after, &plan->members[i], why))
            return false;
    if (!stage->release && wants_vfio(plan) &&
        !fake_kernel_viable(&stage->after.kernel, TARGET_GROUP))
        return law_fails(why, "the group is not viable");
    if (run_count(&stage->after, IMS_TRANSACTION_OPEN) != 0)
        return law_fails(why, "a transaction stays open");
    return run_keeps(&stage->after, stage, why) && overrides_first(&stage->after, why) &&
           is_done_once(stage, trial->seed, stage->release, why);
}

bool law_claims(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, false, judge_whole, why);
}

static bool judge_return(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    char difference[256];

    if (!fake_kernel_same(&stage->first, &stage->after.kernel, stage->vfs_anew, difference,
                          sizeof(difference)))
        return law_fails(why, "claimed and released: %s", difference);
    return judge_whole(stage, trial, why);
}

bool law_comes_back(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, true, judge_return, why);
}

/* ---- plans that must not be carried out ---- */

static bool refuses(struct stage *stage, const char *what, char why[WHY_SIZE])
{
    struct run *run = run_new();
    bool ok = true;

    run_begin(run, &stage->before);
    run_apply(run, stage->scene.plan);
    if (run->result < 0 || run->outcome.state != IMS_OUTCOME_REFUSED || !run->outcome.text[0] ||
        fake_script_count(&run->script, FAKE_CALL_STEP) ||
        fake_script_count(&run->script, FAKE_CALL_CREATE))
        ok = law_fails(why, "%s: ends %s (%s)", what,
                       ims_outcome_state_to_string(run->outcome.state), run->outcome.text);
    run_done(run);
    free(run);
    return ok;
}

/* The host begins to use a function that loses its driver, and nobody allows that any more. */
static bool begin_use(struct stage *stage)
{
    struct ims_plan *plan = stage->scene.plan;

    plan->allowed_count = 0;
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind == IMS_STEP_UNBIND) {
            fake_kernel_find(&stage->before.kernel, plan->steps[i].address)->is_used = true;
            return true;
        }
    return false;
}

bool law_blocked(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct stage *stage = stage_new();
    const enum stage_state state = stage_begin(stage, sketch, trial->seed, false, why);
    bool ok = true;

    if (state == STAGE_BLOCKED)
        ok = refuses(stage, "a plan with blockers", why);
    if (state == STAGE_READY && begin_use(stage))
        ok = refuses(stage, "a member that is used", why);
    stage_free(stage);
    return ok;
}

/* ---- machines that have changed since the plan was made ---- */

static void change(struct run *run, const struct ims_plan *plan, struct rng *rng)
{
    const struct ims_plan_member *member = &plan->members[rng_below(rng, plan->member_count)];
    struct fake_function *function = fake_kernel_find(&run->kernel, member->address);

    switch (rng_below(rng, 5)) {
    case 0:
        function->present = false;
        break;
    case 1:
        function->id.device ^= 1;
        break;
    case 2:
        function->group = TARGET_GROUP + 500;
        break;
    case 3:
        strcpy(function->override, "xen-pciback");
        break;
    default:
        function->driver = fake_driver_find("pci-pf-stub");
    }
}

static bool judge_drift(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    struct rng rng = {trial->seed ^ 0x5eed};
    struct run *run = run_new();
    bool ok = true;

    run_begin(run, &stage->before);
    change(run, stage->scene.plan, &rng);
    run_apply(run, stage->scene.plan);
    if (run->result < 0 || run->outcome.state != IMS_OUTCOME_DRIFTED || !run->outcome.text[0] ||
        fake_script_count(&run->script, FAKE_CALL_STEP) ||
        fake_script_count(&run->script, FAKE_CALL_CREATE))
        ok = law_fails(why, "a changed machine ends %s: %s",
                       ims_outcome_state_to_string(run->outcome.state), run->outcome.text);
    run_done(run);
    free(run);
    return ok;
}

bool law_drifts(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, judge_drift, why);
}
