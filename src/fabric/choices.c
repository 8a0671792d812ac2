/* SPDX-License-Identifier: MIT */
#include "base/tristate.h"
#include "fabric/model.h"
#include "pci/regs.h"

/* What ports and functions do with a request that could turn: sections A2 to A6, one decision each. */

static unsigned table(bool e, bool r, bool bit)
{
    if (!e)
        return r ? IMS_CHOICE_UP : IMS_CHOICE_DIRECT;
    if (!bit)
        return IMS_CHOICE_DIRECT;
    return r ? IMS_CHOICE_UP : IMS_CHOICE_BLOCK;
}

static bool may_be(enum ims_tristate state, bool value)
{
    return state == IMS_UNKNOWN || (state == IMS_YES) == value;
}

/* A3.2: whether T sends a translated request to its peer, whatever E and R say. */
static enum ims_tristate bypasses(const struct ims_controls *controls, const struct ims_tlp *tlp)
{
    return ims_tlp_is_memory(tlp) && tlp->at == IMS_TLP_TRANSLATED ? controls->t : IMS_NO;
}

/* A sender that does no peer traffic of its own: up, but for what T lets pass (A1.4, A3.2). */
static unsigned choices_without_peers(const struct ims_controls *controls,
                                      const struct ims_tlp *tlp)
{
    switch (bypasses(controls, tlp)) {
    case IMS_YES:
        return IMS_CHOICE_DIRECT;
    case IMS_UNKNOWN:
        return IMS_CHOICE_DIRECT | IMS_CHOICE_UP;
    default:
        return IMS_CHOICE_UP;
    }
}

unsigned ims_choices_peer(const struct ims_controls *controls, enum ims_tristate bit,
                          const struct ims_tlp *tlp)
{
    unsigned choices = 0;

    /* Where B counts, it was asked before (A2.2, A6.3). */
    const enum ims_tristate bypass = bypasses(controls, tlp);
    if (bypass == IMS_YES)
        return IMS_CHOICE_DIRECT;
    if (bypass == IMS_UNKNOWN)
        choices |= IMS_CHOICE_DIRECT;
    for (unsigned i = 0; i < 8; i++) {
        const bool e = i & 1;
        const bool r = i & 2;
        const bool set = i & 4;
        if (may_be(controls->e, e) && may_be(controls->r, r) && may_be(bit, set))
            choices |= table(e, r, set);
    }
    return choices;
}

/* A completion between peers is stopped by C alone, and without relaxed ordering (A7.1). */
static unsigned choices_completion(const struct ims_controls *controls, const struct ims_tlp *tlp)
{
    if (tlp->relaxed_ordering || controls->c == IMS_NO)
        return IMS_CHOICE_DIRECT;
    return controls->c == IMS_YES ? IMS_CHOICE_UP : IMS_CHOICE_DIRECT | IMS_CHOICE_UP;
}

static uint32_t vector_size(const struct ims_function_info *info)
{
    const uint32_t size = (info->pci.acs.capability.value & IMS_ACS_EGRESS_SIZE) >> 8;

    return size ? size : IMS_ACS_EGRESS_DWORDS * 32;
}

/* Bit k of the vector; nothing says what holds beyond its end. */
static enum ims_tristate vector_bit(const struct ims_function_info *info, uint32_t k)
{
    if (k >= IMS_ACS_EGRESS_DWORDS * 32 || k >= vector_size(info))
        return IMS_UNKNOWN;
    return ims_bits_test(info->pci.acs_egress[k / 32], UINT32_C(1) << k % 32);
}

static bool same_slot(const struct ims_function_info *a, const struct ims_function_info *b)
{
    return a->address.bus == b->address.bus && a->address.devfn >> 3 == b->address.devfn >> 3;
}

/* Whether ACS function groups are on: a bit of function 0 of the device (A1.7). */
static enum ims_tristate function_groups(const struct ims_fabric *fabric, uint32_t sender)
{
    const struct ims_realm *realm = &fabric->realms[fabric->nodes[sender].realm];
    const struct ims_function_info *first = ims_fabric_info(fabric, realm->functions[0]);

    return realm->kind == IMS_REALM_LINK && first->address.devfn == 0 ? first->pci.groups.enable
                                                                      : IMS_NO;
}

