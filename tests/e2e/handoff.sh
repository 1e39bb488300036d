#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# handoff: leads in the hands of people: by a reply and by a threshold; what reps read, what their
# tools are posted (verified by the specification's own library where node is), what the clock does,
# and the mail that asks to confirm.
set -euo pipefail
. "$(dirname "$0")/frame.bash"
/usr/bin/python3 -B "$here/handoff/handoff.py" "$nurtured" "$work"
