/* SPDX-License-Identifier: MIT */
/* What requests of a guest's function get at (F3). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/assign.h"
#include "ownership/model.h"

/* Ways of one function to those of one owner, of one kind, as certain as each other: one offence. */
static bool same_bundle(const struct ims_assignment *assignment, const struct ims_fabric_edge *a,
                        const struct ims_fabric_edge *b)
{
    return a->certainty == b->certainty && a->kind == b->kind &&
           ims_assignment_of(assignment, a->to) == ims_assignment_of(assignment, b->to);
}

/* Registers of a port are reached too; those of a device make the better story. */
static bool is_better(const struct ims_assignment *assignment, const struct ims_fabric_edge *edge,
                      const struct ims_fabric_edge *than)
{
    return ims_is_interconnect(ims_assignment_info(assignment, than->to)) == IMS_YES &&
           ims_is_interconnect(ims_assignment_info(assignment, edge->to)) != IMS_YES;
}

/* The outcome that is the edge; a copy and a delivery to one function are two stories. */
static int find_witness(const struct ims_assignment *assignment, struct ims_offence *offence)
{
    const struct ims_fabric_edge *edge = &offence->edge;
    int r = ims_fabric_route(assignment->fabric, edge->from, &edge->tlp, &offence->witness, NULL);

    for (uint32_t i = 0; r == 0 && i < ims_fabric_route_count(offence->witness); i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(offence->witness, i);
        const bool arrives =
            edge->kind == IMS_FABRIC_EDGE_FORGED
                ? outcome->end == IMS_FABRIC_END_IOMMU || outcome->end == IMS_FABRIC_END_HOST
                : outcome->end == IMS_FABRIC_END_PEER && outcome->target.index == edge->to.index &&
                      outcome->multicast == (edge->kind == IMS_FABRIC_EDGE_MULTICAST) &&
                      outcome->certainty == edge->certainty;
        if (arrives) {
            offence->witness_outcome = i;
            return 0;
        }
    }
    return r;
}

/* The hop that lets it happen: what is open, else where the request turns. */
static const struct ims_fabric_hop *deciding_hop(const struct ims_offence *offence)
{
    const struct ims_fabric_outcome *outcome =
        ims_fabric_route_at(offence->witness, offence->witness_outcome);

    for (uint32_t i = 0; i < outcome->hop_count; i++)
        if (outcome->hops[i].certainty == IMS_FABRIC_MAY)
            return &outcome->hops[i];
    for (uint32_t i = 0; i < outcome->hop_count; i++) {
        const enum ims_fabric_decision decision = outcome->hops[i].decision;
        if (decision == IMS_FABRIC_DIRECT || decision == IMS_FABRIC_TURN_BACK ||
            decision == IMS_FABRIC_COPY)
            return &outcome->hops[i];
    }
    return outcome->hop_count > 0 ? &outcome->hops[outcome->hop_count - 1] : NULL;
}

static const char *place_of(struct ims_assignment *assignment, const struct ims_fabric_hop *hop)
{
    char address[IMS_ADDRESS_STRING_SIZE];

    if (ims_function_is_none(hop->function))
        return "the root complex";
    ims_address_format(ims_assignment_info(assignment, hop->function)->address, address);
    return ims_assignment_text(assignment, "%s", address);
}

static const char *verb_of(const struct ims_fabric_edge *edge)
{
    const bool may = edge->certainty == IMS_FABRIC_MAY;

    switch (edge->kind) {
    case IMS_FABRIC_EDGE_FORGED:
        return may ? "may use the requester id of" : "can use the requester id of";
    case IMS_FABRIC_EDGE_MULTICAST:
        return may ? "may write, by multicast, to" : "can write, by multicast, to";
    case IMS_FABRIC_EDGE_TRANSLATED:
        return may ? "may reach, with translated requests," : "reaches, with translated requests,";
    default:
        return may ? "may reach" : "reaches";
    }
}

