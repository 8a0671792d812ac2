/* SPDX-License-Identifier: MIT */
/* Which unit of the firmware's tables covers which function (E2, E4-E6, E9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sketch.h"

static struct ims_topology *seal(const char *text)
{
    struct ims_topology *topology = NULL;
    struct sketch sketch = {0};
    struct ims_error error = {0};
    char message[256];

    if (sketch_parse(&sketch, text, message, sizeof(message)) < 0)
        fail_msg("%s", message);
    assert_int_equal(sketch_seal(&sketch, &topology, &error), 0);
    sketch_done(&sketch);
    if (ims_topology_check(topology, &error) < 0)
        fail_msg("%s", error.message);
    return topology;
}

static struct ims_function find(const struct ims_topology *topology, const char *text)
{
    struct ims_address address;

    assert_int_equal(ims_address_parse(text, &address), 0);
    return ims_topology_find(topology, address);
}

/* "01:00.0=1 02:00.0=none 03:00.0=?": the unit, that none covers it, or that it is not known. */
static void covers(const char *tables, const char *functions, const char *wanted)
{
    char text[2048];
    char seen[512] = "";
    char words[512];

    snprintf(text, sizeof(text), "%s%s", tables, functions);
    struct ims_topology *topology = seal(text);
    snprintf(words, sizeof(words), "%s", wanted);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        *strchr(word, '=') = '\0';
        const struct ims_coverage *coverage =
            &ims_topology_function(topology, find(topology, word))->coverage;
        char unit[16];
        snprintf(unit, sizeof(unit), "%u", coverage->unit);
        snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s%s=%s", seen[0] ? " " : "",
                 word,
                 coverage->covered == IMS_YES  ? unit
                 : coverage->covered == IMS_NO ? "none"
                                               : "?");
    }
    if (strcmp(seen, wanted) != 0)
        fail_msg("%s: %s, not %s", tables, seen, wanted);
    ims_topology_free(topology);
}

#define MACHINE                        \
    "00:02.0 rciep class=030000\n"     \
    "00:1c.0 rp bus=01 acs=5f/1d\n"    \
    "00:1d.0 rp bus=02-04 acs=5f/1d\n" \
    "01:00.0 ep sriov=8/2/80/2/10ca\n" \
    "01:10.0 ep vf of=01:00.0\n"       \
    "02:00.0 usp bus=03-04\n"          \
    "03:01.0 dsp bus=04\n"             \
    "04:00.0 ep\n"

/* Without bytes of a table nothing is known. */
static void no_table(void **state)
{
    (void)state;
    covers("", MACHINE, "00:02.0=? 01:00.0=?");
    covers("machine dmar=yes\n", MACHINE, "01:00.0=?");
}

/* T83: nobody covers it; the unit itself has its function. */
static void t83(void **state)
{
    (void)state;
    covers("drhd fn=00:02.0\n", MACHINE, "00:02.0=0 01:00.0=none 01:10.0=none 04:00.0=none");
}

/* T84: the explicit unit counts wherever it stands; the order is remarked. */
static void t84(void **state)
{
    struct ims_topology *topology;

    (void)state;
    covers("drhd all\ndrhd fn=00:02.0\n", MACHINE, "00:02.0=1 01:00.0=0 04:00.0=0");
    covers("drhd fn=00:02.0\ndrhd all\n", MACHINE, "00:02.0=0 01:00.0=1 04:00.0=1");
    covers("drhd all seg=1\n", MACHINE, "00:02.0=none");
    topology = seal("drhd all\ndrhd fn=00:02.0\n" MACHINE);
    assert_true(ims_topology_tables(topology)->late_unit);
    assert_int_equal(ims_topology_tables(topology)->late_unit_index, 1);
    ims_topology_free(topology);
    topology = seal("drhd all seg=1\ndrhd fn=00:02.0\n" MACHINE);
    assert_false(ims_topology_tables(topology)->late_unit);
    ims_topology_free(topology);
}

