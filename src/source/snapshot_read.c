/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "source/reader.h"
#include "source/snapshot.h"

#define FIRST_CHUNK_BYTES 65536u
#define GAPS_DROPPED_MAX (1 << 20) /* more are not told apart */

/* The whole stream in one buffer. The caller frees *ret. */
static int read_whole(const struct ims_snapshot_reader *reader, FILE *stream, char **ret,
                      size_t *ret_length)
{
    size_t capacity = FIRST_CHUNK_BYTES;
    size_t length = 0;
    char *data = malloc(capacity);

    while (data) {
        length += fread(data + length, 1, capacity - length, stream);
        if (length < capacity)
            break;
        if (capacity > IMS_SNAPSHOT_MAX_BYTES) {
            free(data);
            return ims_error_set_at(reader->reterr, -E2BIG, reader->path, 0, 0,
                                    "a snapshot is at most %u MiB long",
                                    IMS_SNAPSHOT_MAX_BYTES >> 20);
        }
        char *larger = realloc(data, capacity * 2);
        if (!larger)
            free(data);
        data = larger;
        capacity *= 2;
    }
    if (!data)
        return ims_snapshot_no_memory(reader);
    if (ferror(stream)) {
        free(data);
        return ims_error_set_at(reader->reterr, -EIO, reader->path, 0, 0, "cannot read it: %s",
                                strerror(EIO));
    }
    *ret = data;
    *ret_length = length;
    return 0;
}

/* A file of nothing but brackets must not grow to a hundred times its size. */
static bool has_too_many_values(const char *data, size_t length)
{
    bool in_string = false;
    uint32_t count = 0;

    for (size_t i = 0; i < length; i++) {
        if (in_string && data[i] == '\\')
            i++;
        else if (data[i] == '"')
            in_string = !in_string;
        else if (!in_string && (data[i] == ',' || data[i] == '[' || data[i] == '{'))
            count++;
        if (count > IMS_SNAPSHOT_MAX_VALUES)
            return true;
    }
    return false;
}

/* jansson quotes the input in its sentence: only what a terminal can take is passed on. */
static int wrong_syntax(const struct ims_snapshot_reader *reader, const json_error_t *error)
{
    char text[sizeof(error->text)];

    memcpy(text, error->text, sizeof(text));
    text[sizeof(text) - 1] = '\0';
    for (char *byte = text; *byte; byte++)
        if (*byte < ' ' || *byte > '~')
            *byte = '?';
    return ims_error_set_at(
        reader->reterr, -EBADMSG, reader->path, error->line > 0 ? (unsigned)error->line : 0,
        error->column > 0 ? (unsigned)error->column : 0, "this is no valid JSON: %s", text);
}

static int parse(const struct ims_snapshot_reader *reader, const char *data, size_t length,
                 json_t **ret)
{
    json_error_t error;

    if (length >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        data += 3;
        length -= 3;
    }
    if (has_too_many_values(data, length))
        return ims_error_set_at(reader->reterr, -E2BIG, reader->path, 0, 0,
                                "a snapshot has at most %u values", IMS_SNAPSHOT_MAX_VALUES);
    json_t *document = json_loadb(data, length, JSON_REJECT_DUPLICATES, &error);
    if (!document && json_error_code(&error) == json_error_out_of_memory)
        return ims_snapshot_no_memory(reader);
    if (!document)
        return wrong_syntax(reader, &error);
    *ret = document;
    return 0;
}

/* "iommuscope.snapshot/1"; a later minor version ("/1.2") only adds keys. */
static int check_schema(const struct ims_snapshot_reader *reader, json_t *document)
{
    const struct ims_where where = {NULL, "schema", 0};
    const char *schema = json_string_value(json_object_get(document, "schema"));
    const size_t length = strlen(IMS_SNAPSHOT_SCHEMA);

    if (!schema)
        return ims_snapshot_wrong(reader, &where,
                                  "this JSON is no snapshot: expected \"" IMS_SNAPSHOT_SCHEMA "\"");
    if (strncmp(schema, IMS_SNAPSHOT_SCHEMA, length) != 0 ||
        (schema[length] != '\0' && schema[length] != '.'))
        return ims_snapshot_wrong(reader, &where,
                                  "expected \"" IMS_SNAPSHOT_SCHEMA "\"; another schema or a later "
                                  "version is not read");
    return 0;
}

