/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_TAP_H
#define IMS_TESTS_TAP_H

/* Test Anything Protocol for programs that are one list of laws. */

#include <stdbool.h>
#include <stdio.h>

struct tap {
    unsigned count;
    unsigned failed;
};

/* One TAP line. Returns ok. */
__attribute__((format(printf, 3, 4))) bool tap_ok(struct tap *tap, bool ok, const char *format,
                                                  ...);
/* A line that is skipped, with the reason. */
__attribute__((format(printf, 3, 4))) void tap_skip(struct tap *tap, const char *reason,
                                                    const char *format, ...);
/* The plan; returns the exit status. No line at all is a failure. */
int tap_done(const struct tap *tap);

#endif
