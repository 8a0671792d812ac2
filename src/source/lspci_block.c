/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "source/text.h"

#define REG_COMMAND 0x04
#define REG_STATUS 0x06
#define STATUS_CAPABILITY_LIST 0x10u
#define REG_HEADER_TYPE 0x0e
#define HEADER_TYPE_MASK 0x7fu
#define REG_CAPABILITY_POINTER 0x34

int ims_lspci_begin(struct ims_text_reader *reader, struct ims_address address, unsigned line)
{
    uint32_t index;

    int r = ims_lspci_end(reader);
    if (r < 0)
        return r;
    r = ims_text_function_get(reader, address, line, &index);
    if (r < 0)
        return r;
    reader->block =
        (struct ims_lspci_block){.open = true, .index = index, .address = address, .line = line};
    return 0;
}

/* The header type follows from the lines that lspci prints for each type (R12.2: not bit 7). */
static int state_header_type(struct ims_text_reader *reader)
{
    const struct ims_lspci_block *block = &reader->block;
    const bool past_bus = block->ended || block->tail_seen || block->any_classic ||
                          block->any_extended || block->denied;
    uint32_t type;

    if (block->bus_seen)
        type = block->cardbus ? 2 : 1;
    else if (past_bus && !block->class_is_bridge && !block->cardbus)
        type = 0;
    else
        return 0;
    return ims_text_state(reader, block->index, REG_HEADER_TYPE, type, HEADER_TYPE_MASK, 1);
}

/* A list that was shown to its end ends with a zero pointer; one that was not shown is empty. */
static int state_list_ends(struct ims_text_reader *reader)
{
    const struct ims_lspci_block *block = &reader->block;
    const uint32_t index = block->index;
    int r = 0;

    if (block->denied || block->broken || !(block->ended || block->tail_seen))
        return 0;
    if (block->any_classic) {
        r = ims_text_state(reader, index, block->classic + 1, 0, 0xff, 1);
    } else if (!block->any_extended && !(block->has_list == IMS_YES && block->bus_seen)) {
        /* A bridge that announces a list and shows none was not pasted whole. */
        if (block->has_list != IMS_YES)
            r = ims_text_state(reader, index, REG_STATUS, 0, STATUS_CAPABILITY_LIST, 1);
        if (r == 0)
            r = ims_text_state(reader, index, REG_CAPABILITY_POINTER, 0, 0xff, 1);
    }
    if (r < 0)
        return r;
    if (block->any_extended)
        return ims_text_state(reader, index, block->extended, 0, 0xfff00000u, 4);
    if (block->express)
        reader->functions[index].seen |= IMS_SEEN_NO_EXTENDED;
    return 0;
}

/* A revision of 0, and with details a programming interface of 0, is not printed. */
static int state_unprinted(struct ims_text_reader *reader)
{
    const struct ims_lspci_block *block = &reader->block;
    int r = 0;

    if (!(reader->functions[block->index].seen & IMS_SEEN_LISTED))
        return 0;
    if (!block->revision_seen)
        r = ims_text_state(reader, block->index, 0x08, 0, 0xff, 1);
    if (r == 0 && !block->interface_seen) {
        if (ims_text_record(reader, block->index)->class_known & 0xffff00)
            ims_text_class(reader, block->index, 0, 0xff);
        r = ims_text_state(reader, block->index, 0x09, 0, 0xff, 1);
    }
    return r;
}

int ims_lspci_end(struct ims_text_reader *reader)
{
    struct ims_lspci_block *block = &reader->block;
    int r = 0;

    if (block->open && block->verbose) {
        if (block->snipped) {
            block->ended = false;
            block->tail_seen = false;
        }
        if (block->ended)
            reader->functions[block->index].seen |= IMS_SEEN_WHOLE;
        r = state_unprinted(reader);
        if (r == 0)
            r = state_header_type(reader);
        if (r == 0)
            r = state_list_ends(reader);
        if (r == 0 && block->rom_known)
            r = ims_text_state(reader, block->index, block->bus_seen ? 0x38 : 0x30,
                               block->rom_value, block->rom_mask, 4);
    }
    block->open = false;
    return r;
}

static void mark_verbose(struct ims_text_reader *reader)
{
    reader->block.verbose = true;
    reader->functions[reader->block.index].seen |= IMS_SEEN_VERBOSE;
    reader->kinds |= IMS_KIND_TEXT;
}

static int state_flag(struct ims_text_reader *reader, const char *text, const char *name,
                      unsigned offset, uint32_t bit)
{
    const enum ims_tristate state = ims_word_flag(text, name);

    if (state == IMS_UNKNOWN)
        return 0;
    return ims_text_state(reader, reader->block.index, offset, state == IMS_YES ? bit : 0, bit, 2);
}

