/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_NODEDEV_H
#define IMS_OUTPUT_NODEDEV_H

/* How libvirt and sysfs see the functions of a topology: names, places, order. */

#include "base/text.h"
#include "iommuscope/topology.h"

/* "pci_ffffffff_ff_1f_7" and the closing zero. */
#define IMS_NODEDEV_NAME_SIZE 24u

/* libvirt's name of a function; returns buffer. */
char *ims_nodedev_name(struct ims_address address, char buffer[IMS_NODEDEV_NAME_SIZE]);

/*
 * The function that stands above another one in sysfs, or NONE for a root bus: the bridge of its
 * bus; for a VF that of its PF; for a root bus of VMD the endpoint.
 */
struct ims_function ims_nodedev_parent(const struct ims_topology *topology,
                                       struct ims_function function);

/*
 * Appends the directory of a function in sysfs; false, and nothing is appended, where the input
 * does not tell where its root bus hangs.
 */
bool ims_nodedev_path(const struct ims_topology *topology, struct ims_function function,
                      struct ims_text *out);

/*
 * The place of a name in a directory of sysfs. The kernel keeps names in the order of their hashes
 * and lists them so; libvirt lists the members of a group as the kernel does.
 */
uint32_t ims_nodedev_place(const char *name);

/* The members of all kernel groups, sorted by group and by the place in its directory. */
struct ims_nodedev_member {
    uint32_t group;
    uint32_t place;
    struct ims_function function;
};

/* The caller frees *ret. Returns -ENOMEM. */
int ims_nodedev_members(const struct ims_topology *topology, struct ims_nodedev_member **ret,
                        uint32_t *ret_count);

#endif
