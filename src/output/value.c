/* SPDX-License-Identifier: MIT */
#include "output/value.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "output/utf8.h"

void ims_make_set(struct ims_maker *maker, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        maker->failed = true;
}

void ims_make_append(struct ims_maker *maker, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        maker->failed = true;
}

json_t *ims_make_uint(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *ims_make_tristate(enum ims_tristate state)
{
    if (state == IMS_UNKNOWN)
        return json_null();
    return json_boolean(state == IMS_YES);
}

json_t *ims_make_string(const char *text)
{
    struct ims_text clean = {0};
    const char *position = text;
    json_t *value;

    if (!text)
        return json_null();
    while (*position) {
        uint32_t character;
        size_t length = ims_utf8_next(position, &character);

        if (length == 0) {
            ims_text_append(&clean, "\xef\xbf\xbd");
            position++;
        } else {
            ims_text_append_bytes(&clean, position, length);
            position += length;
        }
    }
    value = clean.failed ? NULL : json_string(ims_text_get(&clean));
    ims_text_done(&clean);
    return value;
}

json_t *ims_make_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    json_t *value;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return NULL;
    value = ims_make_string(text);
    free(text);
    return value;
}

json_t *ims_make_hex(uint64_t value, unsigned digits)
{
    return ims_make_format("0x%0*" PRIx64, (int)digits, value);
}

json_t *ims_make_bits(struct ims_bits bits, uint32_t mask, unsigned digits)
{
    if (!ims_bits_all_known(bits, mask))
        return json_null();
    return ims_make_hex(bits.value & mask, digits);
}

json_t *ims_make_count(struct ims_bits bits, uint32_t mask)
{
    if (!ims_bits_all_known(bits, mask))
        return json_null();
    return ims_make_uint(bits.value & mask);
}

json_t *ims_make_address(struct ims_address address)
{
    char buffer[IMS_ADDRESS_STRING_SIZE];

    return json_string(ims_address_format(address, buffer));
}

json_t *ims_make_finish(struct ims_maker *maker, json_t *document)
{
    if (!maker->failed)
        return document;
    json_decref(document);
    return NULL;
}
