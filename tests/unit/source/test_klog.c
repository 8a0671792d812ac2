/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "text_case.h"

static const char log_text[] =
    "[    0.000000] Linux version 6.5.0-rc1-amd64 (builder@host) (gcc) #1 SMP\n"
    "[    0.000000] Command line: BOOT_IMAGE=/vmlinuz ro intel_iommu=on pci=noaer\n"
    "[    0.000000] DMI: Example Inc. Server 1/0BOARD, BIOS 2.16.1 08/17/2022\n"
    "[    0.010517] ACPI: DMAR 0x000000006FFFD000 0001F0 (v01 X Y 00000001)\n"
    "[    0.022783] DMAR: IOMMU enabled\n"
    "[    0.647059] pci_bus 0000:00: root bus resource [io  0x0000-0x0cf7 window]\n"
    "[    0.647133] pci 0000:00:00.0: [8086:2020] type 00 class 0x060000\n"
    "[    0.650642] pci 0000:00:1c.0: [8086:a190] type 01 class 0x060400 PCIe Root Port\n"
    "[    0.650643] pci 0000:00:1c.0: PCI bridge to [bus 01-05]\n"
    "[    0.650644] pci 0000:00:1c.0:   bridge window [io  0x1000-0x0fff] to [bus 01] add_size "
    "1000\n"
    "[    0.650645] pci 0000:00:1c.0:   bridge window [mem 0x92000000-0x928fffff]\n"
    "[    0.650646] pci 0000:00:1c.0:   bridge window [mem 0x380000000000-0x3800001fffff 64bit "
    "pref]\n"
    "[    0.653375] pci 0000:01:00.0: [1556:be00] type 01 class 0x060400 PCIe to PCI/PCI-X bridge\n"
    "[    0.653376] pci 0000:01:00.0: PCI bridge to [bus 02]\n"
    "[    0.653377] pci 0000:02:00.0: [102b:0538] type 00 class 0x030000 conventional PCI "
    "endpoint\n"
    "[    0.653378] pci 0000:02:00.0: reg 0x10: [mem 0x91000000-0x91ffffff pref]\n"
    "[    0.653379] pci 0000:02:00.0: BAR 1 [mem 0x92808000-0x9280bfff]\n"
    "[    0.740000] pci 0000:00:00.0: Adding to iommu group 0\n"
    "[    0.740001] pci 0000:00:1c.0: Adding to iommu group 1\n"
    "[    0.740002] pci 0000:01:00.0: Adding to iommu group 2\n";

static void enumeration_and_groups_are_read(void **state)
{
    struct ims_builder *builder = text_read(log_text);
    const struct ims_record *port = text_at(builder, "00:1c.0");
    const struct ims_record *vga = text_at(builder, "02:00.0");
    struct ims_pci_facts facts = text_facts(builder, "00:1c.0");

    (void)state;
    assert_int_equal(port->ids[0].device, 0xa190);
    assert_int_equal(port->class_code, 0x060400);
    assert_int_equal(port->class_known, 0xffffff);
    assert_true(port->port_type_stated);
    assert_int_equal(port->port_type, IMS_PORT_ROOT);
    assert_true(port->on_root_bus);
    assert_int_equal(port->group, 1);
    assert_int_equal(facts.header_type.value, 1);
    assert_int_equal(facts.bridge.primary.value, 0);
    assert_int_equal(facts.bridge.secondary.value, 1);
    assert_int_equal(facts.bridge.subordinate.value, 5);
    assert_int_equal(facts.bridge.io.open, IMS_UNKNOWN); /* it was only tried */
    assert_int_equal(facts.bridge.memory.limit, 0x928fffff);
    assert_true(facts.bridge.prefetchable.base == 0x380000000000);
    assert_int_equal(facts.acs.present, IMS_UNKNOWN);
    assert_int_equal(port->config_gap, IMS_GAP_NOT_IN_INPUT);
    assert_int_equal(text_at(builder, "01:00.0")->port_type, IMS_PORT_PCIE_TO_PCI_BRIDGE);
    assert_false(text_at(builder, "01:00.0")->on_root_bus);
    assert_int_equal(vga->port_type, IMS_PORT_CONVENTIONAL);
    assert_int_equal(vga->resources[0].flags, 0x2200);
    assert_int_equal(vga->resources[1].end, 0x9280bfff);
    /* The log enumerates and groups: who is left out has no group. */
    assert_int_equal(vga->group_state, IMS_GROUP_NONE);
    ims_builder_free(builder);
}

static void the_machine_is_described(void **state)
{
    struct ims_builder *builder = text_read(log_text);
    const struct ims_machine *machine = ims_builder_machine(builder);

    (void)state;
    assert_string_equal(machine->kernel_release, "6.5.0-rc1-amd64");
    assert_string_equal(machine->cmdline, "BOOT_IMAGE=/vmlinuz ro intel_iommu=on pci=noaer");
    assert_string_equal(machine->product, "Example Inc. Server 1/0BOARD");
    assert_string_equal(machine->architecture, "x86_64");
    assert_string_equal(machine->source_kind, "kernel-log");
    assert_int_equal(machine->acpi_dmar, IMS_YES);
    assert_int_equal(machine->acpi_ivrs, IMS_UNKNOWN);
    assert_int_equal(machine->iommu_kind, IMS_IOMMU_INTEL);
    assert_int_equal(machine->iommu_on, IMS_YES);
    assert_int_equal(machine->groups_stated, IMS_YES);
    ims_builder_free(builder);
}

