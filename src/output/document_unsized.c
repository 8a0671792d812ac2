/* SPDX-License-Identifier: MIT */
/* What an input without sizes of address ranges leaves open in answers about the fabric. */
#include <stdio.h>

#include "output/document_parts.h"

/* So many ranges are told one by one; of more only the first. */
#define RANGES_TOLD 3u

void ims_part_unsized(struct ims_maker *maker, const struct ims_subject *subject, json_t *unsized,
                      struct ims_function target, unsigned bar)
{
    const struct ims_function_info *info = ims_topology_function(subject->topology, target);
    char name[IMS_ADDRESS_STRING_SIZE];
    char text[256];
    uint32_t count;
    const struct ims_fabric_bar *ranges = ims_fabric_bars(subject->fabric, target, &count);

    ims_address_format(info->address, name);
    for (uint32_t i = 0; i < count; i++) {
        const struct ims_fabric_bar *range = &ranges[i];

        if (range->number != bar || range->space != IMS_FABRIC_MEMORY || range->size_known ||
            range->last_may == range->last)
            continue;
        snprintf(text, sizeof(text),
                 "%s: the input does not state the size of BAR %u: it holds 0x%llx to 0x%llx, and "
                 "may go on to 0x%llx (a capture of the machine states it)",
                 name, bar, (unsigned long long)range->first, (unsigned long long)range->last,
                 (unsigned long long)range->last_may);
        ims_make_set(maker, unsized, text, json_true());
    }
}

void ims_part_unsized_notes(struct ims_maker *maker, json_t *document, json_t *unsized)
{
    const size_t count = json_object_size(unsized);
    const char *text;
    json_t *value;
    char more[320];

    json_object_foreach(unsized, text, value)
    {
        if (count <= RANGES_TOLD) {
            ims_part_note(maker, document, ims_make_string(text));
            continue;
        }
        snprintf(more, sizeof(more), "%s; %zu more ranges are of unknown size", text, count - 1);
        ims_part_note(maker, document, ims_make_string(more));
        break;
    }
    json_decref(unsized);
}
