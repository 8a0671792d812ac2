/* SPDX-License-Identifier: MIT */
/* boot: the phases in which claims are made at every boot. */
#include <errno.h>
#include <string.h>

#include "cli/ownership.h"
#include "cli/print.h"

/* In the initramfs nobody waits for a device: a write that hangs is left to itself. */
#define EARLY_DEADLINE_SECONDS 5u

static void tell(void *context, const char *sentence)
{
    (void)context;
    ims_print_notes(sentence);
}

static bool read_phase(const char *word, enum ims_boot_phase *ret)
{
    for (int phase = IMS_BOOT_EARLY; phase <= IMS_BOOT_UNDO; phase++)
        if (strcmp(word, ims_boot_phase_to_string((enum ims_boot_phase)phase)) == 0) {
            *ret = (enum ims_boot_phase)phase;
            return true;
        }
    return false;
}

/* The gravest of all claims; a claim in doubt does not hide one that failed. */
static int worst_status(const struct ims_boot_report *report)
{
    static const int order[] = {IMS_EXIT_PARTIAL, IMS_EXIT_ERROR, IMS_EXIT_REFUSED,
                                IMS_EXIT_NO,      IMS_EXIT_OWNED, IMS_EXIT_UNKNOWN};

    for (size_t rank = 0; rank < sizeof(order) / sizeof(order[0]); rank++)
        for (uint32_t i = 0; i < report->count; i++)
            if (ims_outcome_status(&report->entries[i].outcome) == order[rank])
                return order[rank];
    return IMS_EXIT_OK;
}

int ims_command_boot(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_boot_report report = {0};
    struct ims_host_options how = {.size_bytes = sizeof(how), .root = options->sysroot};
    struct ims_host *host = NULL;
    struct ims_error error = {0};
    enum ims_boot_phase phase;
    json_t *document = NULL;

    (void)operand_count;
    if (!read_phase(operands[0], &phase)) {
        ims_print_error("boot: '%s' is none of: early late confirm undo", operands[0]);
        return IMS_EXIT_USAGE;
    }
    if (phase == IMS_BOOT_EARLY || phase == IMS_BOOT_UNDO)
        how.deadline_seconds = EARLY_DEADLINE_SECONDS;
    int code = ims_host_open(&how, &host, &error);
    if (code < 0)
        return ims_session_fail(&error, code);
    ims_host_tell(host, tell, NULL);
    code = ims_host_boot(host, phase, &report, &error);
    ims_host_close(host);
    if (code < 0) {
        (void)ims_session_fail(&error, code);
        return code == -EACCES || code == -EPERM ? IMS_EXIT_UNKNOWN
               : code == -EBUSY                  ? IMS_EXIT_OWNED
                                                 : IMS_EXIT_ERROR;
    }
    code = ims_document_boot(phase, &report, &document);
    const int verdict = worst_status(&report);
    const int status = ims_session_print(options, document, code, &error);
    ims_boot_report_done(&report);
    return status == IMS_EXIT_OK ? verdict : status;
}
