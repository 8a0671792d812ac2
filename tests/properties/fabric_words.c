/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iommuscope/source.h"
#include "sketch.h"
#include "tap.h"

/* The words of the sketch language that speak of the fabric: bytes, extents and the way back. */

static const char machine[] =
    "machine dmar=yes\n"
    "00:01.0 rp bus=01-02 acs=1f/1d port=3 cmd=0007 mem=e0000000-e3ffffff on_root "
    "mc=e8000000/10/2/5/0/3\n"
    "01:00.0 ep bar0=e0000000+10000 bar1=c000+100/io bar2=8000000000+4000000/64pref "
    "rom=e1000000+800 acs=0820/20 egress=1,5 ari fgroup=2 fgroups ats=on phantom=1 mc=off "
    "sriov=4/2/80/1/1234 vfbar0=e2000000+4000\n"
    "01:10.1 ep vf of=01:00.0\n"
    "01:00.1 ep nobar ats\n";

static void read_machine(struct sketch *sketch)
{
    char message[256];
    memset(sketch, 0, sizeof(*sketch));
    if (sketch_parse(sketch, machine, message, sizeof(message)) < 0) {
        printf("Bail out! %s\n", message);
        exit(1);
    }
}

static uint64_t number_at(const uint8_t *bytes, unsigned offset, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value |= (uint64_t)bytes[offset + i] << 8 * i;
    return value;
}

static void expect(struct tap *tap, const struct sketch_image *image, unsigned offset,
                   unsigned count, uint64_t value, const char *what)
{
    uint64_t found = number_at(image->bytes, offset, count);
    tap_ok(tap, found == value, "%s: %llx at %x", what, (unsigned long long)found, offset);
}

/* Offset of an extended capability, found by walking the list; 0 when it is not there. */
static unsigned extended(const struct sketch_image *image, unsigned id)
{
    for (unsigned at = 0x100; at; at = (unsigned)number_at(image->bytes, at, 4) >> 20) {
        if (number_at(image->bytes, at, 2) == id)
            return at;
    }
    return 0;
}

static void check_port(struct tap *tap, const struct sketch *sketch)
{
    struct sketch_image image;
    sketch_image(&sketch->functions[0], &image);
    expect(tap, &image, 0x04, 2, 7, "command");
    expect(tap, &image, 0x4f, 1, 3, "port number");
    unsigned at = extended(&image, 0x12);
    expect(tap, &image, at + 6, 2, 0x8001, "multicast: on, two groups");
    expect(tap, &image, at + 8, 8, 0xe8000010, "multicast: base and index position");
    expect(tap, &image, at + 0x10, 8, 5, "multicast: receive");
    expect(tap, &image, at + 0x18, 8, 0, "multicast: block all");
    expect(tap, &image, at + 0x20, 8, 3, "multicast: block untranslated");
}

static void check_endpoint(struct tap *tap, const struct sketch *sketch)
{
    struct sketch_image image;
    sketch_image(&sketch->functions[1], &image);
    expect(tap, &image, 0x04, 2, 6, "command as it is without a word");
    expect(tap, &image, 0x10, 4, 0xe0000000, "BAR 0");
    expect(tap, &image, 0x14, 4, 0xc001, "BAR 1 is I/O");
    expect(tap, &image, 0x18, 8, 0x800000000cu, "BAR 2 is wide and prefetchable");
    expect(tap, &image, 0x30, 4, 0xe1000001, "ROM is enabled");
    expect(tap, &image, 0x44, 1, 0x08, "phantom functions are there");
    expect(tap, &image, 0x48, 2, 0x0200, "phantom functions are on");
    unsigned at = extended(&image, 0x0d);
    expect(tap, &image, at + 8, 8, 0x22, "egress vector");
    expect(tap, &image, extended(&image, 0x0e) + 4, 4, 0x00220002, "ARI function group");
    expect(tap, &image, extended(&image, 0x10) + 0x24, 4, 0xe2000000, "VF BAR 0");
    expect(tap, &image, extended(&image, 0x0f) + 6, 2, 0x8000, "ATS is on");
    expect(tap, &image, extended(&image, 0x12) + 6, 2, 0, "multicast is off");
    sketch_image(&sketch->functions[3], &image);
    expect(tap, &image, extended(&image, 0x0f) + 6, 2, 0, "ATS is off");
    expect(tap, &image, 0x10, 4, 0, "no BAR");
}

