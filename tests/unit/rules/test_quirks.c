/* SPDX-License-Identifier: MIT */
/* The quirk tables: counts, order, duplicates, lookups against plain scans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rules/quirk_tables.h"

static const struct ims_kernel_version newest = {7, 3, 4};

static struct ims_id id_of(unsigned vendor, unsigned device)
{
    return (struct ims_id){(uint16_t)vendor, (uint16_t)device};
}

/* Every row is filled in: an array that is one row short would end in zeros. */
static void rows_are_complete(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < IMS_ACS_QUIRK_ROW_COUNT; i++) {
        assert_non_null(ims_acs_quirk_rows[i].label);
        assert_non_null(ims_acs_quirk_rows[i].window.mainline);
        assert_non_null(ims_acs_quirk_rows[i].window.stable);
    }
    for (uint32_t i = 0; i < IMS_ACS_LIST_ROW_COUNT; i++)
        assert_non_null(ims_acs_list_rows[i].ids_label);
    assert_non_null(ims_acs_op_rows[IMS_ACS_OP_ROW_COUNT - 1].label);
    assert_non_null(ims_acs_capfix_rows[IMS_ACS_CAPFIX_ROW_COUNT - 1].label);
    for (uint32_t i = 0; i < IMS_ALIAS_QUIRK_ROW_COUNT; i++)
        assert_non_null(ims_alias_quirk_rows[i].label);
    assert_non_null(ims_alias_runtime_rows[IMS_ALIAS_RUNTIME_ROW_COUNT - 1].label);
    assert_int_equal(ims_acs_list_ranges[IMS_ACS_LIST_RANGE_COUNT - 1].first, 0x5140);
}

static void counts_per_rule(void **state)
{
    static const unsigned expected[IMS_ACS_QUIRK_MAX] = {
        [IMS_ACS_QUIRK_AMD_SB] = 8,        [IMS_ACS_QUIRK_MF_ENDPOINT] = 67,
        [IMS_ACS_QUIRK_INTEL_RCIEP] = 1,   [IMS_ACS_QUIRK_QCOM_RP] = 6,
        [IMS_ACS_QUIRK_INTEL_PCH] = 1,     [IMS_ACS_QUIRK_INTEL_SPT] = 1,
        [IMS_ACS_QUIRK_CAVIUM_RP] = 1,     [IMS_ACS_QUIRK_XGENE_RP] = 9,
        [IMS_ACS_QUIRK_BRCM_PAXB] = 1,     [IMS_ACS_QUIRK_LOONGSON_RP] = 10,
        [IMS_ACS_QUIRK_ANNAPURNA_RP] = 1,  [IMS_ACS_QUIRK_NXP_RP] = 24,
        [IMS_ACS_QUIRK_ZHAOXIN_PORTS] = 1, [IMS_ACS_QUIRK_WANGXUN_NIC] = 1,
    };
    unsigned found[IMS_ACS_QUIRK_MAX] = {0};

    (void)state;
    for (uint32_t i = 0; i < IMS_ACS_QUIRK_ROW_COUNT; i++)
        found[ims_acs_quirk_rows[i].rule]++;
    for (unsigned i = 0; i < IMS_ACS_QUIRK_MAX; i++)
        assert_int_equal(found[i], expected[i]);
}

static void counts_per_alias_kind(void **state)
{
    static const unsigned expected[IMS_ALIAS_KIND_MAX] = {
        [IMS_ALIAS_FUNC0] = 4,
        [IMS_ALIAS_FUNC1] = 19,
        [IMS_ALIAS_FIXED] = 2,
        [IMS_ALIAS_LIST] = 8,
        [IMS_ALIAS_ALL] = 2,
        [IMS_ALIAS_NTB_TABLE] = 100,
        [IMS_ALIAS_BRIDGE_PCIE_ALIAS] = 5,
        [IMS_ALIAS_BRIDGE_XLATE_ROOT] = 2,
        [IMS_ALIAS_BRIDGE_NO_ALIAS] = 1,
    };
    unsigned found[IMS_ALIAS_KIND_MAX] = {0};

    (void)state;
    for (uint32_t i = 0; i < IMS_ALIAS_QUIRK_ROW_COUNT; i++)
        found[ims_alias_quirk_rows[i].kind]++;
    for (unsigned i = 0; i < IMS_ALIAS_KIND_MAX; i++)
        assert_int_equal(found[i], expected[i]);
}

