/* SPDX-License-Identifier: MIT */
/* The real kernel behind struct ims_kernel: questions to sysfs, and the only writes to it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/array.h"
#include "base/number.h"
#include "host/deadline.h"
#include "host/host.h"
#include "host/process.h"
#include "host/sysfs_kernel.h"
#include "host/vfio.h"
#include "iommuscope/source.h"
#include "ownership/model.h"

#define PATH_SIZE 256u

/* ---- questions ---- */

/* The path of a function's attribute below sys. */
static void write_path(struct ims_address address, const char *attribute, char path[PATH_SIZE])
{
    char name[IMS_ADDRESS_STRING_SIZE];

    snprintf(path, PATH_SIZE, "bus/pci/devices/%s/%s", ims_address_format(address, name),
             attribute);
}

static bool exists(const struct ims_host *host, const char *path)
{
    struct stat status;
    return fstatat(host->sys_fd, path, &status, 0) == 0;
}

static int open_function(const struct ims_host *host, struct ims_address address)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "bus/pci/devices/%s", ims_address_format(address, name));
    const int fd = openat(host->sys_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    return errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
}

static int read_hex(int dir_fd, const char *name, uint32_t max, uint32_t *ret)
{
    char text[32];
    uint64_t value;
    const ssize_t length = ims_host_read_file(dir_fd, name, text, sizeof(text));

    if (length < 0)
        return (int)length;
    if (ims_number_hex_prefixed(text, (size_t)length, max, &value) < 0)
        return -EINVAL;
    *ret = (uint32_t)value;
    return 0;
}

static int read_id(int dir_fd, const char *vendor, const char *device, struct ims_id *ret)
{
    uint32_t values[2] = {0, 0};
    int r = read_hex(dir_fd, vendor, 0xffff, &values[0]);

    if (r == 0)
        r = read_hex(dir_fd, device, 0xffff, &values[1]);
    if (r == 0)
        *ret = (struct ims_id){(uint16_t)values[0], (uint16_t)values[1]};
    return r;
}

/* "(null)" and nothing both mean that no override is set (1.1). */
static int read_override(struct ims_host *host, struct ims_address address,
                         char override[IMS_OVERRIDE_SIZE])
{
    char path[PATH_SIZE];

    write_path(address, "driver_override", path);
    const ssize_t length = ims_host_read_locked(host, path, override, IMS_OVERRIDE_SIZE, true);
    if (length == -ENOENT || (length >= 0 && strcmp(override, "(null)") == 0))
        override[0] = '\0';
    return length < 0 && length != -ENOENT ? (int)length : 0;
}

/* Functions without the file have no VFs. */
static int read_numvfs(struct ims_host *host, struct ims_address address, uint32_t *ret)
{
    char path[PATH_SIZE];
    char text[32];
    uint64_t number = 0;

    *ret = 0;
    write_path(address, "sriov_numvfs", path);
    if (!exists(host, path))
        return 0;
    const ssize_t length = ims_host_read_locked(host, path, text, sizeof(text), true);
    if (length > 0)
        (void)ims_number_decimal(text, (size_t)length, 0xffff, &number);
    *ret = (uint32_t)number;
    return length == -ETIME ? (int)length : 0;
}

static int read_links(int dir_fd, struct ims_live_function *ret)
{
    char group[32];
    uint64_t number;
    int r = ims_host_read_link_name(dir_fd, "driver", ret->driver, sizeof(ret->driver));

    if (r < 0)
        ret->driver[0] = '\0';
    if (r < 0 && r != -ENOENT)
        return r;
    r = ims_host_read_link_name(dir_fd, "iommu_group", group, sizeof(group));
    ret->has_group = r == 0 && ims_number_decimal(group, strlen(group), UINT32_MAX, &number) == 0;
    ret->group = ret->has_group ? (uint32_t)number : 0;
    return 0;
}

static int read_all(struct ims_host *host, int dir_fd, struct ims_address address,
                    struct ims_live_function *ret)
{
    int r = read_id(dir_fd, "vendor", "device", &ret->id);

    if (r == 0)
        r = read_hex(dir_fd, "class", 0xffffff, &ret->class_code);
    if (r == 0)
        r = read_links(dir_fd, ret);
    if (r == 0)
        r = read_override(host, address, ret->override);
    if (r == 0)
        r = read_numvfs(host, address, &ret->numvfs);
    if (r < 0)
        return r;
    if (ims_host_read_file(dir_fd, "power/control", ret->power, sizeof(ret->power)) < 0)
        ret->power[0] = '\0';
    if (read_id(dir_fd, "subsystem_vendor", "subsystem_device", &ret->subsystem) < 0)
        ret->subsystem = (struct ims_id){0};
    return 0;
}

