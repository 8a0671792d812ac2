/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "text_case.h"

#define CONTROL "\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- DisINTx+\n"
#define STATUS "\tStatus: Cap+ 66MHz- UDF- FastB2B- ParErr- DEVSEL=fast >TAbort- INTx-\n"
#define BUS "\tBus: primary=00, secondary=01, subordinate=03, sec-latency=0\n"
#define ACS_CAP                                                                        \
    "\t\tACSCap:\tSrcValid+ TransBlk+ ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl- " \
    "DirectTrans-\n"
#define ACS_CTL                                                                        \
    "\t\tACSCtl:\tSrcValid+ TransBlk- ReqRedir+ CmpltRedir- UpstreamFwd+ EgressCtrl- " \
    "DirectTrans-\n"

static const char port[] =
    "00:01.0 PCI bridge [0604]: Intel Corporation Some Port (x16) [8086:1901] (rev 05) (prog-if 00 "
    "[Normal decode])\n"
    "\tSubsystem: Intel Corporation Some Port (x16) [8086:2015]\n" CONTROL STATUS
    "\tLatency: 0, Cache Line Size: 64 bytes\n"
    "\tNUMA node: 1\n"
    "\tIOMMU group: 2\n" BUS "\tI/O behind bridge: 0000e000-0000efff [size=4K] [16-bit]\n"
    "\tMemory behind bridge: df000000-df2fffff [size=3M] [32-bit]\n"
    "\tPrefetchable memory behind bridge: 6000000000-6201ffffff [size=8224M] [32-bit]\n"
    "\tSecondary status: 66MHz- FastB2B-\n"
    "\tCapabilities: [88] Subsystem: Intel Corporation Some Port (x16) [8086:2015]\n"
    "\tCapabilities: [a0] Express (v2) Root Port (Slot+), IntMsgNum 0\n"
    "\t\tDevCap:\tMaxPayload 256 bytes, PhantFunc 0\n"
    "\t\t\tExtTag- RBE+\n"
    "\t\tLnkCap:\tPort #2, Speed 8GT/s, Width x16, ASPM L0s L1\n"
    "\t\tLnkSta:\tSpeed 2.5GT/s (downgraded), Width x8 (downgraded)\n"
    "\t\tSltCtl:\tEnable: AttnBtn- PwrFlt-\n"
    "\t\t\tControl: AttnInd Unknown, PwrInd Unknown, Power- Interlock-\n"
    "\t\tSltSta:\tStatus: AttnBtn- PowerFlt-\n"
    "\t\tDevCtl2: Completion Timeout: 50us to 50ms, TimeoutDis- LTR+ OBFF Disabled,\n"
    "\t\t\t ARIFwd+\n"
    "\tCapabilities: [100 v1] Virtual Channel\n"
    "\tCapabilities: [140 v1] Access Control Services\n" ACS_CAP ACS_CTL
    "\tKernel driver in use: pcieport\n"
    "\tKernel modules: shpchp, other\n\n";

