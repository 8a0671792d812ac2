/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

/* "Cannot know" is a status of its own: a script must not take it for "apart". */
static int answer(const struct ims_options *options, const struct ims_session *session,
                  struct ims_function a, struct ims_function b)
{
    struct ims_error error = {0};
    json_t *document = NULL;
    bool unknown;
    int status;
    int code = ims_function_is_none(b)
                   ? ims_document_explain(&session->subject, a, &document, &error)
                   : ims_document_explain_pair(&session->subject, a, b, &document, &error);

    unknown = code == 0 && json_is_null(json_object_get(document, "together"));
    status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK && unknown ? IMS_EXIT_UNKNOWN : status;
}

int ims_command_explain(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {0};
    struct ims_function a = IMS_FUNCTION_NONE;
    struct ims_function b = IMS_FUNCTION_NONE;
    int status = ims_session_load(&session, options);

    if (status == IMS_EXIT_OK)
        status = ims_session_resolve(&session, operands[0], &a);
    if (status == IMS_EXIT_OK && operand_count > 1)
        status = ims_session_resolve(&session, operands[1], &b);
    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK)
        status = answer(options, &session, a, b);
    ims_session_close(&session);
    return status;
}
