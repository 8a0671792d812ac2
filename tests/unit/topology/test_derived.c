/* SPDX-License-Identifier: MIT */
/* Facts that follow from the place of a function: type, multifunction, extended space (R1.4-R1.8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

/* ---- port types (R1.4) ---- */

static void switch_ports_the_wrong_way_round(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 5);
    put_downstream(lab.builder, "01:00.0", 2, NO_ACS, .subordinate = 5); /* is the upstream one */
    put_upstream(lab.builder, "02:00.0", 3, NO_ACS, .subordinate = 5);
    put_downstream(lab.builder, "03:00.0", 4, NO_ACS, .subordinate = 5); /* again */
    put_upstream(lab.builder, "04:00.0", 5, NO_ACS);
    put_downstream(lab.builder, "00:02.0", 8, NO_ACS); /* no parent: as it says */
    put_upstream(lab.builder, "00:03.0", 9, NO_ACS);
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "01:00.0")->port_type, IMS_PORT_DOWNSTREAM);
    assert_int_equal(info_of(&lab, "01:00.0")->corrected_type, IMS_PORT_ENDPOINT);
    assert_int_equal(info_of(&lab, "02:00.0")->corrected_type, IMS_PORT_UPSTREAM);
    assert_int_equal(info_of(&lab, "03:00.0")->corrected_type, IMS_PORT_DOWNSTREAM);
    assert_int_equal(info_of(&lab, "04:00.0")->corrected_type, IMS_PORT_UPSTREAM);
    assert_int_equal(info_of(&lab, "02:00.0")->extended_bus, IMS_NO);
    assert_int_equal(info_of(&lab, "02:00.0")->extended_bus_uncorrected, IMS_YES);
    assert_int_equal(info_of(&lab, "00:02.0")->corrected_type, IMS_PORT_DOWNSTREAM);
    assert_int_equal(info_of(&lab, "00:03.0")->corrected_type, IMS_PORT_UPSTREAM);
    lab_done(&lab);
}

