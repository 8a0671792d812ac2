/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "fabric/cuts.h"
#include "fabric/sets.h"

/* Everything that one function reaches: one request for each interval of its addresses (F3, F6). */

struct ims_fabric_victims {
    struct ims_fabric_edge *items;
    uint32_t count;
    uint32_t capacity;
};

struct pass {
    const struct ims_fabric *fabric;
    uint32_t issuer;
    struct ims_tlp tlp;
    struct ims_fabric_victims *victims;
};

static int keep(struct ims_fabric_victims *victims, const struct ims_fabric_edge *edge)
{
    if (victims->count == victims->capacity) {
        struct ims_fabric_edge *grown =
            ims_array_grow(victims->items, &victims->capacity, victims->count + 1, sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        victims->items = grown;
    }
    victims->items[victims->count++] = *edge;
    return 0;
}

static int take(struct ims_walk *walk, const struct ims_walk_end *end)
{
    const struct pass *pass = walk->context;
    const struct ims_fabric *fabric = pass->fabric;
    struct ims_fabric_edge edge = {
        .kind = end->multicast                         ? IMS_FABRIC_EDGE_MULTICAST
                : pass->tlp.at == IMS_TLP_UNTRANSLATED ? IMS_FABRIC_EDGE_DMA
                                                       : IMS_FABRIC_EDGE_TRANSLATED,
        .certainty = end->certainty,
        .from = {pass->issuer},
        .to = {end->target},
        .tlp = pass->tlp,
        .rule = end->multicast ? "A7.5" : "0.3",
    };

    if (end->end != IMS_FABRIC_END_PEER || end->target == pass->issuer ||
        (end->multicast && fabric->basis.options.ignore_multicast))
        return 0;
    if (end->bar != IMS_NONE)
        edge.bar = fabric->bars[end->bar].number;
    return keep(pass->victims, &edge);
}

static int send_all(struct pass *pass, enum ims_tlp_at at)
{
    struct ims_cuts cuts = {0};
    int r = ims_cuts_find_copies(pass->fabric, pass->issuer, at, &cuts);

    for (uint32_t i = 0; i < cuts.count && r == 0; i++) {
        pass->tlp = (struct ims_tlp){.kind = IMS_TLP_MEMORY_WRITE,
                                     .at = at,
                                     .address = cuts.items[i],
                                     .to = IMS_FUNCTION_NONE};
        struct ims_walk walk = {
            .fabric = pass->fabric,
            .tlp = &pass->tlp,
            .issuer = pass->issuer,
            .quiet = true,
            .arrive = take,
            .context = pass,
        };
        r = ims_walk_run(&walk);
        ims_walk_done(&walk);
    }
    ims_cuts_done(&cuts);
    return r;
}

/* Whether a request with the id of another function arrives at the IOMMU is the same for all ids. */
static int forge(struct pass *pass, const uint32_t *checks, enum ims_fabric_certainty certainty)
{
    const struct ims_fabric *fabric = pass->fabric;
    const uint32_t port = checks[fabric->nodes[pass->issuer].realm];
    const uint32_t segment = ims_fabric_info(fabric, pass->issuer)->address.segment;
    bool proved = false;
    int r = 0;

    for (uint32_t i = 0; i < fabric->count && r == 0; i++) {
        const struct ims_address id = ims_fabric_info(fabric, i)->address;
        if (i == pass->issuer || id.segment != segment || !fabric->nodes[i].requester ||
            (port != IMS_NONE && ims_fabric_in_aperture(fabric, port, id.bus) == IMS_NO))
            continue;
        const struct ims_fabric_edge edge = {
            .kind = IMS_FABRIC_EDGE_FORGED,
            .certainty = certainty,
            .from = {pass->issuer},
            .to = {i},
            .tlp = {.kind = IMS_TLP_MEMORY_WRITE,
                    .to = IMS_FUNCTION_NONE,
                    .forged = true,
                    .requester = id},
            .rule = "A8.3",
        };
        proved = proved || ims_sets_prove(fabric, &edge);
        if (proved)
            r = keep(pass->victims, &edge);
    }
    return r;
}

static int forge_all(struct pass *pass)
{
    static const enum ims_fabric_certainty certainties[] = {IMS_FABRIC_MUST, IMS_FABRIC_MAY};
    uint32_t *checks = malloc(((size_t)pass->fabric->realm_count + 1) * sizeof(*checks));
    int r = checks ? 0 : -ENOMEM;

    for (unsigned i = 0; i < 2 && r == 0; i++) {
        ims_sets_find_checks(pass->fabric, certainties[i], checks);
        r = forge(pass, checks, certainties[i]);
    }
    free(checks);
    return r;
}

/* By function, kind, certainty and address: the first of a function and kind is the one to keep. */
static int compare(const void *a, const void *b)
{
    const struct ims_fabric_edge *left = a;
    const struct ims_fabric_edge *right = b;

    if (left->to.index != right->to.index)
        return left->to.index < right->to.index ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->certainty != right->certainty)
        return left->certainty < right->certainty ? -1 : 1;
    return left->tlp.address < right->tlp.address ? -1 : left->tlp.address > right->tlp.address;
}

static void tidy(struct ims_fabric_victims *victims)
{
    uint32_t kept = 0;

    if (victims->count > 0)
        qsort(victims->items, victims->count, sizeof(*victims->items), compare);
    for (uint32_t i = 0; i < victims->count; i++) {
        const struct ims_fabric_edge *edge = &victims->items[i];
        if (kept == 0 || victims->items[kept - 1].to.index != edge->to.index ||
            victims->items[kept - 1].kind != edge->kind)
            victims->items[kept++] = *edge;
    }
    victims->count = kept;
}

int ims_fabric_victims(const struct ims_fabric *fabric, struct ims_function issuer,
                       struct ims_fabric_victims **ret, struct ims_error *reterr)
{
    if (issuer.index >= fabric->count)
        return ims_error_set(reterr, -EINVAL, "the function does not belong to this machine");
    struct ims_fabric_victims *victims = calloc(1, sizeof(*victims));
    struct pass pass = {.fabric = fabric, .issuer = issuer.index, .victims = victims};
    const enum ims_fabric_threat threat = fabric->basis.options.threat;
    int r = victims ? 0 : -ENOMEM;

    if (r == 0 && fabric->nodes[issuer.index].issuer) {
        r = send_all(&pass, IMS_TLP_UNTRANSLATED);
        if (r == 0 && threat >= IMS_FABRIC_TM1)
            r = send_all(&pass, IMS_TLP_TRANSLATED);
        if (r == 0 && threat >= IMS_FABRIC_TM2)
            r = forge_all(&pass);
    }
    if (r < 0) {
        ims_fabric_victims_free(victims);
        return ims_error_set(reterr, r, "no memory for what a function reaches");
    }
    tidy(victims);
    *ret = victims;
    return 0;
}

void ims_fabric_victims_free(struct ims_fabric_victims *victims)
{
    if (!victims)
        return;
    free(victims->items);
    free(victims);
}

uint32_t ims_fabric_victims_count(const struct ims_fabric_victims *victims)
{
    return victims->count;
}

const struct ims_fabric_edge *ims_fabric_victims_at(const struct ims_fabric_victims *victims,
                                                    uint32_t index)
{
    return index < victims->count ? &victims->items[index] : NULL;
}
