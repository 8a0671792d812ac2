/* SPDX-License-Identifier: MIT */
/* Plans that say who gets which function: three forms, found out by reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/roster.h"

static char told[2048];

/* "web=0000:03:00.0@2 host=...", or "!LINE: MESSAGE". Entries without a function have "?". */
static const char *read_bytes(const char *bytes, size_t size)
{
    struct ims_roster *roster = ims_roster_new();
    struct ims_error error = {0};
    size_t used = 0;
    int code;

    assert_non_null(roster);
    code = ims_roster_parse(roster, "plan", bytes, size, &error);
    told[0] = '\0';
    if (code < 0) {
        assert_int_equal(error.code, -code);
        assert_string_equal(error.path, "plan");
        snprintf(told, sizeof(told), "!%u: %s", error.line, error.message);
    }
    for (uint32_t i = 0; code == 0 && i < ims_roster_count(roster); i++) {
        const struct ims_roster_entry *entry = ims_roster_at(roster, i);
        const struct ims_roster_owner *owner = ims_roster_owner(roster, entry->owner);
        char address[IMS_ADDRESS_STRING_SIZE] = "?";

        assert_non_null(owner);
        assert_string_equal(entry->path, "plan");
        if (entry->known)
            ims_address_format(entry->address, address);
        else
            assert_non_null(entry->text);
        used += (size_t)snprintf(told + used, sizeof(told) - used, "%s%s%s=%s@%u", used ? " " : "",
                                 owner->is_host ? "*" : "", owner->name, address, entry->line);
    }
    ims_roster_free(roster);
    return told;
}

static const char *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

#define NOT_A_PLAN                                                                                \
    "a plan has lines \"OWNER: ADDRESS ADDRESS...\", or is XML of a libvirt domain or a command " \
    "line of QEMU; this is none"

static void test_lines(void **state)
{
    (void)state;
    assert_string_equal(read_text("web: 03:00.0\n"), "web=0000:03:00.0@1");
    assert_string_equal(read_text("# a plan\n\n  web : 03:00.0, 0001:04:1f.7 # two\nhost: 05:00.0"),
                        "web=0000:03:00.0@3 web=0001:04:1f.7@3 *host=0000:05:00.0@4");
    assert_string_equal(read_text("my guest: 03:00.0\r\nweb:\r\n"), "my guest=0000:03:00.0@1");
    assert_string_equal(read_text("web: pci_0000_03_00_0\nweb: 10000:e1:00.0\n"),
                        "web=0000:03:00.0@1 web=10000:e1:00.0@2");
    assert_string_equal(read_text(""), "");
    /* An address is no owner, whatever colons it has. */
    assert_string_equal(read_text("0000:01:00.0\n"), "!1: " NOT_A_PLAN);
    assert_string_equal(read_text("web: 03:00.0\ndb 04:00.0\n"), "!2: " NOT_A_PLAN);
    assert_string_equal(read_text(": 04:00.0\n"), "!1: " NOT_A_PLAN);
    assert_string_equal(read_text("web: 03:00\n"),
                        "!1: '03:00' is no address of a PCI function ([SSSS:]BB:DD.F)");
    assert_string_equal(read_bytes("web\0: 03:00.0", 13),
                        "!0: this is neither text nor the command line of a QEMU");
}

static void test_command_lines(void **state)
{
    (void)state;
    assert_string_equal(
        read_text("qemu-system-x86_64 -name web -device vfio-pci,host=03:00.0,id=a -m 4G\n"),
        "web=0000:03:00.0@1");
    assert_string_equal(
        read_text(
            "LC_ALL=C \\\n/usr/bin/qemu-system-x86_64 \\\n-name guest=a,,b,debug-threads=on \\\n"
            "-device '{\"driver\":\"vfio-pci\",\"host\":\"0000:03:00.0\"}' \\\n"
            "--device \"vfio-pci-nohotplug,sysfsdev=/sys/bus/pci/devices/0000:04:00.1/\"\n"),
        "a,b=0000:03:00.0@1 a,b=0000:04:00.1@1");
    /* Nothing else that has a host= is passed through. */
    assert_string_equal(
        read_text("kvm -name web -device usb-host,host=03:00.0 -netdev user,host=x"), "");
    assert_string_equal(read_text("$QEMU -device vfio-pci,host=03:00.0 & # comment: -device x\n"),
                        "plan:1=0000:03:00.0@1");
    assert_string_equal(read_text("echo hello\nkvm -name a -device vfio-pci,host=03:00.0; "
                                  "kvm -name b -device vfio-pci,host=04:00.0"),
                        "a=0000:03:00.0@2 b=0000:04:00.0@2");
    /* A log holds every start of a guest: the last one counts. */
    assert_string_equal(read_text("kvm -name a -device vfio-pci,host=03:00.0\n"
                                  "kvm -name b -device vfio-pci,host=05:00.0\n"
                                  "kvm -name a -device vfio-pci,host=04:00.0\n"),
                        "b=0000:05:00.0@2 a=0000:04:00.0@3");
    assert_string_equal(read_bytes("kvm\0-name\0guest=web\0-device\0vfio-pci,host=03:00.0", 49),
                        "web=0000:03:00.0@0");
    assert_string_equal(read_text("kvm -device vfio-pci,host=03:00 -name web"),
                        "!1: host=03:00 is no address of a PCI function ([SSSS:]BB:DD.F)");
    assert_string_equal(read_text("kvm -device '{\"driver\":' -name web"),
                        "!1: the JSON of an option cannot be read: unexpected token near end of "
                        "file");
}

