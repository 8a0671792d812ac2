/* SPDX-License-Identifier: MIT */
/* All quirk rows in one line, as the catalogue shows them. */
#include "rules/quirk_tables.h"

/* What a public index means. */
struct ims_row_ref {
    const struct ims_acs_quirk_row *acs;
    const struct ims_acs_list_row *list;
    const struct ims_alias_quirk_row *alias;
    const char *kind;
};

static struct ims_row_ref row_ref(uint32_t index)
{
    struct ims_row_ref ref = {0};

    if (index < IMS_ACS_QUIRK_ROW_COUNT) {
        ref.acs = &ims_acs_quirk_rows[index];
        ref.kind = "table";
        return ref;
    }
    index -= IMS_ACS_QUIRK_ROW_COUNT;
    if (index < IMS_ACS_LIST_ROW_COUNT) {
        ref.list = &ims_acs_list_rows[index];
        ref.kind = "expand";
        return ref;
    }
    index -= IMS_ACS_LIST_ROW_COUNT;
    if (index < IMS_ACS_OP_ROW_COUNT) {
        ref.acs = &ims_acs_op_rows[index];
        ref.kind = "op";
        return ref;
    }
    index -= IMS_ACS_OP_ROW_COUNT;
    if (index < IMS_ACS_CAPFIX_ROW_COUNT) {
        ref.acs = &ims_acs_capfix_rows[index];
        ref.kind = "capfix";
        return ref;
    }
    index -= IMS_ACS_CAPFIX_ROW_COUNT;
    if (index < IMS_ALIAS_QUIRK_ROW_COUNT)
        ref.alias = &ims_alias_quirk_rows[index];
    else if (index - IMS_ALIAS_QUIRK_ROW_COUNT < IMS_ALIAS_RUNTIME_ROW_COUNT)
        ref.alias = &ims_alias_runtime_rows[index - IMS_ALIAS_QUIRK_ROW_COUNT];
    if (ref.alias)
        ref.kind = ims_alias_quirk_kind_to_string(ref.alias->kind);
    return ref;
}

uint32_t ims_quirk_row_count(void)
{
    return IMS_ACS_QUIRK_ROW_COUNT + IMS_ACS_LIST_ROW_COUNT + IMS_ACS_OP_ROW_COUNT +
           IMS_ACS_CAPFIX_ROW_COUNT + IMS_ALIAS_QUIRK_ROW_COUNT + IMS_ALIAS_RUNTIME_ROW_COUNT;
}

struct ims_quirk_row ims_quirk_row_at(uint32_t index)
{
    struct ims_row_ref ref = row_ref(index);
    struct ims_quirk_row row = {
        .table = "", .kind = "", .rule = "", .window = "", .stable = "-", .label = ""};
    const struct ims_release_window *window = NULL;

    if (ref.acs) {
        row.vendor = ref.acs->vendor;
        row.device = ref.acs->device;
        row.any_device = ref.acs->any_device;
        row.rule = ims_acs_quirk_rule_to_string(ref.acs->rule);
        row.label = ref.acs->label;
        window = &ref.acs->window;
    } else if (ref.list) {
        row.vendor = ref.list->vendor;
        row.device = ref.list->device;
        row.rule = ims_acs_quirk_rule_to_string(ref.list->rule);
        row.label = ref.list->ids_label;
        window = &ref.list->window;
    } else if (ref.alias) {
        row.vendor = ref.alias->vendor;
        row.device = ref.alias->device;
        row.any_device = ref.alias->any_id;
        row.rule = ref.kind;
        row.label = ref.alias->label;
        window = &ref.alias->window;
    }
    if (!window)
        return row;
    row.table = ref.alias ? "alias" : "acs";
    row.kind = ref.kind;
    row.window = window->mainline;
    row.stable = window->stable;
    return row;
}

enum ims_tristate ims_quirk_row_present(uint32_t index, const struct ims_ruleset *ruleset)
{
    struct ims_row_ref ref = row_ref(index);
    const struct ims_release_window *window = NULL;

    if (ref.acs)
        window = &ref.acs->window;
    else if (ref.list)
        window = &ref.list->window;
    else if (ref.alias)
        window = &ref.alias->window;
    if (!window)
        return IMS_NO;
    return ims_release_window_present(window, ruleset->version, NULL);
}
