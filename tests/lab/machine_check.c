/* SPDX-License-Identifier: MIT */
#include "machine_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WORD_SIZE 512u

/* The words of a text, one after the other. Returns its length, 0 at the end. */
static size_t next_word(const char **text, char word[WORD_SIZE])
{
    *text += strspn(*text, " \t");
    size_t length = strcspn(*text, " \t");
    size_t kept = length < WORD_SIZE ? length : WORD_SIZE - 1;
    memcpy(word, *text, kept);
    word[kept] = '\0';
    *text += length;
    return length;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

static bool is_address(const char *word)
{
    struct ims_address address;
    return ims_address_parse(word, &address) == 0;
}

static bool is_hex(const char *word)
{
    return *word && word[strspn(word, "0123456789abcdef")] == '\0';
}

static bool is_decimal(const char *word)
{
    return *word && word[strspn(word, "0123456789")] == '\0';
}

static bool is_address_or_dash(const char *word)
{
    return is_address(word) || strcmp(word, "-") == 0;
}

/* "100.w": where and how many bytes */
static bool is_register(const char *word)
{
    char digits[8];
    const char *dot = strchr(word, '.');
    if (!dot || dot == word || dot - word >= (int)sizeof(digits))
        return false;
    snprintf(digits, sizeof(digits), "%.*s", (int)(dot - word), word);
    return is_hex(digits) && strlen(dot) == 2 && strchr("bwl", dot[1]);
}

static bool is_anything(const char *word)
{
    return *word != '\0';
}

/* As in guest/steps.c, which executes them. */
static const struct {
    const char *name;
    unsigned count;
    bool (*words[3])(const char *word);
} steps[] = {
    {"numvfs", 2, {is_address, is_decimal}},
    {"write", 3, {is_address, is_register, is_hex}},
    {"acs", 2, {is_address, is_hex}},
    {"remove", 1, {is_address}},
    {"rescan", 0, {NULL}},
    {"bind", 2, {is_address, is_anything}},
    {"unbind", 1, {is_address}},
    {"hotplug", 2, {is_address_or_dash, is_anything}},
    {"unplug", 2, {is_address, is_anything}},
    {"wait", 1, {is_address}},
};

static int check_step(const char *text, char *problem, size_t problem_bytes)
{
    char name[WORD_SIZE], word[WORD_SIZE];
    next_word(&text, name);
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        unsigned count = 0;
        if (strcmp(steps[i].name, name) != 0)
            continue;
        for (; next_word(&text, word); count++) {
            if (count < steps[i].count && !steps[i].words[count](word)) {
                snprintf(problem, problem_bytes, "'%.100s' cannot be understood", word);
                return -EINVAL;
            }
        }
        snprintf(problem, problem_bytes, "'%s' takes %u words", name, steps[i].count);
        return count == steps[i].count ? 0 : -EINVAL;
    }
    snprintf(problem, problem_bytes, "unknown step '%.100s'", name);
    return -EINVAL;
}

static int check_addresses(const char *text, bool all, char *problem, size_t problem_bytes)
{
    char word[WORD_SIZE];
    if (all && strcmp(text, "all") == 0)
        return 0;
    while (next_word(&text, word)) {
        if (!is_address(word)) {
            snprintf(problem, problem_bytes, "'%.100s' is no address", word);
            return -EINVAL;
        }
        char other[WORD_SIZE];
        for (const char *rest = text; next_word(&rest, other);) {
            if (strcmp(word, other) == 0) {
                snprintf(problem, problem_bytes, "'%.100s' stands twice", word);
                return -EINVAL;
            }
        }
    }
    return 0;
}

static int check_choice(const char *text, const char *const *choices, char *problem,
                        size_t problem_bytes)
{
    char word[WORD_SIZE];
    next_word(&text, word);
    if (is_one_of(word, choices))
        return 0;
    snprintf(problem, problem_bytes, "'%.100s' is unknown", word);
    return -EINVAL;
}

/* The name of a file in the folder of stories. */
static int check_name(const char *text, char *problem, size_t problem_bytes)
{
    snprintf(problem, problem_bytes, "'%.100s' is no name of a story", text);
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0' ? 0 : -EINVAL;
}

int lab_statement_check(enum lab_keyword keyword, const char *text, char *problem,
                        size_t problem_bytes)
{
    static const char *const arches[] = {"amd64", "arm64", NULL};
    static const char *const iommus[] = {"intel", "amd", "virtio", "smmuv3", "none", NULL};
    static const char *const firmwares[] = {"dt", "acpi", NULL};
    static const char *const probes[] = {"boot", "hot", NULL};
    switch (keyword) {
    case LAB_ARCH:
        return check_choice(text, arches, problem, problem_bytes);
    case LAB_IOMMU:
        return check_choice(text, iommus, problem, problem_bytes);
    case LAB_FIRMWARE:
        return check_choice(text, firmwares, problem, problem_bytes);
    case LAB_PROBE:
        return check_choice(text, probes, problem, problem_bytes);
    case LAB_MEMORY:
        snprintf(problem, problem_bytes, "not a number of MiB");
        return is_decimal(text) ? 0 : -EINVAL;
    case LAB_STEP:
        return check_step(text, problem, problem_bytes);
    case LAB_STORY:
        return check_name(text, problem, problem_bytes);
    case LAB_GROUP:
        return check_addresses(text, false, problem, problem_bytes);
    case LAB_UNGROUPED:
        return check_addresses(text, true, problem, problem_bytes);
    default:
        return 0;
    }
}
