/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* nftw() */

/* Sysfs trees: whole ones, copies that lack files, and such as no kernel would make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iommuscope/source.h"
#include "sketch_tables.h"
#include "sysfs_tree.h"

#define PORT_DIRECTORY "sys/devices/pci0000:00/0000:00:1c.0"
#define DISK_DIRECTORY PORT_DIRECTORY "/0000:01:00.0"
#define DEVICES "sys/bus/pci/devices/"

static const struct ims_address port_address = {0, 0, IMS_DEVFN(0x1c, 0)};
static const struct ims_address disk_address = {0, 1, 0};

static struct ims_topology *load_with(const struct tree *tree, const char *below, bool wake)
{
    const struct ims_source_options options = {.size_bytes = sizeof(options), .wake = wake};
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    char path[1024];

    snprintf(path, sizeof(path), "%s/%s", tree->root, below);
    if (ims_source_load(path, &options, &topology, &error) < 0)
        fail_msg("%s", error.message);
    if (ims_topology_check(topology, &error) < 0)
        fail_msg("%s", error.message);
    return topology;
}

static struct ims_topology *load(const struct tree *tree)
{
    return load_with(tree, "", false);
}

static const struct ims_function_info *info_of(const struct ims_topology *topology,
                                               struct ims_address address)
{
    const struct ims_function function = ims_topology_find(topology, address);

    assert_false(ims_function_is_none(function));
    return ims_topology_function(topology, function);
}

static const struct ims_record *record_of(const struct ims_topology *topology,
                                          struct ims_address address)
{
    return info_of(topology, address)->record;
}

static unsigned count_gaps(const struct ims_topology *topology, enum ims_gap_kind kind)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < ims_topology_gap_count(topology); i++)
        count += ims_topology_gap(topology, i)->kind == kind;
    return count;
}

static bool gap_says(const struct ims_topology *topology, const char *words)
{
    for (uint32_t i = 0; i < ims_topology_gap_count(topology); i++)
        if (strstr(ims_topology_gap(topology, i)->text, words))
            return true;
    return false;
}

/* A root port with ACS and a disk behind it, as the kernel shows them. */
static void make_port(const struct tree *tree)
{
    struct space space;

    put_express(&space, 0xa33c8086, 0x060400, 0x81, IMS_PORT_ROOT);
    put_buses(&space, 0, 1, 1);
    put_acs(&space, 0x1f, 0x1d);
    tree_bytes(tree, PORT_DIRECTORY "/config", &space, sizeof(space));
    tree_text(tree, PORT_DIRECTORY "/uevent",
              "DRIVER=pcieport\nPCI_CLASS=60400\nPCI_ID=8086:A33C\nPCI_SUBSYS_ID=1043:8694\n"
              "PCI_SLOT_NAME=0000:00:1c.0\n");
    tree_link(tree, DEVICES "0000:00:1c.0", "../../../devices/pci0000:00/0000:00:1c.0");
}

static void make_disk_config(const struct tree *tree, size_t size_bytes)
{
    struct space space;

    put_express(&space, 0xa808144d, 0x010802, 0, IMS_PORT_ENDPOINT);
    put32(&space, 0x100, 0x14810003);
    put32(&space, 0x104, 0x12345678);
    put32(&space, 0x148, 0x0001000e);
    tree_bytes(tree, DISK_DIRECTORY "/config", &space, size_bytes);
}

