/* SPDX-License-Identifier: MIT */
#include "ownership_generate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char bytes[8192];
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text->length += (size_t)vsnprintf(text->bytes + text->length,
                                      sizeof(text->bytes) - text->length, format, arguments);
    va_end(arguments);
    if (text->length >= sizeof(text->bytes))
        abort();
}

struct hardware {
    const char *id;
    const char *class_code;
    const char *driver;
};

static const struct hardware cards[] = {
    {"8086:10d3", "020000", "e1000e"},   {"144d:a808", "010802", "nvme"},
    {"10de:2684", "030000", "nouveau"},  {"10de:22ba", "040300", "snd_hda_intel"},
    {"1b73:1100", "0c0330", "xhci_hcd"}, {"8086:2922", "010601", "ahci"},
};

/*
 * Of a bystander no override waits for a module that a plan may load.
 * Who has a function: mostly its driver; also nobody, a stub, VFIO, or what others left behind. */
static void add_state(struct rng *rng, struct text *text, const char *driver, bool bystander)
{
    const unsigned draw = rng_below(rng, bystander ? 91 : 100);

    if (draw < 52)
        add(text, " driver=%s override=none", driver);
    else if (draw < 62)
        add(text, " driver=none override=none");
    else if (draw < 70)
        add(text, " driver=vfio-pci override=vfio-pci vfiodev");
    else if (draw < 76)
        add(text, " driver=pci-stub override=pci-stub");
    else if (draw < 81)
        add(text, " driver=uio_pci_generic override=uio_pci_generic");
    else if (draw < 86)
        add(text, " driver=%s override=%s", driver, driver);
    else if (draw < 91)
        add(text, " driver=%s override=vfio-pci", driver); /* set, and not bound again yet */
    else if (draw < 95)
        add(text, " driver=none override=vfio-pci");
    else
        add(text, " driver=none override=none-of-them");
}

static void add_card(struct rng *rng, struct text *text, unsigned bus, unsigned group)
{
    const unsigned count = 1 + rng_below(rng, 3);

    for (unsigned i = 0; i < count; i++) {
        const struct hardware *card = &cards[rng_below(rng, 6)];

        add(text, "%02x:00.%u ep %s class=%s group=%u", bus, i, card->id, card->class_code, group);
        if (rng_percent(rng, 30))
            add(text, " subsys=1043:8%03x", rng_below(rng, 0x1000));
        add_state(rng, text, card->driver, group != TARGET_GROUP);
        if (rng_percent(rng, 60))
            add(text, rng_percent(rng, 50) ? " pm=on" : " pm=auto");
        add(text, "\n");
    }
}

static void add_port(struct text *text, unsigned device, unsigned bus, unsigned last,
                     unsigned group)
{
    add(text, "00:%02x.0 rp 8086:1901 bus=%02x-%02x driver=pcieport override=none group=%u\n",
        device, bus, last, group);
}

static void add_conventional(struct rng *rng, struct text *text)
{
    const unsigned count = 1 + rng_below(rng, 3);

    add_port(text, 2, 2, 3, rng_percent(rng, 50) ? TARGET_GROUP : 12);
    add(text, "02:00.0 p2p 1b36:000e bus=03 override=none group=1 driver=%s\n",
        rng_percent(rng, 50) ? "shpchp" : "none");
    for (unsigned i = 0; i < count; i++) {
        const struct hardware *card = &cards[rng_below(rng, 6)];

        add(text, "03:%02x.0 conv %s class=%s group=1", 1 + i, card->id, card->class_code);
        add_state(rng, text, card->driver, false);
        add(text, "\n");
    }
}

