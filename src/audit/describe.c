/* SPDX-License-Identifier: MIT */
/* What is to be said about a way out of a group. */
#include <errno.h>
#include <inttypes.h>

#include "audit/model.h"

/* "%s" is the function that decides. */
static const struct words {
    enum ims_rule_id rule;
    const char *why;
    const char *assumption; /* where it is not certain */
    const char *limits;
} words[] = {
    {IMS_RULE_SIBLING_DSP,
     "%s turns the request to the port beside it, and Linux looks at the port above each device "
     "only, not at the one that turns",
     "whether %s really sends such requests up",
     "Where the port has no request redirect at all, only other hardware or another slot helps."},
    {IMS_RULE_EGRESS_VECTOR,
     "the egress control of %s lets the request pass directly, and Linux never reads the vector",
     "the egress control vector of %s", NULL},
    {IMS_RULE_UF_UNDEFINED,
     "%s gets the redirected request back from below without upstream forwarding, and the standard "
     "does not say what it then does",
     "that %s sends such requests up, which most ports do",
     "A port without the upstream forwarding capability cannot be told to do it."},
    {IMS_RULE_MULTICAST,
     "the address is in a multicast range, and %s copies the write whatever redirect says",
     "the multicast registers of %s", NULL},
    {IMS_RULE_PORT_MMIO,
     "the registers of a port are targets too, and %s may deliver the request to them",
     "that %s never delivers requests from below to registers of ports",
     "Only ports with ACS Enhanced Capability can block or redirect this."},
    {IMS_RULE_TRANSLATED,
     "translated requests pass %s directly, and Linux looks at untranslated ones only",
     "whether %s lets translated requests pass", NULL},
    {IMS_RULE_FORGED_ID, "no port below checks requester ids finely enough to tell the two apart",
     "the source validation of the ports above them",
     "Source validation checks the bus number only: functions of one card can always forge."},
    {IMS_RULE_RC_ASSUMPTION,
     "nothing tells whether the root complex looks for a peer before it translates",
     "that the root complex translates first (--rc translate-first) or passes nothing between its "
     "ports (--rc none)",
     "What a root complex does with peers is fixed in silicon, and no register tells."},
    {IMS_RULE_MFD_ASYM,
     "nothing tells %s to send requests for other functions of its device up, and Linux joins "
     "functions only where both lack isolation",
     "that the device has no traffic between its functions, which its vendor can tell",
     "Traffic inside a device is its own affair where it has no ACS."},
    {IMS_RULE_SRIOV,
     "nothing tells %s to send requests for other functions of its device up, and Linux never "
     "reads ACS of virtual functions",
     "the ACS registers of %s, or what its vendor tells",
     "No kernel sets ACS of virtual functions: setpci does, for as long as they exist."},
    {IMS_RULE_REGISTERS_UNKNOWN, "the registers of %s that decide are not in the input",
     "the registers of %s (read as root, with all of configuration space)", NULL},
    {IMS_RULE_MAYBE_SPLIT, "nothing tells %s to send requests for other functions of its device up",
     "whether the device has traffic between its functions, which its vendor can tell", NULL},
    {IMS_RULE_TA_ALIAS, "the IOMMU looks both up by one id", "what the ACPI tables say",
     "What ids a unit looks up is fixed by the firmware and the wiring."},
    {IMS_RULE_UNCOVERED, "no IOMMU covers either", "what the ACPI tables say",
     "Only other firmware, or another slot, puts a function behind an IOMMU."},
    {IMS_RULE_CROSSED, "the way is one that Linux does not look for",
     "what is said at the hops of the witness", NULL},
    {IMS_RULE_STALE,
     "the groups are those of other register values, which were changed after the kernel had "
     "formed its groups",
     "what is said at the hops of the witness", NULL},
    {IMS_RULE_OVERRIDE,
     "they are apart only because pcie_acs_override told the kernel to believe so",
     "what is said at the hops of the witness", "The override changes no register."},
    {IMS_RULE_GROUPS_DIFFER,
     "the rules of this kernel would put them together, so the groups are not those that it forms "
     "from these registers",
     "what is said at the hops of the witness", NULL},
};

