/* SPDX-License-Identifier: MIT */
/* A plan that is saved comes back as it was, and one that was tampered with does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../ownership/stage.h"
#include "iommuscope/host.h"

#define MACHINE                                                   \
    "machine kernel=6.12.95 iommu=on kind=intel\n"                \
    "00:1c.0 rp bus=01-02 acs=5f/1d group=1 driver=pcieport\n"    \
    "01:00.0 p2p bus=02 group=7 driver=shpchp override=none\n"    \
    "02:01.0 conv 8086:100e group=7 driver=e1000 override=none\n" \
    "02:02.0 conv 10de:1000 class=030000 group=7 driver=none override=none\n"

#define ODD(words)                                             \
    "machine kernel=6.12.95 iommu=on kind=intel\n"             \
    "00:1c.0 rp bus=01-02 acs=5f/1d group=1 driver=pcieport\n" \
    "01:00.0 p2p bus=02 group=7 driver=none override=none\n"   \
    "02:00.0 conv group=7 driver=none override=none\n"         \
    "02:01.0 conv 8086:100e group=7 " words "\n"

/* change: what somebody else would have planned for the members; the steps follow from it. */
static char *make_changed(const char *sketch, void (*change)(struct ims_plan *plan))
{
    const struct ims_plan_request request = {.size_bytes = sizeof(request)};
    struct ims_check *check = NULL;
    struct ims_plan *plan = NULL;
    struct ims_error error = {0};
    struct stage stage;
    char *text = NULL;

    stage_begin(&stage, sketch);
    assert_int_equal(
        ims_check_new(stage.grouping, stage_at(&stage, "02:01.0"), NULL, &check, &error), 0);
    assert_int_equal(ims_plan_new(check, &request, &plan, &error), 0);
    struct ims_binding now[8] = {{0}};
    struct ims_step *steps = NULL;
    if (change) {
        change(plan);
        for (uint32_t i = 0; i < plan->member_count && i < 8; i++)
            now[i] = plan->members[i].before;
        assert_int_equal(ims_plan_steps(plan, now, false, &steps, &plan->step_count), 0);
        plan->steps = steps;
    }
    assert_int_equal(ims_plan_write(plan, &text, &error), 0);
    free(steps);
    ims_plan_free(plan);
    ims_check_free(check);
    stage_done(&stage);
    return text;
}

static char *make(const char *sketch)
{
    return make_changed(sketch, NULL);
}

static void expect_return(const char *sketch)
{
    char *text = make(sketch);
    char *again = NULL;
    struct ims_plan *plan = NULL;
    struct ims_error error = {0};

    if (ims_plan_read(text, strlen(text), &plan, &error) < 0)
        fail_msg("%s", error.message);
    assert_int_equal(plan->group, 7);
    assert_int_equal(plan->member_count, 3);
    assert_int_equal(plan->blocker_count, 1); /* nobody looked who uses the members */
    assert_int_equal(ims_plan_write(plan, &again, &error), 0);
    assert_string_equal(text, again);
    ims_plan_free(plan);
    free(text);
    free(again);
}

static void a_plan_comes_back(void **state)
{
    (void)state;
    expect_return(MACHINE);
}

/* Journals are read by the same code: what the kernel allows must not make one unreadable. */
static void odd_names_come_back(void **state)
{
    (void)state;
    expect_return(ODD("driver=\"budget dvb\" override=none"));
    expect_return(ODD("driver=e1000 override=\"two words\""));
    expect_return(ODD("driver=e1000 override=a/b"));
    expect_return(ODD("driver=e1000 override=.."));
}

