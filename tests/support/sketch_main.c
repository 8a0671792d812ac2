/* SPDX-License-Identifier: MIT */
#include "sketch.h"

#include <stdlib.h>
#include <string.h>

#include "iommuscope/source.h"

/* sketch --to snapshot|hex|sysfs|sketch FILE OUT: see README.md. */

static char *read_all(const char *path)
{
    FILE *stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    size_t size = 0, capacity = 65536;
    char *text = malloc(capacity);
    if (!stream || !text) {
        free(text);
        return NULL;
    }
    for (;;) {
        size_t got = fread(text + size, 1, capacity - size - 1, stream);
        size += got;
        if (!got)
            break;
        if (size + 1 == capacity) {
            char *larger = realloc(text, capacity *= 2);
            if (!larger) {
                free(text);
                return NULL;
            }
            text = larger;
        }
    }
    text[size] = '\0';
    if (stream != stdin)
        fclose(stream);
    return text;
}

static int write_snapshot(const struct sketch *sketch, FILE *stream)
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    char *text = NULL;
    int r = sketch_seal(sketch, &topology, &error);
    if (r == 0)
        r = ims_topology_check(topology, &error);
    if (r == 0)
        r = ims_snapshot_write(topology, NULL, &text, &error);
    if (r < 0)
        fprintf(stderr, "sketch: %s\n", error.message);
    else
        fputs(text, stream);
    free(text);
    ims_topology_free(topology);
    return r;
}

static int write_to(const struct sketch *sketch, const char *form, const char *path)
{
    char message[1200];
    if (strcmp(form, "sysfs") == 0) {
        int r = sketch_write_sysfs(sketch, path, message, sizeof(message));
        if (r < 0)
            fprintf(stderr, "sketch: %s\n", message);
        return r;
    }
    FILE *stream = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
    if (!stream) {
        perror(path);
        return -1;
    }
    int r = 0;
    if (strcmp(form, "hex") == 0)
        sketch_write_hex(sketch, stream);
    else if (strcmp(form, "sketch") == 0)
        sketch_print(sketch, stream);
    else
        r = write_snapshot(sketch, stream);
    if (fflush(stream) != 0 || (stream != stdout && fclose(stream) != 0)) {
        perror(path);
        r = -1;
    }
    return r;
}

int main(int argc, char **argv)
{
    static const char *const forms[] = {"snapshot", "hex", "sysfs", "sketch"};
    bool known = false;
    for (unsigned i = 0; argc == 5 && i < 4; i++)
        known = known || strcmp(argv[2], forms[i]) == 0;
    if (!known || strcmp(argv[1], "--to") != 0) {
        fprintf(stderr, "usage: sketch --to snapshot|hex|sysfs|sketch FILE OUT\n");
        return 2;
    }
    char *text = read_all(argv[3]);
    if (!text) {
        perror(argv[3]);
        return 1;
    }
    struct sketch sketch = {0};
    char message[1200];
    int r = sketch_parse(&sketch, text, message, sizeof(message));
    if (r < 0)
        fprintf(stderr, "sketch: %s: %s\n", argv[3], message);
    else
        r = write_to(&sketch, argv[2], argv[4]);
    sketch_done(&sketch);
    free(text);
    return r < 0 ? 1 : 0;
}
