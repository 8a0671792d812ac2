/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_FABRIC_H
#define IOMMUSCOPE_FABRIC_H

/*
 * Where a request really goes: the fabric as its registers say, not as a kernel groups it.
 *
 * A fabric is built once from a sealed topology. Then it answers three questions: the way of one
 * request (ims_fabric_route), the sets of functions that it does not keep apart (ims_fabric_sets),
 * and the addresses of a function that never arrive at the IOMMU (ims_fabric_hazards). Rule ids
 * (A2.7, C9, ...) are those of the fabric specification; sections of PCIe 6.x: 6.12, 7.7.11.
 *
 * "Must" is what the standard demands of the registers as they are; "may" is what it leaves open or
 * what a register that could not be read may do (A1.9). The truth lies between both.
 *
 * How the machine is read:
 * - A function issues requests unless it is a bridge or port, or a host bridge (class 0600).
 * - A function is a target where it has an assigned base address register (C5), ports included. A
 *   register of unknown size surely covers its first 16 bytes, and perhaps everything up to what
 *   its alignment, the next register and the window above it allow.
 * - All root buses of a segment belong to one root complex; segments do not reach each other.
 * - Everything on the bus below a root or downstream port is one device, its VFs included (A6.1).
 * - A bus whose bridge the input leaves out is under an unknown port of an unknown root complex.
 * - Vendor statements (H1, H4) stand for registers that a port does not have or that were not
 *   read; registers that were read count instead. H5 says that an RCiEP is translated first.
 *
 * Where the rules can be read in two ways:
 * - "must" is the only outcome there is, but for multicast copies. Where handling is open, what goes
 *   on upstream is "may" like what turns back (0.2, A3.3, A4.6; T70 writes "TA + MAY").
 * - Egress control: E=1, R=1, bit 0 goes direct (A3.1); E without R is peer traffic for functions of
 *   a device (A6.2), not in the root complex (A5.5); an RCiEP that redirects does not ask E (A5.6);
 *   beyond the end of its vector a bit may be either (A1.7).
 * - Translate-first speaks of untranslated memory requests: translated ones, I/O and messages are as
 *   in a root complex of unknown kind (A5.2, A5.5). Without peer decoding no register of the sender
 *   in the root complex is asked (A5.2, A5.3).
 * - Two functions with one ghost id (B2, B7, B9) are aliases: the IOMMU cannot tell them apart (B12);
 *   a ghost id that only one of them has merges nobody (B11). The id of VMD holds besides B6.
 * - A bridge whose decoding is off has no window, for what comes from below it either; redirect of
 *   unclaimed requests is not for I/O (A2.9, A7.3); a subtractive bridge gets what the bridge above
 *   does not take up (C4, C8, C9).
 * - Requests from a PCI bus have no address type; a bridge from PCI to PCI Express is no port and
 *   takes up nothing that is for below it (B4). I/O requests pass an IOMMU at a bridge (A5.10, A7.3).
 * - Only the ids of functions that issue requests are worth forging, and only by requests that arrive
 *   at the IOMMU (A8.3, T77).
 * - Multicast hits go before everything but source validation and translation blocking, copies
 *   between root ports are as optional as other peer traffic there (A7.5, A5.1); registers of a
 *   multicast capability that were not read may say anything (A1.9), a capability that was not seen
 *   is not presumed.
 * - Where extended configuration space does not answer (it reads all ones), Linux sees no ACS
 *   structure; here it is not known whether there is one (A1.9).
 */

#include "iommuscope/rules.h"
#include "iommuscope/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ims_fabric_certainty {
    IMS_FABRIC_MUST = 0, /* demanded by the standard and known registers */
    IMS_FABRIC_MAY,      /* possible */
};

/* "must" or "may"; never NULL. */
IMS_PUBLIC const char *ims_fabric_certainty_to_string(enum ims_fabric_certainty certainty);

