/* SPDX-License-Identifier: MIT */
#include "fabric_coverage.h"

#include <stdlib.h>

#include "fabric_generate.h"
#include "fabric_laws.h"

/* A law over fabrics that lack a feature says nothing about it: each has to turn up. */

enum feature {
    HAS_MUST_EDGE,
    HAS_MAY_EDGE,
    HAS_ALIAS,
    HAS_DIFFERENT_BOUNDS,
    HAS_BLOCKED,
    HAS_HOLE,
    HAS_SELF_RETURN,
    HAS_IO_PEER,
    HAS_IO_HOST,
    HAS_TRANSLATED_ONLY,
    HAS_MULTICAST_EDGE,
    HAS_PORT_TARGET,
    HAS_INNER_EDGE,
    HAS_SIBLING_OF_SWITCH,
    HAS_TWO_SWITCHES,
    HAS_VF_STRUCTURE,
    HAS_VF_TARGET,
    HAS_VF_BUS,
    HAS_ARI_GROUPS,
    HAS_VECTOR,
    HAS_ENHANCED,
    HAS_UNKNOWN_CONTROL,
    HAS_UNKNOWN_STRUCTURE,
    HAS_NO_ANSWER,
    HAS_CONVENTIONAL,
    HAS_NESTED_CONVENTIONAL,
    HAS_HIDDEN_PCIE,
    HAS_REVERSE,
    HAS_SUBTRACTIVE,
    HAS_TRANSLATING_BRIDGE,
    HAS_NTB,
    HAS_PHANTOM,
    HAS_CONFIRMED,
    HAS_RCIEP_PAIR,
    HAS_TWO_ROOT_BUSES,
    HAS_TWO_SEGMENTS,
    HAS_VMD,
    HAS_DEPTH,
    HAS_UNCOVERED_BAR,
    HAS_COMMAND_OFF,
    HAS_ATS,
    FEATURE_COUNT,
};

static const char *const names[FEATURE_COUNT] = {
    [HAS_MUST_EDGE] = "an edge for certain",
    [HAS_MAY_EDGE] = "a possible edge",
    [HAS_ALIAS] = "an alias",
    [HAS_DIFFERENT_BOUNDS] = "LOWER and UPPER that differ",
    [HAS_BLOCKED] = "a violation",
    [HAS_HOLE] = "a hole",
    [HAS_SELF_RETURN] = "a request that may come back to its issuer",
    [HAS_IO_PEER] = "an I/O request to a peer",
    [HAS_IO_HOST] = "an I/O request to the host",
    [HAS_TRANSLATED_ONLY] = "a peer for translated requests only",
    [HAS_MULTICAST_EDGE] = "an edge by multicast",
    [HAS_PORT_TARGET] = "registers of a port as a target",
    [HAS_INNER_EDGE] = "an edge inside a device for certain",
    [HAS_SIBLING_OF_SWITCH] = "an upstream port in a device of several functions",
    [HAS_TWO_SWITCHES] = "two upstream ports in one device",
    [HAS_VF_STRUCTURE] = "a VF with its own structure",
    [HAS_VF_TARGET] = "a VF as a target",
    [HAS_VF_BUS] = "a VF on another bus than its PF",
    [HAS_ARI_GROUPS] = "function groups",
    [HAS_VECTOR] = "an egress vector that is on",
    [HAS_ENHANCED] = "ACS Enhanced",
    [HAS_UNKNOWN_CONTROL] = "an unknown control word",
    [HAS_UNKNOWN_STRUCTURE] = "an unknown structure",
    [HAS_NO_ANSWER] = "extended space that does not answer",
    [HAS_CONVENTIONAL] = "a PCIe-to-PCI bridge",
    [HAS_NESTED_CONVENTIONAL] = "a PCI bridge below one",
    [HAS_HIDDEN_PCIE] = "a bridge that hides its PCIe capability",
    [HAS_REVERSE] = "a PCI-to-PCIe bridge",
    [HAS_SUBTRACTIVE] = "a subtractive bridge",
    [HAS_TRANSLATING_BRIDGE] = "a bridge with the IOMMU",
    [HAS_NTB] = "an NTB",
    [HAS_PHANTOM] = "phantom functions",
    [HAS_CONFIRMED] = "a statement of a vendor",
    [HAS_RCIEP_PAIR] = "two RCiEPs",
    [HAS_TWO_ROOT_BUSES] = "two root buses",
    [HAS_TWO_SEGMENTS] = "two segments",
    [HAS_VMD] = "VMD",
    [HAS_DEPTH] = "seven bridges above a function",
    [HAS_UNCOVERED_BAR] = "a BAR outside of a window",
    [HAS_COMMAND_OFF] = "a function that does not decode or is no master",
    [HAS_ATS] = "ATS",
};

