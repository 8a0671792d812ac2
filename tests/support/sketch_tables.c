/* SPDX-License-Identifier: MIT */
#include "sketch_tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- bytes ---- */

void sketch_table_set(struct sketch_table *table, unsigned offset, unsigned size_bytes,
                      uint64_t value)
{
    for (unsigned i = 0; i < size_bytes && offset + i < SKETCH_TABLE_MAX; i++)
        table->bytes[offset + i] = (uint8_t)(value >> 8 * i);
}

static void append(struct sketch_table *table, unsigned size_bytes, uint64_t value)
{
    if (table->size_bytes + size_bytes > SKETCH_TABLE_MAX) {
        table->failed = true;
        return;
    }
    sketch_table_set(table, table->size_bytes, size_bytes, value);
    table->size_bytes += size_bytes;
}

void sketch_table_u8(struct sketch_table *table, unsigned value)
{
    append(table, 1, value);
}

void sketch_table_u16(struct sketch_table *table, unsigned value)
{
    append(table, 2, value);
}

void sketch_table_u32(struct sketch_table *table, uint32_t value)
{
    append(table, 4, value);
}

void sketch_table_u64(struct sketch_table *table, uint64_t value)
{
    append(table, 8, value);
}

void sketch_table_begin(struct sketch_table *table, enum ims_acpi_table which)
{
    memset(table, 0, sizeof(*table));
    memcpy(table->bytes, ims_acpi_table_to_string(which), 4);
    table->bytes[8] = 1;
    memcpy(table->bytes + 10, "SKETCHSKETCH    ", 14);
    table->size_bytes = 48;
    if (which == IMS_ACPI_DMAR) {
        table->bytes[36] = 46;
        table->bytes[37] = 1; /* interrupt remapping */
    } else if (which == IMS_ACPI_IORT) {
        table->bytes[40] = 48;
    } else if (which == IMS_ACPI_VIOT) {
        table->bytes[38] = 48;
    }
    sketch_table_finish(table);
}

void sketch_table_finish(struct sketch_table *table)
{
    uint8_t sum = 0;

    sketch_table_set(table, 4, 4, table->size_bytes);
    table->bytes[9] = 0;
    for (unsigned i = 0; i < table->size_bytes; i++)
        sum = (uint8_t)(sum + table->bytes[i]);
    table->bytes[9] = (uint8_t)-sum;
}

/* ---- words ---- */

