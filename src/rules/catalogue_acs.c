/* SPDX-License-Identifier: MIT */
/* Catalogue entries: ports that may re-route, functions of one device. */
#include "rules/catalogue_topics.h"

#define AT(name) (IMS_RULE_##name - IMS_RULES_ACS_FIRST)

const struct ims_rule ims_rules_acs[IMS_RULES_ACS_COUNT] = {
    [AT(ACS_NO_CAP)] =
        {
            .id = "ACS-NO-CAP",
            .topic = IMS_TOPIC_ACS,
            .title = "No Access Control Services (ACS) capability",
            .text =
                "A root port or switch downstream port without an ACS capability cannot be told "
                "to send peer-to-peer requests up to the IOMMU. The kernel assumes the worst: "
                "requests from below may be turned around here. The port and everything below "
                "it share a group.",
            .remedy =
                "Move the card to a slot below another root port (slots wired to the CPU often "
                "have ACS where chipset slots have not), or look for \"ACS\" in the firmware "
                "setup, where some boards hide it with AER. A newer kernel may know this port "
                "to be safe: compare rule sets. The kernel patch pcie_acs_override only changes "
                "how groups look; it isolates nothing.",
            .reference = "R2.6, R4.4, R4.7; PCIe 6.x 6.12, 7.7.11",
        },
    [AT(ACS_SV_OFF)] =
        {
            .id = "ACS-SV-OFF",
            .topic = IMS_TOPIC_ACS,
            .title = "ACS source validation is implemented and off",
            .text =
                "Source validation makes a port refuse requests whose requester id does not "
                "belong to the buses below it. The port implements it and the control bit is 0, "
                "so a device below may use the id of another device. The kernel does not count "
                "the port as isolating.",
            .remedy =
                "The kernel enables it on every port when it uses an IOMMU: turn on VT-d or "
                "AMD-Vi in the firmware setup and intel_iommu=on where needed, then reboot. "
                "Remove pci=disable_acs_redir= or pci=config_acs= if they name this port. With "
                "6.15 and newer (or 6.12.23) pci=config_acs=xx111x1@ADDRESS sets the four bits "
                "by hand. Changing the register of a running system leaves the groups as they "
                "are.",
            .reference = "R2.6, R4.7, R4.13; PCIe 6.x 6.12.1, 7.7.11.3",
        },
    [AT(ACS_RR_OFF)] =
        {
            .id = "ACS-RR-OFF",
            .topic = IMS_TOPIC_ACS,
            .title = "ACS request redirect is implemented and off",
            .text =
                "Request redirect makes a port send peer-to-peer requests up instead of "
                "straight to the neighbour. The port implements it and the control bit is 0, so "
                "a device below may reach a peer without passing the IOMMU. The kernel does not "
                "count the port as isolating.",
            .remedy =
                "The kernel enables it on every port when it uses an IOMMU: turn on VT-d or "
                "AMD-Vi in the firmware setup and intel_iommu=on where needed, then reboot. "
                "Remove pci=disable_acs_redir= or pci=config_acs= if they name this port. With "
                "6.15 and newer (or 6.12.23) pci=config_acs=xx111x1@ADDRESS sets the four bits "
                "by hand. Changing the register of a running system leaves the groups as they "
                "are.",
            .reference = "R2.6, R4.7, R4.13; PCIe 6.x 6.12.1, 7.7.11.3",
        },
    [AT(ACS_CR_OFF)] =
        {
            .id = "ACS-CR-OFF",
            .topic = IMS_TOPIC_ACS,
            .title = "ACS completion redirect is implemented and off",
            .text =
                "Completion redirect does for the answers to reads what request redirect does "
                "for requests. The port implements it and the control bit is 0. The kernel does "
                "not count the port as isolating.",
            .remedy =
                "The kernel enables it on every port when it uses an IOMMU: turn on VT-d or "
                "AMD-Vi in the firmware setup and intel_iommu=on where needed, then reboot. "
                "Remove pci=disable_acs_redir= or pci=config_acs= if they name this port. With "
                "6.15 and newer (or 6.12.23) pci=config_acs=xx111x1@ADDRESS sets the four bits "
                "by hand. Changing the register of a running system leaves the groups as they "
                "are.",
            .reference = "R2.6, R4.7, R4.13; PCIe 6.x 6.12.1, 7.7.11.3",
        },
    [AT(ACS_UF_OFF)] =
        {
            .id = "ACS-UF-OFF",
            .topic = IMS_TOPIC_ACS,
            .title = "ACS upstream forwarding is implemented and off",
            .text =
                "Upstream forwarding makes a port pass on requests from below even when their "
                "address lies below the port itself. The port implements it and the control bit "
                "is 0, so such a request may turn around at the port instead of reaching the "
                "IOMMU. The kernel does not count the port as isolating.",
            .remedy =
                "The kernel enables it on every port when it uses an IOMMU: turn on VT-d or "
                "AMD-Vi in the firmware setup and intel_iommu=on where needed, then reboot. "
                "Remove pci=disable_acs_redir= or pci=config_acs= if they name this port. With "
                "6.15 and newer (or 6.12.23) pci=config_acs=xx111x1@ADDRESS sets the four bits "
                "by hand. Changing the register of a running system leaves the groups as they "
                "are.",
            .reference = "R2.6, R4.7, R4.13; PCIe 6.x 6.12.1, 7.7.11.3",
        },
    [AT(ACS_NEVER)] =
        {
            .id = "ACS-NEVER",
            .topic = IMS_TOPIC_ACS,
            .title = "Bridges to or from conventional PCI and event collectors never count as "
                     "isolating",
            .text = "Whatever an ACS capability may say, the kernel never takes a PCIe-to-PCI "
                    "bridge, a PCI-to-PCIe bridge or a root complex event collector to isolate: "
                    "traffic behind such a bridge is one shared bus.",
            .remedy =
                "Use a slot with PCI Express all the way up. No setting changes this verdict.",
            .reference = "R4.3",
        },
    [AT(ACS_NOT_PCIE)] =
        {
            .id = "ACS-NOT-PCIE",
            .topic = IMS_TOPIC_ACS,
            .title = "No PCI Express capability: nothing isolates",
            .text = "A conventional PCI function or bridge has no Access Control Services. As a "
                    "bridge it fails the isolation test for everything below; as one of several "
                    "functions of a device it cannot be separated from its conventional siblings.",
            .remedy =
                "Replace the conventional device or bridge by a PCI Express one, or use a slot "
                "that is not behind it.",
            .reference = "R4.2",
        },
    [AT(ACS_UPSTREAM_MFD)] =
        {
            .id = "ACS-UPSTREAM-MFD",
            .topic = IMS_TOPIC_ACS,
            .title =
                "The upstream port of a switch is part of a multifunction device that does not "
                "isolate",
            .text = "A switch whose upstream port is a function beside others can pass requests to "
                    "those functions inside the device. This upstream port has no ACS capability, "
                    "so the kernel joins everything below the switch with the upstream port, and "
                    "with its sibling functions that do not isolate either.",
            .remedy =
                "Use the devices below together, or move the card to a slot that is not behind "
                "this switch. Only other hardware helps. The kernel patch pcie_acs_override "
                "only changes how groups look; it isolates nothing.",
            .reference = "R2.21, R4.5, R4.7; PCIe 6.x 6.12.1.2",
        },
    [AT(ACS_UNKNOWN)] =
        {
            .id = "ACS-UNKNOWN",
            .topic = IMS_TOPIC_ACS,
            .title = "The ACS registers could not be read",
            .text = "The input does not hold the extended configuration space of this function "
                    "(read without root, asleep, or not part of the dump), so it is not known "
                    "whether it isolates. Unknown is not \"no\": the group shown is the likelier "
                    "one and is marked uncertain.",
            .remedy = "Read the machine as root, or make the dump with \"lspci -vvv\" or \"lspci "
                      "-xxxx\" as root; wake the device first if it sleeps in D3cold.",
            .reference = "R1.8, R1.9",
        },
};

