/* SPDX-License-Identifier: MIT */
#include "iommuscope/base.h"

const char *ims_tristate_to_string(enum ims_tristate state)
{
    switch (state) {
    case IMS_NO:
        return "no";
    case IMS_YES:
        return "yes";
    case IMS_UNKNOWN:
        break;
    }
    return "unknown";
}
