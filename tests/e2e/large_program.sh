#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# large_program: a program far larger than a lead's event may be travels from its file into force, with a
# daemon and without, and is there after a restart and in a replay.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

# large TITLES >FILE   sixty rules with so many quoted titles each: quotes double in JSON
large() {
	cat <<-'YAML'
		nurture: 1
		program: large
		goal: meeting.booked
		send_as: {name: Large, from: large@mail.larkspur.example, postal_address: Somewhere 1}
		scoring:
		  engagement: {half_life: 14d, points: {page.pricing: 60}}
		  fit:
	YAML
	awk -v n="$1" 'BEGIN { for (r = 0; r < 60; r++) {
		printf "    - {name: rule %d, points: 10, if: '\''lead.title in [", r
		for (t = 0; t < n; t++) printf "%s\"title %d %d\"", t ? ", " : "", r, t
		print "]'\''}" } }'
}
# in_force NAME FILE   the program in force is this file, to the byte
in_force() {
	python3 - "$NURTURED_DATA/state.db" "$2" <<-'PY' && good || bad "$1"
		import json, sqlite3, sys
		row, = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute(
		    "SELECT v FROM program ORDER BY k DESC LIMIT 1").fetchone()
		sys.exit(json.loads(row)["source"] != open(sys.argv[2]).read())
	PY
}
large 340 >"$work/large.yaml"
large 350 >"$work/larger.yaml"
{ large 340 && head -c 500000 /dev/zero | tr '\0' '#' && echo; } >"$work/largest.yaml"
{ large 340 && head -c 1000000 /dev/zero | tr '\0' '#' && echo; } >"$work/too_large.yaml"
if [ "$(stat -c %s "$work/large.yaml")" -gt 300000 ]; then good; else bad "300 KB"; fi

expect 0 "init" -- init
expect 0 "validate" "60 fit rules" -- validate "$work/large.yaml"
expect 1 "validate says where the ceiling is" "1048576 at most|larger than" -- validate "$work/too_large.yaml"
expect 0 "apply without a daemon" "applied" -- apply "$work/large.yaml" --yes
in_force "in force without a daemon" "$work/large.yaml"
expect 0 "a rule of its end holds" "-> 10" -- trigger identify --email ana@firm.example --trait "title=title 59 339"
serve
expect 0 "plan beside a daemon" "60 rules? changed|leads looked at" -- plan "$work/larger.yaml"
expect 0 "apply through the daemon" "applied" -- apply "$work/larger.yaml" --yes
in_force "in force through the daemon" "$work/larger.yaml"
expect 0 "most of it comments" "applied" -- apply "$work/largest.yaml" --yes
in_force "the largest is in force" "$work/largest.yaml"
token=$(cat "$NURTURED_DATA/admin.token")
code=$(curl -s -o "$work/out" -w '%{http_code}' -H "Authorization: Bearer $token" \
	--data-binary @"$work/large.yaml" "$url/v1/program/apply")
if [ "$code" = 200 ]; then good; else bad "apply over HTTP: $code" "$work/out"; fi
in_force "in force over HTTP" "$work/large.yaml"

# Only events of ours may be so large.
python3 - "$url" "$token" <<'PY' >"$work/out" && good || bad "a lead's event keeps its ceiling" "$work/out"
import json, sys, time, urllib.error, urllib.request
body = {"type": "page.pricing", "at": time.time_ns() // 1000, "ctx": {}, "props": {"a": "x" * 70000}}
asked = urllib.request.Request(sys.argv[1] + "/v1/events", json.dumps(
    {"events": [{"source": "t", "message_id": "m", "body": body}]}).encode(),
    {"Authorization": "Bearer " + sys.argv[2], "Content-Type": "application/json"})
try:
    print(urllib.request.urlopen(asked).status)
except urllib.error.HTTPError as e:
    text = e.read().decode()
    print(e.code, text)
    sys.exit(e.code != 413 or "65536" not in text)
sys.exit(1)
PY
stop
serve
expect 0 "after a restart" "large, version 4" -- status
stop
expect 0 "replay" "equal" -- replay --verify
expect 0 "doctor" -- doctor
tally
