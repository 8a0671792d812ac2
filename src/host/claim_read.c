/* SPDX-License-Identifier: MIT */
/*
 * Reading a claim back. It decides which device is taken from the host before anybody is there to
 * ask, so that whatever is not exactly as it is written is refused, with the line.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/number.h"
#include "host/claim_file.h"
#include "ownership/identity.h"

#define LINE_MAX_BYTES 512u

/* Which facts of the present member were stated. */
enum seen {
    SEEN_ADDRESS = 1 << 0,
    SEEN_ID = 1 << 1,
    SEEN_SUBSYSTEM = 1 << 2,
    SEEN_CLASS = 1 << 3,
    SEEN_SERIAL = 1 << 4,
    SEEN_SLOT = 1 << 5,
    SEEN_DRIVER = 1 << 6,
    SEEN_INTERCONNECT = 1 << 7,
    SEEN_WANTED = 1 << 8,
    SEEN_LOST = 1 << 9,
    SEEN_COMPANIONS = 1 << 10,
    SEEN_ACCESS = 1 << 11,
};
#define SEEN_MUST (SEEN_ADDRESS | SEEN_ID | SEEN_SUBSYSTEM | SEEN_CLASS | SEEN_SERIAL)

struct reader {
    const char *file;
    unsigned line;
    unsigned seen;
    bool has_head;
    bool has_end;
    struct ims_claim *claim;
    uint32_t capacity;
    struct ims_error *reterr;
};

static int refuse(const struct reader *reader, const char *format, ...) IMS_PRINTF(2, 3);

