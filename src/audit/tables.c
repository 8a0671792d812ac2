/* SPDX-License-Identifier: MIT */
/* What the firmware's tables say of IOMMUs: who is covered by none, what is left out, lints (E1-E9). */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "audit/model.h"

/* Functions that a finding is about while they are collected; room for all. */
struct list {
    struct ims_function *items;
    uint32_t count;
};

static bool is_issuer(const struct ims_audit *audit, uint32_t function)
{
    return ims_fabric_is_issuer(audit->fabric, (struct ims_function){function});
}

static struct ims_finding *add(struct ims_audit *audit, enum ims_rule_id rule,
                               enum ims_severity severity, const struct list *list)
{
    struct ims_finding *finding = ims_audit_add(audit, rule, severity, list->items, list->count);

    if (finding)
        finding->remedy = finding->rule->remedy;
    return finding;
}

/* ---- UNCOVERED ---- */

/* A write by a function that nothing translates: the first outcome that ends in the host. */
static int add_witness(struct ims_audit *audit, struct ims_finding *finding, uint64_t address)
{
    const struct ims_function issuer = finding->functions[0];

    finding->witness_tlp =
        (struct ims_tlp){.kind = IMS_TLP_MEMORY_WRITE, .address = address, .to = IMS_FUNCTION_NONE};
    finding->witness_issuer = issuer;
    int code =
        ims_fabric_route(audit->fabric, issuer, &finding->witness_tlp, &finding->witness, NULL);
    for (uint32_t i = 0; code == 0 && i < ims_fabric_route_count(finding->witness); i++) {
        if (ims_fabric_route_at(finding->witness, i)->end == IMS_FABRIC_END_HOST) {
            finding->witness_outcome = i;
            return 0;
        }
    }
    if (code == 0) {
        ims_fabric_route_free(finding->witness);
        finding->witness = NULL;
    }
    return code;
}

static int uncovered(struct ims_audit *audit, struct list *list)
{
    struct ims_finding *finding;

    list->count = 0;
    for (uint32_t i = 0; i < audit->function_count; i++)
        if (is_issuer(audit, i) && ims_fabric_is_uncovered(audit->fabric, (struct ims_function){i}))
            list->items[list->count++].index = i;
    if (list->count == 0)
        return 0;
    finding = add(audit, IMS_RULE_UNCOVERED, IMS_SEVERITY_CRITICAL, list);
    if (!finding)
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena,
        "the tables of the firmware name no IOMMU for %u function%s: %s read and write all of "
        "memory, so %s with the host",
        list->count, list->count == 1 ? "" : "s", list->count == 1 ? "it can" : "they can",
        list->count == 1 ? "it is in one set" : "they are in one set");
    return finding->text ? add_witness(audit, finding, 0) : -ENOMEM;
}

/* ---- reserved memory ---- */

static void collect_range(const struct ims_audit *audit, uint32_t range, struct list *list)
{
    list->count = 0;
    for (uint32_t i = 0; i < audit->function_count; i++)
        if (is_issuer(audit, i) &&
            ims_topology_range_is_for(audit->topology, range, (struct ims_function){i}))
            list->items[list->count++].index = i;
}

static int exclusion(struct ims_audit *audit, uint32_t index, struct list *list)
{
    const struct ims_acpi_range *range = &ims_topology_tables(audit->topology)->ranges[index];
    struct ims_finding *finding = add(audit, IMS_RULE_EXCLUSION_RANGE, IMS_SEVERITY_MEDIUM, list);

    if (!finding)
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena,
        "requests to 0x%" PRIx64 "-0x%" PRIx64 " pass the IOMMU untranslated: whoever owns %s "
        "reaches that memory of the host",
        range->first, range->last, list->count == 1 ? "this function" : "one of these functions");
    return finding->text ? add_witness(audit, finding, range->first) : -ENOMEM;
}

/* Whether two of them are in different groups, or one is in none. */
static bool is_shared(const struct ims_audit *audit, const struct list *list)
{
    for (uint32_t i = 1; i < list->count; i++)
        if (audit->group_of[list->items[i].index] != audit->group_of[list->items[0].index])
            return true;
    return false;
}

