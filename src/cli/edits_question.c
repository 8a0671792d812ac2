/* SPDX-License-Identifier: MIT */
/* Edits that change the question: kernel, command line, IOMMU, root complex. */
#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "cli/edits_reader.h"

int ims_edit_read_override(struct ims_edit_reader *reader)
{
    const char *const form = "override downstream,multifunction,id:VVVV:DDDD";
    char *text = ims_edit_take_rest(reader);
    uint64_t vendor;
    uint64_t device;

    reader->edit->to.cmdline.text = text;
    for (const char *word = text; word; word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL) {
        const size_t length = strcspn(word, ",");
        const bool is_id = length == 12 && strncmp(word, "id:", 3) == 0 && word[7] == ':' &&
                           ims_number_hex(word + 3, 4, 0xffff, &vendor) == 0 &&
                           ims_number_hex(word + 8, 4, 0xffff, &device) == 0;
        if (!is_id && !(length == 10 && strncmp(word, "downstream", 10) == 0) &&
            !(length == 13 && strncmp(word, "multifunction", 13) == 0))
            return ims_edit_wrong(reader, form);
    }
    return IMS_EXIT_OK;
}

int ims_edit_read_cmdline(struct ims_edit_reader *reader)
{
    char *text = reader->rest + strspn(reader->rest, IMS_EDIT_BLANKS);

    reader->edit->to.cmdline.replace = *text == '=';
    reader->rest = text + (*text == '=');
    reader->edit->to.cmdline.text = ims_edit_take_rest(reader);
    if (!*reader->edit->to.cmdline.text && !reader->edit->to.cmdline.replace)
        return ims_edit_wrong(reader, "cmdline OPTIONS' (added) or 'cmdline =OPTIONS");
    return IMS_EXIT_OK;
}

int ims_edit_read_kernel(struct ims_edit_reader *reader)
{
    struct ims_text name = {0};
    struct ims_ruleset ruleset;
    struct ims_error error = {0};
    const char *release = ims_edit_next_word(reader);
    int code;

    if (!*release || *ims_edit_take_rest(reader))
        return ims_edit_wrong(reader, "kernel RELEASE");
    ims_text_appendf(&name, "linux-%s", release);
    code = ims_text_get(&name) ? ims_ruleset_find(ims_text_get(&name), NULL, &ruleset, &error)
                               : -ENOMEM;
    ims_text_done(&name);
    reader->edit->to.kernel = release;
    if (code == 0)
        return IMS_EXIT_OK;
    (void)ims_session_fail(&error, code);
    return IMS_EXIT_USAGE;
}

int ims_edit_read_iommu(struct ims_edit_reader *reader)
{
    const char *word = ims_edit_next_word(reader);

    reader->edit->to.iommu_on = strcmp(word, "on") == 0;
    if ((!reader->edit->to.iommu_on && strcmp(word, "off") != 0) || *ims_edit_take_rest(reader))
        return ims_edit_wrong(reader, "iommu on' or 'iommu off");
    return IMS_EXIT_OK;
}

int ims_edit_read_rc(struct ims_edit_reader *reader)
{
    enum ims_fabric_rc rc;
    const char *word = ims_edit_next_word(reader);

    if (ims_fabric_rc_parse(word, &rc) < 0 || *ims_edit_take_rest(reader))
        return ims_edit_wrong(reader, "rc auto|translate-first|unknown|none|direct");
    reader->edit->to.rc = word;
    return IMS_EXIT_OK;
}
