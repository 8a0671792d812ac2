/* SPDX-License-Identifier: MIT */
#include "cli/ownership.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/print.h"

int ims_refusal_status(enum ims_plan_refusal refusal)
{
    switch (refusal) {
    case IMS_PLAN_NOT_POSSIBLE:
        return IMS_EXIT_NO;
    case IMS_PLAN_NOT_KNOWN:
        return IMS_EXIT_UNKNOWN;
    case IMS_PLAN_IN_USE:
    case IMS_PLAN_VITAL:
        return IMS_EXIT_REFUSED;
    case IMS_PLAN_OWNED:
        return IMS_EXIT_OWNED;
    }
    return IMS_EXIT_ERROR;
}

int ims_outcome_status(const struct ims_outcome *outcome)
{
    switch (outcome->state) {
    case IMS_OUTCOME_NOTHING:
    case IMS_OUTCOME_DONE:
        return outcome->code < 0 ? IMS_EXIT_PARTIAL : IMS_EXIT_OK;
    case IMS_OUTCOME_UNDONE:
        return IMS_EXIT_ERROR;
    case IMS_OUTCOME_REFUSED:
        if (outcome->code == -EACCES || outcome->code == -EPERM)
            return IMS_EXIT_UNKNOWN;
        return ims_refusal_status(outcome->refusal);
    case IMS_OUTCOME_DRIFTED:
        return IMS_EXIT_NO;
    case IMS_OUTCOME_CONFLICT:
    case IMS_OUTCOME_STUCK:
        return IMS_EXIT_PARTIAL;
    }
    return IMS_EXIT_ERROR;
}

static int open_host(const char *root, struct ims_host **ret)
{
    const struct ims_host_options how = {
        .size_bytes = sizeof(how),
        .root = root,
        .session_peer = getenv("SSH_CONNECTION"),
    };
    struct ims_error error = {0};
    const int code = ims_host_open(&how, ret, &error);

    return code < 0 ? ims_session_fail(&error, code) : IMS_EXIT_OK;
}

int ims_ownership_host(const struct ims_options *options, struct ims_host **ret)
{
    return open_host(options->sysroot, ret);
}

/* A dump or a snapshot has no host behind it; a directory that holds sys has. */
int ims_ownership_find_host(const struct ims_options *options, struct ims_host **ret)
{
    char path[4096];
    struct stat status;

    if (options->sysroot || !options->input)
        return open_host(options->sysroot, ret);
    if (snprintf(path, sizeof(path), "%s/sys/bus", options->input) >= (int)sizeof(path) ||
        stat(path, &status) < 0)
        return IMS_EXIT_OK;
    return open_host(options->input, ret);
}

static bool is_member(const struct ims_check *check, struct ims_function function)
{
    for (uint32_t i = 0; i < ims_check_member_count(check); i++)
        if (ims_check_member(check, i)->function.index == function.index)
            return true;
    return false;
}

/* Members, and the VFs of those that are PFs: their users lose them too. A VF may be both. */
static int find_uses(struct ims_ownership *ownership)
{
    const struct ims_topology *topology = ownership->session.topology;
    const uint32_t count = ims_topology_function_count(topology);
    struct ims_function *functions = calloc((size_t)count + 1, sizeof(*functions));
    struct ims_error error = {0};
    uint32_t found = 0;

    if (!functions) {
        ims_print_error("%s", strerror(ENOMEM));
        return IMS_EXIT_ERROR;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct ims_function function = {i};
        const struct ims_function physfn = ims_topology_function(topology, function)->physfn;

        if (is_member(ownership->check, function) ||
            (!ims_function_is_none(physfn) && is_member(ownership->check, physfn)))
            functions[found++] = function;
    }
    const int code =
        ims_host_uses(ownership->host, topology, functions, found, &ownership->uses, &error);
    free(functions);
    ownership->has_uses = code == 0;
    return code < 0 ? ims_session_fail(&error, code) : IMS_EXIT_OK;
}

/*
 * A member that was claimed at boot had no driver then and the override of the claim, which the early
 * phase had set: that is no state to go back to.
 */
static struct ims_binding before_claim(const struct ims_plan_member *member)
{
    const struct ims_binding *before = &member->before;
    const bool was_held_off = !before->driver && before->override && member->goal.driver &&
                              strcmp(before->override, member->goal.driver) == 0;

    return was_held_off ? (struct ims_binding){.any_driver = true} : *before;
}

