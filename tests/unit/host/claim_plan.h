/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_CLAIM_PLAN_H
#define IMS_TESTS_CLAIM_PLAN_H

/* A fake machine with a group of two cards, and the plan that claims it; include cmocka.h first. */

#include "fake_kernel.h"
#include "iommuscope/rules.h"

static const char claim_machine[] =
    "machine kernel=6.12.95 iommu=on kind=intel ir=yes\n"
    "00:01.0 rp 8086:1901 bus=01 driver=pcieport override=none group=1\n"
    "01:00.0 ep 8086:10d3 class=020000 driver=e1000e override=none group=7 pm=on\n"
    "01:00.1 ep 8086:10d3 class=020000 driver=e1000e override=none group=7\n";

/* The kernel gets its script later; free the plan with ims_plan_free(). */
static inline struct ims_plan *claim_plan(struct fake_kernel *kernel)
{
    const struct ims_address address = {0, 1, 0};
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    struct ims_uses nothing = {0};
    const struct ims_plan_request request = {.size_bytes = sizeof(request), .uses = &nothing};
    struct sketch sketch = {0};
    struct ims_topology *topology = NULL;
    struct ims_grouping *grouping = NULL;
    struct ims_check *check = NULL;
    struct ims_plan *plan = NULL;
    char message[256];

    assert_int_equal(sketch_parse(&sketch, claim_machine, message, sizeof(message)), 0);
    fake_kernel_from_sketch(kernel, &sketch, NULL);
    assert_int_equal(sketch_seal(&sketch, &topology, NULL), 0);
    assert_int_equal(
        ims_ruleset_find("linux", ims_topology_machine(topology), &options.ruleset, NULL), 0);
    assert_int_equal(ims_grouping_compute(topology, &options, &grouping, NULL), 0);
    assert_int_equal(
        ims_check_new(grouping, ims_topology_find(topology, address), NULL, &check, NULL), 0);
    assert_int_equal(ims_plan_new(check, &request, &plan, NULL), 0);
    assert_int_equal(plan->blocker_count, 0);
    assert_true(plan->step_count > 4);
    ims_check_free(check);
    ims_grouping_free(grouping);
    ims_topology_free(topology);
    sketch_done(&sketch);
    return plan;
}

#endif
