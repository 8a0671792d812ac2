/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stage.h"

#define TA                                  \
    {                                       \
        .rc = IMS_FABRIC_RC_TRANSLATE_FIRST \
    }

/* T70, C12: the reference story. "%s" are the ACS words of D1 and of the root port. */
#define STORY(d1, rp)                                         \
    "00:00.0 rp bus=01-04 mem=f0000000-f7ffffff acs=" rp "\n" \
    "01:00.0 usp bus=02-04 mem=f4000000-f7ffffff\n"           \
    "02:00.0 dsp bus=03 mem=f4000000-f41fffff acs=" d1 "\n"   \
    "02:01.0 dsp bus=04 mem=f6000000-f61fffff acs=5f/1d\n"    \
    "03:00.0 ep bar0=f4000000+100000\n"                       \
    "04:00.0 ep class=010000 bar0=f6000000+4000\n"

static const char *const stories[4] = {
    STORY("5f/11", "5f/1d"),
    STORY("5f/1d", "5f/1d"),
    STORY("5f/1d", "5f/d"),
    STORY("df/1a1d", "5f/1d"),
};

static void the_reference_story(void **state)
{
    static const struct {
        uint64_t address;
        const char *outcomes[4];
    } rows[] = {
        {0xe0000000, {"must iommu", "must iommu", "must iommu", "must iommu"}},
        {0xf0000000, {"must iommu", "must iommu", "may unsupported; may iommu", "must iommu"}},
        {0xf4000000, {"must iommu", "must iommu", "may peer 03:00.0+0; may iommu", "must iommu"}},
        {0xf4100000, {"must iommu", "must iommu", "may unsupported; may iommu", "must iommu"}},
        {0xf4200000, {"must unsupported", "must unsupported", "must unsupported", "must iommu"}},
        {0xf6000000,
         {"must peer 04:00.0+0", "must iommu", "may peer 04:00.0+0; may iommu", "must iommu"}},
        {0xf6004000,
         {"must unsupported", "must iommu", "may unsupported; may iommu", "must iommu"}},
        {0xf6200000, {"must unsupported", "must unsupported", "must unsupported", "must iommu"}},
        {0xf8000000, {"must iommu", "must iommu", "must iommu", "must iommu"}},
    };

    (void)state;
    for (unsigned column = 0; column < 4; column++) {
        const struct ims_fabric_options options = TA;
        struct stage stage;
        stage_begin(&stage, stories[column], &options);
        for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
            assert_string_equal(stage_write(&stage, "03:00.0", rows[row].address),
                                rows[row].outcomes[column]);
        stage_done(&stage);
    }
}

static void the_way_of_the_reference_story(void **state)
{
    const struct ims_fabric_options options = TA;
    struct stage stage;

    (void)state;
    stage_begin(&stage, stories[0], &options);
    assert_string_equal(stage_path(&stage, "03:00.0", 0xf6001000, 0),
                        "03:00.0 02:00.0 02:01.0 04:00.0");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "{03:00.0 04:00.0}");
    stage_done(&stage);
    stage_begin(&stage, stories[1], &options);
    assert_string_equal(stage_path(&stage, "03:00.0", 0xf6001000, 0),
                        "03:00.0 02:00.0 01:00.0 00:00.0 rc");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), "");
    stage_done(&stage);
    stage_begin(&stage, stories[2], &options);
    assert_string_equal(stage_path(&stage, "03:00.0", 0xf6001000, 0),
                        "03:00.0 02:00.0 01:00.0 00:00.0 01:00.0 02:01.0 04:00.0");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), "{03:00.0 04:00.0}");
    stage_done(&stage);
    stage_begin(&stage, stories[3], &options);
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), "");
    stage_done(&stage);
}

