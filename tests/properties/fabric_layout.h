/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FABRIC_LAYOUT_H
#define IMS_TESTS_FABRIC_LAYOUT_H

/* Addresses for a machine that was drawn without: BARs that do not overlap, windows around them. */

#include "rng.h"
#include "sketch.h"

/* Gives endpoints (but for nobar), PFs and bridges with "bar" one range each, where none is said. */
void fabric_default_bars(struct sketch *sketch);

/*
 * Places every stated range (its base is not looked at) and sets the windows of all bridges.
 * rng: leaves gaps now and then; NULL: everything is tight.
 */
void fabric_layout(struct sketch *sketch, struct rng *rng);

#endif
