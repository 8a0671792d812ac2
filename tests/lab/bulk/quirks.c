/* SPDX-License-Identifier: MIT */
#include "bulk/quirks.h"

#include <stdlib.h>
#include <string.h>

#include "bulk/batch.h"
#include "bulk/witness.h"
#include "pool.h"

#define BATCH_MAX 1000u

/* What the kernels said of a row. */
struct row_state {
    bool in_window;    /* some kernel should have it */
    bool confirmed;    /* some kernel shows it */
    bool absent_shown; /* some older kernel shows that it lacks it */
};

/* One question: a machine, and whether the kernel must treat the id as the row says. */
struct question {
    uint32_t row;
    enum ims_tristate present;
};

struct survey {
    const struct bulk_setup *setup;
    struct witness_id *ids;
    unsigned id_count;
    struct row_state *rows;
    struct bulk_batch *batches;
    struct question **questions; /* per batch, per case */
    unsigned batch_count;
};

static struct bulk_batch *batch_for(struct survey *survey, const struct lab_kernel *kernel,
                                    bool ivrs)
{
    struct bulk_batch *last = NULL;
    for (unsigned i = 0; i < survey->batch_count; i++)
        if (survey->batches[i].kernel == kernel && survey->batches[i].ivrs == ivrs)
            last = &survey->batches[i];
    if (last && last->count < BATCH_MAX)
        return last;
    unsigned index = survey->batch_count++;
    survey->batches = realloc(survey->batches, survey->batch_count * sizeof(*survey->batches));
    survey->questions = realloc(survey->questions, survey->batch_count * sizeof(struct question *));
    if (!survey->batches || !survey->questions)
        abort();
    survey->batches[index] =
        (struct bulk_batch){.setup = survey->setup, .kernel = kernel, .ivrs = ivrs};
    survey->batches[index].cases = calloc(BATCH_MAX, sizeof(struct bulk_case));
    survey->questions[index] = calloc(BATCH_MAX, sizeof(struct question));
    if (!survey->batches[index].cases || !survey->questions[index])
        abort();
    return &survey->batches[index];
}

/* What a row does is taken from here where the kernel that is asked may lack it. */
static const char newest_release[] = "7.3";

/* Asks a kernel about an id; where its release lacks the row, with the machine of the newest. */
static void ask(struct survey *survey, const struct lab_kernel *kernel, const struct witness_id *id)
{
    char release[32];
    struct bulk_case bulk;
    struct ims_ruleset ruleset = {IMS_RULESET_LINUX, kernel->version};
    enum ims_tristate present = ims_quirk_row_present(id->row, &ruleset);
    survey->rows[id->row].in_window |= present == IMS_YES;
    snprintf(release, sizeof(release), "%d.%d.%d", kernel->version.major, kernel->version.minor,
             kernel->version.patch);
    if (!witness_find(id, present == IMS_YES ? release : newest_release, &bulk))
        return;
    snprintf(bulk.sketch.machine.kernel, sizeof(bulk.sketch.machine.kernel), "%s", release);
    struct bulk_batch *batch = batch_for(survey, kernel, bulk.sketch.machine.ivrs == IMS_YES);
    survey->questions[batch - survey->batches][batch->count] = (struct question){id->row, present};
    batch->cases[batch->count++] = bulk;
}

static void work(void *context, unsigned index)
{
    struct survey *survey = context;
    bulk_batch_boot(&survey->batches[index]);
}

/* What the row's window leaves open, the kernel may answer either way, but it must be one of them. */
static bool settle_open_window(const struct witness_id *id, const struct bulk_case *bulk,
                               const struct bulk_answer *answer, const char *kernel)
{
    struct bulk_count count = {0};
    char why[BULK_WHY_SIZE];
    struct ims_quirk_row row = ims_quirk_row_at(id->row);
    struct bulk_case neutral;
    witness_neutral(bulk, id->id, &neutral);
    bool absent = bulk_judge(&neutral, answer, &count, why);
    bulk_case_done(&neutral);
    struct bulk_case newest = *bulk; /* whose release has the row */
    snprintf(newest.sketch.machine.kernel, sizeof(newest.sketch.machine.kernel), "%s",
             newest_release);
    if (!absent && !bulk_judge(&newest, answer, &count, why)) {
        printf("# %s: %04x:%04x: neither with nor without the row: %s\n", kernel, id->id.vendor,
               id->id.device, why);
        return false;
    }
    printf("# %s: %04x:%04x (%s) is %s; its window, %s, leaves that open\n", kernel, id->id.vendor,
           id->id.device, row.label, absent ? "not there" : "there", row.window);
    return true;
}

static const struct witness_id *id_of(const struct survey *survey, const struct question *question,
                                      const struct bulk_case *bulk)
{
    for (unsigned i = 0; i < survey->id_count; i++) {
        if (survey->ids[i].row != question->row)
            continue;
        for (unsigned k = 0; k < bulk->sketch.count; k++)
            if (memcmp(&bulk->sketch.functions[k].ids[0], &survey->ids[i].id,
                       sizeof(struct ims_id)) == 0)
                return &survey->ids[i];
    }
    abort();
}

struct outcome {
    unsigned shown, absent, open, differences;
};