static void a_root_port_states_its_registers(void **state)
{
    struct ims_builder *builder = text_read(port);
    const struct ims_record *record = text_at(builder, "00:01.0");
    struct ims_pci_facts facts = text_facts(builder, "00:01.0");

    (void)state;
    assert_int_equal(facts.port_type, IMS_PORT_ROOT);
    assert_int_equal(facts.pcie_offset, 0xa0);
    assert_int_equal(facts.slot_implemented, IMS_YES);
    assert_int_equal(facts.header_type.value, 1);
    assert_int_equal(facts.header_type.known, 0x7f);
    assert_int_equal(facts.multifunction_bit, IMS_UNKNOWN); /* R12.2 */
    assert_int_equal(facts.bridge.secondary.value, 1);
    assert_int_equal(facts.bridge.subordinate.value, 3);
    assert_int_equal(facts.bridge.io.open, IMS_YES);
    assert_int_equal(facts.bridge.io.base, 0xe000);
    assert_int_equal(facts.bridge.io.limit, 0xefff);
    assert_int_equal(facts.bridge.memory.base, 0xdf000000);
    assert_true(facts.bridge.prefetchable.base == 0x6000000000);
    assert_true(facts.bridge.prefetchable.limit == 0x6201ffffff);
    assert_int_equal(facts.link_speed_max.value, 3);
    assert_int_equal(facts.link_width_max.value, 16);
    assert_int_equal(facts.link_speed.value, 1);
    assert_int_equal(facts.link_width.value, 8);
    assert_int_equal(facts.ari_forwarding, IMS_YES);
    assert_int_equal(facts.acs.offset, 0x140);
    assert_int_equal(facts.acs.capability.value & 0x7f, 0x1f);
    assert_int_equal(facts.acs.control.value & 0x7f, 0x15);
    assert_int_equal(facts.acs.control.known & 0x7f, 0x7f);
    assert_int_equal(facts.sriov.present, IMS_NO);
    assert_int_equal(facts.classic_complete, IMS_YES);
    assert_int_equal(facts.extended_complete, IMS_YES);
    assert_int_equal(facts.damage, 0);
    assert_int_equal(record->id_count, 1);
    assert_int_equal(record->ids[0].device, 0x1901);
    assert_int_equal(record->class_code, 0x060400);
    assert_int_equal(record->class_known, 0xffffff);
    assert_int_equal(record->subsystem.device, 0x2015);
    assert_int_equal(record->group_state, IMS_GROUP_KNOWN);
    assert_int_equal(record->group, 2);
    assert_int_equal(record->numa_node, 1);
    assert_string_equal(record->driver, "pcieport");
    assert_string_equal(record->modules, "shpchp, other");
    assert_string_equal(record->class_name, "PCI bridge");
    assert_int_equal(record->config_gap, IMS_GAP_NONE);
    assert_int_equal(ims_builder_machine(builder)->groups_stated, IMS_YES);
    ims_builder_free(builder);
}

static void the_sunrise_point_control_word_stays_unknown(void **state)
{
    struct ims_builder *builder = text_read(port);
    const struct ims_config *config = &text_at(builder, "00:01.0")->config;

    (void)state;
    /* Text shows p+6 only (R4.21). */
    assert_int_equal(ims_config_get16(config, 0x146).known & 0x7f, 0x7f);
    assert_int_equal(ims_config_get32(config, 0x148).known, 0);
    ims_builder_free(builder);
}

static void every_type_name_is_known(void **state)
{
    static const struct {
        const char *text;
        enum ims_port_type type;
    } names[] = {
        {"Express (v2) Endpoint, MSI 00", IMS_PORT_ENDPOINT},
        {"Express Endpoint, IntMsgNum 0", IMS_PORT_ENDPOINT},
        {"Express (v1) Legacy Endpoint, MSI 00", IMS_PORT_LEGACY_ENDPOINT},
        {"Express (v2) Root Port (Slot-), MSI 00", IMS_PORT_ROOT},
        {"Express (v2) Upstream Port, MSI 00", IMS_PORT_UPSTREAM},
        {"Express (v2) Downstream Port (Slot+), MSI 00", IMS_PORT_DOWNSTREAM},
        {"Express (v1) PCI-Express to PCI/PCI-X Bridge, MSI 00", IMS_PORT_PCIE_TO_PCI_BRIDGE},
        {"Express (v1) PCI/PCI-X to PCI-Express Bridge (Slot-), MSI 00",
         IMS_PORT_PCI_TO_PCIE_BRIDGE},
        {"Express (v2) Root Complex Integrated Endpoint, MSI 00", IMS_PORT_RC_ENDPOINT},
        {"Express (v2) Root Complex Event Collector, MSI 00", IMS_PORT_RC_EVENT_COLLECTOR},
        {"Express (v2) Unknown type 12, MSI 00", 12},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text),
                 "00:02.0 0880: 8086:1234\n" CONTROL STATUS "\tCapabilities: [40] %s\n\n",
                 names[i].text);
        struct ims_builder *builder = text_read(text);
        assert_int_equal(text_facts(builder, "00:02.0").port_type, names[i].type);
        ims_builder_free(builder);
    }
}

