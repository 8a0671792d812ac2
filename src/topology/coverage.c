/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "acpi/decode.h"
#include "pci/regs.h"
#include "topology/model.h"

/* Which unit of the firmware tables looks at which function (E2, E4-E6, E9). */

/* Segments from here on are made up by VMD; no table speaks of them. */
#define TABLE_SEGMENT_MAX 0xffffu

/* ---- device scopes of DMAR ---- */

/* Secondary buses are followed for all but the last step (E1). */
static struct ims_scope_end find_end(const struct ims_topology *topology,
                                     const struct ims_acpi_scope *scope)
{
    struct ims_address address = {scope->segment, scope->start_bus, 0};
    struct ims_scope_end end = {IMS_NONE, false};

    for (uint32_t step = 0; step < scope->path_length; step++) {
        const uint8_t device = scope->path[(size_t)2 * step];
        const uint8_t function = scope->path[(size_t)2 * step + 1];

        if (device > 31 || function > 7)
            return (struct ims_scope_end){IMS_NONE, false};
        address.devfn = (uint8_t)(device << 3 | function);
        end.function = ims_topology_find(topology, address).index;
        if (end.function == IMS_NONE || step + 1 == scope->path_length)
            return end;
        const struct ims_bits secondary = topology->functions[end.function].pci.bridge.secondary;
        if (!ims_bits_all_known(secondary, 0xff))
            return (struct ims_scope_end){IMS_NONE, true};
        address.bus = (uint8_t)secondary.value;
    }
    return end;
}

static int find_ends(struct ims_builder *builder, struct ims_topology *topology)
{
    const struct ims_acpi_tables *tables = &topology->tables;

    topology->scope_ends =
        ims_arena_alloc_array(&builder->arena, tables->scope_count, sizeof(*topology->scope_ends));
    if (!topology->scope_ends)
        return -ENOMEM;
    for (uint32_t i = 0; i < tables->scope_count; i++)
        topology->scope_ends[i] = find_end(topology, &tables->scopes[i]);
    return 0;
}

/* Per function: the units that name it, and that name it as a bridge; IMS_NONE for none. */
struct scoped {
    uint32_t *exact;
    uint32_t *below;
    bool is_open;
};

static void fill_scoped(const struct ims_topology *topology, struct scoped *scoped)
{
    const struct ims_acpi_tables *tables = &topology->tables;

    for (uint32_t i = 0; i < topology->function_count; i++)
        scoped->exact[i] = scoped->below[i] = IMS_NONE;
    for (uint32_t i = 0; i < tables->scope_count; i++) {
        const struct ims_acpi_scope *scope = &tables->scopes[i];
        const struct ims_scope_end *end = &topology->scope_ends[i];
        uint32_t *units = scope->kind == IMS_ACPI_SCOPE_BELOW ? scoped->below : scoped->exact;

        if (scope->unit == IMS_ACPI_NONE)
            continue;
        scoped->is_open |= end->is_open;
        if (end->function != IMS_NONE && units[end->function] == IMS_NONE)
            units[end->function] = scope->unit;
    }
}

/* Of a VF the physical function; of what is behind VMD the endpoint (R6.2, E2). */
static uint32_t stand_in(const struct ims_topology *topology, uint32_t function)
{
    const struct ims_function_info *info = &topology->functions[function];

    if (!ims_function_is_none(info->vmd_endpoint))
        return info->vmd_endpoint.index;
    if (info->is_vf == IMS_YES && !ims_function_is_none(info->physfn))
        return info->physfn.index;
    return function;
}

/* The nearest scope wins, then the include-all unit of the segment, wherever that stands (E2). */
static uint32_t unit_of_dmar(const struct ims_topology *topology, const struct scoped *scoped,
                             uint32_t function)
{
    const struct ims_acpi_tables *tables = &topology->tables;
    const uint32_t segment = topology->functions[function].address.segment;
    struct ims_function above = {function};

    if (scoped->exact[function] != IMS_NONE)
        return scoped->exact[function];
    for (; !ims_function_is_none(above); above = ims_topology_bridge_above(topology, above))
        if (scoped->below[above.index] != IMS_NONE)
            return scoped->below[above.index];
    for (uint32_t i = 0; i < tables->unit_count; i++)
        if (tables->units[i].include_all && tables->units[i].segment == segment)
            return i;
    return IMS_NONE;
}

