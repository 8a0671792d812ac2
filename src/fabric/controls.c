/* SPDX-License-Identifier: MIT */
#include "base/tristate.h"
#include "fabric/model.h"
#include "pci/regs.h"

/* The controls of ports and functions, as registers and vendors have them. */

/* A control counts where it is implemented; one that reads 1 is. */
static enum ims_tristate enabled(const struct ims_bits capability, const struct ims_bits control,
                                 uint32_t capability_bit, uint32_t control_bit)
{
    const enum ims_tristate on = ims_bits_test(control, control_bit);
    const enum ims_tristate able = ims_bits_test(capability, capability_bit);

    return on == IMS_YES && able == IMS_UNKNOWN ? IMS_YES : ims_tristate_and(on, able);
}

static enum ims_target_control target_control(enum ims_tristate enhanced, struct ims_bits control,
                                              uint32_t mask, unsigned shift)
{
    if (enhanced == IMS_NO)
        return IMS_TARGET_NONE;
    if (enhanced == IMS_UNKNOWN || !ims_bits_all_known(control, mask))
        return IMS_TARGET_UNKNOWN;
    return (enum ims_target_control)((control.value & mask) >> shift);
}

/* Without a structure, and nobody speaks for it (A1.6). */
static struct ims_controls no_controls(void)
{
    return (struct ims_controls){
        .present = IMS_NO,
        .peers = IMS_NO,
        .redirect = IMS_NO,
        .v = IMS_NO,
        .b = IMS_NO,
        .r = IMS_NO,
        .c = IMS_NO,
        .u = IMS_NO,
        .e = IMS_NO,
        .t = IMS_NO,
        .io_blocking = IMS_NO,
        .unclaimed_redirect = IMS_NO,
        .dsp_target = IMS_TARGET_NONE,
        .usp_target = IMS_TARGET_NONE,
    };
}

/* As if there were a structure that does what the vendor states (H1, H4). */
static struct ims_controls stated_controls(const struct ims_fabric *fabric, uint32_t function,
                                           enum ims_statement statement)
{
    const bool is_port = statement == IMS_SAYS_PORT;
    const bool is_root_port = fabric->nodes[function].role == IMS_ROLE_ROOT_PORT;
    struct ims_controls controls = no_controls();

    controls.present = IMS_YES;
    controls.stated = true;
    if (is_port) {
        controls.peers = controls.redirect = IMS_YES;
        controls.v = controls.r = controls.c = controls.u =
            is_root_port ? ims_fabric_statement_holds(fabric) : IMS_YES;
    }
    return controls;
}

static void read_enables(struct ims_bits capability, struct ims_bits control,
                         struct ims_controls *ret)
{
    const enum ims_tristate enhanced = ims_bits_test(capability, IMS_ACS_ENHANCED);

    ret->redirect = ims_bits_test(capability, IMS_ACS_RR);
    ret->peers = ims_tristate_or(ret->redirect, ims_bits_test(capability, IMS_ACS_EC));
    ret->v = enabled(capability, control, IMS_ACS_SV, IMS_ACS_SV);
    ret->b = enabled(capability, control, IMS_ACS_TB, IMS_ACS_TB);
    ret->r = enabled(capability, control, IMS_ACS_RR, IMS_ACS_RR);
    ret->c = enabled(capability, control, IMS_ACS_CR, IMS_ACS_CR);
    ret->u = enabled(capability, control, IMS_ACS_UF, IMS_ACS_UF);
    ret->e = enabled(capability, control, IMS_ACS_EC, IMS_ACS_EC);
    ret->t = enabled(capability, control, IMS_ACS_DT, IMS_ACS_DT);
    ret->io_blocking = enabled(capability, control, IMS_ACS_ENHANCED, IMS_ACS_IO_BLOCKING);
    ret->unclaimed_redirect =
        enabled(capability, control, IMS_ACS_ENHANCED, IMS_ACS_UNCLAIMED_REDIRECT);
    ret->dsp_target =
        target_control(enhanced, control, IMS_ACS_DSP_TARGET, IMS_ACS_DSP_TARGET_SHIFT);
    ret->usp_target =
        target_control(enhanced, control, IMS_ACS_USP_TARGET, IMS_ACS_USP_TARGET_SHIFT);
}

