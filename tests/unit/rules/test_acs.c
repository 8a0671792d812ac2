/* SPDX-License-Identifier: MIT */
/* The isolation test of one function: types, registers, releases (section 4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge.h"

#define PORT(type_, acs_)                                                        \
    {                                                                            \
        .at = "00:1c.0", .header = 1, .type = type_, .acs = acs_, .secondary = 1 \
    }
#define FUNCTION(type_, multi_, acs_)                                \
    {                                                                \
        .at = "00:1c.0", .type = type_, .multi = multi_, .acs = acs_ \
    }

static void by_port_type(void **state)
{
    static const struct one cases[] = {
        {{.at = "00:1c.0", .conventional = true}, 6, 12, 0, IMS_NO, "ACS-NOT-PCIE"},
        {PORT(IMS_PORT_ROOT, NO_ACS), 6, 12, 0, IMS_NO, "ACS-NO-CAP"},
        {PORT(IMS_PORT_ROOT, ACS_ON), 6, 12, 0, IMS_YES, "ACS-OK"},
        {PORT(IMS_PORT_ROOT, ACS_OFF), 6, 12, 0, IMS_NO, "ACS-RR-OFF"},
        {PORT(IMS_PORT_DOWNSTREAM, NO_ACS), 6, 12, 0, IMS_NO, "ACS-NO-CAP"},
        {PORT(IMS_PORT_DOWNSTREAM, ACS_ON), 6, 12, 0, IMS_YES, "ACS-OK"},
        {PORT(IMS_PORT_UPSTREAM, NO_ACS), 6, 12, 0, IMS_YES, "ACS-SINGLE-FUNCTION"},
        {PORT(IMS_PORT_PCIE_TO_PCI_BRIDGE, ACS_ON), 6, 12, 0, IMS_NO, "ACS-NEVER"},
        {PORT(IMS_PORT_PCI_TO_PCIE_BRIDGE, ACS_ON), 6, 12, 0, IMS_NO, "ACS-NEVER"},
        {FUNCTION(IMS_PORT_RC_EVENT_COLLECTOR, true, ACS_ON), 6, 12, 0, IMS_NO, "ACS-NEVER"},
        {FUNCTION(IMS_PORT_ENDPOINT, false, NO_ACS), 6, 12, 0, IMS_YES, "ACS-SINGLE-FUNCTION"},
        {FUNCTION(IMS_PORT_ENDPOINT, false, ACS_OFF), 6, 12, 0, IMS_YES, "ACS-SINGLE-FUNCTION"},
        {FUNCTION(IMS_PORT_ENDPOINT, true, NO_ACS), 6, 12, 0, IMS_NO, "ACS-NO-CAP"},
        {FUNCTION(IMS_PORT_ENDPOINT, true, ACS_ON), 6, 12, 0, IMS_YES, "ACS-OK"},
        {FUNCTION(IMS_PORT_LEGACY_ENDPOINT, true, ACS_OFF), 6, 12, 0, IMS_NO, "ACS-RR-OFF"},
        {FUNCTION(IMS_PORT_RC_ENDPOINT, false, NO_ACS), 6, 12, 0, IMS_YES, "ACS-SINGLE-FUNCTION"},
        {FUNCTION(IMS_PORT_RC_ENDPOINT, true, NO_ACS), 6, 12, 0, IMS_NO, "ACS-NO-CAP"},
        {FUNCTION(IMS_PORT_UPSTREAM, true, NO_ACS), 6, 12, 0, IMS_NO, "ACS-UPSTREAM-MFD"},
        {FUNCTION(3, true, NO_ACS), 6, 12, 0, IMS_YES, "ACS-OTHER-TYPE"},
        {FUNCTION(15, true, NO_ACS), 4, 4, 0, IMS_YES, "ACS-OTHER-TYPE"},
        {PORT(IMS_PORT_ROOT, ACS_MISSING), 6, 12, 0, IMS_UNKNOWN, "ACS-UNKNOWN"},
        {FUNCTION(IMS_PORT_ENDPOINT, true, ACS_MISSING), 6, 12, 0, IMS_UNKNOWN, "ACS-UNKNOWN"},
        {FUNCTION(IMS_PORT_ENDPOINT, false, ACS_MISSING), 6, 12, 0, IMS_YES, "ACS-SINGLE-FUNCTION"},
    };

    (void)state;
    EXPECT_ALL(cases);
}

#define WORDS(cap, ctrl)                                                                       \
    {                                                                                          \
        .at = "00:1c.0", .header = 1, .type = IMS_PORT_ROOT, .secondary = 1, .acs = ACS_WORDS, \
        .acs_cap = cap, .acs_ctrl = ctrl                                                       \
    }

/* R4.7: what is implemented must be on; TB, EC, DT and the enhanced bits do not matter (R1.10). */
static void by_words(void **state)
{
    static const struct one cases[] = {
        {WORDS(0x00, 0x00), 6, 12, 0, IMS_YES, "ACS-NOTHING-REQUIRED"},
        {WORDS(0x62, 0x00), 6, 12, 0, IMS_YES, "ACS-NOTHING-REQUIRED"},
        {WORDS(0x01, 0x01), 6, 12, 0, IMS_YES, "ACS-OK"},
        {WORDS(0x01, 0x00), 6, 12, 0, IMS_NO, "ACS-SV-OFF"},
        {WORDS(0x1d, 0x1d), 6, 12, 0, IMS_YES, "ACS-OK"},
        {WORDS(0x7f, 0x1d), 6, 12, 0, IMS_YES, "ACS-OK"},
        {WORDS(0x9f, 0x1d), 6, 12, 0, IMS_YES, "ACS-OK"},
        {WORDS(0x1f, 0x0d), 6, 12, 0, IMS_NO, "ACS-UF-OFF"},
        {WORDS(0x1f, 0x15), 6, 12, 0, IMS_NO, "ACS-CR-OFF"},
        {WORDS(0x1f, 0x19), 6, 12, 0, IMS_NO, "ACS-RR-OFF"},
        {WORDS(0x1f, 0x1c), 6, 12, 0, IMS_NO, "ACS-SV-OFF"},
        {WORDS(0x0f, 0x0d), 6, 12, 0, IMS_YES, "ACS-OK"}, /* UF is not implemented */
        {WORDS(0x00, 0x1d), 6, 12, 0, IMS_YES, "ACS-NOTHING-REQUIRED"},
    };
    struct lab lab;

    (void)state;
    EXPECT_ALL(cases);
    lab_begin(&lab);
    put_part(lab.builder, &(struct part)WORDS(0x17, 0x01));
    const struct ims_judge judge = judge_of(&lab, 6, 12, 0);
    const struct ims_acs_verdict verdict = ask(&judge, "00:1c.0");
    assert_true(verdict.has_registers);
    assert_int_equal(verdict.capability.value, 0x17);
    assert_int_equal(verdict.control.value, 0x01);
    assert_int_equal(verdict.required, 0x15);
    assert_int_equal(verdict.missing, 0x14);
    lab_done(&lab);
}

