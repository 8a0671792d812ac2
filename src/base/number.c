/* SPDX-License-Identifier: MIT */
#include "base/number.h"

#include <errno.h>
#include <stdbool.h>

int ims_number_hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/* The shared body; a text that is not a number is told from one that is too large. */
static int number_parse(const char *text, size_t length, unsigned base, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    bool too_large = false;

    if (length == 0)
        return -EINVAL;
    for (size_t i = 0; i < length; i++) {
        int digit = ims_number_hex_digit(text[i]);

        if (digit < 0 || (unsigned)digit >= base)
            return -EINVAL;
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value)) {
            too_large = true;
            value = 0;
        }
    }
    if (too_large || value > max)
        return -ERANGE;
    *ret = value;
    return 0;
}

int ims_number_hex(const char *text, size_t length, uint64_t max, uint64_t *ret)
{
    return number_parse(text, length, 16, max, ret);
}

int ims_number_decimal(const char *text, size_t length, uint64_t max, uint64_t *ret)
{
    return number_parse(text, length, 10, max, ret);
}

int ims_number_hex_prefixed(const char *text, size_t length, uint64_t max, uint64_t *ret)
{
    if (length >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
        length -= 2;
    }
    return ims_number_hex(text, length, max, ret);
}
