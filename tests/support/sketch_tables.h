/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_SKETCH_TABLES_H
#define IMS_TESTS_SKETCH_TABLES_H

/* ACPI tables byte by byte, and the lines of a sketch that describe them (README.md). */

#include "iommuscope/acpi.h"

#define SKETCH_TABLE_MAX 1024u

/* A table as it grows; what does not fit is lost and noted. Zero-initialise. */
struct sketch_table {
    uint8_t bytes[SKETCH_TABLE_MAX];
    unsigned size_bytes; /* 0: there is none */
    unsigned open;       /* offset of the structure that is being written */
    bool failed;
};

/* The header, and the 12 bytes behind it as zeros; then append and finish. */
void sketch_table_begin(struct sketch_table *table, enum ims_acpi_table which);
/* Little endian values at the end. */
void sketch_table_u8(struct sketch_table *table, unsigned value);
void sketch_table_u16(struct sketch_table *table, unsigned value);
void sketch_table_u32(struct sketch_table *table, uint32_t value);
void sketch_table_u64(struct sketch_table *table, uint64_t value);
/* Overwrites a value that is there. */
void sketch_table_set(struct sketch_table *table, unsigned offset, unsigned size_bytes,
                      uint64_t value);
/* Length and checksum in the header, by what is there now. */
void sketch_table_finish(struct sketch_table *table);

/*
 * One line without its first word, which is keyword: "drhd", "rmrr", "ivhd", "ivmd", "smmu", "rc",
 * "viommu", "vrange" or "table". words are the others; the tables are finished. Returns 0 for
 * another keyword, 1, or -EINVAL.
 */
int sketch_table_line(struct sketch_table tables[IMS_ACPI_TABLE_COUNT], const char *keyword,
                      const char *const *words, unsigned count);

#endif
