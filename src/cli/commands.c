/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <string.h>

#include "cli/print.h"

/* Longer words are like no command. */
#define NAME_MAX_LENGTH 31u

#define BIT(name) IMS_OPTION_BIT(name)

/* What to read. */
#define SOURCE (BIT(INPUT) | BIT(SYSROOT) | BIT(GROUPS) | BIT(PCI_IDS) | BIT(WAKE))
/* Who judges, and what. */
#define JUDGE (BIT(RULES) | BIT(ACS) | BIT(PROBE) | BIT(CMDLINE) | BIT(ALL_MANAGED))
/* What the fabric is told. */
#define FABRIC (BIT(RC) | BIT(THREAT))
/* How an answer looks. */
#define LOOK (BIT(JSON) | BIT(NUMERIC) | BIT(VERBOSE) | BIT(COLOR) | BIT(ASCII))
/* Tables of functions. */
#define TABLE                                                                               \
    (BIT(OUTPUT) | BIT(NOHEADINGS) | BIT(SLOT) | BIT(DEVICE) | BIT(DOMAIN) | BIT(MODULES) | \
     BIT(TREE))

/* What plans are told. */
#define CLAIM (BIT(DRIVER) | BIT(COMPANIONS) | BIT(ALLOW_LOSS))

/* Claims that survive a boot. */
#define PERSIST (BIT(PERSIST) | BIT(NAME))

/* Why nothing was changed; the same for all commands that carry plans out. */
#define EXIT_IMPOSSIBLE                                                               \
    {                                                                                 \
        IMS_EXIT_NO, "it is not possible, or the machine is not what was planned for" \
    }
#define EXIT_IN_USE                                          \
    {                                                        \
        IMS_EXIT_REFUSED, "the host uses what it would lose" \
    }
#define EXIT_NOT_KNOWN                                                            \
    {                                                                             \
        IMS_EXIT_UNKNOWN, "a fact that decides is unknown, or a right is missing" \
    }
#define EXIT_OWNED                                                                     \
    {                                                                                  \
        IMS_EXIT_OWNED, "another owner has a member, or another iommuscope is at work" \
    }
#define EXIT_PARTIAL                                                                     \
    {                                                                                    \
        IMS_EXIT_PARTIAL, "not everything could be put back, or a write does not return" \
    }

#define EXIT_FINE                             \
    {                                         \
        IMS_EXIT_OK, "the answer was printed" \
    }
#define EXIT_FAILED                                                                 \
    {                                                                               \
        IMS_EXIT_ERROR, "the input could not be read, or the answer not be written" \
    }
#define EXIT_WRONG                                  \
    {                                               \
        IMS_EXIT_USAGE, "the command line is wrong" \
    }

