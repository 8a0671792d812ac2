/* SPDX-License-Identifier: MIT */
#include "fabric_laws.h"

#include <stdlib.h>
#include <string.h>

/* A random fabric is a machine like any other: it prints, reads back and seals. */

bool law_fabric_language(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct sketch again = {0};
    char message[256] = "";
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    (void)trial;
    if (!stream)
        return law_fails(why, "memory is short");
    sketch_print(sketch, stream);
    fclose(stream);
    bool ok = sketch_parse(&again, text, message, sizeof(message)) == 0;
    if (!ok)
        law_fails(why, "%s", message);
    for (unsigned i = 0; ok && i < sketch->count; i++) {
        struct sketch_image one, other;
        struct sketch_bar bars[7], others[7];
        sketch_image(&sketch->functions[i], &one);
        sketch_image(&again.functions[i], &other);
        sketch_extents(sketch, &sketch->functions[i], bars);
        sketch_extents(&again, &again.functions[i], others);
        ok = memcmp(one.bytes, other.bytes, sizeof(one.bytes)) == 0 &&
             memcmp(one.known, other.known, sizeof(one.known)) == 0;
        for (unsigned j = 0; j < 7; j++)
            ok = ok && bars[j].base == others[j].base && bars[j].size == others[j].size;
        if (!ok)
            law_fails(why, "function %u reads back otherwise", i);
    }
    sketch_done(&again);
    free(text);
    return ok;
}

bool law_fabric_seals(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    (void)trial;
    bool ok =
        sketch_seal(sketch, &topology, &error) == 0 && ims_topology_check(topology, &error) == 0;
    if (!ok)
        law_fails(why, "%s", error.message);
    else if (ims_topology_function_count(topology) != sketch->count)
        ok = law_fails(why, "two functions share an address");
    /* The decoder finds every structure that the sketch states (the lists are not broken). */
    for (unsigned i = 0; ok && i < sketch->count; i++) {
        const struct sketch_function *function = &sketch->functions[i];
        const struct ims_function_info *info =
            ims_topology_function(topology, ims_topology_find(topology, function->address));
        if (function->acs != SKETCH_UNKNOWN &&
            (info->pci.acs.present == IMS_YES) != (function->acs == SKETCH_YES))
            ok = law_fails(why, "the decoder disagrees on the ACS structure of function %u", i);
    }
    ims_topology_free(topology);
    return ok;
}
