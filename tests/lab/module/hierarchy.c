// SPDX-License-Identifier: GPL-2.0
/* The way of one machine: scanned, grouped, asked, taken down. */

#include "lab.h"

#include <linux/iommu.h>
#include <linux/slab.h>

static const struct lab_machine *scanned;

static struct lab_function *function_at(struct pci_bus *bus, unsigned int devfn, int where,
                                        int size)
{
    struct lab_function *function =
        scanned ? lab_machine_find(scanned, pci_domain_nr(bus), bus->number, devfn) : NULL;

    return function && where + size <= function->size ? function : NULL;
}

static int config_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
    const struct lab_function *function = function_at(bus, devfn, where, size);
    int i;

    *value = ~0u;
    if (!function)
        return PCIBIOS_SUCCESSFUL;
    for (*value = 0, i = size - 1; i >= 0; i--)
        *value = *value << 8 | function->bytes[where + i];
    return PCIBIOS_SUCCESSFUL;
}

static int config_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
    struct lab_function *function = function_at(bus, devfn, where, size);
    int i;

    for (i = 0; function && i < size; i++, value >>= 8) {
        u8 mask = function->bytes[LAB_CONFIG_SIZE + where + i];
        u8 *byte = &function->bytes[where + i];

        *byte = (*byte & ~mask) | (value & mask);
    }
    return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops config_operations = {.read = config_read, .write = config_write};

static struct pci_dev *device_at(const struct lab_address *address)
{
    return pci_get_domain_bus_and_slot(address->segment, address->bus, address->devfn);
}

static int scan(struct lab_root *root)
{
    LIST_HEAD(resources);

    root->sysdata.domain = root->segment;
    root->sysdata.node = NUMA_NO_NODE;
    if (root->vmd) {
        root->vmd_device = device_at(&root->vmd_endpoint);
        if (!root->vmd_device)
            return -ENODEV;
#if IS_ENABLED(CONFIG_VMD)
        root->sysdata.vmd_dev = root->vmd_device;
#endif
    }
    root->buses = (struct resource){
        .name = "iommulab",
        .start = root->first,
        .end = root->last,
        .flags = IORESOURCE_BUS,
    };
    pci_add_resource(&resources, &root->buses);
    root->bus =
        pci_scan_root_bus(NULL, root->first, &config_operations, &root->sysdata, &resources);
    if (!root->bus) {
        pci_free_resource_list(&resources);
        return -EIO;
    }
    return 0;
}

static void enable_virtual_functions(struct lab_machine *machine, struct lab_answer *answer)
{
    struct lab_function *function;

    list_for_each_entry (function, &machine->functions, link) {
        struct pci_dev *device = function->vf_count ? device_at(&function->address) : NULL;
        int error;

        if (!device)
            continue;
        error = pci_enable_sriov(device, function->vf_count);
        if (error)
            lab_say(answer, "error %d enabling virtual functions of " LAB_ADDRESS_FORMAT "\n",
                    error, LAB_ADDRESS_ARGUMENTS(function->address));
        pci_dev_put(device);
    }
}

static void disable_virtual_functions(struct lab_machine *machine)
{
    struct lab_function *function;

    list_for_each_entry (function, &machine->functions, link) {
        struct pci_dev *device = function->vf_count ? device_at(&function->address) : NULL;

        if (!device)
            continue;
        pci_disable_sriov(device);
        pci_dev_put(device);
    }
}

static void answer_function(const struct lab_function *function, struct lab_answer *answer)
{
    struct pci_dev *device = device_at(&function->address);
    struct iommu_group *group;
    u32 i;

    if (!device) {
        lab_say(answer, "absent " LAB_ADDRESS_FORMAT "\n",
                LAB_ADDRESS_ARGUMENTS(function->address));
        return;
    }
    group = iommu_group_get(&device->dev);
    if (group)
        lab_say(answer, "group " LAB_ADDRESS_FORMAT " %d\n",
                LAB_ADDRESS_ARGUMENTS(function->address), iommu_group_id(group));
    else
        lab_say(answer, "group " LAB_ADDRESS_FORMAT " -\n",
                LAB_ADDRESS_ARGUMENTS(function->address));
    iommu_group_put(group);
    for (i = 0; i < function->watch_count; i++) {
        const u8 *word = function->bytes + function->watch[i];

        lab_say(answer, "word " LAB_ADDRESS_FORMAT " %03x %04x\n",
                LAB_ADDRESS_ARGUMENTS(function->address), function->watch[i],
                word[0] | word[1] << 8);
    }
    pci_dev_put(device);
}

static int scan_all(struct lab_machine *machine, struct lab_answer *answer)
{
    struct lab_root *root;
    int error = 0;

    pci_lock_rescan_remove();
    list_for_each_entry (root, &machine->roots, link) {
        error = scan(root);
        if (error) {
            lab_say(answer, "error %d scanning root %04x:%02x\n", error, root->segment,
                    root->first);
            break;
        }
    }
    pci_unlock_rescan_remove();
    return error;
}

/* In the opposite order: what is behind a VMD endpoint goes before it. */
static void remove_all(struct lab_machine *machine)
{
    struct lab_root *root;

    pci_lock_rescan_remove();
    list_for_each_entry_reverse (root, &machine->roots, link) {
        if (root->bus) {
            pci_stop_root_bus(root->bus);
            pci_remove_root_bus(root->bus);
        }
        pci_dev_put(root->vmd_device);
        root->bus = NULL;
        root->vmd_device = NULL;
    }
    pci_unlock_rescan_remove();
}

static void group_and_answer(struct lab_machine *machine, struct lab_answer *answer)
{
    const struct lab_function *function;
    int error = 0;

    if (!machine->hot) {
        lab_driver_accept(true);
        error = lab_driver_register(machine);
    }
    if (error) {
        lab_say(answer, "error %d registering the IOMMU\n", error);
        return;
    }
    enable_virtual_functions(machine, answer);
    list_for_each_entry (function, &machine->functions, link)
        answer_function(function, answer);
    disable_virtual_functions(machine);
    if (!machine->hot)
        lab_driver_unregister();
}

void lab_clear_the_floor(void)
{
    struct pci_bus *bus;

    pci_lock_rescan_remove();
    while ((bus = pci_find_next_bus(NULL))) {
        pci_stop_root_bus(bus);
        pci_remove_root_bus(bus);
    }
    pci_unlock_rescan_remove();
}

void lab_machine_go(struct lab_machine *machine, struct lab_answer *answer)
{
    int error = lab_internals_set(machine);

    lab_say(answer, "machine %s\n", machine->name);
    lab_internals_hurry(true);
    scanned = machine;
    lab_driver_accept(machine->hot);
    if (!error && machine->hot)
        error = lab_driver_register(machine);
    if (error)
        lab_say(answer, "error %d preparing the machine\n", error);
    else if (scan_all(machine, answer) == 0)
        group_and_answer(machine, answer);
    remove_all(machine);
    if (!error && machine->hot)
        lab_driver_unregister();
    lab_driver_accept(false);
    scanned = NULL;
    lab_internals_hurry(false);
    lab_say(answer, "end %s\n", machine->name);
}