static int read_kind(const struct ims_snapshot_reader *reader, const struct ims_where *where,
                     json_t *object, struct ims_machine *machine)
{
    const struct ims_where here = {where, "iommu_kind", 0};
    json_t *value = json_object_get(object, here.key);
    const char *name = json_string_value(value);

    if (!value)
        return 0;
    for (int kind = IMS_IOMMU_UNKNOWN; name && kind <= IMS_IOMMU_OTHER; kind++) {
        if (strcmp(name, ims_iommu_kind_to_string((enum ims_iommu_kind)kind)) == 0) {
            machine->iommu_kind = (enum ims_iommu_kind)kind;
            return 0;
        }
    }
    return ims_snapshot_wrong(reader, &here, "expected a kind of IOMMU such as \"intel\"");
}

static int read_machine(const struct ims_snapshot_reader *reader, json_t *document)
{
    const struct ims_where where = {NULL, "machine", 0};
    struct ims_machine *machine = ims_builder_machine(reader->builder);
    json_t *object;
    int r = ims_snapshot_get_container(reader, NULL, document, where.key, JSON_OBJECT, &object);

    if (r > 0) {
        for (size_t i = 0; i < ims_snapshot_machine_text_count && r >= 0; i++) {
            const struct ims_snapshot_field *field = &ims_snapshot_machine_texts[i];
            const char *text = NULL;
            r = ims_snapshot_get_text(reader, &where, object, field->key, &text);
            memcpy((char *)machine + field->offset, &text, sizeof(text));
        }
        for (size_t i = 0; i < ims_snapshot_machine_state_count && r >= 0; i++) {
            const struct ims_snapshot_field *field = &ims_snapshot_machine_states[i];
            enum ims_tristate state = IMS_UNKNOWN;
            r = ims_snapshot_get_state(reader, &where, object, field->key, &state);
            memcpy((char *)machine + field->offset, &state, sizeof(state));
        }
        if (r >= 0)
            r = read_kind(reader, &where, object, machine);
    }
    if (r >= 0 && !machine->source_kind) {
        machine->source_kind = ims_builder_string(reader->builder, "snapshot", strlen("snapshot"));
        if (!machine->source_kind)
            return ims_snapshot_no_memory(reader);
    }
    return r < 0 ? r : 0;
}

/* Lines of reserved_regions. The caller frees *ret. */
static int read_reserved(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                         json_t *object, const char ***ret, uint32_t *ret_count)
{
    const struct ims_where where = {up, "reserved", 0};
    json_t *array;

    const int r = ims_snapshot_get_container(reader, up, object, where.key, JSON_ARRAY, &array);
    if (r <= 0 || json_array_size(array) == 0)
        return r;
    const char **lines = calloc(json_array_size(array), sizeof(*lines));
    if (!lines)
        return ims_snapshot_no_memory(reader);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const struct ims_where here = {&where, NULL, i};
        lines[i] = json_string_value(json_array_get(array, i));
        if (!lines[i]) {
            free(lines);
            return ims_snapshot_wrong(reader, &here, "expected a string");
        }
    }
    *ret = lines;
    *ret_count = (uint32_t)json_array_size(array);
    return 1;
}

/* Members that are no PCI functions. The caller frees *ret. */
static int read_others(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                       json_t *object, struct ims_other_member **ret, uint32_t *ret_count)
{
    const struct ims_where where = {up, "others", 0};
    json_t *array = NULL;

    int r = ims_snapshot_get_container(reader, up, object, where.key, JSON_ARRAY, &array);
    if (r <= 0 || json_array_size(array) == 0)
        return r;
    struct ims_other_member *members = calloc(json_array_size(array), sizeof(*members));
    if (!members)
        return ims_snapshot_no_memory(reader);
    for (size_t i = 0; i < json_array_size(array) && r >= 0; i++) {
        const struct ims_where here = {&where, NULL, i};
        json_t *element = json_array_get(array, i);
        json_t *driver = json_object_get(element, "driver");

        r = ims_snapshot_get_text(reader, &here, element, "name", &members[i].name);
        if (r == 0)
            r = ims_snapshot_wrong(reader, &here, "a member needs its name");
        members[i].driver_stated = driver != NULL;
        if (r > 0 && !json_is_null(driver))
            r = ims_snapshot_get_text(reader, &here, element, "driver", &members[i].driver);
    }
    *ret = members;
    *ret_count = (uint32_t)json_array_size(array);
    return r;
}