/* ---- ids of IVRS, IORT and VIOT ---- */

static bool is_for(const struct ims_acpi_mapping *mapping, uint32_t segment, uint16_t id)
{
    return mapping->segment_first <= segment && segment <= mapping->segment_last &&
           mapping->first <= id && id <= mapping->last;
}

/*
 * AMD's tables name exceptions after the rule, so the last mapping counts. In the others the first
 * counts, but for an id that is the last of one mapping and is named by another (E5).
 */
static const struct ims_acpi_mapping *find_mapping(const struct ims_acpi_tables *tables,
                                                   uint32_t segment, uint16_t id)
{
    const struct ims_acpi_mapping *found = NULL;
    bool at_end = false;

    for (uint32_t i = 0; i < tables->mapping_count; i++) {
        const struct ims_acpi_mapping *mapping = &tables->mappings[i];
        const bool amd = tables->units[mapping->unit].table == IMS_ACPI_IVRS;

        if (!is_for(mapping, segment, id))
            continue;
        if (found && !amd && !at_end)
            continue;
        found = mapping;
        at_end = !amd && !mapping->single && mapping->first != mapping->last && id == mapping->last;
    }
    return found;
}

bool ims_topology_lookup(const struct ims_topology *topology, struct ims_address requester,
                         struct ims_lookup *ret)
{
    const uint16_t id = (uint16_t)((unsigned)requester.bus << 8 | requester.devfn);
    const struct ims_acpi_mapping *mapping = find_mapping(&topology->tables, requester.segment, id);

    if (!mapping)
        return false;
    ret->unit = mapping->unit;
    ret->id = mapping->single
                  ? mapping->output
                  : mapping->output + ((requester.segment - mapping->segment_first) << 16) +
                        (uint32_t)(id - mapping->first);
    return true;
}

/* The function's own id, or one that a bridge above it puts in (B2, B3, R6.8). */
static uint32_t unit_of_id(const struct ims_topology *topology, uint32_t function)
{
    struct ims_address id = topology->functions[function].address;
    struct ims_function above = {function};
    struct ims_lookup lookup;

    if (ims_topology_lookup(topology, id, &lookup))
        return lookup.unit;
    for (;;) {
        above = ims_topology_bridge_above(topology, above);
        if (ims_function_is_none(above))
            return IMS_NONE;
        const struct ims_function_info *bridge = &topology->functions[above.index];
        if (bridge->port_type != IMS_PORT_CONVENTIONAL &&
            bridge->port_type != IMS_PORT_PCIE_TO_PCI_BRIDGE &&
            bridge->port_type != IMS_PORT_PCI_TO_PCIE_BRIDGE)
            continue;
        id = (struct ims_address){bridge->address.segment,
                                  (uint8_t)bridge->pci.bridge.secondary.value, 0};
        if (ims_topology_lookup(topology, bridge->address, &lookup) ||
            ims_topology_lookup(topology, id, &lookup))
            return lookup.unit;
    }
}

/* ---- together ---- */

/* Whether "no unit" can be said: all tables that are there were read, and speak of units. */
static bool is_complete(const struct ims_topology *topology)
{
    const struct ims_machine *machine = &topology->machine;
    const struct ims_acpi_tables *tables = &topology->tables;
    const enum ims_tristate exists[IMS_ACPI_TABLE_COUNT] = {machine->acpi_dmar, machine->acpi_ivrs,
                                                            machine->acpi_iort, machine->acpi_viot};

    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++)
        if (tables->damage[i] || (exists[i] == IMS_YES && !tables->bytes[i]))
            return false;
    return tables->unit_count > 0;
}

static bool is_unit(const struct ims_acpi_tables *tables, const struct ims_function_info *info)
{
    if (ims_bits_all_known(info->class_code, 0xffff00) &&
        info->class_code.value >> 8 == IMS_CLASS_IOMMU)
        return true;
    for (uint32_t i = 0; i < tables->unit_count; i++)
        if (tables->units[i].has_function &&
            ims_address_compare(tables->units[i].function, info->address) == 0)
            return true;
    return false;
}

