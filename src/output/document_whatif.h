/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_DOCUMENT_WHATIF_H
#define IMS_OUTPUT_DOCUMENT_WHATIF_H

/* Between the files that make the document of the whatif command. */

#include "output/document_parts.h"

/* Sets "findings": those of the audit that are new, gone, or name other functions now. */
void ims_part_findings_difference(struct ims_maker *maker, const struct ims_whatif *whatif,
                                  json_t *document);

#endif
