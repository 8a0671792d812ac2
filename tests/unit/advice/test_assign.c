/* SPDX-License-Identifier: MIT */
/* Plans that give functions to owners: what breaks them, one fact at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iommuscope/advice.h"
#include "iommuscope/ownership.h"
#include "sketch.h"

#define MACHINE "machine kernel=6.12.95 iommu=on kind=intel dmar=yes\n"
#define ROOT "00:1c.0 rp bus=01-04 mem=f0000000-f7ffffff acs=5f/1d\n"
#define USP "01:00.0 usp bus=02-04 mem=f4000000-f7ffffff\n"
/* A switch whose first port turns requests to the second one, and not the other way round (C12). */
#define ONE_WAY                                                             \
    MACHINE ROOT USP "02:00.0 dsp bus=03 mem=f4000000-f41fffff acs=5f/11\n" \
                     "02:01.0 dsp bus=04 mem=f6000000-f61fffff acs=5f/1d\n" \
                     "03:00.0 ep 8086:1533 bar0=f4000000+100000\n"          \
                     "04:00.0 ep 1000:0072 bar0=f6000000+4000\n"
/* Two functions of one card below a port of their own. */
#define CARD(port, first, second)                                           \
    MACHINE "00:1c.0 rp bus=01 mem=f4000000-f41fffff acs=5f/1d\n"           \
            "01:00.0 ep 8086:1533 bar0=f4000000+1000 acs=1c/1c " first "\n" \
            "01:00.1 ep 8086:1533 bar0=f4001000+1000 acs=1c/1c " second "\n" port

/* Kinds with their answers: "reach!" breaks the plan, "reach?" may, "reach." is worth knowing. */
static const struct {
    const char *name;
    const char *sketch;
    const char *plan; /* "web 03:00.0 db 04:00.0": an owner and a function, in turn */
    const char *answer;
} rows[] = {
    {"F3 a guest's function reaches one of the host", ONE_WAY, "web 03:00.0", "n reach!"},
    {"F3 one of the host reaches a guest's", ONE_WAY, "db 04:00.0", "y"},
    {"F3 a guest's function reaches another guest's", ONE_WAY, "web 03:00.0 db 04:00.0",
     "n reach!"},
    {"F3 both are of one guest", ONE_WAY, "web 03:00.0 web 04:00.0", "y"},
    {"F3 what is given to the host stays there", ONE_WAY, "host 03:00.0 db 04:00.0", "y"},
    {"F3 two owners of one function", ONE_WAY, "web 04:00.0 db 04:00.0", "n shared!"},
    {"F3 the host is an owner too", ONE_WAY, "web 04:00.0 host 04:00.0", "n shared!"},
    {"F3 the same owner twice", ONE_WAY, "web 04:00.0 web 04:00.0", "y"},
    {"R8.2 a bridge stays with the host", ONE_WAY, "db 04:00.0 db 02:01.0", "y bridge."},
    {"A5.5 a root complex of which nothing is known",
     "machine kernel=6.12.95 iommu=on kind=amd\n"
     "00:01.1 rp bus=01 mem=f4000000-f41fffff acs=5f/19\n"
     "00:01.2 rp bus=02 mem=f6000000-f61fffff acs=5f/1d\n"
     "01:00.0 ep 8086:1533 bar0=f4000000+1000\n02:00.0 ep 8086:1533 bar0=f6000000+1000\n",
     "web 01:00.0", "? reach?"},
    {"B3 two guests behind a bridge to PCI",
     MACHINE ROOT "01:00.0 p2p bus=02 mem=f4000000-f41fffff\n"
                  "02:00.0 conv 8086:100e bar0=f4000000+1000 group=4\n"
                  "02:01.0 conv 8086:100e bar0=f4001000+1000 group=4\n",
     "web 02:00.0 db 02:01.0", "n reach! reach! alias! group! reset? reset?"},
    {"B3 an id of a bridge harms nobody",
     MACHINE ROOT "01:00.0 p2p bus=02 mem=f4000000-f41fffff\n"
                  "02:00.0 conv 8086:100e bar0=f4000000+1000 group=4\n",
     "web 02:00.0", "y"},
    {"E9 no IOMMU covers it",
     MACHINE ROOT "01:00.0 ep 8086:1533 bar0=f4000000+1000\ndrhd fn=00:02.0\n", "web 01:00.0",
     "n uncovered!"},
    {"E9 the IOMMU is off",
     "machine iommu=off kind=intel\n" ROOT "01:00.0 ep 8086:1533 bar0=f4000000+1000\n",
     "web 01:00.0", "n uncovered!"},
    {"R8.2 a function of the host in the group of a guest's",
     CARD("", "group=4 reset=flr", "group=4"), "web 01:00.0", "y group. reset."},
    {"1.7 no reset but that of the bus", CARD("", "group=4 reset=bus", "group=5"), "web 01:00.0",
     "n reset!"},
    {"1.7 whether there is one is not known", CARD("", "group=4", "group=5"), "web 01:00.0",
     "? reset?"},
    {"1.7 both are of one guest", CARD("", "group=4", "group=5"), "web 01:00.0 web 01:00.1", "y"},
    {"A8.4 a PF whose VF another owner has",
     MACHINE "00:1c.0 rp bus=01 mem=f4000000-f41fffff acs=5f/1d\n"
             "01:00.0 ep 8086:10c9 bar0=f4000000+1000 acs=1c/1c sriov=8/1/80/2/10ca "
             "vfbar0=f4010000+1000 reset=flr group=4\n"
             "01:10.0 ep 8086:10ca vf of=01:00.0 acs=1c/1c group=5\n",
     "web 01:00.0 db 01:10.0", "n virtual-functions!"},
    {"A8.4 a VF alone",
     MACHINE "00:1c.0 rp bus=01 mem=f4000000-f41fffff acs=5f/1d\n"
             "01:00.0 ep 8086:10c9 bar0=f4000000+1000 acs=1c/1c sriov=8/1/80/2/10ca "
             "vfbar0=f4010000+1000 group=4\n"
             "01:10.0 ep 8086:10ca vf of=01:00.0 acs=1c/1c group=5\n",
     "db 01:10.0", "y"},
    {"A1.9 nothing is known of the registers of another",
     MACHINE ROOT "01:00.0 ep 8086:1533 bar0=f4000000+1000\n00:1f.0 rciep 8086:1234 nocfg\n",
     "web 01:00.0", "? blind?"},
};

