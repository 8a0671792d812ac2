/* SPDX-License-Identifier: MIT */
#include "fake_script.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

void fake_script_reset(struct fake_script *script)
{
    memset(script, 0, offsetof(struct fake_script, calls));
}

static bool is_named(const struct fake_script *script, enum fake_call_kind kind)
{
    if (script->at == 0 || script->count < script->at)
        return false;
    return script->count == script->at || (script->onwards && script->kinds & 1u << kind);
}

struct fake_call *fake_script_enter(struct fake_script *script, enum fake_call_kind kind,
                                    enum fake_act *ret_act)
{
    static struct fake_call spare;

    script->count++;
    if (script->other && script->count == script->other_at)
        script->other(script->other_context);
    struct fake_call *call =
        script->count <= FAKE_CALLS_MAX ? &script->calls[script->count - 1] : &spare;
    *call = (struct fake_call){.kind = kind};
    *ret_act = script->dead ? FAKE_FAIL : is_named(script, kind) ? script->act : FAKE_RUN;
    return call;
}

int fake_script_leave(struct fake_script *script, struct fake_call *call, enum fake_act act,
                      int code)
{
    if (act == FAKE_KILL_BEFORE || act == FAKE_KILL_AFTER)
        script->dead = true;
    if (script->dead)
        code = -EIO;
    else if (act != FAKE_RUN)
        code = script->code;
    call->code = code;
    return code;
}

unsigned fake_script_count(const struct fake_script *script, enum fake_call_kind kind)
{
    unsigned count = 0;

    for (unsigned i = 0; i < script->count && i < FAKE_CALLS_MAX; i++)
        count += script->calls[i].kind == kind;
    return count;
}
