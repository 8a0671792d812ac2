/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "pci/regs.h"
#include "topology/edit.h"

/* The register that stands for those of a device of which nothing but the class is known. */
#define STAND_IN_ADDRESS 0x100000u
#define STAND_IN_BYTES 0x100000u

/* ---- taking out ---- */

int ims_edit_remove(struct ims_edit_step *step)
{
    struct ims_function function = IMS_FUNCTION_NONE;
    int r = ims_edit_find(step, step->edit->function, &function);

    if (r < 0)
        return r;
    const struct ims_function_info *info = &step->from->functions[function.index];
    if (info->is_vf == IMS_YES)
        return ims_edit_refuse(step, -EINVAL, &info->address,
                               "it is a VF; how many there are says the number of VFs of its "
                               "physical function");
    bool *marks = calloc(step->from->function_count, sizeof(*marks));
    if (!marks)
        return -ENOMEM;
    ims_edit_mark_device(step->from, function, info->address.devfn % 8 != 0, marks);
    for (uint32_t i = 0; i < step->from->function_count; i++)
        step->places[i].dropped = marks[i];
    free(marks);
    return ims_edit_begin(step);
}

/* ---- putting in ---- */

static int write_range(struct ims_record *record, const struct ims_edit_range *range)
{
    const uint8_t numbers[] = {range->primary, range->secondary, range->subordinate};

    return ims_config_set_bytes(&record->config, IMS_REG_TYPE1_PRIMARY_BUS, numbers,
                                sizeof(numbers));
}

/* Writes the new bus numbers into the bridges that are in the next topology by now. */
static int write_own_ranges(struct ims_edit_step *step, const struct ims_edit_range *ranges)
{
    int r = 0;

    for (uint32_t i = 0; i < step->from->function_count && r == 0; i++)
        if (ranges[i].changed && !step->places[i].dropped)
            r = write_range(ims_builder_find(step->builder, step->places[i].address), &ranges[i]);
    return r;
}

static void guest_done(struct ims_edit_guest *guest)
{
    free(guest->marks);
    free(guest->addresses);
    free(guest->ranges);
}

/* The device of top in topology. */
static int guest_new(const struct ims_edit_step *step, const struct ims_topology *topology,
                     struct ims_function top, struct ims_edit_guest *ret)
{
    const size_t count = (size_t)topology->function_count + 1;

    *ret = (struct ims_edit_guest){
        .topology = topology,
        .is_own = topology == step->from,
        .top = top,
        .marks = calloc(count, sizeof(*ret->marks)),
        .addresses = calloc(count, sizeof(*ret->addresses)),
        .ranges = calloc(count, sizeof(*ret->ranges)),
    };
    if (!ret->marks || !ret->addresses || !ret->ranges) {
        guest_done(ret);
        return -ENOMEM;
    }
    ims_edit_mark_device(topology, top, false, ret->marks);
    return 0;
}

bool ims_edit_is_mapped(const struct ims_edit_step *step, struct ims_function function)
{
    return step->from->tables.mapping_count > 0 &&
           step->from->functions[function.index].coverage.covered == IMS_YES;
}

/*
 * Tables that map requester ids were written for the old ones, and firmware will write them anew:
 * the IOMMU of a port takes what comes below it, and that of a function keeps it.
 */
static void keep_coverage(struct ims_edit_step *step, struct ims_function port)
{
    bool changed = false;

    for (uint32_t i = 0; i < step->from->function_count; i++) {
        struct ims_edit_place *place = &step->places[i];
        if (ims_address_compare(place->address, step->from->functions[i].address) == 0)
            continue;
        place->covered = ims_edit_is_mapped(step, place->moved ? port : (struct ims_function){i});
        changed = true;
    }
    if (changed && step->from->tables.mapping_count)
        ims_edit_note(step, IMS_EDIT_NOTE_INFO, NULL,
                      "the ACPI table that maps requester ids to IOMMUs is of the old addresses; "
                      "firmware will write it anew, so that the same IOMMUs take the devices");
}

static int move(struct ims_edit_step *step, struct ims_edit_guest *guest, struct ims_function port)
{
    uint8_t device = 0;
    int r = ims_edit_check_port(step, guest, port, &device);

    if (r == 0)
        r = ims_edit_number(step, guest, port, device, guest->ranges);
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < step->from->function_count; i++)
        if (guest->marks[i]) {
            step->places[i].address = guest->addresses[i];
            step->places[i].moved = true;
        }
    keep_coverage(step, port);
    r = ims_edit_begin(step);
    if (r == 0)
        r = write_own_ranges(step, guest->ranges);
    return r == 0 ? ims_edit_place_memory(step, guest, port) : r;
}

int ims_edit_move(struct ims_edit_step *step)
{
    struct ims_function function = IMS_FUNCTION_NONE;
    struct ims_function port = IMS_FUNCTION_NONE;
    struct ims_edit_guest guest;
    int r = ims_edit_find(step, step->edit->function, &function);

    if (r == 0)
        r = ims_edit_find(step, step->edit->to.port, &port);
    if (r == 0)
        r = guest_new(step, step->from, function, &guest);
    if (r < 0)
        return r;
    r = move(step, &guest, port);
    guest_done(&guest);
    return r;
}

/*
 * What a copy brings along is the hardware; what the other kernel made of it stays behind. Linux
 * enables ACS in what it finds (R4.13).
 */
static int arrive(struct ims_edit_step *step, const struct ims_edit_guest *guest, uint32_t function,
                  struct ims_record *record)
{
    const struct ims_function_info *info = &guest->topology->functions[function];
    const uint16_t wanted = IMS_ACS_SV | IMS_ACS_RR | IMS_ACS_CR | IMS_ACS_UF;
    const uint16_t enabled = (uint16_t)(info->acs.capability.value & wanted);