static void only_impossible_types_are_corrected(void **state)
{
    static const struct {
        unsigned parent, type, corrected;
    } cases[] = {
        {IMS_PORT_ROOT, IMS_PORT_UPSTREAM, IMS_PORT_UPSTREAM},
        {IMS_PORT_UPSTREAM, IMS_PORT_DOWNSTREAM, IMS_PORT_DOWNSTREAM},
        {IMS_PORT_DOWNSTREAM, IMS_PORT_DOWNSTREAM, IMS_PORT_ENDPOINT},
        {IMS_PORT_UPSTREAM, IMS_PORT_UPSTREAM, IMS_PORT_ENDPOINT},
        {IMS_PORT_PCI_TO_PCIE_BRIDGE, IMS_PORT_DOWNSTREAM, IMS_PORT_ENDPOINT},
        {IMS_PORT_PCIE_TO_PCI_BRIDGE, IMS_PORT_DOWNSTREAM, IMS_PORT_DOWNSTREAM},
        {IMS_PORT_PCI_TO_PCIE_BRIDGE, IMS_PORT_UPSTREAM, IMS_PORT_UPSTREAM},
        {IMS_PORT_ROOT, IMS_PORT_ENDPOINT, IMS_PORT_ENDPOINT},
        {IMS_PORT_UPSTREAM, IMS_PORT_ROOT, IMS_PORT_ROOT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab lab;
        lab_begin(&lab);
        put(lab.builder, .at = "00:01.0", .header = 1, .type = cases[i].parent, .secondary = 1);
        put(lab.builder, .at = "01:00.0", .type = cases[i].type);
        lab_seal(&lab);
        assert_int_equal(info_of(&lab, "01:00.0")->corrected_type, cases[i].corrected);
        lab_done(&lab);
    }
}

static void a_stated_type_fills_in_only(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    record = put_endpoint(lab.builder, "00:01.0", .known_bytes = 64);
    record->port_type_stated = true;
    record->port_type = IMS_PORT_RC_ENDPOINT;
    record = put_endpoint(lab.builder, "00:02.0");
    record->port_type_stated = true;
    record->port_type = IMS_PORT_RC_ENDPOINT;
    put_endpoint(lab.builder, "00:03.0", .known_bytes = 64);
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:01.0")->port_type, IMS_PORT_RC_ENDPOINT);
    assert_int_equal(info_of(&lab, "00:02.0")->port_type, IMS_PORT_ENDPOINT);
    assert_int_equal(info_of(&lab, "00:03.0")->port_type, IMS_PORT_UNKNOWN);
    lab_done(&lab);
}

/* ---- multifunction (R1.5) ---- */

/* Makes the header type byte unknown. */
static void forget_header(struct ims_record *record)
{
    struct ims_config_row *row = &record->config.rows[0];

    row->value[0x0e] = 0;
    row->known[0x0e] = 0;
}

static void multifunction_from_header_and_place(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:02.0"); /* bit clear although others answer */
    put_endpoint(lab.builder, "00:02.1");
    put_endpoint(lab.builder, "00:03.0", .multi = true); /* bit set, alone */
    put_vf(lab.builder, "00:04.1", NULL);
    forget_header(put_endpoint(lab.builder, "00:05.0"));
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:02.0")->multifunction, IMS_NO);
    assert_int_equal(info_of(&lab, "00:02.1")->multifunction, IMS_YES);
    assert_int_equal(info_of(&lab, "00:03.0")->multifunction, IMS_YES);
    assert_int_equal(info_of(&lab, "00:04.1")->multifunction, IMS_NO);
    assert_int_equal(info_of(&lab, "00:05.0")->multifunction, IMS_UNKNOWN);
    lab_done(&lab);
}

/* Functions above 0 are looked for only when bit 7 of function 0 is set: they prove it (R12.2). */
static void siblings_prove_the_bit(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    forget_header(put_endpoint(lab.builder, "00:02.0"));
    put_endpoint(lab.builder, "00:02.7");
    forget_header(put_endpoint(lab.builder, "00:03.0")); /* the next is in another slot */
    put_endpoint(lab.builder, "00:04.1");
    forget_header(put_endpoint(lab.builder, "00:05.0")); /* a VF proves nothing */
    put_vf(lab.builder, "00:05.1", NULL);
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:02.0")->multifunction, IMS_YES);
    assert_int_equal(info_of(&lab, "00:03.0")->multifunction, IMS_UNKNOWN);
    assert_int_equal(info_of(&lab, "00:05.0")->multifunction, IMS_UNKNOWN);
    lab_done(&lab);
}

/* With ARI the function number has eight bits, and bit 7 says nothing about siblings. */
static void ari_functions(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .ari_forwarding = true);
    forget_header(put_endpoint(lab.builder, "01:00.0", .ari = true));
    put_endpoint(lab.builder, "01:00.1", .ari = true);
    put_endpoint(lab.builder, "01:01.0", .ari = true);
    put_endpoint(lab.builder, "01:02.0"); /* no ARI of its own: a slot like others */
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON);
    put_endpoint(lab.builder, "02:01.0", .ari = true); /* not forwarded */
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "01:00.0")->multifunction, IMS_UNKNOWN);
    assert_int_equal(info_of(&lab, "01:00.1")->multifunction, IMS_YES);
    assert_int_equal(info_of(&lab, "01:01.0")->multifunction, IMS_YES);
    assert_int_equal(info_of(&lab, "01:02.0")->multifunction, IMS_NO);
    assert_int_equal(info_of(&lab, "02:01.0")->multifunction, IMS_NO);
    lab_done(&lab);
}

/* A clear bit is no proof while ARI is unknown: devfn 08 may be function 8. */
static void unknown_ari_leaves_the_flag_open(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .ari_forwarding = true);
    put_endpoint(lab.builder, "01:00.0", .known_bytes = 64);
    put_endpoint(lab.builder, "01:01.0", .known_bytes = 64);
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON, .known_bytes = 64);
    put_endpoint(lab.builder, "02:01.0", .ari = true);
    put_pci_bridge(lab.builder, "00:03.0", 3);
    put_endpoint(lab.builder, "03:01.0", .known_bytes = 64);
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "01:00.0")->multifunction, IMS_NO);
    assert_int_equal(info_of(&lab, "01:01.0")->multifunction, IMS_UNKNOWN);
    assert_int_equal(info_of(&lab, "02:01.0")->multifunction, IMS_UNKNOWN);
    assert_int_equal(info_of(&lab, "03:01.0")->multifunction, IMS_NO);
    lab_done(&lab);
}

/* ---- extended configuration space (R1.8) ---- */

