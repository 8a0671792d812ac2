/* SPDX-License-Identifier: MIT */
#ifndef IMS_RULES_QUIRK_TABLES_H
#define IMS_RULES_QUIRK_TABLES_H

/*
 * The arrays behind quirks.h, and the words their rows are written in. For this room and its tests.
 */

#include "rules/quirks.h"

#define IMS_ACS_QUIRK_ROW_COUNT 132u
#define IMS_ACS_LIST_ROW_COUNT 19u
#define IMS_ACS_LIST_RANGE_COUNT 44u
#define IMS_ACS_OP_ROW_COUNT 3u
#define IMS_ACS_CAPFIX_ROW_COUNT 2u
#define IMS_ALIAS_QUIRK_ROW_COUNT 143u
#define IMS_ALIAS_RUNTIME_ROW_COUNT 2u

/* Verdict rows in the order in which the kernel asks them. */
extern const struct ims_acs_quirk_row ims_acs_quirk_rows[IMS_ACS_QUIRK_ROW_COUNT];
/* Indices of these rows by (vendor, device, index); rows for any device come last of a vendor. */
extern const uint8_t ims_acs_quirk_by_id[IMS_ACS_QUIRK_ROW_COUNT];

extern const struct ims_acs_list_row ims_acs_list_rows[IMS_ACS_LIST_ROW_COUNT];

struct ims_acs_list_range {
    uint8_t rule; /* enum ims_acs_quirk_rule */
    uint8_t row;  /* index in ims_acs_list_rows */
    uint16_t first;
    uint16_t last;
};
/* What the list rows hold, sorted by (rule, first); ranges of one rule do not overlap. */
extern const struct ims_acs_list_range ims_acs_list_ranges[IMS_ACS_LIST_RANGE_COUNT];

extern const struct ims_acs_quirk_row ims_acs_op_rows[IMS_ACS_OP_ROW_COUNT];
extern const struct ims_acs_quirk_row ims_acs_capfix_rows[IMS_ACS_CAPFIX_ROW_COUNT];

/* Sorted by vendor, device, kind, subsystem. */
extern const struct ims_alias_quirk_row ims_alias_quirk_rows[IMS_ALIAS_QUIRK_ROW_COUNT];
extern const struct ims_alias_quirk_row ims_alias_runtime_rows[IMS_ALIAS_RUNTIME_ROW_COUNT];

#endif
