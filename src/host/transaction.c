/* SPDX-License-Identifier: MIT */
/* One plan carried out: all of it, or none. */
#include "host/transaction.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/workshop.h"
#include "ownership/model.h"

void ims_outcome_say(struct ims_outcome *outcome, enum ims_outcome_state state, int code,
                     const struct ims_address *address, const char *format, ...)
{
    va_list arguments;

    outcome->state = state;
    outcome->code = code;
    outcome->has_address = address != NULL;
    outcome->address = address ? *address : (struct ims_address){0};
    va_start(arguments, format);
    vsnprintf(outcome->text, sizeof(outcome->text), format, arguments);
    va_end(arguments);
}

const char *ims_foreign_place(void)
{
    return "run/iommuscope belongs to another user, or others may write there: journals in it "
           "cannot be trusted; look who made it, then remove it";
}

void ims_outcome_refuse_lock(struct ims_outcome *outcome, int code)
{
    if (code == -EBUSY)
        ims_outcome_say(outcome, IMS_OUTCOME_REFUSED, code, NULL,
                        "another iommuscope is changing this machine");
    else if (code == -EACCES)
        ims_outcome_say(outcome, IMS_OUTCOME_REFUSED, code, NULL,
                        "only root has the right to change drivers");
    else if (code == -EPERM)
        ims_outcome_say(outcome, IMS_OUTCOME_REFUSED, code, NULL, "%s", ims_foreign_place());
    else
        ims_outcome_say(outcome, IMS_OUTCOME_REFUSED, code, NULL,
                        "the lock in run/iommuscope cannot be taken: %s", strerror(-code));
    outcome->refusal = code == -EBUSY ? IMS_PLAN_OWNED : IMS_PLAN_NOT_POSSIBLE;
}

static int refuse(struct ims_outcome *outcome, enum ims_plan_refusal refusal, int code,
                  const struct ims_address *address, const char *text)
{
    ims_outcome_say(outcome, IMS_OUTCOME_REFUSED, code, address, "%s", text);
    outcome->refusal = refusal;
    return -ECANCELED;
}

/* What cannot be read is not known to be as it was. */
static int refuse_unread(struct ims_outcome *outcome, int code)
{
    ims_outcome_say(outcome, IMS_OUTCOME_REFUSED, code, NULL,
                    "the machine or the journals cannot be read: %s", strerror(-code));
    outcome->refusal = IMS_PLAN_NOT_KNOWN;
    return -ECANCELED;
}

/* What the plan itself forbids. */
static int check_blockers(const struct ims_plan *plan, struct ims_outcome *ret)
{
    const struct ims_plan_blocker *worst = ims_plan_worst_blocker(plan);

    return worst ? refuse(ret, worst->refusal, 0, worst->has_address ? &worst->address : NULL,
                          worst->text)
                 : 0;
}

/* The group must have the members that the plan knows, no more and no fewer. */
static int check_members(const struct ims_work *work, struct ims_outcome *ret)
{
    const struct ims_kernel *kernel = work->desk->kernel;
    const struct ims_plan *plan = work->plan;
    struct ims_address *members = NULL;
    uint32_t count = 0;
    const int r = kernel->read_members(kernel->context, plan->group, &members, &count);
    bool same = r == 0 && count == plan->member_count;

    for (uint32_t i = 0; same && i < count; i++)
        same = ims_address_compare(members[i], plan->members[i].address) == 0;
    free(members);
    if (r == -ENOMEM)
        return r;
    if (same)
        return 0;
    ims_outcome_say(ret, IMS_OUTCOME_DRIFTED, r, NULL,
                    "group %u no longer has the members that the plan was made for", plan->group);
    return -ECANCELED;
}

static bool has_power(const struct ims_binding *now, const struct ims_binding *goal)
{
    return !now->power || !goal->power || ims_same_name(now->power, goal->power);
}

/* Every member is still what it was; *ret_at_goal: and all are already where they are to end. */
static int check_states(const struct ims_work *work, bool *ret_at_goal, struct ims_outcome *ret)
{
    *ret_at_goal = true;
    for (uint32_t i = 0; i < work->plan->member_count; i++)
        *ret_at_goal &= work->states[i].present &&
                        ims_binding_matches(&work->states[i].now, &work->plan->members[i].goal) &&
                        has_power(&work->states[i].now, &work->plan->members[i].goal);
    for (uint32_t i = 0; i < work->plan->member_count; i++) {
        const struct ims_plan_member *member = &work->plan->members[i];
        const struct ims_member_state *state = &work->states[i];
        char name[IMS_ADDRESS_STRING_SIZE];
        const char *what;

        if (!state->present)
            what = state->recognised ? "is gone" : "is no longer the device that it was";
        else if (!*ret_at_goal && !ims_binding_matches(&state->now, &member->before))
            what = "no longer has the driver, the override or the number of VFs that it had";
        else
            continue;
        ims_outcome_say(ret, IMS_OUTCOME_DRIFTED, 0, &member->address, "%s %s",
                        ims_address_format(member->address, name), what);
        return -ECANCELED;
    }
    return 0;
}

