/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "pci/regs.h"
#include "topology/edit.h"

/* A physical function and the VFs that it is to have. */
struct family {
    struct ims_function pf;
    const struct ims_function_info *info;
    uint32_t wanted;
    uint32_t first; /* routing id of VF 0 */
    uint32_t stride;
};

static int check_family(const struct ims_edit_step *step, struct family *family)
{
    const struct ims_sriov *sriov = &family->info->pci.sriov;
    const struct ims_address *address = &family->info->address;

    if (family->info->is_vf == IMS_YES)
        return ims_edit_refuse(step, -EINVAL, address, "it is a VF itself");
    if (sriov->present == IMS_NO)
        return ims_edit_refuse(step, -EOPNOTSUPP, address, "it has no SR-IOV capability");
    if (sriov->present != IMS_YES || sriov->offset == 0 ||
        !ims_bits_all_known(sriov->total_vfs, 0xffff))
        return ims_edit_refuse(step, -ENODATA, address,
                               "whether it has SR-IOV, and how many VFs, is not in the input; "
                               "read it as root, for instance with \"iommuscope capture\"");
    if (family->wanted > sriov->total_vfs.value)
        return ims_edit_refuse(step, -ERANGE, address, "it has at most %u VFs",
                               sriov->total_vfs.value);
    if (family->wanted == 0)
        return 0;
    if (!ims_bits_all_known(sriov->first_vf_offset, 0xffff) ||
        !ims_bits_all_known(sriov->vf_stride, 0xffff) ||
        !ims_bits_all_known(sriov->vf_device, 0xffff))
        return ims_edit_refuse(step, -ENODATA, address,
                               "its First VF Offset, VF Stride or VF Device ID is not in the "
                               "input; read it as root, for instance with \"iommuscope capture\"");
    if (sriov->first_vf_offset.value == 0 || (family->wanted > 1 && sriov->vf_stride.value == 0))
        return ims_edit_refuse(step, -EOPNOTSUPP, address,
                               "its First VF Offset or VF Stride is 0, so its VFs have no "
                               "routing ids");
    family->first = ((uint32_t)address->bus << 8 | address->devfn) + sriov->first_vf_offset.value;
    family->stride = sriov->vf_stride.value;
    return 0;
}

static struct ims_address vf_address(const struct family *family, uint32_t ordinal)
{
    const uint32_t rid = family->first + ordinal * family->stride;

    return (struct ims_address){family->info->address.segment, (uint8_t)(rid >> 8), (uint8_t)rid};
}

/* The bus numbers of the VFs must be within the range of the bridge above. */
static int check_buses(const struct ims_edit_step *step, const struct family *family)
{
    const uint32_t last_rid = family->first + (family->wanted - 1) * family->stride;
    const struct ims_function above = ims_topology_bridge_above(step->from, family->pf);
    const struct ims_address *address = &family->info->address;
    char name[IMS_ADDRESS_STRING_SIZE];
    uint32_t limit = 0xff;

    if (!ims_function_is_none(above)) {
        const struct ims_function_info *bridge = &step->from->functions[above.index];
        if (!ims_bits_all_known(bridge->pci.bridge.subordinate, 0xff)) {
            if (last_rid >> 8 == address->bus)
                return 0;
            return ims_edit_refuse(step, -ENODATA, &bridge->address,
                                   "its bus range is not in the input, and the VFs reach to bus "
                                   "%02x",
                                   last_rid >> 8);
        }
        limit = bridge->pci.bridge.subordinate.value;
        ims_address_format(bridge->address, name);
    }
    if (last_rid >> 8 <= limit)
        return 0;
    if (ims_function_is_none(above))
        return ims_edit_refuse(step, -ENOSPC, address,
                               "the VFs need bus numbers up to %x, and there is none beyond ff",
                               last_rid >> 8);
    return ims_edit_refuse(step, -ENOSPC, address,
                           "its VFs need buses %02x to %02x, but the range of %s above it ends at "
                           "%02x: the kernel refuses them until firmware or pci=assign-busses "
                           "gives it a larger range",
                           address->bus, last_rid >> 8, name, limit);
}

