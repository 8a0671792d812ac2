/* SPDX-License-Identifier: MIT */
#include "lspci_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* "NAME+ NAME- ...": bit n is set when the n-th word ends in '+'. */
static unsigned read_flags(const char *text)
{
    unsigned flags = 0;
    for (unsigned bit = 0; *text && bit < 7; text++) {
        if (*text == '+')
            flags |= 1u << bit;
        if (*text == '+' || *text == '-')
            bit++;
    }
    return flags;
}

static void read_range(const char *text, struct lspci_range *ret)
{
    char *end;
    ret->seen = true;
    ret->base = strtoull(text, &end, 16);
    ret->limit = *end == '-' ? strtoull(end + 1, &end, 16) : 0;
    ret->open = !strstr(end, "[disabled]");
}

static const char *after(const char *line, const char *start)
{
    size_t length = strlen(start);
    return strncmp(line, start, length) == 0 ? line + length : NULL;
}

static void read_line(const char *line, struct lspci_function *ret)
{
    const char *rest;
    while (isspace((unsigned char)*line))
        line++;
    if ((rest = after(line, "I/O behind bridge: "))) {
        read_range(rest, &ret->io);
    } else if ((rest = after(line, "Memory behind bridge: "))) {
        read_range(rest, &ret->memory);
    } else if ((rest = after(line, "Prefetchable memory behind bridge: "))) {
        read_range(rest, &ret->prefetchable);
    } else if ((rest = after(line, "Bus: "))) {
        ret->has_buses = sscanf(rest, "primary=%x, secondary=%x, subordinate=%x", &ret->primary,
                                &ret->secondary, &ret->subordinate) == 3;
    } else if ((rest = after(line, "ACSCap:"))) {
        ret->has_acs = true;
        ret->acs_cap = read_flags(rest);
    } else if ((rest = after(line, "ACSCtl:"))) {
        ret->acs_ctl = read_flags(rest);
    } else if (after(line, "Capabilities: [") && (rest = strstr(line, "] Express (v"))) {
        rest = strchr(rest, ')');
        snprintf(ret->express, sizeof(ret->express), "%s", rest ? rest + 2 : "");
    }
}

bool lspci_next(struct lspci_reader *reader, struct lspci_function *ret)
{
    char line[512];
    memset(ret, 0, sizeof(*ret));
    while (!reader->title[0]) {
        if (!fgets(reader->title, sizeof(reader->title), reader->stream))
            return false;
        if (!isxdigit((unsigned char)reader->title[0]))
            reader->title[0] = '\0';
    }
    reader->title[strcspn(reader->title, " ")] = '\0';
    if (ims_address_parse(reader->title, &ret->address) < 0)
        return false;
    reader->title[0] = '\0';
    while (fgets(line, sizeof(line), reader->stream)) {
        if (isxdigit((unsigned char)line[0])) {
            memcpy(reader->title, line, sizeof(line));
            break;
        }
        read_line(line, ret);
    }
    return true;
}