static void denied_capabilities_are_unknown(void **state)
{
    struct ims_builder *builder =
        text_read("00:1c.0 PCI bridge: Intel Corporation Some Port\n" CONTROL STATUS BUS
                  "\tCapabilities: <access denied>\n"
                  "\tKernel driver in use: pcieport\n\n");
    struct ims_pci_facts facts = text_facts(builder, "00:1c.0");

    (void)state;
    assert_int_equal(facts.pcie, IMS_UNKNOWN);
    assert_int_equal(facts.acs.present, IMS_UNKNOWN);
    assert_int_equal(facts.bridge.secondary.value, 1);
    assert_int_equal(text_at(builder, "00:1c.0")->config_gap, IMS_GAP_NEEDS_ROOT);
    assert_int_equal(text_gaps(builder, IMS_GAP_NEEDS_ROOT), 1);
}

static void one_liners_leave_everything_unknown(void **state)
{
    struct ims_builder *builder =
        text_read("00:01.0 PCI bridge [0604]: Intel Corporation Some Port [8086:1901] (rev 05)\n"
                  "00:02.0 VGA compatible controller: Intel Corporation Device 4688\n");

    (void)state;
    assert_int_equal(text_facts(builder, "00:01.0").pcie, IMS_UNKNOWN);
    assert_int_equal(text_facts(builder, "00:02.0").header_type.known, 0);
    assert_int_equal(text_at(builder, "00:01.0")->config_gap, IMS_GAP_NOT_IN_INPUT);
    assert_string_equal(text_at(builder, "00:02.0")->class_name, "VGA compatible controller");
    assert_int_equal(text_gaps(builder, IMS_GAP_NOT_IN_INPUT), 1);
}

static void no_list_is_known_to_be_empty(void **state)
{
    struct ims_builder *builder =
        text_read("00:00.0 0600: 1022:1480\n" CONTROL "\tStatus: Cap- 66MHz- UDF- DEVSEL=fast\n\n"
                  "00:1f.0 0601: 8086:7a0c\n"
                  "\tFlags: bus master, medium devsel, latency 0, NUMA node 0, IOMMU group 9\n\n");

    (void)state;
    assert_int_equal(text_facts(builder, "00:00.0").port_type, IMS_PORT_CONVENTIONAL);
    assert_int_equal(text_facts(builder, "00:1f.0").port_type, IMS_PORT_CONVENTIONAL);
    assert_int_equal(text_facts(builder, "00:1f.0").header_type.value, 0);
    assert_int_equal(text_facts(builder, "00:1f.0").header_type.known, 0x7f);
    assert_int_equal(text_at(builder, "00:1f.0")->group, 9);
    assert_int_equal(text_at(builder, "00:1f.0")->config_gap, IMS_GAP_NONE);
    /* Groups are stated, and this function has none (R12.9). */
    assert_int_equal(text_at(builder, "00:00.0")->group_state, IMS_GROUP_NONE);
    ims_builder_free(builder);
}

static void an_unfinished_block_proves_nothing(void **state)
{
    struct ims_builder *builder = text_read("00:1c.0 0604: 8086:1901\n" CONTROL STATUS BUS);
    struct ims_builder *snipped =
        text_read("00:1c.0 0604: 8086:1901\n" CONTROL STATUS
                  "\tCapabilities: [40] Express (v2) Root Port (Slot+), MSI 00\n"
                  "[...]\n\n");

    (void)state;
    assert_int_equal(text_facts(builder, "00:1c.0").pcie, IMS_UNKNOWN);
    assert_int_equal(text_facts(builder, "00:1c.0").acs.present, IMS_UNKNOWN);
    assert_int_equal(text_facts(snipped, "00:1c.0").port_type, IMS_PORT_ROOT);
    assert_int_equal(text_facts(snipped, "00:1c.0").acs.present, IMS_UNKNOWN);
    assert_int_equal(text_at(snipped, "00:1c.0")->config_gap, IMS_GAP_NOT_IN_INPUT);
    ims_builder_free(builder);
    ims_builder_free(snipped);
}

