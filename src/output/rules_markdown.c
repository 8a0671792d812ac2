/* SPDX-License-Identifier: MIT */
/* The catalogue as the page docs/rules.md. */
#include <errno.h>
#include <string.h>

#include "output/layout.h"
#include "output/layouts.h"
#include "output/utf8.h"

#define PAGE_WIDTH 100u

/* Characters that markdown would take for its own; names of registers hold '_' and '|'. */
static void append_escaped(struct ims_text *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\`*_|<>", *text))
            ims_text_append(out, "\\");
        ims_text_append_bytes(out, text, 1);
    }
}

/* A paragraph, behind a bold name when there is one. */
static void append_section(struct ims_text *out, const char *name, const char *text)
{
    struct ims_text section = {0};

    ims_text_append(out, "\n");
    if (*name)
        ims_text_appendf(&section, "**%s:** ", name);
    append_escaped(&section, text);
    if (section.failed)
        out->failed = true;
    else
        ims_utf8_append_wrapped(out, ims_text_get(&section), PAGE_WIDTH, 0);
    ims_text_done(&section);
}

int ims_layout_rules_markdown(const json_t *document, const struct ims_style *style,
                              struct ims_text *out, struct ims_error *reterr)
{
    const char *topic = "";
    const json_t *rule;
    size_t index;

    (void)style;
    (void)reterr;
    ims_text_append(out, "<!-- SPDX-License-Identifier: MIT -->\n"
                         "<!-- Made by `iommuscope rules --markdown`; do not edit. -->\n"
                         "# Rules\n\n"
                         "Every merge of two functions into one IOMMU group, and every verdict on "
                         "a port, names\none of these rules. The ids are stable. "
                         "`iommuscope rules ID` prints one of them with the\nquirk rows that "
                         "belong to it.\n");
    json_array_foreach(json_object_get(document, "rules"), index, rule)
    {
        if (strcmp(topic, ims_layout_string(rule, "topic")) != 0) {
            topic = ims_layout_string(rule, "topic");
            ims_text_appendf(out, "\n## Topic: %s\n", topic);
        }
        ims_text_appendf(out, "\n### %s\n", ims_layout_string(rule, "id"));
        append_section(out, "", ims_layout_string(rule, "title"));
        append_section(out, "", ims_layout_string(rule, "text"));
        append_section(out, "Remedy", ims_layout_string(rule, "remedy"));
        append_section(out, "Reference", ims_layout_string(rule, "reference"));
    }
    return out->failed ? -ENOMEM : 0;
}
