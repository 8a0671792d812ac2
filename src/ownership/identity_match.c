/* SPDX-License-Identifier: MIT */
/* Looking for a device by its identity: what agrees, and what does not. */
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "ownership/identity.h"

const char *ims_identity_verdict_to_string(enum ims_identity_verdict verdict)
{
    static const char *const names[] = {"unknown",   "same",     "moved",
                                        "ambiguous", "replaced", "missing"};
    return (unsigned)verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "unknown";
}

/* What was found of one identity in one pass over the functions. */
struct search {
    const struct ims_topology *topology;
    const struct ims_identity *wanted;
    struct ims_function at_path;
    struct ims_function by_serial; /* one with the ids and the serial number, not at the path */
    struct ims_function by_slot;
    struct ims_function alike; /* one with the ids, not at the path */
    uint32_t by_serial_count;
    uint32_t by_slot_count;
    uint32_t alike_count;
    uint32_t unread_count; /* of those with the ids: serial number not readable */
};

static const struct ims_function_info *info_of(const struct search *search,
                                               struct ims_function function)
{
    return ims_topology_function(search->topology, function);
}

/* Vendor, device, subsystem and class; what is not known now cannot disagree but for the ids. */
static bool has_ids(const struct search *search, struct ims_function function)
{
    const struct ims_function_info *info = info_of(search, function);
    const struct ims_identity *wanted = search->wanted;
    const struct ims_id subsystem = ims_identity_subsystem(info);
    const bool has_subsystem = subsystem.vendor || subsystem.device;

    return info->id_count == 1 && info->ids[0].vendor == wanted->id.vendor &&
           info->ids[0].device == wanted->id.device &&
           (info->class_code.known & 0xffff00) == 0xffff00 &&
           ((info->class_code.value ^ wanted->class_code) & 0xffff00) == 0 &&
           (!has_subsystem || (subsystem.vendor == wanted->subsystem.vendor &&
                               subsystem.device == wanted->subsystem.device));
}

/*
 * ".1" or ".1/vf3" of a path: the same part of whatever card. Functions of one card share its
 * serial number and its slot, and each PF of them counts its VFs from 0.
 */
static bool is_same_part(const char *path, const char *other)
{
    const char *a = strrchr(path, '.');
    const char *b = strrchr(other, '.');

    return a && b && strcmp(a, b) == 0;
}

static void look_at(struct search *search, struct ims_function function)
{
    const struct ims_identity *wanted = search->wanted;
    char path[IMS_PATH_SIZE];
    uint64_t serial;

    if (ims_identity_path(search->topology, function, path) < 0)
        return;
    const bool is_at_path = strcmp(path, wanted->path) == 0;
    if (is_at_path)
        search->at_path = function;
    if (!has_ids(search, function) || !is_same_part(path, wanted->path))
        return;
    const enum ims_tristate has = ims_identity_serial(search->topology, function, &serial);
    search->unread_count += has == IMS_UNKNOWN;
    if (is_at_path)
        return;
    search->alike = function;
    search->alike_count++;
    if (wanted->has_serial == IMS_YES && has == IMS_YES && serial == wanted->serial) {
        search->by_serial = function;
        search->by_serial_count++;
    }
    if (wanted->slot[0] &&
        strcmp(ims_identity_slot(search->topology, function), wanted->slot) == 0) {
        search->by_slot = function;
        search->by_slot_count++;
    }
}

/* "0000:01:00.0" */
static const char *name_of(const struct search *search, struct ims_function function,
                           char buffer[IMS_ADDRESS_STRING_SIZE])
{
    return ims_address_format(info_of(search, function)->address, buffer);
}

static void found(const struct search *search, struct ims_function function, const char *by,
                  struct ims_identity_match *ret)
{
    const struct ims_address now = info_of(search, function)->address;
    char from[IMS_ADDRESS_STRING_SIZE];
    char to[IMS_ADDRESS_STRING_SIZE];
    const bool moved = ims_address_compare(now, search->wanted->address) != 0;

