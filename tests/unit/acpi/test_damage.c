/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "decoded.h"

/* Tables that lie. Nothing is read beyond their end, and none passes for whole. */

static const char *const dmar_words[] = {"seg=0", "br=00:1c.0", "fn=00:1c.1/0.0"};
static const char *const rmrr_words[] = {"7b000000-7fffffff", "fn=00:02.0"};
static const char *const ivhd_words[] = {"00:00.2", "range=00:01.0-ff:1f.7",
                                         "alias=03:00.0>02:00.0", "alias=05:00.0-05:1f.7>04:00.0",
                                         "one=01:00.0"};
static const char *const ivmd_words[] = {"exclusion", "a0000000-a00fffff", "id=01:00.0"};
static const char *const smmu_words[] = {"9050000"};
static const char *const rc_words[] = {"map=00:00.0+100>0", "single=0"};
static const char *const viommu_words[] = {"00:01.0"};
static const char *const vrange_words[] = {"00:02.0-ff:1f.7>10"};

static void make(struct sketch_table tables[IMS_ACPI_TABLE_COUNT])
{
    memset(tables, 0, IMS_ACPI_TABLE_COUNT * sizeof(*tables));
    assert_int_equal(sketch_table_line(tables, "drhd", dmar_words, 3), 1);
    assert_int_equal(sketch_table_line(tables, "rmrr", rmrr_words, 2), 1);
    assert_int_equal(sketch_table_line(tables, "ivhd", ivhd_words, 5), 1);
    assert_int_equal(sketch_table_line(tables, "ivmd", ivmd_words, 3), 1);
    assert_int_equal(sketch_table_line(tables, "smmu", smmu_words, 1), 1);
    assert_int_equal(sketch_table_line(tables, "rc", rc_words, 2), 1);
    assert_int_equal(sketch_table_line(tables, "viommu", viommu_words, 1), 1);
    assert_int_equal(sketch_table_line(tables, "vrange", vrange_words, 1), 1);
}

static void consistent(const struct ims_acpi_tables *tables)
{
    for (uint32_t i = 0; i < tables->mapping_count; i++) {
        assert_true(tables->mappings[i].unit < tables->unit_count);
        assert_true(tables->mappings[i].first <= tables->mappings[i].last);
    }
    for (uint32_t i = 0; i < tables->scope_count; i++)
        assert_true((tables->scopes[i].unit < tables->unit_count) !=
                    (tables->scopes[i].range < tables->range_count));
    for (uint32_t i = 0; i < tables->range_count; i++)
        assert_true(tables->ranges[i].first <= tables->ranges[i].last);
}

/* Whole tables have no damage; every shorter file has, and is read no further than it goes. */
static void cut(void **state)
{
    struct sketch_table tables[IMS_ACPI_TABLE_COUNT];

    (void)state;
    make(tables);
    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++) {
        for (unsigned size = 0; size <= tables[i].size_bytes; size++) {
            struct decoded decoded;
            decode(&decoded, (enum ims_acpi_table)i, tables[i].bytes, size);
            assert_int_equal(decoded.tables.damage[i] == NULL, size == tables[i].size_bytes);
            consistent(&decoded.tables);
            decoded_done(&decoded);
        }
    }
}

/* A table that ends early and says so in its header too. */
static void cut_with_header(void **state)
{
    struct sketch_table tables[IMS_ACPI_TABLE_COUNT];

    (void)state;
    make(tables);
    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++) {
        struct sketch_table table = tables[i];
        while (table.size_bytes > 0) {
            struct decoded decoded;
            table.size_bytes--;
            sketch_table_finish(&table);
            decode(&decoded, (enum ims_acpi_table)i, table.bytes, table.size_bytes);
            consistent(&decoded.tables);
            decoded_done(&decoded);
        }
    }
}

/* Every byte with every single bit and some nasty values: the checksum alone gives it away. */
static void changed(void **state)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct sketch_table tables[IMS_ACPI_TABLE_COUNT];

    (void)state;
    make(tables);
    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++) {
        for (unsigned at = 0; at < tables[i].size_bytes; at++) {
            for (size_t j = 0; j < sizeof(values); j++) {
                struct sketch_table table = tables[i];
                struct decoded decoded;
                if (table.bytes[at] == values[j])
                    continue;
                table.bytes[at] = values[j];
                decode(&decoded, (enum ims_acpi_table)i, table.bytes, table.size_bytes);
                assert_non_null(decoded.tables.damage[i]);
                consistent(&decoded.tables);
                decoded_done(&decoded);
            }
        }
    }
}

