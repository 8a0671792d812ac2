/* SPDX-License-Identifier: MIT */
/* The vectors of section 9: what kernels do, and what the series of 2025 would do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

static void put_switch(struct ims_builder *builder, enum part_acs root, enum part_acs down)
{
    put_root_port(builder, "00:1c.0", 1, root, .subordinate = 4);
    put_upstream(builder, "01:00.0", 2, NO_ACS, .subordinate = 4);
    put_downstream(builder, "02:00.0", 3, down);
    put_downstream(builder, "02:01.0", 4, down);
    put_endpoint(builder, "03:00.0");
    put_endpoint(builder, "04:00.0");
}

static void a(struct ims_builder *builder)
{
    put_switch(builder, ACS_ON, NO_ACS);
}

static void b(struct ims_builder *builder)
{
    put_switch(builder, NO_ACS, NO_ACS);
}

static void c(struct ims_builder *builder)
{
    put_root_port(builder, "00:1c.0", 1, ACS_ON, .subordinate = 4);
    put_upstream(builder, "01:00.0", 2, NO_ACS, .subordinate = 4);
    put_downstream(builder, "02:00.0", 3, NO_ACS, .multi = true);
    put_downstream(builder, "02:00.1", 4, NO_ACS, .multi = true);
    put_endpoint(builder, "03:00.0");
    put_endpoint(builder, "04:00.0");
}

static void d(struct ims_builder *builder)
{
    put_root_port(builder, "00:1c.0", 1, ACS_ON, .subordinate = 3);
    put_upstream(builder, "01:00.0", 2, NO_ACS, .subordinate = 3, .multi = true);
    put_endpoint(builder, "01:00.1", .multi = true);
    put_downstream(builder, "02:00.0", 3, NO_ACS);
    put_endpoint(builder, "03:00.0");
}

static void e(struct ims_builder *builder)
{
    put_root_port(builder, "00:04.0", 1, NO_ACS);
    put_root_port(builder, "00:05.0", 2, ACS_ON);
    put_endpoint(builder, "01:00.0");
    put_endpoint(builder, "02:00.0");
}

static void put_three_ports(struct ims_builder *builder, enum part_acs others)
{
    put_root_port(builder, "00:1c.0", 1, NO_ACS, .multi = true);
    put_root_port(builder, "00:1c.1", 2, others, .multi = true);
    put_root_port(builder, "00:1c.2", 3, others, .multi = true);
    put_endpoint(builder, "01:00.0");
    put_endpoint(builder, "02:00.0");
    put_endpoint(builder, "03:00.0");
}

static void f(struct ims_builder *builder)
{
    put_three_ports(builder, NO_ACS);
}

static void g(struct ims_builder *builder)
{
    put_three_ports(builder, ACS_ON);
}

static void h(struct ims_builder *builder)
{
    put_root_port(builder, "00:1c.0", 1, ACS_ON, .subordinate = 2);
    put_pcie_pci_bridge(builder, "01:00.0", 2, .bar0 = 0xf0000000);
    put_pci(builder, "02:01.0");
    put_pci(builder, "02:02.0");
}

/* Not a vector: without registers of its own the bridge stays out (R9.7, BUS_NON). */
static void h_without_registers(struct ims_builder *builder)
{
    put_root_port(builder, "00:1c.0", 1, ACS_ON, .subordinate = 2);
    put_pcie_pci_bridge(builder, "01:00.0", 2);
    put_pci(builder, "02:01.0");
    put_pci(builder, "02:02.0");
}

static void i(struct ims_builder *builder)
{
    put_pci(builder, "00:1f.0", .multi = true);
    put_pci(builder, "00:1f.2", .multi = true);
    put_pci(builder, "00:1f.3", .multi = true);
}

static void j(struct ims_builder *builder)
{
    put_root_port(builder, "00:1c.0", 1, ACS_ON);
    put_endpoint(builder, "01:00.0", .multi = true);
    put_endpoint(builder, "01:00.1", .multi = true);
    put_endpoint(builder, "01:00.2", .multi = true);
}

static void k(struct ims_builder *builder)
{
    put_root_port(builder, "00:1c.0", 1, ACS_ON, .subordinate = 5);
    put_upstream(builder, "01:00.0", 2, NO_ACS, .subordinate = 5);
    put_downstream(builder, "02:00.0", 3, NO_ACS, .subordinate = 4);
    put_pcie_pci_bridge(builder, "03:00.0", 4, .bar0 = 0xf0000000);
    put_pci(builder, "04:01.0");
    put_pci(builder, "04:02.0");
    put_downstream(builder, "02:01.0", 5, NO_ACS);
    put_endpoint(builder, "05:00.0", .class_code = 0x010802);
}

