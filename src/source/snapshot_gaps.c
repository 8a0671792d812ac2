/* SPDX-License-Identifier: MIT */
#include "source/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* States the record of one sealed function again. */
static int copy_record(struct ims_builder *builder, const struct ims_record *from)
{
    struct ims_record *record;

    int r = ims_builder_function(builder, from->address, &record, NULL);
    if (r < 0)
        return r;
    *record = *from; /* strings are only looked at while the topology lives */
    record->config = (struct ims_config){0};
    for (uint32_t i = 0; i < from->config.row_count; i++) {
        const struct ims_config_row *row = &from->config.rows[i];
        for (unsigned at = 0; at < IMS_CONFIG_ROW_BYTES && r == 0; at++)
            if (row->known[at])
                r = ims_config_set(&record->config, row->offset + at, row->value[at],
                                   row->known[at]);
    }
    return r;
}

static int seal_again(const struct ims_topology *topology, struct ims_topology **ret)
{
    const struct ims_acpi_tables *tables = ims_topology_tables(topology);
    struct ims_builder *builder = ims_builder_new();
    int r = builder ? 0 : -ENOMEM;

    if (r == 0)
        *ims_builder_machine(builder) = *ims_topology_machine(topology);
    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT && r == 0; i++)
        if (tables->bytes[i])
            r = ims_builder_table(builder, (enum ims_acpi_table)i, tables->bytes[i],
                                  tables->size_bytes[i]);
    for (uint32_t i = 0; i < ims_topology_function_count(topology) && r == 0; i++) {
        const struct ims_function function = {i};
        r = copy_record(builder, ims_topology_function(topology, function)->record);
    }
    if (r < 0) {
        ims_builder_free(builder);
        return r;
    }
    return ims_builder_seal(builder, ret, NULL);
}

static bool same_gap(const struct ims_gap *a, const struct ims_gap *b)
{
    return a->kind == b->kind && a->has_address == b->has_address && a->line == b->line &&
           (!a->has_address || ims_address_compare(a->address, b->address) == 0) &&
           strcmp(a->text, b->text) == 0;
}

/* Whether the last count gaps of topology are the first count gaps of sealed. */
static bool ends_with(const struct ims_topology *topology, const struct ims_topology *sealed,
                      uint32_t count)
{
    const uint32_t first = ims_topology_gap_count(topology) - count;

    for (uint32_t i = 0; i < count; i++)
        if (!same_gap(ims_topology_gap(topology, first + i), ims_topology_gap(sealed, i)))
            return false;
    return true;
}

int ims_snapshot_sealing_gaps(const struct ims_topology *topology, uint32_t *ret_count,
                              uint64_t *ret_dropped)
{
    struct ims_topology *sealed;

    if (ims_topology_gap_count(topology) == 0) {
        *ret_count = 0;
        *ret_dropped = 0;
        return 0;
    }
    const int r = seal_again(topology, &sealed);
    if (r < 0)
        return r;

    uint32_t count = ims_topology_gap_count(sealed);
    if (count > ims_topology_gap_count(topology))
        count = ims_topology_gap_count(topology);
    /* The list may have been full before all of them were in it. */
    while (count > 0 && !ends_with(topology, sealed, count))
        count--;
    *ret_count = count;
    *ret_dropped = ims_topology_gap_count(sealed) - count + ims_topology_gaps_dropped(sealed);
    if (*ret_dropped > ims_topology_gaps_dropped(topology))
        *ret_dropped = ims_topology_gaps_dropped(topology);
    ims_topology_free(sealed);
    return 0;
}
