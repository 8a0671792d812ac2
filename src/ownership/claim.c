/* SPDX-License-Identifier: MIT */
/* What a claim is about: the members of its group by what they are recognised, and finding them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "iommuscope/ownership.h"

const char *ims_claim_verdict_to_string(enum ims_claim_verdict verdict)
{
    static const char *const names[] = {"unknown", "same",      "moved",    "grown",
                                        "split",   "ambiguous", "replaced", "missing"};
    return (unsigned)verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "unknown";
}

bool ims_claim_name_is_valid(const char *name)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static const char others[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const size_t length = strspn(name, others);

    return length > 0 && length < IMS_CLAIM_NAME_SIZE && name[length] == '\0' &&
           strchr(first, name[0]);
}

static void copy_word(char to[IMS_CLAIM_WORD_SIZE], const char *from)
{
    ims_text_print(to, IMS_CLAIM_WORD_SIZE, "%s", from ? from : "");
}

static int compare_members(const void *a, const void *b)
{
    return strcmp(((const struct ims_claim_member *)a)->identity.path,
                  ((const struct ims_claim_member *)b)->identity.path);
}

static bool is_allowed(const struct ims_plan *plan, struct ims_address address)
{
    for (uint32_t i = 0; i < plan->allowed_count; i++)
        if (ims_address_compare(plan->allowed[i], address) == 0)
            return true;
    return false;
}

static int add_member(const struct ims_topology *topology, const struct ims_plan *plan,
                      const struct ims_plan_member *member, struct ims_claim *claim,
                      struct ims_error *reterr)
{
    struct ims_claim_member *to = &claim->members[claim->member_count++];
    const struct ims_function function = ims_topology_find(topology, member->address);
    int r = -ENODATA;

    if (!ims_function_is_none(function))
        r = ims_identity_of(topology, function, &to->identity);
    if (r == 0 && to->identity.has_serial == IMS_UNKNOWN)
        r = -ENODATA;
    if (r < 0) {
        r = ims_error_set(reterr, r,
                          "it could not be recognised again: its ids or its serial "
                          "number cannot be read");
        ims_error_set_address(reterr, member->address);
        return r;
    }
    to->interconnect = member->interconnect;
    to->wanted = member->wanted;
    to->may_be_lost = is_allowed(plan, member->address);
    /* What the claim sets no override for is left to itself. */
    if (!member->interconnect && member->goal.override)
        copy_word(to->driver, member->goal.driver);
    return 0;
}

int ims_claim_of_plan(const struct ims_topology *topology, const struct ims_plan *plan,
                      const struct ims_plan_request *request, struct ims_claim *ret,
                      struct ims_error *reterr)
{
    int r = 0;

    *ret = (struct ims_claim){.companions = request->companions};
    copy_word(ret->driver, request->driver);
    ret->members = calloc((size_t)plan->member_count + 1, sizeof(*ret->members));
    if (!ret->members)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    for (uint32_t i = 0; r == 0 && i < plan->member_count; i++)
        r = add_member(topology, plan, &plan->members[i], ret, reterr);
    if (r < 0)
        ims_claim_done(ret);
    else
        qsort(ret->members, ret->member_count, sizeof(*ret->members), compare_members);
    return r;
}

void ims_claim_done(struct ims_claim *claim)
{
    free(claim->members);
    claim->members = NULL;
    claim->member_count = 0;
}

/* The same device as far as two claims can tell. */
static bool is_same_device(const struct ims_identity *a, const struct ims_identity *b)
{
    const bool same_ids = a->id.vendor == b->id.vendor && a->id.device == b->id.device;

    if (a->has_serial == IMS_YES && b->has_serial == IMS_YES && a->serial != b->serial)
        return false;
    return same_ids && strcmp(a->path, b->path) == 0;
}

bool ims_claims_overlap(const struct ims_claim *a, const struct ims_claim *b)
{
    for (uint32_t i = 0; i < a->member_count; i++)
        for (uint32_t j = 0; j < b->member_count; j++)
            if (is_same_device(&a->members[i].identity, &b->members[j].identity))
                return true;
    return false;
}

/* ---- finding the group again ---- */

bool ims_claim_holds(const struct ims_claim_match *match)
{
    return match->verdict == IMS_CLAIM_SAME || match->verdict == IMS_CLAIM_MOVED;
}

static enum ims_claim_verdict verdict_of(enum ims_identity_verdict verdict)
{
    switch (verdict) {
    case IMS_IDENTITY_SAME:
        return IMS_CLAIM_SAME;
    case IMS_IDENTITY_MOVED:
        return IMS_CLAIM_MOVED;
    case IMS_IDENTITY_AMBIGUOUS:
        return IMS_CLAIM_AMBIGUOUS;
    case IMS_IDENTITY_REPLACED:
        return IMS_CLAIM_REPLACED;
    case IMS_IDENTITY_MISSING:
        return IMS_CLAIM_MISSING;
    case IMS_IDENTITY_UNKNOWN:
        break;
    }
    return IMS_CLAIM_UNKNOWN;
}

/* What is certain and bad comes before what is not known, and that before what is good. */
static unsigned gravity(enum ims_claim_verdict verdict)
{
    static const unsigned ranks[] = {
        [IMS_CLAIM_SAME] = 0,      [IMS_CLAIM_MOVED] = 1,    [IMS_CLAIM_GROWN] = 2,
        [IMS_CLAIM_SPLIT] = 3,     [IMS_CLAIM_UNKNOWN] = 4,  [IMS_CLAIM_MISSING] = 5,
        [IMS_CLAIM_AMBIGUOUS] = 6, [IMS_CLAIM_REPLACED] = 7,
    };
    return ranks[verdict];
}

