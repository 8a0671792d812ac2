/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "iommuscope/fabric.h"
#include "machine.h"

/*
 * bench-fabric SHAPE COUNT: builds the fabric of a machine and asks it, each question in a function
 * of its own, whose instructions callgrind counts (tests/bench/run). Prints what was found.
 */

/* Visible names that are not inlined: the profile is read by them. */
int bench_phase_build(const struct ims_topology *topology, enum ims_fabric_threat threat,
                      struct ims_fabric **ret);
uint32_t bench_phase_must(const struct ims_fabric *fabric);
uint32_t bench_phase_may(const struct ims_fabric *fabric);
uint32_t bench_phase_forged(const struct ims_fabric *fabric);
uint32_t bench_phase_route(const struct ims_fabric *fabric);
uint32_t bench_phase_hazards(const struct ims_fabric *fabric);

__attribute__((noinline)) int bench_phase_build(const struct ims_topology *topology,
                                                enum ims_fabric_threat threat,
                                                struct ims_fabric **ret)
{
    const struct ims_fabric_options options = {
        .size_bytes = sizeof(options), .threat = threat, .rc = IMS_FABRIC_RC_UNKNOWN};
    return ims_fabric_new(topology, &options, ret, NULL);
}

static uint32_t count_sets(const struct ims_fabric *fabric, enum ims_fabric_certainty certainty)
{
    struct ims_fabric_sets *sets = NULL;
    if (ims_fabric_sets(fabric, certainty, &sets, NULL) < 0)
        abort();
    const uint32_t count = ims_fabric_sets_count(sets);
    ims_fabric_sets_free(sets);
    return count;
}

__attribute__((noinline)) uint32_t bench_phase_must(const struct ims_fabric *fabric)
{
    return count_sets(fabric, IMS_FABRIC_MUST);
}

__attribute__((noinline)) uint32_t bench_phase_may(const struct ims_fabric *fabric)
{
    return count_sets(fabric, IMS_FABRIC_MAY);
}

/* With ids and translated requests too. */
__attribute__((noinline)) uint32_t bench_phase_forged(const struct ims_fabric *fabric)
{
    return count_sets(fabric, IMS_FABRIC_MAY);
}

/* The first issuers: their way is the same however large the machine is. */
#define ASKED 8u

static struct ims_function issuer(const struct ims_fabric *fabric, uint32_t number)
{
    const uint32_t count = ims_topology_function_count(ims_fabric_topology(fabric));
    for (uint32_t i = 0; i < count; i++) {
        if (ims_fabric_is_issuer(fabric, (struct ims_function){i}) && number-- == 0)
            return (struct ims_function){i};
    }
    abort();
}

/* One request of a few functions each, to the first register of another one: never the machine. */
__attribute__((noinline)) uint32_t bench_phase_route(const struct ims_fabric *fabric)
{
    uint32_t ends = 0, ranges;
    for (uint32_t i = 0; i < ASKED; i++) {
        struct ims_fabric_route *route = NULL;
        const struct ims_fabric_bar *bars = ims_fabric_bars(fabric, issuer(fabric, i + 1), &ranges);
        const struct ims_tlp tlp = {.kind = IMS_TLP_MEMORY_WRITE,
                                    .address = ranges ? bars[0].first : 0,
                                    .to = IMS_FUNCTION_NONE};
        if (ims_fabric_route(fabric, issuer(fabric, i), &tlp, &route, NULL) < 0)
            abort();
        ends += ims_fabric_route_count(route);
        ims_fabric_route_free(route);
    }
    return ends;
}

__attribute__((noinline)) uint32_t bench_phase_hazards(const struct ims_fabric *fabric)
{
    uint32_t ranges = 0;
    for (uint32_t i = 0; i < ASKED; i++) {
        struct ims_fabric_hazards *hazards = NULL;
        if (ims_fabric_hazards(fabric, issuer(fabric, i), &hazards, NULL) < 0)
            abort();
        ranges += ims_fabric_hazards_count(hazards);
        ims_fabric_hazards_free(hazards);
    }
    return ranges;
}

static int ask(const struct ims_topology *topology)
{
    struct ims_fabric *fabric = NULL, *forging = NULL;
    int r = bench_phase_build(topology, IMS_FABRIC_TM0, &fabric);
    if (r == 0)
        r = bench_phase_build(topology, IMS_FABRIC_TM2, &forging);
    if (r == 0)
        printf("%u functions, %u sets that must be, %u that may be, %u with forged ids, %u ends of "
               "%u routes, %u hazard ranges\n",
               ims_topology_function_count(topology), bench_phase_must(fabric),
               bench_phase_may(fabric), bench_phase_forged(forging), bench_phase_route(fabric),
               ASKED, bench_phase_hazards(fabric));
    ims_fabric_free(fabric);
    ims_fabric_free(forging);
    return r;
}

int main(int argc, char **argv)
{
    struct ims_topology *topology = NULL;
    if (argc != 3) {
        fprintf(stderr, "usage: bench-fabric SHAPE COUNT; shapes:");
        for (unsigned i = 0; bench_shapes[i]; i++)
            fprintf(stderr, " %s", bench_shapes[i]);
        fprintf(stderr, "\n");
        return 2;
    }
    struct ims_builder *builder = bench_machine(argv[1], (uint32_t)strtoul(argv[2], NULL, 10));
    if (!builder || ims_builder_seal(builder, &topology, NULL) < 0 || ask(topology) < 0) {
        fprintf(stderr, "bench-fabric: failed\n");
        ims_topology_free(topology);
        return 1;
    }
    ims_topology_free(topology);
    return 0;
}
