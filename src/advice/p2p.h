/* SPDX-License-Identifier: MIT */
#ifndef IMS_ADVICE_P2P_H
#define IMS_ADVICE_P2P_H

/* The inside of a question about peer to peer traffic. */

#include "advice/model.h"

struct ims_p2p_box {
    struct ims_p2p visible; /* first, so that it is the box */
    struct ims_arena arena;
    struct ims_p2p_recipe recipes[3];
    const struct ims_topology *topology;
    const struct ims_grouping *grouping;
    const struct ims_fabric *fabric;
    struct ims_function a;
    struct ims_function b;
};

/* Whether a reaches b at the address of the question. Returns -ENOMEM. */
int ims_p2p_classify(const struct ims_fabric *fabric, const struct ims_p2p_box *box,
                     enum ims_p2p_class *ret);

/* p2p_recipe.c: applies the changes of a recipe; *ret_opens: the way is open then. Returns -ENOMEM. */
int ims_p2p_try(struct ims_p2p_box *box, struct ims_p2p_recipe *recipe, bool *ret_opens);

/* p2p_option.c: the options of the kernel that bring a recipe about, or why there are none. */
int ims_p2p_options(struct ims_p2p_box *box, struct ims_p2p_recipe *recipe);

/* p2p_host.c: whether Linux passes P2P DMA through the root complex of both (D16). */
enum ims_tristate ims_p2p_host(const struct ims_topology *topology, struct ims_function a,
                               struct ims_function b, const char **ret_text);

#endif
