/* SPDX-License-Identifier: MIT */
#ifndef IMS_SOURCE_ROSTER_H
#define IMS_SOURCE_ROSTER_H

/* The readers behind ims_roster_read(). */

#include "base/arena.h"
#include "iommuscope/source.h"

struct ims_roster {
    struct ims_arena arena;
    struct ims_roster_owner *owners;
    uint32_t owner_count;
    uint32_t owner_capacity;
    struct ims_roster_entry *entries;
    uint32_t count;
    uint32_t capacity;
    const char *path; /* of the plan that is being read */
};

/* Reads a plan that is in memory; path is for messages. As ims_roster_read(). */
int ims_roster_parse(struct ims_roster *roster, const char *path, const char *bytes,
                     size_t size_bytes, struct ims_error *reterr);

/*
 * The number of the owner of this name, made when new. A guest that is named "host" is not the host.
 * Returns -ENOMEM.
 */
int ims_roster_owner_get(struct ims_roster *roster, const char *name, size_t length, bool is_host,
                         uint32_t *ret);

/* Adds an entry; its path is that of the plan. Returns -ENOMEM, -E2BIG with *reterr filled. */
int ims_roster_add(struct ims_roster *roster, const struct ims_roster_entry *entry,
                   struct ims_error *reterr);

/* -EBADMSG with path, line and sentence. */
int ims_roster_bad(const struct ims_roster *roster, struct ims_error *reterr, unsigned line,
                   const char *format, ...) IMS_PRINTF(4, 5);

/* roster_list.c: lines "OWNER: ADDRESS...". */
int ims_roster_list(struct ims_roster *roster, const char *bytes, size_t size_bytes,
                    struct ims_error *reterr);

/* What QEMU gives to a guest by one option, as it is found. */
struct ims_qemu_guest {
    struct ims_roster *roster;
    uint32_t first; /* the entries from here on are of this guest, whose number comes later */
    unsigned line;
    struct ims_error *reterr;
};

/* roster_qemu.c: command lines. *ret_found: there is one. */
int ims_roster_qemu(struct ims_roster *roster, const char *bytes, size_t size_bytes,
                    bool *ret_found, struct ims_error *reterr);
/* One option of QEMU and its value; others than those that give a device are passed over. */
int ims_roster_qemu_option(struct ims_qemu_guest *guest, const char *option, const char *value);

/* roster_words.c */
/* The words of one command. Zero-initialise; the memory serves the next command too. */
struct ims_words {
    const char **items;
    uint32_t count;
    uint32_t capacity;
    char *text;    /* what they point into */
    unsigned line; /* where the command begins */
};

/*
 * The next command of a text: words as a shell splits them, without expanding anything. A command
 * ends with its line, or at ; & |. *at and *line are moved on. Returns 1, 0 at the end, -ENOMEM;
 * release it with ims_words_done(). The last command of a text may have no words.
 */
int ims_words_next(const char **at, const char *end, unsigned *line, struct ims_words *ret);
/* All words of a block that are ended by NUL bytes each. Returns 0, -ENOMEM. */
int ims_words_of_block(const char *bytes, size_t size_bytes, struct ims_words *ret);

void ims_words_done(struct ims_words *words);

/* roster_xml.c, or roster_xml_none.c: XML of libvirt. */
int ims_roster_xml(struct ims_roster *roster, const char *bytes, size_t size_bytes,
                   struct ims_error *reterr);

#endif
