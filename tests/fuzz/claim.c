/* SPDX-License-Identifier: MIT */

/* The reader of claim files: what it takes, it writes back, and reads again as the same. */

#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "host/claim_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    const char *text = (const char *)(uintptr_t)data;
    struct ims_claim claim;
    struct ims_claim again;
    struct ims_error error = {0};
    struct ims_text first = {0};
    struct ims_text second = {0};
    const int r = ims_claim_read(size_bytes ? text : "", size_bytes, "input", &claim, &error);

    FUZZ_LAW(r == 0 || (r == -EBADMSG && error.code == EBADMSG && error.message[0]));
    if (r < 0)
        return 0;
    FUZZ_LAW(claim.member_count > 0);
    FUZZ_LAW(claim.access == IMS_ACCESS_NONE || ims_access_name_is_valid(claim.access_name));
    FUZZ_LAW(!strchr(claim.driver, '/'));
    ims_claim_write(&claim, &first);
    FUZZ_LAW(ims_claim_read(ims_text_get(&first), first.length, "again", &again, &error) == 0);
    ims_claim_write(&again, &second);
    FUZZ_LAW(strcmp(ims_text_get(&first), ims_text_get(&second)) == 0);
    FUZZ_LAW(ims_claims_overlap(&claim, &again));
    ims_text_done(&first);
    ims_text_done(&second);
    ims_claim_done(&claim);
    ims_claim_done(&again);
    return 0;
}
