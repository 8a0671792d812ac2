/* SPDX-License-Identifier: MIT */
/*
 * Whether a quirk row takes part in a release. What is known are points: the trees that were read,
 * and the stable releases that first carry a row. Between them the answer is unknown, with the
 * likelier side named.
 */
#include "rules/quirks.h"

#define RELEASE(major, minor) ((unsigned)(major) << 8 | (unsigned)(minor))

/* Pristine trees that were read: a series in a window stands for this patch of it. */
static const struct ims_release pristine_trees[] = {
    {4, 4, 6},   {4, 15, 17}, {4, 18, 17}, {5, 0, 6},  {5, 4, 30},
    {5, 15, 30}, {5, 19, 17}, {6, 2, 13},  {6, 5, 3},  {6, 8, 1},
    {6, 14, 0},  {6, 17, 0},  {7, 0, 0},   {7, 2, 13}, {7, 3, 4},
};

/* Longterm trees that were read, in the order of ims_release_window.lts. */
static const struct ims_release longterm_trees[] = {{5, 10, 223}, {6, 1, 192}, {6, 12, 117}};

/* Series that were kept for years: a late change can have come into these only. */
static const struct ims_release longterm_series[] = {
    {4, 4, 0},  {4, 9, 0}, {4, 14, 0}, {4, 19, 0}, {5, 4, 0},  {5, 10, 0},
    {5, 15, 0}, {6, 1, 0}, {6, 6, 0},  {6, 12, 0}, {6, 18, 0},
};

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static unsigned series_of(struct ims_release release)
{
    return RELEASE(release.major, release.minor);
}

static bool is_longterm(unsigned series)
{
    for (size_t i = 0; i < ARRAY_SIZE(longterm_series); i++) {
        if (series_of(longterm_series[i]) == series)
            return true;
    }
    return false;
}

/* The patch of the tree of this series that was read; -1 when none was. */
static int tree_patch(unsigned series)
{
    for (size_t i = 0; i < ARRAY_SIZE(pristine_trees); i++) {
        if (series_of(pristine_trees[i]) == series)
            return pristine_trees[i].patch;
    }
    return -1;
}

static const struct ims_release *longterm_tree(unsigned series, size_t *ret_index)
{
    for (size_t i = 0; i < ARRAY_SIZE(longterm_trees); i++) {
        if (series_of(longterm_trees[i]) == series) {
            *ret_index = i;
            return &longterm_trees[i];
        }
    }
    return NULL;
}

struct ims_presence {
    enum ims_tristate state;
    bool likely;
};

static const struct ims_presence presence_yes = {IMS_YES, true};
static const struct ims_presence presence_no = {IMS_NO, false};
static const struct ims_presence presence_perhaps = {IMS_UNKNOWN, true};
static const struct ims_presence presence_hardly = {IMS_UNKNOWN, false};

static const struct ims_release *stable_entry(const struct ims_release_window *window,
                                              unsigned series)
{
    for (uint32_t i = 0; i < window->first_count; i++) {
        if (series_of(window->first[i]) == series)
            return &window->first[i];
    }
    return NULL;
}

/* Whether a series older than this one got the row by a stable release. */
static bool older_series_has_it(const struct ims_release_window *window, unsigned series)
{
    for (uint32_t i = 0; i < window->first_count; i++) {
        if (series_of(window->first[i]) < series)
            return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(longterm_trees); i++) {
        unsigned tree = series_of(longterm_trees[i]);

        if (window->lts[i] == IMS_LTS_PRESENT && tree < series && tree <= series_of(window->absent))
            return true;
    }
    return false;
}

/*
 * A series after a short-lived one that got the row late: the change was in mainline while the
 * short-lived series was the current one, so every later series began with it.
 */
static bool follows_short_lived(const struct ims_release_window *window, unsigned series)
{
    for (uint32_t i = 0; i < window->first_count; i++) {
        unsigned entry = series_of(window->first[i]);

        if (entry < series && !is_longterm(entry))
            return true;
    }
    return false;
}

/* A series that first.X says began without the row, or that mainline shows to be too old. */
static struct ims_presence presence_before(const struct ims_release_window *window, unsigned series,
                                           int patch)
{
    int tree = series <= series_of(window->absent) ? tree_patch(series) : -1;

    if (patch == 0 || !is_longterm(series))
        return presence_no;
    if (patch > 0 && patch <= tree)
        return presence_no;
    if (older_series_has_it(window, series))
        return presence_perhaps;
    /* The tree that was read is older than this release; a later change may have come. */
    return patch > 0 && tree >= 0 ? presence_hardly : presence_no;
}

static struct ims_presence presence_in_longterm(const struct ims_release_window *window,
                                                size_t index, unsigned series, int patch)
{
    int tree = longterm_trees[index].patch;
    bool backport = series <= series_of(window->absent);

    if (window->lts[index] == IMS_LTS_ABSENT)
        return patch <= tree ? presence_no : presence_hardly;
    if (patch >= tree)
        return presence_yes;
    if (window->seen.patch > 0 && series_of(window->seen) == series && patch >= window->seen.patch)
        return presence_yes;
    if (backport)
        return patch == 0 ? presence_no : presence_perhaps;
    if (patch < 0 || follows_short_lived(window, series))
        return presence_yes;
    return presence_perhaps;
}

/* After the last tree without the row, before the first with it, and no tree of its own. */
static struct ims_presence presence_between(const struct ims_release_window *window,
                                            unsigned series, int patch)
{
    for (uint32_t i = 0; i < window->first_count; i++) {
        if (series_of(window->first[i]) > series)
            return presence_before(window, series, patch);
    }
    return follows_short_lived(window, series) ? presence_yes : presence_perhaps;
}

static struct ims_presence presence_of(const struct ims_release_window *window, unsigned series,
                                       int patch)
{
    const struct ims_release *entry;
    unsigned present = series_of(window->present);
    size_t index = 0;

    if (window->always)
        return presence_yes;
    entry = stable_entry(window, series);
    if (entry) {
        if (patch < 0)
            return presence_perhaps;
        return patch >= entry->patch ? presence_yes : presence_no;
    }
    if (series >= present) {
        /* The tree that shows the row may owe it to a stable release of its own. */
        if (series == present && window->first_count > 0 && patch >= 0 &&
            patch < tree_patch(series) && !follows_short_lived(window, series))
            return presence_perhaps;
        return presence_yes;
    }
    if (longterm_tree(series, &index) && window->lts[index] != IMS_LTS_NOT_STATED)
        return presence_in_longterm(window, index, series, patch);
    if (series > series_of(window->absent))
        return presence_between(window, series, patch);
    return presence_before(window, series, patch);
}

enum ims_tristate ims_release_window_present(const struct ims_release_window *window,
                                             struct ims_kernel_version version, bool *ret_likely)
{
    struct ims_kernel_version oldest = IMS_RULESET_OLDEST;
    struct ims_kernel_version newest = IMS_RULESET_NEWEST;
    struct ims_presence presence;

    if (version.major < oldest.major ||
        (version.major == oldest.major && version.minor < oldest.minor))
        version = oldest;
    if (version.major > newest.major ||
        (version.major == newest.major && version.minor > newest.minor))
        version = newest;
    /* A made-up minor number must not reach the next major one. */
    if (version.minor > UINT8_MAX)
        version.minor = UINT8_MAX;
    if (version.minor < 0)
        version.minor = 0;
    presence = presence_of(window, RELEASE(version.major, version.minor), version.patch);
    if (ret_likely)
        *ret_likely = presence.likely;
    return presence.state;
}
