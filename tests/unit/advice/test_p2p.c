/* SPDX-License-Identifier: MIT */
/* Peer to peer on purpose (D11-D17): how it is, the least that opens it, and what kernels make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "iommuscope/advice.h"
#include "sketch.h"

#define TOP(kernel)                                            \
    "machine kernel=" kernel " iommu=on kind=intel dmar=yes\n" \
    "00:00.0 rciep 8086:2020 class=060000 nobar\n"             \
    "00:1c.0 rp bus=01-05 mem=f0000000-f7ffffff acs=5f/1d\n"   \
    "01:00.0 usp bus=02-05 mem=f4000000-f7ffffff\n"
#define PORTS(first)                                              \
    "02:00.0 dsp bus=03 mem=f4000000-f41fffff port=1 " first "\n" \
    "02:01.0 dsp bus=04 mem=f6000000-f61fffff acs=5f/1d port=2\n" \
    "02:02.0 dsp bus=05 mem=f7000000-f71fffff acs=5f/1d port=3\n" \
    "04:00.0 ep 15b3:1019 bar0=f6000000+100000\n"                 \
    "05:00.0 ep 144d:a808 bar0=f7000000+4000\n"
#define PLAIN "03:00.0 ep 10de:2684 class=030000 bar0=f4000000+100000\n"
#define WITH_ATS "03:00.0 ep 10de:2684 class=030000 bar0=f4000000+100000 ats=on\n"

/* "via-host: egress-control 1, no-redirect 2 (OPTION)": exposures, options. */
static const struct {
    const char *name;
    const char *sketch;
    const char *from;
    const char *to;
    const char *answer;
} rows[] = {
    {"D11 direct already", TOP("6.12.95") PORTS("acs=5f/19") PLAIN, "03:00.0", "04:00.0", "direct"},
    {"D11 only the sender's port decides", TOP("6.12.95") PORTS("acs=5f/19") PLAIN, "04:00.0",
     "03:00.0", "via-host: no-redirect 2 (pci=config_acs=0x11001@0000:02:01.0)"},
    {"D12 egress control first", TOP("6.12.95") PORTS("acs=87f/1d egress=none") PLAIN, "03:00.0",
     "04:00.0",
     "via-host: egress-control 1 -, no-redirect 2 (pci=config_acs=0011001@0000:02:00.0)"},
    {"D12 translated requests for who has ATS", TOP("6.12.95") PORTS("acs=5f/1d") WITH_ATS,
     "03:00.0", "04:00.0",
     "via-host: direct-translated 2 (pci=config_acs=1x11101@0000:02:00.0), no-redirect 2 "
     "(pci=config_acs=0x11001@0000:02:00.0)"},
    {"D5 translation blocking is taken off", TOP("6.12.95") PORTS("acs=5f/1f") WITH_ATS, "03:00.0",
     "04:00.0",
     "via-host: direct-translated 2 (pci=config_acs=1x11101@0000:02:00.0), no-redirect 2 "
     "(pci=config_acs=0x11011@0000:02:00.0)"},
    {"D14 6.1 has the older option", TOP("6.1.120") PORTS("acs=5f/1d") PLAIN, "03:00.0", "04:00.0",
     "via-host: no-redirect 2 (pci=disable_acs_redir=0000:02:00.0)"},
    {"D14 6.12.10 mishandles both", TOP("6.12.10") PORTS("acs=5f/1d") PLAIN, "03:00.0", "04:00.0",
     "via-host: no-redirect 2 -"},
    {"D14 6.14 mishandles both", TOP("6.14.2") PORTS("acs=5f/1d") PLAIN, "03:00.0", "04:00.0",
     "via-host: no-redirect 2 -"},
    {"D14 4.19 has none", TOP("4.19.100") PORTS("acs=5f/1d") PLAIN, "03:00.0", "04:00.0",
     "via-host: no-redirect 2 -"},
    {"D17 blocked by egress control", TOP("6.12.95") PORTS("acs=87f/39 egress=2,3") PLAIN,
     "03:00.0", "04:00.0",
     "blocked: egress-control 1 -, no-redirect 2 (pci=config_acs=0011001@0000:02:00.0)"},
    {"D16 root ports: no register promises anything",
     "machine kernel=6.12.95 iommu=on kind=intel dmar=yes\n"
     "00:00.0 rciep 8086:2020 class=060000 nobar\n"
     "00:1c.0 rp bus=01 mem=f4000000-f41fffff acs=5f/1d\n"
     "00:1d.0 rp bus=02 mem=f6000000-f61fffff acs=5f/1d\n"
     "01:00.0 ep 8086:1533 bar0=f4000000+1000\n02:00.0 ep 8086:1533 bar0=f6000000+1000\n",
     "01:00.0", "02:00.0", "via-host"},
};

