#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# openapi: a running daemon's /openapi.json against a validator written by others, and every address
# it names against the daemon. Skips, and says so, where node or the npm registry is absent.
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
	echo "openapi: skipped, $1"
	echo "0 passed, 0 failed"
	exit 0
}
command -v node >/dev/null && command -v npm >/dev/null || skip "node and npm are not here"
cp -r "$here/openapi" "$work/check"
(cd "$work/check" && npm ci --no-audit --no-fund --silent) >"$work/npm.log" 2>&1 ||
	skip "npm cannot fetch the validator: $(tail -1 "$work/npm.log")"

"$nurtured" serve --data "$work/data" --create --listen 127.0.0.1:0 --json >"$work/out" 2>"$work/err" &
daemon=$!
url=
for _ in $(seq 100); do
	url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/out")
	[ -n "$url" ] && break
	kill -0 "$daemon" 2>/dev/null || break
	sleep 0.1
done
if [ -z "$url" ]; then
	echo "the daemon did not start:"
	cat "$work/err"
	echo "0 passed, 1 failed"
	exit 1
fi
node "$work/check/check.js" "$url"
