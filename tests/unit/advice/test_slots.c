/* SPDX-License-Identifier: MIT */
/* Which free slots give cards the most isolation (F13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "advice/slots.h"
#include "rng.h"
#include "sketch.h"

#define MACHINE "machine kernel=6.12.95 iommu=on kind=intel dmar=yes\n"
/* A switch that keeps nothing apart, with two free ports, and two free root ports with ACS. */
#define LAX_SWITCH                                                   \
    MACHINE "00:1b.0 rp bus=07 acs=5f/1d\n"                          \
            "00:1c.0 rp bus=01-05 mem=f0000000-f7ffffff acs=5f/1d\n" \
            "01:00.0 usp bus=02-05 mem=f4000000-f7ffffff\n"          \
            "02:00.0 dsp bus=03 mem=f4000000-f41fffff\n"             \
            "02:01.0 dsp bus=04\n02:02.0 dsp bus=05\n"               \
            "03:00.0 ep 8086:1533 bar0=f4000000+100000\n"            \
            "00:1d.0 rp bus=08 acs=5f/1d\n"

static const struct {
    const char *name;
    const char *sketch;
    uint32_t wanted;
    const char *answer; /* chosen ports with their part; units */
} rows[] = {
    {"F13 root ports before a switch that keeps nothing apart", LAX_SWITCH, 2,
     "00:1b.0=0 00:1d.0=1: 2"},
    {"F13 the third has to share", LAX_SWITCH, 3, "00:1b.0=0 00:1d.0=1 02:01.0=2: 3"},
    {"F13 two in the switch are one part", LAX_SWITCH, 4,
     "00:1b.0=0 00:1d.0=1 02:01.0=2 02:02.0=2: 3"},
    {"F13 more cards than slots", LAX_SWITCH, 9, "00:1b.0=0 00:1d.0=1 02:01.0=2 02:02.0=2: 3"},
    {"F13 nothing is free",
     MACHINE "00:1c.0 rp bus=01 mem=f4000000-f41fffff acs=5f/1d\n"
             "01:00.0 ep 8086:1533 bar0=f4000000+100000\n",
     1, ": 0"},
};

static const char *tell(const struct ims_topology *topology, const struct ims_slots *slots)
{
    static char text[256];
    size_t used = 0;

    for (uint32_t i = 0; i < slots->slot_count; i++) {
        char address[IMS_ADDRESS_STRING_SIZE];

        if (!slots->slots[i].chosen)
            continue;
        ims_address_format(ims_topology_function(topology, slots->slots[i].port)->address, address);
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s=%u", used ? " " : "",
                                 address + 5, slots->slots[i].unit);
    }
    snprintf(text + used, sizeof(text) - used, ": %u", slots->units);
    return text;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sketch sketch = {0};
        struct ims_topology *topology = NULL;
        struct ims_grouping *grouping = NULL;
        struct ims_fabric *fabric = NULL;
        struct ims_slots *slots = NULL;
        char message[256];

        if (sketch_parse(&sketch, rows[i].sketch, message, sizeof(message)) < 0)
            fail_msg("%s", message);
        assert_int_equal(sketch_seal(&sketch, &topology, NULL), 0);
        sketch_done(&sketch);
        assert_int_equal(ims_grouping_compute(topology, NULL, &grouping, NULL), 0);
        assert_int_equal(ims_fabric_new(topology, NULL, &fabric, NULL), 0);
        assert_int_equal(ims_slots_new(grouping, fabric, rows[i].wanted, &slots, NULL), 0);
        assert_true(slots->exact);
        if (strcmp(tell(topology, slots), rows[i].answer) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].name, tell(topology, slots), rows[i].answer);
        ims_slots_free(slots);
        assert_int_equal(ims_slots_new(grouping, fabric, 0, &slots, NULL), -EINVAL);
        ims_fabric_free(fabric);
        ims_grouping_free(grouping);
        ims_topology_free(topology);
    }
}

/* ---- the choice alone, against every choice ---- */

#define CARDS_MAX 24u

struct drawn {
    bool joined[CARDS_MAX * CARDS_MAX];
    uint32_t companions[CARDS_MAX];
    uint32_t bandwidth[CARDS_MAX];
    bool fits[CARDS_MAX];
    struct ims_slots_relation relation;
};

