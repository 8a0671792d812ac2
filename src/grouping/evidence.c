/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "grouping/model.h"

/* "SV RR CR UF", in register order, for the bits of mask. */
static void append_bits(struct ims_text *text, uint32_t mask)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } bits[] = {{IMS_ACS_SV, "SV"}, {IMS_ACS_RR, "RR"}, {IMS_ACS_CR, "CR"}, {IMS_ACS_UF, "UF"}};
    const char *separator = "";

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        if (mask & bits[i].bit) {
            ims_text_append(text, separator);
            ims_text_append(text, bits[i].name);
            separator = " ";
        }
}

static void append_word(struct ims_text *text, const char *name, struct ims_bits bits)
{
    if (ims_bits_all_known(bits, 0x7f))
        ims_text_appendf(text, "%s 0x%04x", name, bits.value & 0xffffu);
    else if (bits.known & 0x7f)
        ims_text_appendf(text, "%s 0x%04x (bits 0x%02x known)", name, bits.value & 0xffffu,
                         bits.known & 0x7fu);
    else
        ims_text_appendf(text, "%s unknown", name);
}

static void append_registers(struct ims_text *text, const struct ims_acs_verdict *verdict)
{
    ims_text_append(text, ", ACS ");
    append_word(text, "capability", verdict->capability);
    append_word(text, ", control", verdict->control);
    if (verdict->control.value != verdict->control_read.value ||
        verdict->control.known != verdict->control_read.known)
        append_word(text, ", read as", verdict->control_read);
    if (verdict->required) {
        ims_text_append(text, "; required ");
        append_bits(text, verdict->required);
    } else {
        ims_text_append(text, "; none of SV RR CR UF is implemented, so none is required");
    }
    if (verdict->missing) {
        ims_text_append(text, ", off ");
        append_bits(text, verdict->missing);
    }
}

static const char *verdict_words(const struct ims_acs_verdict *verdict)
{
    if (verdict->isolated == IMS_YES)
        return "counts as isolated";
    if (verdict->isolated == IMS_NO)
        return "does not count as isolated";
    return verdict->likely ? "probably counts as isolated" : "probably does not count as isolated";
}

const char *ims_evidence_acs(struct ims_arena *arena, const struct ims_grouping *grouping,
                             uint32_t function)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);
    const struct ims_acs_verdict *verdict = &grouping->verdicts[function];
    char name[IMS_ADDRESS_STRING_SIZE];
    struct ims_text text = {0};

    ims_text_appendf(&text, "%s (%s) %s: %s", ims_address_format(info->address, name),
                     ims_port_type_to_string(
                         ims_judge_port_type(&grouping->judge, (struct ims_function){function})),
                     verdict_words(verdict), verdict->rule->title);
    if (verdict->quirk_label)
        ims_text_appendf(&text, " (%s)", verdict->quirk_label);
    if (verdict->has_registers)
        append_registers(&text, verdict);

    const char *ret = text.failed ? NULL : ims_arena_strndup(arena, text.data, text.length);
    ims_text_done(&text);
    return ret;
}

/* ---- merges ---- */

static const struct ims_rule *bridge_rule(const struct ims_grouping *grouping, uint32_t bridge)
{
    switch (ims_judge_port_type(&grouping->judge, (struct ims_function){bridge})) {
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
        return ims_rule_get(IMS_RULE_ALIAS_PCIE_PCI_BRIDGE);
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
        return ims_rule_get(IMS_RULE_ALIAS_PCI_PCIE_BRIDGE);
    case IMS_PORT_ENDPOINT:
    case IMS_PORT_LEGACY_ENDPOINT:
    case IMS_PORT_ROOT:
    case IMS_PORT_UPSTREAM:
    case IMS_PORT_DOWNSTREAM:
    case IMS_PORT_RC_ENDPOINT:
    case IMS_PORT_RC_EVENT_COLLECTOR:
    case IMS_PORT_CONVENTIONAL:
    case IMS_PORT_UNKNOWN:
    default:
        return ims_rule_get(IMS_RULE_ALIAS_CONV_BRIDGE);
    }
}

static const struct ims_rule *slot_rule(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_acs_verdict *verdict = &grouping->verdicts[function];

    if (ims_judge_port_type(&grouping->judge, (struct ims_function){function}) ==
        IMS_PORT_CONVENTIONAL)
        return ims_rule_get(IMS_RULE_MFD_CONV);
    if (verdict->rule->topic == IMS_TOPIC_QUIRK)
        return verdict->rule;
    return ims_rule_get(verdict->has_registers ? IMS_RULE_MFD_ACS_OFF : IMS_RULE_MFD_NO_ACS);
}

static bool is_same_slot(const struct ims_grouping *grouping, uint32_t a, uint32_t b)
{
    return ims_address_device(ims_grouping_info(grouping, a)->address) ==
           ims_address_device(ims_grouping_info(grouping, b)->address);
}

/* Whether a function likely sends requests under the id of another one on its bus (R2.9). */
static bool uses_id_of(const struct ims_grouping *grouping, uint32_t function, uint32_t other)
{
    struct ims_alias_mask mask;

    return ims_judge_aliases(&grouping->judge, (struct ims_function){function}, &mask) &&
           ims_devfn_bit(mask.likely, ims_grouping_info(grouping, other)->address.devfn);
}