/* What an attacker can do; each includes the one before (section 0). */
enum ims_fabric_threat {
    IMS_FABRIC_TM0 = 0, /* chooses addresses of untranslated requests */
    IMS_FABRIC_TM1,     /* sends translated requests too */
    IMS_FABRIC_TM2,     /* forges requester ids too */
};

/* What the root complex does with a request from one of its ports to another (A5). */
enum ims_fabric_rc {
    IMS_FABRIC_RC_AUTO = 0, /* from evidence: DMAR table or Intel host bridge, else unknown */
    IMS_FABRIC_RC_TRANSLATE_FIRST, /* A5.2 */
    IMS_FABRIC_RC_UNKNOWN,         /* A5.5 */
    IMS_FABRIC_RC_NONE,            /* A5.3 */
    IMS_FABRIC_RC_DIRECT,          /* A5.4 */
};

/* "auto", "translate-first", "unknown", "none", "direct"; never NULL. */
IMS_PUBLIC const char *ims_fabric_rc_to_string(enum ims_fabric_rc rc);
/* The other way round. Returns -EINVAL. */
IMS_PUBLIC int ims_fabric_rc_parse(const char *text, enum ims_fabric_rc *ret);

/* Zero-initialised means: address-only threat, evidence decides, worst case, strict. */
struct ims_fabric_options {
    size_t size_bytes; /* sizeof(struct ims_fabric_options), for later additions; 0 = all */
    enum ims_fabric_threat threat;
    enum ims_fabric_rc rc;
    bool as_configured; /* honour memory, I/O and bus master enable bits (C4), not the worst case */
    bool
        kernel_profile; /* own egress without upstream forwarding goes up, not "undefined" (A4.6) */
    bool structural;    /* take bridge windows as covering every register below them (C5, T94) */
    bool paranoid_sriov;   /* an SR-IOV device without ACS may have internal peers (A1.6) */
    bool ignore_multicast; /* leave multicast out of the sets (A7.5) */
};

struct ims_fabric;

/*
 * Builds the fabric of a topology, which must outlive it. options may be NULL. The caller frees
 * *ret with ims_fabric_free(). Linear in functions and buses, but for sorting.
 * Returns -ENOMEM; -EINVAL for options that are none.
 */
IMS_PUBLIC int ims_fabric_new(const struct ims_topology *topology,
                              const struct ims_fabric_options *options, struct ims_fabric **ret,
                              struct ims_error *reterr);
IMS_PUBLIC void ims_fabric_free(struct ims_fabric *fabric);

/* What "auto" was settled to, and why: one sentence without an end. Lives as long as fabric. */
struct ims_fabric_basis {
    struct ims_fabric_options options; /* rc is never AUTO */
    const char *rc_reason;
};
IMS_PUBLIC const struct ims_fabric_basis *ims_fabric_basis(const struct ims_fabric *fabric);
IMS_PUBLIC const struct ims_topology *ims_fabric_topology(const struct ims_fabric *fabric);

/* Whether a function issues requests (0.1; with as_configured also bus master enable, C4). */
IMS_PUBLIC bool ims_fabric_is_issuer(const struct ims_fabric *fabric, struct ims_function function);

/*
 * Whether the tables of the firmware say that no IOMMU covers the requests of a function (E9).
 * Nothing is said of the hardware of IOMMUs, which nobody covers, nor of bridges and ports.
 */
IMS_PUBLIC bool ims_fabric_is_uncovered(const struct ims_fabric *fabric,
                                        struct ims_function function);

enum ims_fabric_space {
    IMS_FABRIC_MEMORY = 0,
    IMS_FABRIC_IO,
};

/* One range of addresses that a function decodes itself (C5). */
struct ims_fabric_bar {
    unsigned number; /* 0 to 5, 6 the expansion ROM; Enhanced Allocation keeps its BAR number */
    enum ims_fabric_space space;
    uint64_t first;
    uint64_t last; /* inclusive; the surely decoded end when the size is unknown */
    uint64_t
        last_may; /* inclusive; up to here it may decode; equal to last when the size is known */
    bool size_known;
    bool of_vf; /* computed from the SR-IOV capability of its physical function (B10) */
};

