/* SPDX-License-Identifier: MIT */
/* Snapshots: everything that was read comes back, and damaged ones are refused with a place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/reader.h"
#include "source/snapshot.h"

#define HEAD "{\"schema\":\"iommuscope.snapshot/1\","
#define ONE "\"functions\":[{\"address\":\"0000:00:00.0\"}]"

static const struct ims_address endpoint = {0, 1, 0};
static const struct ims_address virtual_function = {0x10000, 0xe0, IMS_DEVFN(6, 1)};

static int load(const char *text, size_t length, struct ims_topology **ret, struct ims_error *error)
{
    struct ims_builder *builder = ims_builder_new();
    FILE *stream =
        length ? fmemopen((void *)(uintptr_t)text, length, "r") : fopen("/dev/null", "r");

    assert_non_null(builder);
    assert_non_null(stream);
    const int r = ims_snapshot_read(builder, stream, "input", error);
    fclose(stream);
    if (r < 0) {
        ims_builder_free(builder);
        return r;
    }
    assert_int_equal(ims_builder_seal(builder, ret, error), 0);
    assert_int_equal(ims_topology_check(*ret, error), 0);
    return 0;
}

static struct ims_topology *load_good(const char *text)
{
    struct ims_error error = {0};
    struct ims_topology *topology = NULL;

    if (load(text, strlen(text), &topology, &error) < 0)
        fail_msg("%s", error.message);
    return topology;
}

static char *write_out(const struct ims_topology *topology, bool with_serials)
{
    const struct ims_snapshot_options options = {sizeof(options), with_serials};
    char *text = NULL;

    assert_int_equal(ims_snapshot_write(topology, &options, &text, NULL), 0);
    return text;
}

static void fill_endpoint(struct ims_builder *builder)
{
    static const struct ims_id ids[] = {{0x8086, 0x0d57}, {0x10de, 0xffff}};
    struct ims_record *record;

    assert_int_equal(ims_builder_function(builder, endpoint, &record, NULL), 0);
    ims_config_set_bytes(&record->config, 0, "\x86\x80\x57\x0d\x06\x04\x10\x00", 8);
    ims_config_set(&record->config, 0x0e, 0x80, 0x80);
    ims_config_set(&record->config, 0x34, 0x40, 0xff);
    ims_config_set16(&record->config, 0x40, 0x0010, 0xffff);
    ims_config_set16(&record->config, 0x42, 0x0042, 0x01ff);
    ims_config_set32(&record->config, 0x100, 0x15010003, 0xffffffff);
    ims_config_set32(&record->config, 0x104, 0xdeadbeef, 0xffffffff);
    ims_config_set32(&record->config, 0x108, 0x0badcafe, 0xffffffff);
    ims_config_set32(&record->config, 0x150, 0x0001000d, 0xffffffff);
    ims_config_set32(&record->config, 0x154, 0x001d001f, 0xffffffff);
    record->config_gap = IMS_GAP_NEEDS_ROOT;
    record->ids = ims_builder_ids(builder, ids, 2);
    record->id_count = 2;
    record->class_stated = true;
    record->class_code = 0x060000;
    record->class_known = 0xff0000;
    record->subsystem_stated = true;
    record->subsystem = (struct ims_id){0x1043, 0x8694};
    record->is_vf = IMS_NO;
    record->driver_stated = true;
    record->driver = "nvme";
    record->group_state = IMS_GROUP_KNOWN;
    record->group = UINT32_MAX;
    record->iommu = "dmar0";
    record->power_state = "D0";
    record->vendor_name = "Intel \"quoted\" \\ name";
    record->device_name = "Ger\xc3\xa4t\twith\x01 control";
    record->class_name = "Bridge";
    record->label = "Onboard";
    record->slot = "3-1";
    record->modules = "a, b";
    record->serial = "00-11-22-33-44-55-66-77";
    record->boot_vga = IMS_YES;
    record->numa_stated = true;
    record->numa_node = -1;
    record->resource_count = IMS_RESOURCE_COUNT;
    record->resources[3] = (struct ims_resource){0xfedc000000000000, UINT64_MAX, 0x14220c};
    record->on_root_bus = true;
    record->port_type_stated = true;
    record->port_type = IMS_PORT_CONVENTIONAL;
    record->override_stated = true;
    record->driver_override = "vfio-pci";
    record->reset_stated = true;
    record->reset_methods = "flr bus";
    record->has_vfio_device = true;
    record->is_stuck = true;
    record->power_control = "auto";
    record->numvfs_stated = true;
    record->numvfs = 2;
    record->totalvfs_stated = true;
    record->totalvfs = 7;
    record->root_path = "platform/40000000.pcie/pci0000:00";
}

static void fill_virtual_function(struct ims_builder *builder)
{
    struct ims_record *record;

    assert_int_equal(ims_builder_function(builder, virtual_function, &record, NULL), 0);
    record->is_vf = IMS_YES;
    record->physfn_stated = true;
    record->physfn = endpoint;
    record->driver_stated = true;
    record->group_state = IMS_GROUP_NONE;
    record->boot_vga = IMS_NO;
    record->vmd_endpoint_stated = true;
    record->vmd_endpoint = endpoint;
    record->config_gap = IMS_GAP_ASLEEP;
    record->override_stated = true;
    record->reset_stated = true;
}

static const uint8_t full_table[70] = {'I', 'V', 'R', 'S', 70, 0, 0, 0, 2, 0xff, [40] = 0xab};

static struct ims_topology *make_full(void)
{
    static const char *const reserved[] = {"0x00000000fee00000 0x00000000feefffff msi", "x"};
    static const struct ims_other_member others[] = {
        {"AMDI0095:00", true, "amd_gpio"},
        {"pl330", true, NULL},
    };
    const struct ims_kernel_group groups[] = {
        {7, "DMA-FQ", NULL, reserved, 2, 3, others, 2},
        {0, NULL, "vfio-noiommu", NULL, 0, 0, NULL, 0},
    };
    struct ims_builder *builder = ims_builder_new();
    struct ims_topology *topology = NULL;

    assert_non_null(builder);
    *ims_builder_machine(builder) = (struct ims_machine){
        .source_kind = "sysfs",
        .kernel_release = "6.12.95",
        .cmdline = "quiet intel_iommu=on",
        .architecture = "x86_64",
        .product = "Maker Model",
        .iommu_on = IMS_YES,
        .groups_stated = IMS_YES,
        .iommu_kind = IMS_IOMMU_ARM_SMMU,
        .acpi_dmar = IMS_NO,
        .acpi_ivrs = IMS_YES,
        .acpi_iort = IMS_UNKNOWN,
        .is_live = IMS_YES,
        .interrupt_remapping = IMS_YES,
        .unsafe_interrupts = IMS_NO,
        .kvm_assignment = IMS_NO,
        .acpi_viot = IMS_NO,
    };
    /* Damaged, so that sealing has something to note; zeros at the end count. */
    assert_int_equal(ims_builder_table(builder, IMS_ACPI_IVRS, full_table, sizeof(full_table)), 0);
    assert_int_equal(ims_builder_table(builder, IMS_ACPI_IORT, full_table, 0), 0);
    fill_endpoint(builder);
    fill_virtual_function(builder);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(ims_builder_kernel_group(builder, &groups[i]), 0);
    ims_builder_gap(builder, IMS_GAP_MALFORMED, &endpoint, "file \xff name", 42, "one gap");
    ims_builder_gap(builder, IMS_GAP_NEEDS_ROOT, NULL, NULL, 0, "another gap");
    assert_int_equal(ims_builder_seal(builder, &topology, NULL), 0);
    return topology;
}

