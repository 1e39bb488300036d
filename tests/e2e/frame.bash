# SPDX-License-Identifier: Apache-2.0
# frame: what the scripts of this folder share; each sources it first. It gives
#   $nurtured $root $here $work    the program, the checkout, this folder, a folder that is removed
#   good, bad NAME [FILE...]       counting by hand; the files' first lines are shown
#   expect, json                   one call of a verb, and what must come of it
#   serve [OPTION...], stop        one daemon: sets $url
#   npm_check FOLDER WHAT          a check written for node, in $work/check
#   needs_dovecot                  skips without one; puts the folder of servers into PATH
#   without WHY                    a part of it is left out, and goes on
#   skip WHY, tally                how a script ends
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
nurtured=$(readlink -f "${NURTURED:-$root/build/nurtured}")
work=$(mktemp -d)
daemon='' url='' passed=0 failed=0
export NURTURED_DATA=$work/data NO_COLOR=1

before_removal() { :; } # for a script to replace
finish() {
	[ -n "$daemon" ] && kill "$daemon" 2>/dev/null && wait "$daemon" 2>/dev/null
	before_removal
	rm -rf "$work"
}
trap finish EXIT

good() { passed=$((passed + 1)); }
bad() {
	failed=$((failed + 1))
	printf 'FAIL  %s\n' "$1"
	[ $# -gt 1 ] && head -n 12 "${@:2}" | sed 's/^/      /'
	return 0
}
tally() {
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ]
}
without() { echo "$(basename "$0" .sh): skipped, $1"; }
skip() {
	without "$1"
	echo "0 passed, 0 failed"
	exit 0
}

needs_dovecot() { # one whose settings imap/dovecot.py can write
	PATH=$PATH:/usr/sbin
	[[ $(dovecot --version 2>/dev/null) == 2.[34]* ]] || skip "no Dovecot 2.3 or 2.4 here"
}

# expect CODE NAME [PATTERN] -- verb ...   exit code, and what stdout and stderr together must hold
expect() {
	local code=$1 name=$2 pattern='' rc=0
	shift 2
	[ "$1" != -- ] && pattern=$1 && shift
	shift
	"$nurtured" "$@" >"$work/out" 2>"$work/err" </dev/null || rc=$?
	if [ $rc -eq "$code" ] && { [ -z "$pattern" ] || grep -qE -- "$pattern" "$work/out" "$work/err"; }; then
		good
	else
		bad "$name: exit $rc, $code expected; pattern: $pattern" "$work/out" "$work/err"
	fi
}
# json NAME -- verb ...   exit code 0 and every line of stdout is one JSON value
json() {
	local name=$1
	shift 2
	if "$nurtured" "$@" --json >"$work/out" 2>"$work/err" </dev/null &&
		python3 -c 'import json,sys; [json.loads(l) for l in open(sys.argv[1]) if l.strip()]' "$work/out" 2>>"$work/err"; then
		good
	else
		bad "$name: not JSON, or not 0" "$work/out" "$work/err"
	fi
}

# told LIKE [WORD...]   how many events of the log have an id like that and every word in their body
told() {
	python3 - "$NURTURED_DATA/events.db" "$@" <<'PY'
import sqlite3, sys
log = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
rows = log.execute("SELECT body FROM event WHERE CAST(message_id AS TEXT) LIKE ?", sys.argv[2:3]).fetchall()
bodies = [r[0].decode("utf-8", "replace") if isinstance(r[0], bytes) else r[0] for r in rows]
print(sum(all(word in b for word in sys.argv[3:]) for b in bodies))
PY
}

serve() {
	: >"$work/serve.out"
	"$nurtured" serve --listen 127.0.0.1:0 --json "$@" >"$work/serve.out" 2>"$work/serve.err" &
	daemon=$!
	url=
	for _ in $(seq 200); do
		url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/serve.out")
		[ -n "$url" ] && return
		kill -0 "$daemon" 2>/dev/null || break
		sleep 0.1
	done
	bad "the daemon did not start" "$work/serve.err"
	tally
	exit 1
}
# The daemon's exit code is checked too.
stop() {
	local rc=0
	kill "$daemon" && wait "$daemon" || rc=$?
	daemon=
	if [ $rc -eq 0 ]; then good; else bad "the daemon ended with $rc" "$work/serve.err"; fi
}
write_key() { "$nurtured" init --json | sed -n 's/.*"write_key":"\([^"]*\)".*/\1/p'; }

npm_check() {
	command -v node >/dev/null && command -v npm >/dev/null || skip "node and npm are not here"
	mkdir "$work/check"
	cp "$here/tally.cjs" "$here/$1"/* "$work/check"
	(cd "$work/check" && npm "${npm_install[@]}" --no-audit --no-fund --loglevel=error) >"$work/npm.log" 2>&1 ||
		skip "npm cannot fetch $2: $(grep -m 1 -i '^npm err' "$work/npm.log")"
}
# Exact versions, but no lock file: one would name native parts for every system, which not every
# registry holds, and none of which is needed.
npm_install=(install --no-package-lock --omit=optional --ignore-scripts)