/* What the hop that decides has looked at. */
static void hops_carry_their_registers(void **state)
{
    const struct ims_tlp tlp = {.address = 0xf6001000, .to = IMS_FUNCTION_NONE};
    const struct ims_fabric_options options = TA;
    struct ims_fabric_route *route = NULL;
    struct stage stage;
    bool found = false;

    (void)state;
    stage_begin(&stage, stories[0], &options);
    assert_int_equal(
        ims_fabric_route(stage.fabric, stage_at(&stage, "03:00.0"), &tlp, &route, NULL), 0);
    const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, 0);
    assert_int_equal(outcome->hops[0].decision, IMS_FABRIC_ISSUE);
    for (uint32_t i = 0; i < outcome->hop_count; i++) {
        const struct ims_fabric_hop *hop = &outcome->hops[i];
        if (hop->decision != IMS_FABRIC_DIRECT)
            continue;
        found = true;
        assert_string_equal(hop->rule, "A2.7, A3.1");
        assert_int_equal(hop->certainty, IMS_FABRIC_MUST);
        assert_int_equal(hop->register_count, 2); /* the bus numbers let it in */
        assert_string_equal(hop->registers[0].name, "ACS Control");
        assert_int_equal(hop->registers[0].value, 0x11);
        assert_int_equal(hop->registers[0].offset, 0x106);
        assert_non_null(strstr(hop->text, "04:00.0") ? hop->text : strstr(hop->text, "02:01.0"));
    }
    assert_true(found);
    assert_int_equal(outcome->bar, 0);
    assert_true(outcome->offset == 0x1000);
    ims_fabric_route_free(route);
    stage_done(&stage);
}

/* ---- other kinds of requests ---- */

#define PORTS(d1, d2)                                       \
    "machine windows=fit\n00:00.0 rp bus=01-04 acs=5f/1d\n" \
    "01:00.0 usp bus=02-04 io=2000-3fff\n"                  \
    "02:00.0 dsp bus=03 io=3000-3fff port=1 acs=" d1 "\n"   \
    "02:01.0 dsp bus=04 io=2000-2fff port=2 acs=" d2 "\n"   \
    "03:00.0 lep\n04:00.0 ep bar0=2000+100/io bar1=80400000+1000\n"

static const char *send_by(const char *sketch, struct ims_tlp tlp, char *text, size_t size)
{
    const struct ims_fabric_options options = TA;
    struct stage stage;

    stage_begin(&stage, sketch, &options);
    if (ims_tlp_kind_to_string(tlp.kind)[0] == 'c' || tlp.kind == IMS_TLP_MESSAGE_BY_ID)
        tlp.to = stage_at(&stage, "04:00.0");
    snprintf(text, size, "%s", stage_send(&stage, "03:00.0", &tlp));
    stage_done(&stage);
    return text;
}

#define assert_send(sketch, expected, ...)                                                  \
    assert_string_equal(send_by(sketch, (struct ims_tlp){__VA_ARGS__}, text, sizeof(text)), \
                        expected)

