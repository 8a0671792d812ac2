/* SPDX-License-Identifier: MIT */
/* A plan: where each member of a group is to end, and the writes that lead there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ownership/planner.h"

const char *ims_plan_verb_to_string(enum ims_plan_verb verb)
{
    return verb == IMS_PLAN_RELEASE ? "release" : "claim";
}

const char *ims_step_kind_to_string(enum ims_step_kind kind)
{
    static const char *const names[IMS_STEP_KIND_MAX] = {
        [IMS_STEP_LOAD] = "load",         [IMS_STEP_NUMVFS] = "numvfs",
        [IMS_STEP_OVERRIDE] = "override", [IMS_STEP_UNBIND] = "unbind",
        [IMS_STEP_BIND] = "bind",         [IMS_STEP_PROBE] = "probe",
        [IMS_STEP_POWER] = "power",
    };
    return (unsigned)kind < IMS_STEP_KIND_MAX ? names[kind] : "unknown";
}

const char *ims_plan_refusal_to_string(enum ims_plan_refusal refusal)
{
    static const char *const names[] = {"not-possible", "not-known", "in-use", "vital", "owned"};
    return (unsigned)refusal < sizeof(names) / sizeof(names[0]) ? names[refusal] : "unknown";
}

const char *ims_planner_text(struct ims_planner *planner, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *text = ims_arena_vprintf(planner->arena, format, arguments);
    va_end(arguments);
    planner->failed |= !text;
    return text;
}

static const char *copy(struct ims_planner *planner, const char *text)
{
    return text ? ims_planner_text(planner, "%s", text) : NULL;
}

static bool is_wanted(const struct ims_planner *planner, struct ims_function function)
{
    for (uint32_t i = 0; i < planner->request->wanted_count; i++)
        if (planner->request->wanted[i].index == function.index)
            return true;
    return false;
}

/* A function of the device of one that is wanted: they are reset together (1.2). */
static bool shares_device(const struct ims_planner *planner, const struct ims_function_info *info)
{
    for (uint32_t i = 0; i < planner->request->wanted_count; i++) {
        const struct ims_function_info *wanted =
            ims_topology_function(planner->check->topology, planner->request->wanted[i]);

        if (wanted->address.segment == info->address.segment &&
            wanted->address.bus == info->address.bus &&
            ims_address_device(wanted->address) == ims_address_device(info->address))
            return true;
    }
    return false;
}

static const char *target_driver(const struct ims_planner *planner,
                                 const struct ims_function_info *info,
                                 const struct ims_plan_member *member)
{
    const char *driver = planner->request->driver;
    const bool asked = member->wanted || planner->request->wanted_count == 0;

    if (!asked && planner->request->companions == IMS_COMPANIONS_STUB)
        return "pci-stub";
    if (!asked && planner->request->companions == IMS_COMPANIONS_AUTO &&
        !shares_device(planner, info))
        return "pci-stub";
    /* A variant that is bound already is what somebody chose for this device. */
    if (!driver && member->before.driver &&
        (ims_driver_kind(member->before.driver, true) == IMS_DRIVER_VFIO ||
         info->record->has_vfio_device))
        return member->before.driver;
    return driver ? driver : "vfio-pci";
}

/* Host and ISA bridges have no bus behind them that could be handed over. */
bool ims_planner_is_system(const struct ims_plan_member *member)
{
    const uint32_t base = member->class_code >> 16;
    return base == 0x06 || base == 0x08;
}

static void set_claim_goal(struct ims_planner *planner, const struct ims_member *judged,
                           const struct ims_function_info *info, struct ims_plan_member *member)
{
    member->goal = member->before;
    member->goal.power = NULL;
    if (member->interconnect) {
        if (judged->verdict == IMS_MEMBER_BLOCKING)
            member->goal.driver = NULL;
        return;
    }
    if (ims_planner_is_system(member) && !member->before.driver && !member->wanted)
        return;
    const char *driver = target_driver(planner, info, member);

    member->goal.driver = copy(planner, driver);
    member->goal.override = member->goal.driver;
    if (!member->before.driver || strcmp(member->before.driver, driver) != 0)
        member->goal.numvfs = 0;
}

