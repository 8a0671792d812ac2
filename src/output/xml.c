/* SPDX-License-Identifier: MIT */
#include "output/xml.h"

#include "output/layout.h"

void ims_xml_escape(struct ims_text *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            ims_text_append(out, "&lt;");
            break;
        case '>':
            ims_text_append(out, "&gt;");
            break;
        case '&':
            ims_text_append(out, "&amp;");
            break;
        case '"':
            ims_text_append(out, "&quot;");
            break;
        case '\'':
            ims_text_append(out, "&apos;");
            break;
        default:
            if ((unsigned char)*text >= ' ' || *text == '\t' || *text == '\n' || *text == '\r')
                ims_text_append_bytes(out, text, 1);
        }
    }
}

void ims_xml_address(struct ims_text *out, const json_t *object, unsigned indent)
{
    ims_text_appendf(out,
                     "%*s<address domain='0x%04llx' bus='0x%02llx' slot='0x%02llx' "
                     "function='0x%lld'/>\n",
                     (int)indent, "", (unsigned long long)ims_layout_integer(object, "domain", 0),
                     (unsigned long long)ims_layout_integer(object, "bus", 0),
                     (unsigned long long)ims_layout_integer(object, "slot", 0),
                     (long long)ims_layout_integer(object, "function", 0));
}
