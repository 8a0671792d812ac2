/* SPDX-License-Identifier: MIT */
#include "sketch.h"

#include <stdlib.h>
#include <string.h>

void sketch_done(struct sketch *sketch)
{
    free(sketch->functions);
    memset(sketch, 0, sizeof(*sketch));
}

void sketch_copy(struct sketch *to, const struct sketch *from)
{
    *to = *from;
    to->capacity = from->count ? from->count : 1;
    to->functions = malloc(to->capacity * sizeof(*to->functions));
    if (!to->functions)
        abort();
    if (from->count)
        memcpy(to->functions, from->functions, from->count * sizeof(*to->functions));
}

static uint32_t default_class(int type, int header)
{
    if (header == 1)
        return 0x060400;
    if (header == 2)
        return 0x060700;
    return type == 10 ? 0x080700 : 0x020000;
}

struct sketch_function *sketch_add(struct sketch *sketch, struct ims_address address, int type,
                                   int header)
{
    if (sketch->count == sketch->capacity) {
        sketch->capacity = sketch->capacity ? sketch->capacity * 2 : 16;
        sketch->functions =
            realloc(sketch->functions, sketch->capacity * sizeof(*sketch->functions));
        if (!sketch->functions)
            abort();
    }
    struct sketch_function *function = &sketch->functions[sketch->count++];
    memset(function, 0, sizeof(*function));
    function->address = address;
    function->type = type;
    function->header = header;
    /* A vendor without any quirk row. */
    function->ids[0] = (struct ims_id){0x1b36, header ? 0x000c : 0x0010};
    function->id_count = 1;
    function->class_code = default_class(type, header);
    return function;
}

struct sketch_function *sketch_find(const struct sketch *sketch, struct ims_address address)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        struct sketch_function *function = &sketch->functions[i];
        if (function->address.segment == address.segment && function->address.bus == address.bus &&
            function->address.devfn == address.devfn)
            return function;
    }
    return NULL;
}

void sketch_remove(struct sketch *sketch, unsigned index)
{
    memmove(&sketch->functions[index], &sketch->functions[index + 1],
            (sketch->count - index - 1) * sizeof(*sketch->functions));
    sketch->count--;
}

void sketch_settle(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        struct sketch_function *function = &sketch->functions[i];
        if (function->mf_stated)
            continue;
        function->mf = SKETCH_NO;
        if (function->is_vf || (function->address.devfn & 7))
            continue;
        for (unsigned j = 0; j < sketch->count; j++) {
            const struct sketch_function *other = &sketch->functions[j];
            if (i != j && !other->is_vf && other->address.segment == function->address.segment &&
                other->address.bus == function->address.bus &&
                other->address.devfn >> 3 == function->address.devfn >> 3)
                function->mf = SKETCH_YES;
        }
    }
}

struct ims_id sketch_id(const struct sketch_function *function)
{
    return function->ids[0];
}
