/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "source/pci_ids.h"
#include "source/text.h"

/* A name with more candidates than this is as good as unknown. */
#define CANDIDATES_MAX 64u

#define HEADER_BYTES 64u
#define REG_EXTENDED 0x100

/* Registers that cannot differ between two truthful descriptions of one machine. */
static bool is_structural(unsigned offset)
{
    return offset < 4 || (offset >= 0x0a && offset <= 0x0b) || offset == 0x0e ||
           (offset >= 0x18 && offset <= 0x1a);
}

/* Unimplemented ids of a VF, and functions that do not answer. */
static bool is_all_ones(const struct ims_config *config, unsigned offset)
{
    const struct ims_bits bits = ims_config_get16(config, offset);
    return bits.known == 0xffff && bits.value == 0xffff;
}

static bool contradicts(const struct ims_text_function *function, unsigned offset, uint8_t value,
                        uint8_t known)
{
    const struct ims_bits dump = ims_config_get8(&function->hex, offset);
    const uint32_t type = ims_config_get8(&function->hex, 0x0e).value & 0x7f;

    if (!is_structural(offset) || !((dump.value ^ value) & dump.known & known))
        return false;
    if (offset < 4)
        return !is_all_ones(&function->hex, offset & ~1u);
    return offset < 0x18 || type == 1 || type == 2;
}

/* Bytes of a dump win; decoded text fills what they leave open. */
static int merge_config(struct ims_text_reader *reader, uint32_t index)
{
    struct ims_text_function *function = &reader->functions[index];
    struct ims_record *record = ims_text_record(reader, index);
    bool contradiction = false;
    int r = 0;

    for (uint32_t i = 0; i < function->text.row_count; i++) {
        const struct ims_config_row *row = &function->text.rows[i];
        for (unsigned k = 0; k < IMS_CONFIG_ROW_BYTES; k++) {
            const unsigned offset = row->offset + k;
            const uint32_t fresh = row->known[k] & ~ims_config_get8(&function->hex, offset).known;
            contradiction =
                contradiction || contradicts(function, offset, row->value[k], row->known[k]);
            if (fresh && r == 0)
                r = ims_config_set(&function->hex, offset, row->value[k], (uint8_t)fresh);
        }
    }
    if (r < 0)
        return ims_error_set(reader->reterr, r, "out of memory");
    if (contradiction && !(function->seen & IMS_SEEN_CONTRADICTION))
        ims_builder_gap(reader->builder, IMS_GAP_CONTRADICTION, &record->address, reader->path,
                        function->line,
                        "dump and text of this function disagree; the dump was kept");
    ims_config_done(&function->text);
    ims_config_done(&record->config);
    record->config = function->hex;
    function->hex = (struct ims_config){0};
    return 0;
}

static bool needs_names(struct ims_text_reader *reader, uint32_t index)
{
    const struct ims_record *record = ims_text_record(reader, index);
    const bool ids_known = record->id_count || ims_config_get32(&record->config, 0).known != 0;

    return (!ids_known && record->device_name) ||
           (record->class_name && (record->class_known & 0xffff00) == 0);
}

static int look_up_device(struct ims_text_reader *reader, const struct ims_pci_ids *ids,
                          struct ims_record *record)
{
    struct ims_id found[CANDIDATES_MAX];
    size_t vendor_length;
    uint16_t vendor;

    const char *text = record->device_name;
    const uint32_t count = ims_pci_ids_find(ids, text, found, CANDIDATES_MAX, &vendor_length);
    if (vendor_length && !record->vendor_name) {
        const char *device = ims_word_blanks(text + vendor_length);
        record->vendor_name = ims_builder_string(reader->builder, text, vendor_length);
        record->device_name = *device ? device : NULL;
        if (!record->vendor_name)
            return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
    }
    /* Rules for every device of a vendor need no more than its id. */
    if (vendor_length && ims_pci_ids_find_vendor(ids, text, vendor_length, &vendor)) {
        int r = ims_config_set16(&record->config, 0x00, vendor, 0xffff);
        if (r < 0)
            return ims_error_set(reader->reterr, r, "out of memory");
    }
    if (count == 0 || count == CANDIDATES_MAX)
        return 0;
    record->ids = ims_builder_ids(reader->builder, found, count);
    if (!record->ids)
        return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
    record->id_count = count;
    return 0;
}

