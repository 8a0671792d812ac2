/* SPDX-License-Identifier: MIT */
/*
 * What a VMM should print instead of "group N is not viable": the members that stand in the way, and
 * what helps. Ends with 0 when the group can be used, 3 when not, 6 when that is not known.
 *
 *     vmm_message GROUP [ROOT]     ROOT holds sys, proc and dev; "/" without it
 */
#include <stdio.h>
#include <stdlib.h>

#include <iommuscope/host.h>

int main(int argc, char **argv)
{
    const struct ims_host_options options = {.size_bytes = sizeof(options),
                                             .root = argc > 2 ? argv[2] : NULL};
    enum ims_tristate usable = IMS_UNKNOWN;
    struct ims_error error = {0};
    char *message = NULL;
    char line[600];

    if (argc < 2) {
        fputs("usage: vmm_message GROUP [ROOT]\n", stderr);
        return 2;
    }
    const unsigned long group = strtoul(argv[1], NULL, 10);
    if (ims_host_group_message(&options, (uint32_t)group, &message, &usable, &error) < 0) {
        fprintf(stderr, "vmm_message: %s\n", ims_error_format(&error, line, sizeof(line)));
        return 1;
    }
    puts(message);
    free(message);
    return usable == IMS_YES ? 0 : usable == IMS_NO ? 3 : 6;
}
