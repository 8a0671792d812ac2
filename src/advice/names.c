/* SPDX-License-Identifier: MIT */
#include "iommuscope/advice.h"

/* Values beyond an enumeration get its first name, so that a caller can always print. */
#define NAME(names, value) \
    names[(unsigned)(value) < sizeof(names) / sizeof(names[0]) ? (unsigned)(value) : 0]

const char *ims_advice_means_to_string(enum ims_advice_means means)
{
    static const char *const names[] = {"runtime",  "option", "kernel",
                                        "firmware", "move",   "hardware"};

    return NAME(names, means);
}
