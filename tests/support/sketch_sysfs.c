/* SPDX-License-Identifier: MIT */
#include "sketch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A host root as the kernel shows it: sys/devices with real nesting, sys/bus/pci, groups, proc. */

#define PATH_SIZE 1024u

struct tree {
    const char *root;
    int error; /* the first -errno */
    char path[PATH_SIZE];
};

static void fail(struct tree *tree, const char *path)
{
    if (tree->error)
        return;
    tree->error = -errno;
    snprintf(tree->path, sizeof(tree->path), "%s", path);
}

/* Makes the directories above the last component. */
static void make_parents(struct tree *tree, char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) < 0 && errno != EEXIST)
            fail(tree, path);
        *slash = '/';
    }
}

static void write_bytes(struct tree *tree, const char *name, const void *bytes, size_t size_bytes)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof(path), "%s/%s", tree->root, name);
    make_parents(tree, path);
    FILE *stream = fopen(path, "wb");
    if (!stream || fwrite(bytes, 1, size_bytes, stream) != size_bytes)
        fail(tree, path);
    if (stream && fclose(stream) != 0)
        fail(tree, path);
}

__attribute__((format(printf, 3, 4))) static void write_text(struct tree *tree, const char *name,
                                                             const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    write_bytes(tree, name, text, (size_t)length);
}

__attribute__((format(printf, 3, 4))) static void make_link(struct tree *tree, const char *name,
                                                            const char *format, ...)
{
    char target[PATH_SIZE];
    char path[PATH_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(target, sizeof(target), format, arguments);
    va_end(arguments);
    snprintf(path, sizeof(path), "%s/%s", tree->root, name);
    make_parents(tree, path);
    if (symlink(target, path) < 0 && errno != EEXIST)
        fail(tree, path);
}

static const struct sketch_function *bridge_above(const struct sketch *sketch,
                                                  const struct sketch_function *function)
{
    struct ims_address address = function->is_vf ? function->physfn : function->address;
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *bridge = &sketch->functions[i];
        if (bridge->header && bridge->address.segment == address.segment &&
            bridge->secondary == address.bus && bridge->address.bus != address.bus)
            return bridge;
    }
    return NULL;
}

/* "sys/devices/pci0000:00/0000:00:1c.0/0000:01:00.0"; a VF stands beside its PF (R1.2). */
static void device_path(const struct sketch *sketch, const struct sketch_function *function,
                        unsigned depth, char path[PATH_SIZE])
{
    char parent[PATH_SIZE - 64];
    char above[PATH_SIZE];
    char name[IMS_ADDRESS_STRING_SIZE];
    const struct sketch_function *bridge = bridge_above(sketch, function);
    const struct sketch_function *vmd =
        function->vmd_stated ? sketch_find(sketch, function->vmd) : NULL;
    struct ims_address root = function->is_vf ? function->physfn : function->address;
    if (bridge && depth < 64) {
        device_path(sketch, bridge, depth + 1, above);
        snprintf(parent, sizeof(parent), "%.*s", (int)sizeof(parent) - 1, above);
    } else if (vmd && depth < 64) {
        device_path(sketch, vmd, depth + 1, above);
        snprintf(parent, sizeof(parent), "%.*s/pci%04x:%02x", (int)sizeof(parent) - 32, above,
                 root.segment, root.bus);
    } else {
        snprintf(parent, sizeof(parent), "sys/devices/pci%04x:%02x", root.segment, root.bus);
    }
    snprintf(path, PATH_SIZE, "%s/%s", parent, ims_address_format(function->address, name));
}

/* "../" for every directory of path below sys/. */
static void ups(const char *path, char text[PATH_SIZE])
{
    text[0] = '\0';
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
        strcat(text, "../");
}