static const struct ims_record *record_of(const struct ims_topology *topology,
                                          struct ims_address address)
{
    const struct ims_function function = ims_topology_find(topology, address);

    assert_false(ims_function_is_none(function));
    return ims_topology_function(topology, function)->record;
}

static void assert_same_config(const struct ims_config *a, const struct ims_config *b)
{
    for (unsigned offset = 0; offset < IMS_CONFIG_SIZE_BYTES; offset += 4) {
        const struct ims_bits left = ims_config_get32(a, offset);
        const struct ims_bits right = ims_config_get32(b, offset);
        assert_int_equal(left.value, right.value);
        assert_int_equal(left.known, right.known);
    }
}

static void assert_same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a)
        assert_string_equal(a, b);
}

/* After an edit: that a kernel had it in a group, of which nothing else is stated any more. */
static void a_former_group_comes_back(void **state)
{
    struct ims_builder *builder = ims_builder_new();
    struct ims_topology *before = NULL;
    struct ims_record *record;

    (void)state;
    assert_int_equal(ims_builder_function(builder, endpoint, &record, NULL), 0);
    record->was_grouped = true;
    assert_int_equal(ims_builder_seal(builder, &before, NULL), 0);
    char *text = write_out(before, false);
    struct ims_topology *after = load_good(text);

    assert_true(record_of(after, endpoint)->was_grouped);
    assert_int_equal(record_of(after, endpoint)->group_state, IMS_GROUP_UNKNOWN);
    free(text);
    ims_topology_free(before);
    ims_topology_free(after);
}

