/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_EDITS_READER_H
#define IMS_CLI_EDITS_READER_H

/* Between the files that read the language of edits. */

#include "cli/edits.h"

#define IMS_EDIT_BLANKS " \t"

/* One edit while it is read; text is the list's own and is cut into words. */
struct ims_edit_reader {
    const struct ims_session *session;
    const struct ims_options *options;
    struct ims_edit_list *list;
    const char *whole; /* for messages */
    char *rest;
    struct ims_edit *edit;
};

/* Says what the form of an edit is; returns IMS_EXIT_USAGE. */
int ims_edit_wrong(const struct ims_edit_reader *reader, const char *wanted);

/* The next word of rest, "" at its end. */
char *ims_edit_next_word(struct ims_edit_reader *reader);

/* What is left, without blanks around it and without one pair of quotes. */
char *ims_edit_take_rest(struct ims_edit_reader *reader);

/* The words behind the verb of an edit. Return an exit status. */
int ims_edit_read_override(struct ims_edit_reader *reader);
int ims_edit_read_cmdline(struct ims_edit_reader *reader);
int ims_edit_read_kernel(struct ims_edit_reader *reader);
int ims_edit_read_iommu(struct ims_edit_reader *reader);
int ims_edit_read_rc(struct ims_edit_reader *reader);

#endif
