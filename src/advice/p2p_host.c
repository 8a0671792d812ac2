/* SPDX-License-Identifier: MIT */
#include "advice/p2p.h"

/*
 * Linux lets drivers send P2P DMA through root complexes of a list (D16). It says that the hardware
 * is known to pass such requests on; no register says so.
 */

enum reach {
    ANY = 0,     /* between all root buses */
    SAME_BRIDGE, /* below one host bridge only */
};

static const struct row {
    uint16_t vendor;
    uint16_t device;
    enum reach reach;
    bool later; /* newer than 6.12 */
} rows[] = {
    {0x8086, 0x3c00, SAME_BRIDGE, false}, {0x8086, 0x3c01, SAME_BRIDGE, false},
    {0x8086, 0x2f00, SAME_BRIDGE, false}, {0x8086, 0x2f01, SAME_BRIDGE, false},
    {0x8086, 0x2030, ANY, false},         {0x8086, 0x2031, ANY, false},
    {0x8086, 0x2032, ANY, false},         {0x8086, 0x2033, ANY, false},
    {0x8086, 0x2020, ANY, false},         {0x8086, 0x09a2, ANY, false},
    {0x8086, 0x0b25, ANY, true},          {0x8086, 0x0cfe, ANY, true},
    {0x8086, 0x11fb, ANY, true},          {0x8086, 0x1212, ANY, true},
    {0x8086, 0x1216, ANY, true},          {0x1d17, 0x1003, SAME_BRIDGE, true},
    {0x1d17, 0x1005, SAME_BRIDGE, true},  {0x1d17, 0x1006, SAME_BRIDGE, true},
    {0x1d17, 0x1007, SAME_BRIDGE, true},  {0x1d17, 0x1008, ANY, true},
    {0x10de, 0x2f95, ANY, true},          {0x10de, 0x2f96, ANY, true},
    {0x10de, 0x2f97, ANY, true},          {0x10de, 0x2f98, ANY, true},
};

/* The root bus above a function. */
static struct ims_bus root_bus(const struct ims_topology *topology, struct ims_function function)
{
    struct ims_function above = function;

    while (!ims_function_is_none(above)) {
        function = above;
        above = ims_topology_bridge_above(topology, function);
    }
    return ims_topology_function(topology, function)->bus;
}

/* The id of the first function of a root bus, by which the list goes. False: it is not known. */
static bool first_id(const struct ims_topology *topology, struct ims_bus bus, struct ims_id *ret)
{
    const struct ims_bus_info *info = ims_topology_bus(topology, bus);
    const struct ims_function_info *first =
        ims_topology_function(topology, (struct ims_function){info->first_function});

    if (info->function_count == 0 || first->id_count != 1)
        return false;
    *ret = first->ids[0];
    return true;
}

static const struct row *find(struct ims_id id)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].vendor == id.vendor && rows[i].device == id.device)
            return &rows[i];
    return NULL;
}

enum ims_tristate ims_p2p_host(const struct ims_topology *topology, struct ims_function a,
                               struct ims_function b, const char **ret_text)
{
    const struct ims_bus buses[2] = {root_bus(topology, a), root_bus(topology, b)};
    const struct row *found[2] = {NULL, NULL};
    struct ims_id ids[2] = {{0, 0}, {0, 0}};

    for (unsigned i = 0; i < 2; i++) {
        if (!first_id(topology, buses[i], &ids[i])) {
            *ret_text = "The input does not tell what host bridge this is.";
            return IMS_UNKNOWN;
        }
        found[i] = find(ids[i]);
    }
    if (ids[0].vendor == 0x1022 && ids[1].vendor == 0x1022) {
        *ret_text =
            "Linux passes P2P DMA through AMD processors of family 17h (Zen) and newer; the "
            "input does not name the processor.";
        return IMS_UNKNOWN;
    }
    if (!found[0] || !found[1]) {
        *ret_text =
            "The host bridge is not in Linux' list of those that are known to pass P2P DMA on, "
            "so drivers refuse it; whether the hardware would is not known.";
        return IMS_NO;
    }
    if ((found[0]->reach == SAME_BRIDGE || found[1]->reach == SAME_BRIDGE) &&
        buses[0].index != buses[1].index) {
        *ret_text =
            "Linux passes P2P DMA through this host bridge, but not from one host bridge to "
            "another.";
        return IMS_NO;
    }
    *ret_text =
        found[0]->later || found[1]->later
            ? "Kernels newer than 6.12 have this host bridge in the list of those that pass "
              "P2P DMA on."
            : "Linux has this host bridge in its list of those that pass P2P DMA on.";
    return found[0]->later || found[1]->later ? IMS_UNKNOWN : IMS_YES;
}
