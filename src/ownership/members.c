/* SPDX-License-Identifier: MIT */
/* The members of a group, and what the kernel's rule makes of each. */
#include <string.h>

#include "ownership/model.h"

enum ims_tristate ims_is_interconnect(const struct ims_function_info *info)
{
    /* A function that does not answer reads as ones: that is no header type. */
    if ((info->pci.header_type.known & 0x7f) == 0x7f && info->pci.header_type.value != 0x7f)
        return ims_tristate_from_bool(info->pci.header_type.value != 0);
    if (!ims_bus_is_none(info->secondary_bus))
        return IMS_YES;
    /* Bridges to PCI and CardBus have these classes; a host or ISA bridge is header type 0. */
    if ((info->class_code.known & 0xffff00) != 0xffff00)
        return IMS_UNKNOWN;
    const uint32_t code = info->class_code.value >> 8;
    return ims_tristate_from_bool(code == 0x0604 || code == 0x0607);
}

/* A function that has gone keeps the driver that its group still knows of. */
static bool is_on_pci(const struct ims_member *member)
{
    struct ims_address address;
    return !ims_function_is_none(member->function) ||
           ims_address_parse(member->name, &address) == 0;
}

static void judge_unknown(struct ims_check *check, struct ims_member *member, const char *text)
{
    member->verdict = IMS_MEMBER_UNKNOWN;
    member->text = ims_check_text(check, "%s", text);
}

/* A bridge before 5.19 does not count whatever its driver is (R8.1). */
static void judge_interconnect(struct ims_check *check, struct ims_member *member)
{
    enum ims_driver_kind kind =
        member->driver ? ims_driver_kind(member->driver, true) : IMS_DRIVER_HOST;

    if (check->counts_owners == IMS_NO) {
        member->verdict = IMS_MEMBER_EXEMPT;
        member->text = ims_check_text(check, "interconnect: before 5.19 its driver does not count");
    } else if (member->has_driver != IMS_YES) {
        judge_unknown(check, member, "its driver is not known");
    } else if (kind == IMS_DRIVER_PORT) {
        member->verdict = IMS_MEMBER_EXEMPT;
        member->text = ims_check_text(check, "interconnect: pcieport leaves DMA to others");
    } else if (check->counts_owners == IMS_UNKNOWN) {
        judge_unknown(check, member, "its driver counts since 5.19, and the kernel is not known");
    } else {
        member->verdict = IMS_MEMBER_BLOCKING;
        member->text = ims_check_text(
            check, "since 5.19 only pcieport is exempt on a bridge; %s counts", member->driver);
    }
}

/*
 * A root complex event collector has a type 0 header and pcieport, fsl-pci is no PCI driver: only
 * the later rule spares them.
 */
static void judge_port_driver(struct ims_check *check, struct ims_member *member)
{
    if (check->counts_owners == IMS_UNKNOWN) {
        member->verdict = IMS_MEMBER_UNKNOWN;
        member->text = ims_check_text(check, "%s is exempt since 5.19, and the kernel is not known",
                                      member->driver);
    } else if (check->counts_owners == IMS_YES) {
        member->verdict = IMS_MEMBER_EXEMPT;
        member->text = ims_check_text(check, "%s leaves DMA to others", member->driver);
    } else {
        member->verdict = IMS_MEMBER_BLOCKING;
        member->text =
            ims_check_text(check, "before 5.19 %s counts but on a bridge", member->driver);
    }
}

static void judge_endpoint(struct ims_check *check, struct ims_member *member, bool has_vfio_device)
{
    const bool on_pci = is_on_pci(member);

    if (member->has_driver == IMS_UNKNOWN) {
        judge_unknown(check, member, "its driver is not known");
        return;
    }
    switch (ims_driver_kind(member->driver, on_pci)) {
    case IMS_DRIVER_VFIO:
        member->verdict = IMS_MEMBER_VFIO;
        member->text = ims_check_text(check, "bound to a VFIO driver");
        return;
    case IMS_DRIVER_STUB:
        member->verdict = IMS_MEMBER_STUB;
        member->text = ims_check_text(check, "held by pci-stub, which does no DMA");
        return;
    case IMS_DRIVER_PORT:
        judge_port_driver(check, member);
        return;
    case IMS_DRIVER_HOST:
        break;
    }
    if (has_vfio_device) {
        member->verdict = IMS_MEMBER_VFIO;
        member->text = ims_check_text(check, "has a VFIO device: its driver is a variant");
        return;
    }
    member->verdict = IMS_MEMBER_BLOCKING;
    member->text = ims_check_text(check, "%s is a host driver", member->driver);
}