static void everything_comes_back(void **state)
{
    (void)state;
    struct ims_topology *before = make_full();
    char *text = write_out(before, true);
    struct ims_topology *after = load_good(text);
    char *again = write_out(after, true);

    assert_string_equal(text, again);
    for (unsigned i = 0; i < 2; i++) {
        const struct ims_address address = i ? virtual_function : endpoint;
        const struct ims_record *a = record_of(before, address);
        const struct ims_record *b = record_of(after, address);

        assert_same_config(&a->config, &b->config);
        assert_int_equal(a->config_gap, b->config_gap);
        assert_int_equal(a->id_count, b->id_count);
        for (uint32_t id = 0; id < a->id_count; id++)
            assert_memory_equal(&a->ids[id], &b->ids[id], sizeof(a->ids[id]));
        assert_int_equal(a->class_stated, b->class_stated);
        assert_int_equal(a->class_code, b->class_code);
        assert_int_equal(a->class_known, b->class_known);
        assert_int_equal(a->subsystem_stated, b->subsystem_stated);
        assert_int_equal(a->subsystem.vendor, b->subsystem.vendor);
        assert_int_equal(a->subsystem.device, b->subsystem.device);
        assert_int_equal(a->is_vf, b->is_vf);
        assert_int_equal(a->physfn_stated, b->physfn_stated);
        assert_int_equal(ims_address_compare(a->physfn, b->physfn), 0);
        assert_int_equal(a->driver_stated, b->driver_stated);
        assert_same_text(a->driver, b->driver);
        assert_int_equal(a->group_state, b->group_state);
        assert_int_equal(a->group, b->group);
        assert_same_text(a->iommu, b->iommu);
        assert_same_text(a->power_state, b->power_state);
        assert_same_text(a->vendor_name, b->vendor_name);
        assert_same_text(a->device_name, b->device_name);
        assert_same_text(a->class_name, b->class_name);
        assert_same_text(a->label, b->label);
        assert_same_text(a->slot, b->slot);
        assert_same_text(a->modules, b->modules);
        assert_same_text(a->serial, b->serial);
        assert_int_equal(a->boot_vga, b->boot_vga);
        assert_int_equal(a->numa_stated, b->numa_stated);
        assert_int_equal(a->numa_node, b->numa_node);
        assert_int_equal(a->resource_count, b->resource_count);
        assert_memory_equal(a->resources, b->resources, sizeof(a->resources));
        assert_int_equal(a->on_root_bus, b->on_root_bus);
        assert_int_equal(a->vmd_endpoint_stated, b->vmd_endpoint_stated);
        assert_int_equal(ims_address_compare(a->vmd_endpoint, b->vmd_endpoint), 0);
        assert_int_equal(a->port_type_stated, b->port_type_stated);
        assert_int_equal(a->port_type, b->port_type);
        assert_int_equal(a->override_stated, b->override_stated);
        assert_same_text(a->driver_override, b->driver_override);
        assert_int_equal(a->reset_stated, b->reset_stated);
        assert_same_text(a->reset_methods, b->reset_methods);
        assert_int_equal(a->has_vfio_device, b->has_vfio_device);
        assert_int_equal(a->was_grouped, b->was_grouped);
        assert_int_equal(a->is_stuck, b->is_stuck);
        assert_true((a->power_control != NULL) == (b->power_control != NULL));
        assert_int_equal(a->numvfs_stated, b->numvfs_stated);
        assert_int_equal(a->numvfs, b->numvfs);
        assert_int_equal(a->totalvfs_stated, b->totalvfs_stated);
        assert_int_equal(a->totalvfs, b->totalvfs);
        assert_same_text(a->root_path, b->root_path);
    }
    free(text);
    free(again);
    ims_topology_free(before);
    ims_topology_free(after);
}

