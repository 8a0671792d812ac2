/* SPDX-License-Identifier: MIT */
/* The document of the show command: everything known of one function. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "output/capability_names.h"
#include "output/document_parts.h"
#include "output/document_rules.h"

/* More bridges than this above a function do not exist: a segment has 256 buses. */
#define PATH_MAX_HOPS 300u

/* "0000:00/1c.4/00.0": root bus, then device.function per hop; and the bridges on the way. */
static void path_part(struct ims_maker *maker, const struct ims_subject *subject,
                      struct ims_function function, json_t *document)
{
    struct ims_function hops[PATH_MAX_HOPS];
    const struct ims_function_info *info;
    struct ims_function above = ims_topology_bridge_above(subject->topology, function);
    json_t *bridges = json_array();
    struct ims_text text = {0};
    uint32_t count = 0;

    hops[count++] = function;
    while (!ims_function_is_none(above) && count < PATH_MAX_HOPS) {
        hops[count++] = above;
        above = ims_topology_bridge_above(subject->topology, above);
    }
    info = ims_topology_function(subject->topology, hops[count - 1]);
    ims_text_appendf(&text, "%04x:%02x", info->address.segment, info->address.bus);
    while (count-- > 0) {
        info = ims_topology_function(subject->topology, hops[count]);
        ims_text_appendf(&text, "/%02x.%x", ims_address_device(info->address),
                         ims_address_function(info->address));
        if (count > 0)
            ims_make_append(maker, bridges, ims_make_address(info->address));
    }
    ims_make_set(maker, document, "path",
                 text.failed ? NULL : ims_make_string(ims_text_get(&text)));
    ims_make_set(maker, document, "bridges_above", bridges);
    ims_text_done(&text);
}

static json_t *pcie_part(struct ims_maker *maker, const struct ims_function_info *info)
{
    const struct ims_pci_facts *pci = &info->pci;
    json_t *object = json_object();

    ims_make_set(maker, object, "present", ims_make_tristate(pci->pcie));
    ims_make_set(maker, object, "type_read",
                 ims_make_string(ims_port_type_to_string(info->port_type)));
    ims_make_set(maker, object, "type",
                 ims_make_string(ims_port_type_to_string(info->corrected_type)));
    ims_make_set(maker, object, "link_speed_max", ims_make_count(pci->link_speed_max, 0xf));
    ims_make_set(maker, object, "link_width_max", ims_make_count(pci->link_width_max, 0x3f));
    ims_make_set(maker, object, "link_speed", ims_make_count(pci->link_speed, 0xf));
    ims_make_set(maker, object, "link_width", ims_make_count(pci->link_width, 0x3f));
    ims_make_set(maker, object, "slot_implemented", ims_make_tristate(pci->slot_implemented));
    ims_make_set(maker, object, "ari", ims_make_tristate(pci->ari));
    ims_make_set(maker, object, "ari_forwarding", ims_make_tristate(pci->ari_forwarding));
    ims_make_set(maker, object, "extended_space", ims_make_tristate(info->extended));
    return object;
}

static json_t *capabilities_part(struct ims_maker *maker, const struct ims_pci_facts *pci)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < pci->capability_count; i++) {
        const struct ims_capability *capability = &pci->capabilities[i];
        json_t *object = json_object();

        ims_make_set(maker, object, "offset", ims_make_hex(capability->offset, 2));
        ims_make_set(maker, object, "id",
                     ims_make_hex(capability->id, capability->extended ? 4 : 2));
        ims_make_set(maker, object, "extended", json_boolean(capability->extended));
        ims_make_set(maker, object, "version",
                     capability->extended ? ims_make_uint(capability->version) : json_null());
        ims_make_set(maker, object, "name",
                     ims_make_string(ims_capability_name(capability->extended, capability->id)));
        ims_make_append(maker, array, object);
    }
    return array;
}

static const char *bar_kind(const struct ims_bar *bar)
{
    switch (bar->kind) {
    case IMS_BAR_MEMORY32:
        return "memory32";
    case IMS_BAR_MEMORY64:
        return "memory64";
    case IMS_BAR_IO:
        return "io";
    case IMS_BAR_ROM:
        return "rom";
    case IMS_BAR_NONE:
    default:
        return "none";
    }
}

