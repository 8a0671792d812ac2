/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <expat.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "source/roster.h"

/*
 * XML of a libvirt domain: as virsh dumpxml prints it, and inside of status files and snapshots.
 * A document type is refused, so that there are no entities but the five of XML; expat loads nothing.
 */

#define DEPTH_MAX 64u
#define NAME_MAX_BYTES 255u

enum tag {
    TAG_OTHER = 0,
    TAG_DOMAIN,
    TAG_NAME,
    TAG_DEVICES,
    TAG_HOSTDEV,   /* <hostdev mode='subsystem' type='pci'> */
    TAG_INTERFACE, /* <interface>, and <actual type='hostdev'> in it */
    TAG_DISK,      /* <disk type='nvme'>: QEMU drives the function itself */
    TAG_SOURCE,
    TAG_ADDRESS,
    TAG_COMMANDLINE, /* <qemu:commandline>: options that libvirt passes on */
    TAG_ARG,
};

struct reader {
    XML_Parser parser;
    struct ims_roster *roster;
    struct ims_error *reterr;
    int error;
    enum tag tags[DEPTH_MAX];
    unsigned depth;
    bool in_domain;
    unsigned domain_depth; /* of the element <domain> */
    uint32_t first;        /* entries from here on are of this domain */
    char name[NAME_MAX_BYTES + 1];
    size_t name_length;
    bool given;   /* the device at hand has named its function */
    char *option; /* of <qemu:arg>: what the next value belongs to; in the roster's arena */
    bool any;
};

static unsigned line_of(const struct reader *reader)
{
    return (unsigned)XML_GetCurrentLineNumber(reader->parser);
}

static void stop(struct reader *reader, int code)
{
    if (!reader->error)
        reader->error = code;
    XML_StopParser(reader->parser, XML_FALSE);
}

