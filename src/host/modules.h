/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_MODULES_H
#define IMS_HOST_MODULES_H

#include "host/kernel.h"

/*
 * The first module whose alias matches, of text as modules.alias has it; ret, or NULL. Lines that are
 * none of ours are passed over.
 */
const char *ims_modules_match(const char *aliases, const char *modalias,
                              char ret[IMS_DRIVER_NAME_SIZE]);

#endif
