/* SPDX-License-Identifier: MIT */
#include "sketch.h"

/* The form of "lspci -D -n -xxxx": a title, then rows of sixteen bytes, then an empty line. */

static void write_title(FILE *stream, struct ims_address address, uint32_t class_code,
                        struct ims_id id)
{
    fprintf(stream, "%04x:%02x:%02x.%x %04x: %04x:%04x\n", address.segment, address.bus,
            address.devfn >> 3, address.devfn & 7u, class_code >> 8, id.vendor, id.device);
}

static void write_rows(FILE *stream, const uint8_t *bytes, unsigned size_bytes)
{
    for (unsigned offset = 0; offset < size_bytes; offset += 16) {
        fprintf(stream, "%02x:", offset);
        for (unsigned i = 0; i < 16; i++)
            fprintf(stream, " %02x", bytes[offset + i]);
        fprintf(stream, "\n");
    }
    fprintf(stream, "\n");
}

void sketch_write_hex(const struct sketch *sketch, FILE *stream)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *function = &sketch->functions[i];
        struct sketch_image image;
        sketch_image(function, &image);
        write_title(stream, function->address, function->class_code, sketch_id(function));
        write_rows(stream, image.bytes, image.size_bytes);
    }
}

void sketch_write_topology_hex(const struct ims_topology *topology, FILE *stream)
{
    static const unsigned sizes[] = {64, 256, IMS_CONFIG_SIZE_BYTES};
    for (uint32_t i = 0; i < ims_topology_function_count(topology); i++) {
        const struct ims_function_info *info =
            ims_topology_function(topology, (struct ims_function){i});
        const struct ims_config *config = &info->record->config;
        uint8_t bytes[IMS_CONFIG_SIZE_BYTES];
        unsigned end = 0;
        unsigned size_bytes = 0;
        for (unsigned offset = 0; offset < IMS_CONFIG_SIZE_BYTES; offset++) {
            struct ims_bits bits = ims_config_get8(config, offset);
            bytes[offset] = (uint8_t)bits.value;
            if (bits.known)
                end = offset + 1;
        }
        for (unsigned j = 0; end && j < 3 && size_bytes < end; j++)
            size_bytes = sizes[j];
        write_title(stream, info->address, info->class_code.value,
                    info->id_count ? info->ids[0] : (struct ims_id){0xffff, 0xffff});
        write_rows(stream, bytes, size_bytes);
    }
}
