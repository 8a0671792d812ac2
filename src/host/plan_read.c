/* SPDX-License-Identifier: MIT */
/* A saved plan, read back: nothing of it is trusted that does not follow from the rest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/number.h"
#include "host/plan_json.h"
#include "ownership/model.h"

#define MEMBERS_MAX 4096u

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

static bool has_control(const char *text)
{
    while (*text && (unsigned char)*text >= 0x20 && *text != 0x7f)
        text++;
    return *text != '\0';
}

/* What an override can be, which may be any text; null is NULL. */
static int read_name(const struct reader *reader, const json_t *object, const char *key,
                     const char **ret)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);

    *ret = NULL;
    if (json_is_null(value))
        return 0;
    if (!text || !*text || strlen(text) > 255 || has_control(text))
        return wrong(reader, "a name is missing or cannot be one");
    *ret = ims_arena_strndup(reader->arena, text, strlen(text));
    return *ret ? 0 : -ENOMEM;
}

/* A driver has a folder of its name; some have blanks in it ("budget dvb"). */
static int read_driver(const struct reader *reader, const json_t *object, const char *key,
                       const char **ret)
{
    const int r = read_name(reader, object, key, ret);

    if (r < 0 || !*ret)
        return r;
    return strchr(*ret, '/') || strcmp(*ret, ".") == 0 || strcmp(*ret, "..") == 0
               ? wrong(reader, "this is no name of a driver")
               : 0;
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

/* Without the key it was not known. */
static int read_power(const struct reader *reader, const json_t *object, const char **ret)
{
    const json_t *value = json_object_get(object, "power");
    const char *text = json_string_value(value);

    *ret = NULL;
    if (!value)
        return 0;
    if (!text || (strcmp(text, "on") != 0 && strcmp(text, "auto") != 0))
        return wrong(reader, "power can be on or auto");
    *ret = text[0] == 'o' ? "on" : "auto";
    return 0;
}

static int read_binding(const struct reader *reader, const json_t *object, struct ims_binding *ret)
{
    const json_t *numvfs = json_object_get(object, "numvfs");
    int r = read_driver(reader, object, "driver", &ret->driver);

    if (r == 0)
        r = read_name(reader, object, "override", &ret->override);
    if (r == 0)
        r = read_power(reader, object, &ret->power);
    if (r < 0)
        return r;
    if (!json_is_integer(numvfs) || json_integer_value(numvfs) < 0 ||
        json_integer_value(numvfs) > 0xffff)
        return wrong(reader, "the number of VFs is missing or cannot be one");
    ret->numvfs = (uint32_t)json_integer_value(numvfs);
    ret->any_driver = json_is_true(json_object_get(object, "any_driver"));
    return 0;
}

/* A claim binds what check_request() of the planner lets it bind, or leaves what is there. */
static bool is_goal_of_claim(const struct ims_plan_member *member)
{
    const struct ims_binding *goal = &member->goal;
    const struct ims_binding *before = &member->before;

    if (goal->any_driver || (!ims_same_name(goal->override, before->override) &&
                             !ims_same_name(goal->override, goal->driver)))
        return false;
    return !goal->driver || ims_same_name(goal->driver, before->driver) ||
           ims_driver_is_for_guests(goal->driver) || strstr(goal->driver, "vfio");
}

static int check_goal(const struct reader *reader, const struct ims_plan_member *member)
{
    const uint32_t code = member->class_code >> 8;
    const char *driver = member->goal.driver;

    if (reader->is_claim && !is_goal_of_claim(member))
        return wrong(reader, "a claim binds to vfio-pci, a variant of it, or pci-stub");
    /* Its own driver is what a release gives back to a bridge, whatever the plan calls it. */
    if ((member->interconnect || code == 0x0604 || code == 0x0607) && driver &&
        !ims_same_name(driver, member->before.driver) &&
        (reader->is_claim || ims_driver_is_for_guests(driver)))
        return wrong(reader, "interconnect is never bound to another driver");
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
    return r < 0 ? r : check_goal(reader, ret);
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

static int read_sentence(const struct reader *reader, const json_t *object, const char *key,
                         const char **ret)
{
    const char *text = json_string_value(json_object_get(object, key));

    *ret = text ? ims_arena_strndup(reader->arena, text, strlen(text)) : NULL;
    return text && !*ret ? -ENOMEM : 0;
}

/* Refusals are not carried out whatever they are: an unknown one counts as the gravest. */
static int read_blocker(const struct reader *reader, const json_t *object,
                        struct ims_plan_blocker *ret)
{
    const char *refusal = json_string_value(json_object_get(object, "refusal"));
    const json_t *address = json_object_get(object, "address");
    int r = read_sentence(reader, object, "text", &ret->text);

    if (r == 0)
        r = read_sentence(reader, object, "remedy", &ret->remedy);
    if (r < 0)
        return r;
    if (!ret->text)
        ret->text = "";
    while (ret->refusal < IMS_PLAN_OWNED &&
           (!refusal || strcmp(ims_plan_refusal_to_string(ret->refusal), refusal) != 0))
        ret->refusal = (enum ims_plan_refusal)(ret->refusal + 1);
    ret->has_address = json_is_string(address);
    return ret->has_address ? read_address(reader, address, &ret->address) : 0;
}

static int read_blockers(struct reader *reader, const json_t *array, struct ims_plan *plan)
{
    const size_t count = json_array_size(array);
    int r = 0;

    reader->where = "blocker";
    plan->blockers = ims_arena_alloc_array(reader->arena, count, sizeof(*plan->blockers));
    if (!plan->blockers)
        return -ENOMEM;
    for (reader->index = 0; reader->index < count && r == 0; reader->index++)
        r = read_blocker(reader, json_array_get(array, reader->index),
                         &plan->blockers[plan->blocker_count++]);
    return r;
}

static bool same_step(const struct ims_step *step, const json_t *object)
{
    json_t *made = ims_step_to_json(step);
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
    struct ims_binding *now = calloc((size_t)plan->member_count + 1, sizeof(*now));
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