/* A use of what is no member is one of a VF, which goes with its PF. */
static struct ims_address taken_with(const struct ims_plan *plan, struct ims_address address)
{
    for (uint32_t i = 0; i < plan->member_count; i++)
        if (ims_address_compare(plan->members[i].address, address) == 0)
            return address;
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind == IMS_STEP_NUMVFS && ims_plan_allows(plan, plan->steps[i].address))
            return plan->steps[i].address;
    return address;
}

/* Somebody may have begun to use a member since the plan was made. */
static int check_uses(const struct ims_work *work, struct ims_outcome *ret)
{
    const struct ims_kernel *kernel = work->desk->kernel;
    struct ims_uses uses = {0};
    int r = kernel->find_uses(kernel->context, work->plan, &uses);

    if (r == 0 && uses.failed)
        r = -ENOMEM;
    for (uint32_t i = 0; r == 0 && i < uses.count; i++) {
        const struct ims_use *use = &uses.uses[i];
        enum ims_plan_refusal refusal;

        if (!ims_plan_forbids(work->plan, use, taken_with(work->plan, use->address), &refusal))
            continue;
        r = refuse(ret, refusal, 0, &use->address, use->text);
        if (use->kind == IMS_USE_GUEST || use->kind == IMS_USE_OPEN)
            ims_outcome_take_holder(work->desk, use->address, use->subject, ret);
    }
    ims_uses_done(&uses);
    return r;
}

/*
 * A group that is open belongs to who opened it, whether his descriptors can be seen or not: an
 * unbind would wait for him, and before 5.19 a host driver that is bound stops the kernel (R8.5).
 */
static int check_open(const struct ims_work *work, struct ims_outcome *ret)
{
    const struct ims_kernel *kernel = work->desk->kernel;

    if (kernel->is_viable(kernel->context, work->plan->group) != -EBUSY)
        return 0;
    (void)refuse(ret, IMS_PLAN_OWNED, -EBUSY, NULL, "another process has the VFIO group open");
    if (work->plan->member_count > 0)
        ims_outcome_name_holder(work->desk, work->plan->members[0].address, ret);
    return -ECANCELED;
}

static int check_open_vf(const struct ims_work *work, struct ims_address pf, struct ims_address vf,
                         struct ims_outcome *ret)
{
    const struct ims_kernel *kernel = work->desk->kernel;
    char names[2][IMS_ADDRESS_STRING_SIZE];
    struct ims_live_function live;
    int r = kernel->read_function(kernel->context, vf, &live);

    if (r == -ENODEV)
        return 0;
    if (r == 0 && (!live.has_group || kernel->is_viable(kernel->context, live.group) != -EBUSY))
        return 0;
    if (r < 0 && r != -ETIME)
        return r;
    ims_outcome_say(ret, IMS_OUTCOME_REFUSED, r < 0 ? r : -EBUSY, &vf,
                    "another process has the VFIO group of %s open, a VF that goes with %s",
                    ims_address_format(vf, names[0]), ims_address_format(pf, names[1]));
    ret->refusal = IMS_PLAN_OWNED;
    ims_outcome_name_holder(work->desk, vf, ret);
    return -ECANCELED;
}

/* VFs have groups of their own; writing 0 to sriov_numvfs waits for who has one open (1.5). */
static int check_open_vfs(const struct ims_work *work, struct ims_outcome *ret)
{
    const struct ims_kernel *kernel = work->desk->kernel;
    int r = 0;

    for (uint32_t i = 0; r == 0 && i < work->plan->member_count; i++) {
        const struct ims_address pf = work->plan->members[i].address;
        struct ims_address *vfs = NULL;
        uint32_t count = 0;

        if (!ims_plan_drops_vfs(work->plan, pf))
            continue;
        r = kernel->read_vfs(kernel->context, pf, &vfs, &count);
        for (uint32_t j = 0; r == 0 && j < count; j++)
            r = check_open_vf(work, pf, vfs[j], ret);
        free(vfs);
    }
    return r;
}

