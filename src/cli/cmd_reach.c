/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/print.h"
#include "cli/session.h"

#define RAM_MAX 32u

/* One "FIRST-LAST", hexadecimal, last address included. */
static bool read_range(const char *text, size_t length, struct ims_guest_ram *ret)
{
    const char *dash = memchr(text, '-', length);

    return dash &&
           ims_number_hex_prefixed(text, (size_t)(dash - text), UINT64_MAX, &ret->first) == 0 &&
           ims_number_hex_prefixed(dash + 1, length - (size_t)(dash + 1 - text), UINT64_MAX,
                                   &ret->last) == 0 &&
           ret->first <= ret->last;
}

static int read_layout(const char *text, struct ims_guest_ram ram[RAM_MAX], uint32_t *ret_count)
{
    const char *at = text;

    *ret_count = 0;
    while (at) {
        size_t length = strcspn(at, ",");

        if (*ret_count == RAM_MAX) {
            ims_print_error("--guest-ram: more than %u ranges", RAM_MAX);
            return IMS_EXIT_USAGE;
        }
        if (!read_range(at, length, &ram[*ret_count])) {
            ims_print_error("--guest-ram: '%s' is no list of FIRST-LAST,... (hexadecimal)", text);
            return IMS_EXIT_USAGE;
        }
        (*ret_count)++;
        at = at[length] ? at + length + 1 : NULL;
    }
    return IMS_EXIT_OK;
}

/* 3 where guest memory overlaps what surely misses the IOMMU, 6 where it only may. */
static int overlap_status(const json_t *document)
{
    const json_t *hazard;
    const json_t *range;
    size_t index;
    size_t inner;
    int status = IMS_EXIT_OK;

    json_array_foreach(json_object_get(document, "hazards"), index, hazard)
    {
        json_array_foreach(json_object_get(hazard, "overlaps"), inner, range)
        {
            if (strncmp(json_string_value(json_object_get(range, "kind")), "maybe", 5) != 0)
                return IMS_EXIT_NO;
            status = IMS_EXIT_UNKNOWN;
        }
    }
    return status;
}

static int answer(const struct ims_options *options, const struct ims_session *session,
                  const struct ims_function *functions, uint32_t count)
{
    struct ims_guest_ram ram[RAM_MAX];
    uint32_t ram_count = 0;
    struct ims_error error = {0};
    json_t *document = NULL;
    int verdict = IMS_EXIT_OK;
    int status;
    int code;

    if (options->guest_ram) {
        status = read_layout(options->guest_ram, ram, &ram_count);
        if (status != IMS_EXIT_OK)
            return status;
    }
    code =
        ims_document_reach(&session->subject, functions, count, ram, ram_count, &document, &error);
    if (code == 0)
        verdict = overlap_status(document);
    status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK ? verdict : status;
}

/* Takes out what was named before. Returns how many are left. */
static uint32_t drop_repeated(struct ims_function *functions, uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = 0;

        while (other < kept && functions[other].index != functions[i].index)
            other++;
        if (other == kept)
            functions[kept++] = functions[i];
    }
    return kept;
}

/* Ports and bridges are targets only: somebody has to issue the requests. */
static int check_issuers(const struct ims_session *session, const struct ims_function *functions,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (ims_fabric_is_issuer(session->fabric, functions[i]))
            return IMS_EXIT_OK;
    if (count == 0)
        return IMS_EXIT_OK;
    ims_print_error("reach: none of these issues requests of its own (bridges and ports do not)");
    return IMS_EXIT_ERROR;
}

int ims_command_reach(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {0};
    struct ims_function *functions = NULL;
    uint32_t count;
    int status;

    if (options->guest_ram && operand_count == 0) {
        ims_print_error("reach: --guest-ram needs the functions that are given to the guest");
        return IMS_EXIT_USAGE;
    }
    functions = calloc((size_t)operand_count + 1, sizeof(*functions));
    if (!functions)
        return ims_session_fail(&(struct ims_error){0}, -ENOMEM);
    status = ims_session_load(&session, options);
    for (int i = 0; i < operand_count && status == IMS_EXIT_OK; i++)
        status = ims_session_resolve(&session, operands[i], &functions[i]);
    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_fabric(&session, options);
    count = status == IMS_EXIT_OK ? drop_repeated(functions, (uint32_t)operand_count) : 0;
    if (status == IMS_EXIT_OK)
        status = check_issuers(&session, functions, count);
    if (status == IMS_EXIT_OK)
        status = answer(options, &session, functions, count);
    ims_session_close(&session);
    free(functions);
    return status;
}
