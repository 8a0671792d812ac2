/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_SHRINK_H
#define IMS_TESTS_LAB_SHRINK_H

#include "boot.h"

/*
 * Drops devices, with all that is below them, as long as the prediction for the kernel still differs
 * from what it does: one boot a try. Prints what is left as lines of a comment. The machine is
 * changed.
 */
void lab_shrink(const struct lab_options *options, struct lab_machine *machine,
                const struct lab_kernel *kernel);

#endif
