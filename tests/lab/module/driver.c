// SPDX-License-Identifier: GPL-2.0
/*
 * An IOMMU driver that translates nothing. Its one purpose is the callback that asks for a
 * device's group: that is the kernel's own pci_device_group().
 */

#include "lab.h"

#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/version.h>

static const struct lab_machine *driven;
static bool accepting;
static struct iommu_device lab_iommu;

static struct iommu_device *lab_probe_device(struct device *device)
{
    const struct lab_function *function;
    struct pci_dev *pci;

    if (!accepting || !driven || !dev_is_pci(device))
        return ERR_PTR(-ENODEV);
    pci = to_pci_dev(device);
    function = lab_machine_find(driven, pci_domain_nr(pci->bus), pci->bus->number, pci->devfn);
    if (!function || function->unmanaged)
        return ERR_PTR(-ENODEV);
    return &lab_iommu;
}

static void lab_release_device(struct device *device)
{
}

static int lab_default_domain(struct device *device)
{
    return IOMMU_DOMAIN_IDENTITY;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
static int lab_attach(struct iommu_domain *domain, struct device *device, struct iommu_domain *old)
#else
static int lab_attach(struct iommu_domain *domain, struct device *device)
#endif
{
    return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
static const struct iommu_domain_ops lab_domain_operations = {.attach_dev = lab_attach};

static struct iommu_domain lab_identity = {
    .type = IOMMU_DOMAIN_IDENTITY,
    .ops = &lab_domain_operations,
};
#else
static struct iommu_domain *lab_domain_alloc(unsigned int type)
{
    return type == IOMMU_DOMAIN_IDENTITY ? kzalloc(sizeof(struct iommu_domain), GFP_KERNEL) : NULL;
}

static void lab_domain_free(struct iommu_domain *domain)
{
    kfree(domain);
}

static const struct iommu_domain_ops lab_domain_operations = {
    .attach_dev = lab_attach,
    .free = lab_domain_free,
};
#endif

static const struct iommu_ops lab_operations = {
    .owner = THIS_MODULE,
    .probe_device = lab_probe_device,
    .release_device = lab_release_device,
    .device_group = pci_device_group,
    .def_domain_type = lab_default_domain,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
    .identity_domain = &lab_identity,
#else
    .domain_alloc = lab_domain_alloc,
    .default_domain_ops = &lab_domain_operations,
    .pgsize_bitmap = PAGE_SIZE,
#endif
};

int lab_driver_register(const struct lab_machine *machine)
{
    int error;

    driven = machine;
    memset(&lab_iommu, 0, sizeof(lab_iommu));
    error = iommu_device_sysfs_add(&lab_iommu, NULL, NULL, "iommulab");
    if (error)
        return error;
    error = iommu_device_register(&lab_iommu, &lab_operations, NULL);
    if (error)
        iommu_device_sysfs_remove(&lab_iommu);
    return error;
}

void lab_driver_unregister(void)
{
    iommu_device_unregister(&lab_iommu);
    iommu_device_sysfs_remove(&lab_iommu);
    driven = NULL;
}

void lab_driver_accept(bool accept)
{
    accepting = accept;
}
