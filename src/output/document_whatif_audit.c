/* SPDX-License-Identifier: MIT */
/* Which findings of an audit edits bring about, and which they do away with. */
#include "base/text.h"
#include "output/document_whatif.h"

/*
 * What a finding is called on both sides: its id, and its functions by the places that they had in
 * the input. Those that are new have none: their address stands for them.
 */
static void append_key(struct ims_text *key, const struct ims_whatif_side *side,
                       const struct ims_finding *finding)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    ims_text_append(key, finding->rule->id);
    for (uint32_t i = 0; i < finding->function_count; i++) {
        const uint32_t index = finding->functions[i].index;
        const uint32_t origin = side->edited->origin[index];

        if (origin != IMS_NONE)
            ims_text_appendf(key, " %u", origin);
        else
            ims_text_appendf(
                key, " +%s",
                ims_address_format(
                    ims_topology_function(side->subject.topology, finding->functions[i])->address,
                    name));
    }
}

/* How often each key is found on a side: an object of numbers. */
static json_t *count_keys(struct ims_maker *maker, const struct ims_whatif_side *side)
{
    json_t *counts = json_object();

    for (uint32_t i = 0; i < ims_audit_finding_count(side->audit); i++) {
        struct ims_text key = {0};

        append_key(&key, side, ims_audit_finding_at(side->audit, i));
        if (ims_text_get(&key)) {
            const json_t *count = json_object_get(counts, ims_text_get(&key));
            ims_make_set(maker, counts, ims_text_get(&key),
                         json_integer(json_integer_value(count) + 1));
        }
        maker->failed |= key.failed;
        ims_text_done(&key);
    }
    return counts;
}

static json_t *finding_part(struct ims_maker *maker, const struct ims_whatif_side *side,
                            const struct ims_finding *finding)
{
    json_t *object = json_object();
    json_t *devices = json_array();

    for (uint32_t i = 0; i < finding->function_count; i++)
        ims_make_append(maker, devices, ims_part_address(&side->subject, finding->functions[i]));
    ims_make_set(maker, object, "id", ims_make_string(finding->rule->id));
    ims_make_set(maker, object, "severity",
                 ims_make_string(ims_severity_to_string(finding->severity)));
    ims_make_set(maker, object, "title", ims_make_string(finding->rule->title));
    ims_make_set(maker, object, "devices", devices);
    ims_make_set(maker, object, "at", ims_part_address(&side->subject, finding->at));
    ims_make_set(maker, object, "text", ims_make_string(finding->text));
    return object;
}

/* Those of a side that the other side has not; counts of the other are used up. */
static json_t *only_part(struct ims_maker *maker, const struct ims_whatif_side *side,
                         json_t *others)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < ims_audit_finding_count(side->audit); i++) {
        const struct ims_finding *finding = ims_audit_finding_at(side->audit, i);
        struct ims_text key = {0};

        append_key(&key, side, finding);
        if (ims_text_get(&key)) {
            const json_int_t left = json_integer_value(json_object_get(others, ims_text_get(&key)));
            if (left > 0)
                ims_make_set(maker, others, ims_text_get(&key), json_integer(left - 1));
            else
                ims_make_append(maker, array, finding_part(maker, side, finding));
        }
        maker->failed |= key.failed;
        ims_text_done(&key);
    }
    return array;
}

static bool same_kind(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "id"), json_object_get(b, "id")) &&
           json_equal(json_object_get(a, "severity"), json_object_get(b, "severity"));
}

/* A finding that is gone and one of the same kind that is new are one that names other functions. */
static json_t *pair_up(struct ims_maker *maker, json_t *fresh, json_t *gone)
{
    json_t *array = json_array();

    for (size_t i = 0; i < json_array_size(fresh);) {
        size_t j = 0;
        while (j < json_array_size(gone) &&
               !same_kind(json_array_get(fresh, i), json_array_get(gone, j)))
            j++;
        if (j == json_array_size(gone)) {
            i++;
            continue;
        }
        json_t *object = json_object();
        ims_make_set(maker, object, "before", json_incref(json_array_get(gone, j)));
        ims_make_set(maker, object, "after", json_incref(json_array_get(fresh, i)));
        ims_make_append(maker, array, object);
        (void)json_array_remove(gone, j);
        (void)json_array_remove(fresh, i);
    }
    return array;
}

void ims_part_findings_difference(struct ims_maker *maker, const struct ims_whatif *whatif,
                                  json_t *document)
{
    json_t *before = count_keys(maker, &whatif->before);
    json_t *after = count_keys(maker, &whatif->after);
    json_t *object = json_object();

    json_t *fresh = only_part(maker, &whatif->after, before);
    json_t *gone = only_part(maker, &whatif->before, after);
    ims_make_set(maker, object, "changed", pair_up(maker, fresh, gone));
    ims_make_set(maker, object, "new", fresh);
    ims_make_set(maker, object, "gone", gone);
    ims_make_set(maker, document, "findings", object);
    json_decref(before);
    json_decref(after);
}
