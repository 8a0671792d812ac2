/* SPDX-License-Identifier: MIT */
/* The audit as text: the verdict, then a finding per paragraph with its witness. */
#include <errno.h>
#include <string.h>

#include "output/fabric_text.h"
#include "output/layouts.h"

/* Of the functions of a finding, this many are named unless -v. */
#define NAMED_MAX 6u

static const char *verdict_words(const char *verdict)
{
    static const struct {
        const char *verdict;
        const char *words;
    } rows[] = {
        {"EXACT", "the groups are what the registers enforce"},
        {"MAYBE-SPLIT", "the groups are safe; some may be larger than the registers demand"},
        {"OVERMERGED", "the groups are safe; some are larger than the registers demand"},
        {"UNPROVEN", "nothing is known to leave its group, but it cannot be excluded"},
        {"UNSOUND", "the registers do not keep some of the groups apart"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].verdict, verdict) == 0)
            return rows[i].words;
    return "";
}

static void append_counts(struct ims_text *out, const json_t *groups)
{
    static const char *const verdicts[] = {"UNSOUND", "UNPROVEN", "OVERMERGED", "MAYBE-SPLIT",
                                           "EXACT"};
    const char *separator = "";

    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        const json_t *group;
        size_t index;
        size_t count = 0;

        json_array_foreach(groups, index, group)
        {
            count += strcmp(ims_layout_string(group, "verdict"), verdicts[i]) == 0;
        }
        if (count == 0)
            continue;
        ims_text_appendf(out, "%s%zu %s", separator, count, verdicts[i]);
        separator = ", ";
    }
}

static void append_head(struct ims_text *out, const json_t *document, const struct ims_style *style)
{
    const json_t *groups = json_object_get(document, "groups");
    const char *verdict = ims_layout_string(document, "verdict");
    struct ims_text line = {0};

    ims_text_appendf(&line, "%s: %s.", verdict, verdict_words(verdict));
    ims_layout_paragraph(out, style, ims_text_get(&line) ? ims_text_get(&line) : "", 0);
    ims_text_clear(&line);
    ims_text_appendf(&line, "%zu group%s with endpoints", json_array_size(groups),
                     json_array_size(groups) == 1 ? "" : "s");
    if (json_array_size(groups) > 0) {
        ims_text_append(&line, ": ");
        append_counts(&line, groups);
    }
    ims_text_appendf(&line, ". %s. Root complex: %s (%s).",
                     ims_layout_true(document, "kernel_groups_known")
                         ? "They are the kernel's"
                         : "The input has no groups: they are predicted",
                     ims_layout_string(document, "rc"), ims_layout_string(document, "rc_reason"));
    ims_layout_paragraph(out, style, ims_text_get(&line) ? ims_text_get(&line) : "", 0);
    out->failed |= line.failed;
    ims_text_done(&line);
}

static void append_devices(struct ims_text *out, const json_t *document,
                           const struct ims_style *style, const json_t *devices)
{
    size_t count = json_array_size(devices);
    size_t named = style->verbose > 0 || count <= NAMED_MAX ? count : NAMED_MAX;
    struct ims_text line = {0};

    ims_text_append(&line, "Functions: ");
    for (size_t i = 0; i < named; i++) {
        if (i > 0)
            ims_text_append(&line, ", ");
        ims_layout_name(&line, document, style, json_array_get(devices, i));
    }
    if (named < count)
        ims_text_appendf(&line, " and %zu more (-v)", count - named);
    ims_layout_paragraph(out, style, ims_text_get(&line) ? ims_text_get(&line) : "", 4);
    out->failed |= line.failed;
    ims_text_done(&line);
}

static void append_line(struct ims_text *out, const struct ims_style *style, const char *label,
                        const json_t *finding, const char *key)
{
    struct ims_text line = {0};

    if (ims_layout_null(finding, key))
        return;
    ims_text_appendf(&line, "%s: %s", label, ims_layout_string(finding, key));
    ims_layout_paragraph(out, style, ims_text_get(&line) ? ims_text_get(&line) : "", 4);
    out->failed |= line.failed;
    ims_text_done(&line);
}

static void append_witness(struct ims_text *out, const json_t *document,
                           const struct ims_style *style, const json_t *finding)
{
    const json_t *request = json_object_get(finding, "request");
    size_t ways = json_array_size(json_object_get(finding, "ways"));

    if (!json_is_object(request))
        return;
    ims_text_appendf(
        out, "    Witness: %s by %s to address %s%s\n", ims_layout_string(request, "kind"),
        ims_layout_address(document, style, ims_layout_string(request, "issuer")),
        ims_layout_string(request, "address"),
        strcmp(ims_layout_string(request, "at"), "translated") == 0 ? ", translated" : "");
    if (ims_layout_true(request, "forged"))
        ims_text_appendf(
            out, "    with the forged requester id %s\n",
            ims_layout_address(document, style, ims_layout_string(request, "requester")));
    ims_layout_hops(out, document, style, json_object_get(finding, "witness"));
    if (ways > 1)
        ims_text_appendf(out,
                         "    %zu ways of this kind are needed to connect these functions; "
                         "this is one (--json has all).\n",
                         ways);
}

static void append_finding(struct ims_text *out, const json_t *document,
                           const struct ims_style *style, size_t number, const json_t *finding)
{
    struct ims_text line = {0};

    ims_text_appendf(&line, "%zu. %s %s: %s", number, ims_layout_string(finding, "severity"),
                     ims_layout_string(finding, "id"), ims_layout_string(finding, "title"));
    ims_text_append(out, "\n");
    ims_layout_paragraph(out, style, ims_text_get(&line) ? ims_text_get(&line) : "", 0);
    ims_text_clear(&line);
    ims_text_appendf(&line, "%s.", ims_layout_string(finding, "text"));
    ims_layout_paragraph(out, style, ims_text_get(&line) ? ims_text_get(&line) : "", 4);
    if (json_array_size(json_object_get(finding, "devices")) > 0)
        append_devices(out, document, style, json_object_get(finding, "devices"));
    /* What is no alarm is told in short. */
    if (strcmp(ims_layout_string(finding, "severity"), "info") != 0 || style->verbose > 0)
        append_witness(out, document, style, finding);
    append_line(out, style, "Would settle it", finding, "assumption");
    append_line(out, style, "Remedy", finding, "remedy");
    append_line(out, style, "Limits", finding, "limits");
    out->failed |= line.failed;
    ims_text_done(&line);
}

int ims_layout_audit(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr)
{
    const json_t *finding;
    size_t index;

    (void)reterr;
    append_head(out, document, style);
    json_array_foreach(json_object_get(document, "findings"), index, finding)
    {
        append_finding(out, document, style, index + 1, finding);
    }
    return out->failed ? -ENOMEM : 0;
}
