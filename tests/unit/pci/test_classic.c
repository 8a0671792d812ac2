/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image.h"

static void a_list_is_walked_to_its_end(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0x83); /* the low two bits of a pointer are reserved */
    image_classic(&config, 0x80, 0x01, 0x52);
    image_classic(&config, 0x50, 0x10, 0x01);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.capability_count, 2);
    assert_int_equal(facts.capabilities[0].id, 0x01);
    assert_int_equal(facts.capabilities[0].offset, 0x80);
    assert_false(facts.capabilities[0].extended);
    assert_int_equal(facts.capabilities[1].id, 0x10);
    assert_int_equal(facts.capabilities[1].offset, 0x50);
    assert_int_equal(facts.classic_complete, IMS_YES);
    assert_int_equal(facts.pcie, IMS_YES);
    assert_int_equal(facts.pcie_offset, 0x50);
    assert_int_equal(facts.damage, 0);
    ims_config_done(&config);
}

static void no_list_means_no_capability(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0);
    image_8(&config, 0x34, 0x40); /* meaningless without the status bit */
    image_classic(&config, 0x40, 0x10, 0);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.classic_complete, IMS_YES);
    assert_int_equal(facts.capability_count, 0);
    assert_int_equal(facts.pcie, IMS_NO);
    assert_int_equal(facts.port_type, IMS_PORT_CONVENTIONAL);
    assert_int_equal(facts.pcix_mode2, IMS_NO);
    ims_config_done(&config);
}

static void an_empty_list_means_no_capability(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0);
    image_16(&config, 0x06, 0x0010);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.classic_complete, IMS_YES);
    assert_int_equal(facts.pcie, IMS_NO);
    ims_config_done(&config);
}

static void sixty_four_bytes_prove_nothing(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    image_cut(&config, 0x40);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.classic_complete, IMS_UNKNOWN);
    assert_int_equal(facts.pcie, IMS_UNKNOWN);
    assert_int_equal(facts.port_type, IMS_PORT_UNKNOWN);
    assert_int_equal(facts.pcix_mode2, IMS_UNKNOWN);
    assert_int_equal(facts.extended_header, IMS_UNKNOWN);
    assert_int_equal(facts.acs.present, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void an_unknown_status_does_not_stop_a_known_pointer(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 5);
    image_forget(&config, 0x06, 0xff);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.pcie, IMS_YES);
    image_forget(&config, 0x34, 0x80);
    facts = image_decode(&config);
    assert_int_equal(facts.pcie, IMS_UNKNOWN);
    assert_int_equal(facts.classic_complete, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void an_unknown_next_pointer_ends_the_knowledge(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0x40);
    image_classic(&config, 0x40, 0x10, 0x80);
    image_classic(&config, 0x80, 0x05, 0);
    image_forget(&config, 0x41, 0x04);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.pcie, IMS_YES);
    assert_int_equal(facts.capability_count, 1);
    assert_int_equal(facts.classic_complete, IMS_UNKNOWN);
    assert_int_equal(facts.pcix_mode2, IMS_UNKNOWN);
    image_8(&config, 0x41, 0x80);
    image_forget(&config, 0x41, 0x03); /* reserved bits are not missed */
    facts = image_decode(&config);
    assert_int_equal(facts.capability_count, 2);
    assert_int_equal(facts.classic_complete, IMS_YES);
    ims_config_done(&config);
}

static void an_unknown_id_forbids_a_no(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0x40);
    image_classic(&config, 0x40, 0x01, 0x50);
    image_classic(&config, 0x50, 0x05, 0);
    image_forget(&config, 0x40, 0x10);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.capability_count, 1);
    assert_int_equal(facts.classic_complete, IMS_UNKNOWN);
    assert_int_equal(facts.pcie, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void loops_are_damage(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0x40);
    image_classic(&config, 0x40, 0x01, 0x50);
    image_classic(&config, 0x50, 0x05, 0x60);
    image_classic(&config, 0x60, 0x11, 0x50);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.damage, IMS_PCI_DAMAGE_CLASSIC_LOOP);
    assert_int_equal(facts.capability_count, 3);
    assert_int_equal(facts.classic_complete, IMS_NO);
    assert_int_equal(facts.pcie, IMS_UNKNOWN);
    image_classic(&config, 0x40, 0x10, 0x40);
    facts = image_decode(&config);
    assert_int_equal(facts.damage, IMS_PCI_DAMAGE_CLASSIC_LOOP);
    assert_int_equal(facts.pcie, IMS_YES);
    ims_config_done(&config);
}

