/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/print.h"
#include "cli/session.h"

/* One thing to ask advice of; operands are those behind its name. */
struct verb {
    const char *name;
    const char *operands; /* as the help says it */
    int operands_min;
    int operands_max;
    int (*run)(const struct ims_options *options, struct ims_session *session, char **operands,
               int operand_count);
};

/* ---- parties ---- */

/* "BB:DD" or "SSSS:BB:DD": a whole device. */
static bool read_device(const char *text, struct ims_address *ret)
{
    char padded[IMS_ADDRESS_STRING_SIZE + 8];
    const size_t length = strlen(text);

    if (length + 3 > sizeof(padded) || !strchr(text, ':') || strpbrk(text, "./_"))
        return false;
    memcpy(padded, text, length);
    memcpy(padded + length, ".0", 3);
    return ims_address_parse(padded, ret) == 0;
}

/* The functions of a device, VFs left out: those are there to go to different owners. */
static uint32_t find_device(const struct ims_topology *topology, struct ims_address address,
                            struct ims_function *ret)
{
    const uint32_t total = ims_topology_function_count(topology);
    uint32_t count = 0;

    for (uint32_t i = 0; i < total; i++) {
        const struct ims_function_info *info =
            ims_topology_function(topology, (struct ims_function){i});

        if (info->address.segment == address.segment && info->address.bus == address.bus &&
            info->address.devfn >> 3 == address.devfn >> 3 && info->is_vf != IMS_YES)
            ret[count++] = (struct ims_function){i};
    }
    return count;
}

/* The functions that an operand names. The caller frees *ret. Returns an exit status. */
static int read_party(const struct ims_session *session, const char *text,
                      struct ims_function **ret, uint32_t *ret_count)
{
    struct ims_function *party =
        calloc(ims_topology_function_count(session->topology) + 1u, sizeof(*party));
    struct ims_address address;
    int status = IMS_EXIT_OK;

    if (!party)
        return ims_session_fail(&(struct ims_error){0}, -ENOMEM);
    *ret_count = 1;
    if (read_device(text, &address)) {
        *ret_count = find_device(session->topology, address, party);
        if (*ret_count == 0) {
            ims_print_error("no device at %s", text);
            status = IMS_EXIT_ERROR;
        }
    } else {
        status = ims_session_resolve(session, text, party);
    }
    if (status != IMS_EXIT_OK) {
        free(party);
        return status;
    }
    *ret = party;
    return IMS_EXIT_OK;
}

/* ---- split, isolate, group ---- */

static int status_of(const struct ims_separation *separation)
{
    switch (separation->answer) {
    case IMS_SEPARATION_NOTHING:
    case IMS_SEPARATION_CHANGES:
        return IMS_EXIT_OK;
    case IMS_SEPARATION_UNKNOWN:
        return IMS_EXIT_UNKNOWN;
    default:
        return IMS_EXIT_NO;
    }
}

static int answer(const struct ims_options *options, const struct ims_session *session,
                  struct ims_separation_question *question)
{
    struct ims_separation *separation = NULL;
    struct ims_error error = {0};
    json_t *document = NULL;
    int verdict = IMS_EXIT_OK;
    int code;

    question->size_bytes = sizeof(*question);
    question->manage_everything = ims_options_has(options, IMS_OPTION_ALL_MANAGED);
    code = ims_separation_new(session->grouping, session->fabric, question, &separation, &error);
    if (code == 0) {
        verdict = status_of(separation);
        code = ims_document_advise(&session->subject, question, separation, options->loader,
                                   &document);
    }
    ims_separation_free(separation);
    if (code == -EINVAL) {
        ims_print_error("advise: %s", error.message);
        return IMS_EXIT_USAGE;
    }
    const int status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK ? verdict : status;
}

static int split(const struct ims_options *options, struct ims_session *session, char **operands,
                 int operand_count)
{
    struct ims_separation_question question = {.goal = IMS_SEPARATE_SPLIT};
    struct ims_function *a = NULL;
    struct ims_function *b = NULL;
    int status = read_party(session, operands[0], &a, &question.a_count);

    (void)operand_count;
    if (status == IMS_EXIT_OK)
        status = read_party(session, operands[1], &b, &question.b_count);
    question.a = a;
    question.b = b;
    if (status == IMS_EXIT_OK)
        status = answer(options, session, &question);
    free(a);
    free(b);
    return status;
}

static int isolate(const struct ims_options *options, struct ims_session *session, char **operands,
                   int operand_count)
{
    struct ims_separation_question question = {.goal = IMS_SEPARATE_ISOLATE};
    struct ims_function *a = NULL;
    int status = read_party(session, operands[0], &a, &question.a_count);

    (void)operand_count;
    question.a = a;
    if (status == IMS_EXIT_OK)
        status = answer(options, session, &question);
    free(a);
    return status;
}

