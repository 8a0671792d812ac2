/* SPDX-License-Identifier: MIT */

/* The readers of lspci output and kernel logs. An input is the text itself. */

#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "source/reader.h"

static void check_record(const struct ims_record *record)
{
    FUZZ_LAW(record->class_code <= 0xffffff);
    FUZZ_LAW((record->class_code & ~record->class_known) == 0);
    FUZZ_LAW((record->ids != NULL) == (record->id_count != 0));
    FUZZ_LAW(record->resource_count <= IMS_RESOURCE_COUNT);
    FUZZ_LAW(record->group_state <= IMS_GROUP_KNOWN);
    for (uint32_t i = 1; i < record->config.row_count; i++)
        FUZZ_LAW(record->config.rows[i - 1].offset < record->config.rows[i].offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    static char nothing[1];
    /* No list of names: the machine that runs this must not decide what is reached. */
    const struct ims_source_options options = {.size_bytes = sizeof(options),
                                               .pci_ids_path = "/dev/null"};
    struct ims_error error = {0};
    struct ims_topology *topology;

    struct ims_builder *builder = ims_builder_new();
    FILE *stream =
        fmemopen(size_bytes ? (void *)(uintptr_t)data : nothing, size_bytes ? size_bytes : 1, "r");
    if (!builder || !stream)
        abort();
    int r = ims_text_read(builder, stream, "input", &options, &error);
    fclose(stream);
    FUZZ_LAW(r == 0 || r == -EBADMSG);
    if (r < 0) {
        FUZZ_LAW(error.code == EBADMSG && error.message[0]);
        ims_builder_free(builder);
        return 0;
    }
    FUZZ_LAW(ims_builder_count(builder) > 0);
    for (uint32_t i = 0; i < ims_builder_count(builder); i++)
        check_record(ims_builder_at(builder, i));
    FUZZ_LAW(ims_builder_seal(builder, &topology, &error) == 0);
    FUZZ_LAW(ims_topology_check(topology, &error) == 0);
    ims_topology_free(topology);
    return 0;
}