/* A bridge that is not in the input: "%s" is what stands below it. */
static const struct words of_hidden_bridge = {
    IMS_RULE_REGISTERS_UNKNOWN,
    "the bridge above %s is not in the input, and what it does with requests from below is unknown",
    "the registers of the bridge above %s (a dump of the whole machine)", NULL};

static const struct words *words_of(const struct ims_rule *rule)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (ims_rule_get(words[i].rule) == rule)
            return &words[i];
    return NULL;
}

/* A "%s" in the pattern becomes the name; at most one. */
static const char *filled(struct ims_audit *audit, const char *pattern, const char *name)
{
    for (size_t i = 0; pattern[i]; i++)
        if (pattern[i] == '%' && pattern[i + 1] == 's')
            return ims_arena_printf(&audit->arena, "%.*s%s%s", (int)i, pattern, name,
                                    pattern + i + 2);
    return pattern;
}

/* " (group 3)", "" for what is in no group. */
static const char *group_words(struct ims_audit *audit, struct ims_function function)
{
    uint32_t index = audit->group_of[function.index];

    if (index == IMS_NONE)
        return "";
    return ims_arena_printf(&audit->arena, " (%sgroup %u)",
                            audit->groups[index].of_kernel ? "" : "computed ",
                            audit->groups[index].number);
}

static const char *way_words(enum ims_fabric_edge_kind kind)
{
    if (kind == IMS_FABRIC_EDGE_FORGED)
        return "use the requester id of";
    return "reach";
}

/* An alias has no request that shows it: the id that both may carry is told instead. */
static int describe_alias(struct ims_audit *audit, struct ims_finding *finding,
                          const struct ims_fabric_edge *edge, const char *from, const char *to)
{
    const char *groups[2] = {group_words(audit, edge->from), group_words(audit, edge->to)};
    const bool unsure = ims_audit_ids_unknown(audit, edge);
    bool may = edge->certainty == IMS_FABRIC_MAY;
    char id[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(edge->alias, id);
    if (!groups[0] || !groups[1])
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena,
        "%s%s and %s%s %s carry one requester id, %s (%s), which the IOMMU cannot "
        "tell apart%s",
        from, groups[0], to, groups[1], may ? "may both" : "both", id, edge->rule,
        unsure ? ": not every device id is known, and some devices use ids of others" : "");
    if (may)
        finding->assumption = unsure ? "the exact vendor and device ids (lspci -nn, or a capture)"
                                     : "which requester id the two really use";
    if (unsure)
        finding->severity = IMS_SEVERITY_LOW;
    finding->remedy =
        unsure ? "Read the ids: lspci -nn or -xxxx, or iommuscope capture." : finding->rule->remedy;
    return finding->text ? 0 : -ENOMEM;
}

/* "stream id 0x100 of the SMMU at 0x9050000", the id by which a unit looks up both. */
static const char *lookup_words(struct ims_audit *audit, const struct ims_fabric_edge *edge)
{
    const struct ims_acpi_unit *unit =
        &ims_topology_tables(audit->topology)->units[edge->lookup.unit];
    char id[IMS_ADDRESS_STRING_SIZE];

    if (unit->table == IMS_ACPI_IORT)
        return ims_arena_printf(&audit->arena, "stream id 0x%x of the SMMU at 0x%" PRIx64,
                                edge->lookup.id, unit->base);
    if (unit->table == IMS_ACPI_VIOT)
        return ims_arena_printf(&audit->arena, "endpoint id 0x%x", edge->lookup.id);
    ims_address_format((struct ims_address){edge->alias.segment, (uint8_t)(edge->lookup.id >> 8),
                                            (uint8_t)edge->lookup.id},
                       id);
    return ims_arena_printf(&audit->arena, "requester id %s", id);
}

