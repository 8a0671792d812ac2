/* SPDX-License-Identifier: MIT */
/* What the platform depends on, and RDMA. */
#include "host/uses.h"

static const struct {
    const char *subsystem;
    enum ims_use_kind kind;
    const char *text;
} rows[] = {
    {"infiniband", IMS_USE_RDMA, "RDMA connections may use it"},
    {"tpm", IMS_USE_SYSTEM, "the TPM of the machine"},
    {"watchdog", IMS_USE_SYSTEM, "a watchdog: the machine may restart when it is lost"},
    {"ipmi", IMS_USE_SYSTEM, "the way to the management controller"},
    {"nd", IMS_USE_SYSTEM, "persistent memory"},
    {"thunderbolt", IMS_USE_SYSTEM, "a Thunderbolt controller, with everything behind it"},
};

void ims_hunt_other(struct ims_hunt *hunt)
{
    for (uint32_t i = 0; i < hunt->node_count; i++)
        for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
            if (ims_node_is(&hunt->nodes[i], rows[row].subsystem))
                ims_hunt_say(hunt, hunt->nodes[i].owner, rows[row].kind, IMS_YES,
                             hunt->nodes[i].name, hunt->nodes[i].path, "%s: %s",
                             hunt->nodes[i].name, rows[row].text);
}