static void the_machine_comes_back(void **state)
{
    (void)state;
    struct ims_topology *before = make_full();
    char *text = write_out(before, false);
    struct ims_topology *after = load_good(text);
    const struct ims_machine *machine = ims_topology_machine(after);

    assert_string_equal(machine->source_kind, "sysfs");
    assert_string_equal(machine->kernel_release, "6.12.95");
    assert_string_equal(machine->cmdline, "quiet intel_iommu=on");
    assert_string_equal(machine->architecture, "x86_64");
    assert_string_equal(machine->product, "Maker Model");
    assert_int_equal(machine->iommu_on, IMS_YES);
    assert_int_equal(machine->groups_stated, IMS_YES);
    assert_int_equal(machine->iommu_kind, IMS_IOMMU_ARM_SMMU);
    assert_int_equal(machine->acpi_dmar, IMS_NO);
    assert_int_equal(machine->acpi_ivrs, IMS_YES);
    assert_int_equal(machine->acpi_iort, IMS_UNKNOWN);
    assert_int_equal(machine->is_live, IMS_YES);
    assert_int_equal(machine->interrupt_remapping, IMS_YES);
    assert_int_equal(machine->unsafe_interrupts, IMS_NO);
    assert_int_equal(machine->kvm_assignment, IMS_NO);
    assert_int_equal(machine->acpi_viot, IMS_NO);

    const struct ims_acpi_tables *tables = ims_topology_tables(after);
    assert_null(tables->bytes[IMS_ACPI_DMAR]);
    assert_int_equal(tables->size_bytes[IMS_ACPI_IVRS], sizeof(full_table));
    assert_memory_equal(tables->bytes[IMS_ACPI_IVRS], full_table, sizeof(full_table));
    assert_non_null(tables->bytes[IMS_ACPI_IORT]);
    assert_int_equal(tables->size_bytes[IMS_ACPI_IORT], 0);

    assert_int_equal(ims_topology_kernel_group_count(after), 2);
    const struct ims_kernel_group *group = ims_topology_kernel_group(after, 0);
    assert_int_equal(group->number, 0);
    assert_null(group->type);
    assert_string_equal(group->name, "vfio-noiommu");
    group = ims_topology_kernel_group(after, 1);
    assert_int_equal(group->number, 7);
    assert_string_equal(group->type, "DMA-FQ");
    assert_null(group->name);
    assert_int_equal(group->reserved_count, 2);
    assert_string_equal(group->reserved[1], "x");
    assert_int_equal(group->non_pci_count, 3);
    assert_int_equal(group->other_count, 2);
    assert_string_equal(group->others[0].name, "AMDI0095:00");
    assert_string_equal(group->others[0].driver, "amd_gpio");
    assert_string_equal(group->others[1].name, "pl330");
    assert_true(group->others[1].driver_stated);
    assert_null(group->others[1].driver);
    free(text);
    ims_topology_free(before);
    ims_topology_free(after);
}

/* Sealing notes gaps of its own; reading seals again and must not double them. */
static void gaps_are_not_doubled(void **state)
{
    (void)state;
    struct ims_topology *before = make_full();
    char *text = write_out(before, true);
    struct ims_topology *after = load_good(text);

    assert_true(ims_topology_gap_count(before) >= 2);
    assert_int_equal(ims_topology_gap_count(before), ims_topology_gap_count(after));
    for (uint32_t i = 0; i < ims_topology_gap_count(before); i++) {
        const struct ims_gap *a = ims_topology_gap(before, i);
        const struct ims_gap *b = ims_topology_gap(after, i);
        assert_int_equal(a->kind, b->kind);
        assert_string_equal(a->text, b->text);
        assert_int_equal(a->line, b->line);
        assert_int_equal(a->has_address, b->has_address);
    }
    /* A byte that is no UTF-8 has no place in JSON. */
    assert_string_equal(ims_topology_gap(after, 0)->path, "file \xef\xbf\xbd name");
    free(text);
    ims_topology_free(before);
    ims_topology_free(after);
}

