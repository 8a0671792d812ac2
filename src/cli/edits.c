/* SPDX-License-Identifier: MIT */
#include "cli/edits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "cli/edits_reader.h"
#include "cli/print.h"

int ims_edit_wrong(const struct ims_edit_reader *reader, const char *wanted)
{
    ims_print_error("edit '%s': the form is '%s'", reader->whole, wanted);
    return IMS_EXIT_USAGE;
}

char *ims_edit_next_word(struct ims_edit_reader *reader)
{
    char *word = reader->rest + strspn(reader->rest, IMS_EDIT_BLANKS);
    char *end = word + strcspn(word, IMS_EDIT_BLANKS);

    reader->rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

char *ims_edit_take_rest(struct ims_edit_reader *reader)
{
    char *text = reader->rest + strspn(reader->rest, IMS_EDIT_BLANKS);
    size_t length = strlen(text);

    while (length > 0 && strchr(IMS_EDIT_BLANKS, text[length - 1]))
        length--;
    if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
        text++;
        length -= 2;
    }
    text[length] = '\0';
    reader->rest = text + length;
    return text;
}

/*
 * An address may be one that only an earlier edit brings about, so whether it exists is for the
 * edits to find out; a path is followed in the machine as it was read.
 */
static int read_function(const struct ims_edit_reader *reader, const char *text,
                         struct ims_address *ret)
{
    struct ims_function function;

    if (ims_address_parse(text, ret) == 0)
        return IMS_EXIT_OK;
    const int status = ims_session_resolve(reader->session, text, &function);
    if (status == IMS_EXIT_OK)
        *ret = ims_topology_function(reader->session->topology, function)->address;
    return status;
}

/* "A to PORT" and "... at PORT": the word before the last one must be link. */
static int read_port(struct ims_edit_reader *reader, const char *link, const char *form,
                     struct ims_address *ret)
{
    const char *word = ims_edit_next_word(reader);
    const char *port = ims_edit_next_word(reader);

    if (strcmp(word, link) != 0 || !*port || *ims_edit_take_rest(reader))
        return ims_edit_wrong(reader, form);
    return read_function(reader, port, ret);
}

static int read_remove(struct ims_edit_reader *reader)
{
    const char *function = ims_edit_next_word(reader);

    if (!*function || *ims_edit_take_rest(reader))
        return ims_edit_wrong(reader, "remove A");
    return read_function(reader, function, &reader->edit->function);
}

static int read_move(struct ims_edit_reader *reader)
{
    const char *const form = "move A to PORT";
    const char *function = ims_edit_next_word(reader);
    int status;

    if (!*function)
        return ims_edit_wrong(reader, form);
    status = read_function(reader, function, &reader->edit->function);
    return status == IMS_EXIT_OK ? read_port(reader, "to", form, &reader->edit->to.port) : status;
}

/* ---- add ---- */

static const struct {
    const char *name;
    uint32_t class_code;
} class_names[] = {
    {"gpu", 0x030000},  {"vga", 0x030000},         {"3d", 0x030200},     {"audio", 0x040300},
    {"nic", 0x020000},  {"ethernet", 0x020000},    {"wifi", 0x028000},   {"infiniband", 0x020700},
    {"nvme", 0x010802}, {"sata", 0x010601},        {"sas", 0x010700},    {"raid", 0x010400},
    {"usb", 0x0c0330},  {"accelerator", 0x120000}, {"serial", 0x070002},
};

static bool read_class(const char *text, uint32_t *ret)
{
    const size_t length = strlen(text);
    uint64_t value;

    for (size_t i = 0; i < sizeof(class_names) / sizeof(class_names[0]); i++)
        if (strcmp(class_names[i].name, text) == 0) {
            *ret = class_names[i].class_code;
            return true;
        }
    if ((length != 4 && length != 6) || ims_number_hex(text, length, 0xffffff, &value) < 0)
        return false;
    *ret = (uint32_t)(length == 4 ? value << 8 : value);
    return true;
}

static int load_other(const struct ims_edit_reader *reader, const char *path,
                      const struct ims_topology **ret)
{
    const struct ims_source_options source = {.size_bytes = sizeof(source),
                                              .pci_ids_path = reader->options->pci_ids};
    struct ims_edit_list *list = reader->list;
    struct ims_error error = {0};
    const int code = ims_source_load(path, &source, &list->others[list->other_count], &error);

    if (code < 0)
        return ims_session_fail(&error, code);
    *ret = list->others[list->other_count++];
    return IMS_EXIT_OK;
}