static void draw(struct rng *rng, uint32_t count, struct drawn *ret)
{
    const unsigned density = rng_below(rng, 60);

    memset(ret, 0, sizeof(*ret));
    for (uint32_t i = 0; i < count; i++) {
        ret->companions[i] = rng_below(rng, 3);
        ret->bandwidth[i] = rng_below(rng, 4);
        ret->fits[i] = !rng_percent(rng, 10);
        for (uint32_t j = 0; j < i; j++)
            ret->joined[i * count + j] = ret->joined[j * count + i] = rng_percent(rng, density);
    }
    ret->relation = (struct ims_slots_relation){.count = count,
                                                .joined = ret->joined,
                                                .companions = ret->companions,
                                                .bandwidth = ret->bandwidth,
                                                .fits = ret->fits};
}

/* Larger is better: parts, then fewer companions, then bandwidth. */
static uint64_t worth(const struct ims_slots_relation *relation, const bool *chosen)
{
    uint32_t unit[CARDS_MAX];
    uint64_t companions = 0;
    uint64_t bandwidth = 0;
    const uint64_t units = ims_slots_units(relation, chosen, unit);

    for (uint32_t i = 0; i < relation->count; i++)
        if (chosen[i]) {
            companions += relation->companions[i];
            bandwidth += relation->bandwidth[i];
        }
    return units << 32 | (1000 - companions) << 16 | bandwidth;
}

static uint64_t best_of_all(const struct ims_slots_relation *relation, uint32_t from, uint32_t left,
                            bool *chosen)
{
    uint64_t best = 0;

    if (left == 0)
        return worth(relation, chosen);
    for (uint32_t i = from; i < relation->count; i++) {
        if (!relation->fits[i])
            continue;
        chosen[i] = true;
        const uint64_t here = best_of_all(relation, i + 1, left - 1, chosen);
        chosen[i] = false;
        best = here > best ? here : best;
    }
    return best;
}

static void test_choice(void **state)
{
    struct rng rng = {20130711};

    (void)state;
    for (unsigned trial = 0; trial < 2000; trial++) {
        const uint32_t count = 1 + rng_below(&rng, 9);
        uint32_t wanted = 1 + rng_below(&rng, count);
        uint32_t fitting = 0;
        uint32_t found = 0;
        bool chosen[CARDS_MAX];
        bool scratch[CARDS_MAX] = {false};
        bool exact = false;
        struct drawn drawn;

        draw(&rng, count, &drawn);
        assert_int_equal(ims_slots_choose(&drawn.relation, wanted, chosen, &exact), 0);
        assert_true(exact);
        for (uint32_t i = 0; i < count; i++) {
            fitting += drawn.fits[i];
            found += chosen[i];
            assert_false(chosen[i] && !drawn.fits[i]);
        }
        wanted = wanted < fitting ? wanted : fitting;
        assert_int_equal(found, wanted);
        if (wanted > 0 &&
            worth(&drawn.relation, chosen) != best_of_all(&drawn.relation, 0, wanted, scratch))
            fail_msg("trial %u: there is a better choice", trial);
    }
}

/* More slots than can be tried: as many cards, and apart where slots that touch nobody suffice. */
static void test_greedy(void **state)
{
    struct drawn drawn;
    bool chosen[CARDS_MAX];
    uint32_t unit[CARDS_MAX];
    bool exact = true;
    uint32_t found = 0;

    (void)state;
    memset(&drawn, 0, sizeof(drawn));
    for (uint32_t i = 0; i < CARDS_MAX; i++) {
        drawn.fits[i] = true;
        for (uint32_t j = 0; j < CARDS_MAX; j++)
            drawn.joined[i * CARDS_MAX + j] = i != j && i / 4 == j / 4; /* six switches of four */
    }
    drawn.relation = (struct ims_slots_relation){.count = CARDS_MAX,
                                                 .joined = drawn.joined,
                                                 .companions = drawn.companions,
                                                 .bandwidth = drawn.bandwidth,
                                                 .fits = drawn.fits};
    assert_int_equal(ims_slots_choose(&drawn.relation, 8, chosen, &exact), 0);
    assert_false(exact);
    for (uint32_t i = 0; i < CARDS_MAX; i++)
        found += chosen[i];
    assert_int_equal(found, 8);
    assert_int_equal(ims_slots_units(&drawn.relation, chosen, unit), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_greedy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
