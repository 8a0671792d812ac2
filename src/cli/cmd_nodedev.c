/* SPDX-License-Identifier: MIT */
/* libvirt's node devices: its names, its XML, its verbs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ownership.h"
#include "cli/print.h"

/* Names as libvirt finds them; without the file names come from the hardware database. */
static int load(struct ims_session *session, const struct ims_options *options,
                struct ims_pci_ids **ret_ids)
{
    session->ownership = true;
    int status = ims_session_load(session, options);

    if (status == IMS_EXIT_OK)
        status = ims_session_compute(session, options);
    if (status != IMS_EXIT_OK)
        return status;
    const int code = ims_pci_ids_load(options->pci_ids, ret_ids);
    if (code < 0 && options->pci_ids) {
        ims_print_error("%s: %s", options->pci_ids, strerror(-code));
        return IMS_EXIT_ERROR;
    }
    session->subject.pci_ids = *ret_ids;
    return IMS_EXIT_OK;
}

static int dump(const struct ims_session *session, const struct ims_options *options,
                char **operands, int operand_count)
{
    struct ims_function *functions = calloc((size_t)operand_count + 1, sizeof(*functions));
    struct ims_error error = {0};
    json_t *document = NULL;
    int status = IMS_EXIT_OK;

    if (!functions) {
        ims_print_error("%s", strerror(ENOMEM));
        return IMS_EXIT_ERROR;
    }
    for (int i = 0; i < operand_count && status == IMS_EXIT_OK; i++)
        status = ims_session_resolve(session, operands[i], &functions[i]);
    if (status == IMS_EXIT_OK) {
        const int code = ims_document_nodedev(&session->subject, functions, (uint32_t)operand_count,
                                              &document, &error);

        status = ims_session_print(options, document, code, &error);
    }
    free(functions);
    return status;
}

static int list(const struct ims_session *session, const struct ims_options *options)
{
    struct ims_error error = {0};
    json_t *document = NULL;
    const int code = ims_document_nodedev_list(
        &session->subject, ims_options_has(options, IMS_OPTION_TREE), &document, &error);

    return ims_session_print(options, document, code, &error);
}

static int describe(const struct ims_options *options, char **operands, int operand_count)
{
    const bool is_list = strcmp(operands[0], "list") == 0;
    struct ims_session session = {0};
    struct ims_pci_ids *ids = NULL;

    if (is_list != (operand_count == 1)) {
        ims_print_error(is_list ? "nodedev list takes no name" : "usage: nodedev dumpxml NAME...");
        return IMS_EXIT_USAGE;
    }
    int status = load(&session, options, &ids);
    if (status == IMS_EXIT_OK)
        status = is_list ? list(&session, options)
                         : dump(&session, options, operands + 1, operand_count - 1);
    ims_session_close(&session);
    ims_pci_ids_free(ids);
    return status;
}

int ims_command_nodedev(const struct ims_options *options, char **operands, int operand_count)
{
    if (strcmp(operands[0], "list") == 0 || strcmp(operands[0], "dumpxml") == 0)
        return describe(options, operands, operand_count);
    ims_print_error("nodedev: '%s' is none of list, dumpxml", operands[0]);
    return IMS_EXIT_USAGE;
}