static void gaps_that_were_only_counted_stay_counted(void **state)
{
    (void)state;
    struct ims_builder *builder = ims_builder_new();
    struct ims_topology *before = NULL;
    struct ims_record *record;

    assert_int_equal(ims_builder_function(builder, endpoint, &record, NULL), 0);
    ims_builder_machine(builder)->source_kind = "lspci-hex";
    for (unsigned i = 0; i < IMS_GAP_MAX_COUNT + 5; i++)
        ims_builder_gap(builder, IMS_GAP_MALFORMED, NULL, NULL, i, "gap %u", i);
    assert_int_equal(ims_builder_seal(builder, &before, NULL), 0);
    char *text = write_out(before, true);
    struct ims_topology *after = load_good(text);
    char *again = write_out(after, true);

    assert_string_equal(text, again);
    assert_int_equal(ims_topology_gap_count(after), IMS_GAP_MAX_COUNT);
    assert_int_equal(ims_topology_gaps_dropped(after), ims_topology_gaps_dropped(before));
    free(text);
    free(again);
    ims_topology_free(before);
    ims_topology_free(after);
}

static void serial_numbers_are_left_out(void **state)
{
    (void)state;
    struct ims_topology *before = make_full();
    char *hidden = write_out(before, false);
    char *shown = write_out(before, true);
    struct ims_topology *after = load_good(hidden);
    const struct ims_record *record = record_of(after, endpoint);

    assert_non_null(strstr(shown, "00-11-22-33-44-55-66-77"));
    assert_non_null(strstr(shown, "03 00 01 15 ef be ad de fe ca ad 0b"));
    assert_null(strstr(hidden, "00-11-22-33-44-55-66-77"));
    assert_non_null(strstr(hidden, "03 00 01 15 .. .. .. .. .. .. .. .."));
    assert_null(record->serial);
    assert_int_equal(ims_config_get32(&record->config, 0x100).value, 0x15010003);
    assert_int_equal(ims_config_get32(&record->config, 0x104).known, 0);
    assert_int_equal(ims_config_get32(&record->config, 0x108).known, 0);
    assert_int_equal(ims_config_get32(&record->config, 0x154).value, 0x001d001f);
    free(hidden);
    free(shown);
    ims_topology_free(before);
    ims_topology_free(after);
}

/* The way to the capability is not in the input: it is found all the same. */
static void serial_numbers_behind_a_hole_are_left_out(void **state)
{
    (void)state;
    struct ims_builder *builder = ims_builder_new();
    struct ims_topology *topology = NULL;
    struct ims_record *record;

    assert_int_equal(ims_builder_function(builder, endpoint, &record, NULL), 0);
    ims_config_set32(&record->config, 0x240, 0x00010003, 0xffffffff);
    ims_config_set32(&record->config, 0x244, 0x11223344, 0xffffffff);
    ims_config_set32(&record->config, 0x248, 0x55667788, 0xffffffff);
    ims_config_set32(&record->config, 0x24c, 0x99999999, 0xffffffff);
    assert_int_equal(ims_builder_seal(builder, &topology, NULL), 0);
    char *text = write_out(topology, false);

    assert_non_null(strstr(text, "\"03 00 01 00 .. .. .. .. .. .. .. .. 99 99 99 99\""));
    free(text);
    ims_topology_free(topology);
}

static void half_known_bytes_have_a_mask(void **state)
{
    (void)state;
    struct ims_topology *topology =
        load_good(HEAD "\"functions\":[{\"address\":\"0000:00:1c.0\",\"config\":{"
                       "\"00\":\"86 80 .. ff/0f 04/00 .. .. .. .. .. .. .. .. .. 80/80 ..\"}}]}");
    const struct ims_address port = {0, 0, IMS_DEVFN(0x1c, 0)};
    const struct ims_config *config = &record_of(topology, port)->config;

    assert_int_equal(ims_config_get32(config, 0).value, 0x0f008086);
    assert_int_equal(ims_config_get32(config, 0).known, 0x0f00ffff);
    assert_int_equal(ims_config_get8(config, 4).known, 0);
    assert_int_equal(ims_config_get8(config, 0x0e).known, 0x80);
    char *text = write_out(topology, false);
    assert_non_null(
        strstr(text, "\"00\": \"86 80 .. 0f/0f .. .. .. .. .. .. .. .. .. .. 80/80 ..\""));
    free(text);
    ims_topology_free(topology);
}

static void later_minor_versions_are_read(void **state)
{
    (void)state;
    ims_topology_free(load_good("\xef\xbb\xbf{\"schema\":\"iommuscope.snapshot/1.7\",\"new\":[{}],"
                                "\"machine\":{\"colour\":3},"
                                "\"functions\":[{\"address\":\"00:00.0\",\"x\":null}]}"));
}

