/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_DOCUMENT_PARTS_H
#define IMS_OUTPUT_DOCUMENT_PARTS_H

/* Parts that several documents share. All of them are consumed by the maker that is passed on. */

#include "output/document.h"
#include "output/value.h"

/* A new document: schema, version, input, machine, judge (rule set, ACS mode, probe), segments. */
json_t *ims_part_document(struct ims_maker *maker, const struct ims_subject *subject,
                          const char *schema);

/* A new document that is not about an input: schema and version. */
json_t *ims_part_bare_document(struct ims_maker *maker, const char *schema);

/* Sets "notes" and "gaps"; called last, so that they end the document. */
void ims_part_gaps(struct ims_maker *maker, const struct ims_subject *subject, json_t *document);

/* Appends a sentence to the notes of a document; they go to stderr. text is consumed. */
void ims_part_note(struct ims_maker *maker, json_t *document, json_t *text);

/* Sets the facts of one function: address, ids, names, class, driver, group, port type. */
void ims_part_function(struct ims_maker *maker, const struct ims_subject *subject, json_t *object,
                       struct ims_function function);

/* The isolation test of a function with the state of every ACS bit. */
json_t *ims_part_acs(struct ims_maker *maker, const struct ims_subject *subject,
                     struct ims_function function);

/* The part of it that tables show: present, rule, bits. Large machines have many functions. */
json_t *ims_part_acs_brief(struct ims_maker *maker, const struct ims_subject *subject,
                           struct ims_function function);

/* One reason: rule, at, from, to, text, remedy, certain. */
json_t *ims_part_reason(struct ims_maker *maker, const struct ims_subject *subject,
                        const struct ims_reason *reason);

/* Bus numbers and windows of a bridge, null for a function that is none. */
json_t *ims_part_bridge(struct ims_maker *maker, const struct ims_function_info *info);

/* The address of a function, null for none. */
json_t *ims_part_address(const struct ims_subject *subject, struct ims_function function);

/* A function with all its facts as an object of its own, null for none. */
json_t *ims_part_member(struct ims_maker *maker, const struct ims_subject *subject,
                        struct ims_function function);

/* A request: kind, address, at, requester, forged. */
json_t *ims_part_request(struct ims_maker *maker, const struct ims_subject *subject,
                         struct ims_function issuer, const struct ims_tlp *tlp);

/* Where a request ends, with its hops; and the hops alone. */
json_t *ims_part_outcome(struct ims_maker *maker, const struct ims_subject *subject,
                         const struct ims_fabric_outcome *outcome);
json_t *ims_part_hops(struct ims_maker *maker, const struct ims_subject *subject,
                      const struct ims_fabric_outcome *outcome);

/* The reason why two functions are in one set: from, to, kind, certainty, rule, request. */
json_t *ims_part_way(struct ims_maker *maker, const struct ims_subject *subject,
                     const struct ims_fabric_edge *edge);

/*
 * Ranges whose size the input does not state, where an answer depends on it: an object that collects
 * them, each once, and the notes that tell of them, which consume it and come after ims_part_gaps().
 */
void ims_part_unsized(struct ims_maker *maker, const struct ims_subject *subject, json_t *unsized,
                      struct ims_function target, unsigned bar);
void ims_part_unsized_notes(struct ims_maker *maker, json_t *document, json_t *unsized);

/* Sets "rc", "rc_reason" and "threat": what the fabric was told or found out. */
void ims_part_fabric(struct ims_maker *maker, const struct ims_subject *subject, json_t *document);

/* One use of a function: address, kind, weight, certain, subject, evidence, text. */
json_t *ims_part_use(struct ims_maker *maker, const struct ims_use *use);

/* "yes" when the input knows a kernel group of any function. */
bool ims_part_kernel_groups_known(const struct ims_subject *subject);

#endif