/* One wrong value in a table with a right checksum. */
static void lies(void **state)
{
    static const struct {
        enum ims_acpi_table which;
        unsigned offset;
        unsigned size_bytes;
        uint64_t value;
        const char *damage;
    } cases[] = {
        {IMS_ACPI_DMAR, 0, 4, 0x20202020, "its signature is that of another table"},
        {IMS_ACPI_DMAR, 50, 2, 0, "a structure is shorter than its kind is"},
        {IMS_ACPI_DMAR, 50, 2, 15, "a structure is shorter than its kind is"},
        {IMS_ACPI_DMAR, 50, 2, 0xffff, "a structure runs over the end"},
        {IMS_ACPI_DMAR, 65, 1, 0, "a structure is shorter than its kind is"},
        {IMS_ACPI_DMAR, 65, 1, 0xff, "a structure runs over the end"},
        {IMS_ACPI_DMAR, 65, 1, 7, "the path of a device scope is no path"},
        {IMS_ACPI_DMAR, 98, 8, 0, "a range of memory ends before it begins"},
        {IMS_ACPI_IVRS, 72, 1, 4, "a range of ids ends that has not begun"},
        {IMS_ACPI_IVRS, 76, 1, 3, "a range of ids begins within another"},
        {IMS_ACPI_IVRS, 77, 2, 1, "a range of ids ends before it begins"},
        {IMS_ACPI_IVRS, 96, 1, 0, "a range of ids has no end"},
        {IMS_ACPI_IVRS, 100, 1, 0xc2, "an entry runs over the end of its unit"},
        {IMS_ACPI_IVRS, 100, 1, 0xf0, "an entry runs over the end of its unit"},
        {IMS_ACPI_IVRS, 128, 8, UINT64_MAX, "a range of memory ends before it begins"},
        {IMS_ACPI_IORT, 36, 4, 3, "it has fewer nodes than its header says"},
        {IMS_ACPI_IORT, 36, 4, UINT32_MAX, "it has fewer nodes than its header says"},
        {IMS_ACPI_IORT, 40, 4, 4, "the first node lies within the header"},
        {IMS_ACPI_IORT, 40, 4, UINT32_MAX, "it has fewer nodes than its header says"},
        {IMS_ACPI_IORT, 49, 2, 0, "a structure is shorter than its kind is"},
        {IMS_ACPI_IORT, 88, 4, UINT32_MAX, "the mappings of a node are not within it"},
        {IMS_ACPI_IORT, 92, 4, UINT32_MAX, "the mappings of a node are not within it"},
        {IMS_ACPI_IORT, 92, 4, 0, "the mappings of a node are not within it"},
        {IMS_ACPI_IORT, 128, 4, 49, "a mapping leads to no node"},
        {IMS_ACPI_VIOT, 36, 2, 3, "it has fewer nodes than its header says"},
        {IMS_ACPI_VIOT, 38, 2, 2, "the first node lies within the header"},
        {IMS_ACPI_VIOT, 50, 2, 0, "a structure is shorter than its kind is"},
        {IMS_ACPI_VIOT, 78, 2, 0, "a range of ids ends before it begins"},
        {IMS_ACPI_VIOT, 80, 2, 64, "a range of functions leads to no IOMMU"},
        {IMS_ACPI_VIOT, 80, 2, 0xffff, "a range of functions leads to no IOMMU"},
    };
    struct sketch_table tables[IMS_ACPI_TABLE_COUNT];

    (void)state;
    make(tables);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sketch_table table = tables[cases[i].which];
        struct decoded decoded;

        sketch_table_set(&table, cases[i].offset, cases[i].size_bytes, cases[i].value);
        if (cases[i].offset != 0)
            sketch_table_finish(&table);
        decode(&decoded, cases[i].which, table.bytes, table.size_bytes);
        if (!decoded.tables.damage[cases[i].which])
            fail_msg("case %zu: no damage", i);
        if (strcmp(decoded.tables.damage[cases[i].which], cases[i].damage) != 0)
            fail_msg("case %zu: %s", i, decoded.tables.damage[cases[i].which]);
        consistent(&decoded.tables);
        decoded_done(&decoded);
    }
}

/* More entries than any machine has: the rest is left out, and that is said. */
static void too_many(void **state)
{
    const unsigned count = IMS_ACPI_ITEM_MAX + 8;
    const unsigned size = 48 + 24 + 4 * count;
    uint8_t *bytes = calloc(1, size);
    struct sketch_table tables[IMS_ACPI_TABLE_COUNT];
    struct decoded decoded;
    uint8_t sum = 0;

    (void)state;
    assert_non_null(bytes);
    make(tables);
    memcpy(bytes, tables[IMS_ACPI_IVRS].bytes, 72);
    for (unsigned i = 0; i < 4; i++)
        bytes[4 + i] = (uint8_t)(size >> 8 * i);
    bytes[50] = (uint8_t)(size - 48);
    bytes[51] = (uint8_t)((size - 48) >> 8);
    for (unsigned i = 0; i < count; i++) {
        bytes[72 + 4 * i] = 2;
        bytes[73 + 4 * i] = (uint8_t)i;
        bytes[74 + 4 * i] = (uint8_t)(i >> 8);
    }
    bytes[9] = 0;
    for (unsigned i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[9] = (uint8_t)-sum;
    decode(&decoded, IMS_ACPI_IVRS, bytes, size);
    assert_int_equal(decoded.tables.mapping_count, IMS_ACPI_ITEM_MAX);
    assert_string_equal(decoded.tables.damage[IMS_ACPI_IVRS],
                        "it has more entries than any real machine");
    decoded_done(&decoded);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut),  cmocka_unit_test(cut_with_header), cmocka_unit_test(changed),
        cmocka_unit_test(lies), cmocka_unit_test(too_many),
    };

    return cmocka_run_group_tests_name("acpi-damage", tests, NULL, NULL);
}
