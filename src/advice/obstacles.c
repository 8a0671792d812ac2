/* SPDX-License-Identifier: MIT */
/*
 * Why software cannot: with every control at its safest value, which functions would have to be
 * better ones, and which way of the fabric stays open.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/model.h"

#define OBSTACLES_MAX 256u

struct proof {
    struct ims_separator *separator;
    struct ims_world_spec spec; /* everything that options can do is done */
    struct ims_separation_obstacle *obstacles;
    uint32_t count;
    uint32_t pair; /* that the proof is about */
};

static const struct ims_function_info *info_of(const struct proof *proof,
                                               struct ims_function function)
{
    return ims_topology_function(proof->separator->topology, function);
}

static struct ims_separation_obstacle *add(struct proof *proof, struct ims_function at)
{
    const struct ims_pair *pair = &proof->separator->pairs[proof->pair];
    struct ims_separation_obstacle *obstacle;

    if (proof->count == OBSTACLES_MAX)
        return NULL;
    obstacle = &proof->obstacles[proof->count++];
    *obstacle =
        (struct ims_separation_obstacle){.at = at, .from = {pair->a}, .to = {pair->b}, .text = ""};
    return obstacle;
}

/* ---- Linux ---- */

/* Functions that may be assumed to pass: everything that fails and is near one of the pairs. */
struct mend {
    struct proof *proof;
    uint32_t *functions;
    uint32_t count;
    struct ims_function *list; /* of the subset that is tried */
};

static int mend_test(void *context, const bool *chosen, bool *ret)
{
    struct mend *mend = context;
    struct ims_world_spec spec = mend->proof->spec;
    struct ims_world world;
    uint32_t count = 0;
    int r;

    for (uint32_t i = 0; i < mend->count; i++)
        if (chosen[i])
            mend->list[count++] = (struct ims_function){mend->functions[i]};
    spec.isolated = mend->list;
    spec.isolated_count = count;
    r = ims_world_make(mend->proof->separator, &spec, &world);
    *ret = r == 0 && ims_goal_reached(mend->proof->separator, &world) == IMS_YES;
    if (r == 0)
        ims_world_done(&world);
    return r;
}

/* Bridges above, and members of the same groups, whose test is not passed. */
static void mend_candidates(struct mend *mend, const struct ims_world *world)
{
    struct ims_separator *separator = mend->proof->separator;
    bool *marks = calloc((size_t)separator->function_count + 1, sizeof(*marks));

    if (!marks)
        return;
    for (uint32_t i = 0; i < separator->pair_count; i++) {
        if (!separator->wanted[i] || ims_goal_together(world, &separator->pairs[i]) == IMS_NO)
            continue;
        const uint32_t group =
            ims_grouping_of(world->grouping, (struct ims_function){separator->pairs[i].a});
        const struct ims_group_info *members = ims_grouping_group(world->grouping, group);
        if (marks[separator->pairs[i].a] && marks[separator->pairs[i].b])
            continue;
        for (uint32_t j = 0; j < members->member_count; j++)
            for (struct ims_function at = members->members[j];
                 !ims_function_is_none(at) && !marks[at.index];
                 at = ims_topology_bridge_above(separator->topology, at))
                marks[at.index] = true;
    }
    for (uint32_t i = 0; i < separator->function_count; i++)
        if (marks[i] &&
            ims_grouping_acs(world->grouping, (struct ims_function){i})->isolated != IMS_YES)
            mend->functions[mend->count++] = i;
    free(marks);
}

/* The smallest set of functions that would have to pass the kernel's test. */
static int find_deciding(struct proof *proof, const struct ims_world *world)
{
    const uint32_t room = proof->separator->function_count + 1u;
    struct mend mend = {
        .proof = proof,
        .functions = calloc(room, sizeof(*mend.functions)),
        .list = calloc(room, sizeof(*mend.list)),
    };
    bool *chosen = calloc(room, sizeof(*chosen));
    bool found = false;
    bool exact = false;
    int r = mend.functions && mend.list && chosen ? 0 : -ENOMEM;

    if (r == 0) {
        mend_candidates(&mend, world);
        r = ims_search(mend.count, mend_test, &mend, chosen, &found, &exact);
    }
    for (uint32_t i = 0; r == 0 && found && i < mend.count; i++) {
        const struct ims_function at = {mend.functions[i]};
        const struct ims_rule *rule = ims_grouping_acs(world->grouping, at)->rule;
        struct ims_separation_obstacle *obstacle = chosen[i] ? add(proof, at) : NULL;

        if (!obstacle)
            continue;
        obstacle->rule = rule;
        obstacle->decides = true;
        obstacle->text = ims_arena_printf(&proof->separator->arena,
                                          "a %s that does not pass the kernel's test: %s",
                                          ims_kind_of(info_of(proof, at)), rule->title);
        ims_name_the_lack(info_of(proof, at), rule, obstacle);
        r = obstacle->text ? 0 : -ENOMEM;
    }
    free(mend.functions);
    free(mend.list);
    free(chosen);
    return r;
}

