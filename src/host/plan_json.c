/* SPDX-License-Identifier: MIT */
#include "host/plan_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/number.h"
#include "ownership/model.h"

#define MEMBERS_MAX 4096u

/* ---- writing ---- */

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *address_json(struct ims_address address)
{
    char text[IMS_ADDRESS_STRING_SIZE];
    return json_string(ims_address_format(address, text));
}

static json_t *binding_json(const struct ims_binding *binding)
{
    return json_pack("{s:o, s:o, s:I, s:b}", "driver", text_or_null(binding->driver), "override",
                     text_or_null(binding->override), "numvfs", (json_int_t)binding->numvfs,
                     "any_driver", (int)binding->any_driver);
}

static json_t *member_json(const struct ims_plan_member *member)
{
    char id[16];
    char subsystem[16];
    char class_code[16];

    snprintf(id, sizeof(id), "%04x:%04x", member->id.vendor, member->id.device);
    snprintf(subsystem, sizeof(subsystem), "%04x:%04x", member->subsystem.vendor,
             member->subsystem.device);
    snprintf(class_code, sizeof(class_code), "%06x", member->class_code);
    return json_pack("{s:o, s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o}", "address",
                     address_json(member->address), "id", id, "subsystem", subsystem, "class",
                     class_code, "interconnect", (int)member->interconnect, "wanted",
                     (int)member->wanted, "late", (int)member->late, "before",
                     binding_json(&member->before), "goal", binding_json(&member->goal));
}

/* The file below /sys and what is written into it; or the program that is run. */
static json_t *write_json(const struct ims_step *step)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    char path[512] = "";
    char value[300];

    ims_address_format(step->address, name);
    snprintf(value, sizeof(value), "%s", name);
    if (step->kind == IMS_STEP_NUMVFS) {
        snprintf(path, sizeof(path), "bus/pci/devices/%s/sriov_numvfs", name);
        snprintf(value, sizeof(value), "%u", step->number);
    } else if (step->kind == IMS_STEP_OVERRIDE) {
        snprintf(path, sizeof(path), "bus/pci/devices/%s/driver_override", name);
        snprintf(value, sizeof(value), "%s", step->name ? step->name : "\n");
    } else if (step->kind == IMS_STEP_UNBIND || step->kind == IMS_STEP_BIND) {
        snprintf(path, sizeof(path), "bus/pci/drivers/%s/%s", step->name,
                 ims_step_kind_to_string(step->kind));
    } else if (step->kind == IMS_STEP_PROBE) {
        snprintf(path, sizeof(path), "bus/pci/drivers_probe");
    } else {
        snprintf(value, sizeof(value), "modprobe -q -- %s", step->name);
        return json_pack("{s:s}", "run", value);
    }
    return json_pack("{s:s+, s:s}", "path", "/sys/", path, "value", value);
}

static json_t *step_json(const struct ims_step *step)
{
    char text[512];

    ims_step_describe(step, text, sizeof(text));
    return json_pack("{s:s, s:o, s:o, s:I, s:s, s:o}", "kind", ims_step_kind_to_string(step->kind),
                     "address",
                     step->kind == IMS_STEP_LOAD ? json_null() : address_json(step->address),
                     "name", text_or_null(step->name), "number", (json_int_t)step->number, "text",
                     text, "write", write_json(step));
}

static json_t *blocker_json(const struct ims_plan_blocker *blocker)
{
    return json_pack("{s:s, s:o, s:s, s:o}", "refusal",
                     ims_plan_refusal_to_string(blocker->refusal), "address",
                     blocker->has_address ? address_json(blocker->address) : json_null(), "text",
                     blocker->text, "remedy", text_or_null(blocker->remedy));
}

