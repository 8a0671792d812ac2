// SPDX-License-Identifier: GPL-2.0
/*
 * What built-in code can reach and a module cannot: the switch by which IOMMU drivers ask for ACS,
 * and the options of pci= that are read while a device is set up. One boot can then judge machines
 * with and without them. The addresses come from the kernel's symbol table, which a probe opens.
 */

#include "lab.h"

#include <linux/kprobes.h>
#include <linux/sched.h>

static int *acs_switch;
static const char **disable_acs_redir_option;
static const char **config_acs_option; /* NULL before 6.11 */
static struct task_struct *hurried;

static int hurry(struct kprobe *probe, struct pt_regs *registers)
{
    if (current == hurried)
        registers->di = 0; /* the first argument: milliseconds */
    return 0;
}

static struct kprobe sleep_probe = {.symbol_name = "msleep", .pre_handler = hurry};

int lab_internals_init(void)
{
    struct kprobe probe = {.symbol_name = "kallsyms_lookup_name"};
    unsigned long (*lookup)(const char *name);
    int error = register_kprobe(&probe);

    if (error)
        return error;
    lookup = (unsigned long (*)(const char *))probe.addr;
    unregister_kprobe(&probe);
    acs_switch = (int *)lookup("pci_acs_enable");
    disable_acs_redir_option = (const char **)lookup("disable_acs_redir_param");
    config_acs_option = (const char **)lookup("config_acs_param");
    if (!acs_switch || !disable_acs_redir_option) {
        pr_err("iommulab: this kernel keeps the ACS switch elsewhere\n");
        return -ENOENT;
    }
    return register_kprobe(&sleep_probe);
}

void lab_internals_exit(void)
{
    unregister_kprobe(&sleep_probe);
    /* They point into this module. */
    *disable_acs_redir_option = NULL;
    if (config_acs_option)
        *config_acs_option = NULL;
}

int lab_internals_set(const struct lab_machine *machine)
{
    *acs_switch = machine->acs_wanted;
    *disable_acs_redir_option = machine->disable_acs_redir[0] ? machine->disable_acs_redir : NULL;
    if (config_acs_option)
        *config_acs_option = machine->config_acs[0] ? machine->config_acs : NULL;
    else if (machine->config_acs[0])
        return -ENOENT;
    return 0;
}

void lab_internals_hurry(bool on)
{
    hurried = on ? current : NULL;
}
