/* SPDX-License-Identifier: MIT */
/* The audit as SARIF 2.1.0, for pipelines that collect findings of many tools. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/layout.h"
#include "output/layouts.h"
#include "output/value.h"

static const char *level_of(const json_t *finding)
{
    const char *severity = ims_layout_string(finding, "severity");

    if (strcmp(severity, "critical") == 0 || strcmp(severity, "high") == 0)
        return "error";
    return strcmp(severity, "medium") == 0 ? "warning" : "note";
}

static json_t *message_part(struct ims_maker *maker, json_t *text)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "text", text);
    return object;
}

/* The functions of a finding as logical locations: there is no file to point at. */
static json_t *locations_part(struct ims_maker *maker, const json_t *finding)
{
    json_t *location = json_object();
    json_t *logical = json_array();
    json_t *locations = json_array();
    const json_t *device;
    size_t index;

    json_array_foreach(json_object_get(finding, "devices"), index, device)
    {
        json_t *object = json_object();

        ims_make_set(maker, object, "fullyQualifiedName",
                     ims_make_string(ims_layout_string(device, "address")));
        ims_make_set(maker, object, "kind", ims_make_string("device"));
        ims_make_append(maker, logical, object);
    }
    ims_make_set(maker, location, "logicalLocations", logical);
    ims_make_append(maker, locations, location);
    return locations;
}

static json_t *flow_part(struct ims_maker *maker, const json_t *finding)
{
    json_t *steps = json_array();
    json_t *thread = json_object();
    json_t *threads = json_array();
    json_t *flow = json_object();
    json_t *flows = json_array();
    const json_t *hop;
    size_t index;

    json_array_foreach(json_object_get(finding, "witness"), index, hop)
    {
        json_t *step = json_object();
        json_t *location = json_object();
        const char *at = ims_layout_string(hop, "at");

        ims_make_set(
            maker, location, "message",
            message_part(maker, ims_make_format("%s: %s: %s [%s]", *at ? at : "root complex",
                                                ims_layout_string(hop, "decision"),
                                                ims_layout_string(hop, "text"),
                                                ims_layout_string(hop, "rule"))));
        ims_make_set(maker, step, "location", location);
        ims_make_append(maker, steps, step);
    }
    ims_make_set(maker, thread, "locations", steps);
    ims_make_append(maker, threads, thread);
    ims_make_set(maker, flow, "threadFlows", threads);
    ims_make_append(maker, flows, flow);
    return flows;
}

/* The same finding of two runs has the same fingerprint: its id and its functions. */
static json_t *fingerprint_part(struct ims_maker *maker, const json_t *finding)
{
    struct ims_text text = {0};
    json_t *object = json_object();
    const json_t *device;
    size_t index;

    ims_text_append(&text, ims_layout_string(finding, "id"));
    json_array_foreach(json_object_get(finding, "devices"), index, device)
    {
        ims_text_appendf(&text, " %s", ims_layout_string(device, "address"));
    }
    ims_make_set(maker, object, "idAndFunctions/v1", ims_make_string(ims_text_get(&text)));
    ims_text_done(&text);
    return object;
}

static json_t *results_part(struct ims_maker *maker, const json_t *document)
{
    json_t *results = json_array();
    const json_t *finding;
    size_t index;

    json_array_foreach(json_object_get(document, "findings"), index, finding)
    {
        json_t *result = json_object();

        ims_make_set(maker, result, "ruleId", ims_make_string(ims_layout_string(finding, "id")));
        ims_make_set(maker, result, "level", ims_make_string(level_of(finding)));
        ims_make_set(
            maker, result, "message",
            message_part(maker, ims_make_format("%s. %s", ims_layout_string(finding, "text"),
                                                ims_layout_string(finding, "remedy"))));
        ims_make_set(maker, result, "locations", locations_part(maker, finding));
        if (json_array_size(json_object_get(finding, "witness")) > 0)
            ims_make_set(maker, result, "codeFlows", flow_part(maker, finding));
        ims_make_set(maker, result, "partialFingerprints", fingerprint_part(maker, finding));
        ims_make_append(maker, results, result);
    }
    return results;
}

/* Every rule that a result names, once. */
static json_t *rules_part(struct ims_maker *maker, const json_t *document)
{
    json_t *rules = json_array();
    json_t *told = json_object();
    const json_t *finding;
    size_t index;

    json_array_foreach(json_object_get(document, "findings"), index, finding)
    {
        const char *id = ims_layout_string(finding, "id");
        json_t *rule;

        if (json_object_get(told, id))
            continue;
        ims_make_set(maker, told, id, json_true());
        rule = json_object();
        ims_make_set(maker, rule, "id", ims_make_string(id));
        ims_make_set(maker, rule, "shortDescription",
                     message_part(maker, ims_make_string(ims_layout_string(finding, "title"))));
        ims_make_append(maker, rules, rule);
    }
    json_decref(told);
    return rules;
}

int ims_layout_audit_sarif(const json_t *document, const struct ims_style *style,
                           struct ims_text *out, struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *log = json_object();
    json_t *runs = json_array();
    json_t *run = json_object();
    json_t *tool = json_object();
    json_t *driver = json_object();
    json_t *properties = json_object();
    char *text;

    (void)style;
    (void)reterr;
    ims_make_set(&maker, driver, "name", ims_make_string("iommuscope"));
    ims_make_set(&maker, driver, "version",
                 ims_make_string(ims_layout_string(document, "version")));
    ims_make_set(&maker, driver, "rules", rules_part(&maker, document));
    ims_make_set(&maker, tool, "driver", driver);
    ims_make_set(&maker, run, "tool", tool);
    ims_make_set(&maker, run, "results", results_part(&maker, document));
    ims_make_set(&maker, properties, "verdict",
                 ims_make_string(ims_layout_string(document, "verdict")));
    ims_make_set(&maker, run, "properties", properties);
    ims_make_append(&maker, runs, run);
    ims_make_set(&maker, log, "$schema",
                 ims_make_string("https://json.schemastore.org/sarif-2.1.0.json"));
    ims_make_set(&maker, log, "version", ims_make_string("2.1.0"));
    ims_make_set(&maker, log, "runs", runs);
    log = ims_make_finish(&maker, log);
    text = log ? json_dumps(log, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;
    json_decref(log);
    if (!text)
        return -ENOMEM;
    ims_text_appendf(out, "%s\n", text);
    free(text);
    return out->failed ? -ENOMEM : 0;
}
