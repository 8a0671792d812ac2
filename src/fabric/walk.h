/* SPDX-License-Identifier: MIT */
#ifndef IMS_FABRIC_WALK_H
#define IMS_FABRIC_WALK_H

/*
 * One request on its way. Where the standard leaves it open what happens, the walk goes every way,
 * one after the other: what was passed is kept in a stack of hops that is cut back to the fork.
 */

#include "fabric/model.h"

#define IMS_WALK_ENDS_MAX 4096u
#define IMS_WALK_ABSENT_MAX 8u

/* Registers that a hop looked at. */
enum ims_look {
    IMS_LOOK_ACS = 1 << 0,
    IMS_LOOK_EGRESS = 1 << 1,
    IMS_LOOK_BUSES = 1 << 2,
    IMS_LOOK_WINDOW = 1 << 3,
    IMS_LOOK_BAR = 1 << 4,
    IMS_LOOK_COMMAND = 1 << 5,
    IMS_LOOK_MULTICAST = 1 << 6,
};

struct ims_walk_end {
    enum ims_fabric_certainty certainty;
    enum ims_fabric_end end;
    enum ims_fabric_violation violation;
    uint32_t target; /* or IMS_NONE */
    uint32_t bar;    /* index in fabric->bars, or IMS_NONE */
    bool multicast;
};

struct ims_walk {
    const struct ims_fabric *fabric;
    const struct ims_tlp *tlp; /* as it was sent; from the start of the walk on as it travels */
    struct ims_tlp travelling;
    uint32_t issuer;
    uint8_t requester_bus; /* as it travels: bridges put in their own (B2, B3) */
    bool may;              /* a choice on the way was open */
    bool multicast;
    /* Ranges of unknown size that did not take the address at an earlier hop: nor do they later. */
    uint32_t absent[IMS_WALK_ABSENT_MAX];
    uint32_t absent_count;
    uint32_t copier; /* the port that first made copies, when multicast */
    bool truncated;
    bool quiet; /* nobody wants the hops */
    int error;
    uint32_t end_count;
    /* Called for each end; the hops are those of the walk. Returns -errno to stop. */
    int (*arrive)(struct ims_walk *walk, const struct ims_walk_end *end);
    void *context;
    struct ims_arena *arena; /* of texts and registers */
    struct ims_fabric_hop *hops;
    uint32_t hop_count;
    uint32_t hop_capacity;
};

/* A place to come back to. */
struct ims_walk_fork {
    uint32_t hop_count;
    uint32_t absent_count;
    uint8_t requester_bus;
    enum ims_tlp_at at;
    bool may;
    bool multicast;
};

static inline struct ims_walk_fork ims_walk_fork(const struct ims_walk *walk)
{
    return (struct ims_walk_fork){walk->hop_count,     walk->absent_count, walk->requester_bus,
                                  walk->travelling.at, walk->may,          walk->multicast};
}

static inline void ims_walk_back(struct ims_walk *walk, const struct ims_walk_fork *fork)
{
    walk->hop_count = fork->hop_count;
    walk->absent_count = fork->absent_count;
    walk->requester_bus = fork->requester_bus;
    walk->travelling.at = fork->at;
    walk->may = fork->may;
    walk->multicast = fork->multicast;
}

/* rise.c: goes all ways; ends are told to arrive(). Returns walk->error. */
int ims_walk_run(struct ims_walk *walk);
void ims_walk_done(struct ims_walk *walk);
/* The request comes up from below a bridge. */
void ims_walk_rise(struct ims_walk *walk, uint32_t bridge);

/* route.c: element sends the request into its own realm. */
void ims_walk_send(struct ims_walk *walk, uint32_t element);
/* The request leaves a switch or a bus through the bridge above. */
void ims_walk_leave(struct ims_walk *walk, uint32_t bridge);
/* Turns it back where the bridge above a port is not in the input; the walk stands where it was. */
void ims_walk_turn_hidden(struct ims_walk *walk, uint32_t port);
/* A5.10, B6: an IOMMU below the root bus; nothing gets past it untranslated. */
bool ims_walk_meets_iommu(struct ims_walk *walk, uint32_t bridge);

/* descend.c: ends of all kinds, each with its hop. */
void ims_walk_end(struct ims_walk *walk, enum ims_fabric_end end,
                  enum ims_fabric_violation violation, uint32_t target, uint32_t bar);
void ims_walk_reach_root(struct ims_walk *walk, bool open, const char *rule);
void ims_walk_reject(struct ims_walk *walk, uint32_t at, bool open, const char *rule,
                     const char *why);
void ims_walk_block(struct ims_walk *walk, uint32_t at, bool open, const char *rule,
                    enum ims_fabric_violation violation);
/* Who takes it at a place, as ims_fabric_hits(). */
unsigned ims_walk_find(const struct ims_walk *walk, struct ims_place place,
                       struct ims_hit hits[IMS_HIT_MAX], bool *ret_taken);
/* Whether what comes from below a bridge belongs below it again. */
enum ims_tristate ims_walk_returns(const struct ims_walk *walk, uint32_t bridge);
/* The hit takes it: a range of its own, or the window of a bridge. */
void ims_walk_deliver(struct ims_walk *walk, const struct ims_hit *hit);
void ims_walk_take(struct ims_walk *walk, const struct ims_hit *hit);
/* What is below bridge gets it from above. */
void ims_walk_enter(struct ims_walk *walk, uint32_t bridge);

/* coverage.c: whether nothing translates what arrives at the root complex, and why (E4, E9). */
bool ims_walk_untranslated(const struct ims_walk *walk, const char **ret_rule,
                           const char **ret_text);

/* hops.c: notes a hop; function is IMS_NONE for the root complex. */
void ims_walk_hop(struct ims_walk *walk, uint32_t function, enum ims_fabric_decision decision,
                  bool open, const char *rule, unsigned looks, const char *format, ...)
    __attribute__((format(printf, 7, 8)));
/* "ACS control 001d", "no ACS structure", ... */
const char *ims_walk_acs_words(const struct ims_walk *walk, uint32_t function);
/* The short address of a function. */
const char *ims_walk_name(const struct ims_walk *walk, uint32_t function);

/* A bridge passes it down where its window takes the address. */
void ims_walk_pass_down(struct ims_walk *walk, uint32_t bridge);

/* multicast.c: whether a port or function takes a write for multicast (A7.5). */
struct ims_multicast_hit {
    enum ims_tristate hit;
    int group; /* -1: not known */
};
struct ims_multicast_hit ims_multicast_find(const struct ims_fabric *fabric, uint32_t function,
                                            const struct ims_tlp *tlp);
/* What a port does with a hit that came from below. */
void ims_walk_multicast(struct ims_walk *walk, uint32_t port, int group);

#endif