static int read_add(struct ims_edit_reader *reader)
{
    const char *const form = "add CLASS at PORT' or 'add FILE#A at PORT";
    char *text = reader->rest + strspn(reader->rest, IMS_EDIT_BLANKS);
    char *at = NULL;
    int status;

    /* The name of a file may hold blanks, and even " at ". */
    for (char *found = strstr(text, " at "); found; found = strstr(found + 1, " at "))
        at = found;
    if (!at || at == text)
        return ims_edit_wrong(reader, form);
    *at = '\0';
    reader->rest = at + 1;
    status = read_port(reader, "at", form, &reader->edit->to.add.port);
    if (status != IMS_EXIT_OK)
        return status;
    char *const sign = strrchr(text, '#');
    if (!sign) {
        if (read_class(text, &reader->edit->to.add.class_code))
            return IMS_EXIT_OK;
        ims_print_error("edit '%s': '%s' is neither a class (gpu, nic, nvme, ..., or 4 or 6 "
                        "hexadecimal digits) nor FILE#A",
                        reader->whole, text);
        return IMS_EXIT_USAGE;
    }
    *sign = '\0';
    if (ims_address_parse(sign + 1, &reader->edit->function) < 0)
        return ims_edit_wrong(reader, form);
    return load_other(reader, text, &reader->edit->to.add.other);
}

/* ---- registers ---- */

static const char *const acs_names[] = {"sv", "tb", "rr", "cr", "uf", "ec", "dt"};

static bool read_acs_bits(char *text, uint16_t *ret_set, uint16_t *ret_clear)
{
    char *next = NULL;

    for (char *word = strtok_r(text, ",", &next); word; word = strtok_r(NULL, ",", &next)) {
        uint16_t mask = 0;
        for (unsigned bit = 0; bit < sizeof(acs_names) / sizeof(acs_names[0]); bit++)
            if (*word && strcasecmp(word + 1, acs_names[bit]) == 0)
                mask = (uint16_t)(1u << bit);
        if (!mask || (*word != '+' && *word != '-') || (mask & (*ret_set | *ret_clear)))
            return false;
        *(*word == '+' ? ret_set : ret_clear) |= mask;
    }
    return (*ret_set | *ret_clear) != 0;
}

static int read_set(struct ims_edit_reader *reader)
{
    const char *const form = "set acs PORT +BIT,-BIT,...' with sv, tb, rr, cr, uf, ec, dt, each "
                             "once, as in 'set acs 00:1c.0 +rr,+uf,-ec";
    const char *what = ims_edit_next_word(reader);
    const char *port = ims_edit_next_word(reader);
    char *bits = ims_edit_next_word(reader);

    if (strcmp(what, "acs") != 0 || !*port || *ims_edit_take_rest(reader) ||
        !read_acs_bits(bits, &reader->edit->to.acs.set, &reader->edit->to.acs.clear))
        return ims_edit_wrong(reader, form);
    return read_function(reader, port, &reader->edit->function);
}

/* A hexadecimal number of up to 256 bits is the whole vector. */
static bool read_vector(const char *text, struct ims_edit *edit)
{
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    const size_t length = strlen(text);
    if (length == 0 || length > IMS_EDIT_VECTOR_DWORDS * 8)
        return false;
    for (unsigned i = 0; i < IMS_EDIT_VECTOR_DWORDS; i++) {
        const size_t end = length > 8u * i ? length - 8u * i : 0;
        const size_t begin = end > 8 ? end - 8 : 0;
        uint64_t value = 0;
        if (end > 0 && ims_number_hex(text + begin, end - begin, UINT32_MAX, &value) < 0)
            return false;
        edit->to.vector.value[i] = (uint32_t)value;
        edit->to.vector.mask[i] = UINT32_MAX;
    }
    return true;
}

/* "A=VALUE" */
static int read_pair(struct ims_edit_reader *reader, const char *form, char **ret_value)
{
    char *pair = ims_edit_next_word(reader);
    char *sign = strchr(pair, '=');

    if (!sign || sign == pair || !sign[1] || *ims_edit_take_rest(reader))
        return ims_edit_wrong(reader, form);
    *sign = '\0';
    *ret_value = sign + 1;
    return read_function(reader, pair, &reader->edit->function);
}

