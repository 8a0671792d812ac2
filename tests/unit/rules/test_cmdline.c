/* SPDX-License-Identifier: MIT */
/* The kernel command line: what is read of it, whom it names, what it does to ACS (R4.18, R4.19). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"
#include "rules/catalogue.h"
#include "rules/cmdline.h"

struct parsed {
    struct ims_arena arena;
    struct ims_cmdline cmdline;
};

static const struct ims_cmdline *parse(struct parsed *parsed, const char *text)
{
    memset(parsed, 0, sizeof(*parsed));
    assert_int_equal(ims_cmdline_parse(text, &parsed->arena, &parsed->cmdline), 0);
    return &parsed->cmdline;
}

/* ---- reading ---- */

struct counts {
    const char *text;
    uint32_t redirect;
    uint32_t config;
};

static void how_many_devices_are_read(void **state)
{
    static const struct counts cases[] = {
        {NULL, 0, 0},
        {"", 0, 0},
        {"root=/dev/sda1 ro quiet", 0, 0},
        {"pci=noaer", 0, 0},
        {"pci=disable_acs_redir=00:1c.0", 1, 0},
        {"pci=disable_acs_redir=00:1c.0;00:1d.0", 2, 0},
        {"pci=disable_acs_redir=0000:00:1c.0/00.0;pci:8086:a110", 2, 0},
        {"pci=noaer,disable_acs_redir=00:1c.0,nommconf", 1, 0},
        {"pci=noaer pci=disable_acs_redir=00:1c.0", 1, 0},
        {"pci=disable_acs_redir=00:1c.0;00:1d.0 pci=disable_acs_redir=00:1e.0", 1, 0}, /* last */
        {"\"pci=disable_acs_redir=00:1c.0;00:1d.0\"", 2, 0},
        {"pci=\"disable_acs_redir=00:1c.0;00:1d.0\"", 2, 0},
        {"x=\"a b\" pci=disable_acs_redir=00:1c.0", 1, 0},
        {"x=\"a pci=disable_acs_redir=00:1c.0\"", 0, 0}, /* inside quotes */
        {"pci=disable_acs_redir=00:1c.0 -- pci=config_acs=1@00:1c.0", 1, 0},
        {"-- pci=disable_acs_redir=00:1c.0", 0, 0},
        {"npci=disable_acs_redir=00:1c.0", 0, 0},
        {"disable_acs_redir=00:1c.0", 0, 0},
        {"pci=disable_acs_redir=00:1c.0;zz;00:1d.0", 1, 0}, /* ends at the wrong one */
        {"pci=disable_acs_redir=;00:1d.0", 0, 0},
        {"pci=disable_acs_redir=", 0, 0},
        {"pci=disable_acs_redir=1c.0", 0, 0},
        {"pci=disable_acs_redir=00:20.0", 0, 0}, /* device above 1f */
        {"pci=disable_acs_redir=00:1c.8", 0, 0},
        {"pci=disable_acs_redir=100:1c.0", 0, 0},
        {"pci=disable_acs_redir=00:1c", 0, 0},
        {"pci=disable_acs_redir=00:1c.0.0", 0, 0},
        {"pci=disable_acs_redir=00:1c.0/", 0, 0},
        {"pci=disable_acs_redir=0:0:0:1c.0", 0, 0},
        {"pci=disable_acs_redir=pci:8086", 0, 0},
        {"pci=disable_acs_redir=pci:8086:10000", 0, 0},
        {"pci=disable_acs_redir=pci:8086:a110:1:2", 1, 0},
        {"pci=disable_acs_redir=pci:8086:a110:1:2:3", 0, 0},
        {"pci=config_acs=1@00:1c.0", 0, 1},
        {"pci=config_acs=10x@00:1c.0;xX1@pci:0:0", 0, 2},
        {"pci=config_acs=1111111@00:1c.0", 0, 1},
        {"pci=config_acs=@00:1c.0", 0, 1},
        {"pci=config_acs=xxx1111111@00:1c.0", 0, 1},
        {"pci=config_acs=11111111@00:1c.0", 0, 0},         /* bit 7 */
        {"pci=config_acs=1@00:1c.0;2@00:1d.0", 0, 0},      /* a wrong flag voids all */
        {"pci=config_acs=1@00:1c.0;00:1d.0", 0, 0},        /* flags are missing */
        {"pci=config_acs=1@00:1c.0;0@zz;1@00:1d.0", 0, 1}, /* a wrong device ends the list */
        {"pci=config_acs=1@00:1c.0,disable_acs_redir=pci:1:2", 1, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parsed parsed;
        const struct ims_cmdline *cmdline = parse(&parsed, cases[i].text);
        if (cmdline->disable_redirect_count != cases[i].redirect ||
            cmdline->config_count != cases[i].config)
            fail_msg("%s: %u and %u", cases[i].text, cmdline->disable_redirect_count,
                     cmdline->config_count);
        ims_arena_done(&parsed.arena);
    }
}

static void fields_of_devices(void **state)
{
    struct parsed parsed;
    const struct ims_cmdline *cmdline =
        parse(&parsed, "pci=disable_acs_redir=10000:1a:1c.7/01.0/1f.3;pci:8086:0:17aa:0x2258");
    const struct ims_cmdline_device *device = &cmdline->disable_redirect[0].device;

    (void)state;
    assert_false(device->by_id);
    assert_int_equal(device->segment, 0x10000);
    assert_int_equal(device->bus, 0x1a);
    assert_int_equal(device->hop_count, 3);
    assert_int_equal(device->hops[0], IMS_DEVFN(0x1c, 7));
    assert_int_equal(device->hops[1], IMS_DEVFN(1, 0));
    assert_int_equal(device->hops[2], IMS_DEVFN(0x1f, 3));
    assert_int_equal(cmdline->disable_redirect[0].mask, IMS_ACS_RR | IMS_ACS_CR | IMS_ACS_EC);
    assert_int_equal(cmdline->disable_redirect[0].flags, 0);
    device = &cmdline->disable_redirect[1].device;
    assert_true(device->by_id);
    assert_int_equal(device->id.vendor, 0x8086);
    assert_int_equal(device->id.device, 0);
    assert_int_equal(device->subsystem.vendor, 0x17aa);
    assert_int_equal(device->subsystem.device, 0x2258);
    ims_arena_done(&parsed.arena);
}

static void flags_are_read_from_the_right(void **state)
{
    struct parsed parsed;
    const struct ims_cmdline *cmdline =
        parse(&parsed, "pci=config_acs=x10xX01@00:01.0;1@00:02.0;xx@00:03.0");

    (void)state;
    assert_int_equal(cmdline->config[0].mask, 0x33);
    assert_int_equal(cmdline->config[0].flags, 0x21);
    assert_int_equal(cmdline->config[1].mask, 0x01);
    assert_int_equal(cmdline->config[2].mask, 0);
    ims_arena_done(&parsed.arena);
}

static void paths_have_a_limit(void **state)
{
    char text[256] = "pci=disable_acs_redir=00:01.0";
    struct parsed parsed;

    (void)state;
    for (unsigned i = 1; i < IMS_CMDLINE_HOP_MAX; i++)
        strcat(text, "/00.0");
    assert_int_equal(parse(&parsed, text)->disable_redirect_count, 1);
    ims_arena_done(&parsed.arena);
    strcat(text, "/00.0");
    assert_int_equal(parse(&parsed, text)->disable_redirect_count, 0);
    ims_arena_done(&parsed.arena);
}

static void override_options(void **state)
{
    struct parsed parsed;
    const struct ims_cmdline *cmdline = parse(&parsed, "pcie_acs_override=downstream,multifunction"
                                                       ",id:8086:1c10,id:zz:1,id:1:2:3,else");

    (void)state;
    assert_true(cmdline->has_override);
    assert_true(cmdline->override_downstream);
    assert_true(cmdline->override_multifunction);
    assert_int_equal(cmdline->override_id_count, 1);
    assert_int_equal(cmdline->override_ids[0].device, 0x1c10);
    cmdline = parse(&parsed, "pcie_acs_override=downstreams");
    assert_true(cmdline->has_override);
    assert_false(cmdline->override_downstream);
    cmdline = parse(&parsed, "pcie_acs_override=id:1:1,id:1:2,id:1:3,id:1:4,id:1:5,id:1:6,id:1:7,"
                             "id:1:8,id:1:9,id:1:a,id:1:b,id:1:c,id:1:d,id:1:e,id:1:f,id:1:10");
    assert_int_equal(cmdline->override_id_count, IMS_CMDLINE_OVERRIDE_ID_MAX);
    assert_int_equal(cmdline->override_ids[14].device, 0xf);
}

/* ---- whom it names ---- */

static uint32_t matched(const struct lab *lab, const char *devices, const char *name)
{
    char text[256];
    struct parsed parsed;

    snprintf(text, sizeof(text), "pci=disable_acs_redir=%s", devices);
    const struct ims_cmdline *cmdline = parse(&parsed, text);
    const uint32_t index = ims_cmdline_match(
        cmdline->disable_redirect, cmdline->disable_redirect_count, lab->topology, at(lab, name));
    const uint32_t count = cmdline->disable_redirect_count;
    ims_arena_done(&parsed.arena);
    return index == count ? 99 : index;
}

static void devices_by_path(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON, .subordinate = 4);
    put_upstream(lab.builder, "01:00.0", 2, NO_ACS, .subordinate = 3);
    put_downstream(lab.builder, "02:08.0", 3, ACS_ON);
    put_endpoint(lab.builder, "03:00.0", .vf_count = 1, .vf_offset = 0x108, .vf_stride = 1);
    put_endpoint(lab.builder, "04:01.0", .id = 0xffffffff);
    put_root_port(lab.builder, "0001:00:1c.0", 1, ACS_ON);
    lab_seal(&lab);
    assert_int_equal(matched(&lab, "00:1c.0", "00:1c.0"), 0);
    assert_int_equal(matched(&lab, "00:1c.0", "0001:00:1c.0"), 99);
    assert_int_equal(matched(&lab, "1:00:1c.0", "0001:00:1c.0"), 0);
    assert_int_equal(matched(&lab, "00:1c.0", "01:00.0"), 99);
    assert_int_equal(matched(&lab, "02:08.0", "02:08.0"), 0);
    assert_int_equal(matched(&lab, "00:1c.0/00.0/08.0", "02:08.0"), 0);
    assert_int_equal(matched(&lab, "01:00.0/08.0", "02:08.0"), 0);
    assert_int_equal(matched(&lab, "00:1c.0/08.0", "02:08.0"), 99);
    assert_int_equal(matched(&lab, "00:00.0/1c.0/00.0/08.0", "02:08.0"), 99); /* over the top */
    assert_int_equal(matched(&lab, "00:1d.0;00:1c.0/00.0;01:00.0", "01:00.0"), 1); /* first */
    assert_int_equal(matched(&lab, "02:08.0/01.0", "04:01.0"), 0); /* a VF, by its PF's bridge */
    lab_done(&lab);
}

