#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# imap: the IMAP fetcher against a real Dovecot on loopback, started here with settings of its own:
# plain, STARTTLS and TLS, IDLE, restarts and kills, a new numbering, a message too large, moving.
set -uo pipefail
. "$(dirname "$0")/frame.bash"
needs_dovecot
/usr/bin/python3 -B "$here/imap/imap.py" "${IMAP_FETCH:-$(dirname "$nurtured")/imap_fetch}" "$work"
