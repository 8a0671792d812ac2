/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/number.h"
#include "source/text.h"

#define RESOURCE_IO 0x100u
#define RESOURCE_MEMORY 0x200u
#define RESOURCE_PREFETCH 0x2000u
#define RESOURCE_MEMORY_64 0x100000u

/* Skips "<6>", "[    0.123456]", "[   T1]", "[Mon Nov 23 ...]", and syslog's words before "kernel: ". */
static const char *skip_stamp(const char *text)
{
    if (*text != '[' && *text != '<') {
        const char *kernel = strstr(text, "kernel: ");
        /* The host name and the date stand before it; a long way off it is part of a message. */
        if (!kernel || kernel - text > 120)
            return text;
        text = kernel + strlen("kernel: ");
    }
    for (int i = 0; i < 4; i++) {
        text = ims_word_blanks(text);
        if (*text == '<' && text[1] >= '0' && text[1] <= '9') {
            const char *end = strchr(text, '>');
            if (!end || end - text > 5)
                return text;
            text = end + 1;
        } else if (*text == '[') {
            /* A time, a date or a thread ("T1", "C0"); "[8086:1901]" is an id. */
            const size_t length = strcspn(text, "]");
            if (text[length] != ']' || length > 40 || (length == 10 && text[5] == ':'))
                return text;
            text += length + 1;
        } else {
            break;
        }
    }
    return text;
}

/* The words that newer kernels append to the enumeration line. */
static bool read_type_words(const char *text, enum ims_port_type *ret)
{
    static const struct {
        const char *words;
        enum ims_port_type type;
    } types[] = {
        {"PCIe Endpoint", IMS_PORT_ENDPOINT},
        {"PCIe Legacy Endpoint", IMS_PORT_LEGACY_ENDPOINT},
        {"PCIe Root Port", IMS_PORT_ROOT},
        {"PCIe Switch Upstream Port", IMS_PORT_UPSTREAM},
        {"PCIe Switch Downstream Port", IMS_PORT_DOWNSTREAM},
        {"PCIe to PCI/PCI-X bridge", IMS_PORT_PCIE_TO_PCI_BRIDGE},
        {"PCI/PCI-X to PCIe bridge", IMS_PORT_PCI_TO_PCIE_BRIDGE},
        {"PCIe Root Complex Integrated Endpoint", IMS_PORT_RC_ENDPOINT},
        {"PCIe Root Complex Event Collector", IMS_PORT_RC_EVENT_COLLECTOR},
        {"conventional PCI", IMS_PORT_CONVENTIONAL},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strncmp(text, types[i].words, strlen(types[i].words)) == 0) {
            *ret = types[i].type;
            return true;
        }
    }
    return false;
}

/* "[8086:a110] type 01 class 0x060400 PCIe Root Port" */
static int read_enumeration(struct ims_text_reader *reader, struct ims_address address,
                            const char *text, unsigned line)
{
    uint64_t vendor;
    uint64_t device;
    uint64_t type;
    uint64_t code;
    uint32_t index;

    if (*text++ != '[' || ims_word_hex(text, &vendor) != 4 || text[4] != ':' ||
        ims_word_hex(text + 5, &device) != 4 || text[9] != ']')
        return 0;
    text = ims_word_blanks(text + 10);
    if (!ims_word_skip(&text, "type") || ims_word_hex(text, &type) != 2)
        return 0;
    text = ims_word_blanks(text + 2);
    if (!ims_word_skip(&text, "class") || !ims_word_skip(&text, "0x") ||
        ims_word_hex(text, &code) != 6)
        return 0;
    text = ims_word_blanks(text + 6);

    int r = ims_text_function_get(reader, address, line, &index);
    if (r < 0)
        return r;
    reader->functions[index].seen |= IMS_SEEN_LOG;
    reader->kinds |= IMS_KIND_LOG;
    r = ims_text_id(reader, index,
                    (struct ims_id){.vendor = (uint16_t)vendor, .device = (uint16_t)device});
    if (r == 0)
        r = ims_text_state(reader, index, 0x0e, (uint32_t)type, 0x7f, 1);
    if (r == 0)
        r = ims_text_state(reader, index, 0x08, (uint32_t)code << 8, 0xffffff00u, 4);
    if (r < 0)
        return r;
    ims_text_class(reader, index, (uint32_t)code, 0xffffff);

    struct ims_record *record = ims_text_record(reader, index);
    if (!record->port_type_stated)
        record->port_type_stated = read_type_words(text, &record->port_type);
    return 1;
}

