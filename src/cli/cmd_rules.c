/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "cli/print.h"
#include "cli/session.h"

/* Rules whose id holds the word, to help after a wrong id. */
static int no_such_rule(const char *id)
{
    char hint[160] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < ims_rule_count(); i++) {
        const char *candidate = ims_rule_at(i)->id;
        size_t length = strlen(candidate);

        if (!strcasestr(candidate, id) || used + length + 3 > sizeof(hint))
            continue;
        if (used > 0) {
            memcpy(hint + used, ", ", 2);
            used += 2;
        }
        memcpy(hint + used, candidate, length + 1);
        used += length;
    }
    if (used > 0)
        ims_print_error("no rule '%s'; there is %s", id, hint);
    else
        ims_print_error("no rule '%s'; `iommuscope rules` lists all of them", id);
    return IMS_EXIT_ERROR;
}

int ims_command_rules(const struct ims_options *options, char **operands, int operand_count)
{
    const char *id = operand_count > 0 ? operands[0] : NULL;
    const struct ims_rule *rule = id ? ims_rule_find(id) : NULL;
    bool quirks = ims_options_has(options, IMS_OPTION_QUIRKS);
    struct ims_ruleset ruleset;
    struct ims_error error = {0};
    json_t *document = NULL;
    int code = ims_ruleset_find(options->rules ? options->rules : "linux", NULL, &ruleset, &error);

    if (code < 0) {
        (void)ims_session_fail(&error, code);
        return IMS_EXIT_USAGE;
    }
    if (id && quirks) {
        ims_print_error("rules: --quirks lists all quirk rows and takes no ID");
        return IMS_EXIT_USAGE;
    }
    if (id && !rule)
        return no_such_rule(id);
    if (rule)
        code = ims_document_rule(rule, &ruleset, &document);
    else
        code = quirks ? ims_document_quirks(&ruleset, &document) : ims_document_rules(&document);
    return ims_session_print(options, document, code, &error);
}
