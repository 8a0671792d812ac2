/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "topology/model.h"

/* A function other than all-ones whose ids read ffff:ffff is a VF (R1.7). */
static bool reads_like_vf(const struct ims_pci_facts *facts)
{
    return ims_bits_all_known(facts->vendor, 0xffff) && facts->vendor.value == 0xffff &&
           ims_bits_all_known(facts->device, 0xffff) && facts->device.value == 0xffff &&
           !(facts->damage & IMS_PCI_DAMAGE_ALL_ONES);
}

static bool named_virtual_function(const struct ims_record *record)
{
    return record->device_name && strstr(record->device_name, "Virtual Function");
}

/* Candidate ids: as stated, else as the configuration space says. */
static void take_ids(struct ims_topology *topology, struct ims_function_info *info)
{
    const struct ims_record *record = info->record;

    if (record->ids && record->id_count) {
        info->ids = record->ids;
        info->id_count = record->id_count;
        return;
    }
    if (!ims_bits_all_known(info->pci.vendor, 0xffff) ||
        !ims_bits_all_known(info->pci.device, 0xffff) || info->pci.vendor.value == 0xffff)
        return;

    struct ims_id *id = ims_arena_alloc(&topology->arena, sizeof(*id));
    if (!id)
        return; /* one id less is known; the next allocation reports the lack of memory */
    id->vendor = (uint16_t)info->pci.vendor.value;
    id->device = (uint16_t)info->pci.device.value;
    info->ids = id;
    info->id_count = 1;
}

static void take_class(struct ims_function_info *info)
{
    const struct ims_record *record = info->record;

    info->class_code = info->pci.class_code;
    if (record->class_stated) {
        info->class_code.value = (info->class_code.value & ~record->class_known) |
                                 (record->class_code & record->class_known);
        info->class_code.known |= record->class_known;
    }
}

static void decode(struct ims_topology *topology, struct ims_function_info *info)
{
    const struct ims_record *record = info->record;

    info->physfn = IMS_FUNCTION_NONE;
    info->secondary_bus = IMS_BUS_NONE;
    info->vmd_endpoint = IMS_FUNCTION_NONE;
    info->bus = IMS_BUS_NONE;
    info->is_vf = record->is_vf;
    ims_pci_decode(&record->config, record->is_vf == IMS_YES, &info->pci);
    if (info->is_vf == IMS_UNKNOWN &&
        (reads_like_vf(&info->pci) || named_virtual_function(record))) {
        info->is_vf = IMS_YES;
        ims_pci_decode(&record->config, true, &info->pci);
    }
    take_ids(topology, info);
    take_class(info);
}

/* Gives a function that a PF claims its physical function, unless the source has said it already. */
static void claim_vf(struct ims_topology *topology, struct ims_address address, uint32_t pf)
{
    const struct ims_function found = ims_topology_find(topology, address);
    if (ims_function_is_none(found) || found.index == pf)
        return;

    struct ims_function_info *info = &topology->functions[found.index];
    if (info->record->is_vf == IMS_NO || info->record->physfn_stated ||
        !ims_function_is_none(info->physfn))
        return;
    if (info->is_vf != IMS_YES) {
        info->is_vf = IMS_YES;
        ims_pci_decode(&info->record->config, true, &info->pci);
    }
    info->physfn.index = pf;
}

/* Routing ids that are walked in all: capabilities that lie must not cost a walk of 65535 each. */
#define VF_CLAIM_MAX (4u * IMS_FUNCTION_MAX)

