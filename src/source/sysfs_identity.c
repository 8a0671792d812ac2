/* SPDX-License-Identifier: MIT */
#include "source/sysfs.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "pci/regs.h"

#define UEVENT_MAX_BYTES 4096u

/* What uevent says in one read; the single files say the same in one read each. */
struct identity {
    bool has_class;
    uint32_t class_code;
    bool has_id;
    struct ims_id id;
    bool has_subsystem;
    struct ims_id subsystem;
    bool is_pci; /* it is a PCI function's uevent, so that a missing DRIVER= means none */
    const char *driver;
};

static bool parse_hex(const char *text, size_t length, uint32_t max, uint32_t *ret)
{
    uint64_t value;

    if (ims_number_hex(text, length, max, &value) < 0)
        return false;
    *ret = (uint32_t)value;
    return true;
}

/* "8086:0D57" */
static bool parse_id(const char *text, struct ims_id *ret)
{
    const char *colon = strchr(text, ':');
    uint32_t vendor;
    uint32_t device;

    if (!colon || !parse_hex(text, (size_t)(colon - text), 0xffff, &vendor) ||
        !parse_hex(colon + 1, strlen(colon + 1), 0xffff, &device))
        return false;
    *ret = (struct ims_id){(uint16_t)vendor, (uint16_t)device};
    return true;
}

static void uevent_line(const char *line, struct identity *identity)
{
    const char *value = strchr(line, '=');
    if (!value)
        return;
    const size_t length = (size_t)(value++ - line);

    if (length == 6 && strncmp(line, "DRIVER", length) == 0) {
        identity->driver = *value ? value : NULL;
    } else if (length == 9 && strncmp(line, "PCI_CLASS", length) == 0) {
        identity->is_pci = true;
        identity->has_class = parse_hex(value, strlen(value), 0xffffff, &identity->class_code);
    } else if (length == 6 && strncmp(line, "PCI_ID", length) == 0) {
        identity->is_pci = true;
        identity->has_id = parse_id(value, &identity->id);
    } else if (length == 13 && strncmp(line, "PCI_SUBSYS_ID", length) == 0) {
        identity->is_pci = true;
        identity->has_subsystem = parse_id(value, &identity->subsystem);
    }
}

/* text is cut into its lines; identity->driver points into it. */
static void parse_uevent(char *text, struct identity *identity)
{
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        uevent_line(line, identity);
    }
}

static bool read_id(int dir_fd, const char *vendor_name, const char *device_name,
                    struct ims_id *ret)
{
    uint32_t vendor;
    uint32_t device;

    if (ims_sysfs_read_hex(dir_fd, vendor_name, 0xffff, &vendor) < 0 ||
        ims_sysfs_read_hex(dir_fd, device_name, 0xffff, &device) < 0)
        return false;
    *ret = (struct ims_id){(uint16_t)vendor, (uint16_t)device};
    return true;
}

/* What uevent did not carry. */
static void read_single_files(int dir_fd, struct identity *identity)
{
    if (!identity->has_id)
        identity->has_id = read_id(dir_fd, "vendor", "device", &identity->id);
    if (!identity->has_class)
        identity->has_class =
            ims_sysfs_read_hex(dir_fd, "class", 0xffffff, &identity->class_code) == 0;
    if (!identity->has_subsystem)
        identity->has_subsystem =
            read_id(dir_fd, "subsystem_vendor", "subsystem_device", &identity->subsystem);
}

static int take_driver(struct ims_sysfs_reader *reader, int dir_fd, struct identity *identity,
                       struct ims_record *record)
{
    char target[IMS_SYSFS_LINK_MAX_BYTES];

    /* One link is enough to know that the copy has them, also where uevent names the driver. */
    if (!identity->driver || !reader->saw_driver_link) {
        const char *linked = ims_sysfs_link_name(dir_fd, "driver", target);

        reader->saw_driver_link |= linked != NULL;
        identity->driver = identity->driver ? identity->driver : linked;
    }
    if (identity->driver) {
        record->driver = ims_sysfs_keep(reader, identity->driver);
        if (!record->driver)
            return -ENOMEM;
    }
    /* The kernel's own tree has a link whenever there is a driver; a copy may have lost it. */
    record->driver_stated = identity->driver || identity->is_pci || reader->is_live;
    return 0;
}

int ims_sysfs_identity(struct ims_sysfs_reader *reader, int dir_fd, struct ims_record *record)
{
    char text[UEVENT_MAX_BYTES];
    struct identity identity = {0};

    /* The kernel may keep it locked while a driver is unbound; other files say the same. */
    if (!reader->is_live && ims_sysfs_read_file(dir_fd, "uevent", text, sizeof(text)) > 0)
        parse_uevent(text, &identity);
    read_single_files(dir_fd, &identity);

    if (identity.has_id) {
        record->ids = ims_builder_ids(reader->builder, &identity.id, 1);
        if (!record->ids)
            return -ENOMEM;
        record->id_count = 1;
    }
    if (identity.has_class) {
        record->class_stated = true;
        record->class_code = identity.class_code;
        record->class_known = 0xffffff;
    }
    /* Zeros stand for "none", which the configuration space says better. */
    if (identity.has_subsystem && (identity.subsystem.vendor || identity.subsystem.device)) {
        record->subsystem_stated = true;
        record->subsystem = identity.subsystem;
    }
    return take_driver(reader, dir_fd, &identity, record);
}

static bool is_bridge_class(uint32_t class_code)
{
    const uint32_t class = class_code >> 8;
    return class == IMS_CLASS_PCI_BRIDGE || class == IMS_CLASS_CARDBUS_BRIDGE ||
           class == IMS_CLASS_SEMI_TRANSPARENT_BRIDGE;
}

/* Bus numbers of a bridge. Returns -ENOMEM. */
static int remembered_buses(int dir_fd, struct ims_record *record)
{
    uint32_t number;
    int r = 0;

    if (ims_sysfs_read_decimal(dir_fd, "secondary_bus_number", 0xff, &number) == 0)
        r = ims_config_set(&record->config, IMS_REG_TYPE1_SECONDARY_BUS, (uint8_t)number, 0xff);
    if (r == 0 && ims_sysfs_read_decimal(dir_fd, "subordinate_bus_number", 0xff, &number) == 0)
        r = ims_config_set(&record->config, IMS_REG_TYPE1_SUBORDINATE_BUS, (uint8_t)number, 0xff);
    return r;
}

int ims_sysfs_remembered(int dir_fd, struct ims_record *record)
{
    struct ims_config *config = &record->config;
    uint32_t revision;
    int r = 0;

    /* A VF's id registers read all ones (R1.7): its ids are not what its registers hold. */
    if (record->id_count == 1 && record->is_vf != IMS_YES) {
        r = ims_config_set16(config, IMS_REG_VENDOR_ID, record->ids[0].vendor, 0xffff);
        if (r == 0)
            r = ims_config_set16(config, IMS_REG_DEVICE_ID, record->ids[0].device, 0xffff);
    }
    if (r == 0 && record->class_stated)
        r = ims_config_set32(config, IMS_REG_CLASS_REVISION, record->class_code << 8, 0xffffff00);
    if (r == 0 && ims_sysfs_read_hex(dir_fd, "revision", 0xff, &revision) == 0)
        r = ims_config_set(config, IMS_REG_REVISION_ID, (uint8_t)revision, 0xff);
    if (r == 0 && record->class_stated && record->is_vf != IMS_YES &&
        is_bridge_class(record->class_code))
        r = remembered_buses(dir_fd, record);
    return r;
}
