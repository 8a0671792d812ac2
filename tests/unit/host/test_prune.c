/* SPDX-License-Identifier: MIT */
/* Journals of what is over do not pile up; those that still say something stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "claim_plan.h"
#include "fake_store.h"
#include "host/transaction.h"

#define CYCLES 4u /* claim and release */

struct place {
    struct fake_script script;
    struct fake_kernel kernel;
    struct fake_store store;
    struct ims_kernel kernel_interface;
    struct ims_store store_interface;
    struct ims_desk desk;
};

static void apply(struct place *place, const struct ims_plan *plan)
{
    struct ims_outcome outcome;

    fake_script_reset(&place->script);
    assert_int_equal(ims_transaction_apply(&place->desk, plan, &outcome), 0);
    if (outcome.state != IMS_OUTCOME_DONE)
        fail_msg("%s", outcome.text);
}

/* The same plan the other way round. */
static void apply_release(struct place *place, const struct ims_plan *claim)
{
    struct ims_plan_member members[4];
    struct ims_binding now[4];
    struct ims_plan plan = *claim;

    assert_true(plan.member_count <= 4);
    plan.verb = IMS_PLAN_RELEASE;
    plan.members = members;
    for (uint32_t i = 0; i < plan.member_count; i++) {
        members[i] = claim->members[i];
        members[i].goal = claim->members[i].before;
        members[i].before = now[i] = claim->members[i].goal;
    }
    assert_int_equal(ims_plan_steps(&plan, now, false, &plan.steps, &plan.step_count), 0);
    apply(place, &plan);
    free(plan.steps);
}

/* Four claims that were released, and one that holds: nine journals. */
static struct ims_plan *begin(struct place *place)
{
    memset(place, 0, sizeof(*place));
    struct ims_plan *plan = claim_plan(&place->kernel);

    place->kernel.script = place->store.script = &place->script;
    place->kernel_interface = fake_kernel_interface(&place->kernel);
    place->store_interface = fake_store_interface(&place->store);
    place->desk =
        (struct ims_desk){.kernel = &place->kernel_interface, .store = &place->store_interface};
    for (unsigned i = 0; i < CYCLES; i++) {
        apply(place, plan);
        apply_release(place, plan);
    }
    apply(place, plan);
    return plan;
}

static void prune(struct place *place, uint32_t kept, unsigned failing)
{
    fake_script_reset(&place->script);
    place->script.at = failing;
    place->script.act = FAKE_FAIL;
    place->script.code = -5;
    place->store.locked = true;
    ims_transaction_prune(&place->desk, kept);
    place->store.locked = false;
    fake_script_reset(&place->script);
}

/* Exactly the last claim holds, and exactly so many are told. */
static void expect_told(struct place *place, uint32_t count)
{
    struct ims_status *status = NULL;

    assert_int_equal(ims_transaction_status(&place->desk, &status), 0);
    assert_int_equal(status->count, count);
    for (uint32_t i = 0; i < status->count; i++)
        assert_int_equal(status->transactions[i].is_claim, i == count - 1);
    ims_status_free(status);
}

static void the_last_ones_stay(void **state)
{
    (void)state;
    struct place *place = test_malloc(sizeof(*place));
    struct ims_plan *plan = begin(place);

    expect_told(place, 9);
    prune(place, 8, 0);
    expect_told(place, 9);
    prune(place, 3, 0);
    expect_told(place, 4);
    prune(place, 0, 0);
    expect_told(place, 1);
    fake_store_done(&place->store);
    ims_plan_free(plan);
    test_free(place);
}

/* Wherever it is cut short, no claim comes back that was released. */
static void cut_short_it_revives_nothing(void **state)
{
    (void)state;
    struct place *place = test_malloc(sizeof(*place));
    unsigned cut = 0;

    for (unsigned at = 1; at <= 30; at++) {
        struct ims_plan *plan = begin(place);

        prune(place, 0, at);
        const unsigned left = place->store.count;
        cut += left > 1 && left < 9;
        expect_told(place, left);
        fake_store_done(&place->store);
        ims_plan_free(plan);
    }
    assert_true(cut >= 6);
    test_free(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_ones_stay),
        cmocka_unit_test(cut_short_it_revives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
