#!/bin/sh
# SPDX-License-Identifier: MIT
# kill -9 at growing distances from the start of a claim, until one comes to its end: after recover
# all is old, or with --forward all is new.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
group=$(group_of 02:01.0)
expect 0 iommuscope claim "$group"
snapshot /tmp/new
expect 0 iommuscope release "$group"
snapshot /tmp/old

# A worker may have been started before the kill, and its write comes to its end by itself.
settled() {
    tries=0
    while :; do
        snapshot /tmp/one
        usleep 100000
        snapshot /tmp/two
        ! cmp -s /tmp/one /tmp/two || return 0
        tries=$((tries + 1))
        [ "$tries" -lt 50 ] || fail 'it does not settle'
    done
}

# round DELAY DIRECTION
interrupted=0
round() {
    in_background /tmp/output iommuscope claim "$group"
    usleep "$1"
    kill -9 "$pid" 2>/dev/null || :
    status=0
    wait "$pid" || status=$?
    [ "$status" -ne 0 ] || done=yes
    settled
    if cmp -s /tmp/two /tmp/old; then
        where=old
    elif cmp -s /tmp/two /tmp/new; then
        where=new
    else
        where=between
    fi
    status=0
    iommuscope status >/tmp/output 2>&1 || status=$?
    echo "killed after $1 us: $where, status $status"
    if [ "$where" = between ] || [ "$status" -eq 5 ]; then
        interrupted=$((interrupted + 1))
        [ "$status" -eq 5 ] || fail 'half a claim, and status does not tell'
        # What was interrupted comes first.
        expect 7 iommuscope claim "$group"
        says recover
        if [ "$2" = forward ]; then
            expect 0 iommuscope recover --forward
            snapshot /tmp/now
            same /tmp/new /tmp/now
            expect 0 lab-vfio status "$group"
        else
            expect 0 iommuscope recover
            snapshot /tmp/now
            # What lacked nothing but the end of its journal stays.
            if [ "$where" = new ]; then
                same /tmp/new /tmp/now
            else
                same /tmp/old /tmp/now
            fi
        fi
    fi
    expect 0 iommuscope recover
    says 'no transaction was interrupted'
    expect 0 iommuscope status
    expect 0 iommuscope release "$group"
    snapshot /tmp/now
    same /tmp/old /tmp/now
}

done=no
delay=20000
direction=back
while [ "$done" = no ]; do
    round "$delay" "$direction"
    if [ "$direction" = back ]; then direction=forward; else direction=back; fi
    delay=$((delay + 20000))
    [ "$delay" -lt 3000000 ] || fail 'no claim comes to its end'
done
echo "$interrupted were interrupted"
[ "$interrupted" -ge 3 ] || fail 'too few of them to say anything'