struct survey {
    struct oracle *oracle;
    bool has[FEATURE_COUNT];
};

static void survey_registers(struct survey *survey, const struct oracle_node *node)
{
    const struct sketch_function *function = node->sketch;
    bool *has = survey->has;
    bool structure = function->acs == SKETCH_YES;
    has[HAS_VF_STRUCTURE] |= function->is_vf && structure;
    has[HAS_VF_BUS] |= function->is_vf && function->address.bus != function->physfn.bus;
    has[HAS_ARI_GROUPS] |= function->fabric.acs_groups;
    has[HAS_VECTOR] |= structure && (function->acs_ctrl & function->acs_cap & 0x20);
    has[HAS_ENHANCED] |= structure && (function->acs_cap & 0x80);
    has[HAS_UNKNOWN_CONTROL] |= node->acs == ORACLE_ACS_CONTROL_UNKNOWN;
    has[HAS_UNKNOWN_STRUCTURE] |= node->acs == ORACLE_ACS_UNKNOWN;
    has[HAS_NO_ANSWER] |= function->no_ext;
    has[HAS_CONVENTIONAL] |= node->role == ORACLE_PCIE_TO_PCI;
    has[HAS_REVERSE] |= node->role == ORACLE_PCI_TO_PCIE;
    has[HAS_SUBTRACTIVE] |= function->class_code == 0x060401 && node->above >= 0;
    has[HAS_TRANSLATING_BRIDGE] |= node->translates_here;
    has[HAS_NTB] |= function->ids[0].vendor == 0x10b5;
    has[HAS_PHANTOM] |= function->fabric.phantom > 0;
    has[HAS_CONFIRMED] |= node->confirmed;
    has[HAS_VMD] |= function->vmd_stated;
    has[HAS_COMMAND_OFF] |= (function->fabric.command & 6) != 6 && !function->is_vf;
    has[HAS_ATS] |= function->fabric.ats_on;
}

static void survey_place(struct survey *survey, unsigned index)
{
    const struct oracle *oracle = survey->oracle;
    const struct oracle_node *node = &oracle->nodes[index];
    bool *has = survey->has;
    unsigned depth = 0;
    bool below_bridge = false;
    for (int at = node->above; at >= 0; at = oracle->nodes[at].above) {
        struct oracle_tlp tlp = {.address = node->bars[0].base};
        depth++;
        below_bridge |= oracle->nodes[at].role == ORACLE_PCIE_TO_PCI;
        has[HAS_UNCOVERED_BAR] |= node->bars[0].size && !node->bars[0].io &&
                                  !oracle_hits_window(oracle, (unsigned)at, &tlp);
    }
    has[HAS_DEPTH] |= depth >= 7;
    has[HAS_NESTED_CONVENTIONAL] |= below_bridge && node->role == ORACLE_PCI_BRIDGE;
    has[HAS_HIDDEN_PCIE] |= oracle_hides_pcie(oracle, index);
    for (unsigned i = 0; i < index; i++) {
        const struct oracle_node *other = &oracle->nodes[i];
        bool pair = node->above < 0 && other->above < 0;
        bool device = node->above >= 0 && oracle_same_device(oracle, index, i);
        const struct ims_address a = node->sketch->address, b = other->sketch->address;
        has[HAS_RCIEP_PAIR] |= pair && node->sketch->type == 9 && other->sketch->type == 9;
        has[HAS_TWO_ROOT_BUSES] |= pair && a.segment == b.segment && a.bus != b.bus;
        has[HAS_TWO_SEGMENTS] |= a.segment != b.segment;
        has[HAS_SIBLING_OF_SWITCH] |=
            device && (node->role == ORACLE_UPSTREAM) != (other->role == ORACLE_UPSTREAM);
        has[HAS_TWO_SWITCHES] |=
            device && node->role == ORACLE_UPSTREAM && other->role == ORACLE_UPSTREAM;
    }
}

