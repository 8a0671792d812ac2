/* SPDX-License-Identifier: MIT */
/* The closed forms that follow from the algorithm: R2.3, R2.14-R2.24, R3.4, and ACS modes. */
#include <errno.h>
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

static void conventional_on_a_root_bus(void **state) /* R2.14, R2.15 */
{
    BEGIN;
    put_pci(lab.builder, "00:01.0");
    put_pci(lab.builder, "00:02.0", .multi = true);
    put_pci(lab.builder, "00:02.1", .multi = true);
    put_pci(lab.builder, "00:1f.0", .multi = true);
    put_pci(lab.builder, "00:1f.3", .multi = true);
    put_pci(lab.builder, "00:1f.6", .id = 0x808615b8); /* a row says that it is isolated */
    EXPECT("{00:01.0} {00:02.0 00:02.1} {00:1f.0 00:1f.3} {00:1f.6}");
}

static void strict_functions_stay_out(void **state) /* R2.16 */
{
    BEGIN;
    put_endpoint(lab.builder, "00:03.0", .multi = true);
    put_endpoint(lab.builder, "00:03.1", .multi = true, .acs = ACS_ON);
    put_endpoint(lab.builder, "00:03.2", .multi = true, .acs = ACS_OFF);
    put_endpoint(lab.builder, "00:03.3", .multi = true, .acs = ACS_WORDS, .acs_cap = 0);
    EXPECT("{00:03.0 00:03.2} {00:03.1} {00:03.3}");
}

static void root_ports_without_acs(void **state) /* R2.17, R2.18 */
{
    BEGIN;
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    put_root_port(lab.builder, "00:02.0", 2, NO_ACS);
    put_endpoint(lab.builder, "01:00.0");
    put_endpoint(lab.builder, "02:00.0", .multi = true);
    put_endpoint(lab.builder, "02:00.1", .multi = true, .acs = ACS_ON); /* not asked, R2.8 */
    put_root_port(lab.builder, "00:1c.0", 3, NO_ACS, .multi = true);
    put_root_port(lab.builder, "00:1c.4", 4, NO_ACS, .multi = true);
    put_endpoint(lab.builder, "03:00.0");
    put_endpoint(lab.builder, "04:00.0");
    put_endpoint(lab.builder, "00:1c.7", .multi = true);
    EXPECT("{00:01.0 01:00.0} {00:02.0 02:00.0 02:00.1} "
           "{00:1c.0 00:1c.4 00:1c.7 03:00.0 04:00.0}");
}

static void a_failing_port_holds_everything_below(void **state) /* R2.7 */
{
    BEGIN;
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS, .subordinate = 4);
    put_upstream(lab.builder, "01:00.0", 2, NO_ACS, .subordinate = 4);
    put_downstream(lab.builder, "02:00.0", 3, ACS_ON);
    put_downstream(lab.builder, "02:01.0", 4, ACS_ON);
    put_endpoint(lab.builder, "03:00.0");
    put_endpoint(lab.builder, "04:00.0");
    EXPECT("{00:01.0 01:00.0 02:00.0 02:01.0 03:00.0 04:00.0}");
}

static void a_failing_port_in_the_middle(void **state) /* R2.6, R2.8 */
{
    BEGIN;
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 7);
    put_upstream(lab.builder, "01:00.0", 2, NO_ACS, .subordinate = 7);
    put_downstream(lab.builder, "02:00.0", 3, NO_ACS, .subordinate = 6);
    put_upstream(lab.builder, "03:00.0", 4, NO_ACS, .subordinate = 6);
    put_downstream(lab.builder, "04:00.0", 5, ACS_ON);
    put_downstream(lab.builder, "04:01.0", 6, ACS_ON);
    put_endpoint(lab.builder, "05:00.0");
    put_endpoint(lab.builder, "06:00.0");
    put_downstream(lab.builder, "02:01.0", 7, ACS_ON);
    put_endpoint(lab.builder, "07:00.0");
    EXPECT("{00:01.0} {01:00.0} {02:00.0 03:00.0 04:00.0 04:01.0 05:00.0 06:00.0} {02:01.0} "
           "{07:00.0}");
}

