/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "text_case.h"

/* What decoded text says of the registers that decide where a request goes, as lspci 3.9 prints it. */

#define CONTROL "\tControl: I/O- Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- DisINTx-\n"
#define STATUS "\tStatus: Cap+ 66MHz- UDF- FastB2B- ParErr- DEVSEL=fast >TAbort- INTx-\n"

static const char machine[] =
    "00:01.0 PCI bridge [0604]: Red Hat, Inc. QEMU PCIe Root port [1b36:000c] (rev 01)\n" CONTROL
        STATUS "\tBus: primary=00, secondary=01, subordinate=01, sec-latency=0\n"
    "\tCapabilities: [40] Express (v2) Root Port (Slot+), MSI 00\n"
    "\t\tDevCap:\tMaxPayload 128 bytes, PhantFunc 0\n"
    "\t\tDevCtl:\tCorrErr- NonFatalErr- FatalErr- UnsupReq-\n"
    "\t\t\tRlxdOrd- ExtTag- PhantFunc- AuxPwr- NoSnoop-\n"
    "\t\tLnkCap:\tPort #7, Speed 8GT/s, Width x4, ASPM not supported\n"
    "\t\tLnkSta:\tSpeed 8GT/s (ok), Width x4 (ok)\n"
    "\tCapabilities: [110 v1] Multicast\n"
    "\n"
    "00:02.0 PCI bridge [0604]: Red Hat, Inc. QEMU PCIe Root port [1b36:000c] (rev 01)\n" CONTROL
        STATUS "\tBus: primary=00, secondary=02, subordinate=02, sec-latency=0\n"
    "\tCapabilities: [40] Express (v2) Root Port (Slot+), MSI 00\n"
    "\t\tLnkCap:\tSpeed 8GT/s, Width x4\n"
    "\tCapabilities: [100 v1] Multicast\n"
    "\t\tMcastCap: MaxGroups 64, ECRCRegen-\n"
    "\t\tMcastCtl: NumGroups 4, Enable+\n"
    "\t\tMcastBAR: IndexPos 22, BaseAddr 0000000712345000\n"
    "\t\tMcastReceiveVec:      8000000000000003\n"
    "\t\tMcastBlockAllVec:     0000000000000001\n"
    "\t\tMcastBlockUntransVec: 0000000100000002\n"
    "\t\tMcastOverlayBAR: OverlaySize 0 (disabled), BaseAddr 0000000000000000\n"
    "\n"
    "01:00.0 Ethernet controller [0200]: Intel Corporation I210 [8086:1533] (rev 01)\n" CONTROL
        STATUS "\tCapabilities: [40] Express (v2) Endpoint, MSI 00\n"
    "\t\tDevCap:\tMaxPayload 128 bytes, PhantFunc 3, Latency L0s <64ns, L1 <1us\n"
    "\t\tDevCtl:\tCorrErr- NonFatalErr- FatalErr- UnsupReq-\n"
    "\t\t\tRlxdOrd- ExtTag- PhantFunc+ AuxPwr- NoSnoop-\n"
    "\t\tLnkCap:\tPort #300, Speed 8GT/s, Width x4, ASPM not supported\n"
    "\tCapabilities: [100 v1] Alternative Routing-ID Interpretation (ARI)\n"
    "\t\tARICap:\tMFVC- ACS+, Next Function: 0\n"
    "\t\tARICtl:\tMFVC- ACS+, Function Group: 2\n"
    "\tCapabilities: [110 v1] Address Translation Service (ATS)\n"
    "\t\tATSCap:\tInvalidate Queue Depth: 00\n"
    "\t\tATSCtl:\tEnable+, Smallest Translation Unit: 00\n"
    "\tCapabilities: [118 v1] Multicast\n"
    "\t\tMcastCap: MaxGroups 64, WindowSz 0 (1 bytes)\t\tMcastCtl: NumGroups 1, Enable-\n"
    "\t\tMcastBAR: IndexPos 0, BaseAddr 0000000000000000\n"
    "\n";

