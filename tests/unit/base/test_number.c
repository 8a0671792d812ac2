/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/number.h"

static void hex(const char *text, uint64_t max, int result, uint64_t expected)
{
    uint64_t value = 99;

    assert_int_equal(ims_number_hex(text, strlen(text), max, &value), result);
    assert_true(value == (result == 0 ? expected : 99));
}

static void decimal(const char *text, uint64_t max, int result, uint64_t expected)
{
    uint64_t value = 99;

    assert_int_equal(ims_number_decimal(text, strlen(text), max, &value), result);
    assert_true(value == (result == 0 ? expected : 99));
}

static void prefixed(const char *text, uint64_t max, int result, uint64_t expected)
{
    uint64_t value = 99;

    assert_int_equal(ims_number_hex_prefixed(text, strlen(text), max, &value), result);
    assert_true(value == (result == 0 ? expected : 99));
}

static void reads_hexadecimal(void **state)
{
    (void)state;
    hex("0", 0, 0, 0);
    hex("1f", 0xff, 0, 0x1f);
    hex("AbCdEf", UINT64_MAX, 0, 0xabcdef);
    hex("ffffffffffffffff", UINT64_MAX, 0, UINT64_MAX);
    hex("0000000000000000000000000000001", 1, 0, 1);
    hex("", UINT64_MAX, -EINVAL, 0);
    hex("0x1", UINT64_MAX, -EINVAL, 0);
    hex("g", UINT64_MAX, -EINVAL, 0);
    hex("-1", UINT64_MAX, -EINVAL, 0);
    hex("+1", UINT64_MAX, -EINVAL, 0);
    hex(" 1", UINT64_MAX, -EINVAL, 0);
    hex("1 ", UINT64_MAX, -EINVAL, 0);
    hex("100", 0xff, -ERANGE, 0);
    hex("10000000000000000", UINT64_MAX, -ERANGE, 0);
    hex("10000000000000001", UINT64_MAX, -ERANGE, 0);
    hex("10000000000000000x", UINT64_MAX, -EINVAL, 0);
}

static void reads_decimal(void **state)
{
    (void)state;
    decimal("0", 0, 0, 0);
    decimal("18446744073709551615", UINT64_MAX, 0, UINT64_MAX);
    decimal("18446744073709551616", UINT64_MAX, -ERANGE, 0);
    decimal("99999999999999999999999999", UINT64_MAX, -ERANGE, 0);
    decimal("256", 255, -ERANGE, 0);
    decimal("", 255, -EINVAL, 0);
    decimal("a", 255, -EINVAL, 0);
    decimal("1a", 255, -EINVAL, 0);
    decimal("1.0", 255, -EINVAL, 0);
}

static void takes_an_optional_prefix(void **state)
{
    (void)state;
    prefixed("0x1f", 0xff, 0, 0x1f);
    prefixed("0X1f", 0xff, 0, 0x1f);
    prefixed("1f", 0xff, 0, 0x1f);
    prefixed("0x", 0xff, -EINVAL, 0);
    prefixed("0x0x1", 0xff, -EINVAL, 0);
    prefixed("x1", 0xff, -EINVAL, 0);
    prefixed("", 0xff, -EINVAL, 0);
}

static void reads_only_the_length_given(void **state)
{
    uint64_t value;
    const char embedded[] = {'1', '\0', '2'};

    (void)state;
    assert_int_equal(ims_number_decimal("12345", 2, 99, &value), 0);
    assert_true(value == 12);
    assert_int_equal(ims_number_decimal(embedded, sizeof(embedded), 999, &value), -EINVAL);
}

static void knows_single_digits(void **state)
{
    (void)state;
    for (int c = -128; c < 128; c++) {
        const char *digits = "0123456789abcdef";
        const char *at = c > 0 ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
        assert_int_equal(ims_number_hex_digit((char)c), at ? at - digits : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_hexadecimal),        cmocka_unit_test(reads_decimal),
        cmocka_unit_test(takes_an_optional_prefix), cmocka_unit_test(reads_only_the_length_given),
        cmocka_unit_test(knows_single_digits),
    };
    return cmocka_run_group_tests_name("base-number", tests, NULL, NULL);
}