static int read_vector_edit(struct ims_edit_reader *reader)
{
    const char *const form = "vector PORT=HEX";
    char *value = NULL;
    const int status = read_pair(reader, form, &value);

    if (status != IMS_EXIT_OK)
        return status;
    return read_vector(value, reader->edit) ? IMS_EXIT_OK : ims_edit_wrong(reader, form);
}

static int read_numvfs(struct ims_edit_reader *reader)
{
    const char *const form = "numvfs PF=N";
    char *text = NULL;
    uint64_t value;
    const int status = read_pair(reader, form, &text);

    if (status != IMS_EXIT_OK)
        return status;
    if (ims_number_decimal(text, strlen(text), UINT16_MAX, &value) < 0)
        return ims_edit_wrong(reader, form);
    reader->edit->to.numvfs = (uint32_t)value;
    return IMS_EXIT_OK;
}

/* ---- all of them ---- */

static const struct {
    const char *verb;
    enum ims_edit_kind kind;
    int (*read)(struct ims_edit_reader *reader);
} verbs[] = {
    {"remove", IMS_EDIT_REMOVE, read_remove},
    {"move", IMS_EDIT_MOVE, read_move},
    {"add", IMS_EDIT_ADD, read_add},
    {"set", IMS_EDIT_SET_ACS, read_set},
    {"vector", IMS_EDIT_SET_VECTOR, read_vector_edit},
    {"numvfs", IMS_EDIT_NUMVFS, read_numvfs},
    {"override", IMS_EDIT_OVERRIDE, ims_edit_read_override},
    {"cmdline", IMS_EDIT_CMDLINE, ims_edit_read_cmdline},
    {"kernel", IMS_EDIT_KERNEL, ims_edit_read_kernel},
    {"iommu", IMS_EDIT_IOMMU, ims_edit_read_iommu},
    {"rc", IMS_EDIT_RC, ims_edit_read_rc},
};

static int read_edit(struct ims_edit_reader *reader, char *text)
{
    reader->rest = text;
    const char *verb = ims_edit_next_word(reader);

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].verb, verb) == 0) {
            reader->edit->kind = verbs[i].kind;
            return verbs[i].read(reader);
        }
    ims_print_error("edit '%s': '%s' is none of remove, move, add, set acs, vector, numvfs, "
                    "override, cmdline, kernel, iommu, rc",
                    reader->whole, verb);
    return IMS_EXIT_USAGE;
}

/* All operands as the words of one edit. */
static char *join(char **operands, int count)
{
    struct ims_text text = {0};

    for (int i = 0; i < count; i++)
        ims_text_appendf(&text, "%s%s", i ? " " : "", operands[i]);
    return ims_text_take(&text);
}

static int no_memory(void)
{
    ims_print_error("%s", strerror(ENOMEM));
    return IMS_EXIT_ERROR;
}

int ims_edit_list_read(const struct ims_session *session, const struct ims_options *options,
                       char **operands, int operand_count, struct ims_edit_list *ret)
{
    const bool separate = strpbrk(operands[0], IMS_EDIT_BLANKS) != NULL;
    const uint32_t count = separate ? (uint32_t)operand_count : 1;
    int status = IMS_EXIT_OK;

    /* Texts twice: as written, and cut into words. */
    *ret = (struct ims_edit_list){
        .edits = calloc(count, sizeof(*ret->edits)),
        .texts = calloc((size_t)count * 2, sizeof(*ret->texts)),
        .others = calloc(count, sizeof(struct ims_topology *)),
        .count = count,
    };
    if (!ret->edits || !ret->texts || !ret->others)
        return no_memory();
    for (uint32_t i = 0; i < count && status == IMS_EXIT_OK; i++) {
        struct ims_edit_reader reader = {
            .session = session, .options = options, .list = ret, .edit = &ret->edits[i]};
        ret->texts[i] = separate ? strdup(operands[i]) : join(operands, operand_count);
        if (!ret->texts[i])
            return no_memory();
        ret->texts[count + i] = strdup(ret->texts[i]);
        if (!ret->texts[count + i])
            return no_memory();
        reader.whole = ret->texts[i];
        status = read_edit(&reader, ret->texts[count + i]);
    }
    return status;
}

void ims_edit_list_done(struct ims_edit_list *list)
{
    for (uint32_t i = 0; list->texts && i < list->count * 2; i++)
        free(list->texts[i]);
    for (uint32_t i = 0; i < list->other_count; i++)
        ims_topology_free(list->others[i]);
    free(list->edits);
    free(list->texts);
    free(list->others);
    *list = (struct ims_edit_list){0};
}
