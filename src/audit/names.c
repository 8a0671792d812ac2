/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "iommuscope/audit.h"

static const char *const severities[] = {"info", "low", "medium", "high", "critical"};

const char *ims_severity_to_string(enum ims_severity severity)
{
    return (unsigned)severity <= IMS_SEVERITY_CRITICAL ? severities[severity] : "invalid";
}

int ims_severity_parse(const char *text, enum ims_severity *ret)
{
    for (unsigned i = 0; i <= IMS_SEVERITY_CRITICAL; i++) {
        if (strcmp(severities[i], text) == 0) {
            *ret = (enum ims_severity)i;
            return 0;
        }
    }
    return -EINVAL;
}

const char *ims_audit_verdict_to_string(enum ims_audit_verdict verdict)
{
    static const char *const names[] = {"EXACT", "MAYBE-SPLIT", "OVERMERGED", "UNPROVEN",
                                        "UNSOUND"};

    return (unsigned)verdict <= IMS_AUDIT_UNSOUND ? names[verdict] : "invalid";
}
