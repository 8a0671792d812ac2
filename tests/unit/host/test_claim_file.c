/* SPDX-License-Identifier: MIT */
/* Claims as text: what was written is read back, and everything else is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/claim_file.h"
#include "host/modules.h"
#include "iommuscope/host.h"

#define MEMBER                                                                                  \
    "member 0000:00/1c.0/00.0\n  address 0000:01:00.0\n  id 10de:2684\n  subsystem 0000:0000\n" \
    "  class 030000\n  serial 00-00-00-aa-11-11-11-11\n"
#define SECOND                                                                                  \
    "member 0000:00/1c.0/00.1\n  address 0000:01:00.1\n  id 10de:22ba\n  subsystem 1043:8694\n" \
    "  class 040300\n  serial none\n"

static const char whole[] =
    "# Claim of an IOMMU group, written by iommuscope claim --persist;\n"
    "# iommuscope release --persist removes it.\n"
    "iommuscope-claim 1\ndriver vfio-pci\ncompanions stub\naccess user qemu\n" MEMBER
    "  slot Slot 4 (left)\n  driver vfio-pci\n  wanted\n  may-be-lost\n" SECOND
    "  driver pci-stub\nmember 0000:00/1d.0\n  address 0000:00:1d.0\n  id 8086:a118\n"
    "  subsystem 0000:0000\n  class 060400\n  serial none\n  interconnect\nend\n";

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct ims_claim claim;
    struct ims_text text = {0};
    struct ims_error error = {0};

    assert_int_equal(ims_claim_read(whole, strlen(whole), "gpu.claim", &claim, &error), 0);
    assert_int_equal(claim.member_count, 3);
    assert_int_equal(claim.access, IMS_ACCESS_USER);
    assert_string_equal(claim.access_name, "qemu");
    assert_int_equal(claim.companions, IMS_COMPANIONS_STUB);
    assert_string_equal(claim.members[0].identity.slot, "Slot 4 (left)");
    assert_true(claim.members[0].identity.serial == UINT64_C(0xaa11111111));
    assert_int_equal(claim.members[1].identity.has_serial, IMS_NO);
    assert_true(claim.members[2].interconnect && !claim.members[2].driver[0]);
    ims_claim_write(&claim, &text);
    assert_string_equal(ims_text_get(&text), whole);
    ims_text_done(&text);
    ims_claim_done(&claim);
}

/* A file that was cut anywhere is no claim. */
static void every_cut_is_refused(void **state)
{
    (void)state;
    for (size_t length = 0; length + 1 < strlen(whole); length++) {
        struct ims_claim claim;
        struct ims_error error = {0};

        assert_int_equal(ims_claim_read(whole, length, "gpu.claim", &claim, &error), -EBADMSG);
        assert_string_equal(error.path, "gpu.claim");
    }
}

#define BEGIN "iommuscope-claim 1\n"

static const struct {
    const char *text;
    unsigned line;
    const char *says;
} bad[] = {
    {"", 0, "it has no end"},
    {"member 0000:00/1c.0\n", 1, "begins with 'iommuscope-claim 1'"},
    {"iommuscope-claim 2\n", 1, "version '2' are not known"},
    {BEGIN "end\n", 2, "no member"},
    {BEGIN MEMBER "end\nx\n", 9, "behind the end"},
    {BEGIN MEMBER "end now\n", 8, "behind the end"},
    {BEGIN "colour red\n", 2, "'colour' is no fact of a claim"},
    {BEGIN MEMBER "  colour red\nend\n", 8, "'colour' is no fact of a member"},
    {BEGIN "driver a\ndriver b\n", 3, "twice"},
    {BEGIN "driver ../../evil\n", 2, "no name of a driver"},
    {BEGIN "companions none\n", 2, "auto, vfio or stub"},
    {BEGIN "access kvm\n", 2, "user NAME"},
    {BEGIN "access user a\"b\n", 2, "user NAME"},
    {BEGIN "access user -x\n", 2, "user NAME"},
    {BEGIN "access group kvm, RUN+=evil\n", 2, "user NAME"},
    {BEGIN MEMBER MEMBER "end\n", 8, "sorted by their paths"},
    {BEGIN SECOND MEMBER "end\n", 8, "sorted by their paths"},
    {BEGIN "member 0000:00/1c.0\nend\n", 3, "lacks its address"},
    {BEGIN "member 0000:00/1c.0\n" SECOND "end\n", 3, "lacks its address"},
    {BEGIN "member 0000:00\nend\n", 2, "no path"},
    {BEGIN "member 0000:00/20.0\nend\n", 2, "no path"},
    {BEGIN "member 0000:00/1c.8\nend\n", 2, "no path"},
    {BEGIN "member 0000:00/../00.0\nend\n", 2, "no path"},
    {BEGIN "member 0000:00/vf0\nend\n", 2, "no path"},
    {BEGIN "member 0000:00/1c.0/vf0/00.0\nend\n", 2, "no path"},
    {BEGIN MEMBER "  id 10de:2684\nend\n", 8, "id is stated twice"},
    {BEGIN MEMBER "  wanted yes\nend\n", 8, "takes no value"},
    {BEGIN MEMBER "  slot\nend\n", 8, "no name of a slot"},
    {BEGIN MEMBER "  slot \x01\nend\n", 8, "no name of a slot"},
    {BEGIN "member 0000:00/1c.0\n  address 1:2\n", 3, "no address"},
    {BEGIN "member 0000:00/1c.0\n  id 10de2684\n", 3, "no id"},
    {BEGIN "member 0000:00/1c.0\n  class 0300\n", 3, "no class"},
    {BEGIN "member 0000:00/1c.0\n  serial 00-00-00-00-00-00-00-00\n", 3, "no serial number"},
    {BEGIN "member 0000:00/1c.0\n  serial ff-ff-ff-ff-ff-ff-ff-ff\n", 3, "no serial number"},
    {BEGIN "member 0000:00/1c.0\n  serial 0\n", 3, "no serial number"},
};

