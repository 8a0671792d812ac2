/* SPDX-License-Identifier: MIT */
#ifndef IMS_FABRIC_MODEL_H
#define IMS_FABRIC_MODEL_H

/*
 * The inside of a fabric, shared by the files of this room only.
 *
 * A realm is a place where addresses are decoded: the root complex of a segment, the inside of a
 * switch, the functions behind one link, a PCI bus. Every function stands in one realm, every bridge
 * leads from its own realm to the one below it. A request climbs from realm to realm until one
 * decides to turn it, and then descends.
 */

#include "base/arena.h"
#include "iommuscope/fabric.h"

enum ims_realm_kind {
    IMS_REALM_ROOT = 0, /* root buses of a segment, and buses whose bridge is not in the input */
    IMS_REALM_SWITCH,   /* below an upstream port */
    IMS_REALM_LINK,     /* below a root or downstream port: one device */
    IMS_REALM_BUS,      /* conventional PCI: everyone sees everything (C9) */
    IMS_REALM_UNKNOWN,  /* below a bridge of unknown kind */
};

enum ims_role {
    IMS_ROLE_ENDPOINT = 0,
    IMS_ROLE_ROOT_PORT,
    IMS_ROLE_UPSTREAM,
    IMS_ROLE_DOWNSTREAM,
    IMS_ROLE_PCI_BRIDGE, /* conventional or PCI Express to PCI */
    IMS_ROLE_REVERSE,    /* PCI to PCI Express */
    IMS_ROLE_UNKNOWN_BRIDGE,
};

/* What a memory target control says (A1.3), or that nothing is specified (A3.3). */
enum ims_target_control {
    IMS_TARGET_DIRECT = 0,
    IMS_TARGET_BLOCK,
    IMS_TARGET_REDIRECT,
    IMS_TARGET_RESERVED,
    IMS_TARGET_UNKNOWN,
    IMS_TARGET_NONE, /* no Enhanced capability */
};

/* The ACS structure of one function: a bit counts where it is implemented and set. */
struct ims_controls {
    enum ims_tristate present;
    enum ims_tristate peers;    /* R or E is implemented: it may do peer traffic at all (A6.2) */
    enum ims_tristate redirect; /* R is implemented (A1.4, A5.5) */
    enum ims_tristate v, b, r, c, u, e, t;
    enum ims_tristate io_blocking;
    enum ims_tristate unclaimed_redirect;
    enum ims_target_control dsp_target;
    enum ims_target_control usp_target;
    bool stated;     /* by its vendor, not by registers (H1, H4) */
    bool translated; /* its requests are translated before any peer is looked for (H5) */
    bool no_vector;  /* the egress vector is not where others keep it (A1.8) */
    uint16_t control_offset;
    struct ims_bits control;
};

/* What may happen to a request where it could turn; one bit alone is a certain decision. */
enum ims_choice {
    IMS_CHOICE_DIRECT = 1 << 0,
    IMS_CHOICE_UP = 1 << 1,
    IMS_CHOICE_BLOCK = 1 << 2,
    IMS_CHOICE_REJECT = 1 << 3,
};

struct ims_fabric_node {
    enum ims_role role;
    bool requester;    /* it is no bridge, port or host bridge (0.1) */
    bool issuer;       /* and, as configured, has bus mastering on (C4) */
    bool conventional; /* of PCI: its requests have no address type */
    bool retags;       /* a conventional bridge that puts in (secondary bus, 0, 0) (B2, B5) */
    bool cut_off;      /* the bridge above its bus is not in the input */
    bool hidden_above; /* so a port whose registers are not known is above this one */
    bool subtractive;  /* C8 */
    bool translates;   /* the IOMMU stands at this bridge (A5.10, B6) */
    enum ims_tristate sriov_device; /* its device has virtual functions (A1.6) */
    uint32_t realm;
    uint32_t below; /* the realm below a bridge, or IMS_NONE */
    uint32_t bar_first;
    uint32_t bar_count;
    struct ims_controls controls;
};

#define IMS_CLAIM_WINDOW 0xffu

