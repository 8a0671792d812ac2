/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/error.h"
#include "source/roster.h"

/* In place of roster_xml.c where expat is not there. */

int ims_roster_xml(struct ims_roster *roster, const char *bytes, size_t size_bytes,
                   struct ims_error *reterr)
{
    (void)bytes;
    (void)size_bytes;
    return ims_error_set_at(reterr, -ENOTSUP, roster->path, 0, 0,
                            "this is XML, which this build of iommuscope does not read");
}
