/* SPDX-License-Identifier: MIT */
#ifndef IMS_SOURCE_TEXT_H
#define IMS_SOURCE_TEXT_H

/* The text readers' shared state. One reader per call of ims_text_read() or ims_groups_read(). */

#include "base/text.h"
#include "iommuscope/source.h"
#include "source/lines.h"
#include "source/lspci.h"

/* What was seen of one function; bits of ims_text_function.seen. */
enum ims_text_seen {
    IMS_SEEN_LISTED = 1 << 0,  /* an lspci line with class and name or ids */
    IMS_SEEN_VERBOSE = 1 << 1, /* an lspci block with details */
    IMS_SEEN_HEX = 1 << 2,     /* rows of a hex dump */
    IMS_SEEN_LOG = 1 << 3,     /* the kernel's enumeration line */
    IMS_SEEN_GROUPED = 1 << 4, /* a group was stated, by whomever */
    IMS_SEEN_DENIED = 1 << 5,  /* "<access denied>" */
    IMS_SEEN_DEAD = 1 << 6,    /* "Unknown header type 7f": does not answer */
    IMS_SEEN_CONTRADICTION = 1 << 7,
    IMS_SEEN_WHOLE = 1 << 9,       /* a verbose block that was not cut */
    IMS_SEEN_NO_EXTENDED = 1 << 8, /* PCI Express, but no extended capability was shown */
};

/* What the input speaks of; bits of ims_text_reader.kinds. */
enum ims_text_kind {
    IMS_KIND_HEX = 1 << 0,
    IMS_KIND_TEXT = 1 << 1,
    IMS_KIND_LOG = 1 << 2,
    IMS_KIND_GROUPS = 1 << 3,
    IMS_KIND_TEXT_GROUPS = 1 << 4, /* "IOMMU group:" in lspci's own text */
    IMS_KIND_LOG_GROUPS = 1 << 5,
    IMS_KIND_LIST_GROUPS = 1 << 6, /* the shell loop or listings of sysfs */
};

/* Side data of one function; same index as its record in the builder. */
struct ims_text_function {
    struct ims_config hex;  /* bytes of dumps */
    struct ims_config text; /* bits that decoded text and logs state */
    uint32_t seen;
    uint32_t hex_end; /* one past the last byte of the dump */
    unsigned line;    /* where it was described first */
};

/* A bus that a log shows to be a root bus. */
struct ims_text_root {
    uint32_t segment;
    uint8_t bus;
    bool has_endpoint; /* a VMD domain and its endpoint */
    struct ims_address endpoint;
};

/* The group that the lines below a heading "IOMMU Group N:" belong to. */
struct ims_group_heading {
    bool active;
    bool weak; /* an empty line was seen below it */
    bool has_member;
    bool same_line; /* its first member stands beside it: further ones are indented more */
    uint32_t number;
    unsigned indent;           /* of its members; of itself when same_line */
    struct ims_address member; /* the last one */
};

struct ims_text_reader {
    struct ims_builder *builder;
    const char *path;
    const char *pci_ids_path;
    struct ims_error *reterr;
    bool groups_only;
    uint32_t kinds;
    struct ims_text_function *functions;
    uint32_t function_capacity;
    uint32_t function_count;
    struct ims_lspci_block block;
    struct ims_text logical; /* a line with its wrapped rest, not yet understood */
    bool logical_is_header;
    bool logical_open; /* further lines may continue it */
    unsigned logical_line;
    size_t last_length; /* of the previous physical line */
    struct ims_group_heading heading;
    struct ims_text_root *roots;
    uint32_t root_capacity;
    uint32_t root_count;
    bool stray_rows_reported;
    bool driver_shown;   /* a driver was shown for some function */
    bool extended_shown; /* extended capabilities were shown for some function */
};

/* ---- words (text_words.c) ---- */

/* Whether text begins with word; *text is moved behind it and behind blanks that follow. */
bool ims_word_skip(const char **text, const char *word);
const char *ims_word_blanks(const char *text);

