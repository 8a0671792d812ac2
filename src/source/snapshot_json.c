/* SPDX-License-Identifier: MIT */
#include "source/snapshot.h"

#include <stdarg.h>
#include <stdio.h>

/*
 * Written by hand because people read and compare these files: one value a line, a row of
 * configuration space a line, fields in a fixed order.
 */

static void quote(struct ims_text *text, const char *value);

static void begin_value(struct ims_json *json, const char *key)
{
    if (json->has_value)
        ims_text_append(&json->text, ",");
    if (json->text.length)
        ims_text_append(&json->text, "\n");
    for (unsigned i = 0; i < json->depth; i++)
        ims_text_append(&json->text, "  ");
    if (key) {
        quote(&json->text, key);
        ims_text_append(&json->text, ": ");
    }
    json->has_value = true;
}

void ims_json_open(struct ims_json *json, const char *key, char bracket)
{
    begin_value(json, key);
    ims_text_append_bytes(&json->text, &bracket, 1);
    json->depth++;
    json->has_value = false;
}

void ims_json_close(struct ims_json *json, char bracket)
{
    json->depth--;
    if (json->has_value) {
        ims_text_append(&json->text, "\n");
        for (unsigned i = 0; i < json->depth; i++)
            ims_text_append(&json->text, "  ");
    }
    ims_text_append_bytes(&json->text, &bracket, 1);
    json->has_value = true;
}

void ims_json_null(struct ims_json *json, const char *key)
{
    begin_value(json, key);
    ims_text_append(&json->text, "null");
}

void ims_json_true(struct ims_json *json, const char *key)
{
    begin_value(json, key);
    ims_text_append(&json->text, "true");
}

void ims_json_number(struct ims_json *json, const char *key, int64_t value)
{
    begin_value(json, key);
    ims_text_appendf(&json->text, "%lld", (long long)value);
}

/* Length of the UTF-8 character that text begins with, 0 when it is none (RFC 3629). */
static unsigned utf8_length(const unsigned char *text)
{
    unsigned length;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;

    if (text[0] < 0x80)
        return 1;
    if (text[0] < 0xc2 || text[0] > 0xf4)
        return 0;
    length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    if (text[0] == 0xe0)
        low = 0xa0;
    else if (text[0] == 0xed)
        high = 0x9f;
    else if (text[0] == 0xf0)
        low = 0x90;
    else if (text[0] == 0xf4)
        high = 0x8f;
    for (unsigned i = 1; i < length; i++) {
        if (text[i] < low || text[i] > high)
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

static void quote(struct ims_text *text, const char *value)
{
    const unsigned char *at = (const unsigned char *)value;

    ims_text_append(text, "\"");
    while (*at) {
        const unsigned length = utf8_length(at);

        if (length == 0)
            ims_text_append(text, "\xef\xbf\xbd");
        else if (*at == '"' || *at == '\\')
            ims_text_appendf(text, "\\%c", *at);
        else if (*at < 0x20 || *at == 0x7f)
            ims_text_appendf(text, "\\u%04x", *at);
        else
            ims_text_append_bytes(text, (const char *)at, length);
        at += length ? length : 1;
    }
    ims_text_append(text, "\"");
}

void ims_json_string(struct ims_json *json, const char *key, const char *value)
{
    if (!value)
        return;
    begin_value(json, key);
    quote(&json->text, value);
}

void ims_json_format(struct ims_json *json, const char *key, const char *format, ...)
{
    char value[128];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(value, sizeof(value), format, arguments);
    va_end(arguments);
    ims_json_string(json, key, value);
}

void ims_json_address(struct ims_json *json, const char *key, struct ims_address address)
{
    char value[IMS_ADDRESS_STRING_SIZE];

    ims_json_string(json, key, ims_address_format(address, value));
}

void ims_json_tristate(struct ims_json *json, const char *key, enum ims_tristate state)
{
    if (state != IMS_UNKNOWN)
        ims_json_string(json, key, ims_tristate_to_string(state));
}
