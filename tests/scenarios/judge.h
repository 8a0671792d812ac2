/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_JUDGE_H
#define IMS_TESTS_JUDGE_H

/* What a scenario says against what the program did. Differences are written as TAP comments. */

#include "execute.h"

/* Exit status, output and messages. Takes outcome->err apart where it reports a crash. */
bool judge_outcome(const struct scenario *scenario, const struct stage *stage,
                   struct outcome *outcome, FILE *stream);

/*
 * The one command of [run] with --json appended, or NULL where [run] is more than one command, or
 * its answer is no document. The caller frees it.
 */
char *judge_json_command(const struct scenario *scenario);

/* Whether that command has the exit status of plain and prints one JSON document with a schema. */
bool judge_parity(const struct stage *stage, const struct tools *tools, const char *command,
                  const struct outcome *plain, FILE *stream);

/* Writes what the program did into the scenario's file and says so when that changed it. */
bool judge_update(struct scenario *scenario, struct outcome *outcome, FILE *stream);

#endif