static json_t *bars_part(struct ims_maker *maker, const struct ims_pci_facts *pci)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < IMS_BAR_COUNT; i++) {
        const struct ims_bar *bar = &pci->bars[i];
        json_t *object;

        if (bar->kind == IMS_BAR_NONE)
            continue;
        object = json_object();
        ims_make_set(maker, object, "index", ims_make_uint(i));
        ims_make_set(maker, object, "kind", ims_make_string(bar_kind(bar)));
        ims_make_set(maker, object, "prefetchable", json_boolean(bar->prefetchable));
        ims_make_set(maker, object, "enabled", json_boolean(bar->enabled));
        ims_make_set(maker, object, "address",
                     bar->address ? ims_make_hex(bar->address, 8) : json_null());
        ims_make_set(maker, object, "size_bytes",
                     bar->size_known ? ims_make_hex(bar->size_bytes, 1) : json_null());
        ims_make_append(maker, array, object);
    }
    return array;
}

static json_t *sriov_part(struct ims_maker *maker, const struct ims_sriov *sriov)
{
    json_t *object;

    if (sriov->present != IMS_YES)
        return json_null();
    object = json_object();
    ims_make_set(maker, object, "offset", ims_make_hex(sriov->offset, 3));
    ims_make_set(maker, object, "vf_enable", ims_make_tristate(sriov->vf_enable));
    ims_make_set(maker, object, "ari_hierarchy", ims_make_tristate(sriov->ari_hierarchy));
    ims_make_set(maker, object, "total_vfs", ims_make_count(sriov->total_vfs, 0xffff));
    ims_make_set(maker, object, "num_vfs", ims_make_count(sriov->num_vfs, 0xffff));
    ims_make_set(maker, object, "first_vf_offset", ims_make_count(sriov->first_vf_offset, 0xffff));
    ims_make_set(maker, object, "vf_stride", ims_make_count(sriov->vf_stride, 0xffff));
    ims_make_set(maker, object, "vf_device_id", ims_make_bits(sriov->vf_device, 0xffff, 4));
    return object;
}

static void facts_part(struct ims_maker *maker, const struct ims_subject *subject,
                       const struct ims_function_info *info, json_t *object)
{
    const struct ims_record *record = info->record;
    const struct ims_pci_facts *pci = &info->pci;

    ims_make_set(maker, object, "revision", ims_make_bits(pci->revision, 0xff, 2));
    ims_make_set(maker, object, "subsystem_vendor_id",
                 record->subsystem_stated ? ims_make_hex(record->subsystem.vendor, 4)
                                          : ims_make_bits(pci->subsystem_vendor, 0xffff, 4));
    ims_make_set(maker, object, "subsystem_device_id",
                 record->subsystem_stated ? ims_make_hex(record->subsystem.device, 4)
                                          : ims_make_bits(pci->subsystem_device, 0xffff, 4));
    ims_make_set(maker, object, "header_type", ims_make_bits(pci->header_type, 0x7f, 2));
    ims_make_set(maker, object, "multifunction_bit", ims_make_tristate(pci->multifunction_bit));
    ims_make_set(maker, object, "physfn", ims_part_address(subject, info->physfn));
    ims_make_set(maker, object, "vmd_endpoint", ims_part_address(subject, info->vmd_endpoint));
    ims_make_set(maker, object, "iommu", ims_make_string(record->iommu));
    ims_make_set(maker, object, "power_state", ims_make_string(record->power_state));
    ims_make_set(maker, object, "label", ims_make_string(record->label));
    ims_make_set(maker, object, "slot", ims_make_string(record->slot));
    ims_make_set(maker, object, "serial", ims_make_string(record->serial));
    ims_make_set(maker, object, "boot_vga", ims_make_tristate(record->boot_vga));
    ims_make_set(maker, object, "numa_node",
                 record->numa_stated ? json_integer(record->numa_node) : json_null());
}

/* Every row that names the ids of the function. A rule may ask for more than ids. */
static json_t *quirks_part(struct ims_maker *maker, const struct ims_subject *subject,
                           const struct ims_function_info *info)
{
    const struct ims_ruleset *ruleset = &ims_grouping_basis(subject->grouping)->ruleset;
    json_t *array = json_array();

    for (uint32_t i = 0; i < ims_quirk_row_count(); i++) {
        struct ims_quirk_row row = ims_quirk_row_at(i);
        bool matches = false;

        for (uint32_t id = 0; id < info->id_count && !matches; id++)
            matches = row.vendor != 0 && row.vendor == info->ids[id].vendor && !row.any_device &&
                      row.device == info->ids[id].device;
        if (matches)
            ims_make_append(maker, array, ims_part_quirk(maker, i, ruleset));
    }
    return array;
}