static void other_kinds_of_requests(void **state)
{
    const uint64_t b = 0x80400010;
    char text[512];

    (void)state;
    /* T76: translation requests; B takes precedence (A2.2). */
    assert_send(PORTS("5f/1d", "5f/1d"), "must iommu", .address = b,
                .at = IMS_TLP_TRANSLATION_REQUEST);
    assert_send(PORTS("5f/1f", "5f/1d"), "must blocked 02:00.0 (translation blocking)",
                .address = b, .at = IMS_TLP_TRANSLATION_REQUEST);
    /* T73 to T75: translated requests. */
    assert_send(PORTS("5f/5d", "5f/1d"), "must peer 04:00.0+10", .address = b,
                .at = IMS_TLP_TRANSLATED);
    assert_send(PORTS("5f/5d", "5f/1d"), "must iommu", .address = b);
    assert_send(PORTS("5f/5f", "5f/1d"), "must blocked 02:00.0 (translation blocking)",
                .address = b, .at = IMS_TLP_TRANSLATED);
    assert_send(PORTS("5f/1d", "5f/1d"), "must iommu", .address = b, .at = IMS_TLP_TRANSLATED);
    /* A3.1: E on, R off, bit on: a violation. */
    assert_send(PORTS("87f/31 egress=2", "5f/1d"), "must blocked 02:00.0 (egress control)",
                .address = b);
    assert_send(PORTS("87f/31 egress=1", "5f/1d"), "must peer 04:00.0+10", .address = b);
    assert_send(PORTS("87f/35 egress=2", "5f/1d"), "must iommu", .address = b);
    assert_send(PORTS("87f/35 egress=1", "5f/1d"), "must peer 04:00.0+10", .address = b);
    /* T79: I/O requests are never translated. */
    assert_send(PORTS("5f/11", "5f/1d"), "must peer 04:00.0+10", .kind = IMS_TLP_IO_WRITE,
                .address = 0x2010);
    assert_send(PORTS("5f/1d", "5f/1d"), "must host", .kind = IMS_TLP_IO_READ, .address = 0x2010);
    assert_send(PORTS("df/9d", "5f/1d"), "must blocked 02:00.0 (I/O request blocking)",
                .kind = IMS_TLP_IO_WRITE, .address = 0x2010);
    /* T80: messages that are routed by id. */
    assert_send(PORTS("5f/0", "5f/0"), "must peer 04:00.0+0", .kind = IMS_TLP_MESSAGE_BY_ID);
    assert_send(PORTS("5f/1d", "5f/1d"), "must host", .kind = IMS_TLP_MESSAGE_BY_ID);
    /* A7.1: only C acts on completions. */
    assert_send(PORTS("5f/15", "5f/1d"), "must peer 04:00.0+0", .kind = IMS_TLP_COMPLETION);
    assert_send(PORTS("5f/1d", "5f/1d"), "must host", .kind = IMS_TLP_COMPLETION);
    assert_send(PORTS("5f/1d", "5f/1d"), "must peer 04:00.0+0", .kind = IMS_TLP_COMPLETION,
                .relaxed_ordering = true);
    /* A2.1: forged ids. */
    assert_send(PORTS("5f/1d", "5f/1d"), "must blocked 02:00.0 (source validation)",
                .address = 0x1000, .forged = true, .requester = {0, 4, 0});
    assert_send(PORTS("5f/1c", "5f/1d"), "must iommu", .address = 0x1000, .forged = true,
                .requester = {0, 4, 0});
    assert_send(PORTS("5f/1c", "5f/1d"), "must blocked 00:00.0 (source validation)",
                .address = 0x1000, .forged = true, .requester = {0, 9, 0});
}

/* T91: egress control between the functions of an ARI device. */
static void ari_function_groups(void **state)
{
    static const char grouped[] = "machine windows=fit\n00:00.0 rp bus=01 acs=5f/1d arifwd\n"
                                  "01:00.0 ep acs=82c/20 egress=1 ari fgroup=0 fgroups\n"
                                  "01:00.1 ep ari fgroup=0\n01:00.2 ep ari fgroup=1\n"
                                  "01:00.5 ep ari fgroup=2\n01:01.1 ep ari fgroup=2\n";
    static const char plain[] =
        "machine windows=fit\n00:00.0 rp bus=01 acs=5f/1d arifwd\n"
        "01:00.0 ep acs=82c/20 egress=1 ari\n01:00.1 ep ari\n01:00.2 ep ari\n01:01.1 ep ari\n";
    const struct ims_fabric_options options = TA;
    struct stage stage;

    (void)state;
    stage_begin(&stage, grouped, &options);
    assert_string_equal(stage_write(&stage, "01:00.0", 0x80102000),
                        "must blocked 01:00.0 (egress control)");
    assert_string_equal(stage_write(&stage, "01:00.0", 0x80101000), "must peer 01:00.1+0");
    assert_string_equal(stage_write(&stage, "01:00.0", 0x80105000), "must peer 01:00.5+0");
    assert_string_equal(stage_write(&stage, "01:00.0", 0x80109000), "must peer 01:01.1+0");
    stage_done(&stage);
    stage_begin(&stage, plain, &options);
    assert_string_equal(stage_write(&stage, "01:00.0", 0x80109000),
                        "must blocked 01:00.0 (egress control)"); /* 9 mod 8 */
    assert_string_equal(stage_write(&stage, "01:00.0", 0x80102000), "must peer 01:00.2+0");
    stage_done(&stage);
}