/* The ranges of one function, sorted by number; *ret_count of them. Live as long as fabric. */
IMS_PUBLIC const struct ims_fabric_bar *
ims_fabric_bars(const struct ims_fabric *fabric, struct ims_function function, uint32_t *ret_count);

/* ---- one request ---- */

enum ims_tlp_kind {
    IMS_TLP_MEMORY_WRITE = 0,
    IMS_TLP_MEMORY_READ,
    IMS_TLP_IO_WRITE,
    IMS_TLP_IO_READ,
    IMS_TLP_MESSAGE_BY_ID, /* a vendor-defined message that is routed by id (A7.4) */
    IMS_TLP_COMPLETION,    /* an unsolicited completion (A7.1, A7.2) */
};

/* "memory write", ...; never NULL. */
IMS_PUBLIC const char *ims_tlp_kind_to_string(enum ims_tlp_kind kind);

/* Address type (D1); only memory requests have one. */
enum ims_tlp_at {
    IMS_TLP_UNTRANSLATED = 0,
    IMS_TLP_TRANSLATION_REQUEST = 1,
    IMS_TLP_TRANSLATED = 2,
};

struct ims_tlp {
    enum ims_tlp_kind kind;
    enum ims_tlp_at at;
    uint64_t address;             /* memory and I/O: a bus address (C1) */
    struct ims_function to;       /* message and completion: where the id that routes it belongs */
    bool forged;                  /* requester below is used instead of the issuer's own id */
    struct ims_address requester; /* its segment does not matter */
    bool relaxed_ordering;        /* completions: redirect does not apply then (A7.1) */
};

/* Where a request ends. */
enum ims_fabric_end {
    IMS_FABRIC_END_IOMMU = 0,   /* presented to the translation agent (A5.8) */
    IMS_FABRIC_END_PEER,        /* delivered to a function */
    IMS_FABRIC_END_BLOCKED,     /* ACS violation, or blocked multicast */
    IMS_FABRIC_END_UNSUPPORTED, /* nobody claims it: unsupported request, master abort */
    IMS_FABRIC_END_HOST,        /* taken by the root complex without translation: I/O, messages,
                                   memory requests that no IOMMU translates (E4, E9) */
};

/* "iommu", "peer", "blocked", "unsupported", "host"; never NULL. */
IMS_PUBLIC const char *ims_fabric_end_to_string(enum ims_fabric_end end);

enum ims_fabric_violation {
    IMS_FABRIC_VIOLATION_NONE = 0,
    IMS_FABRIC_VIOLATION_SOURCE,      /* source validation (A2.1) */
    IMS_FABRIC_VIOLATION_TRANSLATION, /* translation blocking (A2.2) */
    IMS_FABRIC_VIOLATION_IO,          /* I/O request blocking (A2.3) */
    IMS_FABRIC_VIOLATION_EGRESS,      /* egress control (A3.1) */
    IMS_FABRIC_VIOLATION_TARGET,      /* memory target control (A3.3) */
    IMS_FABRIC_VIOLATION_MULTICAST,   /* blocked multicast group (A7.5) */
};

/* "source validation", ..., "none"; never NULL. */
IMS_PUBLIC const char *ims_fabric_violation_to_string(enum ims_fabric_violation violation);

