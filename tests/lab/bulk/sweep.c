/* SPDX-License-Identifier: MIT */
#include "bulk/sweep.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulk/batch.h"
#include "pool.h"

#define BATCH_SIZE 500u
#define SHOWN_MAX 3u /* differences that are shrunk and printed, per batch */

struct batches {
    const struct bulk_request *request;
    struct bulk_batch *all;
    unsigned count;
};

struct tally {
    struct bulk_count count;
    double seconds;
};

/* The release as the library reads it. */
static void release_of(const struct lab_kernel *kernel, char release[32])
{
    snprintf(release, 32, "%d.%d.%d", kernel->version.major, kernel->version.minor,
             kernel->version.patch);
}

/* The same machines for a kernel whichever other kernels there are; others for each kernel. */
static uint64_t seed_of(const struct bulk_request *request, const struct lab_kernel *kernel,
                        unsigned turn)
{
    struct rng rng = {request->seed + turn};
    for (const char *c = kernel->name; *c; c++)
        rng.state = rng_next(&rng) + (unsigned char)*c;
    return rng_next(&rng) | 1;
}

/* Machines whose firmware has AMD's table go into other boots than those without. */
static void draw_batch(struct bulk_batch *batch)
{
    struct rng rng = {batch->seed};
    char release[32];
    release_of(batch->kernel, release);
    for (unsigned i = 0; i < batch->count;) {
        struct bulk_case *bulk = &batch->cases[i];
        bulk_draw(&rng, release, bulk);
        if ((bulk->sketch.machine.ivrs == IMS_YES) == batch->ivrs)
            i++;
        else
            bulk_case_done(bulk);
    }
}

static void work(void *context, unsigned index)
{
    struct batches *batches = context;
    struct bulk_batch *batch = &batches->all[index];
    if (!batch->cases) {
        batch->cases = calloc(batch->count + 1u, sizeof(*batch->cases));
        if (!batch->cases)
            abort();
        draw_batch(batch);
    }
    bulk_batch_boot(batch);
}

static void print_comments(const char *text)
{
    while (*text) {
        int length = (int)strcspn(text, "\n");
        printf("# %.*s\n", length, text);
        text += length + (text[length] == '\n');
    }
}

/* Shrinks a case that differs and prints it. */
static void show_difference(const struct bulk_batch *batch, unsigned index)
{
    struct bulk_case *bulk = &batch->cases[index];
    struct bulk_answer *answer = &batch->answers[index];
    struct bulk_count count = {0};
    char why[BULK_WHY_SIZE] = "";
    char *text = NULL;
    size_t length;
    bool answered = !answer->error[0];
    if (answered)
        bulk_shrink(batch, bulk, answer);
    bulk_judge(bulk, answer, &count, why);
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        abort();
    bulk_print_scenario(bulk, answer, why, stream);
    fclose(stream);
    printf("# machine %u%s\n", index,
           answered ? "; the smallest that was found, as a scenario:" : ": no answer to judge:");
    print_comments(text);
    free(text);
}

static void judge_batch(struct bulk_batch *batch, struct bulk_count *count)
{
    unsigned shown = 0;
    for (unsigned i = 0; i < batch->count; i++) {
        char why[BULK_WHY_SIZE];
        if (bulk_judge(&batch->cases[i], &batch->answers[i], count, why))
            continue;
        if (++shown <= SHOWN_MAX)
            show_difference(batch, i);
    }
}

static void add_count(struct bulk_count *to, const struct bulk_count *from)
{
    to->machines += from->machines;
    to->functions += from->functions;
    to->groups += from->groups;
    to->exact += from->exact;
    to->differences += from->differences;
    to->numbered += from->numbered;
    to->numbers += from->numbers;
    to->registers += from->registers;
}