static void make_disk(const struct tree *tree)
{
    make_disk_config(tree, sizeof(struct space));
    tree_text(tree, DISK_DIRECTORY "/uevent",
              "DRIVER=nvme\nPCI_CLASS=10802\nPCI_ID=144D:A808\nPCI_SUBSYS_ID=144D:A801\n"
              "PCI_SLOT_NAME=0000:01:00.0\n");
    tree_text(tree, DISK_DIRECTORY "/resource",
              "0x00000000f7c00000 0x00000000f7c03fff 0x0000000000140204\n"
              "0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
    tree_text(tree, DISK_DIRECTORY "/power_state", "D0\n");
    tree_text(tree, DISK_DIRECTORY "/numa_node", "-1\n");
    tree_text(tree, DISK_DIRECTORY "/label", "Onboard \x1b disk\n");
    tree_text(tree, DISK_DIRECTORY "/boot_vga", "0\n");
    tree_link(tree, DEVICES "0000:01:00.0",
              "../../../devices/pci0000:00/0000:00:1c.0/0000:01:00.0");
}

static void make_group(const struct tree *tree, const char *name, const char *directory,
                       const char *number)
{
    char path[256];
    char target[256];

    snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%s/devices/%s", number, name);
    snprintf(target, sizeof(target), "../../../../%s", directory + strlen("sys/"));
    tree_link(tree, path, target);
    snprintf(path, sizeof(path), "%s/iommu_group", directory);
    snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%s", number);
    tree_link(tree, path, target);
}

/* E1: the bytes as they are, whatever they are; what is no file or too long becomes a gap. */
static void tables_are_read(void **state)
{
    static const uint8_t bytes[60] = {'I', 'V', 'R', 'S', 60, [10] = 'x', [59] = 0};
    uint8_t *long_table = calloc(1, IMS_ACPI_TABLE_MAX_BYTES + 1);
    unsigned malformed = 0, unreadable = 0;
    struct tree tree;

    (void)state;
    assert_non_null(long_table);
    tree_make(&tree);
    make_port(&tree);
    make_disk(&tree);
    tree_directory(&tree, "sys/firmware/acpi/tables/DMAR");
    tree_bytes(&tree, "sys/firmware/acpi/tables/IVRS", bytes, sizeof(bytes));
    tree_bytes(&tree, "sys/firmware/acpi/tables/IORT", long_table, IMS_ACPI_TABLE_MAX_BYTES + 1);
    struct ims_topology *topology = load(&tree);

    const struct ims_machine *machine = ims_topology_machine(topology);
    const struct ims_acpi_tables *tables = ims_topology_tables(topology);
    assert_int_equal(machine->acpi_dmar, IMS_YES);
    assert_int_equal(machine->acpi_ivrs, IMS_YES);
    assert_int_equal(machine->acpi_iort, IMS_YES);
    assert_int_equal(machine->acpi_viot, IMS_NO);
    assert_null(tables->bytes[IMS_ACPI_DMAR]);
    assert_null(tables->bytes[IMS_ACPI_IORT]);
    assert_null(tables->bytes[IMS_ACPI_VIOT]);
    assert_int_equal(tables->size_bytes[IMS_ACPI_IVRS], sizeof(bytes));
    assert_memory_equal(tables->bytes[IMS_ACPI_IVRS], bytes, sizeof(bytes));
    for (uint32_t i = 0; i < ims_topology_gap_count(topology); i++) {
        const struct ims_gap *gap = ims_topology_gap(topology, i);
        unreadable += gap->kind == IMS_GAP_UNREADABLE && strstr(gap->text, "DMAR");
        malformed += gap->kind == IMS_GAP_MALFORMED &&
                     (strstr(gap->text, "IVRS") || strstr(gap->text, "IORT"));
    }
    assert_int_equal(unreadable, 1);
    assert_int_equal(malformed, 2);
    ims_topology_free(topology);
    tree_remove(&tree);
    free(long_table);
}

static void a_whole_tree_is_read(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_port(&tree);
    make_disk(&tree);
    tree_link(&tree, DISK_DIRECTORY "/iommu", "../../../../virtual/iommu/dmar1");
    tree_text(&tree, "proc/sys/kernel/osrelease", "6.12.95+deb12-amd64\n");
    tree_text(&tree, "proc/cmdline", "BOOT_IMAGE=/vmlinuz quiet\n");
    tree_text(&tree, "sys/class/dmi/id/sys_vendor", "Maker\n");
    tree_text(&tree, "sys/class/dmi/id/product_name", "Model\n");
    tree_text(&tree, "sys/class/dmi/id/board_name", "Board\n");
    tree_directory(&tree, "sys/class/iommu/dmar1");
    struct sketch_table dmar;
    sketch_table_begin(&dmar, IMS_ACPI_DMAR);
    tree_bytes(&tree, "sys/firmware/acpi/tables/DMAR", dmar.bytes, dmar.size_bytes);
    tree_text(&tree, "sys/bus/pci/slots/3-1/address", "0000:01:00\n");
    struct ims_topology *topology = load(&tree);

    const struct ims_machine *machine = ims_topology_machine(topology);
    assert_string_equal(machine->source_kind, "sysfs");
    assert_string_equal(machine->kernel_release, "6.12.95+deb12-amd64");
    assert_string_equal(machine->cmdline, "BOOT_IMAGE=/vmlinuz quiet");
    assert_string_equal(machine->product, "Maker Model (Board)");
    assert_null(machine->architecture);
    assert_int_equal(machine->iommu_kind, IMS_IOMMU_INTEL);
    assert_int_equal(machine->acpi_dmar, IMS_YES);
    assert_int_equal(machine->acpi_ivrs, IMS_NO);
    assert_int_equal(machine->is_live, IMS_NO);
    assert_int_equal(machine->iommu_on, IMS_UNKNOWN);

    const struct ims_function_info *port = info_of(topology, port_address);
    assert_int_equal(port->corrected_type, IMS_PORT_ROOT);
    assert_int_equal(port->acs.present, IMS_YES);
    assert_int_equal(port->acs.capability.value, 0x1f);
    assert_int_equal(port->acs.control.value, 0x1d);
    assert_true(port->record->on_root_bus);
    assert_string_equal(port->record->driver, "pcieport");

    const struct ims_function_info *disk = info_of(topology, disk_address);
    assert_int_equal(disk->id_count, 1);
    assert_int_equal(disk->ids[0].vendor, 0x144d);
    assert_int_equal(disk->ids[0].device, 0xa808);
    assert_int_equal(disk->class_code.value, 0x010802);
    assert_int_equal(disk->pci.ari, IMS_YES);
    assert_int_equal(disk->acs.present, IMS_NO);
    assert_false(disk->record->on_root_bus);
    assert_true(disk->record->subsystem_stated);
    assert_int_equal(disk->record->subsystem.device, 0xa801);
    assert_string_equal(disk->record->iommu, "dmar1");
    assert_string_equal(disk->record->slot, "3-1");
    assert_string_equal(disk->record->power_state, "D0");
    assert_string_equal(disk->record->label, "Onboard   disk");
    assert_int_equal(disk->record->boot_vga, IMS_NO);
    assert_true(disk->record->numa_stated);
    assert_int_equal(disk->record->numa_node, -1);
    assert_int_equal(disk->record->resource_count, 2);
    assert_int_equal(disk->record->resources[0].end, 0xf7c03fff);
    assert_int_equal(
        ims_topology_bridge_above(topology, ims_topology_find(topology, disk_address)).index,
        ims_topology_find(topology, port_address).index);
    assert_int_equal(ims_topology_gap_count(topology), 0);
    ims_topology_free(topology);
    tree_remove(&tree);
}

/* The serial number in the capability at 0x100 is nobody's business. */
static void only_needed_registers_are_kept(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_disk(&tree);
    struct ims_topology *topology = load(&tree);

    assert_int_equal(ims_config_get32(&record_of(topology, disk_address)->config, 0x104).known, 0);
    ims_topology_free(topology);
    tree_remove(&tree);
}

static void sysfs_and_host_root_are_told_apart(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_disk(&tree);
    tree_text(&tree, "proc/sys/kernel/osrelease", "6.1.0\n");
    for (unsigned i = 0; i < 2; i++) {
        struct ims_topology *topology = load_with(&tree, i ? "sys" : "", false);
        assert_string_equal(ims_topology_machine(topology)->kernel_release, "6.1.0");
        ims_topology_free(topology);
    }
    tree_remove(&tree);
}

static void sleeping_functions_are_not_woken(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_port(&tree);
    make_disk(&tree);
    tree_text(&tree, DISK_DIRECTORY "/power_state", "D3cold\n");
    tree_text(&tree, DISK_DIRECTORY "/revision", "0x07\n");
    struct ims_topology *topology = load(&tree);
    const struct ims_function_info *disk = info_of(topology, disk_address);

    assert_int_equal(disk->record->config_gap, IMS_GAP_ASLEEP);
    assert_int_equal(count_gaps(topology, IMS_GAP_ASLEEP), 1);
    assert_int_equal(disk->port_type, IMS_PORT_UNKNOWN);
    assert_int_equal(disk->acs.present, IMS_UNKNOWN);
    assert_int_equal(disk->multifunction, IMS_UNKNOWN);
    assert_int_equal(disk->ids[0].device, 0xa808);
    assert_int_equal(disk->class_code.value, 0x010802);
    assert_int_equal(disk->pci.revision.value, 0x07);
    assert_string_equal(disk->record->driver, "nvme");
    ims_topology_free(topology);

    topology = load_with(&tree, "", true);
    disk = info_of(topology, disk_address);
    assert_int_equal(disk->record->config_gap, IMS_GAP_NONE);
    assert_int_equal(disk->port_type, IMS_PORT_ENDPOINT);
    assert_int_equal(count_gaps(topology, IMS_GAP_ASLEEP), 0);
    ims_topology_free(topology);
    tree_remove(&tree);
}

/* Kernels before 5.11 have no power_state. */
static void old_kernels_do_not_wake_either(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_disk(&tree);
    tree_text(&tree, DISK_DIRECTORY "/power_state", "");
    tree_text(&tree, DISK_DIRECTORY "/power/runtime_status", "suspended\n");
    tree_text(&tree, DISK_DIRECTORY "/d3cold_allowed", "1\n");
    struct ims_topology *topology = load(&tree);
    assert_int_equal(record_of(topology, disk_address)->config_gap, IMS_GAP_ASLEEP);
    ims_topology_free(topology);

    tree_text(&tree, DISK_DIRECTORY "/d3cold_allowed", "0\n");
    topology = load(&tree);
    assert_int_equal(record_of(topology, disk_address)->config_gap, IMS_GAP_NONE);
    ims_topology_free(topology);
    tree_remove(&tree);
}

/* The buses of a sleeping bridge: from its files, else from the place of what hangs below it. */
static void sleeping_bridges_keep_their_buses(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct tree tree;

        tree_make(&tree);
        make_port(&tree);
        make_disk(&tree);
        tree_text(&tree, PORT_DIRECTORY "/power_state", "D3cold\n");
        if (i) {
            tree_text(&tree, PORT_DIRECTORY "/secondary_bus_number", "1\n");
            tree_text(&tree, PORT_DIRECTORY "/subordinate_bus_number", "4\n");
        }
        struct ims_topology *topology = load(&tree);
        const struct ims_function_info *port = info_of(topology, port_address);

        assert_int_equal(port->pci.bridge.secondary.value, 1);
        assert_int_equal(port->pci.bridge.subordinate.known, i ? 0xff : 0);
        assert_int_equal(
            ims_topology_bridge_above(topology, ims_topology_find(topology, disk_address)).index,
            ims_topology_find(topology, port_address).index);
        ims_topology_free(topology);
        tree_remove(&tree);
    }
}

