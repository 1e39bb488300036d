#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sendkill: SIGKILL while mail is being sent, again and again; then every message is accounted for.
# KILLS=200 tests/e2e/sendkill.sh for the long run.
set -euo pipefail
. "$(dirname "$0")/frame.bash"
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || skip "python3-aiosmtpd is not here"
/usr/bin/python3 -B "$here/deliver/sendkill.py" "$nurtured" "$work" "${KILLS:-6}"