static int look_up_names(struct ims_text_reader *reader, const struct ims_pci_ids *ids,
                         uint32_t index)
{
    struct ims_record *record = ims_text_record(reader, index);
    uint32_t code;
    uint32_t known;

    if (record->class_name && (record->class_known & 0xffff00) == 0 &&
        ims_config_get16(&record->config, 0x0a).known == 0 &&
        ims_pci_ids_find_class(ids, record->class_name, &code, &known)) {
        ims_text_class(reader, index, code, known);
        int r =
            ims_config_set16(&record->config, 0x0a, (uint16_t)(code >> 8), (uint16_t)(known >> 8));
        if (r < 0)
            return ims_error_set(reader->reterr, r, "out of memory");
    }
    if (record->id_count || !record->device_name || ims_config_get32(&record->config, 0).known != 0)
        return 0;
    return look_up_device(reader, ids, record);
}

/* Names become ids; pci.ids is read only when there is one to look up. */
static int merge_names(struct ims_text_reader *reader)
{
    struct ims_pci_ids *ids = NULL;
    int r = 0;

    for (uint32_t i = 0; i < reader->function_count && r == 0; i++) {
        if (!needs_names(reader, i))
            continue;
        if (!ids) {
            r = ims_pci_ids_load(reader->pci_ids_path, &ids);
            if (r == -ENOMEM)
                return ims_error_set(reader->reterr, r, "out of memory");
            if (r < 0) {
                ims_builder_gap(reader->builder, IMS_GAP_NOT_IN_INPUT, NULL, reader->pci_ids_path,
                                0,
                                "the text has names instead of ids, and pci.ids is not readable "
                                "here: rules for single devices cannot be judged");
                return 0;
            }
        }
        r = look_up_names(reader, ids, i);
    }
    ims_pci_ids_free(ids);
    return r;
}

/* Who lacks a group where its source states groups is in none (R12.9). */
static void merge_groups(struct ims_text_reader *reader)
{
    for (uint32_t i = 0; i < reader->function_count; i++) {
        struct ims_record *record = ims_text_record(reader, i);
        const uint32_t seen = reader->functions[i].seen;

        if (record->group_state != IMS_GROUP_UNKNOWN)
            continue;
        if ((reader->kinds & IMS_KIND_LIST_GROUPS) ||
            ((reader->kinds & IMS_KIND_TEXT_GROUPS) && (seen & IMS_SEEN_VERBOSE)) ||
            ((reader->kinds & IMS_KIND_LOG_GROUPS) && (seen & IMS_SEEN_LOG)))
            record->group_state = IMS_GROUP_NONE;
    }
}

static void merge_roots(struct ims_text_reader *reader, struct ims_record *record)
{
    for (uint32_t i = 0; i < reader->root_count; i++) {
        const struct ims_text_root *root = &reader->roots[i];
        if (root->segment != record->address.segment)
            continue;
        if (root->bus == record->address.bus)
            record->on_root_bus = true;
        if (root->has_endpoint && root->segment >= 0x10000) {
            record->vmd_endpoint_stated = true;
            record->vmd_endpoint = root->endpoint;
        }
    }
}

/* Why the lists of capabilities are not known to their end. */
static enum ims_gap_kind find_gap(const struct ims_text_function *function,
                                  const struct ims_record *record)
{
    struct ims_pci_facts facts;

    if (function->seen & IMS_SEEN_DEAD)
        return IMS_GAP_UNREADABLE;
    ims_pci_decode(&record->config, record->is_vf == IMS_YES, &facts);
    const bool classic = facts.classic_complete == IMS_YES;
    const bool extended =
        facts.extended_complete == IMS_YES || (facts.pcie == IMS_NO && facts.pcix_mode2 != IMS_YES);
    if (classic && extended)
        return IMS_GAP_NONE;
    if (function->seen & IMS_SEEN_DENIED ||
        (function->hex_end > 0 && function->hex_end <= HEADER_BYTES))
        return IMS_GAP_NEEDS_ROOT;
    return IMS_GAP_NOT_IN_INPUT;
}

