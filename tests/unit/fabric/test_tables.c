/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stage.h"

/* What ACPI tables add to the fabric: aliases at the IOMMU, coverage, exclusion ranges (T81-T86). */

#define FIT "machine windows=fit\n"
#define TWO_PORTS                      \
    "00:01.0 rp bus=01 acs=5f/1d\n"    \
    "00:02.0 rp bus=02-03 acs=5f/1d\n" \
    "01:00.0 ep bar0=f0000000+1000\n"  \
    "02:00.0 ep bar0=f1000000+1000\n"

static const struct canonical {
    const char *id;
    const char *sets; /* lower and upper */
    const char *sketch;
} cases[] = {
    {"no tables", "", FIT TWO_PORTS},
    /* All ids become stream 0. */
    {"T81 single", "{01:00.0 02:00.0}", FIT "smmu 9050000\nrc single=0\n" TWO_PORTS},
    {"T81 one stream", "{01:00.0 02:00.0}",
     FIT "smmu 9050000\nrc map=01:00.0+1>7 map=02:00.0+1>7\n" TWO_PORTS},
    {"T81 two one-id mappings", "",
     FIT "smmu 9050000\nrc map=01:00.0+1>7 map=02:00.0+1>8\n" TWO_PORTS},
    {"T81 ranges that meet in the middle", "{01:00.0 02:00.0}",
     FIT "smmu 9050000\nrc map=01:00.0+100>100 map=02:00.0+100>100\n" TWO_PORTS},
    /* The same stream at two SMMUs is two streams. */
    {"T81 two units", "",
     FIT "smmu 9050000\nrc map=01:00.0+1>7\nsmmu 9060000\nrc map=02:00.0+1>7\n" TWO_PORTS},
    {"T81 identity", "", FIT "smmu 9050000\nrc map=00:00.0+10000>0\n" TWO_PORTS},
    {"T82", "{01:00.0 02:00.0}",
     FIT "ivhd 00:00.2 range=00:01.0-ff:1f.7 alias=02:00.0>01:00.0\n" TWO_PORTS},
    {"T82 the other way round", "{01:00.0 02:00.0}",
     FIT "ivhd 00:00.2 range=00:01.0-ff:1f.7 alias=01:00.0>02:00.0\n" TWO_PORTS},
    {"T82 a third id", "{01:00.0 02:00.0}",
     FIT
     "ivhd 00:00.2 range=00:01.0-ff:1f.7 alias=01:00.0>05:00.0 alias=02:00.0>05:00.0\n" TWO_PORTS},
    {"T82 a ghost of one", "",
     FIT "ivhd 00:00.2 range=00:01.0-ff:1f.7 alias=01:00.0>05:00.0\n" TWO_PORTS},
    {"T82 another segment", "",
     FIT "ivhd 00:00.2 range=00:01.0-ff:1f.7\n"
         "ivhd 00:00.2 seg=1 alias=02:00.0>01:00.0\n" TWO_PORTS},
    /* A later entry for the same id is the exception from the earlier one. */
    {"T82 taken back", "",
     FIT "ivhd 00:00.2 alias=02:00.0>01:00.0 range=00:01.0-ff:1f.7\n" TWO_PORTS},
    {"E6 endpoint ids", "{01:00.0 02:00.0}",
     FIT "viommu 00:03.0\nvrange 01:00.0-01:00.7>10\nvrange 02:00.0-02:00.7>10\n" TWO_PORTS},
    {"E6", "", FIT "viommu 00:03.0\nvrange 00:00.0-ff:1f.7>0\n" TWO_PORTS},
    /* E9: both have the host's memory. */
    {"two uncovered", "{01:00.0 02:00.0}", FIT "drhd fn=00:03.0\n" TWO_PORTS},
    {"T83", "", FIT "drhd br=00:02.0\n" TWO_PORTS},
    {"T84", "", FIT "drhd all\ndrhd br=00:02.0\n" TWO_PORTS},
};

static void sets_are_as_listed(void **state)
{
    const struct ims_fabric_options options = {.rc = IMS_FABRIC_RC_TRANSLATE_FIRST};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned may = 0; may < 2; may++) {
            struct stage stage;
            stage_begin(&stage, cases[i].sketch, &options);
            const char *sets = stage_sets(&stage, may ? IMS_FABRIC_MAY : IMS_FABRIC_MUST);
            if (strcmp(sets, cases[i].sets) != 0)
                fail_msg("%s: \"%s\"", cases[i].id, sets);
            stage_done(&stage);
        }
    }
}

