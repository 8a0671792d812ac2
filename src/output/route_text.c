/* SPDX-License-Identifier: MIT */
/* The way of one request as text: first where it ends, then hop by hop how it gets there. */
#include <errno.h>
#include <string.h>

#include "output/fabric_text.h"
#include "output/layouts.h"
#include "output/utf8.h"

void ims_layout_name(struct ims_text *out, const json_t *document, const struct ims_style *style,
                     const json_t *function)
{
    struct ims_text name = {0};

    ims_layout_append(out, style,
                      ims_layout_address(document, style, ims_layout_string(function, "address")));
    ims_layout_device_short(&name, style, function);
    if (name.length > 0) {
        ims_text_append(out, " (");
        ims_layout_append(out, style, ims_text_get(&name));
        ims_text_append(out, ")");
    }
    ims_text_done(&name);
}

/* " 2. 02:00.0 pass-up [A2.5]: TEXT", wrapped behind the number. */
static void append_hop(struct ims_text *out, const json_t *document, const struct ims_style *style,
                       size_t number, const json_t *hop)
{
    const char *at = ims_layout_string(hop, "at");
    const char *type = ims_layout_string(hop, "port_type");
    bool complex = ims_layout_null(hop, "at");
    bool may = strcmp(ims_layout_string(hop, "certainty"), "may") == 0;
    struct ims_text line = {0};
    struct ims_text wrapped = {0};

    if (complex)
        ims_text_appendf(&line, "root complex %s", may ? "may " : "");
    else
        ims_text_appendf(&line, "%s (%s) %s", ims_layout_address(document, style, at), type,
                         may ? "may " : "");
    ims_text_appendf(&line, "%s: %s [%s]", ims_layout_string(hop, "decision"),
                     ims_layout_string(hop, "text"), ims_layout_string(hop, "rule"));
    ims_layout_paragraph(&wrapped, style, ims_text_get(&line) ? ims_text_get(&line) : "", 8);
    if (line.failed || wrapped.failed || wrapped.length < 8)
        out->failed = true;
    else
        ims_text_appendf(out, "    %2zu. %s", number, ims_text_get(&wrapped) + 8);
    ims_text_done(&line);
    ims_text_done(&wrapped);
}

/* "ACS Control (+0x106) 0x001d, Memory Base/Limit (+0x020) unknown". */
static void append_registers(struct ims_text *out, const struct ims_style *style, const json_t *hop)
{
    const json_t *look;
    struct ims_text line = {0};
    size_t index;

    json_array_foreach(json_object_get(hop, "registers"), index, look)
    {
        ims_text_appendf(&line, "%s%s", index ? ", " : "read: ", ims_layout_string(look, "name"));
        if (!ims_layout_null(look, "offset"))
            ims_text_appendf(&line, " at %s", ims_layout_string(look, "offset"));
        ims_text_appendf(&line, " = %s",
                         ims_layout_null(look, "value") ? "unknown"
                                                        : ims_layout_string(look, "value"));
        if (!ims_layout_null(look, "value") && !ims_layout_true(look, "complete"))
            ims_text_appendf(&line, " (of %s known)", ims_layout_string(look, "known"));
    }
    if (line.length > 0)
        ims_layout_paragraph(out, style, ims_text_get(&line), 12);
    out->failed |= line.failed;
    ims_text_done(&line);
}

void ims_layout_hops(struct ims_text *out, const json_t *document, const struct ims_style *style,
                     const json_t *hops)
{
    const json_t *hop;
    size_t index;

    json_array_foreach(hops, index, hop)
    {
        append_hop(out, document, style, index + 1, hop);
        append_registers(out, style, hop);
    }
}

/* Where one outcome ends, as a sentence. */
static void append_end(struct ims_text *out, const json_t *document, const struct ims_style *style,
                       const json_t *outcome)
{
    const char *end = ims_layout_string(outcome, "end");
    const json_t *target = json_object_get(outcome, "target");
    bool may = strcmp(ims_layout_string(outcome, "certainty"), "may") == 0;

    if (strcmp(end, "iommu") == 0) {
        ims_text_appendf(out, "It %s the IOMMU, which translates the address or faults",
                         may ? "may reach" : "reaches");
    } else if (strcmp(end, "peer") == 0) {
        ims_text_appendf(out, "It %s ", may ? "may reach" : "reaches");
        ims_layout_name(out, document, style, target);
        ims_text_appendf(out, ", BAR %lld offset %s; the IOMMU never sees it%s",
                         (long long)ims_layout_integer(target, "bar", 0),
                         ims_layout_string(target, "offset"),
                         ims_layout_true(outcome, "multicast") ? " (a multicast copy)" : "");
    } else if (strcmp(end, "blocked") == 0) {
        ims_text_appendf(out, "It %s blocked", may ? "may be" : "is");
        if (json_is_object(target)) {
            ims_text_append(out, " at ");
            ims_layout_name(out, document, style, target);
        }
        ims_text_appendf(out, ": %s", ims_layout_string(outcome, "violation"));
    } else if (strcmp(end, "unsupported") == 0) {
        ims_text_appendf(out,
                         "It %s nowhere: nobody claims the address, and the IOMMU never sees it",
                         may ? "may end" : "ends");
    } else {
        ims_text_appendf(out, "It %s the root complex, which takes it without translation",
                         may ? "may reach" : "reaches");
    }
    ims_text_append(out, ".");
}

static void append_request(struct ims_text *out, const json_t *document,
                           const struct ims_style *style)
{
    const json_t *request = json_object_get(document, "request");
    const json_t *issuer = json_object_get(document, "issuer");
    struct ims_text line = {0};

    ims_layout_name(&line, document, style, issuer);
    ims_text_appendf(&line, " sends %s %s to address %s",
                     ims_layout_string(request, "kind")[0] == 'I' ? "an" : "a",
                     ims_layout_string(request, "kind"), ims_layout_string(request, "address"));
    if (!ims_layout_null(request, "at"))
        ims_text_appendf(&line, ", %s", ims_layout_string(request, "at"));
    ims_text_appendf(&line, ", with %s requester id %s.",
                     ims_layout_true(request, "forged") ? "the forged" : "its own",
                     ims_layout_address(document, style, ims_layout_string(request, "requester")));
    ims_layout_paragraph(out, style, ims_text_get(&line) ? ims_text_get(&line) : "", 0);
    out->failed |= line.failed;
    ims_text_done(&line);
}

int ims_layout_route(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr)
{
    const json_t *outcomes = json_object_get(document, "outcomes");
    const json_t *outcome;
    size_t index;

    (void)reterr;
    append_request(out, document, style);
    if (json_array_size(outcomes) > 1)
        ims_text_appendf(out, "%zu ends are possible:\n", json_array_size(outcomes));
    json_array_foreach(outcomes, index, outcome)
    {
        struct ims_text line = {0};

        append_end(&line, document, style, outcome);
        ims_text_append(out, "\n");
        ims_layout_paragraph(out, style, ims_text_get(&line) ? ims_text_get(&line) : "", 0);
        ims_layout_hops(out, document, style, json_object_get(outcome, "hops"));
        out->failed |= line.failed;
        ims_text_done(&line);
    }
    if (ims_layout_true(document, "truncated"))
        ims_text_append(out, "\nThere are more ends than are listed.\n");
    return out->failed ? -ENOMEM : 0;
}