static void pointers_into_the_header_are_damage(void **state)
{
    struct ims_config config;

    (void)state;
    for (unsigned pointer = 0x04; pointer < 0x40; pointer += 4) {
        image_begin(&config, 0, 0x40);
        image_classic(&config, 0x40, 0x05, pointer);
        struct ims_pci_facts facts = image_decode(&config);
        assert_int_equal(facts.damage, IMS_PCI_DAMAGE_CLASSIC_OFFSET);
        assert_int_equal(facts.classic_complete, IMS_NO);
        assert_int_equal(facts.capability_count, 1);
        assert_int_equal(facts.pcie, IMS_UNKNOWN);
        ims_config_done(&config);
    }
    image_begin(&config, 0, 0x10);
    assert_int_equal(image_decode(&config).damage, IMS_PCI_DAMAGE_CLASSIC_OFFSET);
    ims_config_done(&config);
}

static void an_entry_of_ones_ends_the_list(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0x40);
    image_classic(&config, 0x40, 0x05, 0xfc);
    image_classic(&config, 0xfc, 0xff, 0xff);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.capability_count, 1);
    assert_int_equal(facts.classic_complete, IMS_NO);
    assert_int_equal(facts.pcie, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void the_longest_list_fits(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0xfc);
    for (unsigned offset = 0xfc; offset >= 0x40; offset -= 4)
        image_classic(&config, offset, 0x09, offset == 0x40 ? 0 : offset - 4);
    image_8(&config, 0x40, 0x10);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.capability_count, 48);
    assert_int_equal(facts.classic_complete, IMS_YES);
    assert_int_equal(facts.pcie_offset, 0x40);
    assert_int_equal(facts.damage, 0);
    ims_config_done(&config);
}

static void the_first_of_two_wins(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0x40);
    image_classic(&config, 0x40, 0x10, 0x80);
    image_16(&config, 0x42, 0x0042);
    image_classic(&config, 0x80, 0x10, 0);
    image_16(&config, 0x82, 0x0062);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.pcie_offset, 0x40);
    assert_int_equal(facts.port_type, IMS_PORT_ROOT);
    assert_int_equal(facts.capability_count, 2);
    ims_config_done(&config);
}

static void cardbus_bridges_point_from_elsewhere(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 2, 0xa0);
    image_8(&config, 0x34, 0x44); /* an I/O window there */
    image_classic(&config, 0xa0, 0x01, 0);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.capability_count, 1);
    assert_int_equal(facts.capabilities[0].offset, 0xa0);
    assert_int_equal(facts.pcie, IMS_NO);
    ims_config_done(&config);
}

static void foreign_header_types_are_not_guessed(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0x7f, 4);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.capability_count, 0);
    assert_int_equal(facts.pcie, IMS_UNKNOWN);
    assert_int_equal(facts.classic_complete, IMS_UNKNOWN);
    ims_config_done(&config);
}

/* Decoded text carries ids, offsets and the order of the entries, and little else. */
static void ids_and_offsets_alone_are_enough(void **state)
{
    struct ims_config config = {0};

    (void)state;
    image_8(&config, 0x34, 0x50);
    image_classic(&config, 0x50, 0x05, 0x80);
    image_classic(&config, 0x80, 0x10, 0);
    assert_int_equal(ims_config_set16(&config, 0x82, 0x0060, 0x00f0), 0);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.classic_complete, IMS_YES);
    assert_int_equal(facts.pcie, IMS_YES);
    assert_int_equal(facts.port_type, IMS_PORT_DOWNSTREAM);
    assert_int_equal(facts.slot_implemented, IMS_UNKNOWN);
    assert_int_equal(facts.pcix_mode2, IMS_NO);
    assert_bits(facts.vendor, 0, 0);
    ims_config_done(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_walked_to_its_end),
        cmocka_unit_test(no_list_means_no_capability),
        cmocka_unit_test(an_empty_list_means_no_capability),
        cmocka_unit_test(sixty_four_bytes_prove_nothing),
        cmocka_unit_test(an_unknown_status_does_not_stop_a_known_pointer),
        cmocka_unit_test(an_unknown_next_pointer_ends_the_knowledge),
        cmocka_unit_test(an_unknown_id_forbids_a_no),
        cmocka_unit_test(loops_are_damage),
        cmocka_unit_test(pointers_into_the_header_are_damage),
        cmocka_unit_test(an_entry_of_ones_ends_the_list),
        cmocka_unit_test(the_longest_list_fits),
        cmocka_unit_test(the_first_of_two_wins),
        cmocka_unit_test(cardbus_bridges_point_from_elsewhere),
        cmocka_unit_test(foreign_header_types_are_not_guessed),
        cmocka_unit_test(ids_and_offsets_alone_are_enough),
    };
    return cmocka_run_group_tests_name("pci-classic", tests, NULL, NULL);
}
