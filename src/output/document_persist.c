/* SPDX-License-Identifier: MIT */
/* The documents of claims that survive a boot: drift, boot, access. */
#include <errno.h>
#include <string.h>

#include "output/document_parts.h"

static int finish(struct ims_maker *maker, json_t *document, json_t **ret)
{
    document = ims_make_finish(maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}

/* ---- drift ---- */

static json_t *drift_part(struct ims_maker *maker, const struct ims_drift *drift)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "kind", ims_make_string(ims_drift_kind_to_string(drift->kind)));
    ims_make_set(maker, object, "matters", ims_make_tristate(drift->matters));
    ims_make_set(maker, object, "address",
                 drift->has_address ? ims_make_address(drift->address) : json_null());
    ims_make_set(maker, object, "text", ims_make_string(drift->text));
    ims_make_set(maker, object, "remedy", ims_make_string(drift->remedy));
    return object;
}

static json_t *access_part(const struct ims_claim *claim)
{
    if (claim->access == IMS_ACCESS_NONE)
        return json_null();
    return ims_make_format("%s:%s", claim->access == IMS_ACCESS_USER ? "user" : "group",
                           claim->access_name);
}

/* Worst first: something does not stand, or it is not known whether it does. */
static enum ims_tristate matters(const struct ims_drifts *drifts)
{
    enum ims_tristate worst = IMS_NO;

    for (uint32_t i = 0; i < drifts->count; i++) {
        if (drifts->drifts[i].matters == IMS_YES)
            return IMS_YES;
        if (drifts->drifts[i].matters == IMS_UNKNOWN)
            worst = IMS_UNKNOWN;
    }
    return worst;
}

static json_t *claim_part(struct ims_maker *maker, const struct ims_claim_drift *claim)
{
    json_t *object = json_object();
    json_t *drifts = json_array();

    for (uint32_t i = 0; i < claim->drifts.count; i++)
        ims_make_append(maker, drifts, drift_part(maker, &claim->drifts.drifts[i]));
    ims_make_set(maker, object, "name", ims_make_string(claim->saved->name));
    ims_make_set(maker, object, "verdict",
                 ims_make_string(ims_claim_verdict_to_string(claim->verdict)));
    ims_make_set(maker, object, "group",
                 claim->has_group ? ims_make_uint(claim->group) : json_null());
    ims_make_set(maker, object, "access", access_part(&claim->saved->claim));
    ims_make_set(maker, object, "attempts", ims_make_uint(claim->saved->attempts));
    ims_make_set(maker, object, "disabled", json_boolean(claim->saved->disabled));
    ims_make_set(maker, object, "drift", ims_make_tristate(matters(&claim->drifts)));
    ims_make_set(maker, object, "drifts", drifts);
    return object;
}

int ims_document_drift(const struct ims_claim_drift *claims, uint32_t count, json_t **ret)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_bare_document(&maker, "iommuscope.drift/1");
    json_t *array = json_array();
    enum ims_tristate drift = IMS_NO;

    for (uint32_t i = 0; i < count; i++) {
        const enum ims_tristate one = matters(&claims[i].drifts);

        if (one == IMS_YES || (one == IMS_UNKNOWN && drift == IMS_NO))
            drift = one;
        ims_make_append(&maker, array, claim_part(&maker, &claims[i]));
    }
    ims_make_set(&maker, document, "drift", ims_make_tristate(drift));
    ims_make_set(&maker, document, "claims", array);
    return finish(&maker, document, ret);
}

/* ---- boot ---- */

static json_t *entry_part(struct ims_maker *maker, const struct ims_boot_entry *entry)
{
    const struct ims_outcome *outcome = &entry->outcome;
    const bool refused = outcome->state == IMS_OUTCOME_REFUSED;
    json_t *object = json_object();

    ims_make_set(maker, object, "name", ims_make_string(entry->name));
    ims_make_set(maker, object, "group",
                 entry->has_group ? ims_make_uint(entry->group) : json_null());
    ims_make_set(maker, object, "state",
                 ims_make_string(ims_outcome_state_to_string(outcome->state)));
    ims_make_set(maker, object, "refusal",
                 refused ? ims_make_string(ims_plan_refusal_to_string(outcome->refusal))
                         : json_null());
    ims_make_set(maker, object, "error",
                 outcome->code < 0 ? ims_make_string(strerror(-outcome->code)) : json_null());
    ims_make_set(maker, object, "steps_done", ims_make_uint(outcome->steps_done));
    ims_make_set(maker, object, "text", ims_make_string(outcome->text));
    return object;
}

int ims_document_boot(enum ims_boot_phase phase, const struct ims_boot_report *report, json_t **ret)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_bare_document(&maker, "iommuscope.boot/1");
    json_t *claims = json_array();

    for (uint32_t i = 0; i < report->count; i++)
        ims_make_append(&maker, claims, entry_part(&maker, &report->entries[i]));
    ims_make_set(&maker, document, "phase", ims_make_string(ims_boot_phase_to_string(phase)));
    ims_make_set(&maker, document, "switched_off", json_boolean(report->switched_off));
    ims_make_set(&maker, document, "claims", claims);
    return finish(&maker, document, ret);
}

/* ---- access ---- */

int ims_document_access(const char *claim, const char *node, enum ims_tristate belongs,
                        const char *text, json_t **ret)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_bare_document(&maker, "iommuscope.access/1");

    ims_make_set(&maker, document, "claim", ims_make_string(claim));
    ims_make_set(&maker, document, "node", ims_make_string(node));
    ims_make_set(&maker, document, "belongs", ims_make_tristate(belongs));
    ims_make_set(&maker, document, "text", ims_make_string(text));
    return finish(&maker, document, ret);
}

int ims_document_add_memlock(json_t *document, const struct ims_memlock *memlock)
{
    struct ims_maker maker = {0};
    char advice[256];

    ims_part_note(&maker, document,
                  ims_make_string(ims_memlock_advice(memlock, advice, sizeof(advice))));
    return maker.failed ? -ENOMEM : 0;
}
