#!/bin/sh
# SPDX-License-Identifier: MIT
# A release waits for nobody: it says who has the group and changes nothing. Where somebody opens
# the device in the very moment, the kernel blocks: the tool comes back all the same.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
group=$(group_of 01:00.0)
snapshot /tmp/before
expect 0 iommuscope claim "$group"
snapshot /tmp/claimed
without_enable /tmp/claimed

in_background /tmp/holder lab-vfio hold "$group" 0000:01:00.0
until_says /tmp/holder holding
holder=$pid
expect 7 iommuscope release "$group"
says "process lab-vfio $holder has"
snapshot /tmp/again
without_enable /tmp/again
same /tmp/claimed /tmp/again
expect 7 iommuscope check --open "$group"
kill "$holder"
end_of "$holder"
expect 0 iommuscope release "$group"
snapshot /tmp/after
same /tmp/before /tmp/after
expect 0 iommuscope status
says_not interrupted

# A full pipe stops the release at its first sentence: it has looked already, and written nothing.
expect 0 iommuscope claim "$group"
mkfifo /tmp/pipe
exec 3<>/tmp/pipe
dd if=/dev/zero bs=65536 count=1 2>/dev/null >&3
echo "\$ iommuscope release $group &"
iommuscope release "$group" >/tmp/output 2>/tmp/pipe 3>&- &
release=$!
sleep 2
in_background /tmp/holder lab-vfio hold "$group" 0000:01:00.0
until_says /tmp/holder holding
holder=$pid
in_background /tmp/notes cat /tmp/pipe
begin=$(date +%s)
status=0
wait "$release" || status=$?
cat /tmp/output
seconds=$(($(date +%s) - begin))
echo "status $status after $seconds seconds"
[ "$status" -eq 5 ] || fail 'not stuck'
grep -qF "process lab-vfio $holder has it open" /tmp/output || fail 'the holder is not named'
[ "$seconds" -le 75 ] || fail 'it waited too long'
expect 5 iommuscope status
says interrupted
says_not held
# On 6.1 the override of the device cannot even be read until the write returns: nobody waits.
begin=$(date +%s)
expect 7 iommuscope release "$group"
says recover
expect 7 iommuscope claim "$group"
says recover
expect 7 iommuscope check --open "$group"
expect 0 iommuscope groups
seconds=$(($(date +%s) - begin))
echo "four questions took $seconds seconds"
[ "$seconds" -le 40 ] || fail 'they waited too long'
# Recovery waits for the write that is on its way, and ends with it.
in_background /tmp/output iommuscope recover
recovery=$pid
sleep 3
[ -e "/proc/$recovery" ] || fail 'it ended before the write did'
kill "$holder"
end_of "$holder"
status=0
wait "$recovery" || status=$?
cat /tmp/output
[ "$status" -eq 0 ] || fail "recover ended with status $status"
expect 0 iommuscope recover
says 'no transaction was interrupted'
expect 0 iommuscope status
snapshot /tmp/after
same /tmp/before /tmp/after
expect 0 iommuscope release "$group"
