/* SPDX-License-Identifier: MIT */
#ifndef IMS_FABRIC_ENDS_H
#define IMS_FABRIC_ENDS_H

/* The ends of generators (F4), and the edges between them. */

#include "fabric/sets.h"

/* One end of a generator: a function itself, or the hub of a bridge. */
struct ims_end {
    uint32_t element; /* of the realm */
    bool is_hub;
};

struct ims_ends {
    struct ims_end *items;
    uint32_t count;
};

/* The end that an element of a realm is as a sender. */
struct ims_end ims_ends_source(const struct ims_sets_pass *pass, uint32_t element);

/* Whether anything of an end gets up to depth need, or is seen by requests that turn there. */
bool ims_ends_send(const struct ims_sets_pass *pass, struct ims_end end, uint32_t need);
bool ims_ends_seen(const struct ims_sets_pass *pass, struct ims_end end, uint32_t need);

/* Whether choices let a request go directly, as surely as the pass asks. */
bool ims_ends_leak(const struct ims_sets_pass *pass, unsigned choices);

/*
 * How far up both ends have to get for an edge: to the realm itself when a request turns there, to
 * where returned traffic may turn back when it is sent up, or IMS_DEPTH_NEVER.
 */
uint32_t ims_ends_need(const struct ims_sets_pass *pass, uint32_t realm, unsigned choices);

/*
 * Everything in source has an edge to everything in target, as far as both get up to need. Returns
 * whether there is an edge at all.
 */
bool ims_ends_emit(struct ims_sets_pass *pass, struct ims_end source, struct ims_end target,
                   uint32_t need, const char *rule);

/*
 * Every sender has an edge to every target of another element; linear in both. The second is for
 * the targets of the first sender, which the first leaves to it.
 */
void ims_ends_spread(struct ims_sets_pass *pass, const struct ims_ends *senders,
                     const struct ims_ends *targets, uint32_t need, const char *rule);
void ims_ends_spread_to_first(struct ims_sets_pass *pass, const struct ims_ends *senders,
                              const struct ims_ends *targets, uint32_t need, const char *rule);

/* Once all generators are out: what hubs were marked with holds for all that is below them. */
void ims_ends_push_marks(struct ims_sets_pass *pass);

#endif
