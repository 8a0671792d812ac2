/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_OWNERSHIP_STAGE_H
#define IMS_TESTS_OWNERSHIP_STAGE_H

/* A sketched machine with its groups; include cmocka.h first. */

#include <string.h>

#include "iommuscope/ownership.h"
#include "sketch.h"

struct stage {
    struct ims_topology *topology;
    struct ims_grouping *grouping;
};

static inline void stage_begin(struct stage *stage, const char *text)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    struct sketch sketch = {0};
    struct ims_error error = {0};
    char message[256];

    if (sketch_parse(&sketch, text, message, sizeof(message)) < 0)
        fail_msg("%s", message);
    assert_int_equal(sketch_seal(&sketch, &stage->topology, &error), 0);
    sketch_done(&sketch);
    assert_int_equal(
        ims_ruleset_find("linux", ims_topology_machine(stage->topology), &options.ruleset, &error),
        0);
    assert_int_equal(ims_grouping_compute(stage->topology, &options, &stage->grouping, &error), 0);
}

static inline void stage_done(struct stage *stage)
{
    ims_grouping_free(stage->grouping);
    ims_topology_free(stage->topology);
}

static inline struct ims_function stage_at(const struct stage *stage, const char *text)
{
    struct ims_address address;

    assert_int_equal(ims_address_parse(text, &address), 0);
    const struct ims_function function = ims_topology_find(stage->topology, address);
    if (ims_function_is_none(function))
        fail_msg("%s is not there", text);
    return function;
}

#endif
