/* SPDX-License-Identifier: MIT */
/* The filters that lspci users know. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/options.h"

/* A field of a selector: nothing or '*' is any. Returns -EINVAL. */
static int read_field(const char *text, size_t length, uint64_t max, bool *ret_set, uint64_t *ret)
{
    *ret_set = false;
    if (length == 0 || (length == 1 && text[0] == '*'))
        return 0;
    if (ims_number_hex_prefixed(text, length, max, ret) < 0)
        return -EINVAL;
    *ret_set = true;
    return 0;
}

/* "[dev][.[func]]" */
static int read_devfn(const char *text, struct ims_selector *selector)
{
    size_t length = strcspn(text, ".");
    uint64_t value = 0;
    bool set;

    if (read_field(text, length, 0x1f, &set, &value) < 0)
        return -EINVAL;
    selector->has_device = set;
    selector->device = (uint8_t)value;
    value = 0;
    if (text[length] == '.') {
        const char *function = text + length + 1;

        if (read_field(function, strlen(function), 7, &set, &value) < 0)
            return -EINVAL;
        selector->has_function = set;
        selector->function = (uint8_t)value;
    }
    return 0;
}

/* "[dom]:[bus]" or "[bus]"; text ends before the last colon. */
static int read_bus(const char *text, size_t length, struct ims_selector *selector)
{
    const char *colon = memchr(text, ':', length);
    const char *bus = colon ? colon + 1 : text;
    uint64_t value = 0;
    bool set;

    if (colon) {
        if (read_field(text, (size_t)(colon - text), UINT32_MAX, &set, &value) < 0)
            return -EINVAL;
        selector->has_segment = set;
        selector->segment = (uint32_t)value;
    }
    value = 0;
    if (read_field(bus, length - (size_t)(bus - text), 0xff, &set, &value) < 0)
        return -EINVAL;
    selector->has_bus = set;
    selector->bus = (uint8_t)value;
    return 0;
}

int ims_selector_parse_slot(const char *text, struct ims_selector *selector)
{
    const char *colon = strrchr(text, ':');
    struct ims_selector parsed = *selector;

    parsed.active = true;
    parsed.has_segment = parsed.has_bus = parsed.has_device = parsed.has_function = false;
    if (colon && read_bus(text, (size_t)(colon - text), &parsed) < 0)
        return -EINVAL;
    if (read_devfn(colon ? colon + 1 : text, &parsed) < 0)
        return -EINVAL;
    *selector = parsed;
    return 0;
}

/* Up to four digits of base class and subclass; an 'x' stands for any digit. */
static int read_class(const char *text, size_t length, struct ims_selector *selector)
{
    unsigned shift = 20;

    if (length > 4)
        return -EINVAL;
    /* As a number "3" is class 0003; with an 'x' the digits stand where they are written. */
    if (!memchr(text, 'x', length))
        shift = (unsigned)(4 + 4 * length);
    for (size_t i = 0; i < length; i++, shift -= 4) {
        int digit = ims_number_hex_digit(text[i]);

        if (digit < 0 && text[i] != 'x')
            return -EINVAL;
        if (digit >= 0) {
            selector->class_code |= (uint32_t)digit << shift;
            selector->class_mask |= 0xfu << shift;
        }
    }
    if (!memchr(text, 'x', length))
        selector->class_mask |= 0xffff00;
    return 0;
}

static int read_device_field(unsigned field, const char *text, size_t length,
                             struct ims_selector *selector)
{
    uint64_t value = 0;
    bool set;
    int code;

    if (field == 2) {
        if (length == 0 || (length == 1 && text[0] == '*'))
            return 0;
        return read_class(text, length, selector);
    }
    code = read_field(text, length, field == 3 ? 0xff : 0xffff, &set, &value);
    if (code < 0 || !set)
        return code;
    if (field == 0) {
        selector->has_vendor_id = true;
        selector->vendor_id = (uint16_t)value;
    } else if (field == 1) {
        selector->has_device_id = true;
        selector->device_id = (uint16_t)value;
    } else {
        selector->class_code |= (uint32_t)value;
        selector->class_mask |= 0xff;
    }
    return 0;
}

int ims_selector_parse_device(const char *text, struct ims_selector *selector)
{
    struct ims_selector parsed = *selector;
    unsigned field = 0;

    if (!strchr(text, ':'))
        return -EINVAL;
    parsed.active = true;
    parsed.has_vendor_id = parsed.has_device_id = false;
    parsed.class_code = parsed.class_mask = 0;
    for (;; field++) {
        size_t length = strcspn(text, ":");

        if (field > 3 || read_device_field(field, text, length, &parsed) < 0)
            return -EINVAL;
        if (!text[length])
            break;
        text += length + 1;
    }
    *selector = parsed;
    return 0;
}
