/* SPDX-License-Identifier: MIT */
#include "source/snapshot.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* The JSON pointer of a place (RFC 6901). */
static void append_pointer(struct ims_text *text, const struct ims_where *where)
{
    if (!where)
        return;
    append_pointer(text, where->up);
    ims_text_append(text, "/");
    if (!where->key) {
        ims_text_appendf(text, "%zu", where->index);
        return;
    }
    for (const char *at = where->key; *at; at++) {
        if (*at == '~' || *at == '/')
            ims_text_append(text, *at == '~' ? "~0" : "~1");
        else
            ims_text_append_bytes(text, (unsigned char)*at < ' ' ? "?" : at, 1);
    }
}

int ims_snapshot_wrong(const struct ims_snapshot_reader *reader, const struct ims_where *where,
                       const char *format, ...)
{
    struct ims_text pointer = {0};
    char sentence[160];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    append_pointer(&pointer, where);
    const char *place = ims_text_get(&pointer);
    /* A key from a damaged file may be long: the sentence must still fit. */
    ims_error_set_at(reader->reterr, -EBADMSG, reader->path, 0, 0, "%.80s: %s",
                     place && *place ? place : "/", sentence);
    ims_text_done(&pointer);
    return -EBADMSG;
}

int ims_snapshot_no_memory(const struct ims_snapshot_reader *reader)
{
    return ims_error_set_at(reader->reterr, -ENOMEM, reader->path, 0, 0,
                            "out of memory while reading the snapshot");
}

int ims_snapshot_get_text(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                          json_t *object, const char *key, const char **ret)
{
    const struct ims_where where = {up, key, 0};
    json_t *value = json_object_get(object, key);

    if (!value)
        return 0;
    const char *text = json_string_value(value);
    if (!text)
        return ims_snapshot_wrong(reader, &where, "expected a string");
    text = ims_builder_string(reader->builder, text, strlen(text));
    if (!text)
        return ims_snapshot_no_memory(reader);
    *ret = text;
    return 1;
}

int ims_snapshot_get_state(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                           json_t *object, const char *key, enum ims_tristate *ret)
{
    const struct ims_where where = {up, key, 0};
    json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);

    if (!value)
        return 0;
    for (int state = IMS_UNKNOWN; text && state <= IMS_YES; state++) {
        if (strcmp(text, ims_tristate_to_string((enum ims_tristate)state)) == 0) {
            *ret = (enum ims_tristate)state;
            return 1;
        }
    }
    return ims_snapshot_wrong(reader, &where, "expected \"yes\", \"no\" or \"unknown\"");
}

int ims_snapshot_get_number(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                            json_t *object, const char *key, int64_t min, int64_t max, int64_t *ret)
{
    const struct ims_where where = {up, key, 0};
    json_t *value = json_object_get(object, key);

    if (!value)
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max)
        return ims_snapshot_wrong(reader, &where, "expected a whole number from %lld to %lld",
                                  (long long)min, (long long)max);
    *ret = json_integer_value(value);
    return 1;
}

int ims_snapshot_get_address(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                             json_t *object, const char *key, struct ims_address *ret)
{
    const struct ims_where where = {up, key, 0};
    json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);

    if (!value)
        return 0;
    if (!text || ims_address_parse(text, ret) < 0)
        return ims_snapshot_wrong(reader, &where,
                                  "expected the address of a function such as \"0000:01:00.0\"");
    return 1;
}

int ims_snapshot_get_gap_kind(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                              json_t *object, const char *key, enum ims_gap_kind *ret)
{
    const struct ims_where where = {up, key, 0};
    json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);

    if (!value)
        return 0;
    for (int kind = IMS_GAP_NONE; text && kind < IMS_GAP_MAX; kind++) {
        if (strcmp(text, ims_gap_kind_to_string((enum ims_gap_kind)kind)) == 0) {
            *ret = (enum ims_gap_kind)kind;
            return 1;
        }
    }
    return ims_snapshot_wrong(reader, &where, "expected a kind of gap such as \"needs-root\"");
}

int ims_snapshot_get_container(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                               json_t *object, const char *key, json_type type, json_t **ret)
{
    const struct ims_where where = {up, key, 0};
    json_t *value = json_object_get(object, key);

    if (!value)
        return 0;
    if (json_typeof(value) != type)
        return ims_snapshot_wrong(reader, &where, "expected an %s",
                                  type == JSON_ARRAY ? "array" : "object");
    *ret = value;
    return 1;
}
