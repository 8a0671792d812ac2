/* SPDX-License-Identifier: MIT */
#ifndef IMS_OWNERSHIP_MODEL_H
#define IMS_OWNERSHIP_MODEL_H

/* What the files of the room share. */

#include <string.h>

#include "base/arena.h"
#include "iommuscope/ownership.h"
#include "rules/catalogue.h"

/* Which drivers manage DMA ownership themselves. (drivers.c) */
enum ims_driver_kind {
    IMS_DRIVER_HOST = 0, /* every other one */
    IMS_DRIVER_VFIO,
    IMS_DRIVER_STUB,
    IMS_DRIVER_PORT, /* pcieport; fsl-pci of the platform bus */
};

/* on_pci: a driver of the PCI bus, else of any other. */
enum ims_driver_kind ims_driver_kind(const char *driver, bool on_pci);

/* Whether a PCI driver, or none (NULL), keeps a function for user space: VFIO drivers, pci-stub. */
bool ims_driver_is_for_guests(const char *driver);

/* The rule that the kernel judges members by; unknown where nobody said which kernel it is. */
enum ims_tristate ims_driver_counts_owners(struct ims_kernel_version version, bool assumed);

struct ims_check {
    struct ims_arena arena;
    const struct ims_topology *topology;
    const struct ims_grouping *grouping;
    const struct ims_uses *uses;           /* or NULL */
    const struct ims_kernel_group *kernel; /* facts about the kernel's group, or NULL */
    struct ims_kernel_version version;
    enum ims_tristate counts_owners; /* 5.19 and later: R8.2, before: R8.1 */
    bool of_kernel;
    bool has_group;
    uint32_t number;
    uint32_t computed; /* index of the computed group */
    struct ims_function asked;
    bool members_certain;
    bool iommu_assumed; /* groups are those of a machine whose IOMMU is on */
    struct ims_member *members;
    uint32_t member_count;
    struct ims_obstacle *obstacles;
    uint32_t obstacle_count;
    uint32_t obstacle_capacity;
    struct ims_reset *resets;
    uint32_t reset_count;
    enum ims_tristate viable;
    enum ims_tristate usable;
    const char *message;
    bool failed; /* memory was short */
};

static inline const struct ims_function_info *ims_check_info(const struct ims_check *check,
                                                             const struct ims_member *member)
{
    return ims_function_is_none(member->function)
               ? NULL
               : ims_topology_function(check->topology, member->function);
}

/* Text in the check's arena; never NULL: memory that is short is remembered in failed. */
const char *ims_check_text(struct ims_check *check, const char *format, ...) IMS_PRINTF(2, 3);

/* Finds the members and judges each (members.c). */
void ims_check_members(struct ims_check *check, struct ims_function function);

/* Whether a function is one of the members. */
bool ims_check_holds(const struct ims_check *check, struct ims_function function);

/* Whether a member is one for sure: in a group that is not certain, only the function asked for. */
bool ims_member_is_certain(const struct ims_check *check, const struct ims_member *member);

/* Finds how members are reset, then what stands in the way (resets.c, obstacles.c). */
void ims_check_resets(struct ims_check *check);
void ims_check_obstacles(struct ims_check *check);

/* Writes the message (message.c). */
void ims_check_write_message(struct ims_check *check);

/* Whether a header of type 1 or 2 makes a function interconnect; unknown: nobody says. */
enum ims_tristate ims_is_interconnect(const struct ims_function_info *info);

/* Whether two names, or their absence, are the same. */
static inline bool ims_same_name(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether a plan takes the driver of a function away, and whether that loss was accepted. */
bool ims_plan_takes(const struct ims_plan *plan, struct ims_address address);
bool ims_plan_allows(const struct ims_plan *plan, struct ims_address address);

/* Whether VFs of a function go when a plan is carried out: with its driver, or by themselves. */
bool ims_plan_drops_vfs(const struct ims_plan *plan, struct ims_address address);

/*
 * Whether a use forbids to carry a plan out, and how. taken: the function that the plan takes; a VF
 * goes with its PF. (policy.c)
 */
bool ims_plan_forbids(const struct ims_plan *plan, const struct ims_use *use,
                      struct ims_address taken, enum ims_plan_refusal *ret);

#endif