static void upstream_port_of_a_multifunction_device(void **state) /* R2.21 */
{
    BEGIN;
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 4);
    put_upstream(lab.builder, "01:00.0", 2, NO_ACS, .subordinate = 4, .multi = true);
    put_endpoint(lab.builder, "01:00.1", .multi = true);
    put_endpoint(lab.builder, "01:00.2", .multi = true, .acs = ACS_ON);
    put_downstream(lab.builder, "02:00.0", 3, ACS_ON);
    put_downstream(lab.builder, "02:01.0", 4, ACS_ON);
    put_endpoint(lab.builder, "03:00.0");
    put_endpoint(lab.builder, "04:00.0");
    EXPECT("{00:01.0} {01:00.0 01:00.1 02:00.0 02:01.0 03:00.0 04:00.0} {01:00.2}");
}

static void virtual_functions(void **state) /* R2.22 */
{
    BEGIN;
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 2);
    put_endpoint(lab.builder, "01:00.0", .multi = true, .vf_count = 2, .vf_offset = 0x80,
                 .vf_stride = 0x80);
    put_endpoint(lab.builder, "01:00.1", .multi = true);
    put_vf(lab.builder, "01:10.0", "01:00.0");
    put_vf(lab.builder, "02:00.0", "01:00.0"); /* on a virtual bus */
    put_root_port(lab.builder, "00:02.0", 3, NO_ACS, .subordinate = 4);
    put_endpoint(lab.builder, "03:00.0", .vf_count = 2, .vf_offset = 0x80, .vf_stride = 0x80);
    put_vf(lab.builder, "03:10.0", "03:00.0");
    put_vf(lab.builder, "04:00.0", "03:00.0"); /* the way up is that of the PF */
    EXPECT("{00:01.0} {00:02.0 03:00.0 03:10.0 04:00.0} {01:00.0 01:00.1} {01:10.0} {02:00.0}");
}

static void ari_functions_by_eight(void **state) /* R2.23 */
{
    BEGIN;
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .ari_forwarding = true);
    for (unsigned function = 0; function < 18; function++) {
        char name[IMS_ADDRESS_STRING_SIZE];
        ims_address_format((struct ims_address){0, 1, (uint8_t)function}, name);
        put(lab.builder, .at = name, .ari = true, .multi = function == 0);
    }
    EXPECT("{00:01.0} {01:00.0 01:00.1 01:00.2 01:00.3 01:00.4 01:00.5 01:00.6 01:00.7} "
           "{01:01.0 01:01.1 01:01.2 01:01.3 01:01.4 01:01.5 01:01.6 01:01.7} {01:02.0 01:02.1}");
}

static void integrated_endpoints(void **state) /* R2.24 */
{
    BEGIN;
    put_endpoint(lab.builder, "00:03.0", .type = IMS_PORT_RC_ENDPOINT);
    put_endpoint(lab.builder, "00:04.0");
    put_endpoint(lab.builder, "00:05.0", .type = IMS_PORT_RC_ENDPOINT, .multi = true);
    put_endpoint(lab.builder, "00:05.1", .type = IMS_PORT_RC_ENDPOINT, .multi = true);
    put_endpoint(lab.builder, "00:06.0", .type = IMS_PORT_RC_ENDPOINT, .multi = true,
                 .id = 0x80860001);
    put_endpoint(lab.builder, "00:06.1", .type = IMS_PORT_RC_ENDPOINT, .multi = true,
                 .id = 0x80860001);
    EXPECT("{00:03.0} {00:04.0} {00:05.0 00:05.1} {00:06.0} {00:06.1}");
}

static void bridges_own_the_requester_id(void **state) /* R2.3, R2.4 */
{
    BEGIN;
    put_pci_bridge(lab.builder, "00:1e.0", 1, .subordinate = 3);
    put_pci(lab.builder, "01:00.0");
    put_pci_bridge(lab.builder, "01:01.0", 2);
    put_pci(lab.builder, "02:00.0", .multi = true);
    put_pci(lab.builder, "02:00.1", .multi = true);
    put(lab.builder, .at = "01:02.0", .header = 1, .type = IMS_PORT_PCI_TO_PCIE_BRIDGE,
        .secondary = 3);
    put_endpoint(lab.builder, "03:00.0");
    put_root_port(lab.builder, "00:01.0", 4, ACS_ON, .subordinate = 5);
    put_pcie_pci_bridge(lab.builder, "04:00.0", 5, .acs = ACS_ON);
    put_pci(lab.builder, "05:03.0");
    EXPECT("{00:01.0} {00:1e.0 01:00.0 01:01.0 01:02.0 02:00.0 02:00.1 03:00.0} "
           "{04:00.0 05:03.0}");
}

