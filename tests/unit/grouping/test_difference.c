/* SPDX-License-Identifier: MIT */
/* Groups before and after edits, and what a boot leaves in the registers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"
#include "iommuscope/edit.h"

struct sides {
    struct ims_edited *before;
    struct ims_edited *after;
    struct ims_grouping *old;
    struct ims_grouping *new;
    struct ims_difference *difference;
};

static struct ims_grouping *group(struct lab *lab, const struct ims_edited *edited)
{
    struct ims_grouping_options options = lab->options;
    struct ims_grouping *grouping = NULL;

    options.cmdline = edited->scenario.cmdline;
    assert_int_equal(ims_grouping_compute(edited->topology, &options, &grouping, NULL), 0);
    return grouping;
}

static void compare(struct lab *lab, const struct ims_edit *edits, uint32_t count,
                    struct sides *sides)
{
    lab_seal(lab);
    assert_int_equal(ims_edits_apply(lab->topology, NULL, 0, &sides->before, NULL), 0);
    assert_int_equal(ims_edits_apply(lab->topology, edits, count, &sides->after, NULL), 0);
    sides->old = group(lab, sides->before);
    sides->new = group(lab, sides->after);
    assert_int_equal(ims_grouping_difference(sides->old, sides->new, sides->after->origin,
                                             &sides->difference, NULL),
                     0);
}

static void sides_done(struct sides *sides)
{
    ims_difference_free(sides->difference);
    ims_grouping_free(sides->old);
    ims_grouping_free(sides->new);
    ims_edited_free(sides->before);
    ims_edited_free(sides->after);
}

/* The one change that is none of "same". */
static const struct ims_change *only_change(const struct sides *sides)
{
    const struct ims_difference *difference = sides->difference;
    const struct ims_change *found = NULL;

    assert_int_equal(difference->same_count + 1, difference->change_count);
    for (uint32_t i = 0; i < difference->change_count; i++)
        if (difference->changes[i].kind != IMS_CHANGE_SAME)
            found = &difference->changes[i];
    assert_non_null(found);
    return found;
}

/* Two slots: behind the first all is apart, behind the second not. */
static void begin(struct lab *lab)
{
    lab_begin(lab);
    put_root_port(lab->builder, "00:01.0", 1, ACS_ON);
    put_endpoint(lab->builder, "01:00.0");
    put_root_port(lab->builder, "00:02.0", 2, ACS_OFF);
    put_endpoint(lab->builder, "02:00.0");
    put_root_port(lab->builder, "00:03.0", 3, ACS_ON);
}

#define EDIT(kind_, ...)                      \
    {                                         \
        .kind = IMS_EDIT_##kind_, __VA_ARGS__ \
    }

static void check_one(const struct ims_edit *edit, enum ims_change_kind kind, uint32_t before,
                      uint32_t after)
{
    struct lab lab;
    struct sides sides = {0};

    begin(&lab);
    compare(&lab, edit, 1, &sides);
    const struct ims_change *change = only_change(&sides);
    assert_int_equal(change->kind, kind);
    assert_int_equal(change->before_count, before);
    assert_int_equal(change->after_count, after);
    sides_done(&sides);
    lab_done(&lab);
}

static void kinds_of_change(void **state)
{
    const struct ims_edit enable =
        EDIT(SET_ACS, .function = address_of("00:02.0"), .to.acs = {.set = 0x1d});
    const struct ims_edit disable =
        EDIT(SET_ACS, .function = address_of("00:01.0"), .to.acs = {.clear = IMS_ACS_RR});
    const struct ims_edit take = EDIT(REMOVE, .function = address_of("01:00.0"));
    const struct ims_edit shrink = EDIT(REMOVE, .function = address_of("02:00.0"));
    const struct ims_edit put_in =
        EDIT(ADD, .to.add = {.port = address_of("00:03.0"), .class_code = 0x020000});

    (void)state;
    check_one(&enable, IMS_CHANGE_SPLIT, 1, 2);
    check_one(&disable, IMS_CHANGE_MERGED, 2, 1);
    check_one(&take, IMS_CHANGE_GONE, 1, 0);
    check_one(&shrink, IMS_CHANGE_LOST, 1, 1);
    check_one(&put_in, IMS_CHANGE_NEW, 0, 1);
}

static void a_move_mixes(void **state)
{
    const struct ims_edit edits[] = {
        EDIT(REMOVE, .function = address_of("02:00.0")),
        EDIT(MOVE, .function = address_of("01:00.0"), .to.port = address_of("00:02.0")),
    };
    struct lab lab;
    struct sides sides = {0};

    (void)state;
    begin(&lab);
    compare(&lab, edits, 2, &sides);
    const struct ims_change *change = only_change(&sides);
    /* {00:02.0 02:00.0} {01:00.0} became {00:02.0 02:00.0}, of which the last was 01:00.0. */
    assert_int_equal(change->kind, IMS_CHANGE_MERGED);
    assert_int_equal(change->before_count, 2);
    sides_done(&sides);
    lab_done(&lab);
}

static void gained_and_mixed(void **state)
{
    const struct ims_edit edits[] = {
        EDIT(REMOVE, .function = address_of("02:00.0")),
        EDIT(ADD, .to.add = {.port = address_of("00:02.0"), .class_code = 0x020000}),
    };
    struct lab lab;
    struct sides sides = {0};

    (void)state;
    begin(&lab);
    compare(&lab, edits, 2, &sides);
    assert_int_equal(only_change(&sides)->kind, IMS_CHANGE_MIXED);
    sides_done(&sides);
    lab_done(&lab);

    const struct ims_edit add =
        EDIT(ADD, .to.add = {.port = address_of("00:01.0"), .class_code = 0x020000});
    sides = (struct sides){0};
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    compare(&lab, &add, 1, &sides);
    assert_int_equal(only_change(&sides)->kind, IMS_CHANGE_GAINED);
    sides_done(&sides);
    lab_done(&lab);
}

