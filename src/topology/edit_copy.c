/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "topology/edit.h"

#define NO_IOMMU_GROUP "vfio-noiommu"

/* ---- one record ---- */

int ims_edit_copy_config(struct ims_config *config, const struct ims_config *from)
{
    struct ims_config_row *rows = NULL;

    if (from->row_count) {
        rows = malloc(from->row_count * sizeof(*rows));
        if (!rows)
            return -ENOMEM;
        memcpy(rows, from->rows, from->row_count * sizeof(*rows));
    }
    ims_config_done(config);
    *config = (struct ims_config){
        .rows = rows, .row_count = from->row_count, .row_capacity = from->row_count};
    return 0;
}

void ims_edit_forget(struct ims_config *config, unsigned offset, unsigned size_bytes)
{
    for (uint32_t i = 0; i < config->row_count; i++) {
        struct ims_config_row *row = &config->rows[i];
        for (unsigned at = 0; at < IMS_CONFIG_ROW_BYTES; at++) {
            if (row->offset + at < offset || row->offset + at >= offset + size_bytes)
                continue;
            row->value[at] = 0;
            row->known[at] = 0;
        }
    }
}

static bool copy_text(struct ims_builder *builder, const char **text)
{
    if (*text)
        *text = ims_builder_string(builder, *text, strlen(*text));
    return *text != NULL;
}

