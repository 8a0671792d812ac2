/* SPDX-License-Identifier: MIT */
/* The isolation test of devices that the kernel knows by id, and the override patch (4.3, R4.22). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge.h"

/* R4.8: since 7.0 SV is taken out of the capability of two switches. */
static void capability_without_sv(void **state)
{
    static const struct one cases[] = {
        {{.at = "00:1c.0",
          .id = 0x111d80b5,
          .header = 1,
          .type = IMS_PORT_DOWNSTREAM,
          .acs = ACS_WORDS,
          .acs_cap = 0x1f,
          .acs_ctrl = 0x1c},
         6,
         17,
         -1,
         IMS_NO,
         "ACS-SV-OFF"},
        {{.at = "00:1c.0",
          .id = 0x111d80b5,
          .header = 1,
          .type = IMS_PORT_DOWNSTREAM,
          .acs = ACS_WORDS,
          .acs_cap = 0x1f,
          .acs_ctrl = 0x1c},
         7,
         0,
         -1,
         IMS_YES,
         "QUIRK-IDT-SV"},
        {{.at = "00:1c.0",
          .id = 0x111d8090,
          .header = 1,
          .type = IMS_PORT_DOWNSTREAM,
          .acs = ACS_WORDS,
          .acs_cap = 0x1f,
          .acs_ctrl = 0x1c},
         7,
         3,
         -1,
         IMS_YES,
         "QUIRK-IDT-SV"},
        {{.at = "00:1c.0",
          .id = 0x111d8091,
          .header = 1,
          .type = IMS_PORT_DOWNSTREAM,
          .acs = ACS_WORDS,
          .acs_cap = 0x1f,
          .acs_ctrl = 0x1c},
         7,
         3,
         -1,
         IMS_NO,
         "ACS-SV-OFF"},
        {{.at = "00:1c.0",
          .id = 0x111d80b5,
          .header = 1,
          .type = IMS_PORT_DOWNSTREAM,
          .acs = ACS_WORDS,
          .acs_cap = 0x1f,
          .acs_ctrl = 0x18},
         7,
         3,
         -1,
         IMS_NO,
         "ACS-RR-OFF"},
    };

    (void)state;
    EXPECT_ALL(cases);
}

/* ---- rows (4.3) ---- */

#define ID(id_, type_, header_, multi_, acs_)                                                      \
    {                                                                                              \
        .at = "00:1c.0", .id = id_, .type = type_, .header = header_, .multi = multi_, .acs = acs_ \
    }
#define RP(id_) ID(id_, IMS_PORT_ROOT, 1, false, NO_ACS)
#define MFD(id_) ID(id_, IMS_PORT_ENDPOINT, 0, true, NO_ACS)

