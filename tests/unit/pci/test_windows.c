/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image.h"

static void assert_window(struct ims_window window, uint64_t base, uint64_t limit)
{
    assert_int_equal(window.open, IMS_YES);
    assert_true(window.base == base);
    assert_true(window.limit == limit);
}

static void assert_closed(struct ims_window window)
{
    assert_int_equal(window.open, IMS_NO);
    assert_true(window.base == 0 && window.limit == 0);
}

static void narrow_windows(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 1, 0);
    image_32(&config, 0x18, 0x00050100);
    image_16(&config, 0x1c, 0xd0d0);
    image_32(&config, 0x20, 0xfdf0fda0);
    image_32(&config, 0x24, 0xdbf0d000);
    image_32(&config, 0x28, 7); /* ignored: the window says it is 32 bits wide */
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.bridge.primary, 0, 0xff);
    assert_bits(facts.bridge.secondary, 1, 0xff);
    assert_bits(facts.bridge.subordinate, 5, 0xff);
    assert_window(facts.bridge.io, 0xd000, 0xdfff);
    assert_window(facts.bridge.memory, 0xfda00000, 0xfdffffff);
    assert_window(facts.bridge.prefetchable, 0xd0000000, 0xdbffffff);
    ims_config_done(&config);
}

static void wide_windows(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 1, 0);
    image_16(&config, 0x1c, 0x2111);
    image_32(&config, 0x30, 0x00030002);
    image_32(&config, 0x24, 0xfff1fe01);
    image_32(&config, 0x28, 0x20);
    image_32(&config, 0x2c, 0x21);
    struct ims_pci_facts facts = image_decode(&config);
    assert_window(facts.bridge.io, 0x21000, 0x32fff);
    assert_window(facts.bridge.prefetchable, UINT64_C(0x20fe000000), UINT64_C(0x21ffffffff));
    ims_config_done(&config);
}

static void a_base_above_the_limit_closes_it(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 1, 0);
    image_16(&config, 0x1c, 0x00f0);
    image_32(&config, 0x20, 0x0000fff0);
    image_32(&config, 0x24, 0xfff10001);
    image_32(&config, 0x28, 2);
    image_32(&config, 0x2c, 1);
    struct ims_pci_facts facts = image_decode(&config);
    assert_closed(facts.bridge.io);
    assert_closed(facts.bridge.memory);
    assert_closed(facts.bridge.prefetchable);
    ims_config_done(&config);
}

static void unknown_registers_leave_it_unknown(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 1, 0);
    image_16(&config, 0x1c, 0x2111);
    image_32(&config, 0x20, 0xfdf0fda0);
    image_32(&config, 0x24, 0xfff1fe01);
    image_forget(&config, 0x31, 0x80);
    image_forget(&config, 0x23, 0x01);
    image_forget(&config, 0x2f, 0x01);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.bridge.io.open, IMS_UNKNOWN);
    assert_int_equal(facts.bridge.memory.open, IMS_UNKNOWN);
    assert_int_equal(facts.bridge.prefetchable.open, IMS_UNKNOWN);
    /* A narrow window needs no upper registers, memory no low bits. */
    image_16(&config, 0x1c, 0x2010);
    image_16(&config, 0x22, 0xfdf0);
    image_forget(&config, 0x20, 0x0f);
    facts = image_decode(&config);
    assert_window(facts.bridge.io, 0x1000, 0x2fff);
    assert_window(facts.bridge.memory, 0xfda00000, 0xfdffffff);
    ims_config_done(&config);
}

static void registers_that_disagree_are_not_believed(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 1, 0);
    image_16(&config, 0x1c, 0x2110);
    image_32(&config, 0x24, 0xfff0fe01);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.bridge.io.open, IMS_UNKNOWN);
    assert_int_equal(facts.bridge.prefetchable.open, IMS_UNKNOWN);
    image_16(&config, 0x1c, 0x2212); /* reserved type */
    facts = image_decode(&config);
    assert_int_equal(facts.bridge.io.open, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void cardbus_windows(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 2, 0);
    image_32(&config, 0x18, 0x40060502);
    image_32(&config, 0x1c, 0x80000000);
    image_32(&config, 0x20, 0x83fff000);
    image_32(&config, 0x24, 0x84000000);
    image_32(&config, 0x28, 0x87fff000);
    image_32(&config, 0x2c, 0x00001001);
    image_32(&config, 0x30, 0x000010fc);
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.bridge.secondary, 5, 0xff);
    assert_bits(facts.bridge.subordinate, 6, 0xff);
    assert_window(facts.bridge.prefetchable, 0x80000000, 0x83ffffff);
    assert_window(facts.bridge.memory, 0x84000000, 0x87ffffff);
    assert_window(facts.bridge.io, 0x1000, 0x10ff);
    image_forget(&config, 0x23, 0x80);
    facts = image_decode(&config);
    assert_int_equal(facts.bridge.prefetchable.open, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void endpoints_have_no_bus_numbers(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0);
    image_32(&config, 0x18, 0x00050100);
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.bridge.secondary, 0, 0);
    assert_int_equal(facts.bridge.memory.open, IMS_UNKNOWN);
    ims_config_done(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(narrow_windows),
        cmocka_unit_test(wide_windows),
        cmocka_unit_test(a_base_above_the_limit_closes_it),
        cmocka_unit_test(unknown_registers_leave_it_unknown),
        cmocka_unit_test(registers_that_disagree_are_not_believed),
        cmocka_unit_test(cardbus_windows),
        cmocka_unit_test(endpoints_have_no_bus_numbers),
    };
    return cmocka_run_group_tests_name("pci-windows", tests, NULL, NULL);
}
