/* SPDX-License-Identifier: MIT */
/* Unknown facts: where they decide, the group says which; where they do not, it is certain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

static const struct ims_group_info *group_of(const struct lab *lab, const char *name)
{
    return ims_grouping_group(lab->grouping, ims_grouping_of(lab->grouping, at(lab, name)));
}

static enum ims_tristate together(const struct lab *lab, const char *a, const char *b)
{
    const enum ims_tristate one = ims_grouping_together(lab->grouping, at(lab, a), at(lab, b));

    assert_int_equal(ims_grouping_together(lab->grouping, at(lab, b), at(lab, a)), one);
    return one;
}

static void expect_text(const struct lab *lab, const char *name, const char *where,
                        const char *part)
{
    const struct ims_group_info *group = group_of(lab, name);

    assert_false(group->certain);
    assert_non_null(group->uncertain_text);
    if (!strstr(group->uncertain_text, part))
        fail_msg("\"%s\" lacks \"%s\"", group->uncertain_text, part);
    if (where)
        assert_int_equal(group->uncertain_at.index, at(lab, where).index);
}

static void unknown_acs_of_a_root_port(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_MISSING)->config_gap = IMS_GAP_NEEDS_ROOT;
    put_endpoint(lab.builder, "01:00.0");
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON);
    put_endpoint(lab.builder, "02:00.0");
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0}? {00:02.0} {01:00.0}? {02:00.0}");
    expect_text(&lab, "00:01.0", "00:01.0", "0000:00:01.0 is unknown: read the machine as root");
    expect_text(&lab, "01:00.0", "00:01.0", "ACS");
    assert_int_equal(together(&lab, "00:01.0", "01:00.0"), IMS_UNKNOWN);
    assert_int_equal(together(&lab, "01:00.0", "02:00.0"), IMS_NO);
    assert_int_equal(together(&lab, "01:00.0", "01:00.0"), IMS_YES);
    assert_null(group_of(&lab, "02:00.0")->uncertain_text);
    assert_true(ims_function_is_none(group_of(&lab, "02:00.0")->uncertain_at));
    lab_done(&lab);
}

static void the_gap_says_how_to_settle_it(void **state)
{
    static const struct {
        enum ims_gap_kind gap;
        const char *part;
    } cases[] = {
        {IMS_GAP_NONE, "lspci -xxxx as root"},   {IMS_GAP_NOT_IN_INPUT, "lspci -xxxx as root"},
        {IMS_GAP_ASLEEP, "wake the device"},     {IMS_GAP_VANISHED, "read the machine again"},
        {IMS_GAP_UNREADABLE, "does not answer"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab lab;
        lab_begin(&lab);
        put_root_port(lab.builder, "00:01.0", 1, ACS_MISSING)->config_gap = cases[i].gap;
        put_endpoint(lab.builder, "01:00.0");
        lab_group(&lab);
        expect_text(&lab, "01:00.0", "00:01.0", cases[i].part);
        lab_done(&lab);
    }
}

static void unknowns_that_do_not_matter(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS, .subordinate = 4); /* fails anyway */
    put_upstream(lab.builder, "01:00.0", 2, ACS_MISSING, .subordinate = 4);
    put_downstream(lab.builder, "02:00.0", 3, ACS_MISSING);
    put_downstream(lab.builder, "02:01.0", 4, ACS_MISSING);
    put_endpoint(lab.builder, "03:00.0", .known_bytes = 64);
    put_endpoint(lab.builder, "04:00.0", .known_bytes = 64);
    put_root_port(lab.builder, "00:02.0", 5, ACS_MISSING); /* nothing below */
    put_root_port(lab.builder, "00:03.0", 6, ACS_ON);
    put_endpoint(lab.builder, "06:00.0", .acs = ACS_MISSING); /* single function */
    put_pci_bridge(lab.builder, "00:1e.0", 7);
    put_endpoint(lab.builder, "07:00.0", .known_bytes = 64, .multi = true);
    put_endpoint(lab.builder, "07:00.1", .known_bytes = 64, .multi = true);
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0 01:00.0 02:00.0 02:01.0 03:00.0 04:00.0} {00:02.0} {00:03.0} "
                        "{00:1e.0 07:00.0 07:00.1} {06:00.0}");
    assert_int_equal(together(&lab, "03:00.0", "04:00.0"), IMS_YES);
    lab_done(&lab);
}

static void unknown_functions_of_one_slot(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    put_endpoint(lab.builder, "01:00.0", .multi = true, .acs = ACS_MISSING);
    put_endpoint(lab.builder, "01:00.1", .multi = true);
    put_endpoint(lab.builder, "01:00.2", .multi = true, .acs = ACS_ON);
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0} {01:00.0 01:00.1}? {01:00.2}");
    expect_text(&lab, "01:00.1", "01:00.0", "ACS state");
    assert_int_equal(together(&lab, "01:00.0", "01:00.1"), IMS_UNKNOWN);
    assert_int_equal(together(&lab, "01:00.0", "01:00.2"), IMS_NO);
    lab_done(&lab);
}

