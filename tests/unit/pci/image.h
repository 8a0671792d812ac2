/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_PCI_IMAGE_H
#define IMS_TESTS_PCI_IMAGE_H

/* Small images for the tests of the decoder; include cmocka.h first. */

#include <string.h>

#include "iommuscope/pci.h"

/* States lines "OFFSET: BYTE BYTE ..." as lspci prints them; rows that are not there are unknown. */
static inline void image_rows(struct ims_config *config, const char *text)
{
    while (*text) {
        char *end;
        unsigned offset = (unsigned)strtoul(text, &end, 16);
        assert_int_equal(*end, ':');
        text = end + 1;
        while (*text == ' ') {
            uint8_t byte = (uint8_t)strtoul(text, &end, 16);
            assert_true(end > text);
            assert_int_equal(ims_config_set(config, offset++, byte, 0xff), 0);
            text = end;
        }
        assert_int_equal(*text, '\n');
        text++;
    }
}

/* States size_bytes zeros from offset: space that was read and holds nothing. */
static inline void image_zeros(struct ims_config *config, unsigned offset, size_t size_bytes)
{
    static const uint8_t zeros[IMS_CONFIG_SIZE_BYTES];

    assert_int_equal(ims_config_set_bytes(config, offset, zeros, size_bytes), 0);
}

static inline void image_8(struct ims_config *config, unsigned offset, unsigned value)
{
    assert_int_equal(ims_config_set(config, offset, (uint8_t)value, 0xff), 0);
}

static inline void image_16(struct ims_config *config, unsigned offset, unsigned value)
{
    assert_int_equal(ims_config_set16(config, offset, (uint16_t)value, 0xffff), 0);
}

static inline void image_32(struct ims_config *config, unsigned offset, uint32_t value)
{
    assert_int_equal(ims_config_set32(config, offset, value, 0xffffffff), 0);
}

/* A classic capability: id and pointer to the next. */
static inline void image_classic(struct ims_config *config, unsigned offset, unsigned id,
                                 unsigned next)
{
    image_8(config, offset, id);
    image_8(config, offset + 1, next);
}

static inline void image_extended(struct ims_config *config, unsigned offset, unsigned id,
                                  unsigned next)
{
    image_32(config, offset, id | 1u << 16 | (uint32_t)next << 20);
}

/* A whole image of zeros with a header of the type, ids and a capability list from pointer. */
static inline void image_begin(struct ims_config *config, unsigned header, unsigned pointer)
{
    *config = (struct ims_config){0};
    image_zeros(config, 0, IMS_CONFIG_SIZE_BYTES);
    image_32(config, 0x00, 0x00011234);
    image_16(config, 0x06, pointer ? 0x0010 : 0);
    image_8(config, 0x0e, header);
    image_8(config, header == 2 ? 0x14 : 0x34, pointer);
}

/* The same with a PCI Express capability of the type at 0x40. */
static inline void image_express(struct ims_config *config, unsigned header, unsigned type)
{
    image_begin(config, header, 0x40);
    image_classic(config, 0x40, 0x10, 0);
    image_16(config, 0x42, 2 | type << 4);
}

/* Makes everything from offset unknown. */
static inline void image_cut(struct ims_config *config, unsigned offset)
{
    while (config->row_count > 0 && config->rows[config->row_count - 1].offset >= offset)
        config->row_count--;
    if (config->row_count == 0 || offset % IMS_CONFIG_ROW_BYTES == 0)
        return;
    struct ims_config_row *row = &config->rows[config->row_count - 1];
    if (row->offset + IMS_CONFIG_ROW_BYTES <= offset)
        return;
    for (unsigned i = offset - row->offset; i < IMS_CONFIG_ROW_BYTES; i++) {
        row->value[i] = 0;
        row->known[i] = 0;
    }
}

/* Makes the bits of mask in one byte unknown. */
static inline void image_forget(struct ims_config *config, unsigned offset, unsigned mask)
{
    for (uint32_t i = 0; i < config->row_count; i++) {
        struct ims_config_row *row = &config->rows[i];
        if (row->offset != offset - offset % IMS_CONFIG_ROW_BYTES)
            continue;
        row->value[offset % IMS_CONFIG_ROW_BYTES] &= (uint8_t)~mask;
        row->known[offset % IMS_CONFIG_ROW_BYTES] &= (uint8_t)~mask;
    }
}

static inline struct ims_pci_facts image_decode(const struct ims_config *config)
{
    struct ims_pci_facts facts;

    memset(&facts, 0xa5, sizeof(facts));
    ims_pci_decode(config, false, &facts);
    return facts;
}

static inline void assert_bits(struct ims_bits bits, uint32_t value, uint32_t known)
{
    assert_int_equal(bits.value, value);
    assert_int_equal(bits.known, known);
}

#endif