json_t *ims_plan_to_json(const struct ims_plan *plan)
{
    json_t *members = json_array();
    json_t *steps = json_array();
    json_t *allowed = json_array();
    json_t *blockers = json_array();
    int r = 0;

    for (uint32_t i = 0; i < plan->member_count; i++)
        r |= json_array_append_new(members, member_json(&plan->members[i]));
    for (uint32_t i = 0; i < plan->step_count; i++)
        r |= json_array_append_new(steps, step_json(&plan->steps[i]));
    for (uint32_t i = 0; i < plan->allowed_count; i++)
        r |= json_array_append_new(allowed, address_json(plan->allowed[i]));
    for (uint32_t i = 0; i < plan->blocker_count; i++)
        r |= json_array_append_new(blockers, blocker_json(&plan->blockers[i]));
    json_t *object = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "verb",
                               ims_plan_verb_to_string(plan->verb), "group",
                               plan->group == IMS_NONE ? json_null() : json_integer(plan->group),
                               "kernel", text_or_null(plan->kernel_release), "members", members,
                               "steps", steps, "allowed", allowed, "blockers", blockers);
    if (r == 0)
        return object;
    json_decref(object);
    return NULL;
}

void ims_step_describe(const struct ims_step *step, char *buffer, size_t size_bytes)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(step->address, name);
    switch (step->kind) {
    case IMS_STEP_LOAD:
        snprintf(buffer, size_bytes, "load the module of %s", step->name);
        return;
    case IMS_STEP_NUMVFS:
        snprintf(buffer, size_bytes, "set the number of VFs of %s to %u", name, step->number);
        return;
    case IMS_STEP_OVERRIDE:
        snprintf(buffer, size_bytes,
                 step->name ? "set driver_override of %s to %s" : "clear driver_override of %s",
                 name, step->name);
        return;
    case IMS_STEP_UNBIND:
        snprintf(buffer, size_bytes, "unbind %s from %s", name, step->name);
        return;
    case IMS_STEP_BIND:
        snprintf(buffer, size_bytes, "bind %s to %s", name, step->name);
        return;
    case IMS_STEP_PROBE:
        snprintf(buffer, size_bytes, "let the kernel choose a driver for %s", name);
        return;
    case IMS_STEP_KIND_MAX:
        break;
    }
    snprintf(buffer, size_bytes, "unknown step");
}

/* ---- reading ---- */

struct reader {
    struct ims_arena *arena;
    struct ims_error *reterr;
    bool is_claim;
    const char *where; /* the part that is being read */
    size_t index;
};

static int wrong(const struct reader *reader, const char *what)
{
    return ims_error_set(reader->reterr, -EBADMSG, "%s %zu of the plan: %s", reader->where,
                         reader->index + 1, what);
}

/* A text of what a driver or an override can be; null is NULL. */
static int read_name(const struct reader *reader, const json_t *object, const char *key,
                     const char **ret)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);

    *ret = NULL;
    if (json_is_null(value))
        return 0;
    if (!text || !*text || strlen(text) > 255 || strpbrk(text, "/\n\r\t "))
        return wrong(reader, "a name is missing or cannot be one");
    *ret = ims_arena_strndup(reader->arena, text, strlen(text));
    return *ret ? 0 : -ENOMEM;
}

static int read_address(const struct reader *reader, const json_t *value, struct ims_address *ret)
{
    const char *text = json_string_value(value);
    return text && ims_address_parse(text, ret) == 0 ? 0 : wrong(reader, "this is no address");
}

static bool read_id(const json_t *value, struct ims_id *ret)
{
    const char *text = json_string_value(value);
    uint64_t vendor;
    uint64_t device;

    if (!text || strlen(text) != 9 || text[4] != ':' ||
        ims_number_hex(text, 4, 0xffff, &vendor) < 0 ||
        ims_number_hex(text + 5, 4, 0xffff, &device) < 0)
        return false;
    *ret = (struct ims_id){(uint16_t)vendor, (uint16_t)device};
    return true;
}

static int read_binding(const struct reader *reader, const json_t *object, struct ims_binding *ret)
{
    const json_t *numvfs = json_object_get(object, "numvfs");
    int r = read_name(reader, object, "driver", &ret->driver);

    if (r == 0)
        r = read_name(reader, object, "override", &ret->override);
    if (r < 0)
        return r;
    if (!json_is_integer(numvfs) || json_integer_value(numvfs) < 0 ||
        json_integer_value(numvfs) > 0xffff)
        return wrong(reader, "the number of VFs is missing or cannot be one");
    ret->numvfs = (uint32_t)json_integer_value(numvfs);
    ret->any_driver = json_is_true(json_object_get(object, "any_driver"));
    return 0;
}

