/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_XML_H
#define IMS_OUTPUT_XML_H

/* What XML in libvirt's manner is made of. */

#include <jansson.h>

#include "base/text.h"

/*
 * Appends text between tags or quotes: the five characters of markup as entities, control
 * characters that XML 1.0 has no way to write left out.
 */
void ims_xml_escape(struct ims_text *out, const char *text);

/* Appends indent blanks and the element of an address that object has as numbers. */
void ims_xml_address(struct ims_text *out, const json_t *object, unsigned indent);

#endif
