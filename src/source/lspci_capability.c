/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "source/text.h"

#define REG_CAPABILITY_POINTER 0x34
#define ANY_ID 0xffffu /* the name is not known: the id stays unknown */

struct capability_name {
    const char *name; /* how the text begins */
    uint16_t id;
    enum ims_lspci_capability kind;
};

static const struct capability_name classic_names[] = {
    {"Power Management", 0x01, IMS_LSPCI_POWER},
    {"AGP3", 0x0e, IMS_LSPCI_OTHER},
    {"AGP", 0x02, IMS_LSPCI_OTHER},
    {"Vital Product Data", 0x03, IMS_LSPCI_OTHER},
    {"Slot ID", 0x04, IMS_LSPCI_OTHER},
    {"MSI:", 0x05, IMS_LSPCI_OTHER},
    {"Message Signalled Interrupts", 0x05, IMS_LSPCI_OTHER},
    {"CompactPCI hot-swap", 0x06, IMS_LSPCI_OTHER},
    {"PCI-X", 0x07, IMS_LSPCI_PCIX},
    {"HyperTransport", 0x08, IMS_LSPCI_OTHER},
    {"Vendor Specific Information", 0x09, IMS_LSPCI_OTHER},
    {"Debug port", 0x0a, IMS_LSPCI_OTHER},
    {"CompactPCI central resource", 0x0b, IMS_LSPCI_OTHER},
    {"Hot-plug capable", 0x0c, IMS_LSPCI_OTHER},
    {"Subsystem:", 0x0d, IMS_LSPCI_OTHER},
    {"Secure device", 0x0f, IMS_LSPCI_OTHER},
    {"Express", 0x10, IMS_LSPCI_EXPRESS},
    {"MSI-X:", 0x11, IMS_LSPCI_OTHER},
    {"SATA HBA", 0x12, IMS_LSPCI_OTHER},
    {"PCI Advanced Features", 0x13, IMS_LSPCI_OTHER},
    {"Enhanced Allocation", 0x14, IMS_LSPCI_OTHER},
};