static int read_member(const struct reader *reader, const json_t *object,
                       struct ims_plan_member *ret)
{
    const char *class_code = json_string_value(json_object_get(object, "class"));
    uint64_t number;
    int r = read_address(reader, json_object_get(object, "address"), &ret->address);

    if (r < 0)
        return r;
    if (!read_id(json_object_get(object, "id"), &ret->id) ||
        !read_id(json_object_get(object, "subsystem"), &ret->subsystem) || !class_code ||
        ims_number_hex(class_code, strlen(class_code), 0xffffff, &number) < 0)
        return wrong(reader, "its ids or its class are missing or cannot be read");
    ret->class_code = (uint32_t)number;
    ret->interconnect = json_is_true(json_object_get(object, "interconnect"));
    ret->wanted = json_is_true(json_object_get(object, "wanted"));
    ret->late = json_is_true(json_object_get(object, "late"));
    r = read_binding(reader, json_object_get(object, "before"), &ret->before);
    if (r == 0)
        r = read_binding(reader, json_object_get(object, "goal"), &ret->goal);
    /* Its own driver is what a release gives back to it. */
    if (r == 0 && ret->interconnect && ret->goal.driver &&
        (!ret->before.driver || strcmp(ret->goal.driver, ret->before.driver) != 0) &&
        (reader->is_claim || ims_driver_kind(ret->goal.driver, true) == IMS_DRIVER_VFIO ||
         ims_driver_kind(ret->goal.driver, true) == IMS_DRIVER_STUB))
        r = wrong(reader, "interconnect is never bound to another driver");
    return r;
}

static int read_members(struct reader *reader, const json_t *array, struct ims_plan *plan)
{
    const size_t count = json_array_size(array);
    int r = 0;

    reader->where = "member";
    if (count == 0 || count > MEMBERS_MAX)
        return ims_error_set(reader->reterr, -EBADMSG, "the plan has no members, or too many");
    plan->members = ims_arena_alloc_array(reader->arena, count, sizeof(*plan->members));
    if (!plan->members)
        return -ENOMEM;
    for (reader->index = 0; reader->index < count && r == 0; reader->index++) {
        struct ims_plan_member *member = &plan->members[reader->index];

        r = read_member(reader, json_array_get(array, reader->index), member);
        if (r == 0 && reader->index > 0 &&
            ims_address_compare(plan->members[reader->index - 1].address, member->address) >= 0)
            r = wrong(reader, "members must be sorted by address, each once");
    }
    plan->member_count = (uint32_t)count;
    return r;
}

static int read_allowed(struct reader *reader, const json_t *array, struct ims_plan *plan)
{
    const size_t count = json_array_size(array);
    int r = 0;

    reader->where = "allowed loss";
    if (count > MEMBERS_MAX)
        return ims_error_set(reader->reterr, -EBADMSG, "the plan allows too many losses");
    plan->allowed = ims_arena_alloc_array(reader->arena, count, sizeof(*plan->allowed));
    if (!plan->allowed)
        return -ENOMEM;
    for (reader->index = 0; reader->index < count && r == 0; reader->index++)
        r = read_address(reader, json_array_get(array, reader->index),
                         &plan->allowed[reader->index]);
    plan->allowed_count = (uint32_t)count;
    return r;
}

/* Refusals are not carried out whatever they are: only that there are some matters. */
static int read_blockers(struct reader *reader, const json_t *array, struct ims_plan *plan)
{
    const size_t count = json_array_size(array);

    reader->where = "blocker";
    plan->blockers = ims_arena_alloc_array(reader->arena, count, sizeof(*plan->blockers));
    if (!plan->blockers)
        return -ENOMEM;
    for (reader->index = 0; reader->index < count; reader->index++) {
        const json_t *object = json_array_get(array, reader->index);
        struct ims_plan_blocker *blocker = &plan->blockers[plan->blocker_count++];
        const char *text = json_string_value(json_object_get(object, "text"));
        const char *refusal = json_string_value(json_object_get(object, "refusal"));

        blocker->text = ims_arena_strndup(reader->arena, text ? text : "", text ? strlen(text) : 0);
        if (!blocker->text)
            return -ENOMEM;
        while (refusal && blocker->refusal < IMS_PLAN_OWNED &&
               strcmp(ims_plan_refusal_to_string(blocker->refusal), refusal) != 0)
            blocker->refusal = (enum ims_plan_refusal)(blocker->refusal + 1);
    }
    return 0;
}

