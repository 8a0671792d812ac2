/* SPDX-License-Identifier: MIT */
/* Bus objects: parents, bridges, virtual and root buses, numbers that cannot be (R1.1, R1.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

static bool has_bridge(const struct lab *lab, uint8_t bus, const char *bridge)
{
    return bus_of(lab, 0, bus)->bridge.index == at(lab, bridge).index;
}

static void bridges_connect_buses(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 2, ACS_ON, .subordinate = 9);
    put_upstream(lab.builder, "02:00.0", 5, NO_ACS, .subordinate = 9);
    put_downstream(lab.builder, "05:00.0", 9, ACS_ON);
    put_endpoint(lab.builder, "09:00.0");
    put_endpoint(lab.builder, "09:00.1");
    put_root_port(lab.builder, "00:1d.0", 0, ACS_ON); /* not configured */
    lab_seal(&lab);
    assert_int_equal(ims_topology_bus_count(lab.topology), 4);
    assert_true(has_bridge(&lab, 2, "00:1c.0"));
    assert_true(has_bridge(&lab, 5, "02:00.0"));
    assert_true(has_bridge(&lab, 9, "05:00.0"));
    assert_int_equal(bus_of(&lab, 0, 0)->depth, 0);
    assert_int_equal(bus_of(&lab, 0, 9)->depth, 3);
    assert_int_equal(bus_of(&lab, 0, 9)->function_count, 2);
    assert_int_equal(bus_of(&lab, 0, 9)->first_function, at(&lab, "09:00.0").index);
    assert_int_equal(bus_of(&lab, 0, 9)->is_root, IMS_NO);
    assert_int_equal(bus_of(&lab, 0, 0)->is_root, IMS_YES);
    assert_true(ims_bus_is_none(bus_of(&lab, 0, 0)->parent));
    assert_true(ims_bus_is_none(info_of(&lab, "00:1d.0")->secondary_bus));
    assert_int_equal(ims_topology_bridge_above(lab.topology, at(&lab, "09:00.1")).index,
                     at(&lab, "05:00.0").index);
    assert_true(ims_function_is_none(ims_topology_bridge_above(lab.topology, at(&lab, "00:1c.0"))));
    assert_int_equal(ims_topology_gap_count(lab.topology), 0);
    lab_done(&lab);
}

/* The bus below a bridge exists even if nothing is on it. */
static void empty_bus_below_a_bridge(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 2, ACS_ON);
    put(lab.builder, .at = "00:1d.0", .header = 2, .conventional = true);
    struct ims_record *record = ims_builder_find(lab.builder, address_of("00:1d.0"));
    part_32(&record->config, 0x18, 3 << 8 | 3 << 16);
    lab_seal(&lab);
    assert_int_equal(bus_of(&lab, 0, 2)->function_count, 0);
    assert_true(has_bridge(&lab, 2, "00:1c.0"));
    assert_true(has_bridge(&lab, 3, "00:1d.0")); /* CardBus */
    lab_done(&lab);
}

static void virtual_bus_hangs_below_its_pf(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 3);
    put_endpoint(lab.builder, "01:00.0", .vf_count = 3, .vf_offset = 0x100, .vf_stride = 0x80);
    put_endpoint(lab.builder, "02:00.0", .id = 0xffffffff);
    put_endpoint(lab.builder, "02:10.0", .id = 0xffffffff);
    put_vf(lab.builder, "03:00.0", "01:00.0");
    lab_seal(&lab);
    const struct ims_bus_info *bus = bus_of(&lab, 0, 2);
    assert_true(bus->is_virtual);
    assert_true(ims_function_is_none(bus->bridge));
    assert_int_equal(bus->parent.index, info_of(&lab, "01:00.0")->bus.index);
    assert_int_equal(bus->depth, 2);
    assert_int_equal(bus->is_root, IMS_NO);
    assert_true(bus_of(&lab, 0, 3)->is_virtual);
    assert_int_equal(ims_topology_bridge_above(lab.topology, at(&lab, "03:00.0")).index,
                     at(&lab, "00:01.0").index);
    assert_int_equal(ims_topology_gap_count(lab.topology), 0);
    lab_done(&lab);
}

/* A bus that a bridge leads to, or that holds an ordinary function, is not a virtual one. */
static void other_buses_are_not_virtual(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0", .vf_count = 2, .vf_offset = 0x200 - 8, .vf_stride = 0x100);
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON);
    put_endpoint(lab.builder, "02:00.0", .id = 0xffffffff);
    put_endpoint(lab.builder, "03:00.0", .id = 0xffffffff);
    put_endpoint(lab.builder, "03:01.0");
    put_vf(lab.builder, "04:00.0", NULL);
    put_vf(lab.builder, "05:00.0", "06:00.0"); /* a PF above the bus of its VF cannot be */
    put_endpoint(lab.builder, "06:00.0");
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "03:00.0")->physfn.index, at(&lab, "00:01.0").index);
    for (uint8_t number = 2; number <= 6; number++)
        assert_false(bus_of(&lab, 0, number)->is_virtual);
    assert_true(has_bridge(&lab, 2, "00:02.0"));
    for (uint8_t number = 3; number <= 6; number++)
        assert_true(ims_bus_is_none(bus_of(&lab, 0, number)->parent));
    lab_done(&lab);
}