static void unknown_types(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    struct ims_record *record = put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    record->config.row_count = 4; /* 64 bytes: has a list that is not shown */
    put_endpoint(lab.builder, "01:00.0");
    put_endpoint(lab.builder, "01:01.0");
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0}? {01:00.0}? {01:01.0}?");
    expect_text(&lab, "01:00.0", "00:01.0", "PCI Express capability");
    assert_int_equal(together(&lab, "01:00.0", "01:01.0"), IMS_UNKNOWN);
    lab_done(&lab);
}

/* Whatever is above a bus without a bridge may hold it together. */
static void missing_bridges(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "05:00.0");
    put_endpoint(lab.builder, "05:01.0");
    put_endpoint(lab.builder, "00:02.0");
    put_upstream(lab.builder, "08:00.0", 9, NO_ACS, .subordinate = 10);
    put_downstream(lab.builder, "09:00.0", 10, ACS_ON);
    put_endpoint(lab.builder, "0a:00.0");
    put_endpoint(lab.builder, "0c:00.0")->on_root_bus = true;
    lab_group(&lab);
    assert_groups(&lab, "{00:02.0} {05:00.0}? {05:01.0}? {08:00.0}? {09:00.0}? {0a:00.0}? "
                        "{0c:00.0}");
    expect_text(&lab, "05:00.0", NULL, "not in the input");
    assert_int_equal(together(&lab, "05:00.0", "05:01.0"), IMS_UNKNOWN);
    assert_int_equal(together(&lab, "05:00.0", "00:02.0"), IMS_NO);
    lab_group_by(&lab, "linux-proposed-2025");
    assert_int_equal(together(&lab, "05:00.0", "05:01.0"), IMS_UNKNOWN);
    assert_false(group_of(&lab, "0a:00.0")->certain);
    assert_true(group_of(&lab, "0c:00.0")->certain);
    lab_done(&lab);
}

static void ambiguous_ids(void **state)
{
    const struct ims_id ids[2] = {{0x8086, 0x1521}, {0x8086, 0x1520}};
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    record = put_endpoint(lab.builder, "00:03.0", .multi = true);
    record->ids = ids;
    record->id_count = 2;
    put_endpoint(lab.builder, "00:03.1", .multi = true);
    lab_group(&lab);
    assert_groups(&lab, "{00:03.0 00:03.1}?");
    expect_text(&lab, "00:03.1", "00:03.0", "device-specific rule");
    lab_done(&lab);
}

/* The series asks whether there is a capability, which the verdict does not tell. */
static void presence_under_the_proposed_rules(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON, .subordinate = 3);
    put_upstream(lab.builder, "01:00.0", 2, NO_ACS, .subordinate = 3);
    put_downstream(lab.builder, "02:00.0", 3, ACS_MISSING);
    put_endpoint(lab.builder, "03:00.0");
    lab_group_by(&lab, "linux-proposed-2025");
    assert_int_equal(together(&lab, "02:00.0", "03:00.0"), IMS_UNKNOWN);
    assert_int_equal(together(&lab, "01:00.0", "02:00.0"), IMS_UNKNOWN);
    assert_int_equal(together(&lab, "00:1c.0", "01:00.0"), IMS_NO);
    assert_false(group_of(&lab, "03:00.0")->certain);
    assert_true(group_of(&lab, "00:1c.0")->certain);
    lab_done(&lab);
}

/* Every group is listed once, its members in order: a partition. */
static void groups_are_a_partition(void **state)
{
    struct lab lab;
    uint32_t members = 0;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_MISSING);
    put_endpoint(lab.builder, "01:00.0", .multi = true);
    put_endpoint(lab.builder, "01:00.1", .multi = true);
    put_endpoint(lab.builder, "00:02.0")->group_state = IMS_GROUP_NONE;
    lab_group(&lab);
    for (uint32_t i = 0; i < ims_grouping_count(lab.grouping); i++) {
        const struct ims_group_info *group = ims_grouping_group(lab.grouping, i);
        assert_int_equal(group->number, i);
        for (uint32_t j = 0; j < group->member_count; j++) {
            assert_int_equal(ims_grouping_of(lab.grouping, group->members[j]), i);
            if (j)
                assert_true(group->members[j - 1].index < group->members[j].index);
        }
        members += group->member_count;
    }
    assert_int_equal(members, 4);
    assert_null(ims_grouping_group(lab.grouping, ims_grouping_count(lab.grouping)));
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_acs_of_a_root_port),
        cmocka_unit_test(the_gap_says_how_to_settle_it),
        cmocka_unit_test(unknowns_that_do_not_matter),
        cmocka_unit_test(unknown_functions_of_one_slot),
        cmocka_unit_test(unknown_types),
        cmocka_unit_test(missing_bridges),
        cmocka_unit_test(ambiguous_ids),
        cmocka_unit_test(presence_under_the_proposed_rules),
        cmocka_unit_test(groups_are_a_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
