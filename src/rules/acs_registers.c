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
    struct ims_bits capability = info->acs.capability;

    for (uint32_t i = 0; i < info->id_count; i++) {
        bool certain = true;
        const uint32_t removed = ims_acs_capfix(info->ids[i], judge->version, &certain);
        if (!removed)
            continue;
        capability.value &= ~removed;
        if (info->id_count > 1 || !certain)
            capability.known &= ~removed;
        *ret_rule = ims_rule_get(IMS_RULE_QUIRK_IDT_SV);
    }
    return capability;
}

/* Stable releases that form groups before they program ACS, on x86 (R4.16). */
static bool groups_before_enabling(const struct ims_judge *judge)
{
    const struct ims_machine *machine = ims_topology_machine(judge->topology);
    const struct ims_kernel_version version = judge->version;
    const bool other = machine->iommu_kind == IMS_IOMMU_ARM_SMMU ||
                       machine->iommu_kind == IMS_IOMMU_VIRTIO || machine->acpi_iort == IMS_YES;

    if (other || version.major != 6)
        return false;
    return (version.minor == 1 && version.patch >= 165 && version.patch <= 168) ||
           (version.minor == 12 && version.patch >= 75 && version.patch <= 82);
}

void ims_acs_registers_standard(const struct ims_judge *judge, struct ims_function function,
                                enum ims_acs_mode mode, struct ims_acs_registers *ret)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);

    *ret = (struct ims_acs_registers){.present = info->acs.present};
    ret->capability = cached_capability(judge, info, &ret->rule);
    ret->control_read = info->acs.control;

    /*
     * Where Linux has programmed the words, a required bit that is set may come from firmware or
     * from Linux; one that is clear was clear before, because bits are only added (R4.13).
     */
    struct ims_bits firmware = ret->control_read;
    struct ims_bits kernel = ret->control_read;
    if (mode == IMS_ACS_AS_IS) {
        const uint32_t open = firmware.value & IMS_ACS_REQUIRED;
        firmware.value &= ~open;
        firmware.known &= ~open;
    } else {
        kernel = bits_or(kernel, bits_and(ret->capability, IMS_ACS_REQUIRED));
    }

    ret->control = kernel;
    if (groups_before_enabling(judge)) {
        ret->control = firmware;
        ret->rule = ims_rule_get(IMS_RULE_STABLE_REGRESSION);
    } else if (judge->cmdline_pending) {
        ret->control = ims_cmdline_control(&judge->cmdline, judge->version, judge->topology,
                                           function, firmware, kernel, &ret->rule);
    }
    /* What was read as 1 and became unknown was set by Linux rather than by firmware. */
    ret->likely_clear = ret->control_read.value & ~ret->control.known;
}

void ims_acs_registers_sunrise(const struct ims_judge *judge, struct ims_function function,
                               enum ims_acs_mode mode, struct ims_acs_registers *ret)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const struct ims_config *config = &info->record->config;

    *ret = (struct ims_acs_registers){.present = info->acs.present};
    if (info->acs.present != IMS_YES || !info->acs.offset)
        return;

    ret->capability = ims_config_get32(config, info->acs.offset + 4u);
    if (ret->capability.known == 0)
        ret->capability = info->acs.capability;
    ret->control_read = ims_config_get32(config, info->acs.offset + 8u);
    ret->control = ret->control_read;
    if (mode == IMS_ACS_AS_LINUX_SETS)
        ret->control = bits_or(ret->control, bits_and(ret->capability, IMS_ACS_REQUIRED));
    if (!judge->cmdline_pending)
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
    const uint32_t set = control.value;
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
