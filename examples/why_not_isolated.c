/* SPDX-License-Identifier: MIT */
/*
 * The call that a virtual machine monitor makes when VFIO says "group is not viable", or before it
 * tries: one sentence that names what a device shares its group with, and the reason.
 *
 *     why_not_isolated ADDRESS [INPUT]     INPUT: what "iommuscope --input" takes; default: /sys
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <iommuscope/grouping.h>
#include <iommuscope/source.h>

/* The sentence for the function at bdf, to be released with free(); NULL with *reterr filled in. */
static char *why_not_isolated(const struct ims_topology *topology, const char *bdf,
                              struct ims_error *reterr)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    struct ims_grouping *grouping = NULL;
    struct ims_address address;
    char *sentence = NULL;

    if (ims_address_parse(bdf, &address) < 0) {
        *reterr =
            (struct ims_error){.code = EINVAL, .message = "not the address of a PCI function"};
        return NULL;
    }
    const struct ims_function function = ims_topology_find(topology, address);
    if (ims_function_is_none(function)) {
        *reterr = (struct ims_error){.code = ENODEV, .message = "there is no such function"};
        return NULL;
    }

    /* "linux" is the kernel that the input came from. */
    if (ims_ruleset_find("linux", ims_topology_machine(topology), &options.ruleset, reterr) < 0 ||
        ims_grouping_compute(topology, &options, &grouping, reterr) < 0)
        return NULL;
    if (ims_grouping_why_not_isolated(grouping, function, &sentence, reterr) < 0)
        sentence = NULL;
    ims_grouping_free(grouping);
    return sentence;
}

int main(int argc, char **argv)
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    char line[600];

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: why_not_isolated ADDRESS [INPUT]\n");
        return 2;
    }
    char *sentence = NULL;
    if (ims_source_load(argc == 3 ? argv[2] : NULL, NULL, &topology, &error) == 0)
        sentence = why_not_isolated(topology, argv[1], &error);
    if (sentence)
        puts(sentence);
    else
        fprintf(stderr, "why_not_isolated: %s\n", ims_error_format(&error, line, sizeof(line)));

    const int status = sentence ? 0 : 1;
    free(sentence);
    ims_topology_free(topology);
    return status;
}
