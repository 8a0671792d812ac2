/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "image.h"

static void nothing_is_known_at_first(void **state)
{
    struct ims_config config = {0};

    (void)state;
    for (unsigned offset = 0; offset < IMS_CONFIG_SIZE_BYTES + 8; offset++) {
        assert_bits(ims_config_get8(&config, offset), 0, 0);
        assert_bits(ims_config_get32(&config, offset), 0, 0);
    }
    ims_config_done(&config);
    ims_config_done(NULL);
}

static void bits_are_stated_one_by_one(void **state)
{
    struct ims_config config = {0};

    (void)state;
    assert_int_equal(ims_config_set(&config, 0x0e, 0xff, 0x01), 0);
    assert_bits(ims_config_get8(&config, 0x0e), 0x01, 0x01);
    assert_int_equal(ims_config_set(&config, 0x0e, 0x00, 0x81), 0);
    assert_bits(ims_config_get8(&config, 0x0e), 0x00, 0x81);
    assert_int_equal(ims_config_set(&config, 0x0e, 0x80, 0x80), 0);
    assert_bits(ims_config_get8(&config, 0x0e), 0x80, 0x81);
    assert_int_equal(ims_config_set(&config, 0xff0, 0xff, 0), 0);
    assert_int_equal(config.row_count, 1);
    ims_config_done(&config);
    assert_int_equal(config.row_count, 0);
}

static void registers_are_little_endian_and_cross_rows(void **state)
{
    struct ims_config config = {0};

    (void)state;
    assert_int_equal(ims_config_set32(&config, 0x1e, 0x11223344, 0xffffffff), 0);
    assert_bits(ims_config_get32(&config, 0x1e), 0x11223344, 0xffffffff);
    assert_bits(ims_config_get16(&config, 0x1f), 0x2233, 0xffff);
    assert_bits(ims_config_get8(&config, 0x21), 0x11, 0xff);
    assert_bits(ims_config_get32(&config, 0x20), 0x1122, 0xffff);
    assert_bits(ims_config_get32(&config, 0x1c), 0x33440000, 0xffff0000);
    assert_int_equal(ims_config_set16(&config, 0x1f, 0xabcd, 0x0ff0), 0);
    assert_bits(ims_config_get32(&config, 0x1e), 0x112bc344, 0xffffffff);
    assert_int_equal(ims_config_set32(&config, 0x100, 0x00010000, 0xffff0000), 0);
    assert_bits(ims_config_get32(&config, 0x100), 0x00010000, 0xffff0000);
    ims_config_done(&config);
}

static void statements_outside_are_refused(void **state)
{
    static const uint8_t bytes[IMS_CONFIG_SIZE_BYTES + 1];
    struct ims_config config = {0};

    (void)state;
    assert_int_equal(ims_config_set(&config, 4096, 0, 0xff), -EINVAL);
    assert_int_equal(ims_config_set(&config, 4096, 0, 0), -EINVAL);
    assert_int_equal(ims_config_set(&config, UINT32_MAX, 0, 0xff), -EINVAL);
    assert_int_equal(ims_config_set16(&config, 4095, 0, 0xffff), -EINVAL);
    assert_int_equal(ims_config_set32(&config, 4093, 0, 1), -EINVAL);
    assert_int_equal(ims_config_set32(&config, UINT32_MAX - 2, 0, 1), -EINVAL);
    assert_int_equal(ims_config_set_bytes(&config, 0, bytes, sizeof(bytes)), -EINVAL);
    assert_int_equal(ims_config_set_bytes(&config, 1, bytes, SIZE_MAX), -EINVAL);
    assert_int_equal(ims_config_set_bytes(&config, 4096, bytes, 1), -EINVAL);
    assert_int_equal(config.row_count, 0);
    assert_int_equal(ims_config_set32(&config, 4092, 0x01020304, 0xffffffff), 0);
    assert_bits(ims_config_get32(&config, 4094), 0x0102, 0xffff);
    assert_bits(ims_config_get32(&config, UINT32_MAX), 0, 0);
    assert_bits(ims_config_get32(&config, UINT32_MAX - 3), 0, 0);
    ims_config_done(&config);
}

static void rows_stay_sorted_in_any_order(void **state)
{
    struct ims_config config = {0};

    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        unsigned row = i * 101 % 256;
        image_16(&config, row * 16 + i % 15, row);
    }
    assert_int_equal(config.row_count, 256);
    for (unsigned i = 0; i < 256; i++)
        assert_int_equal(config.rows[i].offset, i * 16);
    for (unsigned i = 0; i < 256; i++) {
        unsigned row = i * 101 % 256;
        assert_bits(ims_config_get16(&config, row * 16 + i % 15), row, 0xffff);
    }
    ims_config_done(&config);
}

static void whole_bytes_span_rows(void **state)
{
    struct ims_config config = {0};
    uint8_t bytes[100];

    (void)state;
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i + 1);
    assert_int_equal(ims_config_set_bytes(&config, 0x35, bytes, sizeof(bytes)), 0);
    assert_int_equal(ims_config_set_bytes(&config, 0x35, bytes, 0), 0);
    assert_bits(ims_config_get8(&config, 0x34), 0, 0);
    for (unsigned i = 0; i < sizeof(bytes); i++)
        assert_bits(ims_config_get8(&config, 0x35 + i), i + 1, 0xff);
    assert_bits(ims_config_get8(&config, 0x35 + 100), 0, 0);
    ims_config_done(&config);
}

static void borrowed_rows_are_read_only(void **state)
{
    struct ims_config_row row = {.offset = 0x10, .value = {0x42}, .known = {0xff}};
    struct ims_config config = {.rows = &row, .row_count = 1, .row_capacity = 0};
    const uint8_t byte = 1;

    (void)state;
    assert_bits(ims_config_get8(&config, 0x10), 0x42, 0xff);
    assert_int_equal(ims_config_set(&config, 0x10, 1, 0xff), -EINVAL);
    assert_int_equal(ims_config_set16(&config, 0x10, 1, 0xff), -EINVAL);
    assert_int_equal(ims_config_set32(&config, 0x10, 1, 0xff), -EINVAL);
    assert_int_equal(ims_config_set_bytes(&config, 0x10, &byte, 1), -EINVAL);
    assert_int_equal(row.value[0], 0x42);
    ims_config_done(&config);
    assert_null(config.rows);
}

static void tests_of_bits_have_three_answers(void **state)
{
    (void)state;
    assert_int_equal(ims_bits_test((struct ims_bits){0x1d, 0xff}, 0x1d), IMS_YES);
    assert_int_equal(ims_bits_test((struct ims_bits){0x0d, 0xff}, 0x1d), IMS_NO);
    assert_int_equal(ims_bits_test((struct ims_bits){0x0d, 0x0d}, 0x1d), IMS_UNKNOWN);
    assert_int_equal(ims_bits_test((struct ims_bits){0x00, 0x01}, 0x1d), IMS_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_at_first),
        cmocka_unit_test(bits_are_stated_one_by_one),
        cmocka_unit_test(registers_are_little_endian_and_cross_rows),
        cmocka_unit_test(statements_outside_are_refused),
        cmocka_unit_test(rows_stay_sorted_in_any_order),
        cmocka_unit_test(whole_bytes_span_rows),
        cmocka_unit_test(borrowed_rows_are_read_only),
        cmocka_unit_test(tests_of_bits_have_three_answers),
    };
    return cmocka_run_group_tests_name("pci-config", tests, NULL, NULL);
}