/* What a hop does with the request. */
enum ims_fabric_decision {
    IMS_FABRIC_ISSUE = 0, /* the issuer sends it */
    IMS_FABRIC_PASS_UP,   /* plain routing towards the root complex */
    IMS_FABRIC_REDIRECT,  /* ACS sends it towards the root complex */
    IMS_FABRIC_DIRECT,    /* peer to peer: turns here */
    IMS_FABRIC_TURN_BACK, /* own egress: turns down where it came from (A4.6) */
    IMS_FABRIC_PASS_DOWN, /* plain routing away from the root complex */
    IMS_FABRIC_DELIVER,   /* decoded by this function */
    IMS_FABRIC_COPY,      /* multicast copy (A7.5) */
    IMS_FABRIC_TRANSLATE, /* handed to the translation agent */
    IMS_FABRIC_TAKE,      /* taken by the root complex untranslated */
    IMS_FABRIC_BLOCK,     /* ACS violation */
    IMS_FABRIC_REJECT,    /* unsupported request */
};

/* "issue", "pass-up", "redirect", ...; never NULL. */
IMS_PUBLIC const char *ims_fabric_decision_to_string(enum ims_fabric_decision decision);

/* A register that a hop looked at. */
struct ims_fabric_register {
    const char *name; /* "ACS Control", "Memory Base/Limit", ...: static */
    uint16_t offset;  /* in the configuration space of the hop's function; 0 = no such register */
    uint16_t size_bits;
    uint64_t
        value; /* for windows: base in the upper half, limit in the lower half of 2 * 32 bits */
    uint64_t known; /* mask */
};

struct ims_fabric_hop {
    struct ims_function function; /* IMS_FUNCTION_NONE: the root complex itself */
    enum ims_fabric_decision decision;
    enum ims_fabric_certainty certainty; /* of this decision alone */
    const char *rule;                    /* "A2.5, A4.5": static */
    const struct ims_fabric_register *registers;
    uint32_t register_count;
    const char *text; /* one sentence without an end: what was seen and what follows */
};

struct ims_fabric_outcome {
    enum ims_fabric_certainty certainty; /* must: every hop decides so for sure */
    enum ims_fabric_end end;
    enum ims_fabric_violation violation; /* of a blocked one */
    struct ims_function target;          /* of a peer; where it was blocked or rejected; or NONE */
    unsigned bar;                        /* of a peer, for memory and I/O */
    uint64_t offset;                     /* into that BAR */
    bool multicast;                      /* a copy: the other copies happen too */
    const struct ims_fabric_hop *hops;
    uint32_t hop_count;
};

struct ims_fabric_route;

/*
 * The way of one request of issuer, to all its possible ends; at least one. Without multicast a
 * "must" outcome is the only one. Looks at the path only: costs the depth of the tree times the
 * logarithm of the functions of a bus, for each outcome. The caller frees *ret with
 * ims_fabric_route_free(); it does not refer to fabric afterwards.
 * Returns -EINVAL for an issuer that is a bridge or does not belong to the topology, or for a request
 * that cannot be (translated I/O, a message to nowhere); -ENOMEM. Rules A1-A8, C.
 */
IMS_PUBLIC int ims_fabric_route(const struct ims_fabric *fabric, struct ims_function issuer,
                                const struct ims_tlp *tlp, struct ims_fabric_route **ret,
                                struct ims_error *reterr);
IMS_PUBLIC void ims_fabric_route_free(struct ims_fabric_route *route);

/* Outcomes, "must" first, then in the order of the way; NULL beyond the end. */
IMS_PUBLIC uint32_t ims_fabric_route_count(const struct ims_fabric_route *route);
IMS_PUBLIC const struct ims_fabric_outcome *
ims_fabric_route_at(const struct ims_fabric_route *route, uint32_t index);
/* Whether outcomes were left out because there were too many (more than 4096). */
IMS_PUBLIC bool ims_fabric_route_truncated(const struct ims_fabric_route *route);

/* ---- sets ---- */

enum ims_fabric_edge_kind {
    IMS_FABRIC_EDGE_DMA = 0,    /* an untranslated memory request (0.3) */
    IMS_FABRIC_EDGE_TRANSLATED, /* a translated memory request (D5); TM1 and above */
    IMS_FABRIC_EDGE_MULTICAST,  /* a posted write into a multicast range (A7.5) */
    IMS_FABRIC_EDGE_ALIAS,      /* both may carry the same requester id (0.4, B12) */
    IMS_FABRIC_EDGE_FORGED,     /* from may use the id of to (A8.3); TM2 */
    IMS_FABRIC_EDGE_HOST, /* no IOMMU covers either: both have all memory, like the host (E9) */
};

