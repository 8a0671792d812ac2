/* SPDX-License-Identifier: MIT */
/* The computed groups beside those of the kernel, and what explains a difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

struct member {
    const char *name;
    uint32_t group;
};

static void kernel_says(struct lab *lab, const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ims_record *record = ims_builder_find(lab->builder, address_of(members[i].name));
        assert_non_null(record);
        record->group_state = IMS_GROUP_KNOWN;
        record->group = members[i].group;
    }
}
#define KERNEL(lab, ...)                                                    \
    do {                                                                    \
        const struct member members_[] = {__VA_ARGS__};                     \
        kernel_says(lab, members_, sizeof(members_) / sizeof(members_[0])); \
    } while (0)

static struct ims_comparison *compare(struct lab *lab)
{
    struct ims_comparison *comparison = NULL;

    lab_group(lab);
    assert_int_equal(ims_grouping_compare(lab->grouping, &comparison, NULL), 0);
    return comparison;
}

static enum ims_match match_of(const struct lab *lab, const struct ims_comparison *comparison,
                               const char *name)
{
    return comparison->per_group[ims_grouping_of(lab->grouping, at(lab, name))];
}

static void put_basic(struct lab *lab)
{
    lab_begin(lab);
    put_pci(lab->builder, "00:00.0", .class_code = 0x060000);
    put_root_port(lab->builder, "00:01.0", 1, NO_ACS);
    put_endpoint(lab->builder, "01:00.0");
    put_root_port(lab->builder, "00:02.0", 2, ACS_ON);
    put_endpoint(lab->builder, "02:00.0", .multi = true);
    put_endpoint(lab->builder, "02:00.1");
}

/* Numbers do not matter; functions that the kernel left without a group are not compared. */
static void the_same(void **state)
{
    struct lab lab;

    (void)state;
    put_basic(&lab);
    KERNEL(&lab, {"00:01.0", 9}, {"01:00.0", 9}, {"00:02.0", 4}, {"02:00.0", 77}, {"02:00.1", 77});
    ims_builder_find(lab.builder, address_of("00:00.0"))->group_state = IMS_GROUP_NONE;
    struct ims_comparison *comparison = compare(&lab);
    assert_int_equal(comparison->match, IMS_MATCH_SAME);
    assert_int_equal(comparison->functions_compared, 5);
    assert_int_equal(comparison->groups_different, 0);
    assert_int_equal(comparison->cause_count, 0);
    assert_int_equal(match_of(&lab, comparison, "01:00.0"), IMS_MATCH_SAME);
    assert_int_equal(match_of(&lab, comparison, "00:00.0"), IMS_MATCH_UNKNOWN);
    ims_comparison_free(comparison);
    lab_done(&lab);
}

static void no_kernel_groups(void **state)
{
    struct lab lab;

    (void)state;
    put_basic(&lab);
    struct ims_comparison *comparison = compare(&lab);
    assert_int_equal(comparison->match, IMS_MATCH_UNKNOWN);
    assert_int_equal(comparison->functions_compared, 0);
    assert_int_equal(comparison->cause_count, 0);
    ims_comparison_free(comparison);
    ims_comparison_free(NULL);
    lab_done(&lab);
}

/* A group that is split and one that is merged are both different. */
static void different_groups(void **state)
{
    struct lab lab;

    (void)state;
    put_basic(&lab);
    KERNEL(&lab, {"00:01.0", 1}, {"01:00.0", 2}, {"00:02.0", 3}, {"02:00.0", 3}, {"02:00.1", 3},
           {"00:00.0", 0});
    struct ims_comparison *comparison = compare(&lab);
    assert_int_equal(comparison->match, IMS_MATCH_DIFFERENT);
    assert_int_equal(comparison->groups_different, 3);
    assert_int_equal(match_of(&lab, comparison, "00:01.0"), IMS_MATCH_DIFFERENT); /* split */
    assert_int_equal(match_of(&lab, comparison, "00:02.0"), IMS_MATCH_DIFFERENT); /* merged */
    assert_int_equal(match_of(&lab, comparison, "02:00.1"), IMS_MATCH_DIFFERENT);
    assert_int_equal(match_of(&lab, comparison, "00:00.0"), IMS_MATCH_SAME);
    assert_true(comparison->cause_count > 0);
    ims_comparison_free(comparison);
    lab_done(&lab);
}

static void expect_cause(struct lab *lab, const char *part)
{
    struct ims_comparison *comparison = compare(lab);

    assert_int_equal(comparison->match, IMS_MATCH_DIFFERENT);
    assert_true(comparison->cause_count > 0);
    if (!strstr(comparison->causes[0], part))
        fail_msg("\"%s\" lacks \"%s\"", comparison->causes[0], part);
    ims_comparison_free(comparison);
    lab_done(lab);
}

static void cause_hot_added(void **state)
{
    struct lab lab;

    (void)state;
    put_basic(&lab);
    KERNEL(&lab, {"00:01.0", 1}, {"01:00.0", 1}, {"00:02.0", 3}, {"02:00.0", 4}, {"02:00.1", 5});
    expect_cause(&lab, "(HOT-ADDED)");
}

