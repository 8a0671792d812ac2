/* SPDX-License-Identifier: MIT */
/* A what-if as text: the answer in a line, then what differs. */
#include <errno.h>
#include <string.h>

#include "output/fabric_text.h"
#include "output/layouts.h"

/* Of the members of a group, of findings and of lists of groups, this many are shown unless -v. */
#define MEMBERS_MAX 8u
#define FINDINGS_MAX 4u
#define GROUPS_MAX 6u

static const char *change_words(const char *change)
{
    static const struct {
        const char *change;
        const char *words;
    } rows[] = {
        {"split", "splits"},
        {"merged", "merge"},
        {"mixed", "members change places"},
        {"gained", "gains members"},
        {"lost", "loses members"},
        {"certainty", "same members; whether that is certain changes"},
        {"usable", "same members; whether VFIO takes it changes"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].change, change) == 0)
            return rows[i].words;
    return change;
}

static const char *usable_words(const json_t *group)
{
    const char *usable = ims_layout_tristate(group, "usable");

    if (!ims_layout_true(group, "managed"))
        return "no group";
    if (strcmp(usable, "yes") == 0)
        return "usable";
    return strcmp(usable, "no") == 0 ? "not usable" : "usability not known";
}

/* "01:00.0 (NVIDIA GA102) was 02:00.0"; of bridges, and of what is named again, the address. */
static void append_member(struct ims_text *line, const json_t *document,
                          const struct ims_style *style, const json_t *member, bool named)
{
    const char *address = ims_layout_string(member, "address");

    if (named && ims_layout_null(member, "bridge"))
        ims_layout_name(line, document, style, member);
    else
        ims_text_append(line, ims_layout_address(document, style, address));
    if (ims_layout_null(member, "was"))
        ims_text_append(line, " new");
    else if (strcmp(ims_layout_string(member, "was"), address) != 0)
        ims_text_appendf(line, " was %s",
                         ims_layout_address(document, style, ims_layout_string(member, "was")));
}

static void append_members(struct ims_text *line, const json_t *document,
                           const struct ims_style *style, const json_t *group, bool named)
{
    const json_t *members = json_object_get(group, "members");
    const size_t count = json_array_size(members);
    const size_t shown = style->verbose > 0 || count <= MEMBERS_MAX ? count : MEMBERS_MAX - 1;

    for (size_t i = 0; i < shown; i++) {
        ims_text_append(line, i ? ", " : "");
        append_member(line, document, style, json_array_get(members, i), named);
    }
    if (shown < count)
        ims_text_appendf(line, " and %zu more (-v)", count - shown);
}

static void append_group(struct ims_text *out, const json_t *document,
                         const struct ims_style *style, const json_t *group, const char *word,
                         bool named)
{
    struct ims_text line = {0};

    ims_text_append(&line, word);
    append_members(&line, document, style, group, named);
    ims_text_appendf(&line, " [%s%s]", usable_words(group),
                     ims_layout_true(group, "certain") ? "" : ", not certain");
    ims_layout_line(out, style, &line, 4);
}

static void append_change(struct ims_text *out, const json_t *document,
                          const struct ims_style *style, const json_t *change)
{
    const json_t *group;
    size_t index;

    ims_text_appendf(out, "  %s\n", change_words(ims_layout_string(change, "change")));
    json_array_foreach(json_object_get(change, "before"), index, group)
    {
        append_group(out, document, style, group, "before: ", false);
    }
    json_array_foreach(json_object_get(change, "after"), index, group)
    {
        append_group(out, document, style, group, "after:  ", true);
    }
}

/* Changes that have one side only, or need no other, are told together. */
static void append_list(struct ims_text *out, const json_t *document, const struct ims_style *style,
                        const char *kind, const char *side, const char *words)
{
    const json_t *change;
    const json_t *group;
    size_t count = 0;
    size_t index;
    size_t i;

    json_array_foreach(json_object_get(document, "changes"), index, change)
    {
        if (strcmp(ims_layout_string(change, "change"), kind) != 0)
            continue;
        json_array_foreach(json_object_get(change, side), i, group)
        {
            if (count == 0)
                ims_text_appendf(out, "  %s\n", words);
            if (count < GROUPS_MAX || style->verbose > 0)
                append_group(out, document, style, group, "", true);
            count++;
        }
    }
    if (count > GROUPS_MAX && style->verbose == 0)
        ims_text_appendf(out, "    and %zu more (-v)\n", count - GROUPS_MAX);
}

static bool has_two_sides(const json_t *change)
{
    static const char *const one_sided[] = {"new", "gone", "grouped", "ungrouped"};

    for (size_t i = 0; i < sizeof(one_sided) / sizeof(one_sided[0]); i++)
        if (strcmp(ims_layout_string(change, "change"), one_sided[i]) == 0)
            return false;
    return true;
}

static void append_groups(struct ims_text *out, const json_t *document,
                          const struct ims_style *style)
{
    const json_t *changes = json_object_get(document, "changes");
    const json_int_t before = ims_layout_integer(json_object_get(document, "before"), "groups", 0);
    const json_int_t after = ims_layout_integer(json_object_get(document, "after"), "groups", 0);
    const json_t *change;
    struct ims_text line = {0};
    size_t index;

    if (json_array_size(changes) == 0)
        ims_text_appendf(&line, "Groups: no change (%lld).", (long long)before);
    else
        ims_text_appendf(&line, "Groups: %lld before, %lld after.", (long long)before,
                         (long long)after);
    ims_layout_line(out, style, &line, 0);
    json_array_foreach(changes, index, change)
    {
        if (has_two_sides(change))
            append_change(out, document, style, change);
    }
    append_list(out, document, style, "new", "after", "new");
    append_list(out, document, style, "gone", "before", "gone");
    append_list(out, document, style, "grouped", "after", "get a group");
    append_list(out, document, style, "ungrouped", "before", "have no group any more");
}

