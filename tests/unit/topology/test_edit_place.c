/* SPDX-License-Identifier: MIT */
/* Edits that take devices out, put them elsewhere and bring new ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edit_support.h"

/* Two slots and an empty one, a switch with two endpoints, a chipset function. */
static void begin(struct lab *lab)
{
    lab_begin(lab);
    put_root_port(lab->builder, "00:01.0", 1, ACS_ON, .subordinate = 1);
    put_endpoint(lab->builder, "01:00.0", .multi = true);
    put_endpoint(lab->builder, "01:00.1");
    put_root_port(lab->builder, "00:02.0", 2, ACS_ON, .subordinate = 6);
    put_upstream(lab->builder, "02:00.0", 3, NO_ACS, .subordinate = 5);
    put_downstream(lab->builder, "03:00.0", 4, ACS_ON);
    put_downstream(lab->builder, "03:01.0", 5, ACS_ON);
    put_endpoint(lab->builder, "04:00.0");
    put_endpoint(lab->builder, "05:00.0");
    put_root_port(lab->builder, "00:03.0", 7, ACS_ON, .subordinate = 7);
    put_endpoint(lab->builder, "00:1f.0", .conventional = true);
}

static void no_edit_is_the_same_machine(void **state)
{
    struct lab lab;

    (void)state;
    begin(&lab);
    struct ims_record *record = ims_builder_find(lab.builder, address_of("01:00.0"));
    record->group_state = IMS_GROUP_KNOWN;
    record->group = 7;
    ims_builder_find(lab.builder, address_of("01:00.1"))->group_state = IMS_GROUP_NONE;
    ims_builder_gap(lab.builder, IMS_GAP_NEEDS_ROOT, NULL, NULL, 0, "said by the reader");
    lab_seal(&lab);
    const uint32_t gaps = ims_topology_gap_count(lab.topology);
    struct ims_edited *edited = edit_lab(&lab, NULL, 0);

    assert_int_equal(ims_topology_function_count(edited->topology),
                     ims_topology_function_count(lab.topology));
    for (uint32_t i = 0; i < ims_topology_function_count(edited->topology); i++)
        assert_int_equal(edited->origin[i], i);
    /* The number is of another machine; that an IOMMU took it, or did not, is not (R1.11). */
    assert_int_equal(edited_info(edited, "01:00.0")->record->group_state, IMS_GROUP_UNKNOWN);
    assert_true(edited_info(edited, "01:00.0")->record->was_grouped);
    assert_int_equal(edited_info(edited, "01:00.1")->record->group_state, IMS_GROUP_NONE);
    assert_int_equal(ims_topology_gap_count(edited->topology), gaps);
    assert_int_equal(edited->note_count, 0);
    assert_null(edited->scenario.cmdline);
    assert_false(edited->scenario.boots);
    ims_edited_free(edited);
    lab_done(&lab);
}

/* No device is without function 0; any other function can go alone. */
static void remove_takes_what_depends(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    begin(&lab);
    edited = edit_all(&lab, REMOVE("01:00.1"));
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 00:1f.0 01:00.0 02:00.0 03:00.0 03:01.0 "
                             "04:00.0 05:00.0");
    ims_edited_free(edited);
    edited = edit_all(&lab, REMOVE("01:00.0"));
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 00:1f.0 02:00.0 03:00.0 03:01.0 04:00.0 "
                             "05:00.0");
    ims_edited_free(edited);
    edited = edit_all(&lab, REMOVE("02:00.0"));
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 00:1f.0 01:00.0 01:00.1");
    assert_int_equal(edited->origin[4], at(&lab, "01:00.0").index);
    ims_edited_free(edited);
    refuse_all(&lab, -ENOENT, "no such function", REMOVE("09:00.0"));
    refuse_all(&lab, -ENOENT, "any more", REMOVE("02:00.0"), REMOVE("05:00.0"));
    lab_done(&lab);
}

