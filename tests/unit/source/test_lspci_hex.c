/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "text_case.h"

#define ROW0 "00: 86 80 01 19 07 04 10 00 05 00 04 06 10 00 81 00\n"
#define ROW1 "10: 00 00 00 00 00 00 00 00 00 01 03 00 e0 e0 00 20\n"
#define ROW2 "20: 00 dc 00 de 01 d0 f1 db 00 00 00 00 00 00 00 00\n"
#define ROW3 "30: 00 00 00 00 40 00 00 00 00 00 00 00 ff 01 1a 00\n"
#define ROW4 "40: 10 00 42 01 00 00 00 00 00 00 00 00 00 00 00 00\n"

static void the_header_line_may_have_any_form(void **state)
{
    static const char *const headers[] = {
        "00:01.0 PCI bridge: Intel Corporation Some Port (rev 05)\n",
        "0000:00:01.0 0604: 8086:1901 (rev 05)\n",
        "00:01.0 Class 0604: 8086:1901 (rev 05)\n",
        "00:01.0 PCI bridge [0604]: Intel Corporation Some Port [8086:1901] (rev 05)\n",
        "> 00:01.0 PCI bridge: Intel Corporation Some Port (rev 05)\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "%s" ROW0 ROW1 ROW2 ROW3 ROW4, headers[i]);
        struct ims_builder *builder = text_read(text);
        struct ims_pci_facts facts = text_facts(builder, "0000:00:01.0");
        assert_int_equal(facts.vendor.value, 0x8086);
        assert_int_equal(facts.device.value, 0x1901);
        assert_int_equal(facts.header_type.value, 1);
        assert_int_equal(facts.multifunction_bit, IMS_YES);
        assert_int_equal(facts.bridge.secondary.value, 1);
        assert_int_equal(facts.bridge.subordinate.value, 3);
        assert_int_equal(facts.port_type, IMS_PORT_ROOT);
        assert_string_equal(ims_builder_machine(builder)->source_kind, "lspci-hex+lspci-text");
        ims_builder_free(builder);
    }
}

static void a_long_domain_is_an_address(void **state)
{
    struct ims_builder *builder =
        text_read("10000:e0:06.0 0604: 8086:464d\n" ROW0 "\n7fff0001:00:00.0 0604: 8086:1\n" ROW0);

    (void)state;
    assert_int_equal(text_at(builder, "10000:e0:06.0")->address.segment, 0x10000);
    ims_builder_free(builder);
}

static void sixty_four_bytes_need_root(void **state)
{
    struct ims_builder *builder = text_read("00:01.0 0604: 8086:1901\n" ROW0 ROW1 ROW2 ROW3);

    (void)state;
    assert_int_equal(text_at(builder, "00:01.0")->config_gap, IMS_GAP_NEEDS_ROOT);
    assert_int_equal(text_facts(builder, "00:01.0").pcie, IMS_UNKNOWN);
    assert_int_equal(text_gaps(builder, IMS_GAP_NEEDS_ROOT), 1);
}

static void a_short_row_states_only_its_bytes(void **state)
{
    struct ims_builder *builder = text_read("00:01.0 0604: 8086:1901\n00: 86 80 01\n");
    const struct ims_config *config = &text_at(builder, "00:01.0")->config;

    (void)state;
    assert_int_equal(ims_config_get8(config, 2).known, 0xff);
    assert_int_equal(ims_config_get8(config, 2).value, 0x01);
    assert_int_equal(ims_config_get8(config, 4).known, 0);
    ims_builder_free(builder);
}

static void damaged_rows_are_noted(void **state)
{
    struct ims_builder *builder = text_read("00:01.0 0604: 8086:1901\n"
                                            "00: 86 80 0\n"       /* half a byte */
                                            "12: 00 00 00 00\n"   /* odd offset */
                                            "20: 00 11 zz 33\n"); /* no digits */
    const struct ims_config *config = &text_at(builder, "00:01.0")->config;

    (void)state;
    assert_int_equal(ims_config_get8(config, 0x12).known, 0);
    assert_int_equal(ims_config_get8(config, 0x21).known, 0xff);
    assert_int_equal(ims_config_get8(config, 0x23).known, 0);
    assert_int_equal(text_gaps(builder, IMS_GAP_MALFORMED), 3);
}

static void rows_without_a_function_are_noted_once(void **state)
{
    struct ims_builder *builder = text_read(ROW0 ROW1 "\n00:01.0 0604: 8086:1901\n" ROW0);

    (void)state;
    assert_int_equal(ims_builder_count(builder), 1);
    assert_int_equal(text_gaps(builder, IMS_GAP_MALFORMED), 1);
}

