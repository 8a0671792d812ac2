/* SPDX-License-Identifier: MIT */
/* Catalogue entries: the proposed rules, and reasons for being apart. */
#include "rules/catalogue_topics.h"

#define AT(name) (IMS_RULE_##name - IMS_RULES_PROPOSED_FIRST)

const struct ims_rule ims_rules_proposed[IMS_RULES_PROPOSED_COUNT] = {
    [AT(PROPOSED_BUS_SHARED)] =
        {
            .id = "PROPOSED-BUS-SHARED",
            .topic = IMS_TOPIC_PROPOSED,
            .title = "Proposed: all devices of the bus share one group",
            .text = "Under the proposed rules a bus whose members can reach each other is one "
                    "group: the internal bus of a switch with a downstream port that fails the "
                    "test, or the bus behind a PCIe-to-PCI bridge without memory of its own. The "
                    "bridge above is not part of it.",
            .remedy =
                "Use downstream ports with ACS, all of them, or treat the devices below the "
                "switch as one. The 2025 series is not merged: no released kernel groups this "
                "way.",
            .reference = "R9.1, R9.7, R9.8",
        },
    [AT(PROPOSED_JOIN_BRIDGE)] =
        {
            .id = "PROPOSED-JOIN-BRIDGE",
            .topic = IMS_TOPIC_PROPOSED,
            .title = "Proposed: the devices join the group of the bridge above",
            .text =
                "Under the proposed rules devices join the bridge above them where it can reach "
                "them itself or does not isolate: conventional bridges, PCIe-to-PCI bridges "
                "with memory of their own, root ports that have ACS and fail the test, and "
                "switches with other functions on their internal bus.",
            .remedy =
                "Move the card to a port that passes the test, or treat the devices as one. The "
                "2025 series is not merged: no released kernel groups this way.",
            .reference = "R9.7, R9.8",
        },
    [AT(PROPOSED_MFD)] =
        {
            .id = "PROPOSED-MFD",
            .topic = IMS_TOPIC_PROPOSED,
            .title = "Proposed: functions of one device share a group",
            .text = "Under the proposed rules functions of one slot share a group if any of them "
                    "has an ACS capability that fails the test: the lax one may reach the strict "
                    "ones. Functions without any ACS capability are taken as having no internal "
                    "path.",
            .remedy =
                "Turn on the IOMMU, so that the kernel enables ACS on each function. The 2025 "
                "series is not merged: no released kernel groups this way.",
            .reference = "R9.5, R9.6, R9.9",
        },
    [AT(PROPOSED_ALIAS)] =
        {
            .id = "PROPOSED-ALIAS",
            .topic = IMS_TOPIC_PROPOSED,
            .title = "Proposed: devices that share a requester id share a group",
            .text = "As today, functions that send requests under one another's ids cannot be "
                    "separated by the IOMMU.",
            .remedy = "None in software: the ids are made by the hardware. The 2025 series is not "
                      "merged: no released kernel groups this way.",
            .reference = "R2.9, R9.8",
        },
    [AT(PROPOSED_ISOLATED)] =
        {
            .id = "PROPOSED-ISOLATED",
            .topic = IMS_TOPIC_PROPOSED,
            .title = "Proposed: the bus is isolated",
            .text = "Under the proposed rules nothing on this bus, or above it, joins its devices: "
                    "the port above passes, or has no ACS capability at all, which is read as "
                    "having no path between peers.",
            .remedy = "None is needed: the devices stay apart. The 2025 series is not merged: no "
                      "released kernel groups this way.",
            .reference = "R9.6, R9.7",
        },
};

#undef AT
#define AT(name) (IMS_RULE_##name - IMS_RULES_ISOLATED_FIRST)

