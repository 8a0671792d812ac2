/* SPDX-License-Identifier: MIT */
/* What holds of every run, whatever happened in it. */
#include <string.h>

#include "ownership_stage.h"

static const struct fake_function *find_first(const struct stage *stage, struct ims_address address)
{
    return fake_kernel_find((struct fake_kernel *)(uintptr_t)&stage->before.kernel, address);
}

static bool is_member(const struct ims_plan *plan, struct ims_address address)
{
    for (uint32_t i = 0; i < plan->member_count; i++)
        if (ims_address_compare(plan->members[i].address, address) == 0)
            return true;
    return false;
}

/* A bridge is given back the driver that was taken from it, and nothing else is bound to it. */
static bool may_bind(const struct stage *stage, const struct fake_call *call)
{
    const struct fake_function *function = find_first(stage, call->address);

    if (!function || !function->header)
        return true;
    const unsigned driver = fake_driver_find(call->name);
    return driver < fake_driver_count && !fake_drivers[driver].is_vfio &&
           strcmp(fake_drivers[driver].name, "pci-stub") != 0;
}

static bool keeps_writes(const struct run *run, const struct stage *stage, char why[WHY_SIZE])
{
    bool unbound = false;
    char name[128];

    for (unsigned i = 0; i < run->script.count && i < FAKE_CALLS_MAX; i++) {
        const struct fake_call *call = &run->script.calls[i];

        if (call->kind != FAKE_CALL_STEP || call->step == IMS_STEP_LOAD)
            continue;
        run_name_call(run, i + 1, name, sizeof(name));
        if (!is_member(stage->scene.plan, call->address))
            return law_fails(why, "%s is about a function outside of the group", name);
        if (call->step == IMS_STEP_BIND && !may_bind(stage, call))
            return law_fails(why, "%s binds a bridge", name);
        unbound |= call->step == IMS_STEP_UNBIND;
    }
    return true;
}

/* Outside of the group only VFs of members change, and what a module that was loaded takes. */
static bool keeps_others(const struct run *run, const struct stage *stage, char why[WHY_SIZE])
{
    char name[IMS_ADDRESS_STRING_SIZE];

    for (unsigned i = 0; i < stage->before.kernel.count; i++) {
        const struct fake_function *was = &stage->before.kernel.functions[i];
        const struct fake_function *is = &run->kernel.functions[i];

        if (is_member(stage->scene.plan, was->address) ||
            (was->is_vf && is_member(stage->scene.plan, was->physfn)))
            continue;
        if (was->present != is->present || was->driver != is->driver ||
            strcmp(was->override, is->override) != 0 || was->numvfs != is->numvfs)
            return law_fails(why, "%s, outside of the group, was changed",
                             ims_address_format(was->address, name));
    }
    return true;
}

bool run_keeps(const struct run *run, const struct stage *stage, char why[WHY_SIZE])
{
    if (run->store.is_wrong)
        return law_fails(why, "the store was written without the lock, or locked twice");
    if (run->store.locked && !run->script.dead)
        return law_fails(why, "the lock was not let go");
    if (run->kernel.has_crashed)
        return law_fails(why, "the kernel crashed");
    if (run->result == 0 && !run->script.dead && run->outcome.text[0] == '\0')
        return law_fails(why, "the outcome (%s) says nothing",
                         ims_outcome_state_to_string(run->outcome.state));
    return keeps_writes(run, stage, why) && keeps_others(run, stage, why);
}

bool run_tells_truth(struct run *run, const struct stage *stage, char why[WHY_SIZE])
{
    char old[256] = "";
    char new[256] = "";
    const bool is_old = run_is_old(run, stage, old, sizeof(old));
    const bool is_new = run_is_new(run, stage, new, sizeof(new));
    const enum ims_outcome_state state = run->outcome.state;
    const unsigned steps = fake_script_count(&run->script, FAKE_CALL_STEP);

    if (!run_keeps(run, stage, why))
        return false;
    if (run->result < 0)
        return is_old || law_fails(why, "returns %d with a changed machine: %s", run->result, old);
    if (state == IMS_OUTCOME_DONE && !is_new)
        return law_fails(why, "says done (%s), but: %s", run->outcome.text, new);
    if (state == IMS_OUTCOME_UNDONE && !is_old)
        return law_fails(why, "says undone (%s), but: %s", run->outcome.text, old);
    if ((state == IMS_OUTCOME_REFUSED || state == IMS_OUTCOME_DRIFTED) && (steps || !is_old))
        return law_fails(why, "says %s after %u writes: %s", ims_outcome_state_to_string(state),
                         steps, run->outcome.text);
    if (state == IMS_OUTCOME_NOTHING && (steps || is_old == is_new))
        return law_fails(why, "says nothing after %u writes: %s", steps, old);
    if (state == IMS_OUTCOME_CONFLICT && is_old)
        return law_fails(why, "cries conflict, but all is as before: %s", run->outcome.text);
    if (state == IMS_OUTCOME_STUCK && run_count(run, IMS_TRANSACTION_OPEN) != 1)
        return law_fails(why, "is stuck without an interrupted transaction: %s", run->outcome.text);
    return true;
}
