/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/number.h"
#include "source/text.h"

const char *ims_word_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

bool ims_word_skip(const char **text, const char *word)
{
    const size_t length = strlen(word);

    if (strncmp(*text, word, length) != 0)
        return false;
    *text = ims_word_blanks(*text + length);
    return true;
}

size_t ims_word_hex(const char *text, uint64_t *ret)
{
    uint64_t value = 0;
    size_t length = 0;

    for (int digit; length < 17 && (digit = ims_number_hex_digit(text[length])) >= 0; length++)
        value = value << 4 | (uint64_t)digit;
    if (length == 0 || length > 16)
        return 0;
    *ret = value;
    return length;
}

size_t ims_word_decimal(const char *text, uint32_t *ret)
{
    uint32_t value = 0;
    size_t length = 0;

    while (length < 10 && text[length] >= '0' && text[length] <= '9')
        value = value * 10 + (uint32_t)(text[length++] - '0');
    if (length == 0 || length > 9)
        return 0;
    *ret = value;
    return length;
}

static bool is_word_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '.';
}

size_t ims_word_address(const char *text, struct ims_address *ret)
{
    uint64_t segment = 0;
    uint64_t bus;
    uint64_t device;
    const char *at = text;
    size_t length = ims_word_hex(at, &bus);

    if (length == 0 || length > 8 || at[length] != ':')
        return 0;
    if (length >= 4) {
        segment = bus;
        at += length + 1;
        length = ims_word_hex(at, &bus);
    }
    if (length != 2 || at[2] != ':')
        return 0;
    at += 3;
    if (ims_word_hex(at, &device) != 2 || device > 0x1f || at[2] != '.')
        return 0;
    at += 3;
    if (*at < '0' || *at > '7' || is_word_byte(at[1]))
        return 0;
    *ret = (struct ims_address){
        .segment = (uint32_t)segment, .bus = (uint8_t)bus, .devfn = IMS_DEVFN(device, *at - '0')};
    return (size_t)(at - text) + 1;
}

enum ims_tristate ims_word_flag(const char *text, const char *name)
{
    const size_t length = strlen(name);

    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
        if (at > text && at[-1] != ' ' && at[-1] != '\t' && at[-1] != ',' && at[-1] != ':')
            continue;
        if (at[length] == '+')
            return IMS_YES;
        if (at[length] == '-')
            return IMS_NO;
    }
    return IMS_UNKNOWN;
}
