/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_ADVICE_H
#define IOMMUSCOPE_ADVICE_H

/*
 * What to change: the least that gets a person what they want, and the proof where nothing does.
 *
 * Every advice was applied to a copy of the model and computed again before it is given. Rules
 * F10-F13 and D11-D14 of the fabric specification.
 */

#include "iommuscope/fabric.h"
#include "iommuscope/grouping.h"

#ifdef __cplusplus
extern "C" {
#endif

/* By what means a change is made, the cheapest first. */
enum ims_advice_means {
    IMS_ADVICE_RUNTIME = 0, /* a register of the running machine; undone by a reboot */
    IMS_ADVICE_OPTION,      /* an option of the kernel, and a reboot */
    IMS_ADVICE_KERNEL,      /* another kernel */
    IMS_ADVICE_FIRMWARE,    /* a setting of the firmware */
    IMS_ADVICE_MOVE,        /* a card in another slot */
    IMS_ADVICE_HARDWARE,    /* another board or another card */
    IMS_ADVICE_MEANS_MAX,
};

/* "runtime", "option", "kernel", "firmware", "move", "hardware"; never NULL. */
IMS_PUBLIC const char *ims_advice_means_to_string(enum ims_advice_means means);

#ifdef __cplusplus
}
#endif

#endif
