/* SPDX-License-Identifier: MIT */
#include "source/pci_ids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "source/text.h"

/* The file has 1.4 MB; something much larger is another file. */
#define FILE_MAX_BYTES (64u << 20)

enum entry_kind {
    ENTRY_VENDOR,
    ENTRY_DEVICE,
    ENTRY_CLASS,
};

struct entry {
    const char *name; /* in text, not closed with a zero */
    uint32_t length;
    uint32_t hash;
    enum entry_kind kind;
    uint16_t owner; /* vendor of a device */
    uint16_t code;  /* vendor id, device id, or base class and subclass */
};

struct ims_pci_ids {
    char *text;
    struct entry *entries;
    uint32_t capacity;
    uint32_t count;
    uint32_t *slots; /* entry index + 1; 0 = empty; a power of two of them */
    uint32_t slot_mask;
};

static uint32_t hash_name(enum entry_kind kind, uint16_t owner, const char *name, size_t length)
{
    uint32_t hash = 2166136261u ^ (uint32_t)kind << 16 ^ owner;

    hash *= 16777619u;
    for (size_t i = 0; i < length; i++) {
        /* Pasted text has lost double blanks. */
        if (name[i] == ' ' && i + 1 < length && name[i + 1] == ' ')
            continue;
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    }
    return hash ^ hash >> 15;
}

static bool same_name(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t i = 0;
    size_t k = 0;

    for (;;) {
        while (i + 1 < a_length && a[i] == ' ' && a[i + 1] == ' ')
            i++;
        while (k + 1 < b_length && b[k] == ' ' && b[k + 1] == ' ')
            k++;
        if (i == a_length || k == b_length)
            return i == a_length && k == b_length;
        if (a[i++] != b[k++])
            return false;
    }
}