/* A1.8, T87: the control word of these ports stands at +8. */
static void sunrise_points_are_read_at_eight(void **state)
{
    const struct ims_fabric_options options = {.rc = IMS_FABRIC_RC_UNKNOWN};
    struct stage stage;

    (void)state;
    stage_begin(&stage,
                "machine windows=fit\n00:1c.0 rp 8086:a110 bus=01 spt acs=1f/1d\n01:00.0 ep\n"
                "00:1d.0 rp bus=02 acs=5f/1d\n02:00.0 ep\n",
                &options);
    assert_string_equal(stage_write(&stage, "01:00.0", 0x80200000), "must iommu");
    stage_done(&stage);
}

/* Windows of siblings that overlap: each of them may be meant (C6). */
static void overlapping_windows(void **state)
{
    const struct ims_fabric_options options = TA;
    struct stage stage;

    (void)state;
    stage_begin(&stage,
                "00:00.0 rp bus=01-05 mem=80000000-807fffff acs=5f/1d\n"
                "01:00.0 usp bus=02-05 mem=80000000-807fffff\n"
                "02:00.0 dsp bus=03 mem=80300000-803fffff\n"
                "02:01.0 dsp bus=04 mem=80400000-805fffff acs=5f/1d\n"
                "02:02.0 dsp bus=05 mem=80400000-805fffff acs=5f/1d\n"
                "03:00.0 ep\n04:00.0 ep bar0=80400000+1000\n05:00.0 ep bar0=80500000+1000\n",
                &options);
    assert_string_equal(stage_write(&stage, "03:00.0", 0x80400000),
                        "may unsupported; may peer 04:00.0+0");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), "{03:00.0 04:00.0 05:00.0}");
    stage_done(&stage);
}

/* A register whose size is not in the input: what it surely takes, and what it may take. */
static void unknown_sizes(void **state)
{
    const struct ims_fabric_options options = TA;
    struct stage stage;
    uint32_t count = 0;

    (void)state;
    stage_begin(&stage, PORTS("5f/11", "5f/1d"), &options);
    const struct ims_fabric_bar *bar =
        ims_fabric_bars(stage.fabric, stage_at(&stage, "03:00.0"), &count);
    assert_int_equal(count, 1);
    assert_false(bar->size_known);
    assert_true(bar->first == 0x80300000);
    assert_true(bar->last == 0x8030000f);
    assert_true(bar->last_may == 0x803fffff);
    bar = ims_fabric_bars(stage.fabric, stage_at(&stage, "04:00.0"), &count);
    assert_int_equal(count, 2);
    assert_true(bar[1].size_known);
    assert_true(bar[1].last == 0x80400fff);
    assert_string_equal(stage_write(&stage, "04:00.0", 0x80300000), "must iommu");
    stage_done(&stage);
    stage_begin(&stage, PORTS("5f/11", "5f/11"), &options);
    assert_string_equal(stage_write(&stage, "04:00.0", 0x80300000), "must peer 03:00.0+0");
    assert_string_equal(stage_write(&stage, "04:00.0", 0x80300100),
                        "may peer 03:00.0+100; may unsupported");
    stage_done(&stage);
}

/* A bus whose bridge is not in the input. */
static void cut_off_functions(void **state)
{
    const struct ims_fabric_options options = TA;
    struct stage stage;

    (void)state;
    stage_begin(&stage, "00:1f.0 rciep acs=5f/5\n05:00.0 ep\n06:00.0 ep\n", &options);
    assert_string_equal(stage_write(&stage, "05:00.0", 0x80600000),
                        "may peer 06:00.0+0; may iommu");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "");
    /* Redirect on the sender still counts: it hands the request to the IOMMU. */
    assert_string_equal(stage_write(&stage, "00:1f.0", 0x80600000), "must iommu");
    stage_done(&stage);
}

