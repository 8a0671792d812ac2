/* SPDX-License-Identifier: MIT */
/* The catalogue: every number has an entry, every entry says something, every id is found. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/catalogue.h"

/* The ids are promised to users: this list changes by addition only. */
#define NAMED(name) [IMS_RULE_##name] = #name

static const char *const names[] = {
    NAMED(ALIAS_PCIE_PCI_BRIDGE),
    NAMED(ALIAS_PCI_PCIE_BRIDGE),
    NAMED(ALIAS_CONV_BRIDGE),
    NAMED(ALIAS_DEVFN_QUIRK),
    NAMED(ALIAS_NTB_TABLE),
    NAMED(ALIAS_VMD),
    NAMED(ACS_NO_CAP),
    NAMED(ACS_SV_OFF),
    NAMED(ACS_RR_OFF),
    NAMED(ACS_CR_OFF),
    NAMED(ACS_UF_OFF),
    NAMED(ACS_NEVER),
    NAMED(ACS_NOT_PCIE),
    NAMED(ACS_UPSTREAM_MFD),
    NAMED(ACS_UNKNOWN),
    NAMED(MFD_NO_ACS),
    NAMED(MFD_ACS_OFF),
    NAMED(MFD_CONV),
    NAMED(QUIRK_MF_ENDPOINT),
    NAMED(QUIRK_AMD_SB),
    NAMED(QUIRK_INTEL_RCIEP),
    NAMED(QUIRK_INTEL_PCH_ARMED),
    NAMED(QUIRK_INTEL_PCH_UNARMED),
    NAMED(QUIRK_INTEL_SPT),
    NAMED(QUIRK_QCOM_RP),
    NAMED(QUIRK_XGENE_RP),
    NAMED(QUIRK_BRCM_PAXB),
    NAMED(QUIRK_LOONGSON_RP),
    NAMED(QUIRK_NXP_RP),
    NAMED(QUIRK_ANNAPURNA_RP),
    NAMED(QUIRK_CAVIUM_RP),
    NAMED(QUIRK_ZHAOXIN),
    NAMED(QUIRK_ZHAOXIN_UNLISTED),
    NAMED(QUIRK_WANGXUN),
    NAMED(QUIRK_WANGXUN_UNLISTED),
    NAMED(QUIRK_IDT_SV),
    NAMED(QUIRK_AMBIGUOUS_ID),
    NAMED(CMDLINE_DISABLE_ACS_REDIR),
    NAMED(CMDLINE_CONFIG_ACS),
    NAMED(OVERRIDE_DOWNSTREAM),
    NAMED(OVERRIDE_MULTIFUNCTION),
    NAMED(OVERRIDE_ID),
    NAMED(UNMANAGED),
    NAMED(UNMANAGED_BRIDGE),
    NAMED(HOT_ADDED),
    NAMED(VIRTUAL_BUS),
    NAMED(TYPE_CORRECTED),
    NAMED(STABLE_REGRESSION),
    NAMED(UPSTREAM_MISSING),
    NAMED(PROPOSED_BUS_SHARED),
    NAMED(PROPOSED_JOIN_BRIDGE),
    NAMED(PROPOSED_MFD),
    NAMED(PROPOSED_ALIAS),
    NAMED(PROPOSED_ISOLATED),
    NAMED(ACS_OK),
    NAMED(ACS_NOTHING_REQUIRED),
    NAMED(ACS_SINGLE_FUNCTION),
    NAMED(ACS_VF),
    NAMED(ACS_OTHER_TYPE),
    NAMED(APART_ROOT),
    NAMED(APART_SLOT),
    NAMED(APART_BUS),
    NAMED(APART_ALIAS_STOP),
    NAMED(APART_MFD_STRICT),
    NAMED(APART_CONV_SINGLE),
    NAMED(SIBLING_DSP),
    NAMED(ASYM),
    NAMED(EGRESS_VECTOR),
    NAMED(UF_UNDEFINED),
    NAMED(CAP0_ASSUMED_ON),
    NAMED(MULTICAST),
    NAMED(PORT_MMIO),
    NAMED(TRANSLATED),
    NAMED(FORGED_ID),
    NAMED(RC_ASSUMPTION),
    NAMED(MFD_ASYM),
    NAMED(SRIOV),
    NAMED(REGISTERS_UNKNOWN),
    NAMED(TA_ALIAS),
    NAMED(CROSSED),
    NAMED(STALE),
    NAMED(OVERRIDE),
    NAMED(GROUPS_DIFFER),
    NAMED(QUIRK_ONLY),
    NAMED(SV_THREAT_MODEL),
    NAMED(CR_NOT_ISOLATION),
    NAMED(RC_SLOT_HEURISTIC),
    NAMED(OVERMERGED),
    NAMED(MAYBE_SPLIT),
    NAMED(BRIDGE_IN_GROUP),
    NAMED(PORT_IN_GROUP),
    NAMED(EMPTY_SLOT),
    NAMED(UNCOVERED),
    NAMED(EXCLUSION_RANGE),
    NAMED(SHARED_RMRR),
    NAMED(NO_INTERRUPT_REMAP),
    NAMED(DMAR_ORDER),
    NAMED(IORT_COUNT_OVERLAP),
    NAMED(OWN_HOST_DRIVER),
    NAMED(OWN_BRIDGE_DRIVER),
    NAMED(OWN_OTHER_BUS),
    NAMED(OWN_UNKNOWN),
    NAMED(OWN_NO_GROUP),
    NAMED(OWN_NO_IOMMU),
    NAMED(OWN_DIRECT_REGION),
    NAMED(OWN_INTERRUPTS),
    NAMED(OWN_KVM_STUB),
    NAMED(OWN_NO_VFIO),
    NAMED(OWN_LOOSE),
    NAMED(OWN_NO_RESET),
    NAMED(OWN_RESET_BEYOND),
};