/* "dma", "translated", "multicast", "alias", "forged", "host"; never NULL. */
IMS_PUBLIC const char *ims_fabric_edge_kind_to_string(enum ims_fabric_edge_kind kind);

/*
 * The reason why two functions are in one set. For all kinds but ALIAS and HOST,
 * ims_fabric_route(fabric, from, &tlp) has an outcome with end PEER and target to (FORGED: end
 * IOMMU, or HOST where to is not covered) whose certainty is at least the one below.
 */
struct ims_fabric_edge {
    enum ims_fabric_edge_kind kind;
    enum ims_fabric_certainty certainty; /* MUST: in the lower sets too */
    struct ims_function from;
    struct ims_function to;
    struct ims_tlp tlp;       /* all kinds but ALIAS and HOST */
    unsigned bar;             /* of to, for DMA and TRANSLATED */
    struct ims_address alias; /* ALIAS: the id that both may carry */
    const char *rule;         /* "A3.1", "B2": static */
    /*
     * ALIAS: not the id on the bus is shared, but the one by which the IOMMU looks both up, as ACPI
     * tables say (E8): lookup; alias is the requester id of from that leads there.
     */
    bool of_table;
    struct ims_lookup lookup;
};

/* Functions that the fabric does not keep apart. */
struct ims_fabric_set {
    const struct ims_function *members; /* sorted by address */
    uint32_t member_count;
    const struct ims_fabric_edge
        *edges; /* a tree: member_count - 1 edges that connect all members */
    uint32_t edge_count;
    bool with_host; /* a member is covered by no IOMMU: the host's memory is in the set too (E9) */
};

struct ims_fabric_sets;

/*
 * The finest valid partition (F2) as far as it is certain: MUST gives LOWER, MAY gives UPPER (0.5),
 * for the threat model of the options. Sets are sorted by their first member; every function is in
 * one, ports and bridges too. Linear in functions, plus the pairs of ports where egress control is
 * on (F5). The caller frees *ret with ims_fabric_sets_free(). Returns -ENOMEM.
 */