static void port_numbers(void **state)
{
    struct ims_builder *builder = text_read(machine);
    const struct ims_bits seven = text_facts(builder, "00:01.0").link_port;

    (void)state;
    assert_true(ims_bits_all_known(seven, 0xff));
    assert_int_equal(seven.value, 7);
    /* Not printed, and no number of eight bits: unknown, not 0. */
    assert_int_equal(text_facts(builder, "00:02.0").link_port.known & 0xff, 0);
    assert_int_equal(text_facts(builder, "01:00.0").link_port.known & 0xff, 0);
    ims_builder_free(builder);
}

static void multicast(void **state)
{
    struct ims_builder *builder = text_read(machine);
    const struct ims_multicast port = text_facts(builder, "00:02.0").multicast;
    const struct ims_multicast endpoint = text_facts(builder, "01:00.0").multicast;

    (void)state;
    assert_int_equal(port.present, IMS_YES);
    assert_int_equal(port.enable, IMS_YES);
    assert_true(ims_bits_all_known(port.groups, 0x3f));
    assert_int_equal(port.groups.value, 3);
    assert_true(port.base.known == UINT64_MAX && port.base.value == 0x712345016);
    assert_true(port.receive.known == UINT64_MAX && port.receive.value == 0x8000000000000003);
    assert_true(port.block_all.known == UINT64_MAX && port.block_all.value == 1);
    assert_true(port.block_untranslated.known == UINT64_MAX &&
                port.block_untranslated.value == 0x100000002);
    /* Control in the line of the capability, as some versions print it for endpoints. */
    assert_int_equal(endpoint.present, IMS_YES);
    assert_int_equal(endpoint.enable, IMS_NO);
    assert_true(ims_bits_all_known(endpoint.groups, 0x3f) && endpoint.groups.value == 0);
    assert_true(endpoint.receive.known == 0);
    ims_builder_free(builder);
}

/* A list that ends in the heading: the capability is there, and nothing more is known of it. */
static void multicast_without_details(void **state)
{
    struct ims_builder *builder = text_read(
        "00:01.0 PCI bridge [0604]: Red Hat, Inc. QEMU PCIe Root port [1b36:000c] (rev "
        "01)\n" CONTROL STATUS "\tBus: primary=00, secondary=01, subordinate=01, sec-latency=0\n"
        "\tCapabilities: [40] Express (v2) Root Port (Slot+), MSI 00\n"
        "\tCapabilities: [100 v1] Multicast\n"
        "\t\tMcastBAR: IndexPos 64, BaseAddr 0000000712345000\n"
        "\t\tMcastCtl: NumGroups 0, Enable\n"
        "\n");
    const struct ims_multicast port = text_facts(builder, "00:01.0").multicast;

    (void)state;
    assert_int_equal(port.present, IMS_YES);
    assert_int_equal(port.enable, IMS_UNKNOWN);
    assert_int_equal(port.groups.known & 0x3f, 0);
    assert_true(port.base.known == 0);
    ims_builder_free(builder);
}

static void ids_and_translation(void **state)
{
    struct ims_builder *builder = text_read(machine);
    const struct ims_pci_facts facts = text_facts(builder, "01:00.0");

    (void)state;
    assert_int_equal(facts.groups.enable, IMS_YES); /* A1.7 */
    assert_true(ims_bits_all_known(facts.groups.group, 7) && facts.groups.group.value == 2);
    assert_int_equal(facts.ats_enable, IMS_YES);     /* D2 */
    assert_int_equal(facts.phantom_enable, IMS_YES); /* B9 */
    assert_int_equal(facts.phantom.value, 2);
    assert_int_equal(text_facts(builder, "00:01.0").phantom_enable, IMS_NO);
    ims_builder_free(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_numbers),
        cmocka_unit_test(multicast),
        cmocka_unit_test(multicast_without_details),
        cmocka_unit_test(ids_and_translation),
    };
    return cmocka_run_group_tests_name("source-lspci_fabric", tests, NULL, NULL);
}