static void the_walk_stops_where_addresses_are_translated(void **state) /* R2.3a, R2.5 */
{
    BEGIN;
    put_pci_bridge(lab.builder, "00:01.0", 1, .subordinate = 3);
    put(lab.builder, .at = "01:00.0", .header = 1, .type = IMS_PORT_PCI_TO_PCIE_BRIDGE,
        .secondary = 2, .subordinate = 3, .id = 0x14e49000);
    put_endpoint(lab.builder, "02:00.0");
    put_root_port(lab.builder, "00:02.0", 4, ACS_ON, .subordinate = 5);
    put_pcie_pci_bridge(lab.builder, "04:00.0", 5, .id = 0x1a031150);
    put_pci(lab.builder, "05:00.0");
    lab.options.ruleset.version = (struct ims_kernel_version){7, 0, -1};
    /* Not an alias, but the bridges on the way up never pass the test. */
    EXPECT("{00:01.0 01:00.0 02:00.0} {00:02.0} {04:00.0 05:00.0}");
}

static void type_correction_changes_groups(void **state) /* R1.4 */
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON, .subordinate = 3);
    put_downstream(lab.builder, "01:00.0", 2, NO_ACS, .subordinate = 3); /* the upstream port */
    put_upstream(lab.builder, "02:00.0", 3, ACS_ON);
    put_endpoint(lab.builder, "03:00.0");
    lab_group_by(&lab, "linux-5.4");
    assert_groups(&lab, "{00:1c.0} {01:00.0} {02:00.0} {03:00.0}");
    lab_group_by(&lab, "linux-5.0");
    assert_groups(&lab, "{00:1c.0} {01:00.0 02:00.0 03:00.0}");
    lab_done(&lab);
}

static void vmd_children_join_the_endpoint(void **state) /* R2.1, R5.9 */
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    put_endpoint(lab.builder, "01:00.0", .id = 0x80869a0b);
    put_root_port(lab.builder, "10000:e0:06.0", 0xe1, ACS_ON);
    put_endpoint(lab.builder, "10000:e0:17.0");
    put_endpoint(lab.builder, "10000:e1:00.0");
    lab_group_by(&lab, "linux-6.12");
    assert_groups(&lab, "{00:01.0 01:00.0 10000:e0:06.0 10000:e0:17.0 10000:e1:00.0}");
    lab_group_by(&lab, "linux-5.4");
    assert_groups(&lab, "{00:01.0 01:00.0} [10000:e0:06.0] [10000:e0:17.0] [10000:e1:00.0]");
    lab_group_by(&lab, "linux-proposed-2025");
    assert_groups(&lab, "{00:01.0} {01:00.0 10000:e0:06.0 10000:e0:17.0 10000:e1:00.0}");
    lab_done(&lab);
}

static void segments_are_apart(void **state)
{
    BEGIN;
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    put_endpoint(lab.builder, "01:00.0");
    put_root_port(lab.builder, "0001:00:01.0", 1, NO_ACS);
    put_endpoint(lab.builder, "0001:01:00.0");
    EXPECT("{00:01.0 01:00.0} {0001:00:01.0 0001:01:00.0}");
}

/* ---- which control words are judged (R4.13, R4.14, R4.19) ---- */

static void modes(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_OFF);
    put_endpoint(lab.builder, "01:00.0");
    lab_group(&lab); /* the IOMMU is on: as is */
    assert_groups(&lab, "{00:01.0 01:00.0}");
    assert_int_equal(ims_grouping_basis(lab.grouping)->acs, IMS_ACS_AS_IS);
    assert_true(ims_grouping_basis(lab.grouping)->acs_mode_certain);
    lab.options.acs = IMS_ACS_AS_LINUX_SETS;
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0} {01:00.0}");
    assert_int_equal(ims_grouping_acs(lab.grouping, at(&lab, "00:01.0"))->control.value, 0x1d);
    lab.options.cmdline = "pci=disable_acs_redir=00:01.0";
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0 01:00.0}");
    assert_string_equal(ims_grouping_basis(lab.grouping)->cmdline, "pci=disable_acs_redir=00:01.0");
    lab_done(&lab);

    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_on = IMS_NO;
    ims_builder_machine(lab.builder)->cmdline = "pci=disable_acs_redir=00:02.0";
    put_root_port(lab.builder, "00:01.0", 1, ACS_OFF);
    put_endpoint(lab.builder, "01:00.0");
    put_root_port(lab.builder, "00:02.0", 2, ACS_OFF);
    put_endpoint(lab.builder, "02:00.0");
    lab_group(&lab);
    assert_int_equal(ims_grouping_basis(lab.grouping)->acs, IMS_ACS_AS_LINUX_SETS);
    assert_groups(&lab, "{00:01.0} {00:02.0 02:00.0} {01:00.0}");
    lab_done(&lab);
}

