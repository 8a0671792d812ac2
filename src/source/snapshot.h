/* SPDX-License-Identifier: MIT */
#ifndef IMS_SOURCE_SNAPSHOT_H
#define IMS_SOURCE_SNAPSHOT_H

/* What the reader and the writer of snapshots share. */

#include <jansson.h>

#include "base/text.h"
#include "iommuscope/source.h"

#define IMS_SNAPSHOT_SCHEMA "iommuscope.snapshot/1"
#define IMS_SNAPSHOT_MAX_BYTES (256u << 20)

/*
 * Values in one file. A machine has some forty per function; a file of nothing but brackets would
 * take a hundred times its size in memory.
 */
#define IMS_SNAPSHOT_MAX_VALUES (6u << 20)

/* Fields that are plain strings (or tristates), NULL (or unknown) when they are not stated. */
struct ims_snapshot_field {
    const char *key;
    size_t offset;
};

extern const struct ims_snapshot_field ims_snapshot_machine_texts[];
extern const size_t ims_snapshot_machine_text_count;
extern const struct ims_snapshot_field ims_snapshot_machine_states[];
extern const size_t ims_snapshot_machine_state_count;
extern const struct ims_snapshot_field ims_snapshot_record_texts[];
extern const size_t ims_snapshot_record_text_count;

/* ---- writing ---- */

/* JSON as it grows, one value a line. Zero-initialise; release json.text. (snapshot_json.c) */
struct ims_json {
    struct ims_text text;
    unsigned depth;
    bool has_value; /* the next value needs a comma before it */
};

/* key is NULL inside of arrays. bracket: '{' or '['. */
void ims_json_open(struct ims_json *json, const char *key, char bracket);
void ims_json_close(struct ims_json *json, char bracket);
void ims_json_null(struct ims_json *json, const char *key);
void ims_json_true(struct ims_json *json, const char *key);
void ims_json_number(struct ims_json *json, const char *key, int64_t value);

/* Bytes that are no UTF-8 become U+FFFD. NULL writes nothing. */
void ims_json_string(struct ims_json *json, const char *key, const char *value);
void ims_json_format(struct ims_json *json, const char *key, const char *format, ...)
    IMS_PRINTF(3, 4);
void ims_json_address(struct ims_json *json, const char *key, struct ims_address address);

/* Writes nothing for unknown. */
void ims_json_tristate(struct ims_json *json, const char *key, enum ims_tristate state);

/* One function (snapshot_write_function.c). */
void ims_snapshot_write_function(struct ims_json *json, const struct ims_function_info *info,
                                 bool with_serials);

/* The rows of an image; bytes whose bit is set in hidden are written as unknown. */
struct ims_hidden {
    uint64_t bits[IMS_CONFIG_SIZE_BYTES / 64];
};
void ims_snapshot_write_config(struct ims_json *json, const struct ims_config *config,
                               const struct ims_hidden *hidden);

/* Marks the data of every Device Serial Number capability (snapshot_config.c). */
void ims_snapshot_hide_serials(const struct ims_function_info *info, struct ims_hidden *hidden);

/*
 * How many of the gaps come from sealing, at the end of the list, and how many of those were only
 * counted: they are not written, because the reader seals again (snapshot_gaps.c).
 * Returns 0 or -ENOMEM.
 */
int ims_snapshot_sealing_gaps(const struct ims_topology *topology, uint32_t *ret_count,
                              uint64_t *ret_dropped);

/* The bytes of the ACPI tables; nothing where the input has none (snapshot_tables.c). */
void ims_snapshot_write_tables(struct ims_json *json, const struct ims_acpi_tables *tables);

/* ---- reading ---- */

/* Where in the document we are; kept on the stack, written out only for an error. */
struct ims_where {
    const struct ims_where *up; /* NULL: the document */
    const char *key;            /* NULL: index counts */
    size_t index;
};

struct ims_snapshot_reader {
    struct ims_builder *builder;
    const char *path;
    struct ims_error *reterr;
};

/* Fills *reterr with the JSON pointer of where and a sentence; returns -EBADMSG. */
int ims_snapshot_wrong(const struct ims_snapshot_reader *reader, const struct ims_where *where,
                       const char *format, ...) IMS_PRINTF(3, 4);
int ims_snapshot_no_memory(const struct ims_snapshot_reader *reader);

/*
 * Values of an object. *ret is left alone when there is no such key. Return 1 when it was there, 0
 * when not, -EBADMSG for a wrong type, -ENOMEM.
 */
int ims_snapshot_get_text(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                          json_t *object, const char *key, const char **ret);
int ims_snapshot_get_state(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                           json_t *object, const char *key, enum ims_tristate *ret);
int ims_snapshot_get_number(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                            json_t *object, const char *key, int64_t min, int64_t max,
                            int64_t *ret);
int ims_snapshot_get_address(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                             json_t *object, const char *key, struct ims_address *ret);
int ims_snapshot_get_gap_kind(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                              json_t *object, const char *key, enum ims_gap_kind *ret);

/* A value that is an array (object), or NULL. Returns as above. */
int ims_snapshot_get_container(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                               json_t *object, const char *key, json_type type, json_t **ret);

/* One element of /functions (snapshot_read_function.c). Returns 0 or a negative errno. */
int ims_snapshot_read_function(const struct ims_snapshot_reader *reader,
                               const struct ims_where *where, json_t *object);

/* Rows of an image (snapshot_config.c). Returns 0 or a negative errno. */
int ims_snapshot_read_config(const struct ims_snapshot_reader *reader,
                             const struct ims_where *where, json_t *object,
                             struct ims_config *config);

/* /acpi_tables (snapshot_tables.c). Returns 0 or a negative errno. */
int ims_snapshot_read_tables(const struct ims_snapshot_reader *reader, json_t *document);

#endif
