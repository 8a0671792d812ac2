/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "decoded.h"

/* What stands in tables byte by byte (E1, E3-E6). */

static void take(struct decoded *decoded, struct sketch_table *table, enum ims_acpi_table which)
{
    assert_false(table->failed);
    sketch_table_finish(table);
    decode(decoded, which, table->bytes, table->size_bytes);
    if (decoded->tables.damage[which])
        fail_msg("damage at 0x%x: %s", decoded->tables.damage_offset[which],
                 decoded->tables.damage[which]);
}

/* E1: flags, units, scopes; structures that say nothing of coverage are passed over. */
static void dmar(void **state)
{
    struct sketch_table table = {.size_bytes = 0};
    struct decoded decoded;

    (void)state;
    sketch_table_begin(&table, IMS_ACPI_DMAR);
    table.bytes[37] = 5;
    sketch_table_u16(&table, 0); /* DRHD */
    sketch_table_u16(&table, 16 + 10 + 8 + 8);
    sketch_table_u8(&table, 0);
    sketch_table_u8(&table, 0);
    sketch_table_u16(&table, 1);
    sketch_table_u64(&table, 0x1fed90000);
    sketch_table_u16(&table, 2 | 10 << 8); /* a bridge, two steps */
    sketch_table_u32(&table, 5u << 24);
    sketch_table_u32(&table, 0x0001001c);
    sketch_table_u16(&table, 3 | 8 << 8); /* IOAPIC */
    sketch_table_u32(&table, 0xff000000);
    sketch_table_u16(&table, 0x1f);
    sketch_table_u16(&table, 1 | 8 << 8); /* a function */
    sketch_table_u32(&table, 0);
    sketch_table_u16(&table, 0x0302);
    sketch_table_u16(&table, 4); /* ANDD */
    sketch_table_u16(&table, 12);
    sketch_table_u64(&table, 0x2e4241005f00);
    sketch_table_u16(&table, 0); /* DRHD with INCLUDE_PCI_ALL */
    sketch_table_u16(&table, 16);
    sketch_table_u32(&table, 1);
    sketch_table_u64(&table, 0xfed91000);
    sketch_table_u16(&table, 1); /* RMRR */
    sketch_table_u16(&table, 32);
    sketch_table_u32(&table, 0);
    sketch_table_u64(&table, 0x7b800000);
    sketch_table_u64(&table, 0x7fffffff);
    sketch_table_u16(&table, 1 | 8 << 8);
    sketch_table_u32(&table, 0);
    sketch_table_u16(&table, 2);
    take(&decoded, &table, IMS_ACPI_DMAR);

    const struct ims_acpi_tables *tables = &decoded.tables;
    assert_int_equal(tables->interrupt_remapping, IMS_YES);
    assert_int_equal(tables->dma_protection, IMS_YES);
    assert_int_equal(tables->unit_count, 2);
    assert_int_equal(tables->units[0].segment, 1);
    assert_int_equal(tables->units[0].base, 0x1fed90000);
    assert_false(tables->units[0].include_all);
    assert_true(tables->units[1].include_all);
    assert_false(tables->late_unit);
    assert_int_equal(tables->scope_count, 3);
    assert_int_equal(tables->scopes[0].kind, IMS_ACPI_SCOPE_BELOW);
    assert_int_equal(tables->scopes[0].segment, 1);
    assert_int_equal(tables->scopes[0].start_bus, 5);
    assert_int_equal(tables->scopes[0].path_length, 2);
    assert_int_equal(tables->scopes[0].path[0], 0x1c);
    assert_int_equal(tables->scopes[0].path[2], 1);
    assert_int_equal(tables->scopes[1].kind, IMS_ACPI_SCOPE_FUNCTION);
    assert_int_equal(tables->scopes[1].path[0], 2);
    assert_int_equal(tables->scopes[1].path[1], 3);
    assert_int_equal(tables->scopes[2].unit, IMS_ACPI_NONE);
    assert_int_equal(tables->scopes[2].range, 0);
    assert_int_equal(tables->range_count, 1);
    assert_int_equal(tables->ranges[0].kind, IMS_ACPI_RANGE_IDENTITY);
    assert_int_equal(tables->ranges[0].first, 0x7b800000);
    assert_int_equal(tables->ranges[0].last, 0x7fffffff);
    assert_true(tables->ranges[0].by_scope);
    decoded_done(&decoded);
}

static void ivhd_begin(struct sketch_table *table, unsigned type, unsigned length)
{
    sketch_table_u16(table, type);
    sketch_table_u16(table, length);
    sketch_table_u16(table, 0x0002); /* 00:00.2 */
    sketch_table_u16(table, 0x40);
    sketch_table_u64(table, 0xfd200000);
    sketch_table_u64(table, 3); /* segment */
    if (type != 0x10)
        for (unsigned i = 0; i < 16; i++)
            sketch_table_u8(table, 0);
}

