/* SPDX-License-Identifier: MIT */

/* The readers of plans: XML, command lines, lines of text. An input is the plan itself. */

#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "source/roster.h"

static void check_entry(const struct ims_roster *roster, const struct ims_roster_entry *entry)
{
    FUZZ_LAW(ims_roster_owner(roster, entry->owner) != NULL);
    FUZZ_LAW(entry->known == (entry->text == NULL));
    FUZZ_LAW(entry->path && strcmp(entry->path, "input") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct ims_roster *roster = ims_roster_new();
    struct ims_error error = {0};

    if (!roster)
        abort();
    const int r = ims_roster_parse(roster, "input", (const char *)data, size_bytes, &error);
    FUZZ_LAW(r == 0 || r == -EBADMSG || r == -E2BIG);
    FUZZ_LAW(r == 0 || (error.code == -r && error.message[0]));
    for (uint32_t i = 0; r == 0 && i < ims_roster_count(roster); i++)
        check_entry(roster, ims_roster_at(roster, i));
    for (uint32_t i = 0; i < ims_roster_owner_count(roster); i++)
        FUZZ_LAW(ims_roster_owner(roster, i)->name[0] != '\0');
    ims_roster_free(roster);
    return 0;
}
