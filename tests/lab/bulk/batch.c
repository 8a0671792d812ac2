/* SPDX-License-Identifier: MIT */
#include "bulk/batch.h"

#include <stdlib.h>
#include <string.h>

#include "initramfs.h"
#include "verdict.h"

#define PATH_SIZE 1024u

int bulk_setup_init(struct bulk_setup *setup, const char *folder, struct ims_error *reterr)
{
    static const char *const names[] = {"plain", "ivrs"};
    for (unsigned i = 0; i < 2; i++) {
        char path[PATH_SIZE];
        snprintf(path, sizeof(path), "%s/%s.machine", folder, names[i]);
        int r = lab_machine_read(path, &setup->machines[i], reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

void bulk_setup_done(struct bulk_setup *setup)
{
    for (unsigned i = 0; i < 2; i++)
        lab_machine_free(setup->machines[i]);
}

const char *bulk_case_name(unsigned index, char name[BULK_NAME_SIZE])
{
    snprintf(name, BULK_NAME_SIZE, "m%u", index);
    return name;
}

/* The module and the lines for it, as one more archive. Returns 0 or a negative errno. */
static int make_archive(const struct bulk_batch *batch, struct ims_text *archive)
{
    char path[PATH_SIZE], name[BULK_NAME_SIZE];
    char *lines = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&lines, &length);
    if (!stream)
        abort();
    for (unsigned i = 0; i < batch->count; i++)
        bulk_write(&batch->cases[i], bulk_case_name(i, name), stream);
    fclose(stream);
    snprintf(path, sizeof(path), "%s/%s/iommulab.ko", batch->setup->modules, batch->kernel->name);
    int r = lab_archive_copy(archive, "lab/iommulab.ko", false, path);
    lab_archive_file(archive, "lab/bulk", false, lines, length);
    lab_archive_end(archive);
    free(lines);
    return r;
}

/* What the boot said beside the answers: a kernel that stumbles is no judge. */
static void find_problems(const struct lab_boot *boot, FILE *stream)
{
    const struct ims_text *log = lab_frames_find(&boot->frames, "log");
    const struct ims_text *end = lab_frames_find(&boot->frames, "end");
    if (boot->trouble[0])
        fprintf(stream, "%s\n", boot->trouble);
    if (boot->timed_out)
        fprintf(stream, "no end after %u seconds\n",
                boot->seconds > 0 ? (unsigned)boot->seconds : 0);
    if (boot->frames.damage[0])
        fprintf(stream, "%s\n", boot->frames.damage);
    if (boot->status != 0 && !boot->timed_out && !boot->trouble[0])
        fprintf(stream, "QEMU ended with wait status %#x\n", (unsigned)boot->status);
    if (!end)
        fprintf(stream, "the guest did not come to its end\n");
    else if (end->length)
        fprintf(stream, "the guest says: %s\n", end->data);
    if (log && log->length)
        lab_kernel_log_stumbles(log->data, stream);
    if (boot->trace.length && (boot->trouble[0] || !end))
        fprintf(stream, "%s\n", boot->trace.data);
}

void bulk_batch_boot(struct bulk_batch *batch)
{
    struct lab_options options = batch->setup->options;
    struct ims_text archive = {0};
    size_t problems_length;
    FILE *stream = open_memstream(&batch->problems, &problems_length);
    struct lab_boot boot = {
        .machine = batch->setup->machines[batch->ivrs], .kernel = batch->kernel, .extra = &archive};
    batch->answers = calloc(batch->count + 1u, sizeof(*batch->answers));
    if (!stream || !batch->answers)
        abort();
    int r = make_archive(batch, &archive);
    if (r < 0) {
        fprintf(stream, "%s/%s/iommulab.ko: %s\n", batch->setup->modules, batch->kernel->name,
                strerror(-r));
    } else {
        options.deadline_seconds += batch->count / 2;
        options.keep = NULL; /* every batch would be kept under the same name */
        lab_boot_run(&options, &boot);
        find_problems(&boot, stream);
    }
    const struct ims_text *bulk = lab_frames_find(&boot.frames, "bulk");
    const char *text = bulk && bulk->length ? bulk->data : "";
    for (unsigned i = 0; i < batch->count; i++) {
        char name[BULK_NAME_SIZE];
        bulk_read(&batch->cases[i], bulk_case_name(i, name), &text, &batch->answers[i]);
    }
    fclose(stream);
    batch->seconds = boot.seconds;
    lab_boot_done(&boot);
    ims_text_done(&archive);
}

void bulk_batch_done(struct bulk_batch *batch)
{
    for (unsigned i = 0; i < batch->count; i++) {
        bulk_case_done(&batch->cases[i]);
        if (batch->answers)
            bulk_answer_done(&batch->answers[i]);
    }
    free(batch->cases);
    free(batch->answers);
    free(batch->problems);
}
