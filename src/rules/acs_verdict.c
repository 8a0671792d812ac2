/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "rules/acs_registers.h"
#include "rules/catalogue.h"
#include "rules/quirk_tables.h"

/*
 * A step of the test can end it either way or pass on to the next. Where facts are unknown several
 * ends are possible; one of them is the likely one, and its rule is the one that is told.
 */
enum end {
    END_NO = 1 << 0,
    END_YES = 1 << 1,
    END_PASS = 1 << 2,
};

struct outcome {
    unsigned possible; /* enum end, or-ed */
    enum end likely;
    enum ims_rule_id rule;
    const char *label;
    bool has_registers;
    struct ims_acs_registers registers;
    struct ims_acs_check check;
};

static struct outcome ends(enum end end, enum ims_rule_id rule)
{
    return (struct outcome){.possible = end, .likely = end, .rule = rule};
}

static enum end end_of(bool isolated)
{
    return isolated ? END_YES : END_NO;
}

/* As outcome where holds is yes, "pass" where it is no, either where it is unknown. */
static struct outcome only_if(enum ims_tristate holds, bool likely, struct outcome outcome)
{
    if (holds == IMS_NO)
        return ends(END_PASS, outcome.rule);
    if (holds == IMS_UNKNOWN) {
        outcome.possible |= END_PASS;
        if (!likely)
            outcome.likely = END_PASS;
    }
    return outcome;
}

/* ---- facts under a rule set ---- */

enum ims_port_type ims_judge_port_type(const struct ims_judge *judge, struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);

    return ims_kernel_version_before(judge->version, 5, 4) ? info->port_type : info->corrected_type;
}

/* Without the header byte: a slot that shows more than one non-VF function (R12.2). */
static bool shares_slot(const struct ims_topology *topology, struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(topology, function);
    const struct ims_bus_info *bus = ims_topology_bus(topology, info->bus);

    for (uint32_t i = bus->first_function; i < bus->first_function + bus->function_count; i++) {
        const struct ims_function_info *other =
            ims_topology_function(topology, (struct ims_function){i});
        if (i != function.index && other->is_vf != IMS_YES &&
            ims_address_device(other->address) == ims_address_device(info->address))
            return true;
    }
    return false;
}

enum ims_tristate ims_judge_multifunction(const struct ims_judge *judge,
                                          struct ims_function function, bool *ret_likely)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    enum ims_tristate state = info->multifunction;

    /* Function 0 is as at boot: its own bit, which its siblings may prove. */
    if (judge->being_added && info->is_vf != IMS_YES &&
        (ims_address_function(info->address) > 0 || info->pci.ari == IMS_YES))
        state = info->pci.multifunction_bit;
    *ret_likely = state == IMS_UNKNOWN
                      ? !judge->being_added && shares_slot(judge->topology, function)
                      : state == IMS_YES;
    return state;
}

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

static enum ims_tristate all_of(enum ims_tristate a, enum ims_tristate b, enum ims_tristate c)
{
    if (a == IMS_NO || b == IMS_NO || c == IMS_NO)
        return IMS_NO;
    return a == IMS_YES && b == IMS_YES && c == IMS_YES ? IMS_YES : IMS_UNKNOWN;
}

static bool is_bridge_header(const struct ims_function_info *info)
{
    return ims_bits_all_known(info->pci.header_type, 0x7f) && info->pci.header_type.value != 0;
}

/* ---- quirk rows (R4.1, 4.3) ---- */

/* AMD southbridge functions on a root bus, with the AMD IOMMU's table present. */
static struct outcome amd_southbridge(const struct ims_judge *judge, struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const struct ims_machine *machine = ims_topology_machine(judge->topology);
    bool likely;
    const enum ims_tristate multi = ims_judge_multifunction(judge, function, &likely);
    const enum ims_tristate root = ims_topology_bus(judge->topology, info->bus)->is_root;
    enum ims_tristate ivrs = machine->acpi_ivrs;

    if (ivrs == IMS_UNKNOWN && machine->iommu_kind == IMS_IOMMU_AMD)
        ivrs = IMS_YES;
    return only_if(all_of(multi, root, ivrs), likely && root != IMS_NO,
                   ends(END_YES, IMS_RULE_QUIRK_AMD_SB));
}

/*
 * Whether the release takes the enable step on a port without an ACS capability (R4.17): 5.9.0 to
 * 5.9.8 skip it; 6.11 is said to, until a fix of 2024-10 whose releases are not established.
 */
