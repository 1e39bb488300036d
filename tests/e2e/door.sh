#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# door: TLS, keys, CORS, forms, webhooks, strict mode, rate limit, gzip, and a stop under load that
# loses nothing, against a running daemon.
set -euo pipefail
. "$(dirname "$0")/frame.bash"
python3 "$here/door/door.py" "$nurtured" "$work"
