/* SPDX-License-Identifier: MIT */
/* drift: how the machine differs from the claims that survive a boot. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ownership.h"
#include "cli/print.h"

static void add(struct ims_claim_drift *claim, enum ims_drift_kind kind, enum ims_tristate matters,
                const char *text, const char *remedy)
{
    const struct ims_drift drift = {
        .kind = kind, .matters = matters, .text = text, .remedy = remedy};

    ims_drifts_add(&claim->drifts, &drift);
}

/* What the last boots made of it. */
static void add_boots(struct ims_claim_drift *claim)
{
    char text[160];

    if (!claim->saved->disabled)
        return;
    snprintf(text, sizeof(text), "%u boots in a row that made it did not come up",
             claim->saved->attempts);
    add(claim, IMS_DRIFT_DISABLED, IMS_YES, text,
        "Find out why; iommuscope claim --persist makes the claim anew.");
}

/* Whether who is to have the group has it. */
static void add_access(struct ims_host *host, struct ims_claim_drift *claim)
{
    const struct ims_claim *wanted = &claim->saved->claim;
    struct ims_vfio_node node;
    char text[256];

    if (wanted->access == IMS_ACCESS_NONE || !claim->has_group)
        return;
    const int code =
        ims_host_access(host, claim->group, wanted->access, wanted->access_name, false, &node);
    if (code == 1 || (code >= 0 && !node.exists))
        return; /* without a node the claim is not applied, which was said */
    if (code < 0)
        snprintf(text, sizeof(text), "whether %s may open /dev/vfio/%u is not known: %s",
                 wanted->access_name, claim->group, strerror(-code));
    else
        snprintf(text, sizeof(text),
                 "/dev/vfio/%u belongs to %u:%u, mode %04o, and is to be that of %s", claim->group,
                 node.uid, node.gid, node.mode, wanted->access_name);
    add(claim, IMS_DRIFT_ACCESS, code < 0 ? IMS_UNKNOWN : IMS_YES, text,
        "iommuscope recover writes a rule that is missing; udevadm trigger -s vfio applies it.");
}

static int look_at(const struct ims_topology *topology, struct ims_host *host,
                   struct ims_claim_drift *claim)
{
    struct ims_claim_match match;
    int code;

    if (claim->saved->code < 0) {
        add(claim, IMS_DRIFT_UNKNOWN, IMS_YES, claim->saved->text,
            "No boot makes this claim: write it anew with iommuscope claim --persist.");
        return claim->drifts.failed ? -ENOMEM : 0;
    }
    code = ims_claim_match(topology, &claim->saved->claim, &match);
    if (code < 0)
        return code;
    claim->verdict = match.verdict;
    claim->has_group = ims_claim_holds(&match);
    claim->group = match.group;
    code = ims_drift_find(topology, &claim->saved->claim, &match, ims_host_find_module, host,
                          &claim->drifts);
    ims_claim_match_done(&match);
    add_boots(claim);
    add_access(host, claim);
    return claim->drifts.failed ? -ENOMEM : code;
}

static int verdict_status(const struct ims_claim_drift *claims, uint32_t count)
{
    int status = IMS_EXIT_OK;

    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < claims[i].drifts.count; j++) {
            const enum ims_tristate matters = claims[i].drifts.drifts[j].matters;

            if (matters == IMS_YES)
                return IMS_EXIT_NO;
            if (matters == IMS_UNKNOWN)
                status = IMS_EXIT_UNKNOWN;
        }
    return status;
}

static int answer(const struct ims_options *options, const struct ims_topology *topology,
                  struct ims_host *host, const struct ims_saved_claims *saved, const char *name)
{
    struct ims_claim_drift *claims = calloc((size_t)saved->count + 1, sizeof(*claims));
    json_t *document = NULL;
    uint32_t count = 0;
    int code = claims ? 0 : -ENOMEM;
    int status;

    for (uint32_t i = 0; code == 0 && i < saved->count; i++) {
        if (name && strcmp(name, saved->claims[i].name) != 0)
            continue;
        claims[count].saved = &saved->claims[i];
        code = look_at(topology, host, &claims[count++]);
    }
    if (name && code == 0 && count == 0) {
        ims_print_error("drift: there is no claim %s", name);
        status = IMS_EXIT_ERROR;
    } else {
        const struct ims_error none = {0};

        if (code == 0)
            code = ims_document_drift(claims, count, &document);
        status = ims_session_print(options, document, code, &none);
        if (status == IMS_EXIT_OK)
            status = verdict_status(claims, count);
    }
    for (uint32_t i = 0; i < count; i++)
        ims_drifts_done(&claims[i].drifts);
    free(claims);
    return status;
}

int ims_command_drift(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {.ownership = true};
    struct ims_saved_claims saved = {0};
    struct ims_host *host = NULL;
    struct ims_error error = {0};
    int status = ims_session_load(&session, options);

    if (status == IMS_EXIT_OK)
        status = ims_ownership_host(options, &host);
    if (status == IMS_EXIT_OK) {
        const int code = ims_host_claims(host, &saved, &error);

        if (code < 0) {
            (void)ims_session_fail(&error, code);
            status = code == -EACCES || code == -EPERM ? IMS_EXIT_UNKNOWN : IMS_EXIT_ERROR;
        } else {
            status = answer(options, session.topology, host, &saved,
                            operand_count > 0 ? operands[0] : NULL);
        }
    }
    ims_saved_claims_done(&saved);
    ims_host_close(host);
    ims_session_close(&session);
    return status;
}
