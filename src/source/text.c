/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "source/reader.h"
#include "source/text.h"

/* Mail programs wrap at 65 to 80 columns: where the next word had room before, they did not. */
#define WRAP_SHORTEST 64u

/* No line of lspci with its rest is longer. */
#define LOGICAL_MAX_BYTES 8192u

void ims_text_reader_done(struct ims_text_reader *reader)
{
    for (uint32_t i = 0; i < reader->function_count; i++) {
        ims_config_done(&reader->functions[i].hex);
        ims_config_done(&reader->functions[i].text);
    }
    free(reader->functions);
    free(reader->roots);
    ims_text_done(&reader->logical);
}

/* Understands the line that was held back for its wrapped rest. */
static int flush_logical(struct ims_text_reader *reader)
{
    int r = 0;

    reader->logical_open = false;
    if (reader->logical.failed)
        return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
    if (reader->logical.length == 0)
        return 0;
    const char *text = ims_text_get(&reader->logical);
    if (reader->block.open)
        r = reader->logical_is_header ? ims_lspci_header(reader, text)
                                      : ims_lspci_detail(reader, text, reader->logical_line);
    ims_text_clear(&reader->logical);
    return r;
}

static int hold_logical(struct ims_text_reader *reader, const char *text, unsigned line,
                        bool is_header)
{
    int r = flush_logical(reader);
    if (r < 0)
        return r;
    ims_text_append(&reader->logical, text);
    if (reader->logical.failed)
        return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
    reader->logical_open = true;
    reader->logical_is_header = is_header;
    reader->logical_line = line;
    return 0;
}

/* "ADDRESS CLASS: NAME": the block of a function begins. text starts with the address. */
static int begin_function(struct ims_text_reader *reader, const char *text, unsigned line,
                          bool in_group)
{
    struct ims_address address;
    const size_t length = ims_word_address(text, &address);

    if (!length || (text[length] != ' ' && text[length] != '\t'))
        return 0;
    const char *rest = ims_word_blanks(text + length);
    if (!in_group && !ims_lspci_is_header(rest))
        return 0;
    int r = flush_logical(reader);
    if (r < 0)
        return r;
    if (reader->block.open)
        reader->block.ended = true;
    r = ims_lspci_begin(reader, address, line);
    if (r < 0)
        return r;
    if (in_group && !ims_lspci_is_header(rest)) {
        reader->block.open = false;
        return 1;
    }
    r = hold_logical(reader, rest, line, true);
    return r < 0 ? r : 1;
}

static bool is_machine_line(const char *text)
{
    return strncmp(text, "DMI: ", 5) == 0 || strncmp(text, "ACPI: ", 6) == 0 ||
           strncmp(text, "DMAR: ", 6) == 0;
}

static bool is_after_header(const struct ims_text_reader *reader)
{
    return reader->logical_open && reader->logical_is_header;
}

/* A line of an open block: something new, or the wrapped rest of the line before. */
static int read_in_block(struct ims_text_reader *reader, const struct ims_line *line)
{
    struct ims_lspci_block *block = &reader->block;

    if (!block->open)
        return 0;
    if (ims_lspci_is_start(line->text, is_after_header(reader))) {
        block->ended = false;
        int r = hold_logical(reader, line->text, line->number, false);
        return r < 0 ? r : 1;
    }
    if (!reader->logical_open)
        return 0;
    const bool wrapped = reader->last_length + 1 + strcspn(line->text, " \t") >= WRAP_SHORTEST;
    const bool tail = reader->logical_is_header || block->tail_seen ||
                      strncmp(ims_text_get(&reader->logical), "Kernel", 6) == 0;
    if (tail && !wrapped) {
        /* Nothing of lspci goes on here: the end of a list, a signature, a shell prompt. */
        return 0;
    }
    if (reader->logical.length + line->length < LOGICAL_MAX_BYTES) {
        ims_text_append(&reader->logical, " ");
        ims_text_append(&reader->logical, line->text);
    }
    return 1;
}

/* Text of no known kind. "[...]", "<snip>": somebody cut something out. */
static int read_other(struct ims_text_reader *reader, const struct ims_line *line)
{
    int r = flush_logical(reader);

    reader->heading.active = false;
    if (strstr(line->text, "...") || strstr(line->text, "snip"))
        reader->block.snipped = true;
    return r;
}

static int read_blank(struct ims_text_reader *reader)
{
    reader->block.ended = true;
    reader->last_length = 0;
    ims_group_blank(reader);
    return flush_logical(reader);
}

