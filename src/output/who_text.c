/* SPDX-License-Identifier: MIT */
/* Who uses functions, as text: the verdict of each, then what the host would lose. */
#include <errno.h>
#include <string.h>

#include "output/fabric_text.h"
#include "output/layout.h"
#include "output/layouts.h"

static const char *verdict_words(const json_t *function)
{
    static const struct {
        const char *verdict;
        const char *words;
    } rows[] = {
        {"free", "nobody uses it"},
        {"idle", "nobody uses it; what it provides goes away with its driver"},
        {"in-use", "the host uses it"},
        {"vital", "the host cannot do without it"},
        {"unknown", "whether somebody uses it is not known"},
    };

    if (ims_layout_true(function, "interconnect"))
        return "interconnect, which stays with the host";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].verdict, ims_layout_string(function, "verdict")) == 0)
            return rows[i].words;
    return "";
}

int ims_layout_who(const json_t *document, const struct ims_style *style, struct ims_text *out,
                   struct ims_error *reterr)
{
    const json_t *function;
    const json_t *use;
    size_t index;
    size_t i;

    (void)reterr;
    json_array_foreach(json_object_get(document, "functions"), index, function)
    {
        ims_layout_name(out, document, style, function);
        ims_text_appendf(out, ": %s.\n", verdict_words(function));
        json_array_foreach(json_object_get(function, "uses"), i, use)
        {
            struct ims_text line = {0};

            ims_text_appendf(&line, "%s%s: %s (%s)", ims_layout_string(use, "kind"),
                             ims_layout_true(use, "certain") ? "" : "?",
                             ims_layout_string(use, "text"), ims_layout_string(use, "evidence"));
            ims_layout_line(out, style, &line, 4);
        }
    }
    return out->failed ? -ENOMEM : 0;
}
