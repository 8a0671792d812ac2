/* SPDX-License-Identifier: MIT */
#include "fabric/model.h"
#include "rules/quirks.h"

/* What vendors say of their ports and devices, where no register does (section H). */

static bool listed(enum ims_acs_quirk_rule rule, uint16_t device)
{
    bool likely;

    return ims_acs_quirk_listed(rule, device, IMS_RULESET_NEWEST, &likely) == IMS_YES;
}

static enum ims_statement statement_of(const struct ims_fabric *fabric, uint32_t function,
                                       struct ims_id id, const struct ims_acs_quirk_row *row)
{
    const enum ims_role role = fabric->nodes[function].role;
    const bool root_port = role == IMS_ROLE_ROOT_PORT;

    switch (row->rule) {
    case IMS_ACS_QUIRK_MF_ENDPOINT:
        return IMS_SAYS_NO_PEERS;
    case IMS_ACS_QUIRK_WANGXUN_NIC:
        return listed(row->rule, id.device) ? IMS_SAYS_NO_PEERS : IMS_SAYS_NOTHING;
    case IMS_ACS_QUIRK_INTEL_RCIEP:
        return ims_fabric_info(fabric, function)->port_type == IMS_PORT_RC_ENDPOINT
                   ? IMS_SAYS_FIRST
                   : IMS_SAYS_NOTHING;
    case IMS_ACS_QUIRK_AMD_SB:
        return ims_topology_machine(fabric->topology)->acpi_ivrs == IMS_YES &&
                       fabric->realms[fabric->nodes[function].realm].kind == IMS_REALM_ROOT
                   ? IMS_SAYS_NO_PEERS
                   : IMS_SAYS_NOTHING;
    case IMS_ACS_QUIRK_QCOM_RP:
    case IMS_ACS_QUIRK_XGENE_RP:
    case IMS_ACS_QUIRK_BRCM_PAXB:
    case IMS_ACS_QUIRK_LOONGSON_RP:
    case IMS_ACS_QUIRK_NXP_RP:
        return ims_fabric_is_port(&fabric->nodes[function]) ? IMS_SAYS_PORT : IMS_SAYS_NOTHING;
    case IMS_ACS_QUIRK_ANNAPURNA_RP:
        return root_port ? IMS_SAYS_PORT : IMS_SAYS_NOTHING;
    case IMS_ACS_QUIRK_CAVIUM_RP:
    case IMS_ACS_QUIRK_INTEL_PCH:
        return root_port && listed(row->rule, id.device) ? IMS_SAYS_PORT : IMS_SAYS_NOTHING;
    case IMS_ACS_QUIRK_INTEL_SPT:
        return root_port && listed(row->rule, id.device) ? IMS_SAYS_SUNRISE : IMS_SAYS_NOTHING;
    case IMS_ACS_QUIRK_ZHAOXIN_PORTS:
        return ims_fabric_is_port(&fabric->nodes[function]) && listed(row->rule, id.device)
                   ? IMS_SAYS_PORT
                   : IMS_SAYS_NOTHING;
    case IMS_ACS_QUIRK_IDT_SV:
    case IMS_ACS_QUIRK_MAX:
        break;
    }
    return IMS_SAYS_NOTHING;
}

/* What all candidate ids agree on. */
enum ims_statement ims_fabric_statement(const struct ims_fabric *fabric, uint32_t function)
{
    const struct ims_function_info *info = ims_fabric_info(fabric, function);
    enum ims_statement all = IMS_SAYS_NOTHING;

    for (uint32_t i = 0; i < info->id_count; i++) {
        enum ims_statement one = IMS_SAYS_NOTHING;
        const struct ims_acs_quirk_row *row = NULL;
        while (one == IMS_SAYS_NOTHING && (row = ims_acs_quirk_next(info->ids[i], row)))
            one = statement_of(fabric, function, info->ids[i], row);
        if (i > 0 && one != all)
            return IMS_SAYS_NOTHING;
        all = one;
    }
    return all;
}

/*
 * The steps that switch peer decoding off on these ports are the kernel's, taken with the IOMMU
 * (H2): where it was off, nothing is known of them.
 */
enum ims_tristate ims_fabric_statement_holds(const struct ims_fabric *fabric)
{
    return ims_topology_machine(fabric->topology)->iommu_on == IMS_NO ? IMS_UNKNOWN : IMS_YES;
}
