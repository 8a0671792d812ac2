/* SPDX-License-Identifier: MIT */
/*
 * What the hardware keeps apart, whatever a kernel says: the sets of functions that reach each other
 * for certain ("must"), and those that may ("may"). The truth is between both.
 *
 *     isolation_sets [INPUT]     INPUT: what "iommuscope --input" takes; default: /sys
 */
#include <stdio.h>

#include <iommuscope/fabric.h>
#include <iommuscope/source.h>

static void print_sets(const struct ims_topology *topology, const struct ims_fabric_sets *sets)
{
    char from[IMS_ADDRESS_STRING_SIZE];
    char to[IMS_ADDRESS_STRING_SIZE];

    for (uint32_t i = 0; i < ims_fabric_sets_count(sets); i++) {
        const struct ims_fabric_set *set = ims_fabric_sets_at(sets, i);
        if (set->member_count == 1)
            continue; /* alone: nothing to tell */
        printf("  %u functions:\n", set->member_count);
        /* A tree of reasons connects the members, each of them a request that can be simulated. */
        for (uint32_t j = 0; j < set->edge_count; j++) {
            const struct ims_fabric_edge *edge = &set->edges[j];
            printf("    %s to %s: %s %s [%s]\n",
                   ims_address_format(ims_topology_function(topology, edge->from)->address, from),
                   ims_address_format(ims_topology_function(topology, edge->to)->address, to),
                   ims_fabric_certainty_to_string(edge->certainty),
                   ims_fabric_edge_kind_to_string(edge->kind), edge->rule);
        }
    }
}

static int print_both(const struct ims_topology *topology, struct ims_error *reterr)
{
    static const enum ims_fabric_certainty certainties[] = {IMS_FABRIC_MUST, IMS_FABRIC_MAY};
    struct ims_fabric *fabric = NULL;
    int r = ims_fabric_new(topology, NULL, &fabric, reterr);

    for (unsigned i = 0; i < 2 && r == 0; i++) {
        struct ims_fabric_sets *sets = NULL;
        r = ims_fabric_sets(fabric, certainties[i], &sets, reterr);
        if (r < 0)
            break;
        printf("%s: %u sets\n", ims_fabric_certainty_to_string(certainties[i]),
               ims_fabric_sets_count(sets));
        print_sets(topology, sets);
        ims_fabric_sets_free(sets);
    }
    if (r == 0)
        printf("root complex: %s (%s)\n",
               ims_fabric_rc_to_string(ims_fabric_basis(fabric)->options.rc),
               ims_fabric_basis(fabric)->rc_reason);
    ims_fabric_free(fabric);
    return r;
}

int main(int argc, char **argv)
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    char line[600];

    if (argc > 2) {
        fprintf(stderr, "usage: isolation_sets [INPUT]\n");
        return 2;
    }
    int r = ims_source_load(argc == 2 ? argv[1] : NULL, NULL, &topology, &error);
    if (r == 0)
        r = print_both(topology, &error);
    if (r < 0)
        fprintf(stderr, "isolation_sets: %s\n", ims_error_format(&error, line, sizeof(line)));
    ims_topology_free(topology);
    return r < 0;
}