static void write_ids(struct tree *tree, const struct sketch_function *function,
                      const char *directory)
{
    char path[PATH_SIZE + 64];
    struct ims_id id = sketch_id(function);
    char name[IMS_ADDRESS_STRING_SIZE];
    snprintf(path, sizeof(path), "%s/vendor", directory);
    write_text(tree, path, "0x%04x\n", id.vendor);
    snprintf(path, sizeof(path), "%s/device", directory);
    write_text(tree, path, "0x%04x\n", id.device);
    snprintf(path, sizeof(path), "%s/class", directory);
    write_text(tree, path, "0x%06x\n", function->class_code);
    snprintf(path, sizeof(path), "%s/subsystem_vendor", directory);
    write_text(tree, path, "0x%04x\n", function->subsystem.vendor);
    snprintf(path, sizeof(path), "%s/subsystem_device", directory);
    write_text(tree, path, "0x%04x\n", function->subsystem.device);
    snprintf(path, sizeof(path), "%s/uevent", directory);
    write_text(tree, path,
               "%s%s%sPCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\n"
               "PCI_SLOT_NAME=%s\n",
               function->driver[0] ? "DRIVER=" : "", function->driver,
               function->driver[0] ? "\n" : "", function->class_code, id.vendor, id.device,
               function->subsystem.vendor, function->subsystem.device,
               ims_address_format(function->address, name));
}

static void write_links(struct tree *tree, const struct sketch_function *function,
                        const char *directory)
{
    char path[PATH_SIZE + 128];
    char up[PATH_SIZE];
    char name[IMS_ADDRESS_STRING_SIZE];
    char physfn[IMS_ADDRESS_STRING_SIZE];
    ims_address_format(function->address, name);
    ups(directory, up);
    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", name);
    make_link(tree, path, "../../../%s", directory + strlen("sys/"));
    if (function->is_vf) {
        snprintf(path, sizeof(path), "%s/physfn", directory);
        make_link(tree, path, "../%s", ims_address_format(function->physfn, physfn));
    }
    if (function->driver[0]) {
        snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/%s", function->driver, name);
        make_link(tree, path, "../../../../%s", directory + strlen("sys/"));
        snprintf(path, sizeof(path), "%s/driver", directory);
        make_link(tree, path, "%sbus/pci/drivers/%s", up, function->driver);
    }
    if (function->group_state == IMS_GROUP_KNOWN) {
        snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%u/devices/%s", function->group,
                 name);
        make_link(tree, path, "../../../../%s", directory + strlen("sys/"));
        snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%u/type", function->group);
        write_text(tree, path, "DMA\n");
        snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%u/reserved_regions",
                 function->group);
        write_text(tree, path, "0x00000000fee00000 0x00000000feefffff msi\n");
        snprintf(path, sizeof(path), "%s/iommu_group", directory);
        make_link(tree, path, "%skernel/iommu_groups/%u", up, function->group);
    }
}

static void write_ownership(struct tree *tree, const struct sketch_function *function,
                            const char *directory)
{
    char path[PATH_SIZE + 64];

    if (function->override_stated) {
        snprintf(path, sizeof(path), "%s/driver_override", directory);
        write_text(tree, path, "%s\n", function->override[0] ? function->override : "(null)");
    }
    if (function->reset_stated) {
        snprintf(path, sizeof(path), "%s/reset_method", directory);
        write_text(tree, path, "%s\n", function->reset);
    }
    if (function->vfio_device) {
        snprintf(path, sizeof(path), "%s/vfio-dev/vfio0/dev", directory);
        write_text(tree, path, "511:0\n");
    }
    if (function->sriov) {
        snprintf(path, sizeof(path), "%s/sriov_numvfs", directory);
        write_text(tree, path, "%u\n", function->sriov_num);
    }
}

static void write_function(struct tree *tree, const struct sketch *sketch,
                           const struct sketch_function *function)
{
    char directory[PATH_SIZE];
    char path[PATH_SIZE + 64];
    char resource[1024];
    struct sketch_image image;
    sketch_image(function, &image);
    device_path(sketch, function, 0, directory);
    write_ids(tree, function, directory);
    write_links(tree, function, directory);
    snprintf(path, sizeof(path), "%s/config", directory);
    /* The kernel shows 256 bytes where extended space does not answer. */
    write_bytes(tree, path, image.bytes,
                function->no_ext && image.size_bytes > 256 ? 256 : image.size_bytes);
    sketch_fabric_resource(sketch, function, resource, sizeof(resource));
    if (resource[0]) {
        snprintf(path, sizeof(path), "%s/resource", directory);
        write_text(tree, path, "%s", resource);
    }
    if (function->pm[0]) {
        snprintf(path, sizeof(path), "%s/power/control", directory);
        write_text(tree, path, "%s\n", function->pm);
    }
    if (function->power[0]) {
        snprintf(path, sizeof(path), "%s/power_state", directory);
        write_text(tree, path, "%s\n", function->power);
    }
    write_ownership(tree, function, directory);
}

