/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_GENERATE_H
#define IMS_TESTS_LAB_GENERATE_H

#include <stdint.h>

/*
 * Writes random machines that QEMU can build into a folder: random-SEED-NUMBER.machine. The same
 * seed gives the same machines. Returns 0 or a negative errno, with a message on stderr.
 */
int lab_generate(const char *folder, uint64_t seed, unsigned count);

#endif
