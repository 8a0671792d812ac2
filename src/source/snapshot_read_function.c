/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "source/snapshot.h"

#define IDS_MAX 65536u /* names that fit more ids than that say nothing */

/* "8086:0d57" */
static bool parse_id(const char *text, struct ims_id *ret)
{
    uint64_t vendor;
    uint64_t device;

    if (!text || strlen(text) != 9 || text[4] != ':' ||
        ims_number_hex(text, 4, 0xffff, &vendor) < 0 ||
        ims_number_hex(text + 5, 4, 0xffff, &device) < 0)
        return false;
    *ret = (struct ims_id){(uint16_t)vendor, (uint16_t)device};
    return true;
}

static int read_ids(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                    json_t *object, struct ims_record *record)
{
    const struct ims_where where = {up, "ids", 0};
    json_t *array;

    int r = ims_snapshot_get_container(reader, up, object, where.key, JSON_ARRAY, &array);
    if (r <= 0 || json_array_size(array) == 0)
        return r;
    const size_t count = json_array_size(array);
    if (count > IDS_MAX)
        return ims_snapshot_wrong(reader, &where, "expected at most %u ids", IDS_MAX);
    struct ims_id *ids = calloc(count, sizeof(*ids));
    if (!ids)
        return ims_snapshot_no_memory(reader);
    for (size_t i = 0; i < count; i++) {
        const struct ims_where here = {&where, NULL, i};
        if (!parse_id(json_string_value(json_array_get(array, i)), &ids[i])) {
            free(ids);
            return ims_snapshot_wrong(reader, &here, "expected ids such as \"8086:0d57\"");
        }
    }
    record->ids = ims_builder_ids(reader->builder, ids, (uint32_t)count);
    record->id_count = (uint32_t)count;
    free(ids);
    return record->ids ? 1 : ims_snapshot_no_memory(reader);
}

/* "060400", or "060000/ff0000" where a name tells only a part of it. */
static int read_class(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                      json_t *object, struct ims_record *record)
{
    const struct ims_where where = {up, "class", 0};
    json_t *value = json_object_get(object, where.key);
    const char *text = json_string_value(value);
    const size_t length = text ? strlen(text) : 0;
    uint64_t code;
    uint64_t known = 0xffffff;

    if (!value)
        return 0;
    if (!(length == 6 || (length == 13 && text[6] == '/')) ||
        ims_number_hex(text, 6, 0xffffff, &code) < 0 ||
        (length == 13 && ims_number_hex(text + 7, 6, 0xffffff, &known) < 0))
        return ims_snapshot_wrong(reader, &where,
                                  "expected a class such as \"060400\" or \"060000/ff0000\"");
    record->class_stated = true;
    record->class_code = (uint32_t)(code & known);
    record->class_known = (uint32_t)known;
    return 1;
}

static int read_subsystem(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                          json_t *object, struct ims_record *record)
{
    const struct ims_where where = {up, "subsystem", 0};
    json_t *value = json_object_get(object, where.key);

    if (!value)
        return 0;
    if (!parse_id(json_string_value(value), &record->subsystem))
        return ims_snapshot_wrong(reader, &where, "expected ids such as \"8086:0d57\"");
    record->subsystem_stated = true;
    return 1;
}

static int read_place(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                      json_t *object, struct ims_record *record)
{
    const struct ims_where root = {up, "on_root_bus", 0};
    int64_t type;

    int r = ims_snapshot_get_state(reader, up, object, "is_vf", &record->is_vf);
    if (r >= 0)
        r = ims_snapshot_get_address(reader, up, object, "physfn", &record->physfn);
    record->physfn_stated = r > 0;
    if (r >= 0)
        r = ims_snapshot_get_address(reader, up, object, "vmd_endpoint", &record->vmd_endpoint);
    record->vmd_endpoint_stated = r > 0;
    if (r >= 0)
        r = ims_snapshot_get_number(reader, up, object, "port_type", 0, IMS_PORT_UNKNOWN, &type);
    if (r < 0)
        return r;
    if (r > 0) {
        record->port_type_stated = true;
        record->port_type = (enum ims_port_type)type;
    }
    json_t *value = json_object_get(object, root.key);
    if (value && !json_is_boolean(value))
        return ims_snapshot_wrong(reader, &root, "expected true or false");
    record->on_root_bus = json_is_true(value);
    return 0;
}

/* A text, null for "there is none", or no key: not stated. */
static int read_stated(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                       json_t *object, const char *key, bool *ret_stated, const char **ret)
{
    json_t *value = json_object_get(object, key);

    *ret_stated = value != NULL;
    return json_is_null(value) ? 0 : ims_snapshot_get_text(reader, up, object, key, ret);
}

static int read_ownership(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                          json_t *object, struct ims_record *record)
{
    int64_t number = 0;
    int r = read_stated(reader, up, object, "driver_override", &record->override_stated,
                        &record->driver_override);

    if (r >= 0)
        r = read_stated(reader, up, object, "reset_methods", &record->reset_stated,
                        &record->reset_methods);
    if (r >= 0)
        r = ims_snapshot_get_text(reader, up, object, "power_control", &record->power_control);
    if (r >= 0)
        r = ims_snapshot_get_number(reader, up, object, "numvfs", 0, UINT16_MAX, &number);
    record->numvfs_stated = r > 0;
    record->numvfs = (uint32_t)number;
    number = 0;
    if (r >= 0)
        r = ims_snapshot_get_number(reader, up, object, "totalvfs", 0, UINT16_MAX, &number);
    record->totalvfs_stated = r > 0;
    record->totalvfs = (uint32_t)number;
    record->has_vfio_device = json_is_true(json_object_get(object, "has_vfio_device"));
    record->is_stuck = json_is_true(json_object_get(object, "is_stuck"));
    return r;
}

