/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_SYSFS_KERNEL_H
#define IMS_HOST_SYSFS_KERNEL_H

#include "host/kernel.h"

struct ims_host;

/* The running kernel; host is borrowed. */
struct ims_kernel ims_sysfs_kernel(struct ims_host *host);

/* Has udev look at the node of a group once more. Returns 0, or -errno of the write. */
int ims_sysfs_announce(const struct ims_host *host, uint32_t group);

#endif
