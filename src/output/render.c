/* SPDX-License-Identifier: MIT */
#include "output/render.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "output/columns.h"
#include "output/layouts.h"

typedef int (*layout_function)(const json_t *document, const struct ims_style *style,
                               struct ims_text *out, struct ims_error *reterr);

/* A renderer is a row: adding a format to a schema adds nothing anywhere else. */
static const struct {
    const char *schema;
    enum ims_format format;
    layout_function layout;
    const struct ims_column_help *columns;
} layouts[] = {
    {"iommuscope.groups/1", IMS_FORMAT_TEXT, ims_layout_groups, ims_function_columns},
    {"iommuscope.tree/1", IMS_FORMAT_TEXT, ims_layout_tree, ims_function_columns},
    {"iommuscope.explain/1", IMS_FORMAT_TEXT, ims_layout_explain, NULL},
    {"iommuscope.show/1", IMS_FORMAT_TEXT, ims_layout_show, NULL},
    {"iommuscope.route/1", IMS_FORMAT_TEXT, ims_layout_route, NULL},
    {"iommuscope.reach/1", IMS_FORMAT_TEXT, ims_layout_reach, NULL},
    {"iommuscope.audit/1", IMS_FORMAT_TEXT, ims_layout_audit, NULL},
    {"iommuscope.audit/1", IMS_FORMAT_SARIF, ims_layout_audit_sarif, NULL},
    {"iommuscope.audit/1", IMS_FORMAT_JUNIT, ims_layout_audit_junit, NULL},
    {"iommuscope.advise/1", IMS_FORMAT_TEXT, ims_layout_advise, NULL},
    {"iommuscope.assign/1", IMS_FORMAT_TEXT, ims_layout_assign, NULL},
    {"iommuscope.p2p/1", IMS_FORMAT_TEXT, ims_layout_p2p, NULL},
    {"iommuscope.slots/1", IMS_FORMAT_TEXT, ims_layout_slots, NULL},
    {"iommuscope.check/1", IMS_FORMAT_TEXT, ims_layout_check, NULL},
    {"iommuscope.hostdev/1", IMS_FORMAT_TEXT, ims_layout_hostdev_libvirt, NULL},
    {"iommuscope.hostdev/1", IMS_FORMAT_LIBVIRT, ims_layout_hostdev_libvirt, NULL},
    {"iommuscope.hostdev/1", IMS_FORMAT_QEMU, ims_layout_hostdev_qemu, NULL},
    {"iommuscope.hostdev/1", IMS_FORMAT_QEMU_IOMMUFD, ims_layout_hostdev_iommufd, NULL},
    {"iommuscope.hostdev/1", IMS_FORMAT_PROXMOX, ims_layout_hostdev_proxmox, NULL},
    {"iommuscope.who/1", IMS_FORMAT_TEXT, ims_layout_who, NULL},
    {"iommuscope.plan/1", IMS_FORMAT_TEXT, ims_layout_plan, NULL},
    {"iommuscope.outcome/1", IMS_FORMAT_TEXT, ims_layout_outcome, NULL},
    {"iommuscope.status/1", IMS_FORMAT_TEXT, ims_layout_status, NULL},
    {"iommuscope.log/1", IMS_FORMAT_TEXT, ims_layout_status, NULL},
    {"iommuscope.whatif/1", IMS_FORMAT_TEXT, ims_layout_whatif, NULL},
    {"iommuscope.drift/1", IMS_FORMAT_TEXT, ims_layout_drift, NULL},
    {"iommuscope.boot/1", IMS_FORMAT_TEXT, ims_layout_boot, NULL},
    {"iommuscope.access/1", IMS_FORMAT_TEXT, ims_layout_access, NULL},
    {"iommuscope.nodedev/1", IMS_FORMAT_TEXT, ims_layout_nodedev, NULL},
    {"iommuscope.nodedev-list/1", IMS_FORMAT_TEXT, ims_layout_nodedev_list, NULL},
    {"iommuscope.rules/1", IMS_FORMAT_TEXT, ims_layout_rules, NULL},
    {"iommuscope.rules/1", IMS_FORMAT_MARKDOWN, ims_layout_rules_markdown, NULL},
    {"iommuscope.rule/1", IMS_FORMAT_TEXT, ims_layout_rule, NULL},
    {"iommuscope.quirks/1", IMS_FORMAT_TEXT, ims_layout_quirks, NULL},
};

#define LAYOUT_COUNT (sizeof(layouts) / sizeof(layouts[0]))

static int append_bytes(const char *bytes, size_t size, void *data)
{
    struct ims_text *out = data;

    ims_text_append_bytes(out, bytes, size);
    return out->failed ? -1 : 0;
}

int ims_render(const json_t *document, enum ims_format format, const struct ims_style *style,
               struct ims_text *out, struct ims_error *reterr)
{
    const char *schema = ims_layout_string(document, "schema");

    if (format == IMS_FORMAT_JSON) {
        if (json_dump_callback(document, append_bytes, out, JSON_INDENT(2) | JSON_PRESERVE_ORDER) !=
            0)
            return ims_error_set(reterr, -ENOMEM, "out of memory");
        ims_text_append(out, "\n");
        return out->failed ? -ENOMEM : 0;
    }
    for (size_t i = 0; i < LAYOUT_COUNT; i++)
        if (layouts[i].format == format && strcmp(layouts[i].schema, schema) == 0)
            return layouts[i].layout(document, style, out, reterr);
    return ims_error_set(reterr, -ENOTSUP, "%s has no such format", schema);
}

const struct ims_column_help *ims_render_columns(const char *schema)
{
    for (size_t i = 0; i < LAYOUT_COUNT; i++)
        if (layouts[i].columns && strcmp(layouts[i].schema, schema) == 0)
            return layouts[i].columns;
    return NULL;
}