/* null: no driver, no group. No key: not stated. */
static int read_driver_and_group(const struct ims_snapshot_reader *reader,
                                 const struct ims_where *up, json_t *object,
                                 struct ims_record *record)
{
    int64_t number;
    int r = read_stated(reader, up, object, "driver", &record->driver_stated, &record->driver);

    if (r < 0)
        return r;
    if (json_is_null(json_object_get(object, "group"))) {
        record->group_state = IMS_GROUP_NONE;
        return 0;
    }
    r = ims_snapshot_get_number(reader, up, object, "group", 0, UINT32_MAX, &number);
    if (r > 0) {
        record->group_state = IMS_GROUP_KNOWN;
        record->group = (uint32_t)number;
    } else if (r == 0) {
        record->was_grouped = json_is_true(json_object_get(object, "was_grouped"));
    }
    return r;
}

/* "0x00000000fe000000 0x00000000fe003fff 0x0000000000040200" */
static bool parse_resource(const char *text, struct ims_resource *ret)
{
    uint64_t values[3];

    for (unsigned i = 0; i < 3; i++) {
        const size_t length = text ? strcspn(text, " ") : 0;
        if (length < 3 || ims_number_hex_prefixed(text, length, UINT64_MAX, &values[i]) < 0 ||
            text[length] != (i < 2 ? ' ' : '\0'))
            return false;
        text += length + 1;
    }
    *ret = (struct ims_resource){values[0], values[1], values[2]};
    return true;
}

static int read_resources(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                          json_t *object, struct ims_record *record)
{
    const struct ims_where where = {up, "resources", 0};
    json_t *array;

    const int r = ims_snapshot_get_container(reader, up, object, where.key, JSON_ARRAY, &array);
    if (r <= 0)
        return r;
    if (json_array_size(array) > IMS_RESOURCE_COUNT)
        return ims_snapshot_wrong(reader, &where, "expected at most %u resources",
                                  IMS_RESOURCE_COUNT);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const struct ims_where here = {&where, NULL, i};
        if (!parse_resource(json_string_value(json_array_get(array, i)), &record->resources[i]))
            return ims_snapshot_wrong(reader, &here, "expected \"0xSTART 0xEND 0xFLAGS\"");
    }
    record->resource_count = (uint32_t)json_array_size(array);
    return 1;
}

static int read_attributes(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                           json_t *object, struct ims_record *record)
{
    int64_t node;
    int r = 0;

    for (size_t i = 0; i < ims_snapshot_record_text_count && r >= 0; i++) {
        const struct ims_snapshot_field *field = &ims_snapshot_record_texts[i];
        const char *text = NULL;
        r = ims_snapshot_get_text(reader, up, object, field->key, &text);
        memcpy((char *)record + field->offset, &text, sizeof(text));
    }
    if (r >= 0)
        r = ims_snapshot_get_state(reader, up, object, "boot_vga", &record->boot_vga);
    if (r >= 0)
        r = ims_snapshot_get_gap_kind(reader, up, object, "config_gap", &record->config_gap);
    if (r >= 0)
        r = ims_snapshot_get_number(reader, up, object, "numa_node", INT32_MIN, INT32_MAX, &node);
    if (r > 0) {
        record->numa_stated = true;
        record->numa_node = (int32_t)node;
    }
    return r;
}

static int read_fields(const struct ims_snapshot_reader *reader, const struct ims_where *where,
                       json_t *object, struct ims_record *record)
{
    const struct ims_where config_where = {where, "config", 0};
    json_t *config;

    int r = read_ids(reader, where, object, record);
    if (r >= 0)
        r = read_class(reader, where, object, record);
    if (r >= 0)
        r = read_subsystem(reader, where, object, record);
    if (r >= 0)
        r = read_place(reader, where, object, record);
    if (r >= 0)
        r = read_driver_and_group(reader, where, object, record);
    if (r >= 0)
        r = read_ownership(reader, where, object, record);
    if (r >= 0)
        r = read_attributes(reader, where, object, record);
    if (r >= 0)
        r = read_resources(reader, where, object, record);
    if (r >= 0)
        r = ims_snapshot_get_container(reader, where, object, "config", JSON_OBJECT, &config);
    if (r > 0)
        r = ims_snapshot_read_config(reader, &config_where, config, &record->config);
    return r < 0 ? r : 0;
}

int ims_snapshot_read_function(const struct ims_snapshot_reader *reader,
                               const struct ims_where *where, json_t *object)
{
    struct ims_address address;
    struct ims_record *record;
    bool existed;

    int r = ims_snapshot_get_address(reader, where, object, "address", &address);
    if (r == 0)
        return ims_snapshot_wrong(reader, where, "a function needs its address");
    if (r < 0)
        return r;
    r = ims_builder_function(reader->builder, address, &record, &existed);
    if (r == -E2BIG)
        return ims_error_set_at(reader->reterr, r, reader->path, 0, 0,
                                "a machine has at most %u functions", IMS_FUNCTION_MAX);
    if (r < 0)
        return ims_snapshot_no_memory(reader);
    if (existed)
        return ims_snapshot_wrong(reader, where, "its address is described twice");
    return read_fields(reader, where, object, record);
}