static void what_is_not_exact_is_refused(void **state)
{
    (void)state;
    static char long_line[2048];
    struct ims_claim claim;
    struct ims_error error = {0};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        error = (struct ims_error){0};
        const int r = ims_claim_read(bad[i].text, strlen(bad[i].text), "x.claim", &claim, &error);
        if (r != -EBADMSG || error.line != bad[i].line || !strstr(error.message, bad[i].says))
            fail_msg("%s%d, line %u: %s", bad[i].text, r, error.line, error.message);
    }
    memset(long_line, 'a', sizeof(long_line));
    assert_int_equal(ims_claim_read(long_line, sizeof(long_line), "x", &claim, &error), -EBADMSG);
    assert_int_equal(ims_claim_read("iommuscope-claim 1\0\n", 20, "x", &claim, &error), -EBADMSG);
}

/* ---- modules.alias ---- */

static void modules_are_found_by_alias(void **state)
{
    (void)state;
    static const char aliases[] = "# Aliases extracted from modules themselves.\n"
                                  "alias usb:v* usbcore\n"
                                  "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
                                  "alias pci:v00008086d00001533sv*sd*bc*sc*i* igb\n"
                                  "alias pci:v*d*sv*sd*bc0Csc05i* i2c_i801\n"
                                  "alias pci:broken\n"
                                  "alias pci:v0000144Dd0000A808sv*sd*bc01sc08i02 nvme";
    char name[IMS_DRIVER_NAME_SIZE];

    assert_string_equal(
        ims_modules_match(aliases, "pci:v00008086d00001533sv00001028sd00000001bc02sc00i00", name),
        "igb");
    assert_string_equal(
        ims_modules_match(aliases, "pci:v00008086d0000A323sv00000000sd00000000bc0Csc05i00", name),
        "i2c_i801");
    assert_string_equal(
        ims_modules_match(aliases, "pci:v0000144Dd0000A808sv0000144Dsd0000A801bc01sc08i02", name),
        "nvme");
    assert_null(
        ims_modules_match(aliases, "pci:v00001234d00005678sv00000000sd00000000bc02sc00i00", name));
    assert_null(ims_modules_match("", "pci:v", name));
}

/* ---- locked memory ---- */

static void memlock_is_told_in_numbers(void **state)
{
    (void)state;
    static const struct {
        struct ims_memlock memlock;
        const char *says;
    } rows[] = {
        {{UINT64_C(16) << 30, UINT64_C(8) << 20},
         "RLIMIT_MEMLOCK is 8.0 MiB, too little for any guest without CAP_IPC_LOCK (RAM: 16 GiB)"},
        {{UINT64_C(16) << 30, UINT64_C(5) << 30}, "is 5.0 GiB, enough for a guest of 4.0 GiB"},
        {{UINT64_C(16) << 30, UINT64_MAX}, "not limited here (RAM: 16 GiB)"},
        {{0, UINT64_C(64) << 10}, "RLIMIT_MEMLOCK is 64 KiB, too little"},
        {{0, UINT64_MAX}, "(RAM: unknown)"},
    };
    char buffer[256];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!strstr(ims_memlock_advice(&rows[i].memlock, buffer, sizeof(buffer)), rows[i].says))
            fail_msg("%s", buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(what_is_not_exact_is_refused),
        cmocka_unit_test(modules_are_found_by_alias),
        cmocka_unit_test(memlock_is_told_in_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
