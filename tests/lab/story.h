/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_STORY_H
#define IMS_TESTS_LAB_STORY_H

/* What a guest needs for the script of its machine: a shell, helpers, modules for modprobe. */

#include "boot.h"
#include "initramfs.h"

/*
 * Adds it to the guest's file system where the machine has a story, and the modules of "modprobe"
 * statements in any case. Returns 0, or a negative errno with a message in problem.
 */
int lab_story_add(const struct lab_options *options, const struct lab_boot *boot,
                  struct ims_text *archive, char *problem, size_t problem_bytes);

#endif
