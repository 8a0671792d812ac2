/* SPDX-License-Identifier: MIT */
/* Writing a claim as text, and the words that may stand in it. */
#include "host/claim_file.h"

#include <string.h>

bool ims_access_name_is_valid(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_.-";
    const size_t length = strspn(name, letters);

    return length > 0 && length < IMS_CLAIM_WORD_SIZE && name[length] == '\0' && name[0] != '-' &&
           name[0] != '.';
}

static void write_identity(const struct ims_identity *identity, struct ims_text *out)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    char serial[IMS_SERIAL_STRING_SIZE];

    ims_text_appendf(out, "member %s\n", identity->path);
    ims_text_appendf(out, "  address %s\n", ims_address_format(identity->address, name));
    ims_text_appendf(out, "  id %04x:%04x\n", identity->id.vendor, identity->id.device);
    ims_text_appendf(out, "  subsystem %04x:%04x\n", identity->subsystem.vendor,
                     identity->subsystem.device);
    ims_text_appendf(out, "  class %06x\n", identity->class_code);
    ims_text_appendf(out, "  serial %s\n",
                     identity->has_serial == IMS_YES ? ims_serial_format(identity->serial, serial)
                                                     : "none");
    if (identity->slot[0])
        ims_text_appendf(out, "  slot %s\n", identity->slot);
}

void ims_claim_write(const struct ims_claim *claim, struct ims_text *out)
{
    static const char *const companions[] = {"auto", "vfio", "stub"};

    ims_text_append(out, "# Claim of an IOMMU group, written by iommuscope claim --persist;\n"
                         "# iommuscope release --persist removes it.\n"
                         "iommuscope-claim 1\n");
    if (claim->driver[0])
        ims_text_appendf(out, "driver %s\n", claim->driver);
    ims_text_appendf(out, "companions %s\n", companions[claim->companions]);
    if (claim->access != IMS_ACCESS_NONE)
        ims_text_appendf(out, "access %s %s\n", claim->access == IMS_ACCESS_USER ? "user" : "group",
                         claim->access_name);
    for (uint32_t i = 0; i < claim->member_count; i++) {
        const struct ims_claim_member *member = &claim->members[i];

        write_identity(&member->identity, out);
        if (member->driver[0])
            ims_text_appendf(out, "  driver %s\n", member->driver);
        if (member->interconnect)
            ims_text_append(out, "  interconnect\n");
        if (member->wanted)
            ims_text_append(out, "  wanted\n");
        if (member->may_be_lost)
            ims_text_append(out, "  may-be-lost\n");
    }
    ims_text_append(out, "end\n");
}
