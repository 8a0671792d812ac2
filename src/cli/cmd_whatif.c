/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/edits.h"
#include "cli/file.h"
#include "cli/print.h"
#include "cli/whatif.h"

/* Beyond this many pairs of group and function only groups that changed are checked. */
#define CHECK_MAX (UINT64_C(1) << 26)

struct whatif {
    struct ims_session session;
    const struct ims_options *options;
    struct ims_edit_list list;
    struct ims_side before;
    struct ims_side after;
    struct ims_difference *difference;
};

static int check_groups(struct whatif *whatif, struct ims_side *side, const uint32_t *groups,
                        uint32_t count)
{
    int status = IMS_EXIT_OK;

    for (uint32_t i = 0; i < count && status == IMS_EXIT_OK; i++)
        status = ims_side_check(side, &whatif->session, whatif->options, groups[i]);
    return status;
}

static bool is_small(const struct ims_side *side)
{
    return (uint64_t)ims_topology_function_count(side->edited->topology) * side->check_count <=
           CHECK_MAX;
}

static int check_all(struct whatif *whatif)
{
    const bool all = is_small(&whatif->before) && is_small(&whatif->after);
    int status = IMS_EXIT_OK;

    for (uint32_t i = 0; i < whatif->difference->change_count && status == IMS_EXIT_OK; i++) {
        const struct ims_change *change = &whatif->difference->changes[i];
        if (change->kind == IMS_CHANGE_SAME && !all)
            continue;
        status = check_groups(whatif, &whatif->before, change->before, change->before_count);
        if (status == IMS_EXIT_OK)
            status = check_groups(whatif, &whatif->after, change->after, change->after_count);
    }
    return status;
}

/*
 * Of a machine whose IOMMU is off, groups are those that it would have. Only when the IOMMU is the
 * question, there are none before.
 */
static bool asks_for_iommu(const struct whatif *whatif)
{
    bool asks = false;

    for (uint32_t i = 0; i < whatif->list.count; i++)
        asks |= whatif->list.edits[i].kind == IMS_EDIT_IOMMU;
    return asks && ims_topology_machine(whatif->session.topology)->iommu_on == IMS_NO;
}

/*
 * Some root ports of Intel have their ACS registers at other places (R4.21). Only the rules know
 * which, and an edit would write where nobody looks.
 */
static int refuse_other_places(const struct whatif *whatif)
{
    const struct ims_topology *topology = whatif->before.edited->topology;

    for (uint32_t i = 0; i < whatif->list.count; i++) {
        const struct ims_edit *edit = &whatif->list.edits[i];
        const struct ims_function function = ims_topology_find(topology, edit->function);
        char name[IMS_ADDRESS_STRING_SIZE];
        if ((edit->kind != IMS_EDIT_SET_ACS && edit->kind != IMS_EDIT_SET_VECTOR) ||
            ims_function_is_none(function))
            continue;
        const struct ims_acs_verdict *verdict = ims_grouping_acs(whatif->before.grouping, function);
        const struct ims_acs *acs = &ims_topology_function(topology, function)->acs;
        if (!verdict->has_registers || verdict->control_read.known == acs->control.known)
            continue;
        ims_print_error("%s: edit %u (%s): its ACS registers stand at other places than the "
                        "standard says (R4.21), which cannot be edited",
                        ims_address_format(edit->function, name), i + 1,
                        ims_edit_kind_to_string(edit->kind));
        return IMS_EXIT_ERROR;
    }
    return IMS_EXIT_OK;
}

static int judge(struct whatif *whatif)
{
    const struct ims_edit off = {.kind = IMS_EDIT_IOMMU, .to.iommu_on = false};
    const struct ims_options *options = whatif->options;
    struct ims_session *session = &whatif->session;
    struct ims_error error = {0};
    int status = ims_side_open(&whatif->before, session, options, NULL, 0, options->acs);

    if (status == IMS_EXIT_OK)
        status = refuse_other_places(whatif);
    if (status == IMS_EXIT_OK)
        status = ims_side_open(&whatif->after, session, options, whatif->list.edits,
                               whatif->list.count, options->acs);
    if (status != IMS_EXIT_OK)
        return status;
    /* An edit of a register must not change how all the others are taken. */
    const enum ims_acs_mode acs = ims_grouping_basis(whatif->before.grouping)->acs;
    if (ims_grouping_basis(whatif->after.grouping)->acs != acs) {
        ims_side_close(&whatif->after);
        status = ims_side_open(&whatif->after, session, options, whatif->list.edits,
                               whatif->list.count, acs);
    }
    if (status == IMS_EXIT_OK && asks_for_iommu(whatif)) {
        ims_side_close(&whatif->before);
        status = ims_side_open(&whatif->before, session, options, &off, 1, options->acs);
    }
    if (status != IMS_EXIT_OK)
        return status;
    const int code =
        ims_grouping_difference(whatif->before.grouping, whatif->after.grouping,
                                whatif->after.edited->origin, &whatif->difference, &error);
    return code < 0 ? ims_session_fail(&error, code) : check_all(whatif);
}

