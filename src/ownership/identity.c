/* SPDX-License-Identifier: MIT */
/* By what a function is recognised: serial number, path without bus numbers, slot, ids. */
#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "ownership/identity.h"
#include "pci/regs.h"

#define DEPTH_MAX 24u

char *ims_serial_format(uint64_t serial, char buffer[IMS_SERIAL_STRING_SIZE])
{
    return ims_text_print(buffer, IMS_SERIAL_STRING_SIZE, "%02x-%02x-%02x-%02x-%02x-%02x-%02x-%02x",
                          (unsigned)(serial >> 56 & 0xff), (unsigned)(serial >> 48 & 0xff),
                          (unsigned)(serial >> 40 & 0xff), (unsigned)(serial >> 32 & 0xff),
                          (unsigned)(serial >> 24 & 0xff), (unsigned)(serial >> 16 & 0xff),
                          (unsigned)(serial >> 8 & 0xff), (unsigned)(serial & 0xff));
}

int ims_serial_parse(const char *text, uint64_t *ret)
{
    uint64_t serial = 0;

    if (strlen(text) != IMS_SERIAL_STRING_SIZE - 1)
        return -EINVAL;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t byte;

        if (ims_number_hex(text + (size_t)i * 3, 2, 0xff, &byte) < 0 ||
            (i < 7 && text[i * 3 + 2] != '-'))
            return -EINVAL;
        serial = serial << 8 | byte;
    }
    *ret = serial;
    return 0;
}

/* Vendors ship cards whose number was never programmed: such numbers tell nothing apart. */
static bool is_constant(uint64_t serial)
{
    return serial == 0 || serial == UINT64_MAX;
}

static enum ims_tristate serial_of_config(const struct ims_function_info *info, uint64_t *ret)
{
    const struct ims_pci_facts *pci = &info->pci;

    for (uint32_t i = 0; i < pci->capability_count; i++) {
        const struct ims_capability *capability = &pci->capabilities[i];

        if (!capability->extended || capability->id != IMS_EXTENDED_SERIAL)
            continue;
        const struct ims_bits low =
            ims_config_get32(&info->record->config, capability->offset + IMS_REG_SERIAL_LOW);
        const struct ims_bits high =
            ims_config_get32(&info->record->config, capability->offset + IMS_REG_SERIAL_HIGH);

        if (low.known != UINT32_MAX || high.known != UINT32_MAX)
            return IMS_UNKNOWN;
        *ret = (uint64_t)high.value << 32 | low.value;
        return IMS_YES;
    }
    if (info->extended == IMS_NO || pci->extended_header == IMS_NO ||
        (pci->extended_complete == IMS_YES && !pci->damage))
        return IMS_NO;
    return IMS_UNKNOWN;
}

enum ims_tristate ims_identity_serial(const struct ims_topology *topology,
                                      struct ims_function function, uint64_t *ret)
{
    const struct ims_function_info *info = ims_topology_function(topology, function);
    enum ims_tristate has;

    *ret = 0;
    if (!ims_function_is_none(info->physfn))
        info = ims_topology_function(topology, info->physfn);
    has = serial_of_config(info, ret);
    if (has != IMS_YES && info->record->serial && ims_serial_parse(info->record->serial, ret) == 0)
        has = IMS_YES;
    if (has == IMS_YES && is_constant(*ret))
        has = IMS_NO;
    if (has != IMS_YES)
        *ret = 0;
    return has;
}

/* VFs of one PF are counted in the order of their addresses, as the kernel counts them. */
static uint32_t vf_index(const struct ims_topology *topology, struct ims_function function)
{
    const struct ims_function physfn = ims_topology_function(topology, function)->physfn;
    uint32_t index = 0;

    for (uint32_t i = 0; i < function.index; i++)
        index +=
            ims_topology_function(topology, (struct ims_function){i})->physfn.index == physfn.index;
    return index;
}

int ims_identity_path(const struct ims_topology *topology, struct ims_function function,
                      char ret[IMS_PATH_SIZE])
{
    struct ims_function hops[DEPTH_MAX];
    const struct ims_function_info *info = ims_topology_function(topology, function);
    const bool is_vf = !ims_function_is_none(info->physfn);
    struct ims_function at = is_vf ? info->physfn : function;
    struct ims_text text = {0};
    unsigned depth = 0;
    int r = 0;

    for (; !ims_function_is_none(at) && depth < DEPTH_MAX;
         at = ims_topology_bridge_above(topology, at))
        hops[depth++] = at;
    if (!ims_function_is_none(at) || depth == 0)
        return -ENAMETOOLONG;
    const struct ims_address first = ims_topology_function(topology, hops[depth - 1])->address;
    ims_text_appendf(&text, "%04x:%02x", first.segment, (unsigned)first.bus);
    while (depth > 0) {
        const struct ims_address hop = ims_topology_function(topology, hops[--depth])->address;

        ims_text_appendf(&text, "/%02x.%x", ims_address_device(hop), ims_address_function(hop));
    }
    if (is_vf)
        ims_text_appendf(&text, "/vf%u", vf_index(topology, function));
    if (!text.failed && text.length < IMS_PATH_SIZE)
        memcpy(ret, ims_text_get(&text), text.length + 1);
    else
        r = text.failed ? -ENOMEM : -ENAMETOOLONG;
    ims_text_done(&text);
    return r;
}

const char *ims_identity_slot(const struct ims_topology *topology, struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(topology, function);

    if (!ims_function_is_none(info->physfn))
        info = ims_topology_function(topology, info->physfn);
    return info->record->slot ? info->record->slot : "";
}

int ims_identity_of(const struct ims_topology *topology, struct ims_function function,
                    struct ims_identity *ret)
{
    const struct ims_function_info *info = ims_topology_function(topology, function);
    const char *slot = ims_identity_slot(topology, function);
    int r;

    *ret = (struct ims_identity){.address = info->address};
    if (info->id_count != 1 || (info->class_code.known & 0xffff00) != 0xffff00)
        return -ENODATA;
    ret->id = info->ids[0];
    ret->subsystem = ims_identity_subsystem(info);
    ret->class_code = info->class_code.value & info->class_code.known;
    ret->has_serial = ims_identity_serial(topology, function, &ret->serial);
    if (strlen(slot) < sizeof(ret->slot))
        memcpy(ret->slot, slot, strlen(slot) + 1);
    r = ims_identity_path(topology, function, ret->path);
    return r;
}

struct ims_id ims_identity_subsystem(const struct ims_function_info *info)
{
    const struct ims_bits vendor = info->pci.subsystem_vendor;
    const struct ims_bits device = info->pci.subsystem_device;

    if (info->record->subsystem_stated)
        return info->record->subsystem;
    if (!ims_bits_all_known(vendor, 0xffff) || !ims_bits_all_known(device, 0xffff))
        return (struct ims_id){0};
    return (struct ims_id){(uint16_t)vendor.value, (uint16_t)device.value};
}
