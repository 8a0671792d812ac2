/* SPDX-License-Identifier: MIT */
/* Groups of machines whose ACPI tables are in the input (R6.2, R6.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iommuscope/grouping.h"
#include "sketch.h"

#define AMD "ivhd 00:00.2 range=00:01.0-ff:1f.7 alias=02:01.0>02:02.0 alias=03:00.0>01:00.0\n"
/* Behind a port everybody is alone; what is behind a conventional bridge is not. */
#define MACHINE                     \
    "00:01.0 rp bus=01 acs=5f/1d\n" \
    "00:02.0 rp bus=02 acs=5f/1d\n" \
    "00:03.0 rp bus=03 acs=5f/1d\n" \
    "01:00.0 ep\n"                  \
    "02:01.0 ep\n"                  \
    "02:02.0 ep\n"                  \
    "03:00.0 ep\n"

static enum ims_tristate together(const char *text, int major, int minor, int patch, const char *a,
                                  const char *b)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    struct ims_topology *topology = NULL;
    struct ims_grouping *grouping = NULL;
    struct ims_address address[2];
    struct sketch sketch = {0};
    char message[256];

    if (sketch_parse(&sketch, text, message, sizeof(message)) < 0)
        fail_msg("%s", message);
    assert_int_equal(sketch_seal(&sketch, &topology, NULL), 0);
    sketch_done(&sketch);
    options.ruleset.kind = IMS_RULESET_LINUX;
    options.ruleset.version = (struct ims_kernel_version){major, minor, patch};
    assert_int_equal(ims_grouping_compute(topology, &options, &grouping, NULL), 0);
    assert_int_equal(ims_address_parse(a, &address[0]), 0);
    assert_int_equal(ims_address_parse(b, &address[1]), 0);
    const enum ims_tristate result = ims_grouping_together(
        grouping, ims_topology_find(topology, address[0]), ims_topology_find(topology, address[1]));
    ims_grouping_free(grouping);
    ims_topology_free(topology);
    return result;
}

/* R6.3: an alias entry joins on the same bus, since 4.15 (in no tree before), never across buses. */
static void alias_entries(void **state)
{
    (void)state;
    assert_int_equal(together(MACHINE, 6, 12, 0, "02:01.0", "02:02.0"), IMS_NO);
    assert_int_equal(together(AMD MACHINE, 6, 12, 0, "02:01.0", "02:02.0"), IMS_YES);
    assert_int_equal(together(AMD MACHINE, 5, 0, 0, "02:01.0", "02:02.0"), IMS_YES);
    assert_int_equal(together(AMD MACHINE, 4, 15, 0, "02:01.0", "02:02.0"), IMS_YES);
    assert_int_equal(together(AMD MACHINE, 4, 4, 0, "02:01.0", "02:02.0"), IMS_NO);
    assert_int_equal(together(AMD MACHINE, 6, 12, 0, "03:00.0", "01:00.0"), IMS_NO);
}

/* R6.2, R6.3: what no unit covers has no group, unless the kernel gave it one. */
static void coverage(void **state)
{
    static const char *const tables = "drhd br=00:02.0\n";
    struct ims_topology *topology = NULL;
    struct ims_grouping *grouping = NULL;
    struct sketch sketch = {0};
    char text[1024];
    char message[256];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const struct ims_address address = {0, 1, 0};
        snprintf(text, sizeof(text), "%s%s", i ? tables : "", MACHINE);
        assert_int_equal(sketch_parse(&sketch, text, message, sizeof(message)), 0);
        assert_int_equal(sketch_seal(&sketch, &topology, NULL), 0);
        sketch_done(&sketch);
        sketch = (struct sketch){0};
        assert_int_equal(ims_grouping_compute(topology, NULL, &grouping, NULL), 0);
        const struct ims_group_info *group = ims_grouping_group(
            grouping, ims_grouping_of(grouping, ims_topology_find(topology, address)));
        assert_int_equal(group->managed, i == 0);
        ims_grouping_free(grouping);
        ims_topology_free(topology);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alias_entries),
        cmocka_unit_test(coverage),
    };
    return cmocka_run_group_tests_name("grouping-tables", tests, NULL, NULL);
}
