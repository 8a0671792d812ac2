/* SPDX-License-Identifier: MIT */
#include "source/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 131072u

/* Soft line ends of one quoted-printable line that are joined. */
#define JOIN_MAX 16

/* Mail programs break quoted-printable lines at 76 characters; shorter ones end in '=' by accident. */
#define SOFT_END_SHORTEST 60u
#define SOFT_END_LONGEST 78u

int ims_lines_init(struct ims_lines *lines, FILE *stream)
{
    memset(lines, 0, sizeof(*lines));
    lines->stream = stream;
    lines->chunk = malloc(CHUNK_BYTES);
    lines->line = malloc(IMS_LINE_MAX_BYTES + 1);
    if (!lines->chunk || !lines->line) {
        ims_lines_done(lines);
        return -ENOMEM;
    }
    return 0;
}

void ims_lines_done(struct ims_lines *lines)
{
    if (!lines)
        return;
    free(lines->chunk);
    free(lines->line);
    lines->chunk = NULL;
    lines->line = NULL;
}

static bool fill(struct ims_lines *lines)
{
    if (lines->at_end)
        return false;
    errno = 0;
    lines->chunk_begin = 0;
    lines->chunk_end = fread(lines->chunk, 1, CHUNK_BYTES, lines->stream);
    if (lines->chunk_end == 0) {
        lines->at_end = true;
        if (ferror(lines->stream))
            lines->error = errno ? errno : EIO;
        return false;
    }
    return true;
}

/*
 * Appends one physical line to the line buffer, whose first used bytes are taken.
 * Returns false at the end of the input.
 */
static bool read_physical(struct ims_lines *lines, size_t *used, bool *cut)
{
    bool any = false;

    lines->last_was_ended = false;
    while (!lines->last_was_ended) {
        if (lines->chunk_begin == lines->chunk_end && !fill(lines))
            break;
        any = true;
        const unsigned char *from = lines->chunk + lines->chunk_begin;
        const size_t available = lines->chunk_end - lines->chunk_begin;
        const unsigned char *end = memchr(from, '\n', available);
        const size_t length = end ? (size_t)(end - from) : available;
        const size_t room = IMS_LINE_MAX_BYTES - *used;
        const size_t taken = length < room ? length : room;

        memcpy(lines->line + *used, from, taken);
        *used += taken;
        *cut = *cut || taken < length;
        lines->chunk_begin += length + (end ? 1 : 0);
        lines->last_was_ended = end != NULL;
    }
    if (any)
        lines->number++;
    return any;
}

static int upper_hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static size_t trim_line_end(const char *line, size_t length)
{
    while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == '\n'))
        length--;
    return length;
}

/* Whether "=3D" is in it; the line may hold NUL bytes. */
static bool is_quoted_printable(const char *line, size_t length)
{
    const char *end = line + length;

    for (const char *at = memchr(line, '=', length); at && end - at >= 3;
         at = memchr(at + 1, '=', (size_t)(end - at) - 1)) {
        if (at[1] == '3' && at[2] == 'D')
            return true;
    }
    return false;
}

/*
 * Undoes quoted-printable. "=3D" is its mark: a line without one keeps its '=' ("primary=00"),
 * but for the coded blanks at its edges. Returns the new length.
 */
static size_t undo_quoted_printable(char *line, size_t length)
{
    if (!memchr(line, '=', length))
        return length;

    const bool coded = is_quoted_printable(line, length);
    size_t out = 0;
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '=' && length - i >= 3) {
            const int high = upper_hex(line[i + 1]);
            const int low = upper_hex(line[i + 2]);
            const bool no_break_space = length - i >= 6 && memcmp(line + i, "=C2=A0", 6) == 0;
            const bool blank_at_edge =
                (i == 0 || i + 3 == length) &&
                (memcmp(line + i, "=20", 3) == 0 || memcmp(line + i, "=09", 3) == 0);
            if (no_break_space && !coded) {
                line[out++] = ' ';
                i += 5;
                continue;
            }
            if (high >= 0 && low >= 0 && (coded || blank_at_edge)) {
                line[out++] = (char)(high << 4 | low);
                i += 2;
                continue;
            }
        }
        line[out++] = line[i];
    }
    return out;
}

