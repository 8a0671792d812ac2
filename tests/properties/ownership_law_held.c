/* SPDX-License-Identifier: MIT */
/* A process has a device open: what waits for it is said to be stuck, and ends when it lets go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ownership_laws.h"
#include "output/document.h"
#include "ownership/model.h"
#include "ownership_stage.h"

/* What a member that is not stuck may have: what it had, its goal, or what lies between. */
static bool is_between(const struct fake_function *function, const struct fake_function *before,
                       const struct fake_function *after)
{
    const bool driver = function->driver == before->driver || function->driver == after->driver ||
                        function->driver == fake_driver_count;
    /* An override may be lent for a bind. */
    const bool override = strcmp(function->override, before->override) == 0 ||
                          strcmp(function->override, after->override) == 0 ||
                          (after->driver < fake_driver_count &&
                           strcmp(function->override, fake_drivers[after->driver].name) == 0);

    return driver && override;
}

static bool judge_stuck(struct run *run, const struct stage *stage, struct ims_address held,
                        char why[WHY_SIZE])
{
    char name[IMS_ADDRESS_STRING_SIZE];

    if (!run_keeps(run, stage, why))
        return false;
    if (!run->outcome.has_address || ims_address_compare(run->outcome.address, held) != 0 ||
        run->outcome.code != -ETIME)
        return law_fails(why, "stuck, but %s is not named: %s", ims_address_format(held, name),
                         run->outcome.text);
    if (!run->kernel.is_blind &&
        (run->outcome.holder.pid != 4711 || strcmp(run->outcome.holder.guest, "web1") != 0 ||
         !strstr(run->outcome.text, "web1 has it open (process 4711, qemu)")))
        return law_fails(why, "stuck, and who holds it is not named: %s", run->outcome.text);
    if (run_count(run, IMS_TRANSACTION_OPEN) != 1)
        return law_fails(why, "stuck, and no transaction is open");
    for (unsigned i = 0; i < stage->before.kernel.count; i++)
        if (run->kernel.functions[i].present && !run->kernel.functions[i].is_vf &&
            !is_between(&run->kernel.functions[i], &stage->before.kernel.functions[i],
                        &stage->after.kernel.functions[i]))
            return law_fails(why, "%s has neither what it had nor what it is to have",
                             ims_address_format(run->kernel.functions[i].address, name));
    return true;
}

/* A plan that is made meanwhile finds members that look as if they were done. */
static bool refuses_nothing(struct run *run, const struct ims_plan *plan, char why[WHY_SIZE])
{
    struct ims_plan empty = *plan;

    empty.step_count = 0;
    run_restart(run);
    run_apply(run, &empty);
    return (run->outcome.state == IMS_OUTCOME_REFUSED && run->outcome.refusal == IMS_PLAN_OWNED &&
            fake_script_count(&run->script, FAKE_CALL_STEP) == 0) ||
           law_fails(why, "stuck, and a plan without steps says %s: %s",
                     ims_outcome_state_to_string(run->outcome.state), run->outcome.text);
}

/* Of a group there is one line, whose truth is that of the transaction that is open. */
static bool tells_once(struct run *run, char why[WHY_SIZE])
{
    struct ims_status *status = NULL;
    json_t *document = NULL;

    run_restart(run);
    if (ims_transaction_status(&run->desk, &status) < 0 ||
        ims_document_status(status, false, &document) < 0)
        abort();
    const json_t *transactions = json_object_get(document, "transactions");
    const size_t count = json_array_size(transactions);
    const char *state =
        json_string_value(json_object_get(json_array_get(transactions, 0), "state"));
    const bool ok = count == 1 && state && strcmp(state, "interrupted") == 0;
    json_decref(document);
    ims_status_free(status);
    return ok || law_fails(why, "stuck, and status has %zu lines", count);
}

/* While it is held nothing can be begun and nothing ended; afterwards recovery ends it. */
static bool ends_later(struct run *run, struct stage *stage, struct ims_address held,
                       enum ims_recovery recovery, char why[WHY_SIZE])
{
    char difference[256] = "";

