/* SPDX-License-Identifier: MIT */
/* Every free slot with a card: who is then not kept apart from whom. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/slots.h"
#include "ownership/model.h"

#define CARD_FLAG 0x80000000u
#define CARD_BAR_FIRST UINT64_C(0x100000000000) /* where no machine has anything */
#define CARD_BAR_BYTES UINT64_C(0x1000000)

/* The machine as cards are put in, one after the other. */
struct crowd {
    const struct ims_topology *topology;
    struct ims_edited *edited; /* that it is of, or NULL */
    uint32_t *tags; /* per function: its index in the beginning, or CARD_FLAG and its slot */
};

/* ---- cards ---- */

/* A machine of one endpoint with one large range of its own, and no ACS. */
static int make_card(uint32_t slot, struct ims_topology **ret)
{
    static const struct ims_id id = {0x0001, 0x0001};
    struct ims_builder *builder = ims_builder_new();
    struct ims_record *record = NULL;
    const uint64_t bar = CARD_BAR_FIRST + slot * CARD_BAR_BYTES;
    int r =
        builder ? ims_builder_function(builder, (struct ims_address){0}, &record, NULL) : -ENOMEM;
    const struct {
        unsigned offset;
        uint32_t value;
    } words[] = {
        {0x00, 0x00010001},
        {0x04, 0x00100006},
        {0x08, 0x02000000},
        {0x0c, 0},
        {0x10, (uint32_t)bar | 4u},
        {0x14, (uint32_t)(bar >> 32)},
        {0x18, 0},
        {0x1c, 0},
        {0x20, 0},
        {0x24, 0},
        {0x30, 0},
        {0x34, 0x40},
        {0x40, 0x00020010},
        {0x44, 0},
        {0x100, 0},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && r == 0; i++)
        r = ims_config_set32(&record->config, words[i].offset, words[i].value, UINT32_MAX);
    if (r < 0) {
        ims_builder_free(builder);
        return r;
    }
    record->ids = ims_builder_ids(builder, &id, 1);
    record->id_count = 1;
    record->resource_count = 1;
    record->resources[0] = (struct ims_resource){bar, bar + CARD_BAR_BYTES - 1, 0x140200};
    return ims_builder_seal(builder, ret, NULL);
}

static bool find_port(const struct crowd *crowd, uint32_t port, struct ims_address *ret)
{
    const uint32_t count = ims_topology_function_count(crowd->topology);

    for (uint32_t i = 0; i < count; i++)
        if (crowd->tags[i] == port) {
            *ret = ims_topology_function(crowd->topology, (struct ims_function){i})->address;
            return true;
        }
    return false;
}

/* Puts a card into one slot; *ret_fits says whether it went in. */
static int put_card(struct crowd *crowd, const struct ims_slot *slot, uint32_t number,
                    bool *ret_fits)
{
    struct ims_topology *card = NULL;
    struct ims_edited *edited = NULL;
    struct ims_edit edit = {.kind = IMS_EDIT_ADD};
    uint32_t *tags = NULL;
    int r;

    *ret_fits = false;
    if (!find_port(crowd, slot->port.index, &edit.to.add.port))
        return 0;
    r = make_card(number, &card);
    if (r < 0)
        return r;
    edit.to.add.other = card;
    r = ims_edits_apply(crowd->topology, &edit, 1, &edited, NULL);
    ims_topology_free(card);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    const uint32_t count = ims_topology_function_count(edited->topology);
    tags = calloc((size_t)count + 1, sizeof(*tags));
    if (!tags) {
        ims_edited_free(edited);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++)
        tags[i] =
            edited->origin[i] == IMS_NONE ? CARD_FLAG | number : crowd->tags[edited->origin[i]];
    free(crowd->tags);
    ims_edited_free(crowd->edited);
    *crowd = (struct crowd){edited->topology, edited, tags};
    *ret_fits = true;
    return 0;
}

/* ---- the relation ---- */

static uint32_t find(uint32_t *parent, uint32_t item)
{
    while (parent[item] != item) {
        parent[item] = parent[parent[item]];
        item = parent[item];
    }
    return item;
}

struct work {
    struct ims_slots_box *box;
    const struct crowd *crowd;
    uint32_t count;   /* functions of the crowd */
    uint32_t *parent; /* functions of the machine that are not kept apart */
    bool *touches;    /* slots * count: card and function of the machine, directly */
};

static bool is_card(const struct work *work, uint32_t function)
{
    return (work->crowd->tags[function] & CARD_FLAG) != 0;
}

static void join(struct work *work, uint32_t a, uint32_t b)
{
    const uint32_t cards = work->box->relation.count;

    if (is_card(work, a) && is_card(work, b)) {
        const uint32_t x = work->crowd->tags[a] & ~CARD_FLAG;
        const uint32_t y = work->crowd->tags[b] & ~CARD_FLAG;
        work->box->relation.joined[x * cards + y] = true;
        work->box->relation.joined[y * cards + x] = true;
    } else if (is_card(work, a)) {
        work->touches[(size_t)(work->crowd->tags[a] & ~CARD_FLAG) * work->count + b] = true;
    } else if (is_card(work, b)) {
        join(work, b, a);
    } else {
        work->parent[find(work->parent, a)] = find(work->parent, b);
    }
}

