/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_NAMES_H
#define IMS_OUTPUT_NAMES_H

/* Names of vendors, devices and classes from the system's hardware database. */

#include "iommuscope/topology.h"

struct ims_names;

/* Without a database every name is NULL. NULL when memory is short. */
struct ims_names *ims_names_new(void);
void ims_names_free(struct ims_names *names);

/* Names of one function; each may be NULL. Borrowed from names or from the topology. */
struct ims_name_set {
    const char *vendor;
    const char *device;
    const char *class_name;
};

/* What the input calls the function, else what the database calls it. names may be NULL. */
struct ims_name_set ims_names_of(struct ims_names *names, const struct ims_function_info *info);

#endif
