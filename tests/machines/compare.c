/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <stdlib.h>

static struct ims_function handle(uint32_t index)
{
    return (struct ims_function){index};
}

void kernel_groups_from_topology(const struct ims_topology *topology, struct kernel_groups *ret)
{
    ret->count = ims_topology_function_count(topology);
    ret->grouped = 0;
    ret->numbers = calloc(ret->count + 1u, sizeof(*ret->numbers));
    if (!ret->numbers)
        abort();
    for (uint32_t i = 0; i < ret->count; i++) {
        const struct ims_record *record = ims_topology_function(topology, handle(i))->record;
        ret->numbers[i] = record->group_state == IMS_GROUP_KNOWN  ? (int)record->group
                          : record->group_state == IMS_GROUP_NONE ? KERNEL_NO_GROUP
                                                                  : KERNEL_SILENT;
        ret->grouped += record->group_state == IMS_GROUP_KNOWN;
    }
}

static void print_address(FILE *stream, const struct ims_topology *topology, uint32_t index)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    fprintf(stream, " %s",
            ims_address_format(ims_topology_function(topology, handle(index))->address, name));
}

/* The kernel's group of one function and the computed one, side by side. */
static void print_difference(FILE *stream, const struct ims_topology *topology,
                             const struct ims_grouping *grouping,
                             const struct kernel_groups *kernel, uint32_t index)
{
    const struct ims_group_info *group =
        ims_grouping_group(grouping, ims_grouping_of(grouping, handle(index)));
    fprintf(stream, "#   kernel's group %d:", kernel->numbers[index]);
    for (uint32_t i = 0; i < kernel->count; i++) {
        if (kernel->numbers[i] == kernel->numbers[index])
            print_address(stream, topology, i);
    }
    fprintf(stream, "\n#     computed with");
    print_address(stream, topology, index);
    fprintf(stream, "%s:", group->managed ? "" : " (unmanaged)");
    for (uint32_t i = 0; i < group->member_count; i++)
        print_address(stream, topology, group->members[i].index);
    if (!group->certain)
        fprintf(stream, " (uncertain: %s)", group->uncertain_text ? group->uncertain_text : "?");
    fprintf(stream, "\n");
}

/* Whether function number index has other companions than the kernel gave it. */
static bool differs(const struct ims_grouping *grouping, const struct kernel_groups *kernel,
                    uint32_t index)
{
    uint32_t group = ims_grouping_of(grouping, handle(index));
    if (!ims_grouping_group(grouping, group)->managed)
        return true;
    for (uint32_t i = 0; i < kernel->count; i++) {
        if (kernel->numbers[i] >= 0 && (kernel->numbers[i] == kernel->numbers[index]) !=
                                           (ims_grouping_of(grouping, handle(i)) == group))
            return true;
    }
    return false;
}

uint32_t count_differences(FILE *stream, const struct ims_topology *topology,
                           const struct ims_grouping *grouping, const struct kernel_groups *kernel)
{
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < kernel->count; i++) {
        if (kernel->numbers[i] < 0 || !differs(grouping, kernel, i))
            continue;
        print_difference(stream, topology, grouping, kernel, i);
        wrong++;
    }
    return wrong;
}

/* Prints what was collected beside a TAP line, after it. */
static void print_collected(FILE *stream, char **text)
{
    fclose(stream);
    fputs(*text, stdout);
    free(*text);
}

static FILE *collect(char **text, size_t *length)
{
    FILE *stream = open_memstream(text, length);
    if (!stream)
        abort();
    return stream;
}

void check_partition(struct tap *tap, const char *name, const struct ims_topology *topology,
                     const struct ims_grouping *grouping, const struct kernel_groups *kernel)
{
    char *text = NULL;
    size_t length = 0;
    if (kernel->grouped == 0) {
        tap_skip(tap, "the kernel made no group", "%s", name);
        return;
    }
    FILE *stream = collect(&text, &length);
    uint32_t wrong = count_differences(stream, topology, grouping, kernel);
    if (!tap_ok(tap, wrong == 0, "%s: %u functions in groups", name, kernel->grouped))
        printf("# %u functions have other companions than the kernel gave them\n", wrong);
    print_collected(stream, &text);
}

/*
 * Intel's P2SB bridge: the kernel shows it to itself for a moment to read a register, so a log has it
 * in a group whose number is free again and goes to the next function that appears.
 */
static bool shown_for_a_moment(const struct ims_topology *topology, uint32_t index)
{
    const struct ims_function_info *info = ims_topology_function(topology, handle(index));
    return info->address.devfn == IMS_DEVFN(0x1f, 1) && info->id_count == 1 &&
           info->ids[0].vendor == 0x8086 && info->class_code.value == 0x058000;
}

uint32_t count_wrong_claims(FILE *stream, const struct ims_topology *topology,
                            const struct ims_grouping *grouping, const struct kernel_groups *kernel,
                            uint32_t *ret_claims)
{
    uint32_t wrong = 0;
    *ret_claims = 0;
    for (uint32_t i = 0; i < kernel->count; i++) {
        for (uint32_t j = i + 1; j < kernel->count; j++) {
            if (kernel->numbers[i] < 0 || kernel->numbers[j] < 0 ||
                shown_for_a_moment(topology, i) || shown_for_a_moment(topology, j))
                continue;
            enum ims_tristate claim = ims_grouping_together(grouping, handle(i), handle(j));
            bool together = kernel->numbers[i] == kernel->numbers[j];
            *ret_claims += claim != IMS_UNKNOWN;
            if (claim == IMS_UNKNOWN || together == (claim == IMS_YES))
                continue;
            if (wrong++ < 10) {
                fprintf(stream, "# certainly %s, but not by the kernel:",
                        claim == IMS_YES ? "together" : "apart");
                print_address(stream, topology, i);
                print_address(stream, topology, j);
                fprintf(stream, "\n");
            }
        }
    }
    return wrong;
}

void check_claims(struct tap *tap, const char *name, const struct ims_topology *topology,
                  const struct ims_grouping *grouping, const struct kernel_groups *kernel)
{
    char *text = NULL;
    size_t length = 0;
    uint32_t claims;
    if (kernel->grouped == 0) {
        tap_skip(tap, "the kernel made no group", "%s", name);
        return;
    }
    FILE *stream = collect(&text, &length);
    uint32_t wrong = count_wrong_claims(stream, topology, grouping, kernel, &claims);
    tap_ok(tap, wrong == 0, "%s: none of %u certain claims about pairs is wrong", name, claims);
    print_collected(stream, &text);
}
