/* SPDX-License-Identifier: MIT */

/*
 * Runs the inputs of folders through a fuzz target, without a fuzzing engine:
 *
 *     fuzz-NAME DIR|FILE...
 *
 * Prints one TAP line for each input, before the plan: an input that stops the program is seen.
 */

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

/* The whole file on the heap, not a byte more, so that a read behind its end is caught. */
static uint8_t *file_read(const char *path, size_t *ret_size_bytes)
{
    struct stat status;
    uint8_t *data = NULL;
    FILE *stream = fopen(path, "rb");

    if (stream == NULL)
        return NULL;
    if (fstat(fileno(stream), &status) == 0 && S_ISREG(status.st_mode)) {
        *ret_size_bytes = (size_t)status.st_size;
        data = malloc(*ret_size_bytes > 0 ? *ret_size_bytes : 1);
        if (data != NULL && fread(data, 1, *ret_size_bytes, stream) != *ret_size_bytes) {
            free(data);
            data = NULL;
        }
    }
    fclose(stream);
    return data;
}

static unsigned count;
static unsigned failed;

static void file_replay(const char *path, const char *name)
{
    size_t size_bytes = 0;
    uint8_t *data = file_read(path, &size_bytes);

    count++;
    if (data == NULL) {
        failed++;
        printf("not ok %u - %s\n# cannot read %s\n", count, name, path);
        return;
    }
    (void)LLVMFuzzerTestOneInput(data, size_bytes);
    free(data);
    printf("ok %u - %s\n", count, name);
    fflush(stdout);
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void folder_replay(const char *folder)
{
    struct dirent **entries;
    int entry_count = scandir(folder, &entries, is_input, alphasort);

    if (entry_count < 0) {
        file_replay(folder, folder); /* a file, or a name that cannot be read and fails there */
        return;
    }
    for (int i = 0; i < entry_count; i++) {
        size_t path_bytes = strlen(folder) + strlen(entries[i]->d_name) + 2;
        char *path = malloc(path_bytes);

        if (path == NULL)
            abort();
        snprintf(path, path_bytes, "%s/%s", folder, entries[i]->d_name);
        file_replay(path, entries[i]->d_name);
        free(path);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        folder_replay(argv[i]);
    if (count == 0) {
        count = failed = 1;
        printf("not ok 1 - there are inputs to replay\n");
    }
    printf("1..%u\n", count);
    return failed == 0 ? 0 : 1;
}
