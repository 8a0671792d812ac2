/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "source/text.h"

/* Resource flags as sysfs shows them. */
#define RESOURCE_IO 0x100u
#define RESOURCE_MEMORY 0x200u
#define RESOURCE_READONLY 0x4000u
#define RESOURCE_PREFETCH 0x2000u
#define RESOURCE_MEMORY_64 0x100000u
#define RESOURCE_ROM_INDEX 6u

#define REG_BAR 0x10u
#define REG_BUS 0x18u
#define REG_ROM_ENABLE 0x1u
#define SRIOV_BAR 0x24u

/* "[size=16M]"; 0 when there is none. */
static uint64_t read_size(const char *text)
{
    const char *at = strstr(text, "[size=");
    uint32_t number;

    if (!at)
        return 0;
    at += strlen("[size=");
    const size_t digits = ims_word_decimal(at, &number);
    if (!digits)
        return 0;
    switch (at[digits]) {
    case ']':
        return number;
    case 'K':
        return (uint64_t)number << 10;
    case 'M':
        return (uint64_t)number << 20;
    case 'G':
        return (uint64_t)number << 30;
    case 'T':
        return number < 0x1000000u ? (uint64_t)number << 40 : 0;
    default:
        return 0;
    }
}

/* What one "Memory at ..." or "I/O ports at ..." says. */
struct region {
    bool io;
    bool address_known;
    bool wide;
    bool width_known;
    bool below_1m;
    bool prefetchable;
    bool same_as_register; /* not "[virtual]", "[enhanced]" */
    uint64_t address;
    uint64_t size_bytes;
};

static bool read_region(const char *text, struct region *ret)
{
    *ret = (struct region){0};
    if (ims_word_skip(&text, "I/O ports at"))
        ret->io = true;
    else if (!ims_word_skip(&text, "Memory at"))
        return false;

    if (ims_word_hex(text, &ret->address))
        ret->address_known = true;
    else if (strncmp(text, "<unassigned>", 12) == 0)
        ret->address_known = true; /* the register reads 0 */
    ret->wide = strstr(text, "(64-bit") != NULL;
    ret->below_1m = strstr(text, "(low-1M") != NULL;
    ret->width_known = ret->wide || ret->below_1m || strstr(text, "(32-bit") != NULL;
    ret->prefetchable = strstr(text, " prefetchable)") != NULL;
    ret->same_as_register = !strstr(text, "[virtual]") && !strstr(text, "[enhanced]");
    ret->size_bytes = read_size(text);
    return true;
}

/* The one or two words of a base address register. */
static int state_bar(struct ims_text_reader *reader, unsigned offset, const struct region *region)
{
    const uint32_t index = reader->block.index;
    const uint32_t flag_mask = region->io ? 0x3u : 0xfu;
    uint32_t flags = region->io ? 0x1u : 0;
    uint32_t known = 0;

    if (region->io || region->width_known)
        known = flag_mask;
    if (!region->io)
        flags |= (region->wide       ? 0x4u
                  : region->below_1m ? 0x2u
                                     : 0) |
                 (region->prefetchable ? 0x8u : 0);
    if (region->address_known)
        known |= ~flag_mask;

    const uint32_t low = ((uint32_t)region->address & ~flag_mask) | flags;
    int r = ims_text_state(reader, index, offset, low, known, 4);
    if (r < 0 || !region->wide || !region->address_known)
        return r;
    return ims_text_state(reader, index, offset + 4, (uint32_t)(region->address >> 32), 0xffffffffu,
                          4);
}

int ims_lspci_region(struct ims_text_reader *reader, const char *text)
{
    const struct ims_lspci_block *block = &reader->block;
    struct region region;
    uint32_t number;

    const size_t digits = ims_word_decimal(text, &number);
    if (digits != 1 || number > 5 || text[1] != ':' ||
        !read_region(ims_word_blanks(text + 2), &region))
        return 0;

    if (block->current == IMS_LSPCI_SRIOV && block->current_offset)
        return state_bar(reader, block->current_offset + SRIOV_BAR + 4 * number, &region);
    if (block->current != IMS_LSPCI_NONE)
        return 0;

    if (region.address_known && region.size_bytes) {
        uint64_t flags = region.io ? RESOURCE_IO : RESOURCE_MEMORY;
        if (region.prefetchable)
            flags |= RESOURCE_PREFETCH;
        if (region.wide)
            flags |= RESOURCE_MEMORY_64;
        ims_text_resource(reader, block->index, number, region.address, region.size_bytes, flags);
    }
    return region.same_as_register ? state_bar(reader, REG_BAR + 4 * number, &region) : 0;
}

