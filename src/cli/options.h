/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_OPTIONS_H
#define IMS_CLI_OPTIONS_H

/* The options of all commands: one table, one reader. */

#include "iommuscope/audit.h"
#include "iommuscope/fabric.h"
#include "iommuscope/grouping.h"
#include "iommuscope/ownership.h"
#include "output/document.h"
#include "output/render.h"

/* One bit per option; a command says which ones it takes. */
enum ims_option_id {
    IMS_OPTION_INPUT = 0,
    IMS_OPTION_SYSROOT,
    IMS_OPTION_GROUPS,
    IMS_OPTION_PCI_IDS,
    IMS_OPTION_WAKE,
    IMS_OPTION_RULES,
    IMS_OPTION_ACS,
    IMS_OPTION_PROBE,
    IMS_OPTION_CMDLINE,
    IMS_OPTION_ALL_MANAGED,
    IMS_OPTION_JSON,
    IMS_OPTION_TREE,
    IMS_OPTION_OUTPUT,
    IMS_OPTION_NOHEADINGS,
    IMS_OPTION_SLOT,
    IMS_OPTION_DEVICE,
    IMS_OPTION_NUMERIC,
    IMS_OPTION_DOMAIN,
    IMS_OPTION_MODULES,
    IMS_OPTION_VERBOSE,
    IMS_OPTION_QUIRKS,
    IMS_OPTION_MARKDOWN,
    IMS_OPTION_SERIALS,
    IMS_OPTION_WRITE,
    IMS_OPTION_READ,
    IMS_OPTION_IO,
    IMS_OPTION_AT,
    IMS_OPTION_AS,
    IMS_OPTION_RC,
    IMS_OPTION_THREAT,
    IMS_OPTION_CERTAINTY,
    IMS_OPTION_GUEST_RAM,
    IMS_OPTION_FORMAT,
    IMS_OPTION_FAIL_ON,
    IMS_OPTION_DRIVER,
    IMS_OPTION_COMPANIONS,
    IMS_OPTION_ALLOW_LOSS,
    IMS_OPTION_PLAN,
    IMS_OPTION_DRY_RUN,
    IMS_OPTION_FORWARD,
    IMS_OPTION_BACK,
    IMS_OPTION_OPEN,
    IMS_OPTION_SAVE,
    IMS_OPTION_FOR,
    IMS_OPTION_PERSIST,
    IMS_OPTION_NAME,
    IMS_OPTION_ACCESS,
    IMS_OPTION_COLOR,
    IMS_OPTION_ASCII,
    IMS_OPTION_HELP,
    IMS_OPTION_VERSION,
    IMS_OPTION_DUMP_COMMANDS,
    IMS_OPTION_DUMP_COMPLETION,
    IMS_OPTION_MAX,
};

#define IMS_OPTION_BIT(name) (UINT64_C(1) << IMS_OPTION_##name)

struct ims_option_row {
    enum ims_option_id id;
    char letter;          /* 0 = none */
    const char *name;     /* without the dashes */
    const char *argument; /* what the help calls it, NULL = takes none */
    const char *values;   /* words of the completion separated by blanks; "FILE", "DIR" or NULL */
    const char *help;     /* NULL = hidden */
};

/* The row of an option; NULL beyond the end. Rows are in the order of their ids. */
const struct ims_option_row *ims_option_at(unsigned id);

enum ims_colour_mode {
    IMS_COLOUR_AUTO = 0,
    IMS_COLOUR_NEVER,
    IMS_COLOUR_ALWAYS,
};

/* --allow-loss may be given this often. */
#define IMS_ALLOW_LOSS_MAX 64u

struct ims_options {
    uint64_t given; /* IMS_OPTION_BIT of every option that was used */
    const char *input;
    const char *sysroot;
    const char *groups;
    const char *pci_ids;
    const char *rules;
    const char *cmdline;
    const char *output;
    const char *guest_ram;
    bool fabric;      /* --rules fabric: the registers judge, no kernel */
    uint64_t address; /* of --write or --read */
    enum ims_tlp_at at;
    struct ims_address requester; /* of --as */
    enum ims_fabric_rc rc;
    enum ims_fabric_threat threat;
    enum ims_fabric_certainty certainty;
    enum ims_format format; /* of --format */
    enum ims_severity fail_on;
    const char *driver; /* of --driver */
    enum ims_companions companions;
    const char *allow_loss[IMS_ALLOW_LOSS_MAX]; /* as they were written */
    unsigned allow_loss_count;
    const char *plan;           /* the file of --plan */
    const char *save;           /* the file of --save */
    enum ims_bootloader loader; /* of --for */
    const char *name;           /* of --name: a claim */
    enum ims_access_kind access;
    const char *access_name; /* the name behind "user:" or "group:" */
    enum ims_acs_mode acs;
    enum ims_probe_mode probe;
    enum ims_colour_mode colour;
    unsigned numeric;
    unsigned verbose;
    struct ims_selector selector;
    char **words; /* the command and its operands, part of argv */
    int word_count;
};

static inline bool ims_options_has(const struct ims_options *options, enum ims_option_id id)
{
    return (options->given >> id & 1) != 0;
}

/*
 * Reads the command line; options may stand anywhere before "--". argv is permuted. Prints the
 * message of a mistake on stderr and returns -EINVAL.
 */
int ims_options_read(int argc, char **argv, struct ims_options *ret);

/* lspci's -s: [[[[domain]:]bus]:][device][.[function]], '*' or nothing for any. Returns -EINVAL. */
int ims_selector_parse_slot(const char *text, struct ims_selector *selector);

/* lspci's -d: [vendor]:[device][:class[:prog-if]], '*' or nothing for any. Returns -EINVAL. */
int ims_selector_parse_device(const char *text, struct ims_selector *selector);

#endif
