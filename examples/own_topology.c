/* SPDX-License-Identifier: MIT */
/*
 * A program that has configuration space of its own (an emulator, a board description) needs no
 * file: it states functions in a builder and asks. Here: two endpoints, each behind a root port,
 * one port with Access Control Services and one without.
 */
#include <stdio.h>

#include <iommuscope/grouping.h>

/* The parts of configuration space that grouping looks at. */
struct part {
    unsigned offset;
    uint32_t value;
};

static int state_function(struct ims_builder *builder, struct ims_address address,
                          const struct part *parts, size_t count)
{
    struct ims_record *record;
    int r = ims_builder_function(builder, address, &record, NULL);

    /* A whole image of zeros first: what is not stated would be unknown, not zero. */
    for (unsigned offset = 0; r == 0 && offset < IMS_CONFIG_SIZE_BYTES; offset += 4)
        r = ims_config_set32(&record->config, offset, 0, UINT32_MAX);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = ims_config_set32(&record->config, parts[i].offset, parts[i].value, UINT32_MAX);
    return r;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int build(struct ims_topology **ret, struct ims_error *reterr)
{
    /* ids, status with capability list, class, header type, buses, pointer, PCIe, ACS */
    static const struct part strict_port[] = {
        {0x00, 0x000c1b36}, {0x04, 0x00100000},  {0x08, 0x06040000},
        {0x0c, 0x00010000}, {0x18, 0x00010100},  {0x34, 0x00000040},
        {0x40, 0x00420010}, {0x100, 0x0001000d}, {0x104, 0x001d001f}};
    static const struct part lax_port[] = {
        {0x00, 0x34208086}, {0x04, 0x00100000}, {0x08, 0x06040000}, {0x0c, 0x00010000},
        {0x18, 0x00020200}, {0x34, 0x00000040}, {0x40, 0x00420010}};
    static const struct part endpoint[] = {{0x00, 0x10d38086},
                                           {0x04, 0x00100000},
                                           {0x08, 0x02000000},
                                           {0x34, 0x00000040},
                                           {0x40, 0x00020010}};
    struct ims_builder *builder = ims_builder_new();
    int r = builder ? 0 : -1;

    if (r == 0)
        r = state_function(builder, (struct ims_address){0, 0, IMS_DEVFN(4, 0)}, strict_port,
                           COUNT(strict_port));
    if (r == 0)
        r = state_function(builder, (struct ims_address){0, 0, IMS_DEVFN(5, 0)}, lax_port,
                           COUNT(lax_port));
    for (uint8_t bus = 1; r == 0 && bus <= 2; bus++)
        r = state_function(builder, (struct ims_address){0, bus, 0}, endpoint, COUNT(endpoint));
    if (r < 0) {
        ims_builder_free(builder);
        return r;
    }
    return ims_builder_seal(builder, ret, reterr);
}

int main(void)
{
    struct ims_topology *topology = NULL;
    struct ims_grouping *grouping = NULL;
    struct ims_explanation *explanation = NULL;
    struct ims_error error = {0};
    int r = build(&topology, &error);

    if (r == 0)
        r = ims_grouping_compute(topology, NULL, &grouping, &error);
    for (uint8_t bus = 1; r == 0 && bus <= 2; bus++) {
        const struct ims_function port =
            ims_topology_find(topology, (struct ims_address){0, 0, IMS_DEVFN(3 + bus, 0)});
        const struct ims_function device =
            ims_topology_find(topology, (struct ims_address){0, bus, 0});
        r = ims_grouping_explain(grouping, device, port, &explanation, &error);
        if (r < 0)
            break;
        printf("together: %s\n", ims_tristate_to_string(explanation->together));
        for (uint32_t i = 0; i < explanation->reason_count; i++)
            printf("  %s: %s\n", explanation->reasons[i].rule->id, explanation->reasons[i].text);
        ims_explanation_free(explanation);
    }
    ims_grouping_free(grouping);
    ims_topology_free(topology);
    return r < 0;
}