static void picked_lines_state_the_type_alone(void **state)
{
    struct ims_builder *builder =
        text_read("00:1c.0 PCI bridge [0604]: Intel Corporation Some Port [8086:1901]\n"
                  "\tCapabilities: [40] Express (v2) Root Port (Slot+), MSI 00\n"
                  "\tCapabilities: [140 v1] Access Control Services\n" ACS_CTL
                  "00:1c.4 PCI bridge [0604]: Intel Corporation Some Port [8086:1902]\n");
    const struct ims_record *record = text_at(builder, "00:1c.0");

    (void)state;
    assert_true(record->port_type_stated);
    assert_int_equal(record->port_type, IMS_PORT_ROOT);
    assert_int_equal(text_facts(builder, "00:1c.0").acs.present, IMS_UNKNOWN);
    ims_builder_free(builder);
}

static void extended_lists_are_empty_only_where_one_is_shown(void **state)
{
    static const char lone[] = "00:1c.0 0604: 8086:1901\n" CONTROL STATUS BUS
                               "\tCapabilities: [40] Express (v2) Root Port (Slot+), MSI 00\n\n";
    char both[8192];
    struct ims_builder *builder = text_read(lone);

    (void)state;
    /* lspci may have seen 256 bytes only. */
    assert_int_equal(text_facts(builder, "00:1c.0").acs.present, IMS_UNKNOWN);
    ims_builder_free(builder);

    snprintf(both, sizeof(both), "%s%s", lone, port);
    builder = text_read(both);
    assert_int_equal(text_facts(builder, "00:1c.0").acs.present, IMS_NO);
    ims_builder_free(builder);
}

static void a_presence_without_details_has_unknown_bits(void **state)
{
    struct ims_builder *builder =
        text_read("00:1c.0 0604: 8086:1901\n"
                  "\tFlags: bus master, fast devsel, latency 0, IRQ 16\n" BUS
                  "\tCapabilities: [40] Express Root Port (Slot+), MSI 00\n"
                  "\tCapabilities: [100] Advanced Error Reporting\n"
                  "\tCapabilities: [148] Access Control Services\n\n");
    struct ims_pci_facts facts = text_facts(builder, "00:1c.0");

    (void)state;
    assert_int_equal(facts.acs.present, IMS_YES);
    assert_int_equal(facts.acs.control.known, 0);
    assert_int_equal(facts.acs.capability.known, 0);
    ims_builder_free(builder);
}

static void a_physical_function_states_its_vfs(void **state)
{
    struct ims_builder *builder = text_read(
        "01:00.0 0200: 8086:10c9 (rev 01)\n" CONTROL STATUS
        "\tRegion 0: Memory at fe840000 (32-bit, non-prefetchable) [size=128K]\n"
        "\tRegion 2: I/O ports at c020 [disabled] [size=32]\n"
        "\tRegion 4: Memory at 601c000000 (64-bit, prefetchable) [size=16M]\n"
        "\tExpansion ROM at fe800000 [disabled] [size=512K]\n"
        "\tCapabilities: [a0] Express (v2) Endpoint, MSI 00\n"
        "\tCapabilities: [100 v1] Alternative Routing-ID Interpretation (ARI)\n"
        "\t\tARICap:\tMFVC- ACS-, Next Function: 1\n"
        "\tCapabilities: [140 v1] Device Serial Number 00-11-22-ff-ff-33-44-55\n"
        "\tCapabilities: [160 v1] Single Root I/O Virtualization (SR-IOV)\n"
        "\t\tIOVCap:\tMigration-, Interrupt Message Number: 000\n"
        "\t\tIOVCtl:\tEnable+ Migration- Interrupt- MSE+ ARIHierarchy+\n"
        "\t\tInitial VFs: 8, Total VFs: 8, Number of VFs: 7, Function Dependency Link: 00\n"
        "\t\tVF offset: 128, stride: 2, Device ID: 10ca\n"
        "\t\tRegion 0: Memory at 00000000fe860000 (64-bit, prefetchable)\n\n");
    const struct ims_record *record = text_at(builder, "01:00.0");
    struct ims_pci_facts facts = text_facts(builder, "01:00.0");

    (void)state;
    assert_int_equal(facts.sriov.vf_enable, IMS_YES);
    assert_int_equal(facts.sriov.ari_hierarchy, IMS_YES);
    assert_int_equal(facts.sriov.total_vfs.value, 8);
    assert_int_equal(facts.sriov.num_vfs.value, 7);
    assert_int_equal(facts.sriov.first_vf_offset.value, 128);
    assert_int_equal(facts.sriov.vf_stride.value, 2);
    assert_int_equal(facts.sriov.vf_device.value, 0x10ca);
    assert_int_equal(facts.ari, IMS_YES);
    assert_int_equal(facts.bars[0].kind, IMS_BAR_MEMORY32);
    assert_int_equal(facts.bars[0].address, 0xfe840000);
    assert_int_equal(facts.bars[2].kind, IMS_BAR_IO);
    assert_int_equal(facts.bars[4].kind, IMS_BAR_MEMORY64);
    assert_true(facts.bars[4].address == 0x601c000000);
    assert_string_equal(record->serial, "00-11-22-ff-ff-33-44-55");
    assert_int_equal(record->resource_count, 7);
    assert_int_equal(record->resources[0].end, 0xfe85ffff);
    assert_int_equal(record->resources[0].flags, 0x200);
    assert_int_equal(record->resources[1].flags, 0);
    assert_int_equal(record->resources[2].flags, 0x100);
    assert_int_equal(record->resources[4].flags, 0x102200);
    assert_int_equal(record->resources[6].start, 0xfe800000);
    ims_builder_free(builder);
}