/* "ACS_NO_CAP" to "ACS-NO-CAP". */
static const char *id_of(const char *name, char buffer[64])
{
    size_t length = strlen(name);

    assert_true(length < 64);
    for (size_t i = 0; i <= length; i++)
        buffer[i] = name[i] == '_' ? '-' : name[i];
    return buffer;
}

static void numbers_and_ids_agree(void **state)
{
    char id[64];

    (void)state;
    assert_int_equal(sizeof(names) / sizeof(names[0]), IMS_RULE_ID_MAX);
    assert_int_equal(ims_rule_count(), IMS_RULE_ID_MAX);
    for (unsigned i = 0; i < IMS_RULE_ID_MAX; i++) {
        const struct ims_rule *rule = ims_rule_get((enum ims_rule_id)i);

        assert_non_null(rule);
        assert_string_equal(rule->id, id_of(names[i], id));
        assert_ptr_equal(ims_rule_at(i), rule);
    }
    assert_null(ims_rule_get(IMS_RULE_ID_MAX));
    assert_null(ims_rule_at(IMS_RULE_ID_MAX));
    assert_null(ims_rule_at(UINT32_MAX));
}

static void every_id_is_found(void **state)
{
    char lower[64];

    (void)state;
    for (uint32_t i = 0; i < ims_rule_count(); i++) {
        const struct ims_rule *rule = ims_rule_at(i);
        size_t length = strlen(rule->id);

        assert_ptr_equal(ims_rule_find(rule->id), rule);
        for (size_t at = 0; at <= length; at++)
            lower[at] = (char)tolower((unsigned char)rule->id[at]);
        assert_ptr_equal(ims_rule_find(lower), rule);
        lower[length - 1] = '\0';
        if (ims_rule_find(lower))
            assert_ptr_not_equal(ims_rule_find(lower), rule);
    }
    assert_null(ims_rule_find(NULL));
    assert_null(ims_rule_find(""));
    assert_null(ims_rule_find("ACS"));
    assert_null(ims_rule_find("ACS-NO-CAP "));
    assert_null(ims_rule_find("ACS_NO_CAP"));
    assert_null(ims_rule_find("\xff"));
    assert_null(ims_rule_find("ZZZ"));
}

