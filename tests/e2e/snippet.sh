#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# snippet: a real browser on pages that hold the snippet, and what of it arrives. Skips, and says so,
# where node, the npm registry or chromium is absent.
set -euo pipefail
. "$(dirname "$0")/frame.bash"

browser=
for name in chromium chromium-browser google-chrome; do
	browser=${browser:-$(command -v $name || true)}
done
[ -n "$browser" ] || skip "chromium is not here"
npm_check snippet "the driver"
key=$(write_key)
serve
node "$work/check/check.js" "$url" "$key" "$nurtured" "$NURTURED_DATA" "$browser"
