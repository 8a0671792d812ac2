/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "fabric/model.h"

/* Values beyond an enumeration get its first name, so that a caller can always print. */
#define NAME(names, value) \
    names[(unsigned)(value) < sizeof(names) / sizeof(names[0]) ? (unsigned)(value) : 0]

const char *ims_fabric_certainty_to_string(enum ims_fabric_certainty certainty)
{
    return certainty == IMS_FABRIC_MAY ? "may" : "must";
}

static const char *const rc_names[] = {"auto", "translate-first", "unknown", "none", "direct"};

const char *ims_fabric_rc_to_string(enum ims_fabric_rc rc)
{
    return NAME(rc_names, rc);
}

int ims_fabric_rc_parse(const char *text, enum ims_fabric_rc *ret)
{
    for (unsigned i = 0; i < sizeof(rc_names) / sizeof(rc_names[0]); i++)
        if (strcmp(text, rc_names[i]) == 0) {
            *ret = (enum ims_fabric_rc)i;
            return 0;
        }
    return -EINVAL;
}

const char *ims_tlp_kind_to_string(enum ims_tlp_kind kind)
{
    static const char *const names[] = {"memory write", "memory read", "I/O write",
                                        "I/O read",     "message",     "completion"};

    return NAME(names, kind);
}

const char *ims_fabric_end_to_string(enum ims_fabric_end end)
{
    static const char *const names[] = {"iommu", "peer", "blocked", "unsupported", "host"};

    return NAME(names, end);
}

const char *ims_fabric_violation_to_string(enum ims_fabric_violation violation)
{
    static const char *const names[] = {
        "none",           "source validation",     "translation blocking", "I/O request blocking",
        "egress control", "memory target control", "multicast blocking"};

    return NAME(names, violation);
}

const char *ims_fabric_decision_to_string(enum ims_fabric_decision decision)
{
    static const char *const names[] = {"issue",     "pass-up",   "redirect", "direct",
                                        "turn-back", "pass-down", "deliver",  "copy",
                                        "translate", "take",      "block",    "reject"};

    return NAME(names, decision);
}

const char *ims_fabric_edge_kind_to_string(enum ims_fabric_edge_kind kind)
{
    static const char *const names[] = {"dma",   "translated", "multicast",
                                        "alias", "forged",     "host"};

    return NAME(names, kind);
}

const char *ims_fabric_hazard_kind_to_string(enum ims_fabric_hazard_kind kind)
{
    static const char *const names[] = {"peer",       "maybe-peer", "hole",
                                        "maybe-hole", "blocked",    "untranslated"};

    return NAME(names, kind);
}