static const char *attribute(const char **attributes, const char *name)
{
    for (; attributes[0]; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}

static bool has(const char **attributes, const char *name, const char *value)
{
    const char *found = attribute(attributes, name);

    return found && strcmp(found, value) == 0;
}

/* The tag of the element that is count levels above the innermost one. */
static enum tag above(const struct reader *reader, unsigned count)
{
    return reader->depth > count ? reader->tags[reader->depth - 1 - count] : TAG_OTHER;
}

/* Elements have a meaning in their place only: metadata may hold anything. */
static enum tag tag_of(const struct reader *reader, const char *name, const char **attributes)
{
    const char *colon = strrchr(name, ':');
    const char *local = colon ? colon + 1 : name;
    const enum tag parent = above(reader, 0);

    if (!reader->in_domain)
        return strcmp(name, "domain") == 0 ? TAG_DOMAIN : TAG_OTHER;
    switch (parent) {
    case TAG_DOMAIN:
        if (strcmp(name, "name") == 0)
            return TAG_NAME;
        if (strcmp(name, "devices") == 0)
            return TAG_DEVICES;
        return colon && strcmp(local, "commandline") == 0 ? TAG_COMMANDLINE : TAG_OTHER;
    case TAG_DEVICES:
        if (strcmp(name, "hostdev") == 0 && has(attributes, "type", "pci") &&
            !has(attributes, "mode", "capabilities"))
            return TAG_HOSTDEV;
        if (strcmp(name, "disk") == 0 && has(attributes, "type", "nvme"))
            return TAG_DISK;
        /* Only those of type hostdev have an address in <source>. */
        return strcmp(name, "interface") == 0 ? TAG_INTERFACE : TAG_OTHER;
    case TAG_INTERFACE:
        if (strcmp(name, "actual") == 0)
            return has(attributes, "type", "hostdev") ? TAG_INTERFACE : TAG_OTHER;
        return strcmp(name, "source") == 0 ? TAG_SOURCE : TAG_OTHER;
    case TAG_HOSTDEV:
    case TAG_DISK:
        return strcmp(name, "source") == 0 ? TAG_SOURCE : TAG_OTHER;
    case TAG_SOURCE:
        return strcmp(name, "address") == 0 &&
                       (!attribute(attributes, "type") || has(attributes, "type", "pci"))
                   ? TAG_ADDRESS
                   : TAG_OTHER;
    case TAG_COMMANDLINE:
        return strcmp(local, "arg") == 0 ? TAG_ARG : TAG_OTHER;
    default:
        return TAG_OTHER;
    }
}

/* ---- addresses ---- */

/* "0x1f", "31" or, as in C, "037"; a missing one is 0. */
static bool read_number(const char *text, uint64_t max, uint64_t *ret)
{
    const size_t length = text ? strlen(text) : 0;

    *ret = 0;
    if (!text)
        return true;
    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return ims_number_hex(text + 2, length - 2, max, ret) == 0;
    if (length > 1 && text[0] == '0') {
        for (size_t i = 1; i < length; i++) {
            if (text[i] < '0' || text[i] > '7' || *ret > max)
                return false;
            *ret = *ret * 8 + (uint64_t)(text[i] - '0');
        }
        return *ret <= max;
    }
    return ims_number_decimal(text, length, max, ret) == 0;
}

static int read_address(struct reader *reader, const char **attributes)
{
    struct ims_roster_entry entry = {.known = true, .line = line_of(reader)};
    uint64_t segment, bus, device, function;

    if (!attribute(attributes, "bus") || !attribute(attributes, "slot") ||
        !read_number(attribute(attributes, "domain"), UINT32_MAX, &segment) ||
        !read_number(attribute(attributes, "bus"), 0xff, &bus) ||
        !read_number(attribute(attributes, "slot"), 0x1f, &device) ||
        !read_number(attribute(attributes, "function"), 7, &function))
        return ims_roster_bad(reader->roster, reader->reterr, entry.line,
                              "this is no address of a PCI function (domain, bus, slot, function)");
    entry.address =
        (struct ims_address){(uint32_t)segment, (uint8_t)bus, IMS_DEVFN(device, function)};
    reader->given = true;
    return ims_roster_add(reader->roster, &entry, reader->reterr);
}

/* ---- <qemu:arg value='-device'/> <qemu:arg value='vfio-pci,host=01:00.0'/> ---- */

static int read_argument(struct reader *reader, const char *value)
{
    struct ims_qemu_guest guest = {.roster = reader->roster,
                                   .first = reader->first,
                                   .line = line_of(reader),
                                   .reterr = reader->reterr};
    int r = 0;

    if (!value)
        return 0;
    if (reader->option)
        r = ims_roster_qemu_option(&guest, reader->option, value);
    reader->option = NULL;
    if (r == 0 && value[0] == '-') {
        value += value[1] == '-' ? 2 : 1;
        reader->option = ims_arena_strndup(&reader->roster->arena, value, strlen(value));
        r = reader->option ? 0 : -ENOMEM;
    }
    return r == -ENOMEM ? ims_error_set(reader->reterr, r, "out of memory") : r;
}

/* ---- elements ---- */

static void begin_domain(struct reader *reader)
{
    reader->in_domain = true;
    reader->any = true;
    reader->domain_depth = reader->depth;
    reader->first = reader->roster->count;
    reader->name_length = 0;
    reader->option = NULL;
}

static void XMLCALL on_start(void *data, const char *name, const char **attributes)
{
    struct reader *reader = data;
    int r = 0;

    if (reader->depth == DEPTH_MAX) {
        stop(reader, ims_roster_bad(reader->roster, reader->reterr, line_of(reader),
                                    "elements are nested more than %u times", DEPTH_MAX));
        return;
    }
    const enum tag tag = tag_of(reader, name, attributes);
    reader->tags[reader->depth++] = tag;
    switch (tag) {
    case TAG_DOMAIN:
        begin_domain(reader);
        break;
    case TAG_HOSTDEV:
    case TAG_DISK:
        reader->given = false;
        break;
    case TAG_ADDRESS:
        r = read_address(reader, attributes);
        break;
    case TAG_ARG:
        r = read_argument(reader, attribute(attributes, "value"));
        break;
    default:
        break;
    }
    if (r < 0)
        stop(reader, r);
}

static int end_domain(struct reader *reader)
{
    const char *name = reader->name;
    size_t length = reader->name_length;
    uint32_t owner;

    while (length > 0 && strchr(" \t\r\n", name[length - 1]))
        length--;
    while (length > 0 && strchr(" \t\r\n", *name)) {
        name++;
        length--;
    }
    reader->in_domain = false;
    if (length == 0)
        return ims_roster_bad(reader->roster, reader->reterr, line_of(reader),
                              "the domain has no name");
    if (ims_roster_owner_get(reader->roster, name, length, false, &owner) < 0)
        return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
    for (uint32_t i = reader->first; i < reader->roster->count; i++)
        reader->roster->entries[i].owner = owner;
    return 0;
}

static void XMLCALL on_end(void *data, const char *name)
{
    struct reader *reader = data;
    const enum tag tag = above(reader, 0);
    int r = 0;

    (void)name;
    reader->depth--;
    if (tag == TAG_DOMAIN)
        r = end_domain(reader);
    else if ((tag == TAG_HOSTDEV || tag == TAG_DISK) && !reader->given)
        r = ims_roster_bad(reader->roster, reader->reterr, line_of(reader),
                           "the device has no <source> with the address of a PCI function");
    if (r < 0)
        stop(reader, r);
}

static void XMLCALL on_text(void *data, const char *text, int length)
{
    struct reader *reader = data;

    if (above(reader, 0) != TAG_NAME)
        return;
    if ((size_t)length > NAME_MAX_BYTES - reader->name_length) {
        stop(reader, ims_roster_bad(reader->roster, reader->reterr, line_of(reader),
                                    "the name is longer than %u bytes", NAME_MAX_BYTES));
        return;
    }
    memcpy(reader->name + reader->name_length, text, (size_t)length);
    reader->name_length += (size_t)length;
}

static void XMLCALL on_doctype(void *data, const char *name, const char *system_id,
                               const char *public_id, int has_internal)
{
    struct reader *reader = data;

    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal;
    stop(reader, ims_roster_bad(reader->roster, reader->reterr, line_of(reader),
                                "a document type is not taken: no XML of libvirt has one"));
}

int ims_roster_xml(struct ims_roster *roster, const char *bytes, size_t size_bytes,
                   struct ims_error *reterr)
{
    struct reader reader = {.parser = XML_ParserCreate(NULL), .roster = roster, .reterr = reterr};
    int r = 0;

    if (!reader.parser)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
    if (XML_Parse(reader.parser, bytes, (int)size_bytes, 1) != XML_STATUS_OK) {
        const enum XML_Error code = XML_GetErrorCode(reader.parser);

        r = reader.error;
        if (r == 0)
            r = code == XML_ERROR_NO_MEMORY
                    ? ims_error_set(reterr, -ENOMEM, "out of memory")
                    : ims_roster_bad(roster, reterr, line_of(&reader), "the XML is damaged: %s",
                                     XML_ErrorString(code));
    } else if (!reader.any) {
        r = ims_roster_bad(roster, reterr, 0, "this XML holds no <domain> of libvirt");
    }
    XML_ParserFree(reader.parser);
    return r;
}