static void unprivileged_reads_are_one_gap(void **state)
{
    (void)state;
    struct tree tree;
    struct space space;

    tree_make(&tree);
    make_port(&tree);
    make_disk(&tree);
    make_disk_config(&tree, 64);
    put_express(&space, 0xa33c8086, 0x060400, 0x81, IMS_PORT_ROOT);
    put_buses(&space, 0, 1, 1);
    tree_bytes(&tree, PORT_DIRECTORY "/config", &space, 64);
    struct ims_topology *topology = load(&tree);

    assert_int_equal(count_gaps(topology, IMS_GAP_NEEDS_ROOT), 1);
    assert_int_equal(ims_topology_gap_count(topology), 1);
    assert_false(ims_topology_gap(topology, 0)->has_address);
    assert_non_null(strstr(ims_topology_gap(topology, 0)->text, "2 of 2"));
    assert_int_equal(record_of(topology, port_address)->config_gap, IMS_GAP_NEEDS_ROOT);
    assert_int_equal(info_of(topology, port_address)->port_type, IMS_PORT_UNKNOWN);
    assert_int_equal(info_of(topology, port_address)->acs.present, IMS_UNKNOWN);
    assert_int_equal(info_of(topology, port_address)->pci.multifunction_bit, IMS_YES);
    ims_topology_free(topology);
    tree_remove(&tree);
}

