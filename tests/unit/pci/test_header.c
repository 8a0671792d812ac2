/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image.h"

/* A network function as a hex dump shows it. */
static const char endpoint[] = "00: 86 80 0e 10 03 01 00 00 03 00 00 02 00 00 00 00\n"
                               "10: 00 00 b4 fd 01 d0 00 00 00 00 00 00 00 00 00 00\n"
                               "20: 00 00 00 00 00 00 00 00 00 00 00 00 f4 1a 00 11\n"
                               "30: 00 00 b0 fd 00 00 00 00 00 00 00 00 0a 01 00 00\n";

static void ids_and_class_are_read(void **state)
{
    struct ims_config config = {0};

    (void)state;
    image_rows(&config, endpoint);
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.vendor, 0x8086, 0xffff);
    assert_bits(facts.device, 0x100e, 0xffff);
    assert_bits(facts.class_code, 0x020000, 0xffffff);
    assert_bits(facts.revision, 3, 0xff);
    assert_bits(facts.subsystem_vendor, 0x1af4, 0xffff);
    assert_bits(facts.subsystem_device, 0x1100, 0xffff);
    assert_bits(facts.header_type, 0, 0x7f);
    assert_int_equal(facts.multifunction_bit, IMS_NO);
    assert_int_equal(facts.damage, 0);
    ims_config_done(&config);
}

static void header_bits_are_known_apart(void **state)
{
    struct ims_config config = {0};

    (void)state;
    assert_int_equal(ims_config_set(&config, 0x0e, 0x80, 0x80), 0);
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.header_type, 0, 0);
    assert_int_equal(facts.multifunction_bit, IMS_YES);
    image_forget(&config, 0x0e, 0x80);
    assert_int_equal(ims_config_set(&config, 0x0e, 0x01, 0x7f), 0);
    facts = image_decode(&config);
    assert_bits(facts.header_type, 1, 0x7f);
    assert_int_equal(facts.multifunction_bit, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void an_empty_image_says_nothing(void **state)
{
    const struct ims_config config = {0};
    struct ims_pci_facts facts = image_decode(&config);
    const struct ims_pci_facts nothing = {.port_type = IMS_PORT_UNKNOWN};

    (void)state;
    assert_memory_equal(&facts, &nothing, sizeof(facts));
}

static void bars_have_kind_and_address(void **state)
{
    struct ims_config config = {0};

    (void)state;
    image_rows(&config, endpoint);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.bars[0].kind, IMS_BAR_MEMORY32);
    assert_true(facts.bars[0].address == 0xfdb40000);
    assert_true(facts.bars[0].enabled);
    assert_false(facts.bars[0].prefetchable);
    assert_false(facts.bars[0].size_known);
    assert_int_equal(facts.bars[1].kind, IMS_BAR_IO);
    assert_true(facts.bars[1].address == 0xd000);
    assert_true(facts.bars[1].enabled);
    assert_int_equal(facts.bars[2].kind, IMS_BAR_NONE);
    assert_int_equal(facts.bars[IMS_BAR_ROM_INDEX].kind, IMS_BAR_ROM);
    assert_true(facts.bars[IMS_BAR_ROM_INDEX].address == 0xfdb00000);
    assert_false(facts.bars[IMS_BAR_ROM_INDEX].enabled);

    image_8(&config, 0x30, 0x01);
    image_16(&config, 0x04, 0x0002);
    facts = image_decode(&config);
    assert_true(facts.bars[0].enabled);
    assert_false(facts.bars[1].enabled);
    assert_true(facts.bars[IMS_BAR_ROM_INDEX].enabled);
    image_forget(&config, 0x04, 0xff);
    facts = image_decode(&config);
    assert_false(facts.bars[0].enabled);
    ims_config_done(&config);
}

static void wide_bars_take_two_registers(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0);
    image_32(&config, 0x10, 0xe000000c);
    image_32(&config, 0x14, 0x00000020);
    image_32(&config, 0x18, 0x00000004);
    image_32(&config, 0x24, 0xf0000004);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.bars[0].kind, IMS_BAR_MEMORY64);
    assert_true(facts.bars[0].prefetchable);
    assert_true(facts.bars[0].address == UINT64_C(0x20e0000000));
    assert_int_equal(facts.bars[1].kind, IMS_BAR_NONE);
    assert_int_equal(facts.bars[2].kind, IMS_BAR_MEMORY64);
    assert_true(facts.bars[2].address == 0);
    /* The upper half of the last one would lie outside. */
    assert_int_equal(facts.bars[5].kind, IMS_BAR_NONE);

    image_forget(&config, 0x17, 0x01);
    facts = image_decode(&config);
    assert_int_equal(facts.bars[0].kind, IMS_BAR_MEMORY64);
    assert_true(facts.bars[0].address == 0);
    ims_config_done(&config);
}

static void bars_that_do_not_answer_are_none(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0);
    image_32(&config, 0x10, 0xffffffff);
    image_32(&config, 0x14, 0xf0000006); /* reserved type */
    image_32(&config, 0x30, 0xffffffff);
    struct ims_pci_facts facts = image_decode(&config);
    for (unsigned i = 0; i < IMS_BAR_COUNT; i++)
        assert_int_equal(facts.bars[i].kind, IMS_BAR_NONE);
    ims_config_done(&config);
}

