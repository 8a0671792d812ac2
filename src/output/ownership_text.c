/* SPDX-License-Identifier: MIT */
/* Plans, outcomes, claims and the log as text. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "output/grid.h"
#include "output/layout.h"
#include "output/layouts.h"

/* ---- plan ---- */

static void append_head(struct ims_text *out, const json_t *document, const struct ims_style *style)
{
    const json_t *plan = json_object_get(document, "plan");
    const char *verdict = ims_layout_string(document, "verdict");
    struct ims_text line = {0};

    ims_text_appendf(&line, "%s of ",
                     strcmp(ims_layout_string(plan, "verb"), "claim") == 0 ? "Claim" : "Release");
    if (ims_layout_null(plan, "group"))
        ims_text_append(&line, "a function without group");
    else
        ims_text_appendf(&line, "IOMMU group %lld",
                         (long long)ims_layout_integer(plan, "group", 0));
    if (strcmp(verdict, "blocked") == 0)
        ims_text_append(&line, ": this plan must not be carried out.");
    else if (strcmp(verdict, "nothing") == 0)
        ims_text_append(&line, ": there is nothing to do.");
    else
        ims_text_appendf(&line, ": %zu write%s.", json_array_size(json_object_get(plan, "steps")),
                         json_array_size(json_object_get(plan, "steps")) == 1 ? "" : "s");
    ims_layout_line(out, style, &line, 0);
}

/* " 3. unbind 0000:01:00.0 from igb", and the write below it. */
static void append_steps(struct ims_text *out, const struct ims_style *style, const json_t *steps)
{
    const json_t *step;
    size_t index;

    json_array_foreach(steps, index, step)
    {
        const json_t *write = json_object_get(step, "write");
        struct ims_text line = {0};
        const char *value = ims_layout_string(write, "value");

        ims_text_appendf(out, " %2zu. %s\n", index + 1, ims_layout_string(step, "text"));
        if (ims_layout_null(write, "path"))
            ims_text_append(&line, ims_layout_string(write, "run"));
        else
            ims_text_appendf(&line, "%s <- %s", ims_layout_string(write, "path"),
                             strcmp(value, "\n") == 0 ? "(empty line)" : value);
        ims_layout_line(out, style, &line, 5);
    }
}

static void append_blockers(struct ims_text *out, const struct ims_style *style,
                            const json_t *blockers)
{
    const json_t *blocker;
    size_t index;

    json_array_foreach(blockers, index, blocker)
    {
        struct ims_text line = {0};
        struct ims_text remedy = {0};

        ims_text_appendf(&line, "Forbidden (%s): %s", ims_layout_string(blocker, "refusal"),
                         ims_layout_string(blocker, "text"));
        ims_layout_line(out, style, &line, 2);
        if (ims_layout_null(blocker, "remedy"))
            continue;
        ims_text_appendf(&remedy, "What helps: %s", ims_layout_string(blocker, "remedy"));
        ims_layout_line(out, style, &remedy, 6);
    }
}

static void append_uses(struct ims_text *out, const json_t *document, const struct ims_style *style,
                        const json_t *uses)
{
    const json_t *use;
    size_t index;

    json_array_foreach(uses, index, use)
    {
        struct ims_text line = {0};

        ims_text_appendf(&line, "The host %s (%s of %s): %s",
                         ims_layout_true(use, "certain") ? "loses" : "may lose",
                         ims_layout_string(use, "kind"),
                         ims_layout_address(document, style, ims_layout_string(use, "address")),
                         ims_layout_string(use, "text"));
        ims_layout_line(out, style, &line, 2);
    }
}

static void append_beyond(struct ims_text *out, const json_t *document,
                          const struct ims_style *style)
{
    const json_t *beyond = json_object_get(document, "reset_beyond");
    struct ims_text line = {0};
    const json_t *value;
    size_t index;

    if (json_array_size(beyond) == 0)
        return;
    ims_text_append(&line, "A hot reset would take along functions of other groups: ");
    json_array_foreach(beyond, index, value)
    {
        ims_text_appendf(&line, "%s%s", index ? ", " : "",
                         ims_layout_address(document, style, json_string_value(value)));
    }
    ims_text_append(&line, ".");
    ims_layout_line(out, style, &line, 2);
}

