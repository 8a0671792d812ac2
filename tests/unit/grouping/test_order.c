/* SPDX-License-Identifier: MIT */
/* Probe order: group numbers, hot-added functions, functions without a group (section 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

static uint32_t number_of(const struct lab *lab, const char *name)
{
    return ims_grouping_group(lab->grouping, ims_grouping_of(lab->grouping, at(lab, name)))->number;
}

/* Numbers in the order of the names that follow, from 0. */
static void expect_order(const struct lab *lab, const char *const *names, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (number_of(lab, names[i]) != i)
            fail_msg("%s has number %u, not %u", names[i], number_of(lab, names[i]), i);
    assert_int_equal(ims_grouping_count(lab->grouping), count);
}
#define EXPECT_ORDER(lab, ...)                                         \
    do {                                                               \
        const char *const names_[] = {__VA_ARGS__};                    \
        expect_order(lab, names_, sizeof(names_) / sizeof(names_[0])); \
    } while (0)

static void put_client(struct lab *lab)
{
    put_pci(lab->builder, "00:00.0", .class_code = 0x060000, .id = 0x80863e30);
    put_root_port(lab->builder, "00:01.0", 2, ACS_ON, .subordinate = 2);
    put_pci(lab->builder, "00:02.0", .class_code = 0x030000, .id = 0x80863e98);
    put_root_port(lab->builder, "00:1b.0", 1, ACS_ON);
    put_endpoint(lab->builder, "01:00.0");
    put_endpoint(lab->builder, "02:00.0");
    put_pci(lab->builder, "00:1f.0");
}

/* R3.1: a bus, then what is below its bridges in their order, not in that of bus numbers. */
static void single_pass(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_client(&lab);
    lab_group_by(&lab, "linux-5.15");
    EXPECT_ORDER(&lab, "00:00.0", "00:01.0", "00:02.0", "00:1b.0", "00:1f.0", "02:00.0", "01:00.0");
    assert_true(ims_grouping_basis(lab.grouping)->numbers_certain);
    lab_done(&lab);
}

static void iommu_is(struct lab *lab, const char *name, const char *unit)
{
    ims_builder_find(lab->builder, address_of(name))->iommu = unit;
}

/* R3.2: reverse table order, the include-all unit last. */
static void intel_units(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_kind = IMS_IOMMU_INTEL;
    put_client(&lab);
    iommu_is(&lab, "00:00.0", "dmar2");
    iommu_is(&lab, "00:01.0", "dmar1");
    iommu_is(&lab, "00:02.0", "dmar0");
    iommu_is(&lab, "00:1b.0", "dmar2");
    iommu_is(&lab, "00:1f.0", "dmar2");
    iommu_is(&lab, "01:00.0", "dmar2");
    iommu_is(&lab, "02:00.0", "dmar1");
    lab_group_by(&lab, "linux-6.12");
    EXPECT_ORDER(&lab, "00:01.0", "02:00.0", "00:02.0", "00:00.0", "00:1b.0", "00:1f.0", "01:00.0");
    assert_true(ims_grouping_basis(lab.grouping)->numbers_certain);
    lab_group_by(&lab, "linux-5.19"); /* before that, the units made no difference */
    EXPECT_ORDER(&lab, "00:00.0", "00:01.0", "00:02.0", "00:1b.0", "00:1f.0", "02:00.0", "01:00.0");
    lab_done(&lab);
}

static void amd_units(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_kind = IMS_IOMMU_AMD;
    put_endpoint(lab.builder, "00:01.0");
    put_endpoint(lab.builder, "20:01.0", .type = IMS_PORT_RC_ENDPOINT);
    put_endpoint(lab.builder, "40:01.0", .type = IMS_PORT_RC_ENDPOINT);
    put_endpoint(lab.builder, "40:02.0", .type = IMS_PORT_RC_ENDPOINT);
    iommu_is(&lab, "00:01.0", "ivhd2");
    iommu_is(&lab, "20:01.0", "ivhd1");
    iommu_is(&lab, "40:01.0", "ivhd0");
    ims_builder_find(lab.builder, address_of("40:02.0"))->group_state = IMS_GROUP_NONE;
    lab_group_by(&lab, "linux-6.12");
    EXPECT_ORDER(&lab, "40:01.0", "20:01.0", "00:01.0", "40:02.0");
    assert_true(ims_grouping_basis(lab.grouping)->numbers_certain);
    lab_done(&lab);
}

/* Without the units: graphics of Intel clients first (R12.3); the order is not certain. */
static void unknown_units(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_client(&lab);
    lab_group_by(&lab, "linux-6.12");
    EXPECT_ORDER(&lab, "00:02.0", "00:00.0", "00:01.0", "00:1b.0", "00:1f.0", "02:00.0", "01:00.0");
    assert_false(ims_grouping_basis(lab.grouping)->numbers_certain);
    lab_done(&lab);
}

/* R3.5: on Arm before 6.15 groups come when drivers match. */
static void order_of_drivers(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_kind = IMS_IOMMU_ARM_SMMU;
    put_endpoint(lab.builder, "00:01.0");
    lab_group_by(&lab, "linux-5.15");
    assert_false(ims_grouping_basis(lab.grouping)->numbers_certain);
    lab_done(&lab);
}

static void virtual_functions_come_last(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_vf(lab.builder, "00:01.1", NULL);
    put_endpoint(lab.builder, "00:01.0");
    put_endpoint(lab.builder, "00:02.0");
    lab_group_by(&lab, "linux-5.15");
    EXPECT_ORDER(&lab, "00:01.0", "00:02.0", "00:01.1");
    assert_true(ims_grouping_basis(lab.grouping)->numbers_certain);
    lab_done(&lab);
}