struct finder {
    const struct ims_topology *topology;
    const struct ims_claim *claim;
    struct ims_claim_match *match;
    struct ims_text text;
};

static void worsen(struct finder *finder, enum ims_claim_verdict verdict)
{
    if (gravity(verdict) > gravity(finder->match->verdict))
        finder->match->verdict = verdict;
}

static void say(struct finder *finder, const char *format, ...) IMS_PRINTF(2, 3);

static void say(struct finder *finder, const char *format, ...)
{
    char part[512];
    va_list arguments;

    va_start(arguments, format);
    ims_text_vprint(part, sizeof(part), format, arguments);
    va_end(arguments);
    if (finder->text.length > 0)
        ims_text_append(&finder->text, "; ");
    ims_text_append(&finder->text, part);
}

static void find_members(struct finder *finder)
{
    struct ims_identity_match *members = finder->match->members;
    char name[IMS_ADDRESS_STRING_SIZE];

    for (uint32_t i = 0; i < finder->claim->member_count; i++) {
        const struct ims_identity *identity = &finder->claim->members[i].identity;

        ims_identity_match(finder->topology, identity, &members[i]);
        for (uint32_t j = 0; j < i && !ims_function_is_none(members[i].function); j++)
            if (members[j].function.index == members[i].function.index) {
                members[i] = (struct ims_identity_match){.verdict = IMS_IDENTITY_AMBIGUOUS,
                                                         .function = IMS_FUNCTION_NONE};
                ims_text_print(members[i].text, sizeof(members[i].text),
                               "another member of the claim was recognised in the same device");
            }
        worsen(finder, verdict_of(members[i].verdict));
        if (members[i].verdict != IMS_IDENTITY_SAME)
            say(finder, "%s (%s): %s", ims_address_format(identity->address, name), identity->path,
                members[i].text);
    }
}

/* All members found are to be in one group of the kernel. */
static void find_group(struct finder *finder)
{
    struct ims_claim_match *match = finder->match;
    bool has_group = false;

    for (uint32_t i = 0; i < finder->claim->member_count; i++) {
        const struct ims_record *record =
            ims_topology_function(finder->topology, match->members[i].function)->record;

        if (record->group_state == IMS_GROUP_UNKNOWN) {
            worsen(finder, IMS_CLAIM_UNKNOWN);
            say(finder, "its IOMMU group is not known");
            return;
        }
        if (record->group_state == IMS_GROUP_NONE) {
            worsen(finder, IMS_CLAIM_UNKNOWN);
            say(finder, "the kernel has put it into no IOMMU group: is the IOMMU switched on?");
            return;
        }
        if (has_group && record->group != match->group) {
            worsen(finder, IMS_CLAIM_SPLIT);
            say(finder, "its members are in groups %u and %u now", match->group, record->group);
            return;
        }
        match->group = record->group;
        has_group = true;
    }
}

static bool is_member(const struct ims_claim_match *match, const struct ims_claim *claim,
                      struct ims_function function)
{
    for (uint32_t i = 0; i < claim->member_count; i++)
        if (match->members[i].function.index == function.index)
            return true;
    return false;
}

static void find_added(struct finder *finder)
{
    struct ims_claim_match *match = finder->match;
    const uint32_t count = ims_topology_function_count(finder->topology);
    char name[IMS_ADDRESS_STRING_SIZE];

    for (uint32_t i = 0; i < count; i++) {
        const struct ims_function function = {i};
        const struct ims_function_info *info = ims_topology_function(finder->topology, function);

        if (info->record->group_state != IMS_GROUP_KNOWN || info->record->group != match->group ||
            is_member(match, finder->claim, function))
            continue;
        match->added[match->added_count++] = function;
        worsen(finder, IMS_CLAIM_GROWN);
        say(finder, "%s is a member of group %u now, and the claim does not know it",
            ims_address_format(info->address, name), match->group);
    }
}

int ims_claim_match(const struct ims_topology *topology, const struct ims_claim *claim,
                    struct ims_claim_match *ret)
{
    struct ims_arena *arena = calloc(1, sizeof(*arena));
    struct finder finder = {.topology = topology, .claim = claim, .match = ret};

    *ret = (struct ims_claim_match){.verdict = IMS_CLAIM_SAME, .memory = arena};
    if (!arena)
        return -ENOMEM;
    ret->members = ims_arena_alloc_array(arena, claim->member_count, sizeof(*ret->members));
    ret->added =
        ims_arena_alloc_array(arena, ims_topology_function_count(topology), sizeof(*ret->added));
    if (ret->members && ret->added) {
        if (claim->member_count == 0)
            worsen(&finder, IMS_CLAIM_UNKNOWN);
        find_members(&finder);
        if (ims_claim_holds(ret))
            find_group(&finder);
        if (ims_claim_holds(ret))
            find_added(&finder);
        if (!finder.text.failed)
            ret->text = ims_arena_strndup(arena, ims_text_get(&finder.text), finder.text.length);
    }
    ims_text_done(&finder.text);
    if (ret->text)
        return 0;
    ims_claim_match_done(ret);
    return -ENOMEM;
}

void ims_claim_match_done(struct ims_claim_match *match)
{
    if (match->memory)
        ims_arena_done(match->memory);
    free(match->memory);
    *match = (struct ims_claim_match){0};
}
