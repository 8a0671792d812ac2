/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "source/roster.h"

/* Words of commands as a shell splits them; nothing is expanded. */

struct splitter {
    const char *at;
    const char *end;
    unsigned line;
    char *text; /* all words, each ended by a zero */
    size_t length;
    uint32_t count;
    bool in_word;
};

static void put(struct splitter *splitter, char byte)
{
    splitter->text[splitter->length++] = byte;
    splitter->in_word = true;
}

static void end_word(struct splitter *splitter)
{
    if (!splitter->in_word)
        return;
    splitter->text[splitter->length++] = '\0';
    splitter->count++;
    splitter->in_word = false;
}

/* Behind the opening quotation mark; up to the closing one or the end. */
static void take_quoted(struct splitter *splitter, char quote)
{
    splitter->in_word = true;
    while (splitter->at < splitter->end && *splitter->at != quote) {
        char byte = *splitter->at++;

        splitter->line += byte == '\n';
        if (byte == '\\' && quote == '"' && splitter->at < splitter->end) {
            const char next = *splitter->at;

            if (next == '\n') {
                splitter->line++;
                splitter->at++;
                continue;
            }
            if (next && strchr("\"\\$`", next))
                byte = *splitter->at++;
        }
        put(splitter, byte);
    }
    if (splitter->at < splitter->end)
        splitter->at++;
}

/* Behind a backslash outside of quotation marks. A line end, CR LF too, goes with it. */
static void take_escaped(struct splitter *splitter)
{
    if (splitter->at < splitter->end && *splitter->at == '\r')
        splitter->at++;
    if (splitter->at == splitter->end)
        return;
    if (*splitter->at == '\n')
        splitter->line++;
    else
        put(splitter, *splitter->at);
    splitter->at++;
}

/* Takes one byte or what belongs to it. Returns whether the command ends with it. */
static bool take(struct splitter *splitter)
{
    const char byte = *splitter->at++;

    switch (byte) {
    case '\\':
        take_escaped(splitter);
        return false;
    case '\'':
    case '"':
        take_quoted(splitter, byte);
        return false;
    case '\n':
        splitter->line++;
        return true;
    case ';':
    case '&':
    case '|':
        return true;
    case ' ':
    case '\t':
    case '\r':
        end_word(splitter);
        return false;
    case '#':
        if (!splitter->in_word) {
            while (splitter->at < splitter->end && *splitter->at != '\n')
                splitter->at++;
            return false;
        }
        break;
    default:
        break;
    }
    put(splitter, byte);
    return false;
}

/* count words stand in ret->text one after the other. */
static int point_at_words(struct ims_words *ret, uint32_t count)
{
    const char **items = ims_array_grow(ret->items, &ret->capacity, count, sizeof(*ret->items));
    const char *text = ret->text;

    if (!items)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        items[i] = text;
        text += strlen(text) + 1;
    }
    ret->items = items;
    ret->count = count;
    return 0;
}

int ims_words_next(const char **at, const char *end, unsigned *line, struct ims_words *ret)
{
    struct splitter splitter = {.at = *at, .end = end, .line = *line};

    if (*at >= end)
        return 0;
    /*
     * Each word takes at most what it has in the input, and a zero for the byte that ends it. What is
     * left of the text only gets shorter: the first command makes room for all.
     */
    if (!ret->text)
        ret->text = malloc((size_t)(end - *at) + 1);
    splitter.text = ret->text;
    if (!splitter.text)
        return -ENOMEM;
    while (splitter.count == 0 && splitter.at < end) {
        ret->line = splitter.line;
        while (splitter.at < end && !take(&splitter))
            ;
        end_word(&splitter);
    }
    *at = splitter.at;
    *line = splitter.line;
    const int r = point_at_words(ret, splitter.count);
    return r < 0 ? r : 1;
}

int ims_words_of_block(const char *bytes, size_t size_bytes, struct ims_words *ret)
{
    uint32_t count = 0;

    ret->text = malloc(size_bytes + 1);
    if (!ret->text)
        return -ENOMEM;
    memcpy(ret->text, bytes, size_bytes);
    ret->text[size_bytes] = '\0';
    for (size_t i = 0; i < size_bytes; i++)
        count += bytes[i] == '\0';
    if (size_bytes > 0 && bytes[size_bytes - 1] != '\0')
        count++;
    return point_at_words(ret, count);
}

void ims_words_done(struct ims_words *words)
{
    free(words->items);
    free(words->text);
    *words = (struct ims_words){0};
}