static void nobody_knows_whether_the_iommu_was_on(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_on = IMS_UNKNOWN;
    put_root_port(lab.builder, "00:01.0", 1, ACS_OFF);
    put_endpoint(lab.builder, "01:00.0");
    put_root_port(lab.builder, "00:02.0", 2, NO_ACS);
    put_endpoint(lab.builder, "02:00.0");
    lab_group(&lab);
    assert_false(ims_grouping_basis(lab.grouping)->acs_mode_certain);
    assert_int_equal(ims_grouping_basis(lab.grouping)->acs, IMS_ACS_AS_LINUX_SETS);
    assert_groups(&lab, "{00:01.0}? {00:02.0 02:00.0} {01:00.0}?");
    lab_done(&lab);

    lab_begin(&lab); /* somebody has programmed a word: Linux, most likely */
    ims_builder_machine(lab.builder)->iommu_on = IMS_UNKNOWN;
    put_root_port(lab.builder, "00:01.0", 1, ACS_OFF);
    put_endpoint(lab.builder, "01:00.0");
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON);
    put_endpoint(lab.builder, "02:00.0");
    lab_group(&lab);
    assert_int_equal(ims_grouping_basis(lab.grouping)->acs, IMS_ACS_AS_IS);
    assert_groups(&lab, "{00:01.0 01:00.0}? {00:02.0} {02:00.0}");
    lab_done(&lab);
}

/* "Were this port a better one": the port passes, and nothing else changes. */
static void ports_taken_as_better(void **state)
{
    struct ims_function better;
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    put_endpoint(lab.builder, "01:00.0");
    put_root_port(lab.builder, "00:02.0", 2, NO_ACS);
    put_endpoint(lab.builder, "02:00.0");
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0 01:00.0} {00:02.0 02:00.0}");
    better = at(&lab, "00:02.0");
    lab.options.isolated = &better;
    lab.options.isolated_count = 1;
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0 01:00.0} {00:02.0} {02:00.0}");
    assert_int_equal(ims_grouping_acs(lab.grouping, better)->isolated, IMS_YES);
    better.index = IMS_NONE;
    lab_group(&lab);
    assert_groups(&lab, "{00:01.0 01:00.0} {00:02.0 02:00.0}");
    lab_done(&lab);
}

static void options_have_a_size(void **state)
{
    struct ims_grouping_options options = {0};
    struct ims_grouping *grouping = NULL;
    struct ims_error error = {0};
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0");
    lab_seal(&lab);
    assert_int_equal(ims_grouping_compute(lab.topology, &options, &grouping, &error), -EINVAL);
    assert_int_equal(error.code, EINVAL);
    assert_null(grouping);
    assert_int_equal(ims_grouping_compute(lab.topology, NULL, &grouping, &error), 0);
    assert_int_equal(ims_grouping_basis(grouping)->ruleset.version.major, 7);
    ims_grouping_free(grouping);
    ims_grouping_free(NULL);
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conventional_on_a_root_bus),
        cmocka_unit_test(strict_functions_stay_out),
        cmocka_unit_test(root_ports_without_acs),
        cmocka_unit_test(a_failing_port_holds_everything_below),
        cmocka_unit_test(a_failing_port_in_the_middle),
        cmocka_unit_test(upstream_port_of_a_multifunction_device),
        cmocka_unit_test(virtual_functions),
        cmocka_unit_test(ari_functions_by_eight),
        cmocka_unit_test(integrated_endpoints),
        cmocka_unit_test(bridges_own_the_requester_id),
        cmocka_unit_test(the_walk_stops_where_addresses_are_translated),
        cmocka_unit_test(type_correction_changes_groups),
        cmocka_unit_test(vmd_children_join_the_endpoint),
        cmocka_unit_test(segments_are_apart),
        cmocka_unit_test(modes),
        cmocka_unit_test(nobody_knows_whether_the_iommu_was_on),
        cmocka_unit_test(ports_taken_as_better),
        cmocka_unit_test(options_have_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
