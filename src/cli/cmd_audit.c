/* SPDX-License-Identifier: MIT */
#include "cli/print.h"
#include "cli/session.h"

/* 3 for a finding that the user wants to fail on, 6 where a way out of a group stays possible. */
static int verdict_status(const struct ims_options *options, const struct ims_audit *audit)
{
    const struct ims_finding *worst = ims_audit_finding_at(audit, 0);
    enum ims_audit_verdict verdict = ims_audit_verdict(audit);

    if (worst && worst->severity >= options->fail_on)
        return IMS_EXIT_NO;
    return verdict == IMS_AUDIT_UNPROVEN ? IMS_EXIT_UNKNOWN : IMS_EXIT_OK;
}

static int answer(const struct ims_options *options, const struct ims_session *session)
{
    struct ims_error error = {0};
    struct ims_audit *audit = NULL;
    json_t *document = NULL;
    int verdict = IMS_EXIT_OK;
    int status;
    int code = ims_audit_new(session->grouping, session->fabric, NULL, &audit, &error);

    if (code == 0)
        code = ims_document_audit(&session->subject, audit, &document, &error);
    if (code == 0)
        verdict = verdict_status(options, audit);
    ims_audit_free(audit);
    status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK ? verdict : status;
}

static int check_format(const struct ims_options *options)
{
    if (!ims_options_has(options, IMS_OPTION_JSON) ||
        !ims_options_has(options, IMS_OPTION_FORMAT) || options->format == IMS_FORMAT_JSON)
        return IMS_EXIT_OK;
    ims_print_error("audit: one of --json, --format");
    return IMS_EXIT_USAGE;
}

int ims_command_audit(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {0};
    int status = check_format(options);

    (void)operands;
    (void)operand_count;
    if (status == IMS_EXIT_OK)
        status = ims_session_load(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_fabric(&session, options);
    if (status == IMS_EXIT_OK)
        status = answer(options, &session);
    ims_session_close(&session);
    return status;
}
