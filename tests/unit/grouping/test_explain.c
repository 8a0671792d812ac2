/* SPDX-License-Identifier: MIT */
/* Reasons: chains between two functions, every merge of a group, and sentences for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

static struct ims_explanation *explain(const struct lab *lab, const char *a, const char *b)
{
    struct ims_explanation *explanation = NULL;
    struct ims_error error = {0};

    if (ims_grouping_explain(lab->grouping, at(lab, a), at(lab, b), &explanation, &error) < 0)
        fail_msg("%s", error.message);
    for (uint32_t i = 0; i < explanation->reason_count; i++) {
        assert_non_null(explanation->reasons[i].rule);
        assert_true(strlen(explanation->reasons[i].text) > 10);
        assert_true(strlen(explanation->reasons[i].remedy) > 3);
    }
    return explanation;
}

/* The reason with this rule, or NULL. */
static const struct ims_reason *find_reason(const struct ims_explanation *explanation,
                                            const char *rule)
{
    for (uint32_t i = 0; i < explanation->reason_count; i++)
        if (strcmp(explanation->reasons[i].rule->id, rule) == 0)
            return &explanation->reasons[i];
    return NULL;
}

/* a and b are (not) together, and a reason names the rule at the place. */
static void expect(const struct lab *lab, const char *a, const char *b, enum ims_tristate together,
                   const char *rule, const char *where)
{
    struct ims_explanation *explanation = explain(lab, a, b);
    const struct ims_reason *reason = find_reason(explanation, rule);

    assert_int_equal(explanation->together, together);
    if (!reason)
        fail_msg("%s and %s: no %s", a, b, rule);
    if (reason->at.index != at(lab, where).index)
        fail_msg("%s and %s: %s is not at %s", a, b, rule, where);
    ims_explanation_free(explanation);
}

/* The reasons lead from a to b, one after the other. */
static void expect_chain(const struct lab *lab, const char *a, const char *b, uint32_t count)
{
    struct ims_explanation *explanation = explain(lab, a, b);
    uint32_t here = at(lab, a).index;

    assert_int_equal(explanation->together, IMS_YES);
    assert_int_equal(explanation->reason_count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct ims_reason *reason = &explanation->reasons[i];
        assert_int_equal(reason->from.index, here);
        here = reason->to.index;
        assert_int_equal(reason->certain, IMS_YES);
    }
    assert_int_equal(here, at(lab, b).index);
    ims_explanation_free(explanation);
}

static void put_machine(struct lab *lab)
{
    put_root_port(lab->builder, "00:01.0", 1, NO_ACS, .subordinate = 3);
    put_upstream(lab->builder, "01:00.0", 2, NO_ACS, .subordinate = 3);
    put_downstream(lab->builder, "02:00.0", 3, ACS_ON);
    put_endpoint(lab->builder, "03:00.0");
    put_root_port(lab->builder, "00:02.0", 4, ACS_OFF);
    put_endpoint(lab->builder, "04:00.0");
    put_pci_bridge(lab->builder, "00:1e.0", 5, .subordinate = 6);
    put_pci(lab->builder, "05:00.0");
    put(lab->builder, .at = "05:01.0", .header = 1, .type = IMS_PORT_PCI_TO_PCIE_BRIDGE,
        .secondary = 6);
    put_endpoint(lab->builder, "06:00.0");
    put_root_port(lab->builder, "00:1c.0", 7, ACS_ON, .subordinate = 8);
    put_pcie_pci_bridge(lab->builder, "07:00.0", 8);
    put_pci(lab->builder, "08:00.0");
    put_pci(lab->builder, "08:01.0");
    put_pci(lab->builder, "00:1f.0", .multi = true);
    put_pci(lab->builder, "00:1f.2", .multi = true);
    put_endpoint(lab->builder, "00:03.0", .multi = true);
    put_endpoint(lab->builder, "00:03.1", .multi = true, .acs = ACS_OFF);
    put_endpoint(lab->builder, "00:03.2", .multi = true, .acs = ACS_ON);
    put_pci(lab->builder, "00:04.0");
    put_endpoint(lab->builder, "00:06.0", .id = 0x1b4b9230, .multi = true, .acs = ACS_ON);
    put_endpoint(lab->builder, "00:06.1", .multi = true, .acs = ACS_ON);
    put_endpoint(lab->builder, "00:07.0", .id = 0x80881002, .multi = true, .acs = ACS_ON);
    put_endpoint(lab->builder, "00:07.1", .id = 0x80881002, .multi = true, .acs = ACS_ON);
    put_endpoint(lab->builder, "00:0e.0", .id = 0x80869a0b);
    put_endpoint(lab->builder, "10000:e1:00.0");
    lab_group(lab);
}

