/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/tristate.h"
#include "rules/acs_outcome.h"
#include "rules/quirk_tables.h"

/* ---- facts that rows ask for ---- */

static enum ims_tristate type_is(enum ims_port_type type, enum ims_port_type wanted)
{
    return type == IMS_PORT_UNKNOWN ? IMS_UNKNOWN : ims_tristate_from_bool(type == wanted);
}

static enum ims_tristate type_is_port(enum ims_port_type type)
{
    return type == IMS_PORT_UNKNOWN
               ? IMS_UNKNOWN
               : ims_tristate_from_bool(type == IMS_PORT_ROOT || type == IMS_PORT_DOWNSTREAM);
}

/* ---- quirk rows (R4.1, 4.3) ---- */

/* AMD southbridge functions on a root bus, with the AMD IOMMU's table present. */
static struct ims_acs_outcome amd_southbridge(const struct ims_judge *judge,
                                              struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const struct ims_machine *machine = ims_topology_machine(judge->topology);
    bool likely;
    const enum ims_tristate multi = ims_judge_multifunction(judge, function, &likely);
    const enum ims_tristate root = ims_topology_bus(judge->topology, info->bus)->is_root;
    enum ims_tristate ivrs = machine->acpi_ivrs;

    if (ivrs == IMS_UNKNOWN && machine->iommu_kind == IMS_IOMMU_AMD)
        ivrs = IMS_YES;
    return only_if(ims_tristate_and(multi, ims_tristate_and(root, ivrs)), likely && root != IMS_NO,
                   ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_AMD_SB));
}

/*
 * Whether the release takes the enable step on a port without an ACS capability (R4.17): 5.9.0 to
 * 5.9.8 skip it; 6.11 is said to, until a fix of 2024-10 whose releases are not established.
 */
static enum ims_tristate takes_enable_step(const struct ims_judge *judge,
                                           const struct ims_function_info *info)
{
    const struct ims_kernel_version version = judge->version;

    if (ims_judge_acs_words(judge, info)->present == IMS_YES)
        return IMS_YES;
    if (version.major == 5 && version.minor == 9 && version.patch <= 8)
        return version.patch < 0 || ims_judge_acs_words(judge, info)->present == IMS_UNKNOWN
                   ? IMS_UNKNOWN
                   : IMS_NO;
    if (version.major == 6 &&
        (version.minor == 11 || (version.minor == 12 && version.patch >= 0 && version.patch < 23)))
        return IMS_UNKNOWN;
    return IMS_YES;
}

/* The kernel sees the peer decoding of the ports switched off and trusts it (R4.20). */
static enum ims_tristate pch_armed(const struct ims_judge *judge, struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    struct ims_address lpc = info->address;
    lpc.devfn = IMS_DEVFN(31, 0);

    const struct ims_function bridge = ims_topology_find(judge->topology, lpc);
    enum ims_tristate armed = IMS_UNKNOWN;
    if (!ims_function_is_none(bridge))
        armed = ims_bits_test(
            ims_config_get32(&ims_topology_function(judge->topology, bridge)->record->config, 0xf0),
            1);
    return ims_tristate_and(armed, takes_enable_step(judge, info));
}

static struct ims_acs_outcome intel_pch(const struct ims_judge *judge, struct ims_function function)
{
    const enum ims_tristate armed = pch_armed(judge, function);

    if (ims_judge_groups_before_enabling(judge) == IMS_YES) /* arming is part of that step */
        return ends(IMS_ACS_END_NO, IMS_RULE_STABLE_REGRESSION);
    if (armed == IMS_NO)
        return ends(IMS_ACS_END_NO, IMS_RULE_QUIRK_INTEL_PCH_UNARMED);
    struct ims_acs_outcome outcome = ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_INTEL_PCH_ARMED);
    if (armed == IMS_UNKNOWN || ims_judge_groups_before_enabling(judge) == IMS_UNKNOWN)
        outcome.possible |= IMS_ACS_END_NO;
    return outcome;
}

static struct ims_acs_outcome intel_sunrise(const struct ims_judge *judge,
                                            struct ims_function function, enum ims_acs_mode mode)
{
    struct ims_acs_registers registers;

