#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clients: three SDKs from npm send to a running daemon, lose the answer and send again; what they
# sent is there once. Skips, and says so, where node or the npm registry is absent.
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
	echo "clients: skipped, $1"
	echo "0 passed, 0 failed"
	exit 0
}
command -v node >/dev/null && command -v npm >/dev/null || skip "node and npm are not here"
cp -r "$here/clients" "$work/check"
# Exact versions, but no lock file: one would name native parts for every system, which not every
# registry holds, and none of which is needed.
(cd "$work/check" && npm install --no-package-lock --omit=optional --ignore-scripts --no-audit \
	--no-fund --silent) >"$work/npm.log" 2>&1 || skip "npm cannot fetch the SDKs: $(tail -1 "$work/npm.log")"

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
node "$work/check/check.js" "$url" "$key"
