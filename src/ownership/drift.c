/* SPDX-License-Identifier: MIT */
/* How a machine differs from what was claimed of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "ownership/identity.h"
#include "ownership/model.h"

const char *ims_drift_kind_to_string(enum ims_drift_kind kind)
{
    static const char *const names[IMS_DRIFT_KIND_MAX] = {
        [IMS_DRIFT_UNKNOWN] = "unknown",
        [IMS_DRIFT_IDENTITY] = "identity",
        [IMS_DRIFT_GROWN] = "grown",
        [IMS_DRIFT_SPLIT] = "split",
        [IMS_DRIFT_RENUMBERED] = "renumbered",
        [IMS_DRIFT_NOT_APPLIED] = "not-applied",
        [IMS_DRIFT_OVERRIDE_WIPED] = "override-wiped",
        [IMS_DRIFT_WOULD_BE_TAKEN] = "would-be-taken",
        [IMS_DRIFT_DISABLED] = "disabled",
        [IMS_DRIFT_ACCESS] = "access",
    };
    return (unsigned)kind < IMS_DRIFT_KIND_MAX ? names[kind] : "unknown";
}

void ims_drifts_done(struct ims_drifts *drifts)
{
    if (drifts->memory)
        ims_arena_done(drifts->memory);
    free(drifts->memory);
    free(drifts->drifts);
    *drifts = (struct ims_drifts){0};
}

void ims_drifts_add(struct ims_drifts *drifts, const struct ims_drift *drift)
{
    struct ims_drift copy = *drift;

    if (!drifts->memory)
        drifts->memory = calloc(1, sizeof(struct ims_arena));
    struct ims_drift *grown = drifts->memory ? ims_array_grow(drifts->drifts, &drifts->capacity,
                                                              drifts->count + 1, sizeof(*grown))
                                             : NULL;
    if (grown) {
        drifts->drifts = grown;
        copy.text = ims_arena_strndup(drifts->memory, drift->text, strlen(drift->text));
        if (drift->remedy)
            copy.remedy = ims_arena_strndup(drifts->memory, drift->remedy, strlen(drift->remedy));
    }
    if (!grown || !copy.text || (drift->remedy && !copy.remedy)) {
        drifts->failed = true;
        return;
    }
    drifts->drifts[drifts->count++] = copy;
}

struct drifter {
    const struct ims_topology *topology;
    const struct ims_claim *claim;
    const struct ims_claim_match *match;
    ims_module_finder find_module;
    void *finder_context;
    struct ims_drifts *drifts;
};

static void add(const struct drifter *drifter, enum ims_drift_kind kind, enum ims_tristate matters,
                const struct ims_function_info *info, const char *remedy, const char *format, ...)
    IMS_PRINTF(6, 7);

static void add(const struct drifter *drifter, enum ims_drift_kind kind, enum ims_tristate matters,
                const struct ims_function_info *info, const char *remedy, const char *format, ...)
{
    char text[512];
    va_list arguments;
    struct ims_drift drift = {
        .kind = kind,
        .matters = matters,
        .has_address = info != NULL,
        .text = text,
        .remedy = remedy,
    };

    if (info)
        drift.address = info->address;
    va_start(arguments, format);
    ims_text_vprint(text, sizeof(text), format, arguments);
    va_end(arguments);
    ims_drifts_add(drifter->drifts, &drift);
}

/* ---- the group ---- */

static const char claim_again[] =
    "Look at the group; iommuscope claim --persist takes it as it is now, release --persist "
    "gives the claim up.";

static void add_lost_members(const struct drifter *drifter)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    for (uint32_t i = 0; i < drifter->claim->member_count; i++) {
        const struct ims_identity_match *match = &drifter->match->members[i];
        const struct ims_identity *identity = &drifter->claim->members[i].identity;

        if (!ims_function_is_none(match->function))
            continue;
        ims_address_format(identity->address, name);
        if (match->verdict == IMS_IDENTITY_UNKNOWN)
            add(drifter, IMS_DRIFT_UNKNOWN, IMS_UNKNOWN, NULL, "Run it as root.",
                "member %s (%s) cannot be recognised: %s", name, identity->path, match->text);
        else
            add(drifter, IMS_DRIFT_IDENTITY, IMS_YES, NULL, claim_again, "member %s (%s) is %s: %s",
                name, identity->path, ims_identity_verdict_to_string(match->verdict), match->text);
    }
}

static void add_group(const struct drifter *drifter)
{
    const struct ims_claim_match *match = drifter->match;
    bool lost = false;

    for (uint32_t i = 0; i < drifter->claim->member_count; i++)
        lost |= ims_function_is_none(match->members[i].function);
    add_lost_members(drifter);
    for (uint32_t i = 0; i < match->added_count; i++)
        add(drifter, IMS_DRIFT_GROWN, IMS_YES,
            ims_topology_function(drifter->topology, match->added[i]), claim_again,
            "it is a member of group %u, and the claim does not know it", match->group);
    if (match->verdict == IMS_CLAIM_SPLIT)
        add(drifter, IMS_DRIFT_SPLIT, IMS_YES, NULL, claim_again, "%s", match->text);
    if (match->verdict == IMS_CLAIM_UNKNOWN && !lost)
        add(drifter, IMS_DRIFT_UNKNOWN, IMS_UNKNOWN, NULL, NULL, "%s", match->text);
}

/* ---- the members ---- */