static int read_function(void *context, struct ims_address address, struct ims_live_function *ret)
{
    struct ims_host *host = context;
    const int fd = open_function(host, address);

    *ret = (struct ims_live_function){0};
    if (fd < 0)
        return fd;
    const int r = read_all(host, fd, address, ret);
    close(fd);
    /* It went away between two files. */
    return r == -ENOENT || r == -ENXIO ? -ENODEV : r;
}

static int compare_addresses(const void *a, const void *b)
{
    return ims_address_compare(*(const struct ims_address *)a, *(const struct ims_address *)b);
}

/* The functions that entries of a directory are called by, or with virtfn lead to. */
static int read_addresses(int dir_fd, bool virtfn, struct ims_address **ret, uint32_t *ret_count)
{
    struct ims_address *members = NULL;
    uint32_t capacity = 0;
    uint32_t count = 0;
    DIR *directory = fdopendir(dir_fd);

    if (!directory) {
        close(dir_fd);
        return -ENOMEM;
    }
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        struct ims_address address;
        char target[64];
        const char *name = virtfn ? target : entry->d_name;

        if (virtfn && (strncmp(entry->d_name, "virtfn", 6) != 0 ||
                       ims_host_read_link_name(dir_fd, entry->d_name, target, sizeof(target)) < 0))
            continue;
        if (ims_address_parse(name, &address) < 0)
            continue;
        struct ims_address *grown = ims_array_grow(members, &capacity, count + 1, sizeof(*members));
        if (!grown) {
            free(members);
            closedir(directory);
            return -ENOMEM;
        }
        members = grown;
        members[count++] = address;
    }
    closedir(directory);
    if (count)
        qsort(members, count, sizeof(*members), compare_addresses);
    *ret = members;
    *ret_count = count;
    return 0;
}

static int read_members(void *context, uint32_t group, struct ims_address **ret,
                        uint32_t *ret_count)
{
    const struct ims_host *host = context;
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "kernel/iommu_groups/%u/devices", group);
    const int fd = openat(host->sys_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? -ENODEV : -errno;
    return read_addresses(fd, false, ret, ret_count);
}

static int read_vfs(void *context, struct ims_address pf, struct ims_address **ret,
                    uint32_t *ret_count)
{
    const int fd = open_function(context, pf);

    *ret = NULL;
    *ret_count = 0;
    if (fd < 0)
        return fd == -ENODEV ? 0 : fd;
    return read_addresses(fd, true, ret, ret_count);
}

static int read_boot_id(void *context, char ret[IMS_BOOT_ID_SIZE])
{
    const struct ims_host *host = context;
    const ssize_t length =
        ims_host_read_file(host->proc_fd, "sys/kernel/random/boot_id", ret, IMS_BOOT_ID_SIZE);

    return length < 0 ? (int)length : length == 0 ? -EIO : 0;
}

/* ---- writes ---- */

/*
 * Opens a file of sysfs to write it. Links inside of sysfs are followed, nothing leads out of it,
 * and what is opened must be a file of the kernel's own.
 */
