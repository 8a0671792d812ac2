/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_PERSIST_H
#define IMS_CLI_PERSIST_H

/* What claim and release do beside their transaction when a claim is to survive a boot. */

#include "cli/ownership.h"

/* Whether the options fit together. Returns an exit status; prints what is wrong. */
int ims_persist_check(const struct ims_options *options, enum ims_plan_verb verb);

/*
 * Before anything is changed: the claim that the plan makes, with its name. Release *ret with
 * ims_claim_done(). Returns an exit status; prints why it cannot be kept.
 */
int ims_persist_prepare(const struct ims_ownership *ownership, const struct ims_options *options,
                        struct ims_claim *ret);

/* After the claim was carried out: makes it durable, waits for udev. Adds to *outcome. */
int ims_persist_keep(struct ims_ownership *ownership, const struct ims_claim *claim,
                     struct ims_outcome *outcome);

/*
 * The name of the claim that is about the group of a plan, or of --name. *ret is empty when there is
 * none. Returns an exit status.
 */
int ims_persist_find(const struct ims_ownership *ownership, const struct ims_options *options,
                     char ret[IMS_CLAIM_NAME_SIZE]);

/*
 * release --persist --name NAME without an operand: the operand that names the group of the claim,
 * or "" when the machine has no such group any more.
 */
int ims_persist_locate(const struct ims_options *options, char ret[IMS_ADDRESS_STRING_SIZE]);

/* Removes all that was written for a claim. Adds to *outcome. Returns an exit status. */
int ims_persist_drop(struct ims_host *host, const char *name, struct ims_outcome *outcome);

#endif
