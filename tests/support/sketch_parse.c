/* SPDX-License-Identifier: MIT */
#include "sketch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

struct cursor {
    const char *at;
    const char *end;  /* of the line */
    char token[2200]; /* a table in hexadecimal is one */
};

/* The next word; a part in double quotes may hold blanks. Returns false at the end of the line. */
static bool next_token(struct cursor *cursor)
{
    size_t length = 0;
    bool quoted = false;
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
        cursor->at++;
    if (cursor->at == cursor->end || *cursor->at == '#')
        return false;
    for (; cursor->at < cursor->end; cursor->at++) {
        char c = *cursor->at;
        if (c == '"') {
            quoted = !quoted;
            continue;
        }
        if (!quoted && (c == ' ' || c == '\t'))
            break;
        if (length + 1 < sizeof(cursor->token))
            cursor->token[length++] = c;
    }
    cursor->token[length] = '\0';
    return true;
}

/* The value of "key=value", or NULL. */
static const char *value_of(const char *token, const char *key)
{
    size_t length = strlen(key);
    return strncmp(token, key, length) == 0 && token[length] == '=' ? token + length + 1 : NULL;
}

/* Reads hex digits up to stop; returns the place after it, or NULL. */
static const char *hex(const char *text, char stop, uint64_t limit, uint64_t *ret)
{
    char *end;
    if (!text || !strchr("0123456789abcdefABCDEF", *text) || !*text)
        return NULL;
    uint64_t value = strtoull(text, &end, 16);
    if (*end != stop || value > limit)
        return NULL;
    *ret = value;
    return stop ? end + 1 : end;
}

static bool hex_only(const char *text, uint64_t limit, uint64_t *ret)
{
    return hex(text, '\0', limit, ret) != NULL;
}

static bool copy_text(char *to, size_t size, const char *from)
{
    if (strlen(from) >= size)
        return false;
    memcpy(to, from, strlen(from) + 1);
    return true;
}

static bool read_id(const char *text, char stop, struct ims_id *ret, const char **ret_after)
{
    uint64_t vendor, device;
    text = hex(text, ':', 0xffff, &vendor);
    text = text ? hex(text, stop, 0xffff, &device) : NULL;
    if (!text)
        return false;
    *ret = (struct ims_id){(uint16_t)vendor, (uint16_t)device};
    *ret_after = text;
    return true;
}

static bool read_ids(struct sketch_function *function, const char *text)
{
    function->id_count = 0;
    while (function->id_count < SKETCH_ID_MAX) {
        struct ims_id *id = &function->ids[function->id_count];
        if (read_id(text, '|', id, &text)) {
            function->id_count++;
            continue;
        }
        if (!read_id(text, '\0', id, &text))
            return false;
        function->id_count++;
        return true;
    }
    return false;
}

static bool read_bus(struct sketch_function *function, const char *text)
{
    uint64_t first, last;
    const char *rest = hex(text, '-', 0xff, &first);
    if (rest) {
        if (!hex_only(rest, 0xff, &last))
            return false;
    } else {
        if (!hex_only(text, 0xff, &first))
            return false;
        last = first;
    }
    function->secondary = (uint8_t)first;
    function->subordinate = (uint8_t)last;
    return true;
}

static bool read_acs(struct sketch_function *function, const char *text)
{
    uint64_t capability, control = 0;
    if (strcmp(text, "none") == 0) {
        function->acs = SKETCH_NO;
        return true;
    }
    if (strcmp(text, "?") == 0) {
        function->acs = SKETCH_UNKNOWN;
        return true;
    }
    text = hex(text, '/', 0xffffffff, &capability);
    if (!text)
        return false;
    function->acs_ctrl_unknown = strcmp(text, "?") == 0;
    if (!function->acs_ctrl_unknown && !hex_only(text, 0xffffffff, &control))
        return false;
    function->acs = SKETCH_YES;
    function->acs_cap = (uint32_t)capability;
    function->acs_ctrl = (uint32_t)control;
    return true;
}

static bool read_sriov(struct sketch_function *function, const char *text)
{
    uint64_t part[5];
    for (unsigned i = 0; i < 5; i++) {
        text = hex(text, i < 4 ? '/' : '\0', 0xffff, &part[i]);
        if (!text)
            return false;
    }
    function->sriov = true;
    function->sriov_total = (uint16_t)part[0];
    function->sriov_num = (uint16_t)part[1];
    function->sriov_offset = (uint16_t)part[2];
    function->sriov_stride = (uint16_t)part[3];
    function->sriov_vf_device = (uint16_t)part[4];
    return true;
}