struct stage {
    struct ims_topology *topology;
    struct ims_grouping *grouping;
    struct ims_fabric *fabric;
};

static void stage_begin(struct stage *stage, const char *text)
{
    struct sketch sketch = {0};
    char message[256];

    if (sketch_parse(&sketch, text, message, sizeof(message)) < 0)
        fail_msg("%s", message);
    assert_int_equal(sketch_seal(&sketch, &stage->topology, NULL), 0);
    sketch_done(&sketch);
    assert_int_equal(ims_grouping_compute(stage->topology, NULL, &stage->grouping, NULL), 0);
    assert_int_equal(ims_fabric_new(stage->topology, NULL, &stage->fabric, NULL), 0);
}

static void stage_done(struct stage *stage)
{
    ims_fabric_free(stage->fabric);
    ims_grouping_free(stage->grouping);
    ims_topology_free(stage->topology);
}

static const struct ims_owner owners[] = {{"web", false}, {"db", false}, {"host", true}};

static uint32_t read_plan(const struct stage *stage, const char *plan,
                          struct ims_holding holdings[8])
{
    uint32_t count = 0;

    for (const char *at = plan; *at;) {
        struct ims_address address;
        char owner[16];
        char function[16];
        int length = 0;

        assert_int_equal(sscanf(at, "%15s %15s%n", owner, function, &length), 2);
        at += length;
        assert_int_equal(ims_address_parse(function, &address), 0);
        holdings[count].function = ims_topology_find(stage->topology, address);
        assert_false(ims_function_is_none(holdings[count].function));
        for (holdings[count].owner = 0; strcmp(owners[holdings[count].owner].name, owner) != 0;)
            holdings[count].owner++;
        count++;
    }
    return count;
}