/*
 * Extended space that does not answer is not one without a structure: what the kernel cannot see may
 * be there (A1.9). Conventional functions have no such space.
 */
static enum ims_tristate has_structure(const struct ims_function_info *info)
{
    const struct ims_bits first = ims_config_get32(&info->record->config, IMS_REG_EXTENDED_FIRST);
    const bool all_ones = (first.value & first.known) == UINT32_MAX; /* of a VF too */

    if (info->pci.acs.present == IMS_NO && info->port_type != IMS_PORT_CONVENTIONAL &&
        (all_ones || info->pci.extended_header == IMS_NO))
        return IMS_UNKNOWN;
    return info->pci.acs.present;
}

void ims_fabric_read_controls(const struct ims_fabric *fabric, uint32_t function,
                              struct ims_controls *ret)
{
    const struct ims_function_info *info = ims_fabric_info(fabric, function);
    const struct ims_acs *acs = &info->pci.acs;
    const enum ims_statement statement = ims_fabric_statement(fabric, function);
    const enum ims_tristate present = has_structure(info);

    if (present != IMS_YES && (statement == IMS_SAYS_PORT || statement == IMS_SAYS_NO_PEERS)) {
        *ret = stated_controls(fabric, function, statement);
        return;
    }
    if (present == IMS_NO) {
        *ret = no_controls();
        ret->translated = statement == IMS_SAYS_FIRST;
        return;
    }
    *ret = (struct ims_controls){
        .present = present,
        .translated = statement == IMS_SAYS_FIRST,
        .no_vector = statement == IMS_SAYS_SUNRISE,
        .control_offset = (uint16_t)(acs->offset ? acs->offset + IMS_REG_ACS_CONTROL : 0),
        .control = acs->control,
    };
    if (statement == IMS_SAYS_SUNRISE && acs->offset) { /* A1.8 */
        ret->control_offset = (uint16_t)(acs->offset + 8);
        ret->control = ims_config_get32(&info->record->config, ret->control_offset);
    }
    read_enables(acs->capability, ret->control, ret);
}

/* ---- around ACS ---- */

enum ims_tristate ims_fabric_in_aperture(const struct ims_fabric *fabric, uint32_t bridge,
                                         uint8_t bus)
{
    const struct ims_pci_facts *facts = &ims_fabric_info(fabric, bridge)->pci;

    if (!ims_bits_all_known(facts->bridge.secondary, 0xff) ||
        !ims_bits_all_known(facts->bridge.subordinate, 0xff))
        return IMS_UNKNOWN;
    if (facts->bridge.secondary.value <= bus && bus <= facts->bridge.subordinate.value)
        return IMS_YES;
    return facts->fpb_rid == IMS_YES ? IMS_UNKNOWN : IMS_NO; /* C10 */
}

enum ims_tristate ims_fabric_masters(const struct ims_fabric *fabric, uint32_t function)
{
    const struct ims_function_info *info = ims_fabric_info(fabric, function);

    if (!fabric->basis.options.as_configured)
        return IMS_YES;
    if (info->pci.damage & IMS_PCI_DAMAGE_ALL_ONES)
        return IMS_NO; /* C11 */
    return ims_bits_test(info->pci.command, IMS_REG_COMMAND_BUS_MASTER);
}

enum ims_tristate ims_fabric_decodes(const struct ims_fabric *fabric, uint32_t bridge,
                                     enum ims_fabric_space space)
{
    const struct ims_function_info *info = ims_fabric_info(fabric, bridge);

    if (!fabric->basis.options.as_configured)
        return IMS_YES;
    return ims_bits_test(info->pci.command, space == IMS_FABRIC_IO ? IMS_REG_COMMAND_IO_SPACE
                                                                   : IMS_REG_COMMAND_MEMORY_SPACE);
}