static enum ims_tristate takes_enable_step(const struct ims_judge *judge,
                                           const struct ims_function_info *info)
{
    const struct ims_kernel_version version = judge->version;

    if (info->acs.present == IMS_YES)
        return IMS_YES;
    if (version.major == 5 && version.minor == 9 && version.patch <= 8)
        return version.patch < 0 || info->acs.present == IMS_UNKNOWN ? IMS_UNKNOWN : IMS_NO;
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
    return all_of(armed, takes_enable_step(judge, info), IMS_YES);
}

static struct outcome intel_pch(const struct ims_judge *judge, struct ims_function function)
{
    const enum ims_tristate armed = pch_armed(judge, function);

    if (ims_judge_groups_before_enabling(judge) == IMS_YES) /* arming is part of that step */
        return ends(END_NO, IMS_RULE_STABLE_REGRESSION);
    if (armed == IMS_NO)
        return ends(END_NO, IMS_RULE_QUIRK_INTEL_PCH_UNARMED);
    struct outcome outcome = ends(END_YES, IMS_RULE_QUIRK_INTEL_PCH_ARMED);
    if (armed == IMS_UNKNOWN || ims_judge_groups_before_enabling(judge) == IMS_UNKNOWN)
        outcome.possible |= END_NO;
    return outcome;
}

/* An answer from registers, as R4.7 has it. */
static struct outcome from_registers(const struct ims_acs_registers *registers,
                                     enum ims_rule_id when_yes)
{
    struct outcome outcome = {.has_registers = true, .registers = *registers};

    outcome.check = ims_acs_registers_check(registers);
    outcome.possible = outcome.check.isolated == IMS_UNKNOWN
                           ? END_NO | END_YES
                           : (unsigned)end_of(outcome.check.isolated == IMS_YES);
    outcome.likely = end_of(outcome.check.likely);

    const uint32_t missing = outcome.check.missing;
    if (outcome.check.isolated == IMS_YES)
        outcome.rule = when_yes == IMS_RULE_ACS_OK && outcome.check.required == 0
                           ? IMS_RULE_ACS_NOTHING_REQUIRED
                           : when_yes;
    else if (missing & IMS_ACS_RR)
        outcome.rule = IMS_RULE_ACS_RR_OFF;
    else if (missing & IMS_ACS_CR)
        outcome.rule = IMS_RULE_ACS_CR_OFF;
    else if (missing & IMS_ACS_UF)
        outcome.rule = IMS_RULE_ACS_UF_OFF;
    else if (missing & IMS_ACS_SV)
        outcome.rule = IMS_RULE_ACS_SV_OFF;
    else
        outcome.rule = IMS_RULE_ACS_UNKNOWN;
    return outcome;
}

static struct outcome intel_sunrise(const struct ims_judge *judge, struct ims_function function,
                                    enum ims_acs_mode mode)
{
    struct ims_acs_registers registers;

    ims_acs_registers_sunrise(judge, function, mode, &registers);
    if (registers.present == IMS_NO)
        return ends(END_PASS, IMS_RULE_QUIRK_INTEL_SPT);
    struct outcome outcome = from_registers(&registers, IMS_RULE_QUIRK_INTEL_SPT);
    if (registers.present == IMS_UNKNOWN)
        outcome.possible |= END_PASS;
    return outcome;
}

