/* SPDX-License-Identifier: MIT */
#include "base/tristate.h"
#include "fabric/walk.h"

/* Where a request ends, who takes it, and its way down. */

/* ---- ends ---- */

void ims_walk_end(struct ims_walk *walk, enum ims_fabric_end end,
                  enum ims_fabric_violation violation, uint32_t target, uint32_t bar)
{
    const struct ims_walk_end told = {
        .certainty = walk->may ? IMS_FABRIC_MAY : IMS_FABRIC_MUST,
        .end = end,
        .violation = violation,
        .target = target,
        .bar = bar,
        .multicast = walk->multicast,
    };

    if (walk->error)
        return;
    if (walk->end_count == IMS_WALK_ENDS_MAX) {
        walk->truncated = true;
        return;
    }
    walk->end_count++;
    walk->error = walk->arrive(walk, &told);
}

/* A5.8: presented to the translation agent; what is never translated is taken by the host. */
void ims_walk_reach_root(struct ims_walk *walk, bool open, const char *rule)
{
    const char *why, *text;

    if (ims_tlp_is_memory(walk->tlp) && ims_walk_untranslated(walk, &why, &text)) {
        ims_walk_hop(walk, IMS_NONE, IMS_FABRIC_TAKE, open, why, 0, "%s", text);
        ims_walk_end(walk, IMS_FABRIC_END_HOST, IMS_FABRIC_VIOLATION_NONE, IMS_NONE, IMS_NONE);
        return;
    }
    if (ims_tlp_is_memory(walk->tlp)) {
        ims_walk_hop(walk, IMS_NONE, IMS_FABRIC_TRANSLATE, open, rule, 0,
                     "the root complex presents it to the IOMMU");
        ims_walk_end(walk, IMS_FABRIC_END_IOMMU, IMS_FABRIC_VIOLATION_NONE, IMS_NONE, IMS_NONE);
        return;
    }
    ims_walk_hop(walk, IMS_NONE, IMS_FABRIC_TAKE, open,
                 ims_tlp_space(walk->tlp) == IMS_FABRIC_IO ? "A7.3" : "A7.4", 0,
                 "the root complex takes it: no IOMMU translates it");
    ims_walk_end(walk, IMS_FABRIC_END_HOST, IMS_FABRIC_VIOLATION_NONE, IMS_NONE, IMS_NONE);
}

void ims_walk_reject(struct ims_walk *walk, uint32_t at, bool open, const char *rule,
                     const char *why)
{
    ims_walk_hop(walk, at, IMS_FABRIC_REJECT, open, rule, IMS_LOOK_WINDOW, "%s", why);
    ims_walk_end(walk, IMS_FABRIC_END_UNSUPPORTED, IMS_FABRIC_VIOLATION_NONE, at, IMS_NONE);
}

void ims_walk_block(struct ims_walk *walk, uint32_t at, bool open, const char *rule,
                    enum ims_fabric_violation violation)
{
    ims_walk_hop(walk, at, IMS_FABRIC_BLOCK, open, rule, IMS_LOOK_ACS | IMS_LOOK_EGRESS,
                 "%s: an ACS violation (%s)", ims_walk_acs_words(walk, at),
                 ims_fabric_violation_to_string(violation));
    ims_walk_end(walk, IMS_FABRIC_END_BLOCKED, violation, at, IMS_NONE);
}

/* ---- who takes it ---- */

/* Takes out what an earlier hop has decided not to be there. Returns how many are left. */
static unsigned drop_absent(const struct ims_walk *walk, struct ims_hit hits[IMS_HIT_MAX],
                            unsigned count)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        bool absent = false;
        for (uint32_t j = 0; j < walk->absent_count; j++)
            absent |= hits[i].bar == walk->absent[j];
        if (!absent)
            hits[kept++] = hits[i];
    }
    return kept;
}