static bool same_step(const struct ims_step *step, const json_t *object)
{
    json_t *made = step_json(step);
    bool same = made != NULL;

    for (unsigned i = 0; i < 4; i++) {
        static const char *const keys[] = {"kind", "address", "name", "number"};
        same = same && json_equal(json_object_get(made, keys[i]), json_object_get(object, keys[i]));
    }
    json_decref(made);
    return same;
}

/* Steps follow from the members: a plan that states others was tampered with or is of another version. */
static int make_steps(struct reader *reader, const json_t *array, struct ims_plan *plan)
{
    struct ims_binding *now = calloc(plan->member_count, sizeof(*now));
    struct ims_step *steps = NULL;
    uint32_t count = 0;
    int r = now ? 0 : -ENOMEM;

    for (uint32_t i = 0; r == 0 && i < plan->member_count; i++)
        now[i] = plan->members[i].before;
    if (r == 0)
        r = ims_plan_steps(plan, now, false, &steps, &count);
    bool same = r == 0 && count == json_array_size(array);
    for (uint32_t i = 0; same && i < count; i++)
        same = same_step(&steps[i], json_array_get(array, i));
    if (r == 0 && !same)
        r = ims_error_set(reader->reterr, -EBADMSG,
                          "the steps of the plan do not follow from what it says of its members");
    if (r == 0) {
        plan->steps = ims_arena_alloc_array(reader->arena, count, sizeof(*steps));
        r = plan->steps ? 0 : -ENOMEM;
    }
    if (r == 0 && count)
        memcpy(plan->steps, steps, count * sizeof(*steps));
    plan->step_count = r == 0 ? count : 0;
    free(steps);
    free(now);
    return r;
}

static int read_plan(struct reader *reader, const json_t *object, struct ims_plan *plan)
{
    const char *verb = json_string_value(json_object_get(object, "verb"));
    const json_t *group = json_object_get(object, "group");
    int r;

    if (!verb || (strcmp(verb, "claim") != 0 && strcmp(verb, "release") != 0))
        return ims_error_set(reader->reterr, -EBADMSG, "this is no plan: it has no verb");
    plan->verb = verb[0] == 'r' ? IMS_PLAN_RELEASE : IMS_PLAN_CLAIM;
    reader->is_claim = plan->verb == IMS_PLAN_CLAIM;
    if (!json_is_integer(group) || json_integer_value(group) < 0 ||
        json_integer_value(group) >= IMS_NONE)
        return ims_error_set(reader->reterr, -EBADMSG, "the plan names no group of the kernel");
    plan->group = (uint32_t)json_integer_value(group);
    reader->where = "plan";
    r = read_name(reader, object, "kernel", &plan->kernel_release);
    if (r == 0)
        r = read_members(reader, json_object_get(object, "members"), plan);
    if (r == 0)
        r = read_allowed(reader, json_object_get(object, "allowed"), plan);
    if (r == 0)
        r = read_blockers(reader, json_object_get(object, "blockers"), plan);
    if (r == 0)
        r = make_steps(reader, json_object_get(object, "steps"), plan);
    return r;
}

int ims_plan_from_json(const json_t *object, struct ims_plan **ret, struct ims_error *reterr)
{
    struct ims_plan *plan = calloc(1, sizeof(*plan));
    struct ims_arena *arena = calloc(1, sizeof(*arena));
    struct reader reader = {.arena = arena, .reterr = reterr};

    if (!plan || !arena) {
        free(plan);
        free(arena);
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    }
    plan->memory = arena;
    const int r = read_plan(&reader, object, plan);
    if (r < 0) {
        ims_plan_free(plan);
        return r == -ENOMEM ? ims_error_set(reterr, r, "out of memory") : r;
    }
    *ret = plan;
    return 0;
}
