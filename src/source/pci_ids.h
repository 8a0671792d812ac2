/* SPDX-License-Identifier: MIT */
#ifndef IMS_SOURCE_PCI_IDS_H
#define IMS_SOURCE_PCI_IDS_H

/* The system's pci.ids, mostly read backwards: from names to ids. */

#include "iommuscope/topology.h"

struct ims_pci_ids;

/*
 * Reads a pci.ids file; path NULL = the system's. The caller frees *ret with ims_pci_ids_free().
 * Returns -ENOENT, -EACCES, -EIO, -ENOMEM, -EFBIG (not a pci.ids).
 */
int ims_pci_ids_load(const char *path, struct ims_pci_ids **ret);
void ims_pci_ids_free(struct ims_pci_ids *ids);

/*
 * The ids that "VENDOR DEVICE" may stand for; at most max of them are written to ret. "Device 4637"
 * behind a vendor is a number. Returns how many; 0 when the name is unknown. *ret_vendor_length is
 * the length of the vendor's part, 0 when not even that is known.
 */
uint32_t ims_pci_ids_find(const struct ims_pci_ids *ids, const char *text, struct ims_id *ret,
                          uint32_t max, size_t *ret_vendor_length);

/* The id of a vendor; false when no vendor has this name, or several have. */
bool ims_pci_ids_find_vendor(const struct ims_pci_ids *ids, const char *name, size_t length,
                             uint16_t *ret);

/* The class code (24 bits) with the mask of what the name tells; false when it is unknown. */
bool ims_pci_ids_find_class(const struct ims_pci_ids *ids, const char *name, uint32_t *ret_code,
                            uint32_t *ret_known);

/* A name in the file; not closed with a zero, NULL when the file has none. Lives as long as ids. */
struct ims_pci_ids_name {
    const char *text;
    uint32_t length;
};

/* What the file calls a vendor and its device. Linear: it looks through the vendors. */
void ims_pci_ids_names(const struct ims_pci_ids *ids, struct ims_id id,
                       struct ims_pci_ids_name *ret_vendor, struct ims_pci_ids_name *ret_device);

#endif
