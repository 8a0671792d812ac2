/* SPDX-License-Identifier: MIT */
/*
 * Reads a machine and lists its groups: one line a group, members separated by blanks. A question
 * mark says that a fact which the input does not carry could change the members.
 *
 *     list_groups [INPUT [RULES]]     as "iommuscope --input INPUT --rules RULES"
 */
#include <stdio.h>

#include <iommuscope/grouping.h>
#include <iommuscope/source.h>

static int list(const struct ims_topology *topology, const char *rules, struct ims_error *reterr)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    struct ims_grouping *grouping = NULL;
    int r = ims_ruleset_find(rules, ims_topology_machine(topology), &options.ruleset, reterr);

    if (r == 0)
        r = ims_grouping_compute(topology, &options, &grouping, reterr);
    if (r < 0)
        return r;

    for (uint32_t i = 0; i < ims_grouping_count(grouping); i++) {
        const struct ims_group_info *group = ims_grouping_group(grouping, i);
        if (!group->managed)
            continue; /* the kernel gives it no group */
        printf("%u%s:", group->number, group->certain ? "" : "?");
        for (uint32_t j = 0; j < group->member_count; j++) {
            char name[IMS_ADDRESS_STRING_SIZE];
            printf(" %s", ims_address_format(
                              ims_topology_function(topology, group->members[j])->address, name));
        }
        putchar('\n');
    }
    ims_grouping_free(grouping);
    return 0;
}

int main(int argc, char **argv)
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    char line[600];
    int r = ims_source_load(argc > 1 ? argv[1] : NULL, NULL, &topology, &error);

    if (r == 0)
        r = list(topology, argc > 2 ? argv[2] : "linux", &error);
    if (r < 0)
        fprintf(stderr, "list_groups: %s\n", ims_error_format(&error, line, sizeof(line)));
    ims_topology_free(topology);
    return r < 0;
}
