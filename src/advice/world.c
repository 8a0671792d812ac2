/* SPDX-License-Identifier: MIT */
/* Machines after changes: what registers hold then, which groups Linux makes, what is true. */
#include <errno.h>
#include <stdlib.h>

#include "advice/model.h"

void ims_world_done(struct ims_world *world)
{
    ims_fabric_sets_free(world->lower);
    ims_fabric_sets_free(world->upper);
    ims_fabric_free(world->fabric);
    ims_grouping_free(world->grouping);
    ims_edited_free(world->edited);
    free(world->where);
    *world = (struct ims_world){0};
}

enum ims_acs_mode ims_boot_acs_mode(const struct ims_topology *topology,
                                    struct ims_kernel_version version)
{
    const struct ims_machine *machine = ims_topology_machine(topology);
    const bool device_tree = machine->iommu_kind == IMS_IOMMU_ARM_SMMU &&
                             machine->acpi_iort != IMS_YES && machine->acpi_viot != IMS_YES;

    /* Without ACPI tables old kernels program ACS too late for the first devices (R4.15). */
    return device_tree && ims_kernel_version_before(version, 7, 0) ? IMS_ACS_AS_IS
                                                                   : IMS_ACS_AS_LINUX_SETS;
}

/* The last release before a regression: registers end up as if it were not there (R4.16). */
static struct ims_kernel_version settled_version(const struct ims_topology *topology,
                                                 struct ims_kernel_version version)
{
    struct ims_judge judge = {.topology = topology, .version = version};

    while (judge.version.patch > 0 && ims_judge_groups_before_enabling(&judge) != IMS_NO)
        judge.version.patch--;
    return judge.version;
}

struct ims_acs_registers ims_boot_registers(const struct ims_separator *separator,
                                            struct ims_ruleset kernel,
                                            const struct ims_cmdline *cmdline,
                                            struct ims_function function)
{
    const enum ims_acs_mode mode = ims_boot_acs_mode(separator->topology, kernel.version);
    const struct ims_judge judge = {
        .topology = separator->topology,
        .version = settled_version(separator->topology, kernel.version),
        .acs = mode,
        .acs_certain = true,
        .cmdline = *cmdline,
        .cmdline_asked = true,
    };
    struct ims_acs_registers registers;

    ims_acs_registers_standard(&judge, function, mode, &registers);
    /* Linux sets what is implemented, whether or not the input tells what that is. */
    registers.control.value |= registers.follows & registers.capability.value;
    registers.control.known |= registers.follows & registers.capability.value;
    return registers;
}

/* ---- edits ---- */

static void edit_acs(struct ims_edit *edits, uint32_t *count, struct ims_address address,
                     uint16_t set, uint16_t clear)
{
    if (set | clear)
        edits[(*count)++] = (struct ims_edit){
            .kind = IMS_EDIT_SET_ACS,
            .function = address,
            .to.acs = {.set = set, .clear = clear},
        };
}

/* What a boot changes in the registers of the machine, all of it. */
static int edits_of_boot(struct ims_separator *separator, const struct ims_world_spec *spec,
                         struct ims_edit *edits, uint32_t *count)
{
    const uint32_t bits = IMS_ACS_REQUIRED | IMS_ACS_TB | IMS_ACS_EC | IMS_ACS_DT;
    struct ims_arena arena = {0};
    struct ims_cmdline cmdline;
    const int r =
        ims_cmdline_parse(spec->cmdline ? spec->cmdline : separator->cmdline, &arena, &cmdline);

    for (uint32_t i = 0; r == 0 && i < separator->function_count; i++) {
        const struct ims_function function = {i};
        const struct ims_function_info *info = ims_topology_function(separator->topology, function);

        if (info->acs.present != IMS_YES)
            continue;
        const struct ims_acs_registers after =
            ims_boot_registers(separator, spec->kernel, &cmdline, function);
        const uint32_t known = after.control.known & info->acs.capability.value & bits;
        const uint32_t now = info->acs.control.value;
        const uint32_t differs = known & (~info->acs.control.known | (after.control.value ^ now));
        edit_acs(edits, count, info->address, (uint16_t)(differs & after.control.value),
                 (uint16_t)(differs & ~after.control.value));
    }
    ims_arena_done(&arena);
    return r;
}