static const struct capability_name extended_names[] = {
    {"Null", 0x00, IMS_LSPCI_OTHER},
    {"Advanced Error Reporting", 0x01, IMS_LSPCI_OTHER},
    {"Virtual Channel", 0x02, IMS_LSPCI_OTHER},
    {"Device Serial Number", 0x03, IMS_LSPCI_OTHER},
    {"Power Budgeting", 0x04, IMS_LSPCI_OTHER},
    {"Root Complex Link", 0x05, IMS_LSPCI_OTHER},
    {"Root Complex Internal Link", 0x06, IMS_LSPCI_OTHER},
    {"Root Complex Event Collector", 0x07, IMS_LSPCI_OTHER},
    {"Multi-Function Virtual Channel", 0x08, IMS_LSPCI_OTHER},
    {"Root Complex Register Block", 0x0a, IMS_LSPCI_OTHER},
    {"Vendor Specific Information", 0x0b, IMS_LSPCI_OTHER},
    {"Access Control Services", 0x0d, IMS_LSPCI_ACS},
    {"Alternative Routing-ID Interpretation", 0x0e, IMS_LSPCI_ARI},
    {"Address Translation Service", 0x0f, IMS_LSPCI_ATS},
    {"Single Root I/O Virtualization", 0x10, IMS_LSPCI_SRIOV},
    {"Multi-Root I/O Virtualization", 0x11, IMS_LSPCI_OTHER},
    {"Multicast", 0x12, IMS_LSPCI_MULTICAST},
    {"Page Request Interface", 0x13, IMS_LSPCI_OTHER},
    {"Physical Resizable BAR", 0x15, IMS_LSPCI_OTHER},
    {"Resizable BAR", 0x15, IMS_LSPCI_OTHER},
    {"Dynamic Power Allocation", 0x16, IMS_LSPCI_OTHER},
    {"Transaction Processing Hints", 0x17, IMS_LSPCI_OTHER},
    {"Latency Tolerance Reporting", 0x18, IMS_LSPCI_OTHER},
    {"Secondary PCI Express", 0x19, IMS_LSPCI_OTHER},
    {"Protocol Multiplexing", 0x1a, IMS_LSPCI_OTHER},
    {"Process Address Space ID", 0x1b, IMS_LSPCI_OTHER},
    {"LN Requester", 0x1c, IMS_LSPCI_OTHER},
    {"Downstream Port Containment", 0x1d, IMS_LSPCI_OTHER},
    {"L1 PM Substates", 0x1e, IMS_LSPCI_OTHER},
    {"Precision Time Measurement", 0x1f, IMS_LSPCI_OTHER},
    {"PCI Express over M_PHY", 0x20, IMS_LSPCI_OTHER},
    {"FRS Queueing", 0x21, IMS_LSPCI_OTHER},
    {"Readiness Time Reporting", 0x22, IMS_LSPCI_OTHER},
    {"Designated Vendor-Specific", 0x23, IMS_LSPCI_OTHER},
    {"VF Resizable BAR", 0x24, IMS_LSPCI_OTHER},
    {"Virtual Resizable BAR", 0x24, IMS_LSPCI_OTHER},
    {"Data Link Feature", 0x25, IMS_LSPCI_OTHER},
    {"Physical Layer 16.0", 0x26, IMS_LSPCI_OTHER},
    {"Lane Margining", 0x27, IMS_LSPCI_OTHER},
    {"Receiver Lane Margining", 0x27, IMS_LSPCI_OTHER},
    {"Hierarchy ID", 0x28, IMS_LSPCI_OTHER},
    {"Native PCIe Enclosure Management", 0x29, IMS_LSPCI_OTHER},
    {"Physical Layer 32.0", 0x2a, IMS_LSPCI_OTHER},
    {"Alternate Protocol", 0x2b, IMS_LSPCI_OTHER},
    {"System Firmware Intermediary", 0x2c, IMS_LSPCI_OTHER},
    {"Shadow Functions", 0x2d, IMS_LSPCI_OTHER},
    {"Data Object Exchange", 0x2e, IMS_LSPCI_OTHER},
    {"Device 3", 0x2f, IMS_LSPCI_OTHER},
    {"Integrity & Data Encryption", 0x30, IMS_LSPCI_OTHER},
    {"Integrity and Data Encryption", 0x30, IMS_LSPCI_OTHER},
    {"Physical Layer 64.0", 0x31, IMS_LSPCI_OTHER},
};

static struct capability_name find_name(const struct capability_name *names, size_t count,
                                        const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(text, names[i].name, strlen(names[i].name)) == 0)
            return names[i];
    }
    return (struct capability_name){.name = "", .id = ANY_ID, .kind = IMS_LSPCI_OTHER};
}

/* "Extended Capability ID 0x2b", "Capability ID 0x15 [0000]", "#0d [0000]". */
static void read_numeric_id(const char *text, struct capability_name *found)
{
    uint64_t id;

    if (found->id != ANY_ID)
        return;
    if (*text == '#') {
        text++;
    } else {
        const char *at = strstr(text, "Capability ID 0x");
        if (!at)
            return;
        text = at + strlen("Capability ID 0x");
    }
    if (ims_word_hex(text, &id) && id < ANY_ID)
        found->id = (uint16_t)id;
}

static int read_serial(struct ims_text_reader *reader, const char *text)
{
    struct ims_record *record = ims_text_record(reader, reader->block.index);

    if (!ims_word_skip(&text, "Device Serial Number") || *text == '<')
        return 0;
    return ims_text_keep(reader, &record->serial, text, strcspn(text, " \t"));
}

