/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bulk.h"

/* The words of tests/lab/module/machine.c, written and read. */

#define PCIE_AT 0x40u
#define EXTENDED_AT 0x100u

/* A function's bytes, and which of their bits the kernel may write. */
struct image {
    struct sketch_image plain;
    uint8_t writable[IMS_CONFIG_SIZE_BYTES];
    unsigned acs; /* offset of the structure, 0 = none */
};

static void writable(struct image *image, unsigned offset, unsigned size_bytes)
{
    memset(image->writable + offset, 0xff, size_bytes);
}

static unsigned extended_id(const struct image *image, unsigned offset)
{
    return image->plain.bytes[offset] | (unsigned)image->plain.bytes[offset + 1] << 8;
}

static unsigned extended_next(const struct image *image, unsigned offset)
{
    return ((unsigned)image->plain.bytes[offset + 2] >> 4 | (unsigned)image->plain.bytes[offset + 3]
                                                                << 4) &
           0xffcu;
}

/* The next function of an ARI device: the chain that the kernel follows instead of the slots. */
static uint8_t next_ari_function(const struct bulk_case *bulk, const struct sketch_function *of)
{
    unsigned next = 0;
    for (unsigned i = 0; i < bulk->sketch.count; i++) {
        const struct sketch_function *other = &bulk->sketch.functions[i];
        if (!other->is_vf && other->address.segment == of->address.segment &&
            other->address.bus == of->address.bus && other->address.devfn > of->address.devfn &&
            (!next || other->address.devfn < next))
            next = other->address.devfn;
    }
    return (uint8_t)next;
}

static void prepare_extended(const struct bulk_case *bulk, const struct sketch_function *function,
                             struct image *image)
{
    unsigned steps = 0;
    for (unsigned at = EXTENDED_AT; at >= EXTENDED_AT && steps < 16; steps++) {
        switch (extended_id(image, at)) {
        case 0x000d:
            image->acs = at;
            writable(image, at + 6, 2);
            if (function->spt)
                writable(image, at + 8, 4);
            break;
        case 0x000e:
            image->plain.bytes[at + 5] = next_ari_function(bulk, function);
            break;
        case 0x0010:
            image->plain.bytes[at + 0x08] = 0; /* VFs are enabled later, by the kernel */
            image->plain.bytes[at + 0x10] = image->plain.bytes[at + 0x11] = 0;
            image->plain.bytes[at + 0x12] = function->address.devfn;
            writable(image, at + 0x08, 2);
            writable(image, at + 0x10, 2);
            writable(image, at + 0x20, 4);
            break;
        default:
            break;
        }
        at = extended_next(image, at);
    }
}

/* The image without what would need real memory behind it. */
static void prepare(const struct bulk_case *bulk, const struct sketch_function *function,
                    struct image *image)
{
    bool bridge = function->header != 0;
    memset(image, 0, sizeof(*image));
    sketch_image(function, &image->plain);
    memset(image->plain.bytes + 0x10, 0, bridge ? 8 : 24);
    memset(image->plain.bytes + (bridge ? 0x38 : 0x30), 0, 4);
    writable(image, 0x04, 2);
    if (bridge)
        writable(image, 0x3e, 2);
    if (function->type != SKETCH_CONVENTIONAL) {
        writable(image, PCIE_AT + 0x08, 2);
        writable(image, PCIE_AT + 0x10, 2);
        writable(image, PCIE_AT + 0x28, 2);
        writable(image, 0xd8, 4); /* where R4.20 arms the ports of a PCH */
    }
    if (function->type != SKETCH_CONVENTIONAL && !function->no_ext)
        prepare_extended(bulk, function, image);
}

static bool all_zero(const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

#define ROW 32u

static void write_rows(FILE *stream, const char *word, const uint8_t *bytes, unsigned size_bytes)
{
    for (unsigned at = 0; at < size_bytes; at += ROW) {
        if (all_zero(bytes + at, ROW))
            continue;
        fprintf(stream, "%s %x ", word, at);
        for (unsigned i = 0; i < ROW; i++)
            fprintf(stream, "%02x", bytes[at + i]);
        fputc('\n', stream);
    }
}

static void write_function(const struct bulk_case *bulk, const struct sketch_function *function,
                           FILE *stream)
{
    char address[IMS_ADDRESS_STRING_SIZE];
    struct image image;
    prepare(bulk, function, &image);
    fprintf(stream, "fn %s %x\n", ims_address_format(function->address, address),
            image.plain.size_bytes);
    write_rows(stream, "cfg", image.plain.bytes, image.plain.size_bytes);
    write_rows(stream, "rw", image.writable, image.plain.size_bytes);
    if (image.acs)
        fprintf(stream, "watch %x\n", image.acs + 6);
    if (image.acs && function->spt)
        fprintf(stream, "watch %x\n", image.acs + 8);
    if (function->group_state == IMS_GROUP_NONE)
        fputs("unmanaged\n", stream);
    if (function->sriov_num)
        fprintf(stream, "vfs %x\n", function->sriov_num);
}

/* A root bus: functions, and no bridge above them. */
static bool is_root(const struct sketch *sketch, const struct sketch_function *function)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *bridge = &sketch->functions[i];
        if (bridge->header && bridge->address.segment == function->address.segment &&
            bridge->secondary == function->address.bus)
            return false;
    }
    return !function->is_vf;
}