static void rows_fire_and_near_misses_do_not(void **state)
{
    static const struct one cases[] = {
        {MFD(0x80861521), 6, 12, -1, IMS_YES, "QUIRK-MF-ENDPOINT"},
        {MFD(0x80861520), 6, 12, -1, IMS_NO, "ACS-NO-CAP"},
        {{.at = "00:1f.6", .id = 0x808615b8, .conventional = true},
         6,
         12,
         -1,
         IMS_YES,
         "QUIRK-MF-ENDPOINT"},
        {{.at = "00:1f.6", .id = 0x808615b9, .conventional = true},
         6,
         12,
         -1,
         IMS_NO,
         "ACS-NOT-PCIE"},
        {MFD(0x14e41750), 5, 15, 30, IMS_NO, "ACS-NO-CAP"},
        {MFD(0x14e41750), 5, 19, -1, IMS_YES, "QUIRK-MF-ENDPOINT"},
        {ID(0x80860001, IMS_PORT_RC_ENDPOINT, 0, true, ACS_OFF), 5, 15, -1, IMS_YES,
         "QUIRK-INTEL-RCIEP"},
        {ID(0x80860001, IMS_PORT_RC_ENDPOINT, 0, true, ACS_OFF), 5, 4, 30, IMS_NO, "ACS-RR-OFF"},
        {ID(0x80860001, IMS_PORT_ENDPOINT, 0, true, ACS_OFF), 5, 15, -1, IMS_NO, "ACS-RR-OFF"},
        {ID(0x10220001, IMS_PORT_RC_ENDPOINT, 0, true, NO_ACS), 5, 15, -1, IMS_NO, "ACS-NO-CAP"},
        {RP(0x17cb0400), 6, 12, -1, IMS_YES, "QUIRK-QCOM-RP"},
        {MFD(0x17cb0400), 6, 12, -1, IMS_YES, "QUIRK-QCOM-RP"}, /* the type is not asked */
        {RP(0x17cb0402), 6, 12, -1, IMS_NO, "ACS-NO-CAP"},
        {RP(0x10e8e004), 4, 15, -1, IMS_YES, "QUIRK-XGENE-RP"},
        {RP(0x10e8e004), 4, 4, 6, IMS_NO, "ACS-NO-CAP"},
        {RP(0x14e4d714), 5, 4, -1, IMS_YES, "QUIRK-BRCM-PAXB"},
        {RP(0x14e4d715), 5, 4, -1, IMS_NO, "ACS-NO-CAP"},
        {RP(0x00147a09), 6, 17, -1, IMS_YES, "QUIRK-LOONGSON-RP"},
        {RP(0x00147a0a), 6, 17, -1, IMS_NO, "ACS-NO-CAP"},
        {RP(0x19578d81), 5, 15, 30, IMS_YES, "QUIRK-NXP-RP"},
        {RP(0x19578d84), 5, 15, 30, IMS_NO, "ACS-NO-CAP"},
        {RP(0x1c360031), 5, 4, -1, IMS_YES, "QUIRK-ANNAPURNA-RP"},
        {ID(0x1c360031, IMS_PORT_DOWNSTREAM, 1, false, NO_ACS), 5, 4, -1, IMS_NO, "ACS-NO-CAP"},
        {RP(0x177da100), 4, 15, -1, IMS_YES, "QUIRK-CAVIUM-RP"},
        {RP(0x177da800), 4, 15, -1, IMS_NO, "ACS-NO-CAP"},
        {ID(0x177da100, IMS_PORT_DOWNSTREAM, 1, false, NO_ACS), 4, 15, -1, IMS_NO, "ACS-NO-CAP"},
        {RP(0x1d170710), 5, 15, -1, IMS_YES, "QUIRK-ZHAOXIN"},
        {ID(0x1d170711, IMS_PORT_DOWNSTREAM, 1, false, NO_ACS), 5, 15, -1, IMS_YES,
         "QUIRK-ZHAOXIN"},
        {ID(0x1d170700, IMS_PORT_ROOT, 1, false, ACS_ON), 5, 15, -1, IMS_NO,
         "QUIRK-ZHAOXIN-UNLISTED"}, /* even with working ACS */
        {ID(0x1d170700, IMS_PORT_ROOT, 1, false, ACS_ON), 5, 4, 30, IMS_YES, "ACS-OK"},
        {ID(0x1d170733, IMS_PORT_ROOT, 1, false, ACS_ON), 6, 5, 3, IMS_NO,
         "QUIRK-ZHAOXIN-UNLISTED"},
        {ID(0x1d170733, IMS_PORT_ROOT, 1, false, ACS_ON), 6, 8, 1, IMS_YES, "QUIRK-ZHAOXIN"},
        {ID(0x1d170700, IMS_PORT_ENDPOINT, 0, true, ACS_ON), 5, 15, -1, IMS_YES, "ACS-OK"},
        {MFD(0x1d173038), 5, 15, -1, IMS_YES, "QUIRK-MF-ENDPOINT"},
        {MFD(0x80881001), 6, 2, 13, IMS_YES, "QUIRK-WANGXUN"},
        {ID(0x80881002, IMS_PORT_ENDPOINT, 0, false, ACS_ON), 6, 2, 13, IMS_NO,
         "QUIRK-WANGXUN-UNLISTED"},
        {ID(0x80881002, IMS_PORT_ENDPOINT, 0, false, ACS_ON), 5, 19, 17, IMS_YES,
         "ACS-SINGLE-FUNCTION"},
        {MFD(0x80885010), 6, 2, 13, IMS_NO, "QUIRK-WANGXUN-UNLISTED"},
        {MFD(0x80885010), 6, 14, 0, IMS_YES, "QUIRK-WANGXUN"},
    };

    (void)state;
    EXPECT_ALL(cases);
}