/* No request shows it either: both sides are right about the id, the table makes one of two. */
static int describe_lookup(struct ims_audit *audit, struct ims_finding *finding,
                           const struct ims_fabric_edge *edge, const char *from, const char *to)
{
    const char *groups[2] = {group_words(audit, edge->from), group_words(audit, edge->to)};
    const char *id = lookup_words(audit, edge);

    if (!groups[0] || !groups[1] || !id)
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena,
        "%s%s and %s%s are looked up by one id, %s, as the %s table says (%s): the IOMMU cannot "
        "tell them apart",
        from, groups[0], to, groups[1], id,
        ims_acpi_table_to_string(
            ims_topology_tables(audit->topology)->units[edge->lookup.unit].table),
        edge->rule);
    finding->remedy = finding->rule->remedy;
    finding->limits = words_of(finding->rule)->limits;
    return finding->text ? 0 : -ENOMEM;
}

/* Both have the memory of the host, and so each that of the other's guest. */
static int describe_host(struct ims_audit *audit, struct ims_finding *finding, const char *from,
                         const char *to)
{
    finding->text = ims_arena_printf(
        &audit->arena, "%s and %s are covered by no IOMMU: both can write all of memory", from, to);
    finding->remedy = finding->rule->remedy;
    return finding->text ? 0 : -ENOMEM;
}

/* The row for a cause. */
static const struct words *row_of(const struct ims_audit *audit, const struct ims_rule *rule,
                                  struct ims_function at)
{
    return rule == ims_rule_get(IMS_RULE_REGISTERS_UNKNOWN) && !ims_function_is_none(at) &&
                   ims_audit_is_cut_off(audit, at)
               ? &of_hidden_bridge
               : words_of(rule);
}

const char *ims_audit_why(struct ims_audit *audit, const struct ims_audit_cause *cause,
                          const char **ret_assumption)
{
    const struct words *row = row_of(audit, ims_rule_get(cause->rule), cause->at);
    const char *name = ims_audit_name(audit, cause->at);

    if (!row || !name)
        return NULL;
    *ret_assumption = filled(audit, row->assumption, name);
    return *ret_assumption ? filled(audit, row->why, name) : NULL;
}

int ims_audit_describe(struct ims_audit *audit, struct ims_finding *finding,
                       const struct ims_fabric_edge *edge)
{
    const struct words *row = row_of(audit, finding->rule, finding->at);
    const char *name = ims_audit_name(audit, finding->at);
    const char *from = ims_audit_name(audit, edge->from);
    const char *to = ims_audit_name(audit, edge->to);
    const char *from_group = group_words(audit, edge->from);
    const char *to_group = group_words(audit, edge->to);
    bool may = edge->certainty == IMS_FABRIC_MAY;
    const char *why;

    if (!row || !name || !from || !to || !from_group || !to_group)
        return -ENOMEM;
    if (edge->kind == IMS_FABRIC_EDGE_HOST)
        return describe_host(audit, finding, from, to);
    if (edge->of_table)
        return describe_lookup(audit, finding, edge, from, to);
    if (edge->kind == IMS_FABRIC_EDGE_ALIAS)
        return describe_alias(audit, finding, edge, from, to);
    why = filled(audit, row->why, name);
    if (!why)
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena, "%s%s %s %s %s%s%s: %s", from, from_group, may ? "may" : "can",
        way_words(edge->kind), to, to_group,
        edge->kind <= IMS_FABRIC_EDGE_MULTICAST ? " without passing the IOMMU" : "", why);
    finding->assumption = may ? filled(audit, row->assumption, name) : NULL;
    finding->limits = row->limits;
    finding->remedy = finding->rule->remedy;
    return finding->text && (!may || finding->assumption) ? 0 : -ENOMEM;
}
