/* SPDX-License-Identifier: MIT */
/* What the kernel, a PF or a bus treats as one, whatever requests do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/assign.h"
#include "ownership/model.h"

/* ---- IOMMU groups ---- */

/* Whether the kernel has, or would have, two functions in one group. */
static enum ims_tristate together(const struct ims_assignment *assignment, struct ims_function a,
                                  struct ims_function b)
{
    const struct ims_record *left = ims_assignment_info(assignment, a)->record;
    const struct ims_record *right = ims_assignment_info(assignment, b)->record;

    if (left->group_state == IMS_GROUP_KNOWN && right->group_state == IMS_GROUP_KNOWN)
        return ims_tristate_from_bool(left->group == right->group);
    if (left->group_state == IMS_GROUP_NONE || right->group_state == IMS_GROUP_NONE)
        return IMS_NO;
    return ims_grouping_together(assignment->grouping, a, b);
}

/* "IOMMU group 13", or the number of a computed one. */
static const char *group_name(struct ims_assignment *assignment, struct ims_function function)
{
    const struct ims_record *record = ims_assignment_info(assignment, function)->record;

    if (record->group_state == IMS_GROUP_KNOWN)
        return ims_assignment_text(assignment, "IOMMU group %u", record->group);
    return ims_assignment_text(
        assignment, "computed group %u",
        ims_grouping_group(assignment->grouping, ims_grouping_of(assignment->grouping, function))
            ->number);
}

static bool is_told(const struct ims_assignment *assignment, enum ims_offence_kind kind,
                    uint32_t owner, uint32_t victim, struct ims_function member)
{
    for (uint32_t i = 0; i < assignment->count; i++) {
        const struct ims_offence *offence = &assignment->offences[i];

        if (offence->kind != kind || offence->owner != owner || offence->victim != victim)
            continue;
        if (offence->from.index == member.index)
            return true;
        for (uint32_t j = 0; j < offence->all_count; j++)
            if (offence->all[j].index == member.index)
                return true;
    }
    return false;
}

/* VFIO gives a group to one owner; the second one's VMM does not start. */
static int report_two(struct ims_assignment *assignment, struct ims_function from,
                      struct ims_function to, enum ims_tristate sure)
{
    const uint32_t owner = ims_assignment_of(assignment, from);
    const uint32_t victim = ims_assignment_of(assignment, to);
    const char *names[3] = {ims_assignment_name(assignment, from),
                            ims_assignment_name(assignment, to), group_name(assignment, from)};

    if (is_told(assignment, IMS_OFFENCE_GROUP, owner, victim, to))
        return 0;
    if (!names[0] || !names[1] || !names[2])
        return -ENOMEM;
    return ims_assignment_add(
        assignment,
        &(struct ims_offence){
            .kind = IMS_OFFENCE_GROUP,
            .breaks = sure == IMS_YES ? IMS_YES : ims_assignment_weigh(assignment, IMS_FABRIC_MAY),
            .certainty = sure == IMS_YES ? IMS_FABRIC_MUST : IMS_FABRIC_MAY,
            .owner = owner,
            .victim = victim,
            .from = from,
            .to = to,
            .all = ims_assignment_list(assignment, &to, 1),
            .all_count = 1,
            .rule = "R8.1, R8.2",
            .text = sure == IMS_YES
                        ? ims_assignment_text(assignment,
                                              "%s and %s are in %s, which VFIO gives to one owner "
                                              "at a time",
                                              names[0], names[1], names[2])
                        : ims_assignment_text(assignment,
                                              "%s and %s may be in one IOMMU group, which VFIO "
                                              "gives to one owner at a time",
                                              names[0], names[1]),
            .remedy = "Give the group to one guest, or split it: iommuscope advise split says how.",
        });
}

/* Functions of the host in the group of a guest's: fine, as long as no host driver has them. */
static int report_companions(struct ims_assignment *assignment, struct ims_function from,
                             const struct ims_function *all, uint32_t count)
{
    const char *name = ims_assignment_name(assignment, from);
    const char *group = group_name(assignment, from);

    if (!name || !group)
        return -ENOMEM;
    return ims_assignment_add(
        assignment,
        &(struct ims_offence){
            .kind = IMS_OFFENCE_GROUP,
            .breaks = IMS_NO,
            .owner = ims_assignment_of(assignment, from),
            .victim = IMS_OWNER_HOST,
            .from = from,
            .to = all[0],
            .all = all,
            .all_count = count,
            .rule = "R8.1, R8.2",
            .text = ims_assignment_text(assignment,
                                        "%u function%s of the host %s in %s with %s, so that the "
                                        "host cannot use %s while the guest runs",
                                        count, count == 1 ? "" : "s", count == 1 ? "is" : "are",
                                        group, name, count == 1 ? "it" : "them"),
            .remedy =
                "iommuscope check tells whether VFIO takes the group, and claim hands it over.",
        });
}