static const char *judge(const struct stage *stage, const char *plan,
                         const struct ims_assignment_options *options)
{
    static char text[512];
    static const char signs[] = {[IMS_UNKNOWN] = '?', [IMS_NO] = '.', [IMS_YES] = '!'};
    static const char answers[] = {[IMS_UNKNOWN] = '?', [IMS_NO] = 'n', [IMS_YES] = 'y'};
    struct ims_holding holdings[8];
    struct ims_assignment *assignment = NULL;
    const uint32_t count = read_plan(stage, plan, holdings);
    size_t used;

    assert_int_equal(ims_assignment_new(stage->grouping, stage->fabric, owners, 3, holdings, count,
                                        options, &assignment, NULL),
                     0);
    used = (size_t)snprintf(text, sizeof(text), "%c", answers[ims_assignment_safe(assignment)]);
    for (uint32_t i = 0; i < ims_assignment_count(assignment); i++) {
        const struct ims_offence *offence = ims_assignment_at(assignment, i);

        assert_true(strlen(offence->text) > 0 && strlen(offence->remedy) > 0);
        assert_true((offence->kind == IMS_OFFENCE_REACH) == (offence->witness != NULL));
        used += (size_t)snprintf(text + used, sizeof(text) - used, " %s%c",
                                 ims_offence_kind_to_string(offence->kind), signs[offence->breaks]);
    }
    assert_null(ims_assignment_at(assignment, ims_assignment_count(assignment)));
    ims_assignment_free(assignment);
    return text;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage stage;
        const char *got;

        stage_begin(&stage, rows[i].sketch);
        got = judge(&stage, rows[i].plan, NULL);
        if (strcmp(got, rows[i].answer) != 0)
            fail_msg("%s: %s, not %s", rows[i].name, got, rows[i].answer);
        stage_done(&stage);
    }
}

/* What is only possible: open, not counted, counted. */
static void test_certainty(void **state)
{
    const struct ims_assignment_options must = {.settled = true, .certainty = IMS_FABRIC_MUST};
    const struct ims_assignment_options may = {.settled = true, .certainty = IMS_FABRIC_MAY};
    struct stage stage;

    (void)state;
    stage_begin(&stage, "machine kernel=6.12.95 iommu=on kind=amd\n"
                        "00:01.1 rp bus=01 mem=f4000000-f41fffff acs=5f/19\n"
                        "00:01.2 rp bus=02 mem=f6000000-f61fffff acs=5f/1d\n"
                        "01:00.0 ep 8086:1533 bar0=f4000000+1000\n"
                        "02:00.0 ep 8086:1533 bar0=f6000000+1000\n");
    assert_string_equal(judge(&stage, "web 01:00.0", NULL), "? reach?");
    assert_string_equal(judge(&stage, "web 01:00.0", &must), "y reach.");
    assert_string_equal(judge(&stage, "web 01:00.0", &may), "n reach!");
    /* Redirect at the port of 02:00.0: nothing is open (A5.5). */
    assert_string_equal(judge(&stage, "web 02:00.0", NULL), "y");
    stage_done(&stage);
}

static void test_words(void **state)
{
    struct ims_assignment *assignment = NULL;
    const struct ims_offence *offence;
    struct ims_holding holdings[8];
    struct stage stage;

    (void)state;
    stage_begin(&stage, ONE_WAY);
    const uint32_t count = read_plan(&stage, "web 03:00.0 db 04:00.0", holdings);
    assert_int_equal(ims_assignment_new(stage.grouping, stage.fabric, owners, 3, holdings, count,
                                        NULL, &assignment, NULL),
                     0);
    offence = ims_assignment_at(assignment, 0);
    assert_string_equal(offence->text,
                        "0000:03:00.0 of guest web reaches 0000:04:00.0 of guest db without "
                        "passing the IOMMU; at 0000:02:00.0: the address belongs to 0000:02:01.0 "
                        "beside it; its ACS control is 0011: it goes there directly");
    assert_string_equal(offence->rule, "A2.7, A3.1");
    assert_int_equal(offence->all_count, 1);
    assert_int_equal(ims_assignment_owner(assignment, holdings[0].function), 0);
    assert_int_equal(ims_assignment_owner(assignment, (struct ims_function){0}), IMS_NONE);
    ims_assignment_free(assignment);
    holdings[0].owner = 3;
    assert_int_equal(ims_assignment_new(stage.grouping, stage.fabric, owners, 3, holdings, count,
                                        NULL, &assignment, NULL),
                     -EINVAL);
    stage_done(&stage);
}

/* What a hot reset takes along (1.7): the bus and what is below, without VFs. */
static void test_reset_set(void **state)
{
    struct ims_function *set = NULL;
    struct stage stage;
    uint32_t count;

    (void)state;
    stage_begin(&stage, ONE_WAY "04:00.1 ep 1000:0073 bar0=f6004000+1000\n");
    assert_int_equal(ims_hot_reset_set(stage.topology, (struct ims_function){1}, &set, &count), 0);
    assert_int_equal(count, 6); /* 01:00.0 and everything below it */
    free(set);
    assert_int_equal(ims_hot_reset_set(stage.topology, (struct ims_function){5}, &set, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(set[1].index, 6);
    free(set);
    assert_int_equal(ims_hot_reset_set(stage.topology, (struct ims_function){0}, &set, &count), 0);
    assert_int_equal(count, 0);
    free(set);
    stage_done(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_certainty),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_reset_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