/* What one row says of the function, its window left aside. */
static struct outcome ask_row(const struct ims_judge *judge, struct ims_function function,
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
        return ends(END_YES, IMS_RULE_QUIRK_MF_ENDPOINT);
    case IMS_ACS_QUIRK_INTEL_RCIEP:
        return only_if(type_is(type, IMS_PORT_RC_ENDPOINT),
                       !likely_port &&
                           ims_topology_bus(judge->topology, info->bus)->is_root == IMS_YES,
                       ends(END_YES, IMS_RULE_QUIRK_INTEL_RCIEP));
    case IMS_ACS_QUIRK_QCOM_RP:
        return ends(END_YES, IMS_RULE_QUIRK_QCOM_RP);
    case IMS_ACS_QUIRK_XGENE_RP:
        return ends(END_YES, IMS_RULE_QUIRK_XGENE_RP);
    case IMS_ACS_QUIRK_BRCM_PAXB:
        return ends(END_YES, IMS_RULE_QUIRK_BRCM_PAXB);
    case IMS_ACS_QUIRK_LOONGSON_RP:
        return ends(END_YES, IMS_RULE_QUIRK_LOONGSON_RP);
    case IMS_ACS_QUIRK_NXP_RP:
        return ends(END_YES, IMS_RULE_QUIRK_NXP_RP);
    case IMS_ACS_QUIRK_ANNAPURNA_RP:
        return only_if(is_root_port, likely_port, ends(END_YES, IMS_RULE_QUIRK_ANNAPURNA_RP));
    case IMS_ACS_QUIRK_CAVIUM_RP:
        listed = ims_acs_quirk_listed(row->rule, device, judge->version, &listed_likely);
        return only_if(all_of(is_root_port, listed, IMS_YES), likely_port && listed_likely,
                       ends(END_YES, IMS_RULE_QUIRK_CAVIUM_RP));
    case IMS_ACS_QUIRK_INTEL_PCH:
        listed = ims_acs_quirk_listed(row->rule, device, judge->version, &listed_likely);
        return only_if(all_of(is_root_port, listed, IMS_YES), likely_port && listed_likely,
                       intel_pch(judge, function));
    case IMS_ACS_QUIRK_INTEL_SPT:
        listed = ims_acs_quirk_listed(row->rule, device, judge->version, &listed_likely);
        return only_if(all_of(is_root_port, listed, IMS_YES), likely_port && listed_likely,
                       intel_sunrise(judge, function, mode));
    case IMS_ACS_QUIRK_ZHAOXIN_PORTS:
    case IMS_ACS_QUIRK_WANGXUN_NIC: {
        const bool zhaoxin = row->rule == IMS_ACS_QUIRK_ZHAOXIN_PORTS;
        struct outcome outcome;
        listed = ims_acs_quirk_listed(row->rule, device, judge->version, &listed_likely);
        if (listed == IMS_YES || (listed == IMS_UNKNOWN && listed_likely))
            outcome = ends(END_YES, zhaoxin ? IMS_RULE_QUIRK_ZHAOXIN : IMS_RULE_QUIRK_WANGXUN);
        else
            outcome = ends(END_NO, zhaoxin ? IMS_RULE_QUIRK_ZHAOXIN_UNLISTED
                                           : IMS_RULE_QUIRK_WANGXUN_UNLISTED);
        if (listed == IMS_UNKNOWN)
            outcome.possible = END_YES | END_NO;
        return zhaoxin ? only_if(type_is_port(type), likely_port, outcome) : outcome;
    }
    case IMS_ACS_QUIRK_IDT_SV: /* a capability fix, never a verdict */
    case IMS_ACS_QUIRK_MAX:
        break;
    }
    return ends(END_PASS, IMS_RULE_ACS_OK);
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

static struct outcome ask_override(const struct ims_judge *judge, struct ims_function function,
                                   struct ims_id id)
{
    const struct ims_cmdline *cmdline = &judge->cmdline;
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const enum ims_port_type type = ims_judge_port_type(judge, function);
    const bool patched = override_is_likely(judge);
    bool multi_likely;
    const enum ims_tristate multi = ims_judge_multifunction(judge, function, &multi_likely);
    struct outcome outcome = ends(END_PASS, IMS_RULE_OVERRIDE_ID);

    if (!cmdline->has_override || type == IMS_PORT_CONVENTIONAL || info->acs.present == IMS_YES)
        return outcome;
    for (uint32_t i = 0; i < cmdline->override_id_count; i++)
        if (cmdline->override_ids[i].vendor == id.vendor &&
            cmdline->override_ids[i].device == id.device)
            outcome = ends(END_YES, IMS_RULE_OVERRIDE_ID);
    if (outcome.likely == END_PASS && cmdline->override_downstream && type_is_port(type) != IMS_NO)
        outcome = only_if(type_is_port(type), is_bridge_header(info),
                          ends(END_YES, IMS_RULE_OVERRIDE_DOWNSTREAM));
    if (outcome.likely == END_PASS && cmdline->override_multifunction &&
        (type == IMS_PORT_ENDPOINT || type == IMS_PORT_LEGACY_ENDPOINT ||
         type == IMS_PORT_UPSTREAM || type == IMS_PORT_RC_ENDPOINT))
        outcome = only_if(multi, multi_likely, ends(END_YES, IMS_RULE_OVERRIDE_MULTIFUNCTION));

