/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_DOCUMENT_H
#define IMS_OUTPUT_DOCUMENT_H

/*
 * What a command has to say, as one typed document: a tree of JSON values with a schema name.
 * Renderers (output/render.h) turn a document into bytes and read nothing else.
 *
 * Every builder returns 0 or -ENOMEM (or what a library call that it makes returns); *ret is owned
 * by the caller, to be released with json_decref().
 */

#include <jansson.h>

#include "iommuscope/advice.h"
#include "iommuscope/audit.h"
#include "iommuscope/edit.h"
#include "iommuscope/fabric.h"
#include "iommuscope/grouping.h"
#include "iommuscope/host.h"
#include "iommuscope/source.h"
#include "output/bootloader.h"
#include "output/names.h"
#include "source/pci_ids.h"

/* Which functions are shown. */
struct ims_selector {
    bool active;
    bool has_segment, has_bus, has_device, has_function;
    uint32_t segment;
    uint8_t bus, device, function;
    bool has_vendor_id, has_device_id;
    uint16_t vendor_id, device_id;
    uint32_t class_code; /* 24 bits */
    uint32_t class_mask; /* which bits of the class must agree */
};

bool ims_selector_matches(const struct ims_selector *selector,
                          const struct ims_function_info *info);

/* What a document is about. Borrowed; comparison and names may be NULL. */
struct ims_subject {
    const struct ims_topology *topology;
    const struct ims_grouping *grouping;
    const struct ims_comparison *comparison;
    const struct ims_fabric *fabric; /* NULL for commands that do not ask it */
    struct ims_names *names;
    const char *input;                 /* as the user named it, NULL = this machine */
    const struct ims_pci_ids *pci_ids; /* names as libvirt has them; NULL where nobody asks */
    bool acs_asked;                    /* the user said which ACS words to judge */
    struct ims_selector selector;
};

/* "iommuscope.groups/1": every group with its members, and how they relate to the kernel's. */
int ims_document_groups(const struct ims_subject *subject, json_t **ret, struct ims_error *reterr);

/* "iommuscope.explain/1": why a and b are together or apart. */
int ims_document_explain_pair(const struct ims_subject *subject, struct ims_function a,
                              struct ims_function b, json_t **ret, struct ims_error *reterr);

/* "iommuscope.explain/1" without "b": why a is in its group with every other member. */
int ims_document_explain(const struct ims_subject *subject, struct ims_function a, json_t **ret,
                         struct ims_error *reterr);

/* "iommuscope.show/1": everything known of one function. */
int ims_document_show(const struct ims_subject *subject, struct ims_function function, json_t **ret,
                      struct ims_error *reterr);

/* "iommuscope.tree/1": buses and functions, nested. */
int ims_document_tree(const struct ims_subject *subject, json_t **ret, struct ims_error *reterr);

/* "iommuscope.route/1": the way of one request of issuer to all its possible ends. */
int ims_document_route(const struct ims_subject *subject, struct ims_function issuer,
                       const struct ims_tlp *tlp, json_t **ret, struct ims_error *reterr);

/* "iommuscope.audit/1": the groups held against the registers. */
int ims_document_audit(const struct ims_subject *subject, const struct ims_audit *audit,
                       json_t **ret, struct ims_error *reterr);

/* "iommuscope.groups/1" with the sets of the fabric instead of groups of a kernel. */
int ims_document_fabric_groups(const struct ims_subject *subject,
                               enum ims_fabric_certainty certainty, json_t **ret,
                               struct ims_error *reterr);

/* "iommuscope.assign/1": a plan that gives functions to owners, judged. how: what it was asked. */
int ims_document_assign(const struct ims_subject *subject, const struct ims_assignment *assignment,
                        const struct ims_roster *roster, const struct ims_assignment_options *how,
                        json_t **ret, struct ims_error *reterr);

/* "iommuscope.p2p/1": whether a reaches b directly, and what allows just that. */
int ims_document_p2p(const struct ims_subject *subject, struct ims_function a,
                     struct ims_function b, const struct ims_p2p *p2p, enum ims_bootloader loader,
                     json_t **ret);

/* "iommuscope.slots/1": which free slots give cards the most isolation. */
int ims_document_slots(const struct ims_subject *subject, const struct ims_slots *slots,
                       json_t **ret);

/* A range of guest memory, last address included. */
struct ims_guest_ram {
    uint64_t first;
    uint64_t last;
};

/*
 * "iommuscope.reach/1": how the functions named reach each other (no function: every pair with a
 * way around the IOMMU), their hazard ranges, and where guest memory overlaps those.
 */
int ims_document_reach(const struct ims_subject *subject, const struct ims_function *functions,
                       uint32_t function_count, const struct ims_guest_ram *ram, uint32_t ram_count,
                       json_t **ret, struct ims_error *reterr);

