/* SPDX-License-Identifier: MIT */
#include "rules/acs_registers.h"
#include "rules/catalogue.h"
#include "rules/quirks.h"

static struct ims_bits bits_or(struct ims_bits a, struct ims_bits b)
{
    /* Unknown bits read 0, so a bit that reads 1 is known to be 1. */
    return (struct ims_bits){a.value | b.value, (a.known & b.known) | a.value | b.value};
}

static struct ims_bits bits_and(struct ims_bits bits, uint32_t mask)
{
    return (struct ims_bits){bits.value & mask, bits.known | ~mask};
}

/* The capability word as the kernel keeps it (R4.8). */
static struct ims_bits cached_capability(const struct ims_judge *judge,
                                         const struct ims_function_info *info,
                                         const struct ims_rule **ret_rule)
{
    struct ims_bits capability = ims_judge_acs_words(judge, info)->capability;

    for (uint32_t i = 0; i < info->id_count; i++) {
        bool certain = true;
        const uint32_t removed = ims_acs_capfix(info->ids[i], judge->version, &certain);
        if (removed & capability.value)
            *ret_rule = ims_rule_get(IMS_RULE_QUIRK_IDT_SV);
        if (removed || !certain)
            capability.value &= ~IMS_ACS_SV;
        if (removed && certain && info->id_count == 1)
            capability.known |= IMS_ACS_SV;
        else if (removed || !certain)
            capability.known &= ~IMS_ACS_SV;
    }
    return capability;
}

enum ims_tristate ims_judge_groups_before_enabling(const struct ims_judge *judge)
{
    const struct ims_machine *machine = ims_topology_machine(judge->topology);
    const struct ims_kernel_version version = judge->version;
    const bool other = machine->iommu_kind == IMS_IOMMU_ARM_SMMU ||
                       machine->iommu_kind == IMS_IOMMU_VIRTIO || machine->acpi_iort == IMS_YES;

    if (other)
        return IMS_NO;
    /* For these two only the end is established; the start is guessed from the others' length. */
    if ((version.major == 5 && version.minor == 10 && version.patch >= 249 &&
         version.patch <= 252) ||
        (version.major == 6 && version.minor == 6 && version.patch >= 127 && version.patch <= 134))
        return IMS_UNKNOWN;
    return ims_tristate_from_bool(
        version.major == 6 &&
        ((version.minor == 1 && version.patch >= 165 && version.patch <= 168) ||
         (version.minor == 12 && version.patch >= 75 && version.patch <= 82)));
}

/* Bits that read 1 may have been set after the grouping; they are rather taken as set before. */
static void may_group_before_enabling(struct ims_acs_registers *registers, struct ims_bits firmware)
{
    const uint32_t open = IMS_ACS_REQUIRED & ~(firmware.known & firmware.value);

    registers->follows = 0;
    registers->control.known &= ~(open & registers->control.value);
    registers->control.value &= registers->control.known;
    registers->rule = ims_rule_get(IMS_RULE_STABLE_REGRESSION);
}

/* The registers of a running kernel show what its own command line did; else it is still to come. */
static bool cmdline_is_pending(const struct ims_judge *judge, enum ims_acs_mode mode)
{
    return judge->cmdline_asked || mode == IMS_ACS_AS_LINUX_SETS;
}

/*
 * The control word before Linux touched it. Where Linux has written, a required bit that is set may
 * come from firmware or from Linux; one that is clear was clear before: bits are only added (R4.13).
 */
static struct ims_bits firmware_control(const struct ims_judge *judge, enum ims_acs_mode mode,
                                        struct ims_bits control)
{
    const enum ims_tristate on = ims_topology_machine(judge->topology)->iommu_on;

    if (on == IMS_YES || (on == IMS_UNKNOWN && mode == IMS_ACS_AS_IS)) {
        const uint32_t open = control.value & IMS_ACS_REQUIRED;
        control.value &= ~open;
        control.known &= ~open;
    }
    return control;
}

