/* SPDX-License-Identifier: MIT */
/* The writes that lead from one state of a group to another. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ownership/model.h"

/* Per member: load, VFs gone, override, unbind, bind or probe, the last override, power, VFs back. */
#define STEPS_PER_MEMBER 8u

struct list {
    struct ims_step *steps;
    uint32_t count;
};

static void add(struct list *list, enum ims_step_kind kind, struct ims_address address,
                const char *name, uint32_t number)
{
    list->steps[list->count++] =
        (struct ims_step){.kind = kind, .address = address, .name = name, .number = number};
}

/* Whether what is bound now has to go. */
static bool must_unbind(const struct ims_binding *now, const struct ims_binding *goal)
{
    if (!now->driver)
        return false;
    if (goal->any_driver)
        return ims_driver_is_for_guests(now->driver);
    return !ims_same_name(now->driver, goal->driver);
}

static bool must_bind(const struct ims_binding *now, const struct ims_binding *goal)
{
    return !goal->any_driver && goal->driver && !ims_same_name(now->driver, goal->driver);
}

/*
 * What driver_override is to hold while the driver changes. A function may have one driver bound
 * and wait for another one, which its override names; it has to be lent for the bind (table 1.1).
 */
static const char *passing_override(const struct ims_binding *now, const struct ims_binding *goal)
{
    return must_bind(now, goal) && goal->override ? goal->driver : goal->override;
}

static bool must_probe(const struct ims_binding *now, const struct ims_binding *goal)
{
    return goal->any_driver && (!now->driver || must_unbind(now, goal));
}

/* VFs stand in the way of a change of the PF's driver, and vanish with it at the latest. */
static bool must_drop_vfs(const struct ims_binding *now, const struct ims_binding *goal)
{
    return now->numvfs > 0 && (must_unbind(now, goal) || goal->numvfs != now->numvfs);
}

/*
 * VFIO's drivers allow runtime power management and forbid it when they leave, whatever there was;
 * drivers of the host choose too when they are bound. What the plan does not move is left alone.
 */
static bool must_set_power(const struct ims_plan_member *member, const struct ims_binding *now,
                           const struct ims_binding *goal)
{
    if (!goal->power || member->interconnect)
        return false;
    return must_unbind(now, goal) || must_bind(now, goal) ||
           (!ims_same_name(member->before.driver, member->goal.driver) && now->power &&
            !ims_same_name(now->power, goal->power));
}

static bool loads(const struct list *list, const char *driver)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->steps[i].kind == IMS_STEP_LOAD && strcmp(list->steps[i].name, driver) == 0)
            return true;
    return false;
}

/*
 * All overrides stand before the first unbind: nothing else can slip in between (1.3). They stand
 * before the modules too, which take every driverless function whose override names them already.
 * VFs go last of what can be had again: loading a module may fail, and VFs come back as new ones.
 */
static void prepare(const struct ims_plan *plan, const struct ims_binding *now, bool back,
                    struct list *list)
{
    static const struct ims_address none = {0};

    for (uint32_t i = 0; i < plan->member_count; i++) {
        const struct ims_plan_member *member = &plan->members[i];
        const struct ims_binding *goal = back ? &member->before : &member->goal;
        const char *override = passing_override(&now[i], goal);

        if (!ims_same_name(now[i].override, override))
            add(list, IMS_STEP_OVERRIDE, member->address, override, 0);
    }
    for (uint32_t i = 0; i < plan->member_count; i++) {
        const struct ims_plan_member *member = &plan->members[i];
        const struct ims_binding *goal = back ? &member->before : &member->goal;

        if (must_bind(&now[i], goal) && !loads(list, goal->driver))
            add(list, IMS_STEP_LOAD, none, goal->driver, 0);
    }
    for (uint32_t i = 0; i < plan->member_count; i++) {
        const struct ims_plan_member *member = &plan->members[i];

        if (must_drop_vfs(&now[i], back ? &member->before : &member->goal))
            add(list, IMS_STEP_NUMVFS, member->address, NULL, 0);
    }
}

static void unbind(const struct ims_plan *plan, const struct ims_binding *now, bool back, bool late,
                   struct list *list)
{
    for (uint32_t i = 0; i < plan->member_count; i++) {
        const struct ims_plan_member *member = &plan->members[i];

        if (member->late == late && must_unbind(&now[i], back ? &member->before : &member->goal))
            add(list, IMS_STEP_UNBIND, member->address, now[i].driver, 0);
    }
}

static void bind(const struct ims_plan *plan, const struct ims_binding *now, bool back,
                 struct list *list)
{
    for (uint32_t i = 0; i < plan->member_count; i++) {
        const struct ims_plan_member *member = &plan->members[i];
        const struct ims_binding *goal = back ? &member->before : &member->goal;

        if (must_bind(&now[i], goal))
            add(list, IMS_STEP_BIND, member->address, goal->driver, 0);
        else if (must_probe(&now[i], goal))
            add(list, IMS_STEP_PROBE, member->address, NULL, 0);
        if (!ims_same_name(passing_override(&now[i], goal), goal->override))
            add(list, IMS_STEP_OVERRIDE, member->address, goal->override, 0);
        if (must_set_power(member, &now[i], goal))
            add(list, IMS_STEP_POWER, member->address, goal->power, 0);
    }
    for (uint32_t i = 0; i < plan->member_count; i++) {
        const struct ims_plan_member *member = &plan->members[i];
        const struct ims_binding *goal = back ? &member->before : &member->goal;

        if (goal->numvfs > 0 && (goal->numvfs != now[i].numvfs || must_drop_vfs(&now[i], goal)))
            add(list, IMS_STEP_NUMVFS, member->address, NULL, goal->numvfs);
    }
}

int ims_plan_steps(const struct ims_plan *plan, const struct ims_binding *now, bool back,
                   struct ims_step **ret, uint32_t *ret_count)
{
    struct list list = {
        .steps = calloc((size_t)plan->member_count * STEPS_PER_MEMBER + 1, sizeof(*list.steps))};

    if (!list.steps)
        return -ENOMEM;
    prepare(plan, now, back, &list);
    unbind(plan, now, back, false, &list);
    unbind(plan, now, back, true, &list);
    bind(plan, now, back, &list);
    *ret = list.steps;
    *ret_count = list.count;
    return 0;
}
