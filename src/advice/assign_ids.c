/* SPDX-License-Identifier: MIT */
/* Where the IOMMU is of no use to a plan: ids that it cannot tell apart, and what it does not see. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/assign.h"

/* ---- aliases (0.4) ---- */

/* Functions of an alias that one owner has. */
static const struct ims_function *those_of(struct ims_assignment *assignment,
                                           const struct ims_fabric_alias *alias, uint32_t owner,
                                           uint32_t *ret_count)
{
    struct ims_function *list =
        ims_arena_alloc_array(&assignment->arena, alias->function_count, sizeof(*list));

    *ret_count = 0;
    for (uint32_t i = 0; list && i < alias->function_count; i++)
        if (ims_assignment_of(assignment, alias->functions[i]) == owner)
            list[(*ret_count)++] = alias->functions[i];
    return list;
}

static bool told_already(const struct ims_assignment *assignment, struct ims_function from,
                         struct ims_function to)
{
    for (uint32_t i = 0; i < assignment->count; i++)
        if (assignment->offences[i].kind == IMS_OFFENCE_ALIAS &&
            assignment->offences[i].from.index == from.index &&
            assignment->offences[i].to.index == to.index)
            return true;
    return false;
}

static int report_alias(struct ims_assignment *assignment, const struct ims_fabric_alias *alias,
                        struct ims_function from, uint32_t victim)
{
    struct ims_offence offence = {
        .kind = IMS_OFFENCE_ALIAS,
        .certainty = alias->certainty,
        .breaks = ims_assignment_weigh(assignment, alias->certainty),
        .owner = ims_assignment_of(assignment, from),
        .victim = victim,
        .from = from,
        .rule = alias->rule,
        .remedy = "Give all of them to one owner: no setting gives them ids of their own.",
    };
    char id[IMS_ADDRESS_STRING_SIZE];

    offence.all = those_of(assignment, alias, victim, &offence.all_count);
    if (!offence.all || offence.all_count == 0)
        return -ENOMEM;
    offence.to = offence.all[0];
    if (told_already(assignment, offence.from, offence.to))
        return 0;
    const char *names[2] = {ims_assignment_name(assignment, offence.from),
                            ims_assignment_name(assignment, offence.to)};
    if (!names[0] || !names[1])
        return -ENOMEM;
    ims_address_format(alias->alias, id);
    offence.text = ims_assignment_text(
        assignment, "%s and %s %s requester id %s%s, so that the IOMMU cannot tell them apart",
        names[0], names[1], alias->certainty == IMS_FABRIC_MAY ? "may share" : "share", id,
        alias->of_table ? ", as the ACPI tables look them up" : "");
    return ims_assignment_add(assignment, &offence);
}

/* Every pair of owners once, told from the guest's side. */
static int report_owners(struct ims_assignment *assignment, const struct ims_fabric_alias *alias)
{
    int r = 0;

    for (uint32_t i = 0; i < alias->function_count && r == 0; i++) {
        const struct ims_function from = alias->functions[i];
        const uint32_t owner = ims_assignment_of(assignment, from);
        bool first = owner != IMS_OWNER_HOST;

        for (uint32_t j = 0; j < i; j++)
            first &= ims_assignment_of(assignment, alias->functions[j]) != owner;
        for (uint32_t j = 0; j < alias->function_count && first && r == 0; j++) {
            const uint32_t victim = ims_assignment_of(assignment, alias->functions[j]);
            bool fresh = victim == IMS_OWNER_HOST || victim > owner;

            for (uint32_t k = 0; k < j; k++)
                fresh &= ims_assignment_of(assignment, alias->functions[k]) != victim;
            if (fresh && victim != owner)
                r = report_alias(assignment, alias, from, victim);
        }
    }
    return r;
}

int ims_assignment_aliases(struct ims_assignment *assignment)
{
    static const enum ims_fabric_certainty certainties[] = {IMS_FABRIC_MUST, IMS_FABRIC_MAY};
    int r = 0;

    for (unsigned i = 0; i < 2 && r == 0; i++) {
        struct ims_fabric_aliases *aliases = NULL;

        r = ims_fabric_aliases(assignment->fabric, certainties[i], &aliases, NULL);
        for (uint32_t j = 0; r == 0 && j < ims_fabric_aliases_count(aliases); j++)
            r = report_owners(assignment, ims_fabric_aliases_at(aliases, j));
        ims_fabric_aliases_free(aliases);
    }
    return r;
}