static void move_gives_the_bus_of_the_port(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    begin(&lab);
    edited = edit_all(&lab, MOVE("01:00.1", "00:03.0")); /* any function names the device */
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 00:1f.0 02:00.0 03:00.0 03:01.0 04:00.0 "
                             "05:00.0 07:00.0 07:00.1");
    assert_int_equal(edited->origin[9], at(&lab, "01:00.0").index);
    assert_int_equal(edited->note_count, 0);
    ims_edited_free(edited);

    /* There and back again; the old address names it all the while. */
    edited = edit_all(&lab, MOVE("01:00.0", "00:03.0"), MOVE("01:00.0", "00:01.0"));
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 00:1f.0 01:00.0 01:00.1 02:00.0 03:00.0 "
                             "03:01.0 04:00.0 05:00.0");
    ims_edited_free(edited);
    lab_done(&lab);
}

/* A switch needs four buses and the port has one: everything below the root bus moves up. */
static void move_numbers_anew_where_it_must(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    begin(&lab);
    edited = edit_all(&lab, REMOVE("01:00.0"), MOVE("02:00.0", "00:01.0"));
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 00:1f.0 01:00.0 02:00.0 02:01.0 03:00.0 "
                             "04:00.0");
    assert_int_equal(edited_info(edited, "00:01.0")->pci.bridge.secondary.value, 1);
    assert_int_equal(edited_info(edited, "00:01.0")->pci.bridge.subordinate.value, 4);
    assert_int_equal(edited_info(edited, "00:02.0")->pci.bridge.secondary.value, 5);
    assert_int_equal(edited_info(edited, "01:00.0")->pci.bridge.subordinate.value, 4);
    assert_int_equal(edited_info(edited, "02:01.0")->pci.bridge.primary.value, 2);
    assert_true(has_note(edited, IMS_EDIT_NOTE_INFO, "bus range was too small"));
    for (uint32_t i = 0; i < ims_topology_gap_count(edited->topology); i++)
        assert_null(strstr(ims_topology_gap(edited->topology, i)->text, "crosses"));
    ims_edited_free(edited);
    lab_done(&lab);
}

/* The range of the port suffices: nobody else is touched. */
static void move_uses_the_range_of_the_port(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 4);
    put_root_port(lab.builder, "00:02.0", 5, ACS_ON, .subordinate = 9);
    put_upstream(lab.builder, "05:00.0", 6, NO_ACS, .subordinate = 9);
    put_downstream(lab.builder, "06:00.0", 8, ACS_ON);
    put_endpoint(lab.builder, "08:00.0");
    edited = edit_all(&lab, MOVE("05:00.0", "00:01.0"));
    assert_functions(edited, "00:01.0 00:02.0 01:00.0 02:00.0 03:00.0");
    assert_int_equal(edited_info(edited, "00:01.0")->pci.bridge.subordinate.value, 4);
    assert_false(has_note(edited, IMS_EDIT_NOTE_INFO, "bus range"));
    ims_edited_free(edited);
    lab_done(&lab);
}

/* Bus numbers of a root bus end where the next root bus begins. */
static void bus_numbers_run_out(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    put_root_port(lab.builder, "02:01.0", 3, ACS_ON, .subordinate = 9);
    put_upstream(lab.builder, "03:00.0", 4, NO_ACS, .subordinate = 6);
    put_downstream(lab.builder, "04:00.0", 5, ACS_ON);
    refuse_all(&lab, -ENOSPC, "needs 3 bus numbers", MOVE("03:00.0", "00:01.0"));
    lab_done(&lab);
}