static struct ims_whatif_side show_side(const struct ims_side *side, struct ims_names *names)
{
    return (struct ims_whatif_side){
        .subject = {.topology = side->edited->topology,
                    .grouping = side->grouping,
                    .fabric = side->fabric,
                    .names = names},
        .edited = side->edited,
        .audit = side->audit,
        .checks = side->checks,
    };
}

/* Whether what a change says is certain: of what is gone, nothing needs to be. */
static bool is_certain(const struct whatif *whatif, const struct ims_change *change)
{
    bool certain = true;

    if (change->kind == IMS_CHANGE_SAME || change->kind == IMS_CHANGE_UNGROUPED)
        return true;
    for (uint32_t i = 0; i < change->before_count && change->after_count > 0; i++)
        certain &= ims_grouping_group(whatif->before.grouping, change->before[i])->certain;
    for (uint32_t i = 0; i < change->after_count; i++)
        certain &= ims_grouping_group(whatif->after.grouping, change->after[i])->certain;
    return certain;
}

/* 6 where a change hangs on something that nobody knows. */
static int verdict_status(const struct whatif *whatif)
{
    const struct ims_edited *edited = whatif->after.edited;

    for (uint32_t i = 0; i < edited->note_count; i++)
        if (edited->notes[i].kind == IMS_EDIT_NOTE_UNKNOWN)
            return IMS_EXIT_UNKNOWN;
    for (uint32_t i = 0; i < whatif->difference->change_count; i++)
        if (!is_certain(whatif, &whatif->difference->changes[i]))
            return IMS_EXIT_UNKNOWN;
    return IMS_EXIT_OK;
}

static int print(const struct whatif *whatif)
{
    const struct ims_whatif shown = {
        .texts = (const char *const *)whatif->list.texts,
        .edits = whatif->list.edits,
        .edit_count = whatif->list.count,
        .before = show_side(&whatif->before, whatif->session.names),
        .after = show_side(&whatif->after, whatif->session.names),
        .difference = whatif->difference,
    };
    struct ims_error error = {0};
    json_t *document = NULL;
    const int code = ims_document_whatif(&whatif->session.subject, &shown, &document, &error);
    const int status = ims_session_print(whatif->options, document, code, &error);

    return status == IMS_EXIT_OK ? verdict_status(whatif) : status;
}

static int save(const struct whatif *whatif)
{
    const struct ims_snapshot_options snapshot = {
        .size_bytes = sizeof(snapshot),
        .with_serials = ims_options_has(whatif->options, IMS_OPTION_SERIALS),
    };
    const bool boots = whatif->after.edited->scenario.boots;
    struct ims_error error = {0};
    char *text = NULL;
    int status;

    if (ims_topology_function_count(whatif->after.edited->topology) == 0) {
        ims_print_error("%s: no function is left: there is no machine to save",
                        whatif->options->save);
        return IMS_EXIT_ERROR;
    }
    /* What only predicts a boot is not what the machine is. */
    const int code = ims_snapshot_write(boots ? ims_side_machine(&whatif->after)
                                              : whatif->after.edited->topology,
                                        &snapshot, &text, &error);
    if (code < 0)
        return ims_session_fail(&error, code);
    status = ims_file_replace(whatif->options->save, text);
    free(text);
    return status;
}

int ims_command_whatif(const struct ims_options *options, char **operands, int operand_count)
{
    struct whatif whatif = {.session = {.ownership = true}, .options = options};
    int status = IMS_EXIT_OK;

    if (options->fabric) {
        ims_print_error("whatif: a kernel judges the groups, and the fabric is held against them: "
                        "--rules fabric is neither");
        return IMS_EXIT_USAGE;
    }
    status = ims_session_load(&whatif.session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&whatif.session, options);
    if (status == IMS_EXIT_OK)
        status =
            ims_edit_list_read(&whatif.session, options, operands, operand_count, &whatif.list);
    if (status == IMS_EXIT_OK)
        status = judge(&whatif);
    if (status == IMS_EXIT_OK && options->save)
        status = save(&whatif);
    if (status == IMS_EXIT_OK)
        status = options->save && strcmp(options->save, "-") == 0 ? verdict_status(&whatif)
                                                                  : print(&whatif);
    ims_difference_free(whatif.difference);
    ims_side_close(&whatif.after);
    ims_side_close(&whatif.before);
    ims_edit_list_done(&whatif.list);
    ims_session_close(&whatif.session);
    return status;
}
