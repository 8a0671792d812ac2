/* SPDX-License-Identifier: MIT */

/* The reader of group lists beside a dump. An input is the text; two functions exist already. */

#include <errno.h>

#include "fuzz.h"
#include "source/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    static char nothing[1];
    const struct ims_address addresses[] = {{.devfn = IMS_DEVFN(1, 0)}, {.bus = 1}};
    struct ims_error error = {0};
    struct ims_record *record;

    struct ims_builder *builder = ims_builder_new();
    FILE *stream =
        fmemopen(size_bytes ? (void *)(uintptr_t)data : nothing, size_bytes ? size_bytes : 1, "r");
    if (!builder || !stream)
        abort();
    for (size_t i = 0; i < 2; i++)
        FUZZ_LAW(ims_builder_function(builder, addresses[i], &record, NULL) == 0);
    int r = ims_groups_read(builder, stream, "input", &error);
    fclose(stream);
    FUZZ_LAW(r == 0 || (r == -EBADMSG && error.code == EBADMSG && error.message[0]));
    /* A list gives groups to functions; it makes none up. */
    FUZZ_LAW(ims_builder_count(builder) == 2);
    for (uint32_t i = 0; i < 2; i++) {
        record = ims_builder_at(builder, i);
        FUZZ_LAW((record->group_state == IMS_GROUP_UNKNOWN) == (r < 0));
        FUZZ_LAW(record->config.row_count == 0);
    }
    FUZZ_LAW(r < 0 || ims_builder_machine(builder)->groups_stated == IMS_YES);
    ims_builder_free(builder);
    return 0;
}