static int describe(struct ims_assignment *assignment, struct ims_offence *offence)
{
    const struct ims_fabric_edge *edge = &offence->edge;
    const struct ims_fabric_hop *hop = deciding_hop(offence);
    const char *from = ims_assignment_name(assignment, edge->from);
    const char *to = ims_assignment_name(assignment, edge->to);
    const char *place = hop ? place_of(assignment, hop) : NULL;
    const bool is_port = ims_is_interconnect(ims_assignment_info(assignment, edge->to)) == IMS_YES;

    if (!from || !to || !place)
        return -ENOMEM;
    if (edge->kind == IMS_FABRIC_EDGE_FORGED)
        offence->text = ims_assignment_text(
            assignment, "%s %s %s: no port between checks ids so finely", from, verb_of(edge), to);
    else
        offence->text = ims_assignment_text(
            assignment, "%s %s %s%s without passing the IOMMU; at %s: %s", from, verb_of(edge),
            is_port ? "the registers of port " : "", to, place, hop->text);
    offence->rule = hop->rule;
    offence->remedy =
        is_port
            ? "Only other hardware keeps registers of a port away from what is below it, where the "
              "port has no ACS Enhanced Capability. Who gets at them may be able to switch ACS off."
            : "Give both to one owner, or keep them apart: iommuscope advise split says how.";
    return offence->text ? 0 : -ENOMEM;
}

/* Adds a function that gets at the same as another one before. Returns false where there is none. */
static bool is_like(struct ims_assignment *assignment, const struct ims_offence *offence)
{
    for (uint32_t i = 0; i < assignment->count; i++) {
        struct ims_offence *before = &assignment->offences[i];
        struct ims_function *like;

        if (before->kind != IMS_OFFENCE_REACH || before->owner != offence->owner ||
            before->victim != offence->victim || before->edge.kind != offence->edge.kind ||
            before->certainty != offence->certainty || before->all_count != offence->all_count ||
            memcmp(before->all, offence->all, offence->all_count * sizeof(*offence->all)) != 0)
            continue;
        like = before->like_count ? before->like
                                  : ims_arena_alloc_array(&assignment->arena,
                                                          assignment->guest_count, sizeof(*like));
        if (!like)
            return false;
        like[before->like_count++] = offence->from;
        before->like = like;
        return true;
    }
    return false;
}

/* One offence for everything that is like edge number first of the list. */
static int report_bundle(struct ims_assignment *assignment, const struct ims_fabric_edge *edges,
                         bool *told, uint32_t first, uint32_t count)
{
    struct ims_function *all =
        ims_arena_alloc_array(&assignment->arena, count - first, sizeof(*all));
    struct ims_offence offence = {
        .kind = IMS_OFFENCE_REACH,
        .certainty = edges[first].certainty,
        .breaks = ims_assignment_weigh(assignment, edges[first].certainty),
        .owner = ims_assignment_of(assignment, edges[first].from),
        .victim = ims_assignment_of(assignment, edges[first].to),
        .from = edges[first].from,
        .edge = edges[first],
        .all = all,
    };

    if (!all)
        return -ENOMEM;
    for (uint32_t i = first; i < count; i++) {
        if (told[i] || !same_bundle(assignment, &edges[i], &edges[first]))
            continue;
        told[i] = true;
        all[offence.all_count++] = edges[i].to;
        if (is_better(assignment, &edges[i], &offence.edge))
            offence.edge = edges[i];
    }
    offence.to = offence.edge.to;
    if (is_like(assignment, &offence))
        return 0;
    int r = find_witness(assignment, &offence);
    if (r == 0)
        r = describe(assignment, &offence);
    if (r == 0)
        r = ims_assignment_add(assignment, &offence);
    if (r < 0)
        ims_fabric_route_free(offence.witness);
    return r;
}

/* Edges from a guest's function to what another owner has, in the order of the victims. */
static int report_ways(struct ims_assignment *assignment, const struct ims_fabric_victims *victims)
{
    const uint32_t count = ims_fabric_victims_count(victims);
    struct ims_fabric_edge *edges = calloc((size_t)count + 1, sizeof(*edges));
    bool *told = calloc((size_t)count + 1, sizeof(*told));
    uint32_t kept = 0;
    int r = edges && told ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < count && r == 0; i++) {
        const struct ims_fabric_edge *edge = ims_fabric_victims_at(victims, i);
        if (ims_assignment_of(assignment, edge->from) != ims_assignment_of(assignment, edge->to))
            edges[kept++] = *edge;
    }
    for (uint32_t i = 0; i < kept && r == 0; i++)
        if (!told[i])
            r = report_bundle(assignment, edges, told, i, kept);
    free(edges);
    free(told);
    return r;
}

int ims_assignment_ways(struct ims_assignment *assignment)
{
    int r = 0;

    for (uint32_t i = 0; i < assignment->guest_count && r == 0; i++) {
        struct ims_fabric_victims *victims = NULL;

        r = ims_fabric_victims(assignment->fabric, assignment->guests[i], &victims, NULL);
        if (r == 0)
            r = report_ways(assignment, victims);
        ims_fabric_victims_free(victims);
    }
    return r;
}