static bool read_window(struct sketch_window *window, const char *text)
{
    text = hex(text, '-', UINT64_MAX, &window->base);
    window->set = text && hex_only(text, UINT64_MAX, &window->limit);
    return window->set;
}

static bool read_raw(struct sketch_function *function, const char *text)
{
    uint64_t offset, value = 0;
    text = hex(text, '=', 0xffc, &offset);
    if (!text || (offset & 3) || function->raw_count == SKETCH_RAW_MAX)
        return false;
    struct sketch_raw *raw = &function->raw[function->raw_count];
    raw->unknown = strcmp(text, "?") == 0;
    if (!raw->unknown && !hex_only(text, 0xffffffff, &value))
        return false;
    raw->offset = (uint16_t)offset;
    raw->value = (uint32_t)value;
    function->raw_count++;
    return true;
}

static bool read_known(const char *text, enum sketch_known *ret)
{
    if (strcmp(text, "yes") == 0)
        *ret = SKETCH_YES;
    else if (strcmp(text, "no") == 0)
        *ret = SKETCH_NO;
    else if (strcmp(text, "?") == 0)
        *ret = SKETCH_UNKNOWN;
    else
        return false;
    return true;
}

static bool read_group(struct sketch_function *function, const char *text)
{
    char *end;
    if (strcmp(text, "none") == 0) {
        function->group_state = IMS_GROUP_NONE;
        return true;
    }
    function->group = (uint32_t)strtoul(text, &end, 10);
    function->group_state = IMS_GROUP_KNOWN;
    return *text && !*end;
}

static bool read_flag(struct sketch_function *function, const char *token)
{
    struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"spt", &function->spt},
        {"ari", &function->ari},
        {"arifwd", &function->arifwd},
        {"nobar", &function->nobar},
        {"bar", &function->bar},
        {"rom", &function->rom},
        {"vf", &function->is_vf},
        {"nocfg", &function->nocfg},
        {"cfg64", &function->cfg64},
        {"on_root", &function->on_root},
        {"vfiodev", &function->vfio_device},
        {"stuck", &function->stuck},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(token, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    if (strcmp(token, "mf") == 0) {
        function->mf = SKETCH_YES;
        function->mf_stated = true;
        return true;
    }
    return false;
}

/* "flr,bus" is what the file of the kernel holds as "flr bus". */
static bool read_reset(struct sketch_function *function, const char *text)
{
    function->reset_stated = true;
    if (!copy_text(function->reset, sizeof(function->reset), strcmp(text, "none") == 0 ? "" : text))
        return false;
    for (char *comma = function->reset; *comma; comma++)
        if (*comma == ',')
            *comma = ' ';
    return true;
}

/* One "key=value" of a function. */
static bool read_value(struct sketch_function *function, const char *token)
{
    const char *value;
    const char *after;
    uint64_t number;
    if ((value = value_of(token, "bus")))
        return read_bus(function, value);
    if ((value = value_of(token, "acs")))
        return read_acs(function, value);
    if ((value = value_of(token, "mf"))) {
        function->mf_stated = true;
        return read_known(value, &function->mf);
    }
    if ((value = value_of(token, "class"))) {
        bool ok = hex_only(value, 0xffffff, &number);
        function->class_code = ok ? (uint32_t)number : 0;
        return ok;
    }
    if ((value = value_of(token, "subsys")))
        return read_id(value, '\0', &function->subsystem, &after);
    if ((value = value_of(token, "ext"))) {
        function->no_ext = strcmp(value, "no") == 0;
        return function->no_ext;
    }
    if ((value = value_of(token, "pcix"))) {
        function->pcix2 = strcmp(value, "266") == 0;
        return function->pcix2;
    }
    if ((value = value_of(token, "of")))
        return ims_address_parse(value, &function->physfn) == 0;
    if ((value = value_of(token, "sriov")))
        return read_sriov(function, value);
    if ((value = value_of(token, "io")))
        return read_window(&function->io, value);
    if ((value = value_of(token, "mem")))
        return read_window(&function->mem, value);
    if ((value = value_of(token, "pref")))
        return read_window(&function->pref, value);
    if ((value = value_of(token, "vmd"))) {
        function->vmd_stated = true;
        return ims_address_parse(value, &function->vmd) == 0;
    }
    if ((value = value_of(token, "group")))
        return read_group(function, value);
    if ((value = value_of(token, "driver"))) {
        function->driver_stated = true;
        return copy_text(function->driver, sizeof(function->driver),
                         strcmp(value, "none") == 0 ? "" : value);
    }
    if ((value = value_of(token, "override"))) {
        function->override_stated = true;
        return copy_text(function->override, sizeof(function->override),
                         strcmp(value, "none") == 0 ? "" : value);
    }
    if ((value = value_of(token, "reset")))
        return read_reset(function, value);
    if ((value = value_of(token, "iommu")))
        return copy_text(function->iommu, sizeof(function->iommu), value);
    if ((value = value_of(token, "pm")))
        return copy_text(function->pm, sizeof(function->pm), value);
    if ((value = value_of(token, "power")))
        return copy_text(function->power, sizeof(function->power), value);
    return false;
}