static enum ims_tristate function_bit(const struct ims_fabric *fabric, uint32_t sender,
                                      uint32_t target)
{
    const struct ims_function_info *from = ims_fabric_info(fabric, sender);
    const struct ims_function_info *to = ims_fabric_info(fabric, target);
    const enum ims_tristate groups = function_groups(fabric, sender);
    const enum ims_tristate ari = ims_tristate_or(from->pci.ari, to->pci.ari);

    if (!ims_bits_all_known(from->pci.acs.capability, IMS_ACS_EGRESS_SIZE))
        return IMS_UNKNOWN;
    if (groups == IMS_YES)
        return ims_bits_all_known(to->pci.groups.group, 7)
                   ? vector_bit(from, to->pci.groups.group.value)
                   : IMS_UNKNOWN;
    const enum ims_tristate plain = vector_bit(from, ims_address_function(to->address));
    const enum ims_tristate wide = vector_bit(from, to->address.devfn % vector_size(from));
    const enum ims_tristate bit = ari == IMS_YES                   ? wide
                                  : ari == IMS_NO || plain == wide ? plain
                                                                   : IMS_UNKNOWN;
    if (groups == IMS_NO || from->pci.ari == IMS_NO)
        return bit;
    return ims_bits_all_known(to->pci.groups.group, 7) &&
                   vector_bit(from, to->pci.groups.group.value) == bit
               ? bit
               : IMS_UNKNOWN;
}

enum ims_tristate ims_fabric_egress_bit(const struct ims_fabric *fabric, uint32_t sender,
                                        uint32_t target)
{
    const struct ims_function_info *from = ims_fabric_info(fabric, sender);
    const struct ims_bits port = ims_fabric_info(fabric, target)->pci.link_port;
    const struct ims_fabric_node *node = &fabric->nodes[sender];
    const enum ims_realm_kind kind = fabric->realms[node->realm].kind;

    if (node->controls.e == IMS_NO)
        return IMS_NO; /* nobody asks for it */
    if (node->controls.no_vector)
        return IMS_UNKNOWN;
    if (kind == IMS_REALM_LINK || (kind == IMS_REALM_ROOT && node->role != IMS_ROLE_ROOT_PORT &&
                                   same_slot(from, ims_fabric_info(fabric, target))))
        return function_bit(fabric, sender, target);
    if (kind == IMS_REALM_ROOT &&
        (node->role != IMS_ROLE_ROOT_PORT || fabric->nodes[target].role != IMS_ROLE_ROOT_PORT))
        return IMS_NO; /* numbers inside the root complex are hard-wired 0 (A1.7) */
    if (!ims_bits_all_known(port, 0xff) ||
        !ims_bits_all_known(from->pci.acs.capability, IMS_ACS_EGRESS_SIZE))
        return IMS_UNKNOWN;
    return vector_bit(from, port.value);
}

/* Functions of one device (A6.2, A1.6). */
static unsigned choices_device(const struct ims_fabric *fabric, uint32_t sender, uint32_t target,
                               const struct ims_tlp *tlp)
{
    const struct ims_fabric_node *node = &fabric->nodes[sender];
    const struct ims_controls *controls = &node->controls;

    if (controls->present == IMS_NO)
        return node->sriov_device == IMS_YES && !fabric->basis.options.paranoid_sriov
                   ? IMS_CHOICE_UP
                   : IMS_CHOICE_DIRECT | IMS_CHOICE_UP;
    if (controls->present == IMS_UNKNOWN) /* A1.9, T88 */
        return IMS_CHOICE_DIRECT | IMS_CHOICE_UP | IMS_CHOICE_BLOCK;
    if (controls->peers == IMS_NO)
        return choices_without_peers(controls, tlp);
    unsigned choices =
        ims_choices_peer(controls, ims_fabric_egress_bit(fabric, sender, target), tlp);
    if (controls->peers == IMS_UNKNOWN)
        choices |= IMS_CHOICE_UP;
    return choices;
}

/* What the registers of the sender say, before the root complex has its say. */
static unsigned choices_root_registers(const struct ims_fabric *fabric, uint32_t sender,
                                       uint32_t target, const struct ims_tlp *tlp)
{
    const struct ims_fabric_node *node = &fabric->nodes[sender];
    const struct ims_controls *controls = &node->controls;

    if (node->cut_off) /* its own controls decide nothing there */
        return IMS_CHOICE_DIRECT | IMS_CHOICE_UP;
    if (controls->present == IMS_NO)
        return IMS_CHOICE_DIRECT;
    if (controls->present == IMS_UNKNOWN) /* A1.9 */
        return IMS_CHOICE_DIRECT | IMS_CHOICE_UP | IMS_CHOICE_BLOCK;
    if (controls->redirect == IMS_NO) /* A5.5 */
        return choices_without_peers(controls, tlp);
    /* A5.6: where it redirects, the root complex gets everything and E does not matter. */
    if (node->role == IMS_ROLE_ENDPOINT && controls->r == IMS_YES)
        return choices_without_peers(controls, tlp);
    unsigned choices =
        ims_choices_peer(controls, ims_fabric_egress_bit(fabric, sender, target), tlp);
    if (controls->redirect == IMS_UNKNOWN)
        choices |= IMS_CHOICE_UP;
    return choices;
}

