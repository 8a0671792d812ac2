/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_KERNEL_H
#define IMS_TESTS_LAB_KERNEL_H

/* The kernels of the cache that "fetch" fills. */

#include "base/text.h"
#include "machine.h"

struct lab_kernel {
    char *name;   /* "amd64-6.12" */
    char *folder; /* CACHE/kernels/NAME */
    enum lab_arch arch;
    struct ims_kernel_version version;
};

/* Finds a kernel by name. Returns -EINVAL (no such name), -ENOENT (not in the cache), -ENOMEM. */
int lab_kernel_find(const char *cache, const char *name, struct lab_kernel *ret,
                    struct ims_error *reterr);
void lab_kernel_done(struct lab_kernel *kernel);

/*
 * Appends the files of the modules that names (separated by blanks) stand for, each after those
 * that it needs, one path a line relative to the kernel's modules folder; what is built in or
 * listed already is left out. Returns -ENOENT when the kernel has no such module, -EIO, -ENOMEM.
 */
int lab_kernel_modules(const struct lab_kernel *kernel, const char *names, struct ims_text *lines,
                       struct ims_error *reterr);

#endif
