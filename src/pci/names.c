/* SPDX-License-Identifier: MIT */
#include "iommuscope/pci.h"

const char *ims_port_type_to_string(enum ims_port_type type)
{
    switch (type) {
    case IMS_PORT_ENDPOINT:
        return "endpoint";
    case IMS_PORT_LEGACY_ENDPOINT:
        return "legacy endpoint";
    case IMS_PORT_ROOT:
        return "root port";
    case IMS_PORT_UPSTREAM:
        return "upstream port";
    case IMS_PORT_DOWNSTREAM:
        return "downstream port";
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
        return "PCIe-to-PCI bridge";
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
        return "PCI-to-PCIe bridge";
    case IMS_PORT_RC_ENDPOINT:
        return "root complex endpoint";
    case IMS_PORT_RC_EVENT_COLLECTOR:
        return "root complex event collector";
    case IMS_PORT_CONVENTIONAL:
        return "conventional PCI";
    case IMS_PORT_UNKNOWN:
        return "unknown";
    }
    return "reserved type";
}