static void l(struct ims_builder *builder)
{
    put_root_port(builder, "00:1c.0", 1, ACS_ON);
    put_endpoint(builder, "01:00.0", .multi = true, .vf_count = 2, .vf_offset = 0x80,
                 .vf_stride = 2);
    put_endpoint(builder, "01:00.1", .multi = true);
    put_vf(builder, "01:10.0", "01:00.0");
    put_vf(builder, "01:10.2", "01:00.0");
}

/* ACS that is there and off: the switch port stays out, the functions share (R9.7, R9.9). */
static void off_in_switch(struct ims_builder *builder)
{
    put_switch(builder, ACS_ON, ACS_OFF);
}

static void off_in_root_port(struct ims_builder *builder)
{
    put_root_port(builder, "00:1c.0", 1, ACS_OFF);
    put_endpoint(builder, "01:00.0");
}

static void off_in_one_function(struct ims_builder *builder)
{
    put_root_port(builder, "00:1c.0", 1, ACS_ON);
    put_endpoint(builder, "01:00.0", .multi = true, .acs = ACS_OFF);
    put_endpoint(builder, "01:00.1", .multi = true, .acs = ACS_ON);
}

/* Another function than a port inside the switch joins everything with the upstream port. */
static void stranger_in_switch(struct ims_builder *builder)
{
    put_switch(builder, ACS_ON, ACS_ON);
    put_endpoint(builder, "02:02.0");
}

/* Function 0 denies that it has siblings: the flags differ, so the series joins them (R9.9). */
static void flags_differ(struct ims_builder *builder)
{
    put_endpoint(builder, "00:03.0");
    put_endpoint(builder, "00:03.1", .multi = true);
}

/* Below a downstream port slots are apart. */
static void slots_below_a_port(struct ims_builder *builder)
{
    put_switch(builder, ACS_ON, ACS_ON);
    put_endpoint(builder, "03:01.0");
}

/* "ACS Enhanced" (R9.10): capability bit 7, redirect of targets behind and in the ports. */
static void put_enhanced(struct ims_builder *builder, unsigned control)
{
    put_root_port(builder, "00:1c.0", 1, ACS_ON, .subordinate = 3);
    put_upstream(builder, "01:00.0", 2, NO_ACS, .subordinate = 3);
    put_downstream(builder, "02:00.0", 3, ACS_WORDS, .acs_cap = 0x9f, .acs_ctrl = control);
    put_endpoint(builder, "03:00.0");
}

static void enhanced_on(struct ims_builder *builder)
{
    put_enhanced(builder, 0x0a1d);
}

static void enhanced_upstream_off(struct ims_builder *builder)
{
    put_enhanced(builder, 0x021d);
}

static void enhanced_downstream_off(struct ims_builder *builder)
{
    put_enhanced(builder, 0x081d);
}

/* These root ports keep their control bits in another place (R4.21). */
static void enhanced_wide(struct ims_builder *builder)
{
    struct ims_record *record = put_root_port(builder, "00:1c.0", 1, ACS_WORDS, .id = 0x8086a110,
                                              .acs_cap = 0x9f, .acs_ctrl = 0);

    part_32(&record->config, 0x108, 0x021d);
    put_endpoint(builder, "01:00.0");
}