/* An archiver took the size for the content and filled the rest with zeros. */
static void padding_is_not_taken_for_registers(void **state)
{
    (void)state;
    struct tree tree;
    struct space space;

    tree_make(&tree);
    put_express(&space, 0xa33c8086, 0x060400, 0x81, IMS_PORT_ROOT);
    memset(space.bytes + 64, 0, sizeof(space.bytes) - 64);
    make_port(&tree);
    tree_bytes(&tree, PORT_DIRECTORY "/config", &space, sizeof(space));
    struct ims_topology *topology = load(&tree);

    assert_int_equal(info_of(topology, port_address)->port_type, IMS_PORT_UNKNOWN);
    assert_int_equal(info_of(topology, port_address)->acs.present, IMS_UNKNOWN);
    assert_int_equal(count_gaps(topology, IMS_GAP_NEEDS_ROOT), 1);
    ims_topology_free(topology);
    tree_remove(&tree);
}

/* 256 bytes are the kernel's "no extended space", if the copy is one that has longer files. */
static void a_file_of_256_bytes_means_no_extended_space(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct tree tree;

        tree_make(&tree);
        make_disk(&tree);
        make_disk_config(&tree, 256);
        if (i)
            make_port(&tree);
        struct ims_topology *topology = load(&tree);
        const struct ims_function_info *disk = info_of(topology, disk_address);

        assert_int_equal(disk->port_type, IMS_PORT_ENDPOINT);
        assert_int_equal(disk->pci.extended_header, i ? IMS_NO : IMS_UNKNOWN);
        assert_int_equal(disk->acs.present, i ? IMS_NO : IMS_UNKNOWN);
        assert_int_equal(disk->record->config_gap, i ? IMS_GAP_NONE : IMS_GAP_NOT_IN_INPUT);
        assert_int_equal(gap_says(topology, "256 bytes"), !i);
        ims_topology_free(topology);
        tree_remove(&tree);
    }
}

static void short_files_are_gaps(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 63, 65, 200, 0x101, 0x148};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct tree tree;

        tree_make(&tree);
        make_disk(&tree);
        make_disk_config(&tree, sizes[i]);
        struct ims_topology *topology = load(&tree);
        const struct ims_function_info *disk = info_of(topology, disk_address);

        assert_int_equal(disk->pci.ari, IMS_UNKNOWN);
        assert_int_equal(disk->ids[0].vendor, 0x144d);
        assert_int_equal(disk->class_code.value, 0x010802);
        /* 200 bytes end behind the last classic capability: nothing of that list is missing. */
        assert_int_equal(disk->port_type == IMS_PORT_ENDPOINT, sizes[i] >= 200);
        ims_topology_free(topology);
        tree_remove(&tree);
    }
}

static void looped_lists_end(void **state)
{
    (void)state;
    struct tree tree;
    struct space space;

    tree_make(&tree);
    make_port(&tree);
    put_express(&space, 0xa33c8086, 0x060400, 0x81, IMS_PORT_ROOT);
    put8(&space, 0x41, 0x80);
    put16(&space, 0x80, 0x4005);
    put32(&space, 0x100, 0x20010001);
    put32(&space, 0x200, 0x1000000d | 1 << 16);
    tree_bytes(&tree, PORT_DIRECTORY "/config", &space, sizeof(space));
    struct ims_topology *topology = load(&tree);
    const struct ims_function_info *port = info_of(topology, port_address);

    assert_true(port->pci.damage & IMS_PCI_DAMAGE_CLASSIC_LOOP);
    assert_true(port->pci.damage & IMS_PCI_DAMAGE_EXTENDED_LOOP);
    assert_int_equal(port->port_type, IMS_PORT_ROOT);
    assert_int_equal(count_gaps(topology, IMS_GAP_MALFORMED), 1);
    ims_topology_free(topology);
    tree_remove(&tree);
}

