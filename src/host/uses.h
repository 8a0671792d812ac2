/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_USES_H
#define IMS_HOST_USES_H

#include "host/host.h"

/* Adds a use that was seen. */
void ims_uses_say(struct ims_uses *uses, struct ims_address address, enum ims_use_kind kind,
                  const char *subject, const char *evidence, const char *text);

#endif