static void cover(struct ims_topology *topology, const struct scoped *scoped, bool complete,
                  uint32_t function)
{
    struct ims_function_info *info = &topology->functions[function];
    const uint32_t real = stand_in(topology, function);
    const uint32_t by_id = ims_function_is_none(info->vmd_endpoint) ? function : real;
    uint32_t unit = unit_of_dmar(topology, scoped, real);

    if (unit == IMS_NONE)
        unit = unit_of_id(topology, by_id);
    info->coverage.unit = unit;
    info->coverage.is_unit = is_unit(&topology->tables, info);
    if (unit != IMS_NONE)
        info->coverage.covered = IMS_YES;
    else if (complete && topology->functions[real].address.segment <= TABLE_SEGMENT_MAX)
        info->coverage.covered = IMS_NO;
    /* No group is made for what no unit covers: then the tables were misread or are wrong (E9). */
    if (info->coverage.covered == IMS_NO &&
        (info->record->group_state == IMS_GROUP_KNOWN || info->record->was_grouped)) {
        info->coverage.covered = IMS_UNKNOWN;
        info->coverage.contradicts = true;
    }
}

static void note_gaps(struct ims_builder *builder, const struct ims_topology *topology)
{
    const struct ims_acpi_tables *tables = &topology->tables;

    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++)
        if (tables->damage[i])
            ims_builder_gap(builder, IMS_GAP_MALFORMED, NULL, NULL, 0,
                            "the ACPI table %s is damaged at offset 0x%x: %s; what it does not "
                            "cover stays unknown",
                            ims_acpi_table_to_string((enum ims_acpi_table)i),
                            tables->damage_offset[i], tables->damage[i]);
    for (uint32_t i = 0; i < topology->function_count; i++) {
        const struct ims_function_info *info = &topology->functions[i];
        if (!info->coverage.contradicts)
            continue;
        ims_builder_gap(builder, IMS_GAP_CONTRADICTION, &info->address, NULL, 0,
                        info->record->was_grouped
                            ? "no IOMMU of the ACPI tables covers it, which were written before "
                              "the machine was edited"
                            : "the kernel has a group for it, but no IOMMU of the ACPI tables "
                              "covers it");
        return; /* one tells that the tables are not to be relied on */
    }
}

int ims_seal_coverage(struct ims_builder *builder, struct ims_topology *topology)
{
    const size_t count = (size_t)topology->function_count + 1;
    struct scoped scoped = {malloc(count * sizeof(uint32_t)), malloc(count * sizeof(uint32_t)),
                            false};
    int r = scoped.exact && scoped.below ? 0 : -ENOMEM;

    topology->tables = builder->tables;
    if (r == 0)
        r = ims_acpi_decode(&builder->arena, &topology->tables);
    if (r == 0)
        r = find_ends(builder, topology);
    if (r == 0) {
        fill_scoped(topology, &scoped);
        const bool complete = is_complete(topology) && !scoped.is_open;
        for (uint32_t i = 0; i < topology->function_count; i++)
            cover(topology, &scoped, complete, i);
        note_gaps(builder, topology);
    }
    free(scoped.exact);
    free(scoped.below);
    return r;
}

/* ---- reserved memory ---- */

static bool scope_is_for(const struct ims_topology *topology, uint32_t scope, uint32_t function)
{
    const uint32_t end = topology->scope_ends[scope].function;
    struct ims_function above = {function};

    if (end == IMS_NONE)
        return false;
    if (topology->tables.scopes[scope].kind == IMS_ACPI_SCOPE_FUNCTION)
        return end == function;
    for (; !ims_function_is_none(above); above = ims_topology_bridge_above(topology, above))
        if (above.index == end)
            return true;
    return false;
}

bool ims_topology_range_is_for(const struct ims_topology *topology, uint32_t range,
                               struct ims_function function)
{
    const struct ims_acpi_tables *tables = &topology->tables;
    const struct ims_acpi_range *item = &tables->ranges[range];
    const struct ims_address address = topology->functions[function.index].address;
    struct ims_lookup lookup = {IMS_NONE, (uint32_t)address.bus << 8 | address.devfn};

    if (item->by_scope) {
        const uint32_t real = stand_in(topology, function.index);
        for (uint32_t i = 0; i < tables->scope_count; i++)
            if (tables->scopes[i].range == range && scope_is_for(topology, i, real))
                return true;
        return false;
    }
    if (item->unit == IMS_ACPI_NONE)
        return item->segment == address.segment && item->id_first <= lookup.id &&
               lookup.id <= item->id_last;
    return ims_topology_lookup(topology, address, &lookup) && lookup.unit == item->unit &&
           item->id_first <= lookup.id && lookup.id <= item->id_last;
}
