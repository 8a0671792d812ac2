/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "source/roster.h"

/* Command lines of QEMU: which guest, and which functions it is given. */

/* ---- which commands are QEMU's ---- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* "qemu-system-x86_64", "/usr/libexec/qemu-kvm", "kvm". */
static bool is_program(const char *word)
{
    const char *slash = strrchr(word, '/');
    const char *name = slash ? slash + 1 : word;

    return begins(name, "qemu-system-") || strcmp(name, "qemu-kvm") == 0 ||
           strcmp(name, "kvm") == 0 || strcmp(name, "qemu") == 0;
}

/* An option without its dashes, of which QEMU takes one or two; NULL: this is none. */
static const char *option_of(const char *word)
{
    if (word[0] != '-')
        return NULL;
    word += word[1] == '-' ? 2 : 1;
    return *word ? word : NULL;
}

static bool is_command(const struct ims_words *words)
{
    for (uint32_t i = 0; i < words->count; i++) {
        const char *option = option_of(words->items[i]);

        if (is_program(words->items[i]) || (option && strcmp(option, "device") == 0))
            return true;
    }
    return false;
}

/* ---- one command ---- */

/* "-name guest=NAME,debug-threads=on", "-name NAME"; a comma that belongs to it is doubled. */
static int read_name(struct ims_roster *roster, const char *value, char **ret)
{
    struct ims_arena *arena = &roster->arena;
    char *name;
    size_t length = 0;

    if (begins(value, "guest="))
        value += strlen("guest=");
    name = ims_arena_strndup(arena, value, strlen(value));
    if (!name)
        return -ENOMEM;
    for (const char *at = value; *at && (*at != ',' || at[1] == ','); at++) {
        at += *at == ',';
        name[length++] = *at;
    }
    name[length] = '\0';
    if (length > 0)
        *ret = name;
    return 0;
}

/* A command without a name is called by where it stands. */
static char *name_by_place(struct ims_roster *roster, unsigned line)
{
    if (line == 0)
        return ims_arena_strndup(&roster->arena, roster->path, strlen(roster->path));
    return ims_arena_printf(&roster->arena, "%s:%u", roster->path, line);
}

/* A guest that is started anew has what its last start gives it. */
static void forget(struct ims_roster *roster, uint32_t owner, uint32_t plan, uint32_t *first)
{
    uint32_t kept = plan;

    for (uint32_t i = plan; i < roster->count; i++)
        if (i >= *first || roster->entries[i].owner != owner)
            roster->entries[kept++] = roster->entries[i];
    *first -= roster->count - kept;
    roster->count = kept;
}

static int read_command(struct ims_roster *roster, const struct ims_words *words, uint32_t plan,
                        struct ims_error *reterr)
{
    struct ims_qemu_guest guest = {
        .roster = roster, .first = roster->count, .line = words->line, .reterr = reterr};
    char *name = NULL;
    uint32_t owner;
    int r = 0;

    for (uint32_t i = 0; i + 1 < words->count && r == 0; i++) {
        const char *option = option_of(words->items[i]);

        if (!option)
            continue;
        if (strcmp(option, "name") == 0)
            r = read_name(roster, words->items[++i], &name);
        else
            r = ims_roster_qemu_option(&guest, option, words->items[i + 1]);
        if (r == -ENOMEM)
            return ims_error_set(reterr, r, "out of memory");
    }
    if (r < 0)
        return r;
    if (!name)
        name = name_by_place(roster, words->line);
    if (!name || ims_roster_owner_get(roster, name, strlen(name), false, &owner) < 0)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    forget(roster, owner, plan, &guest.first);
    for (uint32_t i = guest.first; i < roster->count; i++)
        roster->entries[i].owner = owner;
    return 0;
}

int ims_roster_qemu(struct ims_roster *roster, const char *bytes, size_t size_bytes,
                    bool *ret_found, struct ims_error *reterr)
{
    const char *at = bytes;
    const char *end = bytes + size_bytes;
    const uint32_t plan = roster->count;
    const bool is_block = size_bytes > 0 && memchr(bytes, '\0', size_bytes);
    struct ims_words words = {0};
    unsigned line = 1;
    int r = 0;

    *ret_found = false;
    while (r == 0) {
        r = is_block ? ims_words_of_block(bytes, size_bytes, &words)
                     : ims_words_next(&at, end, &line, &words);
        if (r < 0 || (r == 0 && !is_block))
            break;
        r = 0;
        if (is_command(&words)) {
            *ret_found = true;
            r = read_command(roster, &words, plan, reterr);
        }
        if (is_block)
            break;
    }
    ims_words_done(&words);
    return r == -ENOMEM ? ims_error_set(reterr, r, "out of memory") : r;
}