/* The index is a permutation in order; the same id never stands twice with the same meaning. */
static void index_is_sorted(void **state)
{
    bool seen[IMS_ACS_QUIRK_ROW_COUNT] = {false};

    (void)state;
    for (uint32_t i = 0; i < IMS_ACS_QUIRK_ROW_COUNT; i++) {
        const struct ims_acs_quirk_row *row = &ims_acs_quirk_rows[ims_acs_quirk_by_id[i]];
        const struct ims_acs_quirk_row *before;

        assert_false(seen[ims_acs_quirk_by_id[i]]);
        seen[ims_acs_quirk_by_id[i]] = true;
        if (i == 0)
            continue;
        before = &ims_acs_quirk_rows[ims_acs_quirk_by_id[i - 1]];
        if (before->vendor != row->vendor) {
            assert_true(before->vendor < row->vendor);
        } else if (before->any_device || row->any_device) {
            assert_true(row->any_device);
            assert_int_not_equal(before->any_device && before->rule == row->rule, true);
            if (before->any_device)
                assert_true(ims_acs_quirk_by_id[i - 1] < ims_acs_quirk_by_id[i]);
        } else {
            assert_true(before->device < row->device);
        }
    }
}

static void alias_rows_are_sorted(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < IMS_ALIAS_QUIRK_ROW_COUNT; i++) {
        const struct ims_alias_quirk_row *a = &ims_alias_quirk_rows[i - 1];
        const struct ims_alias_quirk_row *b = &ims_alias_quirk_rows[i];
        uint64_t key_a = (uint64_t)a->vendor << 48 | (uint64_t)a->device << 32 |
                         (uint64_t)a->kind << 16 | a->subsystem.device;
        uint64_t key_b = (uint64_t)b->vendor << 48 | (uint64_t)b->device << 32 |
                         (uint64_t)b->kind << 16 | b->subsystem.device;

        assert_true(key_a < key_b);
    }
}

/* The ids of a list row as its text says them: each must be in the ranges, with no others. */
static unsigned check_list_text(const struct ims_acs_list_row *row)
{
    const char *at = row->ids;
    unsigned total = 0;

    assert_int_equal(strtoul(at, NULL, 16), row->device);
    while (*at != '\0') {
        char *end;
        unsigned long first = strtoul(at, &end, 16);
        unsigned long last = first;

        assert_true(end == at + 4);
        if (*end == '-')
            last = strtoul(end + 1, &end, 16);
        assert_true(first <= last);
        for (unsigned long id = first; id <= last; id++, total++)
            assert_ptr_equal(ims_acs_quirk_list_row(row->rule, (uint16_t)id), row);
        at = end + strspn(end, ", ");
    }
    return total;
}

static void lists_hold_their_ids(void **state)
{
    unsigned total = 0;
    unsigned held = 0;
    unsigned pch = 0;

    (void)state;
    for (uint32_t i = 0; i < IMS_ACS_LIST_ROW_COUNT; i++) {
        unsigned ids = check_list_text(&ims_acs_list_rows[i]);

        total += ids;
        if (ims_acs_list_rows[i].rule == IMS_ACS_QUIRK_INTEL_PCH)
            pch += ids;
    }
    for (unsigned rule = 0; rule < IMS_ACS_QUIRK_MAX; rule++) {
        for (unsigned device = 0; device < 0x10000; device++)
            held += ims_acs_quirk_list_row((enum ims_acs_quirk_rule)rule, (uint16_t)device) != NULL;
    }
    assert_int_equal(held, total);
    assert_int_equal(pch, 119); /* R4.20 */
}

static void ranges_are_sorted(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < IMS_ACS_LIST_RANGE_COUNT; i++) {
        const struct ims_acs_list_range *range = &ims_acs_list_ranges[i];

        assert_true(range->first <= range->last);
        assert_int_equal(ims_acs_list_rows[range->row].rule, range->rule);
        if (i == 0)
            continue;
        assert_true(range[-1].rule <= range->rule);
        if (range[-1].rule == range->rule)
            assert_true(range[-1].last < range->first);
    }
}

/* The rows that ims_acs_quirk_next() gives are those that a scan of the table finds. */
static void check_against_scan(struct ims_id id)
{
    const struct ims_acs_quirk_row *row = NULL;

    for (uint32_t i = 0; i < IMS_ACS_QUIRK_ROW_COUNT; i++) {
        const struct ims_acs_quirk_row *candidate = &ims_acs_quirk_rows[i];

        if (candidate->vendor != id.vendor)
            continue;
        if (!candidate->any_device && candidate->device != id.device)
            continue;
        row = ims_acs_quirk_next(id, row);
        assert_ptr_equal(row, candidate);
    }
    assert_null(ims_acs_quirk_next(id, row));
}

