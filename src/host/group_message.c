/* SPDX-License-Identifier: MIT */
/* The one call of a VMM that wants to tell its user why VFIO does not take a group. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/host.h"
#include "iommuscope/rules.h"
#include "iommuscope/source.h"

struct question {
    struct ims_host *host;
    uint32_t group;
    struct ims_topology *topology;
    struct ims_grouping *grouping;
    struct ims_function *members;
    uint32_t member_count;
    struct ims_uses uses;
    struct ims_check *check;
};

static int find_members(struct question *question, struct ims_error *reterr)
{
    const uint32_t count = ims_topology_function_count(question->topology);

    question->members = calloc((size_t)count + 1, sizeof(*question->members));
    if (!question->members)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < count; i++) {
        const struct ims_record *record =
            ims_topology_function(question->topology, (struct ims_function){i})->record;

        if (record->group_state == IMS_GROUP_KNOWN && record->group == question->group)
            question->members[question->member_count++] = (struct ims_function){i};
    }
    return question->member_count > 0
               ? 0
               : ims_error_set(reterr, -ENOENT,
                               "the kernel has no IOMMU group %u with a PCI function",
                               question->group);
}

static int ask(struct question *question, struct ims_error *reterr)
{
    const struct ims_source_options source = {.size_bytes = sizeof(source), .ownership = true};
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    const char *root = question->host->root;
    int r =
        ims_source_load(strcmp(root, "/") == 0 ? NULL : root, &source, &question->topology, reterr);

    if (r < 0)
        return r;
    const struct ims_machine *machine = ims_topology_machine(question->topology);
    const struct ims_check_options how = {
        .size_bytes = sizeof(how),
        .kernel_assumed = !machine->kernel_release,
        .uses = &question->uses,
    };

    r = ims_ruleset_find("linux", machine, &options.ruleset, reterr);
    if (r == 0)
        r = find_members(question, reterr);
    if (r == 0)
        r = ims_grouping_compute(question->topology, &options, &question->grouping, reterr);
    /* Who holds a member on pci-stub decides too. */
    if (r == 0)
        r = ims_host_uses(question->host, question->topology, question->members,
                          question->member_count, &question->uses, reterr);
    return r < 0 ? r
                 : ims_check_new(question->grouping, question->members[0], &how, &question->check,
                                 reterr);
}

int ims_host_group_message(const struct ims_host_options *options, uint32_t group, char **ret,
                           enum ims_tristate *ret_usable, struct ims_error *reterr)
{
    struct question question = {.group = group};
    int r = ims_host_open(options, &question.host, reterr);

    *ret = NULL;
    if (r == 0)
        r = ask(&question, reterr);
    if (r == 0) {
        *ret = strdup(ims_check_message(question.check));
        r = *ret ? 0 : ims_error_set(reterr, -ENOMEM, "out of memory");
    }
    if (r == 0 && ret_usable)
        *ret_usable = ims_check_usable(question.check);
    ims_check_free(question.check);
    ims_uses_done(&question.uses);
    free(question.members);
    ims_grouping_free(question.grouping);
    ims_topology_free(question.topology);
    ims_host_close(question.host);
    return r;
}