/* "PCI bridge to [bus 01-05]" */
static int read_bridge(struct ims_text_reader *reader, struct ims_address address, const char *text,
                       unsigned line)
{
    uint64_t secondary;
    uint64_t subordinate;
    uint32_t index;

    if (!ims_word_skip(&text, "[bus ") || ims_word_hex(text, &secondary) != 2)
        return 1;
    if (text[2] == ']')
        subordinate = secondary;
    else if (text[2] != '-' || ims_word_hex(text + 3, &subordinate) != 2)
        return 1;
    int r = ims_text_function_get(reader, address, line, &index);
    if (r < 0)
        return r;
    /* lspci shows the registers themselves; what it says is not overruled. */
    int (*state)(struct ims_text_reader *, uint32_t, unsigned, uint32_t, uint32_t, unsigned) =
        reader->functions[index].seen & IMS_SEEN_VERBOSE ? ims_text_state : ims_text_restate;
    const uint32_t buses = address.bus | (uint32_t)secondary << 8 | (uint32_t)subordinate << 16;
    r = state(reader, index, 0x18, buses, 0xffffff, 4);
    return r < 0 ? r : 1;
}

/* What stands in "[mem 0x92000000-0x929fffff 64bit pref]". */
struct range {
    bool io;
    bool prefetchable;
    bool wide;
    uint64_t start;
    uint64_t end;
    const char *rest;
};

static bool read_range(const char *text, struct range *ret)
{
    *ret = (struct range){0};
    if (ims_word_skip(&text, "[io "))
        ret->io = true;
    else if (!ims_word_skip(&text, "[mem "))
        return false;
    if (!ims_word_skip(&text, "0x"))
        return false;
    size_t digits = ims_word_hex(text, &ret->start);
    if (!digits || strncmp(text + digits, "-0x", 3) != 0)
        return false;
    text += digits + 3;
    digits = ims_word_hex(text, &ret->end);
    if (!digits)
        return false;
    const char *close = strchr(text, ']');
    if (!close)
        return false;
    const char *wide = strstr(text, "64bit");
    const char *pref = strstr(text, "pref");
    ret->wide = wide && wide < close;
    ret->prefetchable = pref && pref < close;
    ret->rest = close + 1;
    return true;
}

/* "bridge window [mem 0x...-0x... 64bit pref]"; what was only tried is followed by more words. */
static int read_window(struct ims_text_reader *reader, struct ims_address address, const char *text)
{
    const struct ims_record *record = ims_builder_find(reader->builder, address);
    struct range range;

    if (!record || !read_range(text, &range) || *ims_word_blanks(range.rest))
        return 1;
    const uint32_t index = (uint32_t)(record - ims_builder_at(reader->builder, 0));
    if (index >= reader->function_count || reader->functions[index].seen & IMS_SEEN_VERBOSE)
        return 1;
    const enum ims_lspci_window kind = range.io             ? IMS_LSPCI_WINDOW_IO
                                       : range.prefetchable ? IMS_LSPCI_WINDOW_PREFETCHABLE
                                                            : IMS_LSPCI_WINDOW_MEMORY;
    const bool wide = range.io ? range.end > 0xffff : range.prefetchable && range.wide;
    int r = ims_lspci_window_state(reader, index, kind, range.start, range.end, wide, true);
    return r < 0 ? r : 1;
}

/* "reg 0x10: [mem ...]", "BAR 0 [mem ...]", "BAR 0: assigned [mem ...]": exact extents. */
static int read_bar(struct ims_text_reader *reader, struct ims_address address, const char *text)
{
    const struct ims_record *record = ims_builder_find(reader->builder, address);
    struct range range;
    uint32_t number = IMS_RESOURCE_COUNT;
    uint64_t offset;

    if (ims_word_skip(&text, "reg 0x")) {
        const size_t digits = ims_word_hex(text, &offset);
        if (!digits)
            return 1;
        text += digits;
        if (offset >= 0x10 && offset <= 0x24)
            number = (uint32_t)(offset - 0x10) / 4;
        else if (offset == 0x30)
            number = 6;
    } else if (ims_word_skip(&text, "BAR ")) {
        text += ims_word_decimal(text, &number);
    }
    const char *open = strchr(text, '[');
    if (!record || number > 6 || !open || !read_range(open, &range) || range.end < range.start)
        return 1;
    const uint32_t index = (uint32_t)(record - ims_builder_at(reader->builder, 0));
    if (index >= reader->function_count || reader->functions[index].seen & IMS_SEEN_VERBOSE)
        return 1;
    const uint64_t flags = (range.io ? RESOURCE_IO : RESOURCE_MEMORY) |
                           (range.prefetchable ? RESOURCE_PREFETCH : 0) |
                           (range.wide ? RESOURCE_MEMORY_64 : 0);
    if (range.end - range.start == UINT64_MAX)
        return 1;
    if (strstr(text, "assigned"))
        ims_text_record(reader, index)->resources[number].flags = 0; /* the later one holds */
    ims_text_resource(reader, index, number, range.start, range.end - range.start + 1, flags);
    return 1;
}

