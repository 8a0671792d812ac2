/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/number.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "output/render.h"

int ims_session_fail(const struct ims_error *error, int code)
{
    char text[640];

    if (error->message[0])
        ims_print_error("%s", ims_error_format(error, text, sizeof(text)));
    else
        ims_print_error("%s", strerror(-code));
    return IMS_EXIT_ERROR;
}

int ims_session_load(struct ims_session *session, const struct ims_options *options)
{
    struct ims_source_options source = {
        .size_bytes = sizeof(source),
        .groups_path = options->groups,
        .pci_ids_path = options->pci_ids,
        .wake = ims_options_has(options, IMS_OPTION_WAKE),
        .ownership = session->ownership,
    };
    const char *path = options->sysroot ? options->sysroot : options->input;
    struct ims_error error = {0};
    struct ims_ruleset ruleset;
    int code = 0;

    /* A wrong name is told before a large input is read. */
    if (options->rules)
        code = ims_ruleset_find(options->rules, NULL, &ruleset, &error);
    if (code < 0) {
        (void)ims_session_fail(&error, code);
        return IMS_EXIT_USAGE;
    }
    struct ims_progress progress;
    ims_progress_begin(&progress);
    code = ims_source_load(path, &source, &session->topology, &error);
    ims_progress_end(&progress);
    if (code < 0)
        return ims_session_fail(&error, code);
    session->subject.topology = session->topology;
    session->subject.input = path;
    return IMS_EXIT_OK;
}

int ims_session_compute(struct ims_session *session, const struct ims_options *options)
{
    struct ims_grouping_options grouping = {
        .size_bytes = sizeof(grouping),
        .acs = options->acs,
        .probe = options->probe,
        .cmdline = options->cmdline,
        .manage_everything = ims_options_has(options, IMS_OPTION_ALL_MANAGED),
    };
    struct ims_error error = {0};
    int code = ims_ruleset_find(options->rules ? options->rules : "linux",
                                ims_topology_machine(session->topology), &grouping.ruleset, &error);

    if (code < 0) {
        (void)ims_session_fail(&error, code);
        return IMS_EXIT_USAGE;
    }
    struct ims_progress progress;
    ims_progress_begin(&progress);
    code = ims_grouping_compute(session->topology, &grouping, &session->grouping, &error);
    if (code == 0)
        code = ims_grouping_compare(session->grouping, &session->comparison, &error);
    ims_progress_end(&progress);
    if (code < 0)
        return ims_session_fail(&error, code);
    session->names = ims_names_new();
    session->subject.grouping = session->grouping;
    session->subject.comparison = session->comparison;
    session->subject.names = session->names;
    session->subject.selector = options->selector;
    session->subject.acs_asked = options->acs != IMS_ACS_AUTO;
    return IMS_EXIT_OK;
}

bool ims_session_assumes_kernel(const struct ims_session *session,
                                const struct ims_options *options)
{
    struct ims_kernel_version version;

    /* A release that has no number in it says nothing either. */
    return !options->rules &&
           ims_kernel_version_parse(ims_topology_machine(session->topology)->kernel_release,
                                    &version) < 0;
}

int ims_session_fabric(struct ims_session *session, const struct ims_options *options)
{
    const struct ims_fabric_options fabric = {
        .size_bytes = sizeof(fabric),
        .threat = options->threat,
        .rc = options->rc,
    };
    struct ims_error error = {0};
    int code = ims_fabric_new(session->topology, &fabric, &session->fabric, &error);

    if (code < 0)
        return ims_session_fail(&error, code);
    session->subject.fabric = session->fabric;
    return IMS_EXIT_OK;
}

void ims_session_close(struct ims_session *session)
{
    ims_names_free(session->names);
    ims_fabric_free(session->fabric);
    ims_comparison_free(session->comparison);
    ims_grouping_free(session->grouping);
    ims_topology_free(session->topology);
    *session = (struct ims_session){0};
}

/* The width of the terminal; COLUMNS, when somebody set it for us, counts in a pipe too. */
static size_t output_width(bool terminal)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    uint64_t value;

    if (columns && ims_number_decimal(columns, strlen(columns), 10000, &value) == 0 && value > 0)
        return (size_t)value;
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return terminal ? 80 : 0;
}

static bool wants_colour(const struct ims_options *options, bool terminal)
{
    const char *no_color = getenv("NO_COLOR");

    if (options->colour != IMS_COLOUR_AUTO)
        return options->colour == IMS_COLOUR_ALWAYS;
    return terminal && !(no_color && *no_color);
}

static struct ims_style make_style(const struct ims_options *options)
{
    bool terminal = isatty(STDOUT_FILENO) == 1;

    return (struct ims_style){
        .width = output_width(terminal),
        .colour = wants_colour(options, terminal),
        .unicode = !ims_options_has(options, IMS_OPTION_ASCII) &&
                   strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .headings = !ims_options_has(options, IMS_OPTION_NOHEADINGS),
        .full_address = ims_options_has(options, IMS_OPTION_DOMAIN),
        .numeric = options->numeric,
        .verbose = options->verbose,
        .modules = ims_options_has(options, IMS_OPTION_MODULES),
        .columns = options->output,
    };
}

static enum ims_format choose_format(const struct ims_options *options)
{
    if (ims_options_has(options, IMS_OPTION_JSON))
        return IMS_FORMAT_JSON;
    if (ims_options_has(options, IMS_OPTION_FORMAT))
        return options->format;
    return ims_options_has(options, IMS_OPTION_MARKDOWN) ? IMS_FORMAT_MARKDOWN : IMS_FORMAT_TEXT;
}

int ims_session_print(const struct ims_options *options, json_t *document, int code,
                      const struct ims_error *builder_error)
{
    struct ims_style style = make_style(options);
    struct ims_error error = {0};
    struct ims_text out = {0};
    struct ims_text notes = {0};
    int status = IMS_EXIT_OK;

    if (code < 0)
        return ims_session_fail(builder_error, code);
    code = ims_render(document, choose_format(options), &style, &out, &error);
    if (code == 0)
        code = ims_render_notes(document, &style, &notes);
    json_decref(document);
    if (code < 0) {
        status = ims_session_fail(&error, code);
        if (code == -EINVAL || code == -ENOTSUP)
            status = IMS_EXIT_USAGE;
    } else {
        code = ims_print_bytes(ims_text_get(&out), out.length);
        if (code < 0) {
            status = IMS_EXIT_ERROR;
            if (code != -EPIPE)
                ims_print_error("standard output: %s", strerror(-code));
        }
        ims_print_notes(ims_text_get(&notes));
    }
    ims_text_done(&out);
    ims_text_done(&notes);
    return status;
}

int ims_session_answer(const struct ims_options *options,
                       int (*make)(const struct ims_subject *subject, json_t **ret,
                                   struct ims_error *reterr))
{
    struct ims_session session = {0};
    struct ims_error error = {0};
    json_t *document = NULL;
    int status = ims_session_load(&session, options);

    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK) {
        const int code = make(&session.subject, &document, &error);

        status = ims_session_print(options, document, code, &error);
    }
    ims_session_close(&session);
    return status;
}