/* What the members had before the oldest claim that still holds. */
static int find_origins(struct ims_ownership *ownership, struct ims_status **ret_status,
                        struct ims_plan_origin **ret, uint32_t *ret_count)
{
    struct ims_plan_origin *origins = NULL;
    struct ims_error error = {0};
    uint32_t count = 0;
    const int code = ims_host_status(ownership->host, ret_status, &error);

    if (code == -EACCES || code == -EPERM) {
        (void)ims_session_fail(&error, code);
        return IMS_EXIT_UNKNOWN;
    }
    if (code < 0)
        return ims_session_fail(&error, code);
    for (uint32_t i = 0; i < (*ret_status)->count; i++)
        if ((*ret_status)->transactions[i].is_claim)
            count += (*ret_status)->transactions[i].plan->member_count;
    origins = calloc((size_t)count + 1, sizeof(*origins));
    if (!origins) {
        ims_print_error("%s", strerror(ENOMEM));
        return IMS_EXIT_ERROR;
    }
    /* Oldest first: the planner takes the first entry of a member. */
    for (uint32_t i = 0; i < (*ret_status)->count; i++) {
        const struct ims_transaction_info *info = &(*ret_status)->transactions[i];

        for (uint32_t j = 0; info->is_claim && j < info->plan->member_count; j++)
            origins[(*ret_count)++] = (struct ims_plan_origin){
                info->plan->members[j].address, before_claim(&info->plan->members[j])};
    }
    *ret = origins;
    return IMS_EXIT_OK;
}

/* Only origins of this group count; a group that nobody claimed has none. */
static uint32_t keep_members(const struct ims_check *check, struct ims_plan_origin *origins,
                             uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < ims_check_member_count(check); j++) {
            struct ims_address address;

            if (ims_address_parse(ims_check_member(check, j)->name, &address) == 0 &&
                ims_address_compare(address, origins[i].address) == 0) {
                origins[kept++] = origins[i];
                break;
            }
        }
    return kept;
}

static int read_allowed(const struct ims_ownership *ownership, const struct ims_options *options,
                        struct ims_address *allowed)
{
    for (unsigned i = 0; i < options->allow_loss_count; i++) {
        struct ims_function function;
        const int status =
            ims_session_resolve(&ownership->session, options->allow_loss[i], &function);

        if (status != IMS_EXIT_OK)
            return status;
        allowed[i] = ims_topology_function(ownership->session.topology, function)->address;
    }
    return IMS_EXIT_OK;
}

/* The group's number among the operands asks for every endpoint, whatever else is named. */
static enum ims_companions companions_of(const struct ims_options *options, char **operands,
                                         int operand_count)
{
    if (ims_options_has(options, IMS_OPTION_COMPANIONS))
        return options->companions;
    for (int i = 0; i < operand_count; i++)
        if (ims_operand_is_group(operands[i]))
            return IMS_COMPANIONS_VFIO;
    return options->companions;
}

/* Operands that are functions are wanted; a number wants every endpoint of the group. */
static int read_wanted(const struct ims_ownership *ownership, char **operands, int operand_count,
                       struct ims_function *wanted, uint32_t *ret_count)
{
    for (int i = 0; i < operand_count; i++) {
        if (ims_operand_is_group(operands[i]))
            continue;
        const int status =
            ims_session_resolve(&ownership->session, operands[i], &wanted[*ret_count]);
        if (status != IMS_EXIT_OK)
            return status;
        ++*ret_count;
    }
    return IMS_EXIT_OK;
}

static int make_plan(struct ims_ownership *ownership, const struct ims_options *options,
                     enum ims_plan_verb verb, char **operands, int operand_count)
{
    struct ims_function *wanted = calloc((size_t)operand_count, sizeof(*wanted));
    struct ims_address allowed[IMS_ALLOW_LOSS_MAX];
    struct ims_plan_origin *origins = NULL;
    struct ims_status *claims = NULL;
    struct ims_error error = {0};
    uint32_t wanted_count = 0;
    uint32_t origin_count = 0;
    int status = wanted ? IMS_EXIT_OK : IMS_EXIT_ERROR;

