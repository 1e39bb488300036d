#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# crash: the daemon is killed with SIGKILL under load again and again; then every 2xx is accounted
# for. KILLS=200 tests/e2e/crash.sh for the long run.
set -euo pipefail
. "$(dirname "$0")/frame.bash"
python3 "$here/crash/crash.py" "$nurtured" "$work" "${KILLS:-8}"
