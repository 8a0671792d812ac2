/* SPDX-License-Identifier: MIT */
#include "ownership_stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ownership_generate.h"

unsigned stage_ready_count;
unsigned stage_ends[IMS_OUTCOME_STUCK + 1];

struct stage *stage_new(void)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    if (!stage)
        abort();
    return stage;
}

void stage_free(struct stage *stage)
{
    scene_done(&stage->scene);
    run_done(&stage->before);
    run_done(&stage->after);
    free(stage);
}

/* ---- plans ---- */

void scene_done(struct scene *scene)
{
    ims_plan_free(scene->plan);
    ims_check_free(scene->check);
    ims_grouping_free(scene->grouping);
    ims_topology_free(scene->topology);
    *scene = (struct scene){0};
}

struct request {
    struct ims_plan_request request;
    struct ims_function wanted[FAKE_FUNCTIONS_MAX];
    struct ims_address allowed[FAKE_FUNCTIONS_MAX];
    struct ims_uses uses;
};

/* Endpoints of the group, or some of them; every loss is allowed, so that plans are carried out. */
static void draw_request(struct request *request, const struct scene *scene,
                         const struct sketch *sketch, uint64_t seed)
{
    static const char *const drivers[] = {"vfio-pci", "pci-stub", "mlx5_vfio_pci"};
    struct rng rng = {seed};
    const bool some = rng_percent(&rng, 70);
    const unsigned draw = rng_below(&rng, 100);

    request->request = (struct ims_plan_request){
        .size_bytes = sizeof(request->request),
        .driver = draw < 75 ? NULL
                            : drivers[draw < 88   ? 0
                                      : draw < 97 ? 1
                                                  : 2],
        .companions = (enum ims_companions)rng_below(&rng, 3),
        .wanted = request->wanted,
        .allowed = request->allowed,
        .uses = &request->uses,
    };
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *function = &sketch->functions[i];

        if (function->group_state != IMS_GROUP_KNOWN || function->group != TARGET_GROUP)
            continue;
        request->allowed[request->request.allowed_count++] = function->address;
        if (some && !function->header && rng_percent(&rng, 50))
            request->wanted[request->request.wanted_count++] =
                ims_topology_find(scene->topology, function->address);
    }
}

static bool make_plan(struct scene *scene, const struct sketch *sketch, uint64_t seed, bool release,
                      const struct ims_status *status)
{
    struct ims_plan_origin origins[FAKE_FUNCTIONS_MAX];
    struct request request = {.request.size_bytes = 0};

    draw_request(&request, scene, sketch, seed);
    request.request.verb = release ? IMS_PLAN_RELEASE : IMS_PLAN_CLAIM;
    for (uint32_t i = 0; status && i < status->count; i++) {
        const struct ims_transaction_info *info = &status->transactions[i];

        for (uint32_t j = 0; info->is_claim && j < info->plan->member_count; j++)
            origins[request.request.origin_count++] = (struct ims_plan_origin){
                info->plan->members[j].address, info->plan->members[j].before};
    }
    request.request.origins = origins;
    return ims_plan_new(scene->check, &request.request, &scene->plan, NULL) == 0;
}

bool scene_make(struct scene *scene, const struct sketch *sketch, uint64_t seed, bool release,
                const struct ims_status *status)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    const struct sketch_function *member = NULL;

    for (unsigned i = 0; i < sketch->count && !member; i++)
        if (sketch->functions[i].group_state == IMS_GROUP_KNOWN &&
            sketch->functions[i].group == TARGET_GROUP)
            member = &sketch->functions[i];
    if (!member || sketch_seal(sketch, &scene->topology, NULL) < 0 ||
        ims_ruleset_find("linux", ims_topology_machine(scene->topology), &options.ruleset, NULL) <
            0 ||
        ims_grouping_compute(scene->topology, &options, &scene->grouping, NULL) < 0 ||
        ims_check_new(scene->grouping, ims_topology_find(scene->topology, member->address), NULL,
                      &scene->check, NULL) < 0)
        return false;
    return make_plan(scene, sketch, seed, release, status);
}