static void report(struct lab_run *run, struct bulk_batch *batch, struct tally *tally)
{
    struct bulk_count count = {0};
    judge_batch(batch, &count);
    bool ok = count.differences == 0 && count.machines > 0 && !batch->problems[0];
    tap_ok(&run->tap, ok,
           "%s bulk%s: %lu machines, %lu functions, %lu partitions equal, numbers of %lu of %lu, "
           "%lu ACS control words, %.1f s",
           batch->kernel->name, batch->ivrs ? " with AMD's table" : "", count.machines,
           count.functions, count.exact, count.numbers, count.numbered, count.registers,
           batch->seconds);
    print_comments(batch->problems);
    if (!ok && batch->seed)
        printf("# repeat: lab bulk --kernel %s --seed %llu --count %u\n", batch->kernel->name,
               (unsigned long long)batch->request_seed, batch->request_count);
    add_count(&tally->count, &count);
    tally->seconds += batch->seconds;
}

static void record(const struct bulk_batch *batch, FILE *stream)
{
    for (unsigned i = 0; i < batch->count; i++)
        if (!batch->answers[i].error[0])
            bulk_record_write(&batch->cases[i], &batch->answers[i], stream);
}

static void print_table(const struct lab_kernel *kernels, const struct tally *tallies,
                        unsigned count)
{
    printf("# %-12s %10s %9s %16s %11s %16s %9s %8s\n", "kernel", "topologies", "functions",
           "exact partitions", "differences", "numbers matched", "registers", "seconds");
    for (unsigned i = 0; i < count; i++) {
        const struct bulk_count *tally = &tallies[i].count;
        char numbers[48];
        snprintf(numbers, sizeof(numbers), "%lu of %lu", tally->numbers, tally->numbered);
        printf("# %-12s %10lu %9lu %16lu %11lu %16s %9lu %8.1f\n", kernels[i].name, tally->machines,
               tally->functions, tally->exact, tally->differences, numbers, tally->registers,
               tallies[i].seconds);
    }
}

/* Batches of random machines, with and without AMD's table by turns; kernels by turns too. */
static void plan(const struct bulk_setup *setup, const struct lab_kernel *kernels,
                 unsigned kernel_count, struct batches *batches)
{
    unsigned per_kernel = (batches->request->count + BATCH_SIZE - 1) / BATCH_SIZE;
    if (per_kernel < 2 && batches->request->count >= 2)
        per_kernel = 2;
    batches->count = per_kernel * kernel_count;
    batches->all = calloc(batches->count + 1u, sizeof(*batches->all));
    if (!batches->all)
        abort();
    for (unsigned i = 0; i < batches->count; i++) {
        unsigned turn = i / kernel_count;
        unsigned share = batches->request->count / per_kernel;
        batches->all[i] = (struct bulk_batch){
            .setup = setup,
            .kernel = &kernels[i % kernel_count],
            .ivrs = turn % 2 == 1,
            .seed = seed_of(batches->request, &kernels[i % kernel_count], turn),
            .request_seed = batches->request->seed,
            .request_count = batches->request->count,
            .count = share + (turn < batches->request->count % per_kernel),
        };
    }
}

/* The cases of a file. */
static void plan_cases(struct lab_run *run, const struct bulk_setup *setup,
                       const struct lab_kernel *kernel, struct batches *batches)
{
    for (unsigned ivrs = 0; ivrs < 2; ivrs++) {
        struct bulk_batch batch = {.setup = setup, .kernel = kernel, .ivrs = ivrs == 1};
        char release[32], why[BULK_WHY_SIZE];
        release_of(kernel, release);
        if (!bulk_cases_read(batches->request->cases, release, batch.ivrs, &batch.cases,
                             &batch.count, why)) {
            tap_ok(&run->tap, false, "%s", batches->request->cases);
            printf("# %s\n", why);
        }
        if (batch.count == 0)
            continue;
        batches->all = realloc(batches->all, (batches->count + 1u) * sizeof(*batches->all));
        if (!batches->all)
            abort();
        batches->all[batches->count++] = batch;
    }
}

