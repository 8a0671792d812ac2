/* SPDX-License-Identifier: MIT */
/* The check of the model finds every invariant broken: each case breaks one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"
#include "topology/model.h"

/* 0: 00:00.0, 1: 00:01.0 (root port), 2: 01:00.0 (PF), 3: 02:00.0 (VF); buses 0, 1, 2 (virtual). */
static void build(struct lab *lab)
{
    struct ims_kernel_group group = {.number = 1};

    lab_begin(lab);
    put_pci(lab->builder, "00:00.0", .class_code = 0x060000);
    put_root_port(lab->builder, "00:01.0", 1, ACS_ON, .subordinate = 2);
    put_endpoint(lab->builder, "01:00.0");
    put_vf(lab->builder, "02:00.0", "01:00.0");
    assert_int_equal(ims_builder_kernel_group(lab->builder, &group), 0);
    group.number = 2;
    assert_int_equal(ims_builder_kernel_group(lab->builder, &group), 0);
    lab_seal(lab);
}

static void swap_addresses(struct ims_topology *t)
{
    t->functions[0].address.devfn = 0x10;
    t->records[0].address.devfn = 0x10;
}
static void record_of_another(struct ims_topology *t)
{
    t->functions[2].record = &t->records[1];
}
static void record_address(struct ims_topology *t)
{
    t->records[2].address.devfn = 1;
}
static void no_bus(struct ims_topology *t)
{
    t->functions[2].bus = IMS_BUS_NONE;
}
static void wrong_bus(struct ims_topology *t)
{
    t->functions[2].bus.index = 0;
}
static void short_bus(struct ims_topology *t)
{
    t->buses[0].function_count = 1;
}
static void physfn_of_no_vf(struct ims_topology *t)
{
    t->functions[2].physfn.index = 0;
}
static void own_physfn(struct ims_topology *t)
{
    t->functions[3].physfn.index = 3;
}
static void secondary_elsewhere(struct ims_topology *t)
{
    t->functions[0].secondary_bus.index = 1;
}
static void secondary_outside(struct ims_topology *t)
{
    t->functions[0].secondary_bus.index = 77;
}
static void multifunction_vf(struct ims_topology *t)
{
    t->functions[3].multifunction = IMS_YES;
}
static void perhaps_vf(struct ims_topology *t)
{
    t->functions[2].is_vf = IMS_UNKNOWN;
}
static void acs_without_space(struct ims_topology *t)
{
    t->functions[1].extended = IMS_NO;
}
static void ids_without_list(struct ims_topology *t)
{
    t->functions[0].ids = NULL;
    t->functions[0].id_count = 1;
}
static void own_vmd_endpoint(struct ims_topology *t)
{
    t->functions[2].vmd_endpoint.index = 2;
}
static void bus_order(struct ims_topology *t)
{
    t->buses[0].number = 1;
}
static void parent_behind(struct ims_topology *t)
{
    t->buses[1].parent.index = 2;
}
static void depth_jumps(struct ims_topology *t)
{
    t->buses[2].depth = 7;
}
static void child_is_root(struct ims_topology *t)
{
    t->buses[1].is_root = IMS_YES;
}
static void deep_root(struct ims_topology *t)
{
    t->buses[0].depth = 1;
}
static void virtual_with_bridge(struct ims_topology *t)
{
    t->buses[1].is_virtual = true;
}
static void virtual_without_parent(struct ims_topology *t)
{
    t->buses[0].is_virtual = true;
}
static void bridge_elsewhere(struct ims_topology *t)
{
    t->buses[1].bridge.index = 0;
}
static void bridge_outside(struct ims_topology *t)
{
    t->buses[1].bridge.index = 99;
}
static void functions_outside(struct ims_topology *t)
{
    t->buses[2].function_count = 5;
}
static void group_order(struct ims_topology *t)
{
    t->groups[1].number = 1;
}

static const struct {
    void (*damage)(struct ims_topology *topology);
    const char *message;
} cases[] = {
    {swap_addresses, "sorted by address"},
    {record_of_another, "one address"},
    {record_address, "one address"},
    {no_bus, "a function is on a bus"},
    {wrong_bus, "among the functions of its bus"},
    {short_bus, "among the functions of its bus"},
    {physfn_of_no_vf, "only a VF"},
    {own_physfn, "only a VF"},
    {secondary_elsewhere, "point to each other"},
    {secondary_outside, "point to each other"},
    {multifunction_vf, "not multifunction"},
    {perhaps_vf, "or it is not"},
    {acs_without_space, "no ACS without"},
    {ids_without_list, "ids that are counted"},
    {own_vmd_endpoint, "VMD endpoint"},
    {bus_order, "buses are sorted"},
    {parent_behind, "parent bus stands before"},
    {depth_jumps, "one level higher"},
    {child_is_root, "parent bus"},
    {deep_root, "depth 0"},
    {virtual_with_bridge, "virtual bus"},
    {virtual_without_parent, "virtual bus"},
    {bridge_elsewhere, "point to each other"},
    {bridge_outside, "point to each other"},
    {functions_outside, "functions of a bus exist"},
    {group_order, "kernel groups are sorted"},
};

static void every_invariant_is_watched(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ims_error error = {0};
        struct lab lab;
        build(&lab);
        cases[i].damage(lab.topology);
        assert_int_equal(ims_topology_check(lab.topology, &error), -EBADMSG);
        assert_int_equal(error.code, EBADMSG);
        if (!strstr(error.message, cases[i].message))
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, error.message, cases[i].message);
        assert_int_equal(ims_topology_check(lab.topology, NULL), -EBADMSG);
        lab_done(&lab);
    }
}

static void the_place_is_named(void **state)
{
    struct ims_error error = {0};
    struct lab lab;

    (void)state;
    build(&lab);
    lab.topology->functions[3].multifunction = IMS_YES;
    assert_int_equal(ims_topology_check(lab.topology, &error), -EBADMSG);
    assert_true(error.has_address);
    assert_int_equal(error.address.bus, 2);
    lab.topology->functions[3].multifunction = IMS_NO;
    assert_int_equal(ims_topology_check(lab.topology, &error), 0);
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_invariant_is_watched),
        cmocka_unit_test(the_place_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
