/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stage.h"

/* Every canonical topology with its LOWER and UPPER sets. Ports have the capability word 5f. */

#define RP "00:00.0 rp bus=01-ff "
#define FULL "acs=5f/1d\n"
#define FIT "machine windows=fit\n"
#define SWITCH "01:00.0 usp bus=02-10\n"
#define D1 "02:00.0 dsp bus=03 port=1 "
#define D2 "02:01.0 dsp bus=04 port=2 "
#define D3 "02:02.0 dsp bus=05 port=3 "
#define AB "03:00.0 ep\n04:00.0 ep\n"
#define AB_SET "{03:00.0 04:00.0}"
#define MFD "01:00.0 ep "
#define MFD1 "01:00.1 ep "
#define TA IMS_FABRIC_RC_TRANSLATE_FIRST
#define RC_UNKNOWN IMS_FABRIC_RC_UNKNOWN

static const struct canonical {
    const char *id;
    enum ims_fabric_rc rc;
    const char *lower;
    const char *upper;
    const char *sketch;
} cases[] = {
    {"T01", TA, "", "", FIT RP FULL "01:00.0 ep\n"},
    {"T02", TA, "", "", FIT RP "\n01:00.0 ep\n"},
    {"T03", TA, "", "", FIT "00:01.0 rp bus=01\n01:00.0 ep\n00:02.0 rp bus=02\n02:00.0 ep\n"},
    {"T04", RC_UNKNOWN, "", "{01:00.0 02:00.0}",
     FIT "00:01.0 rp bus=01\n01:00.0 ep\n00:02.0 rp bus=02\n02:00.0 ep\n"},
    {"T05", TA, "", "", FIT "00:1c.0 rp bus=01\n01:00.0 ep\n00:1c.1 rp bus=02\n02:00.0 ep\n"},
    {"T06", RC_UNKNOWN, "", "",
     FIT "00:1c.0 rp bus=01 " FULL "01:00.0 ep\n00:1c.1 rp bus=02 " FULL "02:00.0 ep\n"},
    {"T07", RC_UNKNOWN, "", "{01:00.0 02:00.0}",
     FIT "00:01.0 rp bus=01 acs=5f/11\n01:00.0 ep\n00:02.0 rp bus=02 acs=5f/11\n02:00.0 ep\n"},
    {"T09", TA, AB_SET, AB_SET, FIT RP FULL SWITCH D1 "\n" D2 "\n" AB},
    {"T10", TA, AB_SET, AB_SET, FIT RP FULL SWITCH D1 "acs=5f/0\n" D2 "acs=5f/0\n" AB},
    {"T11", TA, "", "", FIT RP FULL SWITCH D1 FULL D2 FULL AB},
    {"T13", TA, AB_SET, AB_SET, FIT RP "\n" SWITCH D1 "acs=5f/0\n" D2 "acs=5f/0\n" AB},
    {"T14", TA, "", AB_SET, FIT RP "\n" SWITCH D1 FULL D2 FULL AB},
    {"T15", TA, "", AB_SET, FIT RP "acs=5f/d\n" SWITCH D1 FULL D2 FULL AB},
    {"T17", TA, "", "", FIT RP FULL SWITCH D1 "acs=5f/d\n" D2 "acs=5f/d\n" AB},
    {"T19", TA, "", "", FIT RP FULL SWITCH D1 "acs=5f/1c\n" D2 "acs=5f/1c\n" AB},
    {"T20", TA, AB_SET, AB_SET, FIT RP FULL SWITCH D1 "acs=87f/3d\n" D2 "acs=87f/3d\n" AB},
    {"T21", TA, "", "",
     FIT RP FULL SWITCH D1 "acs=87f/3d egress=2\n" D2 "acs=87f/3d egress=1\n" AB},
    {"T23", TA, AB_SET, AB_SET,
     FIT RP FULL SWITCH D1 "acs=87f/3d egress=3\n" D2 "acs=87f/3d egress=3\n" D3
                           "acs=87f/3d egress=1,2\n" AB "05:00.0 ep\n"},
    {"T24", TA, "{03:00.0 04:00.0 05:00.0}", "{03:00.0 04:00.0 05:00.0}",
     FIT RP FULL SWITCH D1 "acs=5f/0\n" D2 FULL D3 FULL AB "05:00.0 ep\n"},
    {"T26", TA, "", "",
     FIT RP FULL SWITCH D1 "acs=5f/0\n" D2 "acs=5f/0\n03:00.0 ep nobar\n04:00.0 ep nobar\n"},
    {"T28", TA, "", "", FIT RP FULL SWITCH D1 "acs=5f/5d\n" D2 "acs=5f/5d\n" AB},
    {"T29", TA, "", "{01:00.0 01:00.1}", FIT RP FULL MFD "\n" MFD1 "\n"},
    {"T30", TA, "", "", FIT RP FULL MFD "acs=c/c\n" MFD1 "acs=c/c\n"},
    {"T31", TA, "", "{01:00.0 01:00.1}", FIT RP FULL MFD "acs=c/c\n" MFD1 "\n"},
    {"T32", TA, "{01:00.0 01:00.1}", "{01:00.0 01:00.1}",
     FIT RP FULL MFD "acs=c/0\n" MFD1 "acs=c/c\n"},
    {"T34", TA, "", "", FIT RP FULL "01:00.0 ep 8086:10c6\n01:00.1 ep 8086:10c6\n"},
    {"T37", TA, "", "{01:00.0 01:00.1}", FIT RP "acs=5f/d\n" MFD "acs=c/c\n" MFD1 "acs=c/c\n"},
    {"T38", TA, "", "",
     FIT RP FULL "01:00.0 ep ari sriov=2/2/1/1/10ca vfbar0=80200000+1000\n"
                 "01:00.1 ep vf of=01:00.0\n01:00.2 ep vf of=01:00.0\n"},
    {"T40", TA, "", "",
     FIT RP FULL "01:00.0 ep ari acs=c/c sriov=2/2/1/1/10ca vfbar0=80200000+1000\n"
                 "01:00.1 ep acs=c/c vf of=01:00.0\n01:00.2 ep acs=c/c vf of=01:00.0\n"},
    {"T41", TA, "{02:00.0 02:01.0}", "{02:00.0 02:01.0}",
     FIT RP FULL "01:00.0 p2p bus=02\n02:00.0 conv\n02:01.0 conv\n"},
    {"T43", TA, "{00:00.0 01:00.0 01:01.0}", "{00:00.0 01:00.0 01:01.0}",
     FIT "00:00.0 convbr bus=01\n01:00.0 conv\n01:01.0 conv\n"},
    {"T45", TA, "{04:00.0 04:01.0}", "{04:00.0 04:01.0}",
     FIT RP FULL "01:00.0 usp bus=02-06\n02:00.0 dsp bus=03-04 " FULL
                 "03:00.0 p2p bus=04\n04:00.0 conv\n04:01.0 conv\n02:01.0 dsp bus=05-06 " FULL
                 "05:00.0 p2p bus=06\n06:00.0 conv\n"},
    {"T46", TA, "{02:00.0 02:01.0 03:00.0}", "{02:00.0 02:01.0 03:00.0}",
     FIT RP FULL "01:00.0 p2p bus=02-03\n02:00.0 conv\n02:01.0 convbr bus=03\n03:00.0 conv\n"},
    {"T47", TA, "", "", FIT RP FULL "01:00.0 ep 1b4b:9230\n"},
    {"T50", TA, "{00:0e.0 10000:00:00.0 10000:00:01.0 10000:01:00.0 10000:02:00.0}",
     "{00:0e.0 10000:00:00.0 10000:00:01.0 10000:01:00.0 10000:02:00.0}",
     FIT "0000:00:0e.0 rciep 8086:9a0b\n10000:00:00.0 rp bus=01 vmd=00:0e.0\n"
         "10000:01:00.0 ep vmd=00:0e.0\n10000:00:01.0 rp bus=02 vmd=00:0e.0\n"
         "10000:02:00.0 ep vmd=00:0e.0\n"},
    {"T51", TA, "", "{01:00.1 03:00.0 04:00.0}",
     FIT RP FULL SWITCH D1 FULL D2 FULL AB "01:00.1 ep\n"},
    {"T52", TA, "", "",
     FIT RP FULL "01:00.0 usp bus=02-10 acs=c/c\n" D1 FULL D2 FULL AB "01:00.1 ep acs=c/c\n"},
    {"T54", TA, "", "{01:00.0 03:00.0 04:00.0}",
     FIT RP FULL "01:00.0 usp bus=02-10 bar\n" D1 FULL D2 FULL AB},
    {"T55", TA, "{01:00.0 03:00.0 04:00.0}", "{01:00.0 03:00.0 04:00.0}",
     FIT RP FULL "01:00.0 usp bus=02-10 bar\n" D1 "acs=df/21d\n" D2 "acs=df/21d\n" AB},
    {"T56", TA, "", "",
     FIT RP FULL "01:00.0 usp bus=02-10 bar\n" D1 "acs=df/a1d\n" D2 "acs=df/a1d\n" AB},
    {"T58", TA, "{05:00.0 06:00.0}", "{05:00.0 06:00.0}",
     FIT RP FULL "01:00.0 usp bus=02-07\n02:00.0 dsp bus=03-06 " FULL
                 "03:00.0 usp bus=04-06\n04:00.0 dsp bus=05 acs=5f/0\n"
                 "04:01.0 dsp bus=06 acs=5f/0\n05:00.0 ep\n06:00.0 ep\n02:01.0 dsp bus=07 " FULL
                 "07:00.0 ep\n"},
    {"T59", TA, "{05:00.0 06:00.0 07:00.0}", "{05:00.0 06:00.0 07:00.0}",
     FIT RP FULL "01:00.0 usp bus=02-07\n02:00.0 dsp bus=03-06 acs=5f/0\n"
                 "03:00.0 usp bus=04-06\n04:00.0 dsp bus=05 " FULL "04:01.0 dsp bus=06 " FULL
                 "05:00.0 ep\n06:00.0 ep\n02:01.0 dsp bus=07 " FULL "07:00.0 ep\n"},
    {"T62", TA, "", "", FIT "00:14.0 rciep 8086:7a60\n00:14.1 rciep 8086:7a61\n"},
    {"T63", TA, "", "", FIT "00:14.0 rciep\n00:14.1 rciep\n"},
    {"T64", RC_UNKNOWN, "", "{00:14.0 00:15.0}", FIT "00:14.0 rciep\n00:15.0 rciep\n"},
    {"T66", RC_UNKNOWN, "", "",
     FIT "00:1c.0 rp 8086:1c10 bus=01\n01:00.0 ep\n00:1c.1 rp 8086:1c12 bus=02\n02:00.0 ep\n"},
    {"T67", TA, "", "{01:00.0 01:00.1}", FIT "00:01.0 rp bus=01\n" MFD "\n" MFD1 "\n"},
    /* T72, with class MC: multicast ignores redirect; then block-untranslated on the ingress. */
    {"T72", TA, AB_SET, AB_SET,
     FIT RP FULL "01:00.0 usp bus=02-10 mc=e8000000/10/1/0/0/0\n" D1
                 "mc=e8000000/10/1/0/0/0 " FULL D2 "mc=e8000000/10/1/1/0/0 " FULL
                 "03:00.0 ep\n04:00.0 ep mc=e8000000/10/1/1/0/0\n"},
    {"T72 blocked", TA, "", "",
     FIT RP FULL "01:00.0 usp bus=02-10 mc=e8000000/10/1/0/0/0\n" D1
                 "mc=e8000000/10/1/0/0/1 " FULL D2 "mc=e8000000/10/1/1/0/0 " FULL
                 "03:00.0 ep\n04:00.0 ep mc=e8000000/10/1/1/0/0\n"},
    {"T93", TA, "{01:00.0 01:00.4}", "{01:00.0 01:00.4}",
     FIT RP FULL "01:00.0 ep acs=c/c phantom=1\n01:00.4 ep acs=c/c\n"},
    /* T94: the window of D2 does not hold B's register. */
    {"T94", TA, "", "",
     RP "mem=80000000-807fffff " FULL "01:00.0 usp bus=02-10 mem=80200000-807fffff\n" D1
        "mem=80300000-803fffff acs=5f/0\n" D2 "mem=80500000-805fffff acs=5f/0\n"
        "03:00.0 ep nobar\n04:00.0 ep bar0=80400000+1000\n"},
    {"T96", TA, "", "{02:01.0 03:00.0}",
     FIT RP FULL SWITCH D1 "acs=df/31d\n"
                           "02:01.0 dsp bus=04 bar acs=df/21d\n03:00.0 ep\n04:00.0 ep\n"},
};