/* VFs that are not wanted go; nobody else may sit where a VF goes. */
static int make_room(struct ims_edit_step *step, const struct family *family)
{
    for (uint32_t i = 0; i < step->from->function_count; i++)
        if (step->from->functions[i].physfn.index == family->pf.index)
            step->places[i].dropped = true;
    for (uint32_t i = 0; i < family->wanted; i++) {
        const struct ims_address address = vf_address(family, i);
        const struct ims_function at = ims_topology_find(step->from, address);
        if (ims_function_is_none(at))
            continue;
        if (!step->places[at.index].dropped)
            return ims_edit_refuse(step, -EBUSY, &address,
                                   "VF %u would have this address, where another function is", i);
        step->places[at.index].dropped = false; /* it is there already */
    }
    return 0;
}

/* VFs of one physical function are alike; what is known of one that is there is true of a new one. */
static const struct ims_record *model_of(const struct ims_edit_step *step,
                                         const struct family *family)
{
    for (uint32_t i = 0; i < step->from->function_count; i++)
        if (step->from->functions[i].physfn.index == family->pf.index)
            return step->from->functions[i].record;
    return NULL;
}

static int add_vf(struct ims_edit_step *step, const struct family *family,
                  const struct ims_record *model, uint32_t ordinal)
{
    struct ims_record *record = NULL;
    const struct ims_address address = vf_address(family, ordinal);

    if (ims_builder_find(step->builder, address))
        return 0;
    int r = ims_builder_function(step->builder, address, &record, NULL);
    if (r == 0 && model)
        r = ims_edit_copy_config(&record->config, &model->config);
    if (r < 0)
        return r;
    record->is_vf = IMS_YES;
    record->physfn_stated = true;
    record->physfn = family->info->address;
    record->class_stated = (family->info->class_code.known & 0xffffff) == 0xffffff;
    record->class_code = family->info->class_code.value;
    record->class_known = 0xffffff;
    record->port_type_stated = true;
    record->port_type = IMS_PORT_ENDPOINT;
    record->group_state =
        family->info->record->group_state == IMS_GROUP_NONE ? IMS_GROUP_NONE : IMS_GROUP_UNKNOWN;
    return 0;
}

static int enable(struct ims_edit_step *step, const struct family *family)
{
    struct ims_record *pf = ims_builder_find(step->builder, family->info->address);
    const unsigned place = family->info->pci.sriov.offset;
    const uint16_t bits = IMS_REG_SRIOV_CONTROL_VF_ENABLE | IMS_REG_SRIOV_CONTROL_VF_MEMORY;
    int r = ims_config_set16(&pf->config, place + IMS_REG_SRIOV_CONTROL, family->wanted ? bits : 0,
                             bits);

    if (r == 0)
        r = ims_config_set16(&pf->config, place + IMS_REG_SRIOV_NUM_VFS, (uint16_t)family->wanted,
                             0xffff);
    if (pf->numvfs_stated)
        pf->numvfs = family->wanted;
    return r;
}

/* ---- what does not fit ---- */

static bool holds(const struct ims_window *window, struct ims_edit_span span)
{
    return window->open == IMS_YES && span.first >= window->base && span.last <= window->limit;
}

/* Whether the memory of the VFs is within a window of the bridge above. */
static void note_memory(struct ims_edit_step *step, const struct family *family)
{
    const struct ims_function above = ims_topology_bridge_above(step->from, family->pf);
    const struct ims_function_info *info = family->info;
    unsigned found = 0;

    for (unsigned i = 0; i < IMS_BAR_COUNT - 1; i++) {
        struct ims_edit_span span;
        if (!ims_edit_vf_bar_span(info, i, &span))
            continue;
        found++;
        if (ims_function_is_none(above))
            continue;
        const struct ims_function_info *bridge = &step->from->functions[above.index];
        const struct ims_window memory = ims_edit_window(bridge, IMS_EDIT_MEMORY);
        const struct ims_window prefetchable = ims_edit_window(bridge, IMS_EDIT_PREFETCHABLE);
        const bool sized = IMS_BAR_COUNT + i < info->record->resource_count &&
                           info->record->resources[IMS_BAR_COUNT + i].end != 0;
        if (holds(&memory, span) || holds(&prefetchable, span) || memory.open == IMS_UNKNOWN ||
            prefetchable.open == IMS_UNKNOWN || !sized)
            continue;
        ims_edit_note(step, IMS_EDIT_NOTE_MISFIT, &info->address,
                      "VF BAR %u takes 0x%llx bytes at 0x%llx for all VFs, which no window of the "
                      "bridge above passes: the kernel refuses the VFs until it is assigned anew "
                      "(pci=realloc)",
                      i, (unsigned long long)(span.last - span.first + 1),
                      (unsigned long long)span.first);
    }
    if (!found)
        ims_edit_note(step, IMS_EDIT_NOTE_UNKNOWN, &info->address,
                      "its VF BARs have no address in the input: whether there is memory for the "
                      "VFs behind the bridge above cannot be told, and nothing is said of requests "
                      "to them");
}