static void rows_up_to_4096_bytes_are_read(void **state)
{
    struct ims_builder *builder =
        text_read("00:01.0 0604: 8086:1901\n" ROW0 "100: 0d 00 01 00 1f 00 1d 00\n"
                  "ff0: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ab\n"
                  "1000: 12 34\n");
    const struct ims_config *config = &text_at(builder, "00:01.0")->config;

    (void)state;
    assert_int_equal(ims_config_get32(config, 0x104).value, 0x001d001f);
    assert_int_equal(ims_config_get8(config, 0xfff).value, 0xab);
    ims_builder_free(builder);
}

static void the_dump_wins_over_the_text(void **state)
{
    struct ims_builder *builder =
        text_read("00:01.0 PCI bridge [0604]: Intel Corporation Some Port [8086:1901]\n"
                  "\tControl: I/O+ Mem+ BusMaster+ SpecCycle- DisINTx-\n"
                  "\tStatus: Cap+ 66MHz-\n"
                  "\tBus: primary=00, secondary=05, subordinate=06, sec-latency=0\n"
                  "\tCapabilities: [40] Express (v2) Root Port (Slot+), MSI 00\n"
                  "\tCapabilities: [100 v1] Access Control Services\n"
                  "\t\tACSCap:\tSrcValid+ TransBlk+ ReqRedir+ CmpltRedir+ UpstreamFwd+ "
                  "EgressCtrl- DirectTrans-\n"
                  "\t\tACSCtl:\tSrcValid+ TransBlk- ReqRedir+ CmpltRedir+ UpstreamFwd+ "
                  "EgressCtrl- DirectTrans-\n" ROW0 ROW1 ROW2 ROW3 ROW4);
    struct ims_pci_facts facts = text_facts(builder, "00:01.0");

    (void)state;
    assert_int_equal(facts.bridge.secondary.value, 1); /* not the text's 05 */
    assert_int_equal(facts.acs.present, IMS_YES);      /* beyond the dump: the text's */
    assert_int_equal(facts.acs.control.value, 0x1d);
    assert_int_equal(text_gaps(builder, IMS_GAP_CONTRADICTION), 1);
}

static void a_second_dump_fills_what_the_first_left(void **state)
{
    struct ims_builder *builder =
        text_read("00:01.0 0604: 8086:1901\n" ROW0 "\n00:02.0 0604: 8086:1901\n" ROW0
                  "\n00:01.0 0604: 8086:1901\n00: 86 80 01 19 06 04\n" ROW3 ROW4);
    const struct ims_config *config = &text_at(builder, "00:01.0")->config;

    (void)state;
    assert_int_equal(ims_config_get8(config, 0x04).value, 0x07); /* the first is kept */
    assert_int_equal(ims_config_get8(config, 0x34).value, 0x40);
    assert_int_equal(text_gaps(builder, IMS_GAP_CONTRADICTION), 0);
}

static void another_device_in_the_second_dump_is_a_contradiction(void **state)
{
    struct ims_builder *builder =
        text_read("00:01.0 0604: 8086:1901\n" ROW0 "\n00:01.0 0604: 10de:1901\n00: de 10 01 19\n");

    (void)state;
    assert_int_equal(text_gaps(builder, IMS_GAP_CONTRADICTION), 1);
}

static void every_truncation_is_survived(void **state)
{
    static const char whole[] =
        "00:01.0 PCI bridge [0604]: Intel Corporation Some Port [8086:1901] (rev 05)\n"
        "\tBus: primary=00, secondary=01, subordinate=03, sec-latency=0\n" ROW0 ROW1 ROW2 ROW3 ROW4;

    (void)state;
    for (size_t length = 0; length < sizeof(whole); length++) {
        struct ims_error error = {0};
        int r;
        struct ims_builder *builder = text_read_bytes(whole, length, NULL, &r, &error);
        if (r < 0) {
            assert_int_equal(r, -EBADMSG);
            assert_int_equal(error.code, EBADMSG);
            ims_builder_free(builder);
            continue;
        }
        /* What is known is what the whole says. */
        const struct ims_config *config = &text_at(builder, "00:01.0")->config;
        const struct ims_bits type = ims_config_get8(config, 0x42);
        assert_int_equal(type.value, 0x42 & type.known);
        const struct ims_bits vendor = ims_config_get16(config, 0);
        assert_int_equal(vendor.value, 0x8086 & vendor.known);
        ims_builder_free(builder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_line_may_have_any_form),
        cmocka_unit_test(a_long_domain_is_an_address),
        cmocka_unit_test(sixty_four_bytes_need_root),
        cmocka_unit_test(a_short_row_states_only_its_bytes),
        cmocka_unit_test(damaged_rows_are_noted),
        cmocka_unit_test(rows_without_a_function_are_noted_once),
        cmocka_unit_test(rows_up_to_4096_bytes_are_read),
        cmocka_unit_test(the_dump_wins_over_the_text),
        cmocka_unit_test(a_second_dump_fills_what_the_first_left),
        cmocka_unit_test(another_device_in_the_second_dump_is_a_contradiction),
        cmocka_unit_test(every_truncation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
