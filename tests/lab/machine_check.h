/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_MACHINE_CHECK_H
#define IMS_TESTS_LAB_MACHINE_CHECK_H

#include <stddef.h>

#include "machine.h"

/*
 * Whether the text of a statement can be understood: a slip of the pen must not turn a check off.
 * Returns 0, or -EINVAL with a sentence in problem.
 */
int lab_statement_check(enum lab_keyword keyword, const char *text, char *problem,
                        size_t problem_bytes);

#endif
