/* SPDX-License-Identifier: MIT */
/* What stands in the way of handing a group over, beside what is only worth knowing. */
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "ownership/model.h"
#include "rules/judge.h"

static unsigned rank(enum ims_tristate blocks)
{
    return blocks == IMS_YES ? 0 : blocks == IMS_UNKNOWN ? 1 : 2;
}

/* Keeps what blocks first, and otherwise the order in which obstacles are found. */
static void add(struct ims_check *check, enum ims_rule_id id, enum ims_tristate blocks,
                uint32_t member, const char *text)
{
    uint32_t at = check->obstacle_count;
    struct ims_obstacle *obstacles = ims_array_grow(check->obstacles, &check->obstacle_capacity,
                                                    check->obstacle_count + 1, sizeof(*obstacles));

    if (!obstacles) {
        check->failed = true;
        return;
    }
    check->obstacles = obstacles;
    while (at > 0 && rank(obstacles[at - 1].blocks) > rank(blocks))
        at--;
    memmove(&obstacles[at + 1], &obstacles[at], (check->obstacle_count - at) * sizeof(*obstacles));
    obstacles[at] = (struct ims_obstacle){
        .rule = ims_rule_get(id),
        .blocks = blocks,
        .member = member,
        .text = text,
        .remedy = ims_rule_get(id)->remedy,
    };
    check->obstacle_count++;
}

static void add_blocking_driver(struct ims_check *check, uint32_t i)
{
    const struct ims_member *member = &check->members[i];
    const enum ims_tristate blocks = ims_member_is_certain(check, member) ? IMS_YES : IMS_UNKNOWN;

    if (ims_function_is_none(member->function))
        add(check, IMS_RULE_OWN_OTHER_BUS, blocks, i,
            ims_check_text(check, "%s, which is no PCI function, is bound to %s", member->name,
                           member->driver));
    else if (member->is_interconnect)
        add(check, IMS_RULE_OWN_BRIDGE_DRIVER, blocks, i,
            ims_check_text(check, "the bridge %s is bound to %s: %s", member->name, member->driver,
                           member->text));
    else
        add(check, IMS_RULE_OWN_HOST_DRIVER, blocks, i,
            ims_check_text(check, "%s is bound to %s, a host driver", member->name,
                           member->driver));
}

/* A function that nothing holds is taken by the next module that knows it. */
static bool is_loose(const struct ims_function_info *info, const struct ims_member *member)
{
    return info && member->verdict == IMS_MEMBER_FREE && !member->is_interconnect &&
           info->record->override_stated && !info->record->driver_override;
}

static void judge_drivers(struct ims_check *check)
{
    for (uint32_t i = 0; i < check->member_count; i++) {
        const struct ims_member *member = &check->members[i];

        if (member->verdict == IMS_MEMBER_BLOCKING)
            add_blocking_driver(check, i);
        else if (member->verdict == IMS_MEMBER_UNKNOWN)
            add(check, IMS_RULE_OWN_UNKNOWN, IMS_UNKNOWN, i,
                ims_check_text(check, "%s: %s", member->name, member->text));
        else if (is_loose(ims_check_info(check, member), member))
            add(check, IMS_RULE_OWN_LOOSE, IMS_NO, i,
                ims_check_text(check, "%s has no driver, and nothing keeps one from taking it",
                               member->name));
    }
}

static void judge_group(struct ims_check *check)
{
    const struct ims_machine *machine = ims_topology_machine(check->topology);

    if (!check->has_group) {
        add(check, IMS_RULE_OWN_NO_GROUP, IMS_YES, 0,
            ims_check_text(check,
                           machine->iommu_on == IMS_NO
                               ? "%s is in no group: the IOMMU is off, or there is none"
                               : "%s is in no group: no IOMMU covers it",
                           check->members[0].name));
        return;
    }
    if (check->kernel && check->kernel->name && strcmp(check->kernel->name, "vfio-noiommu") == 0)
        add(check, IMS_RULE_OWN_NO_IOMMU, IMS_YES, IMS_NONE,
            ims_check_text(check, "the group was made by VFIO's no-IOMMU mode: it isolates "
                                  "nothing"));
    if (!check->members_certain)
        add(check, IMS_RULE_OWN_UNKNOWN, IMS_UNKNOWN, IMS_NONE,
            ims_check_text(check, "which functions are members is not certain: %s",
                           ims_grouping_group(check->grouping, check->computed)->uncertain_text));
}

/* Whether a line "START END TYPE" is of type direct; relaxable regions have a type of their own. */
static bool is_direct(const char *line)
{
    const char *blank = strrchr(line, ' ');
    return blank && strcmp(blank + 1, "direct") == 0;
}

/* R8.4: the refusal came between 6.5 and 6.8; Intel's driver refused before in its own way. */
static enum ims_tristate direct_blocks(const struct ims_check *check)
{
    const struct ims_machine *machine = ims_topology_machine(check->topology);

    if (!ims_kernel_version_before(check->version, 6, 8))
        return IMS_YES;
    if (machine->iommu_kind == IMS_IOMMU_INTEL)
        return IMS_YES;
    if (!ims_kernel_version_before(check->version, 6, 6) ||
        machine->iommu_kind == IMS_IOMMU_UNKNOWN)
        return IMS_UNKNOWN;
    return IMS_NO;
}