static void what_one_file_lacks_another_has(void **state)
{
    (void)state;
    static const char *const uevents[] = {NULL, "", "MODALIAS=x\n", "DRIVER=\nPCI_CLASS=zz\n"};

    for (size_t i = 0; i < sizeof(uevents) / sizeof(uevents[0]); i++) {
        struct tree tree;

        tree_make(&tree);
        tree_text(&tree, DEVICES "0000:01:00.0/vendor", "0x144d\n");
        tree_text(&tree, DEVICES "0000:01:00.0/device", "0xa808\n");
        tree_text(&tree, DEVICES "0000:01:00.0/class", "0x010802\n");
        tree_text(&tree, DEVICES "0000:01:00.0/subsystem_vendor", "0x144d\n");
        tree_text(&tree, DEVICES "0000:01:00.0/subsystem_device", "0xa801\n");
        tree_link(&tree, DEVICES "0000:01:00.0/driver", "../../../drivers/nvme");
        if (uevents[i])
            tree_text(&tree, DEVICES "0000:01:00.0/uevent", uevents[i]);
        struct ims_topology *topology = load(&tree);
        const struct ims_record *record = record_of(topology, disk_address);

        assert_int_equal(record->id_count, 1);
        assert_int_equal(record->ids[0].vendor, 0x144d);
        assert_int_equal(record->ids[0].device, 0xa808);
        assert_int_equal(record->class_code, 0x010802);
        assert_int_equal(record->subsystem.device, 0xa801);
        assert_string_equal(record->driver, "nvme");
        assert_int_equal(record->config_gap, IMS_GAP_NOT_IN_INPUT);
        assert_true(gap_says(topology, "\"config\""));
        assert_false(record->on_root_bus);
        assert_int_equal(record->is_vf, IMS_UNKNOWN);
        ims_topology_free(topology);
        tree_remove(&tree);
    }
}

static void no_driver_is_stated_only_where_it_is_known(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    tree_text(&tree, DEVICES "0000:01:00.0/uevent", "PCI_CLASS=10802\nPCI_ID=144D:A808\n");
    tree_text(&tree, DEVICES "0000:02:00.0/vendor", "0x144d\n");
    struct ims_topology *topology = load(&tree);
    const struct ims_address second = {0, 2, 0};

    assert_true(record_of(topology, disk_address)->driver_stated);
    assert_null(record_of(topology, disk_address)->driver);
    assert_false(record_of(topology, second)->driver_stated);
    ims_topology_free(topology);

    /* Where links to drivers were copied, a function without one has no driver. */
    tree_link(&tree, DEVICES "0000:03:00.0/driver", "../../../../bus/pci/drivers/nvme");
    topology = load(&tree);
    assert_true(record_of(topology, second)->driver_stated);
    assert_null(record_of(topology, second)->driver);
    ims_topology_free(topology);
    tree_remove(&tree);
}

static void virtual_functions_know_their_physical_one(void **state)
{
    (void)state;
    static const struct ims_address vf_address = {0, 2, IMS_DEVFN(0x10, 1)};
    struct tree tree;
    struct space space = {{0}};

    tree_make(&tree);
    make_port(&tree);
    make_disk(&tree);
    memset(&space, 0xff, 4);
    put32(&space, 0x08, 0x01080200);
    put32(&space, 0x100, 0x0001000d);
    put16(&space, 0x104, 0x1d);
    tree_bytes(&tree, PORT_DIRECTORY "/0000:02:10.1/config", &space, sizeof(space));
    tree_text(&tree, PORT_DIRECTORY "/0000:02:10.1/uevent", "PCI_CLASS=10802\nPCI_ID=144D:A824\n");
    tree_link(&tree, PORT_DIRECTORY "/0000:02:10.1/physfn", "../0000:01:00.0");
    tree_link(&tree, DEVICES "0000:02:10.1",
              "../../../devices/pci0000:00/0000:00:1c.0/0000:02:10.1");
    struct ims_topology *topology = load(&tree);
    const struct ims_function_info *vf = info_of(topology, vf_address);

    assert_int_equal(vf->is_vf, IMS_YES);
    assert_int_equal(vf->physfn.index, ims_topology_find(topology, disk_address).index);
    assert_int_equal(vf->ids[0].device, 0xa824);
    assert_int_equal(vf->acs.present, IMS_YES);
    assert_false(vf->record->on_root_bus);
    assert_true(ims_topology_bus(topology, vf->bus)->is_virtual);
    /* It stands below the port, which does not make bus 2 the port's secondary bus. */
    assert_int_equal(info_of(topology, port_address)->pci.bridge.secondary.value, 1);
    ims_topology_free(topology);
    tree_remove(&tree);
}

#define VMD_ROOT "../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0"

static void vmd_domains_name_their_endpoint(void **state)
{
    (void)state;
    static const struct ims_address endpoint = {0, 0, IMS_DEVFN(0x0e, 0)};
    static const struct ims_address port = {0x10000, 0xe0, IMS_DEVFN(6, 0)};
    static const struct ims_address disk = {0x10000, 0xe1, 0};
    struct tree tree;

    tree_make(&tree);
    tree_text(&tree, "sys/devices/pci0000:00/0000:00:0e.0/uevent", "PCI_ID=8086:467F\n");
    tree_text(&tree, "sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/uevent",
              "PCI_CLASS=60400\n");
    tree_text(&tree,
              "sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/uevent",
              "PCI_CLASS=10802\n");
    tree_link(&tree, DEVICES "0000:00:0e.0", "../../../devices/pci0000:00/0000:00:0e.0");
    tree_link(&tree, DEVICES "10000:e0:06.0", VMD_ROOT);
    tree_link(&tree, DEVICES "10000:e1:00.0", VMD_ROOT "/10000:e1:00.0");
    struct ims_topology *topology = load(&tree);

    assert_true(record_of(topology, endpoint)->on_root_bus);
    assert_false(record_of(topology, endpoint)->vmd_endpoint_stated);
    assert_true(record_of(topology, port)->on_root_bus);
    assert_true(record_of(topology, port)->vmd_endpoint_stated);
    assert_int_equal(ims_address_compare(record_of(topology, port)->vmd_endpoint, endpoint), 0);
    assert_false(record_of(topology, disk)->on_root_bus);
    assert_int_equal(info_of(topology, disk)->vmd_endpoint.index,
                     ims_topology_find(topology, endpoint).index);
    /* There is no configuration space at all; the place in the tree tells the bus. */
    assert_int_equal(ims_topology_bridge_above(topology, ims_topology_find(topology, disk)).index,
                     ims_topology_find(topology, port).index);
    ims_topology_free(topology);
    tree_remove(&tree);
}

