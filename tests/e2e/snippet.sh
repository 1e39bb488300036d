#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# snippet: a real browser on pages that hold the snippet, and what of it arrives. Skips, and says so,
# where node, the npm registry or chromium is absent.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
nurtured=${NURTURED:-$here/../../build/nurtured}
work=$(mktemp -d)
daemon=
finish() {
	[ -n "$daemon" ] && kill "$daemon" 2>/dev/null && wait "$daemon" 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT

skip() {
	echo "snippet: skipped, $1"
	echo "0 passed, 0 failed"
	exit 0
}
command -v node >/dev/null && command -v npm >/dev/null || skip "node and npm are not here"
browser=
for name in chromium chromium-browser google-chrome; do
	browser=${browser:-$(command -v $name || true)}
done
[ -n "$browser" ] || skip "chromium is not here"
cp -r "$here/snippet" "$work/check"
(cd "$work/check" && npm install --no-package-lock --omit=optional --ignore-scripts --no-audit \
	--no-fund --silent) >"$work/npm.log" 2>&1 || skip "npm cannot fetch the driver: $(tail -1 "$work/npm.log")"

key=$("$nurtured" init --data "$work/data" --json | sed -n 's/.*"write_key":"\([^"]*\)".*/\1/p')
"$nurtured" serve --data "$work/data" --listen 127.0.0.1:0 --json >"$work/out" 2>"$work/err" &
daemon=$!
url=
for _ in $(seq 100); do
	url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/out")
	[ -n "$url" ] && break
	kill -0 "$daemon" 2>/dev/null || break
	sleep 0.1
done
if [ -z "$url" ] || [ -z "$key" ]; then
	echo "the daemon did not start:"
	cat "$work/err"
	echo "0 passed, 1 failed"
	exit 1
fi
node "$work/check/check.js" "$url" "$key" "$nurtured" "$work/data" "$browser"
