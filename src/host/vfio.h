/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_VFIO_H
#define IMS_HOST_VFIO_H

#include "host/host.h"

/* Asks VFIO for the state of a group: 1 viable, 0 not, or -errno (-EBUSY: somebody has it open). */
int ims_vfio_is_viable(const struct ims_host *host, uint32_t group);

#endif
