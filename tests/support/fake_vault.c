/* SPDX-License-Identifier: MIT */
#include "fake_vault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fake_file *find(struct fake_vault *vault, enum ims_vault_place place,
                              const char *name)
{
    for (unsigned i = 0; i < vault->count; i++)
        if (vault->files[i].place == place && strcmp(vault->files[i].name, name) == 0)
            return &vault->files[i];
    return NULL;
}

static bool runs(enum fake_act act)
{
    return act == FAKE_RUN || act == FAKE_FAIL_AFTER || act == FAKE_KILL_AFTER;
}

static void put(struct fake_vault *vault, enum ims_vault_place place, const char *name,
                const void *bytes, size_t size_bytes)
{
    struct fake_file *file = find(vault, place, name);

    if (!file && vault->count < FAKE_FILES_MAX)
        file = &vault->files[vault->count++];
    if (!file || size_bytes >= FAKE_FILE_BYTES || strlen(name) >= IMS_VAULT_NAME_SIZE)
        abort();
    *file = (struct fake_file){.place = place, .size_bytes = size_bytes};
    memcpy(file->name, name, strlen(name) + 1);
    memcpy(file->bytes, bytes, size_bytes);
}

static void drop(struct fake_vault *vault, struct fake_file *file)
{
    *file = vault->files[--vault->count];
}

void fake_vault_put(struct fake_vault *vault, enum ims_vault_place place, const char *name,
                    const char *text)
{
    struct fake_file *file = find(vault, place, name);

    if (text)
        put(vault, place, name, text, strlen(text));
    else if (file)
        drop(vault, file);
}

const char *fake_vault_get(const struct fake_vault *vault, enum ims_vault_place place,
                           const char *name)
{
    for (unsigned i = 0; i < vault->count; i++)
        if (vault->files[i].place == place && strcmp(vault->files[i].name, name) == 0)
            return vault->files[i].bytes;
    return NULL;
}

unsigned fake_vault_count(const struct fake_vault *vault, enum ims_vault_place place)
{
    unsigned count = 0;

    for (unsigned i = 0; i < vault->count; i++)
        count += vault->files[i].place == place;
    return count;
}

void fake_vault_reboot(struct fake_vault *vault)
{
    for (unsigned i = vault->count; i > 0; i--)
        if (vault->files[i - 1].place == IMS_VAULT_RUN)
            drop(vault, &vault->files[i - 1]);
}

/* ---- the interface ---- */

static int read_file(void *context, enum ims_vault_place place, const char *name, char **ret,
                     size_t *ret_size_bytes)
{
    struct fake_vault *vault = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(vault->script, FAKE_CALL_LOAD, &act);
    const struct fake_file *file = find(vault, place, name);
    int r = !file ? -ENOENT : vault->is_untrusted && place == IMS_VAULT_CLAIMS ? -EPERM : 0;

    r = fake_script_leave(vault->script, call, act, r);
    if (r < 0)
        return r;
    *ret = malloc(file->size_bytes + 1);
    if (!*ret)
        abort();
    memcpy(*ret, file->bytes, file->size_bytes + 1);
    *ret_size_bytes = file->size_bytes;
    return 0;
}

static int write_file(void *context, enum ims_vault_place place, const char *name,
                      const void *bytes, size_t size_bytes)
{
    struct fake_vault *vault = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(vault->script, FAKE_CALL_WRITE, &act);
    const int r = vault->is_read_only && place != IMS_VAULT_RUN ? -EROFS : 0;

    if (runs(act) && r == 0) {
        put(vault, place, name, bytes, size_bytes);
        vault->writes++;
    }
    return fake_script_leave(vault->script, call, act, r);
}

static int remove_file(void *context, enum ims_vault_place place, const char *name)
{
    struct fake_vault *vault = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(vault->script, FAKE_CALL_WRITE, &act);
    struct fake_file *file = find(vault, place, name);
    const int r = !file ? -ENOENT : vault->is_read_only && place != IMS_VAULT_RUN ? -EROFS : 0;

    if (runs(act) && r == 0) {
        drop(vault, file);
        vault->writes++;
    }
    return fake_script_leave(vault->script, call, act, r);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int list(void *context, enum ims_vault_place place, const char *suffix,
                char (**ret)[IMS_VAULT_NAME_SIZE], uint32_t *ret_count)
{
    struct fake_vault *vault = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(vault->script, FAKE_CALL_LOAD, &act);
    const int r = fake_script_leave(vault->script, call, act, 0);

    *ret = NULL;
    *ret_count = 0;
    if (r < 0)
        return r;
    char(*names)[IMS_VAULT_NAME_SIZE] = calloc(vault->count + 1, sizeof(*names));
    if (!names)
        abort();
    for (unsigned i = 0; i < vault->count; i++) {
        const struct fake_file *file = &vault->files[i];
        const size_t length = strlen(file->name);

        if (file->place == place && length > strlen(suffix) &&
            strcmp(file->name + length - strlen(suffix), suffix) == 0)
            memcpy(names[(*ret_count)++], file->name, length + 1);
    }
    if (*ret_count)
        qsort(names, *ret_count, sizeof(*names), compare_names);
    *ret = names;
    return 0;
}

struct ims_vault fake_vault_interface(struct fake_vault *vault)
{
    return (struct ims_vault){
        .context = vault,
        .read = read_file,
        .write = write_file,
        .remove = remove_file,
        .list = list,
    };
}