static void lookup_equals_scan(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < IMS_ACS_QUIRK_ROW_COUNT; i++) {
        unsigned vendor = ims_acs_quirk_rows[i].vendor;
        unsigned device = ims_acs_quirk_rows[i].device;

        check_against_scan(id_of(vendor, device));
        check_against_scan(id_of(vendor, device + 1));
        check_against_scan(id_of(vendor, device - 1));
        check_against_scan(id_of(vendor + 1, device));
    }
    check_against_scan(id_of(0x8086, 0xffff));
    check_against_scan(id_of(0x0000, 0x0000));
    check_against_scan(id_of(0xffff, 0xffff));
}

static void alias_lookup(void **state)
{
    const struct ims_alias_quirk_row *rows = NULL;
    uint32_t found = 0;

    (void)state;
    for (uint32_t i = 0; i < IMS_ALIAS_QUIRK_ROW_COUNT;) {
        struct ims_id id = {ims_alias_quirk_rows[i].vendor, ims_alias_quirk_rows[i].device};
        size_t count = ims_alias_quirks_find(id, &rows);

        assert_true(count > 0);
        assert_ptr_equal(rows, &ims_alias_quirk_rows[i]);
        i += (uint32_t)count;
        found += (uint32_t)count;
    }
    assert_int_equal(found, 143);
    assert_int_equal(ims_alias_quirks_find(id_of(0x9005, 0x0285), &rows), 2);
    assert_true(rows[0].has_subsystem);
    assert_int_equal(rows[0].subsystem.device, 0x02bb);
    assert_int_equal(rows[1].subsystem.device, 0x02bc);
    assert_int_equal(ims_alias_quirks_find(id_of(0x9005, 0x0286), &rows), 0);
    assert_int_equal(ims_alias_quirks_find(id_of(0x0000, 0x0000), &rows), 0);
    assert_int_equal(ims_alias_quirks_find(id_of(0xffff, 0xffff), &rows), 0);
    assert_ptr_equal(ims_alias_quirk_runtime(IMS_ALIAS_RUNTIME_REAL_DMA),
                     &ims_alias_runtime_rows[0]);
    assert_ptr_equal(ims_alias_quirk_runtime(IMS_ALIAS_RUNTIME_IVRS), &ims_alias_runtime_rows[1]);
    assert_null(ims_alias_quirk_runtime(IMS_ALIAS_ALL));
}

static const struct ims_alias_quirk_row *one_alias(unsigned vendor, unsigned device)
{
    const struct ims_alias_quirk_row *rows = NULL;

    assert_int_equal(ims_alias_quirks_find(id_of(vendor, device), &rows), 1);
    return rows;
}

static unsigned count_covered(const struct ims_alias_quirk_row *row, uint8_t own)
{
    unsigned count = 0;

    for (unsigned devfn = 0; devfn < 256; devfn++)
        count += ims_alias_quirk_covers(row, own, (uint8_t)devfn);
    return count;
}

static void alias_effects(void **state)
{
    const struct ims_alias_quirk_row *ricoh = one_alias(0x1180, 0xe476);
    const struct ims_alias_quirk_row *marvell = one_alias(0x1b4b, 0x9230);
    const struct ims_alias_quirk_row *mic = one_alias(0x8086, 0x2260);
    const struct ims_alias_quirk_row *vca = one_alias(0x8086, 0x295a);
    const struct ims_alias_quirk_row *plx = one_alias(0x10b5, 0x87b0);

    (void)state;
    assert_true(ims_alias_quirk_covers(ricoh, 0x0b, 0x08));
    assert_int_equal(count_covered(ricoh, 0x0b), 1);
    assert_int_equal(count_covered(ricoh, 0x08), 0);
    assert_int_equal(ricoh->condition, IMS_ALIAS_IF_NOT_FUNC0);
    assert_true(ims_alias_quirk_covers(marvell, 0x00, 0x01));
    assert_int_equal(count_covered(marvell, 0x00), 1);
    assert_int_equal(count_covered(marvell, 0x01), 0);
    assert_int_equal(marvell->condition, IMS_ALIAS_IF_NOT_FUNC1);
    assert_true(ims_alias_quirk_covers(mic, 0x00, IMS_DEVFN(0x12, 3)));
    assert_int_equal(count_covered(mic, 0x00), 3);
    assert_int_equal(count_covered(vca, 0xff), 160);
    assert_true(ims_alias_quirk_covers(vca, 0x00, IMS_DEVFN(31, 4)));
    assert_false(ims_alias_quirk_covers(vca, 0x00, IMS_DEVFN(31, 5)));
    assert_int_equal(count_covered(plx, 0x10), 255);
    assert_true(ims_alias_quirk_covers(&ims_alias_quirk_rows[142], 0x00, 0x08)); /* Adaptec */
    assert_int_equal(count_covered(one_alias(0x11f8, 0x8532), 0), 0);
    assert_true(one_alias(0x11f8, 0x8532)->final_stage);
    assert_false(plx->final_stage);
    assert_int_equal(one_alias(0x1b21, 0x1080)->condition, IMS_ALIAS_IF_HIDDEN_PCIE);
    assert_int_equal(one_alias(0x14e4, 0x9000)->kind, IMS_ALIAS_BRIDGE_XLATE_ROOT);
    assert_int_equal(one_alias(0x1a03, 0x1150)->condition, IMS_ALIAS_IF_PCIE_TO_PCI);
}