int ims_layout_plan(const json_t *document, const struct ims_style *style, struct ims_text *out,
                    struct ims_error *reterr)
{
    const json_t *plan = json_object_get(document, "plan");

    (void)reterr;
    append_head(out, document, style);
    append_blockers(out, style, json_object_get(plan, "blockers"));
    append_steps(out, style, json_object_get(plan, "steps"));
    if (json_array_size(json_object_get(plan, "steps")) > 0)
        append_uses(out, document, style, json_object_get(document, "uses"));
    append_beyond(out, document, style);
    return out->failed ? -ENOMEM : 0;
}

/* ---- outcome ---- */

int ims_layout_outcome(const json_t *document, const struct ims_style *style, struct ims_text *out,
                       struct ims_error *reterr)
{
    const char *state = ims_layout_string(document, "state");
    struct ims_text line = {0};

    (void)reterr;
    if (strcmp(state, "refused") == 0)
        ims_text_appendf(&line, "Refused (%s): %s. Nothing was changed.",
                         ims_layout_string(document, "refusal"),
                         ims_layout_string(document, "text"));
    else
        ims_text_appendf(&line, "%c%s: %s.", state[0] - 'a' + 'A', state + 1,
                         ims_layout_string(document, "text"));
    ims_layout_line(out, style, &line, 0);
    return out->failed ? -ENOMEM : 0;
}

/* ---- status and log ---- */

static void append_time(struct ims_text *out, json_int_t seconds)
{
    const time_t when = (time_t)seconds;
    struct tm parts;
    char text[32];

    if (gmtime_r(&when, &parts) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &parts) > 0)
        ims_text_append(out, text);
}

static void append_drivers(struct ims_text *out, const json_t *document,
                           const struct ims_style *style, const json_t *members)
{
    const json_t *member;
    size_t index;

    json_array_foreach(members, index, member)
    {
        ims_text_appendf(
            out, "%s%s %s -> %s", index ? ", " : "",
            ims_layout_address(document, style, ims_layout_string(member, "address")),
            ims_layout_null(member, "before") ? "none" : ims_layout_string(member, "before"),
            ims_layout_null(member, "driver") ? "none" : ims_layout_string(member, "driver"));
    }
}

static void append_transaction(struct ims_text *out, const json_t *document,
                               const struct ims_style *style, const json_t *transaction)
{
    const bool claim = ims_layout_true(transaction, "claim");
    const bool strayed = ims_layout_true(transaction, "strayed");
    const char *state = strayed ? "strayed"
                        : claim ? "held"
                                : ims_layout_string(transaction, "state");
    struct ims_text line = {0};

    if (ims_layout_null(transaction, "verb")) {
        ims_text_appendf(&line, "Journal %s is damaged: what it was about cannot be read.",
                         ims_layout_string(transaction, "name"));
        ims_layout_line(out, style, &line, 0);
        return;
    }
    ims_text_appendf(&line, "%s of group %lld, %s, ",
                     strcmp(ims_layout_string(transaction, "verb"), "claim") == 0 ? "Claim"
                                                                                  : "Release",
                     (long long)ims_layout_integer(transaction, "group", 0), state);
    append_time(&line, ims_layout_integer(transaction, "time", 0));
    ims_text_append(&line, ": ");
    append_drivers(&line, document, style, json_object_get(transaction, "members"));
    if ((!claim || strayed) && *ims_layout_string(transaction, "text"))
        ims_text_appendf(&line, "; %s", ims_layout_string(transaction, "text"));
    ims_text_append(&line, ".");
    ims_layout_line(out, style, &line, 0);
}

int ims_layout_status(const json_t *document, const struct ims_style *style, struct ims_text *out,
                      struct ims_error *reterr)
{
    const json_t *transactions = json_object_get(document, "transactions");
    const json_t *transaction;
    size_t index;

    (void)reterr;
    json_array_foreach(transactions, index, transaction)
    {
        append_transaction(out, document, style, transaction);
    }
    if (json_array_size(transactions) == 0)
        ims_text_append(out, "No group was claimed since the machine was started.\n");
    return out->failed ? -ENOMEM : 0;
}