static const struct ims_command commands[] = {
    {
        .name = "groups",
        .summary = "print the IOMMU groups: who is in them, and which rule put them there",
        .operands = "",
        .completion = "",
        .options = SOURCE | JUDGE | LOOK | TABLE | FABRIC | BIT(CERTAINTY),
        .schema = "iommuscope.groups/1",
        .exits = {EXIT_FINE, EXIT_FAILED, EXIT_WRONG},
        .examples = {{"iommuscope", "the groups of this machine"},
                     {"lspci -xxxx | iommuscope groups -F -", "the groups of a dump"},
                     {"iommuscope groups --rules linux-6.12 -d 10de:",
                      "the groups of NVIDIA functions as Linux 6.12 would form them"},
                     {"iommuscope groups --rules fabric --certainty must",
                      "which functions the registers surely do not keep apart"}},
        .run = ims_command_groups,
    },
    {
        .name = "explain",
        .summary = "explain why a function is in its group, or why two are together or apart",
        .operands = "A [B]",
        .operands_min = 1,
        .operands_max = 2,
        .completion = "ADDRESS",
        .options = SOURCE | JUDGE | LOOK,
        .exits = {EXIT_FINE,
                  {IMS_EXIT_ERROR, "the input could not be read, or holds no such function"},
                  EXIT_WRONG,
                  {IMS_EXIT_UNKNOWN, "a fact that decides is unknown"}},
        .examples = {{"iommuscope explain 01:00.0", "what shares the group of 01:00.0, and why"},
                     {"iommuscope explain 01:00.0 02:00.0",
                      "what puts two functions together or keeps them apart"}},
        .run = ims_command_explain,
    },
    {
        .name = "show",
        .summary = "print everything known of one function",
        .operands = "A",
        .operands_min = 1,
        .operands_max = 1,
        .completion = "ADDRESS",
        .options = SOURCE | JUDGE | LOOK,
        .exits = {EXIT_FINE,
                  {IMS_EXIT_ERROR, "the input could not be read, or holds no such function"},
                  EXIT_WRONG},
        .examples = {{"iommuscope show 00:1c.0", "the ACS registers of a root port and the rest"}},
        .run = ims_command_show,
    },
    {
        .name = "tree",
        .summary = "print buses, bridges and functions as a tree with the ACS state of every port",
        .operands = "",
        .completion = "",
        .options = SOURCE | JUDGE | LOOK | TABLE,
        .schema = "iommuscope.tree/1",
        .exits = {EXIT_FINE, EXIT_FAILED, EXIT_WRONG},
        .examples = {{"iommuscope tree", "the tree of this machine"},
                     {"iommuscope tree -s 01:", "bus 01 and the bridges above it"},
                     {"iommuscope tree -v", "with bus numbers and address windows"}},
        .run = ims_command_tree,
    },
    {
        .name = "route",
        .summary = "follow one request of a function hop by hop, to the IOMMU or to a peer",
        .operands = "A",
        .operands_min = 1,
        .operands_max = 1,
        .completion = "ADDRESS",
        .options =
            SOURCE | JUDGE | LOOK | BIT(WRITE) | BIT(READ) | BIT(IO) | BIT(AT) | BIT(AS) | BIT(RC),
        .exits = {{IMS_EXIT_OK, "the request surely arrives at the IOMMU"},
                  {IMS_EXIT_ERROR, "the input could not be read, or holds no such function"},
                  EXIT_WRONG,
                  {IMS_EXIT_NO, "it does not arrive at the IOMMU"},
                  {IMS_EXIT_UNKNOWN, "whether it arrives there is open or unknown"}},
        .examples = {{"iommuscope route 03:00.0 --write 0xf6001000",
                      "where a write of 03:00.0 to this address really goes"},
                     {"iommuscope route 03:00.0 --read f6001000 --at translated",
                      "the same for a read that claims to be translated"}},
        .run = ims_command_route,
    },
    {
        .name = "reach",
        .summary = "print who reaches whom without the IOMMU, and which addresses miss it",
        .operands = "[A...]",
        .operands_max = 4096,
        .completion = "ADDRESS",
        .options = SOURCE | JUDGE | LOOK | FABRIC | BIT(GUEST_RAM),
        .exits = {EXIT_FINE,
                  {IMS_EXIT_ERROR, "the input could not be read, or holds no such function"},
                  EXIT_WRONG,
                  {IMS_EXIT_NO, "guest memory lies where requests miss the IOMMU"},
                  {IMS_EXIT_UNKNOWN, "guest memory lies where they may miss it"}},
        .examples = {{"iommuscope reach 03:00.0 04:00.0", "how two functions reach each other"},
                     {"iommuscope reach 03:00.0 --guest-ram 0-bfffffff,100000000-23fffffff",
                      "whether a guest with this memory can use 03:00.0"}},
        .run = ims_command_reach,
    },
    {
        .name = "audit",
        .summary = "hold the groups against the registers: what is not kept apart, with witnesses",
        .operands = "",
        .completion = "",
        .options = SOURCE | JUDGE | LOOK | FABRIC | BIT(FORMAT) | BIT(FAIL_ON),
        .exits = {{IMS_EXIT_OK, "no finding of the severity of --fail-on, and nothing is open"},
                  EXIT_FAILED,
                  EXIT_WRONG,
                  {IMS_EXIT_NO, "there is a finding of the severity of --fail-on or above"},
                  {IMS_EXIT_UNKNOWN, "a way out of a group cannot be excluded"}},
        .examples = {{"iommuscope audit", "whether the groups of this machine are true"},
                     {"iommuscope audit --format sarif --fail-on medium",
                      "the same for a pipeline"}},
        .run = ims_command_audit,
    },
    {
        .name = "whatif",
        .summary = "edit the machine and print how groups, viability and audit would change",
        .operands = "EDIT...",
        .operands_min = 1,
        .operands_max = 4096,
        .completion = "",
        .options = SOURCE | BIT(RULES) | BIT(ACS) | BIT(PROBE) | BIT(ALL_MANAGED) | LOOK | FABRIC |
                   BIT(DOMAIN) | BIT(SAVE) | BIT(SERIALS),
        .exits = {EXIT_FINE,
                  {IMS_EXIT_ERROR, "the input could not be read, or an edit is impossible"},
                  EXIT_WRONG,
                  {IMS_EXIT_UNKNOWN, "a change depends on a fact that is unknown"}},
        .examples = {{"iommuscope whatif move 01:00.0 to 00:1c.0", "another slot for a card"},
                     {"iommuscope whatif 'numvfs 03:00.0=8' 'kernel 6.12'", "two edits, in order"},
                     {"iommuscope whatif --input saved.json override downstream",
                      "what the ACS override would hide"}},
        .run = ims_command_whatif,
    },
    {
        .name = "advise",
        .summary = "print the least to change so that functions are apart, or why nothing helps",
        .operands = "split A B|isolate A|group N|p2p A B|slots N",
        .operands_min = 1,
        .operands_max = 3,
        .completion = "ADDRESS",
        .options = SOURCE | JUDGE | LOOK | FABRIC | BIT(FOR),
        .exits = {{IMS_EXIT_OK, "the change was printed, or nothing need be changed"},
                  {IMS_EXIT_ERROR, "the input could not be read, or holds no such function"},
                  EXIT_WRONG,
                  {IMS_EXIT_NO, "software cannot do it, or not all of it"},
                  {IMS_EXIT_UNKNOWN, "a fact that decides is unknown"}},
        .examples = {{"iommuscope advise split 03:00.0 04:00.0",
                      "what separates two functions that share a group"},
                     {"iommuscope advise isolate 01:00",
                      "what leaves the card in 01:00 alone in its group"},
                     {"iommuscope advise group 13 --for grub",
                      "the finest parts of group 13, as lines for GRUB"}},
        .run = ims_command_advise,
    },
    {
        .name = "assign",
        .summary =
            "tell whether a plan that gives functions to guests is safe, and which way is not",
        .operands = "PLAN...",
        .operands_min = 1,
        .operands_max = 4096,
        .completion = "FILE",
        .options = SOURCE | JUDGE | LOOK | FABRIC | BIT(CERTAINTY),
        .exits = {{IMS_EXIT_OK, "no guest gets at what another owner has"},
                  {IMS_EXIT_ERROR, "the input or a plan could not be read"},
                  EXIT_WRONG,
                  {IMS_EXIT_NO, "one does, or two owners are given what only one can have"},
                  {IMS_EXIT_UNKNOWN, "what is only possible, or not in the input, decides"}},
        .examples = {{"virsh dumpxml web | iommuscope assign -",
                      "whether what a libvirt domain is given is apart from everything else"},
                     {"iommuscope assign web.xml db.xml", "whether two of them are"},
                     {"iommuscope assign /proc/4711/cmdline", "the same for a running QEMU"},
                     {"echo 'web: 03:00.0' | iommuscope assign -", "the same for a plan in words"}},
        .run = ims_command_assign,
    },
    {
        .name = "check",
        .summary = "tell whether VFIO takes a group, which member stands in the way, and why",
        .operands = "GROUP|A...",
        .operands_min = 1,
        .operands_max = 4096,
        .completion = "ADDRESS",
        .options = SOURCE | JUDGE | LOOK | BIT(OPEN),
        .exits = {{IMS_EXIT_OK, "every group named can be handed to user space"},
                  {IMS_EXIT_ERROR, "the input could not be read, or holds no such group"},
                  EXIT_WRONG,
                  {IMS_EXIT_NO, "one of them cannot be handed over"},
                  {IMS_EXIT_UNKNOWN, "a fact that decides is unknown"},
                  {IMS_EXIT_OWNED, "with --open: another process has a group open"}},
        .examples = {{"iommuscope check 13", "whether group 13 of this machine is viable"},
                     {"iommuscope check 01:00.0 --rules linux-5.10",
                      "what a kernel with the older rule says"}},
        .run = ims_command_check,
    },
    {
        .name = "hostdev",
        .summary = "print what a VMM needs to give whole groups to a guest",
        .operands = "GROUP|A...",
        .operands_min = 1,
        .operands_max = 4096,
        .completion = "ADDRESS",
        .options = SOURCE | JUDGE | LOOK | BIT(FORMAT),
        .exits = {EXIT_FINE,
                  {IMS_EXIT_ERROR, "the input could not be read, or holds no such group"},
                  EXIT_WRONG,
                  {IMS_EXIT_NO, "one of the groups has no endpoint"}},
        .examples = {{"iommuscope hostdev 13", "group 13 of this machine for a domain of libvirt"},
                     {"iommuscope hostdev 01:00.0 --format qemu",
                      "the group of 01:00.0 as options of QEMU"}},
        .run = ims_command_hostdev,
    },
    {
        .name = "who",
        .summary = "print what on the host uses a function, and what would be lost without it",
        .operands = "GROUP|A...",
        .operands_min = 1,
        .operands_max = 4096,
        .completion = "ADDRESS",
        .options = SOURCE | LOOK,
        .exits = {{IMS_EXIT_OK, "nobody uses them"},
                  {IMS_EXIT_ERROR, "the input could not be read, or holds no such group"},
                  EXIT_WRONG,
                  {IMS_EXIT_REFUSED, "somebody uses one of them"},
                  {IMS_EXIT_UNKNOWN, "that is not known of one of them"}},
        .examples = {{"iommuscope who 01:00.0",
                      "disks, interfaces, consoles, processes of 01:00.0"},
                     {"iommuscope who 13", "the same for all of group 13"}},
        .run = ims_command_who,
    },
    {
        .name = "plan",
        .summary = "print the writes that hand a group over or take it back, and what forbids them",
        .operands = "claim|release GROUP|A...",
        .operands_min = 2,
        .operands_max = 4096,
        .completion = "ADDRESS",
        .options = SOURCE | LOOK | CLAIM,
        .exits = {{IMS_EXIT_OK, "the plan can be carried out, or there is nothing to do"},
                  {IMS_EXIT_ERROR, "the input could not be read, or holds no such group"},
                  EXIT_WRONG,
                  EXIT_IMPOSSIBLE,
                  EXIT_IN_USE,
                  EXIT_NOT_KNOWN,
                  EXIT_OWNED},
        .examples = {{"iommuscope plan claim 13", "what handing group 13 over would write"},
                     {"iommuscope plan claim 01:00.0 --json > plan.json",
                      "the same, to be reviewed and carried out later"},
                     {"iommuscope plan release 13", "what taking it back would write"}},
        .run = ims_command_plan,
    },
    {
        .name = "claim",
        .summary = "hand a whole group to user space, or change nothing",
        .operands = "[GROUP|A...]",
        .operands_max = 4096,
        .completion = "ADDRESS",
        .options = BIT(SYSROOT) | BIT(WAKE) | LOOK | CLAIM | BIT(PLAN) | BIT(DRY_RUN) | PERSIST |
                   BIT(ACCESS),
        .exits = {{IMS_EXIT_OK, "the group is handed over, or was before"},
                  {IMS_EXIT_ERROR, "a step failed, and all is as it was before"},
                  EXIT_WRONG,
                  EXIT_IMPOSSIBLE,
                  EXIT_IN_USE,
                  EXIT_PARTIAL,
                  EXIT_NOT_KNOWN,
                  EXIT_OWNED},
        .examples = {{"iommuscope claim 13", "hand group 13 over"},
                     {"iommuscope claim 01:00.0 --allow-loss 01:00.0",
                      "the same where the host uses 01:00.0 and may lose it"},
                     {"iommuscope claim --plan plan.json", "carry out a plan that was reviewed"},
                     {"iommuscope claim 01:00.0 --persist --name gpu --access group:kvm",
                      "hand it over now and at every boot, to the members of kvm"}},
        .run = ims_command_claim,
    },
    {
        .name = "release",
        .summary = "give a whole group back to the drivers that had it before the claim",
        .operands = "[GROUP|A...]",
        .operands_max = 4096,
        .completion = "ADDRESS",
        .options = BIT(SYSROOT) | BIT(WAKE) | LOOK | BIT(PLAN) | BIT(DRY_RUN) | PERSIST,
        .exits = {{IMS_EXIT_OK, "the group is the host's again, or was before"},
                  {IMS_EXIT_ERROR, "a step failed, and all is as it was before"},
                  EXIT_WRONG,
                  EXIT_IMPOSSIBLE,
                  EXIT_IN_USE,
                  EXIT_PARTIAL,
                  EXIT_NOT_KNOWN,
                  EXIT_OWNED},
        .examples = {{"iommuscope release 13", "give group 13 back to the host"},
                     {"iommuscope release --persist --name gpu",
                      "give it back, and do not claim it at boot any more"}},
        .run = ims_command_release,
    },
    {
        .name = "recover",
        .summary = "end what was interrupted: a killed tool, a crash, a write that did not return",
        .operands = "",
        .completion = "",
        .options = BIT(SYSROOT) | LOOK | BIT(FORWARD) | BIT(BACK),
        .exits = {{IMS_EXIT_OK, "everything that was interrupted is ended, or nothing was"},
                  EXIT_FAILED,
                  EXIT_WRONG,
                  EXIT_PARTIAL,
                  {IMS_EXIT_UNKNOWN, "a right is missing"},
                  {IMS_EXIT_OWNED, "another iommuscope is at work"}},
        .examples = {{"iommuscope recover", "give back what a claim that was killed had taken"}},
        .run = ims_command_recover,
    },
    {
        .name = "status",
        .summary = "print the claims, and what was interrupted",
        .operands = "",
        .completion = "",
        .options = BIT(SYSROOT) | LOOK,
        .exits = {EXIT_FINE,
                  EXIT_FAILED,
                  EXIT_WRONG,
                  {IMS_EXIT_PARTIAL, "something was interrupted: iommuscope recover ends it"},
                  {IMS_EXIT_UNKNOWN, "the right to read the journals is missing"}},
        .examples = {{"iommuscope status", "which groups are handed over"}},
        .run = ims_command_status,
    },
    {
        .name = "log",
        .summary = "print every claim and release since the machine was started",
        .operands = "",
        .completion = "",
        .options = BIT(SYSROOT) | LOOK,
        .exits = {EXIT_FINE,
                  EXIT_FAILED,
                  EXIT_WRONG,
                  {IMS_EXIT_UNKNOWN, "the right to read the journals is missing"}},
        .examples = {{"iommuscope log", "what was done, and how it ended"}},
        .run = ims_command_log,
    },
    {
        .name = "drift",
        .summary = "tell how the machine differs from the claims that survive a boot",
        .operands = "[NAME]",
        .operands_max = 1,
        .completion = "",
        .options = BIT(SYSROOT) | BIT(WAKE) | LOOK,
        .exits = {{IMS_EXIT_OK, "every claim stands, or there is none"},
                  EXIT_FAILED,
                  EXIT_WRONG,
                  {IMS_EXIT_NO, "a claim does not stand, or something endangers it"},
                  {IMS_EXIT_UNKNOWN, "a fact that decides is unknown, or a right is missing"}},
        .examples = {{"iommuscope drift", "whether every claim stands as it was made"},
                     {"iommuscope drift gpu", "the same of one claim"}},
        .run = ims_command_drift,
    },
    {
        .name = "boot",
        .summary = "make the claims that survive a boot; for the initramfs and for services",
        .operands = "early|late|confirm|undo",
        .operands_min = 1,
        .operands_max = 1,
        .completion = "",
        .options = BIT(SYSROOT) | LOOK,
        .exits = {{IMS_EXIT_OK, "every claim is made, or was, or is switched off"},
                  {IMS_EXIT_ERROR, "a claim failed, and its devices are the host's"},
                  EXIT_WRONG,
                  EXIT_IMPOSSIBLE,
                  EXIT_IN_USE,
                  EXIT_PARTIAL,
                  EXIT_NOT_KNOWN,
                  EXIT_OWNED},
        .examples = {{"iommuscope boot late", "make the claims now, as a boot does"}},
        .run = ims_command_boot,
    },
    {
        .name = "access",
        .summary = "tell whether a VFIO node is that of a claim; for udev rules",
        .operands = "NAME NODE",
        .operands_min = 2,
        .operands_max = 2,
        .completion = "",
        .options = BIT(SYSROOT) | LOOK,
        .exits = {{IMS_EXIT_OK, "it is: whom the claim names may open it"},
                  EXIT_FAILED,
                  EXIT_WRONG,
                  {IMS_EXIT_NO, "it is another group, or the claim does not stand"},
                  {IMS_EXIT_UNKNOWN, "that is not known"}},
        .examples = {{"iommuscope access gpu 13", "whether group 13 is the one of the claim gpu"}},
        .run = ims_command_access,
    },
    {
        .name = "nodedev",
        .summary = "print functions as libvirt does, and hand their groups over by its words",
        .operands = "list|dumpxml NAME...|detach NAME...|reattach NAME...",
        .operands_min = 1,
        .operands_max = 65536,
        .completion = "ADDRESS",
        .options = SOURCE | LOOK | BIT(TREE) | CLAIM | BIT(DRY_RUN),
        .exits = {{IMS_EXIT_OK, "the answer was printed, or the group is as it was asked for"},
                  {IMS_EXIT_ERROR, "the input could not be read, or holds no such function"},
                  EXIT_WRONG,
                  {IMS_EXIT_NO, "it is not possible: a bridge, for instance"},
                  EXIT_IN_USE,
                  EXIT_PARTIAL,
                  EXIT_NOT_KNOWN,
                  EXIT_OWNED},
        .examples = {{"iommuscope nodedev list --tree", "libvirt's names, as virsh draws them"},
                     {"iommuscope nodedev dumpxml pci_0000_01_00_0",
                      "what virsh nodedev-dumpxml prints"},
                     {"iommuscope nodedev detach pci_0000_01_00_0",
                      "virsh nodedev-detach, for the whole group at once"}},
        .run = ims_command_nodedev,
    },
    {
        .name = "rules",
        .summary = "print the catalogue of rules, one rule, or the quirk rows",
        .operands = "[ID]",
        .operands_max = 1,
        .completion = "RULE",
        .options = LOOK | BIT(RULES) | BIT(QUIRKS) | BIT(MARKDOWN) | BIT(NOHEADINGS),
        .exits = {EXIT_FINE, {IMS_EXIT_ERROR, "there is no such rule"}, EXIT_WRONG},
        .examples = {{"iommuscope rules ACS-NO-CAP", "what the rule says and what helps"},
                     {"iommuscope rules --quirks --rules linux-6.1",
                      "which devices Linux 6.1 knows to be isolated without ACS"}},
        .run = ims_command_rules,
    },
    {
        .name = "capture",
        .summary = "write what was read as a snapshot that --input reads back",
        .operands = "[FILE]",
        .operands_max = 1,
        .completion = "FILE",
        .options = SOURCE | BIT(SERIALS) | BIT(JSON), /* a snapshot is JSON either way */
        .exits = {EXIT_FINE, EXIT_FAILED, EXIT_WRONG},
        .examples = {{"iommuscope capture machine.json", "a record of this machine in one file"}},
        .run = ims_command_capture,
    },
    {
        .name = "help",
        .summary = "print the help of a command",
        .operands = "[COMMAND]",
        .operands_max = 1,
        .completion = "COMMAND",
        .exits = {EXIT_FINE, EXIT_FAILED, EXIT_WRONG},
        .examples = {{"iommuscope help explain", "the options of explain"}},
        .run = ims_command_help,
    },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

const struct ims_command *ims_command_at(unsigned index)
{
    return index < COMMAND_COUNT ? &commands[index] : NULL;
}

const struct ims_command *ims_command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* Single edits (change, insert, drop, swap of neighbours) from one word to the other; 99 for far. */
static size_t distance(const char *from, const char *to)
{
    size_t rows[3][NAME_MAX_LENGTH + 1];
    const size_t from_length = strlen(from);
    const size_t to_length = strlen(to);

    if (from_length > NAME_MAX_LENGTH || to_length > NAME_MAX_LENGTH)
        return 99;
    for (size_t j = 0; j <= to_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= from_length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= to_length; j++) {
            row[j] = above[j - 1] + (from[i - 1] != to[j - 1]);
            if (row[j] > above[j] + 1)
                row[j] = above[j] + 1;
            if (row[j] > row[j - 1] + 1)
                row[j] = row[j - 1] + 1;
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] &&
                row[j] > rows[(i - 2) % 3][j - 2] + 1)
                row[j] = rows[(i - 2) % 3][j - 2] + 1;
        }
    }
    return rows[from_length % 3][to_length];
}

const char *ims_command_suggest(const char *name)
{
    const char *best = NULL;
    size_t nearest = 3;

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const size_t edits = distance(name, commands[i].name);
        if (edits < nearest && edits < strlen(commands[i].name)) {
            nearest = edits;
            best = commands[i].name;
        }
    }
    return best;
}

int ims_command_refuse(const char *name)
{
    const char *meant = ims_command_suggest(name);

    if (meant)
        ims_print_error("unknown command '%s'; did you mean '%s'?", name, meant);
    else
        ims_print_error("unknown command '%s' (see --help)", name);
    return IMS_EXIT_USAGE;
}
