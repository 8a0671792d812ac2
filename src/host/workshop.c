/* SPDX-License-Identifier: MIT */
#include "host/workshop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/plan_json.h"
#include "ownership/model.h"

/* Before a write to a member: what somebody else did to it meanwhile is not written over. */
static int check_member(struct ims_work *work, const struct ims_step *step,
                        struct ims_outcome *said)
{
    uint32_t i = 0;

    while (i < work->plan->member_count &&
           ims_address_compare(work->plan->members[i].address, step->address) != 0)
        i++;
    if (step->kind == IMS_STEP_LOAD || i == work->plan->member_count)
        return 0;
    const int r = ims_work_look_at(work, i);
    if (r < 0 || !ims_member_is_foreign(&work->plan->members[i], &work->states[i]))
        return r;
    ims_member_say_foreign(said, &work->plan->members[i], &work->states[i]);
    return -EEXIST;
}

/* ---- one step ---- */

/* Whether a step had its effect, whatever its write returned (fact 2): 1, 0, or -ETIME. */
static int has_effect(const struct ims_work *work, const struct ims_step *step)
{
    const struct ims_kernel *kernel = work->desk->kernel;
    struct ims_live_function live;

    const int r = kernel->read_function(kernel->context, step->address, &live);

    if (r < 0)
        return r == -ETIME ? r : 0;
    switch (step->kind) {
    case IMS_STEP_NUMVFS:
        return live.numvfs == step->number;
    case IMS_STEP_OVERRIDE:
        return strcmp(live.override, step->name ? step->name : "") == 0;
    case IMS_STEP_UNBIND:
        return live.driver[0] == '\0';
    case IMS_STEP_BIND:
        return strcmp(live.driver, step->name) == 0;
    case IMS_STEP_PROBE:
        return !ims_driver_is_for_guests(live.driver[0] ? live.driver : NULL);
    case IMS_STEP_POWER:
    case IMS_STEP_LOAD:
    case IMS_STEP_KIND_MAX:
        break;
    }
    return 1;
}

/* Returns 0, -ETIME, -EEXIST with the member named in said, or the error of a step without effect. */
static int do_step(struct ims_work *work, const struct ims_step *step, bool back,
                   struct ims_outcome *said)
{
    const struct ims_kernel *kernel = work->desk->kernel;
    const struct ims_store *store = work->desk->store;
    char text[512];
    int r = check_member(work, step, said);

    if (r < 0)
        return r;
    r = ims_journal_intent(store, work->journal, step, back);
    /* Without a record nothing new is begun; on the way back the old records are enough. */
    if (r < 0 && !back)
        return r;
    ims_step_describe(step, text, sizeof(text));
    if (work->desk->tell)
        work->desk->tell(work->desk->tell_context, text);
    r = kernel->do_step(kernel->context, step);
    work->outcome->steps_done++;
    if (r == -ETIME)
        return r;
    /* A result that cannot be written is no failure of the step: recovery looks at the machine. */
    (void)ims_journal_result(store, work->journal, r);
    /* Others may choose power management anew in the next moment, and nothing rests on it. */
    if (step->kind == IMS_STEP_LOAD || step->kind == IMS_STEP_POWER)
        return r;
    const int effect = has_effect(work, step);
    if (effect != 0)
        return effect < 0 ? effect : 0;
    return r < 0 ? r : -EIO;
}

static void say_failed(struct ims_outcome *outcome, const struct ims_step *step, int code)
{
    char text[256];

    ims_step_describe(step, text, sizeof(text));
    ims_outcome_say(outcome, outcome->state, code,
                    step->kind == IMS_STEP_LOAD ? NULL : &step->address, "cannot %s: %s", text,
                    code == -EIO ? "the write had no effect" : strerror(-code));
}

static int say_stuck(struct ims_work *work, const struct ims_step *step)
{
    struct ims_outcome *outcome = work->outcome;
    char text[256];

    /* It could not even be looked at, which is said already. */
    if (outcome->state == IMS_OUTCOME_STUCK)
        return -ETIME;
    ims_step_describe(step, text, sizeof(text));
    ims_outcome_say(outcome, IMS_OUTCOME_STUCK, -ETIME,
                    step->kind == IMS_STEP_LOAD ? NULL : &step->address,
                    "the kernel does not return from: %s; when whoever holds the device has let it "
                    "go, iommuscope recover ends this",
                    text);
    if (step->kind != IMS_STEP_LOAD)
        ims_outcome_name_holder(work->desk, step->address, outcome);
    return -ETIME;
}

/* ---- a whole way ---- */

/*
 * The steps that are left; members that somebody else changed are passed over. *ret_foreign: there
 * is one, and said names it.
 */
