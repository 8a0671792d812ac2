/* SPDX-License-Identifier: MIT */
/*
 * Whether the IOMMU groups of a machine are true: the findings of the audit, most severe first, as
 * a monitoring agent would report them. Exit status 3 when one of them is at least "high".
 *
 *     list_findings [INPUT]     INPUT: what "iommuscope --input" takes; default: /sys
 */
#include <stdio.h>

#include <iommuscope/audit.h>
#include <iommuscope/source.h>

static void print_finding(const struct ims_topology *topology, const struct ims_finding *finding)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    printf("%s %s:", ims_severity_to_string(finding->severity), finding->rule->id);
    for (uint32_t i = 0; i < finding->function_count; i++)
        printf(" %s", ims_address_format(
                          ims_topology_function(topology, finding->functions[i])->address, name));
    printf("\n  %s\n", finding->text);
    if (finding->witness) {
        const struct ims_fabric_outcome *outcome =
            ims_fabric_route_at(finding->witness, finding->witness_outcome);
        printf("  witness: address %llx, %u hops, ends at %s\n",
               (unsigned long long)finding->witness_tlp.address, outcome->hop_count,
               ims_fabric_end_to_string(outcome->end));
    }
}

/* Returns the exit status, or a negative errno. */
static int audit(const struct ims_topology *topology, struct ims_error *reterr)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    struct ims_grouping *grouping = NULL;
    struct ims_fabric *fabric = NULL;
    struct ims_audit *audit = NULL;
    int status = 0;

    /* The kernel's groups are in the topology; the rules serve where the input has none. */
    int r = ims_ruleset_find("linux", ims_topology_machine(topology), &options.ruleset, reterr);
    if (r == 0)
        r = ims_grouping_compute(topology, &options, &grouping, reterr);
    if (r == 0)
        r = ims_fabric_new(topology, NULL, &fabric, reterr);
    if (r == 0)
        r = ims_audit_new(grouping, fabric, NULL, &audit, reterr);
    if (r == 0)
        printf("%s\n", ims_audit_verdict_to_string(ims_audit_verdict(audit)));
    for (uint32_t i = 0; r == 0 && i < ims_audit_finding_count(audit); i++) {
        const struct ims_finding *finding = ims_audit_finding_at(audit, i);
        print_finding(topology, finding);
        if (finding->severity >= IMS_SEVERITY_HIGH)
            status = 3;
    }
    ims_audit_free(audit);
    ims_fabric_free(fabric);
    ims_grouping_free(grouping);
    return r < 0 ? r : status;
}

int main(int argc, char **argv)
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    char line[600];

    if (argc > 2) {
        fprintf(stderr, "usage: list_findings [INPUT]\n");
        return 2;
    }
    int r = ims_source_load(argc == 2 ? argv[1] : NULL, NULL, &topology, &error);
    if (r == 0)
        r = audit(topology, &error);
    if (r < 0)
        fprintf(stderr, "list_findings: %s\n", ims_error_format(&error, line, sizeof(line)));
    ims_topology_free(topology);
    return r < 0 ? 1 : r;
}