static void no_iommu_no_groups(void **state)
{
    const struct ims_edit off = EDIT(IOMMU, .to.iommu_on = false);
    struct lab lab;
    struct sides sides = {0};

    (void)state;
    begin(&lab);
    compare(&lab, &off, 1, &sides);
    assert_int_equal(sides.difference->same_count, 0);
    for (uint32_t i = 0; i < sides.difference->change_count; i++)
        assert_int_equal(sides.difference->changes[i].kind, IMS_CHANGE_UNGROUPED);
    ims_difference_free(sides.difference);
    /* And the other way round. */
    uint32_t origin[8];
    for (uint32_t i = 0; i < 8; i++)
        origin[i] = i;
    assert_int_equal(ims_grouping_difference(sides.new, sides.old, origin, &sides.difference, NULL),
                     0);
    assert_int_equal(sides.difference->changes[0].kind, IMS_CHANGE_GROUPED);
    sides_done(&sides);
    lab_done(&lab);
}

static void names_of_changes(void **state)
{
    (void)state;
    assert_string_equal(ims_change_kind_to_string(IMS_CHANGE_CERTAINTY), "certainty");
    for (unsigned i = 1; i < IMS_CHANGE_MAX; i++)
        assert_string_not_equal(ims_change_kind_to_string((enum ims_change_kind)i), "same");
}

/* ---- boot ---- */

static uint32_t control_after_boot(struct lab *lab, const char *release, enum ims_acs_mode acs,
                                   const char *cmdline, const char *port, uint32_t *ret_known)
{
    struct ims_topology *booted = NULL;

    lab->options.acs = acs;
    lab->options.cmdline = cmdline;
    lab_group_by(lab, release);
    assert_int_equal(ims_grouping_boot(lab->grouping, &booted, NULL), 0);
    assert_int_equal(ims_topology_check(booted, NULL), 0);
    assert_int_equal(ims_topology_machine(booted)->iommu_on, IMS_YES);
    const struct ims_bits control =
        ims_topology_function(booted, ims_topology_find(booted, address_of(port)))->acs.control;
    ims_topology_free(booted);
    if (ret_known)
        *ret_known = control.known;
    return control.value;
}

/* R4.13: SV, RR, CR and UF are set where the capability has them, in endpoints too. */
static void boot_enables_acs(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_on = IMS_NO;
    put_root_port(lab.builder, "00:01.0", 1, ACS_WORDS, .acs_cap = 0x5f, .acs_ctrl = 0x02);
    put_endpoint(lab.builder, "01:00.0", .acs = ACS_OFF);
    assert_int_equal(control_after_boot(&lab, "linux-6.12", IMS_ACS_AUTO, NULL, "00:01.0", NULL),
                     0x1f);
    assert_int_equal(control_after_boot(&lab, "linux-6.12", IMS_ACS_AUTO, NULL, "01:00.0", NULL),
                     0x1d);
    assert_int_equal(control_after_boot(&lab, "linux-6.12", IMS_ACS_AS_IS, NULL, "00:01.0", NULL),
                     0x02);
    lab_done(&lab);
}

/* R4.19: what options leave depends on the release. */
static void boot_with_options(void **state)
{
    struct lab lab;
    const char *const redirect = "pci=disable_acs_redir=00:01.0";
    const char *const config = "pci=config_acs=xx10x00@00:01.0";
    uint32_t known = 0;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_on = IMS_NO;
    put_root_port(lab.builder, "00:01.0", 1, ACS_WORDS, .acs_cap = 0x7f, .acs_ctrl = 0x04);
    /* 5.0 to 6.10: the kernel's own bits without redirect. */
    assert_int_equal(control_after_boot(&lab, "linux-5.9", IMS_ACS_AUTO, redirect, "00:01.0", NULL),
                     0x11);
    /* 6.15 on and 6.12.23 on: firmware's bits without redirect, the kernel's own are lost. */
    assert_int_equal(
        control_after_boot(&lab, "linux-6.12.23", IMS_ACS_AUTO, redirect, "00:01.0", NULL), 0x00);
    assert_int_equal(
        control_after_boot(&lab, "linux-6.12.23", IMS_ACS_AUTO, config, "00:01.0", NULL), 0x14);
    lab_done(&lab);

    /* Where Linux has written, nobody knows what firmware left: bits that are set are open. */
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    (void)control_after_boot(&lab, "linux-6.12.23", IMS_ACS_AUTO, config, "00:01.0", &known);
    assert_int_equal(known & IMS_ACS_RR, 0);
    assert_int_equal(known & IMS_ACS_UF, IMS_ACS_UF);
    lab_done(&lab);
}

/* R4.16: these releases group by firmware's bits and enable afterwards all the same. */
static void boot_that_enables_too_late(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_on = IMS_NO;
    put_root_port(lab.builder, "00:01.0", 1, ACS_OFF);
    put_endpoint(lab.builder, "01:00.0");
    assert_int_equal(control_after_boot(&lab, "linux-6.12.80", IMS_ACS_AUTO, NULL, "00:01.0", NULL),
                     0x1d);
    assert_groups(&lab, "{00:01.0 01:00.0}");
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_change),   cmocka_unit_test(a_move_mixes),
        cmocka_unit_test(gained_and_mixed),  cmocka_unit_test(no_iommu_no_groups),
        cmocka_unit_test(names_of_changes),  cmocka_unit_test(boot_enables_acs),
        cmocka_unit_test(boot_with_options), cmocka_unit_test(boot_that_enables_too_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