    if (info->acs.present == IMS_UNKNOWN || type == IMS_PORT_UNKNOWN)
        outcome.possible |= END_PASS;
    if (!judge->cmdline_asked)
        outcome = only_if(outcome.possible == END_PASS ? IMS_YES : IMS_UNKNOWN, patched, outcome);
    return outcome;
}

/* ---- all rows for one id, then for all candidate ids ---- */

/* Goes on with next where so_far passes. */
static void chain(struct outcome *so_far, struct outcome next)
{
    if (!(so_far->possible & END_PASS))
        return;
    const unsigned ended = so_far->possible & ~(unsigned)END_PASS;
    if (so_far->likely == END_PASS) {
        *so_far = next;
        so_far->possible |= ended;
    } else {
        so_far->possible = ended | next.possible;
    }
}

static struct outcome ask_quirks(const struct ims_judge *judge, struct ims_function function,
                                 enum ims_acs_mode mode, struct ims_id id)
{
    struct outcome outcome = ends(END_PASS, IMS_RULE_ACS_OK);
    const struct ims_acs_quirk_row *row = NULL;

    while ((outcome.possible & END_PASS) && (row = ims_acs_quirk_next(id, row))) {
        bool likely;
        const enum ims_tristate present =
            ims_release_window_present(&row->window, judge->version, &likely);
        if (present == IMS_NO)
            continue;
        struct outcome one =
            only_if(present, likely, ask_row(judge, function, mode, row, id.device));
        if (!one.label)
            one.label = row->label;
        chain(&outcome, one);
    }
    if (outcome.likely == END_PASS)
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
static struct outcome ask_vendor(const struct ims_judge *judge, struct ims_function function,
                                 enum ims_acs_mode mode, uint16_t vendor)
{
    struct outcome outcome = ends(END_PASS, IMS_RULE_ACS_OK);
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
            possible |= END_YES | END_NO | END_PASS; /* these look the device up in a list */
            continue;
        }
        const struct outcome one =
            only_if(present, likely, ask_row(judge, function, mode, row, row->device));
        if (row->any_device)
            chain(&outcome, one);
        else
            possible |= one.possible | END_PASS;
    }
    /* The lists are for ports and single devices; a verdict for every device of a vendor stays. */
    if (outcome.possible != END_YES)
        outcome.possible |= possible;
    return outcome;
}

/* Without any id every row could fit. */
static struct outcome ask_without_id(const struct ims_judge *judge, struct ims_function function,
                                     enum ims_acs_mode mode)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const struct ims_id nobody = {0xffff, 0xffff};
    struct outcome outcome = ends(END_PASS, IMS_RULE_ACS_OK);

    if (ims_bits_all_known(info->pci.vendor, 0xffff))
        outcome = ask_vendor(judge, function, mode, (uint16_t)info->pci.vendor.value);
    else
        outcome.possible |= END_YES | END_NO;
    chain(&outcome, ask_override(judge, function, nobody));
    return outcome;
}

static struct outcome ask_candidates(const struct ims_judge *judge, struct ims_function function,
                                     enum ims_acs_mode mode)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    struct outcome all;

    if (info->id_count == 0)
        return ask_without_id(judge, function, mode);
    all = ask_quirks(judge, function, mode, info->ids[0]);
    for (uint32_t i = 1; i < info->id_count; i++) {
        const struct outcome one = ask_quirks(judge, function, mode, info->ids[i]);
        if (one.possible == all.possible && one.likely == all.likely)
            continue;
        all.possible |= one.possible;
        if (all.likely != one.likely) {
            /* A quirk is not taken as given when only some of the ids have it. */
            all.rule = IMS_RULE_QUIRK_AMBIGUOUS_ID;
            all.likely = END_PASS;
            all.has_registers = false;
        }
    }
    return all;
}

/* ---- the generic rules (R4.2-R4.9) ---- */

static struct outcome check_registers(const struct ims_judge *judge, struct ims_function function,
                                      enum ims_acs_mode mode)
{
    struct ims_acs_registers registers;

    ims_acs_registers_standard(judge, function, mode, &registers);
    if (registers.present == IMS_NO)
        return ends(END_NO, IMS_RULE_ACS_NO_CAP);
    if (registers.present == IMS_YES)
        return from_registers(&registers, IMS_RULE_ACS_OK);