static json_t *damage_part(struct ims_maker *maker, uint32_t damage)
{
    static const char *const texts[] = {
        "the capability list visits an offset twice",
        "a capability pointer is below 0x40",
        "the extended capability list visits an offset twice",
        "an extended capability pointer is below 0x100",
        "the function reads all ones",
        "more capabilities than are kept",
    };
    json_t *array = json_array();

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (damage & 1u << i)
            ims_make_append(maker, array, ims_make_string(texts[i]));
    return array;
}

/* The gaps of this function alone: why a null stands where it stands. */
static json_t *unknown_part(struct ims_maker *maker, const struct ims_subject *subject,
                            const struct ims_function_info *info)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < ims_topology_gap_count(subject->topology); i++) {
        const struct ims_gap *gap = ims_topology_gap(subject->topology, i);

        if (gap->has_address && ims_address_compare(gap->address, info->address) == 0)
            ims_make_append(maker, array, ims_make_string(gap->text));
    }
    if (info->pci.extended_complete == IMS_UNKNOWN && info->pci.pcie != IMS_NO)
        ims_make_append(maker, array,
                        ims_make_format("extended capabilities, ACS among them (%s)",
                                        info->record->config_gap == IMS_GAP_NONE
                                            ? "not in the input"
                                            : ims_gap_kind_to_string(info->record->config_gap)));
    return array;
}

static int membership_part(struct ims_maker *maker, const struct ims_subject *subject,
                           struct ims_function function, json_t *document, struct ims_error *reterr)
{
    const struct ims_group_info *group =
        ims_grouping_group(subject->grouping, ims_grouping_of(subject->grouping, function));
    json_t *object = json_object();
    json_t *members = json_array();
    char *summary = NULL;
    int code = ims_grouping_why_not_isolated(subject->grouping, function, &summary, reterr);

    ims_make_set(maker, object, "managed", json_boolean(group->managed));
    ims_make_set(maker, object, "certain", json_boolean(group->certain));
    ims_make_set(maker, object, "uncertain", ims_make_string(group->uncertain_text));
    ims_make_set(maker, object, "device_count", ims_make_uint(group->member_count));
    ims_make_set(maker, object, "devices", members);
    for (uint32_t i = 0; i < group->member_count; i++)
        ims_make_append(maker, members, ims_part_address(subject, group->members[i]));
    ims_make_set(maker, object, "summary", ims_make_string(summary));
    ims_make_set(maker, document, "membership", object);
    free(summary);
    return code;
}

int ims_document_show(const struct ims_subject *subject, struct ims_function function, json_t **ret,
                      struct ims_error *reterr)
{
    const struct ims_function_info *info = ims_topology_function(subject->topology, function);
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.show/1");
    json_t *object = json_object();
    int code;

    ims_make_set(&maker, document, "function", object);
    ims_part_function(&maker, subject, object, function);
    facts_part(&maker, subject, info, object);
    path_part(&maker, subject, function, document);
    code = membership_part(&maker, subject, function, document, reterr);
    ims_make_set(&maker, document, "acs", ims_part_acs(&maker, subject, function));
    ims_make_set(&maker, document, "pcie", pcie_part(&maker, info));
    ims_make_set(&maker, document, "bridge", ims_part_bridge(&maker, info));
    ims_make_set(&maker, document, "bars", bars_part(&maker, &info->pci));
    ims_make_set(&maker, document, "sriov", sriov_part(&maker, &info->pci.sriov));
    ims_make_set(&maker, document, "capabilities", capabilities_part(&maker, &info->pci));
    ims_make_set(&maker, document, "quirks", quirks_part(&maker, subject, info));
    ims_make_set(&maker, document, "damage", damage_part(&maker, info->pci.damage));
    ims_make_set(&maker, document, "unknown", unknown_part(&maker, subject, info));
    ims_part_gaps(&maker, subject, document);
    if (code < 0) {
        json_decref(document);
        return code;
    }
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