static void cause_at_boot(void **state)
{
    struct lab lab;

    (void)state;
    put_basic(&lab);
    KERNEL(&lab, {"00:01.0", 1}, {"01:00.0", 1}, {"00:02.0", 3}, {"02:00.0", 4}, {"02:00.1", 4});
    lab.options.probe = IMS_PROBE_HOT_ADDED;
    expect_cause(&lab, "there at boot");
}

static void cause_registers_changed(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_OFF); /* switched off after boot */
    put_endpoint(lab.builder, "01:00.0");
    KERNEL(&lab, {"00:01.0", 1}, {"01:00.0", 2});
    expect_cause(&lab, "ACS as Linux programs it at boot");
}

static void cause_override_downstream(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    put_endpoint(lab.builder, "01:00.0", .multi = true);
    put_endpoint(lab.builder, "01:00.1", .multi = true);
    KERNEL(&lab, {"00:01.0", 1}, {"01:00.0", 2}, {"01:00.1", 2});
    expect_cause(&lab, "override patch (downstream):");
}

static void cause_override_multifunction(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    put_endpoint(lab.builder, "01:00.0", .multi = true);
    put_endpoint(lab.builder, "01:00.1", .multi = true);
    KERNEL(&lab, {"00:01.0", 1}, {"01:00.0", 2}, {"01:00.1", 3});
    expect_cause(&lab, "override patch (downstream, multifunction):");
}

/* A list that grew in 6.8: nothing else makes this port isolated. */
static void cause_newer_kernel(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .id = 0x1d170733);
    put_endpoint(lab.builder, "01:00.0");
    KERNEL(&lab, {"00:01.0", 1}, {"01:00.0", 2});
    lab.options.ruleset.version = (struct ims_kernel_version){6, 5, 3};
    expect_cause(&lab, "newer kernel (linux-7.3)");
}

static void cause_older_kernel(void **state)
{
    static const struct {
        uint32_t id;
        unsigned type;
        const char *cause;
    } cases[] = {
        {0x00147a09, IMS_PORT_ROOT, "older kernel (linux-5.15)"},    /* Loongson: 6.17 */
        {0x14e41750, IMS_PORT_ENDPOINT, "older kernel (linux-5.4)"}, /* Broadcom: 5.10.138 */
        {0x14e4d714, IMS_PORT_ROOT, "older kernel (linux-4.15)"},    /* PAXB: 5.4 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab lab;
        lab_begin(&lab);
        if (cases[i].type == IMS_PORT_ROOT) {
            put_root_port(lab.builder, "00:01.0", 1, NO_ACS, .id = cases[i].id);
            put_endpoint(lab.builder, "01:00.0");
            KERNEL(&lab, {"00:01.0", 1}, {"01:00.0", 1});
        } else {
            put_endpoint(lab.builder, "00:01.0", .multi = true, .id = cases[i].id);
            put_endpoint(lab.builder, "00:01.1", .multi = true, .id = cases[i].id);
            KERNEL(&lab, {"00:01.0", 1}, {"00:01.1", 1});
        }
        lab.options.ruleset.version = IMS_RULESET_NEWEST;
        expect_cause(&lab, cases[i].cause);
    }
}

/* RCiEP: 5.15 has the row, 5.4 does not. */
static void cause_5_4(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:05.0", .multi = true, .type = IMS_PORT_RC_ENDPOINT,
                 .id = 0x80860001);
    put_endpoint(lab.builder, "00:05.1", .multi = true, .type = IMS_PORT_RC_ENDPOINT,
                 .id = 0x80860001);
    KERNEL(&lab, {"00:05.0", 1}, {"00:05.1", 1});
    expect_cause(&lab, "older kernel (linux-5.4)");
}

static void in_part(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    put_endpoint(lab.builder, "01:00.0");
    put_pci_bridge(lab.builder, "00:1e.0", 2);
    put_pci(lab.builder, "02:00.0");
    KERNEL(&lab, {"00:01.0", 1}, {"01:00.0", 2}, {"00:1e.0", 3}, {"02:00.0", 4});
    expect_cause(&lab, "in part (1 of 2 groups stay different): ");
}

static void nothing_explains_it(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0");
    put_endpoint(lab.builder, "00:02.0");
    KERNEL(&lab, {"00:01.0", 1}, {"00:02.0", 1});
    expect_cause(&lab, "no single change explains it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same),
        cmocka_unit_test(no_kernel_groups),
        cmocka_unit_test(different_groups),
        cmocka_unit_test(cause_hot_added),
        cmocka_unit_test(cause_at_boot),
        cmocka_unit_test(cause_registers_changed),
        cmocka_unit_test(cause_override_downstream),
        cmocka_unit_test(cause_override_multifunction),
        cmocka_unit_test(cause_newer_kernel),
        cmocka_unit_test(cause_older_kernel),
        cmocka_unit_test(cause_5_4),
        cmocka_unit_test(in_part),
        cmocka_unit_test(nothing_explains_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