static void add_chipset(struct rng *rng, struct text *text)
{
    add(text, "00:1f.0 conv 8086:2918 class=060100 group=1 override=none driver=%s\n",
        rng_percent(rng, 30) ? "lpc_ich" : "none");
    add(text, "00:1f.2 conv 8086:2922 class=010601 group=1");
    add_state(rng, text, "ahci", false);
    add(text, "\n00:1f.3 conv 8086:2930 class=0c0500 group=1 override=none driver=%s\n",
        rng_percent(rng, 60) ? "i801_smbus" : "none");
}

static void add_pf(struct rng *rng, struct text *text, bool igb)
{
    const unsigned bus = igb ? 4 : 5;
    const unsigned vfs = rng_below(rng, 4);
    const bool bound = vfs > 0 || rng_percent(rng, 70);
    const bool together = rng_percent(rng, 10);

    add_port(text, bus, bus, bus, 10 + bus);
    add(text, "%02x:00.0 ep %s class=020000 sriov=8/%x/%s group=1 override=none driver=%s\n", bus,
        igb ? "8086:10c9" : "15b3:1017", vfs, igb ? "80/2/10ca" : "8/1/1018",
        !bound ? "none"
        : igb  ? "igb"
               : "mlx5_core");
    for (unsigned i = 0; i < vfs; i++) {
        const unsigned devfn = igb ? 0x80 + 2 * i : 8 + i;

        add(text, "%02x:%02x.%u ep %s class=020000 vf of=%02x:00.0 group=%u", bus, devfn >> 3,
            devfn & 7, igb ? "8086:10ca" : "15b3:1018", bus,
            together ? TARGET_GROUP : (igb ? 24 : 20) + i);
        if (rng_percent(rng, 70))
            add(text, " driver=%s override=none\n", igb ? "igbvf" : "mlx5_vf");
        else
            add(text, " driver=vfio-pci override=vfio-pci vfiodev\n");
    }
}

/* A VF as a member: its PF stands in another group. */
static void add_vf(struct rng *rng, struct text *text)
{
    add_port(text, 6, 6, 6, 16);
    add(text, "06:00.0 ep 15b3:1017 class=020000 sriov=8/1/1/1/1018 group=17 override=none "
              "driver=mlx5_core\n06:00.1 ep 15b3:1018 class=020000 vf of=06:00.0 group=1");
    if (rng_percent(rng, 30))
        add(text, " driver=mlx5_vfio_pci override=mlx5_vfio_pci vfiodev\n");
    else
        add_state(rng, text, "mlx5_vf", false);
    add(text, "\n");
}

static void add_bystanders(struct rng *rng, struct text *text)
{
    add_port(text, 0x1c, 8, 8, 30);
    add_card(rng, text, 8, 31);
    if (rng_percent(rng, 50)) {
        add_port(text, 0x1d, 9, 9, 32);
        add_card(rng, text, 9, 33);
    }
}

void ownership_generate(struct rng *rng, struct sketch *ret)
{
    static const char *const kernels[] = {"6.12.95", "6.1.176", "5.10.200"};
    struct text text = {.length = 0};
    const unsigned parts = 1 + rng_below(rng, 63);
    char message[256];

    add(&text, "machine kernel=%s iommu=on ir=yes kind=intel\n", kernels[rng_below(rng, 3)]);
    if (parts & 1 || parts & 32) {
        add_port(&text, 1, 1, 1, rng_percent(rng, 50) ? TARGET_GROUP : 11);
        add_card(rng, &text, 1, TARGET_GROUP);
    }
    if (parts & 2 && rng_percent(rng, 60))
        add_conventional(rng, &text);
    if (parts & 4 && rng_percent(rng, 50))
        add_chipset(rng, &text);
    if (parts & 8 && rng_percent(rng, 60))
        add_pf(rng, &text, rng_percent(rng, 50));
    if (parts & 16 && rng_percent(rng, 40))
        add_vf(rng, &text);
    add_bystanders(rng, &text);
    if (sketch_parse(ret, text.bytes, message, sizeof(message)) < 0) {
        fprintf(stderr, "%s\n%s", message, text.bytes);
        abort();
    }
}
