/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/error.h"
#include "iommuscope/base.h"

static struct ims_address parse(const char *text)
{
    struct ims_address address;

    assert_int_equal(ims_address_parse(text, &address), 0);
    return address;
}

static void check(const char *text, uint32_t segment, unsigned bus, unsigned devfn)
{
    struct ims_address address = parse(text);

    assert_int_equal(address.segment, segment);
    assert_int_equal(address.bus, bus);
    assert_int_equal(address.devfn, devfn);
}

static void accepts_every_documented_form(void **state)
{
    (void)state;
    check("00:1f.3", 0, 0, 0xfb);
    check("0000:01:00.0", 0, 1, 0);
    check("10000:e1:00.0", 0x10000, 0xe1, 0);
    check("ffffffff:ff:1f.7", UINT32_MAX, 0xff, 0xff);
    check("00012345:aB:0.1", 0x12345, 0xab, 1);
    check("1:2.3", 0, 1, 0x13);
    check("pci_0000_01_00_0", 0, 1, 0);
    check("pci_10000_e1_1f_7", 0x10000, 0xe1, 0xff);
}

static void refuses_everything_else(void **state)
{
    static const char *const bad[] = {
        "",
        ":",
        "0",
        "00:00",
        "00:00.",
        "00:00.8",
        "00:00.00",
        "00:20.0",
        "000:00.0",
        "00:000.0",
        "0:00:00.0",
        "000:00:00.0",
        "100000000:00:00.0",
        "0000:00:00.0 ",
        " 0000:00:00.0",
        "0000:00:00.0\n",
        "0000:00:00:0",
        "0000:0g:00.0",
        "0x00:00.0",
        "+0:00.0",
        "0000::00:00.0",
        "pci_",
        "pci_0000_00_00.0",
        "pci_000_00_00_0",
        "pci_0000_00_20_0",
        "pci_0000:00:00.0",
        "PCI_0000_00_00_0",
        "pci_0000_00_00_0_1",
        "\xc3\xa4",
    };
    const struct ims_address before = {7, 7, 7};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ims_address address = before;
        if (ims_address_parse(bad[i], &address) != -EINVAL)
            fail_msg("\"%s\" was taken for an address", bad[i]);
        assert_int_equal(ims_address_compare(address, before), 0);
    }
}

static void formats_and_reads_back(void **state)
{
    static const char *const texts[] = {
        "0000:00:00.0", "0000:ff:1f.7", "10000:01:02.3", "ffffffff:ff:1f.7", "100000:00:00.1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char buffer[IMS_ADDRESS_STRING_SIZE];
        assert_ptr_equal(ims_address_format(parse(texts[i]), buffer), buffer);
        assert_string_equal(buffer, texts[i]);
    }
    for (unsigned rid = 0; rid <= 0xffff; rid++) {
        struct ims_address address = {rid * 65537u, (uint8_t)(rid >> 8), (uint8_t)rid};
        char buffer[IMS_ADDRESS_STRING_SIZE];
        assert_int_equal(ims_address_compare(parse(ims_address_format(address, buffer)), address),
                         0);
    }
}

static void orders_by_segment_bus_devfn(void **state)
{
    static const struct ims_address order[] = {
        {0, 0, 0}, {0, 0, 1}, {0, 0, 255}, {0, 1, 0}, {0, 255, 0}, {1, 0, 0}, {UINT32_MAX, 0, 0},
    };
    const size_t count = sizeof(order) / sizeof(order[0]);

    (void)state;
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < count; b++) {
            int got = ims_address_compare(order[a], order[b]);
            assert_int_equal((got > 0) - (got < 0), (a > b) - (a < b));
        }
}

static void splits_device_and_function(void **state)
{
    struct ims_address address = {0, 0, IMS_DEVFN(0x1f, 3)};

    (void)state;
    assert_int_equal(ims_address_device(address), 0x1f);
    assert_int_equal(ims_address_function(address), 3);
}

static void names_three_states(void **state)
{
    (void)state;
    assert_string_equal(ims_tristate_to_string(IMS_UNKNOWN), "unknown");
    assert_string_equal(ims_tristate_to_string(IMS_NO), "no");
    assert_string_equal(ims_tristate_to_string(IMS_YES), "yes");
    assert_string_equal(ims_tristate_to_string((enum ims_tristate)77), "unknown");
    assert_int_equal(ims_tristate_from_bool(true), IMS_YES);
    assert_int_equal(ims_tristate_from_bool(false), IMS_NO);
}

static void version_has_three_numbers(void **state)
{
    const char *at = ims_version();

    (void)state;
    for (unsigned part = 0; part < 3; part++) {
        char *end;
        assert_true(*at >= '0' && *at <= '9');
        (void)strtoul(at, &end, 10);
        assert_int_equal(*end, part < 2 ? '.' : '\0');
        at = end + 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_documented_form),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(formats_and_reads_back),
        cmocka_unit_test(orders_by_segment_bus_devfn),
        cmocka_unit_test(splits_device_and_function),
        cmocka_unit_test(names_three_states),
        cmocka_unit_test(version_has_three_numbers),
    };
    return cmocka_run_group_tests_name("base-address", tests, NULL, NULL);
}
