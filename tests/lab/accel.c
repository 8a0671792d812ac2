/* SPDX-License-Identifier: MIT */
#include "accel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *lab_accel_choose(const struct lab_options *options, const struct lab_kernel *kernel,
                             const char *device, unsigned deadline_seconds)
{
    struct lab_options probe = *options;
    char name[] = "kvm-probe", title[] = "Nothing but the machine", path[] = "";
    struct lab_machine machine = {.name = name, .path = path, .title = title, .arch = LAB_AMD64};
    struct lab_boot boot = {.machine = &machine, .kernel = kernel};
    int fd = open(device, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        printf("# no KVM (%s: %s): emulation\n", device, strerror(errno));
        return "tcg";
    }
    close(fd);
    probe.accel = "kvm";
    probe.deadline_seconds = deadline_seconds;
    lab_boot_try(&probe, &boot);
    const struct ims_text *end = lab_frames_find(&boot.frames, "end");
    bool works = end && end->length == 0 && !boot.trouble[0] && !boot.frames.damage[0];
    printf("# KVM %s\n", works ? "works" : "can be opened, but no guest runs with it: emulation");
    lab_boot_done(&boot);
    return works ? "kvm" : "tcg";
}
