/* SPDX-License-Identifier: MIT */
#include "host/plan_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    json_t *object = json_pack("{s:o, s:o, s:I, s:b}", "driver", text_or_null(binding->driver),
                               "override", text_or_null(binding->override), "numvfs",
                               (json_int_t)binding->numvfs, "any_driver", (int)binding->any_driver);

    if (object && binding->power &&
        json_object_set_new(object, "power", json_string(binding->power)) < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
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
    } else if (step->kind == IMS_STEP_POWER) {
        snprintf(path, sizeof(path), "bus/pci/devices/%s/power/control", name);
        snprintf(value, sizeof(value), "%s", step->name);
    } else if (step->kind == IMS_STEP_PROBE) {
        snprintf(path, sizeof(path), "bus/pci/drivers_probe");
    } else {
        snprintf(value, sizeof(value), "modprobe -q -- %s", step->name);
        return json_pack("{s:s}", "run", value);
    }
    return json_pack("{s:s+, s:s}", "path", "/sys/", path, "value", value);
}

json_t *ims_step_to_json(const struct ims_step *step)
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
        r |= json_array_append_new(steps, ims_step_to_json(&plan->steps[i]));
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
    case IMS_STEP_POWER:
        snprintf(buffer, size_bytes, "set power/control of %s to %s", name, step->name);
        return;
    case IMS_STEP_KIND_MAX:
        break;
    }
    snprintf(buffer, size_bytes, "unknown step");
}