/* What the kernel asks modprobe for when a device comes. */
static void write_modalias(const struct ims_function_info *info, char *buffer, size_t size_bytes)
{
    const struct ims_id subsystem = ims_identity_subsystem(info);
    const uint32_t code = info->class_code.value;

    ims_text_print(buffer, size_bytes, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X",
                   (unsigned)info->ids[0].vendor, (unsigned)info->ids[0].device,
                   (unsigned)subsystem.vendor, (unsigned)subsystem.device,
                   (unsigned)(code >> 16 & 0xff), (unsigned)(code >> 8 & 0xff),
                   (unsigned)(code & 0xff));
}

static const char *find_taker(const struct drifter *drifter, const struct ims_function_info *info)
{
    char modalias[96];

    if (!drifter->find_module || info->id_count != 1)
        return NULL;
    write_modalias(info, modalias, sizeof(modalias));
    return drifter->find_module(drifter->finder_context, modalias);
}

/* A member that the claim binds to a driver. */
static void add_bound(const struct drifter *drifter, const struct ims_claim_member *member,
                      const struct ims_function_info *info)
{
    const struct ims_record *record = info->record;
    const char *taker = find_taker(drifter, info);

    if (!record->driver_stated)
        add(drifter, IMS_DRIFT_UNKNOWN, IMS_UNKNOWN, info, NULL, "its driver is not known");
    else if (!ims_same_name(record->driver, member->driver))
        add(drifter, IMS_DRIFT_NOT_APPLIED, IMS_YES, info,
            "Start iommuscope-claims.service, or run iommuscope boot late.",
            "it %s%s, and the claim binds it to %s", record->driver ? "is on " : "has no driver",
            record->driver ? record->driver : "", member->driver);
    /* Where the driver is another one, the override is no news. */
    if (!ims_same_name(record->driver, member->driver) || !record->override_stated ||
        ims_same_name(record->driver_override, member->driver))
        return;
    add(drifter, IMS_DRIFT_OVERRIDE_WIPED, IMS_YES, info,
        "Run iommuscope boot late: it sets the override again.",
        "its driver_override is %s, no longer %s: %s%s takes it when it is probed again",
        record->driver_override ? record->driver_override : "not set", member->driver,
        taker ? "the module " : "the first driver that matches", taker ? taker : "");
}

/* A member that the claim leaves as it is, because nothing drives it: does anything drive it now? */
static void add_left(const struct drifter *drifter, const struct ims_function_info *info)
{
    const struct ims_record *record = info->record;
    const char *taker = find_taker(drifter, info);

    if (!record->driver_stated) {
        add(drifter, IMS_DRIFT_UNKNOWN, IMS_UNKNOWN, info, NULL, "its driver is not known");
    } else if (record->driver && !ims_driver_is_for_guests(record->driver) &&
               ims_driver_kind(record->driver, true) == IMS_DRIVER_HOST) {
        add(drifter, IMS_DRIFT_NOT_APPLIED, IMS_YES, info,
            "Claim the group again, with this member named, so that it is held too.",
            "%s has taken it, and the claim counts on nobody doing so", record->driver);
    } else if (!record->driver && !record->driver_override && taker) {
        add(drifter, IMS_DRIFT_WOULD_BE_TAKEN, IMS_YES, info,
            "Claim the group again, with this member named, so that it is held too.",
            "the module %s drives it: once it is loaded, the group is no longer viable", taker);
    }
}

static void add_member(const struct drifter *drifter, uint32_t index)
{
    const struct ims_claim_member *member = &drifter->claim->members[index];
    const struct ims_identity_match *match = &drifter->match->members[index];

    if (ims_function_is_none(match->function))
        return;
    const struct ims_function_info *info =
        ims_topology_function(drifter->topology, match->function);
    if (match->verdict == IMS_IDENTITY_MOVED)
        add(drifter, IMS_DRIFT_RENUMBERED, IMS_NO, info, NULL, "it %s", match->text);
    if (member->driver[0])
        add_bound(drifter, member, info);
    else if (!member->interconnect)
        add_left(drifter, info);
}

static int compare_drifts(const void *a, const void *b)
{
    static const int ranks[] = {[IMS_UNKNOWN] = 1, [IMS_NO] = 2, [IMS_YES] = 0};
    const struct ims_drift *left = a;
    const struct ims_drift *right = b;
    const int rank = ranks[left->matters] - ranks[right->matters];

    if (rank)
        return rank;
    if (left->has_address && right->has_address &&
        ims_address_compare(left->address, right->address))
        return ims_address_compare(left->address, right->address);
    return (int)left->kind - (int)right->kind;
}

int ims_drift_find(const struct ims_topology *topology, const struct ims_claim *claim,
                   const struct ims_claim_match *match, ims_module_finder find_module,
                   void *finder_context, struct ims_drifts *ret)
{
    const struct drifter drifter = {
        .topology = topology,
        .claim = claim,
        .match = match,
        .find_module = find_module,
        .finder_context = finder_context,
        .drifts = ret,
    };
    const uint32_t before = ret->count;

    add_group(&drifter);
    for (uint32_t i = 0; i < claim->member_count; i++)
        add_member(&drifter, i);
    if (ret->count > before)
        qsort(ret->drifts + before, ret->count - before, sizeof(*ret->drifts), compare_drifts);
    return ret->failed ? -ENOMEM : 0;
}
