/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_BENCH_MACHINE_H
#define IMS_TESTS_BENCH_MACHINE_H

/* Large synthetic machines, stated straight into a builder. */

#include "iommuscope/topology.h"

/* Names of the shapes, NULL at the end. */
extern const char *const bench_shapes[];

/* A builder with about count functions of a shape; NULL for an unknown shape or without memory. */
struct ims_builder *bench_machine(const char *shape, uint32_t count);

#endif
