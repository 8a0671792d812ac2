/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel.h"
#include "pool.h"
#include "shrink.h"
#include "verdict.h"

#define TRACE_LINES 40u
#define KVM_DEADLINE_SECONDS 20u

struct job {
    struct lab_boot boot;
    bool differs; /* from the prediction */
};

/* What one kernel did, for the table. */
struct tally {
    unsigned boots, failed, compared, exact;
    unsigned long functions, differences, numbers, numbers_matched;
    double seconds;
};

struct queue {
    const struct lab_options *options;
    struct job *jobs;
    unsigned count;
};

/* ---- machines ---- */

void lab_run_add_machine(struct lab_run *run, const char *path, bool quick_only)
{
    struct lab_machine *machine = NULL;
    struct ims_error error = {0};
    char text[1024];
    if (lab_machine_read(path, &machine, &error) < 0) {
        tap_ok(&run->tap, false, "%s cannot be read", path);
        printf("# %s\n", ims_error_format(&error, text, sizeof(text)));
        return;
    }
    if (quick_only && !machine->quick) {
        lab_machine_free(machine);
        return;
    }
    run->machines = realloc(run->machines, (run->machine_count + 1u) * sizeof(*run->machines));
    if (!run->machines)
        abort();
    run->machines[run->machine_count++] = machine;
}

static void free_machines(struct lab_run *run)
{
    for (unsigned i = 0; i < run->machine_count; i++)
        lab_machine_free(run->machines[i]);
    free(run->machines);
}

int lab_run_check(struct lab_run *run)
{
    for (unsigned i = 0; i < run->machine_count; i++)
        tap_ok(&run->tap, true, "%s: %s", run->machines[i]->name, run->machines[i]->title);
    free_machines(run);
    return tap_done(&run->tap);
}

/* ---- boots ---- */

static void work(void *context, unsigned index)
{
    struct queue *queue = context;
    lab_boot_run(queue->options, &queue->jobs[index].boot);
}

/* The last lines of a text, each as a comment. */
static void print_comment(const char *text, unsigned lines_max)
{
    unsigned lines = 0;
    for (const char *c = text; *c; c++)
        lines += *c == '\n' || c[1] == '\0';
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (lines-- <= lines_max) {
            printf("#   ");
            for (size_t i = 0; i < length; i++)
                putchar((unsigned char)text[i] < ' ' ? ' ' : text[i]);
            printf("\n");
        }
        text += length + (text[length] == '\n');
    }
}

static void print_failure(const struct lab_boot *boot, const struct lab_verdict *verdict)
{
    print_comment(verdict->problems, UINT32_MAX);
    if (boot->trace.length > 0)
        print_comment(boot->trace.data, TRACE_LINES);
    /* A generated machine is gone tomorrow: print it. */
    if (strncmp(boot->machine->title, "Random", 6) == 0) {
        printf("# %s says:\n#   # %s\n", boot->machine->path, boot->machine->title);
        for (unsigned i = 0; i < boot->machine->count; i++)
            printf("#   %s %s\n", lab_keyword_name(boot->machine->statements[i].keyword),
                   boot->machine->statements[i].text);
    }
}

/* A fixture is judged by the replay test, which knows boot order only. */
static void save_fixture(const char *folder, const struct lab_boot *boot)
{
    char path[1024];
    const struct ims_text *capture = lab_frames_find(&boot->frames, "capture");
    const struct ims_kernel_version *version = &boot->kernel->version;
    if (lab_machine_next(boot->machine, LAB_DIFFERS, version, NULL) ||
        lab_machine_next(boot->machine, LAB_PROBE, version, NULL)) {
        printf("# not saved: the replay test computes what is so at boot\n");
        return;
    }
    snprintf(path, sizeof(path), "%s/%s-%d.%d.json", folder, boot->machine->name, version->major,
             version->minor);
    FILE *stream = fopen(path, "we");
    if (!stream || fwrite(capture->data, 1, capture->length, stream) != capture->length)
        printf("# %s cannot be written\n", path);
    if (stream)
        fclose(stream);
}

static void judge(struct lab_run *run, struct job *job, struct tally *tally)
{
    const struct lab_boot *boot = &job->boot;
    struct lab_verdict verdict;
    lab_verdict_reach(&run->options, boot, &verdict);
    bool ok = verdict.problems_length == 0;
    tap_ok(&run->tap, ok, "%s %s: %u functions, %u in groups%s, %.1f s%s", boot->kernel->name,
           boot->machine->name, verdict.functions, verdict.grouped,
           !verdict.order_known                         ? ""
           : verdict.numbers_matched == verdict.grouped ? ", numbers too"
                                                        : ", other numbers",
           boot->seconds, boot->attempts > 1 ? ", second attempt" : "");
    if (!ok)
        print_failure(boot, &verdict);
    if (run->print_groups && verdict.groups)
        fputs(verdict.groups, stdout);
    if (ok && run->fixtures)
        save_fixture(run->fixtures, boot);
    job->differs = !ok && verdict.differences > 0;
    tally->boots++;
    tally->failed += !ok;
    tally->compared += verdict.partition_compared;
    tally->exact += verdict.partition_compared && verdict.differences == 0;
    tally->functions += verdict.functions;
    tally->differences += verdict.differences;
    tally->numbers += verdict.order_known ? verdict.grouped : 0;
    tally->numbers_matched += verdict.order_known ? verdict.numbers_matched : 0;
    tally->seconds += boot->seconds;
    lab_verdict_done(&verdict);
}