static int remaining_steps(struct ims_work *work, bool back, struct ims_step **ret,
                           uint32_t *ret_count, bool *ret_foreign, struct ims_outcome *said)
{
    const struct ims_plan *plan = work->plan;
    struct ims_binding *now = calloc(plan->member_count + 1, sizeof(*now));
    int r = now ? 0 : -ENOMEM;

    *ret_foreign = false;
    for (uint32_t i = 0; r == 0 && i < plan->member_count; i++) {
        const struct ims_plan_member *member = &plan->members[i];
        const bool foreign = ims_member_is_foreign(member, &work->states[i]);

        now[i] = foreign ? back ? member->before : member->goal : work->states[i].now;
        if (!foreign)
            continue;
        if (!*ret_foreign)
            ims_member_say_foreign(said, member, &work->states[i]);
        *ret_foreign = true;
    }
    if (r == 0)
        r = ims_plan_steps(plan, now, back, ret, ret_count);
    free(now);
    return r;
}

/* Whether VFIO takes the group in the end; a plan that binds nothing to VFIO is not asked. */
static int check_viable(const struct ims_work *work, bool *ret_open)
{
    const struct ims_kernel *kernel = work->desk->kernel;
    bool asks = false;

    *ret_open = false;
    for (uint32_t i = 0; i < work->plan->member_count; i++)
        asks |= work->plan->members[i].goal.driver &&
                ims_driver_kind(work->plan->members[i].goal.driver, true) == IMS_DRIVER_VFIO;
    if (work->plan->verb != IMS_PLAN_CLAIM || !asks)
        return 0;
    const int r = kernel->is_viable(kernel->context, work->plan->group);

    /* Who opened the group already has found it viable. */
    if (r == 1 || r == -EBUSY)
        return 0;
    *ret_open = r < 0;
    return r < 0 ? 0 : -EPERM;
}

static int end(struct ims_work *work, enum ims_transaction_state state)
{
    return ims_journal_end(work->desk->store, work->journal, state, work->outcome->text);
}

/* The members cannot be read: the transaction stays open. */
static void say_unread(struct ims_outcome *outcome, const char *reason, int code)
{
    ims_outcome_say(outcome, IMS_OUTCOME_STUCK, code, NULL,
                    "%s%sthe members cannot be read any more: %s", reason, *reason ? "; " : "",
                    strerror(-code));
}

/*
 * Carries the way back out. *trouble is the first thing that went wrong on it, if its text is not
 * empty; what counts is what the members have in the end. Returns -ETIME with the outcome, -ENOMEM,
 * and errors of reading.
 */
static int do_back(struct ims_work *work, struct ims_outcome *trouble)
{
    struct ims_step *steps = NULL;
    uint32_t count = 0;
    bool foreign = false;
    int r = ims_work_look(work);

    if (r == 0)
        r = remaining_steps(work, true, &steps, &count, &foreign, trouble);
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        struct ims_outcome failed = {0};
        const int code = do_step(work, &steps[i], true, &failed);

        if (code == -ETIME)
            r = say_stuck(work, &steps[i]);
        else if (code < 0 && !failed.text[0])
            say_failed(&failed, &steps[i], code);
        if (!trouble->text[0])
            *trouble = failed;
    }
    free(steps);
    return r < 0 ? r : ims_work_look(work);
}

/* Back to what the members had, for a reason that the outcome keeps. Returns -ENOMEM, -ETIME. */
static int go_back(struct ims_work *work, const char *reason)
{
    struct ims_outcome *outcome = work->outcome;
    const struct ims_outcome cause = *outcome;
    const struct ims_member_state *state;
    struct ims_outcome trouble = {0};
    const int r = do_back(work, &trouble);

    if (r == -ENOMEM || r == -ETIME)
        return r;
    if (r < 0) {
        say_unread(outcome, reason, r);
        return 0;
    }
    const struct ims_plan_member *other = ims_work_find_other(work, true, &state);
    if (!other) {
        ims_outcome_say(outcome, IMS_OUTCOME_UNDONE, cause.code,
                        cause.has_address ? &cause.address : NULL, "%s%sall is as it was before",
                        reason, *reason ? "; " : "");
        (void)end(work, IMS_TRANSACTION_UNDONE);
        return 0;
    }
    if (!trouble.text[0])
        ims_member_say_foreign(&trouble, other, state);
    ims_outcome_say(
        outcome, IMS_OUTCOME_CONFLICT, trouble.code, trouble.has_address ? &trouble.address : NULL,
        "%s%snot everything could be put back: %.300s", reason, *reason ? "; " : "", trouble.text);
    (void)end(work, IMS_TRANSACTION_CONFLICT);
    return 0;
}