static void devices_by_id(void **state)
{
    const struct ims_id two[2] = {{0x10b5, 0x8747}, {0x10b5, 0x8748}};
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0", .id = 0x80861533, .subsystem = 0x17aa2258);
    record = put_endpoint(lab.builder, "00:02.0", .known_bytes = 16);
    record->subsystem_stated = true;
    record->subsystem = (struct ims_id){0x17aa, 0x2258};
    record = put_endpoint(lab.builder, "00:03.0", .known_bytes = 16);
    record->ids = two;
    record->id_count = 2;
    assert_int_equal(ims_builder_function(lab.builder, address_of("00:04.0"), &record, NULL), 0);
    lab_seal(&lab);
    assert_int_equal(matched(&lab, "pci:8086:1533", "00:01.0"), 0);
    assert_int_equal(matched(&lab, "pci:8086:1534", "00:01.0"), 99);
    assert_int_equal(matched(&lab, "pci:8086:0", "00:01.0"), 0);
    assert_int_equal(matched(&lab, "pci:0:1533", "00:01.0"), 0);
    assert_int_equal(matched(&lab, "pci:0:0:17aa:2258", "00:01.0"), 0);
    assert_int_equal(matched(&lab, "pci:0:0:17aa:2259", "00:01.0"), 99);
    assert_int_equal(matched(&lab, "pci:0:0:17aa", "00:01.0"), 0);
    assert_int_equal(matched(&lab, "pci:0:0:17aa:2258", "00:02.0"), 0);
    assert_int_equal(matched(&lab, "pci:10b5:0", "00:03.0"), 0); /* all candidates have it */
    assert_int_equal(matched(&lab, "pci:10b5:8747", "00:03.0"), 99);
    assert_int_equal(matched(&lab, "pci:0:0", "00:04.0"), 0); /* anything */
    assert_int_equal(matched(&lab, "pci:10b5:0", "00:04.0"), 99);
    lab_done(&lab);
}

