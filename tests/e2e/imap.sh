#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# imap: the IMAP fetcher against a real Dovecot on loopback, started here with settings of its own:
# plain, STARTTLS and TLS, IDLE, restarts and kills, a new numbering, a message too large, moving.
# Needs Dovecot 2.3; without it the script says so and skips.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fetch=${IMAP_FETCH:-$(dirname "${NURTURED:-$here/../../build/nurtured}")/imap_fetch}
dovecot=$(PATH=$PATH:/usr/sbin command -v dovecot)
if [ -z "$dovecot" ] || [[ $("$dovecot" --version) != 2.3* ]]; then
	echo "imap: skipped, no Dovecot 2.3 here"
	echo "0 passed, 0 failed"
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
exec python3 "$here/imap/imap.py" "$fetch" "$dovecot" "$work"
