/* SPDX-License-Identifier: MIT */
/* fuzz-rooms: base acpi topology fabric */

/*
 * ACPI tables. An input is "DMAR", "IVRS", "IORT" or "VIOT" and further bytes: it is the table, with a
 * length and a checksum that are right, so that the body is what is looked at; a first byte that is
 * '!' is left out and keeps both as they are. The machine has a switch, a conventional bridge, a VF.
 */

#include <string.h>

#include "fuzz.h"
#include "iommuscope/fabric.h"

#define HEADER_BYTES 48u

static void put(struct ims_builder *builder, struct ims_address address, uint8_t type,
                uint8_t secondary, uint8_t port_type)
{
    struct ims_record *record;
    struct ims_config *config;

    FUZZ_LAW(ims_builder_function(builder, address, &record, NULL) == 0);
    config = &record->config;
    for (unsigned offset = 0; offset < 256; offset++)
        FUZZ_LAW(ims_config_set(config, offset, 0, 0xff) == 0);
    FUZZ_LAW(ims_config_set(config, 0x06, 0x10, 0xff) == 0);
    FUZZ_LAW(ims_config_set(config, 0x0e, type, 0xff) == 0);
    FUZZ_LAW(ims_config_set(config, 0x18, address.bus, type ? 0xff : 0) == 0);
    FUZZ_LAW(ims_config_set(config, 0x19, secondary, type ? 0xff : 0) == 0);
    FUZZ_LAW(ims_config_set(config, 0x1a, secondary, type ? 0xff : 0) == 0);
    FUZZ_LAW(ims_config_set(config, 0x0b, type ? 0x06 : 0x02, 0xff) == 0);
    FUZZ_LAW(ims_config_set(config, 0x0a, type ? 0x04 : 0x00, 0xff) == 0);
    FUZZ_LAW(ims_config_set(config, 0x34, 0x40, 0xff) == 0);
    FUZZ_LAW(ims_config_set(config, 0x40, 0x10, 0xff) == 0);
    FUZZ_LAW(ims_config_set(config, 0x42, (uint8_t)(port_type << 4 | 2), 0xff) == 0);
}

static struct ims_topology *machine(enum ims_acpi_table table, const uint8_t *bytes, size_t size)
{
    struct ims_builder *builder = ims_builder_new();
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};

    if (!builder)
        abort();
    put(builder, (struct ims_address){0, 0, IMS_DEVFN(1, 0)}, 1, 1, 4);
    put(builder, (struct ims_address){0, 0, IMS_DEVFN(2, 0)}, 1, 2, 4);
    put(builder, (struct ims_address){0, 0, IMS_DEVFN(3, 0)}, 0, 0, 9);
    put(builder, (struct ims_address){0, 1, 0}, 0, 0, 0);
    put(builder, (struct ims_address){0, 2, 0}, 1, 3, 7);
    put(builder, (struct ims_address){0, 3, IMS_DEVFN(5, 1)}, 0, 0, 0);
    put(builder, (struct ims_address){1, 0, 0}, 0, 0, 9);
    FUZZ_LAW(ims_builder_table(builder, table, bytes, size) == 0);
    FUZZ_LAW(ims_builder_seal(builder, &topology, &error) == 0);
    FUZZ_LAW(ims_topology_check(topology, &error) == 0);
    return topology;
}

/* What was decoded refers to things that exist, and every question about it has an answer. */
static void look(const struct ims_topology *topology)
{
    const struct ims_acpi_tables *tables = ims_topology_tables(topology);

    for (uint32_t i = 0; i < tables->mapping_count; i++)
        FUZZ_LAW(tables->mappings[i].unit < tables->unit_count &&
                 tables->mappings[i].first <= tables->mappings[i].last);
    for (uint32_t i = 0; i < tables->scope_count; i++)
        FUZZ_LAW((tables->scopes[i].unit < tables->unit_count) !=
                 (tables->scopes[i].range < tables->range_count));
    for (uint32_t i = 0; i < ims_topology_function_count(topology); i++) {
        const struct ims_coverage *coverage =
            &ims_topology_function(topology, (struct ims_function){i})->coverage;
        bool damaged = false;

        for (unsigned j = 0; j < IMS_ACPI_TABLE_COUNT; j++)
            damaged |= tables->damage[j] != NULL;
        FUZZ_LAW(!(damaged && coverage->covered == IMS_NO)); /* unknown is not no */
        for (uint32_t range = 0; range < tables->range_count && range < 16; range++)
            (void)ims_topology_range_is_for(topology, range, (struct ims_function){i});
    }
}

static void sets(const struct ims_topology *topology)
{
    struct ims_fabric_sets *sets[2] = {NULL, NULL};
    struct ims_fabric *fabric = NULL;

    FUZZ_LAW(ims_fabric_new(topology, NULL, &fabric, NULL) == 0);
    for (unsigned may = 0; may < 2; may++)
        FUZZ_LAW(
            ims_fabric_sets(fabric, may ? IMS_FABRIC_MAY : IMS_FABRIC_MUST, &sets[may], NULL) == 0);
    /* 0.5: LOWER refines UPPER. */
    FUZZ_LAW(ims_fabric_sets_count(sets[1]) <= ims_fabric_sets_count(sets[0]));
    for (unsigned may = 0; may < 2; may++)
        ims_fabric_sets_free(sets[may]);
    ims_fabric_free(fabric);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    const bool as_is = size_bytes > 0 && data[0] == '!';
    enum ims_acpi_table table;
    char name[5] = "";
    uint8_t sum = 0;

    data += as_is;
    size_bytes -= as_is;
    if (size_bytes < 4 || size_bytes > IMS_ACPI_TABLE_MAX_BYTES)
        return 0;
    memcpy(name, data, 4);
    if (ims_acpi_table_parse(name, &table) < 0)
        return 0;
    uint8_t *bytes = malloc(size_bytes);
    if (!bytes)
        abort();
    memcpy(bytes, data, size_bytes);
    if (!as_is && size_bytes >= HEADER_BYTES) {
        for (unsigned i = 0; i < 4; i++)
            bytes[4 + i] = (uint8_t)(size_bytes >> 8 * i);
        bytes[9] = 0;
        for (size_t i = 0; i < size_bytes; i++)
            sum = (uint8_t)(sum + bytes[i]);
        bytes[9] = (uint8_t)-sum;
    }
    struct ims_topology *topology = machine(table, bytes, size_bytes);
    look(topology);
    sets(topology);
    ims_topology_free(topology);
    free(bytes);
    return 0;
}
