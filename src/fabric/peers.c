/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "fabric/ends.h"

/* Who may turn a request to whom, realm by realm (F4). */

/* Work space of one realm. */
struct field {
    struct ims_sets_pass *pass;
    uint32_t realm;
    struct ims_ends senders; /* scratch */
    struct ims_ends targets;
    struct ims_ends few; /* scratch: the targets of one need */
    uint32_t needs[2];
};

static void add_targets(struct field *field, uint32_t element, bool bar, bool window)
{
    const struct ims_sets_pass *pass = field->pass;

    if (bar && pass->target_depth[element] != IMS_DEPTH_NEVER)
        field->targets.items[field->targets.count++] = (struct ims_end){element, false};
    if (window && ims_fabric_is_bridge(&pass->fabric->nodes[element]) &&
        pass->best_target[element] != IMS_NONE)
        field->targets.items[field->targets.count++] = (struct ims_end){element, true};
}

/* All senders whose need is one value, to all targets that it leaves. */
static void spread_need(struct field *field, const uint32_t *needs, uint32_t need, const char *rule)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_realm *realm = &pass->fabric->realms[field->realm];

    field->senders.count = field->few.count = 0;
    if (need == IMS_DEPTH_NEVER)
        return;
    for (uint32_t i = 0; i < realm->function_count; i++) {
        const struct ims_end source = ims_ends_source(pass, realm->functions[i]);
        if (needs[i] == need && ims_ends_send(pass, source, need))
            field->senders.items[field->senders.count++] = source;
    }
    if (field->senders.count == 0)
        return;
    for (uint32_t i = 0; i < field->targets.count; i++)
        if (ims_ends_seen(pass, field->targets.items[i], need))
            field->few.items[field->few.count++] = field->targets.items[i];
    ims_ends_spread(pass, &field->senders, &field->few, need, rule);
    ims_ends_spread_to_first(pass, &field->senders, &field->few, need, rule);
}

/*
 * One kind of target in a realm. Senders without egress control treat all of them alike, so that
 * one question each is enough; the others are asked for every target (F5).
 */
static void spread_kind(struct field *field, bool window, uint32_t *needs, const char *rule)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_fabric *fabric = pass->fabric;
    const struct ims_realm *realm = &fabric->realms[field->realm];
    const struct ims_tlp tlp = {.kind = IMS_TLP_MEMORY_WRITE, .at = pass->at};

    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t sender = realm->functions[i];
        const struct ims_end source = ims_ends_source(pass, sender);
        needs[i] = IMS_DEPTH_NEVER;
        if (!ims_ends_send(pass, source, realm->depth))
            continue;
        if (fabric->nodes[sender].controls.e != IMS_NO && realm->kind != IMS_REALM_BUS) {
            for (uint32_t j = 0; j < field->targets.count; j++) {
                const struct ims_end target = field->targets.items[j];
                if (target.element != sender)
                    ims_ends_emit(pass, source, target,
                                  ims_ends_need(pass, field->realm,
                                                ims_fabric_choices(fabric, sender, target.element,
                                                                   window, &tlp)),
                                  rule);
            }
            continue;
        }
        for (uint32_t j = 0; j < field->targets.count; j++)
            if (field->targets.items[j].element != sender) {
                needs[i] = ims_ends_need(pass, field->realm,
                                         ims_fabric_choices(fabric, sender,
                                                            field->targets.items[j].element, window,
                                                            &tlp));
                break;
            }
    }
    spread_need(field, needs, realm->depth, rule);
    if (pass->hairpin[field->realm] != realm->depth)
        spread_need(field, needs, pass->hairpin[field->realm], "A4.6");
}

/* ---- the realms ---- */

/* Register BARs of ports: their senders are alike but for their own control (A2.6, A2.8, A3.3). */
static void spread_registers(struct field *field, uint32_t sender, uint32_t upstream)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_fabric *fabric = pass->fabric;
    const struct ims_realm *realm = &fabric->realms[field->realm];
    const struct ims_controls *controls = &fabric->nodes[sender].controls;
    const struct ims_end source = ims_ends_source(pass, sender);
    const uint32_t port_need =
        ims_ends_need(pass, field->realm, ims_choices_target(controls->dsp_target));

    if (!ims_ends_send(pass, source, realm->depth))
        return;
    /* The first sender of a need reaches all of them; the others only have to join it. */
    for (unsigned i = 0; i < 2; i++)
        if (port_need != IMS_DEPTH_NEVER && field->needs[i] == port_need) {
            for (uint32_t j = 0; j < field->targets.count; j++)
                if (ims_ends_seen(pass, field->targets.items[j], port_need)) {
                    ims_ends_emit(pass, source, field->targets.items[j], port_need, "A2.6, A3.3");
                    break;
                }
            goto upstream;
        }
    if (port_need != IMS_DEPTH_NEVER) {
        for (uint32_t j = 0; j < field->targets.count; j++)
            ims_ends_emit(pass, source, field->targets.items[j], port_need, "A2.6, A3.3");
        field->needs[field->needs[0] == IMS_DEPTH_NEVER ? 0 : 1] = port_need;
    }
upstream:
    ims_ends_emit(pass, source, (struct ims_end){upstream, false},
                  ims_ends_need(pass, field->realm, ims_choices_target(controls->usp_target)),
                  "A2.8, A3.3");
}

