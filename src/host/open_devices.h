/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_OPEN_DEVICES_H
#define IMS_HOST_OPEN_DEVICES_H

/* Device nodes below functions, to be found by number, or in a copy of a host by name. */

#include "host/uses.h"

#define IMS_PID_SIZE 12u

struct ims_open_device {
    bool is_block;
    uint32_t major;
    uint32_t minor;
    uint32_t owner;
    const char *subsystem;
    const char *dev_name;
    char told_by[IMS_PID_SIZE]; /* the last process that was told to have it open */
};

struct ims_open_devices {
    struct ims_open_device *devices; /* by number */
    uint32_t count;
    uint32_t capacity;
};

void ims_open_devices_collect(struct ims_search *search, struct ims_open_devices *ret);
void ims_open_devices_done(struct ims_open_devices *devices);

/* All entries of a number: one for each function that the device rests on. NULL for none. */
const struct ims_open_device *ims_open_devices_find(const struct ims_open_devices *devices,
                                                    bool is_block, uint32_t major, uint32_t minor,
                                                    uint32_t *ret_count);
/* The same for "/dev/NAME", maybe with " (deleted)" behind. */
const struct ims_open_device *ims_open_devices_named(const struct ims_open_devices *devices,
                                                     const char *path, uint32_t *ret_count);
/* Remembers that a process was told; device is one of devices. */
void ims_open_devices_told(struct ims_open_devices *devices, const struct ims_open_device *device,
                           const char *pid);

#endif
