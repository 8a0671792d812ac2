/* SPDX-License-Identifier: MIT */
#ifndef IMS_ADVICE_ASSIGN_H
#define IMS_ADVICE_ASSIGN_H

/* The inside of a judged plan, shared by the files that judge it. */

#include "base/arena.h"
#include "iommuscope/advice.h"

/* The host is an owner like others, but for its number; whom it gives what it keeps is its affair. */
#define IMS_OWNER_HOST IMS_NONE

struct ims_assignment {
    struct ims_arena arena;
    const struct ims_topology *topology;
    const struct ims_grouping *grouping;
    const struct ims_fabric *fabric;
    const struct ims_owner *owners;
    struct ims_assignment_options options;
    uint32_t *owner_of;          /* per function: an index of owners, or IMS_OWNER_HOST */
    struct ims_function *guests; /* functions that guests have, sorted */
    uint32_t guest_count;
    struct ims_offence *offences;
    uint32_t count;
    uint32_t capacity;
};

static inline const struct ims_function_info *
ims_assignment_info(const struct ims_assignment *assignment, struct ims_function function)
{
    return ims_topology_function(assignment->topology, function);
}

static inline uint32_t ims_assignment_of(const struct ims_assignment *assignment,
                                         struct ims_function function)
{
    return assignment->owner_of[function.index];
}

/*
 * Keeps an offence; its texts and its list are those that the functions below give. Returns -ENOMEM,
 * also where one of them is missing.
 */
int ims_assignment_add(struct ims_assignment *assignment, const struct ims_offence *offence);

/* Text that lives as long as the assignment; NULL: no memory. */
const char *ims_assignment_text(struct ims_assignment *assignment, const char *format, ...)
    IMS_PRINTF(2, 3);
/* "0000:01:00.0 of guest web", "0000:00:1f.3 of the host". NULL: no memory. */
const char *ims_assignment_name(struct ims_assignment *assignment, struct ims_function function);
/* "guest web", "the host". NULL: no memory. */
const char *ims_assignment_owner_name(struct ims_assignment *assignment, uint32_t owner);
/* A copy of a list that lives as long; NULL: no memory. */
const struct ims_function *ims_assignment_list(struct ims_assignment *assignment,
                                               const struct ims_function *functions,
                                               uint32_t count);
/* How an offence counts that is only possible. */
enum ims_tristate ims_assignment_weigh(const struct ims_assignment *assignment,
                                       enum ims_fabric_certainty certainty);

/* assign_ways.c: what requests reach. Returns -ENOMEM. */
int ims_assignment_ways(struct ims_assignment *assignment);

/* assign_ids.c: where the IOMMU is of no use. Return -ENOMEM. */
int ims_assignment_aliases(struct ims_assignment *assignment);
int ims_assignment_blind(struct ims_assignment *assignment);
int ims_assignment_uncovered(struct ims_assignment *assignment);

/* assign_units.c: what the kernel and the bus treat as one. Return -ENOMEM. */
int ims_assignment_groups(struct ims_assignment *assignment);
int ims_assignment_vfs(struct ims_assignment *assignment);
int ims_assignment_resets(struct ims_assignment *assignment);

#endif