static void do_switch(struct field *field, uint32_t *needs)
{
    const struct ims_fabric *fabric = field->pass->fabric;
    const struct ims_realm *realm = &fabric->realms[field->realm];

    for (unsigned ports = 0; ports < 2; ports++) {
        /* What is no downstream port does not belong here: targets of either kind apart. */
        field->targets.count = 0;
        for (uint32_t i = 0; i < realm->function_count; i++) {
            const bool port = fabric->nodes[realm->functions[i]].role == IMS_ROLE_DOWNSTREAM;
            if (port == (ports == 1))
                add_targets(field, realm->functions[i], !port, true);
        }
        spread_kind(field, true, needs, "A2.7, A3.1");
    }
    field->targets.count = 0;
    field->needs[0] = field->needs[1] = IMS_DEPTH_NEVER;
    for (uint32_t i = 0; i < realm->function_count; i++)
        if (fabric->nodes[realm->functions[i]].role == IMS_ROLE_DOWNSTREAM)
            add_targets(field, realm->functions[i], true, false);
    for (uint32_t i = 0; i < realm->function_count; i++)
        spread_registers(field, realm->functions[i], realm->bridge);
}

static void do_root(struct field *field, uint32_t *needs)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_fabric *fabric = pass->fabric;
    const struct ims_realm *realm = &fabric->realms[field->realm];

    for (unsigned cut = 0; cut < 2; cut++) {
        field->targets.count = 0;
        for (uint32_t i = 0; i < realm->function_count; i++)
            if (fabric->nodes[realm->functions[i]].cut_off == (cut == 1))
                add_targets(field, realm->functions[i], true, true);
        spread_kind(field, true, needs, "A5.1");
    }
    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t port = realm->functions[i];
        if (fabric->nodes[port].role == IMS_ROLE_ROOT_PORT &&
            ims_ends_leak(pass, ims_choices_target(fabric->nodes[port].controls.dsp_target)))
            ims_ends_emit(pass, (struct ims_end){port, true}, (struct ims_end){port, false},
                          realm->depth, "A2.6, A3.3");
    }
}

/*
 * A bridge to a parallel bus passes up what is meant for its own register BAR; where the port above
 * turns that back, it arrives (A4.6).
 */
static void return_to_bridges(struct field *field)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_realm *realm = &pass->fabric->realms[field->realm];

    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t bridge = realm->functions[i];
        const enum ims_role role = pass->fabric->nodes[bridge].role;
        if (role != IMS_ROLE_ENDPOINT && role != IMS_ROLE_UPSTREAM)
            ims_ends_emit(pass, (struct ims_end){bridge, true}, (struct ims_end){bridge, false},
                          pass->hairpin[field->realm], "A4.6");
    }
}

/*
 * What a subtractive bridge takes only from above goes past it, whatever its neighbours do with
 * peers, and comes back where a port above may turn it (C8, A4.6).
 */
static void return_to_hidden(struct field *field)
{
    struct ims_sets_pass *pass = field->pass;
    const struct ims_realm *realm = &pass->fabric->realms[field->realm];
    const uint32_t need = pass->hairpin[field->realm];

    field->targets.count = 0;
    for (uint32_t i = 0; i < realm->function_count && need != IMS_DEPTH_NEVER; i++)
        if (ims_sets_hides(pass->fabric, realm->functions[i]))
            add_targets(field, realm->functions[i], false, true);
    if (field->targets.count == 0)
        return;
    for (uint32_t i = 0; i < realm->function_count; i++) {
        const struct ims_end source = ims_ends_source(pass, realm->functions[i]);
        /* The first two together reach all of them; the others only have to join one (see spread). */
        for (uint32_t j = 0; j < field->targets.count; j++)
            if (field->targets.items[j].element != source.element &&
                ims_ends_emit(pass, source, field->targets.items[j], need, "C8, A4.6") && i > 1)
                break;
    }
}

static void do_realm(struct field *field, uint32_t *needs)
{
    const struct ims_realm *realm = &field->pass->fabric->realms[field->realm];

    if (field->pass->certainty == IMS_FABRIC_MAY)
        return_to_hidden(field);

    if (realm->kind == IMS_REALM_SWITCH) {
        do_switch(field, needs);
        return;
    }
    if (realm->kind == IMS_REALM_ROOT) {
        do_root(field, needs);
        return;
    }
    if (realm->kind == IMS_REALM_UNKNOWN && field->pass->certainty == IMS_FABRIC_MUST)
        return;
    field->targets.count = 0;
    for (uint32_t i = 0; i < realm->function_count; i++)
        add_targets(field, realm->functions[i], true, true);
    spread_kind(field, true, needs, realm->kind == IMS_REALM_BUS ? "C9" : "A6.2");
    if (realm->kind == IMS_REALM_LINK && field->pass->certainty == IMS_FABRIC_MAY)
        return_to_bridges(field);
}

void ims_sets_peers(struct ims_sets_pass *pass)
{
    const struct ims_fabric *fabric = pass->fabric;
    struct field field = {.pass = pass};
    uint32_t widest = 0;

    for (uint32_t i = 0; i < fabric->realm_count; i++)
        if (fabric->realms[i].function_count > widest)
            widest = fabric->realms[i].function_count;
    const size_t room = (size_t)widest + 1;
    uint32_t *needs = malloc(room * sizeof(*needs));
    field.senders.items = malloc(room * sizeof(struct ims_end));
    field.targets.items = malloc(2 * room * sizeof(struct ims_end));
    field.few.items = malloc(2 * room * sizeof(struct ims_end));
    if (!needs || !field.senders.items || !field.targets.items || !field.few.items) {
        pass->builder->error = -ENOMEM;
    } else {
        for (field.realm = 0; field.realm < fabric->realm_count; field.realm++)
            do_realm(&field, needs);
        ims_ends_push_marks(pass);
    }
    free(needs);
    free(field.senders.items);
    free(field.targets.items);
    free(field.few.items);
}
