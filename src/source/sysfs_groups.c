/* SPDX-License-Identifier: MIT */
#include "source/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/number.h"

#define RESERVED_MAX 4096u
#define NOIOMMU_NAME "vfio-noiommu" /* R7.4: such a group isolates nothing */

struct group_list {
    uint32_t *numbers;
    uint32_t count;
    uint32_t capacity;
    bool any_real; /* a group that is not vfio-noiommu */
};

struct other_list {
    struct ims_other_member *members;
    uint32_t count;
    uint32_t capacity;
};

static int compare_others(const void *a, const void *b)
{
    const struct ims_other_member *left = a;
    const struct ims_other_member *right = b;
    return strcmp(left->name, right->name);
}

static int compare_numbers(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a;
    const uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* The names of the groups, in the order of their numbers. */
static int list_groups(DIR *directory, struct group_list *list)
{
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        uint64_t number;

        if (ims_number_decimal(entry->d_name, strlen(entry->d_name), UINT32_MAX, &number) < 0)
            continue;
        if (list->count >= IMS_FUNCTION_MAX)
            return -E2BIG;
        uint32_t *numbers =
            ims_array_grow(list->numbers, &list->capacity, list->count + 1, sizeof(*numbers));
        if (!numbers)
            return -ENOMEM;
        list->numbers = numbers;
        numbers[list->count++] = (uint32_t)number;
    }
    if (list->count)
        qsort(list->numbers, list->count, sizeof(*list->numbers), compare_numbers);
    return 0;
}

/*
 * The group's own list is the second witness beside the link in the function's directory. false:
 * there is no such function.
 */
static bool take_member(struct ims_sysfs_reader *reader, struct ims_address address,
                        uint32_t number)
{
    struct ims_record *record = ims_builder_find(reader->builder, address);

    if (!record) {
        ims_builder_gap(reader->builder, IMS_GAP_NOT_IN_INPUT, &address, NULL, 0,
                        "it is a member of kernel group %u and not among the functions", number);
        return false;
    }
    if (record->group_state != IMS_GROUP_KNOWN) {
        record->group_state = IMS_GROUP_KNOWN;
        record->group = number;
    } else if (record->group != number) {
        ims_builder_gap(reader->builder, IMS_GAP_CONTRADICTION, &address, NULL, 0,
                        "its link names kernel group %u, group %u lists it too; the link is kept",
                        record->group, number);
    }
    return true;
}

/* Adds a member that is no PCI function; its driver link tells whether it is in use (R8.2). */
static int take_other(struct ims_sysfs_reader *reader, int devices_fd, const char *name,
                      struct other_list *list)
{
    char target[IMS_SYSFS_LINK_MAX_BYTES];
    struct ims_other_member member = {.name = ims_sysfs_keep(reader, name)};
    struct ims_other_member *members =
        ims_array_grow(list->members, &list->capacity, list->count + 1, sizeof(*members));

    if (!members)
        return -ENOMEM;
    list->members = members;
    const int fd = ims_sysfs_open_directory(devices_fd, name);
    if (fd >= 0) {
        const char *driver = ims_sysfs_link_name(fd, "driver", target);

        /* In a copy a missing link may be one that was not copied; uevent would name the driver. */
        member.driver_stated =
            driver || reader->is_live || reader->saw_driver_link ||
            ims_sysfs_read_file(fd, "uevent", reader->buffer, IMS_SYSFS_FILE_MAX_BYTES + 1) >= 0;
        member.driver = driver ? ims_sysfs_keep(reader, driver) : NULL;
        close(fd);
        if (driver && !member.driver)
            return -ENOMEM;
    }
    members[list->count++] = member;
    return member.name ? 0 : -ENOMEM;
}

static int take_members(struct ims_sysfs_reader *reader, int group_fd,
                        struct ims_kernel_group *group, struct other_list *others)
{
    int r = 0;
    const int fd = ims_sysfs_open_directory(group_fd, "devices");
    if (fd < 0)
        return 0;
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return -ENOMEM;
    }
    for (struct dirent *entry = readdir(directory); entry && r == 0; entry = readdir(directory)) {
        struct ims_address address;

        if (entry->d_name[0] == '.')
            continue;
        const bool is_function = ims_address_parse(entry->d_name, &address) == 0;
        group->non_pci_count += !is_function;
        if (!is_function || !take_member(reader, address, group->number))
            r = take_other(reader, fd, entry->d_name, others);
    }
    closedir(directory);
    if (others->count)
        qsort(others->members, others->count, sizeof(*others->members), compare_others);
    group->others = others->members;
    group->other_count = others->count;
    return r;
}

