/* SPDX-License-Identifier: MIT */
/* Drift, boot and access as text. */
#include <errno.h>
#include <string.h>

#include "output/layout.h"
#include "output/layouts.h"

/* ---- drift ---- */

static void append_drift(struct ims_text *out, const json_t *document,
                         const struct ims_style *style, const json_t *drift)
{
    struct ims_text line = {0};
    struct ims_text remedy = {0};

    ims_text_appendf(&line, "%s%s: ", ims_layout_string(drift, "kind"),
                     ims_layout_null(drift, "matters") ? " (not known)" : "");
    if (!ims_layout_null(drift, "address"))
        ims_text_appendf(&line, "%s: ",
                         ims_layout_address(document, style, ims_layout_string(drift, "address")));
    ims_text_appendf(&line, "%s.", ims_layout_string(drift, "text"));
    ims_layout_line(out, style, &line, 2);
    if (ims_layout_null(drift, "remedy"))
        return;
    ims_text_appendf(&remedy, "What helps: %s", ims_layout_string(drift, "remedy"));
    ims_layout_line(out, style, &remedy, 6);
}

static void append_claim(struct ims_text *out, const json_t *document,
                         const struct ims_style *style, const json_t *claim)
{
    const json_t *drifts = json_object_get(claim, "drifts");
    struct ims_text line = {0};
    const json_t *drift;
    size_t index;

    ims_text_appendf(&line, "Claim %s", ims_layout_string(claim, "name"));
    if (!ims_layout_null(claim, "group"))
        ims_text_appendf(&line, " of group %lld", (long long)ims_layout_integer(claim, "group", 0));
    ims_text_append(&line, ims_layout_null(claim, "drift")   ? " may stand"
                           : ims_layout_true(claim, "drift") ? " does not stand as it was made"
                                                             : " stands");
    ims_text_append(&line, json_array_size(drifts) ? ":" : ".");
    ims_layout_line(out, style, &line, 0);
    json_array_foreach(drifts, index, drift)
    {
        append_drift(out, document, style, drift);
    }
}

int ims_layout_drift(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr)
{
    const json_t *claims = json_object_get(document, "claims");
    const json_t *claim;
    size_t index;

    (void)reterr;
    json_array_foreach(claims, index, claim)
    {
        append_claim(out, document, style, claim);
    }
    if (json_array_size(claims) == 0)
        ims_text_append(out, "No claim is made at boot.\n");
    return out->failed ? -ENOMEM : 0;
}

/* ---- boot ---- */

int ims_layout_boot(const json_t *document, const struct ims_style *style, struct ims_text *out,
                    struct ims_error *reterr)
{
    const json_t *claims = json_object_get(document, "claims");
    const json_t *claim;
    size_t index;

    (void)reterr;
    json_array_foreach(claims, index, claim)
    {
        struct ims_text line = {0};

        ims_text_appendf(&line, "Claim %s", ims_layout_string(claim, "name"));
        if (!ims_layout_null(claim, "group"))
            ims_text_appendf(&line, " of group %lld",
                             (long long)ims_layout_integer(claim, "group", 0));
        ims_text_appendf(&line, ": %s", ims_layout_string(claim, "state"));
        if (!ims_layout_null(claim, "refusal"))
            ims_text_appendf(&line, " (%s)", ims_layout_string(claim, "refusal"));
        ims_text_appendf(&line, ": %s.", ims_layout_string(claim, "text"));
        ims_layout_line(out, style, &line, 0);
    }
    if (json_array_size(claims) == 0)
        ims_text_append(out, "No claim is made at boot.\n");
    return out->failed ? -ENOMEM : 0;
}

/* ---- access ---- */

int ims_layout_access(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr)
{
    struct ims_text line = {0};

    (void)reterr;
    ims_text_appendf(&line, "%s: %s.", ims_layout_tristate(document, "belongs"),
                     ims_layout_string(document, "text"));
    ims_layout_line(out, style, &line, 0);
    return out->failed ? -ENOMEM : 0;
}
