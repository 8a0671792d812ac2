/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "source/text.h"

struct ims_record *ims_text_record(struct ims_text_reader *reader, uint32_t index)
{
    return ims_builder_at(reader->builder, index);
}

int ims_text_function_get(struct ims_text_reader *reader, struct ims_address address, unsigned line,
                          uint32_t *ret)
{
    struct ims_record *record;
    int r = ims_builder_function(reader->builder, address, &record, NULL);
    if (r == -E2BIG)
        return ims_error_set_at(reader->reterr, r, reader->path, line, 0,
                                "more than %u PCI functions", IMS_FUNCTION_MAX);
    if (r < 0)
        return ims_error_set(reader->reterr, r, "out of memory");

    /* Records are one array in the order in which they were made. */
    const uint32_t index = (uint32_t)(record - ims_builder_at(reader->builder, 0));
    if (index >= reader->function_count) {
        struct ims_text_function *functions = ims_array_grow(
            reader->functions, &reader->function_capacity, index + 1, sizeof(*functions));
        if (!functions)
            return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
        memset(&functions[reader->function_count], 0,
               (index + 1 - reader->function_count) * sizeof(*functions));
        reader->functions = functions;
        reader->function_count = index + 1;
    }
    if (!reader->functions[index].line)
        reader->functions[index].line = line;
    *ret = index;
    return 0;
}

static int state_bits(struct ims_text_reader *reader, uint32_t index, unsigned offset,
                      uint32_t value, uint32_t mask, unsigned size_bytes, bool later_wins)
{
    struct ims_config *config = &reader->functions[index].text;

    for (unsigned i = 0; i < size_bytes; i++) {
        const uint8_t bits = (uint8_t)(value >> 8 * i);
        uint32_t wanted = mask >> 8 * i & 0xffu;

        if (!later_wins && wanted)
            wanted &= ~ims_config_get8(config, offset + i).known;
        if (!wanted)
            continue;
        int r = ims_config_set(config, offset + i, bits, (uint8_t)wanted);
        if (r == -ENOMEM)
            return ims_error_set(reader->reterr, r, "out of memory");
    }
    return 0;
}

int ims_text_state(struct ims_text_reader *reader, uint32_t index, unsigned offset, uint32_t value,
                   uint32_t mask, unsigned size_bytes)
{
    return state_bits(reader, index, offset, value, mask, size_bytes, false);
}

int ims_text_restate(struct ims_text_reader *reader, uint32_t index, unsigned offset,
                     uint32_t value, uint32_t mask, unsigned size_bytes)
{
    return state_bits(reader, index, offset, value, mask, size_bytes, true);
}

int ims_text_id(struct ims_text_reader *reader, uint32_t index, struct ims_id id)
{
    struct ims_record *record = ims_text_record(reader, index);

    /* What a VF's own registers read is not its id (R1.7). */
    if (record->id_count || id.vendor == 0xffff)
        return 0;
    const struct ims_id *ids = ims_builder_ids(reader->builder, &id, 1);
    if (!ids)
        return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
    record->ids = ids;
    record->id_count = 1;
    return ims_text_state(reader, index, 0x00, (uint32_t)id.device << 16 | id.vendor, 0xffffffffu,
                          4);
}

void ims_text_class(struct ims_text_reader *reader, uint32_t index, uint32_t code, uint32_t known)
{
    struct ims_record *record = ims_text_record(reader, index);

    record->class_stated = true;
    record->class_code |= code & known & ~record->class_known;
    record->class_known |= known;
}

int ims_text_keep(struct ims_text_reader *reader, const char **field, const char *text,
                  size_t length)
{
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    if (*field || length == 0)
        return 0;
    *field = ims_builder_string(reader->builder, text, length);
    return *field ? 0 : ims_error_set(reader->reterr, -ENOMEM, "out of memory");
}

void ims_text_resource(struct ims_text_reader *reader, uint32_t index, unsigned number,
                       uint64_t start, uint64_t size_bytes, uint64_t flags)
{
    struct ims_record *record = ims_text_record(reader, index);

    if (number >= IMS_RESOURCE_COUNT || size_bytes == 0 || start + (size_bytes - 1) < start ||
        record->resources[number].flags)
        return;
    record->resources[number] =
        (struct ims_resource){.start = start, .end = start + (size_bytes - 1), .flags = flags};
    /* Unused ones stay 0 with flags 0, as sysfs shows them; BARs and the ROM come together. */
    if (record->resource_count < 7)
        record->resource_count = 7;
    if (record->resource_count <= number)
        record->resource_count = IMS_RESOURCE_COUNT;
}

int ims_text_group(struct ims_text_reader *reader, struct ims_address address, uint32_t number,
                   uint32_t kind, unsigned line)
{
    uint32_t index = 0;

    reader->kinds |= IMS_KIND_GROUPS | kind;
    if (reader->groups_only && ims_builder_count(reader->builder) &&
        !ims_builder_find(reader->builder, address)) {
        ims_builder_gap(reader->builder, IMS_GAP_NOT_IN_INPUT, &address, reader->path, line,
                        "group %u has this function, but nothing else describes it", number);
        return 0;
    }
    int r = ims_text_function_get(reader, address, line, &index);
    if (r < 0)
        return r;

    struct ims_record *record = ims_text_record(reader, index);
    if (record->group_state == IMS_GROUP_KNOWN && record->group != number) {
        /* A log tells a story: its last line holds. Elsewhere the first statement is kept. */
        if (kind != IMS_KIND_LOG_GROUPS) {
            ims_builder_gap(reader->builder, IMS_GAP_CONTRADICTION, &address, reader->path, line,
                            "group %u here, group %u before", number, record->group);
            return 0;
        }
    }
    record->group_state = IMS_GROUP_KNOWN;
    record->group = number;
    reader->functions[index].seen |= IMS_SEEN_GROUPED;
    return 0;
}

int ims_text_root(struct ims_text_reader *reader, uint32_t segment, uint8_t bus,
                  const struct ims_address *endpoint)
{
    struct ims_text_root *root = NULL;

    for (uint32_t i = 0; i < reader->root_count && !root; i++) {
        if (reader->roots[i].segment == segment && reader->roots[i].bus == bus)
            root = &reader->roots[i];
    }
    if (!root) {
        /* No machine has more; a hostile log must not make this list long. */
        if (reader->root_count >= 512)
            return 0;
        struct ims_text_root *roots = ims_array_grow(reader->roots, &reader->root_capacity,
                                                     reader->root_count + 1, sizeof(*roots));
        if (!roots)
            return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
        reader->roots = roots;
        root = &roots[reader->root_count++];
        *root = (struct ims_text_root){.segment = segment, .bus = bus};
    }
    if (endpoint) {
        root->has_endpoint = true;
        root->endpoint = *endpoint;
    }
    return 0;
}