/* Length of the escape sequence at text, 0 when there is none. */
static size_t escape_length(const char *text, size_t length)
{
    if (length < 2 || text[0] != '\033' || text[1] != '[')
        return 0;
    for (size_t i = 2; i < length && i < 16; i++) {
        if (text[i] >= '@' && text[i] <= '~')
            return i + 1;
    }
    return 0;
}

static bool is_plain(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char byte = (unsigned char)line[i];
        if ((byte < 0x20 && byte != '\t') || byte >= 0x80)
            return false;
    }
    return true;
}

/* Removes NUL bytes, marks and colours; turns no-break spaces and control characters to blanks. */
static size_t clean(char *line, size_t length)
{
    if (is_plain(line, length))
        return length;

    size_t out = 0;
    for (size_t i = 0; i < length;) {
        const unsigned char byte = (unsigned char)line[i];
        const size_t escape = escape_length(line + i, length - i);

        if (escape) {
            i += escape;
        } else if (byte == 0) {
            i++;
        } else if (length - i >= 3 && memcmp(line + i, "\xef\xbb\xbf", 3) == 0) {
            i += 3;
        } else if (length - i >= 2 && memcmp(line + i, "\xc2\xa0", 2) == 0) {
            line[out++] = ' ';
            i += 2;
        } else if (byte == 0xa0 && (i == 0 || (unsigned char)line[i - 1] < 0x80)) {
            line[out++] = ' '; /* a no-break space in Latin 1 */
            i++;
        } else {
            line[out++] = byte < 0x20 && byte != '\t' ? ' ' : line[i];
            i++;
        }
    }
    return out;
}

/* A '>' that belongs to lspci's own words (">TAbort-"), seen at the start of wrapped lines. */
static bool is_own_word(const char *text)
{
    static const char *const words[] = {"TAbort", "SERR", "Reset", "MAbort"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strncmp(text, words[i], strlen(words[i])) == 0)
            return true;
    }
    return false;
}

static char *skip_quotes(char *text, unsigned *indent, bool *quoted)
{
    *indent = 0;
    *quoted = false;
    for (;; text++) {
        if (*text == ' ') {
            ++*indent;
        } else if (*text == '\t') {
            *indent = (*indent | 7u) + 1;
        } else if (*text == '>' && !is_own_word(text + 1)) {
            *quoted = true;
            *indent = 0;
            if (text[1] == ' ')
                text++;
        } else {
            return text;
        }
    }
}

int ims_lines_next(struct ims_lines *lines, struct ims_line *ret)
{
    size_t length = 0;
    bool cut = false;

    if (!read_physical(lines, &length, &cut))
        return lines->error ? -lines->error : 0;

    const unsigned number = lines->number;
    length = trim_line_end(lines->line, length);
    size_t start = 0;
    for (int joined = 0; joined < JOIN_MAX; joined++) {
        const size_t last = length - start;
        if (last < SOFT_END_SHORTEST || last > SOFT_END_LONGEST || lines->line[length - 1] != '=' ||
            !lines->last_was_ended)
            break;
        start = --length;
        if (!read_physical(lines, &length, &cut))
            break;
        length = trim_line_end(lines->line, length);
    }
    if (lines->error)
        return -lines->error;

    length = undo_quoted_printable(lines->line, length);
    length = clean(lines->line, length);
    while (length > 0 && (lines->line[length - 1] == ' ' || lines->line[length - 1] == '\t'))
        length--;
    lines->line[length] = '\0';

    ret->text = skip_quotes(lines->line, &ret->indent, &ret->quoted);
    ret->length = length - (size_t)(ret->text - lines->line);
    ret->number = number;
    ret->cut = cut;
    ret->ended = lines->last_was_ended;
    return 1;
}