/* How many groups VFIO would take, where that was asked of all of them. */
static void append_viability(struct ims_text *out, const json_t *document,
                             const struct ims_style *style)
{
    const json_int_t before = ims_layout_integer(json_object_get(document, "before"), "usable", -1);
    const json_int_t after = ims_layout_integer(json_object_get(document, "after"), "usable", -1);
    struct ims_text line = {0};

    if (before < 0 || after < 0)
        return;
    if (before == after)
        ims_text_appendf(&line, "Groups with endpoints that VFIO takes now: %lld, as before.",
                         (long long)after);
    else
        ims_text_appendf(&line,
                         "Groups with endpoints that VFIO takes now: %lld before, %lld after.",
                         (long long)before, (long long)after);
    ims_layout_line(out, style, &line, 0);
}

/* What is no alarm is only counted, unless -v. */
static void append_findings(struct ims_text *out, const struct ims_style *style,
                            const json_t *findings, const char *word)
{
    const json_t *finding;
    size_t shown = 0;
    size_t left = 0;
    size_t index;

    json_array_foreach(findings, index, finding)
    {
        const char *severity = ims_layout_string(finding, "severity");
        struct ims_text line = {0};

        if (style->verbose == 0 && (shown == FINDINGS_MAX || strcmp(severity, "info") == 0)) {
            left++;
            continue;
        }
        ims_text_appendf(&line, "%s: %s %s: %s", word, severity, ims_layout_string(finding, "id"),
                         ims_layout_string(finding, "text"));
        ims_layout_line(out, style, &line, 2);
        shown++;
    }
    if (left > 0)
        ims_text_appendf(out, "  %s: %zu %s (-v)\n", word, left,
                         shown       ? "more"
                         : left == 1 ? "remark"
                                     : "remarks");
}

static void append_audit(struct ims_text *out, const json_t *document,
                         const struct ims_style *style)
{
    const json_t *findings = json_object_get(document, "findings");
    const json_t *before = json_object_get(document, "before");
    const json_t *after = json_object_get(document, "after");
    const char *was =
        ims_layout_null(before, "verdict") ? "no group" : ims_layout_string(before, "verdict");
    const char *is = ims_layout_string(after, "verdict");
    const size_t changed = json_array_size(json_object_get(findings, "changed"));
    struct ims_text line = {0};

    if (ims_layout_null(after, "verdict")) {
        ims_text_append(&line, "Audit: without groups there is nothing to hold against the "
                               "registers: no IOMMU stands between devices and memory.");
        ims_layout_line(out, style, &line, 0);
        return;
    }
    if (strcmp(was, is) == 0)
        ims_text_appendf(&line, "Audit: %s, as before", is);
    else
        ims_text_appendf(&line, "Audit: %s before, %s after", was, is);
    if (changed)
        ims_text_appendf(&line, "; %zu finding%s name%s other functions now (--json)", changed,
                         changed == 1 ? "" : "s", changed == 1 ? "s" : "");
    ims_text_append(&line, ".");
    ims_layout_line(out, style, &line, 0);
    append_findings(out, style, json_object_get(findings, "new"), "new");
    append_findings(out, style, json_object_get(findings, "gone"), "gone");
}

static void append_addresses(struct ims_text *out, const json_t *document,
                             const struct ims_style *style)
{
    const json_t *moved = json_object_get(document, "moved");
    const size_t count = json_array_size(moved);
    const size_t shown = style->verbose > 0 || count <= MEMBERS_MAX ? count : MEMBERS_MAX - 1;
    struct ims_text line = {0};

    if (count == 0)
        return;
    for (size_t i = 0; i < shown; i++) {
        const json_t *one = json_array_get(moved, i);
        ims_text_appendf(&line, "%s%s is now ", i ? ", " : "Addresses: ",
                         ims_layout_address(document, style, ims_layout_string(one, "from")));
        ims_text_append(&line, ims_layout_address(document, style, ims_layout_string(one, "to")));
    }
    if (shown < count)
        ims_text_appendf(&line, " and %zu more (-v)", count - shown);
    ims_text_append(&line, ".");
    ims_layout_line(out, style, &line, 0);
}

static void append_consequences(struct ims_text *out, const json_t *document,
                                const struct ims_style *style)
{
    const json_t *one;
    size_t index;

    json_array_foreach(json_object_get(document, "consequences"), index, one)
    {
        const char *kind = ims_layout_string(one, "kind");
        struct ims_text line = {0};

        ims_text_append(&line, strcmp(kind, "misfit") == 0    ? "Does not fit: "
                               : strcmp(kind, "unknown") == 0 ? "Not known: "
                                                              : "Note: ");
        if (!ims_layout_null(one, "address"))
            ims_text_appendf(
                &line,
                "%s: ", ims_layout_address(document, style, ims_layout_string(one, "address")));
        ims_text_appendf(&line, "%s.", ims_layout_string(one, "text"));
        ims_layout_line(out, style, &line, 0);
    }
}

int ims_layout_whatif(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr)
{
    (void)reterr;
    append_groups(out, document, style);
    append_viability(out, document, style);
    append_audit(out, document, style);
    append_addresses(out, document, style);
    append_consequences(out, document, style);
    return out->failed ? -ENOMEM : 0;
}
