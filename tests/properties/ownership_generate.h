/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_OWNERSHIP_GENERATE_H
#define IMS_TESTS_OWNERSHIP_GENERATE_H

#include "rng.h"
#include "sketch.h"

/* The group that is claimed; all other groups have other numbers. */
#define TARGET_GROUP 1u

/*
 * Draws a machine with one group worth claiming: multifunction cards, bridges with and without
 * drivers, a chipset device with an ISA bridge, PFs with VFs; and bystanders of the same kinds.
 */
void ownership_generate(struct rng *rng, struct sketch *ret);

#endif
