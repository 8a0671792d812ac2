/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IOMMULAB_H
#define IOMMULAB_H

/*
 * iommulab: synthetic PCI hierarchies inside a real kernel, and an IOMMU driver that translates
 * nothing and asks the kernel itself (pci_device_group) which devices share a group.
 *
 *   device.c     /dev/iommulab: lines in, answer lines out
 *   machine.c    the machine that the lines describe: roots, functions, configuration bytes
 *   hierarchy.c  lets the kernel scan it, enables virtual functions, reads groups, takes it down
 *   driver.c     the IOMMU driver
 *   internals.c  what the kernel does not export: the ACS switch and options of pci=
 */

#include <linux/device.h>
#include <linux/list.h>
#include <linux/pci.h>
#include <linux/types.h>

#define LAB_CONFIG_SIZE 4096u
#define LAB_WATCH_MAX 4u

struct lab_address {
    u32 segment;
    u8 bus;
    u8 devfn;
};

struct lab_function {
    struct list_head link;
    struct lab_address address;
    u32 size;                 /* bytes of configuration space that answer: 256 or 4096 */
    u8 *bytes;                /* LAB_CONFIG_SIZE, then as many of the mask of writable bits */
    bool unmanaged;           /* the IOMMU driver refuses it */
    u16 vf_count;             /* virtual functions to enable once the groups are made */
    u16 watch[LAB_WATCH_MAX]; /* offsets of words to read back */
    u32 watch_count;
};

struct lab_root {
    struct list_head link;
    u32 segment;
    u8 first, last; /* buses */
    bool vmd;       /* a domain behind a VMD endpoint */
    struct lab_address vmd_endpoint;
    struct pci_sysdata sysdata;
    struct resource buses;
    struct pci_bus *bus; /* NULL until it is scanned */
    struct pci_dev *vmd_device;
};

struct lab_machine {
    char name[64];
    bool hot;                    /* the IOMMU is there before the devices are */
    bool acs_wanted;             /* what an IOMMU driver asks of the PCI core early in the boot */
    char disable_acs_redir[256]; /* options of pci=, "" = not given */
    char config_acs[256];
    struct list_head roots;
    struct list_head functions;
    struct lab_function *current_function;
};

/* Answers grow until they are read. */
struct lab_answer {
    char *text;
    size_t used, size, taken;
    bool lost; /* memory ran out: said to the reader as an error */
};

__printf(2, 3) void lab_say(struct lab_answer *answer, const char *format, ...);

#define LAB_ADDRESS_FORMAT "%04x:%02x:%02x.%u"
#define LAB_ADDRESS_ARGUMENTS(a) (a).segment, (a).bus, PCI_SLOT((a).devfn), PCI_FUNC((a).devfn)

/* machine.c: one description line; -EINVAL when it is not understood. */
void lab_machine_init(struct lab_machine *machine);
void lab_machine_clear(struct lab_machine *machine);
int lab_machine_line(struct lab_machine *machine, char *line);
struct lab_function *lab_machine_find(const struct lab_machine *machine, u32 segment, u8 bus,
                                      u8 devfn);

/* hierarchy.c: removes every PCI device that the guest has, so that all addresses are free. */
void lab_clear_the_floor(void);
/* Scans, groups, answers, and leaves nothing behind. */
void lab_machine_go(struct lab_machine *machine, struct lab_answer *answer);

/* driver.c */
int lab_driver_register(const struct lab_machine *machine);
void lab_driver_unregister(void);
/* Devices are refused until this says otherwise: they are scanned before the IOMMU exists. */
void lab_driver_accept(bool accept);

/* internals.c */
int lab_internals_init(void);
void lab_internals_exit(void);
/* Sets the switch and the options; returns -ENOENT for an option that this kernel has not. */
int lab_internals_set(const struct lab_machine *machine);
/* While it is on, the caller's sleeps last no time (a virtual function takes over a second). */
void lab_internals_hurry(bool on);

#endif
