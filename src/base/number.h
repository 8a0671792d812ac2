/* SPDX-License-Identifier: MIT */
#ifndef IMS_BASE_NUMBER_H
#define IMS_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Strict numbers: all length bytes are digits, no sign, no blanks, no prefix; value <= max.
 * Return 0 or -EINVAL (not a number), -ERANGE (above max). *ret is written only on success.
 */
int ims_number_hex(const char *text, size_t length, uint64_t max, uint64_t *ret);
int ims_number_decimal(const char *text, size_t length, uint64_t max, uint64_t *ret);

/* As ims_number_hex, after an optional "0x". */
int ims_number_hex_prefixed(const char *text, size_t length, uint64_t max, uint64_t *ret);

/* The value of one hexadecimal digit, or -1. */
int ims_number_hex_digit(char digit);

#endif
