/* SPDX-License-Identifier: MIT */
/* The documents of the rules command: the catalogue, one rule, the quirk rows. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "output/document_parts.h"
#include "output/document_rules.h"

/* Alias rows carry a kind instead of a rule name; this says which rule speaks of which kind. */
static const struct {
    const char *kind_prefix;
    const char *rule_id;
} alias_rules[] = {
    {"alias_ntb", "ALIAS-NTB-TABLE"},
    {"alias_", "ALIAS-DEVFN-QUIRK"},
    {"bridge_flag_pcie_alias", "ALIAS-CONV-BRIDGE"},
    {"bridge_flag_xlate_root", "APART-ALIAS-STOP"},
    {"bridge_flag_no_alias", "ALIAS-PCIE-PCI-BRIDGE"},
    {"runtime_real_dma", "ALIAS-VMD"},
    {"runtime_", "ALIAS-DEVFN-QUIRK"},
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* "QUIRK-INTEL-PCH-ARMED" and "intel_pch": one name begins with the other. */
static bool same_family(const char *id, const char *rule)
{
    if (!starts_with(id, "QUIRK-"))
        return false;
    id += strlen("QUIRK-");
    while (*id && *rule) {
        char letter = *id == '-' ? '_' : (char)tolower((unsigned char)*id);

        if (letter != *rule)
            return false;
        id++;
        rule++;
    }
    return (*id == '\0' || *id == '-') && (*rule == '\0' || *rule == '_');
}

bool ims_quirk_row_belongs(const struct ims_quirk_row *row, const struct ims_rule *rule)
{
    if (strcmp(row->table, "alias") != 0)
        return same_family(rule->id, row->rule);
    for (size_t i = 0; i < sizeof(alias_rules) / sizeof(alias_rules[0]); i++)
        if (starts_with(row->kind, alias_rules[i].kind_prefix))
            return strcmp(alias_rules[i].rule_id, rule->id) == 0;
    return false;
}

json_t *ims_part_quirk(struct ims_maker *maker, uint32_t index, const struct ims_ruleset *ruleset)
{
    struct ims_quirk_row row = ims_quirk_row_at(index);
    json_t *object = json_object();

    ims_make_set(maker, object, "table", ims_make_string(row.table));
    ims_make_set(maker, object, "kind", ims_make_string(row.kind));
    ims_make_set(maker, object, "vendor_id", ims_make_hex(row.vendor, 4));
    ims_make_set(maker, object, "device_id",
                 row.any_device ? json_null() : ims_make_hex(row.device, 4));
    ims_make_set(maker, object, "rule", ims_make_string(row.rule));
    ims_make_set(maker, object, "window", ims_make_string(row.window));
    ims_make_set(maker, object, "stable",
                 strcmp(row.stable, "-") == 0 ? json_null() : ims_make_string(row.stable));
    ims_make_set(maker, object, "label", ims_make_string(row.label));
    ims_make_set(maker, object, "present",
                 ims_make_tristate(ims_quirk_row_present(index, ruleset)));
    return object;
}

static json_t *rule_part(struct ims_maker *maker, const struct ims_rule *rule)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "id", ims_make_string(rule->id));
    ims_make_set(maker, object, "topic", ims_make_string(ims_rule_topic_to_string(rule->topic)));
    ims_make_set(maker, object, "title", ims_make_string(rule->title));
    ims_make_set(maker, object, "text", ims_make_string(rule->text));
    ims_make_set(maker, object, "remedy", ims_make_string(rule->remedy));
    ims_make_set(maker, object, "reference", ims_make_string(rule->reference));
    return object;
}

static int finish(struct ims_maker *maker, json_t *document, json_t **ret)
{
    ims_make_set(maker, document, "notes", json_array());
    ims_make_set(maker, document, "gaps", json_array());
    document = ims_make_finish(maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}

int ims_document_rules(json_t **ret)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_bare_document(&maker, "iommuscope.rules/1");
    json_t *rules = json_array();

    ims_make_set(&maker, document, "rules", rules);
    for (uint32_t i = 0; i < ims_rule_count(); i++)
        ims_make_append(&maker, rules, rule_part(&maker, ims_rule_at(i)));
    return finish(&maker, document, ret);
}

int ims_document_rule(const struct ims_rule *rule, const struct ims_ruleset *ruleset, json_t **ret)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_bare_document(&maker, "iommuscope.rule/1");
    json_t *quirks = json_array();
    char name[IMS_RULESET_NAME_SIZE];

    ims_make_set(&maker, document, "ruleset", ims_make_string(ims_ruleset_name(ruleset, name)));
    ims_make_set(&maker, document, "rule", rule_part(&maker, rule));
    ims_make_set(&maker, document, "quirks", quirks);
    for (uint32_t i = 0; i < ims_quirk_row_count(); i++) {
        struct ims_quirk_row row = ims_quirk_row_at(i);

        if (ims_quirk_row_belongs(&row, rule))
            ims_make_append(&maker, quirks, ims_part_quirk(&maker, i, ruleset));
    }
    return finish(&maker, document, ret);
}

int ims_document_quirks(const struct ims_ruleset *ruleset, json_t **ret)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_bare_document(&maker, "iommuscope.quirks/1");
    json_t *quirks = json_array();
    char name[IMS_RULESET_NAME_SIZE];

    ims_make_set(&maker, document, "ruleset", ims_make_string(ims_ruleset_name(ruleset, name)));
    ims_make_set(&maker, document, "quirks", quirks);
    for (uint32_t i = 0; i < ims_quirk_row_count(); i++)
        ims_make_append(&maker, quirks, ims_part_quirk(&maker, i, ruleset));
    return finish(&maker, document, ret);
}