/* Text, the beginning of what must be said, and of which kind. */
static const struct {
    const char *text;
    const char *says;
} wrong[] = {
    {"", "this is no valid JSON"},
    {"{", "this is no valid JSON"},
    {"[]", "a snapshot is a JSON object"},
    {"{}", "/schema: this JSON is no snapshot"},
    {"{\"schema\":3}", "/schema: "},
    {"{\"schema\":\"iommuscope.snapshot/10\"}", "/schema: expected"},
    {"{\"schema\":\"iommuscope.groups/1\"}", "/schema: expected"},
    {HEAD "\"functions\":[]}", "/functions: the snapshot describes no PCI function"},
    {HEAD "\"gaps\":[]}", "/functions: the snapshot describes no PCI function"},
    {HEAD ONE "," ONE "}", "this is no valid JSON: duplicate"},
    {HEAD ONE "} x", "this is no valid JSON"},
    {HEAD "\"functions\":{}}", "/functions: expected an array"},
    {HEAD "\"functions\":[3]}", "/functions/0: expected an object"},
    {HEAD "\"functions\":[{}]}", "/functions/0: a function needs its address"},
    {HEAD "\"functions\":[{\"address\":7}]}", "/functions/0/address: "},
    {HEAD "\"functions\":[{\"address\":\"0000:00:20.0\"}]}", "/functions/0/address: "},
    {HEAD "\"functions\":[{\"address\":\"00:00.0\"},{\"address\":\"0000:00:00.0\"}]}",
     "/functions/1: its address is described twice"},
    {HEAD ONE ",\"machine\":[]}", "/machine: expected an object"},
    {HEAD ONE ",\"machine\":{\"cmdline\":1}}", "/machine/cmdline: expected a string"},
    {HEAD ONE ",\"machine\":{\"iommu_on\":\"maybe\"}}", "/machine/iommu_on: expected"},
    {HEAD ONE ",\"machine\":{\"iommu_kind\":\"ibm\"}}", "/machine/iommu_kind: expected"},
    {HEAD ONE ",\"kernel_groups\":[{}]}", "/kernel_groups/0: a group needs its number"},
    {HEAD ONE ",\"kernel_groups\":[{\"number\":-1}]}", "/kernel_groups/0/number: "},
    {HEAD ONE ",\"kernel_groups\":[{\"number\":4294967296}]}", "/kernel_groups/0/number: "},
    {HEAD ONE ",\"kernel_groups\":[{\"number\":1,\"reserved\":[\"a\",1]}]}",
     "/kernel_groups/0/reserved/1: expected a string"},
    {HEAD ONE ",\"gaps\":[{\"kind\":\"laziness\"}]}", "/gaps/0/kind: "},
    {HEAD ONE ",\"gaps_dropped\":1.5}", "/gaps_dropped: "},
};

static void wrong_documents_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct ims_error error = {0};
        struct ims_topology *topology;

        const int r = load(wrong[i].text, strlen(wrong[i].text), &topology, &error);
        if (r != -EBADMSG || strncmp(error.message, wrong[i].says, strlen(wrong[i].says)) != 0)
            fail_msg("%s: %d \"%s\"", wrong[i].text, r, error.message);
        assert_int_equal(error.code, EBADMSG);
        assert_string_equal(error.path, "input");
    }
}

/* A field of a function with a value that it cannot have. */
static const char *const wrong_fields[][2] = {
    {"ids", "\"8086:0d57\""},
    {"ids", "[\"8086:d57\"]"},
    {"class", "\"6040\""},
    {"class", "\"060400-ffffff\""},
    {"subsystem", "\"zzzz:0000\""},
    {"is_vf", "true"},
    {"physfn", "\"x\""},
    {"vmd_endpoint", "1"},
    {"on_root_bus", "\"yes\""},
    {"port_type", "258"},
    {"driver", "5"},
    {"group", "\"5\""},
    {"label", "[]"},
    {"boot_vga", "1"},
    {"numa_node", "3000000000"},
    {"resources", "[\"0x1 0x2\"]"},
    {"resources", "[\"1 2 3 4\"]"},
    {"resources", "[\"0x 0x 0x\"]"},
    {"config_gap", "\"\""},
    {"config", "[]"},
    {"config", "{\"08\":\"\"}"},
    {"config", "{\"1000\":\"\"}"},
    {"config", "{\"00\":7}"},
    {"config", "{\"00\":\"00 00\"}"},
    {"config", "{\"00\":\"00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\"}"},
    {"config", "{\"00\":\"00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0x\"}"},
    {"config", "{\"00\":\"00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00/0\"}"},
};