static void write_group(struct tree *tree, const struct sketch_group *group)
{
    char path[PATH_SIZE];

    if (group->name[0]) {
        snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%u/name", group->number);
        write_text(tree, path, "%s\n", group->name);
    }
    if (group->reserved[0]) {
        snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%u/reserved_regions", group->number);
        write_text(tree, path, "%s\n", group->reserved);
    }
    if (!group->other[0])
        return;
    snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%u/devices/%s", group->number,
             group->other);
    make_link(tree, path, "../../../../devices/platform/%s", group->other);
    snprintf(path, sizeof(path), "sys/devices/platform/%s/uevent", group->other);
    write_text(tree, path, "MODALIAS=platform:%s\n", group->other);
    if (strcmp(group->other_driver, "none") == 0)
        return;
    snprintf(path, sizeof(path), "sys/devices/platform/%s/driver", group->other);
    make_link(tree, path, "../../../bus/platform/drivers/%s", group->other_driver);
}

static void write_switches(struct tree *tree, const struct sketch_machine *machine)
{
    static const char type1[] = "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";

    if (machine->interrupt_remapping != IMS_UNKNOWN)
        write_text(tree, "proc/interrupts", " 24:  0  %sPCI-MSI 1-edge  disk\n",
                   machine->interrupt_remapping == IMS_YES ? "IR-" : "");
    if (machine->unsafe_interrupts != IMS_UNKNOWN)
        write_text(tree, type1, "%c\n", machine->unsafe_interrupts == IMS_YES ? 'Y' : 'N');
    if (machine->kvm_assignment == IMS_YES)
        write_text(tree, "sys/module/kvm/parameters/allow_unsafe_assigned_interrupts", "N\n");
    else if (machine->kvm_assignment == IMS_NO)
        write_text(tree, "sys/module/kvm/parameters/halt_poll_ns", "200000\n");
}

/* A table that is only said to be there is one without units. */
static void write_tables(struct tree *tree, const struct sketch_machine *machine)
{
    const enum ims_tristate stated[IMS_ACPI_TABLE_COUNT] = {machine->dmar, machine->ivrs};

    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++) {
        const enum ims_acpi_table which = (enum ims_acpi_table)i;
        struct sketch_table table = machine->tables[i];
        char path[64];

        if (table.size_bytes == 0 && stated[i] == IMS_YES)
            sketch_table_begin(&table, which);
        snprintf(path, sizeof(path), "sys/firmware/acpi/tables/%s",
                 ims_acpi_table_to_string(which));
        if (table.size_bytes)
            write_bytes(tree, path, table.bytes, table.size_bytes);
    }
}

static void write_machine(struct tree *tree, const struct sketch_machine *machine)
{
    if (machine->kernel[0])
        write_text(tree, "proc/sys/kernel/osrelease", "%s\n", machine->kernel);
    write_text(tree, "proc/cmdline", "%s\n", machine->cmdline);
    if (machine->ivrs == IMS_NO)
        write_text(tree, "sys/firmware/acpi/tables/FACP", "FACP");
    write_tables(tree, machine);
    /* A directory without entries: groups are possible, none exists. */
    write_text(tree, "sys/kernel/iommu_groups/x", "x");
    char path[PATH_SIZE];
    snprintf(path, sizeof(path), "%s/sys/kernel/iommu_groups/x", tree->root);
    unlink(path);
}

int sketch_write_sysfs(const struct sketch *sketch, const char *path, char *message,
                       size_t message_size)
{
    struct tree tree = {.root = path};
    write_machine(&tree, &sketch->machine);
    write_switches(&tree, &sketch->machine);
    for (unsigned i = 0; i < sketch->count; i++)
        write_function(&tree, sketch, &sketch->functions[i]);
    for (unsigned i = 0; i < sketch->machine.group_count; i++)
        write_group(&tree, &sketch->machine.groups[i]);
    if (tree.error)
        snprintf(message, message_size, "%s: %s", tree.path, strerror(-tree.error));
    return tree.error;
}

void sketch_remove_tree(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return;
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        char child[PATH_SIZE];
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
        if (lstat(child, &status) == 0 && S_ISDIR(status.st_mode))
            sketch_remove_tree(child);
        else
            unlink(child);
    }
    closedir(directory);
    rmdir(path);
}