/* A transaction that was interrupted must end first: nobody knows what its members have. */
static int check_interrupted(const struct ims_work *work, struct ims_outcome *ret)
{
    struct ims_status *status = NULL;
    int r = ims_transaction_status(work->desk, &status);

    for (uint32_t i = 0; r == 0 && i < status->count; i++) {
        const struct ims_transaction_info *info = &status->transactions[i];

        if (info->state == IMS_TRANSACTION_OPEN && ims_plans_overlap(info->plan, work->plan))
            r = refuse(ret, IMS_PLAN_OWNED, 0, NULL,
                       "a transaction on this group was interrupted: iommuscope recover ends it");
        else if (info->state == IMS_TRANSACTION_DAMAGED)
            r = refuse(ret, IMS_PLAN_NOT_KNOWN, 0, NULL,
                       "a journal is damaged: iommuscope status names it");
    }
    ims_status_free(status);
    return r;
}

/*
 * A release of what somebody else gave back already has nothing to write, but a claim to end: else it
 * would hold for ever.
 */
static bool ends_a_claim(const struct ims_desk *desk, const struct ims_plan *plan)
{
    struct ims_status *status = NULL;
    bool ends = false;

    if (plan->verb != IMS_PLAN_RELEASE || ims_transaction_status(desk, &status) < 0)
        return false;
    for (uint32_t i = 0; i < status->count; i++)
        ends |= status->transactions[i].is_claim &&
                ims_plans_overlap(status->transactions[i].plan, plan);
    ims_status_free(status);
    return ends;
}

/* 0: carry it out. -ECANCELED: *ret says why not. */
static int check_all(struct ims_work *work, struct ims_outcome *ret)
{
    bool at_goal = false;
    int r = check_interrupted(work, ret);

    if (r == 0)
        r = check_members(work, ret);
    if (r == 0)
        r = ims_work_look(work);
    /* Nothing was begun here: it is stuck in somebody else's hands. */
    if (r == -ETIME) {
        ret->state = IMS_OUTCOME_REFUSED;
        ret->refusal = IMS_PLAN_OWNED;
        return -ECANCELED;
    }
    if (r == 0)
        r = check_states(work, &at_goal, ret);
    if (r == 0 && at_goal && ends_a_claim(work->desk, work->plan))
        return 0;
    if (r == 0 && at_goal) {
        ims_outcome_say(ret, IMS_OUTCOME_NOTHING, 0, NULL, "there is nothing to do");
        return -ECANCELED;
    }
    if (r == 0)
        r = check_uses(work, ret);
    if (r == 0)
        r = check_open(work, ret);
    return r == 0 ? check_open_vfs(work, ret) : r;
}

/* The journal stands before the first write, or there is none. */
static int open_journal(struct ims_work *work, struct ims_outcome *ret)
{
    const struct ims_kernel *kernel = work->desk->kernel;
    const struct ims_store *store = work->desk->store;
    char boot_id[IMS_BOOT_ID_SIZE] = "";
    int r = kernel->read_boot_id(kernel->context, boot_id);

    if (r == 0)
        r = store->create(store->context, work->journal);
    if (r == 0) {
        r = ims_journal_begin(store, work->journal, work->plan, boot_id);
        if (r < 0)
            (void)store->remove(store->context, work->journal);
    }
    if (r == 0)
        return 0;
    ims_outcome_say(ret, IMS_OUTCOME_REFUSED, r, NULL, "the journal cannot be written: %s",
                    strerror(-r));
    ret->refusal = IMS_PLAN_NOT_POSSIBLE;
    return -ECANCELED;
}

/* A link that is gone may be an unbind that waits (fact 3): then it is not done. Only reads. */
static int do_nothing(const struct ims_work *work, struct ims_outcome *ret)
{
    const int r = check_interrupted(work, ret);

    if (r != -ECANCELED)
        ims_outcome_say(ret, IMS_OUTCOME_NOTHING, 0, NULL, "there is nothing to do");
    return r == -ENOMEM ? r : 0;
}

int ims_transaction_apply(const struct ims_desk *desk, const struct ims_plan *plan,
                          struct ims_outcome *ret)
{
    const struct ims_store *store = desk->store;
    struct ims_work work = {.desk = desk, .plan = plan, .outcome = ret};
    int r;

    *ret = (struct ims_outcome){0};
    /* A plan that says no is refused without a trace on the machine. */
    if (check_blockers(plan, ret) < 0)
        return 0;
    if (plan->step_count == 0 && !ends_a_claim(desk, plan))
        return do_nothing(&work, ret);
    r = store->lock(store->context);
    if (r < 0) {
        ims_outcome_refuse_lock(ret, r);
        return 0;
    }
    r = check_all(&work, ret);
    if (r < 0 && r != -ECANCELED && r != -ENOMEM)
        r = refuse_unread(ret, r);
    if (r == 0)
        r = open_journal(&work, ret);
    if (r == 0)
        r = ims_work_go(&work, false);
    if (r == 0 && ret->state == IMS_OUTCOME_DONE)
        ims_transaction_prune(desk, IMS_JOURNALS_KEPT);
    ims_work_done(&work);
    store->unlock(store->context);
    return r == -ENOMEM ? r : 0;
}
