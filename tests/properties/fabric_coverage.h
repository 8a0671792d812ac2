/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FABRIC_COVERAGE_H
#define IMS_TESTS_FABRIC_COVERAGE_H

#include <stdint.h>

#include "tap.h"

/* One TAP line for each feature that random fabrics have to show. */
void fabric_check_coverage(struct tap *tap, uint64_t seed, unsigned fabrics);

#endif
