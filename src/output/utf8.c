/* SPDX-License-Identifier: MIT */
#include "output/utf8.h"

#include <string.h>
#include <wchar.h>

#include "base/text.h"

size_t ims_utf8_next(const char *text, uint32_t *ret_character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    uint32_t character;
    size_t length;

    if (first == 0)
        return 0;
    if (first < 0x80) {
        *ret_character = first;
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf)
        length = 2;
    else if (first >= 0xe0 && first <= 0xef)
        length = 3;
    else if (first >= 0xf0 && first <= 0xf4)
        length = 4;
    else
        return 0;
    character = first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | ((unsigned char)text[i] & 0x3fu);
    }
    if (character < smallest[length] || character > 0x10ffff ||
        (character >= 0xd800 && character <= 0xdfff))
        return 0;
    *ret_character = character;
    return length;
}

static size_t character_width(uint32_t character)
{
    int width = character < 0x80 ? 1 : wcwidth((wchar_t)character);

    return width < 0 ? 1 : (size_t)width;
}

size_t ims_utf8_width(const char *text)
{
    size_t width = 0;

    while (*text) {
        uint32_t character = '?';
        size_t length = ims_utf8_next(text, &character);

        width += character_width(character);
        text += length ? length : 1;
    }
    return width;
}

/* Controls, and the characters that change the direction or hide the text that follows. */
static bool is_dangerous(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
           (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x206f) || character == 0xfeff;
}

void ims_utf8_append_safe(struct ims_text *out, const char *text, bool unicode)
{
    while (*text) {
        uint32_t character = 0;
        size_t length = ims_utf8_next(text, &character);

        if (length == 0)
            ims_text_appendf(out, "\\x%02x", (unsigned char)*text);
        else if (is_dangerous(character))
            ims_text_appendf(out, character < 0x100 ? "\\x%02x" : "\\u%04x", character);
        else if (character >= 0x80 && !unicode)
            ims_text_append(out, "?");
        else
            ims_text_append_bytes(out, text, length);
        text += length ? length : 1;
    }
}

void ims_utf8_append_cut(struct ims_text *out, const char *text, size_t width, bool unicode)
{
    const char *mark = unicode ? "\xe2\x80\xa6" : "...";
    size_t mark_width = unicode ? 1 : 3;
    size_t used = 0;

    if (ims_utf8_width(text) <= width) {
        ims_text_append(out, text);
        return;
    }
    while (*text) {
        uint32_t character = '?';
        size_t length = ims_utf8_next(text, &character);
        size_t columns = character_width(character);

        if (used + columns + mark_width > width)
            break;
        ims_text_append_bytes(out, text, length ? length : 1);
        used += columns;
        text += length ? length : 1;
    }
    if (width >= mark_width)
        ims_text_append(out, mark);
}

void ims_utf8_append_wrapped(struct ims_text *out, const char *text, size_t width, size_t indent)
{
    size_t room = width > indent + 20 ? width - indent : 20;
    size_t column = 0;

    while (*text == ' ')
        text++;
    while (*text) {
        size_t length = strcspn(text, " ");
        char word[256];
        size_t columns;

        if (length >= sizeof(word))
            length = sizeof(word) - 1;
        memcpy(word, text, length);
        word[length] = '\0';
        columns = ims_utf8_width(word);
        if (column > 0 && column + 1 + columns > room) {
            ims_text_append(out, "\n");
            column = 0;
        }
        if (column == 0)
            ims_text_appendf(out, "%*s", (int)indent, "");
        else
            ims_text_append(out, " ");
        ims_text_append(out, word);
        column += (column > 0) + columns;
        text += length;
        while (*text == ' ')
            text++;
    }
    ims_text_append(out, "\n");
}