    ims_acs_registers_sunrise(judge, function, mode, &registers);
    if (registers.present == IMS_NO)
        return ends(IMS_ACS_END_PASS, IMS_RULE_QUIRK_INTEL_SPT);
    struct ims_acs_outcome outcome = ims_acs_from_registers(&registers, IMS_RULE_QUIRK_INTEL_SPT);
    if (registers.present == IMS_UNKNOWN)
        outcome.possible |= IMS_ACS_END_PASS;
    return outcome;
}

/* What one row says of the function, its window left aside. */
static struct ims_acs_outcome ask_row(const struct ims_judge *judge, struct ims_function function,
                                      enum ims_acs_mode mode, const struct ims_acs_quirk_row *row,
                                      uint16_t device)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const enum ims_port_type type = ims_judge_port_type(judge, function);
    const enum ims_tristate is_root_port = type_is(type, IMS_PORT_ROOT);
    const bool likely_port = is_bridge_header(info);
    bool listed_likely;
    enum ims_tristate listed;

    switch (row->rule) {
    case IMS_ACS_QUIRK_AMD_SB:
        return amd_southbridge(judge, function);
    case IMS_ACS_QUIRK_MF_ENDPOINT:
        return ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_MF_ENDPOINT);
    case IMS_ACS_QUIRK_INTEL_RCIEP:
        return only_if(type_is(type, IMS_PORT_RC_ENDPOINT),
                       !likely_port &&
                           ims_topology_bus(judge->topology, info->bus)->is_root == IMS_YES,
                       ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_INTEL_RCIEP));
    case IMS_ACS_QUIRK_QCOM_RP:
        return ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_QCOM_RP);
    case IMS_ACS_QUIRK_XGENE_RP:
        return ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_XGENE_RP);
    case IMS_ACS_QUIRK_BRCM_PAXB:
        return ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_BRCM_PAXB);
    case IMS_ACS_QUIRK_LOONGSON_RP:
        return ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_LOONGSON_RP);
    case IMS_ACS_QUIRK_NXP_RP:
        return ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_NXP_RP);
    case IMS_ACS_QUIRK_ANNAPURNA_RP:
        return only_if(is_root_port, likely_port,
                       ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_ANNAPURNA_RP));
    case IMS_ACS_QUIRK_CAVIUM_RP:
        listed = ims_acs_quirk_listed(row->rule, device, judge->version, &listed_likely);
        return only_if(ims_tristate_and(is_root_port, listed), likely_port && listed_likely,
                       ends(IMS_ACS_END_YES, IMS_RULE_QUIRK_CAVIUM_RP));
    case IMS_ACS_QUIRK_INTEL_PCH:
        listed = ims_acs_quirk_listed(row->rule, device, judge->version, &listed_likely);
        return only_if(ims_tristate_and(is_root_port, listed), likely_port && listed_likely,
                       intel_pch(judge, function));
    case IMS_ACS_QUIRK_INTEL_SPT:
        listed = ims_acs_quirk_listed(row->rule, device, judge->version, &listed_likely);
        return only_if(ims_tristate_and(is_root_port, listed), likely_port && listed_likely,
                       intel_sunrise(judge, function, mode));
    case IMS_ACS_QUIRK_ZHAOXIN_PORTS:
    case IMS_ACS_QUIRK_WANGXUN_NIC: {
        const bool zhaoxin = row->rule == IMS_ACS_QUIRK_ZHAOXIN_PORTS;
        struct ims_acs_outcome outcome;
        listed = ims_acs_quirk_listed(row->rule, device, judge->version, &listed_likely);
        if (listed == IMS_YES || (listed == IMS_UNKNOWN && listed_likely))
            outcome =
                ends(IMS_ACS_END_YES, zhaoxin ? IMS_RULE_QUIRK_ZHAOXIN : IMS_RULE_QUIRK_WANGXUN);
        else
            outcome = ends(IMS_ACS_END_NO, zhaoxin ? IMS_RULE_QUIRK_ZHAOXIN_UNLISTED
                                                   : IMS_RULE_QUIRK_WANGXUN_UNLISTED);
        if (listed == IMS_UNKNOWN)
            outcome.possible = IMS_ACS_END_YES | IMS_ACS_END_NO;
        return zhaoxin ? only_if(type_is_port(type), likely_port, outcome) : outcome;
    }
    case IMS_ACS_QUIRK_IDT_SV: /* a capability fix, never a verdict */
    case IMS_ACS_QUIRK_MAX:
        break;
    }
    return ends(IMS_ACS_END_PASS, IMS_RULE_ACS_OK);
}

