/* SPDX-License-Identifier: MIT */
/* What goes through interfaces: this session, bonds that keep another leg, a root on a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_tree.h"

#define ROUTES                                                     \
    "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU\n" \
    "eth1 00000000 0102A8C0 0003 0 0 0 00000000 0\n"               \
    "eth9 000A000A 00000000 0001 0 0 0 00FFFFFF 0\n"
#define PEER "10.0.10.7 40000 10.0.10.1 22"

static void make_interface(struct tree *tree)
{
    host_make(tree, "e1000", "20000");
    host_device(tree, FIRST "/net/eth9", "net", NULL);
    tree_text(tree, FIRST "/net/eth9/flags", "0x1003\n");
    tree_text(tree, "proc/net/route", ROUTES);
}

/* The route to the peer counts, whatever the default route is. */
static void the_route_of_the_session_is_vital(void **state)
{
    (void)state;
    struct tree tree;

    make_interface(&tree);
    host_expect_session(&tree, PEER, "04 session eth9", "!04 default-route");
    host_expect_session(&tree, "192.0.2.1 1 192.0.2.2 22", "!04 session"); /* through eth1 */
    host_expect_session(&tree, "::ffff:10.0.10.7 1 ::1 22", "04 session eth9");
    host_expect_session(&tree, "nonsense", "04 session? eth9");
    host_expect(&tree, "!04 session");
    tree_remove(&tree);
}

/* sudo drops the variable; the sshd above has the socket. */
static void the_session_is_found_without_the_variable(void **state)
{
    (void)state;
    struct tree tree;

    make_interface(&tree);
    tree_text(&tree, "proc/self/stat", "90 (a ) b) S 80 0\n");
    tree_text(&tree, "proc/80/stat", "80 (sshd-session) S 1 0\n");
    tree_link(&tree, "proc/80/fd/3", "socket:[4711]");
    tree_text(&tree, "proc/net/tcp",
              "  sl local rem st\n"
              "  0: 010A000A:0016 070A000A:9C40 0A 0:0 0:0 0 0 0 4711 1\n");
    host_expect(&tree, "!04 session"); /* it listens */
    tree_text(&tree, "proc/net/tcp",
              "  sl local rem st\n"
              "  0: 010A000A:0016 070A000A:9C40 01 0:0 0:0 0 0 0 4711 1\n");
    host_expect(&tree, "04 session eth9");
    tree_text(&tree, "proc/80/stat", "80 (tmux) S 1 0\n");
    host_expect(&tree, "!04 session");
    tree_remove(&tree);
}

static void make_bond(const struct tree *tree)
{
    tree_directory(tree, VIRTUAL "/net/bond0/bonding");
    tree_link(tree, FIRST "/net/eth9/upper_bond0", "../../../../virtual/net/bond0");
    tree_link(tree, FIRST "/net/eth9/master", "../../../../virtual/net/bond0");
    tree_link(tree, VIRTUAL "/net/bond0/lower_eth9", "../../../pci0000:00/0000:00:04.0/net/eth9");
    tree_link(tree, VIRTUAL "/net/bond0/lower_eth8", "../eth8");
    tree_text(tree, VIRTUAL "/net/eth8/flags", "0x1003\n");
    tree_text(tree, VIRTUAL "/net/eth8/carrier", "1\n");
    tree_text(tree, "proc/net/route", "Iface\nbond0 00000000 0102A8C0 0003 0 0 0 00000000 0\n");
}

/* The other leg keeps the address and the route; one without a carrier does not. */
static void a_bond_keeps_what_its_other_leg_has(void **state)
{
    (void)state;
    struct tree tree;

    make_interface(&tree);
    make_bond(&tree);
    host_expect_session(&tree, PEER, "04 master eth9", "!04 default-route", "!04 session");
    tree_text(&tree, VIRTUAL "/net/eth8/carrier", "0\n");
    host_expect_session(&tree, PEER, "04 master eth9", "04 default-route bond0",
                        "04 session bond0");
    tree_remove(&tree);
}

static void the_server_of_the_root_must_stay(void **state)
{
    (void)state;
    struct tree tree;

    make_interface(&tree);
    tree_text(&tree, "proc/self/mountinfo",
              "9 1 0:20 / /srv rw - nfs4 10.0.10.5:/x rw,vers=4.2,addr=10.0.10.5\n");
    host_expect(&tree, "!04 root-disk");
    tree_text(&tree, "proc/self/mountinfo",
              "9 1 0:20 / / rw - nfs4 10.0.10.5:/x rw,vers=4.2,addr=10.0.10.5\n");
    host_expect(&tree, "04 root-disk eth9");
    tree_remove(&tree);
}

static void the_adapter_of_an_iscsi_boot_must_stay(void **state)
{
    (void)state;
    struct tree tree;

    make_interface(&tree);
    tree_link(&tree, "sys/firmware/ibft/ethernet0/device",
              "../../../devices/pci0000:00/0000:00:05.0");
    host_expect(&tree, "!04 root-disk");
    tree_link(&tree, "sys/firmware/ibft/ethernet1/device",
              "../../../devices/pci0000:00/0000:00:04.0");
    host_expect(&tree, "04 root-disk ethernet1");
    tree_remove(&tree);
}

static void tables_that_cannot_be_read_are_unknown(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "e1000", "20000");
    host_device(&tree, FIRST "/net/eth9", "net", NULL);
    host_expect(&tree, "04 address? eth9", "04 link-up? eth9", "!04 idle");
    tree_remove(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_route_of_the_session_is_vital),
        cmocka_unit_test(the_session_is_found_without_the_variable),
        cmocka_unit_test(a_bond_keeps_what_its_other_leg_has),
        cmocka_unit_test(the_server_of_the_root_must_stay),
        cmocka_unit_test(the_adapter_of_an_iscsi_boot_must_stay),
        cmocka_unit_test(tables_that_cannot_be_read_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