/* E8: an edge tells by which id both are looked up. */
static void edges_name_the_id(void **state)
{
    static const struct {
        const char *sketch;
        const char *rule;
        uint32_t id;
    } machines[] = {
        {FIT "smmu 9050000\nrc single=5\n" TWO_PORTS, "E5, E8", 5},
        {FIT "ivhd 00:00.2 range=00:01.0-ff:1f.7 alias=02:00.0>01:00.0\n" TWO_PORTS, "E4, E8",
         0x100},
        {FIT "viommu 00:03.0\nvrange 01:00.0-01:00.7>10\nvrange 02:00.0-02:00.7>10\n" TWO_PORTS,
         "E6, E8", 0x10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
        struct ims_fabric_sets *sets = NULL;
        struct stage stage;

        stage_begin(&stage, machines[i].sketch, NULL);
        assert_int_equal(ims_fabric_sets(stage.fabric, IMS_FABRIC_MUST, &sets, NULL), 0);
        const struct ims_fabric_set *set =
            ims_fabric_sets_at(sets, ims_fabric_sets_of(sets, stage_at(&stage, "02:00.0")));
        assert_int_equal(set->edge_count, 1);
        assert_int_equal(set->edges[0].kind, IMS_FABRIC_EDGE_ALIAS);
        assert_true(set->edges[0].of_table);
        assert_int_equal(set->edges[0].lookup.id, machines[i].id);
        assert_string_equal(set->edges[0].rule, machines[i].rule);
        assert_false(set->with_host);
        ims_fabric_sets_free(sets);
        stage_done(&stage);
    }
}

/* What is behind a conventional bridge is looked up by the id that the bridge puts in (B2, E8). */
static void bridges_put_in_ids(void **state)
{
    static const char *const sketch =
        FIT "ivhd 00:00.2 range=00:01.0-ff:1f.7 alias=04:00.0>01:00.0\n"
            "00:01.0 rp bus=01 acs=5f/1d\n"
            "00:02.0 rp bus=03-04 acs=5f/1d\n"
            "01:00.0 ep\n"
            "03:00.0 p2p bus=04\n"
            "04:05.0 conv\n";
    const struct ims_fabric_options options = {.rc = IMS_FABRIC_RC_TRANSLATE_FIRST};
    struct stage stage;

    (void)state;
    stage_begin(&stage, sketch, &options);
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "{01:00.0 04:05.0}");
    stage_done(&stage);
}

static bool with_host(const struct stage *stage, const char *address)
{
    struct ims_fabric_sets *sets = NULL;

    assert_int_equal(ims_fabric_sets(stage->fabric, IMS_FABRIC_MUST, &sets, NULL), 0);
    const bool found =
        ims_fabric_sets_at(sets, ims_fabric_sets_of(sets, stage_at(stage, address)))->with_host;
    ims_fabric_sets_free(sets);
    return found;
}

