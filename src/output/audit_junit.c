/* SPDX-License-Identifier: MIT */
/* The audit as JUnit XML: a test case for each group; findings of alarm are failures. */
#include <errno.h>
#include <string.h>

#include "output/layout.h"
#include "output/layouts.h"
#include "output/utf8.h"

/* Text safe inside an attribute or an element; what XML cannot say becomes a question mark. */
static void append_xml(struct ims_text *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        unsigned char byte = (unsigned char)*at;

        if (byte == '&')
            ims_text_append(out, "&amp;");
        else if (byte == '<')
            ims_text_append(out, "&lt;");
        else if (byte == '>')
            ims_text_append(out, "&gt;");
        else if (byte == '"')
            ims_text_append(out, "&quot;");
        else if (byte < 0x20 && byte != '\n' && byte != '\t')
            ims_text_append(out, "?");
        else
            ims_text_append_bytes(out, at, 1);
    }
}

/* The group fails where its verdict says that it does not hold, and is skipped where nobody knows. */
static void append_group(struct ims_text *out, const json_t *group)
{
    const char *verdict = ims_layout_string(group, "verdict");

    ims_text_appendf(out, "  <testcase classname=\"iommuscope.group\" name=\"%sgroup %lld\"",
                     ims_layout_true(group, "of_kernel") ? "" : "computed ",
                     (long long)ims_layout_integer(group, "number", 0));
    if (strcmp(verdict, "UNSOUND") == 0)
        ims_text_append(out, "><failure type=\"UNSOUND\" message=\"a way out of the group "
                             "exists\"/></testcase>\n");
    else if (strcmp(verdict, "UNPROVEN") == 0)
        ims_text_append(out, "><skipped message=\"UNPROVEN: a way out of the group is "
                             "possible\"/></testcase>\n");
    else
        ims_text_append(out, "/>\n");
}

static bool is_failure(const json_t *finding)
{
    const char *severity = ims_layout_string(finding, "severity");

    return strcmp(severity, "high") == 0 || strcmp(severity, "critical") == 0;
}

static void append_finding(struct ims_text *out, const json_t *finding)
{
    const json_t *device;
    const json_t *hop;
    size_t index;

    ims_text_append(out, "  <testcase classname=\"iommuscope.finding\" name=\"");
    append_xml(out, ims_layout_string(finding, "id"));
    json_array_foreach(json_object_get(finding, "devices"), index, device)
    {
        ims_text_appendf(out, " %s", ims_layout_string(device, "address"));
    }
    ims_text_append(out, "\">");
    ims_text_append(out, is_failure(finding) ? "<failure type=\"" : "<system-out>");
    if (is_failure(finding)) {
        append_xml(out, ims_layout_string(finding, "severity"));
        ims_text_append(out, "\" message=\"");
        append_xml(out, ims_layout_string(finding, "title"));
        ims_text_append(out, "\">");
    }
    append_xml(out, ims_layout_string(finding, "text"));
    ims_text_append(out, "\n");
    json_array_foreach(json_object_get(finding, "witness"), index, hop)
    {
        append_xml(out, ims_layout_null(hop, "at") ? "root complex" : ims_layout_string(hop, "at"));
        ims_text_append(out, ": ");
        append_xml(out, ims_layout_string(hop, "decision"));
        ims_text_append(out, ": ");
        append_xml(out, ims_layout_string(hop, "text"));
        ims_text_append(out, "\n");
    }
    ims_text_append(out, is_failure(finding) ? "</failure>" : "</system-out>");
    ims_text_append(out, "</testcase>\n");
}

int ims_layout_audit_junit(const json_t *document, const struct ims_style *style,
                           struct ims_text *out, struct ims_error *reterr)
{
    const json_t *groups = json_object_get(document, "groups");
    const json_t *findings = json_object_get(document, "findings");
    const json_t *item;
    size_t failures = 0;
    size_t skipped = 0;
    size_t index;

    (void)style;
    (void)reterr;
    json_array_foreach(groups, index, item)
    {
        failures += strcmp(ims_layout_string(item, "verdict"), "UNSOUND") == 0;
        skipped += strcmp(ims_layout_string(item, "verdict"), "UNPROVEN") == 0;
    }
    json_array_foreach(findings, index, item)
    {
        failures += is_failure(item);
    }
    ims_text_append(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    ims_text_appendf(out,
                     "<testsuite name=\"iommuscope audit\" tests=\"%zu\" failures=\"%zu\" "
                     "errors=\"0\" skipped=\"%zu\">\n",
                     json_array_size(groups) + json_array_size(findings), failures, skipped);
    json_array_foreach(groups, index, item)
    {
        append_group(out, item);
    }
    json_array_foreach(findings, index, item)
    {
        append_finding(out, item);
    }
    ims_text_append(out, "</testsuite>\n");
    return out->failed ? -ENOMEM : 0;
}