static void is_sentence(const char *text, size_t at_least)
{
    size_t length = strlen(text);

    assert_true(length >= at_least);
    assert_true(text[length - 1] == '.');
    assert_true(isupper((unsigned char)text[0]));
    assert_null(strstr(text, "  "));
    assert_null(strchr(text, '\n'));
}

static void entries_say_something(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ims_rule_count(); i++) {
        const struct ims_rule *rule = ims_rule_at(i);
        size_t title = strlen(rule->title);

        assert_true(title >= 15 && title <= 90);
        assert_true(rule->title[title - 1] != '.');
        is_sentence(rule->text, 60);
        is_sentence(rule->remedy, 10);
        /* Of the kernel's rules; findings refer to those of the fabric. */
        if (rule->topic == IMS_TOPIC_AUDIT)
            assert_true((rule->reference[0] >= 'A' && rule->reference[0] <= 'I' &&
                         isdigit((unsigned char)rule->reference[1])) ||
                        strncmp(rule->reference, "0.6", 3) == 0 || rule->reference[0] == 'R');
        else if (rule->topic == IMS_TOPIC_OWNERSHIP && strstr(rule->reference, "ownership facts"))
            assert_true(isdigit((unsigned char)rule->reference[0]));
        else
            assert_true(rule->reference[0] == 'R' && isdigit((unsigned char)rule->reference[1]));
        for (uint32_t other = 0; other < i; other++) {
            assert_string_not_equal(ims_rule_at(other)->id, rule->id);
            assert_string_not_equal(ims_rule_at(other)->title, rule->title);
        }
    }
}

static void topics_are_neighbours(void **state)
{
    bool seen[IMS_TOPIC_MAX] = {false};

    (void)state;
    for (uint32_t i = 0; i < ims_rule_count(); i++) {
        enum ims_rule_topic topic = ims_rule_at(i)->topic;

        assert_true(topic < IMS_TOPIC_MAX);
        if (i > 0 && ims_rule_at(i - 1)->topic != topic)
            assert_false(seen[topic]);
        seen[topic] = true;
    }
    for (unsigned topic = 0; topic < IMS_TOPIC_MAX; topic++) {
        assert_true(seen[topic]);
        assert_true(strlen(ims_rule_topic_to_string((enum ims_rule_topic)topic)) > 2);
    }
    assert_string_equal(ims_rule_topic_to_string(IMS_TOPIC_ISOLATED), "isolated");
    assert_string_equal(ims_rule_topic_to_string(IMS_TOPIC_MAX), "invalid");
}

/* A remedy may not sell the override as isolation, and being apart needs no cure. */
static void remedies_are_honest(void **state)
{
    (void)state;
    assert_non_null(strstr(ims_rule_find("ACS-NO-CAP")->remedy, "it isolates nothing"));
    assert_non_null(strstr(ims_rule_find("ACS-UF-OFF")->remedy, "config_acs=xx111x1@"));
    assert_non_null(strstr(ims_rule_find("OVERRIDE-DOWNSTREAM")->remedy, "Do not take"));
    for (uint32_t i = 0; i < ims_rule_count(); i++) {
        const struct ims_rule *rule = ims_rule_at(i);

        if (rule->topic == IMS_TOPIC_ISOLATED)
            assert_int_equal(strncmp(rule->remedy, "None is needed", 14), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_ids_agree), cmocka_unit_test(every_id_is_found),
        cmocka_unit_test(entries_say_something), cmocka_unit_test(topics_are_neighbours),
        cmocka_unit_test(remedies_are_honest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