/* T83, E9: {HOST, 01:00.0}; its requests arrive untranslated, peers are where they were. */
static void uncovered_is_with_the_host(void **state)
{
    const struct ims_fabric_options options = {.rc = IMS_FABRIC_RC_TRANSLATE_FIRST};
    struct ims_fabric_hazards *hazards = NULL;
    struct stage stage;

    (void)state;
    stage_begin(&stage, FIT "drhd br=00:02.0\n" TWO_PORTS, &options);
    assert_true(ims_fabric_is_uncovered(stage.fabric, stage_at(&stage, "01:00.0")));
    assert_false(ims_fabric_is_uncovered(stage.fabric, stage_at(&stage, "02:00.0")));
    assert_false(ims_fabric_is_uncovered(stage.fabric, stage_at(&stage, "00:01.0")));
    assert_true(with_host(&stage, "01:00.0"));
    assert_false(with_host(&stage, "02:00.0"));
    assert_string_equal(stage_write(&stage, "01:00.0", 0x1000), "must host");
    assert_string_equal(stage_write(&stage, "02:00.0", 0x1000), "must iommu");
    /* An id that is covered is translated, whoever carries it. */
    struct ims_tlp forged = {.kind = IMS_TLP_MEMORY_WRITE, .to = IMS_FUNCTION_NONE, .forged = true};
    forged.requester = ims_topology_function(stage.topology, stage_at(&stage, "01:00.0"))->address;
    assert_string_equal(stage_send(&stage, "02:00.0", &forged),
                        "must blocked 00:02.0 (source validation)");
    assert_int_equal(ims_fabric_hazards(stage.fabric, stage_at(&stage, "01:00.0"), &hazards, NULL),
                     0);
    for (uint32_t i = 0; i < ims_fabric_hazards_count(hazards); i++)
        assert_int_equal(ims_fabric_hazards_at(hazards, i)->kind, IMS_FABRIC_HAZARD_UNTRANSLATED);
    assert_int_equal(ims_fabric_hazards_at(hazards, 0)->first, 0);
    assert_int_equal(ims_fabric_hazards_at(hazards, ims_fabric_hazards_count(hazards) - 1)->last,
                     UINT64_MAX);
    ims_fabric_hazards_free(hazards);
    stage_done(&stage);
}

/* Nobody covers the hardware of an IOMMU itself, and no finding follows (E9). */
static void units_are_exempt(void **state)
{
    struct stage stage;

    (void)state;
    stage_begin(
        &stage,
        FIT "ivhd 00:00.2 range=00:01.0-ff:1f.7\n00:00.2 conv 1022:1481 class=080600\n" TWO_PORTS,
        NULL);
    assert_false(ims_fabric_is_uncovered(stage.fabric, stage_at(&stage, "00:00.2")));
    assert_false(with_host(&stage, "00:00.2"));
    stage_done(&stage);
}

/* T86: a hazard range of that id alone, and nobody is merged. */
static void exclusion_range(void **state)
{
    const struct ims_fabric_options options = {.rc = IMS_FABRIC_RC_TRANSLATE_FIRST};
    struct ims_fabric_hazards *hazards = NULL;
    struct stage stage;

    (void)state;
    stage_begin(&stage,
                FIT "ivhd 00:00.2 range=00:01.0-ff:1f.7\n"
                    "ivmd exclusion a0000000-a00fffff id=01:00.0\n"
                    "ivmd unity b0000000-b00fffff id=01:00.0\n" TWO_PORTS,
                &options);
    assert_string_equal(stage_write(&stage, "01:00.0", 0xa0000000), "must host");
    assert_string_equal(stage_write(&stage, "01:00.0", 0xa00fffff), "must host");
    assert_string_equal(stage_write(&stage, "01:00.0", 0xa0100000), "must iommu");
    assert_string_equal(stage_write(&stage, "01:00.0", 0xb0000000), "must iommu");
    assert_string_equal(stage_write(&stage, "02:00.0", 0xa0000000), "must iommu");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), "");
    assert_false(with_host(&stage, "01:00.0"));
    assert_int_equal(ims_fabric_hazards(stage.fabric, stage_at(&stage, "01:00.0"), &hazards, NULL),
                     0);
    assert_int_equal(ims_fabric_hazards_count(hazards), 1);
    assert_int_equal(ims_fabric_hazards_at(hazards, 0)->kind, IMS_FABRIC_HAZARD_UNTRANSLATED);
    assert_int_equal(ims_fabric_hazards_at(hazards, 0)->first, 0xa0000000);
    assert_int_equal(ims_fabric_hazards_at(hazards, 0)->last, 0xa00fffff);
    ims_fabric_hazards_free(hazards);
    assert_int_equal(ims_fabric_hazards(stage.fabric, stage_at(&stage, "02:00.0"), &hazards, NULL),
                     0);
    assert_int_equal(ims_fabric_hazards_count(hazards), 0);
    ims_fabric_hazards_free(hazards);
    stage_done(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_as_listed), cmocka_unit_test(edges_name_the_id),
        cmocka_unit_test(bridges_put_in_ids), cmocka_unit_test(uncovered_is_with_the_host),
        cmocka_unit_test(units_are_exempt),   cmocka_unit_test(exclusion_range),
    };
    return cmocka_run_group_tests_name("fabric-tables", tests, NULL, NULL);
}
