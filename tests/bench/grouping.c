/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iommuscope/grouping.h"
#include "machine.h"

/*
 * bench-grouping SHAPE COUNT: states, seals and groups a machine, each in a function of its own,
 * whose instructions callgrind counts (tests/bench/run). Prints the numbers of functions and groups.
 */

/* Visible names that are not inlined: the profile is read by them. */
struct ims_builder *bench_phase_state(const char *shape, uint32_t count);
int bench_phase_seal(struct ims_builder *builder, struct ims_topology **ret);
int bench_phase_check(const struct ims_topology *topology);
int bench_phase_group(const struct ims_topology *topology, struct ims_grouping **ret);
uint32_t bench_phase_explain(const struct ims_grouping *grouping);

__attribute__((noinline)) struct ims_builder *bench_phase_state(const char *shape, uint32_t count)
{
    return bench_machine(shape, count);
}

__attribute__((noinline)) int bench_phase_seal(struct ims_builder *builder,
                                               struct ims_topology **ret)
{
    return ims_builder_seal(builder, ret, NULL);
}

__attribute__((noinline)) int bench_phase_check(const struct ims_topology *topology)
{
    return ims_topology_check(topology, NULL);
}

__attribute__((noinline)) int bench_phase_group(const struct ims_topology *topology,
                                                struct ims_grouping **ret)
{
    return ims_grouping_compute(topology, NULL, ret, NULL);
}

/* All groups of the machine, once each. */
__attribute__((noinline)) uint32_t bench_phase_explain(const struct ims_grouping *grouping)
{
    uint32_t reasons = 0;
    for (uint32_t i = 0; i < ims_grouping_count(grouping); i++) {
        struct ims_explanation *explanation = NULL;
        const struct ims_group_info *group = ims_grouping_group(grouping, i);
        if (ims_grouping_explain_group(grouping, group->members[0], &explanation, NULL) < 0)
            abort();
        reasons += explanation->reason_count;
        ims_explanation_free(explanation);
    }
    return reasons;
}

int main(int argc, char **argv)
{
    struct ims_topology *topology = NULL;
    struct ims_grouping *grouping = NULL;
    if (argc != 3) {
        fprintf(stderr, "usage: bench-grouping SHAPE COUNT; shapes:");
        for (unsigned i = 0; bench_shapes[i]; i++)
            fprintf(stderr, " %s", bench_shapes[i]);
        fprintf(stderr, "\n");
        return 2;
    }
    struct ims_builder *builder = bench_phase_state(argv[1], (uint32_t)strtoul(argv[2], NULL, 10));
    if (!builder || bench_phase_seal(builder, &topology) < 0 || bench_phase_check(topology) < 0 ||
        bench_phase_group(topology, &grouping) < 0) {
        fprintf(stderr, "bench-grouping: failed\n");
        ims_topology_free(topology);
        return 1;
    }
    printf("%u functions, %u groups, %u reasons\n", ims_topology_function_count(topology),
           ims_grouping_count(grouping), bench_phase_explain(grouping));
    ims_grouping_free(grouping);
    ims_topology_free(topology);
    return 0;
}
