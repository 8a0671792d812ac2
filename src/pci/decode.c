/* SPDX-License-Identifier: MIT */
#include "pci/decode.h"

#include "pci/regs.h"

/*
 * A function that does not answer reads all ones everywhere. A VF has ids of all ones (R1.7), so
 * there the ids alone prove nothing.
 */
static bool answers(const struct ims_config *config, bool is_vf)
{
    struct ims_bits ids = ims_config_get32(config, IMS_REG_VENDOR_ID);
    bool more_known = false;

    if (!ims_bits_all_known(ids, 0xffffffff) || ids.value != 0xffffffff)
        return true;
    for (uint32_t row = 0; row < config->row_count; row++) {
        for (unsigned i = 0; i < IMS_CONFIG_ROW_BYTES; i++) {
            unsigned offset = config->rows[row].offset + i;
            uint8_t known = config->rows[row].known[i];

            if (~config->rows[row].value[i] & known)
                return true;
            if (known != 0 && offset >= IMS_REG_COMMAND)
                more_known = true;
        }
    }
    return is_vf && !more_known;
}

void ims_pci_decode(const struct ims_config *config, bool is_vf, struct ims_pci_facts *ret)
{
    struct ims_pci_places places = {0};

    *ret = (struct ims_pci_facts){.port_type = IMS_PORT_UNKNOWN};
    if (!answers(config, is_vf)) {
        ret->damage = IMS_PCI_DAMAGE_ALL_ONES;
        return;
    }
    unsigned layout = ims_pci_header_decode(config, is_vf, ret);
    ims_pci_bars_decode(config, layout, ret);
    ims_pci_bridge_decode(config, layout, ret);
    ims_pci_classic_walk(config, layout, ret, &places);
    ims_pci_subsystem_decode(config, layout, &places, ret);
    ims_pci_express_decode(config, &places, ret);
    ims_pci_extended_walk(config, is_vf, ret, &places);
    ims_pci_extended_decode(config, &places, ret);
    ims_pci_routing_decode(config, layout, &places, ret);
    ims_pci_routing_extended_decode(config, &places, ret);
}
