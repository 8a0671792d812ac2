/* SPDX-License-Identifier: MIT */
#include "iommuscope/base.h"

/* The build states it; a compilation outside the build system still links. */
#ifndef IMS_VERSION
#define IMS_VERSION "0.0.0"
#endif

const char *ims_version(void)
{
    return IMS_VERSION;
}
