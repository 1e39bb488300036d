#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# mailbox: real mail, there and back. A daemon in live mode sends through a real Postfix on loopback;
# an unknown user bounces, a person answers, somebody is out of office, somebody complains; all of it
# comes back into a mailbox of a real Dovecot, is fetched by IMAP, and the engine reacts. Both servers
# are started here, with settings and queues of their own, and stopped by their process number.
set -uo pipefail
. "$(dirname "$0")/frame.bash"
PATH=$PATH:/usr/sbin
[ "$(id -u)" -eq 0 ] || skip "Postfix starts as root alone"
command -v postfix >/dev/null || skip "Postfix is not here"
command -v openssl >/dev/null || skip "openssl is not here"
needs_dovecot
/usr/bin/python3 -c 'import dkim' 2>/dev/null || skip "python3-dkim is not here"
/usr/bin/python3 -B "$here/observe/mailbox.py" "$nurtured" "$work"
