/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_PLAN_JSON_H
#define IMS_HOST_PLAN_JSON_H

/* A plan as JSON: what is saved for review, and what the journal begins with. */

#include <jansson.h>

#include "iommuscope/ownership.h"

/* A new reference; NULL when memory is short. */
json_t *ims_plan_to_json(const struct ims_plan *plan);

/* One step of it: what it does, and the write. */
json_t *ims_step_to_json(const struct ims_step *step);

/*
 * Reads a plan. Its steps are made again from the states of its members, and must be those that it
 * states. The caller frees *ret with ims_plan_free(). Returns -ENOMEM; -EBADMSG with the place.
 */
int ims_plan_from_json(const json_t *object, struct ims_plan **ret, struct ims_error *reterr);

/* "bind 0000:01:00.0 to vfio-pci": a step in words; buffer is closed with a zero. */
void ims_step_describe(const struct ims_step *step, char *buffer, size_t size_bytes);

#endif
