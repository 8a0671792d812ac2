/* SPDX-License-Identifier: MIT */
/* The document of the audit command. */
#include <errno.h>

#include "output/document_parts.h"

static json_t *addresses_part(struct ims_maker *maker, const struct ims_subject *subject,
                              const struct ims_function *functions, uint32_t count)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < count; i++)
        ims_make_append(maker, array, ims_part_address(subject, functions[i]));
    return array;
}

static json_t *devices_part(struct ims_maker *maker, const struct ims_subject *subject,
                            const struct ims_function *functions, uint32_t count)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < count; i++)
        ims_make_append(maker, array, ims_part_member(maker, subject, functions[i]));
    return array;
}

json_t *ims_part_way(struct ims_maker *maker, const struct ims_subject *subject,
                     const struct ims_fabric_edge *edge)
{
    json_t *object = json_object();
    bool has_bar = edge->kind == IMS_FABRIC_EDGE_DMA || edge->kind == IMS_FABRIC_EDGE_TRANSLATED;
    bool alias = edge->kind == IMS_FABRIC_EDGE_ALIAS;

    ims_make_set(maker, object, "from", ims_part_address(subject, edge->from));
    ims_make_set(maker, object, "to", ims_part_address(subject, edge->to));
    ims_make_set(maker, object, "kind",
                 ims_make_string(ims_fabric_edge_kind_to_string(edge->kind)));
    ims_make_set(maker, object, "certainty",
                 ims_make_string(ims_fabric_certainty_to_string(edge->certainty)));
    ims_make_set(maker, object, "rule", ims_make_string(edge->rule));
    ims_make_set(maker, object, "bar", has_bar ? ims_make_uint(edge->bar) : json_null());
    ims_make_set(maker, object, "alias", alias ? ims_make_address(edge->alias) : json_null());
    ims_make_set(maker, object, "lookup",
                 edge->of_table ? ims_make_format("0x%x", edge->lookup.id) : json_null());
    ims_make_set(maker, object, "request",
                 alias || edge->kind == IMS_FABRIC_EDGE_HOST
                     ? json_null()
                     : ims_part_request(maker, subject, edge->from, &edge->tlp));
    return object;
}

static void witness_part(struct ims_maker *maker, const struct ims_subject *subject, json_t *object,
                         const struct ims_finding *finding)
{
    const struct ims_fabric_outcome *outcome =
        finding->witness ? ims_fabric_route_at(finding->witness, finding->witness_outcome) : NULL;

    if (!outcome) {
        ims_make_set(maker, object, "request", json_null());
        ims_make_set(maker, object, "outcome", json_null());
        ims_make_set(maker, object, "witness", json_array());
        return;
    }
    json_t *end = ims_part_outcome(maker, subject, outcome);
    json_t *request =
        ims_part_request(maker, subject, finding->witness_issuer, &finding->witness_tlp);

    ims_make_set(maker, request, "issuer", ims_part_address(subject, finding->witness_issuer));
    ims_make_set(maker, object, "request", request);
    ims_make_set(maker, object, "witness", json_incref(json_object_get(end, "hops")));
    (void)json_object_del(end, "hops");
    ims_make_set(maker, object, "outcome", end);
}

static json_t *finding_part(struct ims_maker *maker, const struct ims_subject *subject,
                            const struct ims_finding *finding)
{
    json_t *object = json_object();
    json_t *ways = json_array();

    ims_make_set(maker, object, "id", ims_make_string(finding->rule->id));
    ims_make_set(maker, object, "severity",
                 ims_make_string(ims_severity_to_string(finding->severity)));
    ims_make_set(maker, object, "title", ims_make_string(finding->rule->title));
    ims_make_set(maker, object, "devices",
                 devices_part(maker, subject, finding->functions, finding->function_count));
    ims_make_set(maker, object, "at", ims_part_address(subject, finding->at));
    ims_make_set(maker, object, "text", ims_make_string(finding->text));
    ims_make_set(maker, object, "assumption", ims_make_string(finding->assumption));
    ims_make_set(maker, object, "remedy", ims_make_string(finding->remedy));
    ims_make_set(maker, object, "limits", ims_make_string(finding->limits));
    ims_make_set(maker, object, "reference", ims_make_string(finding->rule->reference));
    for (uint32_t i = 0; i < finding->edge_count; i++)
        ims_make_append(maker, ways, ims_part_way(maker, subject, &finding->edges[i]));
    ims_make_set(maker, object, "ways", ways);
    witness_part(maker, subject, object, finding);
    return object;
}

static json_t *group_part(struct ims_maker *maker, const struct ims_subject *subject,
                          const struct ims_audit_group *group)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "number", ims_make_uint(group->number));
    ims_make_set(maker, object, "of_kernel", json_boolean(group->of_kernel));
    ims_make_set(maker, object, "verdict",
                 ims_make_string(ims_audit_verdict_to_string(group->verdict)));
    ims_make_set(maker, object, "coarse",
                 ims_make_string(ims_audit_verdict_to_string(group->coarse)));
    ims_make_set(maker, object, "endpoints",
                 addresses_part(maker, subject, group->members, group->member_count));
    return object;
}

int ims_document_audit(const struct ims_subject *subject, const struct ims_audit *audit,
                       json_t **ret, struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.audit/1");
    json_t *groups = json_array();
    json_t *findings = json_array();

    (void)reterr;
    ims_part_fabric(&maker, subject, document);
    ims_make_set(&maker, document, "verdict",
                 ims_make_string(ims_audit_verdict_to_string(ims_audit_verdict(audit))));
    for (uint32_t i = 0; i < ims_audit_group_count(audit); i++)
        ims_make_append(&maker, groups, group_part(&maker, subject, ims_audit_group_at(audit, i)));
    ims_make_set(&maker, document, "groups", groups);
    for (uint32_t i = 0; i < ims_audit_finding_count(audit); i++)
        ims_make_append(&maker, findings,
                        finding_part(&maker, subject, ims_audit_finding_at(audit, i)));
    ims_make_set(&maker, document, "findings", findings);
    ims_part_gaps(&maker, subject, document);
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