static void bridges_have_fewer_bars(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 1, 0);
    image_32(&config, 0x10, 0xfe400000);
    image_32(&config, 0x18, 0x00050100); /* bus numbers, not a register of this kind */
    image_32(&config, 0x30, 0xf0000001); /* upper halves of the I/O window */
    image_32(&config, 0x38, 0xf1000001);
    image_16(&config, 0x04, 0x0003);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.bars[0].kind, IMS_BAR_MEMORY32);
    for (unsigned i = 1; i < IMS_BAR_ROM_INDEX; i++)
        assert_int_equal(facts.bars[i].kind, IMS_BAR_NONE);
    assert_true(facts.bars[IMS_BAR_ROM_INDEX].address == 0xf1000000);
    assert_true(facts.bars[IMS_BAR_ROM_INDEX].enabled);
    ims_config_done(&config);
}

static void bridges_keep_subsystem_ids_in_a_capability(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 1, 0x40);
    image_classic(&config, 0x40, 0x0d, 0);
    image_32(&config, 0x44, 0x11001af4);
    image_32(&config, 0x2c, 0x00000001); /* upper half of a window limit */
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.subsystem_vendor, 0x1af4, 0xffff);
    assert_bits(facts.subsystem_device, 0x1100, 0xffff);
    image_cut(&config, 0x46);
    facts = image_decode(&config);
    assert_bits(facts.subsystem_vendor, 0x1af4, 0xffff);
    assert_bits(facts.subsystem_device, 0, 0);
    ims_config_done(&config);

    image_begin(&config, 2, 0);
    image_32(&config, 0x40, 0x200117aa);
    facts = image_decode(&config);
    assert_bits(facts.subsystem_vendor, 0x17aa, 0xffff);
    assert_bits(facts.subsystem_device, 0x2001, 0xffff);
    ims_config_done(&config);
}

static void a_dead_function_is_told_from_a_vf(void **state)
{
    struct ims_config config = {0};
    struct ims_pci_facts facts;

    (void)state;
    image_32(&config, 0, 0xffffffff);
    facts = image_decode(&config);
    assert_int_equal(facts.damage, IMS_PCI_DAMAGE_ALL_ONES);
    assert_bits(facts.vendor, 0, 0);
    ims_pci_decode(&config, true, &facts);
    assert_int_equal(facts.damage, 0);
    assert_bits(facts.vendor, 0xffff, 0xffff);

    for (unsigned offset = 4; offset < IMS_CONFIG_SIZE_BYTES; offset += 4)
        image_32(&config, offset, 0xffffffff);
    facts = image_decode(&config);
    assert_int_equal(facts.damage, IMS_PCI_DAMAGE_ALL_ONES);
    assert_int_equal(facts.pcie, IMS_UNKNOWN);
    assert_int_equal(facts.acs.present, IMS_UNKNOWN);
    assert_int_equal(facts.multifunction_bit, IMS_UNKNOWN);
    ims_pci_decode(&config, true, &facts);
    assert_int_equal(facts.damage, IMS_PCI_DAMAGE_ALL_ONES);

    /* One zero anywhere: the rest is normal, only the ids are not. */
    image_16(&config, 0x06, 0x0010);
    facts = image_decode(&config);
    assert_int_equal(facts.damage & IMS_PCI_DAMAGE_ALL_ONES, 0);
    assert_bits(facts.vendor, 0xffff, 0xffff);
    ims_config_done(&config);
}

static void a_vf_has_no_header_of_its_own(void **state)
{
    struct ims_config config;
    struct ims_pci_facts facts;

    (void)state;
    image_express(&config, 0x80, 0);
    ims_pci_decode(&config, true, &facts);
    assert_int_equal(facts.multifunction_bit, IMS_NO);
    assert_bits(facts.header_type, 0, 0x7f);
    assert_int_equal(facts.pcie, IMS_YES);
    ims_config_done(&config);
}

static void class_and_bus_numbers_stand_in_for_the_header_type(void **state)
{
    struct ims_config config = {0};

    (void)state;
    image_8(&config, 0x0b, 0x06);
    image_8(&config, 0x0a, 0x04);
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.header_type, 1, 0x7f);
    image_8(&config, 0x0a, 0x07);
    facts = image_decode(&config);
    assert_bits(facts.header_type, 2, 0x7f);
    image_8(&config, 0x0a, 0x80);
    facts = image_decode(&config);
    assert_bits(facts.header_type, 0, 0);
    ims_config_done(&config);

    image_8(&config, 0x19, 1);
    image_8(&config, 0x1a, 5);
    facts = image_decode(&config);
    assert_bits(facts.header_type, 1, 0x7f);
    assert_bits(facts.bridge.primary, 0, 0);
    assert_bits(facts.bridge.secondary, 1, 0xff);
    assert_bits(facts.bridge.subordinate, 5, 0xff);
    image_8(&config, 0x18, 0);
    image_8(&config, 0x1b, 0);
    facts = image_decode(&config); /* now it may as well be a base address register */
    assert_bits(facts.header_type, 0, 0);
    assert_bits(facts.bridge.secondary, 0, 0);
    ims_config_done(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_class_are_read),
        cmocka_unit_test(header_bits_are_known_apart),
        cmocka_unit_test(an_empty_image_says_nothing),
        cmocka_unit_test(bars_have_kind_and_address),
        cmocka_unit_test(wide_bars_take_two_registers),
        cmocka_unit_test(bars_that_do_not_answer_are_none),
        cmocka_unit_test(bridges_have_fewer_bars),
        cmocka_unit_test(bridges_keep_subsystem_ids_in_a_capability),
        cmocka_unit_test(a_dead_function_is_told_from_a_vf),
        cmocka_unit_test(a_vf_has_no_header_of_its_own),
        cmocka_unit_test(class_and_bus_numbers_stand_in_for_the_header_type),
    };
    return cmocka_run_group_tests_name("pci-header", tests, NULL, NULL);
}
