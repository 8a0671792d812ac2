/* SPDX-License-Identifier: MIT */
/* What virsh nodedev-reattach does to a claim: it takes one member back, behind our back. */
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

struct place {
    struct fake_script script;
    struct fake_kernel kernel;
    struct fake_store store;
    struct ims_kernel kernel_interface;
    struct ims_store store_interface;
    struct ims_desk desk;
    struct ims_plan *claim;
};

static struct ims_outcome apply(struct place *place, const struct ims_plan *plan)
{
    struct ims_outcome outcome;

    fake_script_reset(&place->script);
    assert_int_equal(ims_transaction_apply(&place->desk, plan, &outcome), 0);
    return outcome;
}

/* A group of two cards, handed over. */
static struct place *begin(void)
{
    struct place *place = test_calloc(1, sizeof(*place));

    place->claim = claim_plan(&place->kernel);
    place->kernel.script = place->store.script = &place->script;
    place->kernel_interface = fake_kernel_interface(&place->kernel);
    place->store_interface = fake_store_interface(&place->store);
    place->desk =
        (struct ims_desk){.kernel = &place->kernel_interface, .store = &place->store_interface};
    assert_int_equal(apply(place, place->claim).state, IMS_OUTCOME_DONE);
    return place;
}

static void end(struct place *place)
{
    fake_store_done(&place->store);
    ims_plan_free(place->claim);
    test_free(place);
}

static struct fake_function *function_of(struct place *place, const char *name)
{
    struct ims_address address;

    assert_int_equal(ims_address_parse(name, &address), 0);
    for (unsigned i = 0; i < place->kernel.count; i++)
        if (ims_address_compare(place->kernel.functions[i].address, address) == 0)
            return &place->kernel.functions[i];
    fail();
    return NULL;
}

/* Override cleared, unbound, probed: its host driver has it again. */
static void take_back(struct place *place, const char *name)
{
    struct fake_function *function = function_of(place, name);

    function->override[0] = '\0';
    function->driver = fake_driver_find("e1000e");
}

/* A plan made now that gives everything back. */
static struct ims_outcome release(struct place *place)
{
    const struct ims_plan *claim = place->claim;
    struct ims_plan_member members[4];
    struct ims_live_function live[4];
    struct ims_binding now[4];
    struct ims_plan plan = *claim;

    assert_true(plan.member_count <= 4);
    plan.verb = IMS_PLAN_RELEASE;
    plan.members = members;
    for (uint32_t i = 0; i < plan.member_count; i++) {
        const struct ims_kernel *kernel = &place->kernel_interface;

        fake_script_reset(&place->script);
        assert_int_equal(
            kernel->read_function(kernel->context, claim->members[i].address, &live[i]), 0);
        now[i] = (struct ims_binding){
            .driver = live[i].driver[0] ? live[i].driver : NULL,
            .override = live[i].override[0] ? live[i].override : NULL,
            .numvfs = live[i].numvfs,
            .power = live[i].power[0] ? live[i].power : NULL,
        };
        members[i] = claim->members[i];
        members[i].goal = claim->members[i].before;
        members[i].before = now[i];
    }
    assert_int_equal(ims_plan_steps(&plan, now, false, &plan.steps, &plan.step_count), 0);
    const struct ims_outcome outcome = apply(place, &plan);
    free(plan.steps);
    return outcome;
}

static struct ims_status *look(struct place *place)
{
    struct ims_status *status = NULL;

    fake_script_reset(&place->script);
    assert_int_equal(ims_transaction_status(&place->desk, &status), 0);
    assert_int_equal(ims_transaction_mark_strayed(&place->desk, status), 0);
    return status;
}

static void a_claim_that_holds_has_not_strayed(void **state)
{
    (void)state;
    struct place *place = begin();
    struct ims_status *status = look(place);

    assert_int_equal(status->count, 1);
    assert_true(status->transactions[0].is_claim);
    assert_false(status->transactions[0].is_strayed);
    ims_status_free(status);
    end(place);
}

static void what_somebody_took_back_is_named(void **state)
{
    (void)state;
    struct place *place = begin();

    take_back(place, "01:00.1");
    struct ims_status *status = look(place);
    assert_true(status->transactions[0].is_claim);
    assert_true(status->transactions[0].is_strayed);
    assert_non_null(strstr(status->transactions[0].text, "0000:01:00.1 is bound to e1000e"));
    ims_status_free(status);

    function_of(place, "01:00.1")->driver = fake_driver_count;
    status = look(place);
    assert_non_null(strstr(status->transactions[0].text, "0000:01:00.1 has no driver"));
    ims_status_free(status);

    function_of(place, "01:00.1")->present = false;
    status = look(place);
    assert_non_null(strstr(status->transactions[0].text, "0000:01:00.1 is gone"));
    ims_status_free(status);
    end(place);
}

/* Nothing is written to the machine, and yet the claim ends: else it would hold for ever. */
static void a_release_of_what_is_back_ends_the_claim(void **state)
{
    (void)state;
    struct place *place = begin();

    take_back(place, "01:00.0");
    take_back(place, "01:00.1");
    memcpy(function_of(place, "01:00.0")->power, "on", sizeof("on"));
    struct ims_outcome outcome = release(place);
    if (outcome.state != IMS_OUTCOME_DONE)
        fail_msg("%s", outcome.text);
    assert_int_equal(outcome.steps_done, 0);
    struct ims_status *status = look(place);
    assert_int_equal(status->count, 2);
    assert_false(status->transactions[0].is_claim);
    assert_false(status->transactions[0].is_strayed);
    ims_status_free(status);

    /* Once more: now there is nothing to end either, and no journal is begun. */
    outcome = release(place);
    assert_int_equal(outcome.state, IMS_OUTCOME_NOTHING);
    status = look(place);
    assert_int_equal(status->count, 2);
    ims_status_free(status);
    end(place);
}

/* What is left of a claim is given back. */
static void a_release_of_a_strayed_claim_gives_back_the_rest(void **state)
{
    (void)state;
    struct place *place = begin();

    take_back(place, "01:00.1");
    const struct ims_outcome outcome = release(place);
    if (outcome.state != IMS_OUTCOME_DONE)
        fail_msg("%s", outcome.text);
    assert_true(outcome.steps_done > 0);
    assert_int_equal(function_of(place, "01:00.0")->driver, fake_driver_find("e1000e"));
    struct ims_status *status = look(place);
    assert_false(status->transactions[0].is_claim);
    ims_status_free(status);
    end(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_that_holds_has_not_strayed),
        cmocka_unit_test(what_somebody_took_back_is_named),
        cmocka_unit_test(a_release_of_what_is_back_ends_the_claim),
        cmocka_unit_test(a_release_of_a_strayed_claim_gives_back_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
