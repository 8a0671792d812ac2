/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FAKE_VAULT_H
#define IMS_TESTS_FAKE_VAULT_H

/* Small files in memory, behind struct ims_vault: each is replaced whole, or not at all. */

#include "fake_script.h"
#include "host/vault.h"

#define FAKE_FILES_MAX 16u
#define FAKE_FILE_BYTES 8192u

struct fake_file {
    enum ims_vault_place place;
    char name[IMS_VAULT_NAME_SIZE];
    char bytes[FAKE_FILE_BYTES];
    size_t size_bytes;
};

/* Everything is in the struct: a copy of it is a copy of the disk. */
struct fake_vault {
    struct fake_script *script;
    struct fake_file files[FAKE_FILES_MAX];
    unsigned count;
    unsigned writes;   /* that had an effect, removals too */
    bool is_read_only; /* the disk is: writes fail with EROFS, but for those below /run */
    bool is_untrusted; /* every claim could have been written by others */
};

struct ims_vault fake_vault_interface(struct fake_vault *vault);

/* What somebody else puts there; NULL text removes it. */
void fake_vault_put(struct fake_vault *vault, enum ims_vault_place place, const char *name,
                    const char *text);
/* The bytes, closed with a zero; NULL when there is no such file. */
const char *fake_vault_get(const struct fake_vault *vault, enum ims_vault_place place,
                           const char *name);
/* Files of a place. */
unsigned fake_vault_count(const struct fake_vault *vault, enum ims_vault_place place);
/* Another boot: what is below /run is gone. */
void fake_vault_reboot(struct fake_vault *vault);

#endif