static void closed_windows_are_closed(void **state)
{
    static const char *const forms[] = {
        "\tI/O behind bridge: [disabled]\n\tMemory behind bridge: [disabled] [32-bit]\n"
        "\tPrefetchable memory behind bridge: [disabled] [64-bit]\n",
        "\tI/O behind bridge: 0000f000-00000fff [disabled] [32-bit]\n"
        "\tMemory behind bridge: fff00000-000fffff [disabled] [32-bit]\n"
        "\tPrefetchable memory behind bridge: 00000000fff00000-00000000000fffff [disabled] "
        "[64-bit]\n",
        "\tI/O behind bridge: None\n\tMemory behind bridge: None\n"
        "\tPrefetchable memory behind bridge: None\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char text[2048];
        snprintf(text, sizeof(text), "00:1c.0 0604: 8086:1901\n" CONTROL STATUS BUS "%s\n",
                 forms[i]);
        struct ims_builder *builder = text_read(text);
        struct ims_pci_facts facts = text_facts(builder, "00:1c.0");
        assert_int_equal(facts.bridge.io.open, IMS_NO);
        assert_int_equal(facts.bridge.memory.open, IMS_NO);
        assert_int_equal(facts.bridge.prefetchable.open, IMS_NO);
        ims_builder_free(builder);
    }
}

/* The same facts, whatever happened to the text on its way. */
static void assert_same_port(const char *text)
{
    int r;
    struct ims_builder *builder = text_read_bytes(text, strlen(text), NULL, &r, NULL);

    assert_int_equal(r, 0);
    struct ims_pci_facts facts = text_facts(builder, "00:01.0");
    assert_int_equal(facts.port_type, IMS_PORT_ROOT);
    assert_int_equal(facts.bridge.secondary.value, 1);
    assert_int_equal(facts.bridge.subordinate.value, 3);
    assert_int_equal(facts.acs.capability.value & 0x7f, 0x1f);
    assert_int_equal(facts.acs.capability.known & 0x7f, 0x7f);
    assert_int_equal(facts.acs.control.value & 0x7f, 0x15);
    assert_int_equal(facts.acs.control.known & 0x7f, 0x7f);
    assert_int_equal(facts.extended_complete, IMS_YES);
    assert_int_equal(text_at(builder, "00:01.0")->ids[0].device, 0x1901);
    assert_int_equal(text_at(builder, "00:01.0")->group, 2);
    assert_string_equal(text_at(builder, "00:01.0")->driver, "pcieport");
    ims_builder_free(builder);
}

