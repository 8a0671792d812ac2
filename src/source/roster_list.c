/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "source/roster.h"

/* A plan as text: "OWNER: ADDRESS ADDRESS...", a line each; # begins a comment. */

#define ADDRESS_MAX 63u /* nothing that is an address is longer */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == ',';
}

/* Addresses hold colons too: the one behind the owner is followed by a blank or nothing. */
static const char *end_of_owner(const char *at, const char *end)
{
    for (; at < end; at++)
        if (*at == ':' && (at + 1 == end || is_blank(at[1])))
            return at;
    return NULL;
}

static int read_word(struct ims_roster *roster, const char *word, size_t length,
                     struct ims_roster_entry *entry, struct ims_error *reterr)
{
    char text[ADDRESS_MAX + 1];

    if (length > ADDRESS_MAX)
        return ims_roster_bad(roster, reterr, entry->line, "this is no address of a PCI function");
    memcpy(text, word, length);
    text[length] = '\0';
    if (ims_address_parse(text, &entry->address) < 0)
        return ims_roster_bad(roster, reterr, entry->line,
                              "'%s' is no address of a PCI function ([SSSS:]BB:DD.F)", text);
    return ims_roster_add(roster, entry, reterr);
}

/* One line without its comment. */
static int read_line(struct ims_roster *roster, const char *at, const char *end, unsigned number,
                     struct ims_error *reterr)
{
    struct ims_roster_entry entry = {.known = true, .line = number};

    while (at < end && is_blank(*at))
        at++;
    if (at == end)
        return 0;
    const char *colon = end_of_owner(at, end);
    const char *name_end = colon;
    while (name_end && name_end > at && is_blank(name_end[-1]))
        name_end--;
    if (!colon || name_end == at)
        return ims_roster_bad(roster, reterr, number,
                              "a plan has lines \"OWNER: ADDRESS ADDRESS...\", or is XML of a "
                              "libvirt domain or a command line of QEMU; this is none");
    const size_t length = (size_t)(name_end - at);
    int r = ims_roster_owner_get(roster, at, length, length == 4 && memcmp(at, "host", 4) == 0,
                                 &entry.owner);
    if (r < 0)
        return ims_error_set(reterr, r, "out of memory");
    for (at = colon + 1; at < end && r == 0;) {
        const char *word = at;
        while (at < end && !is_blank(*at))
            at++;
        if (at > word)
            r = read_word(roster, word, (size_t)(at - word), &entry, reterr);
        while (at < end && is_blank(*at))
            at++;
    }
    return r;
}

int ims_roster_list(struct ims_roster *roster, const char *bytes, size_t size_bytes,
                    struct ims_error *reterr)
{
    const char *at = bytes;
    const char *end = bytes + size_bytes;
    int r = 0;

    if (memchr(bytes, '\0', size_bytes))
        return ims_roster_bad(roster, reterr, 0,
                              "this is neither text nor the command line of a QEMU");
    for (unsigned number = 1; at < end && r == 0; number++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *comment;

        line_end = line_end ? line_end : end;
        comment = memchr(at, '#', (size_t)(line_end - at));
        r = read_line(roster, at, comment ? comment : line_end, number, reterr);
        at = line_end < end ? line_end + 1 : end;
    }
    return r;
}