/* One gap per kind for the whole input; the records say which functions. */
static void report_gaps(struct ims_text_reader *reader)
{
    uint32_t counts[IMS_GAP_MAX] = {0};

    for (uint32_t i = 0; i < reader->function_count; i++)
        counts[ims_text_record(reader, i)->config_gap]++;
    if (counts[IMS_GAP_NEEDS_ROOT])
        ims_builder_gap(reader->builder, IMS_GAP_NEEDS_ROOT, NULL, reader->path, 0,
                        "of %u function%s only the first 64 bytes were readable when this was "
                        "written: run lspci as root",
                        counts[IMS_GAP_NEEDS_ROOT], counts[IMS_GAP_NEEDS_ROOT] == 1 ? "" : "s");
    if (counts[IMS_GAP_NOT_IN_INPUT])
        ims_builder_gap(reader->builder, IMS_GAP_NOT_IN_INPUT, NULL, reader->path, 0,
                        "the capabilities of %u function%s are not in this text, or not all of "
                        "them: write it with \"lspci -vvv\" or \"lspci -xxxx\" as root",
                        counts[IMS_GAP_NOT_IN_INPUT], counts[IMS_GAP_NOT_IN_INPUT] == 1 ? "" : "s");
    if (counts[IMS_GAP_UNREADABLE])
        ims_builder_gap(reader->builder, IMS_GAP_UNREADABLE, NULL, reader->path, 0,
                        "%u function%s did not answer when this was written",
                        counts[IMS_GAP_UNREADABLE], counts[IMS_GAP_UNREADABLE] == 1 ? "" : "s");
}

static int state_machine(struct ims_text_reader *reader)
{
    static const struct {
        uint32_t kind;
        const char *name;
    } names[] = {{IMS_KIND_HEX, "lspci-hex"},
                 {IMS_KIND_TEXT, "lspci-text"},
                 {IMS_KIND_LOG, "kernel-log"},
                 {IMS_KIND_LIST_GROUPS, "group-list"}};
    struct ims_machine *machine = ims_builder_machine(reader->builder);
    struct ims_text kinds = {0};

    if (reader->kinds & IMS_KIND_LOG_GROUPS)
        reader->kinds |= IMS_KIND_LOG;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (reader->kinds & names[i].kind)
            ims_text_appendf(&kinds, "%s%s", kinds.length ? "+" : "", names[i].name);
    }
    const char *text = ims_text_get(&kinds);
    machine->source_kind = text ? ims_builder_string(reader->builder, text, strlen(text)) : NULL;
    ims_text_done(&kinds);
    if (!machine->source_kind)
        return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
    machine->is_live = IMS_NO;
    if (reader->kinds & IMS_KIND_GROUPS) {
        machine->groups_stated = IMS_YES;
        machine->iommu_on = IMS_YES;
    }
    return 0;
}

/*
 * A PCI Express function that shows no extended capability has none, if lspci could see such at all:
 * where no function shows one, it may have read only 256 bytes of each.
 */
static int state_no_extended(struct ims_text_reader *reader, uint32_t index)
{
    if (!reader->extended_shown || !(reader->functions[index].seen & IMS_SEEN_NO_EXTENDED))
        return 0;
    return ims_text_state(reader, index, REG_EXTENDED, 0, 0xffffffffu, 4);
}

int ims_text_merge(struct ims_text_reader *reader)
{
    for (uint32_t i = 0; i < reader->function_count; i++) {
        int r = state_no_extended(reader, i);
        if (r == 0)
            r = merge_config(reader, i);
        if (r < 0)
            return r;
        struct ims_record *record = ims_text_record(reader, i);
        /* Where drivers are shown at all, a whole block without one is a function without one. */
        if (reader->driver_shown && reader->functions[i].seen & IMS_SEEN_WHOLE)
            record->driver_stated = true;
        merge_roots(reader, record);
    }
    int r = merge_names(reader);
    if (r < 0)
        return r;
    merge_groups(reader);
    for (uint32_t i = 0; i < reader->function_count; i++) {
        struct ims_record *record = ims_text_record(reader, i);
        record->config_gap = find_gap(&reader->functions[i], record);
    }
    report_gaps(reader);
    return state_machine(reader);
}
