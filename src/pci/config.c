/* SPDX-License-Identifier: MIT */
#include "iommuscope/pci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void ims_config_done(struct ims_config *config)
{
    if (config == NULL)
        return;
    if (config->row_capacity > 0)
        free(config->rows);
    *config = (struct ims_config){0};
}

/* The index of the first row whose offset is not below row_offset; row_count when there is none. */
static uint32_t row_place(const struct ims_config *config, unsigned row_offset)
{
    uint32_t low = 0;
    uint32_t high = config->row_count;

    /* Readers go forward: the row wanted is the last one or comes behind it. */
    if (high == 0 || config->rows[high - 1].offset < row_offset)
        return high;
    if (config->rows[high - 1].offset == row_offset)
        return high - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (config->rows[middle].offset < row_offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct ims_config_row *row_find(const struct ims_config *config, unsigned offset)
{
    unsigned row_offset = offset - offset % IMS_CONFIG_ROW_BYTES;
    uint32_t place = row_place(config, row_offset);

    if (place == config->row_count || config->rows[place].offset != row_offset)
        return NULL;
    return &config->rows[place];
}

/* The row of offset, made when it is not there. NULL when memory is short. */
static struct ims_config_row *row_make(struct ims_config *config, unsigned offset)
{
    unsigned row_offset = offset - offset % IMS_CONFIG_ROW_BYTES;
    uint32_t place = row_place(config, row_offset);

    if (place < config->row_count && config->rows[place].offset == row_offset)
        return &config->rows[place];

    struct ims_config_row *rows =
        ims_array_grow(config->rows, &config->row_capacity, config->row_count + 1, sizeof(*rows));
    if (rows == NULL)
        return NULL;
    config->rows = rows;
    memmove(&rows[place + 1], &rows[place], (config->row_count - place) * sizeof(*rows));
    rows[place] = (struct ims_config_row){.offset = (uint16_t)row_offset};
    config->row_count++;
    return &rows[place];
}

/* Whether size_bytes from offset may be stated: inside the space, rows not borrowed. */
static bool can_state(const struct ims_config *config, unsigned offset, size_t size_bytes)
{
    if (config->row_capacity == 0 && config->row_count > 0)
        return false;
    return offset < IMS_CONFIG_SIZE_BYTES && size_bytes <= IMS_CONFIG_SIZE_BYTES - offset;
}

static void row_state(struct ims_config_row *row, unsigned index, uint8_t value, uint8_t mask)
{
    row->value[index] = (uint8_t)((row->value[index] & ~mask) | (value & mask));
    row->known[index] |= mask;
}

/* Little-endian statement of size_bytes (up to 4); places where nothing is stated get no row. */
static int state_bits(struct ims_config *config, unsigned offset, uint32_t value, uint32_t mask,
                      unsigned size_bytes)
{
    if (!can_state(config, offset, size_bytes))
        return -EINVAL;
    for (unsigned i = 0; i < size_bytes; i++) {
        uint8_t byte_mask = (uint8_t)(mask >> (8 * i));
        if (byte_mask == 0)
            continue;
        struct ims_config_row *row = row_make(config, offset + i);
        if (row == NULL)
            return -ENOMEM;
        row_state(row, (offset + i) % IMS_CONFIG_ROW_BYTES, (uint8_t)(value >> (8 * i)), byte_mask);
    }
    return 0;
}

int ims_config_set(struct ims_config *config, unsigned offset, uint8_t value, uint8_t mask)
{
    return state_bits(config, offset, value, mask, 1);
}

int ims_config_set16(struct ims_config *config, unsigned offset, uint16_t value, uint16_t mask)
{
    return state_bits(config, offset, value, mask, 2);
}

int ims_config_set32(struct ims_config *config, unsigned offset, uint32_t value, uint32_t mask)
{
    return state_bits(config, offset, value, mask, 4);
}

int ims_config_set_bytes(struct ims_config *config, unsigned offset, const void *bytes,
                         size_t size_bytes)
{
    const uint8_t *from = bytes;

    if (!can_state(config, offset, size_bytes))
        return -EINVAL;
    while (size_bytes > 0) {
        unsigned index = offset % IMS_CONFIG_ROW_BYTES;
        size_t part_bytes = IMS_CONFIG_ROW_BYTES - index;
        if (part_bytes > size_bytes)
            part_bytes = size_bytes;
        struct ims_config_row *row = row_make(config, offset);
        if (row == NULL)
            return -ENOMEM;
        memcpy(&row->value[index], from, part_bytes);
        memset(&row->known[index], 0xff, part_bytes);
        from += part_bytes;
        offset += (unsigned)part_bytes;
        size_bytes -= part_bytes;
    }
    return 0;
}

static struct ims_bits get_bits(const struct ims_config *config, unsigned offset,
                                unsigned size_bytes)
{
    const struct ims_config_row *row = NULL;
    struct ims_bits bits = {0};

    for (unsigned i = 0; i < size_bytes; i++) {
        /* offset may be anything: compare before adding. */
        if (offset >= IMS_CONFIG_SIZE_BYTES - i)
            break;
        unsigned at = offset + i;
        if (i == 0 || at % IMS_CONFIG_ROW_BYTES == 0)
            row = row_find(config, at);
        if (row == NULL)
            continue;
        bits.value |= (uint32_t)row->value[at % IMS_CONFIG_ROW_BYTES] << (8 * i);
        bits.known |= (uint32_t)row->known[at % IMS_CONFIG_ROW_BYTES] << (8 * i);
    }
    return bits;
}

struct ims_bits ims_config_get8(const struct ims_config *config, unsigned offset)
{
    return get_bits(config, offset, 1);
}

struct ims_bits ims_config_get16(const struct ims_config *config, unsigned offset)
{
    return get_bits(config, offset, 2);
}

struct ims_bits ims_config_get32(const struct ims_config *config, unsigned offset)
{
    return get_bits(config, offset, 4);
}
