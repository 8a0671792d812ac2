/* SPDX-License-Identifier: MIT */
#include "rules/acs_outcome.h"

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

/* ---- registers ---- */

struct ims_acs_outcome ims_acs_from_registers(const struct ims_acs_registers *registers,
                                              enum ims_rule_id when_yes)
{
    struct ims_acs_outcome outcome = {.has_registers = true, .registers = *registers};

    outcome.check = ims_acs_registers_check(registers);
    outcome.possible = outcome.check.isolated == IMS_UNKNOWN
                           ? IMS_ACS_END_NO | IMS_ACS_END_YES
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

/* ---- the generic rules (R4.2-R4.9) ---- */

static struct ims_acs_outcome check_registers(const struct ims_judge *judge,
                                              struct ims_function function, enum ims_acs_mode mode)
{
    struct ims_acs_registers registers;

    ims_acs_registers_standard(judge, function, mode, &registers);
    if (registers.present == IMS_NO)
        return ends(IMS_ACS_END_NO, IMS_RULE_ACS_NO_CAP);
    if (registers.present == IMS_YES)
        return ims_acs_from_registers(&registers, IMS_RULE_ACS_OK);

    struct ims_acs_outcome outcome = ends(IMS_ACS_END_NO, IMS_RULE_ACS_UNKNOWN);
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    outcome.possible = IMS_ACS_END_NO | IMS_ACS_END_YES;
    /* Ports have ACS mostly, endpoints do not; in a damaged list the kernel finds nothing. */
    outcome.likely = end_of(is_bridge_header(info) && !ims_judge_lists_damaged(info));
    return outcome;
}

static struct ims_acs_outcome ask_generic(const struct ims_judge *judge,
                                          struct ims_function function, enum ims_acs_mode mode)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const enum ims_port_type type = ims_judge_port_type(judge, function);
    bool multi_likely;
    const enum ims_tristate multi = ims_judge_multifunction(judge, function, &multi_likely);
    struct ims_acs_outcome outcome;

    switch (type) {
    case IMS_PORT_CONVENTIONAL:
        return ends(IMS_ACS_END_NO, IMS_RULE_ACS_NOT_PCIE);
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
    case IMS_PORT_RC_EVENT_COLLECTOR:
        return ends(IMS_ACS_END_NO, IMS_RULE_ACS_NEVER);
    case IMS_PORT_ROOT:
    case IMS_PORT_DOWNSTREAM:
        return check_registers(judge, function, mode);
    case IMS_PORT_UNKNOWN:
        outcome = ends(
            end_of((is_bridge_header(info) || !multi_likely) && !ims_judge_lists_damaged(info)),
            IMS_RULE_ACS_UNKNOWN);
        if (info->is_vf == IMS_YES)
            return ends(IMS_ACS_END_YES, IMS_RULE_ACS_VF);
        outcome.possible = IMS_ACS_END_NO | IMS_ACS_END_YES;
        return outcome;
    case IMS_PORT_ENDPOINT:
    case IMS_PORT_LEGACY_ENDPOINT:
    case IMS_PORT_UPSTREAM:
    case IMS_PORT_RC_ENDPOINT:
        break;
    default:
        return ends(IMS_ACS_END_YES, IMS_RULE_ACS_OTHER_TYPE);
    }

    const struct ims_acs_outcome single = ends(
        IMS_ACS_END_YES, info->is_vf == IMS_YES ? IMS_RULE_ACS_VF : IMS_RULE_ACS_SINGLE_FUNCTION);
    if (multi == IMS_NO)
        return single;
    outcome = check_registers(judge, function, mode);
    if (outcome.rule == IMS_RULE_ACS_NO_CAP && type == IMS_PORT_UPSTREAM)
        outcome.rule = IMS_RULE_ACS_UPSTREAM_MFD;
    if (multi == IMS_UNKNOWN) {
        const unsigned possible = outcome.possible | IMS_ACS_END_YES;
        if (!multi_likely)
            outcome = single;
        outcome.possible = possible;
    }
    return outcome;
}

/* ---- verdict ---- */

static struct ims_acs_outcome ask_all(const struct ims_judge *judge, struct ims_function function,
                                      enum ims_acs_mode mode)
{
    struct ims_acs_outcome outcome = ims_acs_ask_rows(judge, function, mode);
    const bool ambiguous = outcome.rule == IMS_RULE_QUIRK_AMBIGUOUS_ID;

    chain(&outcome, ask_generic(judge, function, mode));
    if (ambiguous && outcome.possible == (IMS_ACS_END_YES | IMS_ACS_END_NO))
        outcome.rule = IMS_RULE_QUIRK_AMBIGUOUS_ID;
    return outcome;
}

void ims_judge_acs(const struct ims_judge *judge, struct ims_function function,
                   struct ims_acs_verdict *ret)
{
    struct ims_acs_outcome outcome = ask_all(judge, function, judge->acs);

    if (!judge->acs_certain) {
        const enum ims_acs_mode other =
            judge->acs == IMS_ACS_AS_IS ? IMS_ACS_AS_LINUX_SETS : IMS_ACS_AS_IS;
        outcome.possible |= ask_all(judge, function, other).possible;
    }

    *ret = (struct ims_acs_verdict){
        .isolated = outcome.possible == IMS_ACS_END_YES  ? IMS_YES
                    : outcome.possible == IMS_ACS_END_NO ? IMS_NO
                                                         : IMS_UNKNOWN,
        .likely = outcome.likely == IMS_ACS_END_YES,
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
