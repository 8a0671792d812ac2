/* SPDX-License-Identifier: MIT */
/* What the members of a plan have, and whether that is our own doing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/workshop.h"
#include "ownership/model.h"

bool ims_binding_matches(const struct ims_binding *now, const struct ims_binding *goal)
{
    if (!ims_same_name(now->override, goal->override) || now->numvfs != goal->numvfs)
        return false;
    return goal->any_driver ? !ims_driver_is_for_guests(now->driver)
                            : ims_same_name(now->driver, goal->driver);
}

static bool same_device(const struct ims_plan_member *member, const struct ims_live_function *live)
{
    /* A plan from an input that does not tell the ids has none to compare. */
    const bool known = member->id.vendor || member->id.device;

    return (!known ||
            (member->id.vendor == live->id.vendor && member->id.device == live->id.device)) &&
           (!member->subsystem.vendor || (member->subsystem.vendor == live->subsystem.vendor &&
                                          member->subsystem.device == live->subsystem.device)) &&
           (!member->class_code || member->class_code == live->class_code);
}

static void say_unreadable(struct ims_work *work, const struct ims_plan_member *member)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    ims_outcome_say(work->outcome, IMS_OUTCOME_STUCK, -ETIME, &member->address,
                    "the kernel does not let %s be read: a change of its driver has not come to "
                    "its end; when whoever holds the device has let it go, iommuscope recover "
                    "ends what was interrupted",
                    ims_address_format(member->address, name));
    ims_outcome_name_holder(work->desk, member->address, work->outcome);
}

int ims_work_look_at(struct ims_work *work, uint32_t index)
{
    const struct ims_kernel *kernel = work->desk->kernel;
    const struct ims_plan_member *member = &work->plan->members[index];
    struct ims_member_state *state = &work->states[index];
    const int r = kernel->read_function(kernel->context, member->address, &state->live);

    if (r == -ETIME)
        say_unreadable(work, member);
    if (r < 0 && r != -ENODEV)
        return r;
    state->recognised = r == -ENODEV || same_device(member, &state->live);
    state->present = r == 0 && state->recognised;
    state->now = (struct ims_binding){
        .driver = state->live.driver[0] ? state->live.driver : NULL,
        .override = state->live.override[0] ? state->live.override : NULL,
        .numvfs = state->live.numvfs,
        .power = state->live.power[0] ? state->live.power : NULL,
    };
    return 0;
}

int ims_work_look(struct ims_work *work)
{
    int r = 0;

    if (!work->states)
        work->states = calloc(work->plan->member_count + 1, sizeof(*work->states));
    if (!work->states)
        return -ENOMEM;
    for (uint32_t i = 0; r == 0 && i < work->plan->member_count; i++)
        r = ims_work_look_at(work, i);
    return r;
}

void ims_work_done(struct ims_work *work)
{
    free(work->states);
    work->states = NULL;
}

/* An override that the plan sets: in the end, or to lend it for a bind. */
static bool is_of_plan(const char *override, const struct ims_binding *binding)
{
    return ims_same_name(override, binding->override) ||
           (binding->override && ims_same_name(override, binding->driver));
}

bool ims_member_is_foreign(const struct ims_plan_member *member,
                           const struct ims_member_state *state)
{
    const struct ims_binding *now = &state->now;

    if (!state->present)
        return true;
    if (now->driver && !ims_same_name(now->driver, member->before.driver) &&
        !ims_same_name(now->driver, member->goal.driver) && !member->goal.any_driver)
        return true;
    if (now->numvfs > 0 && now->numvfs != member->before.numvfs &&
        now->numvfs != member->goal.numvfs)
        return true;
    return !is_of_plan(now->override, &member->before) && !is_of_plan(now->override, &member->goal);
}

void ims_member_say_foreign(struct ims_outcome *outcome, const struct ims_plan_member *member,
                            const struct ims_member_state *state)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(member->address, name);
    if (!state->present)
        ims_outcome_say(outcome, IMS_OUTCOME_CONFLICT, 0, &member->address,
                        state->recognised ? "%s is gone" : "%s is another device now", name);
    else
        ims_outcome_say(outcome, IMS_OUTCOME_CONFLICT, 0, &member->address,
                        "somebody else changed %s: driver %s, override %s; it is left as it is",
                        name, state->now.driver ? state->now.driver : "none",
                        state->now.override ? state->now.override : "not set");
}

const struct ims_plan_member *ims_work_find_other(const struct ims_work *work, bool back,
                                                  const struct ims_member_state **ret_state)
{
    for (uint32_t i = 0; i < work->plan->member_count; i++) {
        const struct ims_plan_member *member = &work->plan->members[i];

        *ret_state = &work->states[i];
        if (!work->states[i].present ||
            !ims_binding_matches(&work->states[i].now, back ? &member->before : &member->goal))
            return member;
    }
    return NULL;
}
