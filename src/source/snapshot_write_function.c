/* SPDX-License-Identifier: MIT */
#include "source/snapshot.h"

#include <string.h>

static void write_ids(struct ims_json *json, const struct ims_record *record)
{
    if (record->ids && record->id_count) {
        ims_json_open(json, "ids", '[');
        for (uint32_t i = 0; i < record->id_count; i++)
            ims_json_format(json, NULL, "%04x:%04x", record->ids[i].vendor, record->ids[i].device);
        ims_json_close(json, ']');
    }
    if (record->class_stated && record->class_known == 0xffffff)
        ims_json_format(json, "class", "%06x", record->class_code);
    else if (record->class_stated)
        ims_json_format(json, "class", "%06x/%06x", record->class_code, record->class_known);
    if (record->subsystem_stated)
        ims_json_format(json, "subsystem", "%04x:%04x", record->subsystem.vendor,
                        record->subsystem.device);
}

static void write_driver_and_group(struct ims_json *json, const struct ims_record *record)
{
    if (record->driver_stated && record->driver)
        ims_json_string(json, "driver", record->driver);
    else if (record->driver_stated)
        ims_json_null(json, "driver");
    if (record->group_state == IMS_GROUP_KNOWN)
        ims_json_number(json, "group", record->group);
    else if (record->group_state == IMS_GROUP_NONE)
        ims_json_null(json, "group");
    if (record->was_grouped)
        ims_json_true(json, "was_grouped");
}

static void write_ownership(struct ims_json *json, const struct ims_record *record)
{
    if (record->override_stated && record->driver_override)
        ims_json_string(json, "driver_override", record->driver_override);
    else if (record->override_stated)
        ims_json_null(json, "driver_override");
    if (record->reset_stated && record->reset_methods)
        ims_json_string(json, "reset_methods", record->reset_methods);
    else if (record->reset_stated)
        ims_json_null(json, "reset_methods");
    if (record->has_vfio_device)
        ims_json_true(json, "has_vfio_device");
    if (record->is_stuck)
        ims_json_true(json, "is_stuck");
    if (record->power_control)
        ims_json_string(json, "power_control", record->power_control);
    if (record->numvfs_stated)
        ims_json_number(json, "numvfs", record->numvfs);
    if (record->totalvfs_stated)
        ims_json_number(json, "totalvfs", record->totalvfs);
}

static void write_texts(struct ims_json *json, const struct ims_record *record, bool with_serials)
{
    for (size_t i = 0; i < ims_snapshot_record_text_count; i++) {
        const struct ims_snapshot_field *field = &ims_snapshot_record_texts[i];
        const char *value;

        memcpy(&value, (const char *)record + field->offset, sizeof(value));
        if (!with_serials && strcmp(field->key, "serial") == 0)
            continue;
        ims_json_string(json, field->key, value);
    }
}

static void write_resources(struct ims_json *json, const struct ims_record *record)
{
    if (!record->resource_count)
        return;
    ims_json_open(json, "resources", '[');
    for (uint32_t i = 0; i < record->resource_count; i++)
        ims_json_format(json, NULL, "0x%016llx 0x%016llx 0x%016llx",
                        (unsigned long long)record->resources[i].start,
                        (unsigned long long)record->resources[i].end,
                        (unsigned long long)record->resources[i].flags);
    ims_json_close(json, ']');
}

static void write_place(struct ims_json *json, const struct ims_record *record)
{
    ims_json_tristate(json, "is_vf", record->is_vf);
    if (record->physfn_stated)
        ims_json_address(json, "physfn", record->physfn);
    if (record->on_root_bus)
        ims_json_true(json, "on_root_bus");
    if (record->vmd_endpoint_stated)
        ims_json_address(json, "vmd_endpoint", record->vmd_endpoint);
    if (record->port_type_stated)
        ims_json_number(json, "port_type", record->port_type);
}

void ims_snapshot_write_function(struct ims_json *json, const struct ims_function_info *info,
                                 bool with_serials)
{
    const struct ims_record *record = info->record;
    struct ims_hidden hidden = {0};

    if (!with_serials)
        ims_snapshot_hide_serials(info, &hidden);
    ims_json_open(json, NULL, '{');
    ims_json_address(json, "address", record->address);
    write_ids(json, record);
    write_place(json, record);
    write_driver_and_group(json, record);
    write_ownership(json, record);
    write_texts(json, record, with_serials);
    ims_json_tristate(json, "boot_vga", record->boot_vga);
    if (record->numa_stated)
        ims_json_number(json, "numa_node", record->numa_node);
    write_resources(json, record);
    if (record->config_gap != IMS_GAP_NONE)
        ims_json_string(json, "config_gap", ims_gap_kind_to_string(record->config_gap));
    ims_snapshot_write_config(json, &record->config, &hidden);
    ims_json_close(json, '}');
}
