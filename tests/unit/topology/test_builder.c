/* SPDX-License-Identifier: MIT */
/* Collecting records: one per address, copies of strings, gaps that are limited, empty machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

static void one_record_per_address(void **state)
{
    struct ims_builder *builder = ims_builder_new();
    struct ims_record *record;
    bool existed;

    (void)state;
    assert_null(ims_builder_find(builder, address_of("00:00.0")));
    for (unsigned i = 0; i < 3000; i++) {
        const struct ims_address address = {i % 3, (uint8_t)(i / 256), (uint8_t)i};
        assert_int_equal(ims_builder_function(builder, address, &record, &existed), 0);
        assert_false(existed);
        record->group = i;
    }
    assert_int_equal(ims_builder_count(builder), 3000);
    for (unsigned i = 0; i < 3000; i++) {
        const struct ims_address address = {i % 3, (uint8_t)(i / 256), (uint8_t)i};
        assert_int_equal(ims_builder_function(builder, address, &record, &existed), 0);
        assert_true(existed);
        assert_int_equal(record->group, i);
        assert_ptr_equal(ims_builder_find(builder, address), record);
        assert_ptr_equal(ims_builder_at(builder, i), record);
    }
    assert_int_equal(ims_builder_function(builder, address_of("00:00.0"), &record, NULL), 0);
    assert_int_equal(ims_builder_count(builder), 3000);
    assert_null(ims_builder_at(builder, 3000));
    assert_null(ims_builder_find(builder, address_of("0005:00:00.0")));
    ims_builder_free(builder);
    ims_builder_free(NULL);
}

static void functions_are_sorted_and_found(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "0001:00:00.0");
    put_endpoint(lab.builder, "00:1f.7");
    put_endpoint(lab.builder, "10000:00:00.0");
    put_endpoint(lab.builder, "00:02.0");
    lab_seal(&lab);
    assert_int_equal(ims_topology_function_count(lab.topology), 4);
    assert_int_equal(at(&lab, "00:02.0").index, 0);
    assert_int_equal(at(&lab, "00:1f.7").index, 1);
    assert_int_equal(at(&lab, "0001:00:00.0").index, 2);
    assert_int_equal(at(&lab, "10000:00:00.0").index, 3);
    assert_true(ims_function_is_none(ims_topology_find(lab.topology, address_of("00:02.1"))));
    assert_true(ims_bus_is_none(ims_topology_find_bus(lab.topology, 0, 1)));
    assert_true(ims_bus_is_none(ims_topology_find_bus(lab.topology, 2, 0)));
    lab_done(&lab);
}

static void nothing_makes_an_empty_machine(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    lab_seal(&lab);
    assert_int_equal(ims_topology_function_count(lab.topology), 0);
    assert_int_equal(ims_topology_bus_count(lab.topology), 0);
    assert_int_equal(ims_topology_gap_count(lab.topology), 0);
    assert_int_equal(ims_topology_kernel_group_count(lab.topology), 0);
    assert_null(ims_topology_gap(lab.topology, 0));
    assert_null(ims_topology_kernel_group(lab.topology, 0));
    lab_group(&lab);
    assert_int_equal(ims_grouping_count(lab.grouping), 0);
    assert_null(ims_grouping_group(lab.grouping, 0));
    lab_done(&lab);
    ims_topology_free(NULL);
}

static void kernel_groups_are_sorted_and_copied(void **state)
{
    char line[] = "0x00000000fee00000 0x00000000feefffff msi";
    char type[] = "DMA";
    const char *reserved[] = {line};
    struct ims_kernel_group group = {
        .number = 12, .type = type, .reserved = reserved, .reserved_count = 1, .non_pci_count = 2};
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    assert_int_equal(ims_builder_kernel_group(lab.builder, &group), 0);
    memset(line, 'x', sizeof(line) - 1);
    memset(type, 'x', sizeof(type) - 1);
    group = (struct ims_kernel_group){.number = 3, .name = "vfio-noiommu"};
    assert_int_equal(ims_builder_kernel_group(lab.builder, &group), 0);
    group = (struct ims_kernel_group){.number = 12, .type = "identity"};
    assert_int_equal(ims_builder_kernel_group(lab.builder, &group), 0);
    lab_seal(&lab);

    assert_int_equal(ims_topology_kernel_group_count(lab.topology), 2);
    assert_int_equal(ims_topology_kernel_group(lab.topology, 0)->number, 3);
    assert_string_equal(ims_topology_kernel_group(lab.topology, 0)->name, "vfio-noiommu");
    const struct ims_kernel_group *found = ims_topology_kernel_group(lab.topology, 1);
    assert_int_equal(found->number, 12);
    assert_string_equal(found->type, "DMA");
    assert_int_equal(found->non_pci_count, 2);
    assert_string_equal(found->reserved[0], "0x00000000fee00000 0x00000000feefffff msi");
    assert_int_equal(count_gaps(&lab, IMS_GAP_CONTRADICTION, "kernel group 12"), 1);
    lab_done(&lab);
}

static void gaps_are_kept_up_to_a_limit(void **state)
{
    const struct ims_address address = address_of("00:1f.0");
    char path[] = "/sys/bus/pci";
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    ims_builder_gap(lab.builder, IMS_GAP_NEEDS_ROOT, &address, path, 7, "missing %u bytes", 192u);
    path[1] = 'x';
    for (unsigned i = 0; i < IMS_GAP_MAX_COUNT + 9; i++)
        ims_builder_gap(lab.builder, IMS_GAP_MALFORMED, NULL, NULL, 0, "line %u", i);
    lab_seal(&lab);
    assert_int_equal(ims_topology_gap_count(lab.topology), IMS_GAP_MAX_COUNT);
    assert_int_equal(ims_topology_gaps_dropped(lab.topology), 10);

    const struct ims_gap *gap = ims_topology_gap(lab.topology, 0);
    assert_int_equal(gap->kind, IMS_GAP_NEEDS_ROOT);
    assert_true(gap->has_address);
    assert_int_equal(gap->address.devfn, IMS_DEVFN(0x1f, 0));
    assert_int_equal(gap->line, 7);
    assert_string_equal(gap->path, "/sys/bus/pci");
    assert_string_equal(gap->text, "missing 192 bytes");
    gap = ims_topology_gap(lab.topology, 1);
    assert_false(gap->has_address);
    assert_null(gap->path);
    assert_null(ims_topology_gap(lab.topology, IMS_GAP_MAX_COUNT));
    lab_done(&lab);
}

static void strings_and_ids_outlive_the_builder(void **state)
{
    struct ims_id ids[2] = {{0x8086, 0x1521}, {0x8086, 0x1522}};
    char name[] = "I350 and more";
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    struct ims_record *record = put_endpoint(lab.builder, "00:19.0");
    record->device_name = ims_builder_string(lab.builder, name, 4);
    record->ids = ims_builder_ids(lab.builder, ids, 2);
    record->id_count = 2;
    memset(name, 0, sizeof(name));
    ids[0].device = 0;
    lab_seal(&lab);
    const struct ims_function_info *info = info_of(&lab, "00:19.0");
    assert_string_equal(info->record->device_name, "I350");
    assert_int_equal(info->id_count, 2);
    assert_int_equal(info->ids[0].device, 0x1521);
    assert_int_equal(info->ids[1].device, 0x1522);
    lab_done(&lab);
}

static void names_of_kinds(void **state)
{
    (void)state;
    for (int i = 0; i < IMS_GAP_MAX; i++) {
        assert_true(strlen(ims_gap_kind_to_string((enum ims_gap_kind)i)) > 2);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(ims_gap_kind_to_string((enum ims_gap_kind)i),
                                    ims_gap_kind_to_string((enum ims_gap_kind)j));
    }
    assert_string_equal(ims_gap_kind_to_string(IMS_GAP_NEEDS_ROOT), "needs-root");
    assert_string_equal(ims_gap_kind_to_string(IMS_GAP_MAX), "none");
    assert_string_equal(ims_iommu_kind_to_string(IMS_IOMMU_ARM_SMMU), "arm-smmu");
    assert_string_equal(ims_iommu_kind_to_string((enum ims_iommu_kind)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_record_per_address),
        cmocka_unit_test(functions_are_sorted_and_found),
        cmocka_unit_test(nothing_makes_an_empty_machine),
        cmocka_unit_test(kernel_groups_are_sorted_and_copied),
        cmocka_unit_test(gaps_are_kept_up_to_a_limit),
        cmocka_unit_test(strings_and_ids_outlive_the_builder),
        cmocka_unit_test(names_of_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
