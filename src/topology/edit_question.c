/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "topology/edit.h"

/* A text that the next topology and the result keep. Returns -ENOMEM. */
static int keep(struct ims_edit_step *step, const char *text, const char **ret_machine,
                const char **ret_scenario)
{
    *ret_machine = ims_builder_string(step->builder, text, strlen(text));
    *ret_scenario = ims_arena_strndup(&step->work->arena, text, strlen(text));
    return *ret_machine && *ret_scenario ? 0 : -ENOMEM;
}

/* The kernel reads its options from left to right: what is added counts more. */
static int set_cmdline(struct ims_edit_step *step, const char *prefix, const char *text,
                       bool replace)
{
    struct ims_machine *machine = ims_builder_machine(step->builder);
    const char *const before = replace || !machine->cmdline ? "" : machine->cmdline;
    const char *const whole =
        ims_arena_printf(&step->work->arena, "%s%s%s%s", before, *before ? " " : "", prefix, text);

    step->work->scenario.boots = true;
    return whole ? keep(step, whole, &machine->cmdline, &step->work->scenario.cmdline) : -ENOMEM;
}

/*
 * Off takes effect at once. On leaves the machine as firmware made it: a kernel that boots with it
 * judges from there, and what it makes of the registers is for ims_grouping_boot().
 */
static void set_iommu(struct ims_edit_step *step, bool on)
{
    struct ims_machine *machine = ims_builder_machine(step->builder);

    if (on && machine->iommu_on == IMS_YES)
        return;
    step->work->scenario.iommu_on = ims_tristate_from_bool(on);
    step->work->scenario.boots |= machine->iommu_on != step->work->scenario.iommu_on;
    if (!on)
        machine->iommu_on = IMS_NO;
    for (uint32_t i = 0; i < ims_builder_count(step->builder); i++) {
        struct ims_record *record = ims_builder_at(step->builder, i);
        if (on && record->group_state == IMS_GROUP_NONE)
            record->group_state = IMS_GROUP_UNKNOWN; /* tables say whether it will have one */
        else if (!on)
            record->group_state = IMS_GROUP_NONE;
        record->was_grouped &= on;
    }
}

int ims_edit_question(struct ims_edit_step *step)
{
    const struct ims_edit *edit = step->edit;
    struct ims_scenario *scenario = &step->work->scenario;
    int r = ims_edit_begin(step);

    if (r < 0)
        return r;
    struct ims_machine *machine = ims_builder_machine(step->builder);
    switch (edit->kind) {
    case IMS_EDIT_CMDLINE:
        return set_cmdline(step, "", edit->to.cmdline.text, edit->to.cmdline.replace);
    case IMS_EDIT_OVERRIDE:
        return set_cmdline(step, "pcie_acs_override=", edit->to.cmdline.text, false);
    case IMS_EDIT_KERNEL:
        scenario->boots = true;
        return keep(step, edit->to.kernel, &machine->kernel_release, &scenario->kernel);
    case IMS_EDIT_IOMMU:
        set_iommu(step, edit->to.iommu_on);
        return 0;
    case IMS_EDIT_RC:
        scenario->rc = ims_arena_strndup(&step->work->arena, edit->to.rc, strlen(edit->to.rc));
        return scenario->rc ? 0 : -ENOMEM;
    case IMS_EDIT_REMOVE:
    case IMS_EDIT_MOVE:
    case IMS_EDIT_ADD:
    case IMS_EDIT_SET_ACS:
    case IMS_EDIT_SET_VECTOR:
    case IMS_EDIT_NUMVFS:
    case IMS_EDIT_MAX:
    default:
        return -EINVAL;
    }
}