/* T85: a bridge with everything below it; a path through secondary buses; VFs with their PF. */
static void t85(void **state)
{
    (void)state;
    covers("drhd br=00:1c.0\n", MACHINE, "00:1c.0=0 01:00.0=0 01:10.0=0 04:00.0=none");
    covers("drhd fn=00:1c.0/00.0\n", MACHINE, "00:1c.0=none 01:00.0=0 01:10.0=0 04:00.0=none");
    covers("drhd fn=00:1d.0/00.0/01.0/00.0\n", MACHINE, "04:00.0=0 03:01.0=none 01:00.0=none");
    covers("drhd br=00:1d.0/00.0\n", MACHINE, "02:00.0=0 03:01.0=0 04:00.0=0 00:1d.0=none");
    /* The nearest scope wins; a function that is not there covers nobody. */
    covers("drhd br=00:1d.0\ndrhd fn=00:1d.0/00.0/01.0/00.0\n", MACHINE, "03:01.0=0 04:00.0=1");
    covers("drhd fn=00:1f.0\n", MACHINE, "00:02.0=none");
    /* A bridge whose buses were not read: the path may lead anywhere. */
    covers("drhd fn=00:1c.0/00.0\n", "00:02.0 rciep\n00:1c.0 rp bus=01 cfg 18=?\n", "00:02.0=?");
}

/* Behind VMD the endpoint counts (R6.2); other segments of VMD's kind are not in tables. */
static void vmd(void **state)
{
    (void)state;
    covers("drhd fn=00:0e.0\n",
           "00:02.0 rciep\n00:0e.0 rciep 8086:9a0b class=010400\n"
           "10000:e0:06.0 rp bus=e1 vmd=00:0e.0\n10000:e1:00.0 ep vmd=00:0e.0\n",
           "00:02.0=none 10000:e0:06.0=0 10000:e1:00.0=0");
}

/* E4: ids of IVRS; a VF by its own id; behind a bridge also the id that the bridge puts in. */
static void ivrs(void **state)
{
    (void)state;
    covers("ivhd 00:00.2 range=00:01.0-01:00.0\n", MACHINE,
           "00:02.0=0 01:00.0=0 01:10.0=none 04:00.0=none");
    covers("ivhd 00:00.2 all\n", MACHINE, "00:02.0=0 04:00.0=0");
    covers("ivhd 00:00.2 one=00:02.0\nivhd 40:00.2 range=01:00.0-04:1f.7\n", MACHINE,
           "00:02.0=0 01:10.0=1 04:00.0=1 00:1c.0=none");
    covers("ivhd 00:00.2 one=02:00.0\n", "00:01.0 rp bus=01-02\n01:00.0 p2p bus=02\n02:05.0 conv\n",
           "02:05.0=0 01:00.0=none");
    /* The id that an entry uses is looked up too. */
    covers("ivhd 00:00.2 alias=01:00.0>04:00.0\n", MACHINE, "01:00.0=0 04:00.0=0 00:02.0=none");
}

/* E5, E6: no mapping to an SMMU is no coverage; the end of a mapping that is one too long. */
static void iort_and_viot(void **state)
{
    struct ims_lookup lookup;

    (void)state;
    covers("smmu 9050000\nrc map=01:00.0+100>0\n", MACHINE, "01:00.0=0 01:10.0=0 04:00.0=none");
    covers("smmu 9050000\nrc seg=1 map=01:00.0+100>0\n", MACHINE, "01:00.0=none");
    covers("smmu 9050000\nrc\n", MACHINE, "01:00.0=none");
    covers("viommu 00:01.0\nvrange 00:02.0-01:00.0>0\n", MACHINE, "01:00.0=0 04:00.0=none");

    struct ims_topology *topology =
        seal("smmu 9050000\nrc map=00:00.0+101>0 map=01:00.0+100>4000\n" MACHINE);
    assert_true(ims_topology_tables(topology)->overlap);
    assert_true(ims_topology_lookup(topology, (struct ims_address){0, 1, 0}, &lookup));
    assert_int_equal(lookup.id, 0x4000);
    assert_true(ims_topology_lookup(topology, (struct ims_address){0, 0, 0x10}, &lookup));
    assert_int_equal(lookup.id, 0x10);
    assert_false(ims_topology_lookup(topology, (struct ims_address){0, 2, 0}, &lookup));
    ims_topology_free(topology);
}

