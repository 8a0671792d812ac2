/* SPDX-License-Identifier: MIT */
#ifndef IMS_FABRIC_TURN_H
#define IMS_FABRIC_TURN_H

/* Where a request may turn: what the sender in a realm may do with it. */

#include "fabric/walk.h"

/* What an element of a realm may do with a request, before it does it. */
struct ims_turn {
    uint32_t sender;
    struct ims_hit hits[IMS_HIT_MAX];
    unsigned direct[IMS_HIT_MAX]; /* IMS_CHOICE_DIRECT when it may go there */
    unsigned count;
    unsigned other; /* IMS_CHOICE_UP, _BLOCK, _REJECT */
    bool untaken;   /* perhaps none of the hits takes it */
    unsigned ways;  /* in how many ways it can go on */
    enum ims_fabric_violation violation;
};

static inline unsigned ims_choices_count(unsigned choices)
{
    unsigned count = 0;

    for (; choices; choices &= choices - 1)
        count++;
    return count;
}

/* Whether more than one thing may happen. */
static inline bool ims_turn_open(const struct ims_turn *turn)
{
    return turn->ways + ims_choices_count(turn->other) > 1;
}

/* Fills direct, ways, other and violation from the hits. */
void ims_turn_weigh(const struct ims_walk *walk, struct ims_turn *turn);

/* Sends the request to every hit that it may go to directly. */
void ims_turn_direct(struct ims_walk *walk, const struct ims_turn *turn);

/* The request goes on up because none of the hits takes it. */
void ims_turn_leave_out(struct ims_walk *walk, const struct ims_turn *turn);

/* Registers that let the request in, where they were asked (A2.1). */
unsigned ims_turn_looks(const struct ims_walk *walk, uint32_t sender);

/* switch.c: between the ports of a switch (A2.6 to A2.9). */
void ims_turn_in_switch(struct ims_walk *walk, uint32_t sender, uint32_t upstream);

#endif