    ret->function = function;
    ret->verdict = moved ? IMS_IDENTITY_MOVED : IMS_IDENTITY_SAME;
    ims_address_format(search->wanted->address, from);
    ims_address_format(now, to);
    if (moved)
        ims_text_print(ret->text, sizeof(ret->text), "was at %s and is at %s now: recognised by %s",
                       from, to, by);
    else
        ims_text_print(ret->text, sizeof(ret->text), "recognised by %s", by);
}

static void not_found(struct ims_identity_match *ret, enum ims_identity_verdict verdict,
                      const char *format, ...) IMS_PRINTF(3, 4);

static void not_found(struct ims_identity_match *ret, enum ims_identity_verdict verdict,
                      const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    ims_text_vprint(ret->text, sizeof(ret->text), format, arguments);
    va_end(arguments);
    ret->verdict = verdict;
}

static void say_replaced(const struct search *search, struct ims_identity_match *ret)
{
    const struct ims_function_info *info = info_of(search, search->at_path);
    const struct ims_id subsystem = ims_identity_subsystem(info);
    const struct ims_identity *wanted = search->wanted;
    const bool has_id = info->id_count == 1;

    if (has_id &&
        (info->ids[0].vendor != wanted->id.vendor || info->ids[0].device != wanted->id.device))
        not_found(ret, IMS_IDENTITY_REPLACED, "a device %04x:%04x is in the place of %04x:%04x",
                  info->ids[0].vendor, info->ids[0].device, wanted->id.vendor, wanted->id.device);
    else if (!has_id)
        not_found(ret, IMS_IDENTITY_UNKNOWN, "the ids of the device in its place are not known");
    else if (subsystem.vendor != wanted->subsystem.vendor ||
             subsystem.device != wanted->subsystem.device)
        not_found(ret, IMS_IDENTITY_REPLACED,
                  "a device of subsystem %04x:%04x is in the place of %04x:%04x", subsystem.vendor,
                  subsystem.device, wanted->subsystem.vendor, wanted->subsystem.device);
    else
        not_found(ret, IMS_IDENTITY_REPLACED, "a device of class %04x is in the place of %04x",
                  (unsigned)(info->class_code.value >> 8 & 0xffff),
                  (unsigned)(wanted->class_code >> 8));
}

/* It had no serial number, and a device with its ids is in its slot: that one must have none too. */
static void match_slot(const struct search *search, struct ims_identity_match *ret)
{
    char text[IMS_SERIAL_STRING_SIZE];
    uint64_t serial;
    const enum ims_tristate has = ims_identity_serial(search->topology, search->by_slot, &serial);

    if (has == IMS_NO)
        found(search, search->by_slot, "its slot and its ids", ret);
    else if (has == IMS_YES)
        not_found(ret, IMS_IDENTITY_REPLACED,
                  "what is in its slot has the serial number %s, and it had none",
                  ims_serial_format(serial, text));
    else
        not_found(ret, IMS_IDENTITY_UNKNOWN,
                  "the serial number of what is in its slot cannot be read");
}

/* Where the serial number does not lead to it, and what is in its place does not look like it. */
static void match_elsewhere(const struct search *search, struct ims_identity_match *ret)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    if (search->wanted->has_serial != IMS_YES && search->by_slot_count == 1)
        match_slot(search, ret);
    else if (!ims_function_is_none(search->at_path))
        say_replaced(search, ret);
    else if (search->wanted->has_serial == IMS_YES && search->alike_count > 0)
        not_found(ret, IMS_IDENTITY_MISSING,
                  "it is gone; %s is such a device too, with another serial number",
                  name_of(search, search->alike, name));
    else if (search->alike_count == 1)
        not_found(ret, IMS_IDENTITY_AMBIGUOUS,
                  "nothing is at its path; %s has its ids, but nothing says that it is the same",
                  name_of(search, search->alike, name));
    else if (search->alike_count > 1)
        not_found(ret, IMS_IDENTITY_AMBIGUOUS,
                  "nothing is at its path, and %u devices have its ids", search->alike_count);
    else
        not_found(ret, IMS_IDENTITY_MISSING, "no such device is there");
}

