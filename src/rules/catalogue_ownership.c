/* SPDX-License-Identifier: MIT */
/* Catalogue entries: what stands in the way of handing a group to user space. */
#include "rules/catalogue_topics.h"

#define AT(name) (IMS_RULE_##name - IMS_RULES_OWNERSHIP_FIRST)

const struct ims_rule ims_rules_ownership[IMS_RULES_OWNERSHIP_COUNT] = {
    [AT(OWN_HOST_DRIVER)] =
        {
            .id = "OWN-HOST-DRIVER",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "A member of the group is bound to a host driver",
            .text = "The IOMMU cannot tell the members of a group apart, so VFIO takes a group "
                    "only when no member does DMA for the host. Since 5.19 every driver counts "
                    "but VFIO drivers, pci-stub and pcieport; before, every driver but VFIO "
                    "drivers and pci-stub. A member without a driver never counts.",
            .remedy = "Hand the whole group over: iommuscope plan claim shows the writes, "
                      "iommuscope who what the host would lose.",
            .reference = "R8.1, R8.2, R8.3",
        },
    [AT(OWN_BRIDGE_DRIVER)] =
        {
            .id = "OWN-BRIDGE-DRIVER",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "A bridge of the group has a driver that counts since 5.19",
            .text = "Interconnect does not need to be handed over: pcieport is exempt, and before "
                    "5.19 so was every driver of a bridge. Since 5.19 another driver on a bridge, "
                    "such as shpchp on a conventional one, makes the group not viable.",
            .remedy = "Unbind that driver from the bridge; the bridge itself stays without a "
                      "driver and goes on forwarding. iommuscope plan claim does so.",
            .reference = "R8.1, R8.2",
        },
    [AT(OWN_OTHER_BUS)] =
        {
            .id = "OWN-OTHER-BUS",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "A member that is no PCI function has a host driver",
            .text = "Platform and other devices can share a group with PCI functions. Their "
                    "drivers count as those of PCI functions do.",
            .remedy = "Unbind it by hand, in its own bus below /sys/bus; iommuscope binds PCI "
                      "functions only.",
            .reference = "R8.1, R8.2",
        },
    [AT(OWN_UNKNOWN)] =
        {
            .id = "OWN-UNKNOWN",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "A fact that decides is not known",
            .text = "The driver of a member, the members of the group or the kernel that judges "
                    "them is not in the input.",
            .remedy = "Ask on the machine itself, or capture it there with iommuscope capture.",
            .reference = "R8.1, R8.2",
        },
    [AT(OWN_NO_GROUP)] =
        {
            .id = "OWN-NO-GROUP",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "The kernel put the function in no group",
            .text = "Without an IOMMU that covers it, or with the IOMMU switched off, a function "
                    "has no group, and VFIO cannot take it.",
            .remedy = "Switch the IOMMU on: in the firmware setup, and with intel_iommu=on where "
                      "the kernel needs it; nothing on its command line may switch it off.",
            .reference = "R1.11, R7.4, R8.9",
        },
    [AT(OWN_NO_IOMMU)] =
        {
            .id = "OWN-NO-IOMMU",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "The group is one of VFIO's no-IOMMU mode: nothing is isolated",
            .text = "With enable_unsafe_noiommu_mode VFIO makes a group of its own, called "
                    "vfio-noiommu, for a function that no IOMMU covers. Its owner reads and "
                    "writes all of memory by DMA.",
            .remedy = "Switch the IOMMU on and the parameter off.",
            .reference = "R7.4, R8.9",
        },
    [AT(OWN_DIRECT_REGION)] =
        {
            .id = "OWN-DIRECT-REGION",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "Firmware demands that memory stays mapped for a member",
            .text = "A reserved region of type direct (an RMRR, a unity mapping, an RMR) says that "
                    "the device uses that memory behind the operating system's back. The kernel "
                    "refuses to hand such a group over: all since 6.8, Intel's also before. "
                    "Regions of type direct-relaxable do not block.",
            .remedy = "A firmware setting or update that no longer declares the region; some "
                      "controllers have an option for it. Kernel patches that ignore the region "
                      "let the device write into memory that the guest does not know of.",
            .reference = "R8.4",
        },
    [AT(OWN_INTERRUPTS)] =
        {
            .id = "OWN-INTERRUPTS",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "Interrupts are not remapped: the device can forge any interrupt",
            .text = "Without interrupt remapping a device raises any interrupt of the host with a "
                    "DMA write. VFIO refuses the group unless allow_unsafe_interrupts is set.",
            .remedy = "Switch interrupt remapping on (firmware setup, no intremap=off). Setting "
                      "allow_unsafe_interrupts only silences the refusal.",
            .reference = "R8.8",
        },
    [AT(OWN_KVM_STUB)] =
        {
            .id = "OWN-KVM-STUB",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "A member on pci-stub may belong to a guest of legacy KVM assignment",
            .text = "Before 4.12 KVM could assign a single function, ignoring groups, with "
                    "pci-stub only keeping drivers away. VFIO takes pci-stub for neutral, so two "
                    "guests may own DMA of one group.",
            .remedy = "Look for a guest that has the function's config file open (iommuscope who); "
                      "stop it, and use VFIO for all guests.",
            .reference = "R8.1, R8.3",
        },
    [AT(OWN_NO_VFIO)] =
        {
            .id = "OWN-NO-VFIO",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "No member is bound to a VFIO driver yet",
            .text = "The group is viable, and there is no /dev/vfio node for it until a VFIO "
                    "driver has one of its members.",
            .remedy = "Claim the group: iommuscope plan claim shows the writes.",
            .reference = "R8.6",
        },
    [AT(OWN_LOOSE)] =
        {
            .id = "OWN-LOOSE",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "A member without a driver can be taken by the next module that is loaded",
            .text = "A function that is merely unbound counts as free until a driver that matches "
                    "it is loaded, or its bus is probed again. Then the group is no longer "
                    "viable, or, while it is in use, the driver fails to bind.",
            .remedy = "Set driver_override, or bind it to pci-stub; iommuscope plan claim does so.",
            .reference = "R8.2, R8.5",
        },
    [AT(OWN_NO_RESET)] =
        {
            .id = "OWN-NO-RESET",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "The kernel knows no way to reset the function alone",
            .text = "Without a reset the state of one owner is visible to the next, and many "
                    "devices do not start again in a restarted guest. A bus reset works only for "
                    "a function that is alone on its bus.",
            .remedy = "Give all functions of the bus to the same owner, who can then reset the "
                      "bus; or reboot the host between owners.",
            .reference = "1.7 of the ownership facts: sysfs reset_method",
        },
    [AT(OWN_RESET_BEYOND)] =
        {
            .id = "OWN-RESET-BEYOND",
            .topic = IMS_TOPIC_OWNERSHIP,
            .title = "A hot reset would take functions of other groups along",
            .text = "A hot reset resets everything below the bridge. VFIO allows it only to an "
                    "owner of all the functions that it touches.",
            .remedy = "Hand the groups of those functions to the same owner, or do without hot "
                      "reset.",
            .reference = "4.2 of the ownership facts: VFIO hot reset",
        },
};