/* A1.9, A4.6: the port above a switch, or the switch above a port, is not in the input. */
static void ports_above_missing(void **state)
{
    const struct ims_fabric_options options = TA;
    struct stage stage;

    (void)state;
    stage_begin(&stage,
                "machine windows=fit\n01:00.0 usp bus=02-04\n02:00.0 dsp bus=03 acs=5f/1d\n"
                "02:01.0 dsp bus=04 acs=5f/1d\n03:00.0 ep\n04:00.0 ep\n",
                &options);
    assert_string_equal(stage_write(&stage, "03:00.0", 0x80400000),
                        "may peer 04:00.0+0; may iommu");
    assert_string_equal(stage_write(&stage, "03:00.0", 0x10000000), "must iommu");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), "{03:00.0 04:00.0}");
    stage_done(&stage);
    stage_begin(&stage,
                "machine windows=fit\n02:00.0 dsp bus=03 acs=5f/1d\n"
                "03:00.0 ep acs=0c/0c\n03:00.1 ep acs=0c/0c\n",
                &options);
    assert_string_equal(stage_write(&stage, "03:00.0", 0x80301000),
                        "may peer 03:00.1+0; may iommu");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MUST), "");
    assert_string_equal(stage_sets(&stage, IMS_FABRIC_MAY), "{03:00.0 03:00.1}");
    stage_done(&stage);
}

/* B6: these bridges have the IOMMU; nothing above them is met. */
static void an_iommu_below_the_root(void **state)
{
    const struct ims_fabric_options options = {.rc = IMS_FABRIC_RC_DIRECT};
    struct stage stage;

    (void)state;
    stage_begin(&stage,
                "machine windows=fit\n00:00.0 rp 14e4:9084 bus=01\n01:00.0 ep\n"
                "00:01.0 rp bus=02\n02:00.0 ep\n",
                &options);
    assert_string_equal(stage_write(&stage, "01:00.0", 0x80200000), "must iommu");
    assert_string_equal(stage_write(&stage, "02:00.0", 0x80100000), "must peer 01:00.0+0");
    stage_done(&stage);
}

/* T92: V blocks VFs whose bus lies behind the range of the port. */
static void vfs_beyond_the_aperture(void **state)
{
    const struct ims_fabric_options options = TA;
    struct stage stage;

    (void)state;
    stage_begin(&stage,
                "00:00.0 rp bus=03 acs=5f/1d\n03:00.0 ep sriov=46/46/80/2/10ca\n"
                "03:10.0 ep vf of=03:00.0\n04:00.0 ep vf of=03:00.0\n",
                &options);
    assert_string_equal(stage_write(&stage, "03:10.0", 0x1000), "must iommu");
    assert_string_equal(stage_write(&stage, "04:00.0", 0x1000),
                        "must blocked 00:00.0 (source validation)");
    stage_done(&stage);
}

