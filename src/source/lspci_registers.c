/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "pci/regs.h"
#include "source/text.h"

int ims_lspci_express(struct ims_text_reader *reader, const char *text, unsigned offset)
{
    static const struct {
        const char *name;
        uint32_t type;
    } types[] = {
        {"Root Complex Integrated Endpoint", 9},
        {"Root Complex Event Collector", 10},
        {"Legacy Endpoint", 1},
        {"Endpoint", 0},
        {"Root Port", 4},
        {"Upstream Port", 5},
        {"Downstream Port", 6},
        {"PCI-Express to PCI", 7},
        {"PCI/PCI-X to PCI-Express", 8},
    };
    const uint32_t index = reader->block.index;
    uint32_t value = 0;
    uint32_t known = 0;
    uint32_t number;

    ims_word_skip(&text, "Express");
    if (strncmp(text, "(v", 2) == 0 && ims_word_decimal(text + 2, &number)) {
        value |= number & 0xf;
        known |= 0xf;
        text = ims_word_blanks(text + strcspn(text, " \t"));
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strncmp(text, types[i].name, strlen(types[i].name)) == 0) {
            value |= types[i].type << 4;
            known |= 0xf0;
            break;
        }
    }
    if (ims_word_skip(&text, "Unknown type") && ims_word_decimal(text, &number)) {
        value |= (number & 0xf) << 4;
        known |= 0xf0;
    }
    const char *slot = strstr(text, "(Slot");
    if (slot && (slot[5] == '+' || slot[5] == '-')) {
        value |= slot[5] == '+' ? 0x100u : 0;
        known |= 0x100;
    }
    reader->block.express = true;
    if (reader->block.broken && known & 0xf0) {
        struct ims_record *record = ims_text_record(reader, index);
        if (!record->port_type_stated)
            record->port_type = (enum ims_port_type)(value >> 4 & 0xf);
        record->port_type_stated = true;
    }
    return ims_text_state(reader, index, offset + 2, value, known, 2);
}

/* States one flag of a 16-bit register. */
static int state_bit(struct ims_text_reader *reader, const char *text, const char *name,
                     unsigned offset, uint32_t bit)
{
    const enum ims_tristate state = ims_word_flag(text, name);

    if (state == IMS_UNKNOWN)
        return 0;
    return ims_text_state(reader, reader->block.index, offset, state == IMS_YES ? bit : 0, bit, 2);
}

static int read_acs(struct ims_text_reader *reader, const char *text, unsigned offset)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } flags[] = {{"SrcValid", IMS_ACS_SV},    {"TransBlk", IMS_ACS_TB},
                 {"ReqRedir", IMS_ACS_RR},    {"CmpltRedir", IMS_ACS_CR},
                 {"UpstreamFwd", IMS_ACS_UF}, {"EgressCtrl", IMS_ACS_EC},
                 {"DirectTrans", IMS_ACS_DT}};

    if (ims_word_skip(&text, "ACSCap:"))
        offset += 4;
    else if (ims_word_skip(&text, "ACSCtl:"))
        offset += 6;
    else
        return 0;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        int r = state_bit(reader, text, flags[i].name, offset, flags[i].bit);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The number behind "NAME"; false when the text has none. */
static bool find_number(const char *text, const char *name, bool hex, uint32_t max, uint32_t *ret)
{
    const char *at = strstr(text, name);
    uint64_t value = 0;
    uint32_t decimal;

    if (!at)
        return false;
    at = ims_word_blanks(at + strlen(name));
    if (hex) {
        if (!ims_word_hex(at, &value))
            return false;
    } else {
        if (!ims_word_decimal(at, &decimal))
            return false;
        value = decimal;
    }
    if (value > max)
        return false;
    *ret = (uint32_t)value;
    return true;
}