static void together(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_machine(&lab);
    expect(&lab, "00:01.0", "01:00.0", IMS_YES, "ACS-NO-CAP", "00:01.0");
    expect(&lab, "00:02.0", "04:00.0", IMS_YES, "ACS-RR-OFF", "00:02.0");
    expect(&lab, "05:00.0", "00:1e.0", IMS_YES, "ALIAS-CONV-BRIDGE", "00:1e.0");
    expect(&lab, "06:00.0", "05:01.0", IMS_YES, "ALIAS-PCI-PCIE-BRIDGE", "05:01.0");
    expect(&lab, "08:00.0", "08:01.0", IMS_YES, "ALIAS-PCIE-PCI-BRIDGE", "07:00.0");
    expect(&lab, "00:1f.0", "00:1f.2", IMS_YES, "MFD-CONV", "00:1f.2");
    expect(&lab, "00:06.0", "00:06.1", IMS_YES, "ALIAS-DEVFN-QUIRK", "00:06.1");
    expect(&lab, "00:0e.0", "10000:e1:00.0", IMS_YES, "ALIAS-VMD", "00:0e.0");
    expect(&lab, "00:03.0", "00:03.1", IMS_YES, "MFD-ACS-OFF", "00:03.1");
    expect_chain(&lab, "03:00.0", "00:01.0", 1); /* one port is to blame: told once */
    expect_chain(&lab, "00:01.0", "03:00.0", 1);
    expect_chain(&lab, "08:00.0", "08:01.0", 2);
    expect_chain(&lab, "08:00.0", "08:00.0", 0);
    lab_done(&lab);
}

static void apart(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_machine(&lab);
    expect(&lab, "00:03.0", "00:03.2", IMS_NO, "APART-MFD-STRICT", "00:03.2");
    expect(&lab, "00:03.2", "00:03.0", IMS_NO, "APART-MFD-STRICT", "00:03.2");
    expect(&lab, "00:04.0", "00:03.0", IMS_NO, "APART-ROOT", "00:04.0");
    expect(&lab, "00:04.0", "00:03.0", IMS_NO, "APART-CONV-SINGLE", "00:04.0");
    expect(&lab, "00:1c.0", "07:00.0", IMS_NO, "ACS-OK", "00:1c.0");
    expect(&lab, "03:00.0", "04:00.0", IMS_NO, "APART-ROOT", "00:01.0");
    lab_done(&lab);

    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON, .subordinate = 6);
    put_upstream(lab.builder, "01:00.0", 2, NO_ACS, .subordinate = 6);
    put_downstream(lab.builder, "02:00.0", 3, NO_ACS);
    put_downstream(lab.builder, "02:01.0", 4, NO_ACS);
    put_downstream(lab.builder, "02:02.0", 5, ACS_ON, .subordinate = 6);
    put_endpoint(lab.builder, "03:00.0");
    put_endpoint(lab.builder, "04:00.0");
    put_endpoint(lab.builder, "05:00.0", .vf_count = 1, .vf_offset = 0x100, .vf_stride = 1);
    put_vf(lab.builder, "06:00.0", "05:00.0");
    put_endpoint(lab.builder, "0001:00:01.0");
    lab_group(&lab);
    expect(&lab, "02:00.0", "02:01.0", IMS_NO, "APART-SLOT", "02:00.0");
    expect(&lab, "05:00.0", "02:01.0", IMS_NO, "APART-BUS", "05:00.0");
    expect(&lab, "05:00.0", "02:01.0", IMS_NO, "ACS-OK", "02:02.0");
    expect(&lab, "05:00.0", "06:00.0", IMS_NO, "ACS-VF", "06:00.0");
    expect(&lab, "05:00.0", "06:00.0", IMS_NO, "VIRTUAL-BUS", "06:00.0");
    expect(&lab, "05:00.0", "0001:00:01.0", IMS_NO, "APART-ROOT", "05:00.0");
    lab_group_by(&lab, "linux-proposed-2025");
    expect(&lab, "00:1c.0", "05:00.0", IMS_NO, "PROPOSED-ISOLATED", "00:1c.0");
    lab_done(&lab);
}

