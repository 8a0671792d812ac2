/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/number.h"
#include "source/reader.h"
#include "source/text.h"

static bool is_alnum(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

/* Skips list marks ("- ", "* ", tree lines in UTF-8) up to a letter, a digit or a bracket. */
static const char *skip_marks(const char *text)
{
    while (*text && !is_alnum(*text) && *text != '[' && *text != '/')
        text++;
    return text;
}

/* Skips "[8086:1901]", "[RESET]"; an id among them is kept. */
static const char *skip_brackets(const char *text, struct ims_id *id, bool *has_id)
{
    for (int i = 0; i < 8 && *text == '['; i++) {
        uint64_t vendor;
        uint64_t device;
        const char *close = strchr(text, ']');
        if (!close || close - text > 24)
            return text;
        if (ims_word_hex(text + 1, &vendor) == 4 && text[5] == ':' &&
            ims_word_hex(text + 6, &device) == 4 && text[10] == ']') {
            *id = (struct ims_id){.vendor = (uint16_t)vendor, .device = (uint16_t)device};
            *has_id = true;
        }
        text = skip_marks(close + 1);
    }
    return text;
}

static int state_member(struct ims_text_reader *reader, struct ims_address address, uint32_t number,
                        const struct ims_id *id, unsigned line)
{
    int r = ims_text_group(reader, address, number, IMS_KIND_LIST_GROUPS, line);
    if (r < 0 || !id || reader->groups_only)
        return r;
    uint32_t index;
    r = ims_text_function_get(reader, address, line, &index);
    return r < 0 ? r : ims_text_id(reader, index, *id);
}

/*
 * "[8086:1901] 0000:00:01.0 PCI bridge: ..." as a member of group number; also several bare
 * addresses. Returns 1 when there was one, 0 when not, or a negative errno.
 */
static int read_members(struct ims_text_reader *reader, const char *text, uint32_t number,
                        unsigned line, struct ims_address *ret_last, const char **ret_rest)
{
    struct ims_id id = {0};
    bool has_id = false;
    int found = 0;

    text = skip_brackets(skip_marks(text), &id, &has_id);
    if (strncasecmp(text, "device", 6) == 0 && (text[6] == ' ' || text[6] == ':'))
        text = skip_marks(text + 7);
    for (;;) {
        struct ims_address address;
        const size_t length = ims_word_address(text, &address);
        if (!length)
            return found;
        int r = state_member(reader, address, number, has_id ? &id : NULL, line);
        if (r < 0)
            return r;
        found = 1;
        has_id = false;
        *ret_last = address;
        *ret_rest = text;
        text = ims_word_blanks(text + length);
    }
}

/*
 * "IOMMU Group 1", "iommu_group: 1", "Group #1" and marks before it. Returns the text behind the
 * number, NULL when this is none.
 */
static const char *read_heading(const char *text, uint32_t *ret)
{
    text = skip_marks(text);
    if (strncasecmp(text, "iommu", 5) == 0) {
        text += 5;
        while (*text == ' ' || *text == '_' || *text == '-')
            text++;
    }
    if (strncasecmp(text, "group", 5) != 0)
        return NULL;
    text += 5;
    while (*text == ' ' || *text == '\t' || *text == ':' || *text == '#' || *text == '=')
        text++;
    const size_t digits = ims_word_decimal(text, ret);
    if (!digits || is_alnum(text[digits]))
        return NULL;
    return text + digits;
}

static void set_heading(struct ims_text_reader *reader, uint32_t number)
{
    reader->heading = (struct ims_group_heading){.active = true, .number = number};
}

/* The last address in text before end. */
static bool find_address_before(const char *text, const char *end, struct ims_address *ret)
{
    bool found = false;

    for (const char *at = text; at < end; at++) {
        if (ims_number_hex_digit(*at) < 0 || (at > text && is_alnum(at[-1])))
            continue;
        struct ims_address address;
        if (ims_word_address(at, &address)) {
            *ret = address;
            found = true;
        }
    }
    return found;
}

/* A path that holds "iommu_groups/N": "find", "ls -l" and "readlink" print such. */
static int read_path(struct ims_text_reader *reader, const char *text, const char *at,
                     unsigned line)
{
    struct ims_address address;
    uint32_t number;

    at += strlen("iommu_groups/");
    const size_t digits = ims_word_decimal(at, &number);
    if (!digits)
        return 0;
    const char *rest = at + digits;
    if (strncmp(rest, "/devices/", 9) == 0) {
        if (!ims_word_address(rest + 9, &address))
            return 1; /* not a PCI function */
        int r = state_member(reader, address, number, NULL, line);
        return r < 0 ? r : 1;
    }
    if (find_address_before(text, at, &address)) {
        int r = state_member(reader, address, number, NULL, line);
        return r < 0 ? r : 1;
    }
    if (*rest == ':' || *rest == '\0' || strncmp(rest, "/devices", 8) == 0)
        set_heading(reader, number);
    return 1;
}

/* Whether a line below an empty line still belongs to the heading above it. */
static bool still_below(const struct ims_group_heading *heading, const struct ims_line *line,
                        const char *text)
{
    struct ims_address address;

    if (heading->same_line)
        return !heading->weak && line->indent > heading->indent;
    if (!heading->weak)
        return true;
    /* A loop over "lspci -v" leaves empty lines; a plain list that follows starts again at 00:00. */
    return heading->has_member && line->indent == heading->indent &&
           ims_word_address(text, &address) && ims_address_compare(address, heading->member) > 0;
}

static int read_below_heading(struct ims_text_reader *reader, const struct ims_line *line,
                              const char **ret_rest)
{
    struct ims_group_heading *heading = &reader->heading;
    const char *text = line->text;
    const char *rest = NULL;
    struct ims_address last;

    if (strncmp(text, "total ", 6) == 0) /* from "ls -l" */
        return 1;
    /* "lrwxrwxrwx ... 0000:00:01.0 -> ../../../devices/pci0000:00/0000:00:01.0" */
    const char *arrow = strstr(text, " -> ");
    if (arrow) {
        if (!find_address_before(text, arrow, &last))
            return 0;
        int r = state_member(reader, last, heading->number, NULL, line->number);
        return r < 0 ? r : 1;
    }
    const char *member = skip_marks(text);
    if (!still_below(heading, line, member)) {
        heading->active = false;
        return 0;
    }
    if (*member != '[' && ims_number_hex_digit(*member) < 0)
        return 0;
    int r = read_members(reader, member, heading->number, line->number, &last, &rest);
    if (r > 0) {
        heading->has_member = true;
        heading->weak = false;
        if (!heading->same_line)
            heading->indent = line->indent;
        heading->member = last;
        *ret_rest = rest;
    }
    return r;
}

int ims_group_line(struct ims_text_reader *reader, const struct ims_line *line,
                   const char **ret_rest)
{
    const char *text = line->text;
    struct ims_address last;
    uint32_t number;

    *ret_rest = NULL;
    const char *path = strstr(text, "iommu_groups/");
    if (path) {
        int r = read_path(reader, text, path, line->number);
        if (r)
            return r;
    }
    /* Inside lspci's own text "IOMMU group: N" is a property of the function. */
    if (!(reader->block.open && reader->block.verbose && strncmp(text, "IOMMU group:", 12) == 0)) {
        const char *rest = read_heading(text, &number);
        if (rest) {
            const char *members = skip_marks(rest);
            const char *from = NULL;
            int r = read_members(reader, members, number, line->number, &last, &from);
            if (r) {
                set_heading(reader, number);
                reader->heading.same_line = true;
                reader->heading.indent = line->indent;
                *ret_rest = from;
                return r;
            }
            if (*members == '\0') {
                set_heading(reader, number);
                return 1;
            }
        }
    }
    return reader->heading.active ? read_below_heading(reader, line, ret_rest) : 0;
}

void ims_group_blank(struct ims_text_reader *reader)
{
    reader->heading.weak = true;
}

/* Groups are stated completely: who is in none of them has none. */
static void state_the_rest(struct ims_text_reader *reader)
{
    const uint32_t count = ims_builder_count(reader->builder);

    for (uint32_t i = 0; i < count; i++) {
        struct ims_record *record = ims_builder_at(reader->builder, i);
        if (record->group_state == IMS_GROUP_UNKNOWN)
            record->group_state = IMS_GROUP_NONE;
    }
}

int ims_groups_read(struct ims_builder *builder, FILE *stream, const char *path,
                    struct ims_error *reterr)
{
    struct ims_text_reader reader = {
        .builder = builder, .path = path, .reterr = reterr, .groups_only = true};

    int r = ims_text_lines(&reader, stream);
    if (r == 0 && !(reader.kinds & IMS_KIND_GROUPS))
        r = ims_error_set_at(reterr, -EBADMSG, path, 0, 0,
                             "no IOMMU group in this text: expected kernel log lines (\"Adding to "
                             "iommu group N\") or lines like \"IOMMU Group N ADDRESS ...\"");
    if (r == 0) {
        struct ims_machine *machine = ims_builder_machine(builder);
        machine->groups_stated = IMS_YES;
        machine->iommu_on = IMS_YES;
        state_the_rest(&reader);
    }
    ims_text_reader_done(&reader);
    return r;
}