static void requests_that_cannot_be(void **state)
{
    const struct ims_fabric_options wrong = {.rc = (enum ims_fabric_rc)9};
    struct ims_fabric_route *route = NULL;
    struct ims_fabric *fabric = NULL;
    struct ims_error error = {0};
    struct stage stage;

    (void)state;
    stage_begin(&stage, stories[0], NULL);
    const struct ims_function nic = stage_at(&stage, "03:00.0");
    const struct ims_function port = stage_at(&stage, "02:00.0");
    const struct ims_tlp requests[] = {
        {.kind = IMS_TLP_IO_WRITE, .at = IMS_TLP_TRANSLATED},
        {.kind = IMS_TLP_MESSAGE_BY_ID, .to = IMS_FUNCTION_NONE},
        {.kind = (enum ims_tlp_kind)77},
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        assert_int_equal(ims_fabric_route(stage.fabric, nic, &requests[i], &route, &error),
                         -EINVAL);
    const struct ims_tlp good = {.address = 0x1000};
    assert_int_equal(ims_fabric_route(stage.fabric, port, &good, &route, &error), -EINVAL);
    assert_true(error.has_address);
    assert_int_equal(
        ims_fabric_route(stage.fabric, (struct ims_function){999}, &good, &route, NULL), -EINVAL);
    assert_int_equal(ims_fabric_new(stage.topology, &wrong, &fabric, &error), -EINVAL);
    assert_null(route);
    assert_true(ims_fabric_is_issuer(stage.fabric, nic));
    assert_false(ims_fabric_is_issuer(stage.fabric, port));
    ims_fabric_free(NULL);
    ims_fabric_route_free(NULL);
    ims_fabric_sets_free(NULL);
    ims_fabric_hazards_free(NULL);
    stage_done(&stage);
}

/* ---- hazard ranges (F8) ---- */

static const char *hazards(struct stage *stage, const char *from)
{
    struct ims_fabric_hazards *hazards = NULL;
    size_t used = 0;

    stage->text[0] = '\0';
    assert_int_equal(ims_fabric_hazards(stage->fabric, stage_at(stage, from), &hazards, NULL), 0);
    for (uint32_t i = 0; i < ims_fabric_hazards_count(hazards); i++) {
        const struct ims_fabric_hazard *hazard = ims_fabric_hazards_at(hazards, i);
        used +=
            (size_t)snprintf(stage->text + used, sizeof(stage->text) - used, "%s%s %llx-%llx",
                             i ? "; " : "", ims_fabric_hazard_kind_to_string(hazard->kind),
                             (unsigned long long)hazard->first, (unsigned long long)hazard->last);
    }
    ims_fabric_hazards_free(hazards);
    return stage->text;
}

/* T71 */
static void hazards_of_the_reference_story(void **state)
{
    static const char *const expected[4] = {
        "hole f4200000-f5ffffff; peer f6000000-f6003fff; hole f6004000-f7ffffff",
        "hole f4200000-f5ffffff; hole f6200000-f7ffffff",
        "maybe-hole f0000000-f3ffffff; maybe-peer f4000000-f40fffff; "
        "maybe-hole f4100000-f41fffff; hole f4200000-f5ffffff; maybe-peer f6000000-f6003fff; "
        "maybe-hole f6004000-f61fffff; hole f6200000-f7ffffff",
        "",
    };

    (void)state;
    for (unsigned column = 0; column < 4; column++) {
        const struct ims_fabric_options options = TA;
        struct stage stage;
        stage_begin(&stage, stories[column], &options);
        assert_string_equal(hazards(&stage, "03:00.0"), expected[column]);
        stage_done(&stage);
    }
}

static void names(void **state)
{
    enum ims_fabric_rc rc = IMS_FABRIC_RC_AUTO;

    (void)state;
    assert_int_equal(ims_fabric_rc_parse("translate-first", &rc), 0);
    assert_int_equal(rc, IMS_FABRIC_RC_TRANSLATE_FIRST);
    assert_int_equal(ims_fabric_rc_parse("first", &rc), -EINVAL);
    assert_string_equal(ims_fabric_rc_to_string(IMS_FABRIC_RC_DIRECT), "direct");
    assert_string_equal(ims_fabric_decision_to_string(IMS_FABRIC_REJECT), "reject");
    assert_string_equal(ims_fabric_edge_kind_to_string(IMS_FABRIC_EDGE_FORGED), "forged");
    assert_string_equal(ims_fabric_violation_to_string(IMS_FABRIC_VIOLATION_MULTICAST),
                        "multicast blocking");
    assert_string_equal(ims_fabric_end_to_string(IMS_FABRIC_END_HOST), "host");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_story),
        cmocka_unit_test(the_way_of_the_reference_story),
        cmocka_unit_test(hops_carry_their_registers),
        cmocka_unit_test(other_kinds_of_requests),
        cmocka_unit_test(ari_function_groups),
        cmocka_unit_test(sunrise_points_are_read_at_eight),
        cmocka_unit_test(overlapping_windows),
        cmocka_unit_test(unknown_sizes),
        cmocka_unit_test(cut_off_functions),
        cmocka_unit_test(ports_above_missing),
        cmocka_unit_test(an_iommu_below_the_root),
        cmocka_unit_test(vfs_beyond_the_aperture),
        cmocka_unit_test(requests_that_cannot_be),
        cmocka_unit_test(hazards_of_the_reference_story),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("fabric-route", tests, NULL, NULL);
}
