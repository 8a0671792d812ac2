/* SPDX-License-Identifier: MIT */
/* The document of the route command, and the parts that other documents of the fabric share. */
#include <errno.h>

#include "output/document_parts.h"

json_t *ims_part_member(struct ims_maker *maker, const struct ims_subject *subject,
                        struct ims_function function)
{
    json_t *object;

    if (ims_function_is_none(function))
        return json_null();
    object = json_object();
    ims_part_function(maker, subject, object, function);
    return object;
}

static const char *at_name(enum ims_tlp_at at)
{
    if (at == IMS_TLP_TRANSLATED)
        return "translated";
    return at == IMS_TLP_TRANSLATION_REQUEST ? "translation-request" : "untranslated";
}

json_t *ims_part_request(struct ims_maker *maker, const struct ims_subject *subject,
                         struct ims_function issuer, const struct ims_tlp *tlp)
{
    json_t *object = json_object();
    struct ims_address own = ims_topology_function(subject->topology, issuer)->address;
    bool memory = tlp->kind == IMS_TLP_MEMORY_WRITE || tlp->kind == IMS_TLP_MEMORY_READ;

    ims_make_set(maker, object, "kind", ims_make_string(ims_tlp_kind_to_string(tlp->kind)));
    ims_make_set(maker, object, "address", ims_make_hex(tlp->address, 8));
    ims_make_set(maker, object, "at", memory ? ims_make_string(at_name(tlp->at)) : json_null());
    ims_make_set(maker, object, "requester", ims_make_address(tlp->forged ? tlp->requester : own));
    ims_make_set(maker, object, "forged", json_boolean(tlp->forged));
    return object;
}

static json_t *register_part(struct ims_maker *maker, const struct ims_fabric_register *look)
{
    json_t *object = json_object();
    unsigned digits = look->size_bits ? look->size_bits / 4u : 1u;
    uint64_t all =
        look->size_bits >= 64 ? UINT64_MAX : (UINT64_C(1) << look->size_bits) - UINT64_C(1);
    bool known = look->known != 0;

    ims_make_set(maker, object, "name", ims_make_string(look->name));
    ims_make_set(maker, object, "offset",
                 look->offset ? ims_make_hex(look->offset, 3) : json_null());
    ims_make_set(maker, object, "size_bits", ims_make_uint(look->size_bits));
    ims_make_set(maker, object, "value",
                 known ? ims_make_hex(look->value & look->known, digits) : json_null());
    ims_make_set(maker, object, "known", ims_make_hex(look->known, digits));
    ims_make_set(maker, object, "complete", json_boolean((look->known & all) == all));
    return object;
}

json_t *ims_part_hops(struct ims_maker *maker, const struct ims_subject *subject,
                      const struct ims_fabric_outcome *outcome)
{
    json_t *hops = json_array();

    for (uint32_t i = 0; i < outcome->hop_count; i++) {
        const struct ims_fabric_hop *hop = &outcome->hops[i];
        json_t *object = json_object();
        json_t *registers = json_array();

        ims_make_set(maker, object, "at", ims_part_address(subject, hop->function));
        ims_make_set(
            maker, object, "port_type",
            ims_function_is_none(hop->function)
                ? ims_make_string("root complex")
                : ims_make_string(ims_port_type_to_string(
                      ims_topology_function(subject->topology, hop->function)->corrected_type)));
        ims_make_set(maker, object, "decision",
                     ims_make_string(ims_fabric_decision_to_string(hop->decision)));
        ims_make_set(maker, object, "certainty",
                     ims_make_string(ims_fabric_certainty_to_string(hop->certainty)));
        ims_make_set(maker, object, "rule", ims_make_string(hop->rule));
        ims_make_set(maker, object, "text", ims_make_string(hop->text));
        for (uint32_t j = 0; j < hop->register_count; j++)
            ims_make_append(maker, registers, register_part(maker, &hop->registers[j]));
        ims_make_set(maker, object, "registers", registers);
        ims_make_append(maker, hops, object);
    }
    return hops;
}