static int add_entry(struct ims_pci_ids *ids, enum entry_kind kind, uint16_t owner, uint16_t code,
                     const char *name, size_t length)
{
    struct entry *entries =
        ims_array_grow(ids->entries, &ids->capacity, ids->count + 1, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    ids->entries = entries;
    entries[ids->count++] = (struct entry){.name = name,
                                           .length = (uint32_t)length,
                                           .hash = hash_name(kind, owner, name, length),
                                           .kind = kind,
                                           .owner = owner,
                                           .code = code};
    return 0;
}

/* Where the lines of the file belong. */
struct place {
    bool in_vendor;
    bool in_class;
    uint16_t code;
};

/* "8086  Intel Corporation", "\t1901  ...", "C 06  Bridge", "\t04  PCI bridge"; others are passed. */
static int add_line(struct ims_pci_ids *ids, struct place *place, const char *line, size_t length)
{
    uint64_t code;

    if (length == 0 || *line == '#')
        return 0;
    if (*line != '\t') {
        const bool class = line[0] == 'C' && length > 4 && line[1] == ' ';
        const char *digits = class ? line + 2 : line;
        const size_t count = ims_word_hex(digits, &code);
        place->in_class = class && count == 2;
        place->in_vendor = !class && count == 4 && line[4] == ' ';
        place->code = (uint16_t)code;
        if (!place->in_vendor)
            return 0;
        const char *name = ims_word_blanks(line + 4);
        return add_entry(ids, ENTRY_VENDOR, 0, place->code, name, (size_t)(line + length - name));
    }
    if (length < 4 || line[1] == '\t' || (!place->in_vendor && !place->in_class))
        return 0;
    const size_t count = ims_word_hex(line + 1, &code);
    if (count != (place->in_vendor ? 4u : 2u) || length <= count + 3)
        return 0;
    const char *name = ims_word_blanks(line + 1 + count);
    const size_t name_length = (size_t)(line + length - name);
    if (place->in_vendor)
        return add_entry(ids, ENTRY_DEVICE, place->code, (uint16_t)code, name, name_length);
    return add_entry(ids, ENTRY_CLASS, 0, (uint16_t)((uint32_t)place->code << 8 | code), name,
                     name_length);
}

static int index_entries(struct ims_pci_ids *ids)
{
    uint32_t size = 64;

    while (size < 2 * ids->count)
        size *= 2;
    ids->slots = calloc(size, sizeof(*ids->slots));
    if (!ids->slots)
        return -ENOMEM;
    ids->slot_mask = size - 1;
    for (uint32_t i = 0; i < ids->count; i++) {
        uint32_t position = ids->entries[i].hash & ids->slot_mask;
        while (ids->slots[position])
            position = (position + 1) & ids->slot_mask;
        ids->slots[position] = i + 1;
    }
    return 0;
}

static int read_whole(FILE *stream, char **ret, size_t *ret_length)
{
    size_t capacity = 2u << 20;
    size_t length = 0;
    char *text = malloc(capacity + 1);

    while (text) {
        length += fread(text + length, 1, capacity - length, stream);
        if (length < capacity)
            break;
        capacity *= 2;
        char *larger = capacity > FILE_MAX_BYTES ? NULL : realloc(text, capacity + 1);
        if (!larger) {
            free(text);
            return capacity > FILE_MAX_BYTES ? -EFBIG : -ENOMEM;
        }
        text = larger;
    }
    if (!text)
        return -ENOMEM;
    if (ferror(stream)) {
        free(text);
        return -EIO;
    }
    text[length] = '\0';
    *ret = text;
    *ret_length = length;
    return 0;
}

static int open_file(const char *path, FILE **ret)
{
    static const char *const places[] = {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids",
                                         "/usr/share/pci.ids"};

    if (path) {
        *ret = fopen(path, "re");
        return *ret ? 0 : -errno;
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        *ret = fopen(places[i], "re");
        if (*ret)
            return 0;
    }
    return -ENOENT;
}

int ims_pci_ids_load(const char *path, struct ims_pci_ids **ret)
{
    FILE *stream;
    size_t length = 0;

    int r = open_file(path, &stream);
    if (r < 0)
        return r;
    struct ims_pci_ids *ids = calloc(1, sizeof(*ids));
    r = ids ? read_whole(stream, &ids->text, &length) : -ENOMEM;
    fclose(stream);

    struct place place = {0};
    const char *line = r == 0 ? ids->text : NULL;
    for (const char *end; r == 0 && line < ids->text + length; line = end + 1) {
        end = memchr(line, '\n', (size_t)(ids->text + length - line));
        if (!end)
            end = ids->text + length;
        const bool carriage = end > line && end[-1] == '\r';
        r = add_line(ids, &place, line, (size_t)(end - line) - (carriage ? 1 : 0));
    }
    if (r == 0)
        r = index_entries(ids);
    if (r < 0) {
        ims_pci_ids_free(ids);
        return r;
    }
    *ret = ids;
    return 0;
}

void ims_pci_ids_free(struct ims_pci_ids *ids)
{
    if (!ids)
        return;
    free(ids->slots);
    free(ids->entries);
    free(ids->text);
    free(ids);
}

/* The codes of all entries with this name; at most max. */
static uint32_t find_codes(const struct ims_pci_ids *ids, enum entry_kind kind, uint16_t owner,
                           const char *name, size_t length, uint16_t *ret, uint32_t max)
{
    const uint32_t hash = hash_name(kind, owner, name, length);
    uint32_t count = 0;

    for (uint32_t position = hash & ids->slot_mask; ids->slots[position];
         position = (position + 1) & ids->slot_mask) {
        const struct entry *entry = &ids->entries[ids->slots[position] - 1];
        /* ffff is the vendor of what does not answer and of VFs: a name for no device. */
        if (kind == ENTRY_VENDOR && entry->code == 0xffff)
            continue;
        if (entry->hash == hash && entry->kind == kind && entry->owner == owner && count < max &&
            same_name(entry->name, entry->length, name, length))
            ret[count++] = entry->code;
    }
    return count;
}

/* "Device 4637", "Unknown device 4637" */
static bool read_number(const char *text, uint16_t *ret)
{
    uint64_t value;

    if (!ims_word_skip(&text, "Device ") && !ims_word_skip(&text, "Unknown device "))
        return false;
    if (ims_word_hex(text, &value) != 4 || text[4])
        return false;
    *ret = (uint16_t)value;
    return true;
}

/* Devices called name of each of the vendors. */
static uint32_t find_devices(const struct ims_pci_ids *ids, const uint16_t *vendors,
                             uint32_t vendor_count, const char *name, struct ims_id *ret,
                             uint32_t max)
{
    uint16_t codes[64];
    uint32_t count = 0;

    for (uint32_t i = 0; i < vendor_count; i++) {
        uint32_t found = 1;
        if (!read_number(name, &codes[0]))
            found = find_codes(ids, ENTRY_DEVICE, vendors[i], name, strlen(name), codes, 64);
        for (uint32_t k = 0; k < found && count < max; k++)
            ret[count++] = (struct ims_id){.vendor = vendors[i], .device = codes[k]};
    }
    return count;
}

uint32_t ims_pci_ids_find(const struct ims_pci_ids *ids, const char *text, struct ims_id *ret,
                          uint32_t max, size_t *ret_vendor_length)
{
    uint16_t vendors[16];

    *ret_vendor_length = 0;
    /* Vendors' names may be beginnings of each other: the longest that leaves a device wins. */
    for (size_t length = strlen(text); length > 0; length--) {
        if (text[length] != ' ' && text[length] != '\0')
            continue;
        const uint32_t vendor_count = find_codes(ids, ENTRY_VENDOR, 0, text, length, vendors, 16);
        if (!vendor_count)
            continue;
        if (!*ret_vendor_length)
            *ret_vendor_length = length;
        const uint32_t count =
            find_devices(ids, vendors, vendor_count, ims_word_blanks(text + length), ret, max);
        if (count) {
            *ret_vendor_length = length;
            return count;
        }
    }
    return 0;
}

bool ims_pci_ids_find_vendor(const struct ims_pci_ids *ids, const char *name, size_t length,
                             uint16_t *ret)
{
    uint16_t vendors[2];

    if (find_codes(ids, ENTRY_VENDOR, 0, name, length, vendors, 2) != 1)
        return false;
    *ret = vendors[0];
    return true;
}

bool ims_pci_ids_find_class(const struct ims_pci_ids *ids, const char *name, uint32_t *ret_code,
                            uint32_t *ret_known)
{
    uint16_t codes[16];
    const uint32_t count = find_codes(ids, ENTRY_CLASS, 0, name, strlen(name), codes, 16);
    uint32_t known = 0xffff;

    for (uint32_t i = 1; i < count; i++) {
        if ((codes[i] ^ codes[0]) & 0xff00)
            return false;
        if (codes[i] != codes[0])
            known = 0xff00;
    }
    if (!count)
        return false;
    *ret_code = (uint32_t)(codes[0] & known) << 8;
    *ret_known = known << 8;
    return true;
}

void ims_pci_ids_names(const struct ims_pci_ids *ids, struct ims_id id,
                       struct ims_pci_ids_name *ret_vendor, struct ims_pci_ids_name *ret_device)
{
    *ret_vendor = *ret_device = (struct ims_pci_ids_name){NULL, 0};
    for (uint32_t i = 0; i < ids->count && !ret_device->text; i++) {
        const struct entry *entry = &ids->entries[i];

        if (entry->kind == ENTRY_VENDOR && entry->code == id.vendor && !ret_vendor->text)
            *ret_vendor = (struct ims_pci_ids_name){entry->name, entry->length};
        else if (entry->kind == ENTRY_DEVICE && entry->owner == id.vendor &&
                 entry->code == id.device)
            *ret_device = (struct ims_pci_ids_name){entry->name, entry->length};
    }
}
