/* SPDX-License-Identifier: MIT */
/* fuzz-rooms: base pci topology source */

/* The reader of snapshots. An input is the file; what is read must be written back to itself. */

#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "source/reader.h"

/* Returns NULL when the input is refused. */
static struct ims_topology *load(const void *data, size_t size_bytes)
{
    static char nothing[1];
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    struct ims_builder *builder = ims_builder_new();
    FILE *stream =
        fmemopen(size_bytes ? (void *)(uintptr_t)data : nothing, size_bytes ? size_bytes : 1, "r");

    if (!builder || !stream)
        abort();
    const int r = ims_snapshot_read(builder, stream, "input", &error);
    fclose(stream);
    FUZZ_LAW(r == 0 || r == -EBADMSG);
    if (r < 0) {
        FUZZ_LAW(error.code == EBADMSG && error.message[0]);
        ims_builder_free(builder);
        return NULL;
    }
    FUZZ_LAW(ims_builder_count(builder) > 0);
    FUZZ_LAW(ims_builder_seal(builder, &topology, &error) == 0);
    FUZZ_LAW(ims_topology_check(topology, &error) == 0);
    return topology;
}

static char *write_out(const struct ims_topology *topology, bool with_serials)
{
    const struct ims_snapshot_options options = {sizeof(options), with_serials};
    char *text = NULL;

    FUZZ_LAW(ims_snapshot_write(topology, &options, &text, NULL) == 0);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct ims_topology *first = load(data, size_bytes);
    if (!first)
        return 0;

    for (int with_serials = 0; with_serials < 2; with_serials++) {
        char *text = write_out(first, with_serials);
        struct ims_topology *second = load(text, strlen(text));
        FUZZ_LAW(second != NULL);
        FUZZ_LAW(ims_topology_function_count(first) == ims_topology_function_count(second));
        char *again = write_out(second, with_serials);
        FUZZ_LAW(strcmp(text, again) == 0);
        free(again);
        free(text);
        ims_topology_free(second);
    }
    ims_topology_free(first);
    return 0;
}