/* Returns 0; -ETIME with the outcome; or the error of a step, which is to be rolled back. */
static int go_forward(struct ims_work *work)
{
    const struct ims_member_state *state;
    struct ims_step *steps = NULL;
    uint32_t count = 0;
    bool foreign = false;
    bool open = false;
    int r = ims_work_look(work);

    if (r == 0)
        r = remaining_steps(work, false, &steps, &count, &foreign, work->outcome);
    if (r == 0 && foreign)
        r = -EEXIST;
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        r = do_step(work, &steps[i], false, work->outcome);
        if (r == -ETIME)
            (void)say_stuck(work, &steps[i]);
        else if (r < 0 && !work->outcome->text[0])
            say_failed(work->outcome, &steps[i], r);
    }
    free(steps);
    if (r == 0)
        r = ims_work_look(work);
    if (r < 0)
        return r;
    const struct ims_plan_member *other = ims_work_find_other(work, false, &state);
    if (other) {
        ims_member_say_foreign(work->outcome, other, state);
        return -EEXIST;
    }
    r = check_viable(work, &open);
    if (r < 0) {
        ims_outcome_say(work->outcome, IMS_OUTCOME_UNDONE, r, NULL,
                        "all members are bound as planned, and VFIO does not call group %u viable",
                        work->plan->group);
        return r;
    }
    ims_outcome_say(work->outcome, IMS_OUTCOME_DONE, 0, NULL,
                    work->plan->verb == IMS_PLAN_RELEASE ? "group %u is the host's again%s"
                                                         : "group %u is handed over%s",
                    work->plan->group,
                    open ? "; whether VFIO calls it viable could not be asked" : "");
    return 0;
}

/* Returns -ETIME with the outcome; errors are for others to find. */
static int await(struct ims_work *work, const struct ims_step *step)
{
    struct ims_outcome said;

    return do_step(work, step, true, &said) == -ETIME ? say_stuck(work, step) : 0;
}

/*
 * After an interruption a write may still wait for who has a device open. A function without a
 * driver link may be on its way out of a VFIO driver (fact 3), and VFs that are there may be on
 * theirs. The same write again, or one that changes nothing, waits with it or returns at once.
 */
static int await_writes(struct ims_work *work)
{
    int r = ims_work_look(work);

    if (r < 0 && r != -ETIME)
        r = -ENODATA;

    for (uint32_t i = 0; r == 0 && i < work->plan->member_count; i++) {
        const struct ims_plan_member *member = &work->plan->members[i];
        const char *const drivers[] = {member->before.driver, member->goal.driver};
        const struct ims_binding *now = &work->states[i].now;
        struct ims_step step = {
            .kind = IMS_STEP_NUMVFS, .address = member->address, .number = now->numvfs};

        if (work->states[i].present && now->numvfs > 0)
            r = await(work, &step);
        step.kind = IMS_STEP_UNBIND;
        for (unsigned j = 0; r == 0 && j < 2 && work->states[i].present && !now->driver; j++) {
            step.name = drivers[j];
            if (step.name && ims_driver_kind(step.name, true) == IMS_DRIVER_VFIO)
                r = await(work, &step);
        }
    }
    return r == -ETIME ? r : 0;
}

/* A claim that lacks nothing but the end of its journal was not interrupted, as far as one can see. */
static bool goes_back(struct ims_work *work, enum ims_recovery recovery)
{
    const struct ims_member_state *state;

    if (recovery != IMS_RECOVERY_AUTO || work->plan->verb != IMS_PLAN_CLAIM)
        return recovery == IMS_RECOVERY_BACK;
    return ims_work_look(work) < 0 || ims_work_find_other(work, false, &state);
}

int ims_work_resume(struct ims_work *work, enum ims_recovery recovery)
{
    return await_writes(work) < 0 ? 0 : ims_work_go(work, goes_back(work, recovery));
}

int ims_work_go(struct ims_work *work, bool back)
{
    struct ims_outcome *outcome = work->outcome;
    char reason[sizeof(outcome->text)] = "";
    int r = 0;

    if (!back) {
        r = go_forward(work);
        if (r == 0) {
            r = end(work, IMS_TRANSACTION_DONE);
            if (r < 0)
                ims_outcome_say(outcome, IMS_OUTCOME_DONE, r, NULL,
                                "group %u is as planned, but its journal could not be closed (%s): "
                                "iommuscope recover does",
                                work->plan->group, strerror(-r));
            return r == -ENOMEM ? r : 0;
        }
        if (r == -ETIME)
            return 0;
        snprintf(reason, sizeof(reason), "%.200s", outcome->text);
        if (!*reason)
            snprintf(reason, sizeof(reason), "%s", strerror(-r));
    }
    r = go_back(work, reason);
    return r == -ETIME ? 0 : r;
}
