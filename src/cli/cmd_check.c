/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "cli/ownership.h"
#include "cli/print.h"

/*
 * What VFIO itself said settles what files cannot tell. A group that somebody has open is his; one
 * without a node has no member on a VFIO driver yet, which says nothing.
 */
static int probe_status(int status, const struct ims_probe *probe)
{
    if (probe->code == -ENOENT && probe->step == IMS_PROBE_OPEN)
        return status;
    if (probe->code == -EBUSY && probe->step == IMS_PROBE_OPEN)
        return IMS_EXIT_OWNED;
    if (probe->code == -EACCES || (probe->step == IMS_PROBE_OPEN && probe->code == -EPERM))
        return status == IMS_EXIT_OK ? IMS_EXIT_UNKNOWN : status;
    return probe->step == IMS_PROBE_DONE ? IMS_EXIT_OK : IMS_EXIT_NO;
}

static int check_status(const struct ims_check *check, const struct ims_probe *probe)
{
    const enum ims_tristate usable = ims_check_usable(check);
    const int status = usable == IMS_YES  ? IMS_EXIT_OK
                       : usable == IMS_NO ? IMS_EXIT_NO
                                          : IMS_EXIT_UNKNOWN;
    return probe ? probe_status(status, probe) : status;
}

/* 3 where one group cannot be handed over, 7 where one has another owner, 6 where it is not known. */
static int verdict_status(struct ims_check *const *checks, const struct ims_probe *probes,
                          uint32_t count)
{
    static const int order[] = {IMS_EXIT_NO, IMS_EXIT_OWNED, IMS_EXIT_UNKNOWN};

    for (size_t rank = 0; rank < sizeof(order) / sizeof(order[0]); rank++)
        for (uint32_t i = 0; i < count; i++)
            if (check_status(checks[i], probes ? &probes[i] : NULL) == order[rank])
                return order[rank];
    return IMS_EXIT_OK;
}

/* Only the kernel's own groups can be opened. */
static int open_groups(const struct ims_options *options, struct ims_check *const *checks,
                       uint32_t count, struct ims_probe **ret)
{
    struct ims_probe *probes = calloc(count, sizeof(*probes));
    struct ims_host *host = NULL;
    int status = probes ? ims_ownership_host(options, &host) : IMS_EXIT_ERROR;

    for (uint32_t i = 0; i < count && status == IMS_EXIT_OK; i++) {
        bool of_kernel = false;
        const uint32_t number = ims_check_number(checks[i], &of_kernel);

        if (!of_kernel)
            probes[i] = (struct ims_probe){.step = IMS_PROBE_OPEN, .code = -ENOENT};
        else if (ims_host_probe(host, number, &probes[i]) < 0)
            status = IMS_EXIT_ERROR;
    }
    ims_host_close(host);
    if (status != IMS_EXIT_OK) {
        free(probes);
        return status;
    }
    *ret = probes;
    return status;
}

/* How much a guest may pin is no fact of the group, but the next thing that fails. */
static int add_memlock(const struct ims_options *options, json_t *document)
{
    struct ims_memlock memlock;
    struct ims_host *host = NULL;

    if (ims_ownership_host(options, &host) != IMS_EXIT_OK)
        return 0;
    ims_host_memlock(host, &memlock);
    ims_host_close(host);
    return ims_document_add_memlock(document, &memlock);
}

static int print_checks(const struct ims_options *options, const struct ims_session *session,
                        struct ims_check *const *checks, uint32_t count)
{
    struct ims_probe *probes = NULL;
    struct ims_error error = {0};
    json_t *document = NULL;
    int status = IMS_EXIT_OK;

    if (ims_options_has(options, IMS_OPTION_OPEN))
        status = open_groups(options, checks, count, &probes);
    if (status != IMS_EXIT_OK)
        return status;
    int code = ims_document_check(&session->subject, checks, probes, count, &document, &error);
    if (code == 0 && !options->input && !options->sysroot)
        code = add_memlock(options, document);
    const int verdict = verdict_status(checks, probes, count);
    free(probes);
    status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK ? verdict : status;
}

static int answer(const struct ims_options *options, const struct ims_session *session,
                  const struct ims_function *groups, uint32_t count)
{
    struct ims_check **checks = NULL;
    int status = ims_ownership_checks(session, options, groups, count, &checks);

    if (status == IMS_EXIT_OK)
        status = print_checks(options, session, checks, count);
    ims_ownership_free_checks(checks, count);
    return status;
}

int ims_command_check(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {.ownership = true};
    struct ims_function *groups = NULL;
    uint32_t count = 0;
    int status = IMS_EXIT_OK;

    if (ims_options_has(options, IMS_OPTION_OPEN) && options->input) {
        ims_print_error("check: --open asks this machine, which --input is not");
        return IMS_EXIT_USAGE;
    }
    status = ims_session_load(&session, options);

    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_groups(&session, operands, operand_count, &groups, &count);
    if (status == IMS_EXIT_OK)
        status = answer(options, &session, groups, count);
    free(groups);
    ims_session_close(&session);
    return status;
}
