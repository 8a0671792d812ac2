#!/bin/sh
# SPDX-License-Identifier: MIT
# The second claim and the second release leave the machine and the journals as they are, and two at
# once do not meet.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
group=$(group_of 01:00.0)
snapshot /tmp/before

# Names, sizes, times and contents of all journals.
journals() {
    find /run/iommuscope -type f ! -name lock | sort | while read -r file; do
        stat -c '%n %s %Y %Z' "$file"
        sha256sum "$file"
    done >"$1"
}

expect 0 iommuscope claim "$group"
snapshot /tmp/first
journals /tmp/journals
sleep 1
expect 0 iommuscope claim "$group"
says 'nothing to do'
snapshot /tmp/second
journals /tmp/later
same /tmp/first /tmp/second
same /tmp/journals /tmp/later

expect 0 iommuscope release "$group"
snapshot /tmp/after
same /tmp/before /tmp/after
journals /tmp/journals
sleep 1
expect 0 iommuscope release "$group"
says 'nothing to do'
snapshot /tmp/second
journals /tmp/later
same /tmp/after /tmp/second
same /tmp/journals /tmp/later
expect 0 iommuscope status

# Of two at the same time one does it, and the other does nothing or is told.
in_background /tmp/one iommuscope claim "$group"
first=$pid
in_background /tmp/two iommuscope claim "$group"
status_one=0
status_two=0
wait "$first" || status_one=$?
wait "$pid" || status_two=$?
cat /tmp/one /tmp/two
echo "$status_one and $status_two"
case $status_one$status_two in
00 | 07 | 70 | 03 | 30) ;;
*) fail 'neither of these' ;;
esac
has_driver 01:00.0 vfio-pci
expect 0 iommuscope status
expect 0 iommuscope release "$group"
snapshot /tmp/after
same /tmp/before /tmp/after