static int read_control(struct ims_text_reader *reader, const char *text)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } flags[] = {{"I/O", 0x1}, {"Mem", 0x2}, {"BusMaster", 0x4}, {"DisINTx", 0x400}};

    /* The slot control of a port has a line of the same name. */
    if (ims_word_flag(text, "BusMaster") == IMS_UNKNOWN &&
        ims_word_flag(text, "I/O") == IMS_UNKNOWN)
        return 0;
    mark_verbose(reader);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        int r = state_flag(reader, text, flags[i].name, REG_COMMAND, flags[i].bit);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_status(struct ims_text_reader *reader, const char *text)
{
    struct ims_record *record = ims_text_record(reader, reader->block.index);

    if (reader->block.current == IMS_LSPCI_POWER && text[0] == 'D' && text[1] >= '0' &&
        text[1] <= '3') {
        static const char *const states[] = {"D0", "D1", "D2", "D3hot"};
        if (!record->power_state)
            record->power_state = states[text[1] - '0'];
        return 0;
    }
    if (reader->block.current == IMS_LSPCI_PCIX)
        return ims_lspci_capability_detail(reader, text);
    if (reader->block.current != IMS_LSPCI_NONE)
        return 0;
    reader->block.has_list = ims_word_flag(text, "Cap");
    if (reader->block.has_list == IMS_UNKNOWN)
        return 0;
    mark_verbose(reader);
    return state_flag(reader, text, "Cap", REG_STATUS, STATUS_CAPABILITY_LIST);
}

static int read_group(struct ims_text_reader *reader, const char *text, unsigned line)
{
    uint32_t number;

    if (!ims_word_decimal(text, &number))
        return 0;
    return ims_text_group(reader, reader->block.address, number, IMS_KIND_TEXT_GROUPS, line);
}

static void read_node(struct ims_text_reader *reader, const char *text)
{
    struct ims_record *record = ims_text_record(reader, reader->block.index);
    uint32_t node;

    if (record->numa_stated || !ims_word_decimal(text, &node) || node > INT32_MAX)
        return;
    record->numa_stated = true;
    record->numa_node = (int32_t)node;
}

/* "Flags: bus master, fast devsel, latency 0, IRQ 16, NUMA node 0, IOMMU group 13" */
static int read_flags(struct ims_text_reader *reader, const char *text, unsigned line)
{
    const uint32_t index = reader->block.index;

    if (reader->block.current != IMS_LSPCI_NONE)
        return 0;
    /* Every variant prints the speed of DEVSEL, or "!!!" for a device that does not answer. */
    if (!strstr(text, "devsel"))
        return 0;
    mark_verbose(reader);
    const char *node = strstr(text, "NUMA node ");
    if (node)
        read_node(reader, node + strlen("NUMA node "));
    int r =
        ims_text_state(reader, index, REG_COMMAND, strstr(text, "bus master") ? 0x4 : 0, 0x4, 2);
    if (r < 0)
        return r;
    const char *group = strstr(text, "IOMMU group ");
    return group ? read_group(reader, group + strlen("IOMMU group "), line) : 0;
}

static int read_subsystem(struct ims_text_reader *reader, const char *text)
{
    struct ims_record *record = ims_text_record(reader, reader->block.index);

    for (const char *at = text; at; at = strchr(at, '[')) {
        uint64_t vendor;
        uint64_t device;
        if (*at == '[')
            at++;
        if (ims_word_hex(at, &vendor) != 4 || at[4] != ':' || ims_word_hex(at + 5, &device) != 4)
            continue;
        if (!record->subsystem_stated) {
            record->subsystem_stated = true;
            record->subsystem =
                (struct ims_id){.vendor = (uint16_t)vendor, .device = (uint16_t)device};
        }
        return 0;
    }
    return 0;
}

static int read_driver(struct ims_text_reader *reader, const char *text)
{
    struct ims_record *record = ims_text_record(reader, reader->block.index);
    const size_t length = strcspn(text, " \t");

    reader->block.tail_seen = true;
    if (length == 0)
        return 0;
    record->driver_stated = true;
    reader->driver_shown = true;
    return ims_text_keep(reader, &record->driver, text, length);
}

static int read_string(struct ims_text_reader *reader, const char **field, const char *text)
{
    const size_t length = strlen(text);

    return ims_text_keep(reader, field, text, length < 256 ? length : 256);
}

static int read_names(struct ims_text_reader *reader, const char *text, unsigned line)
{
    struct ims_record *record = ims_text_record(reader, reader->block.index);

    if (ims_word_skip(&text, "Kernel driver in use:"))
        return read_driver(reader, text);
    if (ims_word_skip(&text, "Kernel modules:")) {
        reader->block.tail_seen = true;
        return read_string(reader, &record->modules, text);
    }
    if (ims_word_skip(&text, "DeviceName:"))
        return read_string(reader, &record->label, text);
    if (ims_word_skip(&text, "Physical Slot:"))
        return read_string(reader, &record->slot, text);
    if (ims_word_skip(&text, "NUMA node:")) {
        read_node(reader, text);
        return 0;
    }
    if (ims_word_skip(&text, "IOMMU group:") || ims_word_skip(&text, "IOMMU group"))
        return read_group(reader, text, line);
    if (ims_word_skip(&text, "Subsystem:"))
        return read_subsystem(reader, text);
    return 0;
}