static void judge_regions(struct ims_check *check)
{
    for (uint32_t i = 0; check->kernel && i < check->kernel->reserved_count; i++)
        if (is_direct(check->kernel->reserved[i]))
            add(check, IMS_RULE_OWN_DIRECT_REGION, direct_blocks(check), IMS_NONE,
                ims_check_text(check, "firmware keeps a direct mapping: %s",
                               check->kernel->reserved[i]));
}

static void judge_interrupts(struct ims_check *check)
{
    const struct ims_machine *machine = ims_topology_machine(check->topology);

    if (machine->interrupt_remapping != IMS_NO)
        return;
    if (machine->unsafe_interrupts == IMS_YES)
        add(check, IMS_RULE_OWN_INTERRUPTS, IMS_NO, IMS_NONE,
            ims_check_text(check, "interrupts are not remapped; allow_unsafe_interrupts is set, so "
                                  "VFIO takes the group all the same"));
    else
        add(check, IMS_RULE_OWN_INTERRUPTS,
            machine->unsafe_interrupts == IMS_NO ? IMS_YES : IMS_UNKNOWN, IMS_NONE,
            ims_check_text(check, "interrupts are not remapped, and allow_unsafe_interrupts is %s",
                           machine->unsafe_interrupts == IMS_NO ? "not set" : "not known"));
}

/* Who has the function for a guest or another user-space driver; NULL when nobody was seen. */
static const struct ims_use *holder_of(const struct ims_check *check,
                                       const struct ims_function_info *info)
{
    for (uint32_t i = 0; check->uses && i < check->uses->count; i++) {
        const struct ims_use *use = &check->uses->uses[i];
        if (use->kind == IMS_USE_GUEST && ims_address_compare(use->address, info->address) == 0)
            return use;
    }
    return NULL;
}

/* Section 5 of the facts: before 4.12 a guest may own a function that pci-stub only guards. */
static void judge_stubs(struct ims_check *check)
{
    const struct ims_machine *machine = ims_topology_machine(check->topology);

    if (!ims_kernel_version_before(check->version, 4, 12) || machine->kvm_assignment == IMS_NO)
        return;
    for (uint32_t i = 0; i < check->member_count; i++) {
        const struct ims_member *member = &check->members[i];

        if (member->verdict != IMS_MEMBER_STUB)
            continue;
        const struct ims_use *holder = holder_of(check, ims_check_info(check, member));
        if (holder)
            add(check, IMS_RULE_OWN_KVM_STUB, IMS_YES, i,
                ims_check_text(check, "%s is on pci-stub, and %s has it", member->name,
                               holder->subject));
        else if (machine->kvm_assignment == IMS_YES && !check->uses)
            add(check, IMS_RULE_OWN_KVM_STUB, IMS_UNKNOWN, i,
                ims_check_text(check,
                               "%s is on pci-stub, KVM has legacy assignment, and nobody "
                               "looked for a guest that has it",
                               member->name));
    }
}

static void judge_vfio(struct ims_check *check)
{
    for (uint32_t i = 0; i < check->member_count; i++)
        if (check->members[i].verdict == IMS_MEMBER_VFIO ||
            check->members[i].verdict == IMS_MEMBER_UNKNOWN)
            return;
    if (check->viable == IMS_YES && check->reset_count > 0)
        add(check, IMS_RULE_OWN_NO_VFIO, IMS_NO, IMS_NONE,
            ims_check_text(check, "no member is bound to a VFIO driver yet"));
}

static void judge_reset(struct ims_check *check, const struct ims_reset *reset)
{
    const char *name = check->members[reset->member].name;

    if (reset->methods_known && !reset->methods)
        add(check, IMS_RULE_OWN_NO_RESET, IMS_NO, reset->member,
            ims_check_text(check, "%s has no reset", name));
    else if (reset->bus_is_shared && strcmp(reset->methods, "bus") == 0)
        add(check, IMS_RULE_OWN_NO_RESET, IMS_NO, reset->member,
            ims_check_text(check, "%s can only be reset with its bus, which it shares", name));
}

/* One sentence for the members that share a bus. */
static void judge_resets(struct ims_check *check)
{
    const struct ims_function *said = NULL;

    for (uint32_t i = 0; i < check->reset_count; i++) {
        const struct ims_reset *reset = &check->resets[i];
        char first[IMS_ADDRESS_STRING_SIZE];

        judge_reset(check, reset);
        if (reset->beyond_count == 0 || reset->beyond == said)
            continue;
        said = reset->beyond;
        ims_address_format(ims_topology_function(check->topology, reset->beyond[0])->address,
                           first);
        add(check, IMS_RULE_OWN_RESET_BEYOND, IMS_NO, reset->member,
            reset->beyond_count == 1
                ? ims_check_text(check, "a hot reset of %s would reset %s, of another group",
                                 check->members[reset->member].name, first)
                : ims_check_text(check,
                                 "a hot reset of %s would reset %s and %u more, of other "
                                 "groups",
                                 check->members[reset->member].name, first,
                                 reset->beyond_count - 1));
    }
}

void ims_check_obstacles(struct ims_check *check)
{
    if (check->failed)
        return;
    judge_group(check);
    judge_drivers(check);
    judge_regions(check);
    judge_interrupts(check);
    judge_stubs(check);
    judge_vfio(check);
    judge_resets(check);
}