/* ---- runs ---- */

struct run *run_new(void)
{
    struct run *run = calloc(1, sizeof(*run));

    if (!run)
        abort();
    return run;
}

/* Kernel and store are there: what the code under test is given of them. */
static void set_desk(struct run *run)
{
    fake_script_reset(&run->script);
    run->kernel.script = run->store.script = &run->script;
    run->kernel_interface = fake_kernel_interface(&run->kernel);
    run->store_interface = fake_store_interface(&run->store);
    run->desk = (struct ims_desk){.kernel = &run->kernel_interface, .store = &run->store_interface};
}

void run_begin(struct run *run, const struct run *from)
{
    run->kernel = from->kernel;
    fake_store_copy(&run->store, &from->store, &run->script);
    set_desk(run);
    run->outcome = (struct ims_outcome){0};
    run->result = 0;
}

void run_done(struct run *run)
{
    fake_store_done(&run->store);
}

void run_apply(struct run *run, const struct ims_plan *plan)
{
    run->result = ims_transaction_apply(&run->desk, plan, &run->outcome);
    stage_ends[run->outcome.state]++;
}

void run_restart(struct run *run)
{
    fake_script_reset(&run->script);
    fake_store_free_lock(&run->store);
}

void run_recover(struct run *run, enum ims_recovery recovery)
{
    run->outcome = (struct ims_outcome){0};
    run->result = ims_transaction_recover(&run->desk, recovery, &run->outcome);
    stage_ends[run->outcome.state]++;
}

int run_count(struct run *run, enum ims_transaction_state state)
{
    struct ims_status *status = NULL;
    const struct fake_script script = run->script;
    int count = 0;

    fake_script_reset(&run->script);
    if (ims_transaction_status(&run->desk, &status) < 0)
        count = -1;
    for (uint32_t i = 0; status && i < status->count; i++)
        count += status->transactions[i].state == state;
    ims_status_free(status);
    run->script = script;
    return count;
}

bool run_is_old(const struct run *run, const struct stage *stage, char *difference, size_t size)
{
    return fake_kernel_same(&stage->before.kernel, &run->kernel, stage->vfs_anew, difference, size);
}

bool run_is_new(const struct run *run, const struct stage *stage, char *difference, size_t size)
{
    return fake_kernel_same(&stage->after.kernel, &run->kernel, stage->vfs_anew, difference, size);
}

const char *run_name_call(const struct run *run, unsigned number, char *buffer, size_t size)
{
    static const char *const kinds[] = {"read",   "step",   "viable", "lock",  "unlock",
                                        "create", "append", "load",   "remove", "write"};
    char address[IMS_ADDRESS_STRING_SIZE] = "";

    if (number == 0 || number > run->script.count || number > FAKE_CALLS_MAX) {
        snprintf(buffer, size, "call %u", number);
        return buffer;
    }
    const struct fake_call *call = &run->script.calls[number - 1];
    if (call->kind == FAKE_CALL_STEP || call->is_function)
        ims_address_format(call->address, address);
    snprintf(buffer, size, "call %u (%s %s%s%s%s)", number, kinds[call->kind],
             call->kind == FAKE_CALL_STEP ? ims_step_kind_to_string(call->step) : "", address,
             call->name[0] ? " " : "", call->name);
    return buffer;
}

/* ---- what a stage begins with ---- */

static bool makes_vfs_anew(const struct ims_plan *plan)
{
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind == IMS_STEP_NUMVFS)
            return true;
    return false;
}

/* Carries the plan out once without any disturbance. */
static enum stage_state rehearse(struct stage *stage, char why[WHY_SIZE])
{
    char difference[256];