static void special_reasons(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS)->group_state = IMS_GROUP_NONE;
    put_endpoint(lab.builder, "01:00.0");
    put_endpoint(lab.builder, "01:01.0");
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON, .subordinate = 4);
    put_downstream(lab.builder, "02:00.0", 3, NO_ACS, .subordinate = 4); /* calls itself wrong */
    put_downstream(lab.builder, "03:00.0", 4, ACS_ON);
    put_endpoint(lab.builder, "04:00.0");
    put_root_port(lab.builder, "00:03.0", 5, ACS_ON);
    put_endpoint(lab.builder, "05:00.0", .multi = true);
    put_endpoint(lab.builder, "05:00.1");
    lab_group(&lab);
    expect(&lab, "01:00.0", "01:01.0", IMS_NO, "UNMANAGED-BRIDGE", "00:01.0");
    expect(&lab, "00:01.0", "01:01.0", IMS_NO, "UNMANAGED", "00:01.0");
    expect(&lab, "04:00.0", "00:02.0", IMS_NO, "TYPE-CORRECTED", "02:00.0");
    expect(&lab, "05:00.0", "05:00.1", IMS_YES, "MFD-NO-ACS", "05:00.1");
    lab.options.probe = IMS_PROBE_HOT_ADDED;
    lab_group(&lab);
    expect(&lab, "05:00.0", "05:00.1", IMS_NO, "HOT-ADDED", "05:00.1");
    lab_done(&lab);
}

static void uncertain_pairs(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_MISSING);
    put_endpoint(lab.builder, "01:00.0");
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON);
    put_endpoint(lab.builder, "02:00.0", .multi = true, .acs = ACS_ON);
    put_endpoint(lab.builder, "02:00.1", .id = 0x11f88531, .class_code = 0x068000, .acs = ACS_ON);
    lab_group(&lab);
    expect(&lab, "00:01.0", "01:00.0", IMS_UNKNOWN, "ACS-UNKNOWN", "00:01.0");
    expect(&lab, "02:00.0", "02:00.1", IMS_UNKNOWN, "ALIAS-NTB-TABLE", "02:00.1");
    lab_done(&lab);
}

static void merges_by_the_proposed_rules(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON, .subordinate = 4);
    put_upstream(lab.builder, "01:00.0", 2, NO_ACS, .subordinate = 4);
    put_downstream(lab.builder, "02:00.0", 3, ACS_OFF);
    put_downstream(lab.builder, "02:01.0", 4, ACS_ON);
    put_endpoint(lab.builder, "03:00.0");
    put_endpoint(lab.builder, "00:03.0", .multi = true, .acs = ACS_OFF);
    put_endpoint(lab.builder, "00:03.1", .multi = true);
    put_endpoint(lab.builder, "00:05.0");
    put_endpoint(lab.builder, "00:01.0");
    put_endpoint(lab.builder, "00:0e.0", .id = 0x90050285, .subsystem = 0x900502bc);
    lab_group_by(&lab, "linux-proposed-2025");
    expect(&lab, "02:00.0", "02:01.0", IMS_YES, "PROPOSED-BUS-SHARED", "01:00.0");
    expect(&lab, "03:00.0", "02:00.0", IMS_YES, "PROPOSED-JOIN-BRIDGE", "02:00.0");
    expect(&lab, "00:03.0", "00:03.1", IMS_YES, "PROPOSED-MFD", "00:03.0");
    expect(&lab, "00:01.0", "00:0e.0", IMS_YES, "PROPOSED-ALIAS", "00:01.0");
    lab_done(&lab);
}