static void intel_rows_in_order(void **state)
{
    struct ims_id i219 = id_of(0x8086, 0x15b7);
    const struct ims_acs_quirk_row *row = ims_acs_quirk_next(i219, NULL);

    (void)state;
    assert_int_equal(row->rule, IMS_ACS_QUIRK_MF_ENDPOINT);
    row = ims_acs_quirk_next(i219, row);
    assert_int_equal(row->rule, IMS_ACS_QUIRK_INTEL_RCIEP);
    row = ims_acs_quirk_next(i219, row);
    assert_int_equal(row->rule, IMS_ACS_QUIRK_INTEL_PCH);
    row = ims_acs_quirk_next(i219, row);
    assert_int_equal(row->rule, IMS_ACS_QUIRK_INTEL_SPT);
    assert_null(ims_acs_quirk_next(i219, row));
}

static void listed_in_a_release(void **state)
{
    bool likely = false;

    (void)state;
    assert_int_equal(ims_acs_quirk_listed(IMS_ACS_QUIRK_INTEL_PCH, 0x8d1e, newest, &likely),
                     IMS_YES);
    assert_true(likely);
    assert_int_equal(ims_acs_quirk_listed(IMS_ACS_QUIRK_INTEL_PCH, 0x8d1f, newest, &likely),
                     IMS_NO);
    assert_false(likely);
    assert_int_equal(ims_acs_quirk_listed(IMS_ACS_QUIRK_INTEL_PCH, 0x1d11, newest, NULL), IMS_NO);
    assert_int_equal(ims_acs_quirk_listed(IMS_ACS_QUIRK_INTEL_SPT, 0xa110, newest, NULL), IMS_YES);
    assert_int_equal(ims_acs_quirk_listed(IMS_ACS_QUIRK_INTEL_SPT, 0xa16b, newest, NULL), IMS_NO);
    assert_int_equal(ims_acs_quirk_listed(IMS_ACS_QUIRK_INTEL_SPT, 0x9d1b,
                                          (struct ims_kernel_version){4, 15, -1}, NULL),
                     IMS_NO);
    assert_int_equal(ims_acs_quirk_listed(IMS_ACS_QUIRK_ZHAOXIN_PORTS, 0x0733,
                                          (struct ims_kernel_version){6, 1, 73}, NULL),
                     IMS_NO);
    assert_int_equal(ims_acs_quirk_listed(IMS_ACS_QUIRK_ZHAOXIN_PORTS, 0x0733,
                                          (struct ims_kernel_version){6, 1, 74}, NULL),
                     IMS_YES);
    assert_int_equal(ims_acs_quirk_listed(IMS_ACS_QUIRK_WANGXUN_NIC, 0x0110, newest, NULL), IMS_NO);
}