static bool begins_with_any(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (*text == *words[i] && strncmp(text, words[i], strlen(words[i])) == 0)
            return true;
    }
    return false;
}

bool ims_lspci_is_start(const char *text, bool after_header)
{
    static const char *const starts[] = {
        "Kernel driver in use",
        "Kernel modules",
        "I/O behind bridge",
        "Memory behind bridge",
        "Prefetchable memory behind bridge",
        "Expansion ROM at",
        "Region ",
        "Memory at ",
        "I/O ports at ",
        "Physical Slot",
        "NUMA node",
        "IOMMU group",
        "Initial VFs:",
        "VF offset:",
        "Supported Page Size",
        "VF Migration",
        "Secondary status",
        "Secondary Status",
        "Memory window ",
        "I/O window ",
        "!!!",
        "[virtual] Expansion ROM",
    };
    static const char *const first_starts[] = {
        "Subsystem:", "Control:", "Flags:",        "DeviceName:",
        "Status:",    "Latency:", "Capabilities:", "Bus:"};
    size_t length = 0;

    if (begins_with_any(text, starts, sizeof(starts) / sizeof(starts[0])))
        return true;
    /* A wrapped name may go on with any word and a colon ("Fabric: Device 18h; Function 0"). */
    if (after_header)
        return begins_with_any(text, first_starts, sizeof(first_starts) / sizeof(first_starts[0]));
    /* "Word:", as in "LnkCap:", "DevCtl2:", "Capabilities:". */
    if (*text < 'A' || *text > 'Z')
        return false;
    while (length < 24 && ((text[length] >= 'a' && text[length] <= 'z') ||
                           (text[length] >= 'A' && text[length] <= 'Z') ||
                           (text[length] >= '0' && text[length] <= '9') || text[length] == '_'))
        length++;
    if (length < 3 || text[length] != ':')
        return false;
    /* Some lose the tab behind the colon. */
    const char next = text[length + 1];
    return next == ' ' || next == '\t' || next == '\0' || (next >= 'A' && next <= 'Z');
}

static int read_window(struct ims_text_reader *reader, const char *text)
{
    if (ims_word_skip(&text, "I/O behind bridge:"))
        return ims_lspci_window(reader, IMS_LSPCI_WINDOW_IO, text);
    if (ims_word_skip(&text, "Memory behind bridge:"))
        return ims_lspci_window(reader, IMS_LSPCI_WINDOW_MEMORY, text);
    if (ims_word_skip(&text, "Prefetchable memory behind bridge:"))
        return ims_lspci_window(reader, IMS_LSPCI_WINDOW_PREFETCHABLE, text);
    if (ims_word_skip(&text, "Memory window ") || ims_word_skip(&text, "I/O window "))
        reader->block.cardbus = true;
    return 0;
}

int ims_lspci_detail(struct ims_text_reader *reader, const char *text, unsigned line)
{
    switch (*text) {
    case '!':
        if (strstr(text, "Unknown header type"))
            reader->functions[reader->block.index].seen |= IMS_SEEN_DEAD;
        return 0;
    case 'B':
        return ims_word_skip(&text, "Bus:") ? ims_lspci_bus(reader, text, line) : 0;
    case 'C':
        if (ims_word_skip(&text, "Capabilities:"))
            return ims_lspci_capabilities(reader, text, line);
        return ims_word_skip(&text, "Control:") ? read_control(reader, text) : 0;
    case 'E':
        return ims_word_skip(&text, "Expansion ROM at") ? ims_lspci_rom(reader, text) : 0;
    case 'F':
        return ims_word_skip(&text, "Flags:") ? read_flags(reader, text, line) : 0;
    case 'R':
        if (ims_word_skip(&text, "Region "))
            return ims_lspci_region(reader, text);
        return ims_lspci_capability_detail(reader, text);
    case 'S':
        if (ims_word_skip(&text, "Status:"))
            return read_status(reader, text);
        return read_names(reader, text, line);
    case 'D':
    case 'K':
    case 'N':
        if (strncmp(text, "DevC", 4) == 0)
            return ims_lspci_capability_detail(reader, text);
        return read_names(reader, text, line);
    case 'P':
        if (strncmp(text, "Pref", 4) == 0)
            return read_window(reader, text);
        return read_names(reader, text, line);
    case 'I':
        if (strncmp(text, "I/O", 3) == 0)
            return read_window(reader, text);
        if (strncmp(text, "IOMMU", 5) == 0)
            return read_names(reader, text, line);
        return ims_lspci_capability_detail(reader, text);
    case 'M':
        if (strncmp(text, "Mcast", 5) == 0)
            return ims_lspci_capability_detail(reader, text);
        return read_window(reader, text);
    default:
        return ims_lspci_capability_detail(reader, text);
    }
}