static void wrong_fields_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong_fields) / sizeof(wrong_fields[0]); i++) {
        struct ims_error error = {0};
        struct ims_topology *topology;
        char place[64];
        char text[512];

        snprintf(place, sizeof(place), "/functions/0/%s", wrong_fields[i][0]);
        snprintf(text, sizeof(text), HEAD "\"functions\":[{\"address\":\"00:00.0\",\"%s\":%s}]}",
                 wrong_fields[i][0], wrong_fields[i][1]);
        const int r = load(text, strlen(text), &topology, &error);
        if (r != -EBADMSG || strncmp(error.message, place, strlen(place)) != 0)
            fail_msg("%s: %d \"%s\"", text, r, error.message);
    }
}

static void syntax_errors_have_line_and_column(void **state)
{
    (void)state;
    static const char text[] = "{\n  \"schema\": \"iommuscope.snapshot/1\",\n  oops\n}\n";
    struct ims_error error = {0};
    struct ims_topology *topology;

    assert_int_equal(load(text, strlen(text), &topology, &error), -EBADMSG);
    assert_int_equal(error.line, 3);
    assert_true(error.column > 0);
}

static void every_truncation_is_an_error(void **state)
{
    (void)state;
    struct ims_topology *before = make_full();
    char *text = write_out(before, true);
    const size_t length = strlen(text);

    for (size_t cut = 0; cut < length - 1; cut++) {
        struct ims_error error = {0};
        struct ims_topology *topology;
        assert_int_equal(load(text, cut, &topology, &error), -EBADMSG);
    }
    free(text);
    ims_topology_free(before);
}

/* Every byte replaced: an error with a sentence, or a topology that keeps its laws. */
static void every_damage_is_survived(void **state)
{
    (void)state;
    static const char bytes[] = {'\0', '"', '0', '}', '\xff', ' '};
    struct ims_topology *before = make_full();
    char *text = write_out(before, true);
    const size_t length = strlen(text);
    unsigned read_count = 0;

    for (size_t at = 0; at < length; at++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            const char kept = text[at];
            struct ims_error error = {0};
            struct ims_topology *topology;

            text[at] = bytes[i];
            const int r = load(text, length, &topology, &error);
            text[at] = kept;
            if (r == 0) {
                read_count++;
                ims_topology_free(topology);
            } else {
                assert_int_equal(r, -EBADMSG);
                assert_true(error.message[0] != '\0');
            }
        }
    }
    assert_true(read_count > 0);
    free(text);
    ims_topology_free(before);
}

static void bombs_are_refused(void **state)
{
    (void)state;
    const size_t length = 16u << 20;
    struct ims_error error = {0};
    struct ims_topology *topology;
    char *text = malloc(length);

    assert_non_null(text);
    memset(text, '[', length); /* deep */
    assert_int_equal(load(text, 100000, &topology, &error), -EBADMSG);
    for (size_t i = 0; i < length; i++) /* wide */
        text[i] = i % 2 ? ',' : '1';
    text[0] = '[';
    assert_int_equal(load(text, length, &topology, &error), -E2BIG);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(a_former_group_comes_back),
        cmocka_unit_test(the_machine_comes_back),
        cmocka_unit_test(gaps_are_not_doubled),
        cmocka_unit_test(gaps_that_were_only_counted_stay_counted),
        cmocka_unit_test(serial_numbers_are_left_out),
        cmocka_unit_test(serial_numbers_behind_a_hole_are_left_out),
        cmocka_unit_test(half_known_bytes_have_a_mask),
        cmocka_unit_test(later_minor_versions_are_read),
        cmocka_unit_test(wrong_documents_are_refused),
        cmocka_unit_test(wrong_fields_are_refused),
        cmocka_unit_test(syntax_errors_have_line_and_column),
        cmocka_unit_test(every_truncation_is_an_error),
        cmocka_unit_test(every_damage_is_survived),
        cmocka_unit_test(bombs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
