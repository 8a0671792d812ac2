/* SPDX-License-Identifier: MIT */
/* Catalogue entries: findings of the audit. */
#include "rules/catalogue_topics.h"

#define AT(name) (IMS_RULE_##name - IMS_RULES_AUDIT_FIRST)

const struct ims_rule ims_rules_audit[IMS_RULES_AUDIT_COUNT] = {
    [AT(SIBLING_DSP)] =
        {
            .id = "SIBLING-DSP",
            .topic = IMS_TOPIC_AUDIT,
            .title = "A port beside the device's own lets its requests pass to the neighbour",
            .text = "Linux asks whether the ports above a device isolate it, and so protects the "
                    "device behind a port that redirects. It does not ask whether the neighbour "
                    "of that port redirects: a device behind the other port of the switch can "
                    "still write into it, directly, inside the switch.",
            .remedy =
                "Enable request redirect on the port named (bit 2 of ACS control; Linux does so at "
                "boot "
                "wherever the port has it, unless a parameter or a script says otherwise). Until "
                "then give both devices to one owner.",
            .reference = "0.6, A3.1, I3; PCIe 6.x 6.12",
        },
    [AT(ASYM)] =
        {
            .id = "ASYM",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The leak is one-way",
            .text = "One port of a switch lets requests pass to the neighbour, and the neighbour "
                    "sends its own requests up. Linux sees a port that isolates, and the device "
                    "behind it looks protected: it can harm nobody, and is harmed all the same. "
                    "Stands beside SIBLING-DSP.",
            .remedy = "As for SIBLING-DSP: it is the port that leaks which needs request redirect. "
                      "Only the owner of the device behind that port has to be trusted.",
            .reference = "A6.7, F2, F3, I3",
        },
    [AT(EGRESS_VECTOR)] =
        {
            .id = "EGRESS-VECTOR",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The egress control vector opens a way that redirect seems to close",
            .text = "With P2P Egress Control and Request Redirect both on, a zero bit of the "
                    "vector lets requests to that port pass directly. Linux checks the redirect "
                    "bit and never reads the vector, so it takes the port for isolating.",
            .remedy = "Switch egress control off on the port or function named (bit 5 of ACS "
                      "control), or set "
                      "all bits of its vector; setpci can do both, the kernel cannot.",
            .reference = "A1.7, A3.1, I3; PCIe 6.x 7.7.11",
        },
    [AT(UF_UNDEFINED)] =
        {
            .id = "UF-UNDEFINED",
            .topic = IMS_TOPIC_AUDIT,
            .title = "A redirected request may be turned back by a port above",
            .text = "A port redirects a peer request upward, and the port above sees an address "
                    "that lies below itself again. Without upstream forwarding the standard does "
                    "not define what it does: most ports pass it up, some may deliver it to the "
                    "peer.",
            .remedy = "Enable upstream forwarding (bit 4 of ACS control) on the port named; Linux "
                      "does so wherever the port has the bit. A port without it has no remedy but "
                      "another slot.",
            .reference = "A4.5, A4.6, I3; PCIe 6.x 6.12.3",
        },
    [AT(CAP0_ASSUMED_ON)] =
        {
            .id = "CAP0-ASSUMED-ON",
            .topic = IMS_TOPIC_AUDIT,
            .title = "What a port does not implement counts as switched on",
            .text = "Linux asks for the bits of ACS control that the structure implements, and "
                    "takes the others for satisfied. A port without upstream forwarding or "
                    "request redirect so counts as isolating, and what it does with such requests "
                    "is another matter. Stands beside the finding that says where they go.",
            .remedy = "Nothing can enable a bit that is not there: see the finding about the way.",
            .reference = "A1.4, A4.6, R4.7, I3",
        },
    [AT(MULTICAST)] =
        {
            .id = "MULTICAST",
            .topic = IMS_TOPIC_AUDIT,
            .title = "A multicast range carries writes past redirect",
            .text = "A posted write into an enabled multicast range is copied to every port that "
                    "receives the group. Request redirect does not apply to it, and Linux does "
                    "not look at multicast at all.",
            .remedy = "Clear multicast enable on the functions of the switch, or set the "
                      "block-untranslated bits of the port above the device.",
            .reference = "A7.5, I3; PCIe 6.x 6.14",
        },
    [AT(PORT_MMIO)] =
        {
            .id = "PORT-MMIO",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The registers of a port are a target too",
            .text = "Switch and root ports may have base address registers of their own. A "
                    "request from below that hits them may be delivered there; only ports with "
                    "ACS Enhanced Capability say what happens. Who writes such registers may "
                    "change the switch.",
            .remedy = "On ports with ACS Enhanced Capability set the memory target controls to "
                      "redirect or block. Elsewhere ask the vendor of the switch what its "
                      "registers can do.",
            .reference = "A2.6, A2.8, A3.3, I3",
        },
    [AT(TRANSLATED)] =
        {
            .id = "TRANSLATED",
            .topic = IMS_TOPIC_AUDIT,
            .title = "Translated requests pass directly",
            .text = "A device with ATS, or one that is compromised, may send requests that it "
                    "declares to be translated. Where Direct Translated P2P is on, or nothing "
                    "redirects, they reach a peer without any check. This is judged with --threat "
                    "tm1.",
            .remedy = "Enable translation blocking on the ports above devices that you do not "
                      "trust, or switch Direct Translated P2P off.",
            .reference = "A3.2, D4, D5, I3",
        },
    [AT(FORGED_ID)] =
        {
            .id = "FORGED-ID",
            .topic = IMS_TOPIC_AUDIT,
            .title = "Nothing tells a forged requester id from a true one",
            .text = "A device with compromised firmware may use the requester id of another one, "
                    "and the IOMMU then applies the tables of that one. Source validation stops "
                    "ids of other buses at the lowest port that has it on. This is judged with "
                    "--threat tm2.",
            .remedy = "Enable source validation on the port directly above each device. Functions "
                      "of one card cannot be told apart: give them to one owner.",
            .reference = "A8, I3",
        },
    [AT(RC_ASSUMPTION)] =
        {
            .id = "RC-ASSUMPTION",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The root complex is trusted to translate before it looks for peers",
            .text = "Linux never compares functions in different slots of a root bus. That is "
                    "right where the root complex translates every request first, as VT-d must, "
                    "or has no peer traffic; no register tells, and for other root complexes "
                    "there is no evidence in the input.",
            .remedy = "If you know that the root complex translates first or passes nothing "
                      "between its ports, say so with --rc. Enable request redirect on root ports "
                      "that have it.",
            .reference = "A5, I3",
        },
    [AT(MFD_ASYM)] =
        {
            .id = "MFD-ASYM",
            .topic = IMS_TOPIC_AUDIT,
            .title = "A function may reach a sibling inside its device",
            .text = "Linux joins functions of one device only when neither counts as isolated. A "
                    "function without isolation may still reach one that has it, inside the "
                    "device, where no port sees the request.",
            .remedy = "Assign all functions of the device to one owner, unless its vendor states "
                      "that they have no traffic among each other.",
            .reference = "A6, R2.11, I3",
        },
    [AT(SRIOV)] =
        {
            .id = "SRIOV",
            .topic = IMS_TOPIC_AUDIT,
            .title = "ACS of virtual functions is never read",
            .text = "Linux takes every virtual function for isolated. A virtual function has an "
                    "ACS structure of its own, the one of the physical function does not speak "
                    "for it, and with redirect off it may reach its siblings inside the device.",
            .remedy = "Enable request redirect on every function of the device, virtual ones "
                      "too (setpci; the kernel does not), or assign them to one owner.",
            .reference = "A1.4, A6.6, R4.9, I3",
        },
    [AT(REGISTERS_UNKNOWN)] =
        {
            .id = "REGISTERS-UNKNOWN",
            .topic = IMS_TOPIC_AUDIT,
            .title = "Registers that decide are not in the input",
            .text = "Who reaches a function, or what a port does, depends on registers that the "
                    "input does not have: not read as root, asleep, or left out of a dump. Both "
                    "answers stay possible.",
            .remedy = "Read all of configuration space: as root, lspci -xxxx or iommuscope "
                      "capture.",
            .reference = "A1.9",
        },
    [AT(TA_ALIAS)] =
        {
            .id = "TA-ALIAS",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The IOMMU looks two functions up by one id",
            .text = "The tables of the firmware map the requester ids of both to one id: an alias "
                    "entry of IVRS, a single or overlapping mapping of IORT or VIOT. The IOMMU has "
                    "one set of tables for both, whatever the ports between them do. Linux joins "
                    "them only where the alias is an id of the same bus.",
            .remedy = "Give both functions to one owner. Only other firmware can tell them apart.",
            .reference = "E4-E6, E8, R6.3, I3",
        },
    [AT(CROSSED)] =
        {
            .id = "CROSSED",
            .topic = IMS_TOPIC_AUDIT,
            .title = "A way out of the group that Linux does not look for",
            .text = "The fabric does not keep two functions apart that are in different groups, "
                    "for a reason that has no name of its own: a shared requester id that this "
                    "kernel does not know of, a conventional bus, a bridge.",
            .remedy = "Give both functions to one owner. A newer kernel may know of the shared "
                      "id: compare rule sets.",
            .reference = "0.6, B12, E8, I3",
        },
    [AT(STALE)] =
        {
            .id = "STALE",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The groups are older than the registers",
            .text = "The kernel forms groups once, when devices are found. Registers that were "
                    "changed afterwards (setpci, firmware, a reset, a resume) protect differently "
                    "than the groups say. The registers are what counts.",
            .remedy = "Restore the registers, or let the kernel form its groups anew: reboot, or "
                      "remove and rescan the devices.",
            .reference = "I6, R7.6",
        },
    [AT(OVERRIDE)] =
        {
            .id = "OVERRIDE",
            .topic = IMS_TOPIC_AUDIT,
            .title = "Groups are smaller because somebody said so",
            .text = "The option pcie_acs_override makes a patched kernel believe that ports or "
                    "functions isolate. No register changes, and no request goes another way.",
            .remedy = "Do not take these groups for safe: give all members of the larger, true "
                      "group to one owner. Remove the parameter to see the true groups.",
            .reference = "I7, R4.22, D15",
        },
    [AT(GROUPS_DIFFER)] =
        {
            .id = "GROUPS-DIFFER",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The kernel's groups are not those of its rules",
            .text = "The groups in the input differ from what the rule set makes of the registers "
                    "in the input, and changed registers or an override do not explain it fully.",
            .remedy = "Check --rules, --acs and --probe, and that groups and registers are of one "
                      "boot; then compare with iommuscope groups.",
            .reference = "I4b, I6",
        },
    [AT(QUIRK_ONLY)] =
        {
            .id = "QUIRK-ONLY",
            .topic = IMS_TOPIC_AUDIT,
            .title = "Isolation rests on a vendor's word",
            .text = "The function has no ACS registers, and counts as isolated because its vendor "
                    "told the Linux developers so. That is usually right, and nothing on the "
                    "machine can prove it.",
            .remedy = "None is needed, if you believe the vendor.",
            .reference = "H1-H5, R4",
        },
    [AT(SV_THREAT_MODEL)] =
        {
            .id = "SV-THREAT-MODEL",
            .topic = IMS_TOPIC_AUDIT,
            .title = "Merged for source validation alone",
            .text = "The only bit that is missing is source validation. It stops forged requester "
                    "ids, not addresses chosen by a guest: for the address-only threat the group "
                    "could be smaller; against forged ids it is right (--threat tm2).",
            .remedy = "Enable source validation on the port named by iommuscope explain; then the "
                      "kernel splits the group.",
            .reference = "A8.5, R1.10, I3",
        },
    [AT(CR_NOT_ISOLATION)] =
        {
            .id = "CR-NOT-ISOLATION",
            .topic = IMS_TOPIC_AUDIT,
            .title = "Merged for completion redirect alone",
            .text = "The only bit that is missing is completion redirect. It orders completions "
                    "and keeps nobody from reaching a peer, but Linux demands it.",
            .remedy = "Enable completion redirect on the port named by iommuscope explain; then "
                      "the kernel splits the group.",
            .reference = "A7.1, I3",
        },
    [AT(RC_SLOT_HEURISTIC)] =
        {
            .id = "RC-SLOT-HEURISTIC",
            .topic = IMS_TOPIC_AUDIT,
            .title = "Merged for sharing a slot of the root bus",
            .text = "Functions of one slot of a root bus without ACS are one group for Linux. "
                    "Where the root complex translates every request first they cannot reach each "
                    "other: the kernel is more careful than this machine demands.",
            .remedy = "None is needed. The functions cannot be assigned apart with this kernel.",
            .reference = "R2.11, A5.2, I3",
        },
    [AT(UNCOVERED)] =
        {
            .id = "UNCOVERED",
            .topic = IMS_TOPIC_AUDIT,
            .title = "No IOMMU covers the function",
            .text = "The tables of the firmware (DMAR, IVRS, IORT, VIOT) name the units and the "
                    "functions that they look at, and this one is in none of them. Its requests "
                    "are not translated: it reads and writes all of memory, of the host and of "
                    "every guest. A missing group alone would prove nothing; this is said only "
                    "where the tables were read.",
            .remedy = "Do not give the function to anybody who is not trusted with the whole "
                      "machine. Other firmware, its setup, or another slot may put it behind an "
                      "IOMMU.",
            .reference = "E2, E4-E6, E9, R6.2",
        },
    [AT(EXCLUSION_RANGE)] =
        {
            .id = "EXCLUSION-RANGE",
            .topic = IMS_TOPIC_AUDIT,
            .title = "A range of memory is excluded from translation",
            .text = "The IVRS table excludes a range of memory from translation for this function. "
                    "The specification lets its requests pass there as they are; current Linux "
                    "maps the range for reading and writing instead. Either way the owner of the "
                    "function reaches that memory.",
            .remedy = "Ask the maker of the firmware what is in the range. Do not give the "
                      "function to a guest that must not see it.",
            .reference = "E4, F8",
        },
    [AT(SHARED_RMRR)] =
        {
            .id = "SHARED-RMRR",
            .topic = IMS_TOPIC_AUDIT,
            .title = "Functions of different groups share reserved memory",
            .text = "The firmware demands that a range of memory stays mapped for several "
                    "functions (RMRR of DMAR, unity ranges of IVRS, reserved memory of IORT). "
                    "Whoever owns one of them reads and writes what the others keep there. Linux "
                    "refuses to assign most functions with such memory.",
            .remedy = "None is needed while the functions stay with the host. Their firmware can "
                      "often release the memory (a setting for legacy USB or for remote "
                      "management).",
            .reference = "E3, R8.4",
        },
    [AT(NO_INTERRUPT_REMAP)] =
        {
            .id = "NO-INTERRUPT-REMAP",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The platform has no interrupt remapping",
            .text = "Flag 0 of the DMAR table is clear. A message of an interrupt is a write, and "
                    "without remapping nothing checks which interrupt it raises. The groups stay "
                    "what they are; VFIO refuses the devices unless it is told to allow unsafe "
                    "interrupts.",
            .remedy = "Look for interrupt remapping or x2APIC in the setup of the firmware. Do not "
                      "set allow_unsafe_interrupts for a guest that is not trusted.",
            .reference = "E1, E10, T103, R8.8",
        },
    [AT(DMAR_ORDER)] =
        {
            .id = "DMAR-ORDER",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The DMAR table names a unit after the one that takes all the rest",
            .text = "The unit with INCLUDE_PCI_ALL must be the last one of its segment. Linux "
                    "looks at it last wherever it stands, so coverage is the same; other readers "
                    "may stop there.",
            .remedy = "None is needed with Linux. The firmware should be corrected.",
            .reference = "E2, R3.2",
        },
    [AT(IORT_COUNT_OVERLAP)] =
        {
            .id = "IORT-COUNT-OVERLAP",
            .topic = IMS_TOPIC_AUDIT,
            .title = "A mapping of the IORT table is one id too long",
            .text = "The count of a mapping is the number of its ids minus one; some firmware "
                    "writes the plain number, and so claims the first id of the next mapping. "
                    "Linux lets the next mapping have it, and so does this program.",
            .remedy = "None is needed with Linux. The firmware should be corrected.",
            .reference = "E5",
        },
    [AT(OVERMERGED)] =
        {
            .id = "OVERMERGED",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The group is larger than the fabric demands",
            .text = "Requests between the members named do not arrive at each other, whatever "
                    "address is chosen, and they share no requester id. The kernel's test is "
                    "stricter than the registers.",
            .remedy = "None is needed for safety. iommuscope explain says which rule merged them, "
                      "and what would split them.",
            .reference = "0.6, 0.7",
        },
    [AT(MAYBE_SPLIT)] =
        {
            .id = "MAYBE-SPLIT",
            .topic = IMS_TOPIC_AUDIT,
            .title = "The group may be larger than the fabric demands",
            .text = "Nothing that is certain connects the members named, and nothing that is "
                    "certain keeps them apart: the standard, or what the input lacks, leaves it "
                    "open. Linux has them together, which is safe.",
            .remedy = "None is needed for safety.",
            .reference = "0.6, 0.5",
        },
    [AT(BRIDGE_IN_GROUP)] =
        {
            .id = "BRIDGE-IN-GROUP",
            .topic = IMS_TOPIC_AUDIT,
            .title = "A bridge is in the group without need",
            .text = "Linux has a bridge to a conventional bus in the group of what is behind it. "
                    "Nobody reaches registers of the bridge, and its requester id is not that of "
                    "its devices.",
            .remedy = "None is needed: VFIO leaves bridges to the host.",
            .reference = "B2, R2.5, R8.2, I3",
        },
    [AT(PORT_IN_GROUP)] =
        {
            .id = "PORT-IN-GROUP",
            .topic = IMS_TOPIC_AUDIT,
            .title = "A port is in the group without need",
            .text = "Linux has a PCI Express port in the group of what is behind it, because the "
                    "port does not count as isolating. Nobody reaches registers of the port.",
            .remedy = "None is needed: VFIO leaves ports to the host.",
            .reference = "R2.6, R8.2, I3",
        },
    [AT(EMPTY_SLOT)] =
        {
            .id = "EMPTY-SLOT",
            .topic = IMS_TOPIC_AUDIT,
            .title = "A port with nothing behind it is in the group",
            .text = "A port that does not count as isolating is in the group, and nothing is "
                    "behind it that could issue a request: it leaks nothing as long as its slot "
                    "is empty.",
            .remedy = "None is needed. Look again when the slot is in use.",
            .reference = "R2.11, F13, I3",
        },
};
