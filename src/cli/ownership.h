/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_OWNERSHIP_H
#define IMS_CLI_OWNERSHIP_H

/* What plan, claim and release share: from operands to a plan. All functions print their errors. */

#include "cli/session.h"
#include "iommuscope/host.h"

struct ims_ownership {
    struct ims_session session;
    struct ims_host *host; /* NULL: the input is no host, so that nobody can look who uses what */
    struct ims_check *check;
    struct ims_uses uses;
    bool has_uses;
    struct ims_plan *plan;
};

/* Zero-initialise *ownership first; close it also after a failure. Return an exit status. */
int ims_ownership_plan(struct ims_ownership *ownership, const struct ims_options *options,
                       enum ims_plan_verb verb, char **operands, int operand_count);
/* Prints the plan. Returns the exit status that its blockers call for. */
int ims_ownership_print(const struct ims_ownership *ownership, const struct ims_options *options);
void ims_ownership_close(struct ims_ownership *ownership);

/*
 * Checks the group of each function; the caller frees *ret with ims_ownership_free_checks(). Returns
 * an exit status.
 */
int ims_ownership_checks(const struct ims_session *session, const struct ims_options *options,
                         const struct ims_function *groups, uint32_t count,
                         struct ims_check ***ret);
void ims_ownership_free_checks(struct ims_check **checks, uint32_t count);

/* The host behind the input, *ret stays NULL where a file has none. Returns an exit status. */
int ims_ownership_find_host(const struct ims_options *options, struct ims_host **ret);

/* Opens the host of --sysroot, or this one. Returns an exit status. */
int ims_ownership_host(const struct ims_options *options, struct ims_host **ret);

/* The exit status of what must not be carried out, and of how something ended. */
int ims_refusal_status(enum ims_plan_refusal refusal);
int ims_outcome_status(const struct ims_outcome *outcome);

#endif
