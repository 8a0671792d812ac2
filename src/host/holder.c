/* SPDX-License-Identifier: MIT */
/* Naming who keeps a transaction from coming to its end. */
#include <stdio.h>
#include <string.h>

#include "host/workshop.h"

/* "process 4711 (qemu)", as the search for uses writes it. */
static void read_subject(const char *subject, struct ims_holder *ret)
{
    unsigned pid = 0;

    *ret = (struct ims_holder){0};
    if (sscanf(subject, "process %u (%63[^)])", &pid, ret->name) == 2)
        ret->pid = pid;
}

void ims_outcome_take_holder(const struct ims_desk *desk, struct ims_address address,
                             const char *subject, struct ims_outcome *outcome)
{
    const struct ims_kernel *kernel = desk->kernel;

    if (!kernel->find_holder(kernel->context, address, &outcome->holder))
        read_subject(subject, &outcome->holder);
}

void ims_outcome_name_holder(const struct ims_desk *desk, struct ims_address address,
                             struct ims_outcome *outcome)
{
    const struct ims_kernel *kernel = desk->kernel;
    const struct ims_holder *holder = &outcome->holder;
    const size_t length = strlen(outcome->text);
    char *end = outcome->text + length;
    const size_t room = sizeof(outcome->text) - length;

    if (!kernel->find_holder(kernel->context, address, &outcome->holder))
        return;
    if (holder->guest[0])
        snprintf(end, room, "; the virtual machine %s has it open (process %u, %s)", holder->guest,
                 holder->pid, holder->name);
    else
        snprintf(end, room, "; process %s %u has it open", holder->name, holder->pid);
}