static int read_group_line(struct ims_text_reader *reader, const struct ims_line *line)
{
    const char *rest;

    int r = ims_group_line(reader, line, &rest);
    if (r <= 0)
        return r;
    int flushed = flush_logical(reader);
    if (flushed < 0)
        return flushed;
    if (rest && !reader->groups_only) {
        r = begin_function(reader, rest, line->number, true);
        return r < 0 ? r : 1;
    }
    return 1;
}

static int read_groups_only(struct ims_text_reader *reader, const struct ims_line *line)
{
    const char *rest;

    int r = ims_klog_line(reader, line->text, line->number);
    if (r == 0)
        r = ims_group_line(reader, line, &rest);
    /* Lines of "lspci -k" below a member do not end the list. */
    if (r == 0 && !ims_lspci_is_start(line->text, false))
        reader->heading.active = false;
    return r < 0 ? r : 0;
}

static int read_line(struct ims_text_reader *reader, const struct ims_line *line)
{
    const char *text = line->text;
    int r = 0;

    if (line->length == 0) {
        /* Blanks without a line end: the text was cut within a line. */
        return line->ended ? read_blank(reader) : 0;
    }
    if (reader->groups_only)
        return read_groups_only(reader, line);

    if (ims_number_hex_digit(*text) >= 0) {
        r = ims_lspci_hex_row(reader, text, line->number);
        if (r > 0)
            r = flush_logical(reader) < 0 ? -ENOMEM : 1;
        if (r == 0 && !reader->heading.active)
            r = begin_function(reader, text, line->number, false);
        if (r)
            return r < 0 ? r : 0;
    }
    /* The bulk of a verbose listing, before the kinds that need a search. */
    const bool grouplike = strncmp(text, "IOMMU", 5) == 0 || strncmp(text, "Group", 5) == 0;
    if (reader->block.open && !grouplike && !is_machine_line(text) &&
        ims_lspci_is_start(text, is_after_header(reader))) {
        r = read_in_block(reader, line);
        return r < 0 ? r : 0;
    }
    r = grouplike ? flush_logical(reader) : 0;
    if (r == 0)
        r = ims_klog_line(reader, text, line->number);
    if (r > 0)
        r = flush_logical(reader) < 0 ? -ENOMEM : 1;
    if (r == 0)
        r = read_group_line(reader, line);
    if (r == 0 && ims_number_hex_digit(*text) >= 0)
        r = begin_function(reader, text, line->number, false);
    if (r == 0)
        r = read_in_block(reader, line);
    if (r == 0)
        r = read_other(reader, line);
    return r < 0 ? r : 0;
}

int ims_text_lines(struct ims_text_reader *reader, FILE *stream)
{
    struct ims_lines lines;
    struct ims_line line = {0};

    if (ims_lines_init(&lines, stream) < 0)
        return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
    int r = 0;
    int more;
    while (r == 0 && (more = ims_lines_next(&lines, &line)) > 0) {
        if (line.cut) {
            ims_builder_gap(reader->builder, IMS_GAP_MALFORMED, NULL, reader->path, line.number,
                            "a line longer than %u bytes was passed over", IMS_LINE_MAX_BYTES);
            continue;
        }
        r = read_line(reader, &line);
        reader->last_length = line.length + line.indent;
    }
    if (r == 0 && more < 0)
        r = ims_error_set_at(reader->reterr, more, reader->path, 0, 0, "cannot read: %s",
                             strerror(-more));
    if (r == 0)
        r = flush_logical(reader);
    if (r == 0)
        r = ims_lspci_end(reader);
    ims_lines_done(&lines);
    return r;
}

int ims_text_read(struct ims_builder *builder, FILE *stream, const char *path,
                  const struct ims_source_options *options, struct ims_error *reterr)
{
    struct ims_text_reader reader = {.builder = builder,
                                     .path = path,
                                     .reterr = reterr,
                                     .pci_ids_path = options ? options->pci_ids_path : NULL};

    int r = ims_text_lines(&reader, stream);
    if (r == 0 && reader.function_count == 0)
        r = ims_error_set_at(
            reterr, -EBADMSG, path, 0, 0,
            "nothing here describes a PCI function: expected lspci output (-vvv or "
            "-xxxx, best as root), a kernel log or a snapshot");
    if (r == 0)
        r = ims_text_merge(&reader);
    ims_text_reader_done(&reader);
    return r;
}
