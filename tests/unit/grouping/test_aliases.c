/* SPDX-License-Identifier: MIT */
/* Groups of devices that use one another's requester ids (R2.9-R2.12, section 5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

#define BEGIN       \
    struct lab lab; \
    (void)state;    \
    lab_begin(&lab)
#define EXPECT(expected)               \
    do {                               \
        lab_group(&lab);               \
        assert_groups(&lab, expected); \
        lab_done(&lab);                \
    } while (0)

/* A single-function controller that sends as function 1, and that function (R2.9). */
static void function_1(void **state)
{
    BEGIN;
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    put_endpoint(lab.builder, "01:00.0", .id = 0x1b4b9230, .multi = true, .acs = ACS_ON);
    put_endpoint(lab.builder, "01:00.1", .multi = true, .acs = ACS_ON);
    put_endpoint(lab.builder, "01:01.0");
    EXPECT("{00:01.0} {01:00.0 01:00.1} {01:01.0}");
}

static void function_0(void **state)
{
    BEGIN;
    put_endpoint(lab.builder, "00:05.0", .multi = true, .acs = ACS_ON);
    put_endpoint(lab.builder, "00:05.1", .multi = true, .acs = ACS_ON);
    put_endpoint(lab.builder, "00:05.3", .multi = true, .acs = ACS_ON, .id = 0x1180e476);
    EXPECT("{00:05.0 00:05.3} {00:05.1}");
}

/* The id of nobody joins nobody (R5.2). */
static void ghosts(void **state)
{
    BEGIN;
    put_endpoint(lab.builder, "00:05.0", .id = 0x1b4b9230);
    put_endpoint(lab.builder, "00:06.1", .multi = true, .acs = ACS_ON);
    EXPECT("{00:05.0} {00:06.1}");
}

static void fixed_devfn(void **state)
{
    BEGIN;
    put_endpoint(lab.builder, "00:01.0");
    put_endpoint(lab.builder, "00:02.0");
    put_endpoint(lab.builder, "00:0e.0", .id = 0x90050285, .subsystem = 0x900502bc);
    put_endpoint(lab.builder, "00:0f.0", .id = 0x90050285, .subsystem = 0x900502bd);
    EXPECT("{00:01.0 00:0e.0} {00:02.0} {00:0f.0}");
}

static void the_whole_bus(void **state)
{
    BEGIN;
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 2);
    put_upstream(lab.builder, "01:00.0", 2, NO_ACS);
    put_endpoint(lab.builder, "01:02.0");
    put_endpoint(lab.builder, "01:1f.0", .id = 0x10b587b0);
    put_endpoint(lab.builder, "02:00.0"); /* another bus */
    EXPECT("{00:01.0} {01:00.0 01:02.0 01:1f.0} {02:00.0}");
}

/* An alias leads to a function whose siblings have a group (R2.10: S, then F). */
static void alias_then_siblings(void **state)
{
    BEGIN;
    put_endpoint(lab.builder, "00:01.0", .multi = true);
    put_endpoint(lab.builder, "00:01.1", .multi = true);
    put_endpoint(lab.builder, "00:0e.0", .id = 0x90050285, .subsystem = 0x900502bc);
    ims_builder_find(lab.builder, address_of("00:01.0"))->group_state = IMS_GROUP_NONE;
    EXPECT("[00:01.0] {00:01.1 00:0e.0}");
}

/* R5.3: what a bridge above has drawn in does not look at its own aliases. */
static void a_bridge_comes_first(void **state)
{
    BEGIN;
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    put_endpoint(lab.builder, "01:00.0", .id = 0x1b4b9230);
    put_endpoint(lab.builder, "01:00.1", .multi = true, .acs = ACS_ON);
    EXPECT("{00:01.0 01:00.0 01:00.1}");
}

/* R3.4c does not arise at boot: A - B - C are one group, whichever comes first. */
static void chains(void **state)
{
    BEGIN;
    put_endpoint(lab.builder, "00:05.0", .id = 0x1b4b9230, .multi = true, .acs = ACS_ON);
    put_endpoint(lab.builder, "00:05.1", .multi = true, .acs = ACS_ON);
    put_endpoint(lab.builder, "00:05.2", .id = 0x10b587b1, .multi = true, .acs = ACS_ON);
    put_endpoint(lab.builder, "00:07.0");
    EXPECT("{00:05.0 00:05.1 00:05.2 00:07.0}");
}

/* R5.4: nobody can read the tables: nothing is merged, and nothing on the bus is certain. */
static void ntb_tables(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    put_endpoint(lab.builder, "01:00.0", .multi = true, .acs = ACS_ON);
    put_endpoint(lab.builder, "01:00.1", .id = 0x11f88531, .class_code = 0x068000, .acs = ACS_ON);
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON);
    put_endpoint(lab.builder, "02:00.0", .id = 0x11f88531, .class_code = 0x068000);
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0} {00:02.0} {01:00.0}? {01:00.1}? {02:00.0}");
    assert_int_equal(ims_grouping_together(lab.grouping, at(&lab, "01:00.0"), at(&lab, "01:00.1")),
                     IMS_UNKNOWN);
    const struct ims_group_info *group =
        ims_grouping_group(lab.grouping, ims_grouping_of(lab.grouping, at(&lab, "01:00.0")));
    assert_non_null(strstr(group->uncertain_text, "NTB tables of 0000:01:00.1"));
    assert_int_equal(group->uncertain_at.index, at(&lab, "01:00.1").index);
    lab.options.probe = IMS_PROBE_HOT_ADDED; /* the tables are read too late (R3.6) */
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0} {00:02.0} {01:00.0} {01:00.1} {02:00.0}");
    lab_done(&lab);
}

static void proposed_rules_follow_aliases_too(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0");
    put_endpoint(lab.builder, "00:02.0");
    put_endpoint(lab.builder, "00:0e.0", .id = 0x90050285, .subsystem = 0x900502bc);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON, .subordinate = 4);
    put_upstream(lab.builder, "01:00.0", 2, NO_ACS, .subordinate = 4);
    put_downstream(lab.builder, "02:00.0", 3, ACS_ON, .id = 0x10b587b0); /* an alias mask */
    put_downstream(lab.builder, "02:01.0", 4, ACS_ON);
    lab_group_by(&lab, "linux-proposed-2025");
    assert_groups(&lab, "{00:01.0 00:0e.0} {00:02.0} {00:1c.0} {01:00.0 02:00.0 02:01.0}");
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(function_1),
        cmocka_unit_test(function_0),
        cmocka_unit_test(ghosts),
        cmocka_unit_test(fixed_devfn),
        cmocka_unit_test(the_whole_bus),
        cmocka_unit_test(alias_then_siblings),
        cmocka_unit_test(a_bridge_comes_first),
        cmocka_unit_test(chains),
        cmocka_unit_test(ntb_tables),
        cmocka_unit_test(proposed_rules_follow_aliases_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
