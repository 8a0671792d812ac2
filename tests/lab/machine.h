/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_MACHINE_H
#define IMS_TESTS_LAB_MACHINE_H

/* Machines as text: what QEMU builds, what the guest does after boot, what its kernel must say. */

#include <stdbool.h>

#include "iommuscope/base.h"
#include "iommuscope/rules.h"

enum lab_arch {
    LAB_AMD64,
    LAB_ARM64,
};

/* "amd64" or "arm64". */
const char *lab_arch_name(enum lab_arch arch);

/* Releases by series, both ends included; major 0 = open. */
struct lab_range {
    struct ims_kernel_version first, last;
};

bool lab_range_holds(const struct lab_range *range, const struct ims_kernel_version *version);

enum lab_keyword {
    LAB_ARCH,
    LAB_IOMMU,
    LAB_FIRMWARE,
    LAB_MEMORY,
    LAB_KERNELS,
    LAB_QUICK,
    LAB_DEVICE,
    LAB_QEMU,
    LAB_CMDLINE,
    LAB_MODULE,
    LAB_MODPROBE,
    LAB_STEP,
    LAB_STORY,
    LAB_PROBE,
    LAB_NUMBERS,
    LAB_GROUP,
    LAB_UNGROUPED,
    LAB_DIFFERS,
    LAB_WARNS,
    LAB_KEYWORD_MAX,
};

/* As it stands in a file. */
const char *lab_keyword_name(enum lab_keyword keyword);

/* One line. */
struct lab_statement {
    enum lab_keyword keyword;
    unsigned line;
    struct lab_range range; /* the kernels that it speaks of */
    char *text;             /* the rest, never NULL */
};

struct lab_machine {
    char *path;
    char *name; /* of the file, without folder and ending */
    char *title;
    enum lab_arch arch;
    struct lab_range kernels;
    bool quick;
    struct lab_statement *statements;
    unsigned count, capacity;
};

/*
 * Reads a machine file. Returns 0, -EINVAL (reterr has path, line and message), -ENOMEM, or what
 * opening it returned. Release with lab_machine_free().
 */
int lab_machine_read(const char *path, struct lab_machine **ret, struct ims_error *reterr);
void lab_machine_free(struct lab_machine *machine);

/*
 * The next statement of a keyword that holds for a kernel, after previous (NULL: the first), or NULL.
 * version NULL: whatever the kernel.
 */
const struct lab_statement *lab_machine_next(const struct lab_machine *machine,
                                             enum lab_keyword keyword,
                                             const struct ims_kernel_version *version,
                                             const struct lab_statement *previous);

/* The text of the only statement of a keyword, or otherwise. */
const char *lab_machine_text(const struct lab_machine *machine, enum lab_keyword keyword,
                             const struct ims_kernel_version *version, const char *otherwise);

#endif