/* R4.13, R4.14: bits are added where they are implemented, and the word as read is kept. */
static void as_linux_sets_them(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_on = IMS_NO;
    put_part(lab.builder, &(struct part)WORDS(0x1f, 0x40));
    put_root_port(lab.builder, "00:1d.0", 2, NO_ACS);
    struct ims_judge judge = judge_of(&lab, 6, 12, 0);
    expect(&judge, "00:1c.0", IMS_NO, "ACS-RR-OFF");
    judge.acs = IMS_ACS_AS_LINUX_SETS;
    expect(&judge, "00:1c.0", IMS_YES, "ACS-OK");
    expect(&judge, "00:1d.0", IMS_NO, "ACS-NO-CAP");
    const struct ims_acs_verdict verdict = ask(&judge, "00:1c.0");
    assert_int_equal(verdict.control.value, 0x5d);
    assert_int_equal(verdict.control_read.value, 0x40);
    judge.acs_certain = false;
    expect(&judge, "00:1c.0", IMS_UNKNOWN, "ACS-OK");
    assert_true(ask(&judge, "00:1c.0").likely);
    judge.acs = IMS_ACS_AS_IS;
    assert_false(ask(&judge, "00:1c.0").likely);
    expect(&judge, "00:1d.0", IMS_NO, "ACS-NO-CAP");
    lab_done(&lab);
}

