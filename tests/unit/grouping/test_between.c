/* SPDX-License-Identifier: MIT */
/* What no tree that was read settles is not certain: releases between trees, order, management. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

struct by_release {
    const char *ruleset;
    const char *groups;
};

#define EXPECT_RELEASES(lab, cases)                                      \
    for (size_t i_ = 0; i_ < sizeof(cases) / sizeof((cases)[0]); i_++) { \
        lab_group_by(lab, (cases)[i_].ruleset);                          \
        assert_groups(lab, (cases)[i_].groups);                          \
    }

/* R2.1, R5.9: without a group up to 5.4, with the endpoint since 5.10. */
static void vmd(void **state)
{
    static const struct by_release cases[] = {
        {"linux-5.4", "{00:0e.0} [10000:e0:00.0]"},
        {"linux-5.5", "{00:0e.0 10000:e0:00.0}?"},
        {"linux-5.9", "{00:0e.0 10000:e0:00.0}?"},
        {"linux-5.10", "{00:0e.0 10000:e0:00.0}"},
    };
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:0e.0", .id = 0x8086467f);
    put_root_port(lab.builder, "10000:e0:00.0", 0xe1, ACS_ON);
    EXPECT_RELEASES(&lab, cases)
    lab_group_by(&lab, "linux-5.7");
    assert_int_equal(
        ims_grouping_together(lab.grouping, at(&lab, "00:0e.0"), at(&lab, "10000:e0:00.0")),
        IMS_UNKNOWN);
    lab_done(&lab);
}

/* R4.18: 4.18 ignores the option, 5.0 has it. */
static void disable_acs_redir(void **state)
{
    static const struct by_release cases[] = {
        {"linux-4.18", "{00:01.0} {01:00.0}"},
        {"linux-4.19", "{00:01.0 01:00.0}?"},
        {"linux-5.0", "{00:01.0 01:00.0}"},
    };
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_OFF);
    put_endpoint(lab.builder, "01:00.0");
    lab.options.acs = IMS_ACS_AS_LINUX_SETS;
    lab.options.cmdline = "pci=disable_acs_redir=00:01.0";
    EXPECT_RELEASES(&lab, cases)
    lab_done(&lab);
}

/* R4.16: of two series only the end of the regression is established. */
static void groups_before_enabling(void **state)
{
    static const struct by_release cases[] = {
        {"linux-5.10.252", "{00:01.0}? {01:00.0}?"}, {"linux-5.10.253", "{00:01.0} {01:00.0}"},
        {"linux-6.6.134", "{00:01.0}? {01:00.0}?"},  {"linux-6.6.135", "{00:01.0} {01:00.0}"},
        {"linux-6.1.168", "{00:01.0 01:00.0}?"},     {"linux-6.1.169", "{00:01.0} {01:00.0}"},
    };
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    put_endpoint(lab.builder, "01:00.0");
    EXPECT_RELEASES(&lab, cases)
    lab_done(&lab);
}

/* R4.17: releases that do not arm the ports, or may not. */
static void pch_ports(void **state)
{
    static const struct by_release cases[] = {
        {"linux-5.9.8", "{00:1c.0 01:00.0} {00:1f.0}"},
        {"linux-5.9.9", "{00:1c.0} {00:1f.0} {01:00.0}"},
        {"linux-6.11", "{00:1c.0}? {00:1f.0} {01:00.0}?"},
        {"linux-6.12.22", "{00:1c.0}? {00:1f.0} {01:00.0}?"},
        {"linux-6.12.23", "{00:1c.0} {00:1f.0} {01:00.0}"},
    };
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, NO_ACS, .id = 0x80868c10);
    struct ims_record *lpc = put_pci(lab.builder, "00:1f.0", .class_code = 0x060100);
    part_32(&lpc->config, 0xf0, 1);
    put_endpoint(lab.builder, "01:00.0");
    EXPECT_RELEASES(&lab, cases)
    lab_done(&lab);
}

/* R3.4a, R3.5: before 6.15 a device may be grouped before the port above it. */
static void order_of_drivers(void **state)
{
    static const struct by_release cases[] = {
        {"linux-6.14", "{00:01.0 01:00.0}? {00:02.0} {02:00.0}"},
        {"linux-6.15", "{00:01.0 01:00.0} {00:02.0} {02:00.0}"},
    };
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_kind = IMS_IOMMU_ARM_SMMU;
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    put_endpoint(lab.builder, "01:00.0");
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON);
    put_endpoint(lab.builder, "02:00.0");
    EXPECT_RELEASES(&lab, cases)
    lab_group_by(&lab, "linux-6.12");
    assert_int_equal(ims_grouping_together(lab.grouping, at(&lab, "00:01.0"), at(&lab, "01:00.0")),
                     IMS_UNKNOWN);
    assert_int_equal(ims_grouping_together(lab.grouping, at(&lab, "00:02.0"), at(&lab, "02:00.0")),
                     IMS_NO);
    lab_done(&lab);
}

/* R6.3, R6.7: an IOMMU does not manage itself, unless the input says that it has a group. */
static void iommu_functions(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_pci(lab.builder, "00:00.0", .multi = true);
    put_pci(lab.builder, "00:00.2", .id = 0x10221481, .class_code = 0x080600);
    put_pci(lab.builder, "00:03.0", .id = 0x1af41057, .class_code = 0x080600);
    put_pci(lab.builder, "00:04.0", .id = 0x10025a23, .class_code = 0x080600);
    struct ims_record *grouped =
        put_pci(lab.builder, "00:05.0", .id = 0x10221481, .class_code = 0x080600);
    grouped->group_state = IMS_GROUP_KNOWN;
    grouped->group = 9;
    lab_group(&lab);
    assert_groups(&lab, "{00:00.0} [00:00.2] [00:03.0] [00:04.0] {00:05.0}");
    lab.options.manage_everything = true;
    lab_group(&lab);
    assert_groups(&lab, "{00:00.0 00:00.2} {00:03.0} {00:04.0} {00:05.0}");
    lab_done(&lab);
}

/* 4.3 amd_sb: whether the table exists decides. */
static void southbridge(void **state)
{
    static const struct {
        enum ims_tristate on;
        enum ims_tristate ivrs;
        enum ims_tristate dmar;
        const char *groups;
    } cases[] = {
        {IMS_YES, IMS_UNKNOWN, IMS_UNKNOWN, "{00:14.0}? {00:14.3}?"},
        {IMS_YES, IMS_YES, IMS_UNKNOWN, "{00:14.0} {00:14.3}"},
        {IMS_YES, IMS_NO, IMS_UNKNOWN, "{00:14.0 00:14.3}"},
        {IMS_NO, IMS_UNKNOWN, IMS_UNKNOWN, "{00:14.0}? {00:14.3}?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab lab;
        lab_begin(&lab);
        ims_builder_machine(lab.builder)->iommu_on = cases[i].on;
        ims_builder_machine(lab.builder)->acpi_ivrs = cases[i].ivrs;
        ims_builder_machine(lab.builder)->acpi_dmar = cases[i].dmar;
        put_pci(lab.builder, "00:14.0", .id = 0x10024385, .multi = true);
        put_pci(lab.builder, "00:14.3", .id = 0x1002439d);
        lab_group(&lab);
        assert_groups(&lab, cases[i].groups);
        lab_done(&lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vmd),
        cmocka_unit_test(disable_acs_redir),
        cmocka_unit_test(groups_before_enabling),
        cmocka_unit_test(pch_ports),
        cmocka_unit_test(order_of_drivers),
        cmocka_unit_test(iommu_functions),
        cmocka_unit_test(southbridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