static void print_table(const struct lab_kernel *kernels, const struct tally *tallies,
                        unsigned count, double wall_seconds)
{
    printf("# %-12s %8s %9s %15s %11s %15s %7s %8s\n", "kernel", "machines", "functions",
           "exact partition", "differences", "numbers matched", "failed", "seconds");
    for (unsigned i = 0; i < count; i++) {
        const struct tally *tally = &tallies[i];
        char exact[32], numbers[32];
        if (tally->boots == 0)
            continue;
        snprintf(exact, sizeof(exact), "%u of %u", tally->exact, tally->compared);
        snprintf(numbers, sizeof(numbers), "%lu of %lu", tally->numbers_matched, tally->numbers);
        printf("# %-12s %8u %9lu %15s %11lu %15s %7u %8.1f\n", kernels[i].name, tally->boots,
               tally->functions, exact, tally->differences, numbers, tally->failed, tally->seconds);
    }
    printf("# %.1f s in all\n", wall_seconds);
}

/* ---- kernels ---- */

static unsigned find_kernels(struct lab_run *run, struct lab_kernel kernels[LAB_KERNEL_MAX])
{
    unsigned count = 0;
    struct ims_error error;
    char path[1024];
    struct dirent **entries;
    for (unsigned i = 0; i < run->kernel_count; i++) {
        if (lab_kernel_find(run->options.cache, run->kernel_names[i], &kernels[count], &error) == 0)
            count++;
        else if (!tap_ok(&run->tap, false, "kernel %s", run->kernel_names[i]))
            printf("# %s\n", error.message);
    }
    if (run->kernel_count > 0)
        return count;
    snprintf(path, sizeof(path), "%s/kernels", run->options.cache);
    int found = scandir(path, &entries, NULL, versionsort);
    for (int i = 0; i < found; i++) {
        const char *name = entries[i]->d_name;
        if (name[0] != '.' && count < LAB_KERNEL_MAX) {
            if (lab_kernel_find(run->options.cache, name, &kernels[count], &error) == 0)
                count++;
            else if (!tap_ok(&run->tap, false, "kernel %s", name))
                printf("# %s\n", error.message);
        }
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    if (count == 0)
        tap_ok(&run->tap, false, "%s holds a kernel", path);
    return count;
}

unsigned lab_run_find_kernels(struct lab_run *run, struct lab_kernel kernels[LAB_KERNEL_MAX])
{
    unsigned count = find_kernels(run, kernels);
    for (unsigned i = 0; i < count && !run->options.accel; i++)
        if (kernels[i].arch == LAB_AMD64)
            run->options.accel =
                lab_accel_choose(&run->options, &kernels[i], "/dev/kvm", KVM_DEADLINE_SECONDS);
    return count;
}

/* Every machine with every kernel that it is for. */
static unsigned make_jobs(struct lab_run *run, const struct lab_kernel *kernels,
                          unsigned kernel_count, struct job **ret)
{
    unsigned count = 0;
    struct job *jobs = calloc((size_t)run->machine_count * kernel_count + 1u, sizeof(*jobs));
    if (!jobs)
        abort();
    for (unsigned i = 0; i < run->machine_count; i++) {
        const struct lab_machine *machine = run->machines[i];
        unsigned before = count;
        for (unsigned j = 0; j < kernel_count; j++) {
            if (kernels[j].arch == machine->arch &&
                lab_range_holds(&machine->kernels, &kernels[j].version)) {
                jobs[count].boot.machine = machine;
                jobs[count++].boot.kernel = &kernels[j];
            }
        }
        if (count == before)
            tap_skip(&run->tap, "none of the kernels is for this machine", "%s", machine->name);
    }
    *ret = jobs;
    return count;
}

int lab_run_boots(struct lab_run *run)
{
    struct lab_kernel kernels[LAB_KERNEL_MAX];
    struct tally tallies[LAB_KERNEL_MAX] = {0};
    struct queue queue = {.options = &run->options};
    struct timespec begin, end;
    unsigned kernel_count = lab_run_find_kernels(run, kernels);
    queue.count = make_jobs(run, kernels, kernel_count, &queue.jobs);
    if (queue.count == 0)
        tap_ok(&run->tap, false, "there is a machine for one of the kernels");
    clock_gettime(CLOCK_MONOTONIC, &begin);
    struct lab_pool *pool = lab_pool_start(run->jobs, queue.count, work, &queue);
    for (unsigned i = 0; i < queue.count; i++) {
        lab_pool_wait(pool, i);
        judge(run, &queue.jobs[i], &tallies[queue.jobs[i].boot.kernel - kernels]);
        lab_boot_done(&queue.jobs[i].boot);
    }
    lab_pool_finish(pool);
    clock_gettime(CLOCK_MONOTONIC, &end);
    print_table(kernels, tallies, kernel_count,
                (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    for (unsigned i = 0; run->shrink && i < queue.count; i++) {
        const struct lab_boot *boot = &queue.jobs[i].boot;
        for (unsigned j = 0; queue.jobs[i].differs && j < run->machine_count; j++) {
            if (run->machines[j] == boot->machine)
                lab_shrink(&run->options, run->machines[j], boot->kernel);
        }
    }
    for (unsigned i = 0; i < kernel_count; i++)
        lab_kernel_done(&kernels[i]);
    free(queue.jobs);
    free_machines(run);
    return tap_done(&run->tap);
}