static void stamps_of_all_kinds_are_skipped(void **state)
{
    static const char *const stamps[] = {
        "",
        "[    0.131754] ",
        "<6>[    0.131754] ",
        "   [    0.131754] ",
        "[    0.131754][    T1] ",
        "Nov 23 10:00:01 host kernel: [    0.131754] ",
        "2026-11-23T10:00:01+00:00 host kernel: ",
        "> [    0.131754] ",
        "[  +0.000012] ",
        "[Mon Nov 23 10:00:01 2026] ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text),
                 "%spci 000c:00:01.0: [1def:e101] type 01 class 0x060400\n"
                 "%spcieport 000c:00:01.0: Adding to iommu group 11\n",
                 stamps[i], stamps[i]);
        struct ims_builder *builder = text_read(text);
        assert_int_equal(text_at(builder, "000c:00:01.0")->ids[0].vendor, 0x1def);
        assert_int_equal(text_at(builder, "000c:00:01.0")->group, 11);
        ims_builder_free(builder);
    }
}

static void the_old_group_format_is_read(void **state)
{
    struct ims_builder *builder =
        text_read("[    1.0] iommu: Adding device 0000:00:00.0 to group 0\n"
                  "[    1.0] iommu: Adding device 0000:00:1c.0 to group 7\n");

    (void)state;
    assert_int_equal(text_at(builder, "00:1c.0")->group, 7);
    ims_builder_free(builder);
}

static void the_last_word_of_a_log_holds(void **state)
{
    struct ims_builder *builder = text_read("pci 0000:01:00.0: [8086:10ca] type 00 class 0x020000\n"
                                            "pci 0000:01:00.0: Adding to iommu group 3\n"
                                            "pci 0000:01:00.1: Adding to iommu group 4\n"
                                            "pci 0000:01:00.0: Removing from iommu group 3\n"
                                            "pci 0000:01:00.0: Adding to iommu group 9\n"
                                            "pci 0000:01:00.1: Removing from iommu group 4\n");

    (void)state;
    assert_int_equal(text_at(builder, "01:00.0")->group, 9);
    assert_int_not_equal(text_at(builder, "01:00.1")->group_state, IMS_GROUP_KNOWN);
    assert_int_equal(text_gaps(builder, IMS_GAP_CONTRADICTION), 0);
}

static void a_vmd_domain_has_its_endpoint(void **state)
{
    struct ims_builder *builder =
        text_read("vmd 0000:00:0e.0: PCI host bridge to bus 10000:e0\n"
                  "pci_bus 10000:e0: root bus resource [bus e0-ff]\n"
                  "pci 10000:e0:06.0: [8086:464d] type 01 class 0x060400\n"
                  "pci 0000:00:0e.0: [8086:467f] type 00 class 0x010400\n");

    (void)state;
    assert_true(text_at(builder, "10000:e0:06.0")->vmd_endpoint_stated);
    assert_int_equal(text_at(builder, "10000:e0:06.0")->vmd_endpoint.devfn, IMS_DEVFN(0x0e, 0));
    assert_true(text_at(builder, "10000:e0:06.0")->on_root_bus);
    assert_false(text_at(builder, "0000:00:0e.0")->vmd_endpoint_stated);
    ims_builder_free(builder);
}

static void a_log_with_lspci_in_it_is_one_machine(void **state)
{
    struct ims_builder *builder = text_read(
        "[    0.1] AMD-Vi: AMD IOMMUv2 loaded and initialized\n"
        "[    0.2] pci 0000:00:01.1: Adding to iommu group 1\n"
        "\n$ lspci -nnv\n"
        "00:01.1 PCI bridge [0604]: Advanced Micro Devices, Inc. [AMD] Bridge [1022:1483]\n"
        "\tFlags: bus master, fast devsel, latency 0, IRQ 26\n"
        "\tBus: primary=00, secondary=01, subordinate=01, sec-latency=0\n"
        "\tCapabilities: <access denied>\n\n"
        "[    9.9] pci 0000:00:01.1: PCI bridge to [bus 02]\n");

    (void)state;
    assert_string_equal(ims_builder_machine(builder)->source_kind, "lspci-text+kernel-log");
    assert_int_equal(ims_builder_machine(builder)->iommu_kind, IMS_IOMMU_AMD);
    assert_int_equal(text_at(builder, "00:01.1")->group, 1);
    assert_int_equal(text_facts(builder, "00:01.1").bridge.secondary.value, 1); /* the registers */
    ims_builder_free(builder);
}

static void uname_tells_the_kernel(void **state)
{
    struct ims_builder *builder =
        text_read("Linux pve 5.15.35-1-pve #1 SMP PVE 5.15.35 x86_64 GNU/Linux\n"
                  "00:00.0 0600: 8086:1237\n");

    (void)state;
    assert_string_equal(ims_builder_machine(builder)->kernel_release, "5.15.35-1-pve");
    assert_string_equal(ims_builder_machine(builder)->architecture, "x86_64");
    ims_builder_free(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enumeration_and_groups_are_read),
        cmocka_unit_test(the_machine_is_described),
        cmocka_unit_test(stamps_of_all_kinds_are_skipped),
        cmocka_unit_test(the_old_group_format_is_read),
        cmocka_unit_test(the_last_word_of_a_log_holds),
        cmocka_unit_test(a_vmd_domain_has_its_endpoint),
        cmocka_unit_test(a_log_with_lspci_in_it_is_one_machine),
        cmocka_unit_test(uname_tells_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
