/* SPDX-License-Identifier: MIT */
#ifndef IMS_ADVICE_SLOTS_H
#define IMS_ADVICE_SLOTS_H

/* The inside of a question about slots. */

#include "advice/model.h"

/* Who is not kept apart where every slot has a card. Cards are numbered as slots. */
struct ims_slots_relation {
    uint32_t count;
    bool *joined;         /* count * count, symmetric: directly, or by functions of the machine */
    uint32_t *companions; /* per card: how many functions of the machine */
    uint32_t *bandwidth;  /* per card */
    bool *fits;
};

struct ims_slots_box {
    struct ims_slots visible; /* first, so that it is the box */
    struct ims_arena arena;
    const struct ims_topology *topology;
    const struct ims_grouping *grouping;
    const struct ims_fabric *fabric;
    struct ims_slot *slots;
    struct ims_slots_relation relation;
};

/* slots_relation.c: gives every slot a card and fills the relation and the companions. -ENOMEM. */
int ims_slots_relate(struct ims_slots_box *box);

/* slots_choice.c: marks the chosen ones of wanted; *ret_exact: all choices were tried. -ENOMEM. */
int ims_slots_choose(const struct ims_slots_relation *relation, uint32_t wanted, bool *chosen,
                     bool *ret_exact);
/* The parts that the chosen cards fall into; unit is filled per card, IMS_NONE for others. */
uint32_t ims_slots_units(const struct ims_slots_relation *relation, const bool *chosen,
                         uint32_t *unit);

#endif
