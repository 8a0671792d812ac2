/* SPDX-License-Identifier: MIT */
/*
 * Where one DMA goes: a memory write of a function to a bus address, hop by hop, with everything
 * that the PCI Express standard and the registers leave open.
 *
 *     simulate_request ISSUER ADDRESS [INPUT]     INPUT: what "iommuscope --input" takes
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <iommuscope/fabric.h>
#include <iommuscope/source.h>

static void print_outcome(const struct ims_topology *topology,
                          const struct ims_fabric_outcome *outcome)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    printf("%s %s", ims_fabric_certainty_to_string(outcome->certainty),
           ims_fabric_end_to_string(outcome->end));
    if (outcome->end == IMS_FABRIC_END_PEER)
        printf(" %s, BAR %u, offset %llx",
               ims_address_format(ims_topology_function(topology, outcome->target)->address, name),
               outcome->bar, (unsigned long long)outcome->offset);
    printf("\n");
    for (uint32_t i = 0; i < outcome->hop_count; i++) {
        const struct ims_fabric_hop *hop = &outcome->hops[i];
        const bool in_root_complex = ims_function_is_none(hop->function);
        printf("  %s: %s [%s]\n",
               in_root_complex ? "root complex"
                               : ims_address_format(
                                     ims_topology_function(topology, hop->function)->address, name),
               hop->text, hop->rule);
    }
}

/* Builds the fabric of the machine, which is linear in its functions, and sends one request. */
static int simulate(const struct ims_topology *topology, const char *issuer, uint64_t address,
                    struct ims_error *reterr)
{
    const struct ims_tlp tlp = {
        .kind = IMS_TLP_MEMORY_WRITE, .address = address, .to = IMS_FUNCTION_NONE};
    struct ims_fabric *fabric = NULL;
    struct ims_fabric_route *route = NULL;
    struct ims_address parsed;
    struct ims_function function = IMS_FUNCTION_NONE;

    if (ims_address_parse(issuer, &parsed) == 0)
        function = ims_topology_find(topology, parsed);
    if (ims_function_is_none(function)) {
        *reterr = (struct ims_error){.code = ENODEV, .message = "there is no such function"};
        return -ENODEV;
    }
    /* No options: only addresses are chosen, registers as in the worst case, evidence decides. */
    int r = ims_fabric_new(topology, NULL, &fabric, reterr);
    if (r == 0)
        r = ims_fabric_route(fabric, function, &tlp, &route, reterr);
    for (uint32_t i = 0; r == 0 && i < ims_fabric_route_count(route); i++)
        print_outcome(topology, ims_fabric_route_at(route, i));
    ims_fabric_route_free(route);
    ims_fabric_free(fabric);
    return r;
}

int main(int argc, char **argv)
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    char line[600];

    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: simulate_request ISSUER ADDRESS [INPUT]\n");
        return 2;
    }
    int r = ims_source_load(argc == 4 ? argv[3] : NULL, NULL, &topology, &error);
    if (r == 0)
        r = simulate(topology, argv[1], strtoull(argv[2], NULL, 16), &error);
    if (r < 0)
        fprintf(stderr, "simulate_request: %s\n", ims_error_format(&error, line, sizeof(line)));
    ims_topology_free(topology);
    return r < 0;
}
