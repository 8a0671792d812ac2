/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_ACCEL_H
#define IMS_TESTS_LAB_ACCEL_H

/* KVM where it really works, emulation otherwise. */

#include "boot.h"

/*
 * "kvm" or "tcg". A device that can be opened is no proof: KVM below another hypervisor may start
 * and hang. So a guest is booted with it and must come to its end in time. Says what it found on
 * standard output. device: "/dev/kvm".
 */
const char *lab_accel_choose(const struct lab_options *options, const struct lab_kernel *kernel,
                             const char *device, unsigned deadline_seconds);

#endif