/* "Adding to iommu group 5", "Removing from iommu group 5" */
static int read_group(struct ims_text_reader *reader, struct ims_address address, const char *text,
                      unsigned line)
{
    uint32_t number;

    if (ims_word_skip(&text, "Adding to iommu group") && ims_word_decimal(text, &number)) {
        int r = ims_text_group(reader, address, number, IMS_KIND_LOG_GROUPS, line);
        return r < 0 ? r : 1;
    }
    if (ims_word_skip(&text, "Removing from iommu group")) {
        struct ims_record *record = ims_builder_find(reader->builder, address);
        if (record && record->group_state == IMS_GROUP_KNOWN)
            record->group_state = IMS_GROUP_UNKNOWN;
        return 1;
    }
    return 0;
}

static int read_function_message(struct ims_text_reader *reader, struct ims_address address,
                                 const char *text, unsigned line)
{
    switch (*text) {
    case 'A':
        return read_group(reader, address, text, line);
    case 'R':
        return strncmp(text, "Removing", 8) == 0 ? read_group(reader, address, text, line) : 0;
    default:
        break;
    }
    if (reader->groups_only)
        return 0;
    switch (*text) {
    case '[':
        return read_enumeration(reader, address, text, line);
    case 'P':
        if (ims_word_skip(&text, "PCI bridge to"))
            return read_bridge(reader, address, text, line);
        if (ims_word_skip(&text, "PCI host bridge to bus ")) {
            /* "vmd 0000:00:0e.0: PCI host bridge to bus 10000:e0" (R2.1) */
            uint64_t segment;
            uint64_t bus;
            const size_t digits = ims_word_hex(text, &segment);
            if (digits < 4 || digits > 8 || text[digits] != ':' ||
                ims_word_hex(text + digits + 1, &bus) != 2)
                return 1;
            int r = ims_text_root(reader, (uint32_t)segment, (uint8_t)bus, &address);
            return r < 0 ? r : 1;
        }
        return 1;
    case 'b':
        return ims_word_skip(&text, "bridge window") ? read_window(reader, address, text) : 1;
    case 'r':
    case 'B':
        return read_bar(reader, address, text);
    default:
        return 1;
    }
}

/* "pci_bus 0000:00: root bus resource [...]" */
static int read_bus_message(struct ims_text_reader *reader, const char *text)
{
    uint64_t segment;
    uint64_t bus;
    const size_t digits = ims_word_hex(text, &segment);

    if (digits < 4 || digits > 8 || text[digits] != ':' ||
        ims_word_hex(text + digits + 1, &bus) != 2)
        return 0;
    text += digits + 3;
    if (!ims_word_skip(&text, ":") || strncmp(text, "root bus resource", 17) != 0)
        return 1;
    int r = ims_text_root(reader, (uint32_t)segment, (uint8_t)bus, NULL);
    return r < 0 ? r : 1;
}

/* "iommu: Adding device 0000:00:00.0 to group 0" */
static int read_old_group(struct ims_text_reader *reader, const char *text, unsigned line)
{
    struct ims_address address;
    uint32_t number;

    if (!ims_word_skip(&text, "iommu: Adding device"))
        return 0;
    const size_t length = ims_word_address(text, &address);
    if (!length)
        return 0;
    text = ims_word_blanks(text + length);
    if (!ims_word_skip(&text, "to group") || !ims_word_decimal(text, &number))
        return 0;
    int r = ims_text_group(reader, address, number, IMS_KIND_LOG_GROUPS, line);
    return r < 0 ? r : 1;
}

int ims_klog_line(struct ims_text_reader *reader, const char *text, unsigned line)
{
    struct ims_address address;

    text = ims_word_blanks(skip_stamp(text));
    int r = read_old_group(reader, text, line);
    if (r)
        return r;
    if (!reader->groups_only) {
        r = ims_klog_machine(reader, text);
        if (r)
            return r;
        if (ims_word_skip(&text, "pci_bus "))
            return read_bus_message(reader, text);
    }

    /* "DRIVER ADDRESS: MESSAGE" */
    const char *at = text + strcspn(text, " :");
    if (at == text || *at != ' ' || at - text > 64)
        return 0;
    at = ims_word_blanks(at);
    const size_t length = ims_word_address(at, &address);
    if (!length || at[length] != ':')
        return 0;
    return read_function_message(reader, address, ims_word_blanks(at + length + 1), line);
}
