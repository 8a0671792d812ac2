/* SPDX-License-Identifier: MIT */
#include "qemu.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * no_timer_check: a busy host loses timer interrupts, and the kernel panics over that. The rest
 * saves time: initcalls that cost a second under emulation and have nothing to do with PCI.
 */
#define FAST                                                                                \
    "quiet loglevel=1 panic=-1 init_on_alloc=0 audit=0 lsm= "                               \
    "initcall_blacklist=jent_mod_init,load_system_certificate_list,crypto_algapi_init,"     \
    "bpf_tcp_ca_kfunc_init,oom_init,bpf_dummy_struct_ops_init,raid6_select_algo,cmos_init," \
    "init_encrypted"
#define AMD64_CMDLINE "console=ttyS0 no_timer_check nokaslr mitigations=off " FAST
#define ARM64_CMDLINE "console=ttyAMA0 nokaslr " FAST

static __attribute__((format(printf, 2, 3))) void put(struct lab_command *command,
                                                      const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (command->count == LAB_ARGUMENT_MAX || vasprintf(&text, format, arguments) < 0)
        command->failed = true;
    else
        command->arguments[command->count++] = text;
    va_end(arguments);
}

/* Every word of a text is an argument. */
static void put_words(struct lab_command *command, const char *text)
{
    while (*(text += strspn(text, " \t"))) {
        size_t length = strcspn(text, " \t");
        put(command, "%.*s", (int)length, text);
        text += length;
    }
}

static void put_option(struct lab_command *command, const char *option, const char *value)
{
    put(command, "%s", option);
    put(command, "%s", value);
}

/* "intel caching-mode=on intremap=on": the kind and its properties. */
static void put_iommu(struct lab_command *command, const char *text)
{
    static const struct {
        const char *kind, *device;
    } kinds[] = {{"intel", "intel-iommu"}, {"amd", "amd-iommu"}, {"virtio", "virtio-iommu-pci"}};
    size_t length = strcspn(text, " \t");
    char device[512];
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i].kind) != length || strncmp(kinds[i].kind, text, length) != 0)
            continue;
        size_t end = (size_t)snprintf(device, sizeof(device), "%s", kinds[i].device);
        for (const char *rest = text + length; *(rest += strspn(rest, " \t")) && end < 256;) {
            size_t word = strcspn(rest, " \t");
            end += (size_t)snprintf(device + end, sizeof(device) - end, ",%.*s", (int)word, rest);
            rest += word;
        }
        put_option(command, "-device", device);
    }
}

static void put_amd64(struct lab_command *command, const struct lab_boot *boot, const char *work)
{
    put_words(command, "-M q35,kernel-irqchip=split -cpu qemu64,+x2apic");
    put_words(command, "-chardev stdio,id=frames,signal=off");
    put_words(command, "-device isa-debugcon,iobase=0xe9,chardev=frames");
    put(command, "-serial");
    put(command, "file:%s/serial.log", work);
    put_iommu(command, lab_machine_text(boot->machine, LAB_IOMMU, NULL, "intel"));
}

static void put_arm64(struct lab_command *command, const struct lab_options *options,
                      const struct lab_boot *boot, const char *work)
{
    const struct lab_machine *machine = boot->machine;
    bool smmu = strcmp(lab_machine_text(machine, LAB_IOMMU, NULL, "smmuv3"), "smmuv3") == 0;
    put_option(command, "-M", smmu ? "virt,gic-version=3,iommu=smmuv3" : "virt,gic-version=3");
    put_option(command, "-cpu", "cortex-a57");
    put(command, "-serial");
    put(command, "file:%s/serial.log", work);
    put_words(command, "-chardev stdio,id=frames,signal=off -serial chardev:frames");
    if (strcmp(lab_machine_text(machine, LAB_FIRMWARE, NULL, "dt"), "acpi") == 0) {
        put(command, "-bios");
        put(command, "%s/qemu/efi-aarch64.fd", options->cache);
    }
    if (!smmu)
        put_iommu(command, lab_machine_text(machine, LAB_IOMMU, NULL, "none"));
}

static void put_cmdline(struct lab_command *command, const struct lab_options *options,
                        const struct lab_boot *boot)
{
    struct ims_text line = {0};
    const struct lab_statement *statement = NULL;
    ims_text_append(&line, boot->kernel->arch == LAB_ARM64 ? ARM64_CMDLINE : AMD64_CMDLINE);
    while ((statement =
                lab_machine_next(boot->machine, LAB_CMDLINE, &boot->kernel->version, statement)))
        ims_text_appendf(&line, " %s", statement->text);
    if (options->append)
        ims_text_appendf(&line, " %s", options->append);
    put_option(command, "-append", line.failed ? "" : ims_text_get(&line));
    command->failed |= line.failed;
    ims_text_done(&line);
}

void lab_qemu_command(const struct lab_options *options, const struct lab_boot *boot,
                      const char *work, struct lab_command *ret)
{
    const struct lab_machine *machine = boot->machine;
    const struct lab_statement *statement = NULL;
    bool arm64 = boot->kernel->arch == LAB_ARM64;
    *ret = (struct lab_command){0};
    put(ret, "%s/qemu/bin/qemu-system-%s", options->cache, arm64 ? "aarch64" : "x86_64");
    put_option(ret, "-accel", options->accel && !arm64 ? options->accel : "tcg");
    put_words(ret, "-smp 1 -nodefaults -display none -no-reboot");
    put_option(ret, "-m", lab_machine_text(machine, LAB_MEMORY, NULL, arm64 ? "512" : "320"));
    put(ret, "-chardev");
    put(ret, "socket,id=monitor,path=%s/monitor,server=on,wait=off", work);
    put_words(ret, "-mon chardev=monitor,mode=readline");
    put(ret, "-kernel");
    put(ret, "%s/image", boot->kernel->folder);
    put(ret, "-initrd");
    put(ret, "%s/initramfs", work);
    put_cmdline(ret, options, boot);
    if (arm64)
        put_arm64(ret, options, boot, work);
    else
        put_amd64(ret, boot, work);
    for (unsigned i = 0; i < machine->count; i++) {
        statement = &machine->statements[i];
        if (statement->keyword == LAB_DEVICE)
            put_option(ret, "-device", statement->text);
        else if (statement->keyword == LAB_QEMU)
            put_words(ret, statement->text);
    }
}

void lab_command_done(struct lab_command *command)
{
    for (unsigned i = 0; i < command->count; i++)
        free(command->arguments[i]);
    command->count = 0;
}