static void conventional_bridges_end_extended_space(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 3);
    put_pcie_pci_bridge(lab.builder, "01:00.0", 2, .subordinate = 3);
    put(lab.builder, .at = "02:00.0", .header = 1, .type = IMS_PORT_PCI_TO_PCIE_BRIDGE,
        .secondary = 3, .acs = ACS_ON, .mode2 = true);
    put_endpoint(lab.builder, "03:00.0", .acs = ACS_ON);
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:01.0")->extended, IMS_YES);
    assert_int_equal(info_of(&lab, "01:00.0")->extended, IMS_YES);
    assert_int_equal(info_of(&lab, "02:00.0")->extended_bus, IMS_NO);
    assert_int_equal(info_of(&lab, "02:00.0")->extended, IMS_NO);
    assert_int_equal(info_of(&lab, "03:00.0")->extended, IMS_NO); /* inherited */
    assert_int_equal(info_of(&lab, "03:00.0")->pci.acs.present, IMS_YES);
    assert_int_equal(info_of(&lab, "03:00.0")->acs.present, IMS_NO);
    lab_done(&lab);
}

static void mode_2_bridges_pass_extended_space(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_pci_bridge(lab.builder, "00:01.0", 1, .mode2 = true);
    put_pci(lab.builder, "01:00.0", .mode2 = true, .acs = ACS_ON);
    put_pci(lab.builder, "01:01.0", .acs = ACS_ON); /* mode 1 device */
    put_endpoint(lab.builder, "01:02.0", .acs = ACS_ON);
    put_pci_bridge(lab.builder, "00:02.0", 2);
    put_pci(lab.builder, "02:00.0", .mode2 = true, .acs = ACS_ON);
    put_pci(lab.builder, "00:00.0", .class_code = 0x060000, .acs = ACS_ON);
    put_pci(lab.builder, "00:1f.0", .class_code = 0x060100, .acs = ACS_ON);
    put_pci_bridge(lab.builder, "00:03.0", 3, .known_bytes = 64);
    put_endpoint(lab.builder, "03:00.0", .acs = ACS_ON);
    struct ims_record *record = ims_builder_find(lab.builder, address_of("00:03.0"));
    part_16(&record->config, 0x06, 0x0010); /* has a list that the input does not show */
    part_16(&record->config, 0x34, 0x40);
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "01:00.0")->acs.present, IMS_YES);
    assert_int_equal(info_of(&lab, "01:01.0")->acs.present, IMS_NO);
    assert_int_equal(info_of(&lab, "01:02.0")->acs.present, IMS_YES);
    assert_int_equal(info_of(&lab, "02:00.0")->acs.present, IMS_NO);
    assert_int_equal(info_of(&lab, "00:00.0")->extended, IMS_YES);
    assert_int_equal(info_of(&lab, "00:1f.0")->extended, IMS_NO);
    assert_int_equal(info_of(&lab, "03:00.0")->extended, IMS_UNKNOWN);
    assert_int_equal(info_of(&lab, "03:00.0")->acs.present, IMS_YES);
    lab_done(&lab);
}

static void space_that_is_not_there(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    record = put_endpoint(lab.builder, "00:01.0", .acs = ACS_ON);
    part_32(&record->config, 0x100, 0xffffffff);
    record = put_endpoint(lab.builder, "00:02.0", .acs = ACS_ON);
    for (unsigned i = 0x100; i < 0x1000; i += 0x100)
        part_32(&record->config, i, 0x00011b36); /* the ids again and again */
    put_endpoint(lab.builder, "00:03.0", .acs = ACS_MISSING);
    put_endpoint(lab.builder, "00:04.0"); /* a zero dword: space without a capability */
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:01.0")->extended, IMS_NO);
    assert_int_equal(info_of(&lab, "00:02.0")->extended, IMS_NO);
    assert_int_equal(info_of(&lab, "00:02.0")->acs.present, IMS_NO);
    assert_int_equal(info_of(&lab, "00:03.0")->extended, IMS_UNKNOWN);
    assert_int_equal(info_of(&lab, "00:03.0")->acs.present, IMS_UNKNOWN);
    assert_int_equal(info_of(&lab, "00:04.0")->extended, IMS_YES);
    assert_int_equal(info_of(&lab, "00:04.0")->acs.present, IMS_NO);
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(switch_ports_the_wrong_way_round),
        cmocka_unit_test(only_impossible_types_are_corrected),
        cmocka_unit_test(a_stated_type_fills_in_only),
        cmocka_unit_test(multifunction_from_header_and_place),
        cmocka_unit_test(siblings_prove_the_bit),
        cmocka_unit_test(ari_functions),
        cmocka_unit_test(unknown_ari_leaves_the_flag_open),
        cmocka_unit_test(conventional_bridges_end_extended_space),
        cmocka_unit_test(mode_2_bridges_pass_extended_space),
        cmocka_unit_test(space_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
