/* SPDX-License-Identifier: MIT */
/* The catalogue of rules: by number, by place, by id. */
#include "rules/catalogue.h"
#include "rules/catalogue_topics.h"

struct ims_rule_block {
    const struct ims_rule *rules;
    uint32_t first;
    uint32_t count;
};

#define BLOCK(topic, array)                                         \
    {                                                               \
        array, IMS_RULES_##topic##_FIRST, IMS_RULES_##topic##_COUNT \
    }

static const struct ims_rule_block blocks[] = {
    BLOCK(ALIAS, ims_rules_alias),
    BLOCK(ACS, ims_rules_acs),
    BLOCK(MULTIFUNCTION, ims_rules_multifunction),
    BLOCK(QUIRK, ims_rules_quirk),
    BLOCK(COMMAND_LINE, ims_rules_command_line),
    BLOCK(ORDER, ims_rules_order),
    BLOCK(PROPOSED, ims_rules_proposed),
    BLOCK(ISOLATED, ims_rules_isolated),
    BLOCK(AUDIT, ims_rules_audit),
    BLOCK(OWNERSHIP, ims_rules_ownership),
};

/* The catalogue by id, in the order of the letters. */
static const uint8_t rules_by_id[IMS_RULE_ID_MAX] = {
    IMS_RULE_ACS_CR_OFF,
    IMS_RULE_ACS_NEVER,
    IMS_RULE_ACS_NO_CAP,
    IMS_RULE_ACS_NOT_PCIE,
    IMS_RULE_ACS_NOTHING_REQUIRED,
    IMS_RULE_ACS_OK,
    IMS_RULE_ACS_OTHER_TYPE,
    IMS_RULE_ACS_RR_OFF,
    IMS_RULE_ACS_SINGLE_FUNCTION,
    IMS_RULE_ACS_SV_OFF,
    IMS_RULE_ACS_UF_OFF,
    IMS_RULE_ACS_UNKNOWN,
    IMS_RULE_ACS_UPSTREAM_MFD,
    IMS_RULE_ACS_VF,
    IMS_RULE_ALIAS_CONV_BRIDGE,
    IMS_RULE_ALIAS_DEVFN_QUIRK,
    IMS_RULE_ALIAS_NTB_TABLE,
    IMS_RULE_ALIAS_PCI_PCIE_BRIDGE,
    IMS_RULE_ALIAS_PCIE_PCI_BRIDGE,
    IMS_RULE_ALIAS_VMD,
    IMS_RULE_APART_ALIAS_STOP,
    IMS_RULE_APART_BUS,
    IMS_RULE_APART_CONV_SINGLE,
    IMS_RULE_APART_MFD_STRICT,
    IMS_RULE_APART_ROOT,
    IMS_RULE_APART_SLOT,
    IMS_RULE_ASYM,
    IMS_RULE_BRIDGE_IN_GROUP,
    IMS_RULE_CAP0_ASSUMED_ON,
    IMS_RULE_CMDLINE_CONFIG_ACS,
    IMS_RULE_CMDLINE_DISABLE_ACS_REDIR,
    IMS_RULE_CR_NOT_ISOLATION,
    IMS_RULE_CROSSED,
    IMS_RULE_DMAR_ORDER,
    IMS_RULE_EGRESS_VECTOR,
    IMS_RULE_EMPTY_SLOT,
    IMS_RULE_EXCLUSION_RANGE,
    IMS_RULE_FORGED_ID,
    IMS_RULE_GROUPS_DIFFER,
    IMS_RULE_HOT_ADDED,
    IMS_RULE_IORT_COUNT_OVERLAP,
    IMS_RULE_MAYBE_SPLIT,
    IMS_RULE_MFD_ACS_OFF,
    IMS_RULE_MFD_ASYM,
    IMS_RULE_MFD_CONV,
    IMS_RULE_MFD_NO_ACS,
    IMS_RULE_MULTICAST,
    IMS_RULE_NO_INTERRUPT_REMAP,
    IMS_RULE_OVERMERGED,
    IMS_RULE_OVERRIDE,
    IMS_RULE_OVERRIDE_DOWNSTREAM,
    IMS_RULE_OVERRIDE_ID,
    IMS_RULE_OVERRIDE_MULTIFUNCTION,
    IMS_RULE_OWN_BRIDGE_DRIVER,
    IMS_RULE_OWN_DIRECT_REGION,
    IMS_RULE_OWN_HOST_DRIVER,
    IMS_RULE_OWN_INTERRUPTS,
    IMS_RULE_OWN_KVM_STUB,
    IMS_RULE_OWN_LOOSE,
    IMS_RULE_OWN_NO_GROUP,
    IMS_RULE_OWN_NO_IOMMU,
    IMS_RULE_OWN_NO_RESET,
    IMS_RULE_OWN_NO_VFIO,
    IMS_RULE_OWN_OTHER_BUS,
    IMS_RULE_OWN_RESET_BEYOND,
    IMS_RULE_OWN_UNKNOWN,
    IMS_RULE_PORT_IN_GROUP,
    IMS_RULE_PORT_MMIO,
    IMS_RULE_PROPOSED_ALIAS,
    IMS_RULE_PROPOSED_BUS_SHARED,
    IMS_RULE_PROPOSED_ISOLATED,
    IMS_RULE_PROPOSED_JOIN_BRIDGE,
    IMS_RULE_PROPOSED_MFD,
    IMS_RULE_QUIRK_AMBIGUOUS_ID,
    IMS_RULE_QUIRK_AMD_SB,
    IMS_RULE_QUIRK_ANNAPURNA_RP,
    IMS_RULE_QUIRK_BRCM_PAXB,
    IMS_RULE_QUIRK_CAVIUM_RP,
    IMS_RULE_QUIRK_IDT_SV,
    IMS_RULE_QUIRK_INTEL_PCH_ARMED,
    IMS_RULE_QUIRK_INTEL_PCH_UNARMED,
    IMS_RULE_QUIRK_INTEL_RCIEP,
    IMS_RULE_QUIRK_INTEL_SPT,
    IMS_RULE_QUIRK_LOONGSON_RP,
    IMS_RULE_QUIRK_MF_ENDPOINT,
    IMS_RULE_QUIRK_NXP_RP,
    IMS_RULE_QUIRK_ONLY,
    IMS_RULE_QUIRK_QCOM_RP,
    IMS_RULE_QUIRK_WANGXUN,
    IMS_RULE_QUIRK_WANGXUN_UNLISTED,
    IMS_RULE_QUIRK_XGENE_RP,
    IMS_RULE_QUIRK_ZHAOXIN,
    IMS_RULE_QUIRK_ZHAOXIN_UNLISTED,
    IMS_RULE_RC_ASSUMPTION,
    IMS_RULE_RC_SLOT_HEURISTIC,
    IMS_RULE_REGISTERS_UNKNOWN,
    IMS_RULE_SHARED_RMRR,
    IMS_RULE_SIBLING_DSP,
    IMS_RULE_SRIOV,
    IMS_RULE_STABLE_REGRESSION,
    IMS_RULE_STALE,
    IMS_RULE_SV_THREAT_MODEL,
    IMS_RULE_TA_ALIAS,
    IMS_RULE_TRANSLATED,
    IMS_RULE_TYPE_CORRECTED,
    IMS_RULE_UF_UNDEFINED,
    IMS_RULE_UNCOVERED,
    IMS_RULE_UNMANAGED,
    IMS_RULE_UNMANAGED_BRIDGE,
    IMS_RULE_UPSTREAM_MISSING,
    IMS_RULE_VIRTUAL_BUS,
};