static int read_sriov(struct ims_text_reader *reader, const char *text, unsigned offset)
{
    static const struct {
        const char *name;
        unsigned at;
        bool hex;
    } numbers[] = {{"Initial VFs:", 0x0c, false},   {"Total VFs:", 0x0e, false},
                   {"Number of VFs:", 0x10, false}, {"VF offset:", 0x14, false},
                   {"stride:", 0x16, false},        {"Device ID:", 0x1a, true}};
    uint32_t value;
    int r = 0;

    if (ims_word_skip(&text, "IOVCtl:")) {
        r = state_bit(reader, text, "Enable", offset + 8, 0x01);
        if (r == 0)
            r = state_bit(reader, text, "MSE", offset + 8, 0x08);
        if (r == 0)
            r = state_bit(reader, text, "ARIHierarchy", offset + 8, 0x10);
        return r;
    }
    if (strncmp(text, "IOV", 3) == 0 || strncmp(text, "VF Mig", 6) == 0)
        return 0;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && r == 0; i++) {
        if (find_number(text, numbers[i].name, numbers[i].hex, 0xffff, &value))
            r = ims_text_state(reader, reader->block.index, offset + numbers[i].at, value, 0xffff,
                               2);
    }
    return r;
}

/* "LnkCap: Port #2, Speed 8GT/s, Width x16, ASPM ..." */
static int read_link(struct ims_text_reader *reader, const char *text, unsigned offset,
                     unsigned size_bytes)
{
    static const struct {
        const char *name;
        uint32_t code;
    } speeds[] = {{"2.5GT/s", 1}, {"5GT/s", 2},  {"8GT/s", 3},
                  {"16GT/s", 4},  {"32GT/s", 5}, {"64GT/s", 6}};
    uint32_t value = 0;
    uint32_t known = 0;
    uint32_t width;
    uint32_t port;

    const char *speed = strstr(text, "Speed ");
    for (size_t i = 0; speed && i < sizeof(speeds) / sizeof(speeds[0]); i++) {
        if (strncmp(speed + 6, speeds[i].name, strlen(speeds[i].name)) == 0) {
            value |= speeds[i].code;
            known |= 0xf;
        }
    }
    if (find_number(text, "Width x", false, 0x3f, &width)) {
        value |= width << 4;
        known |= 0x3f0;
    }
    /* The number of a port, which egress vectors count by (A1.7); the status has none. */
    if (size_bytes == 4 && find_number(text, "Port #", false, 0xff, &port)) {
        value |= port << 24;
        known |= 0xff000000u;
    }
    return ims_text_state(reader, reader->block.index, offset, value, known, size_bytes);
}

/* "PhantFunc 3" of DevCap: all function numbers but one; two bits say how many (B9). */
static int read_phantom(struct ims_text_reader *reader, const char *text, unsigned offset)
{
    uint32_t count;

    if (!find_number(text, "PhantFunc ", false, 7, &count) || (count & (count + 1)) != 0)
        return 0;
    const uint32_t bits = count == 7 ? 3 : count == 3 ? 2 : count;
    return ims_text_state(reader, reader->block.index, offset + 4, bits << 3, 0x18, 4);
}

static int read_express_detail(struct ims_text_reader *reader, const char *text, unsigned offset)
{
    if (ims_word_skip(&text, "LnkCap:"))
        return read_link(reader, text, offset + 0x0c, 4);
    if (ims_word_skip(&text, "LnkSta:"))
        return read_link(reader, text, offset + 0x12, 2);
    if (ims_word_skip(&text, "DevCap:"))
        return read_phantom(reader, text, offset);
    if (ims_word_skip(&text, "DevCap2:"))
        return state_bit(reader, text, "ARIFwd", offset + 0x24, 0x20);
    if (ims_word_skip(&text, "DevCtl2:"))
        return state_bit(reader, text, "ARIFwd", offset + 0x28, 0x20);
    /* The second line of DevCtl. */
    return state_bit(reader, text, "PhantFunc", offset + 8, 0x200);
}