/*
 * "iommuscope.check/1": whether VFIO takes each group, and what stands in the way. probes: what VFIO
 * itself said of each, or NULL.
 */
int ims_document_check(const struct ims_subject *subject, struct ims_check *const *checks,
                       const struct ims_probe *probes, uint32_t count, json_t **ret,
                       struct ims_error *reterr);

/* Whether anything of the group can be handed to a guest: a PCI function that is no bridge. */
bool ims_hostdev_has_endpoint(const struct ims_topology *topology, const struct ims_check *check);

/*
 * "iommuscope.hostdev/1": which functions of the groups become which functions of a guest. Returns
 * -E2BIG when a guest has no room for them.
 */
int ims_document_hostdev(const struct ims_subject *subject, struct ims_check *const *checks,
                         uint32_t count, json_t **ret, struct ims_error *reterr);

/* "iommuscope.who/1": what uses functions. */
int ims_document_who(const struct ims_subject *subject, const struct ims_function *functions,
                     uint32_t count, const struct ims_uses *uses, json_t **ret,
                     struct ims_error *reterr);

/* "iommuscope.nodedev/1": functions as libvirt describes them. */
int ims_document_nodedev(const struct ims_subject *subject, const struct ims_function *functions,
                         uint32_t count, json_t **ret, struct ims_error *reterr);

/* "iommuscope.nodedev-list/1": libvirt's names of all functions, with their parents. */
int ims_document_nodedev_list(const struct ims_subject *subject, bool tree, json_t **ret,
                              struct ims_error *reterr);

/* "iommuscope.plan/1": the writes of a plan, what forbids them, and what a reset would take along. */
int ims_document_plan(const struct ims_subject *subject, const struct ims_check *check,
                      const struct ims_plan *plan, const char *plan_json,
                      const struct ims_uses *uses, json_t **ret, struct ims_error *reterr);

/* "iommuscope.outcome/1": how a plan, or a recovery (verb "recover"), ended. */
int ims_document_outcome(const char *verb, const struct ims_outcome *outcome, json_t **ret);

/* "iommuscope.status/1": claims and what was interrupted; "iommuscope.log/1": everything. */
int ims_document_status(const struct ims_status *status, bool everything, json_t **ret);

/* A machine with some edits. Borrowed. */
struct ims_whatif_side {
    struct ims_subject subject; /* of edited->topology */
    const struct ims_edited *edited;
    const struct ims_audit *audit;   /* its functions are those of the subject */
    struct ims_check *const *checks; /* per group of the subject; NULL: it was not checked */
};

struct ims_whatif {
    const char *const *texts; /* the edits as they were written */
    const struct ims_edit *edits;
    uint32_t edit_count;
    struct ims_whatif_side before;
    struct ims_whatif_side after;
    const struct ims_difference *difference;
};

/* "iommuscope.whatif/1": what edits change in groups, viability and audit of subject. */
int ims_document_whatif(const struct ims_subject *subject, const struct ims_whatif *whatif,
                        json_t **ret, struct ims_error *reterr);

/* "iommuscope.advise/1": what to change so that functions are apart, with the lines of a boot loader. */
int ims_document_advise(const struct ims_subject *subject,
                        const struct ims_separation_question *question,
                        const struct ims_separation *separation, enum ims_bootloader loader,
                        json_t **ret);

/* One claim that survives a boot, and how the machine differs from it. */
struct ims_claim_drift {
    const struct ims_saved_claim *saved;
    enum ims_claim_verdict verdict;
    bool has_group;
    uint32_t group;
    struct ims_drifts drifts;
};

/* "iommuscope.drift/1": the claims that survive a boot, and what is not as they say. */
int ims_document_drift(const struct ims_claim_drift *claims, uint32_t count, json_t **ret);

/* "iommuscope.boot/1": what a phase of a boot did with each claim. */
int ims_document_boot(enum ims_boot_phase phase, const struct ims_boot_report *report,
                      json_t **ret);

/* "iommuscope.access/1": whether a VFIO node is that of a claim. */
int ims_document_access(const char *claim, const char *node, enum ims_tristate belongs,
                        const char *text, json_t **ret);

/* Adds a note about locked memory to a document that is finished. Returns -ENOMEM. */
int ims_document_add_memlock(json_t *document, const struct ims_memlock *memlock);

/* "iommuscope.rules/1": the catalogue. */
int ims_document_rules(json_t **ret);

/* "iommuscope.rule/1": one rule with its quirk rows, judged by ruleset. */
int ims_document_rule(const struct ims_rule *rule, const struct ims_ruleset *ruleset, json_t **ret);

/* "iommuscope.quirks/1": the quirk rows, judged by ruleset. */
int ims_document_quirks(const struct ims_ruleset *ruleset, json_t **ret);

#endif
