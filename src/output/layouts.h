/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_LAYOUTS_H
#define IMS_OUTPUT_LAYOUTS_H

/* The text layouts, one per schema; each reads only the document. See ims_render(). */

#include "output/render.h"

int ims_layout_groups(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr);
int ims_layout_tree(const json_t *document, const struct ims_style *style, struct ims_text *out,
                    struct ims_error *reterr);
int ims_layout_explain(const json_t *document, const struct ims_style *style, struct ims_text *out,
                       struct ims_error *reterr);
int ims_layout_show(const json_t *document, const struct ims_style *style, struct ims_text *out,
                    struct ims_error *reterr);
int ims_layout_route(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr);
int ims_layout_reach(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr);
int ims_layout_audit(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr);
int ims_layout_assign(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr);
int ims_layout_p2p(const json_t *document, const struct ims_style *style, struct ims_text *out,
                   struct ims_error *reterr);
int ims_layout_slots(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr);
int ims_layout_check(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr);
int ims_layout_hostdev_libvirt(const json_t *document, const struct ims_style *style,
                               struct ims_text *out, struct ims_error *reterr);
int ims_layout_hostdev_qemu(const json_t *document, const struct ims_style *style,
                            struct ims_text *out, struct ims_error *reterr);
int ims_layout_hostdev_iommufd(const json_t *document, const struct ims_style *style,
                               struct ims_text *out, struct ims_error *reterr);
int ims_layout_hostdev_proxmox(const json_t *document, const struct ims_style *style,
                               struct ims_text *out, struct ims_error *reterr);
int ims_layout_who(const json_t *document, const struct ims_style *style, struct ims_text *out,
                   struct ims_error *reterr);
int ims_layout_nodedev(const json_t *document, const struct ims_style *style, struct ims_text *out,
                       struct ims_error *reterr);
int ims_layout_nodedev_list(const json_t *document, const struct ims_style *style,
                            struct ims_text *out, struct ims_error *reterr);
int ims_layout_plan(const json_t *document, const struct ims_style *style, struct ims_text *out,
                    struct ims_error *reterr);
int ims_layout_outcome(const json_t *document, const struct ims_style *style, struct ims_text *out,
                       struct ims_error *reterr);
int ims_layout_status(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr);
int ims_layout_whatif(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr);
int ims_layout_advise(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr);
int ims_layout_drift(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr);
int ims_layout_boot(const json_t *document, const struct ims_style *style, struct ims_text *out,
                    struct ims_error *reterr);
int ims_layout_access(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr);
int ims_layout_audit_sarif(const json_t *document, const struct ims_style *style,
                           struct ims_text *out, struct ims_error *reterr);
int ims_layout_audit_junit(const json_t *document, const struct ims_style *style,
                           struct ims_text *out, struct ims_error *reterr);
int ims_layout_rules(const json_t *document, const struct ims_style *style, struct ims_text *out,
                     struct ims_error *reterr);
int ims_layout_rule(const json_t *document, const struct ims_style *style, struct ims_text *out,
                    struct ims_error *reterr);
int ims_layout_quirks(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr);
int ims_layout_rules_markdown(const json_t *document, const struct ims_style *style,
                              struct ims_text *out, struct ims_error *reterr);

/* Appends the quirk rows of a document as a table. */
int ims_layout_quirk_table(const json_t *quirks, const struct ims_style *style,
                           struct ims_text *out);

#endif