static int group(const struct ims_options *options, struct ims_session *session, char **operands,
                 int operand_count)
{
    struct ims_separation_question question = {.goal = IMS_SEPARATE_GROUP};
    struct ims_function *groups = NULL;
    int status = ims_session_groups(session, operands, operand_count, &groups, &question.a_count);

    question.a = groups;
    if (status == IMS_EXIT_OK)
        status = answer(options, session, &question);
    free(groups);
    return status;
}

/* ---- p2p, slots ---- */

/* The word is printed for a request that makes no sense, else as any other error. */
static int fail(const struct ims_error *error, int code)
{
    if (code != -EINVAL)
        return ims_session_fail(error, code);
    ims_print_error("advise: %s", error->message);
    return IMS_EXIT_USAGE;
}

/* 0 where it is direct or can be made so, 6 where only the unknown is in the way. */
static int p2p_status(const struct ims_p2p *p2p)
{
    if (p2p->now == IMS_P2P_DIRECT || p2p->recipe_count > 0)
        return IMS_EXIT_OK;
    return p2p->now == IMS_P2P_OPEN ? IMS_EXIT_UNKNOWN : IMS_EXIT_NO;
}

static int p2p(const struct ims_options *options, struct ims_session *session, char **operands,
               int operand_count)
{
    struct ims_function ends[2] = {IMS_FUNCTION_NONE, IMS_FUNCTION_NONE};
    struct ims_p2p *advice = NULL;
    struct ims_error error = {0};
    json_t *document = NULL;
    int status = IMS_EXIT_OK;

    for (int i = 0; i < operand_count && status == IMS_EXIT_OK; i++)
        status = ims_session_resolve(session, operands[i], &ends[i]);
    if (status != IMS_EXIT_OK)
        return status;
    int code = ims_p2p_new(session->grouping, session->fabric, ends[0], ends[1], &advice, &error);
    if (code < 0)
        return fail(&error, code);
    code =
        ims_document_p2p(&session->subject, ends[0], ends[1], advice, options->loader, &document);
    const int verdict = p2p_status(advice);
    ims_p2p_free(advice);
    status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK ? verdict : status;
}

static int slots(const struct ims_options *options, struct ims_session *session, char **operands,
                 int operand_count)
{
    struct ims_slots *advice = NULL;
    struct ims_error error = {0};
    json_t *document = NULL;
    uint64_t wanted = 0;

    (void)operand_count;
    if (ims_number_decimal(operands[0], strlen(operands[0]), IMS_SLOTS_MAX, &wanted) < 0 ||
        wanted == 0) {
        ims_print_error("advise slots: '%s' is no number of cards from 1 to %u", operands[0],
                        IMS_SLOTS_MAX);
        return IMS_EXIT_USAGE;
    }
    int code = ims_slots_new(session->grouping, session->fabric, (uint32_t)wanted, &advice, &error);
    if (code < 0)
        return fail(&error, code);
    code = ims_document_slots(&session->subject, advice, &document);
    const int verdict = advice->units == wanted ? IMS_EXIT_OK : IMS_EXIT_NO;
    ims_slots_free(advice);
    const int status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK ? verdict : status;
}

static const struct verb verbs[] = {
    {"split", "A B", 2, 2, split}, {"isolate", "A", 1, 1, isolate}, {"group", "N", 1, 1, group},
    {"p2p", "A B", 2, 2, p2p},     {"slots", "N", 1, 1, slots},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

/* ---- the command ---- */

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static int refuse(const char *name)
{
    char names[128] = "";

    for (size_t i = 0; i < VERB_COUNT; i++) {
        const size_t length = strlen(names);
        const size_t room = sizeof(names) - length;

        if (strlen(verbs[i].name) + 3 > room)
            break;
        memcpy(names + length, i ? ", " : "", i ? 3 : 1);
        memcpy(names + length + (i ? 2 : 0), verbs[i].name, strlen(verbs[i].name) + 1);
    }
    ims_print_error("advise: '%s' is none of: %s", name, names);
    return IMS_EXIT_USAGE;
}

int ims_command_advise(const struct ims_options *options, char **operands, int operand_count)
{
    const struct verb *verb = find_verb(operands[0]);
    struct ims_session session = {0};
    int status;

    if (!verb)
        return refuse(operands[0]);
    if (operand_count - 1 < verb->operands_min || operand_count - 1 > verb->operands_max) {
        ims_print_error("advise %s: takes %s", verb->name, verb->operands);
        return IMS_EXIT_USAGE;
    }
    status = ims_session_load(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_fabric(&session, options);
    if (status == IMS_EXIT_OK)
        status = verb->run(options, &session, operands + 1, operand_count - 1);
    ims_session_close(&session);
    return status;
}
