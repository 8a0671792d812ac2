/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "source/roster.h"

/* The options of QEMU that give a guest a PCI function: -device, and disks that QEMU itself drives. */

#define DEPTH_MAX 16u /* of JSON that describes a disk */
#define ADDRESS_MAX 63u

static bool is_passthrough(const char *driver)
{
    static const char *const drivers[] = {"vfio-pci", "vfio-pci-nohotplug", "pci-assign",
                                          "kvm-pci-assign"};

    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
        if (strcmp(driver, drivers[i]) == 0)
            return true;
    return false;
}

static int add_address(struct ims_qemu_guest *guest, const char *text, const char *of)
{
    struct ims_roster_entry entry = {.known = true, .line = guest->line};

    if (strlen(text) > ADDRESS_MAX || ims_address_parse(text, &entry.address) < 0)
        return ims_roster_bad(guest->roster, guest->reterr, guest->line,
                              "%s=%.*s is no address of a PCI function ([SSSS:]BB:DD.F)", of,
                              (int)ADDRESS_MAX, text);
    return ims_roster_add(guest->roster, &entry, guest->reterr);
}

/* What a descriptor stands for is known to the process only. */
static int add_unknown(struct ims_qemu_guest *guest, const char *text)
{
    return ims_roster_add(guest->roster,
                          &(struct ims_roster_entry){.line = guest->line, .text = text},
                          guest->reterr);
}

/* "8-4-4-4-12": a mediated device, whose function stays with the host. */
static bool is_uuid(const char *text)
{
    static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (strlen(text) != sizeof(pattern) - 1)
        return false;
    for (size_t i = 0; i < sizeof(pattern) - 1; i++)
        if ((pattern[i] == '-') != (text[i] == '-'))
            return false;
    return true;
}

/* /sys/bus/pci/devices/0000:01:00.0, or the place in /sys/devices where that leads. */
static int add_sysfs(struct ims_qemu_guest *guest, const char *path)
{
    size_t length = strlen(path);
    size_t begin;
    char name[ADDRESS_MAX + 1];

    while (length > 0 && path[length - 1] == '/')
        length--;
    for (begin = length; begin > 0 && path[begin - 1] != '/';)
        begin--;
    if (length - begin > ADDRESS_MAX)
        return ims_roster_bad(guest->roster, guest->reterr, guest->line,
                              "sysfsdev= names no PCI function");
    memcpy(name, path + begin, length - begin);
    name[length - begin] = '\0';
    return is_uuid(name) ? 0 : add_address(guest, name, "sysfsdev");
}

static int add_device(struct ims_qemu_guest *guest, const char *host, const char *sysfs)
{
    if (host)
        return add_address(guest, host, "host");
    if (sysfs)
        return add_sysfs(guest, sysfs);
    return add_unknown(guest, "a device that is given by a descriptor, which only QEMU knows");
}

/* ---- KEY=VALUE,... ---- */

#define PAIRS_MAX 256u

/* Keys and values in a copy of the option, commas that belong to a value no longer doubled. */
struct pairs {
    char *text;
    struct {
        const char *key; /* "" for a first word without one */
        const char *value;
    } items[PAIRS_MAX];
    uint32_t count;
};

static int split_pairs(const char *value, struct pairs *pairs)
{
    char *out = malloc(strlen(value) + 2);
    const char *at = value;

    pairs->text = out;
    pairs->count = 0;
    if (!out)
        return -ENOMEM;
    while (*at && pairs->count < PAIRS_MAX) {
        const size_t number = pairs->count++;
        char *equals = NULL;
        char *begin = out;

        for (; *at && (*at != ',' || at[1] == ','); at++) {
            at += *at == ',';
            if (*at == '=' && !equals)
                equals = out;
            *out++ = *at;
        }
        *out++ = '\0';
        at += *at == ',';
        if (equals)
            *equals = '\0';
        pairs->items[number].key = equals ? begin : "";
        pairs->items[number].value = equals ? equals + 1 : begin;
    }
    return 0;
}

/* The last value of a key counts, as in QEMU; NULL: none. length: of the part of key that counts. */
static const char *find_pair(const struct pairs *pairs, const char *prefix, size_t length,
                             const char *key)
{
    for (uint32_t i = pairs->count; i > 0; i--) {
        const char *name = pairs->items[i - 1].key;

        if (strncmp(name, prefix, length) == 0 && strcmp(name + length, key) == 0)
            return pairs->items[i - 1].value;
    }
    return NULL;
}