/* Walks the routing ids that an enabled SR-IOV capability gives to its VFs (PCIe 6.x 9.2.1.2). */
static void claim_vfs_of(struct ims_topology *topology, uint32_t pf, uint32_t *budget)
{
    const struct ims_function_info *info = &topology->functions[pf];
    const struct ims_sriov *sriov = &info->pci.sriov;

    if (sriov->present != IMS_YES || sriov->vf_enable != IMS_YES || info->is_vf == IMS_YES ||
        !ims_bits_all_known(sriov->num_vfs, 0xffff) ||
        !ims_bits_all_known(sriov->first_vf_offset, 0xffff) ||
        !ims_bits_all_known(sriov->vf_stride, 0xffff))
        return;

    uint32_t rid =
        ((uint32_t)info->address.bus << 8 | info->address.devfn) + sriov->first_vf_offset.value;
    for (uint32_t i = 0; i < sriov->num_vfs.value && rid <= 0xffff && *budget; i++) {
        const struct ims_address address = {info->address.segment, (uint8_t)(rid >> 8),
                                            (uint8_t)rid};
        claim_vf(topology, address, pf);
        --*budget;
        if (sriov->vf_stride.value == 0)
            break; /* only one VF can exist without a stride */
        rid += sriov->vf_stride.value;
    }
}

/* The kernel gives a VF the vendor of its PF and the device id of the capability (R1.7). */
static void take_vf_id(struct ims_builder *builder, const struct ims_topology *topology,
                       struct ims_function_info *info)
{
    if (info->id_count || info->is_vf != IMS_YES || ims_function_is_none(info->physfn))
        return;

    const struct ims_function_info *pf = &topology->functions[info->physfn.index];
    const struct ims_bits device = pf->pci.sriov.vf_device;
    if (pf->id_count != 1 || pf->pci.sriov.present != IMS_YES ||
        !ims_bits_all_known(device, 0xffff))
        return;

    struct ims_id *id = ims_arena_alloc(&builder->arena, sizeof(*id));
    if (!id)
        return; /* as in take_ids() */
    *id = (struct ims_id){pf->ids[0].vendor, (uint16_t)device.value};
    info->ids = id;
    info->id_count = 1;
}

static void note_damage(struct ims_builder *builder, const struct ims_function_info *info)
{
    if (info->pci.damage & ~(uint32_t)IMS_PCI_DAMAGE_ALL_ONES)
        ims_builder_gap(builder, IMS_GAP_MALFORMED, &info->address, NULL, 0,
                        "its capability list is damaged (loop or pointer out of range); "
                        "what stands behind the damage is unknown");
    if (info->pci.damage & IMS_PCI_DAMAGE_ALL_ONES)
        ims_builder_gap(builder, IMS_GAP_UNREADABLE, &info->address, NULL, 0,
                        "its configuration space reads all ones: the function does not answer");
}

void ims_seal_functions(struct ims_builder *builder, struct ims_topology *topology)
{
    uint32_t budget = VF_CLAIM_MAX;

    topology->arena = builder->arena; /* lent: ids are allocated in it */
    for (uint32_t i = 0; i < topology->function_count; i++)
        decode(topology, &topology->functions[i]);
    for (uint32_t i = 0; i < topology->function_count; i++)
        claim_vfs_of(topology, i, &budget);
    builder->arena = topology->arena;
    topology->arena = (struct ims_arena){0};
    if (!budget)
        ims_builder_gap(builder, IMS_GAP_MALFORMED, NULL, NULL, 0,
                        "SR-IOV capabilities claim more VFs than can exist; VFs that were not "
                        "reached are taken as ordinary functions");

    for (uint32_t i = 0; i < topology->function_count; i++) {
        struct ims_function_info *info = &topology->functions[i];
        const struct ims_record *record = info->record;

        if (record->physfn_stated && info->is_vf == IMS_YES) {
            info->physfn = ims_topology_find(topology, record->physfn);
            if (ims_function_is_none(info->physfn) || info->physfn.index == i) {
                char name[IMS_ADDRESS_STRING_SIZE];
                info->physfn = IMS_FUNCTION_NONE;
                ims_builder_gap(builder, IMS_GAP_NOT_IN_INPUT, &info->address, NULL, 0,
                                "its physical function %s is not in the input",
                                ims_address_format(record->physfn, name));
            }
        }
        if (info->is_vf == IMS_UNKNOWN)
            info->is_vf = IMS_NO; /* no enabled SR-IOV capability claims its routing id */
        take_vf_id(builder, topology, info);
        note_damage(builder, info);
    }
}
