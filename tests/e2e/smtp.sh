#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# smtp: the outgoing pool against servers written by others: Postfix's smtp-sink, which can fail in
# every way, and aiosmtpd for TLS and passwords.
set -euo pipefail
. "$(dirname "$0")/frame.bash"
[ -x /usr/sbin/smtp-sink ] || skip "smtp-sink (package postfix) is not here"
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || skip "python3-aiosmtpd is not here"
# Debian.s packages belong to Debian.s python, whatever else is in the path.
command -v openssl >/dev/null || skip "openssl is not here"
/usr/bin/python3 "$here/smtp/smtp.py" "$(dirname "$nurtured")/smtp-send" "$work"
