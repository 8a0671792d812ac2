/* SPDX-License-Identifier: MIT */
/* Catalogue entries: command line, order and management. */
#include "rules/catalogue_topics.h"

#define AT(name) (IMS_RULE_##name - IMS_RULES_COMMAND_LINE_FIRST)

const struct ims_rule ims_rules_command_line[IMS_RULES_COMMAND_LINE_COUNT] = {
    [AT(CMDLINE_DISABLE_ACS_REDIR)] =
        {
            .id = "CMDLINE-DISABLE-ACS-REDIR",
            .topic = IMS_TOPIC_COMMAND_LINE,
            .title = "pci=disable_acs_redir= switches ACS redirection off for this device",
            .text = "The kernel command line names this device in pci=disable_acs_redir=. From 5.0 "
                    "to 6.10 the kernel clears request redirect, completion redirect and egress "
                    "control there; in 6.11 to 6.14 the parameter is broken; from 6.15 (and "
                    "6.12.23) these bits are cleared and all others return to what the firmware "
                    "set. Peer-to-peer traffic below the port gets possible, and the groups grow.",
            .remedy =
                "Remove the parameter, or the device from its list, and reboot, unless direct "
                "peer-to-peer traffic is what you want.",
            .reference = "R4.18, R4.19",
        },
    [AT(CMDLINE_CONFIG_ACS)] =
        {
            .id = "CMDLINE-CONFIG-ACS",
            .topic = IMS_TOPIC_COMMAND_LINE,
            .title = "pci=config_acs= sets the ACS control bits of this device",
            .text =
                "The kernel command line names this device in pci=config_acs=. A 0 or 1 in the "
                "flags sets a bit; x, and every bit left out, returns to what the firmware set, "
                "so what the kernel enables by itself is lost for this device. In 6.11 to 6.14 "
                "the parameter is broken: zeros clear nothing and flags leak into later "
                "entries.",
            .remedy =
                "Write all four bits that grouping asks for, as in "
                "pci=config_acs=xx111x1@ADDRESS (rightmost: source validation), or remove the "
                "parameter and let the kernel enable them. Use 6.15 or newer, or 6.12.23.",
            .reference = "R4.18, R4.19",
        },
    [AT(OVERRIDE_DOWNSTREAM)] =
        {
            .id = "OVERRIDE-DOWNSTREAM",
            .topic = IMS_TOPIC_COMMAND_LINE,
            .title = "A patched kernel was told to believe that ports isolate",
            .text =
                "The option pcie_acs_override=downstream makes a patched kernel take every root "
                "and downstream port without an ACS capability as isolating. Nothing in the "
                "hardware changes: only the groups get smaller.",
            .remedy =
                "Do not take this group for a safe one: the devices may still reach each other. "
                "For isolation use hardware with ACS, or another slot; remove the parameter to "
                "see the true groups.",
            .reference = "R4.22",
        },
    [AT(OVERRIDE_MULTIFUNCTION)] =
        {
            .id = "OVERRIDE-MULTIFUNCTION",
            .topic = IMS_TOPIC_COMMAND_LINE,
            .title = "A patched kernel was told to believe that functions isolate",
            .text = "The option pcie_acs_override=multifunction makes a patched kernel take every "
                    "function of a multifunction device without an ACS capability as isolated. "
                    "Nothing in the hardware changes: only the groups get smaller.",
            .remedy =
                "Do not take this group for a safe one: the devices may still reach each other. "
                "For isolation use hardware with ACS, or another slot; remove the parameter to "
                "see the true groups.",
            .reference = "R4.22",
        },
    [AT(OVERRIDE_ID)] =
        {
            .id = "OVERRIDE-ID",
            .topic = IMS_TOPIC_COMMAND_LINE,
            .title = "A patched kernel was told to believe that this device id isolates",
            .text = "The option pcie_acs_override=id:VENDOR:DEVICE makes a patched kernel take a "
                    "PCI Express device of this id without an ACS capability as isolated. Nothing "
                    "in the hardware changes: only the groups get smaller.",
            .remedy =
                "Do not take this group for a safe one: the devices may still reach each other. "
                "For isolation use hardware with ACS, or another slot; remove the parameter to "
                "see the true groups.",
            .reference = "R4.22",
        },
};

#undef AT
#define AT(name) (IMS_RULE_##name - IMS_RULES_ORDER_FIRST)