static void groups_are_read(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_port(&tree);
    make_disk(&tree);
    make_group(&tree, "0000:00:1c.0", PORT_DIRECTORY, "10");
    tree_text(&tree, "sys/kernel/iommu_groups/10/type", "DMA-FQ\n");
    tree_text(&tree, "sys/kernel/iommu_groups/10/reserved_regions",
              "0x00000000fee00000 0x00000000feefffff msi\n"
              "0x000000009b000000 0x000000009f7fffff direct-relaxable\n");
    tree_link(&tree, "sys/kernel/iommu_groups/9/devices/AMDI0095:00", "../../../../devices/x");
    struct ims_topology *topology = load(&tree);
    const struct ims_machine *machine = ims_topology_machine(topology);

    assert_int_equal(machine->groups_stated, IMS_YES);
    assert_int_equal(machine->iommu_on, IMS_YES);
    assert_int_equal(record_of(topology, port_address)->group_state, IMS_GROUP_KNOWN);
    assert_int_equal(record_of(topology, port_address)->group, 10);
    assert_int_equal(record_of(topology, disk_address)->group_state, IMS_GROUP_NONE);
    assert_int_equal(ims_topology_kernel_group_count(topology), 2);
    const struct ims_kernel_group *group = ims_topology_kernel_group(topology, 0);
    assert_int_equal(group->number, 9);
    assert_int_equal(group->non_pci_count, 1);
    assert_int_equal(group->other_count, 1);
    assert_string_equal(group->others[0].name, "AMDI0095:00");
    assert_false(group->others[0].driver_stated); /* a dangling link says nothing */
    group = ims_topology_kernel_group(topology, 1);
    assert_string_equal(group->type, "DMA-FQ");
    assert_null(group->name);
    assert_int_equal(group->non_pci_count, 0);
    assert_int_equal(group->reserved_count, 2);
    assert_string_equal(group->reserved[1],
                        "0x000000009b000000 0x000000009f7fffff direct-relaxable");
    ims_topology_free(topology);
    tree_remove(&tree);
}

static void a_driver_of_another_bus_is_read(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_disk(&tree);
    tree_link(&tree, "sys/devices/platform/x/driver", "../../../bus/platform/drivers/pl330");
    tree_link(&tree, "sys/kernel/iommu_groups/9/devices/x", "../../../../devices/platform/x");
    struct ims_topology *topology = load(&tree);
    const struct ims_kernel_group *group = ims_topology_kernel_group(topology, 0);

    assert_true(group->others[0].driver_stated);
    assert_string_equal(group->others[0].driver, "pl330");
    ims_topology_free(topology);
    tree_remove(&tree);
}

static void make_ownership(const struct tree *tree)
{
    tree_text(tree, DISK_DIRECTORY "/driver_override", "(null)\n");
    tree_text(tree, DISK_DIRECTORY "/reset_method", "flr bus\n");
    tree_text(tree, DISK_DIRECTORY "/sriov_numvfs", "3\n");
    tree_text(tree, DISK_DIRECTORY "/sriov_totalvfs", "7\n");
    tree_directory(tree, DISK_DIRECTORY "/vfio-dev/vfio0");
    tree_text(tree, PORT_DIRECTORY "/driver_override", "pci-stub\n");
    tree_text(tree, "proc/interrupts",
              "  1:  7  IO-APIC  1-edge  i8042\n"
              " 24:  0  IR-PCI-MSI 16384-edge  nvme0q0\n");
    tree_text(tree, "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n");
    tree_text(tree, "sys/module/kvm/parameters/allow_unsafe_assigned_interrupts", "N\n");
}

static struct ims_topology *load_with_ownership(const struct tree *tree, bool ownership)
{
    const struct ims_source_options options = {.size_bytes = sizeof(options),
                                               .ownership = ownership};
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};

    assert_int_equal(ims_source_load(tree->root, &options, &topology, &error), 0);
    return topology;
}