void ims_acs_registers_standard(const struct ims_judge *judge, struct ims_function function,
                                enum ims_acs_mode mode, struct ims_acs_registers *ret)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);

    *ret = (struct ims_acs_registers){.present = ims_judge_acs_words(judge, info)->present};
    ret->capability = cached_capability(judge, info, &ret->rule);
    ret->control_read = ims_judge_acs_words(judge, info)->control;

    const struct ims_bits firmware = firmware_control(judge, mode, ret->control_read);
    struct ims_bits kernel = ret->control_read;
    if (mode == IMS_ACS_AS_LINUX_SETS)
        kernel = bits_or(kernel, bits_and(ret->capability, IMS_ACS_REQUIRED));

    ret->control = kernel;
    if (ims_judge_groups_before_enabling(judge) == IMS_YES) {
        ret->control = firmware;
        ret->rule = ims_rule_get(IMS_RULE_STABLE_REGRESSION);
    } else {
        const struct ims_rule *before = ret->rule;
        if (cmdline_is_pending(judge, mode))
            ret->control = ims_cmdline_control(&judge->cmdline, judge->version, judge->topology,
                                               function, firmware, kernel, &ret->rule);
        if (mode == IMS_ACS_AS_LINUX_SETS && ret->rule == before)
            ret->follows = IMS_ACS_REQUIRED;
    }
    /* What is 1 after Linux and became unknown was hardly set before it. */
    ret->likely_clear = kernel.value & ~ret->control.known;
    if (ims_judge_groups_before_enabling(judge) == IMS_UNKNOWN)
        may_group_before_enabling(ret, firmware);
}

void ims_acs_registers_sunrise(const struct ims_judge *judge, struct ims_function function,
                               enum ims_acs_mode mode, struct ims_acs_registers *ret)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const struct ims_config *config = &info->record->config;

    *ret = (struct ims_acs_registers){.present = ims_judge_acs_words(judge, info)->present};
    if (ims_judge_acs_words(judge, info)->present != IMS_YES ||
        !ims_judge_acs_words(judge, info)->offset)
        return;

    ret->capability = ims_config_get32(config, ims_judge_acs_words(judge, info)->offset + 4u);
    if (ret->capability.known == 0)
        ret->capability = ims_judge_acs_words(judge, info)->capability;
    ret->control_read = ims_config_get32(config, ims_judge_acs_words(judge, info)->offset + 8u);
    ret->control = ret->control_read;
    if (ims_judge_groups_before_enabling(judge) == IMS_YES) {
        ret->control = firmware_control(judge, mode, ret->control_read);
        ret->likely_clear = ret->control_read.value & ~ret->control.known;
        ret->rule = ims_rule_get(IMS_RULE_STABLE_REGRESSION);
        return;
    }
    if (mode == IMS_ACS_AS_LINUX_SETS) {
        ret->control = bits_or(ret->control, bits_and(ret->capability, IMS_ACS_REQUIRED));
        ret->follows = IMS_ACS_REQUIRED;
    }
    if (ims_judge_groups_before_enabling(judge) == IMS_UNKNOWN)
        may_group_before_enabling(ret, firmware_control(judge, mode, ret->control_read));
    if (!cmdline_is_pending(judge, mode))
        return;

    const struct ims_cmdline *cmdline = &judge->cmdline;
    const bool since = !ims_kernel_version_before(judge->version, 5, 0);
    const bool redirect =
        since && ims_cmdline_match(cmdline->disable_redirect, cmdline->disable_redirect_count,
                                   judge->topology, function) < cmdline->disable_redirect_count;
    const bool configured = !ims_kernel_version_before(judge->version, 6, 11) &&
                            ims_cmdline_match(cmdline->config, cmdline->config_count,
                                              judge->topology, function) < cmdline->config_count;
    if (redirect || configured) {
        ret->control = bits_and(ret->control, ~(uint32_t)(IMS_ACS_RR | IMS_ACS_CR | IMS_ACS_EC));
        ret->follows &= ~(uint32_t)(IMS_ACS_RR | IMS_ACS_CR);
        ret->rule = ims_rule_get(redirect ? IMS_RULE_CMDLINE_DISABLE_ACS_REDIR
                                          : IMS_RULE_CMDLINE_CONFIG_ACS);
    }
}

struct ims_acs_check ims_acs_registers_check(const struct ims_acs_registers *registers)
{
    const struct ims_bits capability = registers->capability;
    const struct ims_bits control = registers->control;
    const uint32_t implemented = capability.value & IMS_ACS_REQUIRED;
    const uint32_t maybe_implemented = (capability.value | ~capability.known) & IMS_ACS_REQUIRED;
    const uint32_t set = control.value | registers->follows;
    const uint32_t maybe_set = control.value | ~control.known;
    struct ims_acs_check check = {
        .required = implemented,
        .missing = implemented & ~maybe_set,
    };

    if (check.missing)
        check.isolated = IMS_NO;
    else if (!(maybe_implemented & ~set))
        check.isolated = IMS_YES;
    check.likely = check.isolated == IMS_UNKNOWN
                       ? !(maybe_implemented & ~set & registers->likely_clear)
                       : check.isolated == IMS_YES;
    return check;
}
