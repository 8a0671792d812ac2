/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_PROGRESS_H
#define IMS_CLI_PROGRESS_H

/*
 * Shows on a terminal that work goes on, once it takes longer than a second: a dot per second on
 * stderr, wiped out when the work is done. Does nothing where stderr is no terminal.
 */

#include <stdbool.h>
#include <time.h>

struct ims_progress {
    bool active;
    struct timespec begin;
};

void ims_progress_begin(struct ims_progress *progress);

/* Stops, and wipes out what was shown. */
void ims_progress_end(struct ims_progress *progress);

#endif