const struct ims_rule ims_rules_order[IMS_RULES_ORDER_COUNT] = {
    [AT(UNMANAGED)] =
        {
            .id = "UNMANAGED",
            .topic = IMS_TOPIC_ORDER,
            .title = "The IOMMU driver does not manage this function: it has no group",
            .text =
                "Only functions that the tables of the firmware put under an IOMMU get a group. "
                "The IOMMU function itself and host bridges often have none. A function without "
                "a group cannot be assigned with VFIO.",
            .remedy =
                "None for host bridges and IOMMU functions: it is normal. For a device that you "
                "want to assign, look for a firmware update, and for options such as "
                "intel_iommu=igfx_off that leave devices out.",
            .reference = "R1.11, R6.2, R6.3, R6.7",
        },
    [AT(UNMANAGED_BRIDGE)] =
        {
            .id = "UNMANAGED-BRIDGE",
            .topic = IMS_TOPIC_ORDER,
            .title = "The bridge that would hold the devices together has no group",
            .text = "The devices share a path that does not isolate, but the bridge that would "
                    "carry their common group is not managed by the IOMMU driver. The kernel finds "
                    "no group to join, so each device gets one of its own, and the groups are "
                    "smaller than the hardware justifies.",
            .remedy = "Do not rely on the split: the devices may reach each other or share a "
                      "requester id. Assign them together, or use another slot.",
            .reference = "R2.12, R3.4b",
        },
    [AT(HOT_ADDED)] =
        {
            .id = "HOT-ADDED",
            .topic = IMS_TOPIC_ORDER,
            .title = "Added to the running system: functions met one at a time",
            .text = "A function that is hot-added is grouped before the kernel has marked it as "
                    "part of a multifunction device, so only the bit in its own header counts. "
                    "Functions other than 0 often leave it clear: they get groups of their own, "
                    "smaller than after a reboot.",
            .remedy = "Reboot with the device in place to get the groups that hold for it.",
            .reference = "R1.5, R3.6",
        },
    [AT(VIRTUAL_BUS)] =
        {
            .id = "VIRTUAL-BUS",
            .topic = IMS_TOPIC_ORDER,
            .title = "Virtual functions on a bus without a bridge",
            .text = "SR-IOV functions may use bus numbers beyond that of their physical function. "
                    "Such a bus has no bridge of its own: the way up goes on from the bus of the "
                    "physical function.",
            .remedy = "None is needed: this only says where the way up leads.",
            .reference = "R1.2; PCIe 6.x 9.2.1.2",
        },
    [AT(TYPE_CORRECTED)] =
        {
            .id = "TYPE-CORRECTED",
            .topic = IMS_TOPIC_ORDER,
            .title = "The switch port names its own type wrongly",
            .text = "A port says that it is a downstream port where only an upstream port can be, "
                    "or the other way round. Since 5.4 the kernel notices, but its correction "
                    "leaves the port as an endpoint: the port passes as a single function, and "
                    "extended space, ACS included, is out of reach below it. Older kernels believe "
                    "the register.",
            .remedy = "None is needed. The ACS test of an upstream port differs from that of a "
                      "downstream port, so compare rule sets if the groups surprise.",
            .reference = "R1.4",
        },
    [AT(STABLE_REGRESSION)] =
        {
            .id = "STABLE-REGRESSION",
            .topic = IMS_TOPIC_ORDER,
            .title = "This stable kernel formed groups before it enabled ACS",
            .text = "In 6.1.165 to 6.1.168, 6.12.75 to 6.12.82 and related 5.10 and 6.6 releases "
                    "the kernel enables ACS only after it has formed the groups. They follow what "
                    "the firmware left in the registers, while the registers read later look "
                    "isolated.",
            .remedy = "Update the kernel (to 6.1.169, 6.12.83, 5.10.253, 6.6.135 or later) and "
                      "reboot. The groups of the running system are larger than the hardware "
                      "justifies, not smaller.",
            .reference = "R4.16, R7.6",
        },
    [AT(UPSTREAM_MISSING)] =
        {
            .id = "UPSTREAM-MISSING",
            .topic = IMS_TOPIC_ORDER,
            .title = "The input does not hold the bridge above this bus",
            .text =
                "The dump holds functions of a bus but not the bridge that leads to it, so it "
                "is not known what their requests pass on the way to the IOMMU. The group shown "
                "is the likelier one and is marked uncertain.",
            .remedy = "Make a dump of the whole machine (\"lspci\" without -s) or read the running "
                      "one.",
            .reference = "R1.1, R2.6",
        },
};
