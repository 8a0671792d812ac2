/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_AUDIT_H
#define IOMMUSCOPE_AUDIT_H

/*
 * Whether the groups are true: those that the kernel made (or, where the input has none, those that
 * a kernel would make) held against what the fabric does with the registers as they are.
 *
 * Only endpoints are judged: functions that issue requests (ims_fabric_is_issuer()). Rules 0.6, 0.7
 * and I3-I7 of the fabric specification.
 */

#include "iommuscope/fabric.h"
#include "iommuscope/grouping.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How much a finding matters to somebody who hands a group to a guest. */
enum ims_severity {
    IMS_SEVERITY_INFO = 0, /* worth knowing; nothing is wrong */
    IMS_SEVERITY_LOW,      /* depends on an assumption that mostly holds */
    IMS_SEVERITY_MEDIUM,   /* possible, and not settled by what is known */
    IMS_SEVERITY_HIGH,     /* the groups promise what the registers do not keep */
    IMS_SEVERITY_CRITICAL, /* the same where somebody declared it safe by hand */
};

/* "info", "low", "medium", "high", "critical"; never NULL. */
IMS_PUBLIC const char *ims_severity_to_string(enum ims_severity severity);
/* The other way round. Returns -EINVAL. */
IMS_PUBLIC int ims_severity_parse(const char *text, enum ims_severity *ret);

/* Of a group or of all of them, worst last (0.6). */
enum ims_audit_verdict {
    IMS_AUDIT_EXACT = 0,   /* as fine as the fabric, no finer */
    IMS_AUDIT_MAYBE_SPLIT, /* may be coarser than the fabric */
    IMS_AUDIT_OVERMERGED,  /* coarser than the fabric: it keeps members apart for sure */
    IMS_AUDIT_UNPROVEN,    /* a way out of the group is possible */
    IMS_AUDIT_UNSOUND,     /* a way out of the group exists */
};

/* "EXACT", "MAYBE-SPLIT", "OVERMERGED", "UNPROVEN", "UNSOUND"; never NULL. */
IMS_PUBLIC const char *ims_audit_verdict_to_string(enum ims_audit_verdict verdict);

/* Zero-initialised is fine. */
struct ims_audit_options {
    size_t size_bytes; /* sizeof(struct ims_audit_options), for later additions; 0 = all */
};

/*
 * One group of the claim. A group may be UNPROVEN and OVERMERGED at once (0.6): verdict is the
 * worst, coarse says how it relates to the fabric the other way round.
 */
struct ims_audit_group {
    bool of_kernel; /* the kernel made it; no: a kernel would */
    uint32_t number;
    const struct ims_function *members; /* endpoints, sorted by address */
    uint32_t member_count;
    enum ims_audit_verdict verdict;
    enum ims_audit_verdict coarse; /* EXACT, MAYBE_SPLIT or OVERMERGED */
};

struct ims_finding {
    const struct ims_rule *rule; /* its id, title, reference; static */
    enum ims_severity severity;
    const struct ims_function *functions; /* whom it is about, sorted by address */
    uint32_t function_count;
    struct ims_function at; /* the port or function that decides, or NONE */
    const char *text;       /* one sentence without an end */
    const char *assumption; /* what would settle it, where it is not certain; else NULL */
    const char *remedy;     /* what to do; a sentence */
    const char *limits;     /* what software cannot fix; a sentence or NULL */
    /*
     * The witness: outcome number witness_outcome of ims_fabric_route(fabric, witness_issuer,
     * &witness_tlp) ends where the finding says. witness is that route, or NULL where no single
     * request shows it (aliases, and findings that are no alarm).
     */
    struct ims_function witness_issuer;
    struct ims_function witness_target;
    struct ims_tlp witness_tlp;
    struct ims_fabric_route *witness;
    uint32_t witness_outcome;
    const struct ims_fabric_edge *edges; /* every way that it is about, one by one */
    uint32_t edge_count;
};

struct ims_audit;

/*
 * Holds the groups of the kernel, and where the input has none the computed ones, against the sets
 * of the fabric, for the threat model and the root complex of the fabric. grouping and fabric must
 * be of one topology and outlive the result; the caller frees *ret with ims_audit_free().
 * options may be NULL. Costs what ims_fabric_sets() and a few ims_grouping_compute() cost.
 * Returns -ENOMEM; -EINVAL for a grouping and a fabric of two machines.
 */
IMS_PUBLIC int ims_audit_new(const struct ims_grouping *grouping, const struct ims_fabric *fabric,
                             const struct ims_audit_options *options, struct ims_audit **ret,
                             struct ims_error *reterr);
IMS_PUBLIC void ims_audit_free(struct ims_audit *audit);

/* The worst verdict of all groups. */
IMS_PUBLIC enum ims_audit_verdict ims_audit_verdict(const struct ims_audit *audit);

/* Groups with at least one endpoint, the kernel's first, by number. NULL beyond the end. */
IMS_PUBLIC uint32_t ims_audit_group_count(const struct ims_audit *audit);
IMS_PUBLIC const struct ims_audit_group *ims_audit_group_at(const struct ims_audit *audit,
                                                            uint32_t index);

/* Findings, most severe first, then by id and by functions. NULL beyond the end. */
IMS_PUBLIC uint32_t ims_audit_finding_count(const struct ims_audit *audit);
IMS_PUBLIC const struct ims_finding *ims_audit_finding_at(const struct ims_audit *audit,
                                                          uint32_t index);

#ifdef __cplusplus
}
#endif

#endif