/* What the member had before it was claimed; without a record, what the kernel chooses. */
static void set_release_goal(struct ims_planner *planner, struct ims_plan_member *member)
{
    member->goal = member->before;
    for (uint32_t i = 0; i < planner->request->origin_count; i++) {
        const struct ims_plan_origin *origin = &planner->request->origins[i];

        if (ims_address_compare(origin->address, member->address) != 0)
            continue;
        member->goal = origin->before;
        member->goal.driver = copy(planner, origin->before.driver);
        member->goal.override = copy(planner, origin->before.override);
        member->goal.power = copy(planner, origin->before.power);
        return;
    }
    if (planner->request->origin_count == 0 && !member->interconnect &&
        (ims_driver_is_for_guests(member->before.driver) ||
         ims_driver_is_for_guests(member->before.override)))
        member->goal = (struct ims_binding){.any_driver = true, .numvfs = member->before.numvfs};
}

static void add_member(struct ims_planner *planner, const struct ims_member *judged)
{
    const struct ims_function_info *info = ims_check_info(planner->check, judged);
    struct ims_plan_member *member = &planner->plan->members[planner->plan->member_count++];
    const struct ims_record *record = info->record;

    *member = (struct ims_plan_member){
        .address = info->address,
        .id = info->id_count == 1 ? info->ids[0] : (struct ims_id){0, 0},
        .class_code = info->class_code.value & info->class_code.known,
        .interconnect = judged->is_interconnect,
        .wanted = is_wanted(planner, judged->function),
        .before =
            {
                .driver = copy(planner, judged->driver),
                .override = record->override_stated ? copy(planner, record->driver_override) : NULL,
                .numvfs = record->numvfs_stated ? record->numvfs : 0,
                .power = copy(planner, record->power_control),
            },
    };
    if (record->subsystem_stated)
        member->subsystem = record->subsystem;
    member->late = member->wanted || member->class_code >> 16 == 0x03;
    if (planner->request->verb == IMS_PLAN_CLAIM)
        set_claim_goal(planner, judged, info, member);
    else
        set_release_goal(planner, member);
}

static int add_members(struct ims_planner *planner)
{
    const struct ims_check *check = planner->check;
    struct ims_plan *plan = planner->plan;

    plan->members =
        ims_arena_alloc_array(planner->arena, check->member_count, sizeof(*plan->members));
    if (!plan->members)
        return -ENOMEM;
    for (uint32_t i = 0; i < check->member_count; i++)
        if (!ims_function_is_none(check->members[i].function))
            add_member(planner, &check->members[i]);
    return planner->failed ? -ENOMEM : 0;
}

static int add_steps(struct ims_planner *planner)
{
    struct ims_plan *plan = planner->plan;
    struct ims_binding *now = calloc(plan->member_count + 1, sizeof(*now));
    struct ims_step *steps = NULL;
    uint32_t count = 0;
    int r = now ? 0 : -ENOMEM;

    for (uint32_t i = 0; r == 0 && i < plan->member_count; i++)
        now[i] = plan->members[i].before;
    if (r == 0)
        r = ims_plan_steps(plan, now, false, &steps, &count);
    if (r == 0) {
        plan->steps = ims_arena_alloc_array(planner->arena, count, sizeof(*steps));
        r = plan->steps ? 0 : -ENOMEM;
    }
    if (r == 0) {
        plan->step_count = count;
        if (count)
            memcpy(plan->steps, steps, count * sizeof(*steps));
    }
    free(steps);
    free(now);
    return r;
}

/* The plan may be saved and carried out later: what was accepted goes with it. */
static int add_allowed(struct ims_planner *planner)
{
    struct ims_plan *plan = planner->plan;
    const uint32_t count = planner->request->allowed_count;

    plan->allowed = ims_arena_alloc_array(planner->arena, count, sizeof(*plan->allowed));
    if (!plan->allowed)
        return -ENOMEM;
    if (count)
        memcpy(plan->allowed, planner->request->allowed, count * sizeof(*plan->allowed));
    plan->allowed_count = count;
    return 0;
}

static bool is_driver_name(const char *name)
{
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_-");
    return length > 0 && length < 64 && name[length] == '\0';
}