/* The chain of merges of the pair, at places that are not told yet. */
static int add_chain(struct proof *proof, const struct ims_world *world)
{
    const struct ims_pair *pair = &proof->separator->pairs[proof->pair];
    struct ims_explanation *explanation = NULL;
    int r = ims_grouping_explain(world->grouping, (struct ims_function){pair->a},
                                 (struct ims_function){pair->b}, &explanation, NULL);

    for (uint32_t i = 0; r == 0 && i < explanation->reason_count; i++) {
        const struct ims_reason *reason = &explanation->reasons[i];
        struct ims_separation_obstacle *obstacle = NULL;
        bool told = false;

        for (uint32_t j = 0; j < proof->count; j++)
            told |= proof->obstacles[j].at.index == reason->at.index;
        if (!told)
            obstacle = add(proof, reason->at);
        if (!obstacle)
            continue;
        obstacle->rule = reason->rule;
        obstacle->from = reason->from;
        obstacle->to = reason->to;
        obstacle->text =
            ims_arena_strndup(&proof->separator->arena, reason->text, strlen(reason->text));
        if (!ims_function_is_none(reason->at)) {
            ims_name_the_lack(info_of(proof, reason->at), reason->rule, obstacle);
        }
        r = obstacle->text ? 0 : -ENOMEM;
    }
    ims_explanation_free(explanation);
    return r;
}

static int prove_groups(struct proof *proof)
{
    struct ims_separator *separator = proof->separator;
    struct ims_world world;
    int r;

    proof->spec.without_fabric = true;
    r = ims_world_make(separator, &proof->spec, &world);
    if (r < 0)
        return r;
    for (proof->pair = 0; proof->pair < separator->pair_count; proof->pair++)
        if (separator->wanted[proof->pair] &&
            ims_goal_together(&world, &separator->pairs[proof->pair]) != IMS_NO)
            break;
    if (proof->pair < separator->pair_count) {
        r = find_deciding(proof, &world);
        if (r == 0)
            r = add_chain(proof, &world);
    }
    ims_world_done(&world);
    return r;
}

/* ---- the fabric ---- */

/* The hop that lets a request through to its peer. */
static int add_edge(struct proof *proof, const struct ims_world *world,
                    const struct ims_fabric_edge *edge)
{
    const bool told = proof->count > 0 && proof->obstacles[0].rule &&
                      proof->obstacles[0].rule->topic == IMS_TOPIC_ALIAS;
    struct ims_fabric_route *route = NULL;
    struct ims_separation_obstacle *obstacle = NULL;
    const char *text = NULL;
    int r = 0;

    if (edge->kind != IMS_FABRIC_EDGE_ALIAS || !told)
        obstacle = add(proof, edge->to);
    if (!obstacle)
        return 0;
    obstacle->of_fabric = true;
    obstacle->from = edge->from;
    obstacle->to = edge->to;
    obstacle->edge = *edge;
    if (edge->kind != IMS_FABRIC_EDGE_ALIAS && edge->kind != IMS_FABRIC_EDGE_HOST)
        r = ims_fabric_route(world->fabric, edge->from, &edge->tlp, &route, NULL);
    for (uint32_t i = 0; route && !text && i < ims_fabric_route_count(route); i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, i);

        if (outcome->end != IMS_FABRIC_END_PEER || outcome->target.index != edge->to.index)
            continue;
        for (uint32_t j = 0; j < outcome->hop_count && !text; j++) {
            const enum ims_fabric_decision decision = outcome->hops[j].decision;

            if (decision != IMS_FABRIC_DIRECT && decision != IMS_FABRIC_TURN_BACK &&
                decision != IMS_FABRIC_COPY)
                continue;
            text = outcome->hops[j].text;
            obstacle->at = outcome->hops[j].function;
        }
    }
    obstacle->text = text ? ims_arena_strndup(&proof->separator->arena, text, strlen(text))
                     : edge->kind == IMS_FABRIC_EDGE_ALIAS
                         ? "the IOMMU cannot tell both apart: they may carry the same requester id"
                     : edge->kind == IMS_FABRIC_EDGE_HOST ? "no IOMMU covers either of them"
                                                          : "nothing stops the request on its way";
    if (!ims_function_is_none(obstacle->at) && text) {
        ims_name_the_lack(info_of(proof, obstacle->at), NULL, obstacle);
    }
    ims_fabric_route_free(route);
    return obstacle->text ? r : -ENOMEM;
}