static void merges_of_a_group(void **state)
{
    struct ims_explanation *explanation = NULL;
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_machine(&lab);
    assert_int_equal(
        ims_grouping_explain_group(lab.grouping, at(&lab, "08:01.0"), &explanation, NULL), 0);
    assert_int_equal(explanation->together, IMS_YES);
    assert_int_equal(explanation->reason_count, 2); /* three members, two merges */
    ims_explanation_free(explanation);
    assert_int_equal(
        ims_grouping_explain_group(lab.grouping, at(&lab, "00:1c.0"), &explanation, NULL), 0);
    assert_int_equal(explanation->reason_count, 0);
    ims_explanation_free(explanation);
    ims_explanation_free(NULL);
    lab_done(&lab);
}

/* The text names the evidence: registers, what is required, what is off. */
static void evidence(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_WORDS, .acs_cap = 0x1f, .acs_ctrl = 0x09);
    put_endpoint(lab.builder, "01:00.0");
    lab_group(&lab);
    struct ims_explanation *explanation = explain(&lab, "00:01.0", "01:00.0");
    const char *text = explanation->reasons[0].text;
    assert_non_null(strstr(text, "capability 0x001f"));
    assert_non_null(strstr(text, "control 0x0009"));
    assert_non_null(strstr(text, "required SV RR CR UF"));
    assert_non_null(strstr(text, "off RR UF"));
    ims_explanation_free(explanation);
    lab_done(&lab);
}

static void expect_why(const struct lab *lab, const char *name, const char *first,
                       const char *second)
{
    char *text = NULL;

    assert_int_equal(ims_grouping_why_not_isolated(lab->grouping, at(lab, name), &text, NULL), 0);
    if (!strstr(text, first) || !strstr(text, second))
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", text, first, second);
    free(text);
}

static void one_sentence(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    put_endpoint(lab.builder, "01:00.0");
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON);
    put_endpoint(lab.builder, "02:00.0");
    put_root_port(lab.builder, "00:03.0", 3, ACS_MISSING);
    put_endpoint(lab.builder, "03:00.0");
    put_endpoint(lab.builder, "00:04.0")->group_state = IMS_GROUP_NONE;
    put_pci_bridge(lab.builder, "00:1e.0", 5);
    for (unsigned i = 0; i < 12; i++) {
        char name[IMS_ADDRESS_STRING_SIZE];
        ims_address_format((struct ims_address){0, 5, IMS_DEVFN(i, 0)}, name);
        put(lab.builder, .at = name, .conventional = true);
    }
    lab_group(&lab);
    expect_why(&lab, "01:00.0", "can be assigned on its own", "bridges, which stay with the host");
    expect_why(&lab, "01:00.0", "(0000:00:01.0)", ".");
    expect_why(&lab, "00:01.0", "shares its IOMMU group with 0000:01:00.0", "[ACS-NO-CAP]");
    expect_why(&lab, "00:02.0", "is a bridge and stays with the host", "alone in its IOMMU group");
    expect_why(&lab, "02:00.0", "alone in its IOMMU group", "on its own.");
    expect_why(&lab, "03:00.0", "as far as is known", "Not certain: ");
    expect_why(&lab, "00:04.0", "cannot be assigned: it is in no IOMMU group", "does not manage");
    expect_why(&lab, "05:03.0", "cannot be assigned alone", "with 0000:05:00.0, 0000:05:01.0");
    expect_why(&lab, "05:03.0", "0000:05:08.0 and 3 more", "[ALIAS-CONV-BRIDGE]");
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(together),
        cmocka_unit_test(apart),
        cmocka_unit_test(special_reasons),
        cmocka_unit_test(uncertain_pairs),
        cmocka_unit_test(merges_by_the_proposed_rules),
        cmocka_unit_test(merges_of_a_group),
        cmocka_unit_test(evidence),
        cmocka_unit_test(one_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