/* Text names the capability and not its words: what Linux adds it adds wherever it is implemented. */
static void unknown_words(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_on = IMS_NO;
    record = put_root_port(lab.builder, "00:1c.0", 1, ACS_OFF);
    for (uint32_t i = 0; i < record->config.row_count; i++)
        if (record->config.rows[i].offset == 0x100)
            for (unsigned j = 4; j < 8; j++)
                record->config.rows[i].value[j] = record->config.rows[i].known[j] = 0;
    struct ims_judge judge = judge_of(&lab, 6, 12, 0);
    expect(&judge, "00:1c.0", IMS_UNKNOWN, "ACS-UNKNOWN");
    judge.acs = IMS_ACS_AS_LINUX_SETS;
    expect(&judge, "00:1c.0", IMS_YES, "ACS-NOTHING-REQUIRED");
    struct ims_arena arena = {0};
    assert_int_equal(ims_cmdline_parse("pci=config_acs=x@00:1c.0", &arena, &judge.cmdline), 0);
    judge.version = (struct ims_kernel_version){7, 3, -1};
    expect(&judge, "00:1c.0", IMS_UNKNOWN, "CMDLINE-CONFIG-ACS");
    ims_arena_done(&arena);
    lab_done(&lab);
}

static void virtual_functions_pass(void **state)
{
    struct lab lab;
    struct ims_record *record;
    const struct ims_id wangxun = {0x8088, 0x7777};

    (void)state;
    lab_begin(&lab);
    put_vf(lab.builder, "00:02.1", NULL);
    assert_int_equal(ims_builder_function(lab.builder, address_of("00:02.2"), &record, NULL), 0);
    record->is_vf = IMS_YES; /* nothing else is known of it */
    record = put_vf(lab.builder, "00:02.3", NULL);
    record->ids = &wangxun;
    record->id_count = 1;
    const struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    expect(&judge, "00:02.1", IMS_YES, "ACS-VF");
    assert_int_equal(ask(&judge, "00:02.2").likely, true);
    expect(&judge, "00:02.3", IMS_NO, "QUIRK-WANGXUN-UNLISTED"); /* R4.9: a row comes first */
    lab_done(&lab);
}

/* R1.4: older kernels believe what a switch port says of itself. */
static void type_by_release(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON, .subordinate = 2);
    put_downstream(lab.builder, "01:00.0", 2, NO_ACS);
    struct ims_judge judge = judge_of(&lab, 5, 4, -1);
    assert_int_equal(ims_judge_port_type(&judge, at(&lab, "01:00.0")), IMS_PORT_ENDPOINT);
    expect(&judge, "01:00.0", IMS_YES, "ACS-SINGLE-FUNCTION");
    judge.version = (struct ims_kernel_version){5, 0, -1};
    assert_int_equal(ims_judge_port_type(&judge, at(&lab, "01:00.0")), IMS_PORT_DOWNSTREAM);
    expect(&judge, "01:00.0", IMS_NO, "ACS-NO-CAP");
    lab_done(&lab);
}

/* R1.5: hot-added functions above 0 go by their own header bit, function 0 as ever. */
static void multifunction_when_hot_added(void **state)
{
    struct lab lab;
    bool likely;

    (void)state;
    lab_begin(&lab);
    struct ims_record *record = put_endpoint(lab.builder, "00:02.0");
    record->config.rows[0].known[0x0e] = 0;
    put_endpoint(lab.builder, "00:02.1");
    put_endpoint(lab.builder, "00:02.2", .multi = true);
    put_vf(lab.builder, "00:02.3", NULL);
    struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    judge.being_added = true;
    assert_int_equal(ims_judge_multifunction(&judge, at(&lab, "00:02.0"), &likely), IMS_YES);
    assert_int_equal(ims_judge_multifunction(&judge, at(&lab, "00:02.1"), &likely), IMS_NO);
    assert_int_equal(ims_judge_multifunction(&judge, at(&lab, "00:02.2"), &likely), IMS_YES);
    assert_int_equal(ims_judge_multifunction(&judge, at(&lab, "00:02.3"), &likely), IMS_NO);
    judge.being_added = false;
    assert_int_equal(ims_judge_multifunction(&judge, at(&lab, "00:02.1"), &likely), IMS_YES);
    lab_done(&lab);
}

/* ---- stable releases that group too early (R4.16) ---- */

