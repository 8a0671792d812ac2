/* SPDX-License-Identifier: MIT */
#include "laws.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iommuscope/source.h"

/* One machine in several forms: the same groups. */

static bool load(const char *form, const char *path, const struct sketch *sketch,
                 const struct trial *trial, const int *expected, char why[WHY_SIZE])
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    struct judged judged;
    int *got = calloc(sketch->count + 1u, sizeof(*got));
    if (!got)
        abort();
    bool ok;
    if (ims_source_load(path, NULL, &topology, &error) < 0)
        ok = law_fails(why, "the %s form is refused: %s", form, error.message);
    else
        ok = judge_topology(topology, trial, &judged, why);
    if (ok) {
        ok = judged_groups(&judged, sketch, got, why) &&
             same_partition(sketch, expected, "the sketch", got, form, why);
        judged_done(&judged);
    }
    free(got);
    return ok;
}

static bool write_file(const char *path, const struct sketch *sketch, const char *text,
                       char why[WHY_SIZE])
{
    FILE *stream = fopen(path, "wb");
    if (!stream)
        return law_fails(why, "%s: %s", path, strerror(errno));
    if (text)
        fputs(text, stream);
    else
        sketch_write_hex(sketch, stream);
    return fclose(stream) == 0 || law_fails(why, "%s: %s", path, strerror(errno));
}

static bool all_forms(const struct sketch *sketch, const struct trial *trial,
                      const struct judged *judged, const int *expected, const char *directory,
                      char why[WHY_SIZE])
{
    char path[512];
    char *snapshot = NULL;
    struct ims_error error = {0};
    if (ims_snapshot_write(judged->topology, NULL, &snapshot, &error) < 0)
        return law_fails(why, "no snapshot: %s", error.message);
    snprintf(path, sizeof(path), "%s/snapshot", directory);
    bool ok = write_file(path, NULL, snapshot, why) &&
              load("snapshot", path, sketch, trial, expected, why);
    free(snapshot);
    snprintf(path, sizeof(path), "%s/hex", directory);
    ok = ok && write_file(path, sketch, NULL, why) &&
         load("hex dump", path, sketch, trial, expected, why);
    snprintf(path, sizeof(path), "%s/host", directory);
    char message[WHY_SIZE];
    if (ok && sketch_write_sysfs(sketch, path, message, sizeof(message)) < 0)
        ok = law_fails(why, "%.400s", message);
    return ok && load("sysfs tree", path, sketch, trial, expected, why);
}

bool law_forms(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    const char *base = getenv("TMPDIR");
    char directory[256];
    struct judged judged;
    int *expected = calloc(sketch->count + 1u, sizeof(*expected));
    snprintf(directory, sizeof(directory), "%s/ims-forms-XXXXXX", base && *base ? base : "/tmp");
    if (!expected || !mkdtemp(directory))
        abort();
    bool ok = judge(sketch, trial, &judged, why);
    if (ok) {
        ok = judged_groups(&judged, sketch, expected, why) &&
             all_forms(sketch, trial, &judged, expected, directory, why);
        judged_done(&judged);
    }
    sketch_remove_tree(directory);
    free(expected);
    return ok;
}

/* The sketch language itself: printed and read back, it prints the same. */
bool law_language(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    char *texts[2] = {NULL, NULL};
    struct sketch again = {0};
    char message[WHY_SIZE];
    (void)trial;
    for (unsigned i = 0; i < 2; i++) {
        size_t size;
        FILE *stream = open_memstream(&texts[i], &size);
        if (!stream)
            abort();
        sketch_print(i ? &again : sketch, stream);
        fclose(stream);
        if (i == 0 && sketch_parse(&again, texts[0], message, sizeof(message)) < 0) {
            free(texts[0]);
            sketch_done(&again);
            return law_fails(why, "%.400s", message);
        }
    }
    bool ok = strcmp(texts[0], texts[1]) == 0 || law_fails(why, "it reads back as another machine");
    free(texts[0]);
    free(texts[1]);
    sketch_done(&again);
    return ok;
}
