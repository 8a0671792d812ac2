/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "fabric/sets.h"

/* Aliases: functions that may carry one requester id, or ids that the IOMMU looks up as one (0.4). */

/* ---- a table of ids ---- */

struct id_slot {
    uint64_t key; /* segment and requester id, or unit and what it looks up */
    uint32_t owner;
    bool used;
};

struct id_table {
    struct id_slot *slots;
    size_t size; /* power of two */
    size_t used;
};

/* The upper half of the product: its lower bits know nothing of the segment. */
static size_t home_of(const struct id_table *table, uint64_t key)
{
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (table->size - 1);
}

static bool grow(struct id_table *table)
{
    struct id_table grown = {.size = table->size ? 2 * table->size : 64, .used = table->used};

    grown.slots = calloc(grown.size, sizeof(*grown.slots));
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < table->size; i++) {
        if (!table->slots[i].used)
            continue;
        size_t at = home_of(&grown, table->slots[i].key);
        while (grown.slots[at].used)
            at = (at + 1) & (grown.size - 1);
        grown.slots[at] = table->slots[i];
    }
    free(table->slots);
    *table = grown;
    return true;
}

/* The function that had the id before, or function itself; IMS_NONE without memory. */
static uint32_t owner_of(struct id_table *table, uint64_t key, uint32_t function)
{
    if (2 * (table->used + 1) > table->size && !grow(table))
        return IMS_NONE;
    size_t at = home_of(table, key);
    while (table->slots[at].used && table->slots[at].key != key)
        at = (at + 1) & (table->size - 1);
    if (table->slots[at].used)
        return table->slots[at].owner;
    table->slots[at] = (struct id_slot){key, function, true};
    table->used++;
    return function;
}

/* ---- as edges of the sets ---- */

struct join_pass {
    struct ims_sets_builder *builder;
    struct id_table table;
    enum ims_fabric_certainty certainty;
};

/* Joins a function with whoever had the key before. */
static int join_id(void *context, const struct ims_sets_id *id)
{
    struct join_pass *pass = context;
    const uint32_t owner = owner_of(&pass->table, id->key, id->function);

    if (owner == IMS_NONE)
        return -ENOMEM;
    if (owner == id->function)
        return 0;
    ims_sets_join(pass->builder, &(struct ims_fabric_edge){
                                     .kind = IMS_FABRIC_EDGE_ALIAS,
                                     .certainty = pass->certainty,
                                     .from = {id->function},
                                     .to = {owner},
                                     .alias = id->alias,
                                     .rule = id->rule,
                                     .of_table = id->of_table,
                                     .lookup = id->lookup,
                                 });
    return pass->builder->error;
}

int ims_sets_aliases(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty)
{
    struct join_pass pass = {.builder = builder, .certainty = certainty};
    const int r = ims_sets_each_id(builder->fabric, certainty, join_id, &pass);

    free(pass.table.slots);
    return r;
}

/* ---- as a list ---- */

struct ims_fabric_aliases {
    struct ims_fabric_alias *items;
    uint32_t count;
    struct ims_function *functions; /* of all items, one after the other */
};

struct list_pass {
    const struct ims_fabric *fabric;
    struct ims_sets_id *ids;
    uint32_t count;
    uint32_t capacity;
};

/* What sends nothing shares its id with nobody to any effect: a bridge whose id others carry. */
static int list_id(void *context, const struct ims_sets_id *id)
{
    struct list_pass *pass = context;

    if (!pass->fabric->nodes[id->function].requester)
        return 0;
    if (pass->count == pass->capacity) {
        struct ims_sets_id *grown =
            ims_array_grow(pass->ids, &pass->capacity, pass->count + 1, sizeof(*pass->ids));
        if (!grown)
            return -ENOMEM;
        pass->ids = grown;
    }
    pass->ids[pass->count++] = *id;
    return 0;
}

static bool is_own(const struct ims_sets_id *id)
{
    return id->rule[0] == 'B' && id->rule[1] == '1' && id->rule[2] == '\0';
}

/* By key and function; what a function carries beside its own id says more than that. */
static int compare_ids(const void *a, const void *b)
{
    const struct ims_sets_id *left = a;
    const struct ims_sets_id *right = b;

    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    if (left->function != right->function)
        return left->function < right->function ? -1 : 1;
    return is_own(left) - is_own(right);
}

/* The functions of one key; *ret_teller is the id that says why it is shared. */
static uint32_t list_functions(const struct ims_sets_id *ids, uint32_t count,
                               struct ims_function *functions,
                               const struct ims_sets_id **ret_teller)
{
    uint32_t found = 0;

    *ret_teller = &ids[0];
    for (uint32_t i = 0; i < count; i++) {
        if (is_own(*ret_teller) && !is_own(&ids[i]))
            *ret_teller = &ids[i];
        if (found == 0 || functions[found - 1].index != ids[i].function)
            functions[found++].index = ids[i].function;
    }
    return found;
}

static int make_list(const struct list_pass *pass, enum ims_fabric_certainty certainty,
                     struct ims_fabric_aliases *aliases)
{
    struct ims_function *next;

    aliases->items = calloc((size_t)pass->count + 1, sizeof(*aliases->items));
    next = aliases->functions = calloc((size_t)pass->count + 1, sizeof(*aliases->functions));
    if (!aliases->items || !aliases->functions)
        return -ENOMEM;
    for (uint32_t first = 0, end = 0; first < pass->count; first = end) {
        const struct ims_sets_id *teller;
        while (end < pass->count && pass->ids[end].key == pass->ids[first].key)
            end++;
        const uint32_t count = list_functions(&pass->ids[first], end - first, next, &teller);
        if (count < 2)
            continue;
        aliases->items[aliases->count++] = (struct ims_fabric_alias){
            .certainty = certainty,
            .alias = teller->alias,
            .rule = teller->rule,
            .of_table = teller->of_table,
            .lookup = teller->lookup,
            .functions = next,
            .function_count = count,
        };
        next += count;
    }
    return 0;
}

int ims_fabric_aliases(const struct ims_fabric *fabric, enum ims_fabric_certainty certainty,
                       struct ims_fabric_aliases **ret, struct ims_error *reterr)
{
    struct ims_fabric_aliases *aliases = calloc(1, sizeof(*aliases));
    struct list_pass pass = {.fabric = fabric};
    int r = aliases ? ims_sets_each_id(fabric, certainty, list_id, &pass) : -ENOMEM;

    if (r == 0 && pass.count > 0)
        qsort(pass.ids, pass.count, sizeof(*pass.ids), compare_ids);
    if (r == 0)
        r = make_list(&pass, certainty, aliases);
    free(pass.ids);
    if (r < 0) {
        ims_fabric_aliases_free(aliases);
        return ims_error_set(reterr, r, "no memory for requester ids");
    }
    *ret = aliases;
    return 0;
}

void ims_fabric_aliases_free(struct ims_fabric_aliases *aliases)
{
    if (!aliases)
        return;
    free(aliases->items);
    free(aliases->functions);
    free(aliases);
}

uint32_t ims_fabric_aliases_count(const struct ims_fabric_aliases *aliases)
{
    return aliases->count;
}

const struct ims_fabric_alias *ims_fabric_aliases_at(const struct ims_fabric_aliases *aliases,
                                                     uint32_t index)
{
    return index < aliases->count ? &aliases->items[index] : NULL;
}