/* A row whose release is not settled: unknown, with the likelier side. */
static void rows_between_two_releases(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_part(lab.builder, &(struct part)MFD(0x14e41750));
    struct ims_judge judge = judge_of(&lab, 5, 10, -1); /* came with 5.10.138 */
    assert_int_equal(ask(&judge, "00:1c.0").isolated, IMS_UNKNOWN);
    judge.version.patch = 137;
    expect(&judge, "00:1c.0", IMS_NO, "ACS-NO-CAP");
    judge.version.patch = 138;
    expect(&judge, "00:1c.0", IMS_YES, "QUIRK-MF-ENDPOINT");
    lab_done(&lab);
}

static void amd_southbridge(void **state)
{
    static const struct {
        bool multi;
        bool below_bridge;
        enum ims_tristate ivrs;
        enum ims_iommu_kind kind;
        enum ims_tristate isolated;
        const char *rule;
    } cases[] = {
        {true, false, IMS_YES, IMS_IOMMU_UNKNOWN, IMS_YES, "QUIRK-AMD-SB"},
        {true, false, IMS_UNKNOWN, IMS_IOMMU_AMD, IMS_YES, "QUIRK-AMD-SB"},
        {true, false, IMS_NO, IMS_IOMMU_UNKNOWN, IMS_NO, "ACS-NOT-PCIE"},
        {false, false, IMS_YES, IMS_IOMMU_AMD, IMS_NO, "ACS-NOT-PCIE"},
        {true, true, IMS_YES, IMS_IOMMU_AMD, IMS_NO, "ACS-NOT-PCIE"},
        {true, false, IMS_UNKNOWN, IMS_IOMMU_UNKNOWN, IMS_UNKNOWN, "QUIRK-AMD-SB"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *name = cases[i].below_bridge ? "01:14.0" : "00:14.0";
        struct lab lab;
        lab_begin(&lab);
        ims_builder_machine(lab.builder)->acpi_ivrs = cases[i].ivrs;
        ims_builder_machine(lab.builder)->iommu_kind = cases[i].kind;
        put_pci_bridge(lab.builder, "00:1e.0", 1);
        put(lab.builder, .at = name, .id = 0x10024385, .conventional = true,
            .multi = cases[i].multi);
        const struct ims_judge judge = judge_of(&lab, 6, 12, -1);
        expect(&judge, name, cases[i].isolated, cases[i].rule);
        lab_done(&lab);
    }
}

/* ---- Intel PCH ports (R4.17, R4.20, R4.21) ---- */

static void begin_pch(struct lab *lab, bool with_lpc, uint32_t rcba, enum part_acs acs)
{
    lab_begin(lab);
    put_root_port(lab->builder, "00:1c.0", 1, acs, .id = 0x80868c10);
    if (!with_lpc)
        return;
    struct ims_record *record =
        put_pci(lab->builder, "00:1f.0", .class_code = 0x060100, .multi = true);
    part_32(&record->config, 0xf0, rcba);
}

static void pch_ports_are_armed_by_rcba(void **state)
{
    struct lab lab;

    (void)state;
    begin_pch(&lab, true, 0xfed1c001, NO_ACS);
    struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    expect(&judge, "00:1c.0", IMS_YES, "QUIRK-INTEL-PCH-ARMED");
    judge.version = (struct ims_kernel_version){5, 9, 8};
    expect(&judge, "00:1c.0", IMS_NO, "QUIRK-INTEL-PCH-UNARMED"); /* R4.17 */
    judge.version.patch = 9;
    expect(&judge, "00:1c.0", IMS_YES, "QUIRK-INTEL-PCH-ARMED");
    judge.version.patch = -1;
    expect(&judge, "00:1c.0", IMS_UNKNOWN, "QUIRK-INTEL-PCH-ARMED");
    judge.version = (struct ims_kernel_version){6, 12, 80};
    expect(&judge, "00:1c.0", IMS_NO, "STABLE-REGRESSION"); /* the enabling comes too late */
    lab_done(&lab);

    begin_pch(&lab, true, 0xfed1c000, ACS_ON); /* final, in spite of a good capability */
    judge = judge_of(&lab, 6, 12, -1);
    expect(&judge, "00:1c.0", IMS_NO, "QUIRK-INTEL-PCH-UNARMED");
    lab_done(&lab);

    begin_pch(&lab, false, 0, NO_ACS);
    judge = judge_of(&lab, 6, 12, -1);
    expect(&judge, "00:1c.0", IMS_UNKNOWN, "QUIRK-INTEL-PCH-ARMED");
    assert_true(ask(&judge, "00:1c.0").likely);
    lab_done(&lab);

    begin_pch(&lab, true, 0xfed1c001, ACS_ON);
    judge = judge_of(&lab, 5, 9, 3); /* with a capability the step was not skipped */
    expect(&judge, "00:1c.0", IMS_YES, "QUIRK-INTEL-PCH-ARMED");
    lab_done(&lab);
}

/* Capability dword at +4, control dword at +8; the word at +6 means nothing. */
static void sunrise_point_has_wide_registers(void **state)
{
    struct ims_arena arena = {0};
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    ims_builder_machine(lab.builder)->iommu_on = IMS_NO;
    record = put_root_port(lab.builder, "00:1c.0", 1, ACS_WORDS, .id = 0x8086a110, .acs_cap = 0x0f,
                           .acs_ctrl = 0);
    part_32(&record->config, 0x108, 0x0d);
    record = put_root_port(lab.builder, "00:1c.1", 2, ACS_WORDS, .id = 0x8086a111, .acs_cap = 0x0f,
                           .acs_ctrl = 0x0d);
    part_32(&record->config, 0x108, 0x01);
    put_root_port(lab.builder, "00:1c.2", 3, NO_ACS, .id = 0x8086a112);
    put_root_port(lab.builder, "00:1c.3", 4, ACS_OFF, .id = 0x8086a120); /* not listed */
    struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    expect(&judge, "00:1c.0", IMS_YES, "QUIRK-INTEL-SPT");
    expect(&judge, "00:1c.1", IMS_NO, "ACS-RR-OFF");
    assert_int_equal(ask(&judge, "00:1c.1").control.value, 0x01);
    expect(&judge, "00:1c.2", IMS_NO, "ACS-NO-CAP");
    expect(&judge, "00:1c.3", IMS_NO, "ACS-RR-OFF");
    judge.acs = IMS_ACS_AS_LINUX_SETS;
    expect(&judge, "00:1c.1", IMS_YES, "QUIRK-INTEL-SPT");

    /* Any match clears the redirect bits, whatever the flags say. */
    assert_int_equal(ims_cmdline_parse("pci=config_acs=1111111@00:1c.0", &arena, &judge.cmdline),
                     0);
    expect(&judge, "00:1c.0", IMS_NO, "CMDLINE-CONFIG-ACS");
    expect(&judge, "00:1c.1", IMS_YES, "QUIRK-INTEL-SPT");
    assert_int_equal(ask(&judge, "00:1c.0").missing, IMS_ACS_RR | IMS_ACS_CR);
    judge.version = (struct ims_kernel_version){6, 8, -1};
    expect(&judge, "00:1c.0", IMS_YES, "QUIRK-INTEL-SPT");
    assert_int_equal(
        ims_cmdline_parse("pci=disable_acs_redir=pci:8086:a110", &arena, &judge.cmdline), 0);
    expect(&judge, "00:1c.0", IMS_NO, "CMDLINE-DISABLE-ACS-REDIR");
    judge.version = (struct ims_kernel_version){4, 4, 6};
    judge.acs = IMS_ACS_AS_IS;
    expect(&judge, "00:1c.0", IMS_NO, "ACS-RR-OFF"); /* before the row: the word at +6 */
    ims_arena_done(&arena);
    lab_done(&lab);
}

/* ---- the override patch (R4.22) ---- */

static void begin_override(struct lab *lab, struct ims_judge *judge, struct ims_arena *arena,
                           const char *options)
{
    lab_begin(lab);
    put_root_port(lab->builder, "00:1c.0", 1, NO_ACS, .id = 0x10de0001);
    put_root_port(lab->builder, "00:1d.0", 2, ACS_OFF, .id = 0x10de0001);
    put_endpoint(lab->builder, "00:02.0", .multi = true, .id = 0x10de0002);
    put_endpoint(lab->builder, "00:03.0", .id = 0x10de0002);
    put_pcie_pci_bridge(lab->builder, "00:04.0", 4, .id = 0x10de0003);
    put_pci(lab->builder, "00:05.0", .multi = true, .id = 0x10de0004);
    put_root_port(lab->builder, "00:06.0", 6, ACS_MISSING);
    put_root_port(lab->builder, "00:07.0", 7, NO_ACS, .id = 0x1d170700); /* a row says no first */
    *judge = judge_of(lab, 6, 12, -1);
    judge->cmdline_asked = true;
    assert_int_equal(ims_cmdline_parse(options, arena, &judge->cmdline), 0);
}

static void override_rows(void **state)
{
    struct ims_arena arena = {0};
    struct ims_judge judge;
    struct lab lab;

    (void)state;
    begin_override(&lab, &judge, &arena, "pcie_acs_override=downstream");
    expect(&judge, "00:1c.0", IMS_YES, "OVERRIDE-DOWNSTREAM");
    expect(&judge, "00:1d.0", IMS_NO, "ACS-RR-OFF"); /* has a capability */
    expect(&judge, "00:02.0", IMS_NO, "ACS-NO-CAP");
    expect(&judge, "00:04.0", IMS_NO, "ACS-NEVER");
    expect(&judge, "00:06.0", IMS_UNKNOWN, "OVERRIDE-DOWNSTREAM");
    expect(&judge, "00:07.0", IMS_NO, "QUIRK-ZHAOXIN-UNLISTED");
    lab_done(&lab);

    begin_override(&lab, &judge, &arena, "pcie_acs_override=multifunction");
    expect(&judge, "00:1c.0", IMS_NO, "ACS-NO-CAP");
    expect(&judge, "00:02.0", IMS_YES, "OVERRIDE-MULTIFUNCTION");
    expect(&judge, "00:03.0", IMS_YES, "ACS-SINGLE-FUNCTION");
    expect(&judge, "00:05.0", IMS_NO, "ACS-NOT-PCIE");
    lab_done(&lab);

    begin_override(&lab, &judge, &arena,
                   "pcie_acs_override=id:10de:0001,id:10de:0003,id:10de:0004,id:1d17:0700");
    expect(&judge, "00:1c.0", IMS_YES, "OVERRIDE-ID");
    expect(&judge, "00:1d.0", IMS_NO, "ACS-RR-OFF");
    expect(&judge, "00:04.0", IMS_YES, "OVERRIDE-ID");
    expect(&judge, "00:05.0", IMS_NO, "ACS-NOT-PCIE"); /* needs PCI Express */
    expect(&judge, "00:07.0", IMS_NO, "QUIRK-ZHAOXIN-UNLISTED");
    lab_done(&lab);
    ims_arena_done(&arena);
}

/* The parameter does nothing in a kernel without the patch; the name of the kernel is a hint. */
static void override_needs_the_patch(void **state)
{
    static const struct {
        const char *release;
        bool likely;
    } cases[] = {
        {"6.8.12-4-pve", true},
        {"6.12.6-1-liquorix-amd64", true},
        {"6.12.6-zen1-1-zen", true},
        {"6.12.1-x64v3-xanmod1", true},
        {NULL, true},
        {"6.12.95", true},
        {"6.8.0-45-generic", false},
        {"6.12.95+deb13-amd64", false},
        {"6.1.0-28-amd64", false},
        {"6.11.4-301.fc41.x86_64", false},
        {"5.14.0-503.11.1.el9_5.x86_64", false},
        {"6.4.0-150600.23.25-default", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ims_arena arena = {0};
        struct lab lab;
        lab_begin(&lab);
        ims_builder_machine(lab.builder)->kernel_release = cases[i].release;
        put_root_port(lab.builder, "00:1c.0", 1, NO_ACS);
        put_root_port(lab.builder, "00:1d.0", 1, ACS_ON);
        struct ims_judge judge = judge_of(&lab, 6, 12, -1);
        assert_int_equal(ims_cmdline_parse("pcie_acs_override=downstream", &arena, &judge.cmdline),
                         0);
        const struct ims_acs_verdict verdict = ask(&judge, "00:1c.0");
        assert_int_equal(verdict.isolated, IMS_UNKNOWN);
        if (verdict.likely != cases[i].likely)
            fail_msg("%s", cases[i].release);
        expect(&judge, "00:1d.0", IMS_YES, "ACS-OK");
        judge.cmdline_asked = true; /* whoever asks for it means it */
        expect(&judge, "00:1c.0", IMS_YES, "OVERRIDE-DOWNSTREAM");
        ims_arena_done(&arena);
        lab_done(&lab);
    }
}

/* ---- ids that are not certain ---- */

static void candidates_that_agree_and_disagree(void **state)
{
    const struct ims_id agree[2] = {{0x8086, 0x1521}, {0x8086, 0x1522}};
    const struct ims_id disagree[2] = {{0x8086, 0x1521}, {0x8086, 0x1520}};
    const struct ims_id opposed[2] = {{0x8088, 0x1001}, {0x8088, 0x1002}};
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    record = put_endpoint(lab.builder, "00:01.0", .multi = true);
    record->ids = agree;
    record->id_count = 2;
    record = put_endpoint(lab.builder, "00:02.0", .multi = true);
    record->ids = disagree;
    record->id_count = 2;
    record = put_endpoint(lab.builder, "00:03.0", .multi = true);
    record->ids = opposed;
    record->id_count = 2;
    record = put_endpoint(lab.builder, "00:04.0", .multi = true, .acs = ACS_ON);
    record->ids = disagree;
    record->id_count = 2;
    const struct ims_judge judge = judge_of(&lab, 6, 12, 100);
    expect(&judge, "00:01.0", IMS_YES, "QUIRK-MF-ENDPOINT");
    expect(&judge, "00:02.0", IMS_UNKNOWN, "QUIRK-AMBIGUOUS-ID");
    assert_false(ask(&judge, "00:02.0").likely);
    expect(&judge, "00:03.0", IMS_UNKNOWN, "QUIRK-AMBIGUOUS-ID");
    expect(&judge, "00:04.0", IMS_YES, "ACS-OK"); /* isolated either way */
    lab_done(&lab);
}

static void no_id_at_all(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    record = put_endpoint(lab.builder, "00:01.0", .multi = true, .acs = ACS_ON);
    memset(record->config.rows[0].known, 0, 4); /* neither vendor nor device */
    memset(record->config.rows[0].value, 0, 4);
    record = put_endpoint(lab.builder, "00:02.0", .multi = true, .acs = ACS_ON, .id = 0x8088beef);
    memset(record->config.rows[0].known + 2, 0, 2); /* a vendor with rows */
    memset(record->config.rows[0].value + 2, 0, 2);
    record = put_endpoint(lab.builder, "00:03.0", .multi = true, .acs = ACS_ON);
    memset(record->config.rows[0].known + 2, 0, 2); /* a vendor without rows */
    memset(record->config.rows[0].value + 2, 0, 2);
    const struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    assert_int_equal(ask(&judge, "00:01.0").isolated, IMS_UNKNOWN);
    assert_true(ask(&judge, "00:01.0").likely);
    assert_int_equal(ask(&judge, "00:02.0").isolated, IMS_UNKNOWN);
    expect(&judge, "00:03.0", IMS_YES, "ACS-OK");
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capability_without_sv),
        cmocka_unit_test(rows_fire_and_near_misses_do_not),
        cmocka_unit_test(rows_between_two_releases),
        cmocka_unit_test(amd_southbridge),
        cmocka_unit_test(pch_ports_are_armed_by_rcba),
        cmocka_unit_test(sunrise_point_has_wide_registers),
        cmocka_unit_test(override_rows),
        cmocka_unit_test(override_needs_the_patch),
        cmocka_unit_test(candidates_that_agree_and_disagree),
        cmocka_unit_test(no_id_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