/* Writes text with prefix before each line, lines broken before column width (0: not), and end. */
static void mangle(const char *text, const char *prefix, unsigned width, const char *end,
                   bool keep_tabs, char *ret)
{
    while (*text) {
        unsigned column = 0;
        ret += sprintf(ret, "%s", prefix);
        for (; *text && *text != '\n'; text++) {
            if (*text == '\t') {
                if (keep_tabs)
                    *ret++ = '\t';
                continue;
            }
            const char *rest = text + 1;
            if (width && *text == ' ' && column + 1 + strcspn(rest, " \n") > width) {
                ret += sprintf(ret, " %s%s", end, prefix);
                column = 0;
                continue;
            }
            *ret++ = *text;
            column++;
        }
        ret += sprintf(ret, "%s", end);
        if (*text)
            text++;
    }
    *ret = '\0';
}

static void mail_habits_change_nothing(void **state)
{
    static char text[16384];

    (void)state;
    assert_same_port(port);
    mangle(port, "> ", 0, "\n", true, text);
    assert_same_port(text);
    mangle(port, ">> > ", 0, "\r\n", false, text);
    assert_same_port(text);
    mangle(port, "", 72, "\n", true, text);
    assert_same_port(text);
    mangle(port, "> ", 76, "\n", false, text);
    assert_same_port(text);
    mangle(port, "\xc2\xa0\xc2\xa0 ", 68, "\n", false, text);
    assert_same_port(text);
    mangle(port, "", 0, "\n\n", true, text);
    assert_same_port(text);
}

static void quoted_printable_is_undone(void **state)
{
    (void)state;
    assert_same_port(
        "00:01.0 PCI bridge [0604]: Intel Corporation Some Port (x16) [8086:1901] (re=\n"
        "v 05) (prog-if 00 [Normal decode])\n"
        "=09Control: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Step=\n"
        "ping- SERR- FastB2B- DisINTx+=20\n"
        "\tStatus: Cap+ 66MHz- UDF- FastB2B- ParErr- DEVSEL=3Dfast >TAbort- <TAbort- =\n"
        "<MAbort- >SERR- <PERR- INTx-\n"
        "\tIOMMU group: 2\n"
        "\tBus: primary=3D00, secondary=3D01, subordinate=3D03, sec-latency=3D0\n"
        "=C2=A0=C2=A0Capabilities: [a0] Express (v2) Root Port (Slot+), MSI 00\n"
        "\tCapabilities: [100 v1] Access Control Services\n"
        "\t\tACSCap:\tSrcValid+ TransBlk+ ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtr=\n"
        "l- DirectTrans-\n" ACS_CTL "\tKernel driver in use: pcieport\n\n");
}

static void wrapped_words_are_not_quotes(void **state)
{
    struct ims_builder *builder =
        text_read("00:1c.0 0604: 8086:1901\n" CONTROL
                  "\tStatus: Cap- 66MHz- UDF- FastB2B- ParErr- DEVSEL=fast >TAbort- <TAbort-\n"
                  ">SERR- <PERR- INTx-\n\n");

    (void)state;
    assert_int_equal(text_facts(builder, "00:1c.0").classic_complete, IMS_YES);
    ims_builder_free(builder);
}

static void damage_is_noted_with_its_line(void **state)
{
    struct ims_builder *builder =
        text_read("00:1c.0 0604: 8086:1901\n" CONTROL STATUS
                  "\tBus: primary=00, secondary=zz, subordinate=03\n"
                  "\tCapabilities: [41] Express (v2) Root Port (Slot+), MSI 00\n\n");
    struct ims_pci_facts facts = text_facts(builder, "00:1c.0");

    (void)state;
    assert_int_equal(facts.bridge.secondary.known, 0);
    assert_int_equal(facts.bridge.subordinate.value, 3);
    assert_int_equal(facts.pcie, IMS_UNKNOWN);
    assert_int_equal(text_gaps(builder, IMS_GAP_MALFORMED), 2);
}

static void lines_of_any_length_and_bytes_are_survived(void **state)
{
    static char text[400000];
    struct ims_error error = {0};
    int r;

    (void)state;
    memset(text, 'x', sizeof(text));
    text[199999] = '\n';
    struct ims_builder *builder = text_read_bytes(text, sizeof(text), NULL, &r, &error);
    assert_int_equal(r, -EBADMSG);
    assert_string_equal(error.path, "input");
    ims_builder_free(builder);

    memset(text, 0, sizeof(text));
    memcpy(text + 200000, "\n00:01.0 0604: 8086:1901\n", 25);
    builder = text_read_bytes(text, sizeof(text), NULL, &r, &error);
    assert_int_equal(r, 0);
    assert_int_equal(ims_builder_count(builder), 1);
    assert_int_equal(text_gaps(builder, IMS_GAP_MALFORMED), 2);
}

