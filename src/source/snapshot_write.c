/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "source/snapshot.h"

#define FIELD(type, name)           \
    {                               \
#name, offsetof(type, name) \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct ims_snapshot_field ims_snapshot_machine_texts[] = {
    FIELD(struct ims_machine, source_kind), FIELD(struct ims_machine, kernel_release),
    FIELD(struct ims_machine, cmdline),     FIELD(struct ims_machine, architecture),
    FIELD(struct ims_machine, product),
};
const size_t ims_snapshot_machine_text_count = COUNT(ims_snapshot_machine_texts);

const struct ims_snapshot_field ims_snapshot_machine_states[] = {
    FIELD(struct ims_machine, iommu_on),          FIELD(struct ims_machine, groups_stated),
    FIELD(struct ims_machine, acpi_dmar),         FIELD(struct ims_machine, acpi_ivrs),
    FIELD(struct ims_machine, acpi_iort),         FIELD(struct ims_machine, acpi_viot),
    FIELD(struct ims_machine, is_live),           FIELD(struct ims_machine, interrupt_remapping),
    FIELD(struct ims_machine, unsafe_interrupts), FIELD(struct ims_machine, kvm_assignment),
};
const size_t ims_snapshot_machine_state_count = COUNT(ims_snapshot_machine_states);

const struct ims_snapshot_field ims_snapshot_record_texts[] = {
    FIELD(struct ims_record, iommu),       FIELD(struct ims_record, power_state),
    FIELD(struct ims_record, vendor_name), FIELD(struct ims_record, device_name),
    FIELD(struct ims_record, class_name),  FIELD(struct ims_record, label),
    FIELD(struct ims_record, slot),        FIELD(struct ims_record, modules),
    FIELD(struct ims_record, serial),      FIELD(struct ims_record, root_path),
};
const size_t ims_snapshot_record_text_count = COUNT(ims_snapshot_record_texts);

static void write_machine(struct ims_json *json, const struct ims_machine *machine)
{
    ims_json_open(json, "machine", '{');
    for (size_t i = 0; i < ims_snapshot_machine_text_count; i++) {
        const char *value;
        memcpy(&value, (const char *)machine + ims_snapshot_machine_texts[i].offset, sizeof(value));
        ims_json_string(json, ims_snapshot_machine_texts[i].key, value);
    }
    for (size_t i = 0; i < ims_snapshot_machine_state_count; i++) {
        enum ims_tristate value;
        memcpy(&value, (const char *)machine + ims_snapshot_machine_states[i].offset,
               sizeof(value));
        ims_json_tristate(json, ims_snapshot_machine_states[i].key, value);
    }
    if (machine->iommu_kind != IMS_IOMMU_UNKNOWN)
        ims_json_string(json, "iommu_kind", ims_iommu_kind_to_string(machine->iommu_kind));
    ims_json_close(json, '}');
}

static void write_others(struct ims_json *json, const struct ims_kernel_group *group)
{
    ims_json_open(json, "others", '[');
    for (uint32_t i = 0; i < group->other_count; i++) {
        const struct ims_other_member *member = &group->others[i];

        ims_json_open(json, NULL, '{');
        ims_json_string(json, "name", member->name);
        if (member->driver_stated && member->driver)
            ims_json_string(json, "driver", member->driver);
        else if (member->driver_stated)
            ims_json_null(json, "driver");
        ims_json_close(json, '}');
    }
    ims_json_close(json, ']');
}

static void write_groups(struct ims_json *json, const struct ims_topology *topology)
{
    ims_json_open(json, "kernel_groups", '[');
    for (uint32_t i = 0; i < ims_topology_kernel_group_count(topology); i++) {
        const struct ims_kernel_group *group = ims_topology_kernel_group(topology, i);

        ims_json_open(json, NULL, '{');
        ims_json_number(json, "number", group->number);
        ims_json_string(json, "type", group->type);
        ims_json_string(json, "name", group->name);
        if (group->non_pci_count)
            ims_json_number(json, "non_pci_count", group->non_pci_count);
        if (group->other_count)
            write_others(json, group);
        if (group->reserved_count) {
            ims_json_open(json, "reserved", '[');
            for (uint32_t line = 0; line < group->reserved_count; line++)
                ims_json_string(json, NULL, group->reserved[line]);
            ims_json_close(json, ']');
        }
        ims_json_close(json, '}');
    }
    ims_json_close(json, ']');
}

static void write_gap(struct ims_json *json, const struct ims_gap *gap)
{
    ims_json_open(json, NULL, '{');
    ims_json_string(json, "kind", ims_gap_kind_to_string(gap->kind));
    if (gap->has_address)
        ims_json_address(json, "address", gap->address);
    ims_json_string(json, "path", gap->path);
    if (gap->line)
        ims_json_number(json, "line", gap->line);
    ims_json_string(json, "text", gap->text);
    ims_json_close(json, '}');
}

static int write_gaps(struct ims_json *json, const struct ims_topology *topology)
{
    uint32_t sealing;
    uint64_t sealing_dropped;

    const int r = ims_snapshot_sealing_gaps(topology, &sealing, &sealing_dropped);
    if (r < 0)
        return r;
    const uint32_t count = ims_topology_gap_count(topology) - sealing;
    const uint64_t dropped = ims_topology_gaps_dropped(topology) - sealing_dropped;

    ims_json_open(json, "gaps", '[');
    for (uint32_t i = 0; i < count; i++)
        write_gap(json, ims_topology_gap(topology, i));
    ims_json_close(json, ']');
    if (dropped)
        ims_json_number(json, "gaps_dropped", (int64_t)(dropped & INT64_MAX));
    return 0;
}

int ims_snapshot_write(const struct ims_topology *topology,
                       const struct ims_snapshot_options *options, char **ret,
                       struct ims_error *reterr)
{
    const bool with_serials =
        options &&
        options->size_bytes >= offsetof(struct ims_snapshot_options, with_serials) + sizeof(bool) &&
        options->with_serials;
    struct ims_json json = {0};

    ims_json_open(&json, NULL, '{');
    ims_json_string(&json, "schema", IMS_SNAPSHOT_SCHEMA);
    write_machine(&json, ims_topology_machine(topology));
    ims_snapshot_write_tables(&json, ims_topology_tables(topology));
    write_groups(&json, topology);
    ims_json_open(&json, "functions", '[');
    for (uint32_t i = 0; i < ims_topology_function_count(topology); i++) {
        const struct ims_function function = {i};
        ims_snapshot_write_function(&json, ims_topology_function(topology, function), with_serials);
    }
    ims_json_close(&json, ']');
    const int r = write_gaps(&json, topology);
    ims_json_close(&json, '}');
    ims_text_append(&json.text, "\n");

    char *text = r < 0 ? NULL : ims_text_take(&json.text);
    ims_text_done(&json.text);
    if (!text)
        return ims_error_set(reterr, -ENOMEM, "out of memory while writing the snapshot");
    *ret = text;
    return 0;
}
