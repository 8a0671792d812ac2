/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_ACPI_DECODED_H
#define IMS_TESTS_ACPI_DECODED_H

/* One table, decoded; include cmocka.h first. */

#include <stdlib.h>
#include <string.h>

#include "acpi/decode.h"
#include "sketch_tables.h"

struct decoded {
    struct ims_arena arena;
    struct ims_acpi_tables tables;
    uint8_t *bytes; /* of exactly the size, so that a read beyond it is seen */
};

static inline void decode(struct decoded *decoded, enum ims_acpi_table which, const uint8_t *bytes,
                          size_t size_bytes)
{
    memset(decoded, 0, sizeof(*decoded));
    decoded->bytes = malloc(size_bytes ? size_bytes : 1);
    assert_non_null(decoded->bytes);
    if (size_bytes)
        memcpy(decoded->bytes, bytes, size_bytes);
    decoded->tables.bytes[which] = decoded->bytes;
    decoded->tables.size_bytes[which] = (uint32_t)size_bytes;
    assert_int_equal(ims_acpi_decode(&decoded->arena, &decoded->tables), 0);
}

static inline void decoded_done(struct decoded *decoded)
{
    ims_arena_done(&decoded->arena);
    free(decoded->bytes);
}

#endif
