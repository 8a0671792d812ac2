/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_DEADLINE_H
#define IMS_HOST_DEADLINE_H

/*
 * Calls that may never return, made by a process of their own: a write to sysfs waits for the
 * driver, and no signal ends that wait (fact 3).
 */

#include "host/host.h"

/*
 * Writes text to fd in one call. Returns 0, the negative errno of the write, or -ETIME when it has
 * not returned by the host's deadline; the process then goes on by itself and keeps only fd open.
 */
int ims_deadline_write(const struct ims_host *host, int fd, const char *text);

/* Runs modprobe for a module, without a shell. Returns 0, -ENOENT, -ENOEXEC (it failed), -ETIME. */
int ims_deadline_modprobe(const struct ims_host *host, const char *module);

#endif