/* ---- what no IOMMU translates (E9) ---- */

static int report_uncovered(struct ims_assignment *assignment, struct ims_function from, bool off)
{
    const char *name = ims_assignment_name(assignment, from);

    return ims_assignment_add(
        assignment,
        &(struct ims_offence){
            .kind = IMS_OFFENCE_UNCOVERED,
            .breaks = IMS_YES,
            .owner = ims_assignment_of(assignment, from),
            .victim = IMS_OWNER_HOST,
            .from = from,
            .to = IMS_FUNCTION_NONE,
            .all = ims_assignment_list(assignment, &from, 1),
            .all_count = 1,
            .rule = "E9",
            .text = !name ? NULL
                    : off ? ims_assignment_text(assignment,
                                                "%s can write all of memory: the kernel uses no "
                                                "IOMMU",
                                                name)
                          : ims_assignment_text(assignment,
                                                "%s can write all of memory: no IOMMU of the ACPI "
                                                "tables covers it",
                                                name),
            .remedy = off ? "Switch the IOMMU on in the firmware and the kernel."
                          : "Leave it to the host, or put the card where an IOMMU covers it.",
        });
}

int ims_assignment_uncovered(struct ims_assignment *assignment)
{
    const bool off = ims_topology_machine(assignment->topology)->iommu_on == IMS_NO;
    int r = 0;

    for (uint32_t i = 0; i < assignment->guest_count && r == 0; i++)
        if (off || ims_fabric_is_uncovered(assignment->fabric, assignment->guests[i])) {
            r = report_uncovered(assignment, assignment->guests[i], off);
            if (off)
                break; /* it is the same for all of them */
        }
    return r;
}

/* ---- what the input does not say (A1.9) ---- */

/*
 * Nothing tells where the registers of a function are, nor that it has none: text of lspci has no
 * line for registers that are not there, but always one for the command register.
 */
static bool is_blind(const struct ims_assignment *assignment, struct ims_function function)
{
    const struct ims_function_info *info = ims_assignment_info(assignment, function);
    uint32_t count = 0;

    (void)ims_fabric_bars(assignment->fabric, function, &count);
    return count == 0 && info->is_vf != IMS_YES && info->pci.command.known == 0 &&
           ims_config_get32(&info->record->config, 0x10).known == 0;
}

/* Whether a guest has functions and this owner is not that guest. */
static bool has_foes(const struct ims_assignment *assignment, uint32_t owner)
{
    for (uint32_t i = 0; i < assignment->guest_count; i++)
        if (ims_assignment_of(assignment, assignment->guests[i]) != owner)
            return true;
    return false;
}

int ims_assignment_blind(struct ims_assignment *assignment)
{
    const uint32_t functions = ims_topology_function_count(assignment->topology);
    struct ims_function *list = ims_arena_alloc_array(&assignment->arena, functions, sizeof(*list));
    uint32_t count = 0;

    if (!list)
        return -ENOMEM;
    for (uint32_t i = 0; i < functions; i++) {
        const struct ims_function function = {i};
        if (is_blind(assignment, function) &&
            has_foes(assignment, ims_assignment_of(assignment, function)))
            list[count++] = function;
    }
    if (count == 0)
        return 0;
    return ims_assignment_add(
        assignment,
        &(struct ims_offence){
            .kind = IMS_OFFENCE_BLIND,
            .certainty = IMS_FABRIC_MAY,
            .breaks = ims_assignment_weigh(assignment, IMS_FABRIC_MAY),
            .owner = ims_assignment_of(assignment, assignment->guests[0]),
            .victim = ims_assignment_of(assignment, list[0]),
            .from = IMS_FUNCTION_NONE,
            .to = list[0],
            .all = list,
            .all_count = count,
            .rule = "A1.9",
            .text = ims_assignment_text(assignment,
                                        "the base address registers of %u function%s are not in "
                                        "the input, so nothing can be said about who reaches %s",
                                        count, count == 1 ? "" : "s", count == 1 ? "it" : "them"),
            .remedy =
                "Read all of configuration space as root: lspci -xxxx, or iommuscope capture.",
        });
}