/* Below a port only device 0 answers, unless the port forwards by ARI (PCIe 6.x 6.13). */
static void note_ari(struct ims_edit_step *step, const struct family *family)
{
    const struct ims_function above = ims_topology_bridge_above(step->from, family->pf);
    const struct ims_address *address = &family->info->address;
    bool beyond = false;

    for (uint32_t i = 0; i < family->wanted; i++) {
        const struct ims_address vf = vf_address(family, i);
        beyond |= vf.bus == address->bus && ims_address_device(vf) != ims_address_device(*address);
    }
    if (ims_function_is_none(above) || !beyond)
        return;
    const struct ims_function_info *bridge = &step->from->functions[above.index];
    if (bridge->pci.ari_forwarding == IMS_NO)
        ims_edit_note(step, IMS_EDIT_NOTE_MISFIT, &bridge->address,
                      "ARI forwarding is off: VFs whose device number is not that of the physical "
                      "function do not answer below it");
    else if (bridge->pci.ari_forwarding == IMS_UNKNOWN)
        ims_edit_note(step, IMS_EDIT_NOTE_UNKNOWN, &bridge->address,
                      "whether ARI forwarding is on is not in the input; without it VFs whose "
                      "device number is not that of the physical function do not answer");
}

static void note_ids(struct ims_edit_step *step, const struct family *family, bool alike)
{
    const struct ims_address last = vf_address(family, family->wanted - 1);
    char first_name[IMS_ADDRESS_STRING_SIZE];
    char last_name[IMS_ADDRESS_STRING_SIZE];
    const char *unseen = alike ? ""
                         : family->wanted == 1
                             ? "; what its own registers hold, ACS too, shows when it exists"
                             : "; what their own registers hold, ACS too, shows when they exist";

    if (family->wanted == 1) {
        ims_edit_note(step, IMS_EDIT_NOTE_INFO, &family->info->address,
                      "its VF is %s, by First VF Offset as it reads now%s",
                      ims_address_format(last, last_name), unseen);
        return;
    }
    ims_edit_note(step, IMS_EDIT_NOTE_INFO, &family->info->address,
                  "its VFs are %s to %s, %u apart, by First VF Offset and VF Stride as they read "
                  "now%s",
                  ims_address_format(vf_address(family, 0), first_name),
                  ims_address_format(last, last_name), family->stride, unseen);
}

int ims_edit_numvfs(struct ims_edit_step *step)
{
    struct family family = {.wanted = step->edit->to.numvfs};
    int r = ims_edit_find(step, step->edit->function, &family.pf);

    if (r < 0)
        return r;
    family.info = &step->from->functions[family.pf.index];
    r = check_family(step, &family);
    if (r == 0 && family.wanted)
        r = check_buses(step, &family);
    if (r == 0)
        r = make_room(step, &family);
    if (r == 0)
        r = ims_edit_begin(step);
    if (r == 0)
        r = enable(step, &family);
    const struct ims_record *model = model_of(step, &family);
    for (uint32_t i = 0; i < family.wanted && r == 0; i++)
        r = add_vf(step, &family, model, i);
    if (r == 0 && family.wanted) {
        note_ids(step, &family, model != NULL);
        note_ari(step, &family);
        note_memory(step, &family);
    }
    return r;
}