    struct outcome outcome = ends(END_NO, IMS_RULE_ACS_UNKNOWN);
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    outcome.possible = END_NO | END_YES;
    outcome.likely = end_of(is_bridge_header(info)); /* ports have ACS mostly, endpoints do not */
    return outcome;
}

static struct outcome ask_generic(const struct ims_judge *judge, struct ims_function function,
                                  enum ims_acs_mode mode)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const enum ims_port_type type = ims_judge_port_type(judge, function);
    bool multi_likely;
    const enum ims_tristate multi = ims_judge_multifunction(judge, function, &multi_likely);
    struct outcome outcome;

    switch (type) {
    case IMS_PORT_CONVENTIONAL:
        return ends(END_NO, IMS_RULE_ACS_NOT_PCIE);
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
    case IMS_PORT_RC_EVENT_COLLECTOR:
        return ends(END_NO, IMS_RULE_ACS_NEVER);
    case IMS_PORT_ROOT:
    case IMS_PORT_DOWNSTREAM:
        return check_registers(judge, function, mode);
    case IMS_PORT_UNKNOWN:
        outcome = ends(end_of(is_bridge_header(info) || !multi_likely), IMS_RULE_ACS_UNKNOWN);
        if (info->is_vf == IMS_YES)
            return ends(END_YES, IMS_RULE_ACS_VF);
        outcome.possible = END_NO | END_YES;
        return outcome;
    case IMS_PORT_ENDPOINT:
    case IMS_PORT_LEGACY_ENDPOINT:
    case IMS_PORT_UPSTREAM:
    case IMS_PORT_RC_ENDPOINT:
        break;
    default:
        return ends(END_YES, IMS_RULE_ACS_OTHER_TYPE);
    }

    const struct outcome single =
        ends(END_YES, info->is_vf == IMS_YES ? IMS_RULE_ACS_VF : IMS_RULE_ACS_SINGLE_FUNCTION);
    if (multi == IMS_NO)
        return single;
    outcome = check_registers(judge, function, mode);
    if (outcome.rule == IMS_RULE_ACS_NO_CAP && type == IMS_PORT_UPSTREAM)
        outcome.rule = IMS_RULE_ACS_UPSTREAM_MFD;
    if (multi == IMS_UNKNOWN) {
        const unsigned possible = outcome.possible | END_YES;
        if (!multi_likely)
            outcome = single;
        outcome.possible = possible;
    }
    return outcome;
}

/* ---- verdict ---- */

static struct outcome ask_all(const struct ims_judge *judge, struct ims_function function,
                              enum ims_acs_mode mode)
{
    struct outcome outcome = ask_candidates(judge, function, mode);
    const bool ambiguous = outcome.rule == IMS_RULE_QUIRK_AMBIGUOUS_ID;

    chain(&outcome, ask_generic(judge, function, mode));
    if (ambiguous && outcome.possible == (END_YES | END_NO))
        outcome.rule = IMS_RULE_QUIRK_AMBIGUOUS_ID;
    return outcome;
}

void ims_judge_acs(const struct ims_judge *judge, struct ims_function function,
                   struct ims_acs_verdict *ret)
{
    struct outcome outcome = ask_all(judge, function, judge->acs);

    if (!judge->acs_certain) {
        const enum ims_acs_mode other =
            judge->acs == IMS_ACS_AS_IS ? IMS_ACS_AS_LINUX_SETS : IMS_ACS_AS_IS;
        outcome.possible |= ask_all(judge, function, other).possible;
    }

    *ret = (struct ims_acs_verdict){
        .isolated = outcome.possible == END_YES  ? IMS_YES
                    : outcome.possible == END_NO ? IMS_NO
                                                 : IMS_UNKNOWN,
        .likely = outcome.likely == END_YES,
        .rule = ims_rule_get(outcome.rule),
        .has_registers = outcome.has_registers,
        .quirk_label = outcome.label,
    };
    if (outcome.has_registers) {
        ret->capability = outcome.registers.capability;
        ret->control = outcome.registers.control;
        ret->control_read = outcome.registers.control_read;
        ret->required = outcome.check.required;
        ret->missing = outcome.check.missing;
        /* Say what changed the words where it decides: a bit taken out of the capability can only
         * help, everything else can only hurt. */
        const struct ims_rule *changed = outcome.registers.rule;
        const bool helps = changed == ims_rule_get(IMS_RULE_QUIRK_IDT_SV);
        if (changed && helps == (ret->isolated == IMS_YES))
            ret->rule = changed;
    }
}
