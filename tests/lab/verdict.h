/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_VERDICT_H
#define IMS_TESTS_LAB_VERDICT_H

/* What a boot proved: the library's answer against the kernel's. */

#include <stdio.h>

#include "boot.h"
#include "compare.h"

struct lab_verdict {
    char *problems; /* lines for a person, "" when there is none */
    size_t problems_length;
    FILE *stream; /* that writes problems */
    uint32_t functions;
    uint32_t grouped;     /* functions that the kernel put in a group */
    uint32_t differences; /* functions with other companions than computed */
    bool order_known;     /* the library claims to know the numbers */
    uint32_t numbers_matched;
    bool partition_compared;
    char *groups; /* what the kernel made, as lines of a machine file */
};

/* Judges a boot. Release with lab_verdict_done(). */
void lab_verdict_reach(const struct lab_options *options, const struct lab_boot *boot,
                       struct lab_verdict *ret);
void lab_verdict_done(struct lab_verdict *verdict);

/* ---- kernel_log.c ---- */

/*
 * Writes the lines of section "log" (LEVEL TEXT) that are warnings or worse, not known to be harmless
 * and hold none of the expected texts (closed with NULL); a trace is one line here. Returns their
 * number.
 */
unsigned lab_kernel_log_check(const char *log, const char *const *expected, FILE *stream);

/* The same for the lines by which a kernel says that it itself went wrong. */
unsigned lab_kernel_log_stumbles(const char *log, FILE *stream);

/* ---- offline.c ---- */

/*
 * Holds what "groups", "audit" and "reach --json" said in the guest, and what they ended with,
 * against the same commands on its capture, a file. Returns 0, or -1 with the first difference of
 * each on stream.
 */
int lab_offline_check(const struct lab_options *options, const struct lab_boot *boot,
                      const char *capture, FILE *stream);

#endif