static int refuse(const struct reader *reader, const char *format, ...)
{
    char text[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return ims_error_set_at(reader->reterr, -EBADMSG, reader->file, reader->line, 0, "%s", text);
}

/* ---- values ---- */

static bool read_id(const char *text, struct ims_id *ret)
{
    uint64_t vendor;
    uint64_t device;

    if (strlen(text) != 9 || text[4] != ':' || ims_number_hex(text, 4, 0xffff, &vendor) < 0 ||
        ims_number_hex(text + 5, 4, 0xffff, &device) < 0)
        return false;
    *ret = (struct ims_id){(uint16_t)vendor, (uint16_t)device};
    return true;
}

static bool is_driver(const char *text)
{
    const size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_-");
    return length > 0 && length < IMS_CLAIM_WORD_SIZE && text[length] == '\0';
}

/* "/1c.4" or "/vf3"; returns its length, 0 for anything else. */
static size_t hop_length(const char *text, bool *ret_is_vf)
{
    const size_t length = text[0] == '/' ? 1 + strcspn(text + 1, "/") : 0;
    uint64_t number;

    *ret_is_vf = length > 3 && text[1] == 'v' && text[2] == 'f';
    if (*ret_is_vf)
        return ims_number_decimal(text + 3, length - 3, 65535, &number) == 0 ? length : 0;
    return length == 5 && text[3] == '.' && ims_number_hex(text + 1, 2, 0x1f, &number) == 0 &&
                   ims_number_hex(text + 4, 1, 7, &number) == 0
               ? length
               : 0;
}

static bool is_path(const char *text)
{
    const char *colon = strchr(text, ':');
    bool is_vf = false;
    uint64_t number;
    unsigned hops = 0;

    if (strlen(text) >= IMS_PATH_SIZE || !colon || colon - text < 4 || strlen(colon) < 3 ||
        ims_number_hex(text, (size_t)(colon - text), UINT32_MAX, &number) < 0 ||
        ims_number_hex(colon + 1, 2, 0xff, &number) < 0)
        return false;
    for (const char *at = colon + 3; *at; hops++) {
        const size_t length = is_vf ? 0 : hop_length(at, &is_vf);

        if (length == 0 || (is_vf && hops == 0))
            return false;
        at += length;
    }
    return hops > 0;
}

static bool is_slot(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return *text && strlen(text) < IMS_SLOT_SIZE;
}

/* ---- lines ---- */

static int once(struct reader *reader, unsigned what, const char *key)
{
    if (reader->seen & what)
        return refuse(reader, "%s is stated twice", key);
    reader->seen |= what;
    return 0;
}

static int end_member(struct reader *reader)
{
    if (reader->claim->member_count > 0 && (reader->seen & SEEN_MUST) != SEEN_MUST)
        return refuse(reader,
                      "the member before lacks its address, id, subsystem, class or serial");
    return 0;
}

static int begin_member(struct reader *reader, const char *path)
{
    struct ims_claim *claim = reader->claim;
    int r = end_member(reader);

    if (r < 0)
        return r;
    if (!is_path(path))
        return refuse(reader, "this is no path SSSS:BB/DD.F/...");
    if (claim->member_count > 0 &&
        strcmp(claim->members[claim->member_count - 1].identity.path, path) >= 0)
        return refuse(reader, "members are sorted by their paths, and none stands twice");
    if (claim->member_count == IMS_CLAIM_MEMBERS_MAX)
        return refuse(reader, "no group has so many members");
    struct ims_claim_member *grown =
        ims_array_grow(claim->members, &reader->capacity, claim->member_count + 1, sizeof(*grown));
    if (!grown)
        return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
    claim->members = grown;
    grown[claim->member_count] = (struct ims_claim_member){0};
    snprintf(grown[claim->member_count].identity.path, IMS_PATH_SIZE, "%s", path);
    claim->member_count++;
    reader->seen = 0;
    return 0;
}

static int take_serial(struct reader *reader, const char *value, struct ims_identity *identity)
{
    identity->has_serial = IMS_NO;
    if (strcmp(value, "none") == 0)
        return 0;
    identity->has_serial = IMS_YES;
    if (ims_serial_parse(value, &identity->serial) < 0 || identity->serial == 0 ||
        identity->serial == UINT64_MAX)
        return refuse(reader, "this is no serial number XX-XX-XX-XX-XX-XX-XX-XX, nor none");
    return 0;
}

static int take_identity(struct reader *reader, const char *key, const char *value,
                         struct ims_identity *identity)
{
    uint64_t number = 0;
    int r;

    if (strcmp(key, "address") == 0) {
        r = once(reader, SEEN_ADDRESS, key);
        return r == 0 && ims_address_parse(value, &identity->address) < 0
                   ? refuse(reader, "this is no address SSSS:BB:DD.F")
                   : r;
    }
    if (strcmp(key, "id") == 0 || strcmp(key, "subsystem") == 0) {
        const bool is_id = key[0] == 'i';

        r = once(reader, is_id ? SEEN_ID : SEEN_SUBSYSTEM, key);
        return r == 0 && !read_id(value, is_id ? &identity->id : &identity->subsystem)
                   ? refuse(reader, "this is no id VVVV:DDDD")
                   : r;
    }
    if (strcmp(key, "class") == 0) {
        r = once(reader, SEEN_CLASS, key);
        if (r == 0 && (strlen(value) != 6 || ims_number_hex(value, 6, 0xffffff, &number) < 0))
            r = refuse(reader, "this is no class of six digits");
        identity->class_code = (uint32_t)number;
        return r;
    }
    if (strcmp(key, "serial") == 0) {
        r = once(reader, SEEN_SERIAL, key);
        return r == 0 ? take_serial(reader, value, identity) : r;
    }
    return 1;
}

static int take_flag(struct reader *reader, const char *key, const char *value,
                     struct ims_claim_member *member)
{
    static const struct {
        const char *key;
        unsigned seen;
    } flags[] = {
        {"interconnect", SEEN_INTERCONNECT}, {"wanted", SEEN_WANTED}, {"may-be-lost", SEEN_LOST}};

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(key, flags[i].key) != 0)
            continue;
        const int r =
            *value ? refuse(reader, "%s takes no value", key) : once(reader, flags[i].seen, key);

        member->interconnect |= flags[i].seen == SEEN_INTERCONNECT;
        member->wanted |= flags[i].seen == SEEN_WANTED;
        member->may_be_lost |= flags[i].seen == SEEN_LOST;
        return r;
    }
    return refuse(reader, "'%.40s' is no fact of a member", key);
}

static int take_member_fact(struct reader *reader, const char *key, const char *value)
{
    struct ims_claim_member *member = &reader->claim->members[reader->claim->member_count - 1];
    int r = take_identity(reader, key, value, &member->identity);

    if (r <= 0)
        return r;
    if (strcmp(key, "slot") == 0) {
        r = once(reader, SEEN_SLOT, key);
        if (r == 0 && !is_slot(value))
            r = refuse(reader, "this is no name of a slot");
        if (r == 0)
            snprintf(member->identity.slot, sizeof(member->identity.slot), "%s", value);
        return r;
    }
    if (strcmp(key, "driver") == 0) {
        r = once(reader, SEEN_DRIVER, key);
        if (r == 0 && !is_driver(value))
            r = refuse(reader, "this is no name of a driver");
        if (r == 0)
            snprintf(member->driver, sizeof(member->driver), "%s", value);
        return r;
    }
    return take_flag(reader, key, value, member);
}

