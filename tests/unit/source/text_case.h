/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_TEXT_CASE_H
#define IMS_TESTS_TEXT_CASE_H

/* One pasted text, read: for the tests of the text readers. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/reader.h"

/* Reads length bytes into a new builder; *ret is the result of ims_text_read(). */
static inline struct ims_builder *text_read_bytes(const char *text, size_t length,
                                                  const char *pci_ids, int *ret,
                                                  struct ims_error *reterr)
{
    const struct ims_source_options options = {.size_bytes = sizeof(options),
                                               .pci_ids_path = pci_ids ? pci_ids : "/dev/null"};
    struct ims_builder *builder = ims_builder_new();
    FILE *stream = tmpfile();

    assert_non_null(builder);
    assert_non_null(stream);
    assert_int_equal(fwrite(text, 1, length, stream), length);
    rewind(stream);
    *ret = ims_text_read(builder, stream, "input", &options, reterr);
    fclose(stream);
    return builder;
}

static inline struct ims_builder *text_read(const char *text)
{
    int r;
    struct ims_builder *builder = text_read_bytes(text, strlen(text), NULL, &r, NULL);

    assert_int_equal(r, 0);
    return builder;
}

static inline struct ims_record *text_at(struct ims_builder *builder, const char *address)
{
    struct ims_address parsed;

    assert_int_equal(ims_address_parse(address, &parsed), 0);
    struct ims_record *record = ims_builder_find(builder, parsed);
    assert_non_null(record);
    return record;
}

static inline struct ims_pci_facts text_facts(struct ims_builder *builder, const char *address)
{
    struct ims_pci_facts facts;

    ims_pci_decode(&text_at(builder, address)->config, false, &facts);
    return facts;
}

static inline uint32_t text_gaps(struct ims_builder *builder, enum ims_gap_kind kind)
{
    struct ims_topology *topology;
    uint32_t count = 0;

    /* Consumes the builder. */
    assert_int_equal(ims_builder_seal(builder, &topology, NULL), 0);
    assert_int_equal(ims_topology_check(topology, NULL), 0);
    for (uint32_t i = 0; i < ims_topology_gap_count(topology); i++) {
        const struct ims_gap *gap = ims_topology_gap(topology, i);
        if (gap->kind == kind && gap->path)
            count++;
    }
    ims_topology_free(topology);
    return count;
}

#endif