unsigned ims_walk_find(const struct ims_walk *walk, struct ims_place place,
                       struct ims_hit hits[IMS_HIT_MAX], bool *ret_taken)
{
    if (!ims_tlp_is_by_id(walk->tlp)) {
        const unsigned count = ims_fabric_hits(walk->fabric, place, ims_tlp_space(walk->tlp),
                                               walk->tlp->address, hits, ret_taken);
        return drop_absent(walk, hits, count);
    }
    const uint32_t element = ims_fabric_toward(walk->fabric, place.realm, walk->tlp->to.index);
    *ret_taken = element != IMS_NONE && element != place.skip;
    if (!*ret_taken)
        return 0;
    hits[0] = (struct ims_hit){element, IMS_NONE, true};
    return 1;
}

/* Whether what comes from below a bridge belongs below it again. */
enum ims_tristate ims_walk_returns(const struct ims_walk *walk, uint32_t bridge)
{
    if (!ims_tlp_is_by_id(walk->tlp))
        return ims_fabric_window(walk->fabric, bridge, ims_tlp_space(walk->tlp),
                                 walk->tlp->address);
    return ims_tristate_from_bool(ims_fabric_toward(walk->fabric, walk->fabric->nodes[bridge].below,
                                                    walk->tlp->to.index) != IMS_NONE);
}

/* ---- down ---- */

void ims_walk_deliver(struct ims_walk *walk, const struct ims_hit *hit)
{
    const struct ims_fabric *fabric = walk->fabric;

    if (hit->bar == IMS_NONE) {
        ims_walk_hop(walk, hit->function, IMS_FABRIC_DELIVER, false, "A7.4", 0,
                     "it is routed by id to this function");
    } else {
        const struct ims_fabric_bar *bar = &fabric->bars[hit->bar];
        ims_walk_hop(walk, hit->function, IMS_FABRIC_DELIVER, false, "C5, C6", IMS_LOOK_BAR,
                     "its BAR %u begins at %llx: offset %llx", bar->number,
                     (unsigned long long)bar->first,
                     (unsigned long long)(walk->tlp->address - bar->first));
    }
    ims_walk_end(walk, IMS_FABRIC_END_PEER, IMS_FABRIC_VIOLATION_NONE, hit->function, hit->bar);
}

/* The hit takes it: a range of its own, or the window of a bridge. */
void ims_walk_take(struct ims_walk *walk, const struct ims_hit *hit)
{
    const bool is_end =
        ims_tlp_is_by_id(walk->tlp) ? hit->function == walk->tlp->to.index : hit->bar != IMS_NONE;

    if (is_end) {
        ims_walk_deliver(walk, hit);
        return;
    }
    ims_walk_hop(walk, hit->function, IMS_FABRIC_PASS_DOWN, false, "A1.10, C3",
                 ims_tlp_is_by_id(walk->tlp) ? IMS_LOOK_BUSES : IMS_LOOK_WINDOW,
                 "the address lies in its window: it passes it down");
    ims_walk_enter(walk, hit->function);
}

/* What is below bridge gets it from above. */
void ims_walk_enter(struct ims_walk *walk, uint32_t bridge)
{
    const struct ims_place place = {walk->fabric->nodes[bridge].below, IMS_NONE, IMS_YES};
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    struct ims_hit hits[IMS_HIT_MAX];
    bool taken;
    const unsigned count = ims_walk_find(walk, place, hits, &taken);

    for (unsigned i = 0; i < count; i++) {
        walk->may |= !hits[i].sure;
        ims_walk_take(walk, &hits[i]);
        ims_walk_back(walk, &fork);
    }
    if (!taken)
        ims_walk_reject(walk, bridge, count > 0, "C5", "nobody below it claims the address");
}

void ims_walk_pass_down(struct ims_walk *walk, uint32_t bridge)
{
    const enum ims_tristate inside = ims_walk_returns(walk, bridge);

    if (inside == IMS_NO)
        return;
    walk->may |= inside == IMS_UNKNOWN;
    ims_walk_take(walk, &(struct ims_hit){bridge, IMS_NONE, inside == IMS_YES});
}
