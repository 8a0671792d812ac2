/* SPDX-License-Identifier: MIT */
#include "iommuscope/base.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"

#define DEVICE_MAX 0x1fu
#define FUNCTION_MAX 7u
#define SEGMENT_DIGITS_MIN 4u
#define LIBVIRT_PREFIX "pci_"

int ims_address_compare(struct ims_address a, struct ims_address b)
{
    if (a.segment != b.segment)
        return a.segment < b.segment ? -1 : 1;
    if (a.bus != b.bus)
        return a.bus < b.bus ? -1 : 1;
    return (a.devfn > b.devfn) - (a.devfn < b.devfn);
}

/* Writes the low digits * 4 bits of value; returns the place behind. */
static char *put_hex(char *to, uint32_t value, unsigned digits)
{
    while (digits-- > 0)
        *to++ = "0123456789abcdef"[(value >> (digits * 4)) & 0xfu];
    return to;
}

char *ims_address_format(struct ims_address address, char buffer[IMS_ADDRESS_STRING_SIZE])
{
    unsigned digits = SEGMENT_DIGITS_MIN;
    char *to = buffer;

    while (digits < 8 && address.segment >> (digits * 4) != 0)
        digits++;
    to = put_hex(to, address.segment, digits);
    *to++ = ':';
    to = put_hex(to, address.bus, 2);
    *to++ = ':';
    to = put_hex(to, ims_address_device(address), 2);
    *to++ = '.';
    to = put_hex(to, ims_address_function(address), 1);
    *to = '\0';
    return buffer;
}

/* One hexadecimal field of min_digits to max_digits before *end_mark; moves *text behind the mark. */
static int take_field(const char **text, char end_mark, size_t min_digits, size_t max_digits,
                      uint64_t max, uint64_t *ret)
{
    size_t length = 0;

    while (length <= max_digits && ims_number_hex_digit((*text)[length]) >= 0)
        length++;
    if (length < min_digits || length > max_digits || (*text)[length] != end_mark)
        return -EINVAL;
    if (ims_number_hex(*text, length, max, ret) < 0)
        return -EINVAL;
    *text += length;
    if (end_mark != '\0')
        (*text)++;
    return 0;
}

/* "BB<mark>DD<function mark>F" up to the end of the text. */
static int take_slot(const char *text, char mark, char function_mark, struct ims_address *address)
{
    uint64_t bus;
    uint64_t device;
    uint64_t function;

    if (take_field(&text, mark, 1, 2, 0xff, &bus) < 0 ||
        take_field(&text, function_mark, 1, 2, DEVICE_MAX, &device) < 0 ||
        take_field(&text, '\0', 1, 1, FUNCTION_MAX, &function) < 0)
        return -EINVAL;
    address->bus = (uint8_t)bus;
    address->devfn = IMS_DEVFN(device, function);
    return 0;
}

int ims_address_parse(const char *text, struct ims_address *ret)
{
    struct ims_address address = {0};
    uint64_t segment = 0;
    int result;

    if (strncmp(text, LIBVIRT_PREFIX, strlen(LIBVIRT_PREFIX)) == 0) {
        text += strlen(LIBVIRT_PREFIX);
        result = take_field(&text, '_', SEGMENT_DIGITS_MIN, 8, UINT32_MAX, &segment);
        if (result == 0)
            result = take_slot(text, '_', '_', &address);
    } else {
        /* Four digits or more cannot be a bus, so the first field says which form this is. */
        (void)take_field(&text, ':', SEGMENT_DIGITS_MIN, 8, UINT32_MAX, &segment);
        result = take_slot(text, ':', '.', &address);
    }
    if (result < 0)
        return result;
    address.segment = (uint32_t)segment;
    *ret = address;
    return 0;
}
