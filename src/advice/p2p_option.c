/* SPDX-License-Identifier: MIT */
/* Which options of the kernel bring a recipe about, version by version (D14, R4.18, R4.19). */
#include <errno.h>
#include <string.h>

#include "advice/p2p.h"

static bool is_broken(struct ims_kernel_version version)
{
    if (version.major == 6 && version.minor == 12)
        return version.patch >= 0 && version.patch < 23;
    return !ims_kernel_version_before(version, 6, 11) && ims_kernel_version_before(version, 6, 15);
}

/* Whether a boot with this command line leaves every register as the recipe wants it. */
static int leads(struct ims_separator *separator, const struct ims_p2p_recipe *recipe,
                 const char *text, bool *ret)
{
    struct ims_arena arena = {0};
    struct ims_cmdline cmdline = {0};
    const int r = ims_cmdline_parse(text, &arena, &cmdline);

    *ret = r == 0;
    for (uint32_t i = 0; r == 0 && i < recipe->change_count; i++) {
        const struct ims_p2p_change *change = &recipe->changes[i];
        const struct ims_acs_registers after =
            ims_boot_registers(separator, separator->ruleset, &cmdline, change->function);

        if ((change->set & ~(after.control.value & after.control.known)) ||
            (change->clear & ~(~after.control.value & after.control.known)))
            *ret = false;
    }
    ims_arena_done(&arena);
    return r;
}

static int keep(struct ims_p2p_box *box, struct ims_separator *separator,
                const struct ims_boot_options *options, struct ims_p2p_recipe *recipe)
{
    bool fine = false;
    const int r = leads(separator, recipe, options->cmdline, &fine);

    if (r < 0 || !fine)
        return r;
    recipe->option = ims_arena_strndup(&box->arena, options->add, strlen(options->add));
    recipe->option_remove =
        ims_arena_strndup(&box->arena, options->remove, strlen(options->remove));
    recipe->option_cmdline =
        ims_arena_strndup(&box->arena, options->cmdline, strlen(options->cmdline));
    return recipe->option && recipe->option_remove && recipe->option_cmdline ? 0 : -ENOMEM;
}

/*
 * 5.0 to 6.10: the kernel's own value without redirect and egress control (R4.19). Of two options
 * of the name the last counts, so the entries that are there already stay in the one that is printed.
 */
static int old_option(struct ims_p2p_box *box, struct ims_separator *separator,
                      struct ims_p2p_recipe *recipe)
{
    struct ims_boot_options options = {0};
    const int r = ims_boot_options_redirect(separator, recipe->changes[0].function, &options);

    return r < 0 ? r : keep(box, separator, &options, recipe);
}

static int new_option(struct ims_p2p_box *box, struct ims_separator *separator,
                      struct ims_p2p_recipe *recipe)
{
    struct ims_point points[IMS_P2P_CHANGES_MAX];
    struct ims_boot_options options = {0};
    int r;

    for (uint32_t i = 0; i < recipe->change_count; i++)
        points[i] = (struct ims_point){.function = recipe->changes[i].function.index,
                                       .set = recipe->changes[i].set,
                                       .clear = recipe->changes[i].clear};
    r = ims_boot_options_make(separator, separator->ruleset, points, recipe->change_count,
                              &options);
    return r < 0 ? r : keep(box, separator, &options, recipe);
}

int ims_p2p_options(struct ims_p2p_box *box, struct ims_p2p_recipe *recipe)
{
    struct ims_separator separator = {
        .topology = box->topology,
        .grouping = box->grouping,
        .fabric = box->fabric,
        .ruleset = ims_grouping_basis(box->grouping)->ruleset,
        .function_count = ims_topology_function_count(box->topology),
        .cmdline = "",
        .keep_override = true,
    };
    const struct ims_kernel_version version = separator.ruleset.version;
    int r = 0;

    if (recipe->means == IMS_P2P_EGRESS) {
        recipe->no_option =
            "No option of any kernel writes an egress control vector; setpci does, and "
            "Linux does not notice it: its groups stay as they are.";
        return 0;
    }
    if (is_broken(version)) {
        recipe->no_option =
            "Kernels 6.11 to 6.14, and 6.12 before 6.12.23, mishandle these options; take "
            "6.12.23, 6.15 or newer.";
        return 0;
    }
    if (ims_kernel_version_before(version, 6, 11)) {
        if (recipe->means == IMS_P2P_NO_REDIRECT && !ims_kernel_version_before(version, 5, 0))
            r = old_option(box, &separator, recipe);
    } else {
        r = new_option(box, &separator, recipe);
    }
    if (r == 0 && !recipe->option)
        recipe->no_option = "This kernel has no option that leaves the registers so.";
    ims_arena_done(&separator.arena);
    return r;
}
