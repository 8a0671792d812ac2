/* SPDX-License-Identifier: MIT */
/* Kernel releases as text, and rule sets by name. */
#include "base/error.h"
#include "rules/quirks.h"

#include <errno.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes the digits at *text; false when there are none or the number is beyond any release. */
static bool take_number(const char **text, int *ret)
{
    const char *at = *text;
    int value = 0;

    if (!is_digit(*at))
        return false;
    for (; is_digit(*at); at++) {
        value = value * 10 + (*at - '0');
        if (value > INT16_MAX)
            return false;
    }
    *text = at;
    *ret = value;
    return true;
}

/* Text that may follow the numbers of a release. */
static bool may_follow(char c)
{
    return c == '\0' || strchr("-+_~. ", c) != NULL;
}

/*
 * Whether "X.Y.0" with this suffix stands for the series only: a release candidate comes before
 * X.Y.0, and distributions that count their own builds ("6.1.0-56-amd64", "5.14.0-427.el9") write 0
 * whatever stable patch they carry.
 */
static bool hides_patch(const char *suffix)
{
    if (suffix[0] != '-')
        return false;
    return is_digit(suffix[1]) || strncmp(suffix, "-rc", 3) == 0;
}

int ims_kernel_version_parse(const char *text, struct ims_kernel_version *ret)
{
    struct ims_kernel_version version = {0, 0, -1};

    if (!text)
        return -EINVAL;
    if (strncmp(text, "linux-", 6) == 0)
        text += 6;
    if (!take_number(&text, &version.major) || *text != '.')
        return -EINVAL;
    text++;
    if (!take_number(&text, &version.minor))
        return -EINVAL;
    if (*text == '.') {
        text++;
        if (!take_number(&text, &version.patch))
            return -EINVAL;
        if (version.patch == 0 && hides_patch(text))
            version.patch = -1;
    }
    if (!may_follow(*text))
        return -EINVAL;
    *ret = version;
    return 0;
}

/* Negative, zero or positive: order by major and minor. */
static int series_compare(struct ims_kernel_version a, struct ims_kernel_version b)
{
    return a.major != b.major ? a.major - b.major : a.minor - b.minor;
}

/* The machine's release, or the nearest one whose rules were read; the newest when none is stated.
 */
static struct ims_kernel_version machine_version(const struct ims_machine *machine)
{
    struct ims_kernel_version version;

    if (!machine || ims_kernel_version_parse(machine->kernel_release, &version) < 0)
        return IMS_RULESET_NEWEST;
    if (series_compare(version, IMS_RULESET_OLDEST) < 0)
        return IMS_RULESET_OLDEST;
    if (series_compare(version, IMS_RULESET_NEWEST) > 0)
        return IMS_RULESET_NEWEST;
    return version;
}

/* Only digits and dots: a rule set is named by numbers, not by somebody's build of a kernel. */
static bool is_plain_number(const char *text)
{
    size_t length = strlen(text);

    return strspn(text, "0123456789.") == length && length > 0 && text[length - 1] != '.';
}

int ims_ruleset_find(const char *name, const struct ims_machine *machine, struct ims_ruleset *ret,
                     struct ims_error *reterr)
{
    struct ims_kernel_version version;

    if (!name)
        return ims_error_set(reterr, -EINVAL, "no rule set was named");
    if (strcmp(name, "linux") == 0) {
        *ret = (struct ims_ruleset){IMS_RULESET_LINUX, machine_version(machine)};
        return 0;
    }
    if (strcmp(name, "linux-proposed-2025") == 0) {
        *ret = (struct ims_ruleset){IMS_RULESET_PROPOSED_2025, machine_version(machine)};
        return 0;
    }
    if (strncmp(name, "linux-", 6) != 0 || !is_plain_number(name + 6) ||
        ims_kernel_version_parse(name, &version) < 0)
        return ims_error_set(reterr, -EINVAL,
                             "unknown rule set \"%.60s\"; known are linux, linux-4.4 to linux-7.3 "
                             "and linux-proposed-2025",
                             name);
    if (series_compare(version, IMS_RULESET_OLDEST) < 0 ||
        series_compare(version, IMS_RULESET_NEWEST) > 0)
        return ims_error_set(reterr, -EINVAL,
                             "no rules for \"%.60s\": known are linux-4.4 to linux-7.3", name);
    *ret = (struct ims_ruleset){IMS_RULESET_LINUX, version};
    return 0;
}

/* Appends text, then a non-negative number; returns the new end. */
static char *append(char *end, const char *text, int number)
{
    char digits[12];
    size_t count = 0;
    unsigned value = number > 0 ? (unsigned)number : 0;

    while (*text != '\0')
        *end++ = *text++;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0)
        *end++ = digits[--count];
    *end = '\0';
    return end;
}

char *ims_ruleset_name(const struct ims_ruleset *ruleset, char buffer[IMS_RULESET_NAME_SIZE])
{
    static const char proposed[] = "linux-proposed-2025";
    char *end;

    if (ruleset->kind == IMS_RULESET_PROPOSED_2025) {
        memcpy(buffer, proposed, sizeof(proposed));
        return buffer;
    }
    end = append(buffer, "linux-", ruleset->version.major);
    end = append(end, ".", ruleset->version.minor);
    if (ruleset->version.patch >= 0)
        append(end, ".", ruleset->version.patch);
    return buffer;
}
