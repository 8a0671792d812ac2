/* SPDX-License-Identifier: MIT */
#include "output/names.h"

#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* 2 to the 12th, see lookup(). Triples that meet in a slot are looked up again. */
#define CACHE_SLOTS 4096u

struct cache_entry {
    bool used;
    uint64_t key;
    struct ims_name_set set;
};

struct ims_names {
    struct udev *udev;
    struct udev_hwdb *hwdb;
    struct ims_arena arena;
    struct cache_entry cache[CACHE_SLOTS];
};

struct ims_names *ims_names_new(void)
{
    struct ims_names *names = calloc(1, sizeof(*names));

    if (!names)
        return NULL;
    names->udev = udev_new();
    if (names->udev)
        names->hwdb = udev_hwdb_new(names->udev);
    return names;
}

void ims_names_free(struct ims_names *names)
{
    if (!names)
        return;
    if (names->hwdb)
        udev_hwdb_unref(names->hwdb);
    if (names->udev)
        udev_unref(names->udev);
    ims_arena_done(&names->arena);
    free(names);
}

static const char *keep(struct ims_names *names, const char *text)
{
    return text ? ims_arena_strndup(&names->arena, text, strlen(text)) : NULL;
}

/* One query gives everything: the database merges all patterns that fit the modalias. */
static struct ims_name_set query(struct ims_names *names, const char *modalias)
{
    struct ims_name_set set = {0};
    const char *class_name = NULL;
    const char *subclass_name = NULL;
    struct udev_list_entry *entry;

    udev_list_entry_foreach(entry, udev_hwdb_get_properties_list_entry(names->hwdb, modalias, 0))
    {
        const char *key = udev_list_entry_get_name(entry);
        const char *value = udev_list_entry_get_value(entry);

        if (strcmp(key, "ID_VENDOR_FROM_DATABASE") == 0)
            set.vendor = keep(names, value);
        else if (strcmp(key, "ID_MODEL_FROM_DATABASE") == 0)
            set.device = keep(names, value);
        else if (strcmp(key, "ID_PCI_CLASS_FROM_DATABASE") == 0)
            class_name = keep(names, value);
        else if (strcmp(key, "ID_PCI_SUBCLASS_FROM_DATABASE") == 0)
            subclass_name = keep(names, value);
    }
    set.class_name = subclass_name ? subclass_name : class_name;
    return set;
}

static struct ims_name_set lookup(struct ims_names *names, uint16_t vendor, uint16_t device,
                                  bool id_known, uint32_t class_code, bool class_known)
{
    uint64_t key = (uint64_t)vendor << 48 | (uint64_t)device << 32 | (uint64_t)id_known << 25 |
                   (uint64_t)class_known << 24 | class_code;
    struct cache_entry *entry = &names->cache[(key * 0x9e3779b97f4a7c15u) >> 52];
    char modalias[96];
    char id[32] = "v*d*";
    char class_text[24] = "";

    if (entry->used && entry->key == key)
        return entry->set;
    /* An id that is not known must not meet a pattern of the database: no entry has letter x. */
    if (id_known)
        (void)snprintf(id, sizeof(id), "v%08Xd%08X", vendor, device);
    else
        (void)snprintf(id, sizeof(id), "vXdX");
    if (class_known)
        (void)snprintf(class_text, sizeof(class_text), "bc%02Xsc%02Xi%02X", class_code >> 16 & 0xff,
                       class_code >> 8 & 0xff, class_code & 0xff);
    (void)snprintf(modalias, sizeof(modalias), "pci:%ssvXsdX%s", id, class_text);
    entry->used = true;
    entry->key = key;
    entry->set = query(names, modalias);
    return entry->set;
}

/* "VENDOR DEVICE" in one string, as text has it, taken apart where the vendor is known. */
static void split_name(struct ims_name_set *stated, const struct ims_name_set *known)
{
    size_t length = known->vendor ? strlen(known->vendor) : 0;

    if (stated->vendor || !stated->device || length == 0)
        return;
    if (strncmp(stated->device, known->vendor, length) == 0 && stated->device[length] == ' ') {
        stated->vendor = known->vendor;
        stated->device += length + 1;
    }
}

struct ims_name_set ims_names_of(struct ims_names *names, const struct ims_function_info *info)
{
    struct ims_name_set stated = {info->record->vendor_name, info->record->device_name,
                                  info->record->class_name};
    struct ims_name_set known = {0};
    bool id_known = info->id_count == 1;
    bool class_known = ims_bits_all_known(info->class_code, 0xffff00);

    if (names && names->hwdb && (id_known || class_known))
        known =
            lookup(names, id_known ? info->ids[0].vendor : 0, id_known ? info->ids[0].device : 0,
                   id_known, info->class_code.value & 0xffffff, class_known);
    if (!stated.vendor && !stated.device) {
        stated.vendor = known.vendor;
        stated.device = known.device;
    }
    split_name(&stated, &known);
    if (!stated.class_name)
        stated.class_name = known.class_name;
    return stated;
}
