/* SPDX-License-Identifier: MIT */
#include "topology/edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"

/* The result with what it owns. */
struct edited {
    struct ims_edited shown; /* first: the two are converted into each other */
    struct ims_arena arena;
    uint32_t *origin;
    struct ims_edit_note *notes;
};

const char *ims_edit_kind_to_string(enum ims_edit_kind kind)
{
    static const char *const names[] = {
        [IMS_EDIT_REMOVE] = "remove",
        [IMS_EDIT_MOVE] = "move",
        [IMS_EDIT_ADD] = "add",
        [IMS_EDIT_SET_ACS] = "set acs",
        [IMS_EDIT_SET_VECTOR] = "vector",
        [IMS_EDIT_NUMVFS] = "numvfs",
        [IMS_EDIT_CMDLINE] = "cmdline",
        [IMS_EDIT_OVERRIDE] = "override",
        [IMS_EDIT_KERNEL] = "kernel",
        [IMS_EDIT_IOMMU] = "iommu",
        [IMS_EDIT_RC] = "rc",
    };
    return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

const char *ims_edit_note_kind_to_string(enum ims_edit_note_kind kind)
{
    static const char *const names[] = {
        [IMS_EDIT_NOTE_INFO] = "info",
        [IMS_EDIT_NOTE_MISFIT] = "misfit",
        [IMS_EDIT_NOTE_UNKNOWN] = "unknown",
    };
    return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

int ims_edit_refuse(const struct ims_edit_step *step, int code, const struct ims_address *address,
                    const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *text = ims_arena_vprintf(&step->work->arena, format, arguments);
    va_end(arguments);
    ims_error_set(step->reterr, code, "edit %u (%s): %s", step->number + 1,
                  ims_edit_kind_to_string(step->edit->kind), text ? text : "out of memory");
    if (address)
        ims_error_set_address(step->reterr, *address);
    return code;
}

void ims_edit_note(struct ims_edit_step *step, enum ims_edit_note_kind kind,
                   const struct ims_address *address, const char *format, ...)
{
    struct ims_edit_work *work = step->work;
    struct ims_edit_note *notes =
        ims_array_grow(work->notes, &work->note_capacity, work->note_count + 1, sizeof(*notes));
    va_list arguments;

    if (!notes) {
        work->failed = true;
        return;
    }
    work->notes = notes;
    va_start(arguments, format);
    const char *text = ims_arena_vprintf(&work->arena, format, arguments);
    va_end(arguments);
    if (!text) {
        work->failed = true;
        return;
    }
    struct ims_edit_note *note = &notes[work->note_count++];
    *note = (struct ims_edit_note){.kind = kind, .edit = step->number, .text = text};
    if (address) {
        note->has_address = true;
        note->address = *address;
    }
}

/* Where the function is now that had address in the beginning. */
static struct ims_function find_origin(const struct ims_edit_step *step, struct ims_address address)
{
    const struct ims_edit_work *work = step->work;
    const struct ims_function first = ims_topology_find(work->first, address);

    if (ims_function_is_none(first) || !work->origin)
        return IMS_FUNCTION_NONE;
    for (uint32_t i = 0; i < step->from->function_count; i++)
        if (work->origin[i] == first.index)
            return (struct ims_function){i};
    return IMS_FUNCTION_NONE;
}

int ims_edit_find(const struct ims_edit_step *step, struct ims_address address,
                  struct ims_function *ret)
{
    struct ims_function found = find_origin(step, address);

    if (ims_function_is_none(found))
        found = ims_topology_find(step->from, address);
    if (ims_function_is_none(found))
        return ims_edit_refuse(
            step, -ENOENT, &address, "there is no such function%s",
            ims_function_is_none(ims_topology_find(step->work->first, address)) ? "" : " any more");
    *ret = found;
    return 0;
}

/* ---- the steps ---- */

static uint32_t origin_before(const struct ims_edit_step *step, uint32_t function)
{
    return step->work->origin ? step->work->origin[function] : function;
}

/* Follows functions and notes into the topology that has just been sealed. */
static int follow(const struct ims_edit_step *step, const struct ims_topology *next,
                  uint32_t **ret_origin)
{
    struct ims_edit_work *work = step->work;
    uint32_t *origin = malloc(((size_t)next->function_count + 1) * sizeof(*origin));

    if (!origin)
        return -ENOMEM;
    for (uint32_t i = 0; i < next->function_count; i++)
        origin[i] = IMS_NONE;
    for (uint32_t i = 0; i < step->from->function_count; i++)
        if (!step->places[i].dropped)
            origin[ims_topology_find(next, step->places[i].address).index] = origin_before(step, i);
    for (uint32_t i = 0; i < work->note_count; i++) {
        struct ims_edit_note *note = &work->notes[i];
        const struct ims_function old = ims_topology_find(step->from, note->address);

        if (!note->has_address || note->edit == step->number || ims_function_is_none(old) ||
            step->places[old.index].dropped)
            continue;
        note->address = step->places[old.index].address;
    }
    *ret_origin = origin;
    return 0;
}

static int run(struct ims_edit_step *step)
{
    if (!step->edit)
        return ims_edit_begin(step);
    switch (step->edit->kind) {
    case IMS_EDIT_REMOVE:
        return ims_edit_remove(step);
    case IMS_EDIT_MOVE:
        return ims_edit_move(step);
    case IMS_EDIT_ADD:
        return ims_edit_add(step);
    case IMS_EDIT_SET_ACS:
        return ims_edit_set_acs(step);
    case IMS_EDIT_SET_VECTOR:
        return ims_edit_set_vector(step);
    case IMS_EDIT_NUMVFS:
        return ims_edit_numvfs(step);
    case IMS_EDIT_CMDLINE:
    case IMS_EDIT_OVERRIDE:
    case IMS_EDIT_KERNEL:
    case IMS_EDIT_IOMMU:
    case IMS_EDIT_RC:
        return ims_edit_question(step);
    case IMS_EDIT_MAX:
    default:
        return ims_edit_refuse(step, -EINVAL, NULL, "there is no such kind of edit");
    }
}

static int take_next(struct ims_edit_step *step)
{
    struct ims_edit_work *work = step->work;
    struct ims_topology *next = NULL;
    uint32_t *origin = NULL;
    int r = ims_builder_seal(step->builder, &next, step->reterr);

    step->builder = NULL;
    if (r < 0)
        return r;
    r = follow(step, next, &origin);
    if (r < 0) {
        ims_topology_free(next);
        return ims_error_set(step->reterr, r, "out of memory while editing");
    }
    ims_topology_free(work->current);
    free(work->origin);
    work->current = next;
    work->origin = origin;
    return 0;
}

static int make_step(struct ims_edit_work *work, const struct ims_edit *edit, uint32_t number,
                     struct ims_error *reterr)
{
    struct ims_edit_step step = {
        .work = work,
        .from = work->current ? work->current : work->first,
        .edit = edit,
        .number = number,
        .reterr = reterr,
    };

    step.places = calloc((size_t)step.from->function_count + 1, sizeof(*step.places));
    if (!step.places)
        return ims_error_set(reterr, -ENOMEM, "out of memory while editing");
    for (uint32_t i = 0; i < step.from->function_count; i++)
        step.places[i].address = step.from->functions[i].address;
    if (reterr)
        *reterr = (struct ims_error){0};
    int r = run(&step);
    if (r == 0)
        r = take_next(&step);
    else if (r == -EEXIST)
        ims_edit_refuse(&step, r, NULL, "two functions would have one address");
    else if (r == -ENOMEM || r == -E2BIG)
        ims_error_set(reterr, r, "out of memory while editing");
    ims_builder_free(step.builder);
    free(step.places);
    return r;
}

static void work_done(struct ims_edit_work *work)
{
    ims_topology_free(work->current);
    free(work->origin);
    free(work->notes);
    ims_arena_done(&work->arena);
}

int ims_edits_apply(const struct ims_topology *from, const struct ims_edit *edits, uint32_t count,
                    struct ims_edited **ret, struct ims_error *reterr)
{
    struct ims_edit_work work = {.first = from};
    struct edited *edited = NULL;
    int r = make_step(&work, NULL, 0, reterr); /* a copy without the kernel's groups */

    for (uint32_t i = 0; i < count && r == 0; i++)
        r = make_step(&work, &edits[i], i, reterr);
    if (r == 0)
        edited = calloc(1, sizeof(*edited));
    if (r == 0 && (!edited || work.failed))
        r = ims_error_set(reterr, -ENOMEM, "out of memory while editing");
    if (r < 0) {
        free(edited);
        work_done(&work);
        return r;
    }
    *edited = (struct edited){
        .shown =
            {
                .topology = work.current,
                .origin = work.origin,
                .scenario = work.scenario,
                .notes = work.notes,
                .note_count = work.note_count,
            },
        .arena = work.arena,
        .origin = work.origin,
        .notes = work.notes,
    };
    *ret = &edited->shown;
    return 0;
}

void ims_edited_free(struct ims_edited *shown)
{
    struct edited *edited = (struct edited *)shown;

    if (!edited)
        return;
    ims_topology_free(edited->shown.topology);
    free(edited->origin);
    free(edited->notes);
    ims_arena_done(&edited->arena);
    free(edited);
}