static void judge_batch(struct survey *survey, unsigned index, struct outcome *outcome)
{
    struct bulk_batch *batch = &survey->batches[index];
    struct bulk_count count = {0};
    for (unsigned i = 0; i < batch->count; i++) {
        const struct question *question = &survey->questions[index][i];
        struct row_state *row = &survey->rows[question->row];
        char why[BULK_WHY_SIZE];
        if (question->present == IMS_UNKNOWN && !batch->answers[i].error[0]) {
            bool settled =
                settle_open_window(id_of(survey, question, &batch->cases[i]), &batch->cases[i],
                                   &batch->answers[i], batch->kernel->name);
            outcome->open += settled;
            outcome->differences += !settled;
        } else if (!bulk_judge(&batch->cases[i], &batch->answers[i], &count, why)) {
            outcome->differences++;
            printf("# %s: %s\n", batch->kernel->name, why);
            bulk_print_scenario(&batch->cases[i], &batch->answers[i], why, stderr);
        } else if (question->present == IMS_YES) {
            outcome->shown++;
            row->confirmed = true;
        } else {
            outcome->absent++;
            row->absent_shown = true;
        }
    }
    if (batch->problems[0]) {
        outcome->differences++;
        printf("# %s: %s\n", batch->kernel->name, batch->problems);
    }
}

/* Rows that no machine can show, a line for each kind. */
static unsigned report_excused(const struct survey *survey)
{
    unsigned excused = 0;
    for (uint32_t i = 0; i < ims_quirk_row_count(); i++) {
        struct ims_quirk_row row = ims_quirk_row_at(i);
        bool first = !survey->rows[i].confirmed && witness_excuse(&row);
        unsigned same = 0;
        for (uint32_t k = 0; k < ims_quirk_row_count(); k++) {
            bool counts =
                !survey->rows[k].confirmed && strcmp(ims_quirk_row_at(k).kind, row.kind) == 0;
            first = first && !(counts && k < i);
            same += counts;
        }
        if (!first)
            continue;
        printf("# not confirmable: %u of kind %s: %s\n", same, row.kind, witness_excuse(&row));
        excused += same;
    }
    return excused;
}

/* Every row that a kernel here should have is shown by one, or no machine could show it. */
static void report_rows(struct lab_run *run, const struct survey *survey)
{
    unsigned confirmed = 0, missing = 0, elsewhere = 0, windows = 0;
    for (uint32_t i = 0; i < ims_quirk_row_count(); i++) {
        struct ims_quirk_row row = ims_quirk_row_at(i);
        const struct row_state *state = &survey->rows[i];
        confirmed += state->confirmed;
        windows += state->confirmed && state->absent_shown;
        if (state->confirmed || witness_excuse(&row))
            continue;
        elsewhere += !state->in_window;
        missing += state->in_window;
        printf("# %s: %s %04x:%04x %s (%s)\n",
               state->in_window ? "NOT CONFIRMED" : "in none of these kernels", row.kind,
               row.vendor, row.device, row.rule, row.label);
    }
    unsigned excused = report_excused(survey);
    tap_ok(&run->tap, missing == 0 && confirmed > 0,
           "quirk rows: %u of %u confirmed (%u also seen missing before their window), %u in none "
           "of these kernels, %u not confirmable, %u left",
           confirmed, ims_quirk_row_count(), windows, elsewhere, excused, missing);
}

static void survey_done(struct survey *survey)
{
    for (unsigned i = 0; i < survey->batch_count; i++) {
        bulk_batch_done(&survey->batches[i]);
        free(survey->questions[i]);
    }
    free(survey->batches);
    free(survey->questions);
    free(survey->ids);
    free(survey->rows);
}

int bulk_quirks(struct lab_run *run, const struct bulk_request *request, unsigned every)
{
    struct lab_kernel kernels[LAB_KERNEL_MAX];
    struct outcome outcomes[LAB_KERNEL_MAX] = {0};
    struct ims_error error = {0};
    char text[1024];
    unsigned kernel_count = bulk_find_kernels(run, request, kernels);
    struct bulk_setup setup = {.options = run->options, .modules = request->modules};
    struct survey survey = {.setup = &setup};
    if (bulk_setup_init(&setup, request->machines, &error) < 0) {
        fprintf(stderr, "lab: %s\n", ims_error_format(&error, text, sizeof(text)));
        return 2;
    }
    survey.rows = calloc(ims_quirk_row_count(), sizeof(*survey.rows));
    survey.ids = witness_ids(every, &survey.id_count);
    if (!survey.rows)
        abort();
    for (unsigned k = 0; k < kernel_count; k++)
        for (unsigned i = 0; i < survey.id_count; i++)
            ask(&survey, &kernels[k], &survey.ids[i]);
    struct lab_pool *pool = lab_pool_start(run->jobs, survey.batch_count, work, &survey);
    for (unsigned i = 0; i < survey.batch_count; i++) {
        lab_pool_wait(pool, i);
        judge_batch(&survey, i, &outcomes[survey.batches[i].kernel - kernels]);
    }
    lab_pool_finish(pool);
    for (unsigned k = 0; k < kernel_count; k++) {
        tap_ok(&run->tap, outcomes[k].differences == 0 && outcomes[k].shown > 0,
               "%s quirk ids: %u shown, %u shown to be absent, %u whose window was open, %u "
               "differences",
               kernels[k].name, outcomes[k].shown, outcomes[k].absent, outcomes[k].open,
               outcomes[k].differences);
        lab_kernel_done(&kernels[k]);
    }
    report_rows(run, &survey);
    survey_done(&survey);
    bulk_setup_done(&setup);
    return tap_done(&run->tap);
}
