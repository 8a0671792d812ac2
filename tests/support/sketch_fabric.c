/* SPDX-License-Identifier: MIT */
#include "sketch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The words of the fabric: reading and printing. The bytes are in sketch_fabric_image.c. */

/* Reads a hexadecimal number; returns the place behind it, or NULL. */
static const char *number(const char *text, uint64_t limit, uint64_t *ret)
{
    char *end;
    if (!text || !*text || !strchr("0123456789abcdefABCDEF", *text))
        return NULL;
    *ret = strtoull(text, &end, 16);
    return *ret <= limit ? end : NULL;
}

static bool whole_number(const char *text, uint64_t limit, uint64_t *ret)
{
    const char *rest = number(text, limit, ret);
    return rest && !*rest;
}

/* "BASE+SIZE", then perhaps "/io", "/64", "/pref", "/64pref". */
static bool read_bar(const char *text, struct sketch_bar *bar)
{
    const char *rest = number(text, UINT64_MAX, &bar->base);
    if (!rest || *rest != '+')
        return false;
    rest = number(rest + 1, UINT64_MAX, &bar->size);
    if (!rest || !bar->size)
        return false;
    bar->io = strcmp(rest, "/io") == 0;
    bar->wide = strcmp(rest, "/64") == 0 || strcmp(rest, "/64pref") == 0;
    bar->prefetchable = strcmp(rest, "/pref") == 0 || strcmp(rest, "/64pref") == 0;
    return !*rest || bar->io || bar->wide || bar->prefetchable;
}

/* "none", or bit numbers joined by commas. */
static bool read_egress(const char *text, struct sketch_fabric *fabric)
{
    fabric->egress_stated = true;
    if (strcmp(text, "none") == 0)
        return true;
    while (true) {
        uint64_t bit;
        text = number(text, 0xff, &bit);
        if (!text)
            return false;
        fabric->egress[bit / 32] |= UINT32_C(1) << (bit % 32);
        if (!*text)
            return true;
        if (*text++ != ',')
            return false;
    }
}

/* "off", or "BASE/POSITION/GROUPS/RECEIVE/BLOCK-ALL/BLOCK-UNTRANSLATED". */
static bool read_multicast(const char *text, struct sketch_multicast *multicast)
{
    static const uint64_t limits[6] = {UINT64_MAX, 63, 64, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    uint64_t part[6];
    multicast->present = true;
    if (strcmp(text, "off") == 0)
        return true;
    for (unsigned i = 0; i < 6; i++) {
        text = number(text, limits[i], &part[i]);
        if (!text || *text++ != (i < 5 ? '/' : '\0'))
            return false;
    }
    *multicast = (struct sketch_multicast){true,    true,    (uint8_t)part[1], (uint8_t)part[2],
                                           part[0], part[3], part[4],          part[5]};
    return part[1] >= 12 && part[2] >= 1 && (part[0] & 0xfff) == 0;
}

/* "bar3=", "vfbar0=": the register number, or -1. */
static int bar_index(const char *token, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(token, name, length) != 0 || token[length] < '0' || token[length] > '5' ||
        token[length + 1] != '=')
        return -1;
    return token[length] - '0';
}

static bool read_small(const char *text, uint64_t limit, uint8_t *ret)
{
    uint64_t value = 0;
    bool ok = whole_number(text, limit, &value);
    *ret = (uint8_t)value;
    return ok;
}

static bool read_value(struct sketch_fabric *fabric, const char *key, const char *value, int *ret)
{
    uint64_t wide = 0;
    if (strcmp(key, "rom") == 0) {
        *ret = read_bar(value, &fabric->rom) ? 1 : -1;
    } else if (strcmp(key, "cmd") == 0) {
        fabric->command_stated = whole_number(value, 0xffff, &wide);
        fabric->command = (uint16_t)wide;
        *ret = fabric->command_stated ? 1 : -1;
    } else if (strcmp(key, "egress") == 0) {
        *ret = read_egress(value, fabric) ? 1 : -1;
    } else if (strcmp(key, "port") == 0) {
        *ret = read_small(value, 0xff, &fabric->port_number) ? 1 : -1;
    } else if (strcmp(key, "ats") == 0) {
        fabric->ats = fabric->ats_on = strcmp(value, "on") == 0;
        *ret = fabric->ats ? 1 : -1;
    } else if (strcmp(key, "mc") == 0) {
        *ret = read_multicast(value, &fabric->multicast) ? 1 : -1;
    } else if (strcmp(key, "fgroup") == 0) {
        fabric->group_stated = true;
        *ret = read_small(value, 7, &fabric->group) ? 1 : -1;
    } else if (strcmp(key, "phantom") == 0) {
        *ret = read_small(value, 3, &fabric->phantom) && fabric->phantom ? 1 : -1;
    } else {
        return false;
    }
    return true;
}

