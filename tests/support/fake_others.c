/* SPDX-License-Identifier: MIT */
/* What others do to the fake machine. */
#include <stdio.h>
#include <string.h>

#include "fake_behaviour.h"

static void go_on(struct fake_kernel *kernel, struct fake_function *function)
{
    struct fake_waiting waiting[FAKE_WAITING_MAX];
    const unsigned count = function->waiting_count;

    if (function->is_held || fake_has_held_vf(kernel, function))
        return;
    memcpy(waiting, function->waiting, sizeof(waiting));
    function->waiting_count = 0;
    if (function->left < fake_driver_count) {
        function->driver = function->left; /* the unbind, first in the queue, ends now */
        function->left = fake_driver_count;
    }
    for (unsigned i = 0; i < count; i++) {
        if (waiting[i].step.name)
            waiting[i].step.name = waiting[i].name;
        (void)fake_do_now(kernel, function, &waiting[i].step);
    }
}

void fake_kernel_hold(struct fake_kernel *kernel, struct ims_address address)
{
    struct fake_function *function = fake_kernel_find(kernel, address);

    if (function && fake_is_bound(function) && fake_drivers[function->driver].is_vfio &&
        (fake_is_claimed(kernel, function) || fake_kernel_viable(kernel, function->group)))
        function->is_held = true;
}

void fake_kernel_let_go(struct fake_kernel *kernel, struct ims_address address)
{
    struct fake_function *function = fake_kernel_find(kernel, address);

    if (!function || !function->is_held)
        return;
    function->is_held = false;
    go_on(kernel, function);
    struct fake_function *pf = function->is_vf ? fake_kernel_find(kernel, function->physfn) : NULL;
    if (pf)
        go_on(kernel, pf);
}

void fake_kernel_load(struct fake_kernel *kernel, const char *driver)
{
    const unsigned index = fake_driver_find(driver);

    if (index == fake_driver_count || kernel->loaded[index])
        return;
    kernel->loaded[index] = true;
    /* Every driverless function that matches is taken, unless an override holds it off. */
    for (unsigned i = 0; i < kernel->count; i++) {
        struct fake_function *function = &kernel->functions[i];
        if (function->present && !fake_is_bound(function) && function->waiting_count == 0 &&
            fake_matches(function, index))
            (void)fake_probe(kernel, function, index);
    }
}

void fake_kernel_unload(struct fake_kernel *kernel, const char *driver)
{
    const unsigned index = fake_driver_find(driver);

    if (index == fake_driver_count || !fake_drivers[index].module || !kernel->loaded[index])
        return;
    for (unsigned i = 0; i < kernel->count; i++)
        if (kernel->functions[i].present && kernel->functions[i].driver == index &&
            (kernel->functions[i].is_held || fake_has_held_vf(kernel, &kernel->functions[i])))
            return;
    for (unsigned i = 0; i < kernel->count; i++)
        if (kernel->functions[i].present && kernel->functions[i].driver == index)
            (void)fake_unbind(kernel, &kernel->functions[i], driver);
    kernel->loaded[index] = false;
}

void fake_kernel_remove(struct fake_kernel *kernel, struct ims_address address)
{
    struct fake_function *function = fake_kernel_find(kernel, address);

    if (!function || function->is_held || fake_has_held_vf(kernel, function))
        return;
    fake_drop_vfs(kernel, function);
    function->present = false;
    function->driver = fake_driver_count;
    function->override[0] = '\0';
}

void fake_kernel_rescan(struct fake_kernel *kernel, struct ims_address address)
{
    for (unsigned i = 0; i < kernel->count; i++) {
        struct fake_function *function = &kernel->functions[i];
        if (function->present || function->is_vf ||
            ims_address_compare(function->address, address) != 0)
            continue;
        function->present = true;
        (void)fake_choose(kernel, function);
    }
}

void fake_kernel_reboot(struct fake_kernel *kernel)
{
    snprintf(kernel->boot_id, sizeof(kernel->boot_id), "boot-2");
    for (unsigned i = 0; i < kernel->count; i++) {
        struct fake_function *function = &kernel->functions[i];

        function->present = !function->is_vf;
        function->is_held = false;
        function->waiting_count = 0;
        function->left = function->driver = fake_driver_count;
        function->override[0] = '\0';
        function->numvfs = 0;
        if (function->present)
            (void)fake_choose(kernel, function);
    }
}
