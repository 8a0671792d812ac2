/* SPDX-License-Identifier: MIT */
#include "sketch.h"

#include <errno.h>
#include <string.h>

/* Behind the extended capabilities of any sketch. */
#define STATED_END 0x200u

/*
 * States what a careful reader would read: the first 256 bytes, the extended list, and the first
 * dword of every further 256 bytes (which the test for aliased space looks at, R1.8).
 */
static int state_config(const struct sketch_function *function, struct ims_config *config)
{
    struct sketch_image image;
    sketch_image(function, &image);
    for (unsigned offset = 0; offset < image.size_bytes; offset++) {
        if (offset >= STATED_END && (offset & 0xff) >= 4)
            continue;
        if (!image.known[offset])
            continue;
        unsigned end = offset;
        unsigned stop = offset >= STATED_END ? (offset & ~0xffu) + 4 : STATED_END;
        if (stop > image.size_bytes)
            stop = image.size_bytes;
        while (end < stop && image.known[end] == 0xff)
            end++;
        int r;
        if (end > offset)
            r = ims_config_set_bytes(config, offset, image.bytes + offset, end - offset);
        else
            r = ims_config_set(config, offset, image.bytes[offset], image.known[offset]);
        if (r < 0)
            return r;
        offset = end > offset ? end - 1 : offset;
    }
    return 0;
}

static const char *keep(struct ims_builder *builder, const char *text)
{
    return text[0] ? ims_builder_string(builder, text, strlen(text)) : NULL;
}

static int state_function(struct ims_builder *builder, const struct sketch *sketch,
                          const struct sketch_function *function)
{
    struct ims_record *record;
    int r = ims_builder_function(builder, function->address, &record, NULL);
    if (r < 0)
        return r;
    r = state_config(function, &record->config);
    if (r < 0)
        return r;
    if (function->nocfg || function->cfg64 || function->acs == SKETCH_UNKNOWN)
        record->config_gap = function->nocfg ? IMS_GAP_UNREADABLE : IMS_GAP_NEEDS_ROOT;
    if (function->is_vf || function->id_count > 1 || function->nocfg) {
        record->ids = ims_builder_ids(builder, function->ids, function->id_count);
        record->id_count = function->id_count;
    }
    if (function->nocfg) {
        record->class_stated = true;
        record->class_code = function->class_code;
        record->class_known = 0xffffff;
    }
    sketch_fabric_record(sketch, function, record);
    /* Like sysfs, which shows physfn on every VF and so tells of the others too. */
    record->is_vf = function->is_vf ? IMS_YES : IMS_NO;
    record->physfn_stated = function->is_vf;
    record->physfn = function->physfn;
    record->on_root_bus = function->on_root;
    record->vmd_endpoint_stated = function->vmd_stated;
    record->vmd_endpoint = function->vmd;
    record->group_state = function->group_state;
    record->group = function->group;
    record->driver_stated = function->driver_stated;
    record->driver = keep(builder, function->driver);
    record->iommu = keep(builder, function->iommu);
    record->power_control = keep(builder, function->pm);
    record->power_state = keep(builder, function->power);
    record->override_stated = function->override_stated;
    record->driver_override = keep(builder, function->override);
    record->reset_stated = function->reset_stated;
    record->reset_methods = keep(builder, function->reset);
    record->has_vfio_device = function->vfio_device;
    record->is_stuck = function->stuck;
    record->numvfs_stated = function->sriov;
    record->numvfs = function->sriov_num;
    return 0;
}

static int state_group(struct ims_builder *builder, const struct sketch_group *sketch)
{
    const char *reserved = sketch->reserved;
    const bool bound = strcmp(sketch->other_driver, "none") != 0;
    const struct ims_other_member other = {sketch->other, true,
                                           bound ? sketch->other_driver : NULL};
    const struct ims_kernel_group group = {
        .number = sketch->number,
        .name = sketch->name[0] ? sketch->name : NULL,
        .reserved = &reserved,
        .reserved_count = reserved[0] != '\0',
        .non_pci_count = other.name[0] != '\0',
        .others = &other,
        .other_count = other.name[0] != '\0',
    };
    return ims_builder_kernel_group(builder, &group);
}

static int state_tables(struct ims_builder *builder, const struct sketch_machine *sketch)
{
    struct ims_machine *machine = ims_builder_machine(builder);
    enum ims_tristate *const exists[IMS_ACPI_TABLE_COUNT] = {
        &machine->acpi_dmar, &machine->acpi_ivrs, &machine->acpi_iort, &machine->acpi_viot};
    int r = 0;

    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT && r == 0; i++) {
        const struct sketch_table *table = &sketch->tables[i];
        if (table->size_bytes == 0)
            continue;
        *exists[i] = IMS_YES;
        r = ims_builder_table(builder, (enum ims_acpi_table)i, table->bytes, table->size_bytes);
    }
    return r;
}

struct ims_builder *sketch_build_ordered(const struct sketch *sketch, const unsigned *permutation)
{
    struct ims_builder *builder = ims_builder_new();
    if (!builder)
        return NULL;
    struct ims_machine *machine = ims_builder_machine(builder);
    machine->source_kind = "sketch";
    machine->kernel_release = keep(builder, sketch->machine.kernel);
    machine->cmdline = keep(builder, sketch->machine.cmdline);
    machine->architecture = keep(builder, sketch->machine.arch);
    machine->iommu_on = sketch->machine.iommu_on;
    machine->iommu_kind = sketch->machine.kind;
    machine->acpi_ivrs = sketch->machine.ivrs;
    machine->acpi_dmar = sketch->machine.dmar;
    machine->groups_stated = sketch->machine.groups_stated;
    machine->interrupt_remapping = sketch->machine.interrupt_remapping;
    machine->unsafe_interrupts = sketch->machine.unsafe_interrupts;
    machine->kvm_assignment = sketch->machine.kvm_assignment;
    for (unsigned i = 0; i < sketch->machine.group_count; i++)
        if (state_group(builder, &sketch->machine.groups[i]) < 0) {
            ims_builder_free(builder);
            return NULL;
        }
    if (state_tables(builder, &sketch->machine) < 0) {
        ims_builder_free(builder);
        return NULL;
    }
    for (unsigned i = 0; i < sketch->count; i++) {
        unsigned index = permutation ? permutation[i] : i;
        if (state_function(builder, sketch, &sketch->functions[index]) < 0) {
            ims_builder_free(builder);
            return NULL;
        }
    }
    return builder;
}

struct ims_builder *sketch_build(const struct sketch *sketch)
{
    return sketch_build_ordered(sketch, NULL);
}

int sketch_seal(const struct sketch *sketch, struct ims_topology **ret, struct ims_error *reterr)
{
    struct ims_builder *builder = sketch_build(sketch);
    return builder ? ims_builder_seal(builder, ret, reterr) : -ENOMEM;
}