#undef AT
#define AT(name) (IMS_RULE_##name - IMS_RULES_MULTIFUNCTION_FIRST)

const struct ims_rule ims_rules_multifunction[IMS_RULES_MULTIFUNCTION_COUNT] = {
    [AT(MFD_NO_ACS)] =
        {
            .id = "MFD-NO-ACS",
            .topic = IMS_TOPIC_MULTIFUNCTION,
            .title = "Functions of one device without ACS may reach each other inside it",
            .text = "Functions in one slot sit in one device, and requests between them need not "
                    "appear on the link. None of these functions has an ACS capability that speaks "
                    "for it, so the kernel assumes that they can reach each other and gives them "
                    "one group. Functions of the slot that do isolate stay out.",
            .remedy =
                "Assign the functions together, which is what most graphics cards with audio "
                "and USB functions need anyway; or use a card whose functions have ACS, or "
                "virtual functions. Some devices are known to the kernel as isolated: a newer "
                "kernel may list this one. The kernel patch pcie_acs_override only changes how "
                "groups look; it isolates nothing.",
            .reference = "R2.11, R2.16, R4.5, R4.7; PCIe 6.x 6.12.1.2",
        },
    [AT(MFD_ACS_OFF)] =
        {
            .id = "MFD-ACS-OFF",
            .topic = IMS_TOPIC_MULTIFUNCTION,
            .title = "Functions of one device have ACS, but it is off",
            .text =
                "This function of a multifunction device implements ACS controls against "
                "traffic between functions, and at least one of them is not enabled. The kernel "
                "groups it with the other functions of the slot that do not isolate.",
            .remedy =
                "The kernel enables it on every function when it uses an IOMMU: turn on VT-d or "
                "AMD-Vi in the firmware setup and intel_iommu=on where needed, then reboot. "
                "Remove pci=disable_acs_redir= or pci=config_acs= if they name this function. "
                "With 6.15 and newer (or 6.12.23) pci=config_acs=xx111x1@ADDRESS sets the four "
                "bits by hand. Changing the register of a running system leaves the groups as "
                "they are.",
            .reference = "R2.11, R4.5, R4.7, R4.13",
        },
    [AT(MFD_CONV)] =
        {
            .id = "MFD-CONV",
            .topic = IMS_TOPIC_MULTIFUNCTION,
            .title = "Conventional PCI functions of one slot share a group",
            .text = "Conventional PCI knows no ACS, so functions of one slot are taken to be able "
                    "to reach each other. This holds for chipset functions on the root bus too. "
                    "Only functions that the kernel knows by id to be isolated stay out.",
            .remedy =
                "None for functions of the chipset: assign them together or not at all. For a "
                "card, use one with a single function or with PCI Express.",
            .reference = "R2.11, R2.15, R4.2",
        },
};