static int find_companions(struct ims_assignment *assignment, struct ims_function from)
{
    const uint32_t functions = ims_topology_function_count(assignment->topology);
    struct ims_function *all = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < functions; i++) {
        const struct ims_function function = {i};

        if (ims_assignment_of(assignment, function) != IMS_OWNER_HOST ||
            together(assignment, from, function) != IMS_YES ||
            ims_is_interconnect(ims_assignment_info(assignment, function)) == IMS_YES)
            continue;
        if (is_told(assignment, IMS_OFFENCE_GROUP, ims_assignment_of(assignment, from),
                    IMS_OWNER_HOST, function))
            return 0;
        if (!all)
            all = ims_arena_alloc_array(&assignment->arena, functions - i, sizeof(*all));
        if (!all)
            return -ENOMEM;
        all[count++] = function;
    }
    return count ? report_companions(assignment, from, all, count) : 0;
}

int ims_assignment_groups(struct ims_assignment *assignment)
{
    int r = 0;

    for (uint32_t i = 0; i < assignment->guest_count && r == 0; i++) {
        const struct ims_function from = assignment->guests[i];

        for (uint32_t j = i + 1; j < assignment->guest_count && r == 0; j++) {
            const struct ims_function to = assignment->guests[j];
            enum ims_tristate sure;

            if (ims_assignment_of(assignment, from) == ims_assignment_of(assignment, to))
                continue;
            sure = together(assignment, from, to);
            if (sure != IMS_NO)
                r = report_two(assignment, from, to, sure);
        }
        if (r == 0)
            r = find_companions(assignment, from);
    }
    return r;
}

/* ---- virtual functions ---- */

static int report_vfs(struct ims_assignment *assignment, struct ims_function pf, uint32_t victim,
                      const struct ims_function *all, uint32_t count)
{
    const char *name = ims_assignment_name(assignment, pf);
    const char *whose = ims_assignment_owner_name(assignment, victim);

    if (!name || !whose)
        return -ENOMEM;
    return ims_assignment_add(
        assignment,
        &(struct ims_offence){
            .kind = IMS_OFFENCE_VFS,
            .breaks = IMS_YES,
            .owner = ims_assignment_of(assignment, pf),
            .victim = victim,
            .from = pf,
            .to = all[0],
            .all = all,
            .all_count = count,
            .rule = "A8.4",
            .text =
                ims_assignment_text(assignment,
                                    "%s is the physical function of %u virtual function%s of "
                                    "%s, and can take %s away or do with %s traffic as it likes",
                                    name, count, count == 1 ? "" : "s", whose,
                                    count == 1 ? "it" : "them", count == 1 ? "its" : "their"),
            .remedy = "Leave a physical function to the host while others have its virtual ones.",
        });
}

/* The VFs of a PF that one owner has, once for each owner, in the order of the VFs. */
static int find_vfs(struct ims_assignment *assignment, struct ims_function pf)
{
    const uint32_t functions = ims_topology_function_count(assignment->topology);
    const uint32_t owner = ims_assignment_of(assignment, pf);
    int r = 0;

    for (uint32_t i = 0; i < functions && r == 0; i++) {
        const struct ims_function vf = {i};
        const uint32_t victim = ims_assignment_of(assignment, vf);
        struct ims_function *all;
        uint32_t count = 0;

        if (ims_assignment_info(assignment, vf)->physfn.index != pf.index || victim == owner ||
            is_told(assignment, IMS_OFFENCE_VFS, owner, victim, vf))
            continue;
        all = ims_arena_alloc_array(&assignment->arena, functions - i, sizeof(*all));
        if (!all)
            return -ENOMEM;
        for (uint32_t j = i; j < functions; j++)
            if (ims_assignment_info(assignment, (struct ims_function){j})->physfn.index ==
                    pf.index &&
                assignment->owner_of[j] == victim)
                all[count++] = (struct ims_function){j};
        r = report_vfs(assignment, pf, victim, all, count);
    }
    return r;
}