/* A range of addresses that an element of a realm takes. */
struct ims_claim {
    uint64_t first;
    uint64_t last;     /* surely up to here; below first when nothing is sure */
    uint64_t last_may; /* perhaps up to here */
    uint64_t reach;    /* the largest last_may of this and all earlier claims of the list */
    uint32_t function;
    uint32_t bar; /* index in fabric->bars, or IMS_NONE for a window */
};

struct ims_claims {
    struct ims_claim *items; /* sorted by first */
    uint32_t count;
};

struct ims_realm {
    enum ims_realm_kind kind;
    uint32_t bridge; /* the bridge above, or IMS_NONE */
    uint32_t segment;
    uint32_t depth;            /* bridges above */
    const uint32_t *functions; /* sorted */
    uint32_t function_count;
    struct ims_claims claims[2]; /* by enum ims_fabric_space */
    const uint32_t *open;        /* bridges whose windows are not known, subtractive ones */
    uint32_t open_count;
};

struct ims_fabric {
    struct ims_arena arena;
    const struct ims_topology *topology;
    struct ims_fabric_basis basis;
    uint32_t count; /* functions */
    struct ims_fabric_node *nodes;
    struct ims_fabric_bar *bars;
    enum ims_tristate *bar_on; /* decoding is enabled, for as_configured */
    uint32_t *bar_function;
    uint32_t bar_total;
    struct ims_realm *realms; /* parents before children */
    uint32_t realm_count;
    uint32_t *bus_realm;         /* per bus */
    struct ims_claims (*all)[2]; /* every BAR of a segment, one per root realm (indices below) */
    uint32_t root_count;         /* the first realms are the root complexes, one a segment */
};

static inline const struct ims_function_info *ims_fabric_info(const struct ims_fabric *fabric,
                                                              uint32_t function)
{
    return ims_topology_function(fabric->topology, (struct ims_function){function});
}

static inline bool ims_fabric_is_bridge(const struct ims_fabric_node *node)
{
    return node->role != IMS_ROLE_ENDPOINT;
}

/* A port that looks at what comes from below it (A2). */
static inline bool ims_fabric_is_port(const struct ims_fabric_node *node)
{
    return node->role == IMS_ROLE_ROOT_PORT || node->role == IMS_ROLE_DOWNSTREAM;
}

/* bars.c: the ranges of every function. Returns -ENOMEM. */
int ims_fabric_find_bars(struct ims_fabric *fabric);

/* coverage.c: whether an exclusion range of the tables lets a function's address pass (E4). */
bool ims_fabric_excludes(const struct ims_fabric *fabric, uint32_t function, uint64_t address);

/* claims.c: what the elements of each realm take. Returns -ENOMEM. */
int ims_fabric_make_claims(struct ims_fabric *fabric);

/* Legacy memory of graphics, which a bridge with the VGA bit passes down (C7). */
#define IMS_VGA_FIRST UINT64_C(0xa0000)
#define IMS_VGA_LAST UINT64_C(0xbffff)

static inline bool ims_window_holds(const struct ims_window *window, uint64_t address)
{
    return window->open == IMS_YES && window->base <= address && address <= window->limit;
}

/* hits.c: the index of the root complex of a segment. */
uint32_t ims_fabric_root_of(const struct ims_fabric *fabric, uint32_t segment);

/* Whether a bridge passes an address down (C3, C5, C7, C10, T94). */
enum ims_tristate ims_fabric_window(const struct ims_fabric *fabric, uint32_t bridge,
                                    enum ims_fabric_space space, uint64_t address);

/* An element of a realm that takes an address. */
struct ims_hit {
    uint32_t function; /* of the realm: a bridge when its window takes it */
    uint32_t bar;      /* index in fabric->bars, or IMS_NONE for a window */
    bool sure;
};
#define IMS_HIT_MAX 64u

/* Where a request stands. */
struct ims_place {
    uint32_t realm;
    uint32_t skip; /* the sender, which does not take its own request; or IMS_NONE */
    /* It came from above or stays below its windows, so what nobody claims is left over (C8). */
    enum ims_tristate inside;
};