/* false when memory is short */
static bool copy_texts(struct ims_builder *builder, struct ims_record *record)
{
    const char **const texts[] = {
        &record->driver,      &record->iommu,      &record->power_state,     &record->vendor_name,
        &record->device_name, &record->class_name, &record->label,           &record->slot,
        &record->modules,     &record->serial,     &record->driver_override, &record->reset_methods,
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (*texts[i] && !copy_text(builder, texts[i]))
            return false;
    if (!record->ids)
        return true;
    record->ids = ims_builder_ids(builder, record->ids, record->id_count);
    return record->ids != NULL;
}

int ims_edit_copy_record(struct ims_builder *builder, const struct ims_record *from,
                         struct ims_address address, struct ims_record **ret)
{
    struct ims_record *record = NULL;
    bool existed = false;
    int r = ims_builder_function(builder, address, &record, &existed);

    if (r == 0 && existed)
        r = -EEXIST; /* no edit may put two functions in one place */
    if (r < 0)
        return r;
    *record = *from;
    record->address = address;
    record->config = (struct ims_config){0};
    r = ims_edit_copy_config(&record->config, &from->config);
    if (r == 0 && !copy_texts(builder, record))
        r = -ENOMEM;
    *ret = record;
    return r;
}

/* ---- what is true of the machine, but for its functions ---- */

static int copy_machine(struct ims_builder *builder, const struct ims_machine *from)
{
    struct ims_machine *machine = ims_builder_machine(builder);

    *machine = *from;
    machine->groups_stated = IMS_UNKNOWN;
    machine->is_live = IMS_NO;
    const char **const texts[] = {
        &machine->source_kind,  &machine->kernel_release, &machine->cmdline,
        &machine->architecture, &machine->product,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (*texts[i] && !copy_text(builder, texts[i]))
            return -ENOMEM;
    return 0;
}

static int copy_tables(struct ims_builder *builder, const struct ims_acpi_tables *tables)
{
    int r = 0;

    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT && r == 0; i++)
        if (tables->bytes[i])
            r = ims_builder_table(builder, (enum ims_acpi_table)i, tables->bytes[i],
                                  tables->size_bytes[i]);
    return r;
}

/* Only what was noted while the input was read: sealing notes the rest again, of the new machine. */
static void copy_gaps(struct ims_edit_step *step)
{
    const struct ims_topology *from = step->from;

    for (uint32_t i = 0; i < from->gap_count && i < from->source_gap_count; i++) {
        const struct ims_gap *gap = &from->gaps[i];
        struct ims_address address = gap->address;
        const struct ims_function function =
            gap->has_address ? ims_topology_find(from, address) : IMS_FUNCTION_NONE;

        if (!ims_function_is_none(function)) {
            if (step->places[function.index].dropped)
                continue;
            address = step->places[function.index].address;
        }
        ims_builder_gap(step->builder, gap->kind, gap->has_address ? &address : NULL, gap->path,
                        gap->line, "%s", gap->text);
    }
}

/* ---- the functions ---- */

static bool in_made_up_group(const struct ims_topology *topology, const struct ims_record *record)
{
    uint32_t low = 0;
    uint32_t high = topology->group_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const struct ims_kernel_group *group = &topology->groups[middle];
        if (group->number == record->group)
            return group->name && strcmp(group->name, NO_IOMMU_GROUP) == 0;
        if (group->number < record->group)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* The number is the kernel's of the old machine; that an IOMMU takes the function stays true. */
static void drop_group(const struct ims_topology *topology, struct ims_record *record)
{
    if (record->group_state != IMS_GROUP_KNOWN)
        return;
    record->group_state = IMS_GROUP_UNKNOWN;
    if (in_made_up_group(topology, record))
        record->group_state = IMS_GROUP_NONE;
    else
        record->was_grouped = true;
    record->group = 0;
}

/* What was true of the function in its old slot only. */
static void leave_slot(struct ims_record *record)
{
    record->group_state = IMS_GROUP_UNKNOWN;
    record->was_grouped = false;
    record->iommu = NULL;
    record->label = NULL;
    record->slot = NULL;
    record->numa_stated = false;
    record->numa_node = 0;
    record->on_root_bus = false;
    record->vmd_endpoint_stated = false;
}

/* Where the function went that had address before the step; false when it is no more. */
static bool follow_address(const struct ims_edit_step *step, struct ims_address *address)
{
    const struct ims_function function = ims_topology_find(step->from, *address);

    if (ims_function_is_none(function))
        return true; /* it never was in the input */
    if (step->places[function.index].dropped)
        return false;
    *address = step->places[function.index].address;
    return true;
}

static int copy_function(struct ims_edit_step *step, uint32_t index)
{
    const struct ims_function_info *info = &step->from->functions[index];
    struct ims_record *record = NULL;
    int r = ims_edit_copy_record(step->builder, info->record, step->places[index].address, &record);

    if (r < 0)
        return r;
    drop_group(step->from, record);
    if (step->places[index].moved)
        leave_slot(record);
    if (step->places[index].covered)
        record->was_grouped = record->group_state == IMS_GROUP_UNKNOWN;
    /* The registers say so only where the numbers of the physical function are as they were. */
    if (info->is_vf == IMS_YES && !ims_function_is_none(info->physfn)) {
        record->is_vf = IMS_YES;
        record->physfn_stated = true;
        record->physfn = step->from->functions[info->physfn.index].address;
    }
    if (record->physfn_stated)
        record->physfn_stated = follow_address(step, &record->physfn);
    if (record->vmd_endpoint_stated)
        record->vmd_endpoint_stated = follow_address(step, &record->vmd_endpoint);
    return 0;
}

int ims_edit_begin(struct ims_edit_step *step)
{
    const struct ims_topology *from = step->from;

    step->builder = ims_builder_new();
    int r = step->builder ? copy_machine(step->builder, &from->machine) : -ENOMEM;
    if (r == 0)
        r = copy_tables(step->builder, &from->tables);
    for (uint32_t i = 0; i < from->function_count && r == 0; i++)
        if (!step->places[i].dropped)
            r = copy_function(step, i);
    if (r < 0)
        return r;
    copy_gaps(step);
    step->builder->gaps_dropped = from->gaps_dropped;
    return 0;
}

int ims_edit_copy(const struct ims_topology *from, struct ims_builder **ret)
{
    struct ims_edit_step step = {.from = from};

    step.places = calloc((size_t)from->function_count + 1, sizeof(*step.places));
    if (!step.places)
        return -ENOMEM;
    for (uint32_t i = 0; i < from->function_count; i++)
        step.places[i].address = from->functions[i].address;
    const int r = ims_edit_begin(&step);
    free(step.places);
    if (r < 0) {
        ims_builder_free(step.builder);
        return r;
    }
    *ret = step.builder;
    return 0;
}
