/* SPDX-License-Identifier: MIT */
#ifndef IMS_BASE_TRISTATE_H
#define IMS_BASE_TRISTATE_H

#include "iommuscope/base.h"

/* Both hold: one "no" is enough for no, then one "unknown" for unknown. */
static inline enum ims_tristate ims_tristate_and(enum ims_tristate a, enum ims_tristate b)
{
    if (a == IMS_NO || b == IMS_NO)
        return IMS_NO;
    return a == IMS_YES && b == IMS_YES ? IMS_YES : IMS_UNKNOWN;
}

/* One of them holds: one "yes" is enough for yes, then one "unknown" for unknown. */
static inline enum ims_tristate ims_tristate_or(enum ims_tristate a, enum ims_tristate b)
{
    if (a == IMS_YES || b == IMS_YES)
        return IMS_YES;
    return a == IMS_NO && b == IMS_NO ? IMS_NO : IMS_UNKNOWN;
}

#endif
