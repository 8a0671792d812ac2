/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_DOCUMENT_RULES_H
#define IMS_OUTPUT_DOCUMENT_RULES_H

#include "output/document.h"
#include "output/value.h"

/* Whether the catalogue shows a quirk row below a rule. */
bool ims_quirk_row_belongs(const struct ims_quirk_row *row, const struct ims_rule *rule);

/* One quirk row and whether it takes part in ruleset. */
json_t *ims_part_quirk(struct ims_maker *maker, uint32_t index, const struct ims_ruleset *ruleset);

#endif
