/* SPDX-License-Identifier: MIT */
#ifndef IMS_GROUPING_EXPLANATION_H
#define IMS_GROUPING_EXPLANATION_H

/* A list of reasons while it is being made, shared by explain.c and apart.c. */

#include "grouping/model.h"

/* What the caller sees, with the memory behind it. */
struct ims_explanation_box {
    struct ims_explanation visible; /* first: the pointers are interchangeable */
    struct ims_arena arena;
    struct ims_reason *reasons;
    uint32_t capacity;
    bool failed; /* memory was short */
};

/* Adds a reason; text must live in the box's arena (NULL marks the box as failed). */
void ims_explanation_add(struct ims_explanation_box *box, const struct ims_rule *rule, uint32_t at,
                         uint32_t from, uint32_t to, const char *text, enum ims_tristate certain);

/* explain.c: whether a bridge would hold a group together and has none itself (R3.4b). */
bool ims_explanation_is_missing_group(const struct ims_grouping *grouping, uint32_t bridge);

/* explain.c: adds that reason for a bridge. */
void ims_explanation_add_missing_group(struct ims_explanation_box *box,
                                       const struct ims_grouping *grouping, uint32_t bridge,
                                       uint32_t from, uint32_t to, enum ims_tristate certain);

/* apart.c: what separates two functions, level by level (R2.8, R2.14-R2.24). */
void ims_explanation_apart(struct ims_explanation_box *box, const struct ims_grouping *grouping,
                           uint32_t a, uint32_t b);

#endif
