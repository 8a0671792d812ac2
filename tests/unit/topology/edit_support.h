/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_UNIT_TOPOLOGY_EDIT_SUPPORT_H
#define IMS_TESTS_UNIT_TOPOLOGY_EDIT_SUPPORT_H

/* Edits of the small machines of ../support.h; include cmocka.h first. */

#include "../support.h"
#include "iommuscope/edit.h"

/* Applies edits to the lab; the lab then holds the edited machine. */
static inline struct ims_edited *edit_lab(struct lab *lab, const struct ims_edit *edits,
                                          uint32_t count)
{
    struct ims_edited *edited = NULL;
    struct ims_error error = {0};

    lab_seal(lab);
    if (ims_edits_apply(lab->topology, edits, count, &edited, &error) < 0)
        fail_msg("%s", error.message);
    if (ims_topology_check(edited->topology, &error) < 0)
        fail_msg("%s", error.message);
    return edited;
}

#define edit_all(lab, ...)                                \
    edit_lab(lab, (const struct ims_edit[]){__VA_ARGS__}, \
             sizeof((const struct ims_edit[]){__VA_ARGS__}) / sizeof(struct ims_edit))

/* Expects that the last of the edits is refused so, with part in the message. */
static inline void refuse_lab(struct lab *lab, const struct ims_edit *edits, uint32_t count,
                              int code, const char *part)
{
    struct ims_edited *edited = NULL;
    struct ims_error error = {0};

    lab_seal(lab);
    assert_int_equal(ims_edits_apply(lab->topology, edits, count, &edited, &error), code);
    assert_null(edited);
    if (!strstr(error.message, part))
        fail_msg("\"%s\" does not contain \"%s\"", error.message, part);
    char head[16];
    (void)snprintf(head, sizeof(head), "edit %u (", count);
    assert_int_equal(strncmp(error.message, head, strlen(head)), 0);
}

#define refuse_all(lab, code, part, ...)                                                       \
    refuse_lab(lab, (const struct ims_edit[]){__VA_ARGS__},                                    \
               sizeof((const struct ims_edit[]){__VA_ARGS__}) / sizeof(struct ims_edit), code, \
               part)

#define REMOVE(at_)                                          \
    {                                                        \
        .kind = IMS_EDIT_REMOVE, .function = address_of(at_) \
    }
#define MOVE(at_, port_)                                                                 \
    {                                                                                    \
        .kind = IMS_EDIT_MOVE, .function = address_of(at_), .to.port = address_of(port_) \
    }
#define NUMVFS(at_, count_)                                                       \
    {                                                                             \
        .kind = IMS_EDIT_NUMVFS, .function = address_of(at_), .to.numvfs = count_ \
    }
#define SET_ACS(at_, set_, clear_)                                                        \
    {                                                                                     \
        .kind = IMS_EDIT_SET_ACS, .function = address_of(at_), .to.acs = { set_, clear_ } \
    }
#define ADD_CLASS(class_, port_)                                                           \
    {                                                                                      \
        .kind = IMS_EDIT_ADD, .to.add = {.class_code = class_, .port = address_of(port_) } \
    }
#define ADD_FROM(other_, at_, port_)                                   \
    {                                                                  \
        .kind = IMS_EDIT_ADD, .function = address_of(at_), .to.add = { \
            .other = other_,                                           \
            .port = address_of(port_)                                  \
        }                                                              \
    }

/* All addresses, "00:1c.0 01:00.0". */
static inline const char *functions_of(const struct ims_topology *topology, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < ims_topology_function_count(topology); i++) {
        char name[IMS_ADDRESS_STRING_SIZE];
        used += (size_t)snprintf(
            text + used, size - used, "%s%s", i ? " " : "",
            short_name(ims_topology_function(topology, (struct ims_function){i})->address, name));
        assert_true(used < size);
    }
    return text;
}

#define assert_functions(edited, expected)                                                       \
    do {                                                                                         \
        char functions_text[1024];                                                               \
        assert_string_equal(                                                                     \
            functions_of((edited)->topology, functions_text, sizeof(functions_text)), expected); \
    } while (0)

static inline const struct ims_function_info *edited_info(const struct ims_edited *edited,
                                                          const char *text)
{
    const struct ims_function function = ims_topology_find(edited->topology, address_of(text));

    if (ims_function_is_none(function))
        fail_msg("%s is not in the edited topology", text);
    return ims_topology_function(edited->topology, function);
}

static inline bool has_note(const struct ims_edited *edited, enum ims_edit_note_kind kind,
                            const char *part)
{
    for (uint32_t i = 0; i < edited->note_count; i++)
        if (edited->notes[i].kind == kind && strstr(edited->notes[i].text, part))
            return true;
    return false;
}

/* Windows of a bridge: memory, and prefetchable where its limit is not 0. */
static inline void put_windows(struct ims_record *record, uint32_t base, uint32_t limit,
                               uint64_t prefetchable_base, uint64_t prefetchable_limit)
{
    part_16(&record->config, 0x20, base >> 16 & 0xfff0);
    part_16(&record->config, 0x22, limit >> 16 & 0xfff0);
    part_16(&record->config, 0x24,
            prefetchable_limit ? (prefetchable_base >> 16 & 0xfff0) | 1 : 0xfff1);
    part_16(&record->config, 0x26, (prefetchable_limit >> 16 & 0xfff0) | 1);
    part_32(&record->config, 0x28, (uint32_t)(prefetchable_base >> 32));
    part_32(&record->config, 0x2c, (uint32_t)(prefetchable_limit >> 32));
}

static inline void put_size(struct ims_record *record, unsigned index, uint64_t start,
                            uint64_t size)
{
    record->resources[index] = (struct ims_resource){.start = start, .end = start + size - 1};
    if (record->resource_count <= index)
        record->resource_count = index + 1;
}

#endif
