/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/number.h"
#include "source/text.h"

/* Longer texts before the first colon are prose, not a class. */
#define CLASS_LONGEST 64u

/* Exactly count hexadecimal digits, then a byte that is not one. */
static bool hex_exactly(const char *text, size_t count, uint32_t *ret)
{
    uint64_t value;

    if (ims_word_hex(text, &value) != count)
        return false;
    *ret = (uint32_t)value;
    return true;
}

/* "8086:1901" */
static bool read_id(const char *text, struct ims_id *ret)
{
    uint32_t vendor;
    uint32_t device;

    if (!hex_exactly(text, 4, &vendor) || text[4] != ':' || !hex_exactly(text + 5, 4, &device))
        return false;
    *ret = (struct ims_id){.vendor = (uint16_t)vendor, .device = (uint16_t)device};
    return true;
}

/* The last "[8086:1901]" of a name. */
static const char *find_bracket_id(const char *text, struct ims_id *ret)
{
    const char *found = NULL;

    for (const char *at = strchr(text, '['); at; at = strchr(at + 1, '[')) {
        struct ims_id id;
        if (read_id(at + 1, &id) && at[10] == ']') {
            *ret = id;
            found = at;
        }
    }
    return found;
}

/* The colon between class and name, NULL when this is not a header. */
static const char *find_colon(const char *text)
{
    const bool plausible = (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9') ||
                           (*text >= 'a' && *text <= 'f');
    if (!plausible)
        return NULL;
    for (const char *at = text; *at && (size_t)(at - text) < CLASS_LONGEST; at++) {
        if (*at == ':' && (at[1] == ' ' || at[1] == '\t' || at[1] == '\0'))
            return at;
    }
    return NULL;
}

bool ims_lspci_is_header(const char *text)
{
    uint32_t code;
    const char *colon = find_colon(text);

    if (!colon)
        return false;
    /* Classes are spelled with a capital or a digit at first; "0604:" is a code. */
    if (*text >= 'a' && *text <= 'z')
        return hex_exactly(text, 4, &code) && colon == text + 4;
    return true;
}

/* "(rev 02)" and "(prog-if 00 [Normal decode])": takes them off and states them. */
static int read_tail(struct ims_text_reader *reader, const char *text, size_t *length)
{
    const uint32_t index = reader->block.index;
    uint32_t value;
    int r;

    for (const char *at = strchr(text, '('); at; at = strchr(at + 1, '(')) {
        const bool revision = strncmp(at, "(rev ", 5) == 0;
        const bool interface = strncmp(at, "(prog-if ", 9) == 0;
        if (!revision && !interface)
            continue;
        if (!hex_exactly(at + (revision ? 5 : 9), 2, &value))
            continue;
        if ((size_t)(at - text) < *length)
            *length = (size_t)(at - text);
        if (revision) {
            reader->block.revision_seen = true;
            r = ims_text_state(reader, index, 0x08, value, 0xff, 1);
        } else {
            reader->block.interface_seen = true;
            ims_text_class(reader, index, value, 0xff);
            r = ims_text_state(reader, index, 0x09, value, 0xff, 1);
        }
        if (r < 0)
            return r;
    }
    return 0;
}

static int state_class(struct ims_text_reader *reader, uint32_t code)
{
    const uint32_t index = reader->block.index;

    reader->block.class_is_bridge = code == 0x0604 || code == 0x0609 || code == 0x0607;
    ims_text_class(reader, index, code << 8, 0xffff00);
    return ims_text_state(reader, index, 0x0a, code, 0xffff, 2);
}

/* "PCI bridge", "PCI bridge [0604]", "0604", "Class 0604", "Class [0604]". */
static int read_class(struct ims_text_reader *reader, const char *text, size_t length)
{
    struct ims_record *record = ims_text_record(reader, reader->block.index);
    uint32_t code;

    if (length > 6 && strncmp(text, "Class ", 6) == 0) {
        text += 6;
        length -= 6;
    }
    if (length == 4 && hex_exactly(text, 4, &code))
        return state_class(reader, code);

    if (length >= 6 && text[length - 1] == ']' && text[length - 6] == '[' &&
        hex_exactly(text + length - 5, 4, &code)) {
        int r = state_class(reader, code);
        if (r < 0)
            return r;
        length -= 6;
    } else {
        static const char bridge[] = "PCI bridge";
        reader->block.class_is_bridge =
            length == sizeof(bridge) - 1 && memcmp(text, bridge, length) == 0;
    }
    return ims_text_keep(reader, &record->class_name, text, length);
}

/* "Intel Corporation Device 4637", "... Root Port [8086:1901]", "Device 1e49:0041", "8086:1901". */
static int read_name(struct ims_text_reader *reader, const char *text, size_t length)
{
    struct ims_record *record = ims_text_record(reader, reader->block.index);
    struct ims_id id;
    const char *digits = text;

    const char *bracket = find_bracket_id(text, &id);
    if (bracket && bracket < text + length) {
        int r = ims_text_id(reader, reader->block.index, id);
        if (r < 0)
            return r;
        length = (size_t)(bracket - text);
        while (length > 0 && text[length - 1] == ' ')
            length--;
        /* "Intel Corporation Device [8086:4637]": a name for the vendor alone. */
        const size_t word = strlen("Device");
        if (length >= word && memcmp(text + length - word, "Device", word) == 0)
            return ims_text_keep(reader, &record->vendor_name, text, length - word);
    } else {
        ims_word_skip(&digits, "Unknown device");
        ims_word_skip(&digits, "Device");
        if (read_id(digits, &id)) {
            int r = ims_text_id(reader, reader->block.index, id);
            return r;
        }
    }
    return ims_text_keep(reader, &record->device_name, text, length);
}

int ims_lspci_header(struct ims_text_reader *reader, const char *text)
{
    text = ims_word_blanks(text);
    const char *colon = find_colon(text);
    if (!colon) {
        /* Some shell loops print no class: "[8086:1901] ADDRESS NAME". */
        struct ims_id id;
        if (find_bracket_id(text, &id))
            return ims_text_id(reader, reader->block.index, id);
        return 0;
    }

    int r = read_class(reader, text, (size_t)(colon - text));
    if (r < 0)
        return r;
    const char *name = ims_word_blanks(colon + 1);
    size_t length = strlen(name);
    r = read_tail(reader, name, &length);
    if (r < 0)
        return r;
    reader->functions[reader->block.index].seen |= IMS_SEEN_LISTED;
    reader->kinds |= IMS_KIND_TEXT;
    return read_name(reader, name, length);
}