const struct ims_rule *ims_evidence_rule(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_join *join = &grouping->likely.joins[function];

    switch (join->kind) {
    case IMS_JOIN_REAL_DMA:
        return ims_rule_get(IMS_RULE_ALIAS_VMD);
    case IMS_JOIN_BRIDGE:
        return bridge_rule(grouping, join->at);
    case IMS_JOIN_UPSTREAM:
        return grouping->verdicts[join->at].rule;
    case IMS_JOIN_TRUNCATED:
        return ims_rule_get(IMS_RULE_UPSTREAM_MISSING);
    case IMS_JOIN_ALIAS:
        return ims_rule_get(IMS_RULE_ALIAS_DEVFN_QUIRK);
    case IMS_JOIN_SLOT:
        return slot_rule(grouping, join->at);
    case IMS_JOIN_PROPOSED_BRIDGE:
        return ims_rule_get(IMS_RULE_PROPOSED_JOIN_BRIDGE);
    case IMS_JOIN_PROPOSED_BUS:
        return ims_rule_get(IMS_RULE_PROPOSED_BUS_SHARED);
    case IMS_JOIN_PROPOSED_SLOT:
        return ims_rule_get(is_same_slot(grouping, function, join->at) &&
                                    !uses_id_of(grouping, function, join->at) &&
                                    !uses_id_of(grouping, join->at, function)
                                ? IMS_RULE_PROPOSED_MFD
                                : IMS_RULE_PROPOSED_ALIAS);
    case IMS_JOIN_FOUNDED:
        break;
    }
    return NULL;
}

static const char *alias_text(struct ims_arena *arena, const struct ims_grouping *grouping,
                              const struct ims_join *join)
{
    char at[IMS_ADDRESS_STRING_SIZE];
    char to[IMS_ADDRESS_STRING_SIZE];
    struct ims_alias_mask mask;
    const char *label = NULL;
    const uint32_t ends[2] = {join->at, join->to};

    for (unsigned i = 0; i < 2 && !label; i++)
        if (ims_judge_aliases(&grouping->judge, (struct ims_function){ends[i]}, &mask))
            label = mask.label;
    return ims_arena_printf(arena,
                            "%s and %s can use each other's requester id (%s): the IOMMU cannot "
                            "tell them apart",
                            ims_address_format(ims_grouping_info(grouping, join->at)->address, at),
                            ims_address_format(ims_grouping_info(grouping, join->to)->address, to),
                            label ? label : "known device family");
}

const char *ims_evidence_cut_off(struct ims_arena *arena, const struct ims_grouping *grouping,
                                 uint32_t function)
{
    const struct ims_bus_info *bus =
        ims_topology_bus(grouping->topology, ims_grouping_info(grouping, function)->bus);

    while (!ims_bus_is_none(bus->parent))
        bus = ims_topology_bus(grouping->topology, bus->parent);
    return ims_arena_printf(arena,
                            "the bridge above bus %04x:%02x is not in the input, so it is unknown "
                            "what stands between that bus and the IOMMU",
                            bus->segment, bus->number);
}

const char *ims_evidence_join(struct ims_arena *arena, const struct ims_grouping *grouping,
                              uint32_t function)
{
    const struct ims_join *join = &grouping->likely.joins[function];
    char self[IMS_ADDRESS_STRING_SIZE];
    char at[IMS_ADDRESS_STRING_SIZE];
    char to[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(ims_grouping_info(grouping, function)->address, self);
    ims_address_format(
        ims_grouping_info(grouping, join->at == IMS_NONE ? function : join->at)->address, at);
    ims_address_format(
        ims_grouping_info(grouping, join->to == IMS_NONE ? function : join->to)->address, to);

    switch (join->kind) {
    case IMS_JOIN_REAL_DMA:
        return ims_arena_printf(arena,
                                "%s sends its requests with the requester id of the VMD "
                                "endpoint %s",
                                self, at);
    case IMS_JOIN_BRIDGE:
        return ims_arena_printf(arena,
                                "%s is behind %s (%s), whose requester id stands for everything "
                                "below it",
                                self, at,
                                ims_port_type_to_string(ims_judge_port_type(
                                    &grouping->judge, (struct ims_function){join->at})));
    case IMS_JOIN_UPSTREAM:
        return ims_arena_printf(arena,
                                "%s reaches the IOMMU through %s, which may re-route its "
                                "requests: %s",
                                self, at, ims_evidence_acs(arena, grouping, join->at));
    case IMS_JOIN_TRUNCATED:
        return ims_arena_printf(arena, "the bridge above %s is not in the input", at);
    case IMS_JOIN_ALIAS:
        return alias_text(arena, grouping, join);
    case IMS_JOIN_SLOT:
        return ims_arena_printf(arena,
                                "%s and %s are functions of one device that may pass requests to "
                                "each other inside: %s",
                                at, to, ims_evidence_acs(arena, grouping, join->at));
    case IMS_JOIN_PROPOSED_BRIDGE:
        return ims_arena_printf(arena, "%s is below %s, whose group is not isolated from it", self,
                                at);
    case IMS_JOIN_PROPOSED_BUS:
        return ims_arena_printf(arena,
                                "%s shares the bus below %s with %s, and ports on that bus "
                                "may send requests to each other",
                                self, at, to);
    case IMS_JOIN_PROPOSED_SLOT:
        return ims_arena_printf(arena,
                                "%s and %s are linked on their bus: functions of one device "
                                "without working ACS, or a shared requester id",
                                self, to);
    case IMS_JOIN_FOUNDED:
        break;
    }
    return ims_arena_printf(arena, "%s is the first of its group", self);
}