/* At its path is a device with its ids, and neither of them has a serial number. */
static void match_place(const struct search *search, struct ims_identity_match *ret)
{
    const char *slot = ims_identity_slot(search->topology, search->at_path);
    const struct ims_identity *wanted = search->wanted;
    char name[IMS_ADDRESS_STRING_SIZE];

    /* Firmware that numbers ports anew moves paths, not slots. */
    if (wanted->slot[0] && slot[0] && strcmp(slot, wanted->slot) != 0 && search->by_slot_count > 0)
        not_found(ret, IMS_IDENTITY_AMBIGUOUS,
                  "its path leads to slot %s, and such a device is in its slot %s: %s", slot,
                  wanted->slot, name_of(search, search->by_slot, name));
    else
        found(search, search->at_path, "its path and its ids, for it has no serial number", ret);
}

/* At its path is a device with its ids. */
static void match_serial(const struct search *search, struct ims_identity_match *ret)
{
    const struct ims_identity *wanted = search->wanted;
    char was[IMS_SERIAL_STRING_SIZE];
    char is[IMS_SERIAL_STRING_SIZE];
    uint64_t serial;
    const enum ims_tristate has = ims_identity_serial(search->topology, search->at_path, &serial);

    ims_serial_format(wanted->serial, was);
    ims_serial_format(serial, is);
    if (wanted->has_serial == IMS_UNKNOWN || (wanted->has_serial == IMS_NO && has == IMS_NO))
        match_place(search, ret);
    else if (has == IMS_UNKNOWN)
        not_found(ret, IMS_IDENTITY_UNKNOWN,
                  "the serial number of what is in its place cannot be read");
    else if (wanted->has_serial == IMS_YES && has == IMS_YES && serial == wanted->serial)
        found(search, search->at_path,
              search->by_serial_count ? "its path and its ids; several have its serial number"
                                      : "its serial number and its path",
              ret);
    else if (search->by_serial_count == 1)
        found(search, search->by_serial, "its serial number", ret);
    else if (search->by_serial_count > 1)
        not_found(ret, IMS_IDENTITY_AMBIGUOUS, "%u devices have its serial number %s",
                  search->by_serial_count, was);
    else if (has == IMS_YES && wanted->has_serial == IMS_YES)
        not_found(ret, IMS_IDENTITY_REPLACED,
                  "another device of its kind is in its place: serial number %s, not %s", is, was);
    else if (has == IMS_YES)
        not_found(ret, IMS_IDENTITY_REPLACED,
                  "what is in its place has the serial number %s, and it had none", is);
    else
        not_found(ret, IMS_IDENTITY_REPLACED,
                  "what is in its place has no serial number, and it had %s", was);
}

void ims_identity_match(const struct ims_topology *topology, const struct ims_identity *identity,
                        struct ims_identity_match *ret)
{
    struct search search = {
        .topology = topology,
        .wanted = identity,
        .at_path = IMS_FUNCTION_NONE,
        .by_serial = IMS_FUNCTION_NONE,
        .by_slot = IMS_FUNCTION_NONE,
        .alike = IMS_FUNCTION_NONE,
    };

    *ret = (struct ims_identity_match){.function = IMS_FUNCTION_NONE};
    for (uint32_t i = 0; i < ims_topology_function_count(topology); i++)
        look_at(&search, (struct ims_function){i});
    if (!ims_function_is_none(search.at_path) && has_ids(&search, search.at_path))
        match_serial(&search, ret);
    else if (search.by_serial_count == 1)
        found(&search, search.by_serial, "its serial number", ret);
    else if (search.by_serial_count > 1)
        not_found(ret, IMS_IDENTITY_AMBIGUOUS, "%u devices have its serial number",
                  search.by_serial_count);
    else if (search.unread_count > 0 && identity->has_serial == IMS_YES)
        not_found(ret, IMS_IDENTITY_UNKNOWN,
                  "the serial numbers of devices of its kind cannot be read");
    else
        match_elsewhere(&search, ret);
}