/* Whose VFs were enabled first is not in the input (seen in the lab: igb, two PFs). */
static void functions_of_two_pfs(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0");
    put_endpoint(lab.builder, "00:02.0");
    put_vf(lab.builder, "00:01.1", "00:01.0");
    put_vf(lab.builder, "00:02.1", "00:02.0");
    lab_group_by(&lab, "linux-5.15");
    assert_false(ims_grouping_basis(lab.grouping)->numbers_certain);
    lab_done(&lab);
}

/* Firmware names root buses in an order of its own (seen in the lab: 00, 80, 40). */
static void two_root_buses(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0");
    put_endpoint(lab.builder, "40:01.0", .type = IMS_PORT_RC_ENDPOINT);
    lab_group_by(&lab, "linux-5.15");
    assert_false(ims_grouping_basis(lab.grouping)->numbers_certain);
    lab_done(&lab);

    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0");
    put_endpoint(lab.builder, "40:01.0", .type = IMS_PORT_RC_ENDPOINT);
    ims_builder_find(lab.builder, address_of("40:01.0"))->group_state = IMS_GROUP_NONE;
    lab_group_by(&lab, "linux-5.15");
    assert_true(ims_grouping_basis(lab.grouping)->numbers_certain);
    lab_done(&lab);
}

/* ---- hot-added (R1.5, R3.6) ---- */

static void hot_added_functions_are_apart(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    put_endpoint(lab.builder, "01:00.0", .multi = true);
    put_endpoint(lab.builder, "01:00.1");
    put_endpoint(lab.builder, "01:00.2");
    put_root_port(lab.builder, "00:02.0", 2, NO_ACS);
    put_endpoint(lab.builder, "02:00.0", .multi = true);
    put_endpoint(lab.builder, "02:00.1");
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0} {00:02.0 02:00.0 02:00.1} {01:00.0 01:00.1 01:00.2}");
    lab.options.probe = IMS_PROBE_HOT_ADDED;
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0} {00:02.0 02:00.0 02:00.1} {01:00.0} {01:00.1} {01:00.2}");
    assert_int_equal(ims_grouping_basis(lab.grouping)->probe, IMS_PROBE_HOT_ADDED);
    assert_false(ims_grouping_basis(lab.grouping)->numbers_certain);
    lab_done(&lab);
}

/* A function whose own header has the bit joins those that came before it. */
static void hot_added_functions_with_the_bit(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    put_endpoint(lab.builder, "01:00.0", .multi = true);
    put_endpoint(lab.builder, "01:00.1", .multi = true);
    put_endpoint(lab.builder, "01:00.2");
    lab.options.probe = IMS_PROBE_HOT_ADDED;
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0} {01:00.0 01:00.1} {01:00.2}");
    lab_done(&lab);
}

/* ---- functions without a group (R1.11, R3.4b) ---- */

static void no_group(struct lab *lab, const char *name)
{
    ims_builder_find(lab->builder, address_of(name))->group_state = IMS_GROUP_NONE;
}

static void bridges_without_a_group(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_pci_bridge(lab.builder, "00:1e.0", 1);
    put_pci(lab.builder, "01:00.0");
    put_pci(lab.builder, "01:01.0");
    put_root_port(lab.builder, "00:01.0", 2, NO_ACS, .subordinate = 3);
    put_pcie_pci_bridge(lab.builder, "02:00.0", 3);
    put_pci(lab.builder, "03:00.0");
    put_pci(lab.builder, "03:01.0");
    no_group(&lab, "00:1e.0");
    no_group(&lab, "00:01.0");
    lab_group(&lab);
    assert_groups(&lab, "[00:01.0] [00:1e.0] {01:00.0} {01:01.0} {02:00.0 03:00.0 03:01.0}");
    lab.options.manage_everything = true;
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0 02:00.0 03:00.0 03:01.0} {00:1e.0 01:00.0 01:01.0}");
    lab_done(&lab);
}

static void unmanaged_functions_are_alone(void **state)
{
    struct ims_kernel_group made_up = {.number = 7, .name = "vfio-noiommu"};
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    assert_int_equal(ims_builder_kernel_group(lab.builder, &made_up), 0);
    put_endpoint(lab.builder, "00:02.0", .multi = true);
    put_endpoint(lab.builder, "00:02.1", .multi = true);
    put_endpoint(lab.builder, "00:02.2", .multi = true);
    record = put_endpoint(lab.builder, "00:03.0");
    record->group_state = IMS_GROUP_KNOWN;
    record->group = 7; /* R7.4: not an isolation group */
    record = put_endpoint(lab.builder, "00:04.0");
    record->group_state = IMS_GROUP_KNOWN;
    record->group = 8;
    no_group(&lab, "00:02.1");
    lab_group(&lab);
    assert_groups(&lab, "{00:02.0 00:02.2} [00:02.1] [00:03.0] {00:04.0}");
    assert_int_equal(ims_grouping_together(lab.grouping, at(&lab, "00:02.0"), at(&lab, "00:02.1")),
                     IMS_NO);
    assert_int_equal(ims_grouping_together(lab.grouping, at(&lab, "00:02.1"), at(&lab, "00:02.1")),
                     IMS_YES);
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_pass),
        cmocka_unit_test(intel_units),
        cmocka_unit_test(amd_units),
        cmocka_unit_test(unknown_units),
        cmocka_unit_test(order_of_drivers),
        cmocka_unit_test(virtual_functions_come_last),
        cmocka_unit_test(functions_of_two_pfs),
        cmocka_unit_test(two_root_buses),
        cmocka_unit_test(hot_added_functions_are_apart),
        cmocka_unit_test(hot_added_functions_with_the_bit),
        cmocka_unit_test(bridges_without_a_group),
        cmocka_unit_test(unmanaged_functions_are_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