static int read_device_pairs(struct ims_qemu_guest *guest, const struct pairs *pairs)
{
    const char *driver = find_pair(pairs, "", 0, "driver");

    if (!driver && pairs->count > 0 && !*pairs->items[0].key)
        driver = pairs->items[0].value;
    if (!driver || !is_passthrough(driver))
        return 0;
    return add_device(guest, find_pair(pairs, "", 0, "host"), find_pair(pairs, "", 0, "sysfsdev"));
}

/* "nvme://0000:01:00.0/1" */
static int add_nvme_name(struct ims_qemu_guest *guest, const char *name)
{
    static const char scheme[] = "nvme://";
    char text[ADDRESS_MAX + 1];

    if (strncmp(name, scheme, sizeof(scheme) - 1) != 0)
        return 0;
    const char *at = name + sizeof(scheme) - 1;
    const size_t length = strcspn(at, "/");
    if (length > ADDRESS_MAX)
        return add_address(guest, at, "nvme");
    memcpy(text, at, length);
    text[length] = '\0';
    return add_address(guest, text, "nvme");
}

/* driver=nvme,device=ADDRESS; the same below "file." and the like. */
static int read_disk_pairs(struct ims_qemu_guest *guest, const struct pairs *pairs)
{
    int r = 0;

    for (uint32_t i = 0; i < pairs->count && r == 0; i++) {
        const char *key = pairs->items[i].key;
        const size_t length = strlen(key);
        const size_t prefix = length >= 6 ? length - 6 : 0;

        if (strcmp(key, "file") == 0 || strcmp(key, "filename") == 0) {
            r = add_nvme_name(guest, pairs->items[i].value);
        } else if (strcmp(key + prefix, "driver") == 0 &&
                   strcmp(pairs->items[i].value, "nvme") == 0) {
            const char *device = find_pair(pairs, key, prefix, "device");
            r = device ? add_address(guest, device, "device") : 0;
        }
    }
    return r;
}

/* ---- JSON ---- */

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int read_device_json(struct ims_qemu_guest *guest, const json_t *object)
{
    const char *driver = text_of(object, "driver");

    return driver && is_passthrough(driver)
               ? add_device(guest, text_of(object, "host"), text_of(object, "sysfsdev"))
               : 0;
}

static int read_disk_json(struct ims_qemu_guest *guest, json_t *value, unsigned depth)
{
    const char *driver = text_of(value, "driver");
    const char *device = text_of(value, "device");
    const char *name = text_of(value, "filename");
    const char *key;
    json_t *inner;
    int r = 0;

    if (depth > DEPTH_MAX)
        return ims_roster_bad(guest->roster, guest->reterr, guest->line,
                              "a disk is nested more than %u times", DEPTH_MAX);
    if (driver && device && strcmp(driver, "nvme") == 0)
        r = add_address(guest, device, "device");
    if (r == 0 && name)
        r = add_nvme_name(guest, name);
    json_object_foreach(value, key, inner)
    {
        if (r == 0 && json_is_object(inner))
            r = read_disk_json(guest, inner, depth + 1);
    }
    return r;
}

static int read_json(struct ims_qemu_guest *guest, bool is_device, const char *value)
{
    json_error_t error;
    json_t *object = json_loads(value, 0, &error);
    int r;

    if (!object)
        return ims_roster_bad(guest->roster, guest->reterr, guest->line,
                              "the JSON of an option cannot be read: %s", error.text);
    r = is_device ? read_device_json(guest, object) : read_disk_json(guest, object, 0);
    json_decref(object);
    return r;
}

int ims_roster_qemu_option(struct ims_qemu_guest *guest, const char *option, const char *value)
{
    const bool is_device = strcmp(option, "device") == 0;
    const bool is_disk = strcmp(option, "drive") == 0 || strcmp(option, "blockdev") == 0;
    struct pairs *pairs;
    int r;

    if (strcmp(option, "readconfig") == 0)
        return add_unknown(guest, "what another file (-readconfig) says, which was not read");
    if (!is_device && !is_disk)
        return 0;
    if (*value == '{')
        return read_json(guest, is_device, value);
    pairs = malloc(sizeof(*pairs));
    r = pairs ? split_pairs(value, pairs) : -ENOMEM;
    if (r == 0)
        r = is_device ? read_device_pairs(guest, pairs) : read_disk_pairs(guest, pairs);
    if (pairs)
        free(pairs->text);
    free(pairs);
    return r;
}
