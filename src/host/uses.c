/* SPDX-License-Identifier: MIT */
/* What on the host uses a function: every question is asked of every function. */
#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "host/uses.h"

/* What the topology tells already: the VGA of the firmware, and PFs with VFs. */
static void find_known(const struct ims_topology *topology, struct ims_function function,
                       struct ims_uses *ret)
{
    const struct ims_function_info *info = ims_topology_function(topology, function);
    const uint32_t count = ims_topology_function_count(topology);
    uint32_t vfs = 0;
    char text[128];

    if (info->record->boot_vga == IMS_YES)
        ims_uses_say(ret, info->address, IMS_USE_BOOT_VGA, "boot_vga", "sys: boot_vga is 1",
                     "the firmware's display: the console of the host goes dark");
    for (uint32_t i = 0; i < count; i++)
        vfs += ims_topology_function(topology, (struct ims_function){i})->physfn.index ==
               function.index;
    if (vfs == 0)
        return;
    snprintf(text, sizeof(text), "its %u virtual function%s with it", vfs,
             vfs == 1 ? " goes" : "s go");
    ims_uses_say(ret, info->address, IMS_USE_VFS, "virtual functions", "sys: virtfn links", text);
}

int ims_host_uses(struct ims_host *host, const struct ims_topology *topology,
                  const struct ims_function *functions, uint32_t function_count,
                  struct ims_uses *ret, struct ims_error *reterr)
{
    (void)host;
    for (uint32_t i = 0; i < function_count; i++)
        find_known(topology, functions[i], ret);
    ims_uses_sort(ret);
    return ret->failed ? ims_error_set(reterr, -ENOMEM, "out of memory") : 0;
}

void ims_uses_say(struct ims_uses *uses, struct ims_address address, enum ims_use_kind kind,
                  const char *subject, const char *evidence, const char *text)
{
    const struct ims_use use = {.address = address,
                                .kind = kind,
                                .certain = IMS_YES,
                                .subject = subject,
                                .evidence = evidence,
                                .text = text};
    ims_uses_add(uses, &use);
}