static void bus_numbers_that_cannot_be(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 5, ACS_ON);
    put_upstream(lab.builder, "05:00.0", 5, NO_ACS);  /* to itself */
    put_upstream(lab.builder, "05:01.0", 2, NO_ACS);  /* upwards */
    put_root_port(lab.builder, "00:1d.0", 5, ACS_ON); /* a bus that is taken */
    put_endpoint(lab.builder, "05:02.0");
    lab_seal(&lab);
    assert_true(has_bridge(&lab, 5, "00:1c.0"));
    assert_true(ims_bus_is_none(info_of(&lab, "05:00.0")->secondary_bus));
    assert_true(ims_bus_is_none(info_of(&lab, "05:01.0")->secondary_bus));
    assert_true(ims_bus_is_none(info_of(&lab, "00:1d.0")->secondary_bus));
    assert_true(ims_bus_is_none(ims_topology_find_bus(lab.topology, 0, 2)));
    assert_int_equal(count_gaps(&lab, IMS_GAP_MALFORMED, "not above its own bus"), 2);
    assert_int_equal(count_gaps(&lab, IMS_GAP_CONTRADICTION, "bus 05 is claimed by 0000:00:1c.0"),
                     1);
    lab_done(&lab);
}

static void crossing_ranges_are_noted(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 5);
    put_root_port(lab.builder, "00:02.0", 4, ACS_ON, .subordinate = 7); /* crosses 1-5 */
    put_root_port(lab.builder, "00:03.0", 8, ACS_ON, .subordinate = 9);
    put_upstream(lab.builder, "08:00.0", 9, NO_ACS, .subordinate = 9); /* nested */
    put_root_port(lab.builder, "0001:00:01.0", 3, ACS_ON, .subordinate = 255);
    lab_seal(&lab);
    assert_int_equal(count_gaps(&lab, IMS_GAP_MALFORMED, "[04-07] crosses the range of"), 1);
    assert_int_equal(count_gaps(&lab, IMS_GAP_MALFORMED, "crosses"), 1);
    lab_done(&lab);
}

struct orphan {
    struct part part;
    bool stated;
    enum ims_tristate is_root;
};

/* Buses without a bridge: some functions stand on root buses only, some never do. */
static void orphans_hint_at_their_root(void **state)
{
    static const struct orphan orphans[] = {
        {{.at = "00:02.0"}, false, IMS_YES},
        {{.at = "80:02.0"}, false, IMS_UNKNOWN},
        {{.at = "80:02.0"}, true, IMS_YES},
        {{.at = "80:02.0", .conventional = true}, false, IMS_UNKNOWN},
        {{.at = "80:02.0", .type = IMS_PORT_ROOT, .header = 1, .secondary = 0x81}, false, IMS_YES},
        {{.at = "80:02.0", .type = IMS_PORT_RC_ENDPOINT}, false, IMS_YES},
        {{.at = "80:02.0", .type = IMS_PORT_RC_EVENT_COLLECTOR}, false, IMS_YES},
        {{.at = "80:02.0", .type = IMS_PORT_UPSTREAM, .header = 1, .secondary = 0x81},
         false,
         IMS_NO},
        {{.at = "80:02.0", .type = IMS_PORT_DOWNSTREAM, .header = 1, .secondary = 0x81},
         false,
         IMS_NO},
        {{.at = "80:00.0", .conventional = true, .class_code = 0x060000}, false, IMS_YES},
        {{.at = "80:00.0", .known_bytes = 16}, false, IMS_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(orphans) / sizeof(orphans[0]); i++) {
        struct lab lab;
        lab_begin(&lab);
        put_part(lab.builder, &orphans[i].part)->on_root_bus = orphans[i].stated;
        lab_seal(&lab);
        const struct ims_bus_info *bus = bus_of(&lab, 0, address_of(orphans[i].part.at).bus);
        assert_int_equal(bus->is_root, orphans[i].is_root);
        assert_int_equal(count_gaps(&lab, IMS_GAP_NOT_IN_INPUT, "the bridge above bus"),
                         orphans[i].is_root != IMS_YES);
        lab_done(&lab);
    }
}

/* One root port among switch ports settles it, whatever comes first; a stated type counts too. */
static void strongest_hint_wins(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    put_downstream(lab.builder, "80:01.0", 0x81, ACS_ON);
    put_root_port(lab.builder, "80:02.0", 0x82, ACS_ON);
    put_downstream(lab.builder, "80:03.0", 0x83, ACS_ON);
    put_endpoint(lab.builder, "90:01.0");
    put_upstream(lab.builder, "90:02.0", 0x91, ACS_ON);
    record = put_endpoint(lab.builder, "a0:01.0", .known_bytes = 16);
    record->port_type_stated = true;
    record->port_type = IMS_PORT_RC_ENDPOINT;
    lab_seal(&lab);
    assert_int_equal(bus_of(&lab, 0, 0x80)->is_root, IMS_YES);
    assert_int_equal(bus_of(&lab, 0, 0x90)->is_root, IMS_NO);
    assert_int_equal(bus_of(&lab, 0, 0xa0)->is_root, IMS_YES);
    assert_int_equal(info_of(&lab, "a0:01.0")->port_type, IMS_PORT_RC_ENDPOINT);
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bridges_connect_buses),
        cmocka_unit_test(empty_bus_below_a_bridge),
        cmocka_unit_test(virtual_bus_hangs_below_its_pf),
        cmocka_unit_test(other_buses_are_not_virtual),
        cmocka_unit_test(bus_numbers_that_cannot_be),
        cmocka_unit_test(crossing_ranges_are_noted),
        cmocka_unit_test(orphans_hint_at_their_root),
        cmocka_unit_test(strongest_hint_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
