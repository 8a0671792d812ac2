/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "source/text.h"

#define STRING_LONGEST 8192u

static int keep(struct ims_text_reader *reader, const char **field, const char *text, size_t length)
{
    return ims_text_keep(reader, field, text, length < STRING_LONGEST ? length : STRING_LONGEST);
}

/* "Linux version 6.12.95+deb12-amd64 (builder@host) ..." and what "uname -a" prints. */
static int read_version(struct ims_text_reader *reader, const char *text)
{
    struct ims_machine *machine = ims_builder_machine(reader->builder);

    if (!ims_word_skip(&text, "Linux version")) {
        if (!strstr(text, "GNU/Linux") && !strstr(text, " SMP"))
            return 0;
        ims_word_skip(&text, "Linux");
        text = ims_word_blanks(text + strcspn(text, " ")); /* the host's name */
    }
    if (*text < '2' || *text > '9')
        return 0;
    int r = keep(reader, &machine->kernel_release, text, strcspn(text, " \t"));
    if (r < 0)
        return r;
    if (!machine->architecture) {
        if (strstr(text, "x86_64") || strstr(text, "amd64"))
            machine->architecture = "x86_64";
        else if (strstr(text, "aarch64") || strstr(text, "arm64"))
            machine->architecture = "aarch64";
    }
    return 1;
}

/* "ACPI: DMAR 0x000000006FFFD000 0001F0 (v01 ...)" */
static void read_acpi(struct ims_machine *machine, const char *text)
{
    if (strncmp(text, "DMAR 0x", 7) == 0)
        machine->acpi_dmar = IMS_YES;
    else if (strncmp(text, "IVRS 0x", 7) == 0)
        machine->acpi_ivrs = IMS_YES;
    else if (strncmp(text, "IORT 0x", 7) == 0)
        machine->acpi_iort = IMS_YES;
}

static void read_driver(struct ims_machine *machine, const char *text)
{
    if (strncmp(text, "DMAR: ", 6) == 0) {
        machine->acpi_dmar = IMS_YES;
        machine->iommu_kind = IMS_IOMMU_INTEL;
        if (strstr(text, "Intel(R) Virtualization Technology for Directed I/O"))
            machine->iommu_on = IMS_YES;
    } else if (strncmp(text, "AMD-Vi: ", 8) == 0) {
        machine->acpi_ivrs = IMS_YES;
        machine->iommu_kind = IMS_IOMMU_AMD;
    } else if (strncmp(text, "arm-smmu", 8) == 0) {
        machine->iommu_kind = IMS_IOMMU_ARM_SMMU;
    } else if (strncmp(text, "virtio_iommu ", 13) == 0) {
        machine->iommu_kind = IMS_IOMMU_VIRTIO;
    }
}

int ims_klog_machine(struct ims_text_reader *reader, const char *text)
{
    struct ims_machine *machine = ims_builder_machine(reader->builder);
    int r = 0;

    switch (*text) {
    case 'L':
        return strncmp(text, "Linux ", 6) == 0 ? read_version(reader, text) : 0;
    case 'C':
    case 'K':
        ims_word_skip(&text, "Kernel ");
        if (!ims_word_skip(&text, "Command line:") && !ims_word_skip(&text, "command line:"))
            return 0;
        r = keep(reader, &machine->cmdline, text, strlen(text));
        return r < 0 ? r : 1;
    case 'D':
        if (ims_word_skip(&text, "DMI:")) {
            if (strncmp(text, "Memory slots", 12) == 0)
                return 1;
            const char *bios = strstr(text, ", BIOS");
            r = keep(reader, &machine->product, text, bios ? (size_t)(bios - text) : strlen(text));
            return r < 0 ? r : 1;
        }
        break;
    case 'A':
        if (ims_word_skip(&text, "ACPI:")) {
            read_acpi(machine, text);
            return 1;
        }
        break;
    case 'a':
    case 'v':
        break;
    default:
        return 0;
    }
    if (strncmp(text, "DMAR: ", 6) == 0 || strncmp(text, "AMD-Vi: ", 8) == 0) {
        read_driver(machine, text);
        if (!machine->architecture)
            machine->architecture = "x86_64";
        return 1;
    }
    if (strncmp(text, "arm-smmu", 8) == 0 || strncmp(text, "virtio_iommu ", 13) == 0) {
        read_driver(machine, text);
        return 1;
    }
    return 0;
}