static int begin_classic(struct ims_text_reader *reader, const char *text, unsigned offset)
{
    struct ims_lspci_block *block = &reader->block;
    struct capability_name found =
        find_name(classic_names, sizeof(classic_names) / sizeof(classic_names[0]), text);

    read_numeric_id(text, &found);
    block->current = found.kind;
    if (block->broken)
        return 0;
    const unsigned pointer = block->any_classic ? block->classic + 1 : REG_CAPABILITY_POINTER;
    int r = ims_text_state(reader, block->index, pointer, offset, 0xff, 1);
    if (r == 0)
        r = ims_text_state(reader, block->index, 0x06, 0x10, 0x10, 1);
    if (r == 0 && found.id != ANY_ID)
        r = ims_text_state(reader, block->index, offset, found.id, 0xff, 1);
    block->classic = offset;
    block->any_classic = true;
    return r;
}

static int begin_extended(struct ims_text_reader *reader, const char *text, unsigned offset,
                          uint32_t version)
{
    struct ims_lspci_block *block = &reader->block;
    struct capability_name found =
        find_name(extended_names, sizeof(extended_names) / sizeof(extended_names[0]), text);

    read_numeric_id(text, &found);
    block->current = found.kind;
    /* The list begins at 0x100; a text that begins elsewhere has lost its first line. */
    if (!block->any_extended && offset != 0x100)
        block->broken = true;
    if (block->broken)
        return 0;
    int r = 0;
    if (block->any_extended)
        r = ims_text_state(reader, block->index, block->extended, (uint32_t)offset << 20,
                           0xfff00000u, 4);
    if (r == 0 && found.id != ANY_ID)
        r = ims_text_state(reader, block->index, offset, found.id, 0xffff, 2);
    if (r == 0 && version < 16)
        r = ims_text_state(reader, block->index, offset + 2, version, 0xf, 1);
    block->extended = offset;
    block->any_extended = true;
    reader->extended_shown = true;
    return r;
}

static int begin_capability(struct ims_text_reader *reader, const char *text, unsigned offset,
                            uint32_t version, bool extended)
{
    struct ims_lspci_block *block = &reader->block;

    block->current_offset = offset;
    int r = extended ? begin_extended(reader, text, offset, version)
                     : begin_classic(reader, text, offset);
    if (r < 0)
        return r;
    if (block->current == IMS_LSPCI_EXPRESS)
        return ims_lspci_express(reader, text, offset);
    return extended ? read_serial(reader, text) : 0;
}

int ims_lspci_capabilities(struct ims_text_reader *reader, const char *text, unsigned line)
{
    struct ims_lspci_block *block = &reader->block;
    uint64_t offset;
    uint32_t version = UINT32_MAX;

    reader->kinds |= IMS_KIND_TEXT;
    if (strncmp(text, "<access denied", 14) == 0) {
        block->denied = true;
        reader->functions[block->index].seen |= IMS_SEEN_DENIED;
        return 0;
    }
    if (*text == '<') { /* "<chain looped>", "<chain broken>" */
        block->broken = true;
        return 0;
    }
    if (*text != '[')
        return 0; /* some other program's word */
    /* Without the lines before it this is a part that a search picked out: no list to rely on. */
    if (!block->verbose)
        block->broken = true;
    const size_t digits = ims_word_hex(text + 1, &offset);
    const char *rest = digits ? text + 1 + digits : text;
    const bool versioned = digits && ims_word_skip(&rest, " v");
    if (versioned)
        rest += ims_word_decimal(rest, &version);
    const bool extended = digits && (versioned || offset >= 0x100);
    if (!digits || *rest != ']' ||
        (extended ? offset < 0x100 || offset > 0xffc : offset < 0x40 || offset > 0xfe) ||
        offset & 3) {
        block->broken = true;
        block->current = IMS_LSPCI_OTHER;
        block->current_offset = 0;
        ims_builder_gap(reader->builder, IMS_GAP_MALFORMED, &block->address, reader->path, line,
                        "a capability line without a valid offset; the list of this function is "
                        "taken as unknown from here on");
        return 0;
    }
    rest = ims_word_blanks(rest + 1);
    if (strstr(rest, "<access denied")) {
        block->denied = true;
        reader->functions[block->index].seen |= IMS_SEEN_DENIED;
    }
    return begin_capability(reader, rest, (unsigned)offset, version, extended);
}
