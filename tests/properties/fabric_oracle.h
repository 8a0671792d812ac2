/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FABRIC_ORACLE_H
#define IMS_TESTS_FABRIC_ORACLE_H

/*
 * The oracle of F6: a hop-by-hop simulator written from the rules A, B, C of the fabric
 * specification and as plain as they are. It reads sketches; every question is a walk over all
 * functions. Functions are named by their index in the sketch.
 */

#include "sketch.h"

enum oracle_rc { /* A5.2-A5.5 */
    ORACLE_RC_UNKNOWN,
    ORACLE_RC_TRANSLATE_FIRST,
    ORACLE_RC_NONE,
    ORACLE_RC_DIRECT,
};

struct oracle_options {
    enum oracle_rc rc;
    unsigned threat;     /* TM0..TM2 */
    bool kernel_profile; /* A4.6: own egress without UF is assumed to go up */
    bool as_configured;  /* C4: honour command bits; else the worst case */
    bool paranoid_sriov; /* A1.6 */
    bool without_mc;     /* leave edges of multicast writes out (A7.5) */
    bool one_rc_per_bus; /* A2.7: "the RC" is one root bus; else one segment */
};

enum oracle_kind {
    ORACLE_WRITE,
    ORACLE_READ,
    ORACLE_IO,
};

#define ORACLE_UNTRANSLATED 0u
#define ORACLE_TRANSLATION_REQUEST 1u
#define ORACLE_TRANSLATED 2u

struct oracle_tlp {
    unsigned issuer;
    uint64_t address;
    enum oracle_kind kind;
    unsigned at;
    bool forged; /* rid is not the issuer's own */
    uint16_t rid;
};

enum oracle_end {
    ORACLE_END_IOMMU,       /* presented to the translation agent */
    ORACLE_END_PEER,        /* a BAR of target, or consumed by it as multicast */
    ORACLE_END_BLOCKED,     /* ACS violation, or dropped by a multicast block bit */
    ORACLE_END_UNSUPPORTED, /* nobody takes it */
    ORACLE_END_HOST,        /* I/O that climbs to the root complex: never translated (A7.3) */
};

struct oracle_outcome {
    enum oracle_end end;
    unsigned target; /* of PEER, else 0 */
    bool must;
};

#define ORACLE_OUTCOME_MAX 64u

struct oracle_outcomes {
    struct oracle_outcome items[ORACLE_OUTCOME_MAX];
    unsigned count;
    unsigned arrivals; /* with repetitions */
};

struct oracle;

/* The sketch must outlive the oracle. Aborts the test when memory is short. */
struct oracle *oracle_new(const struct sketch *sketch, const struct oracle_options *options);
void oracle_free(struct oracle *oracle);

/* All outcomes of one TLP, each (end, target) once. */
void oracle_route(const struct oracle *oracle, const struct oracle_tlp *tlp,
                  struct oracle_outcomes *ret);

/* Whether the function issues TLPs of its own: everything but bridges. */
bool oracle_issues(const struct oracle *oracle, unsigned function);

/*
 * First address of every elementary interval (F6), ascending. Returns the count; *ret is to be
 * released with free().
 */
unsigned oracle_cuts(const struct oracle *oracle, bool io, uint64_t **ret);

/* Edges (0.3, D5, A8.3) and alias edges (0.4); computed at the first question. */
bool oracle_edge(struct oracle *oracle, unsigned from, unsigned to, bool must);
bool oracle_alias(struct oracle *oracle, unsigned a, unsigned b);

/* LOWER (must) or UPPER (0.5): per function the smallest index of its set. */
void oracle_sets(struct oracle *oracle, bool must, unsigned *sets);

/* ---- shared between the files of the oracle ---- */

enum oracle_role {
    ORACLE_ENDPOINT,
    ORACLE_ROOT_PORT,
    ORACLE_UPSTREAM,
    ORACLE_DOWNSTREAM,
    ORACLE_PCIE_TO_PCI,
    ORACLE_PCI_TO_PCIE,
    ORACLE_PCI_BRIDGE,
};

enum oracle_acs_state {
    ORACLE_ACS_NONE,
    ORACLE_ACS_KNOWN,
    ORACLE_ACS_CONTROL_UNKNOWN,
    ORACLE_ACS_UNKNOWN, /* not even known whether there is a structure (A1.9) */
};

