/* SPDX-License-Identifier: MIT */
#include "story.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE 1024u

static int add_file(struct ims_text *archive, const char *target, bool executable,
                    const char *source, char *problem, size_t problem_bytes)
{
    int r = lab_archive_copy(archive, target, executable, source);
    if (r < 0)
        snprintf(problem, problem_bytes, "%.200s: %s", source, strerror(-r));
    return r;
}

/* Folders of a path, each once in the archive; more often does no harm. */
static void add_folders(struct ims_text *archive, const char *path)
{
    char folder[PATH_SIZE];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
        lab_archive_folder(archive, folder);
    }
}

static int read_release(const struct lab_kernel *kernel, char *release, size_t release_bytes)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof(path), "%s/release", kernel->folder);
    FILE *stream = fopen(path, "re");
    bool read = stream && fgets(release, (int)release_bytes, stream);
    if (stream)
        fclose(stream);
    release[read ? strcspn(release, "\n") : 0] = '\0';
    return read ? 0 : -1;
}

/* At their places below /lib/modules, with the index: nothing is loaded until modprobe is asked. */
static int add_modules(const struct lab_boot *boot, struct ims_text *archive, char *problem,
                       size_t problem_bytes)
{
    const struct lab_kernel *kernel = boot->kernel;
    const struct lab_statement *statement = NULL;
    struct ims_text files = {0};
    struct ims_error error = {0};
    char source[PATH_SIZE], target[PATH_SIZE], release[128];
    int r = 0;
    while (r == 0 &&
           (statement = lab_machine_next(boot->machine, LAB_MODPROBE, &kernel->version, statement)))
        r = lab_kernel_modules(kernel, statement->text, &files, &error);
    if (r < 0)
        snprintf(problem, problem_bytes, "%s", error.message);
    if (r == 0 && files.length > 0 && (r = read_release(kernel, release, sizeof(release))) < 0)
        snprintf(problem, problem_bytes, "%.200s/release cannot be read", kernel->folder);
    for (const char *line = ims_text_get(&files); r == 0 && line && *line;) {
        int length = (int)strcspn(line, "\n");
        snprintf(source, sizeof(source), "%s/modules/%.*s", kernel->folder, length, line);
        snprintf(target, sizeof(target), "lib/modules/%s/%.*s", release, length, line);
        add_folders(archive, target);
        r = add_file(archive, target, false, source, problem, problem_bytes);
        line += length + (line[length] == '\n');
    }
    if (r == 0 && files.length > 0) {
        snprintf(source, sizeof(source), "%s/modules/modules.dep", kernel->folder);
        snprintf(target, sizeof(target), "lib/modules/%s/modules.dep", release);
        r = add_file(archive, target, false, source, problem, problem_bytes);
    }
    ims_text_done(&files);
    return r;
}

int lab_story_add(const struct lab_options *options, const struct lab_boot *boot,
                  struct ims_text *archive, char *problem, size_t problem_bytes)
{
    static const char *const folders[] = {"bin", "sbin", "usr", "usr/bin", "usr/sbin", "etc"};
    static const char *const programs[] = {"lab-vfio", "lab-watch"};
    const struct lab_statement *story = lab_machine_next(boot->machine, LAB_STORY, NULL, NULL);
    const char *arch = lab_arch_name(boot->kernel->arch);
    char source[PATH_SIZE];
    int r = add_modules(boot, archive, problem, problem_bytes);
    if (r < 0 || !story)
        return r;
    for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        lab_archive_folder(archive, folders[i]);
    snprintf(source, sizeof(source), "%s/busybox-%s/busybox", options->cache, arch);
    r = add_file(archive, "bin/busybox", true, source, problem, problem_bytes);
    for (unsigned i = 0; r == 0 && i < sizeof(programs) / sizeof(programs[0]); i++) {
        char target[64];
        snprintf(source, sizeof(source), "%s-%s/tests/lab/guest/%s", options->guest, arch,
                 programs[i]);
        snprintf(target, sizeof(target), "bin/%s", programs[i]);
        r = add_file(archive, target, true, source, problem, problem_bytes);
    }
    snprintf(source, sizeof(source), "%s/helpers.sh", options->stories);
    if (r == 0)
        r = add_file(archive, "lab/helpers.sh", false, source, problem, problem_bytes);
    snprintf(source, sizeof(source), "%s/%s.sh", options->stories, story->text);
    if (r == 0)
        r = add_file(archive, "lab/story", false, source, problem, problem_bytes);
    return r;
}
