/* SPDX-License-Identifier: MIT */
/*
 * How many boots in a row tried a claim and did not end well. The initramfs has no disk to write to,
 * so that the late phase counts; what the early phase alone can break, the initramfs gives back by
 * itself (packaging/initramfs-tools).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "host/keep.h"

#define FILE_NAME "boots"
#define HEAD "iommuscope-boots 1"

void ims_boot_counts_done(struct ims_boot_counts *counts)
{
    free(counts->counts);
    *counts = (struct ims_boot_counts){0};
}

struct ims_boot_count *ims_boot_counts_find(const struct ims_boot_counts *counts, const char *name)
{
    for (uint32_t i = 0; i < counts->count; i++)
        if (strcmp(counts->counts[i].name, name) == 0)
            return &counts->counts[i];
    return NULL;
}

static struct ims_boot_count *append(struct ims_boot_counts *counts, const char *name)
{
    struct ims_boot_count *grown =
        ims_array_grow(counts->counts, &counts->capacity, counts->count + 1, sizeof(*grown));

    if (!grown)
        return NULL;
    counts->counts = grown;
    grown += counts->count++;
    *grown = (struct ims_boot_count){0};
    snprintf(grown->name, sizeof(grown->name), "%s", name);
    return grown;
}

int ims_boot_counts_add(struct ims_boot_counts *counts, const char *name, const char *boot_id)
{
    struct ims_boot_count *count = ims_boot_counts_find(counts, name);

    if (!count)
        count = append(counts, name);
    if (!count)
        return -ENOMEM;
    if (strcmp(count->boot_id, boot_id) == 0)
        return 0;
    snprintf(count->boot_id, sizeof(count->boot_id), "%s", boot_id);
    count->attempts++;
    counts->changed = true;
    return 0;
}

void ims_boot_counts_drop(struct ims_boot_counts *counts, const char *name)
{
    struct ims_boot_count *count = ims_boot_counts_find(counts, name);

    if (!count)
        return;
    *count = counts->counts[--counts->count];
    counts->changed = true;
}

/* "NAME ATTEMPTS BOOT-ID" */
static int take_line(void *context, char *line)
{
    struct ims_boot_counts *counts = context;
    char name[IMS_CLAIM_NAME_SIZE];
    char boot_id[IMS_BOOT_ID_SIZE];
    uint64_t attempts;
    const size_t length = strcspn(line, " ");
    const char *number = line + length + (line[length] == ' ');
    const size_t digits = strcspn(number, " ");
    const char *id = number + digits + (number[digits] == ' ');

    if (length >= sizeof(name) || strlen(id) == 0 || strlen(id) >= sizeof(boot_id) ||
        strchr(id, ' ') || ims_number_decimal(number, digits, 1000000, &attempts) < 0)
        return -EBADMSG;
    memcpy(name, line, length);
    name[length] = '\0';
    if (!ims_claim_name_is_valid(name) || ims_boot_counts_find(counts, name))
        return -EBADMSG;
    struct ims_boot_count *count = append(counts, name);
    if (!count)
        return -ENOMEM;
    count->attempts = (uint32_t)attempts;
    snprintf(count->boot_id, sizeof(count->boot_id), "%s", id);
    return 0;
}

int ims_boot_counts_read(const struct ims_vault *vault, struct ims_boot_counts *ret)
{
    *ret = (struct ims_boot_counts){0};
    const int r = ims_vault_read_lines(vault, IMS_VAULT_STATE, FILE_NAME, HEAD, take_line, ret);
    if (r < 0)
        ims_boot_counts_done(ret);
    return r;
}

int ims_boot_counts_write(const struct ims_vault *vault, struct ims_boot_counts *counts)
{
    struct ims_text text = {0};
    int r;

    if (!counts->changed)
        return 0;
    if (counts->count == 0) {
        r = vault->remove(vault->context, IMS_VAULT_STATE, FILE_NAME);
        r = r == -ENOENT ? 0 : r;
    } else {
        ims_text_append(&text, HEAD "\n");
        for (uint32_t i = 0; i < counts->count; i++)
            ims_text_appendf(&text, "%s %u %s\n", counts->counts[i].name,
                             counts->counts[i].attempts, counts->counts[i].boot_id);
        r = text.failed ? -ENOMEM
                        : vault->write(vault->context, IMS_VAULT_STATE, FILE_NAME,
                                       ims_text_get(&text), text.length);
        ims_text_done(&text);
    }
    counts->changed = counts->changed && r < 0;
    return r;
}