/* Anything inside the root complex (A5). */
static unsigned choices_root(const struct ims_fabric *fabric, uint32_t sender, uint32_t target,
                             const struct ims_tlp *tlp)
{
    enum ims_fabric_rc rc = fabric->basis.options.rc;

    if (fabric->nodes[sender].cut_off || fabric->nodes[target].cut_off)
        rc = IMS_FABRIC_RC_UNKNOWN; /* what is above is not in the input */
    if (rc == IMS_FABRIC_RC_NONE)
        return IMS_CHOICE_UP; /* A5.3 */
    /* A5.2 speaks of requests that are translated: not of AT=10b, nor of I/O. */
    if (ims_tlp_is_memory(tlp) && tlp->at != IMS_TLP_TRANSLATED &&
        (rc == IMS_FABRIC_RC_TRANSLATE_FIRST || fabric->nodes[sender].controls.translated))
        return IMS_CHOICE_UP;
    unsigned choices = choices_root_registers(fabric, sender, target, tlp);
    if ((choices & IMS_CHOICE_DIRECT) && rc != IMS_FABRIC_RC_DIRECT) /* A5.1, A5.5 */
        choices |= IMS_CHOICE_UP;
    return choices;
}

/* Between the ports of a switch (A2.6, A2.7). */
static unsigned choices_switch(const struct ims_fabric *fabric, uint32_t sender, uint32_t target,
                               bool is_window, const struct ims_tlp *tlp)
{
    const struct ims_controls *controls = &fabric->nodes[sender].controls;

    if (fabric->nodes[sender].role != IMS_ROLE_DOWNSTREAM ||
        fabric->nodes[target].role != IMS_ROLE_DOWNSTREAM)
        return IMS_CHOICE_DIRECT | IMS_CHOICE_UP; /* no such thing belongs inside a switch */
    if (!is_window && !ims_tlp_is_by_id(tlp))
        return ims_choices_target(controls->dsp_target);
    if (controls->present == IMS_NO)
        return IMS_CHOICE_DIRECT;
    return ims_choices_peer(controls, ims_fabric_egress_bit(fabric, sender, target), tlp);
}

unsigned ims_fabric_choices(const struct ims_fabric *fabric, uint32_t sender, uint32_t target,
                            bool is_window, const struct ims_tlp *tlp)
{
    if (tlp->kind == IMS_TLP_COMPLETION &&
        fabric->realms[fabric->nodes[sender].realm].kind != IMS_REALM_BUS)
        return choices_completion(&fabric->nodes[sender].controls, tlp);
    switch (fabric->realms[fabric->nodes[sender].realm].kind) {
    case IMS_REALM_ROOT:
        return choices_root(fabric, sender, target, tlp);
    case IMS_REALM_SWITCH:
        return choices_switch(fabric, sender, target, is_window, tlp);
    case IMS_REALM_LINK:
        return choices_device(fabric, sender, target, tlp);
    case IMS_REALM_BUS:
        return IMS_CHOICE_DIRECT; /* C9 */
    case IMS_REALM_UNKNOWN:
        break;
    }
    return IMS_CHOICE_DIRECT | IMS_CHOICE_UP;
}

unsigned ims_choices_target(enum ims_target_control control)
{
    switch (control) {
    case IMS_TARGET_DIRECT:
        return IMS_CHOICE_DIRECT;
    case IMS_TARGET_BLOCK:
        return IMS_CHOICE_BLOCK;
    case IMS_TARGET_REDIRECT:
        return IMS_CHOICE_UP;
    case IMS_TARGET_NONE:
        return IMS_CHOICE_DIRECT | IMS_CHOICE_UP;
    case IMS_TARGET_RESERVED:
    case IMS_TARGET_UNKNOWN:
        break;
    }
    return IMS_CHOICE_DIRECT | IMS_CHOICE_UP | IMS_CHOICE_BLOCK;
}

enum ims_tristate ims_fabric_forwards_up(const struct ims_fabric *fabric, uint32_t port)
{
    const struct ims_fabric_node *node = &fabric->nodes[port];

    if (fabric->basis.options.kernel_profile)
        return IMS_YES;
    return ims_fabric_is_port(node) ? node->controls.u : IMS_NO;
}

unsigned ims_fabric_choices_unclaimed(const struct ims_controls *controls, bool is_memory)
{
    if (!is_memory || controls->unclaimed_redirect == IMS_NO)
        return IMS_CHOICE_REJECT;
    return controls->unclaimed_redirect == IMS_YES ? IMS_CHOICE_UP
                                                   : IMS_CHOICE_REJECT | IMS_CHOICE_UP;
}