/* ---- what it does (R4.19) ---- */

#define FW 0x0041u /* SV and DT by firmware */
#define K 0x005du  /* the kernel adds RR, CR, UF */

struct effect {
    const char *cmdline;
    struct ims_kernel_version version;
    unsigned control;
    enum ims_rule_id rule; /* IMS_RULE_ID_MAX: none */
};

#define REDIR "pci=disable_acs_redir=00:1c.0"
#define CONFIG "pci=config_acs=xx0110x@00:1c.0" /* UF 0, CR 1, RR 1, TB 0 */
#define R IMS_RULE_CMDLINE_DISABLE_ACS_REDIR
#define C IMS_RULE_CMDLINE_CONFIG_ACS

static void control_word_by_release(void **state)
{
    static const struct effect cases[] = {
        {"quiet", {6, 12, 5}, K, IMS_RULE_ID_MAX},
        {REDIR, {4, 18, -1}, K, IMS_RULE_ID_MAX}, /* not there yet */
        {REDIR, {5, 0, -1}, 0x51, R},
        {REDIR, {5, 4, -1}, 0x51, R},
        {REDIR, {6, 10, -1}, 0x51, R},
        {REDIR, {6, 11, -1}, 0x53, R}, /* RR CR EC as in firmware, all else on */
        {REDIR, {6, 12, 5}, 0x53, R},
        {REDIR, {6, 12, 22}, 0x53, R},
        {REDIR, {6, 13, -1}, 0x53, R},
        {REDIR, {6, 14, -1}, 0x53, R},
        {REDIR, {6, 12, 23}, 0x41, R},
        {REDIR, {6, 12, -1}, 0x41, R},
        {REDIR, {6, 15, -1}, 0x41, R}, /* the kernel's own UF is lost */
        {REDIR, {7, 3, -1}, 0x41, R},
        {CONFIG, {5, 4, -1}, K, IMS_RULE_ID_MAX}, /* came with 6.11 */
        {CONFIG, {6, 10, -1}, K, IMS_RULE_ID_MAX},
        {CONFIG, {6, 11, -1}, 0x4d, C}, /* UF back to firmware's 0; flags or-ed in */
        {CONFIG, {6, 12, 5}, 0x4d, C},
        {CONFIG, {6, 12, 23}, 0x4d, C},
        {CONFIG, {7, 3, -1}, 0x4d, C},
        {"pci=config_acs=0@00:1c.0", {6, 14, -1}, K, C},    /* SV stays as firmware set it */
        {"pci=config_acs=0@00:1c.0", {6, 15, -1}, 0x40, C}, /* now 0 clears */
        {"pci=config_acs=x@00:1c.0", {6, 15, -1}, FW, C},   /* nothing asked: firmware */
        {"pci=config_acs=x@00:1c.0", {6, 14, -1}, K, C},
        {"pci=config_acs=1x@00:1d.0;x@00:1c.0", {6, 14, -1}, K | 2, C}, /* TB leaks */
        {"pci=config_acs=1x@00:1d.0;x@00:1c.0", {6, 15, -1}, FW, C},
        {"pci=config_acs=x@00:1c.0;1x@00:1d.0", {6, 14, -1}, K, C}, /* not backwards */
        {REDIR ",config_acs=1xx@00:1c.0", {6, 15, -1}, 0x45, C},    /* again from firmware */
        {REDIR ",config_acs=1xx@00:1c.0", {6, 11, -1}, 0x57, C},
        {REDIR ",config_acs=1xx@00:1c.0", {6, 10, -1}, 0x51, R},
        {"pci=disable_acs_redir=00:1d.0", {7, 3, -1}, K, IMS_RULE_ID_MAX},
    };
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON);
    lab_seal(&lab);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct ims_bits firmware = {FW, 0xffff};
        const struct ims_bits kernel = {K, 0xffff};
        const struct ims_rule *rule = NULL;
        struct parsed parsed;
        parse(&parsed, cases[i].cmdline);
        const struct ims_bits control =
            ims_cmdline_control(&parsed.cmdline, cases[i].version, lab.topology,
                                at(&lab, "00:1c.0"), firmware, kernel, &rule);
        if (control.value != cases[i].control || (control.known & 0x7f) != 0x7f)
            fail_msg("case %zu (%s, %d.%d): control 0x%x", i, cases[i].cmdline,
                     cases[i].version.major, cases[i].version.minor, control.value);
        assert_ptr_equal(rule, ims_rule_get(cases[i].rule));
        ims_arena_done(&parsed.arena);
    }
    lab_done(&lab);
}

