/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FUZZ_H
#define IMS_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What every target implements; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

/* A law that every input must keep; a broken one stops the program like any other fault. */
#define FUZZ_LAW(condition)                                                             \
    do {                                                                                \
        if (!(condition)) {                                                             \
            fprintf(stderr, "%s:%d: law broken: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                    \
        }                                                                               \
    } while (0)

#endif
