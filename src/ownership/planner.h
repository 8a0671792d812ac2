/* SPDX-License-Identifier: MIT */
#ifndef IMS_OWNERSHIP_PLANNER_H
#define IMS_OWNERSHIP_PLANNER_H

/* A plan while it is made. */

#include "ownership/model.h"

struct ims_planner {
    const struct ims_check *check;
    const struct ims_plan_request *request;
    struct ims_plan *plan;
    struct ims_arena *arena; /* of the plan */
    bool failed;             /* memory was short */
};

/* Text in the plan's arena; NULL when memory is short, which is remembered in failed. */
const char *ims_planner_text(struct ims_planner *planner, const char *format, ...) IMS_PRINTF(2, 3);

/* Whether a function belongs to the platform: host and ISA bridges, timers, controllers. */
bool ims_planner_is_system(const struct ims_plan_member *member);

/* Adds what forbids to carry the plan out (blockers.c). Returns -ENOMEM. */
int ims_planner_block(struct ims_planner *planner);

#endif
