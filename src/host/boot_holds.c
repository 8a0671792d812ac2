/* SPDX-License-Identifier: MIT */
/* What the early phase noted for those who come after it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/boot.h"

#define FILE_NAME "early"
#define HEAD "iommuscope-early 1"

void ims_boot_holds_done(struct ims_boot_holds *holds)
{
    free(holds->holds);
    *holds = (struct ims_boot_holds){0};
}

int ims_boot_holds_add(struct ims_boot_holds *holds, struct ims_address address, const char *driver,
                       const char *claim)
{
    struct ims_boot_hold *grown =
        ims_array_grow(holds->holds, &holds->capacity, holds->count + 1, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    holds->holds = grown;
    grown += holds->count++;
    *grown = (struct ims_boot_hold){.address = address};
    snprintf(grown->driver, sizeof(grown->driver), "%s", driver);
    snprintf(grown->claim, sizeof(grown->claim), "%s", claim);
    holds->changed = true;
    return 0;
}

void ims_boot_holds_drop(struct ims_boot_holds *holds, uint32_t index)
{
    memmove(&holds->holds[index], &holds->holds[index + 1],
            (size_t)(holds->count - index - 1) * sizeof(*holds->holds));
    holds->count--;
    holds->changed = true;
}

/* "ADDRESS DRIVER CLAIM" */
static int take_line(void *context, char *line)
{
    struct ims_boot_holds *holds = context;
    char *rest = NULL;
    const char *address_text = strtok_r(line, " ", &rest);
    const char *driver = strtok_r(NULL, " ", &rest);
    const char *claim = strtok_r(NULL, " ", &rest);
    struct ims_address address;

    if (!address_text || !driver || !claim || strtok_r(NULL, " ", &rest) ||
        ims_address_parse(address_text, &address) < 0 || strlen(driver) >= IMS_CLAIM_WORD_SIZE ||
        !ims_claim_name_is_valid(claim))
        return -EBADMSG;
    return ims_boot_holds_add(holds, address, driver, claim);
}

int ims_boot_holds_read(const struct ims_vault *vault, struct ims_boot_holds *ret)
{
    *ret = (struct ims_boot_holds){0};
    const int r = ims_vault_read_lines(vault, IMS_VAULT_RUN, FILE_NAME, HEAD, take_line, ret);
    ret->changed = false;
    if (r < 0)
        ims_boot_holds_done(ret);
    return r;
}

int ims_boot_holds_write(const struct ims_vault *vault, struct ims_boot_holds *holds)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    struct ims_text text = {0};
    int r;

    if (!holds->changed)
        return 0;
    if (holds->count == 0) {
        r = vault->remove(vault->context, IMS_VAULT_RUN, FILE_NAME);
        holds->changed = false;
        return r == -ENOENT ? 0 : r;
    }
    ims_text_append(&text, HEAD "\n");
    for (uint32_t i = 0; i < holds->count; i++)
        ims_text_appendf(&text, "%s %s %s\n", ims_address_format(holds->holds[i].address, name),
                         holds->holds[i].driver, holds->holds[i].claim);
    r = text.failed ? -ENOMEM
                    : vault->write(vault->context, IMS_VAULT_RUN, FILE_NAME, ims_text_get(&text),
                                   text.length);
    ims_text_done(&text);
    holds->changed = r < 0;
    return r;
}
