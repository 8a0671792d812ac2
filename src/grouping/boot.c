/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "grouping/model.h"
#include "pci/regs.h"
#include "rules/acs_registers.h"
#include "rules/catalogue.h"
#include "topology/edit.h"

/* What the kernel leaves in the control register of a function (R4.13, R4.19). */
static struct ims_bits control_after(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_acs *acs = &ims_grouping_info(grouping, function)->acs;
    const struct ims_acs_verdict *verdict =
        ims_grouping_acs(grouping, (struct ims_function){function});
    const uint32_t enabled = acs->capability.value & IMS_ACS_REQUIRED;
    struct ims_bits control = acs->control;

    /* Where another register is judged (R4.21), this one stays as it is. */
    if (verdict->has_registers && (verdict->control_read.value != acs->control.value ||
                                   verdict->control_read.known != acs->control.known))
        return control;
    /* A kernel that groups too early enables all the same (R4.16). */
    if (verdict->has_registers && verdict->rule != ims_rule_get(IMS_RULE_STABLE_REGRESSION))
        return verdict->control;
    if (grouping->judge.acs == IMS_ACS_AS_LINUX_SETS ||
        verdict->rule == ims_rule_get(IMS_RULE_STABLE_REGRESSION)) {
        control.value |= enabled;
        control.known |= enabled;
    }
    return control;
}

static int write_control(const struct ims_grouping *grouping, uint32_t function,
                         struct ims_builder *builder)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);
    const unsigned offset = info->acs.offset + IMS_REG_ACS_CONTROL;
    struct ims_record *record = ims_builder_find(builder, info->address);

    if (info->acs.present != IMS_YES || info->acs.offset == 0)
        return 0;
    const struct ims_bits control = control_after(grouping, function);
    ims_edit_forget(&record->config, offset, 2);
    return ims_config_set16(&record->config, offset, (uint16_t)control.value,
                            (uint16_t)control.known);
}

int ims_grouping_boot(const struct ims_grouping *grouping, struct ims_topology **ret,
                      struct ims_error *reterr)
{
    const struct ims_topology *topology = grouping->topology;
    const char *cmdline = grouping->basis.cmdline;
    struct ims_builder *builder = NULL;
    int r = ims_edit_copy(topology, &builder);

    for (uint32_t i = 0; i < ims_topology_function_count(topology) && r == 0; i++)
        r = write_control(grouping, i, builder);
    if (r == 0 && cmdline) {
        cmdline = ims_builder_string(builder, cmdline, strlen(cmdline));
        r = cmdline ? 0 : -ENOMEM;
    }
    if (r < 0) {
        ims_builder_free(builder);
        return ims_error_set(reterr, r, "out of memory while booting the machine in the model");
    }
    ims_builder_machine(builder)->cmdline = cmdline;
    ims_builder_machine(builder)->iommu_on = IMS_YES;
    return ims_builder_seal(builder, ret, reterr);
}