static void what_cannot_be_moved(void **state)
{
    struct lab lab;

    (void)state;
    begin(&lab);
    put_pcie_pci_bridge(lab.builder, "07:00.0", 8);
    put_pci(lab.builder, "08:04.0");
    ims_builder_find(lab.builder, address_of("00:03.0"))->config.rows[1].value[0xa] = 8;
    refuse_all(&lab, -EINVAL, "root port", MOVE("00:01.0", "00:02.0"));
    refuse_all(&lab, -EINVAL, "part of a switch", MOVE("03:00.0", "00:01.0"));
    refuse_all(&lab, -EINVAL, "part of the chipset", MOVE("00:1f.0", "00:01.0"));
    refuse_all(&lab, -EINVAL, "no port or bridge", MOVE("01:00.0", "05:00.0"));
    refuse_all(&lab, -EINVAL, "upstream port of a switch", MOVE("01:00.0", "02:00.0"));
    refuse_all(&lab, -EINVAL, "part of the device", MOVE("02:00.0", "03:00.0"));
    refuse_all(&lab, -EBUSY, "already: 0000:04:00.0", MOVE("01:00.0", "03:00.0"));
    refuse_all(&lab, -EINVAL, "conventional PCI, the device is", MOVE("01:00.0", "07:00.0"));
    refuse_all(&lab, -EINVAL, "the device is conventional PCI", REMOVE("04:00.0"),
               MOVE("08:04.0", "03:00.0"));
    lab_done(&lab);
}

/* Conventional buses hold many devices: the number is kept where it is free. */
static void conventional_device_numbers(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_pci_bridge(lab.builder, "00:1e.0", 1);
    put_pci(lab.builder, "01:04.0");
    put_pci_bridge(lab.builder, "00:1d.0", 2);
    put_pci(lab.builder, "02:04.0", .multi = true);
    put_pci(lab.builder, "02:04.1");
    put_pci(lab.builder, "02:05.0");
    edited = edit_all(&lab, MOVE("02:05.0", "00:1e.0"), MOVE("02:04.0", "00:1e.0"));
    assert_functions(edited, "00:1d.0 00:1e.0 01:00.0 01:00.1 01:04.0 01:05.0");
    ims_edited_free(edited);
    lab_done(&lab);
}

/* From a link to a conventional bus: the device number of the link is not kept. */
static void a_bridge_goes_from_link_to_conventional_bus(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_pci_bridge(lab.builder, "00:1e.0", 1, .subordinate = 3);
    put_pci(lab.builder, "01:00.0");
    put_root_port(lab.builder, "00:01.0", 4, ACS_ON, .subordinate = 5);
    put_pci_bridge(lab.builder, "04:00.0", 5);
    edited = edit_all(&lab, MOVE("04:00.0", "00:1e.0"));
    assert_functions(edited, "00:01.0 00:1e.0 01:00.0 01:01.0");
    assert_int_equal(edited_info(edited, "01:01.0")->pci.bridge.secondary.value, 2);
    ims_edited_free(edited);
    lab_done(&lab);
}

/* Addresses are those of the input, whatever has them by now; of new functions, those they have. */
static void addresses_are_those_of_the_input(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    put_endpoint(lab.builder, "01:00.0", .bar0 = 0x10000);
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON);
    put_endpoint(lab.builder, "02:00.0");
    put_root_port(lab.builder, "00:03.0", 3, ACS_ON);
    /* The two change places; then 01:00.0 is still the first of them. */
    edited =
        edit_all(&lab, MOVE("01:00.0", "00:03.0"), MOVE("02:00.0", "00:01.0"), REMOVE("02:00.0"));
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 03:00.0");
    assert_int_equal(edited->origin[3], at(&lab, "01:00.0").index);
    ims_edited_free(edited);
    edited = edit_all(&lab, REMOVE("01:00.0"), ADD_CLASS(0x020000, "00:01.0"), REMOVE("01:00.0"));
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 02:00.0");
    ims_edited_free(edited);
    lab_done(&lab);
}