/* Reads up to 16 hexadecimal digits; returns how many, 0 when there is none. */
size_t ims_word_hex(const char *text, uint64_t *ret);

/* Reads a decimal number of at most 9 digits; returns how many, 0 when there is none. */
size_t ims_word_decimal(const char *text, uint32_t *ret);

/* Reads "[SSSS:]BB:DD.F" as a word of its own; returns its length, 0 when there is none. */
size_t ims_word_address(const char *text, struct ims_address *ret);

/* The flag "NAME+" or "NAME-" among the words of text. */
enum ims_tristate ims_word_flag(const char *text, const char *name);

/* ---- functions (text_function.c) ---- */

/* The index of a function, made when new. Returns -ENOMEM, -E2BIG with *reterr filled. */
int ims_text_function_get(struct ims_text_reader *reader, struct ims_address address, unsigned line,
                          uint32_t *ret);
struct ims_record *ims_text_record(struct ims_text_reader *reader, uint32_t index);

/* States bits from decoded text; what was stated before is kept. Returns -ENOMEM. */
int ims_text_state(struct ims_text_reader *reader, uint32_t index, unsigned offset, uint32_t value,
                   uint32_t mask, unsigned size_bytes);

/* The same for logs, where the later line is the truer one. */
int ims_text_restate(struct ims_text_reader *reader, uint32_t index, unsigned offset,
                     uint32_t value, uint32_t mask, unsigned size_bytes);

/* States one candidate id, unless one is known. Returns -ENOMEM. */
int ims_text_id(struct ims_text_reader *reader, uint32_t index, struct ims_id id);
void ims_text_class(struct ims_text_reader *reader, uint32_t index, uint32_t code, uint32_t known);

/* Keeps a string of the input in *field, unless it is set. Returns -ENOMEM. */
int ims_text_keep(struct ims_text_reader *reader, const char **field, const char *text,
                  size_t length);

/* Keeps exact extents; kinds are sysfs flags. index is that of sysfs "resource". */
void ims_text_resource(struct ims_text_reader *reader, uint32_t index, unsigned number,
                       uint64_t start, uint64_t size_bytes, uint64_t flags);

/* States the group of a function. kind: the IMS_KIND_*_GROUPS bit. Returns -ENOMEM, -E2BIG. */
int ims_text_group(struct ims_text_reader *reader, struct ims_address address, uint32_t number,
                   uint32_t kind, unsigned line);

/* Notes a root bus. Returns -ENOMEM. */
int ims_text_root(struct ims_text_reader *reader, uint32_t segment, uint8_t bus,
                  const struct ims_address *endpoint);

/* Merges dumps, text and names into the records. Returns -ENOMEM. (text_merge.c) */
int ims_text_merge(struct ims_text_reader *reader);

/* ---- kinds of lines ---- */

/*
 * Kernel log (klog.c). Returns 1 when the line is one that it knows, 0 when it is not, or a negative
 * errno. With reader->groups_only only the group lines are known.
 */
int ims_klog_line(struct ims_text_reader *reader, const char *text, unsigned line);

/* What a log says of the machine (klog_machine.c). Returns 1, 0 or a negative errno. */
int ims_klog_machine(struct ims_text_reader *reader, const char *text);

/*
 * Lists of groups (group_list.c). Returns 1 when the line belongs to one, 0 when not, or a negative
 * errno. *ret_rest is set to the part from the address on, if lspci's text follows it, else NULL.
 */
int ims_group_line(struct ims_text_reader *reader, const struct ims_line *line,
                   const char **ret_rest);
void ims_group_blank(struct ims_text_reader *reader);

/* Sorts lines by kind and hands them on (text.c). Returns 0 or a negative errno. */
int ims_text_lines(struct ims_text_reader *reader, FILE *stream);

/* Frees what the reader holds, not the reader itself. */
void ims_text_reader_done(struct ims_text_reader *reader);

#endif
