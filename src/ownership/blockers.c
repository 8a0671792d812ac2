/* SPDX-License-Identifier: MIT */
/* What forbids to carry a plan out. */
#include <errno.h>
#include <string.h>

#include "ownership/planner.h"

/* Room for every obstacle and every use, and for each member three times more. */
static int make_room(struct ims_planner *planner)
{
    const uint32_t uses = planner->request->uses ? planner->request->uses->count : 0;
    const uint32_t room =
        planner->check->obstacle_count + uses + 3 * planner->plan->member_count + 4;

    planner->plan->blockers =
        ims_arena_alloc_array(planner->arena, room, sizeof(*planner->plan->blockers));
    return planner->plan->blockers ? 0 : -ENOMEM;
}

static void add(struct ims_planner *planner, enum ims_plan_refusal refusal,
                const struct ims_address *address, const char *text, const char *remedy)
{
    planner->plan->blockers[planner->plan->blocker_count++] = (struct ims_plan_blocker){
        .refusal = refusal,
        .has_address = address != NULL,
        .address = address ? *address : (struct ims_address){0},
        .text = text,
        .remedy = remedy,
    };
}

static bool is_rule(const struct ims_obstacle *obstacle, enum ims_rule_id id)
{
    return obstacle->rule == ims_rule_get(id);
}

/* What is carried out is held against the members of the kernel's group. */
static void block_for_number(struct ims_planner *planner)
{
    const struct ims_check *check = planner->check;

    if (check->has_group && !check->of_kernel)
        add(planner, IMS_PLAN_NOT_KNOWN, NULL,
            "the input has no groups of a kernel: this group is only computed",
            "ask on the machine itself");
    else if (!check->has_group && planner->request->verb == IMS_PLAN_RELEASE)
        add(planner, IMS_PLAN_NOT_POSSIBLE, NULL,
            ims_planner_text(planner, "%s is in no group: whole groups are given back",
                             check->members[0].name),
            "clear its driver_override and unbind it by hand");
}

/* Drivers of functions are what the plan changes; nothing else about the group can be changed. */
static void block_for_group(struct ims_planner *planner)
{
    const struct ims_check *check = planner->check;

    for (uint32_t i = 0; i < check->obstacle_count; i++) {
        const struct ims_obstacle *obstacle = &check->obstacles[i];

        if (obstacle->blocks == IMS_NO || is_rule(obstacle, IMS_RULE_OWN_HOST_DRIVER) ||
            is_rule(obstacle, IMS_RULE_OWN_BRIDGE_DRIVER))
            continue;
        add(planner,
            is_rule(obstacle, IMS_RULE_OWN_KVM_STUB) && obstacle->blocks == IMS_YES ? IMS_PLAN_OWNED
            : obstacle->blocks == IMS_UNKNOWN ? IMS_PLAN_NOT_KNOWN
                                              : IMS_PLAN_NOT_POSSIBLE,
            NULL, ims_planner_text(planner, "%s", obstacle->text), obstacle->remedy);
    }
}

/* VFs vanish with the driver of their PF: whose loss a use of address is. */
static bool find_taken(const struct ims_planner *planner, struct ims_address address,
                       struct ims_address *ret)
{
    const struct ims_topology *topology = planner->check->topology;
    const struct ims_function function = ims_topology_find(topology, address);

    *ret = address;
    if (ims_plan_takes(planner->plan, address))
        return true;
    if (ims_function_is_none(function))
        return false;
    const struct ims_function physfn = ims_topology_function(topology, function)->physfn;
    if (ims_function_is_none(physfn))
        return false;
    *ret = ims_topology_function(topology, physfn)->address;
    return ims_plan_drops_vfs(planner->plan, *ret);
}

static const char *remedy_of(struct ims_planner *planner, const struct ims_use *use,
                             enum ims_plan_refusal refusal, const char *name)
{
    if (refusal == IMS_PLAN_OWNED)
        return "stop what holds it first";
    if (refusal == IMS_PLAN_VITAL)
        return "this cannot be allowed: move what depends on it first";
    if (planner->plan->verb == IMS_PLAN_RELEASE)
        return use->certain == IMS_YES ? "stop the process that holds it" : "ask as root";
    return ims_planner_text(planner, "end this use, or accept the loss with --allow-loss %s", name);
}