static int open_attribute(const struct ims_host *host, const char *path)
{
    struct open_how how = {
        .flags = O_WRONLY | O_CLOEXEC | O_NOCTTY,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    struct statfs system;
    struct stat status;
    long fd = syscall(SYS_openat2, host->sys_fd, path, &how, sizeof(how));

    /* Kernels before 5.6 do not have the call; what was opened is checked all the same. */
    if (fd < 0 && errno == ENOSYS)
        fd = openat(host->sys_fd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (fstatfs((int)fd, &system) == 0 && system.f_type == SYSFS_MAGIC &&
        fstat((int)fd, &status) == 0 && S_ISREG(status.st_mode))
        return (int)fd;
    close((int)fd);
    return -EXDEV;
}

static int write_attribute(const struct ims_host *host, const char *path, const char *text)
{
    const int fd = open_attribute(host, path);

    if (fd < 0)
        return fd;
    const int r = ims_deadline_write(host, fd, text);
    close(fd);
    return r;
}

/* The module of vfio-pci does not always bring the one that maps memory (1.3). */
static int load(const struct ims_host *host, const char *driver)
{
    char path[PATH_SIZE];
    int r = 0;

    if (ims_driver_kind(driver, true) != IMS_DRIVER_STUB &&
        !exists(host, "module/vfio_iommu_type1"))
        (void)ims_deadline_modprobe(host, "vfio_iommu_type1");
    snprintf(path, sizeof(path), "bus/pci/drivers/%s", driver);
    if (exists(host, path))
        return 0;
    r = ims_deadline_modprobe(host, driver);
    if (r == -ETIME)
        return r;
    return exists(host, path) ? 0 : r < 0 ? r : -ENODEV;
}

int ims_sysfs_announce(const struct ims_host *host, uint32_t group)
{
    char path[PATH_SIZE];

    if (!host->is_live)
        return -EROFS;
    snprintf(path, sizeof(path), "class/vfio/%u/uevent", group);
    return write_attribute(host, path, "change");
}

static int do_step(void *context, const struct ims_step *step)
{
    const struct ims_host *host = context;
    char name[IMS_ADDRESS_STRING_SIZE];
    char path[PATH_SIZE];
    char number[16];

    if (!host->is_live)
        return -EROFS;
    /* Names of drivers become parts of paths; an override is put back whatever it was. */
    if (step->name && step->kind != IMS_STEP_OVERRIDE &&
        (strchr(step->name, '/') || strlen(step->name) >= IMS_DRIVER_NAME_SIZE * 2 ||
         step->name[0] == '.'))
        return -EINVAL;
    ims_address_format(step->address, name);
    switch (step->kind) {
    case IMS_STEP_LOAD:
        return load(host, step->name);
    case IMS_STEP_NUMVFS:
        write_path(step->address, "sriov_numvfs", path);
        snprintf(number, sizeof(number), "%u", step->number);
        return write_attribute(host, path, number);
    case IMS_STEP_OVERRIDE:
        write_path(step->address, "driver_override", path);
        return write_attribute(host, path, step->name ? step->name : "\n");
    case IMS_STEP_UNBIND:
        snprintf(path, sizeof(path), "bus/pci/drivers/%s/unbind", step->name);
        return write_attribute(host, path, name);
    case IMS_STEP_BIND:
        snprintf(path, sizeof(path), "bus/pci/drivers/%s/bind", step->name);
        return write_attribute(host, path, name);
    case IMS_STEP_PROBE:
        return write_attribute(host, "bus/pci/drivers_probe", name);
    case IMS_STEP_POWER:
        write_path(step->address, "power/control", path);
        return write_attribute(host, path, step->name);
    case IMS_STEP_KIND_MAX:
        break;
    }
    return -EINVAL;
}

/* Of the members whose driver the plan takes away, and of the VFs that go with a PF. */
static bool is_taken(const struct ims_plan *plan, const struct ims_topology *topology,
                     const struct ims_function_info *info)
{
    return ims_plan_takes(plan, info->address) ||
           (!ims_function_is_none(info->physfn) &&
            ims_plan_drops_vfs(plan, ims_topology_function(topology, info->physfn)->address));
}

static int find_uses(void *context, const struct ims_plan *plan, struct ims_uses *ret)
{
    struct ims_host *host = context;
    const struct ims_source_options options = {.size_bytes = sizeof(options), .ownership = true};
    struct ims_topology *topology = NULL;
    struct ims_function *functions = NULL;
    uint32_t count = 0;
    int r = ims_source_load(strcmp(host->root, "/") == 0 ? NULL : host->root, &options, &topology,
                            NULL);

    if (r < 0)
        return r;
    functions = calloc((size_t)ims_topology_function_count(topology) + 1, sizeof(*functions));
    if (!functions)
        r = -ENOMEM;
    for (uint32_t i = 0; r == 0 && i < ims_topology_function_count(topology); i++)
        if (is_taken(plan, topology, ims_topology_function(topology, (struct ims_function){i})))
            functions[count++] = (struct ims_function){i};
    if (r == 0)
        r = ims_host_uses(host, topology, functions, count, ret, NULL);
    free(functions);
    ims_topology_free(topology);
    return r;
}

static bool find_holder(void *context, struct ims_address address, struct ims_holder *ret)
{
    return ims_process_find_holder(context, address, ret);
}

static int is_viable(void *context, uint32_t group)
{
    return ims_vfio_is_viable(context, group);
}

struct ims_kernel ims_sysfs_kernel(struct ims_host *host)
{
    return (struct ims_kernel){
        .context = host,
        .read_function = read_function,
        .read_members = read_members,
        .read_vfs = read_vfs,
        .read_boot_id = read_boot_id,
        .find_holder = find_holder,
        .find_uses = find_uses,
        .do_step = do_step,
        .is_viable = is_viable,
    };
}