/* Bits that nobody knows stay unknown; those that the option sets are known. */
static void unknown_firmware_stays_unknown(void **state)
{
    const struct ims_bits firmware = {0, 0x62};
    const struct ims_bits kernel = {0x1d, 0x7f};
    const struct ims_rule *rule = NULL;
    struct parsed parsed;
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON);
    lab_seal(&lab);
    parse(&parsed, REDIR);
    struct ims_bits control =
        ims_cmdline_control(&parsed.cmdline, (struct ims_kernel_version){6, 15, -1}, lab.topology,
                            at(&lab, "00:1c.0"), firmware, kernel, &rule);
    assert_int_equal(control.value, 0);
    assert_int_equal(control.known, 0x6e);
    control = ims_cmdline_control(&parsed.cmdline, (struct ims_kernel_version){6, 11, -1},
                                  lab.topology, at(&lab, "00:1c.0"), firmware, kernel, &rule);
    assert_int_equal(control.value & 0x13, 0x13);
    assert_int_equal(control.known & 0x0c, 0);
    ims_arena_done(&parsed.arena);
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_many_devices_are_read),
        cmocka_unit_test(fields_of_devices),
        cmocka_unit_test(flags_are_read_from_the_right),
        cmocka_unit_test(paths_have_a_limit),
        cmocka_unit_test(override_options),
        cmocka_unit_test(devices_by_path),
        cmocka_unit_test(devices_by_id),
        cmocka_unit_test(control_word_by_release),
        cmocka_unit_test(unknown_firmware_stays_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