static int read_ari(struct ims_text_reader *reader, const char *text, unsigned offset)
{
    uint32_t next, group;

    if (ims_word_skip(&text, "ARICtl:")) {
        int r = state_bit(reader, text, "ACS", offset + 6, 0x02);
        if (r == 0 && find_number(text, "Function Group:", false, 7, &group))
            r = ims_text_state(reader, reader->block.index, offset + 6, group << 4, 0x70, 2);
        return r;
    }
    if (!ims_word_skip(&text, "ARICap:"))
        return 0;
    int r = state_bit(reader, text, "MFVC", offset + 4, 0x01);
    if (r == 0)
        r = state_bit(reader, text, "ACS", offset + 4, 0x02);
    if (r == 0 && find_number(text, "Next Function:", false, 0xff, &next))
        r = ims_text_state(reader, reader->block.index, offset + 5, next, 0xff, 1);
    return r;
}

/* One of the 64-bit registers of multicast; low stands in its lowest bits instead of what is there. */
static int state_vector(struct ims_text_reader *reader, const char *text, unsigned offset,
                        uint32_t low)
{
    uint64_t value;

    if (!ims_word_hex(ims_word_blanks(text), &value))
        return 0;
    const int r =
        ims_text_state(reader, reader->block.index, offset, (uint32_t)value | low, UINT32_MAX, 4);
    return r < 0 ? r
                 : ims_text_state(reader, reader->block.index, offset + 4, (uint32_t)(value >> 32),
                                  UINT32_MAX, 4);
}

/*
 * A7.6. Some versions of lspci print McastCap and McastCtl in one line. The bits of McastBAR that are
 * not printed are reserved.
 */
static int read_multicast(struct ims_text_reader *reader, const char *text, unsigned offset)
{
    static const struct {
        const char *name;
        unsigned at;
    } vectors[] = {{"McastReceiveVec:", IMS_REG_MULTICAST_RECEIVE},
                   {"McastBlockAllVec:", IMS_REG_MULTICAST_BLOCK_ALL},
                   {"McastBlockUntransVec:", IMS_REG_MULTICAST_BLOCK_UNTRANSLATED}};
    const char *control = strstr(text, "McastCtl:");
    const char *base;
    uint32_t number;
    int r = 0;

    if (control) {
        if (find_number(control, "NumGroups ", false, 64, &number) && number > 0)
            r = ims_text_state(reader, reader->block.index, offset + IMS_REG_MULTICAST_CONTROL,
                               number - 1, 0x3f, 2);
        return r < 0 ? r
                     : state_bit(reader, control, "Enable", offset + IMS_REG_MULTICAST_CONTROL,
                                 IMS_REG_MULTICAST_CONTROL_ENABLE);
    }
    if (ims_word_skip(&text, "McastBAR:")) {
        base = strstr(text, "BaseAddr ");
        if (!base || !find_number(text, "IndexPos ", false, 0x3f, &number))
            return 0;
        return state_vector(reader, base + strlen("BaseAddr "), offset + IMS_REG_MULTICAST_BASE,
                            number);
    }
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        if (ims_word_skip(&text, vectors[i].name))
            return state_vector(reader, text, offset + vectors[i].at, 0);
    return 0;
}

int ims_lspci_capability_detail(struct ims_text_reader *reader, const char *text)
{
    const unsigned offset = reader->block.current_offset;
    int r;

    if (!offset)
        return 0;
    switch (reader->block.current) {
    case IMS_LSPCI_EXPRESS:
        return read_express_detail(reader, text, offset);
    case IMS_LSPCI_ACS:
        return read_acs(reader, text, offset);
    case IMS_LSPCI_SRIOV:
        return read_sriov(reader, text, offset);
    case IMS_LSPCI_ARI:
        return read_ari(reader, text, offset);
    case IMS_LSPCI_ATS:
        return ims_word_skip(&text, "ATSCtl:")
                   ? state_bit(reader, text, "Enable", offset + 6, 0x8000)
                   : 0;
    case IMS_LSPCI_MULTICAST:
        return read_multicast(reader, text, offset);
    case IMS_LSPCI_PCIX:
        /* PCI-X 266 and 533: bits 30 and 31 of the status dword (R1.8). */
        r = state_bit(reader, text, "266MHz", offset + 6, 0x4000);
        return r < 0 ? r : state_bit(reader, text, "533MHz", offset + 6, 0x8000);
    case IMS_LSPCI_NONE:
    case IMS_LSPCI_OTHER:
    case IMS_LSPCI_POWER:
        break;
    }
    return 0;
}