/* The way from a to b through the tree of edges of their set; edges that are not on it are pruned. */
static int add_path(struct proof *proof, const struct ims_world *world,
                    const struct ims_fabric_set *set, uint32_t a, uint32_t b)
{
    bool *gone = calloc((size_t)set->edge_count + 1, sizeof(*gone));
    uint32_t *degree = calloc((size_t)proof->separator->function_count + 1, sizeof(*degree));
    int r = gone && degree ? 0 : -ENOMEM;

    for (uint32_t i = 0; r == 0 && i < set->edge_count; i++) {
        degree[set->edges[i].from.index]++;
        degree[set->edges[i].to.index]++;
    }
    for (bool again = r == 0; again;) {
        again = false;
        for (uint32_t i = 0; i < set->edge_count; i++) {
            const uint32_t from = set->edges[i].from.index;
            const uint32_t to = set->edges[i].to.index;
            const bool leaf = (degree[from] == 1 && from != a && from != b) ||
                              (degree[to] == 1 && to != a && to != b);

            if (gone[i] || !leaf)
                continue;
            gone[i] = again = true;
            degree[from]--;
            degree[to]--;
        }
    }
    for (uint32_t i = 0; r == 0 && i < set->edge_count; i++)
        if (!gone[i])
            r = add_edge(proof, world, &set->edges[i]);
    free(gone);
    free(degree);
    return r;
}

static int prove_truth(struct proof *proof)
{
    struct ims_separator *separator = proof->separator;
    struct ims_world world;
    enum ims_separation_truth truth;
    int r;

    proof->spec.without_fabric = false;
    proof->spec.without_groups = true;
    r = ims_world_make(separator, &proof->spec, &world);
    if (r < 0)
        return r;
    truth = ims_goal_truth(separator, &world, &proof->pair);
    if (truth == IMS_TRUTH_JOINED) {
        const struct ims_pair *pair = &separator->pairs[proof->pair];
        const uint32_t index = ims_fabric_sets_of(world.lower, (struct ims_function){pair->a});

        r = add_path(proof, &world, ims_fabric_sets_at(world.lower, index), pair->a, pair->b);
    }
    ims_world_done(&world);
    return r;
}

/* ---- both ---- */

/* Every point that there is, as one command line: F11. */
static int settle(struct proof *proof)
{
    struct ims_separator *separator = proof->separator;
    struct ims_boot_options options;
    struct ims_point *groups = NULL;
    struct ims_point *fabric = NULL;
    struct ims_point *all = NULL;
    uint32_t group_count = 0;
    uint32_t fabric_count = 0;
    uint32_t count = 0;
    struct ims_world world;
    int r;

    proof->spec = (struct ims_world_spec){.boot = true, .kernel = separator->ruleset};
    r = ims_world_make(separator, &proof->spec, &world);
    if (r < 0)
        return r;
    r = ims_points_of_groups(separator, &world, &groups, &group_count);
    if (r == 0)
        r = ims_points_of_fabric(separator, &world, &fabric, &fabric_count);
    ims_world_done(&world);
    if (r == 0)
        r = ims_points_join(separator, groups, group_count, fabric, fabric_count, &all, &count);
    if (r == 0)
        r = ims_boot_options_make(separator, separator->ruleset, all, count, &options);
    if (r == 0)
        proof->spec.cmdline = options.cmdline;
    return r;
}

int ims_obstacles_find(struct ims_separator *separator, struct ims_separation *separation)
{
    struct proof proof = {
        .separator = separator,
        .obstacles =
            ims_arena_alloc_array(&separator->arena, OBSTACLES_MAX, sizeof(*proof.obstacles)),
    };
    int r = proof.obstacles ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < separator->pair_count; i++)
        separator->wanted[i] = true;
    if (r == 0)
        r = settle(&proof);
    if (r == 0)
        r = prove_groups(&proof);
    if (r == 0 && separator->question.goal != IMS_SEPARATE_GROUP)
        r = prove_truth(&proof);
    separation->obstacles = proof.obstacles;
    separation->obstacle_count = proof.count;
    return r;
}
