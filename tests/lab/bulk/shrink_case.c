/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bulk/batch.h"
#include "properties/shrink.h"

/* A boot costs seconds and a machine in it nothing: all steps of a machine are tried at once. */

#define ROUND_MAX 40u

static void copy_case(const struct bulk_case *from, struct bulk_case *to)
{
    *to = (struct bulk_case){.hot = from->hot, .acs_wanted = from->acs_wanted};
    sketch_copy(&to->sketch, &from->sketch);
}

/* Every machine that is one step smaller or plainer. */
static void add_steps(const struct bulk_case *bulk, struct bulk_batch *batch)
{
    unsigned steps = shrink_steps(&bulk->sketch);
    batch->cases = calloc(steps + 2u, sizeof(*batch->cases));
    if (!batch->cases)
        abort();
    for (unsigned step = 0; step < steps; step++) {
        struct bulk_case *next = &batch->cases[batch->count];
        *next = (struct bulk_case){.hot = bulk->hot, .acs_wanted = bulk->acs_wanted};
        if (!shrink_candidate(&bulk->sketch, step, &next->sketch))
            continue;
        if (bulk_settle(next))
            batch->count++;
        else
            bulk_case_done(next);
    }
    if (bulk->sketch.machine.cmdline[0]) {
        struct bulk_case *next = &batch->cases[batch->count++];
        copy_case(bulk, next);
        next->sketch.machine.cmdline[0] = '\0';
    }
}

/* The smallest of the cases that still differ; -1 when none does. */
static int smallest_difference(const struct bulk_batch *batch)
{
    struct bulk_count count = {0};
    char why[BULK_WHY_SIZE];
    int smallest = -1;
    for (unsigned i = 0; i < batch->count; i++) {
        if (batch->answers[i].error[0] ||
            bulk_judge(&batch->cases[i], &batch->answers[i], &count, why))
            continue;
        if (smallest < 0 || batch->cases[i].sketch.count < batch->cases[smallest].sketch.count)
            smallest = (int)i;
    }
    return smallest;
}

void bulk_shrink(const struct bulk_batch *batch, struct bulk_case *bulk, struct bulk_answer *answer)
{
    for (unsigned round = 0; round < ROUND_MAX; round++) {
        struct bulk_batch steps = {
            .setup = batch->setup, .kernel = batch->kernel, .ivrs = batch->ivrs};
        add_steps(bulk, &steps);
        bulk_batch_boot(&steps);
        int found = smallest_difference(&steps);
        if (found >= 0) {
            bulk_case_done(bulk);
            bulk_answer_done(answer);
            *bulk = steps.cases[found];
            *answer = steps.answers[found];
            steps.cases[found] = (struct bulk_case){0};
            steps.answers[found] = (struct bulk_answer){0};
        }
        bulk_batch_done(&steps);
        if (found < 0)
            return;
    }
}

struct row {
    unsigned group; /* UINT_MAX: none */
    struct ims_address address;
};

/* In the order of the command: by group, those without one last. */
static int compare_rows(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    if (left->group != right->group)
        return left->group < right->group ? -1 : 1;
    return ims_address_compare(left->address, right->address);
}

static void print_rows(const struct sketch *sketch, const struct bulk_answer *answer, FILE *stream)
{
    char address[IMS_ADDRESS_STRING_SIZE];
    struct row *rows = calloc(sketch->count + 1u, sizeof(*rows));
    if (!rows)
        abort();
    for (unsigned i = 0; i < sketch->count; i++)
        rows[i] = (struct row){answer->groups[i] < 0 ? UINT_MAX : (unsigned)answer->groups[i],
                               sketch->functions[i].address};
    qsort(rows, sketch->count, sizeof(*rows), compare_rows);
    for (unsigned i = 0; i < sketch->count; i++) {
        ims_address_format(rows[i].address, address);
        if (rows[i].group == UINT_MAX)
            fprintf(stream, "       - %s\n", address);
        else
            fprintf(stream, "%8u %s\n", rows[i].group, address);
    }
    free(rows);
}

void bulk_print_scenario(const struct bulk_case *bulk, const struct bulk_answer *answer,
                         const char *why, FILE *stream)
{
    struct sketch sketch;
    sketch_copy(&sketch, &bulk->sketch);
    sketch.machine.groups_stated = IMS_YES;
    if (bulk->acs_wanted)
        sketch.machine.iommu_on = IMS_NO;
    for (unsigned i = 0; i < sketch.count; i++) {
        struct sketch_function *function = &sketch.functions[i];
        bool grouped = answer->groups[i] >= 0;
        function->group_state = grouped ? IMS_GROUP_KNOWN : IMS_GROUP_NONE;
        function->group = grouped ? (uint32_t)answer->groups[i] : 0;
    }
    fprintf(stream, "# Linux %s says otherwise: %s\n\n[sketch]\n", sketch.machine.kernel, why);
    sketch_print(&sketch, stream);
    fprintf(stream,
            "\n[run]\niommuscope --input input groups --noheadings -D%s%s --output "
            "COMPUTED,ADDRESS\n\n[stdout]\n",
            bulk->acs_wanted ? " --acs as-linux-sets" : " --acs as-is",
            bulk->hot ? " --probe hot-added" : "");
    print_rows(&sketch, answer, stream);
    sketch_done(&sketch);
}