const struct ims_rule ims_rules_isolated[IMS_RULES_ISOLATED_COUNT] = {
    [AT(ACS_OK)] =
        {
            .id = "ACS-OK",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "Every required ACS control that is implemented is on",
            .text = "Of source validation, request redirect, completion redirect and upstream "
                    "forwarding, each one that the function implements is enabled. It counts as "
                    "isolating.",
            .remedy = "None is needed.",
            .reference = "R1.10, R4.7; PCIe 6.x 7.7.11",
        },
    [AT(ACS_NOTHING_REQUIRED)] =
        {
            .id = "ACS-NOTHING-REQUIRED",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "The ACS capability implements none of the required controls",
            .text =
                "A control that a function does not implement counts as satisfied: the function "
                "says that it has no such traffic. Here that holds for all four, so the "
                "function counts as isolating with nothing enabled.",
            .remedy = "None is needed. The verdict rests on the word of the hardware.",
            .reference = "R4.7; PCIe 6.x 7.7.11.2",
        },
    [AT(ACS_SINGLE_FUNCTION)] =
        {
            .id = "ACS-SINGLE-FUNCTION",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "A single function needs no ACS of its own",
            .text =
                "An endpoint, integrated endpoint or upstream port that is the only function of "
                "its device has no sibling to reach inside the device. It passes the test; the "
                "ports above it decide.",
            .remedy = "None is needed.",
            .reference = "R2.24, R4.5",
        },
    [AT(ACS_VF)] =
        {
            .id = "ACS-VF",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "A virtual function counts as isolated in its device",
            .text = "SR-IOV requires that virtual functions reach each other only through what the "
                    "device controls. The kernel takes each one as isolated, whatever its physical "
                    "function does; the ports above it decide.",
            .remedy = "None is needed. If virtual functions share a group, look at the ports above "
                      "them.",
            .reference = "R2.22, R4.9",
        },
    [AT(ACS_OTHER_TYPE)] =
        {
            .id = "ACS-OTHER-TYPE",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "This type of port is not tested",
            .text = "The PCI Express type of this function is none of those that the kernel tests. "
                    "It passes.",
            .remedy = "None is needed.",
            .reference = "R4.6",
        },
    [AT(APART_ROOT)] =
        {
            .id = "APART-ROOT",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "Nothing above joins it: the function sits on a root bus",
            .text = "There is no bridge between this function and the root complex, so nothing on "
                    "the way up can join it with others. Only functions of its own slot, or with a "
                    "shared requester id, could.",
            .remedy = "None is needed.",
            .reference = "R2.14, R2.24",
        },
    [AT(APART_SLOT)] =
        {
            .id = "APART-SLOT",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "Different slots of one bus",
            .text = "The functions are in different slots of one bus, neither sends requests under "
                    "the id of the other, and every port above isolates. The kernel looks sideways "
                    "only at functions of the same slot.",
            .remedy =
                "None is needed for grouping. Ports of one switch in different slots stay apart "
                "even if they do not isolate: the kernel does not see that one may reach the "
                "other.",
            .reference = "R2.8, R2.19, R9.1",
        },
    [AT(APART_BUS)] =
        {
            .id = "APART-BUS",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "Different buses, each with an isolating way up",
            .text = "The functions are on different buses, and every port on the way from each of "
                    "them to the root complex passes the isolation test.",
            .remedy = "None is needed.",
            .reference = "R2.6",
        },
    [AT(APART_ALIAS_STOP)] =
        {
            .id = "APART-ALIAS-STOP",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "The bridge above is where addresses are translated",
            .text = "In this system the IOMMU sits at this bridge, below the root bus. Requester "
                    "ids matter only up to here, so the search for shared ids stops and what lies "
                    "above does not join the devices.",
            .remedy = "None is needed.",
            .reference = "R2.3a",
        },
    [AT(APART_MFD_STRICT)] =
        {
            .id = "APART-MFD-STRICT",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "A function that isolates stays out of the group of its slot",
            .text = "Other functions of the slot do not isolate and share a group. This one passes "
                    "the test, so the kernel leaves it out.",
            .remedy =
                "None is needed for grouping. A sibling that does not isolate may still reach "
                "this function: the rules proposed in 2025 would join them.",
            .reference = "R2.11, R2.16, R9.5",
        },
    [AT(APART_CONV_SINGLE)] =
        {
            .id = "APART-CONV-SINGLE",
            .topic = IMS_TOPIC_ISOLATED,
            .title = "A conventional device with one function, alone on the root bus",
            .text = "Conventional PCI has no ACS, but a single function directly on the root bus "
                    "has neither a bridge above nor siblings in its slot. It has a group of its "
                    "own.",
            .remedy = "None is needed.",
            .reference = "R2.14",
        },
};