static void groups_before_acs(void **state)
{
    static const struct {
        int minor, patch;
        bool affected;
    } cases[] = {
        {1, 164, false}, {1, 165, true},  {1, 168, true},  {1, 169, false},
        {1, -1, false},  {12, 74, false}, {12, 75, true},  {12, 82, true},
        {12, 83, false}, {12, -1, false}, {17, 80, false}, {18, 165, false},
    };
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON);
    put_root_port(lab.builder, "00:1d.0", 2, ACS_OFF);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct ims_judge judge = judge_of(&lab, 6, cases[i].minor, cases[i].patch);
        const struct ims_acs_verdict verdict = ask(&judge, "00:1c.0");
        assert_int_equal(verdict.isolated, cases[i].affected ? IMS_UNKNOWN : IMS_YES);
        assert_int_equal(verdict.likely, !cases[i].affected);
        assert_int_equal(ask(&judge, "00:1d.0").isolated, IMS_NO);
        if (cases[i].affected)
            assert_string_equal(verdict.rule->id, "STABLE-REGRESSION");
    }
    lab_done(&lab);
}

static void groups_before_acs_elsewhere(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab); /* IOMMU off: the words are those of firmware */
    ims_builder_machine(lab.builder)->iommu_on = IMS_NO;
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON);
    put_root_port(lab.builder, "00:1d.0", 2, ACS_OFF);
    struct ims_judge judge = judge_of(&lab, 6, 12, 80);
    judge.acs = IMS_ACS_AS_LINUX_SETS;
    assert_int_equal(ask(&judge, "00:1c.0").isolated, IMS_YES);
    expect(&judge, "00:1d.0", IMS_NO, "STABLE-REGRESSION");
    judge.version.patch = 83;
    expect(&judge, "00:1d.0", IMS_YES, "ACS-OK");
    lab_done(&lab);

    lab_begin(&lab); /* IOMMU on: what Linux would set says nothing of what firmware had set */
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON);
    judge = judge_of(&lab, 6, 12, 80);
    judge.acs = IMS_ACS_AS_LINUX_SETS;
    assert_int_equal(ask(&judge, "00:1c.0").isolated, IMS_UNKNOWN);
    lab_done(&lab);

    lab_begin(&lab); /* not on Arm */
    ims_builder_machine(lab.builder)->iommu_kind = IMS_IOMMU_ARM_SMMU;
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON);
    judge = judge_of(&lab, 6, 12, 80);
    expect(&judge, "00:1c.0", IMS_YES, "ACS-OK");
    lab_done(&lab);
}

/* ---- command line ---- */

static void command_line_changes_the_words(void **state)
{
    struct ims_arena arena = {0};
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_on = IMS_NO;
    put_root_port(lab.builder, "00:1c.0", 1, ACS_OFF);
    put_root_port(lab.builder, "00:1d.0", 2, NO_ACS);
    struct ims_judge judge = judge_of(&lab, 6, 15, -1);
    assert_int_equal(ims_cmdline_parse("pci=disable_acs_redir=pci:0:0", &arena, &judge.cmdline), 0);
    judge.acs = IMS_ACS_AS_LINUX_SETS;
    expect(&judge, "00:1c.0", IMS_NO, "CMDLINE-DISABLE-ACS-REDIR");
    assert_int_equal(ask(&judge, "00:1c.0").control.value, 0);
    expect(&judge, "00:1d.0", IMS_NO, "ACS-NO-CAP");
    judge.version = (struct ims_kernel_version){5, 4, -1};
    assert_int_equal(ask(&judge, "00:1c.0").control.value, 0x11);
    judge.acs = IMS_ACS_AS_IS; /* the registers show its effect already */
    expect(&judge, "00:1c.0", IMS_NO, "ACS-RR-OFF");
    judge.cmdline_asked = true;
    expect(&judge, "00:1c.0", IMS_NO, "CMDLINE-DISABLE-ACS-REDIR");
    ims_arena_done(&arena);
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_port_type),
        cmocka_unit_test(by_words),
        cmocka_unit_test(as_linux_sets_them),
        cmocka_unit_test(unknown_words),
        cmocka_unit_test(virtual_functions_pass),
        cmocka_unit_test(type_by_release),
        cmocka_unit_test(multifunction_when_hot_added),
        cmocka_unit_test(groups_before_acs),
        cmocka_unit_test(groups_before_acs_elsewhere),
        cmocka_unit_test(command_line_changes_the_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
