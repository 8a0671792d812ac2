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

/* ---- handing over, in libvirt's words ---- */

/* Options that not all verbs take, and which do. */
#define OF_TEXT 1u
#define OF_DETACH 2u
#define OF_REATTACH 4u

static const struct verb_option {
    enum ims_option_id id;
    const char *name;
    unsigned verbs;
} verb_options[] = {
    {IMS_OPTION_INPUT, "input", OF_TEXT},
    {IMS_OPTION_GROUPS, "groups", OF_TEXT},
    {IMS_OPTION_PCI_IDS, "pci-ids", OF_TEXT},
    {IMS_OPTION_TREE, "tree", OF_TEXT},
    {IMS_OPTION_DRIVER, "driver", OF_DETACH},
    {IMS_OPTION_COMPANIONS, "companions", OF_DETACH},
    {IMS_OPTION_ALLOW_LOSS, "allow-loss", OF_DETACH},
    {IMS_OPTION_DRY_RUN, "dry-run", OF_DETACH | OF_REATTACH},
};

static int refuse_options(const struct ims_options *options, const char *verb, unsigned bit)
{
    for (size_t i = 0; i < sizeof(verb_options) / sizeof(verb_options[0]); i++)
        if (!(verb_options[i].verbs & bit) && ims_options_has(options, verb_options[i].id)) {
            ims_print_error("nodedev %s: --%s means nothing to it", verb, verb_options[i].name);
            return IMS_EXIT_USAGE;
        }
    return IMS_EXIT_OK;
}

/* By its header: nothing else says whether VFIO refuses it. */
static bool is_bridge(const struct ims_function_info *info)
{
    const struct ims_bits type = info->pci.header_type;

    return ims_bits_all_known(type, 0x7f) && (type.value & 0x7f) != 0;
}

/* virsh reports success for a bridge and leaves the group as it was. */
static int refuse_bridges(const struct ims_options *options, const char *verb, char **operands,
                          int operand_count)
{
    struct ims_session session = {0};
    int status = ims_session_load(&session, options);

    for (int i = 0; i < operand_count && status == IMS_EXIT_OK; i++) {
        struct ims_function function;
        char name[IMS_ADDRESS_STRING_SIZE];

        status = ims_session_resolve(&session, operands[i], &function);
        if (status != IMS_EXIT_OK)
            break;
        const struct ims_function_info *info = ims_topology_function(session.topology, function);
        if (!is_bridge(info))
            continue;
        ims_print_error("nodedev %s: %s is a bridge: VFIO takes no bridges, and a group is viable "
                        "without: name the function below it that a guest is to have",
                        verb, ims_address_format(info->address, name));
        status = IMS_EXIT_NO;
    }
    ims_session_close(&session);
    return status;
}

static int hand_over(const struct ims_options *options, char **operands, int operand_count)
{
    const char *verb = operands[0];
    const bool is_detach = strcmp(verb, "detach") == 0;
    int status = refuse_options(options, verb, is_detach ? OF_DETACH : OF_REATTACH);

    if (status == IMS_EXIT_OK && operand_count == 1) {
        ims_print_error("usage: nodedev %s NAME...", verb);
        status = IMS_EXIT_USAGE;
    }
    if (status == IMS_EXIT_OK)
        status = refuse_bridges(options, verb, operands + 1, operand_count - 1);
    if (status != IMS_EXIT_OK)
        return status;
    return is_detach ? ims_command_claim(options, operands + 1, operand_count - 1)
                     : ims_command_release(options, operands + 1, operand_count - 1);
}

int ims_command_nodedev(const struct ims_options *options, char **operands, int operand_count)
{
    const char *verb = operands[0];

    if (strcmp(verb, "list") == 0 || strcmp(verb, "dumpxml") == 0) {
        const int status = refuse_options(options, verb, OF_TEXT);

        return status == IMS_EXIT_OK ? describe(options, operands, operand_count) : status;
    }
    if (strcmp(verb, "detach") == 0 || strcmp(verb, "reattach") == 0)
        return hand_over(options, operands, operand_count);
    ims_print_error("nodedev: '%s' is none of list, dumpxml, detach, reattach", verb);
    return IMS_EXIT_USAGE;
}