static bool read_word(struct sketch_function *function, const char *token)
{
    int fabric = sketch_fabric_word(function, token);
    return fabric ? fabric > 0 : read_flag(function, token) || read_value(function, token);
}

static bool read_type(const char *token, int *ret_type, int *ret_header)
{
    static const struct {
        const char *name;
        int type;
        int header;
    } types[] = {
        {"ep", 0, 0},
        {"lep", 1, 0},
        {"rp", 4, 1},
        {"usp", 5, 1},
        {"dsp", 6, 1},
        {"p2p", 7, 1},
        {"rp2p", 8, 1},
        {"rciep", 9, 0},
        {"rcec", 10, 0},
        {"conv", SKETCH_CONVENTIONAL, 0},
        {"convbr", SKETCH_CONVENTIONAL, 1},
        {"cardbus", SKETCH_CONVENTIONAL, 2},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(token, types[i].name) == 0) {
            *ret_type = types[i].type;
            *ret_header = types[i].header;
            return true;
        }
    }
    const char *value = value_of(token, "type");
    uint64_t number;
    if (!value || !hex_only(value, 15, &number))
        return false;
    *ret_type = (int)number;
    *ret_header = 0;
    return true;
}

static bool read_tristate(const char *text, enum ims_tristate *ret)
{
    if (strcmp(text, "on") == 0 || strcmp(text, "yes") == 0)
        *ret = IMS_YES;
    else if (strcmp(text, "off") == 0 || strcmp(text, "no") == 0)
        *ret = IMS_NO;
    else if (strcmp(text, "?") == 0)
        *ret = IMS_UNKNOWN;
    else
        return false;
    return true;
}

static bool read_kind(const char *text, enum ims_iommu_kind *ret)
{
    static const char *const kinds[] = {"unknown", "intel", "amd", "arm-smmu", "virtio", "other"};
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(text, kinds[i]) == 0) {
            *ret = (enum ims_iommu_kind)i;
            return true;
        }
    }
    return false;
}

static bool read_machine(struct sketch_machine *machine, struct cursor *cursor, bool *fit)
{
    while (next_token(cursor)) {
        const char *value;
        bool ok = false;
        if ((value = value_of(cursor->token, "kernel")))
            ok = copy_text(machine->kernel, sizeof(machine->kernel), value);
        else if ((value = value_of(cursor->token, "cmdline")))
            ok = copy_text(machine->cmdline, sizeof(machine->cmdline), value);
        else if ((value = value_of(cursor->token, "arch")))
            ok = copy_text(machine->arch, sizeof(machine->arch), value);
        else if ((value = value_of(cursor->token, "iommu")))
            ok = read_tristate(value, &machine->iommu_on);
        else if ((value = value_of(cursor->token, "ivrs")))
            ok = read_tristate(value, &machine->ivrs);
        else if ((value = value_of(cursor->token, "dmar")))
            ok = read_tristate(value, &machine->dmar);
        else if ((value = value_of(cursor->token, "ir")))
            ok = read_tristate(value, &machine->interrupt_remapping);
        else if ((value = value_of(cursor->token, "unsafe")))
            ok = read_tristate(value, &machine->unsafe_interrupts);
        else if ((value = value_of(cursor->token, "kvm")))
            ok = read_tristate(value, &machine->kvm_assignment);
        else if ((value = value_of(cursor->token, "windows")))
            ok = *fit = strcmp(value, "fit") == 0;
        else if ((value = value_of(cursor->token, "groups")))
            ok = read_tristate(value, &machine->groups_stated);
        else if ((value = value_of(cursor->token, "kind")))
            ok = read_kind(value, &machine->kind);
        if (!ok)
            return false;
    }
    return true;
}

