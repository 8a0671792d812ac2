/* SPDX-License-Identifier: MIT */
/* Domains of libvirt, by what it records of those that run (ownership 3.3: ask before acting). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_tree.h"

#define STATUS "run/libvirt/qemu/web.xml"
#define RECORD(PID, SLOT)                                                                          \
    "<domstatus state='running' reason='booted' pid='" PID "'>\n<domain type='kvm' id='1'>\n"      \
    "<name>web</name>\n<devices>\n<hostdev mode='subsystem' type='pci' managed='yes'>\n<source>\n" \
    "<address domain='0x0000' bus='0x00' slot='" SLOT                                              \
    "' function='0x0'/>\n</source>\n</hostdev>\n"                                                  \
    "</devices>\n</domain>\n</domstatus>\n"

static void a_running_domain_has_what_it_was_given(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "vfio-pci", "20000");
    host_function(&tree, "0000:00:05.0", "vfio-pci", "20000");
    tree_text(&tree, "proc/4711/comm", "qemu-system-x86\n");
    tree_text(&tree, STATUS, RECORD("4711", "0x04"));
    host_expect_both(&tree, "04 guest domain web", "!05 guest domain");
    tree_text(&tree, STATUS, RECORD("4711", "0x06"));
    host_expect_both(&tree, "!04 guest domain", "!05 guest domain");
    tree_remove(&tree);
}

/* libvirt was killed, and its guest with it. */
static void a_record_without_its_process_is_old(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "vfio-pci", "20000");
    tree_text(&tree, STATUS, RECORD("4712", "0x04"));
    host_expect(&tree, "!04 guest domain", "!04 guest? libvirt");
    tree_remove(&tree);
}

static void a_record_that_cannot_be_read_leaves_it_open(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "vfio-pci", "20000");
    tree_text(&tree, STATUS, "<domstatus pid='1'><domain><name>web</na");
    host_expect(&tree, "04 guest? libvirt");
    tree_remove(&tree);
    /* No domain has what a driver of the host has. */
    host_make(&tree, "e1000", "20000");
    tree_text(&tree, STATUS, "<domstatus pid='1'><domain><name>web</na");
    host_expect(&tree, "!04 guest");
    tree_remove(&tree);
}

/* Only records count: libvirt keeps other files beside them. */
static void other_files_are_passed_over(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "vfio-pci", "20000");
    tree_text(&tree, "run/libvirt/qemu/web.pid", "4711\n");
    tree_text(&tree, "run/libvirt/qemu/channel/target", "x\n");
    tree_link(&tree, "run/libvirt/qemu/evil.xml", "/etc/passwd");
    host_expect(&tree, "!04 guest domain", "04 guest? libvirt");
    tree_remove(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_domain_has_what_it_was_given),
        cmocka_unit_test(a_record_without_its_process_is_old),
        cmocka_unit_test(a_record_that_cannot_be_read_leaves_it_open),
        cmocka_unit_test(other_files_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