static void sets_are_as_listed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct ims_fabric_options options = {.size_bytes = sizeof(options),
                                                   .rc = cases[i].rc};
        struct stage stage;

        stage_begin(&stage, cases[i].sketch, &options);
        if (strcmp(stage_sets(&stage, IMS_FABRIC_MUST), cases[i].lower) != 0)
            fail_msg("%s LOWER: %s, not %s", cases[i].id, stage.text, cases[i].lower);
        if (strcmp(stage_sets(&stage, IMS_FABRIC_MAY), cases[i].upper) != 0)
            fail_msg("%s UPPER: %s, not %s", cases[i].id, stage.text, cases[i].upper);
        stage_done(&stage);
    }
}

static const struct canonical *find_case(const char *id)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (strcmp(cases[i].id, id) == 0)
            return &cases[i];
    fail_msg("no case %s", id);
    return NULL;
}

/* The same fabrics with other assumptions. */
static void sets_under_other_assumptions(void **state)
{
    static const struct {
        const char *id;
        struct ims_fabric_options options;
        const char *lower;
        const char *upper;
    } variants[] = {
        /* T73: translated requests. */
        {"T28", {.rc = TA, .threat = IMS_FABRIC_TM1}, AB_SET, AB_SET},
        {"T11", {.rc = TA, .threat = IMS_FABRIC_TM1}, "", ""},
        {"T72 blocked", {.rc = TA, .threat = IMS_FABRIC_TM1}, AB_SET, AB_SET},
        /* T77: forged ids. */
        {"T11", {.rc = TA, .threat = IMS_FABRIC_TM2}, "", ""},
        {"T19", {.rc = TA, .threat = IMS_FABRIC_TM2}, AB_SET, AB_SET},
        {"T03", {.rc = TA, .threat = IMS_FABRIC_TM2}, "{01:00.0 02:00.0}", "{01:00.0 02:00.0}"},
        {"T30", {.rc = TA, .threat = IMS_FABRIC_TM2}, "{01:00.0 01:00.1}", "{01:00.0 01:00.1}"},
        {"T38",
         {.rc = TA, .threat = IMS_FABRIC_TM2},
         "{01:00.0 01:00.1 01:00.2}",
         "{01:00.0 01:00.1 01:00.2}"},
        /* Options. */
        {"T38", {.rc = TA, .paranoid_sriov = true}, "", "{01:00.0 01:00.1 01:00.2}"},
        {"T15", {.rc = TA, .kernel_profile = true}, "", ""},
        {"T72", {.rc = TA, .ignore_multicast = true}, "", ""},
        {"T94", {.rc = TA, .structural = true}, AB_SET, AB_SET},
        {"T04", {.rc = IMS_FABRIC_RC_NONE}, "", ""},
        {"T04", {.rc = IMS_FABRIC_RC_DIRECT}, "{01:00.0 02:00.0}", "{01:00.0 02:00.0}"},
        {"T06", {.rc = IMS_FABRIC_RC_DIRECT}, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        struct stage stage;

        stage_begin(&stage, find_case(variants[i].id)->sketch, &variants[i].options);
        if (strcmp(stage_sets(&stage, IMS_FABRIC_MUST), variants[i].lower) != 0)
            fail_msg("%s (%zu) LOWER: %s, not %s", variants[i].id, i, stage.text,
                     variants[i].lower);
        if (strcmp(stage_sets(&stage, IMS_FABRIC_MAY), variants[i].upper) != 0)
            fail_msg("%s (%zu) UPPER: %s, not %s", variants[i].id, i, stage.text,
                     variants[i].upper);
        stage_done(&stage);
    }
}

/* T95: what is switched off counts only as configured. */
static void what_is_off_counts_as_configured(void **state)
{
    static const char off[] =
        FIT RP FULL SWITCH D1 "acs=5f/0\n" D2 FULL "03:00.0 ep nobar\n04:00.0 ep cmd=4\n";
    static const char mute[] =
        FIT RP FULL SWITCH D1 "acs=5f/0 cmd=2\n" D2 "acs=5f/1d\n03:00.0 ep nobar\n04:00.0 ep\n";
    const struct ims_fabric_options worst = {.rc = TA};
    const struct ims_fabric_options now = {.rc = TA, .as_configured = true};
    const char *const sketches[] = {off, mute};
    struct stage stage;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        stage_begin(&stage, sketches[i], &worst);
        assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), AB_SET);
        stage_done(&stage);
        stage_begin(&stage, sketches[i], &now);
        assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), "");
        stage_done(&stage);
    }
    stage_begin(&stage, mute, &now);
    assert_string_equal(stage_write(&stage, "03:00.0", 0x1000), "must unsupported");
    stage_done(&stage);
}

