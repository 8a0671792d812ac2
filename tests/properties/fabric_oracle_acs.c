/* SPDX-License-Identifier: MIT */
#include "fabric_oracle.h"

/* What the access control registers say (A1) and decide (A3, A5, A6). */

/* Ports whose capability and control are dwords (A1.8). */
static bool has_dwords(const struct sketch_function *function)
{
    uint16_t device = function->ids[0].device;
    return function->ids[0].vendor == 0x8086 && function->type == 4 &&
           ((device >= 0xa110 && device <= 0xa11f) || (device >= 0xa167 && device <= 0xa16a) ||
            (device >= 0xa290 && device <= 0xa29f) || (device >= 0xa2e7 && device <= 0xa2ee) ||
            (device >= 0x9d10 && device <= 0x9d1b));
}

void oracle_read_acs(struct oracle_node *node)
{
    const struct sketch_function *function = node->sketch;
    bool dwords = has_dwords(function);
    /* A conventional function has no extended space that could be missing. */
    if (function->type != SKETCH_CONVENTIONAL &&
        (function->acs == SKETCH_UNKNOWN || function->nocfg || function->cfg64 ||
         function->no_ext)) {
        node->acs = ORACLE_ACS_UNKNOWN;
        return;
    }
    if (function->acs != SKETCH_YES)
        return;
    uint32_t first =
        function->spt ? function->acs_cap : (function->acs_cap & 0xffff) | function->acs_ctrl << 16;
    uint32_t second = function->spt ? function->acs_ctrl : function->fabric.egress[0];
    node->acs = function->acs_ctrl_unknown ? ORACLE_ACS_CONTROL_UNKNOWN : ORACLE_ACS_KNOWN;
    node->cap = (uint16_t)first;
    node->ctrl = (uint16_t)(dwords ? second : first >> 16);
    node->vector_unknown = dwords;
}

/* A bit that is not implemented reads 0 whatever was written (A1.4). */
enum oracle_tri oracle_bit(const struct oracle_node *node, unsigned bit)
{
    unsigned capability = bit >= ORACLE_IO_BLOCKING ? ORACLE_ENHANCED : bit;
    switch (node->acs) {
    case ORACLE_ACS_KNOWN:
        return (node->cap & capability) && (node->ctrl & bit) ? ORACLE_ON : ORACLE_OFF;
    case ORACLE_ACS_CONTROL_UNKNOWN:
        return node->cap & capability ? ORACLE_EITHER : ORACLE_OFF;
    case ORACLE_ACS_UNKNOWN:
        return ORACLE_EITHER;
    case ORACLE_ACS_NONE:
        break;
    }
    /* H1: no structure, and the vendor states that the port behaves as if these were on. */
    return node->confirmed && (bit & (ORACLE_V | ORACLE_R | ORACLE_U)) ? ORACLE_ON : ORACLE_OFF;
}

static bool possible(enum oracle_tri tri, bool on)
{
    return tri == ORACLE_EITHER || (tri == ORACLE_ON) == on;
}

/* The interaction table A3.1, with A3.2 before it; every combination that is possible. */
static unsigned table(const struct oracle_node *node, enum oracle_tri vector, unsigned at)
{
    enum oracle_tri e = oracle_bit(node, ORACLE_E);
    enum oracle_tri r = oracle_bit(node, ORACLE_R);
    enum oracle_tri t = at == ORACLE_TRANSLATED ? oracle_bit(node, ORACLE_T) : ORACLE_OFF;
    unsigned actions = 0;
    for (unsigned i = 0; i < 16; i++) {
        bool e_on = i & 1, r_on = i & 2, t_on = i & 4, bit = i & 8;
        if (!possible(e, e_on) || !possible(r, r_on) || !possible(t, t_on) ||
            !possible(vector, bit))
            continue;
        if (t_on || (e_on ? !bit : !r_on)) /* E=0,R=0; E=1,bit=0: direct whatever R says */
            actions |= ORACLE_DIRECT;
        else if (r_on)
            actions |= ORACLE_UP;
        else
            actions |= ORACLE_BLOCK;
    }
    return actions;
}

/* Bit k of the egress control vector (A1.7); nothing says what holds beyond its end. */
static enum oracle_tri vector_bit(const struct oracle_node *node, unsigned k)
{
    unsigned size = node->cap >> 8 ? node->cap >> 8 : 256;
    if (node->acs == ORACLE_ACS_UNKNOWN || node->vector_unknown || k >= size)
        return ORACLE_EITHER;
    return node->sketch->fabric.egress[k / 32] >> (k % 32) & 1 ? ORACLE_ON : ORACLE_OFF;
}

unsigned oracle_port_actions(const struct oracle *oracle, unsigned p, unsigned q, unsigned at)
{
    const struct oracle_node *port = &oracle->nodes[p];
    return table(port, vector_bit(port, oracle->nodes[q].sketch->fabric.port_number), at);
}

/* The number by which the vector of a function knows its sibling g (A1.7). */
static enum oracle_tri sibling_bit(const struct oracle *oracle, unsigned f, unsigned g)
{
    const struct oracle_node *node = &oracle->nodes[f];
    unsigned devfn = oracle->nodes[g].sketch->address.devfn;
    unsigned size = node->cap >> 8 ? node->cap >> 8 : 256;
    bool ari = false, groups = false;
    for (unsigned i = 0; i < oracle->count; i++) {
        const struct sketch_function *function = oracle->nodes[i].sketch;
        if (!oracle_same_device(oracle, f, i))
            continue;
        ari = ari || function->ari;
        groups = groups || (function->ari && !function->is_vf && function->address.devfn == 0 &&
                            function->fabric.acs_groups);
    }
    if (groups)
        return vector_bit(node, oracle->nodes[g].sketch->fabric.group);
    return vector_bit(node, ari ? devfn % size : devfn & 7);
}