static int run_batches(struct lab_run *run, struct batches *batches,
                       const struct lab_kernel *kernels, unsigned kernel_count)
{
    struct tally tallies[LAB_KERNEL_MAX] = {0};
    const char *path = batches->request->record;
    FILE *stream = path ? fopen(path, "we") : NULL;
    if (path && !stream)
        tap_ok(&run->tap, false, "%s cannot be written", path);
    printf("# seed %llu\n", (unsigned long long)batches->request->seed);
    struct lab_pool *pool = lab_pool_start(run->jobs, batches->count, work, batches);
    for (unsigned i = 0; i < batches->count; i++) {
        struct bulk_batch *batch = &batches->all[i];
        lab_pool_wait(pool, i);
        if (stream)
            record(batch, stream);
        report(run, batch, &tallies[batch->kernel - kernels]);
        fflush(stdout);
        bulk_batch_done(batch);
    }
    lab_pool_finish(pool);
    if (stream && fclose(stream) != 0)
        tap_ok(&run->tap, false, "%s cannot be written", path);
    print_table(kernels, tallies, kernel_count);
    return tap_done(&run->tap);
}

unsigned bulk_find_kernels(struct lab_run *run, const struct bulk_request *request,
                           struct lab_kernel kernels[LAB_KERNEL_MAX])
{
    unsigned found = lab_run_find_kernels(run, kernels), count = 0;
    if (run->kernel_count > 0)
        return found;
    for (unsigned i = 0; i < found; i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/%s/iommulab.ko", request->modules, kernels[i].name);
        if (access(path, R_OK) == 0)
            kernels[count++] = kernels[i];
        else
            lab_kernel_done(&kernels[i]);
    }
    if (count == 0)
        tap_ok(&run->tap, false, "%s has a module (tests/lab/prepare compiles it)",
               request->modules);
    return count;
}

int bulk_run(struct lab_run *run, const struct bulk_request *request)
{
    struct lab_kernel kernels[LAB_KERNEL_MAX];
    struct batches batches = {.request = request};
    struct ims_error error = {0};
    char text[1024];
    unsigned kernel_count = bulk_find_kernels(run, request, kernels);
    struct bulk_setup setup = {.options = run->options, .modules = request->modules};
    if (kernel_count == 0)
        return tap_done(&run->tap);
    if (bulk_setup_init(&setup, request->machines, &error) < 0) {
        fprintf(stderr, "lab: %s\n", ims_error_format(&error, text, sizeof(text)));
        return 2;
    }
    if (request->count > 0)
        plan(&setup, kernels, kernel_count, &batches);
    for (unsigned i = 0; request->cases && i < kernel_count; i++)
        plan_cases(run, &setup, &kernels[i], &batches);
    int status = run_batches(run, &batches, kernels, kernel_count);
    free(batches.all);
    bulk_setup_done(&setup);
    for (unsigned i = 0; i < kernel_count; i++)
        lab_kernel_done(&kernels[i]);
    return status;
}

/* ---- records ---- */

static void rejudge_file(const char *path, struct tap *tap)
{
    struct bulk_count count = {0};
    char *text = bulk_file_read(path), *rest = text;
    bool readable = text != NULL;
    while (readable && *rest) {
        struct bulk_case bulk;
        struct bulk_answer answer;
        char why[BULK_WHY_SIZE];
        readable = bulk_record_read(&rest, &bulk, &answer, why);
        if (!readable)
            printf("# %s\n", why);
        else if (!bulk_judge(&bulk, &answer, &count, why) && count.differences <= SHOWN_MAX)
            bulk_print_scenario(&bulk, &answer, why, stderr);
        bulk_case_done(&bulk);
        bulk_answer_done(&answer);
    }
    tap_ok(tap,
           readable && count.machines > 0 && count.differences == 0 &&
               count.numbers == count.numbered,
           "%s: %lu machines, %lu functions, %lu differences, numbers of %lu of %lu", path,
           count.machines, count.functions, count.differences, count.numbers, count.numbered);
    free(text);
}

int bulk_rejudge(char **paths, struct tap *tap)
{
    for (; *paths; paths++)
        rejudge_file(*paths, tap);
    return tap_done(tap);
}