static int join_ways(struct work *work, const struct ims_fabric *fabric)
{
    struct ims_fabric_aliases *aliases = NULL;
    int r = ims_fabric_aliases(fabric, IMS_FABRIC_MAY, &aliases, NULL);

    for (uint32_t i = 0; r == 0 && i < ims_fabric_aliases_count(aliases); i++) {
        const struct ims_fabric_alias *alias = ims_fabric_aliases_at(aliases, i);

        for (uint32_t j = 1; j < alias->function_count; j++)
            for (uint32_t k = 0; k < j; k++)
                join(work, alias->functions[j].index, alias->functions[k].index);
    }
    ims_fabric_aliases_free(aliases);
    for (uint32_t i = 0; i < work->count && r == 0; i++) {
        struct ims_fabric_victims *victims = NULL;

        r = ims_fabric_victims(fabric, (struct ims_function){i}, &victims, NULL);
        for (uint32_t j = 0; r == 0 && j < ims_fabric_victims_count(victims); j++)
            join(work, i, ims_fabric_victims_at(victims, j)->to.index);
        ims_fabric_victims_free(victims);
    }
    return r;
}

/* Groups that Linux would make; bridges in them do not count (R8.1, R8.2). */
static int join_groups(struct work *work)
{
    const struct ims_grouping_basis *basis = ims_grouping_basis(work->box->grouping);
    const struct ims_grouping_options options = {
        .size_bytes = sizeof(options),
        .ruleset = basis->ruleset,
        .acs = basis->acs,
        .probe = basis->probe,
        .cmdline = basis->cmdline,
    };
    struct ims_grouping *grouping = NULL;
    const int r = ims_grouping_compute(work->crowd->topology, &options, &grouping, NULL);

    for (uint32_t i = 0; r == 0 && i < ims_grouping_count(grouping); i++) {
        const struct ims_group_info *group = ims_grouping_group(grouping, i);
        uint32_t last = IMS_NONE;

        for (uint32_t j = 0; j < group->member_count; j++) {
            const uint32_t member = group->members[j].index;

            if (ims_is_interconnect(
                    ims_topology_function(work->crowd->topology, group->members[j])) == IMS_YES)
                continue;
            if (last != IMS_NONE)
                join(work, last, member);
            last = member;
        }
    }
    ims_grouping_free(grouping);
    return r;
}

/* Cards that touch one part of the machine are joined by it, and everything in it keeps them company. */
static int close_relation(struct work *work)
{
    struct ims_slots_box *box = work->box;
    const uint32_t cards = box->relation.count;
    bool *parts = calloc((size_t)cards * work->count + 1, sizeof(*parts));

    if (!parts)
        return -ENOMEM;
    for (uint32_t c = 0; c < cards; c++)
        for (uint32_t i = 0; i < work->count; i++)
            if (work->touches[(size_t)c * work->count + i])
                parts[(size_t)c * work->count + find(work->parent, i)] = true;
    for (uint32_t a = 0; a < cards; a++)
        for (uint32_t b = 0; b < cards; b++)
            for (uint32_t i = 0; i < work->count && a != b; i++)
                box->relation.joined[a * cards + b] |=
                    parts[(size_t)a * work->count + i] && parts[(size_t)b * work->count + i];
    for (uint32_t c = 0; c < cards; c++) {
        struct ims_function *list = ims_arena_alloc_array(&box->arena, work->count, sizeof(*list));
        uint32_t count = 0;

        for (uint32_t i = 0; list && i < work->count; i++)
            if (!is_card(work, i) && parts[(size_t)c * work->count + find(work->parent, i)] &&
                ims_is_interconnect(ims_topology_function(work->crowd->topology,
                                                          (struct ims_function){i})) != IMS_YES)
                list[count++] = (struct ims_function){work->crowd->tags[i]};
        box->slots[c].companions = list;
        box->slots[c].companion_count = count;
        box->relation.companions[c] = count;
        if (!list) {
            free(parts);
            return -ENOMEM;
        }
    }
    free(parts);
    return 0;
}

static int relate(struct ims_slots_box *box, const struct crowd *crowd)
{
    struct ims_fabric_options options = ims_fabric_basis(box->fabric)->options;
    struct ims_fabric *fabric = NULL;
    struct work work = {
        .box = box, .crowd = crowd, .count = ims_topology_function_count(crowd->topology)};
    int r;

    options.structural = true; /* the windows of empty ports are closed until there is a card */
    r = ims_fabric_new(crowd->topology, &options, &fabric, NULL);
    work.parent = calloc((size_t)work.count + 1, sizeof(*work.parent));
    work.touches = calloc((size_t)box->relation.count * work.count + 1, sizeof(*work.touches));
    if (!work.parent || !work.touches)
        r = -ENOMEM;
    for (uint32_t i = 0; r == 0 && i < work.count; i++)
        work.parent[i] = i;
    if (r == 0)
        r = join_ways(&work, fabric);
    if (r == 0)
        r = join_groups(&work);
    if (r == 0)
        r = close_relation(&work);
    ims_fabric_free(fabric);
    free(work.parent);
    free(work.touches);
    return r;
}

int ims_slots_relate(struct ims_slots_box *box)
{
    const uint32_t count = ims_topology_function_count(box->topology);
    struct crowd crowd = {.topology = box->topology,
                          .tags = calloc((size_t)count + 1, sizeof(*crowd.tags))};
    int r = crowd.tags ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < count && r == 0; i++)
        crowd.tags[i] = i;
    for (uint32_t i = 0; i < box->relation.count && r == 0; i++) {
        r = put_card(&crowd, &box->slots[i], i, &box->relation.fits[i]);
        box->slots[i].fits = box->relation.fits[i];
    }
    if (r == 0)
        r = relate(box, &crowd);
    free(crowd.tags);
    ims_edited_free(crowd.edited);
    return r;
}