/* Only what is not usual is kept: a root bus below a host controller of the device tree. */
static void the_place_of_a_root_bus_is_kept(void **state)
{
    static const char controller[] = "devices/platform/40000000.pcie/pci0000:00/0000:00:02.0";
    struct tree tree;
    char path[128];

    (void)state;
    tree_make(&tree);
    make_port(&tree);
    make_disk(&tree);
    snprintf(path, sizeof(path), "sys/%s/uevent", controller);
    tree_text(&tree, path, "PCI_CLASS=20000\nPCI_ID=8086:100E\n");
    snprintf(path, sizeof(path), "../../../%s", controller);
    tree_link(&tree, DEVICES "0000:00:02.0", path);
    struct ims_topology *topology = load_with_ownership(&tree, false);
    assert_string_equal(
        record_of(topology, (struct ims_address){.devfn = IMS_DEVFN(2, 0)})->root_path,
        "platform/40000000.pcie/pci0000:00");
    assert_null(record_of(topology, port_address)->root_path);
    assert_null(record_of(topology, disk_address)->root_path); /* it is behind the port */
    ims_topology_free(topology);
    tree_remove(&tree);
}

/* Each fact costs a file for each function, so they are read only on demand. */
static void ownership_is_read_on_demand(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_port(&tree);
    make_disk(&tree);
    make_ownership(&tree);
    struct ims_topology *topology = load_with_ownership(&tree, true);
    const struct ims_record *disk = record_of(topology, disk_address);
    const struct ims_record *port = record_of(topology, port_address);
    const struct ims_machine *machine = ims_topology_machine(topology);

    assert_true(disk->override_stated);
    assert_null(disk->driver_override);
    assert_string_equal(disk->reset_methods, "flr bus");
    assert_true(disk->numvfs_stated);
    assert_int_equal(disk->numvfs, 3);
    assert_true(disk->totalvfs_stated);
    assert_int_equal(disk->totalvfs, 7);
    assert_true(disk->has_vfio_device);
    assert_string_equal(port->driver_override, "pci-stub");
    assert_false(port->reset_stated); /* in a copy the file may have been left out */
    assert_false(port->numvfs_stated);
    assert_false(port->totalvfs_stated);
    assert_false(port->has_vfio_device);
    assert_int_equal(machine->interrupt_remapping, IMS_YES);
    assert_int_equal(machine->unsafe_interrupts, IMS_NO);
    assert_int_equal(machine->kvm_assignment, IMS_YES);
    ims_topology_free(topology);

    topology = load_with_ownership(&tree, false);
    assert_false(record_of(topology, disk_address)->override_stated);
    assert_int_equal(ims_topology_machine(topology)->interrupt_remapping, IMS_UNKNOWN);
    ims_topology_free(topology);
    tree_remove(&tree);
}

/* Either the links or the directory of groups is enough. */
static void groups_have_two_witnesses(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct tree tree;

        tree_make(&tree);
        make_disk(&tree);
        if (i != 1)
            tree_link(&tree, DISK_DIRECTORY "/iommu_group", "../../../../kernel/iommu_groups/5");
        if (i != 0)
            tree_link(&tree,
                      i == 1 ? "sys/kernel/iommu_groups/5/devices/0000:01:00.0"
                             : "sys/kernel/iommu_groups/6/devices/0000:01:00.0",
                      "../../../../devices/x");
        struct ims_topology *topology = load(&tree);

        assert_int_equal(record_of(topology, disk_address)->group_state, IMS_GROUP_KNOWN);
        assert_int_equal(record_of(topology, disk_address)->group, 5);
        assert_int_equal(ims_topology_machine(topology)->iommu_on, IMS_YES);
        assert_int_equal(count_gaps(topology, IMS_GAP_CONTRADICTION), i == 2);
        ims_topology_free(topology);
        tree_remove(&tree);
    }
}

static void no_group_at_all_means_no_iommu(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_disk(&tree);
    tree_directory(&tree, "sys/kernel/iommu_groups");
    tree_directory(&tree, "sys/kernel/iommu_groups");
    struct ims_topology *topology = load(&tree);
    assert_int_equal(ims_topology_machine(topology)->groups_stated, IMS_YES);
    assert_int_equal(ims_topology_machine(topology)->iommu_on, IMS_NO);
    assert_int_equal(record_of(topology, disk_address)->group_state, IMS_GROUP_UNKNOWN);
    ims_topology_free(topology);

    /* A group of VFIO without an IOMMU isolates nothing (R7.4). */
    make_port(&tree);
    make_group(&tree, "0000:01:00.0", DISK_DIRECTORY, "0");
    tree_text(&tree, "sys/kernel/iommu_groups/0/name", "vfio-noiommu\n");
    topology = load(&tree);
    assert_int_equal(ims_topology_machine(topology)->iommu_on, IMS_NO);
    assert_int_equal(record_of(topology, disk_address)->group_state, IMS_GROUP_KNOWN);
    assert_int_equal(record_of(topology, port_address)->group_state, IMS_GROUP_UNKNOWN);
    assert_string_equal(ims_topology_kernel_group(topology, 0)->name, "vfio-noiommu");
    ims_topology_free(topology);
    tree_remove(&tree);
}

static void vanished_functions_are_gaps(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_port(&tree);
    tree_link(&tree, DEVICES "0000:01:00.0", "../../../devices/pci0000:00/0000:01:00.0");
    struct ims_topology *topology = load(&tree);

    assert_int_equal(ims_topology_function_count(topology), 1);
    assert_int_equal(count_gaps(topology, IMS_GAP_VANISHED), 1);
    assert_int_equal(ims_topology_gap(topology, 0)->address.bus, 1);
    ims_topology_free(topology);
    tree_remove(&tree);
}

