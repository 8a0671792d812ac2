/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_WHATIF_H
#define IMS_CLI_WHATIF_H

/* One side of a what-if: a machine with some edits, judged in all ways. */

#include "cli/session.h"
#include "iommuscope/edit.h"

struct ims_side {
    struct ims_edited *edited;
    struct ims_grouping *grouping; /* of edited->topology */
    /* The machine as it runs: after the boot that the edits take, or that the groups presume. */
    struct ims_topology *booted;   /* NULL: as edited */
    struct ims_grouping *rebooted; /* the same groups on booted, or NULL */
    struct ims_fabric *fabric;     /* of booted, or of edited->topology */
    struct ims_audit *audit;
    struct ims_check **checks; /* per group of grouping; NULL where nobody asked */
    uint32_t check_count;
};

/*
 * Judges the session's machine with edits. acs is what "auto" is settled to, IMS_ACS_AUTO to find
 * out. Zero-initialise *side first; close it also after a failure. Prints what is wrong; returns an
 * exit status.
 */
int ims_side_open(struct ims_side *side, const struct ims_session *session,
                  const struct ims_options *options, const struct ims_edit *edits, uint32_t count,
                  enum ims_acs_mode acs);
void ims_side_close(struct ims_side *side);

/* Checks whether VFIO takes one group of the side. Returns an exit status. */
int ims_side_check(struct ims_side *side, const struct ims_session *session,
                   const struct ims_options *options, uint32_t group);

/* The machine that is worth keeping. */
const struct ims_topology *ims_side_machine(const struct ims_side *side);

#endif
