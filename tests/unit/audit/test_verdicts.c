/* SPDX-License-Identifier: MIT */
/* The verdicts of 0.6, and that every alarm has a witness that the fabric gives again. */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iommuscope/audit.h"
#include "sketch.h"

struct stage {
    struct ims_topology *topology;
    struct ims_grouping *grouping;
    struct ims_fabric *fabric;
    struct ims_audit *audit;
};

static void begin(struct stage *stage, const char *text, const struct ims_fabric_options *options)
{
    struct sketch sketch = {0};
    struct ims_error error = {0};
    char message[256];

    memset(stage, 0, sizeof(*stage));
    if (sketch_parse(&sketch, text, message, sizeof(message)) < 0)
        fail_msg("%s", message);
    assert_int_equal(sketch_seal(&sketch, &stage->topology, &error), 0);
    sketch_done(&sketch);
    assert_int_equal(ims_grouping_compute(stage->topology, NULL, &stage->grouping, &error), 0);
    assert_int_equal(ims_fabric_new(stage->topology, options, &stage->fabric, &error), 0);
    assert_int_equal(ims_audit_new(stage->grouping, stage->fabric, NULL, &stage->audit, &error), 0);
}

static void done(struct stage *stage)
{
    ims_audit_free(stage->audit);
    ims_fabric_free(stage->fabric);
    ims_grouping_free(stage->grouping);
    ims_topology_free(stage->topology);
}

/* "%s": ACS words of the root port, of the first and of the second port of the switch. */
#define SWITCH(rp, one, two)                  \
    "machine iommu=on dmar=yes windows=fit\n" \
    "00:1c.0 rp bus=01-04 acs=" rp "\n"       \
    "01:00.0 usp bus=02-04\n"                 \
    "02:00.0 dsp bus=03 acs=" one "\n"        \
    "02:01.0 dsp bus=04 acs=" two "\n"        \
    "03:00.0 ep\n"                            \
    "04:00.0 ep class=010000\n"

static void verdicts_of_the_machine(void **state)
{
    static const struct {
        const char *sketch;
        enum ims_audit_verdict verdict;
    } rows[] = {
        {SWITCH("1d/1d", "5f/1d", "5f/1d"), IMS_AUDIT_EXACT},
        {SWITCH("1d/1d", "5f/11", "5f/1d"), IMS_AUDIT_UNSOUND},
        {SWITCH("0d/0d", "5f/1d", "5f/1d"), IMS_AUDIT_UNPROVEN},
        {SWITCH("1d/10", "5f/1d", "5f/1d"), IMS_AUDIT_OVERMERGED},
        {SWITCH("none", "5f/1d", "5f/1d"), IMS_AUDIT_MAYBE_SPLIT},
        {SWITCH("none", "none", "none"), IMS_AUDIT_EXACT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage stage;

        begin(&stage, rows[i].sketch, NULL);
        assert_string_equal(ims_audit_verdict_to_string(ims_audit_verdict(stage.audit)),
                            ims_audit_verdict_to_string(rows[i].verdict));
        done(&stage);
    }
}

/* The verdict of a group is its own: a third card keeps its good name. */
static void verdicts_of_groups(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage,
          SWITCH("1d/1d", "5f/11", "5f/1d") "00:1d.0 rp bus=05 acs=1d/1d\n"
                                            "05:00.0 ep\n",
          NULL);
    assert_int_equal(ims_audit_group_count(stage.audit), 3);
    assert_int_equal(ims_audit_group_at(stage.audit, 0)->verdict, IMS_AUDIT_UNSOUND);
    assert_int_equal(ims_audit_group_at(stage.audit, 1)->verdict, IMS_AUDIT_UNSOUND);
    assert_int_equal(ims_audit_group_at(stage.audit, 2)->verdict, IMS_AUDIT_EXACT);
    assert_null(ims_audit_group_at(stage.audit, 3));
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(ims_audit_group_at(stage.audit, i)->member_count, 1);
    done(&stage);
}

