/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_CAPABILITY_NAMES_H
#define IMS_OUTPUT_CAPABILITY_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* The name of a capability id; NULL when it has none here. */
const char *ims_capability_name(bool extended, uint16_t id);

#endif
