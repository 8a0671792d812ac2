/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "pci/regs.h"
#include "topology/edit.h"

#define ACS_BITS 7u

static const char *const bit_names[ACS_BITS] = {
    "source validation",   "translation blocking", "request redirect",  "completion redirect",
    "upstream forwarding", "egress control",       "direct translated",
};

/* The function of the edit, which must have an ACS capability whose place is known. */
static int find_acs(const struct ims_edit_step *step, struct ims_function *ret)
{
    int r = ims_edit_find(step, step->edit->function, ret);

    if (r < 0)
        return r;
    const struct ims_function_info *info = &step->from->functions[ret->index];
    if (info->acs.present == IMS_NO)
        return ims_edit_refuse(step, -EOPNOTSUPP, &info->address,
                               "it has no ACS capability, so there is no bit to set");
    if (info->acs.present == IMS_UNKNOWN || info->acs.offset == 0)
        return ims_edit_refuse(step, -ENODATA, &info->address,
                               "whether it has an ACS capability is not in the input; read it as "
                               "root, for instance with \"iommuscope capture\"");
    return 0;
}

/* Bits of the capability register that all bits of wanted need. */
static int check_bits(const struct ims_edit_step *step, const struct ims_function_info *info,
                      uint16_t wanted)
{
    const struct ims_bits capability = info->acs.capability;

    for (unsigned bit = 0; bit < ACS_BITS; bit++) {
        const uint16_t mask = (uint16_t)(1u << bit);
        if (!(wanted & mask) || (capability.value & mask))
            continue;
        if (capability.known & mask)
            return ims_edit_refuse(step, -EOPNOTSUPP, &info->address,
                                   "its ACS capability lacks %s: the control bit stays 0",
                                   bit_names[bit]);
        return ims_edit_refuse(step, -ENODATA, &info->address,
                               "whether its ACS capability has %s is not in the input; read it as "
                               "root, for instance with \"iommuscope capture\"",
                               bit_names[bit]);
    }
    return 0;
}

int ims_edit_set_acs(struct ims_edit_step *step)
{
    const uint16_t set = step->edit->to.acs.set;
    const uint16_t clear = step->edit->to.acs.clear;
    struct ims_function function = IMS_FUNCTION_NONE;
    int r = find_acs(step, &function);

    if (r < 0)
        return r;
    const struct ims_function_info *info = &step->from->functions[function.index];
    if ((set & clear) || (set | clear) >> ACS_BITS || !(set | clear))
        return ims_edit_refuse(step, -EINVAL, &info->address,
                               "no bit, a bit that is none, or one both to be set and cleared");
    r = check_bits(step, info, set);
    if (r == 0)
        r = ims_edit_begin(step);
    if (r < 0)
        return r;
    struct ims_record *record = ims_builder_find(step->builder, info->address);
    if (clear & (IMS_ACS_SV | IMS_ACS_RR | IMS_ACS_CR | IMS_ACS_UF))
        ims_edit_note(step, IMS_EDIT_NOTE_INFO, &info->address,
                      "Linux sets source validation, request and completion redirect and upstream "
                      "forwarding again whenever it finds the function: at boot and at a rescan");
    return ims_config_set16(&record->config, info->acs.offset + IMS_REG_ACS_CONTROL, set,
                            (uint16_t)(set | clear));
}

int ims_edit_set_vector(struct ims_edit_step *step)
{
    struct ims_function function = IMS_FUNCTION_NONE;
    int r = find_acs(step, &function);

    if (r < 0)
        return r;
    const struct ims_function_info *info = &step->from->functions[function.index];
    r = check_bits(step, info, IMS_ACS_EC);
    if (r < 0)
        return r;
    const struct ims_bits capability = info->acs.capability;
    unsigned size = (capability.value & IMS_ACS_EGRESS_SIZE) >> IMS_REG_ACS_EGRESS_SIZE_SHIFT;
    if (!ims_bits_all_known(capability, IMS_ACS_EGRESS_SIZE))
        return ims_edit_refuse(step, -ENODATA, &info->address,
                               "how long its egress control vector is, is not in the input");
    if (size == 0)
        size = IMS_ACS_EGRESS_DWORDS * 32;
    for (unsigned bit = size; bit < IMS_EDIT_VECTOR_DWORDS * 32; bit++)
        if (step->edit->to.vector.mask[bit / 32] >> bit % 32 & 1 &&
            step->edit->to.vector.value[bit / 32] >> bit % 32 & 1)
            return ims_edit_refuse(step, -EOPNOTSUPP, &info->address,
                                   "its egress control vector has %u bits, there is no bit %u",
                                   size, bit);
    r = ims_edit_begin(step);
    if (r < 0)
        return r;
    struct ims_record *record = ims_builder_find(step->builder, info->address);
    for (unsigned i = 0; i * 32 < size && r == 0; i++)
        r = ims_config_set32(&record->config, info->acs.offset + IMS_REG_ACS_EGRESS_VECTOR + 4 * i,
                             step->edit->to.vector.value[i], step->edit->to.vector.mask[i]);
    if (ims_bits_test(info->acs.control, IMS_ACS_EC) != IMS_YES)
        ims_edit_note(step, IMS_EDIT_NOTE_INFO, &info->address,
                      "egress control is not on, so the vector has no effect");
    return r;
}
