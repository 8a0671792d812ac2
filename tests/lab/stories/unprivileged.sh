#!/bin/sh
# SPDX-License-Identifier: MIT
# Without rights: what can be read is answered, what cannot is unknown, and nothing is changed.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
group=$(group_of 01:00.0)
snapshot /tmp/before
expect 3 as_nobody iommuscope check "$group"
says '01:00.0 is bound to e1000, a host driver'
expect 6 as_nobody iommuscope claim "$group"
says right
expect 0 as_nobody iommuscope release "$group"
says 'nothing to do'
expect 6 as_nobody iommuscope recover
says right
snapshot /tmp/after
same /tmp/before /tmp/after
[ ! -e /run/iommuscope ] || fail 'somebody without rights made /run/iommuscope'

expect 0 iommuscope claim "$group"
expect 0 as_nobody iommuscope check "$group"
expect 6 as_nobody iommuscope check --open "$group"
expect 6 as_nobody iommuscope status
expect 6 as_nobody iommuscope log
expect 6 as_nobody iommuscope release "$group"
has_driver 01:00.0 vfio-pci
expect 0 iommuscope release "$group"
snapshot /tmp/after
same /tmp/before /tmp/after