/* Every finding of medium or above has a witness, and ims_fabric_route() gives it again. */
static void check_witness(const struct stage *stage, const struct ims_finding *finding)
{
    const struct ims_fabric_outcome *told;
    const struct ims_fabric_outcome *again;
    struct ims_fabric_route *route = NULL;

    assert_non_null(finding->witness);
    told = ims_fabric_route_at(finding->witness, finding->witness_outcome);
    assert_non_null(told);
    assert_int_equal(ims_fabric_route(stage->fabric, finding->witness_issuer, &finding->witness_tlp,
                                      &route, NULL),
                     0);
    again = ims_fabric_route_at(route, finding->witness_outcome);
    assert_non_null(again);
    assert_int_equal(again->end, told->end);
    assert_int_equal(again->hop_count, told->hop_count);
    assert_int_equal(again->end, IMS_FABRIC_END_PEER);
    assert_int_equal(again->target.index, finding->witness_target.index);
    ims_fabric_route_free(route);
}

static void alarms_have_witnesses(void **state)
{
    static const char *const sketches[] = {
        SWITCH("1d/1d", "5f/11", "5f/1d"),   SWITCH("1d/1d", "5f/11", "5f/11"),
        SWITCH("0d/0d", "5f/1d", "5f/1d"),   SWITCH("1d/1d", "?", "5f/1d"),
        SWITCH("1d/1d", "107f/3d", "5f/1d"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sketches) / sizeof(sketches[0]); i++) {
        unsigned alarms = 0;
        struct stage stage;

        begin(&stage, sketches[i], NULL);
        for (uint32_t j = 0; j < ims_audit_finding_count(stage.audit); j++) {
            const struct ims_finding *finding = ims_audit_finding_at(stage.audit, j);

            assert_non_null(finding->rule);
            assert_non_null(finding->remedy);
            assert_true(finding->text[0] != '\0');
            assert_true(finding->function_count > 0);
            if (finding->severity < IMS_SEVERITY_MEDIUM)
                continue;
            check_witness(&stage, finding);
            alarms++;
            if (ims_fabric_route_at(finding->witness, finding->witness_outcome)->certainty ==
                IMS_FABRIC_MAY)
                assert_non_null(finding->assumption);
        }
        assert_true(alarms > 0);
        done(&stage);
    }
}

static void findings_are_sorted(void **state)
{
    const struct ims_fabric_options options = {.rc = IMS_FABRIC_RC_UNKNOWN};
    struct stage stage;

    (void)state;
    begin(&stage,
          SWITCH("none", "none", "5f/1d") "00:1d.0 rp bus=05\n"
                                          "05:00.0 ep\n",
          &options);
    assert_true(ims_audit_finding_count(stage.audit) > 0);
    for (uint32_t i = 1; i < ims_audit_finding_count(stage.audit); i++)
        assert_true(ims_audit_finding_at(stage.audit, i - 1)->severity >=
                    ims_audit_finding_at(stage.audit, i)->severity);
    assert_null(ims_audit_finding_at(stage.audit, ims_audit_finding_count(stage.audit)));
    done(&stage);
}

/* A machine of which nothing is known is not called sound. */
static void nothing_known_is_not_exact(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage,
          "machine iommu=on dmar=yes\n"
          "00:01.0 rp bus=01 nocfg group=1\n"
          "01:00.0 ep nocfg group=2\n",
          NULL);
    assert_int_equal(ims_audit_verdict(stage.audit), IMS_AUDIT_UNPROVEN);
    done(&stage);
}

static void two_machines(void **state)
{
    struct ims_error error = {0};
    struct ims_audit *audit = NULL;
    struct stage a;
    struct stage b;

    (void)state;
    begin(&a, SWITCH("1d/1d", "5f/1d", "5f/1d"), NULL);
    begin(&b, SWITCH("1d/1d", "5f/1d", "5f/1d"), NULL);
    assert_int_equal(ims_audit_new(a.grouping, b.fabric, NULL, &audit, &error), -EINVAL);
    assert_null(audit);
    assert_true(error.message[0] != '\0');
    done(&a);
    done(&b);
}

static void names(void **state)
{
    enum ims_severity severity = IMS_SEVERITY_INFO;

    (void)state;
    for (unsigned i = 0; i <= IMS_SEVERITY_CRITICAL; i++) {
        assert_int_equal(
            ims_severity_parse(ims_severity_to_string((enum ims_severity)i), &severity), 0);
        assert_int_equal(severity, i);
    }
    assert_int_equal(ims_severity_parse("worst", &severity), -EINVAL);
    assert_int_equal(severity, IMS_SEVERITY_CRITICAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_of_the_machine),
        cmocka_unit_test(verdicts_of_groups),
        cmocka_unit_test(alarms_have_witnesses),
        cmocka_unit_test(findings_are_sorted),
        cmocka_unit_test(nothing_known_is_not_exact),
        cmocka_unit_test(two_machines),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