static int shared_memory(struct ims_audit *audit, uint32_t index, struct list *list)
{
    const struct ims_acpi_range *range = &ims_topology_tables(audit->topology)->ranges[index];
    struct ims_finding *finding = add(audit, IMS_RULE_SHARED_RMRR, IMS_SEVERITY_INFO, list);

    if (!finding)
        return -ENOMEM;
    finding->text =
        ims_arena_printf(&audit->arena,
                         "%u functions of different groups keep the reserved memory 0x%" PRIx64
                         "-0x%" PRIx64 " mapped: they share it",
                         list->count, range->first, range->last);
    return finding->text ? 0 : -ENOMEM;
}

static int ranges(struct ims_audit *audit, struct list *list)
{
    const struct ims_acpi_tables *tables = ims_topology_tables(audit->topology);
    int code = 0;

    for (uint32_t i = 0; i < tables->range_count && code == 0; i++) {
        collect_range(audit, i, list);
        if (tables->ranges[i].kind == IMS_ACPI_RANGE_EXCLUSION && list->count > 0)
            code = exclusion(audit, i, list);
        else if (tables->ranges[i].kind == IMS_ACPI_RANGE_IDENTITY && is_shared(audit, list))
            code = shared_memory(audit, i, list);
    }
    return code;
}

/* ---- lints ---- */

/* A unit behind the include-all one of its segment (E2). */
static int order(struct ims_audit *audit, struct list *list)
{
    const struct ims_acpi_tables *tables = ims_topology_tables(audit->topology);
    struct ims_finding *finding;

    if (!tables->late_unit)
        return 0;
    list->count = 0;
    for (uint32_t i = 0; i < audit->function_count; i++)
        if (ims_audit_info(audit, i)->coverage.unit == tables->late_unit_index)
            list->items[list->count++].index = i;
    finding = add(audit, IMS_RULE_DMAR_ORDER, IMS_SEVERITY_INFO, list);
    if (!finding)
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena,
        "unit number %u of the DMAR table (registers at 0x%" PRIx64 ") stands behind the unit that "
        "takes all that is left in its segment",
        tables->late_unit_index + 1, tables->units[tables->late_unit_index].base);
    return finding->text ? 0 : -ENOMEM;
}

/* The id where one mapping ends and another begins (E5). */
static int overlap(struct ims_audit *audit, struct list *list)
{
    const struct ims_acpi_tables *tables = ims_topology_tables(audit->topology);
    char id[IMS_ADDRESS_STRING_SIZE];
    struct ims_finding *finding;

    if (!tables->overlap)
        return 0;
    list->items[0] = ims_topology_find(audit->topology, tables->overlap_at);
    list->count = !ims_function_is_none(list->items[0]);
    finding = add(audit, IMS_RULE_IORT_COUNT_OVERLAP, IMS_SEVERITY_INFO, list);
    if (!finding)
        return -ENOMEM;
    finding->text = ims_arena_printf(
        &audit->arena,
        "two mappings of the IORT table claim the requester id %s, the last one of the first: its "
        "count is one too large; the second one counts",
        ims_address_format(tables->overlap_at, id));
    return finding->text ? 0 : -ENOMEM;
}

/* T103: messages of interrupts are not checked at all. */
static int interrupts(struct ims_audit *audit, struct list *list)
{
    const struct ims_acpi_tables *tables = ims_topology_tables(audit->topology);
    struct ims_finding *finding;

    if (tables->interrupt_remapping != IMS_NO || tables->unit_count == 0)
        return 0;
    list->count = 0;
    finding = add(audit, IMS_RULE_NO_INTERRUPT_REMAP, IMS_SEVERITY_CRITICAL, list);
    if (!finding)
        return -ENOMEM;
    finding->text = "the DMAR table says that this platform has no interrupt remapping: any device "
                    "of a guest can raise any interrupt of the host";
    return 0;
}

int ims_audit_tables(struct ims_audit *audit)
{
    struct list list = {calloc((size_t)audit->function_count + 1, sizeof(struct ims_function)), 0};
    int code = list.items ? uncovered(audit, &list) : -ENOMEM;

    if (code == 0)
        code = ranges(audit, &list);
    if (code == 0)
        code = order(audit, &list);
    if (code == 0)
        code = overlap(audit, &list);
    if (code == 0)
        code = interrupts(audit, &list);
    free(list.items);
    return code;
}