/* T88, A1.9: registers that were not read may be either. */
static void unknown_registers_may_be_either(void **state)
{
    const struct ims_fabric_options options = {.rc = TA};
    struct stage stage;

    (void)state;
    stage_begin(&stage, FIT RP FULL MFD "cfg64\n" MFD1 "cfg64\n", &options);
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), "{01:00.0 01:00.1}");
    stage_done(&stage);
    stage_begin(&stage, FIT RP FULL SWITCH D1 "acs=5f/?\n" D2 FULL AB, &options);
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), AB_SET);
    stage_done(&stage);
    stage_begin(&stage, FIT RP FULL SWITCH D1 "acs=?\n" D2 FULL AB, &options);
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), AB_SET);
    stage_done(&stage);
    /* Extended space that reads all ones hides the structure; no structure would be "must". */
    stage_begin(&stage, FIT RP FULL SWITCH D1 "ext=no\n" D2 FULL AB, &options);
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), AB_SET);
    stage_done(&stage);
    stage_begin(&stage, FIT RP FULL SWITCH D1 "acs=none\n" D2 FULL AB, &options);
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), AB_SET);
    stage_done(&stage);
}

/* A7.5, A1.9: the capability is there and its control and base were not read. */
static void unread_multicast_may_be_on(void **state)
{
    const struct ims_fabric_options options = {.rc = TA};
    struct stage stage;

    (void)state;
    stage_begin(&stage,
                FIT RP FULL "01:00.0 usp bus=02-10 mc=e8000000/10/1/0/0/0\n" D1
                            "mc=off cfg 114=? cfg 118=? cfg 11c=? " FULL D2
                            "mc=e8000000/10/1/1/0/0 " FULL
                            "03:00.0 ep\n04:00.0 ep mc=e8000000/10/1/1/0/0\n",
                &options);
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), AB_SET);
    assert_string_equal(stage_send(&stage, "03:00.0",
                                   &(struct ims_tlp){.kind = IMS_TLP_MEMORY_READ,
                                                     .address = 0xe8000100,
                                                     .to = IMS_FUNCTION_NONE}),
                        "must iommu");
    stage_done(&stage);
}

