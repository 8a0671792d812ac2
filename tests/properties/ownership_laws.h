/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_OWNERSHIP_LAWS_H
#define IMS_TESTS_OWNERSHIP_LAWS_H

/* Laws of plans and of the transactions that carry them out, by file. */

#include "laws.h"

/* ownership_law_whole.c */
bool law_claims(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_comes_back(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_blocked(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_drifts(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);

/* ownership_law_failure.c */
bool law_step_fails(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_call_fails(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_all_fail(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);

/* ownership_law_kill.c */
bool law_killed(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_killed_twice(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_torn(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_damaged(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_rebooted(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);

/* ownership_law_others.c */
bool law_held(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_locked(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_second_tool(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_others(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);

#endif