struct stage {
    struct ims_topology *topology;
    struct ims_grouping *grouping;
    struct ims_fabric *fabric;
};

static void stage_begin(struct stage *stage, const char *text)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    struct sketch sketch = {0};
    char message[256];

    if (sketch_parse(&sketch, text, message, sizeof(message)) < 0)
        fail_msg("%s", message);
    assert_int_equal(sketch_seal(&sketch, &stage->topology, NULL), 0);
    sketch_done(&sketch);
    assert_int_equal(
        ims_ruleset_find("linux", ims_topology_machine(stage->topology), &options.ruleset, NULL),
        0);
    assert_int_equal(ims_grouping_compute(stage->topology, &options, &stage->grouping, NULL), 0);
    assert_int_equal(ims_fabric_new(stage->topology, NULL, &stage->fabric, NULL), 0);
}

static void stage_done(struct stage *stage)
{
    ims_fabric_free(stage->fabric);
    ims_grouping_free(stage->grouping);
    ims_topology_free(stage->topology);
}

static struct ims_function at(const struct stage *stage, const char *text)
{
    struct ims_address address;

    assert_int_equal(ims_address_parse(text, &address), 0);
    return ims_topology_find(stage->topology, address);
}

static const char *tell(const struct ims_p2p *p2p)
{
    static char text[512];
    size_t used = (size_t)snprintf(text, sizeof(text), "%s", ims_p2p_class_to_string(p2p->now));

    for (uint32_t i = 0; i < p2p->recipe_count; i++) {
        const struct ims_p2p_recipe *recipe = &p2p->recipes[i];

        assert_true((recipe->option == NULL) != (recipe->no_option == NULL));
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s %u ", i ? "," : ":",
                                 ims_p2p_means_to_string(recipe->means), recipe->exposure_count);
        used += (size_t)snprintf(text + used, sizeof(text) - used, recipe->option ? "(%s)" : "-",
                                 recipe->option);
    }
    assert_true(p2p->now == IMS_P2P_DIRECT || (p2p->recipe_count == 0) == (p2p->lacks != NULL));
    return text;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ims_p2p *p2p = NULL;
        struct stage stage;

        stage_begin(&stage, rows[i].sketch);
        assert_int_equal(ims_p2p_new(stage.grouping, stage.fabric, at(&stage, rows[i].from),
                                     at(&stage, rows[i].to), &p2p, NULL),
                         0);
        if (strcmp(tell(p2p), rows[i].answer) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].name, tell(p2p), rows[i].answer);
        ims_p2p_free(p2p);
        stage_done(&stage);
    }
}

/* The hole in the vector, the blast radius, the way of the completions, the list of host bridges. */
static void test_details(void **state)
{
    struct ims_p2p *p2p = NULL;
    struct stage stage;

    (void)state;
    stage_begin(&stage, TOP("6.12.95") PORTS("acs=87f/1d egress=none") PLAIN);
    assert_int_equal(ims_p2p_new(stage.grouping, stage.fabric, at(&stage, "03:00.0"),
                                 at(&stage, "04:00.0"), &p2p, NULL),
                     0);
    const struct ims_p2p_change *change = &p2p->recipes[0].changes[0];
    assert_int_equal(change->set, IMS_ACS_EC); /* redirect is on already */
    assert_int_equal(change->vector_mask[0], 0xff);
    assert_int_equal(change->vector_value[0], 0xf9); /* without port 1, its own, and port 2 */
    assert_int_equal(p2p->recipes[0].merge_count, 1);
    assert_int_equal(p2p->recipes[0].merges[0].member_count, 2);
    assert_int_equal(p2p->recipes[1].merges[0].member_count, 3);
    assert_true(p2p->redirects_completions);
    assert_int_equal(p2p->host, IMS_YES);
    assert_int_equal(p2p->turn.index, at(&stage, "02:00.0").index);
    assert_int_equal(p2p->beside.index, at(&stage, "02:01.0").index);
    assert_false(p2p->at_root);
    ims_p2p_free(p2p);
    assert_int_equal(ims_p2p_new(stage.grouping, stage.fabric, at(&stage, "02:00.0"),
                                 at(&stage, "04:00.0"), &p2p, NULL),
                     -EINVAL);
    assert_int_equal(ims_p2p_new(stage.grouping, stage.fabric, at(&stage, "03:00.0"),
                                 at(&stage, "00:1c.0"), &p2p, NULL),
                     -EINVAL);
    stage_done(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_details),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
