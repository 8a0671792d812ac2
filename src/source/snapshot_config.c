/* SPDX-License-Identifier: MIT */
#include "source/snapshot.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "pci/regs.h"

/*
 * A row is 16 bytes: "86" known, ".." unknown, "04/0f" known as far as the mask says. Rows of which
 * nothing is known are left out, and what was never read stays unknown.
 */

#define SERIAL_VERSION_1 0x00010000u
#define SERIAL_DATA_OFFSET 4u
#define SERIAL_DATA_BYTES 8u

static void hide(struct ims_hidden *hidden, unsigned offset, unsigned size_bytes)
{
    for (unsigned at = offset; at < offset + size_bytes && at < IMS_CONFIG_SIZE_BYTES; at++)
        hidden->bits[at / 64] |= UINT64_C(1) << at % 64;
}

static bool is_hidden(const struct ims_hidden *hidden, unsigned offset)
{
    return hidden->bits[offset / 64] >> offset % 64 & 1;
}

/* Dwords that look like the head of the capability, where no list leads to them. */
static void hide_unlisted(const struct ims_config *config, struct ims_hidden *hidden)
{
    for (uint32_t row = 0; row < config->row_count; row++) {
        for (unsigned i = 0; i < IMS_CONFIG_ROW_BYTES; i += 4) {
            const unsigned offset = config->rows[row].offset + i;
            const struct ims_bits dword = ims_config_get32(config, offset);
            const unsigned next = dword.value >> IMS_REG_EXTENDED_NEXT_SHIFT;

            if (offset >= IMS_REG_EXTENDED_FIRST &&
                (dword.value & (IMS_REG_EXTENDED_ID | IMS_REG_EXTENDED_VERSION)) ==
                    (IMS_EXTENDED_SERIAL | SERIAL_VERSION_1) &&
                (next == 0 || next >= IMS_REG_EXTENDED_FIRST))
                hide(hidden, offset + SERIAL_DATA_OFFSET, SERIAL_DATA_BYTES);
        }
    }
}

void ims_snapshot_hide_serials(const struct ims_function_info *info, struct ims_hidden *hidden)
{
    const struct ims_pci_facts *pci = &info->pci;

    for (uint32_t i = 0; i < pci->capability_count; i++)
        if (pci->capabilities[i].extended && pci->capabilities[i].id == IMS_EXTENDED_SERIAL)
            hide(hidden, pci->capabilities[i].offset + SERIAL_DATA_OFFSET, SERIAL_DATA_BYTES);
    /* A list with a hole or with damage may pass over one: rather hide too much. */
    if (pci->extended_complete != IMS_YES || pci->damage || pci->extended_header != IMS_YES)
        hide_unlisted(&info->record->config, hidden);
}

void ims_snapshot_write_config(struct ims_json *json, const struct ims_config *config,
                               const struct ims_hidden *hidden)
{
    bool is_open = false;

    for (uint32_t i = 0; i < config->row_count; i++) {
        const struct ims_config_row *row = &config->rows[i];
        char text[IMS_CONFIG_ROW_BYTES * 6 + 1];
        char key[8];
        size_t length = 0;
        bool any_known = false;

        for (unsigned at = 0; at < IMS_CONFIG_ROW_BYTES; at++) {
            const uint8_t known = is_hidden(hidden, row->offset + at) ? 0 : row->known[at];
            const char *separator = at ? " " : "";
            const size_t room = sizeof(text) - length;
            any_known = any_known || known;
            if (known == 0)
                length += (size_t)snprintf(text + length, room, "%s..", separator);
            else if (known == 0xff)
                length +=
                    (size_t)snprintf(text + length, room, "%s%02x", separator, row->value[at]);
            else
                length += (size_t)snprintf(text + length, room, "%s%02x/%02x", separator,
                                           row->value[at] & known, known);
        }
        if (!any_known)
            continue;
        if (!is_open)
            ims_json_open(json, "config", '{');
        is_open = true;
        snprintf(key, sizeof(key), "%02x", row->offset);
        ims_json_string(json, key, text);
    }
    if (is_open)
        ims_json_close(json, '}');
}

/* One token. Returns whether it is understood. */
static bool parse_token(const char *token, size_t length, uint8_t *ret_value, uint8_t *ret_mask)
{
    uint64_t value;
    uint64_t mask = 0xff;

    if (length == 2 && memcmp(token, "..", 2) == 0) {
        *ret_value = 0;
        *ret_mask = 0;
        return true;
    }
    if (length != 2 && !(length == 5 && token[2] == '/'))
        return false;
    if (ims_number_hex(token, 2, 0xff, &value) < 0 ||
        (length == 5 && ims_number_hex(token + 3, 2, 0xff, &mask) < 0))
        return false;
    *ret_value = (uint8_t)(value & mask);
    *ret_mask = (uint8_t)mask;
    return true;
}

static int read_row(const struct ims_snapshot_reader *reader, const struct ims_where *where,
                    unsigned offset, const char *text, struct ims_config *config)
{
    unsigned count = 0;

    for (const char *at = text + strspn(text, " "); *at; count++) {
        const size_t length = strcspn(at, " ");
        uint8_t value;
        uint8_t mask;

        if (count == IMS_CONFIG_ROW_BYTES || !parse_token(at, length, &value, &mask))
            return ims_snapshot_wrong(reader, where,
                                      "expected 16 bytes such as \"86\", \"..\" or \"04/0f\"");
        if (mask && ims_config_set(config, offset + count, value, mask) < 0)
            return ims_snapshot_no_memory(reader);
        at += length;
        at += strspn(at, " ");
    }
    if (count < IMS_CONFIG_ROW_BYTES)
        return ims_snapshot_wrong(reader, where, "expected 16 bytes, there are %u", count);
    return 0;
}

int ims_snapshot_read_config(const struct ims_snapshot_reader *reader,
                             const struct ims_where *where, json_t *object,
                             struct ims_config *config)
{
    int r = 0;

    for (void *position = json_object_iter(object); position && r == 0;
         position = json_object_iter_next(object, position)) {
        const char *key = json_object_iter_key(position);
        const char *text = json_string_value(json_object_iter_value(position));
        const struct ims_where here = {where, key, 0};
        uint64_t offset;

        if (ims_number_hex(key, strlen(key), IMS_CONFIG_SIZE_BYTES - 1, &offset) < 0 ||
            offset % IMS_CONFIG_ROW_BYTES)
            r = ims_snapshot_wrong(reader, &here, "expected the offset of a row of 16 bytes");
        else if (!text)
            r = ims_snapshot_wrong(reader, &here, "expected a string");
        else
            r = read_row(reader, &here, (unsigned)offset, text, config);
    }
    return r;
}