/* VFs go with their physical function, at the distance that its capability says. */
static void vfs_move_along(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 2);
    put_endpoint(lab.builder, "01:00.0", .vf_count = 2, .vf_offset = 0x100, .vf_stride = 1);
    put_endpoint(lab.builder, "02:00.0", .id = 0xffffffff);
    put_endpoint(lab.builder, "02:00.1", .id = 0xffffffff);
    put_root_port(lab.builder, "00:02.0", 3, ACS_ON, .subordinate = 4);
    put_root_port(lab.builder, "00:03.0", 5, ACS_ON, .subordinate = 5);
    edited = edit_all(&lab, MOVE("01:00.0", "00:02.0"));
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 03:00.0 04:00.0 04:00.1");
    assert_int_equal(edited_info(edited, "04:00.1")->physfn.index, 3);
    ims_edited_free(edited);
    edited = edit_all(&lab, MOVE("01:00.0", "00:03.0"));
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 05:00.0 06:00.0 06:00.1");
    ims_edited_free(edited);
    edited = edit_all(&lab, REMOVE("01:00.0"));
    assert_functions(edited, "00:01.0 00:02.0 00:03.0");
    ims_edited_free(edited);
    refuse_all(&lab, -EINVAL, "it is a VF", MOVE("02:00.0", "00:02.0"));
    refuse_all(&lab, -EINVAL, "it is a VF", REMOVE("02:00.0"));
    lab_done(&lab);
}

/* What was known of the slot is forgotten, what is known of the device is not. */
static void a_moved_device_leaves_its_slot(void **state)
{
    struct lab lab;

    (void)state;
    begin(&lab);
    struct ims_record *record = ims_builder_find(lab.builder, address_of("01:00.0"));
    record->slot = ims_builder_string(lab.builder, "4", 1);
    record->driver_stated = true;
    record->driver = ims_builder_string(lab.builder, "igb", 3);
    record->group_state = IMS_GROUP_NONE;
    struct ims_edited *edited = edit_all(&lab, MOVE("01:00.0", "00:03.0"));
    const struct ims_record *moved = edited_info(edited, "07:00.0")->record;

    assert_null(moved->slot);
    assert_string_equal(moved->driver, "igb");
    assert_int_equal(moved->group_state, IMS_GROUP_UNKNOWN);
    ims_edited_free(edited);
    lab_done(&lab);
}

static void add_a_class(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    begin(&lab);
    edited = edit_all(&lab, ADD_CLASS(0x020000, "00:03.0"));
    const struct ims_function_info *info = edited_info(edited, "07:00.0");
    assert_int_equal(info->class_code.value, 0x020000);
    assert_int_equal(info->port_type, IMS_PORT_ENDPOINT);
    assert_int_equal(info->multifunction, IMS_NO);
    assert_int_equal(edited->origin[ims_topology_find(edited->topology, info->address).index],
                     IMS_NONE);
    assert_true(has_note(edited, IMS_EDIT_NOTE_INFO, "nothing but its class"));
    ims_edited_free(edited);
    refuse_all(&lab, -EINVAL, "a bridge has more", ADD_CLASS(0x060400, "00:03.0"));
    refuse_all(&lab, -EBUSY, "already", ADD_CLASS(0x020000, "00:01.0"));
    lab_done(&lab);
}

/* Linux enables ACS in what it finds; where the IOMMU is off it does not (R4.13, R4.14). */
static void add_from_another_machine(void **state)
{
    struct lab lab;
    struct lab other;
    struct ims_edited *edited;

    (void)state;
    begin(&lab);
    lab_begin(&other);
    put_root_port(other.builder, "00:01.0", 0x40, ACS_OFF, .subordinate = 0x43);
    put_upstream(other.builder, "40:00.0", 0x41, NO_ACS, .subordinate = 0x43);
    put_downstream(other.builder, "41:00.0", 0x43, ACS_OFF);
    struct ims_record *record = put_endpoint(other.builder, "43:00.0");
    record->driver_stated = true;
    record->driver = ims_builder_string(other.builder, "nvme", 4);
    record->group_state = IMS_GROUP_KNOWN;
    lab_seal(&other);
    edited = edit_all(&lab, ADD_FROM(other.topology, "40:00.0", "00:03.0"));
    lab_done(&other); /* nothing of it is needed any more */
    assert_functions(edited, "00:01.0 00:02.0 00:03.0 00:1f.0 01:00.0 01:00.1 02:00.0 03:00.0 "
                             "03:01.0 04:00.0 05:00.0 07:00.0 08:00.0 09:00.0");
    assert_int_equal(edited_info(edited, "08:00.0")->acs.control.value, 0x1d);
    assert_int_equal(edited_info(edited, "08:00.0")->pci.bridge.secondary.value, 9);
    assert_false(edited_info(edited, "09:00.0")->record->driver_stated);
    assert_int_equal(edited_info(edited, "09:00.0")->record->group_state, IMS_GROUP_UNKNOWN);
    ims_edited_free(edited);
    lab_done(&lab);
}

