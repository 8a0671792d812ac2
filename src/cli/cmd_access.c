/* SPDX-License-Identifier: MIT */
/*
 * access: whether a node below /dev/vfio is that of a claim. udev asks for each node that comes, so
 * that a number that was freed and given to another group opens nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "cli/ownership.h"
#include "cli/print.h"

/* "13" is a group; "vfio3" the device of a function, whose group is a link below it. */
static int read_group(const struct ims_options *options, const char *node, uint32_t *ret)
{
    const char *root = options->sysroot ? options->sysroot : "";
    char path[4096];
    char target[4096];
    uint64_t number;

    if (ims_number_decimal(node, strlen(node), UINT32_MAX, &number) == 0) {
        *ret = (uint32_t)number;
        return 0;
    }
    if (strncmp(node, "vfio", 4) != 0 ||
        ims_number_decimal(node + 4, strlen(node + 4), UINT32_MAX, &number) < 0)
        return -EINVAL;
    snprintf(path, sizeof(path), "%s/sys/class/vfio-dev/%s/device/iommu_group", root, node);
    const ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length < 0)
        return -errno;
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    const char *name = slash ? slash + 1 : target;
    if (ims_number_decimal(name, strlen(name), UINT32_MAX, &number) < 0)
        return -EINVAL;
    *ret = (uint32_t)number;
    return 0;
}

static enum ims_tristate judge(const struct ims_topology *topology,
                               const struct ims_saved_claim *saved, uint32_t group, char *text,
                               size_t size_bytes)
{
    struct ims_claim_match match;
    enum ims_tristate belongs = IMS_UNKNOWN;

    if (saved->code < 0) {
        snprintf(text, size_bytes, "%s", saved->text);
        return IMS_UNKNOWN;
    }
    if (ims_claim_match(topology, &saved->claim, &match) < 0) {
        snprintf(text, size_bytes, "out of memory");
        return IMS_UNKNOWN;
    }
    if (!ims_claim_holds(&match)) {
        belongs = match.verdict == IMS_CLAIM_UNKNOWN ? IMS_UNKNOWN : IMS_NO;
        snprintf(text, size_bytes, "%s: %s", ims_claim_verdict_to_string(match.verdict),
                 match.text);
    } else {
        belongs = ims_tristate_from_bool(match.group == group);
        snprintf(text, size_bytes, "the claim %s is about group %u", saved->name, match.group);
    }
    ims_claim_match_done(&match);
    return belongs;
}

static int answer(const struct ims_options *options, const struct ims_topology *topology,
                  const struct ims_saved_claims *saved, char **operands)
{
    enum ims_tristate belongs = IMS_NO;
    json_t *document = NULL;
    uint32_t group = 0;
    char text[640];
    const int code = read_group(options, operands[1], &group);

    if (code < 0) {
        ims_print_error("access: '%s' is no VFIO node: %s", operands[1], strerror(-code));
        return IMS_EXIT_ERROR;
    }
    snprintf(text, sizeof(text), "there is no claim %s", operands[0]);
    for (uint32_t i = 0; i < saved->count; i++)
        if (strcmp(saved->claims[i].name, operands[0]) == 0)
            belongs = judge(topology, &saved->claims[i], group, text, sizeof(text));
    const int built = ims_document_access(operands[0], operands[1], belongs, text, &document);
    const int status = ims_session_print(options, document, built, NULL);
    if (status != IMS_EXIT_OK)
        return status;
    return belongs == IMS_YES ? IMS_EXIT_OK : belongs == IMS_NO ? IMS_EXIT_NO : IMS_EXIT_UNKNOWN;
}

int ims_command_access(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {.ownership = true};
    struct ims_saved_claims saved = {0};
    struct ims_host *host = NULL;
    struct ims_error error = {0};
    int status;

    (void)operand_count;
    status = ims_session_load(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_ownership_host(options, &host);
    if (status == IMS_EXIT_OK) {
        const int code = ims_host_claims(host, &saved, &error);

        status = code < 0 ? ims_session_fail(&error, code)
                          : answer(options, session.topology, &saved, operands);
    }
    ims_saved_claims_done(&saved);
    ims_host_close(host);
    ims_session_close(&session);
    return status;
}
