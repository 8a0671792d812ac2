/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_EXECUTE_H
#define IMS_TESTS_EXECUTE_H

/* A scenario's commands, run by the shell in a fresh folder with a fixed environment. */

#include <stdio.h>

#include "scenario.h"

/* What the runner was told. */
struct tools {
    const char *top;        /* source folder: $TOP in a scenario, @TOP@ in its output */
    const char *iommuscope; /* the program */
    const char *sketch;     /* the tool that turns [sketch] into a machine */
};

struct outcome {
    bool timed_out;
    int status; /* as the shell counts: 128 + N after signal N */
    struct bytes out, err;
};

/* A fresh folder with the scenario's input files. */
struct stage {
    char base[64];    /* everything is below it */
    char working[80]; /* where the commands run */
    char error[1200]; /* of stage_init() */
};

/* Makes the folder and its files; false: stage->error says why. Clean up with stage_done(). */
bool stage_init(struct stage *stage, const struct scenario *scenario, const struct tools *tools);
void stage_done(struct stage *stage);

/* Runs a script. The caller frees the outcome with outcome_done(). */
void stage_run(const struct stage *stage, const struct tools *tools, const char *script,
               struct outcome *ret);
void outcome_done(struct outcome *outcome);

/* Prints what differs as TAP comments (diff -u). */
void stage_print_difference(const struct stage *stage, const char *what,
                            const struct bytes *expected, const struct bytes *actual, FILE *stream);

#endif
