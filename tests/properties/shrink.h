/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_SHRINK_H
#define IMS_TESTS_SHRINK_H

/* Machines that are a step smaller or plainer than a given one. */

#include "sketch.h"

/* The number of steps that can be tried on a machine. */
unsigned shrink_steps(const struct sketch *sketch);

/*
 * Writes the machine after one step (0 to shrink_steps() - 1) to ret: first functions go, then
 * what the kernel said of groups, then what makes a function special. Returns false, with nothing
 * to release, when the step would change nothing or leave nothing.
 */
bool shrink_candidate(const struct sketch *sketch, unsigned step, struct sketch *ret);

/* Removes a function with everything below it and with its VFs. */
void shrink_remove(struct sketch *sketch, struct ims_address address);

#endif