struct oracle_node {
    const struct sketch_function *sketch;
    enum oracle_role role;
    int above; /* bridge above its link or bus; -1 on a root bus */
    struct sketch_bar bars[7];
    uint16_t command;
    enum oracle_acs_state acs;
    uint16_t cap, ctrl;
    bool vector_unknown;  /* A1.8: no vector where these ports keep other registers */
    bool confirmed;       /* H1, H2: vendor states that V, R, C, U are as if on */
    bool no_inner_peers;  /* H4: no structure, and the vendor states that it has no peers */
    bool translated;      /* H5: its requests are translated before any peer is looked for */
    bool translates_here; /* B6 */
};

struct oracle {
    const struct sketch *sketch;
    struct oracle_options options;
    struct oracle_node *nodes;
    unsigned count;
    unsigned char *edges; /* count * count: bit 0 may, bit 1 must, bit 2 alias */
    bool edges_done;
};

enum oracle_tri {
    ORACLE_OFF = 0,
    ORACLE_ON,
    ORACLE_EITHER,
};

/*
 * What a control point may do with a request; several bits: each is possible and none is certain,
 * going up included: "may also continue upstream" (A3.3), "undefined" (A4.6), and 0.2.
 */
#define ORACLE_DIRECT 1u
#define ORACLE_UP 2u
#define ORACLE_BLOCK 4u

/* Bits of the control register (A1.3). */
#define ORACLE_V 0x01u
#define ORACLE_B 0x02u
#define ORACLE_R 0x04u
#define ORACLE_U 0x10u
#define ORACLE_E 0x20u
#define ORACLE_T 0x40u
#define ORACLE_ENHANCED 0x80u /* of the capability */
#define ORACLE_IO_BLOCKING 0x80u
#define ORACLE_UNCLAIMED 0x1000u

void oracle_read_acs(struct oracle_node *node);
enum oracle_tri oracle_bit(const struct oracle_node *node, unsigned bit);
/* The decision of downstream port p for its sibling q (A3.1, A3.2). */
unsigned oracle_port_actions(const struct oracle *oracle, unsigned p, unsigned q, unsigned at);
/* The decision of function f of a device for its sibling g (A6.2, A1.6). */
unsigned oracle_sibling_actions(const struct oracle *oracle, unsigned f, unsigned g, unsigned at);
/* The decision at the root complex for a request that came from x (A5). */
unsigned oracle_root_actions(const struct oracle *oracle, unsigned x, unsigned g,
                             const struct oracle_tlp *tlp);
/* Memory-target control of p for the BAR of a downstream port or of the upstream port (A3.3). */
unsigned oracle_target_actions(const struct oracle_node *p, bool upstream_bar);

bool oracle_same_device(const struct oracle *oracle, unsigned a, unsigned b);
bool oracle_same_rc(const struct oracle *oracle, unsigned a, unsigned b);

bool oracle_decodes(const struct oracle *oracle, unsigned index, bool io);
/* Whether node takes the address itself, or passes it down. */
bool oracle_hits_bar(const struct oracle *oracle, unsigned node, const struct oracle_tlp *tlp);
bool oracle_hits_window(const struct oracle *oracle, unsigned node, const struct oracle_tlp *tlp);

/* Vendor statements (section H) and B5-B7, from the id. */
void oracle_read_vendor(struct oracle_node *node);
bool oracle_hides_pcie(const struct oracle *oracle, unsigned bridge);
/* Fills the alias edges and, under TM2, the forge edges. */
void oracle_fill_ids(struct oracle *oracle);
/* Whether function g's ids lie in the aperture of f (A8.1-A8.3). */
bool oracle_can_forge(const struct oracle *oracle, unsigned f, unsigned g, bool must);

/* One request under way. */
struct oracle_flight {
    const struct oracle *oracle;
    struct oracle_outcomes *outcomes;
    struct oracle_tlp tlp; /* rid and at as they are now (B2-B4) */
    bool must;
    unsigned hops; /* a sketch may be a loop */
};

void oracle_arrive(const struct oracle_flight *flight, enum oracle_end end, unsigned target);
void oracle_ingress(struct oracle_flight flight, unsigned port);
void oracle_descend(struct oracle_flight flight, unsigned bridge);
/* Handles a multicast hit at ingress port; false = no hit (A7.5). */
bool oracle_multicast(struct oracle_flight flight, unsigned port);

#endif