IMS_PUBLIC int ims_fabric_sets(const struct ims_fabric *fabric, enum ims_fabric_certainty certainty,
                               struct ims_fabric_sets **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_fabric_sets_free(struct ims_fabric_sets *sets);

IMS_PUBLIC uint32_t ims_fabric_sets_count(const struct ims_fabric_sets *sets);
/* NULL beyond the end. */
IMS_PUBLIC const struct ims_fabric_set *ims_fabric_sets_at(const struct ims_fabric_sets *sets,
                                                           uint32_t index);
/* The index of the set of a function. */
IMS_PUBLIC uint32_t ims_fabric_sets_of(const struct ims_fabric_sets *sets,
                                       struct ims_function function);

/* ---- hazard ranges ---- */

enum ims_fabric_hazard_kind {
    IMS_FABRIC_HAZARD_PEER = 0,     /* surely delivered to a peer */
    IMS_FABRIC_HAZARD_MAYBE_PEER,   /* perhaps delivered to a peer */
    IMS_FABRIC_HAZARD_HOLE,         /* surely nobody answers */
    IMS_FABRIC_HAZARD_MAYBE_HOLE,   /* perhaps nobody answers, or blocked, never a peer */
    IMS_FABRIC_HAZARD_BLOCKED,      /* surely an ACS violation */
    IMS_FABRIC_HAZARD_UNTRANSLATED, /* host memory, and no IOMMU translates it (E4, E9) */
};

/* "peer", "maybe-peer", "hole", "maybe-hole", "blocked", "untranslated"; never NULL. */
IMS_PUBLIC const char *ims_fabric_hazard_kind_to_string(enum ims_fabric_hazard_kind kind);

/* Addresses whose untranslated memory writes do not certainly arrive at the IOMMU (F8). */
struct ims_fabric_hazard {
    uint64_t first;
    uint64_t last; /* inclusive */
    enum ims_fabric_hazard_kind kind;
    struct ims_function target; /* the peer (the issuer itself is possible), or NONE */
    unsigned bar;
};

struct ims_fabric_hazards;

/*
 * The hazard ranges of issuer: sorted, disjoint, neighbours of one kind and target joined. Looks at
 * the subtrees that its requests can enter. The caller frees *ret with ims_fabric_hazards_free().
 * Returns -EINVAL as ims_fabric_route(), -ENOMEM.
 */
IMS_PUBLIC int ims_fabric_hazards(const struct ims_fabric *fabric, struct ims_function issuer,
                                  struct ims_fabric_hazards **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_fabric_hazards_free(struct ims_fabric_hazards *hazards);
IMS_PUBLIC uint32_t ims_fabric_hazards_count(const struct ims_fabric_hazards *hazards);
/* NULL beyond the end. */
IMS_PUBLIC const struct ims_fabric_hazard *
ims_fabric_hazards_at(const struct ims_fabric_hazards *hazards, uint32_t index);

/* ---- from one function (F3) ---- */

struct ims_fabric_victims;

/*
 * Everything that requests of issuer get to without the IOMMU: one edge for each function and kind,
 * as certain as any request makes it, sorted by function and kind. The kinds are DMA and MULTICAST,
 * from TM1 on TRANSLATED, under TM2 FORGED (arrives at the IOMMU with the id of to). A function that
 * issues nothing has none. Looks at the subtrees that its requests can enter. The caller frees *ret
 * with ims_fabric_victims_free(). Returns -EINVAL for a function of another machine, -ENOMEM.
 */
IMS_PUBLIC int ims_fabric_victims(const struct ims_fabric *fabric, struct ims_function issuer,
                                  struct ims_fabric_victims **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_fabric_victims_free(struct ims_fabric_victims *victims);
IMS_PUBLIC uint32_t ims_fabric_victims_count(const struct ims_fabric_victims *victims);
/* NULL beyond the end. */
IMS_PUBLIC const struct ims_fabric_edge *
ims_fabric_victims_at(const struct ims_fabric_victims *victims, uint32_t index);

/* Functions that the IOMMU cannot tell apart, as they may carry one id (0.4, B12, E8). */
struct ims_fabric_alias {
    enum ims_fabric_certainty certainty;
    struct ims_address alias; /* the requester id, or with of_table one that leads to lookup */
    const char *rule;         /* "B2", "E8": static */
    bool of_table;            /* shared is the id by which the IOMMU looks requests up */
    struct ims_lookup lookup;
    const struct ims_function *functions; /* at least two, sorted; bridges send nothing: not here */
    uint32_t function_count;
};

struct ims_fabric_aliases;

/*
 * Every id that several functions share: for sure (MUST), or for sure or possibly (MAY). Linear in
 * functions and ids, but for sorting. The caller frees *ret with ims_fabric_aliases_free().
 * Returns -ENOMEM.
 */
IMS_PUBLIC int ims_fabric_aliases(const struct ims_fabric *fabric,
                                  enum ims_fabric_certainty certainty,
                                  struct ims_fabric_aliases **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_fabric_aliases_free(struct ims_fabric_aliases *aliases);
IMS_PUBLIC uint32_t ims_fabric_aliases_count(const struct ims_fabric_aliases *aliases);
/* NULL beyond the end. */
IMS_PUBLIC const struct ims_fabric_alias *
ims_fabric_aliases_at(const struct ims_fabric_aliases *aliases, uint32_t index);

#ifdef __cplusplus
}
#endif

#endif
