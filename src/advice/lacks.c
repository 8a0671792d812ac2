/* SPDX-License-Identifier: MIT */
/* What a function lacks, in the words of the standard and for its vendor. */
#include <string.h>

#include "advice/model.h"

const char *ims_kind_of(const struct ims_function_info *info)
{
    switch (info->corrected_type) {
    case IMS_PORT_ROOT:
        return "root port";
    case IMS_PORT_DOWNSTREAM:
        return "switch downstream port";
    case IMS_PORT_UPSTREAM:
        return "switch upstream port";
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
        return "PCI Express to PCI bridge";
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
        return "PCI to PCI Express bridge";
    case IMS_PORT_CONVENTIONAL:
        return ims_is_bridge(info) ? "PCI bridge" : "conventional PCI function";
    case IMS_PORT_RC_ENDPOINT:
        return "root-complex integrated endpoint";
    default:
        return "function";
    }
}

static bool is_port(const struct ims_function_info *info)
{
    return info->corrected_type == IMS_PORT_ROOT || info->corrected_type == IMS_PORT_DOWNSTREAM;
}

/* What firmware hides or adds, and what no register shows. */
static const char *firmware_hint(const struct ims_function_info *info, const struct ims_rule *rule)
{
    if (rule && strcmp(rule->id, "ALIAS-VMD") == 0)
        return "VMD can be turned off there; its functions then appear below ports that this input "
               "does not show";
    if (is_port(info) && info->acs.present == IMS_NO)
        return "some boards hide ACS until it is turned on there, often beside AER";
    return NULL;
}

void ims_name_the_lack(const struct ims_function_info *info, const struct ims_rule *rule,
                       struct ims_separation_obstacle *ret)
{
    const bool alias = rule && rule->topic == IMS_TOPIC_ALIAS;

    ret->firmware = firmware_hint(info, rule);
    if (rule && strcmp(rule->id, "ALIAS-VMD") == 0)
        return; /* it is made so */

    if (!alias && info->corrected_type == IMS_PORT_CONVENTIONAL && !ims_is_bridge(info)) {
        ret->lacks = "a PCI Express capability with ACS: conventional PCI has no way to say what "
                     "functions of one device do between them";
        ret->section = "PCIe Base 6.x, 7.5.3 and 7.7.11";
    } else if (alias || info->corrected_type == IMS_PORT_CONVENTIONAL ||
               info->corrected_type == IMS_PORT_PCIE_TO_PCI_BRIDGE ||
               info->corrected_type == IMS_PORT_PCI_TO_PCIE_BRIDGE) {
        ret->lacks = "a requester id for each function below it; conventional PCI has none";
        ret->section = "PCI Express to PCI/PCI-X Bridge Specification 1.0, 2.3";
        if (alias && !ims_is_bridge(info)) {
            ret->lacks = "requests under its own requester id only";
            ret->section = "PCIe Base 6.x, 2.2.6.2";
        }
    } else if (info->acs.present == IMS_NO) {
        ret->lacks = is_port(info)
                         ? "the ACS extended capability (id 000Dh), with source validation, P2P "
                           "request redirect, P2P completion redirect and upstream forwarding"
                         : "the ACS extended capability (id 000Dh), which tells what functions of "
                           "one device do between them";
        ret->section = is_port(info) ? "PCIe Base 6.x, 6.12.1.1 and 7.7.11"
                                     : "PCIe Base 6.x, 6.12.1.2 and 7.7.11";
    } else if (info->acs.present == IMS_YES) {
        ret->lacks = "ACS control bits that stay on when the kernel has set them";
        ret->section = "PCIe Base 6.x, 7.7.11.3";
    }
}