static const struct {
    void (*build)(struct ims_builder *builder);
    const char *now;
    const char *proposed;
} vectors[] = {
    {a, "{00:1c.0} {01:00.0} {02:00.0 03:00.0} {02:01.0 04:00.0}",
     "{00:1c.0} {01:00.0 02:00.0 02:01.0 03:00.0 04:00.0}"},
    {b, "{00:1c.0 01:00.0 02:00.0 02:01.0 03:00.0 04:00.0}",
     "{00:1c.0} {01:00.0 02:00.0 02:01.0 03:00.0 04:00.0}"},
    {c, "{00:1c.0} {01:00.0} {02:00.0 02:00.1 03:00.0 04:00.0}",
     "{00:1c.0} {01:00.0 02:00.0 02:00.1 03:00.0 04:00.0}"},
    {d, "{00:1c.0} {01:00.0 01:00.1 02:00.0 03:00.0}",
     "{00:1c.0} {01:00.0 02:00.0 03:00.0} {01:00.1}"},
    {e, "{00:04.0 01:00.0} {00:05.0} {02:00.0}", "{00:04.0} {00:05.0} {01:00.0} {02:00.0}"},
    {f, "{00:1c.0 00:1c.1 00:1c.2 01:00.0 02:00.0 03:00.0}",
     "{00:1c.0} {00:1c.1} {00:1c.2} {01:00.0} {02:00.0} {03:00.0}"},
    {g, "{00:1c.0 01:00.0} {00:1c.1} {00:1c.2} {02:00.0} {03:00.0}",
     "{00:1c.0} {00:1c.1} {00:1c.2} {01:00.0} {02:00.0} {03:00.0}"},
    {h, "{00:1c.0} {01:00.0 02:01.0 02:02.0}", "{00:1c.0} {01:00.0 02:01.0 02:02.0}"},
    {h_without_registers, "{00:1c.0} {01:00.0 02:01.0 02:02.0}",
     "{00:1c.0} {01:00.0} {02:01.0 02:02.0}"},
    {i, "{00:1f.0 00:1f.2 00:1f.3}", "{00:1f.0} {00:1f.2} {00:1f.3}"},
    {j, "{00:1c.0} {01:00.0 01:00.1 01:00.2}", "{00:1c.0} {01:00.0} {01:00.1} {01:00.2}"},
    {k, "{00:1c.0} {01:00.0} {02:00.0 03:00.0 04:01.0 04:02.0} {02:01.0 05:00.0}",
     "{00:1c.0} {01:00.0 02:00.0 02:01.0 03:00.0 04:01.0 04:02.0 05:00.0}"},
    {l, "{00:1c.0} {01:00.0 01:00.1} {01:10.0} {01:10.2}",
     "{00:1c.0} {01:00.0} {01:00.1} {01:10.0} {01:10.2}"},
    {off_in_switch, "{00:1c.0} {01:00.0} {02:00.0 03:00.0} {02:01.0 04:00.0}",
     "{00:1c.0} {01:00.0} {02:00.0 02:01.0 03:00.0 04:00.0}"},
    {off_in_root_port, "{00:1c.0 01:00.0}", "{00:1c.0 01:00.0}"},
    {off_in_one_function, "{00:1c.0} {01:00.0} {01:00.1}", "{00:1c.0} {01:00.0 01:00.1}"},
    {flags_differ, "{00:03.0} {00:03.1}", "{00:03.0 00:03.1}"},
    {slots_below_a_port, "{00:1c.0} {01:00.0} {02:00.0} {02:01.0} {03:00.0} {03:01.0} {04:00.0}",
     "{00:1c.0} {01:00.0} {02:00.0} {02:01.0} {03:00.0} {03:01.0} {04:00.0}"},
    {enhanced_on, "{00:1c.0} {01:00.0} {02:00.0} {03:00.0}",
     "{00:1c.0} {01:00.0} {02:00.0} {03:00.0}"},
    {enhanced_upstream_off, "{00:1c.0} {01:00.0} {02:00.0} {03:00.0}",
     "{00:1c.0} {01:00.0 02:00.0 03:00.0}"},
    {enhanced_downstream_off, "{00:1c.0} {01:00.0} {02:00.0} {03:00.0}",
     "{00:1c.0} {01:00.0} {02:00.0 03:00.0}"},
    {enhanced_wide, NULL, "{00:1c.0} {01:00.0}"},
    {stranger_in_switch, "{00:1c.0} {01:00.0} {02:00.0} {02:01.0} {02:02.0} {03:00.0} {04:00.0}",
     "{00:1c.0} {01:00.0 02:00.0 02:01.0 02:02.0 03:00.0 04:00.0}"},
};

static void run(const char *ruleset, bool proposed)
{
    for (size_t n = 0; n < sizeof(vectors) / sizeof(vectors[0]); n++) {
        const char *expected = proposed ? vectors[n].proposed : vectors[n].now;
        struct lab lab;
        if (!expected)
            continue; /* differs from kernel to kernel */
        lab_begin(&lab);
        vectors[n].build(lab.builder);
        lab_group_by(&lab, ruleset);
        if (strcmp(lab_groups(&lab), expected) != 0)
            fail_msg("vector %zu by %s: %s, not %s", n, ruleset, lab.text, expected);
        lab_done(&lab);
    }
}

/* The results are the same in every kernel that has been looked at. */
static void kernels(void **state)
{
    (void)state;
    run("linux-6.12", false);
    run("linux-7.3", false);
    run("linux-5.4", false);
    run("linux-4.4", false);
}

static void series_of_2025(void **state)
{
    (void)state;
    run("linux-proposed-2025", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels),
        cmocka_unit_test(series_of_2025),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
