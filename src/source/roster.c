/* SPDX-License-Identifier: MIT */
#include "source/roster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"

/* Plans that give functions to owners: finding out what a file is, and the list that they make. */

struct ims_roster *ims_roster_new(void)
{
    return calloc(1, sizeof(struct ims_roster));
}

void ims_roster_free(struct ims_roster *roster)
{
    if (!roster)
        return;
    free(roster->owners);
    free(roster->entries);
    ims_arena_done(&roster->arena);
    free(roster);
}

int ims_roster_bad(const struct ims_roster *roster, struct ims_error *reterr, unsigned line,
                   const char *format, ...)
{
    char message[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    return ims_error_set_at(reterr, -EBADMSG, roster->path, line, 0, "%s", message);
}

int ims_roster_owner_get(struct ims_roster *roster, const char *name, size_t length, bool is_host,
                         uint32_t *ret)
{
    for (uint32_t i = 0; i < roster->owner_count; i++) {
        struct ims_roster_owner *owner = &roster->owners[i];

        if (owner->is_host != is_host || strlen(owner->name) != length ||
            memcmp(owner->name, name, length) != 0)
            continue;
        owner->repeated |= strcmp(owner->path, roster->path) != 0;
        *ret = i;
        return 0;
    }
    if (roster->owner_count == roster->owner_capacity) {
        struct ims_roster_owner *grown = ims_array_grow(roster->owners, &roster->owner_capacity,
                                                        roster->owner_count + 1, sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        roster->owners = grown;
    }
    const char *copy = ims_arena_strndup(&roster->arena, name, length);
    if (!copy)
        return -ENOMEM;
    roster->owners[roster->owner_count] =
        (struct ims_roster_owner){.name = copy, .is_host = is_host, .path = roster->path};
    *ret = roster->owner_count++;
    return 0;
}

int ims_roster_add(struct ims_roster *roster, const struct ims_roster_entry *entry,
                   struct ims_error *reterr)
{
    if (roster->count == IMS_ROSTER_MAX_ENTRIES)
        return ims_error_set_at(reterr, -E2BIG, roster->path, entry->line, 0,
                                "more than %u functions are given away", IMS_ROSTER_MAX_ENTRIES);
    if (roster->count == roster->capacity) {
        struct ims_roster_entry *grown =
            ims_array_grow(roster->entries, &roster->capacity, roster->count + 1, sizeof(*grown));
        if (!grown)
            return ims_error_set(reterr, -ENOMEM, "out of memory");
        roster->entries = grown;
    }
    roster->entries[roster->count] = *entry;
    roster->entries[roster->count++].path = roster->path;
    return 0;
}

/* ---- what it is ---- */

static bool looks_like_xml(const char *bytes, size_t size_bytes)
{
    static const unsigned char utf16[2][2] = {{0xff, 0xfe}, {0xfe, 0xff}};
    size_t at = 0;

    if (size_bytes >= 2 && (memcmp(bytes, utf16[0], 2) == 0 || memcmp(bytes, utf16[1], 2) == 0))
        return true; /* nothing else that is read here comes in it */
    if (size_bytes >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        at = 3;
    while (at < size_bytes && strchr(" \t\r\n", bytes[at]) && bytes[at])
        at++;
    return at < size_bytes && bytes[at] == '<';
}

int ims_roster_parse(struct ims_roster *roster, const char *path, const char *bytes,
                     size_t size_bytes, struct ims_error *reterr)
{
    bool found = false;

    roster->path = ims_arena_strndup(&roster->arena, path, strlen(path));
    if (!roster->path)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    if (size_bytes > IMS_ROSTER_MAX_BYTES)
        return ims_error_set_at(reterr, -E2BIG, path, 0, 0, "this is too large for a plan");
    if (looks_like_xml(bytes, size_bytes))
        return ims_roster_xml(roster, bytes, size_bytes, reterr);
    const int r = ims_roster_qemu(roster, bytes, size_bytes, &found, reterr);
    if (r < 0 || found)
        return r;
    return ims_roster_list(roster, bytes, size_bytes, reterr);
}

/* ---- the file ---- */

/* Everything that fd has, at most a byte more than is allowed. */
static int read_all(int fd, char **ret, size_t *ret_size)
{
    const size_t room = IMS_ROSTER_MAX_BYTES + 1u;
    size_t capacity = 0;
    size_t size = 0;
    char *bytes = NULL;

    for (;;) {
        if (size == capacity) {
            capacity = capacity ? 2 * capacity : 65536;
            capacity = capacity > room ? room : capacity;
            char *grown = realloc(bytes, capacity);
            if (!grown) {
                free(bytes);
                return -ENOMEM;
            }
            bytes = grown;
        }
        const ssize_t got = read(fd, bytes + size, capacity - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            const int code = -errno;
            free(bytes);
            return code;
        }
        size += (size_t)got;
        if (got == 0 || size == room)
            break;
    }
    *ret = bytes;
    *ret_size = size;
    return 0;
}

static bool is_blank(const char *bytes, size_t size)
{
    size_t at = 0;

    while (at < size && bytes[at] && strchr(" \t\r\n", bytes[at]))
        at++;
    return at == size;
}

int ims_roster_read(struct ims_roster *roster, const char *path, struct ims_error *reterr)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    const char *shown = is_stdin ? "standard input" : path;
    const int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                            : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char *bytes = NULL;
    size_t size = 0;

    int r = fd < 0 ? -errno : read_all(fd, &bytes, &size);
    if (fd >= 0)
        close(fd);
    if (r < 0)
        return ims_error_set_at(reterr, r, shown, 0, 0, "cannot read it: %s", strerror(-r));
    /* What a command that failed left in a pipe must not pass for a plan that gives nothing away. */
    if (is_blank(bytes, size))
        r = ims_error_set_at(reterr, -EBADMSG, shown, 0, 0, "it is empty, so there is no plan");
    else
        r = ims_roster_parse(roster, shown, bytes, size, reterr);
    free(bytes);
    return r;
}

/* ---- the list ---- */

uint32_t ims_roster_owner_count(const struct ims_roster *roster)
{
    return roster->owner_count;
}

const struct ims_roster_owner *ims_roster_owner(const struct ims_roster *roster, uint32_t index)
{
    return index < roster->owner_count ? &roster->owners[index] : NULL;
}

uint32_t ims_roster_count(const struct ims_roster *roster)
{
    return roster->count;
}

const struct ims_roster_entry *ims_roster_at(const struct ims_roster *roster, uint32_t index)
{
    return index < roster->count ? &roster->entries[index] : NULL;
}