/* E4: entries of all lengths; of two descriptions of one unit the higher type counts. */
static void ivrs(void **state)
{
    struct sketch_table table = {.size_bytes = 0};
    struct decoded decoded;

    (void)state;
    sketch_table_begin(&table, IMS_ACPI_IVRS);
    ivhd_begin(&table, 0x10, 28);
    sketch_table_u32(&table, 0x00000001); /* all: must not count */
    ivhd_begin(&table, 0x11, 40 + 4 + 4 + 8 + 8 + 8 + 24 + 4);
    sketch_table_u32(&table, 0x00001003);         /* 00:02.0 to */
    sketch_table_u32(&table, 0x00ffff04);         /* ff:1f.7 */
    sketch_table_u64(&table, 0x0002000000030042); /* 03:00.0 uses 02:00.0 */
    sketch_table_u64(&table, 0x0000000000000048); /* an IOAPIC */
    sketch_table_u64(&table, 0x0004000000050043); /* from 05:00.0 on 04:00.0 is used ... */
    sketch_table_u8(&table, 0xf0);                /* a device without a PCI id, two bytes of name */
    for (unsigned i = 1; i < 24; i++)
        sketch_table_u8(&table, i == 21 ? 2 : 0);
    sketch_table_u32(&table, 0x00050704); /* ... to 05:00.7 */
    sketch_table_u8(&table, 0x21);        /* IVMD of one function: exclusion */
    sketch_table_u8(&table, 0x08);
    sketch_table_u16(&table, 32);
    sketch_table_u16(&table, 0x0100);
    sketch_table_u16(&table, 0);
    sketch_table_u64(&table, 3);
    sketch_table_u64(&table, 0xa0000000);
    sketch_table_u64(&table, 0x100000);
    take(&decoded, &table, IMS_ACPI_IVRS);

    const struct ims_acpi_tables *tables = &decoded.tables;
    assert_int_equal(tables->unit_count, 1);
    assert_true(tables->units[0].has_function);
    assert_int_equal(tables->units[0].function.segment, 3);
    assert_int_equal(tables->units[0].function.devfn, 2);
    assert_int_equal(tables->mapping_count, 3);
    assert_int_equal(tables->mappings[0].first, 0x0010);
    assert_int_equal(tables->mappings[0].last, 0xffff);
    assert_false(tables->mappings[0].single);
    assert_int_equal(tables->mappings[1].first, 0x0300);
    assert_int_equal(tables->mappings[1].output, 0x0200);
    assert_true(tables->mappings[1].single);
    assert_int_equal(tables->mappings[2].first, 0x0500);
    assert_int_equal(tables->mappings[2].last, 0x0507);
    assert_int_equal(tables->mappings[2].output, 0x0400);
    assert_int_equal(tables->range_count, 1);
    assert_int_equal(tables->ranges[0].kind, IMS_ACPI_RANGE_EXCLUSION);
    assert_int_equal(tables->ranges[0].first, 0xa0000000);
    assert_int_equal(tables->ranges[0].last, 0xa00fffff);
    assert_int_equal(tables->ranges[0].id_first, 0x0100);
    assert_int_equal(tables->ranges[0].id_last, 0x0100);
    assert_int_equal(tables->interrupt_remapping, IMS_UNKNOWN);
    decoded_done(&decoded);
}

static void iort_node(struct sketch_table *table, unsigned type, unsigned length, unsigned mappings,
                      unsigned offset)
{
    sketch_table_u8(table, type);
    sketch_table_u16(table, length);
    sketch_table_u8(table, 0);
    sketch_table_u32(table, 0);
    sketch_table_u32(table, mappings);
    sketch_table_u32(table, offset);
}

static void iort_mapping(struct sketch_table *table, uint32_t input, uint32_t more, uint32_t output,
                         uint32_t node, uint32_t flags)
{
    sketch_table_u32(table, input);
    sketch_table_u32(table, more);
    sketch_table_u32(table, output);
    sketch_table_u32(table, node);
    sketch_table_u32(table, flags);
}