static void survey_request(struct survey *survey, const struct oracle_tlp *tlp)
{
    const struct oracle *oracle = survey->oracle;
    struct oracle_outcomes outcomes;
    bool *has = survey->has;
    oracle_route(oracle, tlp, &outcomes);
    for (unsigned i = 0; i < outcomes.count; i++) {
        const struct oracle_outcome *outcome = &outcomes.items[i];
        bool peer = outcome->end == ORACLE_END_PEER;
        bool other = peer && outcome->target != tlp->issuer;
        bool io = tlp->kind == ORACLE_IO;
        has[HAS_BLOCKED] |= outcome->end == ORACLE_END_BLOCKED;
        has[HAS_HOLE] |= outcome->end == ORACLE_END_UNSUPPORTED && outcome->must;
        has[HAS_SELF_RETURN] |= peer && !other;
        has[HAS_IO_PEER] |= other && io;
        has[HAS_IO_HOST] |= outcome->end == ORACLE_END_HOST;
        has[HAS_MULTICAST_EDGE] |= other && !io && !oracle_hits_bar(oracle, outcome->target, tlp);
        has[HAS_PORT_TARGET] |= other && oracle->nodes[outcome->target].sketch->header;
        has[HAS_VF_TARGET] |= other && oracle->nodes[outcome->target].sketch->is_vf;
        has[HAS_INNER_EDGE] |= other && !io && outcome->must &&
                               oracle->nodes[tlp->issuer].above >= 0 &&
                               oracle->nodes[tlp->issuer].sketch->type == 0 &&
                               oracle_same_device(oracle, tlp->issuer, outcome->target);
        has[HAS_TRANSLATED_ONLY] |=
            other && tlp->at == ORACLE_TRANSLATED &&
            !oracle_edge(survey->oracle, tlp->issuer, outcome->target, false);
    }
}

static void survey_requests(struct survey *survey)
{
    const struct oracle *oracle = survey->oracle;
    static const struct oracle_tlp kinds[] = {
        {.kind = ORACLE_WRITE},
        {.kind = ORACLE_READ, .at = ORACLE_TRANSLATED},
        {.kind = ORACLE_IO},
    };
    for (unsigned kind = 0; kind < 3; kind++) {
        uint64_t *cuts;
        unsigned count = oracle_cuts(oracle, kind == 2, &cuts);
        for (unsigned i = 0; i < oracle->count * count; i++) {
            struct oracle_tlp tlp = kinds[kind];
            tlp.issuer = i / count;
            tlp.address = cuts[i % count];
            if (oracle_issues(oracle, tlp.issuer))
                survey_request(survey, &tlp);
        }
        free(cuts);
    }
}

static void survey_sets(struct survey *survey)
{
    struct oracle *oracle = survey->oracle;
    bool *has = survey->has;
    for (unsigned i = 0; i < oracle->count * oracle->count; i++) {
        unsigned a = i / oracle->count, b = i % oracle->count;
        has[HAS_MUST_EDGE] |= oracle_edge(oracle, a, b, true);
        has[HAS_MAY_EDGE] |= oracle_edge(oracle, a, b, false) && !oracle_edge(oracle, a, b, true);
        has[HAS_ALIAS] |= oracle_alias(oracle, a, b);
    }
    unsigned *sets = calloc(2u * oracle->count + 1u, sizeof(*sets));
    if (!sets)
        abort();
    oracle_sets(oracle, true, sets);
    oracle_sets(oracle, false, sets + oracle->count);
    for (unsigned i = 0; i < oracle->count; i++)
        has[HAS_DIFFERENT_BOUNDS] |= sets[i] != sets[oracle->count + i];
    free(sets);
}

void fabric_check_coverage(struct tap *tap, uint64_t seed, unsigned fabrics)
{
    unsigned counts[FEATURE_COUNT] = {0};
    struct oracle_options options = {.rc = ORACLE_RC_UNKNOWN};
    for (unsigned i = 0; i < fabrics; i++) {
        struct rng rng = {seed + i * 0x51ed2701u};
        struct sketch sketch = {0};
        struct survey survey = {0};
        rng_next(&rng);
        struct fabric_options drawn = fabric_draw_options(&rng);
        fabric_generate(&rng, &drawn, &sketch);
        survey.oracle = oracle_new(&sketch, &options);
        for (unsigned j = 0; j < sketch.count; j++) {
            survey_registers(&survey, &survey.oracle->nodes[j]);
            survey_place(&survey, j);
        }
        survey_requests(&survey);
        survey_sets(&survey);
        for (unsigned j = 0; j < FEATURE_COUNT; j++)
            counts[j] += survey.has[j];
        oracle_free(survey.oracle);
        sketch_done(&sketch);
    }
    for (unsigned j = 0; j < FEATURE_COUNT; j++)
        tap_ok(tap, counts[j] >= 2, "%u of %u fabrics have %s", counts[j], fabrics, names[j]);
}
