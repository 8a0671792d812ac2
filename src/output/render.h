/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_RENDER_H
#define IMS_OUTPUT_RENDER_H

/* Renderers: functions from a document to bytes. They read the document and the style, no more. */

#include <jansson.h>

#include "base/text.h"
#include "iommuscope/base.h"
#include "output/style.h"

enum ims_format {
    IMS_FORMAT_TEXT = 0,
    IMS_FORMAT_JSON,
    IMS_FORMAT_MARKDOWN,
    IMS_FORMAT_SARIF,
    IMS_FORMAT_JUNIT,
    IMS_FORMAT_LIBVIRT,
    IMS_FORMAT_QEMU,
    IMS_FORMAT_QEMU_IOMMUFD,
    IMS_FORMAT_PROXMOX,
};

/*
 * Appends the document in a format. Returns -ENOTSUP when the format does not know its schema,
 * -EINVAL (with the message for the user) for a column that does not exist, -ENOMEM.
 */
int ims_render(const json_t *document, enum ims_format format, const struct ims_style *style,
               struct ims_text *out, struct ims_error *reterr);

/*
 * Appends what the document has to say beside its answer, a sentence per line: notes, gaps,
 * uncertain groups. Gaps of a kind are summed up unless style->verbose.
 */
int ims_render_notes(const json_t *document, const struct ims_style *style, struct ims_text *out);

/* One column of a table. */
struct ims_column_help {
    const char *name;
    const char *help;
};

/* The columns that --output knows for a schema, closed by a NULL name; NULL: it has no table. */
const struct ims_column_help *ims_render_columns(const char *schema);

#endif
