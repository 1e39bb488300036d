#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# deliver: the daemon in live mode against a mail server written by others: what arrives, signed and
# linked, and what becomes of refusals.
set -euo pipefail
. "$(dirname "$0")/frame.bash"
/usr/bin/python3 -c 'import aiosmtpd, dkim, nacl' 2>/dev/null || skip "python3-aiosmtpd, -dkim or -nacl is not here"
command -v openssl >/dev/null || skip "openssl is not here"
/usr/bin/python3 -B "$here/deliver/deliver.py" "$nurtured" "$work"