/* ---- the out-of-tree override row (R4.22) ---- */

static bool contains(const char *text, const char *part)
{
    const size_t length = strlen(part);

    for (; *text; text++)
        if (strncmp(text, part, length) == 0)
            return true;
    return false;
}

/* Kernels that carry the patch say so in their names; the big distributions do not carry it. */
static bool override_is_likely(const struct ims_judge *judge)
{
    static const char *const with[] = {"-pve", "liquorix", "-lqx", "-zen", "xanmod"};
    static const char *const without[] = {"-generic", "+deb", "-amd64", ".fc", ".el", "-default"};
    const char *release = ims_topology_machine(judge->topology)->kernel_release;

    if (judge->cmdline_asked || !release)
        return true;
    for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
        if (contains(release, with[i]))
            return true;
    for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
        if (contains(release, without[i]))
            return false;
    return true;
}

static struct ims_acs_outcome ask_override(const struct ims_judge *judge,
                                           struct ims_function function, struct ims_id id)
{
    const struct ims_cmdline *cmdline = &judge->cmdline;
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const enum ims_port_type type = ims_judge_port_type(judge, function);
    const bool patched = override_is_likely(judge);
    bool multi_likely;
    const enum ims_tristate multi = ims_judge_multifunction(judge, function, &multi_likely);
    struct ims_acs_outcome outcome = ends(IMS_ACS_END_PASS, IMS_RULE_OVERRIDE_ID);

    if (!cmdline->has_override || type == IMS_PORT_CONVENTIONAL ||
        ims_judge_acs_words(judge, info)->present == IMS_YES)
        return outcome;
    for (uint32_t i = 0; i < cmdline->override_id_count; i++)
        if (cmdline->override_ids[i].vendor == id.vendor &&
            cmdline->override_ids[i].device == id.device)
            outcome = ends(IMS_ACS_END_YES, IMS_RULE_OVERRIDE_ID);
    if (outcome.likely == IMS_ACS_END_PASS && cmdline->override_downstream &&
        type_is_port(type) != IMS_NO)
        outcome = only_if(type_is_port(type), is_bridge_header(info),
                          ends(IMS_ACS_END_YES, IMS_RULE_OVERRIDE_DOWNSTREAM));
    if (outcome.likely == IMS_ACS_END_PASS && cmdline->override_multifunction &&
        (type == IMS_PORT_ENDPOINT || type == IMS_PORT_LEGACY_ENDPOINT ||
         type == IMS_PORT_UPSTREAM || type == IMS_PORT_RC_ENDPOINT))
        outcome =
            only_if(multi, multi_likely, ends(IMS_ACS_END_YES, IMS_RULE_OVERRIDE_MULTIFUNCTION));

    if (ims_judge_acs_words(judge, info)->present == IMS_UNKNOWN || type == IMS_PORT_UNKNOWN)
        outcome.possible |= IMS_ACS_END_PASS;
    if (!judge->cmdline_asked)
        outcome =
            only_if(outcome.possible == IMS_ACS_END_PASS ? IMS_YES : IMS_UNKNOWN, patched, outcome);
    return outcome;
}

/* ---- all rows for one id, then for all candidate ids ---- */

static struct ims_acs_outcome ask_quirks(const struct ims_judge *judge,
                                         struct ims_function function, enum ims_acs_mode mode,
                                         struct ims_id id)
{
    struct ims_acs_outcome outcome = ends(IMS_ACS_END_PASS, IMS_RULE_ACS_OK);
    const struct ims_acs_quirk_row *row = NULL;