static bool is_member(const struct ims_check *check, struct ims_function function)
{
    for (uint32_t i = 0; i < check->member_count; i++)
        if (check->members[i].function.index == function.index)
            return true;
    return false;
}

/* A loss that is allowed must be one that the plan can cause: of a member, or of its VFs. */
static int check_allowed(const struct ims_check *check, struct ims_address address,
                         struct ims_error *reterr)
{
    const struct ims_function function = ims_topology_find(check->topology, address);
    char name[IMS_ADDRESS_STRING_SIZE];

    if (!ims_function_is_none(function)) {
        const struct ims_function physfn = ims_topology_function(check->topology, function)->physfn;

        if (is_member(check, function) ||
            (!ims_function_is_none(physfn) && is_member(check, physfn)))
            return 0;
    }
    return ims_error_set(reterr, -EINVAL,
                         "%s is not in this group: this claim cannot cost it anything",
                         ims_address_format(address, name));
}

static int check_request(const struct ims_check *check, const struct ims_plan_request *request,
                         struct ims_error *reterr)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    if (request->driver && !is_driver_name(request->driver))
        return ims_error_set(reterr, -EINVAL, "this is no name of a driver");
    /* A variant that nobody has heard of has VFIO in its name, as all others do. */
    if (request->driver && ims_driver_kind(request->driver, true) != IMS_DRIVER_VFIO &&
        ims_driver_kind(request->driver, true) != IMS_DRIVER_STUB &&
        !strstr(request->driver, "vfio"))
        return ims_error_set(reterr, -EINVAL,
                             "%s is a driver of the host: a claim binds to vfio-pci, a variant of "
                             "it, or pci-stub",
                             request->driver);
    for (uint32_t i = 0; i < request->allowed_count; i++) {
        const int r = check_allowed(check, request->allowed[i], reterr);

        if (r < 0)
            return r;
    }
    for (uint32_t i = 0; i < request->wanted_count; i++) {
        const struct ims_function_info *info =
            ims_topology_function(check->topology, request->wanted[i]);

        ims_address_format(info->address, name);
        if (check->has_group && !ims_check_holds(check, request->wanted[i]))
            return ims_error_set(reterr, -EINVAL,
                                 "%s is in another group: one group is handed over at a time",
                                 name);
        if (ims_is_interconnect(info) == IMS_YES)
            return ims_error_set(reterr, -EINVAL,
                                 "%s is a bridge: interconnect is never bound to a VFIO driver",
                                 name);
    }
    return 0;
}

/* Requests of a caller that was built with an older header end earlier. */
static struct ims_plan_request take_request(const struct ims_plan_request *request)
{
    struct ims_plan_request taken = {0};

    memcpy(&taken, request,
           request->size_bytes < sizeof(taken) ? request->size_bytes : sizeof(taken));
    return taken;
}

int ims_plan_new(const struct ims_check *check, const struct ims_plan_request *request,
                 struct ims_plan **ret, struct ims_error *reterr)
{
    const struct ims_plan_request taken = take_request(request);
    struct ims_planner planner = {.check = check, .request = &taken};
    int r = check_request(check, &taken, reterr);

    if (r < 0)
        return r;
    planner.plan = calloc(1, sizeof(*planner.plan));
    planner.arena = calloc(1, sizeof(*planner.arena));
    if (!planner.plan || !planner.arena) {
        free(planner.plan);
        free(planner.arena);
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    }
    planner.plan->memory = planner.arena;
    planner.plan->verb = taken.verb;
    planner.plan->group = check->has_group ? check->number : IMS_NONE;
    planner.plan->kernel_release =
        copy(&planner, ims_topology_machine(check->topology)->kernel_release);
    r = add_members(&planner);
    if (r == 0)
        r = add_allowed(&planner);
    if (r == 0)
        r = add_steps(&planner);
    if (r == 0)
        r = ims_planner_block(&planner);
    if (r < 0) {
        ims_plan_free(planner.plan);
        return ims_error_set(reterr, r, "out of memory");
    }
    *ret = planner.plan;
    return 0;
}

void ims_plan_free(struct ims_plan *plan)
{
    if (!plan)
        return;
    if (plan->memory)
        ims_arena_done(plan->memory);
    free(plan->memory);
    free(plan);
}