int ims_lspci_rom(struct ims_text_reader *reader, const char *text)
{
    struct ims_lspci_block *block = &reader->block;
    const uint64_t size_bytes = read_size(text);
    uint64_t address = 0;

    if (block->current != IMS_LSPCI_NONE)
        return 0;
    const bool known = ims_word_hex(text, &address) != 0 || strncmp(text, "<unassigned>", 12) == 0;
    if (known && size_bytes)
        ims_text_resource(reader, block->index, RESOURCE_ROM_INDEX, address, size_bytes,
                          RESOURCE_MEMORY | RESOURCE_READONLY);
    if (!known || strstr(text, "[virtual]") || strstr(text, "[enhanced]") || address > UINT32_MAX)
        return 0;
    const bool disabled = strstr(text, "[disabled") != NULL;
    block->rom_known = 1;
    block->rom_value = ((uint32_t)address & 0xfffff800u) | (disabled ? 0 : REG_ROM_ENABLE);
    /* "[disabled]" may also mean that memory decoding is off. */
    block->rom_mask = 0xfffff800u | (disabled ? 0 : REG_ROM_ENABLE);
    return 0;
}

int ims_lspci_bus(struct ims_text_reader *reader, const char *text, unsigned line)
{
    static const char *const names[] = {"primary=", "secondary=", "subordinate="};
    struct ims_lspci_block *block = &reader->block;

    block->bus_seen = true;
    for (unsigned i = 0; i < 3; i++) {
        const char *at = strstr(text, names[i]);
        uint64_t number;
        if (!at || ims_word_hex(at + strlen(names[i]), &number) != 2) {
            ims_builder_gap(reader->builder, IMS_GAP_MALFORMED, &block->address, reader->path, line,
                            "bus numbers without \"%s\"", names[i]);
            continue;
        }
        int r = ims_text_state(reader, block->index, REG_BUS + i, (uint32_t)number, 0xff, 1);
        if (r < 0)
            return r;
    }
    return 0;
}

/* One statement of a window's register. */
struct word {
    unsigned offset;
    uint32_t value;
    unsigned size_bytes;
};

int ims_lspci_window_state(struct ims_text_reader *reader, uint32_t index,
                           enum ims_lspci_window kind, uint64_t base, uint64_t limit, bool wide,
                           bool later_wins)
{
    struct word words[4];
    size_t count = 2;

    if (kind == IMS_LSPCI_WINDOW_IO) {
        const uint32_t type = wide ? 1 : 0;
        words[0] = (struct word){0x1c, (uint32_t)(base >> 8 & 0xf0) | type, 1};
        words[1] = (struct word){0x1d, (uint32_t)(limit >> 8 & 0xf0) | type, 1};
        words[2] = (struct word){0x30, (uint32_t)(base >> 16 & 0xffff), 2};
        words[3] = (struct word){0x32, (uint32_t)(limit >> 16 & 0xffff), 2};
        count = wide ? 4 : 2;
    } else {
        const uint32_t type = wide ? 1 : 0;
        const unsigned offset = kind == IMS_LSPCI_WINDOW_MEMORY ? 0x20 : 0x24;
        words[0] = (struct word){offset, (uint32_t)(base >> 16 & 0xfff0) | type, 2};
        words[1] = (struct word){offset + 2, (uint32_t)(limit >> 16 & 0xfff0) | type, 2};
        words[2] = (struct word){0x28, (uint32_t)(base >> 32), 4};
        words[3] = (struct word){0x2c, (uint32_t)(limit >> 32), 4};
        count = wide ? 4 : 2;
    }
    for (size_t i = 0; i < count; i++) {
        const struct word *word = &words[i];
        int r = later_wins ? ims_text_restate(reader, index, word->offset, word->value, 0xffffffffu,
                                              word->size_bytes)
                           : ims_text_state(reader, index, word->offset, word->value, 0xffffffffu,
                                            word->size_bytes);
        if (r < 0)
            return r;
    }
    return 0;
}

int ims_lspci_window(struct ims_text_reader *reader, enum ims_lspci_window kind, const char *text)
{
    const uint64_t widest = kind == IMS_LSPCI_WINDOW_IO ? 0xffffu : 0xffffffffu;
    const char *width = kind == IMS_LSPCI_WINDOW_IO ? "[32-bit]" : "[64-bit]";
    uint64_t base;
    uint64_t limit;

    if (reader->block.current != IMS_LSPCI_NONE)
        return 0;
    const size_t digits = ims_word_hex(text, &base);
    const bool range = digits && text[digits] == '-' && ims_word_hex(text + digits + 1, &limit);
    if (!range) {
        if (!strstr(text, "[disabled]") && strncmp(text, "None", 4) != 0)
            return 0;
        /* Closed: any base above the limit says so; these are the values that firmware writes. */
        base = kind == IMS_LSPCI_WINDOW_IO ? 0xf000 : 0xfff00000u;
        limit = 0;
    }
    /* Some versions label a window above 4 GiB "[32-bit]"; its addresses are the truth. */
    const bool wide = kind != IMS_LSPCI_WINDOW_MEMORY &&
                      (strstr(text, width) || base > widest || limit > widest ||
                       (kind == IMS_LSPCI_WINDOW_PREFETCHABLE && digits > 8));
    return ims_lspci_window_state(reader, reader->block.index, kind, base, limit, wide, false);
}