    if (status == IMS_EXIT_OK)
        status = read_wanted(ownership, operands, operand_count, wanted, &wanted_count);
    if (status == IMS_EXIT_OK)
        status = read_allowed(ownership, options, allowed);
    if (status == IMS_EXIT_OK && verb == IMS_PLAN_RELEASE && ownership->host)
        status = find_origins(ownership, &claims, &origins, &origin_count);
    if (status == IMS_EXIT_OK) {
        const struct ims_plan_request request = {
            .size_bytes = sizeof(request),
            .verb = verb,
            .wanted = wanted,
            .wanted_count = verb == IMS_PLAN_CLAIM ? wanted_count : 0,
            .driver = options->driver,
            .companions = companions_of(options, operands, operand_count),
            .uses = ownership->has_uses ? &ownership->uses : NULL,
            .allowed = allowed,
            .allowed_count = options->allow_loss_count,
            .origins = origins,
            .origin_count = keep_members(ownership->check, origins, origin_count),
        };
        const int code = ims_plan_new(ownership->check, &request, &ownership->plan, &error);

        if (code < 0)
            status = ims_session_fail(&error, code);
        if (code == -EINVAL)
            status = IMS_EXIT_USAGE;
    }
    free(origins);
    ims_status_free(claims);
    free(wanted);
    return status;
}

static int make_check(struct ims_ownership *ownership, const struct ims_options *options,
                      struct ims_function function)
{
    const struct ims_check_options how = {
        .size_bytes = sizeof(how),
        .kernel_assumed = ims_session_assumes_kernel(&ownership->session, options),
        .uses = ownership->has_uses ? &ownership->uses : NULL,
    };
    struct ims_error error = {0};

    ims_check_free(ownership->check);
    ownership->check = NULL;
    const int code =
        ims_check_new(ownership->session.grouping, function, &how, &ownership->check, &error);
    return code < 0 ? ims_session_fail(&error, code) : IMS_EXIT_OK;
}

int ims_ownership_plan(struct ims_ownership *ownership, const struct ims_options *options,
                       enum ims_plan_verb verb, char **operands, int operand_count)
{
    struct ims_function *groups = NULL;
    uint32_t count = 0;
    int status;

    ownership->session.ownership = true;
    status = ims_session_load(&ownership->session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&ownership->session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_groups(&ownership->session, operands, operand_count, &groups, &count);
    if (status == IMS_EXIT_OK && count != 1) {
        ims_print_error("these are members of %u groups: one group is handed over at a time",
                        count);
        status = IMS_EXIT_USAGE;
    }
    if (status == IMS_EXIT_OK)
        status = ims_ownership_find_host(options, &ownership->host);
    if (status == IMS_EXIT_OK)
        status = make_check(ownership, options, groups[0]);
    if (status == IMS_EXIT_OK && ownership->host)
        status = find_uses(ownership);
    /* Who holds a member on pci-stub is known only now. */
    if (status == IMS_EXIT_OK && ownership->has_uses)
        status = make_check(ownership, options, groups[0]);
    if (status == IMS_EXIT_OK)
        status = make_plan(ownership, options, verb, operands, operand_count);
    free(groups);
    return status;
}

int ims_ownership_print(const struct ims_ownership *ownership, const struct ims_options *options)
{
    const struct ims_plan *plan = ownership->plan;
    const struct ims_plan_blocker *worst = ims_plan_worst_blocker(plan);
    struct ims_error error = {0};
    json_t *document = NULL;
    char *text = NULL;
    int code = ims_plan_write(plan, &text, &error);

    if (code == 0)
        code = ims_document_plan(&ownership->session.subject, ownership->check, plan, text,
                                 ownership->has_uses ? &ownership->uses : NULL, &document, &error);
    free(text);
    const int verdict = worst ? ims_refusal_status(worst->refusal) : IMS_EXIT_OK;
    const int status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK ? verdict : status;
}

int ims_ownership_checks(const struct ims_session *session, const struct ims_options *options,
                         const struct ims_function *groups, uint32_t count, struct ims_check ***ret)
{
    const struct ims_check_options how = {
        .size_bytes = sizeof(how),
        .kernel_assumed = ims_session_assumes_kernel(session, options),
    };
    struct ims_check **checks = calloc(count, sizeof(struct ims_check *));
    struct ims_error error = {0};
    int code = checks ? 0 : -ENOMEM;

    for (uint32_t i = 0; code == 0 && i < count; i++)
        code = ims_check_new(session->grouping, groups[i], &how, &checks[i], &error);
    if (code < 0) {
        ims_ownership_free_checks(checks, count);
        return ims_session_fail(&error, code);
    }
    *ret = checks;
    return IMS_EXIT_OK;
}

void ims_ownership_free_checks(struct ims_check **checks, uint32_t count)
{
    for (uint32_t i = 0; checks && i < count; i++)
        ims_check_free(checks[i]);
    free(checks);
}

void ims_ownership_close(struct ims_ownership *ownership)
{
    ims_plan_free(ownership->plan);
    ims_uses_done(&ownership->uses);
    ims_check_free(ownership->check);
    ims_host_close(ownership->host);
    ims_session_close(&ownership->session);
}