/* The root bus that comes next after (segment, bus), which may be none: -1. */
static const struct sketch_function *next_root(const struct sketch *sketch, uint32_t segment,
                                               int bus)
{
    const struct sketch_function *next = NULL;
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *function = &sketch->functions[i];
        struct ims_address at = function->address;
        if (at.segment < segment || (at.segment == segment && (int)at.bus <= bus) ||
            !is_root(sketch, function))
            continue;
        if (!next || at.segment < next->address.segment ||
            (at.segment == next->address.segment && at.bus < next->address.bus))
            next = function;
    }
    return next;
}

static void write_roots(const struct sketch *sketch, FILE *stream)
{
    const struct sketch_function *root = next_root(sketch, 0, -1);
    while (root) {
        struct ims_address at = root->address;
        const struct sketch_function *next = next_root(sketch, at.segment, at.bus);
        unsigned last = next && next->address.segment == at.segment ? next->address.bus - 1u : 0xff;
        fprintf(stream, "root %04x:%02x-%02x", at.segment, at.bus, last);
        if (root->vmd_stated) {
            char endpoint[IMS_ADDRESS_STRING_SIZE];
            fprintf(stream, " vmd %s", ims_address_format(root->vmd, endpoint));
        }
        fputc('\n', stream);
        root = next;
    }
}

/* Gives each option of pci= that a command line holds to the module. */
static void write_params(const char *cmdline, FILE *stream)
{
    static const char *const options[] = {"disable_acs_redir=", "config_acs="};
    for (unsigned i = 0; i < 2; i++) {
        const char *found = strstr(cmdline, options[i]);
        if (found)
            fprintf(stream, "param %.*s\n", (int)strcspn(found, " "), found);
    }
}

void bulk_write(const struct bulk_case *bulk, const char *name, FILE *stream)
{
    fprintf(stream, "machine %s%s\n", name, bulk->hot ? " hot" : "");
    if (bulk->acs_wanted)
        fputs("acs\n", stream);
    write_params(bulk->sketch.machine.cmdline, stream);
    write_roots(&bulk->sketch, stream);
    for (unsigned i = 0; i < bulk->sketch.count; i++)
        write_function(bulk, &bulk->sketch.functions[i], stream);
    fputs("go\n", stream);
}

/* ---- answers ---- */

__attribute__((format(printf, 2, 3))) static bool refuse(struct bulk_answer *answer,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(answer->error, sizeof(answer->error), format, arguments);
    va_end(arguments);
    return false;
}

void bulk_answer_done(struct bulk_answer *answer)
{
    free(answer->groups);
    free(answer->control);
    free(answer->control_wide);
    memset(answer, 0, sizeof(*answer));
}

static void start(const struct bulk_case *bulk, struct bulk_answer *answer)
{
    answer->count = bulk->sketch.count;
    answer->groups = calloc(answer->count + 1u, sizeof(*answer->groups));
    answer->control = calloc(answer->count + 1u, sizeof(*answer->control));
    answer->control_wide = calloc(answer->count + 1u, sizeof(*answer->control_wide));
    if (!answer->groups || !answer->control || !answer->control_wide)
        abort();
    for (unsigned i = 0; i < answer->count; i++) {
        answer->groups[i] = BULK_ABSENT;
        answer->control[i] = answer->control_wide[i] = BULK_NO_WORD;
    }
}

/* Takes the next line from *text; false at the end. */
static bool next_line(const char **text, char *line, size_t size)
{
    size_t length = strcspn(*text, "\n");
    if ((*text)[length] != '\n' || length >= size)
        return false;
    memcpy(line, *text, length);
    line[length] = '\0';
    *text += length + 1;
    return true;
}

static bool take_line(const struct bulk_case *bulk, const char *line, struct bulk_answer *answer)
{
    char word[16], name[64], value[32];
    struct ims_address address;
    unsigned offset, bits;
    if (sscanf(line, "%15s %63s %31s", word, name, value) < 2 ||
        (strcmp(word, "group") != 0 && strcmp(word, "absent") != 0 && strcmp(word, "word") != 0))
        return refuse(answer, "the guest says: %.400s", line);
    const struct sketch_function *function =
        ims_address_parse(name, &address) == 0 ? sketch_find(&bulk->sketch, address) : NULL;
    if (!function)
        return refuse(answer, "the guest speaks of another function: %.400s", line);
    unsigned index = (unsigned)(function - bulk->sketch.functions);
    if (strcmp(word, "group") == 0)
        answer->groups[index] =
            strcmp(value, "-") == 0 ? BULK_NO_GROUP : (int)strtol(value, NULL, 10);
    else if (strcmp(word, "word") == 0 && sscanf(line, "word %*s %x %x", &offset, &bits) == 2)
        (offset % 4 ? answer->control : answer->control_wide)[index] = bits;
    return true;
}

void bulk_answer_read(const struct bulk_case *bulk, const char *lines, struct bulk_answer *answer)
{
    char line[512];
    memset(answer, 0, sizeof(*answer));
    start(bulk, answer);
    while (!answer->error[0] && next_line(&lines, line, sizeof(line)))
        take_line(bulk, line, answer);
}

bool bulk_read(const struct bulk_case *bulk, const char *name, const char **text,
               struct bulk_answer *answer)
{
    char line[512], first[80], last[80];
    memset(answer, 0, sizeof(*answer));
    start(bulk, answer);
    snprintf(first, sizeof(first), "machine %s", name);
    snprintf(last, sizeof(last), "end %s", name);
    if (!next_line(text, line, sizeof(line)) || strcmp(line, first) != 0)
        return refuse(answer, "the answer does not begin with \"%s\"", first);
    while (next_line(text, line, sizeof(line))) {
        if (strcmp(line, last) == 0)
            return answer->error[0] == '\0';
        take_line(bulk, line, answer);
    }
    return refuse(answer, "the answer is cut");
}