    run_begin(&stage->after, &stage->before);
    run_apply(&stage->after, stage->scene.plan);
    stage->vfs_anew |= makes_vfs_anew(stage->scene.plan);
    if (stage->after.result < 0 || stage->after.outcome.state != IMS_OUTCOME_DONE) {
        snprintf(why, WHY_SIZE, "an undisturbed %s ends %s (%d): %.300s",
                 ims_plan_verb_to_string(stage->scene.plan->verb),
                 ims_outcome_state_to_string(stage->after.outcome.state), stage->after.result,
                 stage->after.outcome.text);
        return STAGE_BROKEN;
    }
    if (stage->after.script.count > FAKE_CALLS_MAX)
        abort();
    if (run_is_old(&stage->after, stage, difference, sizeof(difference))) {
        snprintf(why, WHY_SIZE, "a plan with steps changes nothing");
        return STAGE_BROKEN;
    }
    return STAGE_READY;
}

static enum stage_state judge_plan(struct stage *stage, char why[WHY_SIZE])
{
    if (stage->scene.plan->blocker_count > 0)
        return STAGE_BLOCKED;
    if (stage->scene.plan->step_count == 0)
        return STAGE_EMPTY;
    return rehearse(stage, why);
}

/* The machine after a claim, with the journals of the claim, is what a release begins with. */
static enum stage_state begin_release(struct stage *stage, uint64_t seed, char why[WHY_SIZE])
{
    struct ims_status *status = NULL;
    struct sketch sketch;

    stage->first = stage->before.kernel;
    run_done(&stage->before);
    run_begin(&stage->before, &stage->after);
    run_done(&stage->after);
    scene_done(&stage->scene);
    fake_kernel_to_sketch(&stage->before.kernel, stage->sketch, &sketch);
    const bool made = ims_transaction_status(&stage->before.desk, &status) == 0 &&
                      scene_make(&stage->scene, &sketch, seed, true, status);
    ims_status_free(status);
    sketch_done(&sketch);
    return made ? judge_plan(stage, why) : STAGE_NONE;
}

static uint32_t count_vfs(const struct fake_kernel *kernel, const struct fake_function *pf)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < kernel->count; i++)
        count += kernel->functions[i].is_vf &&
                 ims_address_compare(kernel->functions[i].physfn, pf->address) == 0;
    return count;
}

/* Outside of the group, and waiting for a module that a plan may load: it would be taken. */
static bool waits(const struct fake_function *function)
{
    return function->group != TARGET_GROUP && function->driver == fake_driver_count &&
           fake_driver_find(function->override) < fake_driver_count;
}

/*
 * Shrinking makes machines that cannot be, or that nobody can promise anything for: a driver of
 * other hardware than what it is bound to, VFs that are missing.
 */
static bool is_real(const struct fake_kernel *kernel)
{
    for (unsigned i = 0; i < kernel->count; i++)
        if (waits(&kernel->functions[i]) || !fake_kernel_fits(&kernel->functions[i]) ||
            count_vfs(kernel, &kernel->functions[i]) != kernel->functions[i].numvfs)
            return false;
    return true;
}

enum stage_state stage_begin(struct stage *stage, const struct sketch *sketch, uint64_t seed,
                             bool release, char why[WHY_SIZE])
{
    stage->sketch = sketch;
    stage->release = release;
    fake_kernel_from_sketch(&stage->before.kernel, sketch, &stage->before.script);
    set_desk(&stage->before);
    if (!is_real(&stage->before.kernel) || !scene_make(&stage->scene, sketch, seed, false, NULL))
        return STAGE_NONE;
    enum stage_state state = judge_plan(stage, why);
    if (release && state == STAGE_READY)
        state = begin_release(stage, seed, why);
    stage_ready_count += state == STAGE_READY;
    return state;
}

bool stage_holds(const struct sketch *sketch, const struct trial *trial, bool release,
                 stage_judge holds, char why[WHY_SIZE])
{
    struct stage *stage = stage_new();
    const enum stage_state state = stage_begin(stage, sketch, trial->seed, release, why);
    const bool ok = state == STAGE_READY ? holds(stage, trial, why) : state != STAGE_BROKEN;

    stage_free(stage);
    return ok;
}
