/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_SYSFS_TREE_H
#define IMS_TESTS_SYSFS_TREE_H

/* Trees of sysfs with configuration space, in the words of its registers. */

#include <stdint.h>

#include "tree.h"

/* ---- configuration space ---- */

struct space {
    uint8_t bytes[4096];
};

static inline void put8(struct space *space, unsigned offset, uint32_t value)
{
    space->bytes[offset] = (uint8_t)value;
}

static inline void put16(struct space *space, unsigned offset, uint32_t value)
{
    put8(space, offset, value);
    put8(space, offset + 1, value >> 8);
}

static inline void put32(struct space *space, unsigned offset, uint32_t value)
{
    put16(space, offset, value);
    put16(space, offset + 2, value >> 16);
}

/* A header with one PCI Express capability at 0x40 of the given type. */
static inline void put_express(struct space *space, uint32_t ids, uint32_t class_code,
                               unsigned header, unsigned type)
{
    memset(space, 0, sizeof(*space));
    put32(space, 0x00, ids);
    put16(space, 0x06, 0x0010);
    put32(space, 0x08, class_code << 8);
    put8(space, 0x0e, header);
    put8(space, 0x34, 0x40);
    put16(space, 0x40, 0x0010);
    put16(space, 0x42, 2 | type << 4);
    put32(space, 0x4c, 0x41);
    put16(space, 0x52, 0x41);
}

static inline void put_buses(struct space *space, unsigned primary, unsigned secondary,
                             unsigned subordinate)
{
    put8(space, 0x18, primary);
    put8(space, 0x19, secondary);
    put8(space, 0x1a, subordinate);
}

/* An ACS capability as the only extended one. */
static inline void put_acs(struct space *space, unsigned capability, unsigned control)
{
    put32(space, 0x100, 0x0001000d);
    put16(space, 0x104, capability);
    put16(space, 0x106, control);
}

#endif