/* Points lines into text, which is cut. Returns how many. */
static uint32_t split_lines(char *text, const char **lines, uint32_t max)
{
    uint32_t count = 0;
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line && count < max;
         line = strtok_r(NULL, "\n", &rest)) {
        line[strcspn(line, "\r")] = '\0';
        lines[count++] = line;
    }
    return count;
}

static const char *read_word(int fd, const char *name, char *buffer, size_t capacity)
{
    return ims_sysfs_read_file(fd, name, buffer, capacity) > 0 ? buffer : NULL;
}

static int take_group(struct ims_sysfs_reader *reader, int group_fd, struct group_list *list,
                      uint32_t number)
{
    char type[64];
    char name[256];
    const char **lines = calloc(RESERVED_MAX, sizeof(*lines));
    struct ims_kernel_group group = {.number = number, .reserved = lines};
    struct other_list others = {0};

    if (!lines)
        return -ENOMEM;
    group.type = read_word(group_fd, "type", type, sizeof(type));
    group.name = read_word(group_fd, "name", name, sizeof(name));
    if (ims_sysfs_read_file(group_fd, "reserved_regions", reader->buffer,
                            IMS_SYSFS_FILE_MAX_BYTES + 1) > 0)
        group.reserved_count = split_lines(reader->buffer, lines, RESERVED_MAX);
    if (!group.name || strcmp(group.name, NOIOMMU_NAME) != 0)
        list->any_real = true;
    int r = take_members(reader, group_fd, &group, &others);
    if (r == 0)
        r = ims_builder_kernel_group(reader->builder, &group);
    free(others.members);
    free(lines);
    return r;
}

static int take_groups(struct ims_sysfs_reader *reader, int groups_fd, struct group_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        char name[16];
        char *end = name + sizeof(name) - 1;
        uint32_t rest = list->numbers[i];

        *end = '\0';
        do {
            *--end = (char)('0' + rest % 10);
        } while (rest /= 10);
        const int fd = ims_sysfs_open_directory(groups_fd, end);
        if (fd < 0)
            continue; /* the last member left it meanwhile (R2.13) */
        const int r = take_group(reader, fd, list, list->numbers[i]);
        close(fd);
        if (r < 0)
            return r;
    }
    return 0;
}

/* A tree may have lost kernel/iommu_groups and still have the links. */
static bool any_function_has_group(const struct ims_sysfs_reader *reader)
{
    for (uint32_t i = 0; i < ims_builder_count(reader->builder); i++)
        if (ims_builder_at(reader->builder, i)->group_state == IMS_GROUP_KNOWN)
            return true;
    return false;
}

/* directory_stated: kernel/iommu_groups was read, or the kernel itself does not have it. */
static void conclude(struct ims_sysfs_reader *reader, const struct group_list *list,
                     bool directory_stated)
{
    struct ims_machine *machine = ims_builder_machine(reader->builder);
    const bool any_link = any_function_has_group(reader);

    if (list->any_real || (any_link && list->count == 0)) {
        machine->groups_stated = IMS_YES;
        machine->iommu_on = IMS_YES;
        for (uint32_t i = 0; i < ims_builder_count(reader->builder); i++) {
            struct ims_record *record = ims_builder_at(reader->builder, i);
            if (record->group_state == IMS_GROUP_UNKNOWN)
                record->group_state = IMS_GROUP_NONE;
        }
    } else if (directory_stated) {
        machine->groups_stated = IMS_YES;
        machine->iommu_on = IMS_NO;
    }
}

int ims_sysfs_groups(struct ims_sysfs_reader *reader)
{
    struct group_list list = {0};
    const int fd = ims_sysfs_open_directory(reader->sysfs_fd, "kernel/iommu_groups");

    if (fd < 0) {
        if (fd != -ENOENT)
            ims_builder_gap(reader->builder, IMS_GAP_UNREADABLE, NULL, "kernel/iommu_groups", 0,
                            "the kernel's groups cannot be read: %s", strerror(-fd));
        conclude(reader, &list, fd == -ENOENT && reader->is_live);
        return 0;
    }
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return -ENOMEM;
    }
    int r = list_groups(directory, &list);
    if (r == 0)
        r = take_groups(reader, dirfd(directory), &list);
    if (r == 0)
        conclude(reader, &list, true);
    closedir(directory);
    free(list.numbers);
    return r;
}
