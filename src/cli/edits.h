/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_EDITS_H
#define IMS_CLI_EDITS_H

/* The language of edits: "move 01:00.0 to 00:1c.0". */

#include "cli/session.h"
#include "iommuscope/edit.h"

struct ims_edit_list {
    struct ims_edit *edits;
    char **texts; /* as they were written, one per edit */
    uint32_t count;
    struct ims_topology **others; /* captures that edits copy from */
    uint32_t other_count;
};

/*
 * Reads operands as edits: one each when the first one holds a blank, else all of them together are
 * the words of one edit. Functions are those of the session's topology. Prints what is wrong.
 * Returns an exit status; release the list with ims_edit_list_done() in any case.
 */
int ims_edit_list_read(const struct ims_session *session, const struct ims_options *options,
                       char **operands, int operand_count, struct ims_edit_list *ret);
void ims_edit_list_done(struct ims_edit_list *list);

#endif