/* SR-IOV devices outside the root complex have no inner peers unless they say so (A1.6). */
static bool is_sriov_device(const struct oracle *oracle, unsigned f)
{
    for (unsigned i = 0; i < oracle->count; i++) {
        if (oracle_same_device(oracle, f, i) && oracle->nodes[i].sketch->sriov)
            return true;
    }
    return oracle->nodes[f].sketch->is_vf;
}

unsigned oracle_sibling_actions(const struct oracle *oracle, unsigned f, unsigned g, unsigned at)
{
    const struct oracle_node *node = &oracle->nodes[f];
    if (node->no_inner_peers) /* H4 */
        return ORACLE_UP;
    if (node->acs == ORACLE_ACS_NONE) /* A1.6 */
        return is_sriov_device(oracle, f) && !oracle->options.paranoid_sriov
                   ? ORACLE_UP
                   : ORACLE_DIRECT | ORACLE_UP;
    if (node->acs == ORACLE_ACS_UNKNOWN)
        return ORACLE_DIRECT | ORACLE_UP | ORACLE_BLOCK;
    unsigned actions = table(node, sibling_bit(oracle, f, g), at);
    /* Neither R nor E implemented: no peer traffic inside (A1.4, A6.2); T has its own kind. */
    if (node->cap & (ORACLE_R | ORACLE_E))
        return actions;
    enum oracle_tri t = at == ORACLE_TRANSLATED ? oracle_bit(node, ORACLE_T) : ORACLE_OFF;
    return t == ORACLE_OFF ? ORACLE_UP : t == ORACLE_ON ? ORACLE_DIRECT : ORACLE_UP | ORACLE_DIRECT;
}

/* What the registers of a root-bus function say, before the root complex has its say. */
static unsigned root_registers(const struct oracle *oracle, unsigned x, unsigned g, unsigned at)
{
    const struct oracle_node *node = &oracle->nodes[x];
    enum oracle_tri vector = ORACLE_OFF; /* port numbers inside the RC are hard-wired 0 */
    if (node->acs == ORACLE_ACS_NONE)
        return node->confirmed ? ORACLE_UP : ORACLE_DIRECT;
    if (node->acs == ORACLE_ACS_UNKNOWN)
        return ORACLE_DIRECT | ORACLE_UP | ORACLE_BLOCK;
    if (node->role == ORACLE_ROOT_PORT && oracle->nodes[g].role == ORACLE_ROOT_PORT)
        vector = vector_bit(node, oracle->nodes[g].sketch->fabric.port_number);
    else if (node->role != ORACLE_ROOT_PORT && oracle_same_device(oracle, x, g))
        vector = sibling_bit(oracle, x, g);
    enum oracle_tri t = at == ORACLE_TRANSLATED ? oracle_bit(node, ORACLE_T) : ORACLE_OFF;
    if (!(node->cap & ORACLE_R)) /* A1.4, A5.5: not that kind of peer traffic */
        return t == ORACLE_OFF  ? ORACLE_UP
               : t == ORACLE_ON ? ORACLE_DIRECT
                                : ORACLE_UP | ORACLE_DIRECT;
    /* A5.6: an RCiEP with R hands everything to the RC; its vector does not matter then. */
    if (node->role != ORACLE_ROOT_PORT && oracle_bit(node, ORACLE_R) == ORACLE_ON &&
        t == ORACLE_OFF)
        return ORACLE_UP;
    return table(node, vector, at);
}

unsigned oracle_root_actions(const struct oracle *oracle, unsigned x, unsigned g,
                             const struct oracle_tlp *tlp)
{
    enum oracle_rc rc = oracle->options.rc;
    bool translates = tlp->kind != ORACLE_IO && tlp->at != ORACLE_TRANSLATED;
    if (rc == ORACLE_RC_NONE) /* A5.3 */
        return ORACLE_UP;
    /* A5.2 speaks of untranslated requests; I/O and AT=10b are left to A5.5. */
    if (translates && (rc == ORACLE_RC_TRANSLATE_FIRST || oracle->nodes[x].translated))
        return ORACLE_UP;
    unsigned actions = root_registers(oracle, x, g, tlp->at);
    if (rc != ORACLE_RC_DIRECT && (actions & ORACLE_DIRECT)) /* A5.1, A5.5 */
        actions |= ORACLE_UP;
    return actions;
}

unsigned oracle_target_actions(const struct oracle_node *p, bool upstream_bar)
{
    static const unsigned encoding[4] = {ORACLE_DIRECT, ORACLE_BLOCK, ORACLE_UP,
                                         ORACLE_DIRECT | ORACLE_BLOCK | ORACLE_UP};
    if (p->acs == ORACLE_ACS_UNKNOWN)
        return encoding[3];
    if (p->acs == ORACLE_ACS_NONE || !(p->cap & ORACLE_ENHANCED))
        return ORACLE_DIRECT | ORACLE_UP; /* A3.3: not specified, it may do either */
    if (p->acs == ORACLE_ACS_CONTROL_UNKNOWN)
        return encoding[3];
    return encoding[p->ctrl >> (upstream_bar ? 10 : 8) & 3];
}
