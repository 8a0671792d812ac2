/* SPDX-License-Identifier: MIT */
#include "source/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * ACPI tables are kept as they are: "acpi_tables": {"DMAR": ["444d4152...", ...]}, 32 bytes a row.
 * What a newer version makes of them it can then make of an old snapshot too.
 */

#define ROW_BYTES 32u

void ims_snapshot_write_tables(struct ims_json *json, const struct ims_acpi_tables *tables)
{
    bool is_open = false;

    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++) {
        if (!tables->bytes[i])
            continue;
        if (!is_open)
            ims_json_open(json, "acpi_tables", '{');
        is_open = true;
        ims_json_open(json, ims_acpi_table_to_string((enum ims_acpi_table)i), '[');
        for (uint32_t at = 0; at < tables->size_bytes[i]; at += ROW_BYTES) {
            const uint32_t left = tables->size_bytes[i] - at;
            char row[2 * ROW_BYTES + 1];

            for (uint32_t byte = 0; byte < left && byte < ROW_BYTES; byte++)
                snprintf(row + (size_t)2 * byte, 3, "%02x", tables->bytes[i][at + byte]);
            ims_json_string(json, NULL, row);
        }
        ims_json_close(json, ']');
    }
    if (is_open)
        ims_json_close(json, '}');
}

static int digit(char byte)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = byte ? strchr(digits, byte) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Appends the bytes of one row. Returns how many, or -1 for something else than hexadecimal. */
static int take_row(const char *text, uint8_t row[ROW_BYTES])
{
    const size_t length = text ? strlen(text) : 1;

    if (length % 2 != 0 || length > (size_t)2 * ROW_BYTES)
        return -1;
    for (size_t i = 0; i < length; i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return -1;
        row[i / 2] = (uint8_t)(high << 4 | low);
    }
    return (int)(length / 2);
}

static int read_table(const struct ims_snapshot_reader *reader, const struct ims_where *up,
                      json_t *rows, enum ims_acpi_table table)
{
    uint8_t *bytes = malloc(IMS_ACPI_TABLE_MAX_BYTES + ROW_BYTES);
    size_t length = 0;
    int r = 0;

    if (!bytes)
        return ims_snapshot_no_memory(reader);
    for (size_t i = 0; i < json_array_size(rows) && r == 0; i++) {
        const struct ims_where where = {up, NULL, i};
        const int taken = take_row(json_string_value(json_array_get(rows, i)), bytes + length);

        if (taken < 0)
            r = ims_snapshot_wrong(reader, &where, "expected up to %u bytes in hexadecimal",
                                   ROW_BYTES);
        else
            length += (size_t)taken;
        if (r == 0 && length > IMS_ACPI_TABLE_MAX_BYTES)
            r = ims_snapshot_wrong(reader, up, "a table is at most %u bytes long",
                                   IMS_ACPI_TABLE_MAX_BYTES);
    }
    if (r == 0 && ims_builder_table(reader->builder, table, bytes, length) < 0)
        r = ims_snapshot_no_memory(reader);
    free(bytes);
    return r;
}

int ims_snapshot_read_tables(const struct ims_snapshot_reader *reader, json_t *document)
{
    const struct ims_where where = {NULL, "acpi_tables", 0};
    json_t *tables = NULL;
    int r = ims_snapshot_get_container(reader, NULL, document, "acpi_tables", JSON_OBJECT, &tables);

    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT && r > 0; i++) {
        const enum ims_acpi_table table = (enum ims_acpi_table)i;
        const struct ims_where inner = {&where, ims_acpi_table_to_string(table), 0};
        json_t *rows = NULL;

        int code = ims_snapshot_get_container(reader, &where, tables, inner.key, JSON_ARRAY, &rows);
        if (code > 0)
            code = read_table(reader, &inner, rows, table);
        if (code < 0)
            r = code;
    }
    return r < 0 ? r : 0;
}
