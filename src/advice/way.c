/* SPDX-License-Identifier: MIT */
/* The two ways: registers of the running machine, and options or another kernel for the next boot. */
#include <errno.h>
#include <stdlib.h>

#include "advice/model.h"

/* Registers can be written on the machine that the input is, if it groups functions at all. */
static bool is_running(const struct ims_separator *separator)
{
    const struct ims_machine *machine = ims_topology_machine(separator->topology);
    struct ims_kernel_version version;

    if (machine->iommu_on != IMS_YES || separator->ruleset.kind != IMS_RULESET_LINUX)
        return false;
    return ims_kernel_version_parse(machine->kernel_release, &version) < 0 ||
           (version.major == separator->ruleset.version.major &&
            version.minor == separator->ruleset.version.minor);
}

/* Whom Linux has to meet anew. */
static int rescan_list(struct ims_separator *separator, struct ims_separation_way *ret)
{
    bool *marks = calloc((size_t)separator->function_count + 1, sizeof(*marks));
    struct ims_function *list =
        ims_arena_alloc_array(&separator->arena, separator->function_count + 1u, sizeof(*list));

    if (!marks || !list) {
        free(marks);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < separator->pair_count; i++) {
        if (!separator->wanted[i])
            continue;
        marks[separator->pairs[i].a] = true;
        marks[separator->pairs[i].b] |= separator->question.goal == IMS_SEPARATE_GROUP;
    }
    for (uint32_t i = 0; i < separator->function_count; i++)
        if (marks[i])
            list[ret->rescan_count++] = (struct ims_function){i};
    ret->rescan = list;
    free(marks);
    return 0;
}

int ims_way_now(struct ims_separator *separator, struct ims_separation_way *ret,
                enum ims_tristate *ret_full)
{
    struct ims_attempt attempt = {.separator = separator};
    int r;

    *ret = (struct ims_separation_way){.means = IMS_ADVICE_RUNTIME,
                                       .leads = IMS_NO,
                                       .add = "",
                                       .remove = "",
                                       .cmdline = "",
                                       .kernel = separator->ruleset};
    *ret_full = IMS_NO;
    if (!is_running(separator))
        return 0;
    r = ims_solve(&attempt, ret, ret_full);
    return r == 0 && ret->leads == IMS_YES ? rescan_list(separator, ret) : r;
}

/*
 * Kernels to try: the one of the question, then later ones, oldest first: those that end a
 * regression, and those that know more hardware (section 11 of the kernel's rules).
 */
static const struct ims_kernel_version others[] = {
    {5, 4, -1},  {5, 10, 253}, {5, 15, -1}, {6, 1, 169}, {6, 6, 135},
    {6, 12, 83}, {6, 18, -1},  {7, 0, -1},  {7, 3, -1},
};

static bool is_later(struct ims_kernel_version a, struct ims_kernel_version b)
{
    if (a.major != b.major || a.minor != b.minor)
        return a.major != b.major ? a.major > b.major : a.minor > b.minor;
    return b.patch >= 0 && a.patch > b.patch;
}

static int try_kernel(struct ims_separator *separator, struct ims_ruleset kernel,
                      struct ims_separation_way *ret, enum ims_tristate *ret_full)
{
    struct ims_attempt attempt = {
        .separator = separator,
        .spec = {.boot = true, .kernel = kernel},
    };

    *ret = (struct ims_separation_way){.means = IMS_ADVICE_OPTION,
                                       .leads = IMS_NO,
                                       .add = "",
                                       .remove = "",
                                       .cmdline = "",
                                       .kernel = kernel};
    int r = ims_solve(&attempt, ret, ret_full);
    if (r == 0 && ret->leads == IMS_YES) {
        struct ims_boot_options options;

        r = ims_boot_options_make(separator, kernel, attempt.points, attempt.count, &options);
        ret->add = options.add;
        ret->remove = options.remove;
        ret->cmdline = options.cmdline;
        ret->needs_iommu = ims_topology_machine(separator->topology)->iommu_on != IMS_YES;
    }
    return r;
}

int ims_way_boot(struct ims_separator *separator, struct ims_separation_way *ret,
                 enum ims_tristate *ret_full)
{
    struct ims_separation_way way;
    enum ims_tristate full;
    int r = try_kernel(separator, separator->ruleset, ret, ret_full);

    for (size_t i = 0;
         r == 0 && ret->leads != IMS_YES && separator->ruleset.kind == IMS_RULESET_LINUX &&
         i < sizeof(others) / sizeof(others[0]);
         i++) {
        if (!is_later(others[i], separator->ruleset.version))
            continue;
        r = try_kernel(separator, (struct ims_ruleset){IMS_RULESET_LINUX, others[i]}, &way, &full);
        if (r == 0 && way.leads == IMS_YES) {
            *ret = way;
            *ret_full = full;
            ret->means = IMS_ADVICE_KERNEL;
        }
    }
    return r;
}