static void test_devices(void **state)
{
    (void)state;
    /* The last value of a key counts; host= comes before sysfsdev=. */
    assert_string_equal(read_text("kvm -name w -device vfio-pci,host=01:00.0,host=02:00.0"),
                        "w=0000:02:00.0@1");
    assert_string_equal(read_text("kvm -name w -device driver=vfio-pci,host=01:00.0"),
                        "w=0000:01:00.0@1");
    /* A mediated device is no function; what a descriptor is, only QEMU knows. */
    assert_string_equal(read_text("kvm -name w -device vfio-pci,sysfsdev=/sys/bus/mdev/devices/"
                                  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"),
                        "");
    assert_string_equal(read_text("kvm -name w -device vfio-pci,fd=21,id=a"), "w=?@1");
    assert_string_equal(read_text("kvm -name w -readconfig vm.cfg"), "w=?@1");
    assert_string_equal(
        read_text("kvm -name w -blockdev driver=nvme,device=0000:05:00.0,namespace=1,node-name=a "
                  "-blockdev driver=raw,file.driver=nvme,file.device=0000:06:00.0 "
                  "-drive file=nvme://0000:07:00.0/1,if=none"),
        "w=0000:05:00.0@1 w=0000:06:00.0@1 w=0000:07:00.0@1");
    assert_string_equal(
        read_text("kvm -name w -blockdev '{\"driver\":\"raw\",\"file\":{\"driver\":\"nvme\","
                  "\"device\":\"0000:05:00.0\",\"namespace\":1}}'"),
        "w=0000:05:00.0@1");
}

#define HOSTDEV(attributes)                                                           \
    "<hostdev mode='subsystem' type='pci' managed='yes'><source><address " attributes \
    "/></source><address type='pci' bus='9' slot='9'/></hostdev>\n"

static void test_xml(void **state)
{
    (void)state;
    assert_string_equal(
        read_text("<?xml version='1.0'?>\n<domain type='kvm'>\n<name>web</name><devices>\n" HOSTDEV(
            "domain='0x0000' bus='0x03' slot='0x00' function='0x1'") "</devices></domain>"),
        "web=0000:03:00.1@4");
    /* The name may come last; numbers are those of C. */
    assert_string_equal(
        read_text("\xef\xbb\xbf <domain><devices>" HOSTDEV(
            "domain='0x10000' bus='16' slot='037' function='7'") "</devices>"
                                                                 "<name>\n a&amp;b "
                                                                 "</name></domain>"),
        "a&b=10000:10:1f.7@1");
    /* Status files and snapshots hold a domain; metadata may hold anything. */
    assert_string_equal(
        read_text("<domstatus><domain><name>w</name><metadata><domain><name>evil</"
                  "name><devices>" HOSTDEV("bus='1' slot='0'") "</devices></domain></"
                                                               "metadata><devices>" HOSTDEV(
                                                                   "bus='2' slot='0'") "</"
                                                                                       "devices></"
                                                                                       "domain></"
                                                                                       "domstatus"
                                                                                       ">"),
        "w=0000:02:00.0@2");
    /* Network cards of type hostdev, a pool's choice, disks that QEMU drives, options passed on. */
    assert_string_equal(
        read_text(
            "<domain><name>w</name><devices>"
            "<interface type='network'><source network='x'/><address type='pci' bus='1' slot='0'/>"
            "</interface><interface type='hostdev'><source><address type='pci' bus='2' slot='0'/>"
            "</source></interface><interface type='network'><actual "
            "type='hostdev'><source><address "
            "type='pci' bus='3' slot='0'/></source></actual></interface>"
            "<disk type='nvme'><source type='pci' namespace='1'><address bus='4' "
            "slot='0'/></source>"
            "</disk><hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/>"
            "</source></hostdev><hostdev mode='subsystem' type='mdev'><source><address uuid='u'/>"
            "</source></hostdev></devices><q:commandline xmlns:q='urn:x'><q:arg value='-device'/>"
            "<q:arg value='vfio-pci,host=05:00.0'/></q:commandline></domain>"),
        "w=0000:02:00.0@1 w=0000:03:00.0@1 w=0000:04:00.0@1 w=0000:05:00.0@1");
}

static void test_hostile_xml(void **state)
{
    char deep[4096] = "";
    size_t used = 0;

    (void)state;
    assert_string_equal(
        read_text("<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>\n<domain>&a;</domain>"),
        "!1: a document type is not taken: no XML of libvirt has one");
    assert_string_equal(read_text("<domain><name>w</name>"),
                        "!1: the XML is damaged: no element found");
    assert_string_equal(read_text("<domain><name>&x;</name></domain>"),
                        "!1: the XML is damaged: undefined entity");
    assert_string_equal(read_text("<network><name>x</name></network>"),
                        "!0: this XML holds no <domain> of libvirt");
    assert_string_equal(read_text("<domain><devices/></domain>"), "!1: the domain has no name");
    assert_string_equal(
        read_text("<domain><name>w</name><devices><hostdev mode='subsystem' type='pci'/>"
                  "</devices></domain>"),
        "!1: the device has no <source> with the address of a PCI function");
    assert_string_equal(
        read_text("<domain><name>w</name><devices>" HOSTDEV("bus='0x100' slot='0'") "</devices>"),
        "!1: this is no address of a PCI function (domain, bus, slot, function)");
    assert_string_equal(
        read_text("<domain><name>w</name><devices>" HOSTDEV("bus='08' slot='0'") "</devices>"),
        "!1: this is no address of a PCI function (domain, bus, slot, function)");
    for (unsigned i = 0; i < 65; i++)
        used += (size_t)snprintf(deep + used, sizeof(deep) - used, "<a>");
    assert_string_equal(read_text(deep), "!1: elements are nested more than 64 times");
}

static void test_owners(void **state)
{
    struct ims_roster *roster = ims_roster_new();
    struct ims_error error = {0};

    (void)state;
    assert_non_null(roster);
    /* A guest that is called host is not the host; two plans with one name are one owner. */
    assert_int_equal(ims_roster_parse(roster, "a", "kvm -name host", 14, &error), 0);
    assert_int_equal(ims_roster_parse(roster, "b", "host: 01:00.0", 13, &error), 0);
    assert_int_equal(ims_roster_parse(roster, "c", "kvm -name host", 14, &error), 0);
    assert_int_equal(ims_roster_owner_count(roster), 2);
    assert_false(ims_roster_owner(roster, 0)->is_host);
    assert_true(ims_roster_owner(roster, 0)->repeated);
    assert_true(ims_roster_owner(roster, 1)->is_host);
    assert_false(ims_roster_owner(roster, 1)->repeated);
    assert_null(ims_roster_owner(roster, 2));
    assert_null(ims_roster_at(roster, 1));
    ims_roster_free(roster);
}

static void test_files(void **state)
{
    struct ims_roster *roster = ims_roster_new();
    struct ims_error error = {0};

    (void)state;
    assert_non_null(roster);
    assert_int_equal(ims_roster_read(roster, "/nonexistent/plan", &error), -ENOENT);
    assert_string_equal(error.path, "/nonexistent/plan");
    assert_int_equal(ims_roster_read(roster, "/", &error), -EISDIR);
    assert_int_equal(ims_roster_read(roster, "/dev/zero", &error), -E2BIG);
    /* What a command that failed leaves in a pipe. */
    assert_int_equal(ims_roster_read(roster, "/dev/null", &error), -EBADMSG);
    assert_int_equal(ims_roster_count(roster), 0);
    ims_roster_free(roster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),       cmocka_unit_test(test_command_lines),
        cmocka_unit_test(test_devices),     cmocka_unit_test(test_xml),
        cmocka_unit_test(test_hostile_xml), cmocka_unit_test(test_owners),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
