/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_ADVICE_H
#define IOMMUSCOPE_ADVICE_H

/*
 * What to change: the least that gets a person what they want, and the proof where nothing does.
 *
 * Every advice was applied to a copy of the model and computed again before it is given. Rules
 * F10-F13 and D11-D14 of the fabric specification.
 */

#include "iommuscope/fabric.h"
#include "iommuscope/grouping.h"

#ifdef __cplusplus
extern "C" {
#endif

/* By what means a change is made, the cheapest first. */
enum ims_advice_means {
    IMS_ADVICE_RUNTIME = 0, /* a register of the running machine; undone by a reboot */
    IMS_ADVICE_OPTION,      /* an option of the kernel, and a reboot */
    IMS_ADVICE_KERNEL,      /* another kernel */
    IMS_ADVICE_FIRMWARE,    /* a setting of the firmware */
    IMS_ADVICE_MOVE,        /* a card in another slot */
    IMS_ADVICE_HARDWARE,    /* another board or another card */
    IMS_ADVICE_MEANS_MAX,
};

/* "runtime", "option", "kernel", "firmware", "move", "hardware"; never NULL. */
IMS_PUBLIC const char *ims_advice_means_to_string(enum ims_advice_means means);

/* ---- keeping functions apart ---- */

/*
 * Two judges are asked. Linux binds whoever uses VFIO: its groups are computed for the kernel of the
 * question. The fabric says what is true: whether the registers keep apart what the groups promise.
 * What Linux alone is made to believe (pcie_acs_override) is never an advice.
 *
 * There are two ways. At run time registers are written, and functions removed and found again, as
 * groups are made when a function appears (R7.6); it lasts until the next boot. From the next boot
 * on, options of the kernel do it, of this kernel or of another. Whatever firmware left in a
 * register that Linux has written since is unknown, so options spell every bit (R4.19).
 */

enum ims_separation_goal {
    IMS_SEPARATE_SPLIT = 0, /* a from b */
    IMS_SEPARATE_ISOLATE,   /* a from everything that is no bridge */
    IMS_SEPARATE_GROUP,     /* the group of a into its finest parts (F11, F12) */
};

/* "split", "isolate", "group"; never NULL. */
IMS_PUBLIC const char *ims_separation_goal_to_string(enum ims_separation_goal goal);

struct ims_separation_question {
    size_t size_bytes; /* sizeof(struct ims_separation_question), for later additions; 0 = all */
    enum ims_separation_goal goal;
    const struct ims_function *a; /* a party: the functions of a card, say; at least one */
    uint32_t a_count;
    const struct ims_function *b; /* of SPLIT */
    uint32_t b_count;
    bool manage_everything; /* as in ims_grouping_options */
};

enum ims_separation_answer {
    IMS_SEPARATION_NOTHING = 0, /* they are apart already; nothing need be changed */
    IMS_SEPARATION_CHANGES,     /* one of the ways leads there */
    IMS_SEPARATION_PART,        /* of GROUP: to some parts, but not to single functions */
    IMS_SEPARATION_IMPOSSIBLE,  /* software cannot: see obstacles and moves */
    IMS_SEPARATION_UNKNOWN,     /* a fact that decides is unknown: see unknown_text */
};

/* "nothing", "changes", "part", "impossible", "unknown"; never NULL. */
IMS_PUBLIC const char *ims_separation_answer_to_string(enum ims_separation_answer answer);

/* What the fabric thinks of the functions of the question. */
enum ims_separation_truth {
    IMS_TRUTH_JOINED = 0, /* surely not kept apart (LOWER) */
    IMS_TRUTH_OPEN,       /* perhaps not (UPPER only) */
    IMS_TRUTH_APART,      /* kept apart for sure */
};

/* "joined", "open", "apart"; never NULL. */
IMS_PUBLIC const char *ims_separation_truth_to_string(enum ims_separation_truth truth);

/* Bits of one ACS control register. */
struct ims_separation_change {
    struct ims_function function;
    uint16_t set;
    uint16_t clear;
    bool for_fabric; /* Linux does not ask for it; the fabric needs it */
};

/* One way, or that there is none. */
struct ims_separation_way {
    enum ims_advice_means means; /* RUNTIME, OPTION or KERNEL; the dearest that it takes */
    enum ims_tristate leads;     /* the computed result is the one that was asked for */
    const struct ims_separation_change *changes; /* sorted by address */
    uint32_t change_count;
    enum ims_separation_truth truth; /* of the result */
    bool certain_least; /* no smaller set of changes does; no: there were too many to be sure */

    /* OPTION and KERNEL: words of the kernel command line; "" for none. */
    const char *add;
    const char *remove;
    const char *cmdline;       /* all of it as it should be */
    bool needs_iommu;          /* DMA translation is off now, or not known to be on */
    struct ims_ruleset kernel; /* that boots */

    /* RUNTIME: what has to be removed and found again before Linux groups anew. */
    const struct ims_function *rescan; /* sorted by address */
    uint32_t rescan_count;
};

/* Why software cannot. */
struct ims_separation_obstacle {
    struct ims_function at; /* the port, bridge or function that decides, or NONE */
    struct ims_function from;
    struct ims_function to;
    bool of_fabric;              /* the fabric refutes it; no: Linux does not split it */
    const struct ims_rule *rule; /* of Linux; NULL for the fabric */
    const char *text;            /* one sentence without an end: the evidence */
    bool decides; /* with the functions that decide mended, and with them only, Linux splits it */
    const char *lacks;    /* the capability or bit that is missing, or NULL */
    const char *section;  /* where the standard has it, or NULL */
    const char *firmware; /* what a firmware setup may offer; no model confirms it; or NULL */
    struct ims_fabric_edge edge; /* where of_fabric */
};

/* A card in another slot. */
struct ims_separation_move {
    struct ims_function card; /* a function of the device that moves */
    struct ims_function port;
    enum ims_tristate slot; /* the port says that it has a slot */
    enum ims_separation_truth truth;
};

/* Members of one group of the result, bridges left out. */
struct ims_separation_part {
    const struct ims_function *members;
    uint32_t member_count;
};

struct ims_separation {
    enum ims_separation_goal goal;
    enum ims_separation_answer answer;
    enum ims_tristate together; /* Linux has them (or would have them) in one group */
    bool together_stated;       /* the kernel of the input says so; no: computed */
    bool contradicts;           /* stated, but by the rules of the kernel they would be apart */
    bool declared;              /* apart only because pcie_acs_override= declares it */
    enum ims_separation_truth truth; /* with the registers as they are */
    struct ims_separation_way now;   /* means RUNTIME */
    struct ims_separation_way boot;
    const struct ims_separation_obstacle *obstacles;
    uint32_t obstacle_count;
    const struct ims_separation_move *moves; /* verified, best first */
    uint32_t move_count;
    const struct ims_separation_part *parts; /* of GROUP: what it falls into in the best way */
    uint32_t part_count;
    const char *unknown_text; /* which unknown decides, and how to settle it; or NULL */
};

/*
 * What to change so that functions are apart: the least for each way, applied to a copy of the model
 * and computed again before it is given. grouping says which kernel judges, fabric which root
 * complex and attacker; both must be of one topology and need not outlive the result, the topology
 * must. The caller frees *ret with ims_separation_free().
 * Returns -EINVAL for a party without members, for parties that share one, and for a grouping and a
 * fabric of two machines; -ENOMEM. Rules F10-F12, R4.13-R4.22, R7.6, I6.
 */
IMS_PUBLIC int ims_separation_new(const struct ims_grouping *grouping,
                                  const struct ims_fabric *fabric,
                                  const struct ims_separation_question *question,
                                  struct ims_separation **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_separation_free(struct ims_separation *separation);
/* ---- a plan that gives functions to owners ---- */

/* Somebody who gets functions. */
struct ims_owner {
    const char *name;
    bool is_host; /* everybody trusts the host; guests trust nobody else */
};

/* One line of a plan. What no line names stays with the host. */
struct ims_holding {
    struct ims_function function;
    uint32_t owner; /* index of the owner */
};

/* Why a plan is not safe, or may not be. */
enum ims_offence_kind {
    IMS_OFFENCE_SHARED = 0, /* two owners are given one function */
    IMS_OFFENCE_UNCOVERED,  /* no IOMMU translates what it writes: it has all of memory (E9) */
    IMS_OFFENCE_REACH,      /* its requests get to a function of another owner (F3) */
    IMS_OFFENCE_ALIAS,      /* the IOMMU cannot tell it from a function of another owner (0.4) */
    IMS_OFFENCE_GROUP,      /* another owner has a function of its IOMMU group */
    IMS_OFFENCE_VFS,        /* it rules virtual functions of another owner */
    IMS_OFFENCE_RESET,      /* a hot reset of it takes functions of another owner along */
    IMS_OFFENCE_BLIND,      /* where the registers of others are is not known: who reaches them? */
    IMS_OFFENCE_BRIDGE,     /* a bridge is no function that can be given away */
    IMS_OFFENCE_KIND_MAX,
};

/* "shared", "uncovered", "reach", "alias", "group", "virtual-functions", "reset", "blind", "bridge". */
IMS_PUBLIC const char *ims_offence_kind_to_string(enum ims_offence_kind kind);

struct ims_offence {
    enum ims_offence_kind kind;
    enum ims_tristate breaks; /* yes: the plan is not safe; unknown: perhaps; no: worth knowing */
    enum ims_fabric_certainty certainty; /* of REACH and ALIAS */
    uint32_t owner;                      /* who gets at it; IMS_NONE: the host */
    uint32_t victim;                     /* at whose; IMS_NONE: the host */
    struct ims_function from;            /* the function of owner, or NONE */
    struct ims_function to;              /* the first one of victim, or NONE */
    const struct ims_function *all;      /* every function of victim that it is about, sorted */
    uint32_t all_count;
    struct ims_function *like; /* of REACH: others of owner that get at the same, sorted */
    uint32_t like_count;
    struct ims_fabric_edge edge; /* of REACH: the way from from to to */
    /* Of REACH: ims_fabric_route(fabric, from, &edge.tlp), whose outcome number witness_outcome it is. */
    struct ims_fabric_route *witness; /* or NULL */
    uint32_t witness_outcome;
    const char *rule;   /* "F3, A3.1": static, or of the assignment */
    const char *text;   /* one sentence without an end */
    const char *remedy; /* what to do; a sentence */
};

struct ims_assignment_options {
    size_t size_bytes; /* sizeof(struct ims_assignment_options), for later additions; 0 = all */
    bool settled;      /* certainty below says how to count what is only possible */
    enum ims_fabric_certainty
        certainty; /* MUST: as no offence; MAY: as one; not settled: unknown */
};

struct ims_assignment;

/*
 * Judges a plan: it is safe when nothing that a guest's function does gets at what another owner has
 * (F3; host-owned functions may reach those of guests). grouping and fabric must be of one topology
 * and outlive the result, owners too; the threat model is that of the fabric. options may be NULL.
 * The caller frees *ret with ims_assignment_free(). Costs what ims_fabric_victims() costs for each
 * function that a guest gets. Returns -ENOMEM; -EINVAL for handles that are none.
 */
IMS_PUBLIC int ims_assignment_new(const struct ims_grouping *grouping,
                                  const struct ims_fabric *fabric, const struct ims_owner *owners,
                                  uint32_t owner_count, const struct ims_holding *holdings,
                                  uint32_t holding_count,
                                  const struct ims_assignment_options *options,
                                  struct ims_assignment **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_assignment_free(struct ims_assignment *assignment);

/* Yes: nothing breaks it. Unknown: something may. */
IMS_PUBLIC enum ims_tristate ims_assignment_safe(const struct ims_assignment *assignment);
/* The owner of a function, the first one that is named; IMS_NONE: the host. */
IMS_PUBLIC uint32_t ims_assignment_owner(const struct ims_assignment *assignment,
                                         struct ims_function function);
/* Offences: what breaks the plan first, then what may, then what is worth knowing; NULL beyond. */
IMS_PUBLIC uint32_t ims_assignment_count(const struct ims_assignment *assignment);
IMS_PUBLIC const struct ims_offence *ims_assignment_at(const struct ims_assignment *assignment,
                                                       uint32_t index);

/* ---- peer to peer on purpose ---- */

/* How requests of one function get to the registers of another (D17). */
enum ims_p2p_class {
    IMS_P2P_DIRECT = 0, /* without passing the root complex */
    IMS_P2P_OPEN,       /* perhaps */
    IMS_P2P_TRANSLATED, /* those that were translated before (ATS) go directly, others do not */
    IMS_P2P_VIA_HOST,   /* to the root complex; whether it passes them on: see host */
    IMS_P2P_BLOCKED,    /* an ACS violation */
    IMS_P2P_NO_PATH,    /* nobody takes them */
};

/* "direct", "open", "translated", "via-host", "blocked", "no-path"; never NULL. */
IMS_PUBLIC const char *ims_p2p_class_to_string(enum ims_p2p_class kind);

/* How the way is opened, least exposure first (D12). */
enum ims_p2p_means {
    IMS_P2P_EGRESS = 0, /* egress control with a hole in its vector: to what is behind one port */
    IMS_P2P_DIRECT_TRANSLATED, /* for translated requests only */
    IMS_P2P_NO_REDIRECT,       /* request redirect off: to all neighbours of the one that turns */
};

/* "egress-control", "direct-translated", "no-redirect"; never NULL. */
IMS_PUBLIC const char *ims_p2p_means_to_string(enum ims_p2p_means means);

#define IMS_P2P_CHANGES_MAX 8u

struct ims_p2p_change {
    struct ims_function function;
    uint16_t set; /* bits of ACS Control */
    uint16_t clear;
    bool has_vector;
    uint32_t vector_mask[IMS_ACS_EGRESS_DWORDS]; /* bits of the egress control vector to write */
    uint32_t vector_value[IMS_ACS_EGRESS_DWORDS];
};

/* One function that reaches another that it did not reach before, or not for sure. */
struct ims_p2p_exposure {
    struct ims_function from;
    struct ims_function to;
};

/* Functions that are not kept apart any more and were before (LOWER, bridges left out). */
struct ims_p2p_merge {
    const struct ims_function *members;
    uint32_t member_count;
};

/* Changes that were applied to a copy of the model; there the way is open. */
struct ims_p2p_recipe {
    enum ims_p2p_means means;
    enum ims_p2p_class result;
    struct ims_p2p_change changes[IMS_P2P_CHANGES_MAX];
    uint32_t change_count;
    const struct ims_p2p_exposure *exposures; /* all of them, the one that was asked for too */
    uint32_t exposure_count;
    const struct ims_p2p_merge *merges;
    uint32_t merge_count;
    const struct ims_function *group; /* whom Linux would have in the group of a then, no bridges */
    uint32_t group_count;
    bool group_grows;   /* they are more than with the registers as they are */
    const char *option; /* for the kernel of the grouping: words of its command line, "" where they
                           are there already, or NULL */
    const char *option_remove;  /* words that are to be taken out for it, often "" */
    const char *option_cmdline; /* the whole command line then */
    const char *no_option;      /* why there is no option; NULL where there is one */
};

struct ims_p2p {
    enum ims_p2p_class now;
    struct ims_function turn; /* who decides about requests of a: its port, or a itself; or NONE */
    struct ims_function beside; /* the port of b, or b itself, beside it; or NONE */
    bool at_root;               /* they meet at the root complex only */
    unsigned bar;               /* of b: the largest, which the requests are for */
    uint64_t address;
    struct ims_fabric_route *witness; /* of a write of a to that address, as the registers are */
    const struct ims_p2p_recipe *recipes; /* least exposure first */
    uint32_t recipe_count;
    bool
        redirects_completions; /* beside has completion redirect on: answers to reads go up (D11) */
    enum ims_tristate host;    /* Linux passes P2P DMA through this root complex (D16) */
    const char *host_text;     /* why; a sentence */
    const char *lacks;         /* why there is no recipe although nothing is direct; or NULL */
};

/*
 * Whether a reaches the registers of b directly, and which bits of ACS allow just that (D11-D17). The
 * ACS override of patched kernels is none of them: it changes no register. grouping and fabric must be
 * of one topology and need not outlive the result, the topology must. The caller frees *ret with
 * ims_p2p_free(). Returns -EINVAL where a issues no requests or b has no registers in memory, -ENOMEM.
 */
IMS_PUBLIC int ims_p2p_new(const struct ims_grouping *grouping, const struct ims_fabric *fabric,
                           struct ims_function a, struct ims_function b, struct ims_p2p **ret,
                           struct ims_error *reterr);
IMS_PUBLIC void ims_p2p_free(struct ims_p2p *p2p);

/* ---- where to put cards ---- */

/* More free slots than this are not tried in every combination (F13). */
#define IMS_SLOTS_EXACT_MAX 20u
#define IMS_SLOTS_MAX 256u

/* A port with nothing below it, and what a card there would be together with. */
struct ims_slot {
    struct ims_function port;
    enum ims_tristate implemented; /* the port says that it has a slot */
    bool fits;                     /* bus numbers suffice for a card; no: nothing else is known */
    uint32_t width;                /* lanes, 0 = not known */
    uint32_t speed;                /* code of Link Capabilities: 1 = 2.5 GT/s, ...; 0 = not known */
    bool chosen;
    uint32_t unit; /* of a chosen one: cards of one number are not kept apart; else IMS_NONE */
    const struct ims_function
        *companions; /* functions of the machine that it is not kept apart from */
    uint32_t companion_count;
    struct ims_function
        rival; /* port of a chosen slot whose card it is not kept apart from; or NONE */
};

struct ims_slots {
    uint32_t wanted;
    uint32_t chosen;              /* fewer than wanted where there are not so many */
    uint32_t units;               /* into how many parts the chosen cards fall */
    bool exact;                   /* every choice was tried; no: there were too many */
    const struct ims_slot *slots; /* sorted by address */
    uint32_t slot_count;
};

/*
 * Which free slots give wanted cards the most isolation (F13): every slot is given a card in a copy of
 * the model, and what may reach each other without the IOMMU, share an id, or be in one group of
 * Linux is not kept apart. Of equal choices the one with fewer companions counts, then the wider and
 * faster one. Bridge windows are taken to cover every card. grouping and fabric must be of one
 * topology and need not outlive the result. The caller frees *ret with ims_slots_free(). Costs what
 * ims_fabric_victims() costs for each function. Returns -EINVAL for no card, -ENOMEM.
 */
IMS_PUBLIC int ims_slots_new(const struct ims_grouping *grouping, const struct ims_fabric *fabric,
                             uint32_t wanted, struct ims_slots **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_slots_free(struct ims_slots *slots);

#ifdef __cplusplus
}
#endif

#endif