static int read_group(const struct ims_snapshot_reader *reader, const struct ims_where *where,
                      json_t *object)
{
    struct ims_kernel_group group = {0};
    const char **reserved = NULL;
    int64_t number = 0;
    struct ims_other_member *members = NULL;
    int64_t others = 0;

    int r = ims_snapshot_get_number(reader, where, object, "number", 0, UINT32_MAX, &number);
    if (r == 0)
        r = ims_snapshot_wrong(reader, where, "a group needs its number");
    if (r > 0)
        r = ims_snapshot_get_number(reader, where, object, "non_pci_count", 0, UINT32_MAX, &others);
    if (r >= 0)
        r = ims_snapshot_get_text(reader, where, object, "type", &group.type);
    if (r >= 0)
        r = ims_snapshot_get_text(reader, where, object, "name", &group.name);
    if (r >= 0)
        r = read_others(reader, where, object, &members, &group.other_count);
    if (r >= 0)
        r = read_reserved(reader, where, object, &reserved, &group.reserved_count);
    group.number = (uint32_t)number;
    group.non_pci_count = (uint32_t)others;
    group.others = members;
    group.reserved = reserved;
    if (r >= 0 && ims_builder_kernel_group(reader->builder, &group) < 0)
        r = ims_snapshot_no_memory(reader);
    free(members);
    free(reserved);
    return r < 0 ? r : 0;
}

static int read_gap(const struct ims_snapshot_reader *reader, const struct ims_where *where,
                    json_t *object)
{
    enum ims_gap_kind kind = IMS_GAP_NONE;
    struct ims_address address;
    const char *path = NULL;
    const char *text = "";
    int64_t line = 0;

    int r = ims_snapshot_get_gap_kind(reader, where, object, "kind", &kind);
    if (r >= 0)
        r = ims_snapshot_get_text(reader, where, object, "path", &path);
    if (r >= 0)
        r = ims_snapshot_get_text(reader, where, object, "text", &text);
    if (r >= 0)
        r = ims_snapshot_get_number(reader, where, object, "line", 0, UINT32_MAX, &line);
    if (r >= 0)
        r = ims_snapshot_get_address(reader, where, object, "address", &address);
    if (r < 0)
        return r;
    ims_builder_gap(reader->builder, kind, r > 0 ? &address : NULL, path, (unsigned)line, "%s",
                    text);
    return 0;
}

/* Every element of an array of objects. is_needed: it is an error when there is no such key. */
static int read_array(const struct ims_snapshot_reader *reader, json_t *document, const char *key,
                      bool is_needed,
                      int (*read_element)(const struct ims_snapshot_reader *reader,
                                          const struct ims_where *where, json_t *object))
{
    const struct ims_where where = {NULL, key, 0};
    json_t *array = NULL;

    int r = ims_snapshot_get_container(reader, NULL, document, key, JSON_ARRAY, &array);
    if (r < 0)
        return r;
    if (is_needed && (r == 0 || json_array_size(array) == 0))
        return ims_snapshot_wrong(reader, &where, "the snapshot describes no PCI function");
    r = 0;
    for (size_t i = 0; i < json_array_size(array) && r == 0; i++) {
        const struct ims_where here = {&where, NULL, i};
        json_t *element = json_array_get(array, i);
        r = json_is_object(element) ? read_element(reader, &here, element)
                                    : ims_snapshot_wrong(reader, &here, "expected an object");
    }
    return r;
}

static int read_document(const struct ims_snapshot_reader *reader, json_t *document)
{
    int64_t dropped = 0;

    int r = check_schema(reader, document);
    if (r == 0)
        r = read_machine(reader, document);
    if (r == 0)
        r = ims_snapshot_read_tables(reader, document);
    if (r == 0)
        r = read_array(reader, document, "kernel_groups", false, read_group);
    if (r == 0)
        r = read_array(reader, document, "functions", true, ims_snapshot_read_function);
    if (r == 0)
        r = read_array(reader, document, "gaps", false, read_gap);
    if (r == 0)
        r = ims_snapshot_get_number(reader, NULL, document, "gaps_dropped", 0, INT64_MAX, &dropped);
    /* They were dropped because the list was full, which it is again: they are counted again. */
    for (int64_t i = 0; r > 0 && i < dropped && i < GAPS_DROPPED_MAX; i++)
        ims_builder_gap(reader->builder, IMS_GAP_MALFORMED, NULL, NULL, 0,
                        "more was noticed than the snapshot holds");
    return r < 0 ? r : 0;
}

int ims_snapshot_read(struct ims_builder *builder, FILE *stream, const char *path,
                      struct ims_error *reterr)
{
    const struct ims_snapshot_reader reader = {builder, path, reterr};
    json_t *document = NULL;
    size_t length = 0;
    char *data = NULL;

    int r = read_whole(&reader, stream, &data, &length);
    if (r < 0)
        return r;
    r = parse(&reader, data, length, &document);
    free(data);
    if (r == 0)
        r = json_is_object(document)
                ? read_document(&reader, document)
                : ims_error_set_at(reterr, -EBADMSG, path, 0, 0, "a snapshot is a JSON object");
    json_decref(document);
    return r;
}