static const char *value_of(const char *word, const char *key)
{
    size_t length = strlen(key);
    return strncmp(word, key, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

/* A hexadecimal number; *text moves behind it. */
static bool number(const char **text, uint64_t *ret)
{
    char *end;
    if (!**text || !strchr("0123456789abcdefABCDEF", **text))
        return false;
    *ret = strtoull(*text, &end, 16);
    *text = end;
    return true;
}

static bool skip(const char **text, char byte)
{
    if (**text != byte)
        return false;
    ++*text;
    return true;
}

/* "FIRST-LAST" of memory. */
static bool memory(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
    return number(&text, ret_first) && skip(&text, '-') && number(&text, ret_last) && !*text;
}

/* "BB:DD.F"; *text moves behind it. */
static bool requester(const char **text, unsigned *ret)
{
    uint64_t bus, device, function;
    if (!number(text, &bus) || !skip(text, ':') || !number(text, &device) || !skip(text, '.') ||
        !number(text, &function) || bus > 255 || device > 31 || function > 7)
        return false;
    *ret = (unsigned)(bus << 8 | device << 3 | function);
    return true;
}

/* A device scope "BB:DD.F/DD.F" (E1). */
static bool scope(struct sketch_table *table, unsigned type, const char *text)
{
    const unsigned at = table->size_bytes;
    uint64_t bus, device, function;
    if (!number(&text, &bus) || !skip(&text, ':'))
        return false;
    sketch_table_u16(table, type); /* the length comes last */
    sketch_table_u16(table, 0);
    sketch_table_u8(table, 0);
    sketch_table_u8(table, (unsigned)bus);
    do {
        if (!number(&text, &device) || !skip(&text, '.') || !number(&text, &function))
            return false;
        sketch_table_u8(table, (unsigned)device);
        sketch_table_u8(table, (unsigned)function);
    } while (skip(&text, '/'));
    sketch_table_set(table, at + 1, 1, table->size_bytes - at);
    return !*text;
}

static bool scope_word(struct sketch_table *table, const char *word)
{
    const char *value;
    if ((value = value_of(word, "fn")))
        return scope(table, 1, value);
    if ((value = value_of(word, "br")))
        return scope(table, 2, value);
    return false;
}

/* Opens a structure with a u16 length behind length_offset bytes. */
static void open_structure(struct sketch_table *table)
{
    table->open = table->size_bytes;
}

static void close_structure(struct sketch_table *table, unsigned length_offset)
{
    sketch_table_set(table, table->open + length_offset, 2, table->size_bytes - table->open);
}

/* ---- lines ---- */

static bool drhd(struct sketch_table *table, const char *const *words, unsigned count)
{
    open_structure(table);
    sketch_table_u32(table, 0);
    sketch_table_u32(table, 0);
    sketch_table_u64(table, 0xfed90000u + 0x1000u * (table->open / 16));
    for (unsigned i = 0; i < count; i++) {
        const char *value;
        uint64_t segment;
        if (strcmp(words[i], "all") == 0)
            table->bytes[table->open + 4] = 1;
        else if (strcmp(words[i], "noremap") == 0)
            table->bytes[37] = 0;
        else if ((value = value_of(words[i], "seg")) && number(&value, &segment))
            sketch_table_set(table, table->open + 6, 2, segment);
        else if (!scope_word(table, words[i]))
            return false;
    }
    close_structure(table, 2);
    return true;
}

static bool rmrr(struct sketch_table *table, const char *const *words, unsigned count)
{
    uint64_t first, last;
    if (count == 0 || !memory(words[0], &first, &last))
        return false;
    open_structure(table);
    sketch_table_u32(table, 1);
    sketch_table_u32(table, 0);
    sketch_table_u64(table, first);
    sketch_table_u64(table, last);
    for (unsigned i = 1; i < count; i++)
        if (!scope_word(table, words[i]))
            return false;
    close_structure(table, 2);
    return true;
}

static void entry4(struct sketch_table *table, unsigned type, unsigned id)
{
    sketch_table_u8(table, type);
    sketch_table_u16(table, id);
    sketch_table_u8(table, 0);
}

static void entry8(struct sketch_table *table, unsigned type, unsigned id, unsigned used)
{
    entry4(table, type, id);
    sketch_table_u8(table, 0);
    sketch_table_u16(table, used);
    sketch_table_u8(table, 0);
}

/* "one=ID", "range=ID-ID", "alias=ID>ID", "alias=ID-ID>ID", "all". */
static bool ivhd_word(struct sketch_table *table, const char *word)
{
    unsigned first = 0, last = 0, used = 0;
    const char *value;
    if (strcmp(word, "all") == 0) {
        entry4(table, 1, 0);
        return true;
    }
    if ((value = value_of(word, "one"))) {
        if (!requester(&value, &first))
            return false;
        entry4(table, 2, first);
    } else if ((value = value_of(word, "range"))) {
        if (!requester(&value, &first) || !skip(&value, '-') || !requester(&value, &last))
            return false;
        entry4(table, 3, first);
        entry4(table, 4, last);
    } else if ((value = value_of(word, "alias"))) {
        if (!requester(&value, &first))
            return false;
        const bool many = skip(&value, '-');
        if ((many && !requester(&value, &last)) || !skip(&value, '>') || !requester(&value, &used))
            return false;
        entry8(table, many ? 0x43 : 0x42, first, used);
        if (many)
            entry4(table, 4, last);
    } else {
        return false;
    }
    return !*value;
}

static bool ivhd(struct sketch_table *table, const char *const *words, unsigned count)
{
    const char *text = count ? words[0] : "";
    unsigned id;
    uint64_t segment;
    if (!requester(&text, &id) || *text)
        return false;
    open_structure(table);
    sketch_table_u32(table, 0x10);
    sketch_table_u16(table, id);
    sketch_table_u16(table, 0x40);
    sketch_table_u64(table, 0xfd200000u);
    sketch_table_u64(table, 0);
    for (unsigned i = 1; i < count; i++) {
        const char *value = value_of(words[i], "seg");
        if (value && number(&value, &segment))
            sketch_table_set(table, table->open + 16, 2, segment);
        else if (!ivhd_word(table, words[i]))
            return false;
    }
    close_structure(table, 2);
    return true;
}

/* "unity|exclusion FIRST-LAST [id=ID]" */
static bool ivmd(struct sketch_table *table, const char *const *words, unsigned count)
{
    const bool exclusion = count && strcmp(words[0], "exclusion") == 0;
    const char *value = count > 2 ? value_of(words[2], "id") : NULL;
    uint64_t first, last;
    unsigned id = 0;
    if (count < 2 || (!exclusion && strcmp(words[0], "unity") != 0) ||
        !memory(words[1], &first, &last) || (count > 2 && (!value || !requester(&value, &id))))
        return false;
    sketch_table_u8(table, value ? 0x21 : 0x20);
    sketch_table_u8(table, exclusion ? 0x08 : 0x07);
    sketch_table_u16(table, 32);
    sketch_table_u16(table, id);
    sketch_table_u16(table, 0);
    sketch_table_u64(table, 0);
    sketch_table_u64(table, first);
    sketch_table_u64(table, last - first + 1);
    return true;
}

/* An SMMUv3; the root complexes behind it lead to it. */
static bool smmu(struct sketch_table *table, const char *const *words, unsigned count)
{
    const char *text = count ? words[0] : "";
    uint64_t base;
    if (!number(&text, &base) || *text)
        return false;
    open_structure(table);
    sketch_table_u8(table, 4);
    for (unsigned i = 1; i < 16; i++)
        sketch_table_u8(table, 0);
    sketch_table_u64(table, base);
    sketch_table_u64(table, 0);
    close_structure(table, 1);
    table->bytes[36]++;
    sketch_table_set(table, 44, 4, table->open); /* a reserved word that remembers the last SMMU */
    return true;
}

/* "map=ID+COUNT>OUT" (COUNT ids), "single=OUT" */
static bool rc_word(struct sketch_table *table, const char *word, unsigned unit)
{
    const char *value;
    uint64_t ids = 1, output;
    unsigned first = 0;
    const bool single = (value = value_of(word, "single")) != NULL;
    if (!single && !(value = value_of(word, "map")))
        return false;
    if (!single && (!requester(&value, &first) || !skip(&value, '+') || !number(&value, &ids) ||
                    !skip(&value, '>')))
        return false;
    if (!number(&value, &output) || *value || ids == 0)
        return false;
    sketch_table_u32(table, first);
    sketch_table_u32(table, (uint32_t)ids - 1);
    sketch_table_u32(table, (uint32_t)output);
    sketch_table_u32(table, unit);
    sketch_table_u32(table, single);
    return true;
}

static bool rc(struct sketch_table *table, const char *const *words, unsigned count)
{
    const unsigned unit = table->bytes[44] | (unsigned)table->bytes[45] << 8;
    unsigned mappings = 0;
    uint64_t segment = 0;
    open_structure(table);
    sketch_table_u8(table, 2);
    for (unsigned i = 1; i < 36; i++)
        sketch_table_u8(table, 0);
    for (unsigned i = 0; i < count; i++) {
        const char *value = value_of(words[i], "seg");
        if (value && number(&value, &segment))
            continue;
        if (!rc_word(table, words[i], unit))
            return false;
        mappings++;
    }
    sketch_table_set(table, table->open + 8, 4, mappings);
    sketch_table_set(table, table->open + 12, 4, 36);
    sketch_table_set(table, table->open + 28, 4, segment);
    close_structure(table, 1);
    table->bytes[36]++;
    return true;
}

/* "viommu ID": virtio-iommu on PCI; the ranges behind it lead to it. */
static bool viommu(struct sketch_table *table, const char *const *words, unsigned count)
{
    const char *text = count ? words[0] : "";
    unsigned id;
    if (!requester(&text, &id) || *text)
        return false;
    open_structure(table);
    sketch_table_u16(table, 3);
    sketch_table_u16(table, 16);
    sketch_table_u16(table, 0);
    sketch_table_u16(table, id);
    sketch_table_u64(table, 0);
    table->bytes[36]++;
    sketch_table_set(table, 40, 2, table->open); /* a reserved word that remembers it */
    return true;
}

/* "vrange ID-ID>OUT" */
static bool vrange(struct sketch_table *table, const char *const *words, unsigned count)
{
    const char *text = count ? words[0] : "";
    const unsigned unit = table->bytes[40] | (unsigned)table->bytes[41] << 8;
    unsigned first, last;
    uint64_t output;
    if (!requester(&text, &first) || !skip(&text, '-') || !requester(&text, &last) ||
        !skip(&text, '>') || !number(&text, &output) || *text)
        return false;
    sketch_table_u16(table, 1);
    sketch_table_u16(table, 24);
    sketch_table_u32(table, (uint32_t)output);
    sketch_table_u32(table, 0); /* segments */
    sketch_table_u16(table, first);
    sketch_table_u16(table, last);
    sketch_table_u16(table, unit);
    sketch_table_u16(table, 0);
    sketch_table_u32(table, 0);
    table->bytes[36]++;
    return true;
}

/* "table DMAR 444d41..."; what the printer writes, and whatever else a test wants. */
static bool raw(struct sketch_table tables[IMS_ACPI_TABLE_COUNT], const char *const *words,
                unsigned count)
{
    enum ims_acpi_table which;
    if (count != 2 || ims_acpi_table_parse(words[0], &which) < 0)
        return false;
    struct sketch_table *table = &tables[which];
    memset(table, 0, sizeof(*table));
    for (const char *text = words[1]; *text; text += 2) {
        const char pair[3] = {text[0], text[1], '\0'};
        const char *at = pair;
        uint64_t value;
        if (!number(&at, &value) || *at || !pair[1])
            return false;
        sketch_table_u8(table, (unsigned)value);
    }
    return !table->failed;
}

int sketch_table_line(struct sketch_table tables[IMS_ACPI_TABLE_COUNT], const char *keyword,
                      const char *const *words, unsigned count)
{
    static const struct {
        const char *keyword;
        enum ims_acpi_table table;
        bool (*take)(struct sketch_table *table, const char *const *words, unsigned count);
    } lines[] = {
        {"drhd", IMS_ACPI_DMAR, drhd},     {"rmrr", IMS_ACPI_DMAR, rmrr},
        {"ivhd", IMS_ACPI_IVRS, ivhd},     {"ivmd", IMS_ACPI_IVRS, ivmd},
        {"smmu", IMS_ACPI_IORT, smmu},     {"rc", IMS_ACPI_IORT, rc},
        {"viommu", IMS_ACPI_VIOT, viommu}, {"vrange", IMS_ACPI_VIOT, vrange},
    };
    if (strcmp(keyword, "table") == 0)
        return raw(tables, words, count) ? 1 : -EINVAL;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (strcmp(keyword, lines[i].keyword) != 0)
            continue;
        struct sketch_table *table = &tables[lines[i].table];
        if (table->size_bytes == 0)
            sketch_table_begin(table, lines[i].table);
        if (!lines[i].take(table, words, count) || table->failed)
            return -EINVAL;
        sketch_table_finish(table);
        return 1;
    }
    return 0;
}