static void add_refuses(void **state)
{
    struct lab lab;
    struct lab other;

    (void)state;
    begin(&lab);
    lab_begin(&other);
    put_endpoint(other.builder, "00:02.0", .type = IMS_PORT_RC_ENDPOINT);
    lab_seal(&other);
    refuse_all(&lab, -EINVAL, "integrated", ADD_FROM(other.topology, "00:02.0", "00:03.0"));
    refuse_all(&lab, -ENOENT, "other input", ADD_FROM(other.topology, "00:03.0", "00:03.0"));
    lab_done(&other);
    lab_done(&lab);
}

/* ---- memory ---- */

static struct ims_record *put_card(struct lab *lab, const char *at_, uint32_t address,
                                   uint32_t size)
{
    struct ims_record *record = put_endpoint(lab->builder, at_, .bar0 = address);

    put_size(record, 0, address, size);
    return record;
}

static void memory_goes_into_the_window(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_windows(put_root_port(lab.builder, "00:01.0", 1, ACS_ON), 0xe0000000, 0xe00fffff, 0, 0);
    put_windows(put_root_port(lab.builder, "00:02.0", 2, ACS_ON), 0xe1000000, 0xe10fffff, 0, 0);
    put_card(&lab, "01:00.0", 0xe0010000, 0x10000);
    edited = edit_all(&lab, MOVE("01:00.0", "00:02.0"));
    assert_int_equal(edited_info(edited, "02:00.0")->pci.bars[0].address, 0xe1000000);
    assert_int_equal(edited_info(edited, "02:00.0")->record->resources[0].end, 0xe100ffff);
    assert_int_equal(edited->note_count, 0);
    ims_edited_free(edited);
    lab_done(&lab);
}

/* A closed window is opened at an address that stands in for the one firmware would choose. */
static void memory_that_does_not_fit_is_told(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_windows(put_root_port(lab.builder, "00:01.0", 1, ACS_ON), 0xe0000000, 0xe1ffffff, 0, 0);
    put_windows(put_root_port(lab.builder, "00:02.0", 2, ACS_ON), 0xe2000000, 0xe20fffff, 0, 0);
    put_card(&lab, "01:00.0", 0xe1000000, 0x1000000);
    edited = edit_all(&lab, MOVE("01:00.0", "00:02.0"));
    const struct ims_function_info *port = edited_info(edited, "00:02.0");
    const struct ims_function_info *card = edited_info(edited, "02:00.0");
    assert_true(has_note(edited, IMS_EDIT_NOTE_MISFIT, "needs 16 MiB of memory"));
    assert_true(card->pci.bars[0].address % 0x1000000 == 0);
    assert_true(card->pci.bars[0].address >= port->pci.bridge.memory.base);
    assert_true(card->pci.bars[0].address + 0xffffff <= port->pci.bridge.memory.limit);
    assert_true(port->pci.bridge.memory.base > 0xe1ffffff ||
                port->pci.bridge.memory.limit < 0xe0000000);
    ims_edited_free(edited);
    lab_done(&lab);
}