static void capability_fixes(void **state)
{
    struct ims_kernel_version v6_17 = {6, 17, 0};
    struct ims_kernel_version v6_18 = {6, 18, 3};
    bool certain = false;

    (void)state;
    assert_int_equal(ims_acs_capfix(id_of(0x111d, 0x80b5), newest, &certain), IMS_ACS_SV);
    assert_true(certain);
    assert_int_equal(ims_acs_capfix(id_of(0x111d, 0x8090), newest, NULL), IMS_ACS_SV);
    assert_int_equal(ims_acs_capfix(id_of(0x111d, 0x8091), newest, &certain), 0);
    assert_int_equal(ims_acs_capfix(id_of(0x111d, 0x80b5), v6_17, &certain), 0);
    assert_true(certain);
    ims_acs_capfix(id_of(0x111d, 0x80b5), v6_18, &certain);
    assert_false(certain);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(ims_acs_quirk_rule_to_string(IMS_ACS_QUIRK_INTEL_RCIEP), "intel_rciep");
    assert_string_equal(ims_acs_quirk_rule_to_string(IMS_ACS_QUIRK_IDT_SV), "idt_sv");
    assert_string_equal(ims_acs_quirk_rule_to_string(IMS_ACS_QUIRK_MAX), "invalid");
    assert_string_equal(ims_alias_quirk_kind_to_string(IMS_ALIAS_BRIDGE_XLATE_ROOT),
                        "bridge_flag_xlate_root");
    assert_string_equal(ims_alias_quirk_kind_to_string(IMS_ALIAS_KIND_MAX), "invalid");
}

static void public_rows(void **state)
{
    static const struct {
        const char *kind;
        unsigned count;
    } expected[] = {{"table", 132}, {"expand", 19}, {"op", 3}, {"capfix", 2}};
    struct ims_ruleset ruleset = {IMS_RULESET_LINUX, {4, 4, -1}};
    uint32_t index = 0;
    unsigned present = 0;

    (void)state;
    assert_int_equal(ims_quirk_row_count(), 132 + 19 + 3 + 2 + 143 + 2);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        for (unsigned n = 0; n < expected[i].count; n++, index++) {
            struct ims_quirk_row row = ims_quirk_row_at(index);

            assert_string_equal(row.kind, expected[i].kind);
            assert_string_equal(row.table, "acs");
            assert_true(strlen(row.label) > 2 && strlen(row.rule) > 2 && strlen(row.window) > 4);
            present += ims_quirk_row_present(index, &ruleset) == IMS_YES;
        }
    }
    assert_int_equal(present, 61 + 9 + 1); /* "<=4.4": verdict rows, lists, an operation */
    for (; index < ims_quirk_row_count(); index++)
        assert_string_equal(ims_quirk_row_at(index).table, "alias");
    assert_string_equal(ims_quirk_row_at(index).table, "");
    assert_int_equal(ims_quirk_row_present(index, &ruleset), IMS_NO);
    assert_string_equal(ims_quirk_row_at(132).label, "3b42-3b51: 5-series (Ibex Peak)");
    assert_string_equal(ims_quirk_row_at(59).window, ">5.4,<=5.15");
    assert_string_equal(ims_quirk_row_at(71).stable, "5.10.68, 5.14.7");
    assert_string_equal(ims_quirk_row_at(ims_quirk_row_count() - 1).rule, "runtime_ivrs_alias");
}

/* From the newest tree nothing is missing, and no row ever leaves again. */
static void rows_never_leave(void **state)
{
    static const struct ims_kernel_version trees[] = {
        {4, 4, 6},   {4, 15, 17}, {4, 18, 17}, {5, 0, 6},  {5, 4, 30},
        {5, 15, 30}, {5, 19, 17}, {6, 2, 13},  {6, 5, 3},  {6, 8, 1},
        {6, 14, 0},  {6, 17, 0},  {7, 0, 0},   {7, 2, 13}, {7, 3, 4},
    };

    (void)state;
    for (uint32_t index = 0; index < ims_quirk_row_count(); index++) {
        bool was_there = false;

        for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
            struct ims_ruleset ruleset = {IMS_RULESET_LINUX, trees[i]};
            enum ims_tristate now = ims_quirk_row_present(index, &ruleset);

            assert_int_not_equal(now, IMS_UNKNOWN); /* each of these trees was read */
            assert_false(was_there && now == IMS_NO);
            was_there = now == IMS_YES;
        }
        assert_true(was_there);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete),     cmocka_unit_test(counts_per_rule),
        cmocka_unit_test(counts_per_alias_kind), cmocka_unit_test(index_is_sorted),
        cmocka_unit_test(alias_rows_are_sorted), cmocka_unit_test(lists_hold_their_ids),
        cmocka_unit_test(ranges_are_sorted),     cmocka_unit_test(lookup_equals_scan),
        cmocka_unit_test(alias_lookup),          cmocka_unit_test(alias_effects),
        cmocka_unit_test(intel_rows_in_order),   cmocka_unit_test(listed_in_a_release),
        cmocka_unit_test(capability_fixes),      cmocka_unit_test(names),
        cmocka_unit_test(public_rows),           cmocka_unit_test(rows_never_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
