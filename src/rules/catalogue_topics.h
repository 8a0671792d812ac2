/* SPDX-License-Identifier: MIT */
#ifndef IMS_RULES_CATALOGUE_TOPICS_H
#define IMS_RULES_CATALOGUE_TOPICS_H

/* The entries of the catalogue, one array per topic, each in the order of enum ims_rule_id. */

#include "rules/catalogue.h"

#define IMS_RULES_ALIAS_FIRST         IMS_RULE_ALIAS_PCIE_PCI_BRIDGE
#define IMS_RULES_ACS_FIRST           IMS_RULE_ACS_NO_CAP
#define IMS_RULES_MULTIFUNCTION_FIRST IMS_RULE_MFD_NO_ACS
#define IMS_RULES_QUIRK_FIRST         IMS_RULE_QUIRK_MF_ENDPOINT
#define IMS_RULES_COMMAND_LINE_FIRST  IMS_RULE_CMDLINE_DISABLE_ACS_REDIR
#define IMS_RULES_ORDER_FIRST         IMS_RULE_UNMANAGED
#define IMS_RULES_PROPOSED_FIRST      IMS_RULE_PROPOSED_BUS_SHARED
#define IMS_RULES_ISOLATED_FIRST      IMS_RULE_ACS_OK

#define IMS_RULES_ALIAS_COUNT         (IMS_RULES_ACS_FIRST - IMS_RULES_ALIAS_FIRST)
#define IMS_RULES_ACS_COUNT           (IMS_RULES_MULTIFUNCTION_FIRST - IMS_RULES_ACS_FIRST)
#define IMS_RULES_MULTIFUNCTION_COUNT (IMS_RULES_QUIRK_FIRST - IMS_RULES_MULTIFUNCTION_FIRST)
#define IMS_RULES_QUIRK_COUNT         (IMS_RULES_COMMAND_LINE_FIRST - IMS_RULES_QUIRK_FIRST)
#define IMS_RULES_COMMAND_LINE_COUNT  (IMS_RULES_ORDER_FIRST - IMS_RULES_COMMAND_LINE_FIRST)
#define IMS_RULES_ORDER_COUNT         (IMS_RULES_PROPOSED_FIRST - IMS_RULES_ORDER_FIRST)
#define IMS_RULES_PROPOSED_COUNT      (IMS_RULES_ISOLATED_FIRST - IMS_RULES_PROPOSED_FIRST)
#define IMS_RULES_ISOLATED_COUNT      (IMS_RULE_ID_MAX - IMS_RULES_ISOLATED_FIRST)

extern const struct ims_rule ims_rules_alias[IMS_RULES_ALIAS_COUNT];
extern const struct ims_rule ims_rules_acs[IMS_RULES_ACS_COUNT];
extern const struct ims_rule ims_rules_multifunction[IMS_RULES_MULTIFUNCTION_COUNT];
extern const struct ims_rule ims_rules_quirk[IMS_RULES_QUIRK_COUNT];
extern const struct ims_rule ims_rules_command_line[IMS_RULES_COMMAND_LINE_COUNT];
extern const struct ims_rule ims_rules_order[IMS_RULES_ORDER_COUNT];
extern const struct ims_rule ims_rules_proposed[IMS_RULES_PROPOSED_COUNT];
extern const struct ims_rule ims_rules_isolated[IMS_RULES_ISOLATED_COUNT];

#endif