static int take_access(struct reader *reader, const char *value)
{
    const char *name = strchr(value, ' ');
    const bool is_user = name && strncmp(value, "user ", 5) == 0;
    const int r = once(reader, SEEN_ACCESS, "access");

    if (r < 0)
        return r;
    if (!name || (!is_user && strncmp(value, "group ", 6) != 0) ||
        !ims_access_name_is_valid(name + 1))
        return refuse(reader, "access is for 'user NAME' or 'group NAME'");
    reader->claim->access = is_user ? IMS_ACCESS_USER : IMS_ACCESS_GROUP;
    snprintf(reader->claim->access_name, sizeof(reader->claim->access_name), "%s", name + 1);
    return 0;
}

/* What stands before the first member. */
static int take_head(struct reader *reader, const char *key, const char *value)
{
    struct ims_claim *claim = reader->claim;
    int r;

    if (!reader->has_head) {
        if (strcmp(key, "iommuscope-claim") != 0)
            return refuse(reader, "a claim begins with 'iommuscope-claim 1'");
        if (strcmp(value, "1") != 0)
            return refuse(reader, "claims of version '%.20s' are not known here", value);
        reader->has_head = true;
        return 0;
    }
    if (strcmp(key, "access") == 0)
        return take_access(reader, value);
    if (strcmp(key, "companions") == 0) {
        r = once(reader, SEEN_COMPANIONS, key);
        if (r == 0 && strcmp(value, "vfio") == 0)
            claim->companions = IMS_COMPANIONS_VFIO;
        else if (r == 0 && strcmp(value, "stub") == 0)
            claim->companions = IMS_COMPANIONS_STUB;
        else if (r == 0 && strcmp(value, "auto") != 0)
            r = refuse(reader, "companions are auto, vfio or stub");
        return r;
    }
    if (strcmp(key, "driver") == 0) {
        r = once(reader, SEEN_DRIVER, key);
        if (r == 0 && !is_driver(value))
            r = refuse(reader, "this is no name of a driver");
        if (r == 0)
            snprintf(claim->driver, sizeof(claim->driver), "%s", value);
        return r;
    }
    return refuse(reader, "'%.40s' is no fact of a claim", key);
}

static int take_line(struct reader *reader, char *line)
{
    char *key = line + strspn(line, " \t");
    char *value;

    for (char *end = key + strlen(key); end > key && strchr(" \t\r", end[-1]); end--)
        end[-1] = '\0';
    if (*key == '\0' || *key == '#')
        return 0;
    if (reader->has_end)
        return refuse(reader, "something stands behind the end");
    value = key + strcspn(key, " \t");
    if (*value)
        *value++ = '\0';
    value += strspn(value, " \t");
    if (reader->has_head && strcmp(key, "member") == 0)
        return begin_member(reader, value);
    if (reader->has_head && strcmp(key, "end") == 0) {
        reader->has_end = true;
        if (*value)
            return refuse(reader, "something stands behind the end");
        return reader->claim->member_count ? end_member(reader)
                                           : refuse(reader, "the claim has no member");
    }
    return reader->claim->member_count > 0 ? take_member_fact(reader, key, value)
                                           : take_head(reader, key, value);
}

int ims_claim_read(const char *text, size_t length, const char *file, struct ims_claim *ret,
                   struct ims_error *reterr)
{
    struct ims_claim claim = {0};
    struct reader reader = {.file = file, .claim = &claim, .reterr = reterr};
    char line[LINE_MAX_BYTES];
    int r = length > IMS_CLAIM_FILE_MAX_BYTES ? refuse(&reader, "this is too long for a claim") : 0;

    for (size_t at = 0; r == 0 && at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        const size_t size = end ? (size_t)(end - text) - at : length - at;

        reader.line++;
        if (size >= sizeof(line) || memchr(text + at, '\0', size)) {
            r = refuse(&reader, "this is no line of a claim");
            break;
        }
        memcpy(line, text + at, size);
        line[size] = '\0';
        r = take_line(&reader, line);
        at += size + 1;
    }
    if (r == 0 && !reader.has_end)
        r = refuse(&reader, "it has no end: the file was cut");
    if (r < 0)
        ims_claim_done(&claim);
    else
        *ret = claim;
    return r;
}