/* E5: only what leads to an SMMU covers; reserved memory is for streams. */
static void iort(void **state)
{
    struct sketch_table table = {.size_bytes = 0};
    struct decoded decoded;

    (void)state;
    sketch_table_begin(&table, IMS_ACPI_IORT);
    table.bytes[36] = 4;
    iort_node(&table, 0, 24, 0, 0); /* ITS group at 48 */
    sketch_table_u64(&table, 1);
    iort_node(&table, 3, 28, 0, 0); /* SMMU v2 at 72 */
    sketch_table_u64(&table, 0x2b400000);
    sketch_table_u32(&table, 0);
    iort_node(&table, 2, 36 + 80, 4, 36); /* root complex of segment 2 at 100 */
    sketch_table_u64(&table, 0);
    sketch_table_u32(&table, 1);
    sketch_table_u32(&table, 2);
    sketch_table_u32(&table, 0);
    iort_mapping(&table, 0, 0xffff, 0, 48, 0);      /* to the ITS: no SMMU */
    iort_mapping(&table, 0x100, 0xff, 0x40, 72, 0); /* 01:00.0 to 01:1f.7 */
    iort_mapping(&table, 0x1ff, 0, 7, 72, 0);       /* begins where the one before ends */
    iort_mapping(&table, 0x9999, 5, 3, 72, 1);      /* single: the input says nothing */
    iort_node(&table, 6, 28 + 20 + 20, 1, 48);      /* reserved memory at 216 */
    sketch_table_u32(&table, 0);
    sketch_table_u32(&table, 1);
    sketch_table_u32(&table, 28);
    sketch_table_u64(&table, 0x8000000);
    sketch_table_u64(&table, 0x100000);
    sketch_table_u32(&table, 0);
    iort_mapping(&table, 0, 1, 0x40, 72, 0);
    take(&decoded, &table, IMS_ACPI_IORT);

    const struct ims_acpi_tables *tables = &decoded.tables;
    assert_int_equal(tables->unit_count, 1);
    assert_int_equal(tables->units[0].base, 0x2b400000);
    assert_int_equal(tables->mapping_count, 3);
    assert_int_equal(tables->mappings[0].segment_first, 2);
    assert_int_equal(tables->mappings[0].first, 0x100);
    assert_int_equal(tables->mappings[0].last, 0x1ff);
    assert_int_equal(tables->mappings[0].output, 0x40);
    assert_true(tables->mappings[2].single);
    assert_int_equal(tables->mappings[2].first, 0);
    assert_int_equal(tables->mappings[2].last, 0xffff);
    assert_true(tables->overlap);
    assert_int_equal(tables->overlap_at.bus, 1);
    assert_int_equal(tables->overlap_at.devfn, 0xff);
    assert_int_equal(tables->range_count, 1);
    assert_int_equal(tables->ranges[0].unit, 0);
    assert_int_equal(tables->ranges[0].first, 0x8000000);
    assert_int_equal(tables->ranges[0].last, 0x80fffff);
    assert_int_equal(tables->ranges[0].id_first, 0x40);
    assert_int_equal(tables->ranges[0].id_last, 0x41);
    decoded_done(&decoded);
}

/* E6: ranges of functions, before and behind the unit that they lead to. */
static void viot(void **state)
{
    struct sketch_table table = {.size_bytes = 0};
    struct decoded decoded;

    (void)state;
    sketch_table_begin(&table, IMS_ACPI_VIOT);
    table.bytes[36] = 3;
    sketch_table_u32(&table, 1 | 24 << 16);
    sketch_table_u32(&table, 0x1000);
    sketch_table_u32(&table, 0 | 1 << 16); /* segments 0 and 1 */
    sketch_table_u32(&table, 0x0008 | 0x0fffu << 16);
    sketch_table_u64(&table, 72);
    sketch_table_u32(&table, 3 | 16 << 16); /* at 72: virtio-iommu 00:01.0 */
    sketch_table_u32(&table, 0 | 8 << 16);
    sketch_table_u64(&table, 0);
    sketch_table_u32(&table, 2 | 16 << 16); /* an endpoint that is no PCI function */
    sketch_table_u32(&table, 0);
    sketch_table_u64(&table, 0);
    take(&decoded, &table, IMS_ACPI_VIOT);

    const struct ims_acpi_tables *tables = &decoded.tables;
    assert_int_equal(tables->unit_count, 1);
    assert_true(tables->units[0].has_function);
    assert_int_equal(tables->units[0].function.devfn, 8);
    assert_int_equal(tables->mapping_count, 1);
    assert_int_equal(tables->mappings[0].segment_last, 1);
    assert_int_equal(tables->mappings[0].first, 8);
    assert_int_equal(tables->mappings[0].last, 0xfff);
    assert_int_equal(tables->mappings[0].output, 0x1000);
    decoded_done(&decoded);
}

/* The names, both ways. */
static void names(void **state)
{
    enum ims_acpi_table table;

    (void)state;
    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++) {
        const char *name = ims_acpi_table_to_string((enum ims_acpi_table)i);
        assert_int_equal(ims_acpi_table_parse(name, &table), 0);
        assert_int_equal(table, i);
    }
    assert_true(ims_acpi_table_parse("FACP", &table) < 0);
    assert_string_equal(ims_acpi_table_to_string(IMS_ACPI_TABLE_COUNT), "invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dmar), cmocka_unit_test(ivrs),  cmocka_unit_test(iort),
        cmocka_unit_test(viot), cmocka_unit_test(names),
    };

    return cmocka_run_group_tests_name("acpi-decode", tests, NULL, NULL);
}