static void dead_functions_are_gaps(void **state)
{
    (void)state;
    struct tree tree;
    struct space space;

    tree_make(&tree);
    make_disk(&tree);
    memset(&space, 0xff, sizeof(space));
    tree_bytes(&tree, DISK_DIRECTORY "/config", &space, sizeof(space));
    struct ims_topology *topology = load(&tree);

    assert_int_equal(info_of(topology, disk_address)->ids[0].device, 0xa808);
    assert_int_equal(info_of(topology, disk_address)->acs.present, IMS_UNKNOWN);
    assert_int_equal(count_gaps(topology, IMS_GAP_UNREADABLE), 1);
    ims_topology_free(topology);
    tree_remove(&tree);
}

/* A named pipe must not make us wait, names that are no addresses are passed over. */
static void foreign_entries_do_no_harm(void **state)
{
    (void)state;
    static const char *const fifos[] = {"config", "uevent", "label", "resource"};
    struct tree tree;
    char path[1024];

    tree_make(&tree);
    make_port(&tree);
    tree_text(&tree, DEVICES "0000:01:00.0/vendor", "0x144d and more\n");
    tree_text(&tree, DEVICES "1:2.3/vendor", "0x144d\n");
    tree_text(&tree, DEVICES "nonsense/vendor", "0x144d\n");
    tree_text(&tree, DEVICES "0000:02:00.0", "a file\n");
    for (size_t i = 0; i < sizeof(fifos) / sizeof(fifos[0]); i++) {
        snprintf(path, sizeof(path), "%s/" DEVICES "0000:01:00.0/%s", tree.root, fifos[i]);
        assert_int_equal(mkfifo(path, 0600), 0);
    }
    struct ims_topology *topology = load(&tree);

    assert_int_equal(ims_topology_function_count(topology), 2);
    assert_int_equal(count_gaps(topology, IMS_GAP_MALFORMED), 2);
    assert_int_equal(info_of(topology, disk_address)->id_count, 0);
    assert_int_equal(record_of(topology, disk_address)->config_gap, IMS_GAP_UNREADABLE);
    ims_topology_free(topology);
    tree_remove(&tree);
}

static void assert_refused(const char *path, int code, const char *word)
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};

    const int r = ims_source_load(path, NULL, &topology, &error);
    if (r != code || !strstr(error.message, word))
        fail_msg("%s: %d \"%s\"", path, r, error.message);
    assert_string_equal(error.path, path);
}

static void trees_without_functions_are_refused(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    assert_refused(tree.root, -EBADMSG, "neither bus/pci");
    tree_directory(&tree, "sys/bus/pci/drivers");
    assert_refused(tree.root, -ENOENT, "bus/pci/devices");
    tree_directory(&tree, "sys/bus/pci/devices");
    assert_refused(tree.root, -EBADMSG, "no PCI function");
    tree_remove(&tree);
    assert_refused("/nonexistent/tree", -ENOENT, "cannot open");
}

/* Whatever machine runs this: a topology that keeps its laws, or a clear error. */
static void this_machine_is_read(void **state)
{
    (void)state;
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};

    const int r = ims_source_load(NULL, NULL, &topology, &error);
    if (r < 0) {
        assert_true(error.message[0] != '\0');
        return;
    }
    assert_int_equal(ims_topology_check(topology, &error), 0);
    assert_int_equal(ims_topology_machine(topology)->is_live, IMS_YES);
    assert_non_null(ims_topology_machine(topology)->architecture);
    assert_non_null(ims_topology_machine(topology)->kernel_release);
    ims_topology_free(topology);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_tree_is_read),
        cmocka_unit_test(tables_are_read),
        cmocka_unit_test(only_needed_registers_are_kept),
        cmocka_unit_test(sysfs_and_host_root_are_told_apart),
        cmocka_unit_test(sleeping_functions_are_not_woken),
        cmocka_unit_test(old_kernels_do_not_wake_either),
        cmocka_unit_test(sleeping_bridges_keep_their_buses),
        cmocka_unit_test(unprivileged_reads_are_one_gap),
        cmocka_unit_test(padding_is_not_taken_for_registers),
        cmocka_unit_test(a_file_of_256_bytes_means_no_extended_space),
        cmocka_unit_test(short_files_are_gaps),
        cmocka_unit_test(looped_lists_end),
        cmocka_unit_test(what_one_file_lacks_another_has),
        cmocka_unit_test(no_driver_is_stated_only_where_it_is_known),
        cmocka_unit_test(virtual_functions_know_their_physical_one),
        cmocka_unit_test(vmd_domains_name_their_endpoint),
        cmocka_unit_test(groups_are_read),
        cmocka_unit_test(a_driver_of_another_bus_is_read),
        cmocka_unit_test(ownership_is_read_on_demand),
        cmocka_unit_test(the_place_of_a_root_bus_is_kept),
        cmocka_unit_test(groups_have_two_witnesses),
        cmocka_unit_test(no_group_at_all_means_no_iommu),
        cmocka_unit_test(vanished_functions_are_gaps),
        cmocka_unit_test(dead_functions_are_gaps),
        cmocka_unit_test(foreign_entries_do_no_harm),
        cmocka_unit_test(trees_without_functions_are_refused),
        cmocka_unit_test(this_machine_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
