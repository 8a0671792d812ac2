/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_HOST_MACHINE_H
#define IMS_TESTS_HOST_MACHINE_H

/* A fake machine with a disk, for claims that survive a boot; include cmocka.h first. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kernel.h"
#include "fake_store.h"
#include "fake_vault.h"
#include "host/boot.h"
#include "host/claim_file.h"
#include "host/keep.h"

struct machine {
    struct sketch sketch;
    struct fake_script script;
    struct fake_kernel kernel;
    struct fake_store store;
    struct fake_vault vault;
    struct ims_kernel kernel_interface;
    struct ims_store store_interface;
    struct ims_vault vault_interface;
    struct ims_keeper keeper;
    unsigned boots;
};

static inline int machine_look(void *context, struct ims_topology **ret)
{
    struct machine *machine = context;
    struct sketch now;

    fake_kernel_to_sketch(&machine->kernel, &machine->sketch, &now);
    const int r = sketch_seal(&now, ret, NULL);
    sketch_done(&now);
    return r;
}

static inline void machine_wire(struct machine *machine)
{
    fake_script_reset(&machine->script);
    machine->kernel.script = machine->store.script = machine->vault.script = &machine->script;
    machine->kernel_interface = fake_kernel_interface(&machine->kernel);
    machine->store_interface = fake_store_interface(&machine->store);
    machine->vault_interface = fake_vault_interface(&machine->vault);
    machine->keeper = (struct ims_keeper){
        .desk = {.kernel = &machine->kernel_interface, .store = &machine->store_interface},
        .vault = &machine->vault_interface,
        .context = machine,
        .look = machine_look,
    };
}

static inline void machine_parse(struct machine *machine, const char *text)
{
    char message[256];

    sketch_done(&machine->sketch);
    machine->sketch = (struct sketch){0};
    if (sketch_parse(&machine->sketch, text, message, sizeof(message)) < 0)
        fail_msg("%s", message);
    fake_kernel_from_sketch(&machine->kernel, &machine->sketch, &machine->script);
    snprintf(machine->kernel.boot_id, sizeof(machine->kernel.boot_id), "boot-%u", machine->boots);
}

static inline struct machine *machine_new(const char *text)
{
    struct machine *machine = calloc(1, sizeof(*machine));

    if (!machine)
        abort();
    machine_parse(machine, text);
    machine_wire(machine);
    return machine;
}

static inline void machine_free(struct machine *machine)
{
    fake_store_done(&machine->store);
    sketch_done(&machine->sketch);
    free(machine);
}

/* A copy that goes on by itself. */
static inline struct machine *machine_copy(const struct machine *from)
{
    struct machine *machine = calloc(1, sizeof(*machine));

    if (!machine)
        abort();
    *machine = *from;
    sketch_copy(&machine->sketch, &from->sketch);
    fake_store_copy(&machine->store, &from->store, &machine->script);
    machine_wire(machine);
    return machine;
}

/* Switched off and on: another machine, perhaps; drivers, journals and /run are gone. */
static inline void machine_boot(struct machine *machine, const char *text)
{
    machine->boots++;
    fake_store_done(&machine->store);
    fake_vault_reboot(&machine->vault);
    machine_parse(machine, text);
    machine_wire(machine);
}

/* The process is gone, another one starts. */
static inline void machine_restart(struct machine *machine)
{
    fake_script_reset(&machine->script);
    fake_store_free_lock(&machine->store);
}

static inline const struct fake_function *machine_at(struct machine *machine, const char *text)
{
    struct ims_address address;

    assert_int_equal(ims_address_parse(text, &address), 0);
    const struct fake_function *function = fake_kernel_find(&machine->kernel, address);
    assert_non_null(function);
    return function;
}

/* "vfio-pci/vfio-pci": driver and override, "-" for none. */
static inline const char *machine_has(struct machine *machine, const char *text)
{
    static char buffer[2 * IMS_OVERRIDE_SIZE];
    const struct fake_function *function = machine_at(machine, text);

    snprintf(buffer, sizeof(buffer), "%s/%s",
             function->driver < fake_driver_count ? fake_drivers[function->driver].name : "-",
             function->override[0] ? function->override : "-");
    return buffer;
}

#endif
