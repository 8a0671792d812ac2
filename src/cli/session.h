/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_SESSION_H
#define IMS_CLI_SESSION_H

/* What the commands share: read, compute, print. All functions print their own errors. */

#include "cli/commands.h"
#include "output/document.h"

struct ims_session {
    struct ims_topology *topology;
    struct ims_grouping *grouping;
    struct ims_comparison *comparison;
    struct ims_fabric *fabric;
    struct ims_names *names;
    struct ims_subject subject; /* borrows all of them */
    bool ownership;             /* set before loading: read what handing over depends on too */
};

/* Zero-initialise *session first; close it also after a failure. Return an exit status. */
int ims_session_load(struct ims_session *session, const struct ims_options *options);
int ims_session_compute(struct ims_session *session, const struct ims_options *options);
/* Builds the fabric; after ims_session_compute(). */
int ims_session_fabric(struct ims_session *session, const struct ims_options *options);
void ims_session_close(struct ims_session *session);

/*
 * The function that text names: an address, libvirt's name or a path. Prints what is near when
 * there is none. Returns an exit status.
 */
int ims_session_resolve(const struct ims_session *session, const char *text,
                        struct ims_function *ret);

/* Whether an operand is the number of a group, not the name of a function. */
bool ims_operand_is_group(const char *text);

/* Nobody said which kernel judges: neither --rules nor the input. */
bool ims_session_assumes_kernel(const struct ims_session *session,
                                const struct ims_options *options);

/*
 * One function of each group that an operand names: a number is a group, the kernel's where the
 * input has groups; everything else a function. The caller frees *ret. Returns an exit status.
 */
int ims_session_groups(const struct ims_session *session, char **operands, int operand_count,
                       struct ims_function **ret, uint32_t *ret_count);

/*
 * Prints the document, then its notes on stderr; releases it. code is what its builder returned:
 * when negative, error is printed and there is no document. Returns an exit status.
 */
int ims_session_print(const struct ims_options *options, json_t *document, int code,
                      const struct ims_error *error);

/* Reads, computes and prints the document that make builds of the whole machine. Exit status. */
int ims_session_answer(const struct ims_options *options,
                       int (*make)(const struct ims_subject *subject, json_t **ret,
                                   struct ims_error *reterr));

/* Prints an error and returns the exit status for it. */
int ims_session_fail(const struct ims_error *error, int code);

#endif