static bool is_resource(const struct ims_topology *topology, struct ims_address address,
                        unsigned number, uint64_t start, uint64_t end)
{
    struct ims_function function = ims_topology_find(topology, address);
    if (ims_function_is_none(function))
        return false;
    const struct ims_record *record = ims_topology_function(topology, function)->record;
    return record->resource_count > number && record->resources[number].start == start &&
           record->resources[number].end == end;
}

/* The extents arrive in the records of a topology that came from this form. */
static void check_extents(struct tap *tap, const struct ims_topology *topology, const char *form)
{
    struct ims_address pf = {0, 1, IMS_DEVFN(0, 0)};
    struct ims_address vf = {0, 1, IMS_DEVFN(0x10, 1)};
    tap_ok(tap,
           is_resource(topology, pf, 2, 0x8000000000, 0x8003ffffff) &&
               is_resource(topology, pf, 3, 0, 0) &&
               is_resource(topology, pf, 6, 0xe1000000, 0xe10007ff),
           "%s: BARs and ROM with their extents", form);
    tap_ok(tap, is_resource(topology, pf, 7, 0xe2000000, 0xe200ffff), "%s: VF BAR of all VFs",
           form);
    tap_ok(tap, is_resource(topology, vf, 0, 0xe2004000, 0xe2007fff), "%s: BAR of the second VF",
           form);
    tap_ok(tap, ims_topology_machine(topology)->acpi_dmar == IMS_YES, "%s: the DMAR table", form);
}

static void check_forms(struct tap *tap, const struct sketch *sketch)
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    char *text = NULL;
    char path[] = "/tmp/fabric-words-XXXXXX";
    char message[1200];
    if (sketch_seal(sketch, &topology, &error) == 0) {
        check_extents(tap, topology, "builder");
        ims_snapshot_write(topology, NULL, &text, &error);
    }
    ims_topology_free(topology);
    topology = NULL;
    struct ims_source_options options = {.size_bytes = sizeof(options)};
    if (mkdtemp(path) && sketch_write_sysfs(sketch, path, message, sizeof(message)) == 0 &&
        ims_source_load(path, &options, &topology, &error) == 0)
        check_extents(tap, topology, "sysfs");
    else
        tap_ok(tap, false, "sysfs: %s", error.message);
    ims_topology_free(topology);
    sketch_remove_tree(path);
    tap_ok(tap, text && strstr(text, "8003ffffff"), "snapshot: extents are kept");
    free(text);
}

static void check_way_back(struct tap *tap, const struct sketch *sketch)
{
    struct sketch again = {0};
    char message[256] = "";
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    sketch_print(sketch, stream);
    fclose(stream);
    bool same =
        sketch_parse(&again, text, message, sizeof(message)) == 0 && again.count == sketch->count;
    for (unsigned i = 0; same && i < again.count; i++)
        same = memcmp(&again.functions[i].fabric, &sketch->functions[i].fabric,
                      sizeof(again.functions[i].fabric)) == 0;
    tap_ok(tap, same && again.machine.dmar == IMS_YES, "printed words read back the same %s",
           message);
    sketch_done(&again);
    free(text);
}

static void check_mistakes(struct tap *tap)
{
    static const char *const wrong[] = {
        "bar0=1000",     "bar6=1000+1000",    "bar0=1000+0", "bar0=1000+10/x", "rom=+800",
        "egress=1,,2",   "egress=100",        "port=100",    "mc=on",          "mc=1000/b/1/1/0/0",
        "mc=1000/c/0/0", "mc=1800/c/1/1/0/0", "fgroup=8",    "phantom=4",      "phantom=0",
        "ats=off",       "cmd=10000",         "egress=",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct sketch sketch = {0};
        char line[64];
        char message[256];
        snprintf(line, sizeof(line), "01:00.0 ep %s\n", wrong[i]);
        tap_ok(tap, sketch_parse(&sketch, line, message, sizeof(message)) < 0, "refused: %s",
               wrong[i]);
        sketch_done(&sketch);
    }
}

int main(void)
{
    struct tap tap = {0};
    struct sketch sketch;
    read_machine(&sketch);
    check_port(&tap, &sketch);
    check_endpoint(&tap, &sketch);
    check_forms(&tap, &sketch);
    check_way_back(&tap, &sketch);
    check_mistakes(&tap);
    sketch_done(&sketch);
    return tap_done(&tap);
}
