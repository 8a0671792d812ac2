/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "source/text.h"

/* Two digits and no third. */
static int hex_byte(const char *text)
{
    const int high = ims_number_hex_digit(text[0]);
    const int low = high < 0 ? -1 : ims_number_hex_digit(text[1]);

    if (low < 0 || ims_number_hex_digit(text[2]) >= 0)
        return -1;
    return high << 4 | low;
}

/* Bytes behind "10:"; returns how many, *ret_rest is what could not be read. */
static unsigned read_bytes(const char *text, uint8_t bytes[IMS_CONFIG_ROW_BYTES],
                           const char **ret_rest)
{
    unsigned count = 0;

    text = ims_word_blanks(text);
    while (count < IMS_CONFIG_ROW_BYTES) {
        const int byte = hex_byte(text);
        if (byte < 0)
            break;
        bytes[count++] = (uint8_t)byte;
        text = ims_word_blanks(text + 2);
    }
    *ret_rest = text;
    return count;
}

/* A second dump of the same function: the first is kept, a difference is noted once. */
static int keep_first(struct ims_text_reader *reader, unsigned offset, const uint8_t *bytes,
                      unsigned count, unsigned line)
{
    struct ims_text_function *function = &reader->functions[reader->block.index];

    for (unsigned i = 0; i < count; i++) {
        const struct ims_bits old = ims_config_get8(&function->hex, offset + i);
        if (old.known == 0xff) {
            /* Beyond the header registers change while a machine runs. */
            if (old.value != bytes[i] && offset + i < 0x04 &&
                !(function->seen & IMS_SEEN_CONTRADICTION)) {
                function->seen |= IMS_SEEN_CONTRADICTION;
                ims_builder_gap(reader->builder, IMS_GAP_CONTRADICTION, &reader->block.address,
                                reader->path, line,
                                "a second dump shows another device; the first was kept");
            }
            continue;
        }
        int r = ims_config_set(&function->hex, offset + i, bytes[i], 0xff);
        if (r < 0)
            return ims_error_set(reader->reterr, r, "out of memory");
    }
    return 0;
}

int ims_lspci_hex_row(struct ims_text_reader *reader, const char *text, unsigned line)
{
    struct ims_lspci_block *block = &reader->block;
    uint8_t bytes[IMS_CONFIG_ROW_BYTES];
    uint64_t offset;
    const char *rest;

    const size_t digits = ims_word_hex(text, &offset);
    if (digits < 2 || digits > 3 || text[digits] != ':' ||
        (text[digits + 1] != ' ' && text[digits + 1] != '\t'))
        return 0;
    const unsigned count = read_bytes(text + digits + 1, bytes, &rest);
    if (count == 0)
        return 0;
    if (!block->open) {
        if (!reader->stray_rows_reported)
            ims_builder_gap(reader->builder, IMS_GAP_MALFORMED, NULL, reader->path, line,
                            "bytes of a dump that belong to no function");
        reader->stray_rows_reported = true;
        return 1;
    }
    if (offset % IMS_CONFIG_ROW_BYTES) {
        ims_builder_gap(reader->builder, IMS_GAP_MALFORMED, &block->address, reader->path, line,
                        "a row of a dump with the odd offset %03x was passed over",
                        (unsigned)offset);
        return 1;
    }
    if (*rest)
        ims_builder_gap(reader->builder, IMS_GAP_MALFORMED, &block->address, reader->path, line,
                        "row %03x of a dump is damaged after %u bytes", (unsigned)offset, count);

    struct ims_text_function *function = &reader->functions[block->index];
    function->seen |= IMS_SEEN_HEX;
    reader->kinds |= IMS_KIND_HEX;
    if (function->hex_end < offset + count)
        function->hex_end = (uint32_t)offset + count;
    block->tail_seen = true;
    int r = keep_first(reader, (unsigned)offset, bytes, count, line);
    return r < 0 ? r : 1;
}