static void judge(struct ims_check *check, struct ims_member *member)
{
    const struct ims_function_info *info = ims_check_info(check, member);
    enum ims_tristate interconnect = info ? ims_is_interconnect(info) : IMS_NO;
    const bool is_quiet = ims_driver_is_for_guests(member->driver);

    member->is_interconnect = interconnect == IMS_YES;
    /* The link goes first: without it the driver may still be there, and wait (1.5). */
    if (info && info->record->is_stuck) {
        judge_unknown(check, member, "the kernel does not come back from a change of its driver");
    } else if (member->has_driver == IMS_NO) {
        member->verdict = IMS_MEMBER_FREE;
        member->text = ims_check_text(check, "no driver is bound");
    } else if (interconnect == IMS_YES && !is_quiet) {
        judge_interconnect(check, member);
    } else if (interconnect == IMS_UNKNOWN && !is_quiet && check->counts_owners != IMS_YES) {
        judge_unknown(check, member, "whether it is a bridge, which does not count, is not known");
    } else {
        judge_endpoint(check, member, info && info->record->has_vfio_device);
    }
}

bool ims_member_is_certain(const struct ims_check *check, const struct ims_member *member)
{
    return check->members_certain || member->function.index == check->asked.index;
}

bool ims_check_holds(const struct ims_check *check, struct ims_function function)
{
    const struct ims_record *record = ims_topology_function(check->topology, function)->record;

    if (check->of_kernel)
        return record->group_state == IMS_GROUP_KNOWN && record->group == check->number;
    return ims_grouping_of(check->grouping, function) == check->computed;
}

static void add_function(struct ims_check *check, struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(check->topology, function);
    char name[IMS_ADDRESS_STRING_SIZE];
    struct ims_member *member = &check->members[check->member_count++];

    *member = (struct ims_member){
        .function = function,
        .name = ims_check_text(check, "%s", ims_address_format(info->address, name)),
        .driver = info->record->driver_stated ? info->record->driver : NULL,
        .has_driver = !info->record->driver_stated ? IMS_UNKNOWN
                                                   : ims_tristate_from_bool(info->record->driver),
    };
    judge(check, member);
}

/* Members of other buses; those whose names the input does not have are one unknown. */
static void add_others(struct ims_check *check)
{
    const struct ims_kernel_group *kernel = check->kernel;
    const uint32_t named = kernel ? kernel->other_count : 0;

    for (uint32_t i = 0; i < named; i++) {
        struct ims_member *member = &check->members[check->member_count++];

        *member = (struct ims_member){
            .function = IMS_FUNCTION_NONE,
            .name = kernel->others[i].name,
            .driver = kernel->others[i].driver,
            .has_driver = !kernel->others[i].driver_stated
                              ? IMS_UNKNOWN
                              : ims_tristate_from_bool(kernel->others[i].driver),
        };
        judge(check, member);
    }
    if (!kernel || kernel->non_pci_count <= named)
        return;
    struct ims_member *member = &check->members[check->member_count++];

    *member = (struct ims_member){.function = IMS_FUNCTION_NONE, .has_driver = IMS_UNKNOWN};
    member->name = ims_check_text(check, "%u more on other buses", kernel->non_pci_count - named);
    judge(check, member);
}

static void find_group(struct ims_check *check, struct ims_function function)
{
    const struct ims_record *record = ims_topology_function(check->topology, function)->record;
    const struct ims_machine *machine = ims_topology_machine(check->topology);
    const uint32_t kernel_groups = ims_topology_kernel_group_count(check->topology);

    check->computed = ims_grouping_of(check->grouping, function);
    const struct ims_group_info *group = ims_grouping_group(check->grouping, check->computed);

    check->of_kernel = record->group_state == IMS_GROUP_KNOWN;
    /* What Linux would group if the IOMMU were on is nothing that VFIO could open. */
    check->has_group =
        check->of_kernel || (record->group_state == IMS_GROUP_UNKNOWN && group->managed &&
                             (machine->iommu_on != IMS_NO || check->iommu_assumed));
    check->members_certain = check->of_kernel || !check->has_group || group->certain;
    check->number = check->of_kernel ? record->group : group->number;
    for (uint32_t i = 0; check->of_kernel && i < kernel_groups; i++)
        if (ims_topology_kernel_group(check->topology, i)->number == check->number)
            check->kernel = ims_topology_kernel_group(check->topology, i);
}

void ims_check_members(struct ims_check *check, struct ims_function function)
{
    const uint32_t count = ims_topology_function_count(check->topology);
    uint32_t room = 2; /* the function itself, and others that have no name */

    check->asked = function;
    find_group(check, function);
    for (uint32_t i = 0; check->has_group && i < count; i++)
        room += ims_check_holds(check, (struct ims_function){i});
    room += check->kernel ? check->kernel->other_count : 0;
    check->members = ims_arena_alloc_array(&check->arena, room, sizeof(*check->members));
    if (!check->members) {
        check->failed = true;
        return;
    }
    if (!check->has_group)
        add_function(check, function);
    for (uint32_t i = 0; check->has_group && i < count; i++)
        if (ims_check_holds(check, (struct ims_function){i}))
            add_function(check, (struct ims_function){i});
    add_others(check);
}