static void block_for_use(struct ims_planner *planner, const struct ims_use *use)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    enum ims_plan_refusal refusal;
    struct ims_address taken;

    if (!find_taken(planner, use->address, &taken) ||
        !ims_plan_forbids(planner->plan, use, taken, &refusal))
        return;
    ims_address_format(use->address, name);
    add(planner, refusal, &use->address, ims_planner_text(planner, "%s: %s", name, use->text),
        remedy_of(planner, use, refusal, name));
}

/* Bridges to the chipset, timers and the like are not taken in passing (1.4). */
static void block_for_system(struct ims_planner *planner)
{
    for (uint32_t i = 0; i < planner->plan->member_count; i++) {
        const struct ims_plan_member *member = &planner->plan->members[i];
        char name[IMS_ADDRESS_STRING_SIZE];

        if (member->interconnect || member->wanted || !ims_planner_is_system(member) ||
            !ims_plan_takes(planner->plan, member->address) ||
            ims_plan_allows(planner->plan, member->address))
            continue;
        ims_address_format(member->address, name);
        add(planner, IMS_PLAN_IN_USE, &member->address,
            ims_planner_text(planner, "%s belongs to the platform (class %04x), driven by %s", name,
                             member->class_code >> 8, member->before.driver),
            ims_planner_text(planner, "accept the loss with --allow-loss %s", name));
    }
}

/* A member that vanishes while the plan is carried out can be neither handed over nor put back. */
static void block_for_vfs(struct ims_planner *planner)
{
    const struct ims_topology *topology = planner->check->topology;

    for (uint32_t i = 0; i < planner->plan->member_count; i++) {
        const struct ims_address address = planner->plan->members[i].address;
        const struct ims_function physfn =
            ims_topology_function(topology, ims_topology_find(topology, address))->physfn;
        char vf[IMS_ADDRESS_STRING_SIZE];
        char pf[IMS_ADDRESS_STRING_SIZE];

        if (ims_function_is_none(physfn))
            continue;
        const struct ims_address above = ims_topology_function(topology, physfn)->address;
        if (!ims_plan_drops_vfs(planner->plan, above))
            continue;
        ims_address_format(address, vf);
        ims_address_format(above, pf);
        add(planner, IMS_PLAN_NOT_POSSIBLE, &planner->plan->members[i].address,
            ims_planner_text(planner, "%s is a VF of %s in the same group, and vanishes with it",
                             vf, pf),
            ims_planner_text(planner, "switch the VFs of %s off first: write 0 to its sriov_numvfs",
                             pf));
    }
}

/* What such a member has is not known, and a write to it would wait too (1.5). */
static void block_for_stuck(struct ims_planner *planner)
{
    const struct ims_topology *topology = planner->check->topology;

    for (uint32_t i = 0; i < planner->plan->member_count; i++) {
        const struct ims_address address = planner->plan->members[i].address;
        char name[IMS_ADDRESS_STRING_SIZE];

        if (!ims_topology_function(topology, ims_topology_find(topology, address))
                 ->record->is_stuck)
            continue;
        ims_address_format(address, name);
        add(planner, IMS_PLAN_OWNED, &planner->plan->members[i].address,
            ims_planner_text(planner,
                             "%s: the kernel does not come back from a change of its driver", name),
            "stop what holds it; iommuscope recover then ends what was interrupted");
    }
}

int ims_planner_block(struct ims_planner *planner)
{
    const struct ims_uses *uses = planner->request->uses;
    const int r = make_room(planner);

    if (r < 0)
        return r;
    if (planner->plan->step_count > 0 || planner->request->verb == IMS_PLAN_CLAIM)
        block_for_number(planner);
    if (planner->request->verb == IMS_PLAN_CLAIM)
        block_for_group(planner);
    block_for_stuck(planner);
    if (planner->plan->step_count > 0 && (!uses || uses->failed))
        add(planner, IMS_PLAN_NOT_KNOWN, NULL, "nobody looked who uses the members",
            "ask on the machine itself");
    for (uint32_t i = 0; uses && i < uses->count; i++)
        block_for_use(planner, &uses->uses[i]);
    if (planner->request->verb == IMS_PLAN_CLAIM)
        block_for_system(planner);
    block_for_vfs(planner);
    return planner->failed ? -ENOMEM : 0;
}
