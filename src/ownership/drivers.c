/* SPDX-License-Identifier: MIT */
/* Drivers that manage DMA ownership themselves (R8.3). */
#include <string.h>

#include "ownership/model.h"
#include "rules/judge.h"

/*
 * Drivers that register VFIO devices. They appear at different releases; where one of them is
 * bound, the kernel has it. Some are shown with dashes and some with underscores.
 */
static const char *const vfio_on_pci[] = {
    "vfio-pci",        "mlx5-vfio-pci", "hisi-acc-vfio-pci",
    "virtio-vfio-pci", "pds-vfio-pci",  "nvgrace-gpu-vfio-pci",
    "qat-vfio-pci",    "xe-vfio-pci",   "ism-vfio-pci",
};

static const char *const vfio_elsewhere[] = {
    "vfio-platform",
    "vfio-amba",
    "vfio-fsl-mc",
    "vfio-cdx",
};

static char plain(char c)
{
    return c == '_' ? '-' : c;
}

static bool same_name(const char *a, const char *b)
{
    while (*a && plain(*a) == plain(*b)) {
        a++;
        b++;
    }
    return plain(*a) == plain(*b);
}

static bool is_among(const char *driver, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (same_name(driver, names[i]))
            return true;
    return false;
}

enum ims_driver_kind ims_driver_kind(const char *driver, bool on_pci)
{
    /* The PCI host bridge of Freescale's PowerPC is a device of the platform bus. */
    if (!on_pci && strcmp(driver, "fsl-pci") == 0)
        return IMS_DRIVER_PORT;
    if (!on_pci)
        return is_among(driver, vfio_elsewhere, sizeof(vfio_elsewhere) / sizeof(*vfio_elsewhere))
                   ? IMS_DRIVER_VFIO
                   : IMS_DRIVER_HOST;
    if (strcmp(driver, "pci-stub") == 0)
        return IMS_DRIVER_STUB;
    if (strcmp(driver, "pcieport") == 0)
        return IMS_DRIVER_PORT;
    return is_among(driver, vfio_on_pci, sizeof(vfio_on_pci) / sizeof(*vfio_on_pci))
               ? IMS_DRIVER_VFIO
               : IMS_DRIVER_HOST;
}

bool ims_driver_is_for_guests(const char *driver)
{
    const enum ims_driver_kind kind = driver ? ims_driver_kind(driver, true) : IMS_DRIVER_HOST;
    return kind == IMS_DRIVER_VFIO || kind == IMS_DRIVER_STUB;
}

enum ims_tristate ims_driver_counts_owners(struct ims_kernel_version version, bool assumed)
{
    return assumed ? IMS_UNKNOWN
                   : ims_tristate_from_bool(!ims_kernel_version_before(version, 5, 19));
}
