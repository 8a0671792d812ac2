/* SPDX-License-Identifier: MIT */
/* The document of the check command. */
#include <errno.h>
#include <string.h>

#include "output/document_parts.h"

static json_t *member_part(struct ims_maker *maker, const struct ims_subject *subject,
                           const struct ims_member *member)
{
    json_t *object = json_object();

    if (!ims_function_is_none(member->function))
        ims_part_function(maker, subject, object, member->function);
    ims_make_set(maker, object, "member", ims_make_string(member->name));
    ims_make_set(maker, object, "driver", ims_make_string(member->driver));
    ims_make_set(maker, object, "driver_known", json_boolean(member->has_driver != IMS_UNKNOWN));
    ims_make_set(maker, object, "interconnect", json_boolean(member->is_interconnect));
    ims_make_set(maker, object, "verdict",
                 ims_make_string(ims_member_verdict_to_string(member->verdict)));
    ims_make_set(maker, object, "text", ims_make_string(member->text));
    return object;
}

static json_t *obstacle_part(struct ims_maker *maker, const struct ims_check *check,
                             const struct ims_obstacle *obstacle)
{
    const struct ims_member *member = ims_check_member(check, obstacle->member);
    json_t *object = json_object();

    ims_make_set(maker, object, "id", ims_make_string(obstacle->rule->id));
    ims_make_set(maker, object, "blocks", ims_make_tristate(obstacle->blocks));
    ims_make_set(maker, object, "member", ims_make_string(member ? member->name : NULL));
    ims_make_set(maker, object, "driver", ims_make_string(member ? member->driver : NULL));
    ims_make_set(maker, object, "text", ims_make_string(obstacle->text));
    ims_make_set(maker, object, "remedy", ims_make_string(obstacle->remedy));
    ims_make_set(maker, object, "reference", ims_make_string(obstacle->rule->reference));
    return object;
}

/* The methods as an array of words, null where they are not known. */
static json_t *methods_part(struct ims_maker *maker, const struct ims_reset *reset)
{
    json_t *array = json_array();

    if (!reset->methods_known) {
        json_decref(array);
        return json_null();
    }
    for (const char *at = reset->methods ? reset->methods : ""; *at; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        ims_make_append(maker, array, json_stringn(at, length));
        at += length;
    }
    return array;
}

static json_t *reset_part(struct ims_maker *maker, const struct ims_subject *subject,
                          const struct ims_check *check, const struct ims_reset *reset)
{
    json_t *object = json_object();
    json_t *beyond = json_array();

    ims_make_set(maker, object, "member",
                 ims_make_string(ims_check_member(check, reset->member)->name));
    ims_make_set(maker, object, "methods", methods_part(maker, reset));
    ims_make_set(maker, object, "bus_is_shared", json_boolean(reset->bus_is_shared));
    for (uint32_t i = 0; i < reset->beyond_count; i++)
        ims_make_append(maker, beyond, ims_part_address(subject, reset->beyond[i]));
    ims_make_set(maker, object, "beyond", beyond);
    return object;
}

static json_t *probe_part(struct ims_maker *maker, const struct ims_probe *probe)
{
    json_t *object = json_object();
    json_t *ranges = json_array();

    ims_make_set(maker, object, "step", ims_make_string(ims_probe_step_to_string(probe->step)));
    ims_make_set(maker, object, "viable", ims_make_tristate(probe->viable));
    ims_make_set(maker, object, "error",
                 probe->code < 0 ? ims_make_string(strerror(-probe->code)) : json_null());
    ims_make_set(maker, object, "page_sizes",
                 probe->page_sizes ? ims_make_hex(probe->page_sizes, 1) : json_null());
    for (uint32_t i = 0; i < probe->range_count; i++) {
        json_t *range = json_object();

        ims_make_set(maker, range, "first", ims_make_hex(probe->ranges[i].first, 1));
        ims_make_set(maker, range, "last", ims_make_hex(probe->ranges[i].last, 1));
        ims_make_append(maker, ranges, range);
    }
    ims_make_set(maker, object, "ranges", ranges);
    return object;
}

static json_t *group_part(struct ims_maker *maker, const struct ims_subject *subject,
                          const struct ims_check *check, const struct ims_probe *probe)
{
    json_t *object = json_object();
    json_t *members = json_array();
    json_t *blockers = json_array();
    json_t *open = json_array();
    json_t *notes = json_array();
    json_t *resets = json_array();
    bool of_kernel;
    const uint32_t number = ims_check_number(check, &of_kernel);

    ims_make_set(maker, object, "id", number == IMS_NONE ? json_null() : ims_make_uint(number));
    ims_make_set(maker, object, "kernel_id", of_kernel ? ims_make_uint(number) : json_null());
    ims_make_set(maker, object, "usable", ims_make_tristate(ims_check_usable(check)));
    ims_make_set(maker, object, "viable", ims_make_tristate(ims_check_viable(check)));
    ims_make_set(maker, object, "message", ims_make_string(ims_check_message(check)));
    for (uint32_t i = 0; i < ims_check_member_count(check); i++)
        ims_make_append(maker, members, member_part(maker, subject, ims_check_member(check, i)));
    for (uint32_t i = 0; i < ims_check_obstacle_count(check); i++) {
        const struct ims_obstacle *obstacle = ims_check_obstacle(check, i);

        ims_make_append(maker,
                        obstacle->blocks == IMS_YES       ? blockers
                        : obstacle->blocks == IMS_UNKNOWN ? open
                                                          : notes,
                        obstacle_part(maker, check, obstacle));
    }
    for (uint32_t i = 0; i < ims_check_reset_count(check); i++)
        ims_make_append(maker, resets,
                        reset_part(maker, subject, check, ims_check_reset(check, i)));
    ims_make_set(maker, object, "members", members);
    ims_make_set(maker, object, "blockers", blockers);
    ims_make_set(maker, object, "open", open);
    ims_make_set(maker, object, "notes", notes);
    ims_make_set(maker, object, "resets", resets);
    ims_make_set(maker, object, "probe", probe ? probe_part(maker, probe) : json_null());
    return object;
}

int ims_document_check(const struct ims_subject *subject, struct ims_check *const *checks,
                       const struct ims_probe *probes, uint32_t count, json_t **ret,
                       struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.check/1");
    json_t *groups = json_array();
    enum ims_tristate usable = IMS_YES;

    (void)reterr;
    for (uint32_t i = 0; i < count; i++) {
        const enum ims_tristate one = ims_check_usable(checks[i]);

        if (one == IMS_NO || usable == IMS_NO)
            usable = IMS_NO;
        else if (one == IMS_UNKNOWN)
            usable = IMS_UNKNOWN;
        ims_make_append(&maker, groups,
                        group_part(&maker, subject, checks[i], probes ? &probes[i] : NULL));
    }
    ims_make_set(&maker, document, "usable", ims_make_tristate(usable));
    ims_make_set(&maker, document, "groups", groups);
    ims_part_gaps(&maker, subject, document);
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
