/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FAKE_BEHAVIOUR_H
#define IMS_TESTS_FAKE_BEHAVIOUR_H

/* What the files of the fake kernel share. */

#include "fake_kernel.h"

/* Whether a driver takes a function: its override alone decides where there is one. */
bool fake_matches(const struct fake_function *function, unsigned driver);

/* The driver core calls the driver's probe. Returns 0 or its errno. */
int fake_probe(struct fake_kernel *kernel, struct fake_function *function, unsigned driver);

/* Binds the first driver that takes it. Returns 0 also when there is none. */
int fake_choose(struct fake_kernel *kernel, struct fake_function *function);

/* VFs appear behind the first count ones that are there, or all go. */
void fake_make_vfs(struct fake_kernel *kernel, struct fake_function *pf, uint32_t count);
void fake_drop_vfs(struct fake_kernel *kernel, struct fake_function *pf);

bool fake_is_bound(const struct fake_function *function);
/* Whether somebody has the group of a function open. */
bool fake_is_claimed(const struct fake_kernel *kernel, const struct fake_function *member);
/* Whether its driver_override or its sriov_numvfs cannot be read before somebody lets go (1.5). */
bool fake_reads_wait(const struct fake_kernel *kernel, const struct fake_function *function);
bool fake_has_held_vf(const struct fake_kernel *kernel, const struct fake_function *pf);

/* A write that does not wait. Returns 0 or its errno. */
int fake_do_now(struct fake_kernel *kernel, struct fake_function *function,
                const struct ims_step *step);
int fake_unbind(struct fake_kernel *kernel, struct fake_function *function, const char *name);

#endif