int sketch_fabric_word(struct sketch_function *function, const char *token)
{
    struct sketch_fabric *fabric = &function->fabric;
    const char *value = strchr(token, '=');
    char key[16];
    int result = 0;
    int bar = bar_index(token, "bar");
    int vf_bar = bar_index(token, "vfbar");
    if (bar >= 0)
        return read_bar(token + 5, &fabric->bars[bar]) ? 1 : -1;
    if (vf_bar >= 0)
        return read_bar(token + 7, &fabric->vf_bars[vf_bar]) ? 1 : -1;
    if (strcmp(token, "ats") == 0) {
        fabric->ats = true;
        return 1;
    }
    if (strcmp(token, "fgroups") == 0) {
        fabric->acs_groups = true;
        return 1;
    }
    if (!value || (size_t)(value - token) >= sizeof(key))
        return 0;
    memcpy(key, token, (size_t)(value - token));
    key[value - token] = '\0';
    return read_value(fabric, key, value + 1, &result) ? result : 0;
}

static void print_bar(FILE *stream, const char *name, const struct sketch_bar *bar)
{
    if (!bar->size)
        return;
    fprintf(stream, " %s=%" PRIx64 "+%" PRIx64, name, bar->base, bar->size);
    if (bar->io || bar->wide || bar->prefetchable)
        fprintf(stream, "/%s%s%s", bar->io ? "io" : "", bar->wide ? "64" : "",
                bar->prefetchable ? "pref" : "");
}

static void print_egress(FILE *stream, const struct sketch_fabric *fabric)
{
    const char *joint = " egress=";
    if (!fabric->egress_stated)
        return;
    for (unsigned bit = 0; bit < 32 * SKETCH_EGRESS_WORDS; bit++) {
        if (fabric->egress[bit / 32] >> (bit % 32) & 1) {
            fprintf(stream, "%s%x", joint, bit);
            joint = ",";
        }
    }
    if (*joint == ' ')
        fprintf(stream, " egress=none");
}

void sketch_fabric_print(const struct sketch_function *function, FILE *stream)
{
    const struct sketch_fabric *fabric = &function->fabric;
    const struct sketch_multicast *multicast = &fabric->multicast;
    char name[8];
    for (unsigned i = 0; i < SKETCH_BAR_COUNT; i++) {
        snprintf(name, sizeof(name), "bar%u", i);
        print_bar(stream, name, &fabric->bars[i]);
    }
    print_bar(stream, "rom", &fabric->rom);
    for (unsigned i = 0; i < SKETCH_BAR_COUNT; i++) {
        snprintf(name, sizeof(name), "vfbar%u", i);
        print_bar(stream, name, &fabric->vf_bars[i]);
    }
    if (fabric->command_stated)
        fprintf(stream, " cmd=%04x", fabric->command);
    print_egress(stream, fabric);
    if (fabric->port_number)
        fprintf(stream, " port=%x", fabric->port_number);
    if (fabric->ats)
        fprintf(stream, fabric->ats_on ? " ats=on" : " ats");
    if (multicast->enabled)
        fprintf(stream, " mc=%" PRIx64 "/%x/%x/%" PRIx64 "/%" PRIx64 "/%" PRIx64, multicast->base,
                multicast->position, multicast->groups, multicast->receive, multicast->block_all,
                multicast->block_untranslated);
    else if (multicast->present)
        fprintf(stream, " mc=off");
    if (fabric->group_stated)
        fprintf(stream, " fgroup=%x", fabric->group);
    if (fabric->acs_groups)
        fprintf(stream, " fgroups");
    if (fabric->phantom)
        fprintf(stream, " phantom=%x", fabric->phantom);
}