/*
 * The elements of a realm that take an address: exact ranges when there are any, else windows, else
 * subtractive bridges (C6, C8). Returns how many, at most IMS_HIT_MAX. *ret_taken: one of them
 * surely takes it, even where it is open which.
 */
unsigned ims_fabric_hits(const struct ims_fabric *fabric, struct ims_place place,
                         enum ims_fabric_space space, uint64_t address,
                         struct ims_hit hits[IMS_HIT_MAX], bool *ret_taken);

/* The element of realm that is function or leads down to it, or IMS_NONE. */
uint32_t ims_fabric_toward(const struct ims_fabric *fabric, uint32_t realm, uint32_t function);

/* statements.c */
/* What the table of one vendor says of a function: its ports or its functions have no peers (H). */
enum ims_statement {
    IMS_SAYS_NOTHING = 0,
    IMS_SAYS_PORT,     /* a port that blocks peers and returned traffic, and checks ids */
    IMS_SAYS_NO_PEERS, /* a device whose functions never talk to each other */
    IMS_SAYS_FIRST,    /* its requests are translated before any peer is looked for (H5) */
    IMS_SAYS_SUNRISE,  /* its ACS registers are dwords (A1.8) */
};

/* What all candidate ids of a function agree on. */
enum ims_statement ims_fabric_statement(const struct ims_fabric *fabric, uint32_t function);
/* Whether what a vendor states of its root ports holds on this machine (H2). */
enum ims_tristate ims_fabric_statement_holds(const struct ims_fabric *fabric);

/* controls.c */
void ims_fabric_read_controls(const struct ims_fabric *fabric, uint32_t function,
                              struct ims_controls *ret);
/* Whether the bus number of an id is one behind a bridge. */
enum ims_tristate ims_fabric_in_aperture(const struct ims_fabric *fabric, uint32_t bridge,
                                         uint8_t bus);
/* For as_configured, else always yes (C4). */
enum ims_tristate ims_fabric_masters(const struct ims_fabric *fabric, uint32_t function);
enum ims_tristate ims_fabric_decodes(const struct ims_fabric *fabric, uint32_t bridge,
                                     enum ims_fabric_space space);

/* choices.c */
/* A3.1, A3.2 where a structure exists; bit is that of the egress vector. */
unsigned ims_choices_peer(const struct ims_controls *controls, enum ims_tristate bit,
                          const struct ims_tlp *tlp);
/* The bit of the sender's vector that stands for the way to target (A1.7). */
enum ims_tristate ims_fabric_egress_bit(const struct ims_fabric *fabric, uint32_t sender,
                                        uint32_t target);
/* What sender does with a request for target in the realm of both, by the kind of the realm. */
unsigned ims_fabric_choices(const struct ims_fabric *fabric, uint32_t sender, uint32_t target,
                            bool is_window, const struct ims_tlp *tlp);
/* A3.3 */
unsigned ims_choices_target(enum ims_target_control control);
/* Whether own egress at a port surely goes up (A4.5, A4.6); IMS_NO: undefined. */
enum ims_tristate ims_fabric_forwards_up(const struct ims_fabric *fabric, uint32_t port);
/* A2.9: what becomes of an unclaimed address below an upstream port. */
unsigned ims_fabric_choices_unclaimed(const struct ims_controls *controls, bool is_memory);

static inline enum ims_fabric_space ims_tlp_space(const struct ims_tlp *tlp)
{
    return tlp->kind == IMS_TLP_IO_READ || tlp->kind == IMS_TLP_IO_WRITE ? IMS_FABRIC_IO
                                                                         : IMS_FABRIC_MEMORY;
}

static inline bool ims_tlp_is_memory(const struct ims_tlp *tlp)
{
    return tlp->kind == IMS_TLP_MEMORY_READ || tlp->kind == IMS_TLP_MEMORY_WRITE;
}

static inline bool ims_tlp_is_by_id(const struct ims_tlp *tlp)
{
    return tlp->kind == IMS_TLP_MESSAGE_BY_ID || tlp->kind == IMS_TLP_COMPLETION;
}

#endif
