/* SPDX-License-Identifier: MIT */
/* The document of the who command. */
#include <errno.h>

#include "output/document_parts.h"
#include "ownership/model.h"

json_t *ims_part_use(struct ims_maker *maker, const struct ims_use *use)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "address", ims_make_address(use->address));
    ims_make_set(maker, object, "kind", ims_make_string(ims_use_kind_to_string(use->kind)));
    ims_make_set(maker, object, "weight",
                 ims_make_string(ims_use_weight_to_string(ims_use_kind_weight(use->kind))));
    ims_make_set(maker, object, "certain", json_boolean(use->certain == IMS_YES));
    ims_make_set(maker, object, "subject", ims_make_string(use->subject));
    ims_make_set(maker, object, "evidence", ims_make_string(use->evidence));
    ims_make_set(maker, object, "text", ims_make_string(use->text));
    return object;
}

/* The gravest of all uses; what is not known is never free. */
static const char *verdict_of(const struct ims_uses *uses, struct ims_address address)
{
    bool known = true;
    bool any = false;
    bool used = false;

    for (uint32_t i = 0; i < uses->count; i++) {
        const struct ims_use *use = &uses->uses[i];
        const enum ims_use_weight weight = ims_use_kind_weight(use->kind);

        if (ims_address_compare(use->address, address) != 0)
            continue;
        any = true;
        if (use->certain != IMS_YES)
            known = false;
        else if (weight == IMS_USE_FATAL)
            return "vital";
        used |= use->certain == IMS_YES && weight == IMS_USE_LOSS;
    }
    return used ? "in-use" : !known ? "unknown" : any ? "idle" : "free";
}

int ims_document_who(const struct ims_subject *subject, const struct ims_function *functions,
                     uint32_t count, const struct ims_uses *uses, json_t **ret,
                     struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.who/1");
    json_t *array = json_array();

    (void)reterr;
    for (uint32_t i = 0; i < count; i++) {
        const struct ims_function_info *info =
            ims_topology_function(subject->topology, functions[i]);
        json_t *object = ims_part_member(&maker, subject, functions[i]);
        json_t *list = json_array();

        ims_make_set(&maker, object, "interconnect",
                     json_boolean(ims_is_interconnect(info) == IMS_YES));
        ims_make_set(&maker, object, "verdict", ims_make_string(verdict_of(uses, info->address)));
        for (uint32_t j = 0; j < uses->count; j++)
            if (ims_address_compare(uses->uses[j].address, info->address) == 0)
                ims_make_append(&maker, list, ims_part_use(&maker, &uses->uses[j]));
        ims_make_set(&maker, object, "uses", list);
        ims_make_append(&maker, array, object);
    }
    ims_make_set(&maker, document, "functions", array);
    ims_part_gaps(&maker, subject, document);
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