/* The profile of the root complex comes from evidence. */
static void evidence_chooses_the_profile(void **state)
{
    static const struct {
        const char *sketch;
        enum ims_fabric_rc rc;
    } machines[] = {
        {"00:01.0 rp bus=01\n01:00.0 ep\n", IMS_FABRIC_RC_UNKNOWN},
        {"machine dmar=yes\n00:01.0 rp bus=01\n", TA},
        {"machine kind=intel\n00:01.0 rp bus=01\n", TA},
        {"machine kind=amd\n00:01.0 rp bus=01\n", IMS_FABRIC_RC_UNKNOWN},
        {"00:00.0 conv 8086:3e30 class=060000\n00:01.0 rp bus=01\n", TA},
        {"00:00.0 conv 1022:1480 class=060000\n00:01.0 rp bus=01\n", IMS_FABRIC_RC_UNKNOWN},
        /* A name that fits several ids, all of them of one maker; and of two (R12.8). */
        {"00:00.0 conv 8086:5900|8086:5910 class=060000\n00:01.0 rp bus=01\n", TA},
        {"00:00.0 conv 8086:5900|1022:1480 class=060000\n00:01.0 rp bus=01\n",
         IMS_FABRIC_RC_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
        struct stage stage;
        stage_begin(&stage, machines[i].sketch, NULL);
        assert_int_equal(ims_fabric_basis(stage.fabric)->options.rc, machines[i].rc);
        assert_non_null(ims_fabric_basis(stage.fabric)->rc_reason);
        stage_done(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_as_listed),
        cmocka_unit_test(sets_under_other_assumptions),
        cmocka_unit_test(what_is_off_counts_as_configured),
        cmocka_unit_test(unknown_registers_may_be_either),
        cmocka_unit_test(unread_multicast_may_be_on),
        cmocka_unit_test(evidence_chooses_the_profile),
    };
    return cmocka_run_group_tests_name("fabric-canonical", tests, NULL, NULL);
}