json_t *ims_part_outcome(struct ims_maker *maker, const struct ims_subject *subject,
                         const struct ims_fabric_outcome *outcome)
{
    json_t *object = json_object();
    json_t *target = ims_part_member(maker, subject, outcome->target);
    bool peer = outcome->end == IMS_FABRIC_END_PEER;

    ims_make_set(maker, object, "certainty",
                 ims_make_string(ims_fabric_certainty_to_string(outcome->certainty)));
    ims_make_set(maker, object, "end", ims_make_string(ims_fabric_end_to_string(outcome->end)));
    ims_make_set(maker, object, "violation",
                 outcome->violation == IMS_FABRIC_VIOLATION_NONE
                     ? json_null()
                     : ims_make_string(ims_fabric_violation_to_string(outcome->violation)));
    if (peer) {
        ims_make_set(maker, target, "bar", ims_make_uint(outcome->bar));
        ims_make_set(maker, target, "offset", ims_make_hex(outcome->offset, 1));
    }
    ims_make_set(maker, object, "target", target);
    ims_make_set(maker, object, "multicast", json_boolean(outcome->multicast));
    ims_make_set(maker, object, "hops", ims_part_hops(maker, subject, outcome));
    return object;
}

void ims_part_fabric(struct ims_maker *maker, const struct ims_subject *subject, json_t *document)
{
    static const char *const threats[] = {"tm0", "tm1", "tm2"};
    const struct ims_fabric_basis *basis = ims_fabric_basis(subject->fabric);

    ims_make_set(maker, document, "rc",
                 ims_make_string(ims_fabric_rc_to_string(basis->options.rc)));
    ims_make_set(maker, document, "rc_reason", ims_make_string(basis->rc_reason));
    ims_make_set(maker, document, "threat", ims_make_string(threats[basis->options.threat]));
}

/* Yes or no when every possible end agrees, or one that is certain says no. */
static enum ims_tristate reaches_iommu(const struct ims_fabric_route *route)
{
    uint32_t count = ims_fabric_route_count(route);
    uint32_t arrive = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, i);

        if (outcome->end == IMS_FABRIC_END_IOMMU)
            arrive++;
        else if (outcome->certainty == IMS_FABRIC_MUST)
            return IMS_NO;
    }
    if (arrive == count)
        return IMS_YES;
    return arrive > 0 ? IMS_UNKNOWN : IMS_NO;
}

/* Whether the request hits what the range surely holds. */
static bool is_inside(const struct ims_subject *subject, const struct ims_fabric_outcome *outcome)
{
    uint32_t count;
    const struct ims_fabric_bar *bars = ims_fabric_bars(subject->fabric, outcome->target, &count);

    for (uint32_t i = 0; i < count; i++)
        if (bars[i].number == outcome->bar && bars[i].space == IMS_FABRIC_MEMORY)
            return outcome->offset <= bars[i].last - bars[i].first;
    return true;
}

int ims_document_route(const struct ims_subject *subject, struct ims_function issuer,
                       const struct ims_tlp *tlp, json_t **ret, struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    struct ims_fabric_route *route = NULL;
    json_t *document;
    json_t *outcomes;
    json_t *unsized;
    int code = ims_fabric_route(subject->fabric, issuer, tlp, &route, reterr);

    if (code < 0)
        return code;
    document = ims_part_document(&maker, subject, "iommuscope.route/1");
    outcomes = json_array();
    unsized = json_object();
    ims_part_fabric(&maker, subject, document);
    ims_make_set(&maker, document, "issuer", ims_part_member(&maker, subject, issuer));
    ims_make_set(&maker, document, "request", ims_part_request(&maker, subject, issuer, tlp));
    ims_make_set(&maker, document, "reaches_iommu", ims_make_tristate(reaches_iommu(route)));
    ims_make_set(&maker, document, "outcomes", outcomes);
    for (uint32_t i = 0; i < ims_fabric_route_count(route); i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, i);

        ims_make_append(&maker, outcomes, ims_part_outcome(&maker, subject, outcome));
        /* Within what it surely holds the size decides nothing. */
        if (outcome->end == IMS_FABRIC_END_PEER && !is_inside(subject, outcome) &&
            (tlp->kind == IMS_TLP_MEMORY_READ || tlp->kind == IMS_TLP_MEMORY_WRITE))
            ims_part_unsized(&maker, subject, unsized, outcome->target, outcome->bar);
    }
    ims_make_set(&maker, document, "truncated", json_boolean(ims_fabric_route_truncated(route)));
    ims_fabric_route_free(route);
    ims_part_gaps(&maker, subject, document);
    ims_part_unsized_notes(&maker, document, unsized);
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