static void every_truncation_says_nothing_wrong(void **state)
{
    (void)state;
    for (size_t length = 30; length < sizeof(port) - 1; length++) {
        int r;
        struct ims_builder *builder = text_read_bytes(port, length, NULL, &r, NULL);
        assert_int_equal(r, 0);
        struct ims_pci_facts facts = text_facts(builder, "00:01.0");
        assert_true(facts.port_type == IMS_PORT_ROOT || facts.port_type == IMS_PORT_UNKNOWN);
        assert_int_not_equal(facts.acs.present, IMS_NO);
        assert_int_equal(facts.acs.control.value, 0x15 & facts.acs.control.known);
        assert_int_equal(facts.bridge.secondary.value, 1 & facts.bridge.secondary.known);
        ims_builder_free(builder);
    }
}

static void a_function_that_is_gone_is_unreadable(void **state)
{
    struct ims_builder *builder =
        text_read("01:00.0 VGA compatible controller [0300]: NVIDIA Corporation Device [10de:2204] "
                  "(rev ff) (prog-if ff)\n\t!!! Unknown header type 7f\n"
                  "\tKernel driver in use: vfio-pci\n\n");

    (void)state;
    assert_int_equal(text_at(builder, "01:00.0")->config_gap, IMS_GAP_UNREADABLE);
    assert_int_equal(text_facts(builder, "01:00.0").pcie, IMS_UNKNOWN);
    ims_builder_free(builder);
}

static void a_whole_block_without_a_driver_has_none(void **state)
{
    static char text[8192];

    (void)state;
    snprintf(text, sizeof(text), "%s%s", port,
             "00:02.0 Ethernet controller [0200]: Intel Corporation Device [8086:1533]\n" CONTROL
             "\tStatus: Cap- 66MHz- DEVSEL=fast\n\n"
             "00:03.0 Ethernet controller [0200]: Intel Corporation Device [8086:1533]\n" CONTROL);
    struct ims_builder *builder = text_read(text);
    assert_true(text_at(builder, "00:02.0")->driver_stated);
    assert_null(text_at(builder, "00:02.0")->driver);
    assert_string_equal(text_at(builder, "00:02.0")->vendor_name, "Intel Corporation");
    assert_null(text_at(builder, "00:02.0")->device_name);
    assert_false(text_at(builder, "00:03.0")->driver_stated); /* cut */
    ims_builder_free(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_port_states_its_registers),
        cmocka_unit_test(the_sunrise_point_control_word_stays_unknown),
        cmocka_unit_test(every_type_name_is_known),
        cmocka_unit_test(denied_capabilities_are_unknown),
        cmocka_unit_test(one_liners_leave_everything_unknown),
        cmocka_unit_test(no_list_is_known_to_be_empty),
        cmocka_unit_test(an_unfinished_block_proves_nothing),
        cmocka_unit_test(picked_lines_state_the_type_alone),
        cmocka_unit_test(extended_lists_are_empty_only_where_one_is_shown),
        cmocka_unit_test(a_presence_without_details_has_unknown_bits),
        cmocka_unit_test(a_physical_function_states_its_vfs),
        cmocka_unit_test(closed_windows_are_closed),
        cmocka_unit_test(mail_habits_change_nothing),
        cmocka_unit_test(quoted_printable_is_undone),
        cmocka_unit_test(wrapped_words_are_not_quotes),
        cmocka_unit_test(damage_is_noted_with_its_line),
        cmocka_unit_test(lines_of_any_length_and_bytes_are_survived),
        cmocka_unit_test(every_truncation_says_nothing_wrong),
        cmocka_unit_test(a_function_that_is_gone_is_unreadable),
        cmocka_unit_test(a_whole_block_without_a_driver_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
