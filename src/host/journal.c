/* SPDX-License-Identifier: MIT */
#include "host/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/number.h"
#include "base/text.h"
#include "host/plan_json.h"

#define HEAD_LENGTH 18u /* "LLLLLLLL CCCCCCCC " */

/* CRC-32 with the polynomial of Ethernet. */
static uint32_t checksum(const char *bytes, size_t length)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned char)bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* Consumes record, which is NULL when memory was short. */
static int append(const struct ims_store *store, const char *name, json_t *record)
{
    char *json = record ? json_dumps(record, JSON_COMPACT) : NULL;
    struct ims_text line = {0};
    int r = -ENOMEM;

    json_decref(record);
    if (json) {
        const size_t length = strlen(json);

        /* The end of a line first: behind a torn record a new line begins. */
        ims_text_appendf(&line, "\n%08zx %08x %s\n", length, checksum(json, length), json);
        if (ims_text_get(&line))
            r = store->append(store->context, name, ims_text_get(&line), line.length);
    }
    ims_text_done(&line);
    free(json);
    return r;
}

int ims_journal_begin(const struct ims_store *store, const char *name, const struct ims_plan *plan,
                      const char *boot_id)
{
    return append(store, name,
                  json_pack("{s:s, s:i, s:s, s:I, s:s, s:o}", "record", "begin", "format", 1,
                            "boot", boot_id, "time", (json_int_t)time(NULL), "version", IMS_VERSION,
                            "plan", ims_plan_to_json(plan)));
}

int ims_journal_intent(const struct ims_store *store, const char *name, const struct ims_step *step,
                       bool back)
{
    char text[512];

    ims_step_describe(step, text, sizeof(text));
    return append(
        store, name,
        json_pack("{s:s, s:b, s:s}", "record", "intent", "back", (int)back, "text", text));
}

int ims_journal_result(const struct ims_store *store, const char *name, int code)
{
    return append(store, name, json_pack("{s:s, s:i}", "record", "result", "code", code));
}

int ims_journal_end(const struct ims_store *store, const char *name,
                    enum ims_transaction_state state, const char *text)
{
    return append(store, name,
                  json_pack("{s:s, s:s, s:s}", "record", "end", "state",
                            ims_transaction_state_to_string(state), "text", text));
}

/* The JSON of a line without its end; NULL when it is torn or damaged. */
static json_t *parse_line(const char *line, size_t size_bytes)
{
    uint64_t length;
    uint64_t sum;

    if (size_bytes <= HEAD_LENGTH || ims_number_hex(line, 8, UINT32_MAX, &length) < 0 ||
        line[8] != ' ' || ims_number_hex(line + 9, 8, UINT32_MAX, &sum) < 0 || line[17] != ' ' ||
        length != size_bytes - HEAD_LENGTH || checksum(line + HEAD_LENGTH, length) != sum)
        return NULL;
    return json_loadb(line + HEAD_LENGTH, length, JSON_REJECT_DUPLICATES, NULL);
}

/* The next record at or behind *at, which is moved behind it; NULL when there is none. */
static json_t *next_record(const char *bytes, size_t size_bytes, size_t *at)
{
    json_t *record = NULL;

    while (!record && *at < size_bytes) {
        const char *line = bytes + *at;
        const char *end = memchr(line, '\n', size_bytes - *at);

        if (!end)
            return NULL;
        record = parse_line(line, (size_t)(end - line));
        *at = (size_t)(end - bytes) + 1;
    }
    return record;
}

/* Whether it holds a line that was written to its end, readable or not. */
static bool holds_line(const char *bytes, size_t size_bytes)
{
    for (size_t i = 1; i < size_bytes; i++)
        if (bytes[i] == '\n' && bytes[i - 1] != '\n')
            return true;
    return false;
}

static bool is_record(const json_t *record, const char *kind)
{
    const char *text = json_string_value(json_object_get(record, "record"));
    return text && strcmp(text, kind) == 0;
}

static void take_text(const json_t *record, char *text, size_t size_bytes)
{
    const char *value = json_string_value(json_object_get(record, "text"));
    snprintf(text, size_bytes, "%s", value ? value : "");
}

static int take_begin(const json_t *record, struct ims_journal *ret)
{
    const char *boot = json_string_value(json_object_get(record, "boot"));

    if (!is_record(record, "begin") || !boot || strlen(boot) >= sizeof(ret->boot_id))
        return -EBADMSG;
    memcpy(ret->boot_id, boot, strlen(boot) + 1);
    ret->time_seconds = json_integer_value(json_object_get(record, "time"));
    return ims_plan_from_json(json_object_get(record, "plan"), &ret->plan, NULL);
}

static void take_later(const json_t *record, struct ims_journal *ret)
{
    if (is_record(record, "intent")) {
        ret->state = IMS_TRANSACTION_OPEN;
        take_text(record, ret->text, sizeof(ret->text));
    } else if (is_record(record, "end")) {
        const char *state = json_string_value(json_object_get(record, "state"));

        take_text(record, ret->text, sizeof(ret->text));
        for (int i = IMS_TRANSACTION_DONE; state && i < IMS_TRANSACTION_DAMAGED; i++)
            if (strcmp(state, ims_transaction_state_to_string((enum ims_transaction_state)i)) == 0)
                ret->state = (enum ims_transaction_state)i;
    }
}

int ims_journal_read(const struct ims_store *store, const char *name, struct ims_journal *ret)
{
    char *bytes = NULL;
    size_t size_bytes = 0;
    size_t at = 0;
    int r = store->read(store->context, name, &bytes, &size_bytes);

    *ret = (struct ims_journal){.state = IMS_TRANSACTION_DAMAGED};
    /* What is no file, or a link, is none of ours; it is named, and hides no other journal. */
    ret->begun = r == -EBADMSG || r == -ELOOP;
    if (r < 0)
        return ret->begun ? 0 : r;
    json_t *record = next_record(bytes, size_bytes, &at);
    ret->begun = record != NULL || holds_line(bytes, size_bytes);
    r = take_begin(record, ret);
    if (r == 0)
        ret->state = IMS_TRANSACTION_OPEN;
    while (r == 0 && record) {
        json_decref(record);
        record = next_record(bytes, size_bytes, &at);
        take_later(record, ret);
    }
    json_decref(record);
    free(bytes);
    return r == -ENOMEM ? r : 0;
}

void ims_journal_done(struct ims_journal *journal)
{
    ims_plan_free(journal->plan);
    journal->plan = NULL;
}