    record->group_state = IMS_GROUP_UNKNOWN;
    record->was_grouped = false;
    record->iommu = record->label = record->slot = NULL;
    record->driver_stated = record->override_stated = record->reset_stated = false;
    record->driver = record->driver_override = record->reset_methods = NULL;
    record->has_vfio_device = record->numa_stated = record->on_root_bus = false;
    record->vmd_endpoint_stated = false;
    if (!ims_function_is_none(info->physfn)) {
        record->is_vf = IMS_YES;
        record->physfn_stated = true;
        record->physfn = guest->addresses[info->physfn.index];
    }
    if (info->acs.present != IMS_YES || info->acs.offset == 0 ||
        step->from->machine.iommu_on == IMS_NO)
        return 0;
    return ims_config_set16(&record->config, info->acs.offset + IMS_REG_ACS_CONTROL, enabled,
                            enabled);
}

static int copy_guest(struct ims_edit_step *step, const struct ims_edit_guest *guest,
                      struct ims_function port)
{
    int r = 0;

    for (uint32_t i = 0; i < guest->topology->function_count && r == 0; i++) {
        struct ims_record *record = NULL;
        if (!guest->marks[i])
            continue;
        r = ims_edit_copy_record(step->builder, guest->topology->functions[i].record,
                                 guest->addresses[i], &record);
        if (r == 0)
            r = arrive(step, guest, i, record);
        if (r == 0)
            record->was_grouped = ims_edit_is_mapped(step, port);
        if (r == 0 && guest->ranges[i].changed)
            r = write_range(record, &guest->ranges[i]);
    }
    return r;
}

static int add(struct ims_edit_step *step, struct ims_edit_guest *guest, struct ims_function port,
               struct ims_edit_range *ranges)
{
    uint8_t device = 0;
    int r = ims_edit_check_port(step, guest, port, &device);

    if (r == 0)
        r = ims_edit_number(step, guest, port, device, ranges);
    if (r < 0)
        return r;
    keep_coverage(step, port);
    r = ims_edit_begin(step);
    if (r == 0)
        r = write_own_ranges(step, ranges);
    if (r == 0)
        r = copy_guest(step, guest, port);
    return r == 0 ? ims_edit_place_memory(step, guest, port) : r;
}

/* A machine that consists of one function of a class: what a slot gets when nothing else is said. */
static int make_class(const struct ims_edit_step *step, struct ims_topology **ret)
{
    struct ims_builder *builder = ims_builder_new();
    struct ims_record *record = NULL;
    int r =
        builder ? ims_builder_function(builder, (struct ims_address){0}, &record, NULL) : -ENOMEM;

    if (r == 0)
        r = ims_config_set(&record->config, IMS_REG_HEADER_TYPE, IMS_HEADER_ENDPOINT, 0xff);
    if (r == 0)
        r = ims_config_set16(&record->config, IMS_REG_COMMAND,
                             IMS_REG_COMMAND_MEMORY_SPACE | IMS_REG_COMMAND_BUS_MASTER,
                             IMS_REG_COMMAND_MEMORY_SPACE | IMS_REG_COMMAND_BUS_MASTER);
    if (r == 0)
        r = ims_config_set32(&record->config, IMS_REG_BAR0, STAND_IN_ADDRESS, 0xffffffff);
    if (r < 0) {
        ims_builder_free(builder);
        return r;
    }
    record->device_name = "new device";
    record->class_stated = true;
    record->class_code = step->edit->to.add.class_code;
    record->class_known = 0xffffff;
    record->port_type_stated = true;
    record->port_type = IMS_PORT_ENDPOINT;
    record->resource_count = 1;
    record->resources[0] = (struct ims_resource){.start = STAND_IN_ADDRESS,
                                                 .end = STAND_IN_ADDRESS + STAND_IN_BYTES - 1};
    return ims_builder_seal(builder, ret, NULL);
}

static int add_from(struct ims_edit_step *step, const struct ims_topology *other,
                    struct ims_function top)
{
    struct ims_edit_range *ranges = calloc((size_t)step->from->function_count + 1, sizeof(*ranges));
    struct ims_function port = IMS_FUNCTION_NONE;
    struct ims_edit_guest guest;
    int r = ranges ? ims_edit_find(step, step->edit->to.add.port, &port) : -ENOMEM;

    if (r == 0)
        r = guest_new(step, other, top, &guest);
    if (r == 0) {
        r = add(step, &guest, port, ranges);
        guest_done(&guest);
    }
    free(ranges);
    return r;
}

int ims_edit_add(struct ims_edit_step *step)
{
    const struct ims_topology *other = step->edit->to.add.other;
    struct ims_topology *made = NULL;

    if (other) {
        const struct ims_function top = ims_topology_find(other, step->edit->function);
        if (ims_function_is_none(top))
            return ims_edit_refuse(step, -ENOENT, &step->edit->function,
                                   "there is no such function in the other input");
        return add_from(step, other, top);
    }
    if (step->edit->to.add.class_code > 0xffffff ||
        step->edit->to.add.class_code >> 16 == IMS_CLASS_HOST_BRIDGE >> 8)
        return ims_edit_refuse(step, -EINVAL, NULL,
                               "a bridge has more properties than its class; take one from "
                               "another input");
    int r = make_class(step, &made);
    if (r == 0)
        r = add_from(step, made, (struct ims_function){0});
    if (r == 0)
        ims_edit_note(step, IMS_EDIT_NOTE_INFO, NULL,
                      "nothing but its class is known: it is taken as one PCI Express function "
                      "with one register of 1 MiB");
    ims_topology_free(made);
    return r;
}