    run_restart(run);
    run_apply(run, stage->scene.plan);
    if (run->outcome.state != IMS_OUTCOME_REFUSED ||
        fake_script_count(&run->script, FAKE_CALL_STEP))
        return law_fails(why, "stuck, and the plan is carried out again: %s", run->outcome.text);
    run_restart(run);
    run_recover(run, recovery);
    if (run->outcome.state != IMS_OUTCOME_STUCK && run->outcome.state != IMS_OUTCOME_REFUSED)
        return law_fails(why, "recovery of what is still held says %s: %s",
                         ims_outcome_state_to_string(run->outcome.state), run->outcome.text);
    fake_kernel_let_go(&run->kernel, held);
    run_restart(run);
    run_recover(run, recovery);
    if (run->result < 0 || run_count(run, IMS_TRANSACTION_OPEN) != 0 ||
        !(run->outcome.state == IMS_OUTCOME_DONE
              ? run_is_new(run, stage, difference, sizeof(difference))
              : run->outcome.state == IMS_OUTCOME_UNDONE &&
                    run_is_old(run, stage, difference, sizeof(difference))))
        return law_fails(why, "recovery after it was let go says %s (%s): %s",
                         ims_outcome_state_to_string(run->outcome.state), run->outcome.text,
                         difference);
    return true;
}

struct holder {
    struct fake_kernel *kernel;
    struct ims_address address;
};

static void act_holder(void *context)
{
    struct holder *holder = context;

    fake_kernel_hold(holder->kernel, holder->address);
}

static unsigned first_step(const struct run *run)
{
    unsigned at = 1;

    while (at <= run->script.count && run->script.calls[at - 1].kind != FAKE_CALL_STEP)
        at++;
    return at;
}

/* It was open before: nothing is begun, even where the descriptors of others cannot be seen. */
static bool refuses_held(struct run *run, const struct stage *stage, struct ims_address held,
                         char why[WHY_SIZE])
{
    bool ok = true;

    run_begin(run, &stage->before);
    run->kernel.is_blind = true;
    fake_kernel_hold(&run->kernel, held);
    if (fake_kernel_find(&run->kernel, held)->is_held) {
        run_apply(run, stage->scene.plan);
        ok = run->outcome.state == IMS_OUTCOME_REFUSED && run->outcome.refusal == IMS_PLAN_OWNED &&
             fake_script_count(&run->script, FAKE_CALL_STEP) == 0;
        if (!ok)
            law_fails(why, "a device is held, and the outcome is %s: %s",
                      ims_outcome_state_to_string(run->outcome.state), run->outcome.text);
    }
    run_done(run);
    return ok;
}

/* It was opened before the first write: then what waits is the write to owner. */
static bool survives_held(struct run *run, struct stage *stage, struct ims_address held,
                          struct ims_address owner, enum ims_recovery recovery, char why[WHY_SIZE])
{
    struct holder holder = {&run->kernel, held};
    bool ok = true;

    run_begin(run, &stage->before);
    run->kernel.is_blind = held.devfn & 1;
    run->script.other_at = first_step(&stage->after);
    run->script.other = act_holder;
    run->script.other_context = &holder;
    run_apply(run, stage->scene.plan);
    if (run->outcome.state == IMS_OUTCOME_STUCK)
        ok = judge_stuck(run, stage, owner, why) && tells_once(run, why) &&
             refuses_nothing(run, stage->scene.plan, why) &&
             ends_later(run, stage, held, recovery, why);
    else if (run->kernel.counts_owners) /* before 5.19 the kernel may have stopped (R8.5) */
        ok = run_tells_truth(run, stage, why);
    run_done(run);
    return ok;
}

static bool is_planned(const struct ims_plan *plan, struct ims_address address)
{
    for (uint32_t i = 0; i < plan->member_count; i++)
        if (ims_address_compare(plan->members[i].address, address) == 0)
            return true;
    return false;
}

/* Members, and VFs of members. */
static bool judge_held(struct stage *stage, const struct trial *trial, char why[WHY_SIZE])
{
    const struct ims_plan *plan = stage->scene.plan;
    struct run *run = run_new();
    struct rng rng = {trial->seed};
    bool ok = true;

    for (unsigned i = 0; ok && i < stage->before.kernel.count; i++) {
        const struct fake_function *function = &stage->before.kernel.functions[i];
        const enum ims_recovery recovery = (enum ims_recovery)rng_below(&rng, 3);

        if (!function->present)
            continue;
        if (is_planned(plan, function->address))
            ok = refuses_held(run, stage, function->address, why) &&
                 survives_held(run, stage, function->address, function->address, recovery, why);
        else if (function->is_vf && is_planned(plan, function->physfn) &&
                 ims_plan_drops_vfs(plan, function->physfn))
            ok = refuses_held(run, stage, function->address, why) &&
                 survives_held(run, stage, function->address, function->physfn, recovery, why);
    }
    free(run);
    return ok;
}

bool law_held(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    return stage_holds(sketch, trial, trial->seed & 1, judge_held, why);
}