/* Unknown is not no: damage, a table without units, one that exists and was not read. */
static void unknown_is_not_no(void **state)
{
    struct ims_topology *topology;

    (void)state;
    covers("machine dmar=yes\nviommu 00:01.0\nvrange 00:02.0-00:02.0>0\n", MACHINE,
           "00:02.0=0 01:00.0=?");
    covers("smmu 9050000\nrc map=01:00.0+100>0\ntable DMAR 00\n", MACHINE, "01:00.0=0 04:00.0=?");
    topology = seal("smmu 9050000\nrc map=01:00.0+100>0\ntable DMAR 00\n" MACHINE);
    assert_int_equal(ims_topology_gap_count(topology), 1);
    assert_int_equal(ims_topology_gap(topology, 0)->kind, IMS_GAP_MALFORMED);
    ims_topology_free(topology);
    covers("rc\n", MACHINE, "01:00.0=?");
    /* The kernel has it in a group, so a driver of an IOMMU took it (E9). */
    topology = seal("drhd fn=00:02.0\n00:02.0 rciep group=0\n00:03.0 rciep group=1\n"
                    "00:04.0 rciep group=none\n");
    assert_int_equal(ims_topology_function(topology, find(topology, "00:03.0"))->coverage.covered,
                     IMS_UNKNOWN);
    assert_true(ims_topology_function(topology, find(topology, "00:03.0"))->coverage.contradicts);
    assert_int_equal(ims_topology_function(topology, find(topology, "00:04.0"))->coverage.covered,
                     IMS_NO);
    assert_int_equal(ims_topology_gap_count(topology), 1);
    assert_int_equal(ims_topology_gap(topology, 0)->kind, IMS_GAP_CONTRADICTION);
    ims_topology_free(topology);
}

static void range_is(const struct ims_topology *topology, uint32_t range, const char *function,
                     bool wanted)
{
    if (ims_topology_range_is_for(topology, range, find(topology, function)) != wanted)
        fail_msg("range %u and %s", range, function);
}

/* E3, E4: for whom memory is reserved. */
static void ranges(void **state)
{
    (void)state;
    struct ims_topology *topology =
        seal("drhd all\nrmrr 1000-1fff fn=00:02.0 fn=00:1c.0/00.0\nrmrr 2000-2fff br=00:1d.0\n"
             "rmrr 3000-3fff\n" MACHINE);
    assert_int_equal(ims_topology_tables(topology)->range_count, 3);
    range_is(topology, 0, "00:02.0", true);
    range_is(topology, 0, "01:00.0", true);
    range_is(topology, 0, "01:10.0", true); /* with its PF */
    range_is(topology, 0, "04:00.0", false);
    range_is(topology, 1, "04:00.0", true);
    range_is(topology, 1, "01:00.0", false);
    range_is(topology, 2, "00:02.0", false);
    ims_topology_free(topology);

    topology = seal(
        "ivhd 00:00.2 all\nivmd exclusion 1000-1fff id=01:00.0\nivmd unity 2000-2fff\n" MACHINE);
    range_is(topology, 0, "01:00.0", true);
    range_is(topology, 0, "01:10.0", false);
    range_is(topology, 1, "04:00.0", true);
    assert_int_equal(ims_topology_tables(topology)->ranges[0].kind, IMS_ACPI_RANGE_EXCLUSION);
    assert_int_equal(ims_topology_tables(topology)->ranges[1].kind, IMS_ACPI_RANGE_IDENTITY);
    ims_topology_free(topology);
}

/* The builder keeps the first of two, and refuses what is too long. */
static void builder(void **state)
{
    struct ims_builder *builder = ims_builder_new();
    struct ims_topology *topology = NULL;
    struct ims_record *record;
    uint8_t *long_table = calloc(1, IMS_ACPI_TABLE_MAX_BYTES + 1);

    (void)state;
    assert_non_null(builder);
    assert_non_null(long_table);
    assert_int_equal(ims_builder_function(builder, (struct ims_address){0, 1, 0}, &record, NULL),
                     0);
    assert_true(
        ims_builder_table(builder, IMS_ACPI_DMAR, long_table, IMS_ACPI_TABLE_MAX_BYTES + 1) < 0);
    assert_int_equal(ims_builder_table(builder, IMS_ACPI_DMAR, "DMAR", 4), 0);
    assert_int_equal(ims_builder_table(builder, IMS_ACPI_DMAR, "other", 5), 0);
    assert_int_equal(ims_builder_seal(builder, &topology, NULL), 0);
    assert_int_equal(ims_topology_tables(topology)->size_bytes[IMS_ACPI_DMAR], 4);
    assert_memory_equal(ims_topology_tables(topology)->bytes[IMS_ACPI_DMAR], "DMAR", 4);
    assert_null(ims_topology_tables(topology)->bytes[IMS_ACPI_IVRS]);
    ims_topology_free(topology);
    free(long_table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_table),      cmocka_unit_test(t83),
        cmocka_unit_test(t84),           cmocka_unit_test(t85),
        cmocka_unit_test(vmd),           cmocka_unit_test(ivrs),
        cmocka_unit_test(iort_and_viot), cmocka_unit_test(unknown_is_not_no),
        cmocka_unit_test(ranges),        cmocka_unit_test(builder),
    };

    return cmocka_run_group_tests_name("topology-coverage", tests, NULL, NULL);
}
