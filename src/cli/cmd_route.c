/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/print.h"
#include "cli/session.h"

/* What --write, --read, --io, --at and --as ask for. */
static int make_request(const struct ims_options *options, struct ims_tlp *ret)
{
    const bool write = ims_options_has(options, IMS_OPTION_WRITE);
    const bool io = ims_options_has(options, IMS_OPTION_IO);

    if (write == ims_options_has(options, IMS_OPTION_READ)) {
        ims_print_error("route: say where the request goes with one of --write ADDR, --read ADDR");
        return IMS_EXIT_USAGE;
    }
    if (io && options->at != IMS_TLP_UNTRANSLATED) {
        ims_print_error("route: only requests to memory have an address type (--at, --io)");
        return IMS_EXIT_USAGE;
    }
    if (io && options->address > UINT32_MAX) {
        ims_print_error("route: addresses of I/O space have 32 bits (--io)");
        return IMS_EXIT_USAGE;
    }
    *ret = (struct ims_tlp){
        .kind = io ? (write ? IMS_TLP_IO_WRITE : IMS_TLP_IO_READ)
                   : (write ? IMS_TLP_MEMORY_WRITE : IMS_TLP_MEMORY_READ),
        .at = options->at,
        .address = options->address,
        .to = IMS_FUNCTION_NONE,
        .forged = ims_options_has(options, IMS_OPTION_AS),
        .requester = options->requester,
    };
    return IMS_EXIT_OK;
}

/* "Does it reach the IOMMU?": 0 yes, 3 no, 6 where more than one end is possible. */
static int answer(const struct ims_options *options, const struct ims_session *session,
                  struct ims_function issuer, const struct ims_tlp *tlp)
{
    struct ims_error error = {0};
    json_t *document = NULL;
    int code = ims_document_route(&session->subject, issuer, tlp, &document, &error);
    const json_t *reaches = code == 0 ? json_object_get(document, "reaches_iommu") : NULL;
    int verdict = json_is_true(reaches)    ? IMS_EXIT_OK
                  : json_is_false(reaches) ? IMS_EXIT_NO
                                           : IMS_EXIT_UNKNOWN;
    int status = ims_session_print(options, document, code, &error);

    return status == IMS_EXIT_OK ? verdict : status;
}

int ims_command_route(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {0};
    struct ims_function issuer = IMS_FUNCTION_NONE;
    struct ims_tlp tlp = {0};
    int status = make_request(options, &tlp);

    (void)operand_count;
    if (status == IMS_EXIT_OK)
        status = ims_session_load(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_resolve(&session, operands[0], &issuer);
    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_fabric(&session, options);
    if (status == IMS_EXIT_OK)
        status = answer(options, &session, issuer, &tlp);
    ims_session_close(&session);
    return status;
}