static void expect_refusal(const char *from, const char *to)
{
    char *text = make(MACHINE);
    char *at = strstr(text, from);
    struct ims_plan *plan = NULL;
    struct ims_error error = {0};
    char *changed = malloc(strlen(text) + strlen(to) + 1);

    assert_non_null(at);
    assert_non_null(changed);
    memcpy(changed, text, (size_t)(at - text));
    strcpy(changed + (at - text), to);
    strcat(changed, at + strlen(from));
    assert_int_equal(ims_plan_read(changed, strlen(changed), &plan, &error), -EBADMSG);
    assert_true(strlen(error.message) > 0);
    free(changed);
    free(text);
}

static void a_changed_plan_is_refused(void **state)
{
    (void)state;
    /* A step for a function that is no member, another driver, a bridge that is bound. */
    expect_refusal("\"steps\": [\n    {\n      \"kind\": \"override\"",
                   "\"steps\": [\n    {\n      \"kind\": \"unbind\"");
    expect_refusal("\"override\": \"vfio-pci\"", "\"override\": \"../etc\"");
    expect_refusal("\"driver\": \"shpchp\"", "\"driver\": null");
    expect_refusal("\"verb\": \"claim\"", "\"verb\": \"seize\"");
    expect_refusal("\"group\": 7", "\"group\": -1");
    expect_refusal("0000:02:01.0", "0000:00:00.0");
}

/* A driver's name becomes a part of a path. */
static void a_driver_that_is_a_path_is_refused(void **state)
{
    static const char *const sketches[] = {ODD("driver=.. override=none"),
                                           ODD("driver=a/b override=none"),
                                           ODD("driver=. override=none")};

    (void)state;
    for (size_t i = 0; i < sizeof(sketches) / sizeof(sketches[0]); i++) {
        char *text = make(sketches[i]);
        struct ims_plan *plan = NULL;
        struct ims_error error = {0};

        assert_int_equal(ims_plan_read(text, strlen(text), &plan, &error), -EBADMSG);
        free(text);
    }
}

static void bind_bridge(struct ims_plan *plan)
{
    plan->members[0].interconnect = false;
    plan->members[0].goal = (struct ims_binding){.driver = "vfio-pci", .override = "vfio-pci"};
}

static void bind_host_driver(struct ims_plan *plan)
{
    plan->members[2].goal = (struct ims_binding){.driver = "nouveau", .override = "nouveau"};
}

static void set_override(struct ims_plan *plan)
{
    plan->members[2].goal.override = "nouveau";
}

static void let_probe(struct ims_plan *plan)
{
    plan->members[2].goal = (struct ims_binding){.any_driver = true};
}

static void keep_driver(struct ims_plan *plan)
{
    plan->members[1].goal = plan->members[1].before;
}

/* SECURITY.md: a claim binds to drivers for guests, and never a bridge, whoever wrote the plan. */
static void a_claim_of_another_kind_is_refused(void **state)
{
    static const struct {
        void (*change)(struct ims_plan *plan);
        int answer;
    } rows[] = {{bind_bridge, -EBADMSG},
                {bind_host_driver, -EBADMSG},
                {set_override, -EBADMSG},
                {let_probe, -EBADMSG},
                {keep_driver, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = make_changed(MACHINE, rows[i].change);
        struct ims_plan *plan = NULL;
        struct ims_error error = {0};

        assert_int_equal(ims_plan_read(text, strlen(text), &plan, &error), rows[i].answer);
        ims_plan_free(plan);
        free(text);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    char *text = make(MACHINE);

    for (size_t length = 0; length < strlen(text) - 1; length += 7) {
        struct ims_plan *plan = NULL;
        struct ims_error error = {0};
        char *part = malloc(length + 1);

        assert_non_null(part);
        memcpy(part, text, length);
        assert_int_equal(ims_plan_read(part, length, &plan, &error), -EBADMSG);
        free(part);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_comes_back),
        cmocka_unit_test(odd_names_come_back),
        cmocka_unit_test(a_changed_plan_is_refused),
        cmocka_unit_test(a_driver_that_is_a_path_is_refused),
        cmocka_unit_test(a_claim_of_another_kind_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
