/* SPDX-License-Identifier: MIT */
#ifndef IMS_OWNERSHIP_IDENTITY_H
#define IMS_OWNERSHIP_IDENTITY_H

/* What identities are made of; matching compares the parts one by one. (identity.c) */

#include "iommuscope/ownership.h"

/* The serial number of a function's device, of a VF that of its PF; 0 without one. */
enum ims_tristate ims_identity_serial(const struct ims_topology *topology,
                                      struct ims_function function, uint64_t *ret);

/* Returns -ENAMETOOLONG, -ENOMEM. */
int ims_identity_path(const struct ims_topology *topology, struct ims_function function,
                      char ret[IMS_PATH_SIZE]);

/* "" where none is known. */
const char *ims_identity_slot(const struct ims_topology *topology, struct ims_function function);

/* 0000:0000 where the function has none, or none is known. */
struct ims_id ims_identity_subsystem(const struct ims_function_info *info);

/* "01-02-03-04-05-06-07-08". Returns -EINVAL. */
int ims_serial_parse(const char *text, uint64_t *ret);

#endif