/* Behind a switch the windows above bind: then nothing is claimed. */
static void memory_that_cannot_be_placed_is_unknown(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_windows(put_root_port(lab.builder, "00:01.0", 1, ACS_ON), 0xe0000000, 0xe1ffffff, 0, 0);
    put_card(&lab, "01:00.0", 0xe0000000, 0x1000000);
    put_windows(put_root_port(lab.builder, "00:02.0", 2, ACS_ON, .subordinate = 5), 0xe2000000,
                0xe22fffff, 0, 0);
    put_windows(put_upstream(lab.builder, "02:00.0", 3, NO_ACS, .subordinate = 5), 0xe2000000,
                0xe22fffff, 0, 0);
    put_windows(put_downstream(lab.builder, "03:00.0", 4, ACS_ON), 0xe2000000, 0xe20fffff, 0, 0);
    put_windows(put_downstream(lab.builder, "03:01.0", 5, ACS_ON), 0xfff00000, 0, 0, 0);
    edited = edit_all(&lab, MOVE("01:00.0", "03:00.0"));
    assert_true(has_note(edited, IMS_EDIT_NOTE_UNKNOWN, "cannot be told"));
    assert_int_equal(edited_info(edited, "04:00.0")->pci.bars[0].address, 0);
    ims_edited_free(edited);

    /* A smaller one finds room in the window above, behind the port that is closed. */
    edited = edit_all(&lab, ADD_CLASS(0x020000, "03:01.0"));
    assert_true(has_note(edited, IMS_EDIT_NOTE_MISFIT, "1 MiB of memory"));
    assert_int_equal(edited_info(edited, "03:01.0")->pci.bridge.memory.base, 0xe2100000);
    assert_int_equal(edited_info(edited, "05:00.0")->pci.bars[0].address, 0xe2100000);
    ims_edited_free(edited);
    lab_done(&lab);
}

/* A 64-bit register follows the prefetchable window, and above 4 GiB. */
static void prefetchable_memory(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_windows(put_root_port(lab.builder, "00:01.0", 1, ACS_ON), 0xe0000000, 0xe00fffff,
                0x6000000000, 0x600fffffff);
    put_windows(put_root_port(lab.builder, "00:02.0", 2, ACS_ON), 0xe1000000, 0xe10fffff,
                0x7000000000, 0x701fffffff);
    struct ims_record *record = put_endpoint(lab.builder, "01:00.0", .bar0 = 0xc);
    part_32(&record->config, 0x14, 0x60);
    put_size(record, 0, 0x6000000000, 0x10000000);
    edited = edit_all(&lab, MOVE("01:00.0", "00:02.0"));
    assert_true(edited_info(edited, "02:00.0")->pci.bars[0].address == 0x7000000000);
    assert_int_equal(edited->note_count, 0);
    ims_edited_free(edited);
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_edit_is_the_same_machine),
        cmocka_unit_test(remove_takes_what_depends),
        cmocka_unit_test(move_gives_the_bus_of_the_port),
        cmocka_unit_test(move_numbers_anew_where_it_must),
        cmocka_unit_test(move_uses_the_range_of_the_port),
        cmocka_unit_test(bus_numbers_run_out),
        cmocka_unit_test(what_cannot_be_moved),
        cmocka_unit_test(conventional_device_numbers),
        cmocka_unit_test(a_bridge_goes_from_link_to_conventional_bus),
        cmocka_unit_test(addresses_are_those_of_the_input),
        cmocka_unit_test(vfs_move_along),
        cmocka_unit_test(a_moved_device_leaves_its_slot),
        cmocka_unit_test(add_a_class),
        cmocka_unit_test(add_from_another_machine),
        cmocka_unit_test(add_refuses),
        cmocka_unit_test(memory_goes_into_the_window),
        cmocka_unit_test(memory_that_does_not_fit_is_told),
        cmocka_unit_test(memory_that_cannot_be_placed_is_unknown),
        cmocka_unit_test(prefetchable_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
