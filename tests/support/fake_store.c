/* SPDX-License-Identifier: MIT */
#include "fake_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_store_done(struct fake_store *store)
{
    for (unsigned i = 0; i < store->count; i++)
        free(store->journals[i].bytes);
    memset(store, 0, sizeof(*store));
}

static char *copy_bytes(const char *bytes, size_t size_bytes)
{
    char *copy = malloc(size_bytes + 1);

    if (!copy)
        abort();
    if (size_bytes)
        memcpy(copy, bytes, size_bytes);
    copy[size_bytes] = '\0';
    return copy;
}

void fake_store_copy(struct fake_store *to, const struct fake_store *from,
                     struct fake_script *script)
{
    *to = *from;
    to->script = script;
    for (unsigned i = 0; i < to->count; i++)
        to->journals[i].bytes = copy_bytes(from->journals[i].bytes, from->journals[i].size_bytes);
}

void fake_store_free_lock(struct fake_store *store)
{
    store->locked = false;
}

static struct fake_journal *find(struct fake_store *store, const char *name)
{
    for (unsigned i = 0; i < store->count; i++)
        if (strcmp(store->journals[i].name, name) == 0)
            return &store->journals[i];
    return NULL;
}

/* Whether the call has its effect. */
static bool runs(enum fake_act act)
{
    return act == FAKE_RUN || act == FAKE_FAIL_AFTER || act == FAKE_KILL_AFTER;
}

static int lock(void *context)
{
    struct fake_store *store = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(store->script, FAKE_CALL_LOCK, &act);
    int r = 0;

    if (store->locked_by_other)
        r = -EBUSY;
    else if (act == FAKE_RUN) {
        store->is_wrong |= store->locked;
        store->locked = true;
    }
    return fake_script_leave(store->script, call, act, r);
}

static void unlock(void *context)
{
    struct fake_store *store = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(store->script, FAKE_CALL_UNLOCK, &act);

    store->is_wrong |= !store->locked && !store->script->dead;
    if (runs(act))
        store->locked = false;
    fake_script_leave(store->script, call, act, 0);
}

static int create(void *context, char ret_name[IMS_JOURNAL_NAME_SIZE])
{
    struct fake_store *store = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(store->script, FAKE_CALL_CREATE, &act);
    int r = 0;

    store->is_wrong |= !store->locked && !store->script->dead;
    snprintf(ret_name, IMS_JOURNAL_NAME_SIZE, "%08u", store->next + 1);
    if (runs(act) && store->count == FAKE_JOURNALS_MAX) {
        r = -ENOSPC;
    } else if (runs(act)) {
        struct fake_journal *journal = &store->journals[store->count++];

        memcpy(journal->name, ret_name, sizeof(journal->name));
        journal->bytes = copy_bytes(NULL, 0);
        journal->size_bytes = 0;
        store->next++;
    }
    return fake_script_leave(store->script, call, act, r);
}

static void add(struct fake_journal *journal, const char *bytes, size_t size_bytes)
{
    char *larger = realloc(journal->bytes, journal->size_bytes + size_bytes + 1);

    if (!larger)
        abort();
    memcpy(larger + journal->size_bytes, bytes, size_bytes);
    journal->bytes = larger;
    journal->size_bytes += size_bytes;
    larger[journal->size_bytes] = '\0';
}

static int append(void *context, const char *name, const void *bytes, size_t size_bytes)
{
    struct fake_store *store = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(store->script, FAKE_CALL_APPEND, &act);
    struct fake_journal *journal = find(store, name);
    const bool was_dead = store->script->dead;
    int r = journal ? 0 : -ENOENT;

    store->is_wrong |= !store->locked && !was_dead;
    if (journal && runs(act))
        add(journal, bytes, size_bytes);
    else if (journal && !was_dead)
        add(journal, bytes, size_bytes * store->script->keep_percent / 100);
    return fake_script_leave(store->script, call, act, r);
}

static int read_journal(void *context, const char *name, char **ret, size_t *ret_size_bytes)
{
    struct fake_store *store = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(store->script, FAKE_CALL_LOAD, &act);
    const struct fake_journal *journal = find(store, name);
    const int r = fake_script_leave(store->script, call, act, journal ? 0 : -ENOENT);

    if (r < 0)
        return r;
    *ret = copy_bytes(journal->bytes, journal->size_bytes);
    *ret_size_bytes = journal->size_bytes;
    return 0;
}

static int list(void *context, char (**ret)[IMS_JOURNAL_NAME_SIZE], uint32_t *ret_count)
{
    struct fake_store *store = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(store->script, FAKE_CALL_LOAD, &act);
    const int r = fake_script_leave(store->script, call, act, 0);

    if (r < 0)
        return r;
    char(*names)[IMS_JOURNAL_NAME_SIZE] = calloc(store->count + 1, sizeof(*names));
    if (!names)
        abort();
    for (unsigned i = 0; i < store->count; i++)
        memcpy(names[i], store->journals[i].name, sizeof(names[i]));
    *ret = names;
    *ret_count = store->count;
    return 0;
}

static int remove_journal(void *context, const char *name)
{
    struct fake_store *store = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(store->script, FAKE_CALL_REMOVE, &act);
    struct fake_journal *journal = find(store, name);

    store->is_wrong |= !store->locked && !store->script->dead;
    if (journal && runs(act)) {
        const unsigned index = (unsigned)(journal - store->journals);

        free(journal->bytes);
        memmove(journal, journal + 1, (store->count - index - 1) * sizeof(*journal));
        store->count--;
    }
    return fake_script_leave(store->script, call, act, journal ? 0 : -ENOENT);
}

struct ims_store fake_store_interface(struct fake_store *store)
{
    return (struct ims_store){
        .context = store,
        .lock = lock,
        .unlock = unlock,
        .create = create,
        .append = append,
        .read = read_journal,
        .list = list,
        .remove = remove_journal,
    };
}