int ims_assignment_vfs(struct ims_assignment *assignment)
{
    int r = 0;

    for (uint32_t i = 0; i < assignment->guest_count && r == 0; i++) {
        const struct ims_function_info *info =
            ims_assignment_info(assignment, assignment->guests[i]);

        if (info->is_vf != IMS_YES && info->pci.sriov.present != IMS_NO)
            r = find_vfs(assignment, assignment->guests[i]);
    }
    return r;
}

/* ---- resets (1.7) ---- */

#define FLR_CAPABLE 0x10000000u /* Device Capabilities bit 28 */

/* Whether a function can be reset without its neighbours. */
static enum ims_tristate resets_alone(const struct ims_function_info *info)
{
    static const char *const alone[] = {"device_specific", "acpi", "flr", "af_flr", "pm"};
    const char *methods = info->record->reset_methods;

    if (info->record->reset_stated) {
        for (const char *at = methods ? methods : ""; *at; at += strspn(at, " ")) {
            const size_t length = strcspn(at, " ");
            for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
                if (strlen(alone[i]) == length && strncmp(at, alone[i], length) == 0)
                    return IMS_YES;
            at += length;
        }
        return IMS_NO;
    }
    if (info->pci.pcie == IMS_YES && info->pci.pcie_offset) {
        const struct ims_bits word =
            ims_config_get32(&info->record->config, info->pci.pcie_offset + 4u);
        if (word.known & word.value & FLR_CAPABLE)
            return IMS_YES;
    }
    return IMS_UNKNOWN;
}

static int report_reset(struct ims_assignment *assignment, struct ims_function from,
                        uint32_t victim, const struct ims_function *all, uint32_t count)
{
    const enum ims_tristate alone = resets_alone(ims_assignment_info(assignment, from));
    const char *name = ims_assignment_name(assignment, from);
    const char *other = ims_assignment_name(assignment, all[0]);
    const char *then = alone == IMS_YES ? "it has a reset of its own for that"
                       : alone == IMS_NO
                           ? "it has no other reset, so that it keeps what the last owner left"
                           : "whether it has another reset is not known";

    if (!name || !other)
        return -ENOMEM;
    return ims_assignment_add(
        assignment,
        &(struct ims_offence){
            .kind = IMS_OFFENCE_RESET,
            .breaks = alone == IMS_YES  ? IMS_NO
                      : alone == IMS_NO ? IMS_YES
                                        : ims_assignment_weigh(assignment, IMS_FABRIC_MAY),
            .owner = ims_assignment_of(assignment, from),
            .victim = victim,
            .from = from,
            .to = all[0],
            .all = all,
            .all_count = count,
            .rule = "1.7",
            .text = ims_assignment_text(assignment,
                                        "a hot reset of %s takes %s along, so VFIO refuses it; %s",
                                        name, other, then),
            .remedy = "Give all functions behind one port to one owner.",
        });
}

/* What a hot reset of from takes along of one owner; bridges are reset with what is below them. */
static int find_reset(struct ims_assignment *assignment, struct ims_function from,
                      const struct ims_function *set, uint32_t set_count)
{
    const uint32_t owner = ims_assignment_of(assignment, from);
    int r = 0;

    for (uint32_t i = 0; i < set_count && r == 0; i++) {
        const uint32_t victim = ims_assignment_of(assignment, set[i]);
        struct ims_function *all;
        uint32_t count = 0;
        bool fresh = victim != owner;

        if (ims_is_interconnect(ims_assignment_info(assignment, set[i])) == IMS_YES)
            continue;
        for (uint32_t j = 0; j < i; j++)
            fresh &= ims_assignment_of(assignment, set[j]) != victim ||
                     ims_is_interconnect(ims_assignment_info(assignment, set[j])) == IMS_YES;
        if (!fresh)
            continue;
        all = ims_arena_alloc_array(&assignment->arena, set_count - i, sizeof(*all));
        if (!all)
            return -ENOMEM;
        for (uint32_t j = i; j < set_count; j++)
            if (ims_assignment_of(assignment, set[j]) == victim &&
                ims_is_interconnect(ims_assignment_info(assignment, set[j])) != IMS_YES)
                all[count++] = set[j];
        r = report_reset(assignment, from, victim, all, count);
    }
    return r;
}

int ims_assignment_resets(struct ims_assignment *assignment)
{
    int r = 0;

    for (uint32_t i = 0; i < assignment->guest_count && r == 0; i++) {
        struct ims_function *set = NULL;
        uint32_t count = 0;

        r = ims_hot_reset_set(assignment->topology, assignment->guests[i], &set, &count);
        if (r == 0)
            r = find_reset(assignment, assignment->guests[i], set, count);
        free(set);
    }
    return r;
}