    while ((outcome.possible & IMS_ACS_END_PASS) && (row = ims_acs_quirk_next(id, row))) {
        bool likely;
        const enum ims_tristate present =
            ims_release_window_present(&row->window, judge->version, &likely);
        if (present == IMS_NO)
            continue;
        struct ims_acs_outcome one =
            only_if(present, likely, ask_row(judge, function, mode, row, id.device));
        if (!one.label)
            one.label = row->label;
        chain(&outcome, one);
    }
    if (outcome.likely == IMS_ACS_END_PASS)
        outcome.label = NULL;
    chain(&outcome, ask_override(judge, function, id));
    return outcome;
}

/* The verdict rows of one vendor in the index, which is sorted by vendor. */
static uint32_t first_row_of(uint16_t vendor)
{
    uint32_t low = 0;
    uint32_t high = IMS_ACS_QUIRK_ROW_COUNT;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (ims_acs_quirk_rows[ims_acs_quirk_by_id[middle]].vendor < vendor)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/*
 * Only the vendor is known: rows for any of its devices are asked as they are, rows for single
 * devices may apply or not.
 */
static struct ims_acs_outcome ask_vendor(const struct ims_judge *judge,
                                         struct ims_function function, enum ims_acs_mode mode,
                                         uint16_t vendor)
{
    struct ims_acs_outcome outcome = ends(IMS_ACS_END_PASS, IMS_RULE_ACS_OK);
    unsigned possible = 0;

    for (uint32_t i = first_row_of(vendor); i < IMS_ACS_QUIRK_ROW_COUNT; i++) {
        const struct ims_acs_quirk_row *row = &ims_acs_quirk_rows[ims_acs_quirk_by_id[i]];
        bool likely;
        const enum ims_tristate present =
            ims_release_window_present(&row->window, judge->version, &likely);
        if (row->vendor != vendor)
            break;
        if (present == IMS_NO)
            continue;
        if (row->rule == IMS_ACS_QUIRK_INTEL_PCH || row->rule == IMS_ACS_QUIRK_INTEL_SPT ||
            row->rule == IMS_ACS_QUIRK_ZHAOXIN_PORTS || row->rule == IMS_ACS_QUIRK_WANGXUN_NIC) {
            possible |= IMS_ACS_END_YES | IMS_ACS_END_NO |
                        IMS_ACS_END_PASS; /* these look the device up in a list */
            continue;
        }
        const struct ims_acs_outcome one =
            only_if(present, likely, ask_row(judge, function, mode, row, row->device));
        if (row->any_device)
            chain(&outcome, one);
        else
            possible |= one.possible | IMS_ACS_END_PASS;
    }
    /* The lists are for ports and single devices; a verdict for every device of a vendor stays. */
    if (outcome.possible != IMS_ACS_END_YES)
        outcome.possible |= possible;
    return outcome;
}

/* Without any id every row could fit. */
static struct ims_acs_outcome ask_without_id(const struct ims_judge *judge,
                                             struct ims_function function, enum ims_acs_mode mode)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const struct ims_id nobody = {0xffff, 0xffff};
    struct ims_acs_outcome outcome = ends(IMS_ACS_END_PASS, IMS_RULE_ACS_OK);

    if (ims_bits_all_known(info->pci.vendor, 0xffff))
        outcome = ask_vendor(judge, function, mode, (uint16_t)info->pci.vendor.value);
    else
        outcome.possible |= IMS_ACS_END_YES | IMS_ACS_END_NO;
    chain(&outcome, ask_override(judge, function, nobody));
    return outcome;
}

struct ims_acs_outcome ims_acs_ask_rows(const struct ims_judge *judge, struct ims_function function,
                                        enum ims_acs_mode mode)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    struct ims_acs_outcome all;

    if (info->id_count == 0)
        return ask_without_id(judge, function, mode);
    all = ask_quirks(judge, function, mode, info->ids[0]);
    for (uint32_t i = 1; i < info->id_count; i++) {
        const struct ims_acs_outcome one = ask_quirks(judge, function, mode, info->ids[i]);
        if (one.possible == all.possible && one.likely == all.likely)
            continue;
        all.possible |= one.possible;
        if (all.likely != one.likely) {
            /* A quirk is not taken as given when only some of the ids have it. */
            all.rule = IMS_RULE_QUIRK_AMBIGUOUS_ID;
            all.likely = IMS_ACS_END_PASS;
            all.has_registers = false;
        }
    }
    return all;
}