/* "group 13 name=vfio-noiommu reserved=START/END/TYPE other=NAME/DRIVER" */
static bool read_kernel_group(struct sketch_machine *machine, struct cursor *cursor)
{
    struct sketch_group *group = &machine->groups[machine->group_count];
    uint64_t number;

    if (machine->group_count == SKETCH_GROUP_MAX || !next_token(cursor) ||
        ims_number_decimal(cursor->token, strlen(cursor->token), UINT32_MAX, &number) < 0)
        return false;
    machine->group_count++;
    group->number = (uint32_t)number;
    while (next_token(cursor)) {
        const char *value;
        bool ok = false;
        if ((value = value_of(cursor->token, "name"))) {
            ok = copy_text(group->name, sizeof(group->name), value);
        } else if ((value = value_of(cursor->token, "reserved"))) {
            ok = copy_text(group->reserved, sizeof(group->reserved), value);
            for (char *slash = group->reserved; *slash; slash++)
                if (*slash == '/')
                    *slash = ' ';
        } else if ((value = value_of(cursor->token, "other"))) {
            const char *slash = strchr(value, '/');
            ok = slash && copy_text(group->other_driver, sizeof(group->other_driver), slash + 1) &&
                 copy_text(group->other, sizeof(group->other), value);
            group->other[strcspn(group->other, "/")] = '\0';
        }
        if (!ok)
            return false;
    }
    return true;
}

#define TABLE_WORDS_MAX 32u

/* A line about ACPI tables. Returns 0 for another line, 1, or -EINVAL. */
static int read_table(struct sketch_machine *machine, const struct cursor *line)
{
    struct cursor cursor = *line;
    char keyword[16];
    const char *words[TABLE_WORDS_MAX];
    char *copies[TABLE_WORDS_MAX];
    unsigned count = 0;
    int r = -EINVAL;
    if (!copy_text(keyword, sizeof(keyword), line->token))
        return 0;
    while (count < TABLE_WORDS_MAX && next_token(&cursor)) {
        copies[count] = strdup(cursor.token);
        if (!copies[count])
            abort();
        words[count] = copies[count];
        count++;
    }
    if (count < TABLE_WORDS_MAX)
        r = sketch_table_line(machine->tables, keyword, words, count);
    while (count > 0)
        free(copies[--count]);
    return r;
}

static const char *read_function(struct sketch *sketch, struct cursor *cursor)
{
    struct ims_address address;
    int type, header;
    if (ims_address_parse(cursor->token, &address) < 0)
        return "an address or \"machine\" is expected";
    if (!next_token(cursor) || !read_type(cursor->token, &type, &header))
        return "the type is missing or unknown";
    struct sketch_function *function = sketch_add(sketch, address, type, header);
    bool first = true;
    while (next_token(cursor)) {
        bool ok;
        if (strcmp(cursor->token, "cfg") == 0)
            ok = next_token(cursor) && read_raw(function, cursor->token);
        else if (first && strchr(cursor->token, ':') && !strchr(cursor->token, '='))
            ok = read_ids(function, cursor->token);
        else
            ok = read_word(function, cursor->token);
        if (!ok)
            return "a word is not understood";
        first = false;
        /* "type=N bus=..." is a bridge. */
        if (function->secondary && function->header == 0) {
            function->header = 1;
            if (function->class_code == 0x020000)
                function->class_code = 0x060400;
        }
        if (function->group_state != IMS_GROUP_UNKNOWN)
            sketch->machine.groups_stated = IMS_YES;
    }
    return NULL;
}

int sketch_parse(struct sketch *sketch, const char *text, char *message, size_t message_size)
{
    struct cursor cursor;
    unsigned line = 0;
    bool fit = false;
    while (*text) {
        const char *what = NULL;
        int table;
        line++;
        cursor.at = text;
        cursor.end = text + strcspn(text, "\n");
        text = *cursor.end ? cursor.end + 1 : cursor.end;
        if (!next_token(&cursor))
            continue;
        if (strcmp(cursor.token, "machine") == 0)
            what =
                read_machine(&sketch->machine, &cursor, &fit) ? NULL : "a word is not understood";
        else if (strcmp(cursor.token, "group") == 0)
            what = read_kernel_group(&sketch->machine, &cursor) ? NULL : "a word is not understood";
        else if ((table = read_table(&sketch->machine, &cursor)) != 0)
            what = table > 0 ? NULL : "a word is not understood";
        else
            what = read_function(sketch, &cursor);
        if (what) {
            snprintf(message, message_size, "line %u: %s: %s", line, cursor.token, what);
            return -EINVAL;
        }
    }
    sketch_settle(sketch);
    if (fit)
        sketch_fit_windows(sketch);
    return 0;
}