static void edits_of_points(struct ims_separator *separator, const struct ims_world_spec *spec,
                            struct ims_edit *edits, uint32_t *count)
{
    for (uint32_t i = 0; i < spec->point_count; i++) {
        const struct ims_point *point = &spec->points[i];

        edit_acs(edits, count,
                 ims_topology_function(separator->topology, (struct ims_function){point->function})
                     ->address,
                 point->set, point->clear);
    }
}

/* Where functions are once an edit has given them other addresses. */
static int map_functions(struct ims_separator *separator, struct ims_world *world)
{
    const uint32_t count = ims_topology_function_count(world->edited->topology);

    world->where = malloc(((size_t)separator->function_count + 1) * sizeof(*world->where));
    if (!world->where)
        return -ENOMEM;
    for (uint32_t i = 0; i < separator->function_count; i++)
        world->where[i] = IMS_NONE;
    for (uint32_t i = 0; i < count; i++)
        if (world->edited->origin[i] != IMS_NONE)
            world->where[world->edited->origin[i]] = i;
    return 0;
}

/* Moves come first, so that registers are written to functions where they are then: by origin. */
static int apply_edits(struct ims_separator *separator, const struct ims_world_spec *spec,
                       struct ims_world *ret)
{
    const size_t room =
        (size_t)separator->function_count + spec->point_count + spec->edit_count + 1;
    struct ims_edit *edits = calloc(room, sizeof(*edits));
    uint32_t count = 0;
    int r = edits ? 0 : -ENOMEM;

    if (r == 0 && spec->boot)
        r = edits_of_boot(separator, spec, edits, &count);
    else if (r == 0)
        edits_of_points(separator, spec, edits, &count);
    for (uint32_t i = 0; r == 0 && i < spec->edit_count; i++)
        edits[count++] = spec->edits[i];
    if (r == 0 && count > 0)
        r = ims_edits_apply(separator->topology, edits, count, &ret->edited, NULL);
    if (r == 0 && spec->edit_count > 0)
        r = map_functions(separator, ret);
    free(edits);
    return r;
}

/* ---- both judges ---- */

static int ask_linux(struct ims_separator *separator, const struct ims_world_spec *spec,
                     struct ims_world *ret)
{
    const bool moved = spec->edit_count > 0;
    struct ims_grouping_options options = {
        .size_bytes = sizeof(options),
        .ruleset = spec->boot ? spec->kernel : separator->ruleset,
        .acs = spec->boot ? ims_boot_acs_mode(separator->topology, spec->kernel.version)
                          : IMS_ACS_AS_IS,
        .probe = spec->hot_added ? IMS_PROBE_HOT_ADDED : IMS_PROBE_BOOT,
        .manage_everything = separator->question.manage_everything,
        .isolated = spec->isolated,
        .isolated_count = spec->isolated_count,
    };

    if (spec->boot) {
        options.cmdline = spec->cmdline ? spec->cmdline : separator->cmdline;
    } else {
        /* What is found again is grouped by the registers as they are then; no override counts. */
        options.ruleset.version = settled_version(separator->topology, options.ruleset.version);
        options.cmdline = "";
    }
    /* At boot the command line acts on the registers that firmware left, not on edited ones. */
    return ims_grouping_compute(spec->boot && !moved ? separator->topology
                                : ret->edited        ? ret->edited->topology
                                                     : separator->topology,
                                &options, &ret->grouping, NULL);
}

static int ask_fabric(struct ims_separator *separator, struct ims_world *ret)
{
    const struct ims_fabric_basis *basis = ims_fabric_basis(separator->fabric);
    int r = ims_fabric_new(ret->edited ? ret->edited->topology : separator->topology,
                           &basis->options, &ret->fabric, NULL);

    if (r == 0)
        r = ims_fabric_sets(ret->fabric, IMS_FABRIC_MUST, &ret->lower, NULL);
    if (r == 0)
        r = ims_fabric_sets(ret->fabric, IMS_FABRIC_MAY, &ret->upper, NULL);
    return r;
}

int ims_world_make(struct ims_separator *separator, const struct ims_world_spec *spec,
                   struct ims_world *ret)
{
    const bool needs_edits = !spec->boot || spec->edit_count > 0 || !spec->without_fabric;
    int r = 0;

    *ret = (struct ims_world){0};
    if (needs_edits)
        r = apply_edits(separator, spec, ret);
    if (r == 0 && !spec->without_groups)
        r = ask_linux(separator, spec, ret);
    if (r == 0 && !spec->without_fabric)
        r = ask_fabric(separator, ret);
    if (r < 0)
        ims_world_done(ret);
    return r;
}