const char *ims_rule_topic_to_string(enum ims_rule_topic topic)
{
    static const char *const names[IMS_TOPIC_MAX] = {
        [IMS_TOPIC_ALIAS] = "alias",
        [IMS_TOPIC_ACS] = "acs",
        [IMS_TOPIC_MULTIFUNCTION] = "multifunction",
        [IMS_TOPIC_QUIRK] = "quirk",
        [IMS_TOPIC_COMMAND_LINE] = "command-line",
        [IMS_TOPIC_ORDER] = "order",
        [IMS_TOPIC_PROPOSED] = "proposed",
        [IMS_TOPIC_ISOLATED] = "isolated",
        [IMS_TOPIC_AUDIT] = "audit",
        [IMS_TOPIC_OWNERSHIP] = "ownership",
    };

    return (unsigned)topic < IMS_TOPIC_MAX ? names[topic] : "invalid";
}

const struct ims_rule *ims_rule_get(enum ims_rule_id id)
{
    uint32_t number = (uint32_t)id;

    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        if (number >= blocks[i].first && number - blocks[i].first < blocks[i].count)
            return &blocks[i].rules[number - blocks[i].first];
    }
    return NULL;
}

uint32_t ims_rule_count(void)
{
    return IMS_RULE_ID_MAX;
}

const struct ims_rule *ims_rule_at(uint32_t index)
{
    return index < IMS_RULE_ID_MAX ? ims_rule_get((enum ims_rule_id)index) : NULL;
}

static int upper(char c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : (unsigned char)c;
}

/* As strcmp(), letters in any case, in every locale. */
static int id_compare(const char *a, const char *b)
{
    while (*a != '\0' && upper(*a) == upper(*b)) {
        a++;
        b++;
    }
    return upper(*a) - upper(*b);
}

const struct ims_rule *ims_rule_find(const char *id)
{
    uint32_t low = 0;
    uint32_t high = IMS_RULE_ID_MAX;

    if (!id)
        return NULL;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct ims_rule *rule = ims_rule_get((enum ims_rule_id)rules_by_id[middle]);
        int order = id_compare(id, rule->id);

        if (order == 0)
            return rule;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
