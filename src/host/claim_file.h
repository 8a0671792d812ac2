/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_CLAIM_FILE_H
#define IMS_HOST_CLAIM_FILE_H

/*
 * A claim as text: lines "KEY VALUE", members behind "member PATH", closed with "end", so that a
 * file that was cut is no claim. The name of the claim is the name of its file.
 */

#include "base/text.h"
#include "iommuscope/ownership.h"

#define IMS_CLAIM_FILE_MAX_BYTES (1u << 20)

/* Appends the text of a claim: the same claim is always the same bytes. */
void ims_claim_write(const struct ims_claim *claim, struct ims_text *out);

/*
 * Reads what ims_claim_write() wrote; file is for messages. Release *ret with ims_claim_done().
 * Returns -EBADMSG with file, line and reason for anything else; -ENOMEM.
 */
int ims_claim_read(const char *text, size_t length, const char *file, struct ims_claim *ret,
                   struct ims_error *reterr);

/* Whether a word names a user or a group in a way that fits into a udev rule as it is. */
bool ims_access_name_is_valid(const char *name);

#endif
