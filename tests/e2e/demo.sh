#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# demo: the first minutes of a newcomer: init leaves a program that can be applied, and the demo is
# there in seconds, goes on with its folder, and is refused where it would do harm.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

# ---- init ----
expect 0 "init" "program.yaml \(three tracks" -- init
expect 0 "apply what init left" "11 new texts" -- apply
diff -r "$root/programs/content" "$NURTURED_DATA/content" >"$work/diff" &&
	diff "$root/programs/example.yaml" "$NURTURED_DATA/program.yaml" >>"$work/diff" &&
	diff "$root/programs/program.schema.json" "$NURTURED_DATA/program.schema.json" >>"$work/diff"
if [ ! -s "$work/diff" ]; then good; else bad "the binary carries the example" "$work/diff"; fi
expect 6 "init again" "holds data already" -- init
expect 0 "init --program in a folder of data" "campaign/program.yaml" -- init --program "$work/campaign"
echo "# a word more" >>"$work/campaign/program.yaml" # else it is what is in force already
expect 0 "that can be applied too" "applied" -- apply "$work/campaign/program.yaml" --yes
echo "mine" >"$work/campaign/program.yaml"
expect 6 "nothing is written over" "stays as it is" -- init --program "$work/campaign"
if [ "$(cat "$work/campaign/program.yaml")" = mine ]; then good; else bad "it was written over"; fi
mkdir "$work/half" && echo mine >"$work/half/program.yaml"
expect 0 "init beside a program" "as it was" -- init --data "$work/half"
json "init as JSON" -- init --data "$work/other"
expect 6 "demo over data" "no demo" -- demo

# ---- demo ----
begin() { # [OPTION...]: starts it and waits until it is ready
	"$nurtured" demo --data "$work/demo" --listen 127.0.0.1:0 "$@" >"$work/demo.out" 2>&1 &
	daemon=$!
	for _ in $(seq 300); do
		grep -q 'TEST MODE\|"url"' "$work/demo.out" && break
		kill -0 "$daemon" 2>/dev/null || break
		sleep 0.1
	done
	if grep -q 'TEST MODE\|"url"' "$work/demo.out"; then good; else bad "demo $*" "$work/demo.out"; fi
}
export NURTURED_DATA=$work/demo
begin
if grep -q 'ok  leads  *30' "$work/demo.out"; then good; else bad "sample leads" "$work/demo.out"; fi
expect 6 "twice at once" "in use by process" -- demo
"$nurtured" clock --json >"$work/clock"
if python3 - "$work/clock" <<'PY'; then good; else bad "not a working hour" "$work/clock"; fi
import datetime, json, sys, zoneinfo
now = datetime.datetime.fromisoformat(json.load(open(sys.argv[1]))["now"].replace("Z", "+00:00"))
now = now.astimezone(zoneinfo.ZoneInfo("Europe/Berlin"))
sys.exit(not (now.weekday() in (1, 2, 3) and 10 <= now.hour < 17))
PY
expect 0 "no dead letters" '^$|nothing|no dead' -- events --dead
expect 0 "trigger" "lead +50 \(new\)" -- trigger form.ebook --email sara@meridian.example --consent confirmed
for _ in $(seq 50); do # the first message, at once
	"$nurtured" message list --json >"$work/messages" 2>&1
	grep -q 'sara@meridian.example' "$work/messages" && grep -q '"sent"' "$work/messages" && break
	sleep 0.1
done
if python3 - "$work/messages" <<'PY'; then good; else bad "no message to sara" "$work/messages"; fi
import json, sys
text = open(sys.argv[1]).read()
rows = json.loads(text)["messages"]
sys.exit(not any("sara@meridian.example" in json.dumps(r) and r["state"] == "sent" for r in rows))
PY
expect 0 "five days of silence" "[1-9][0-9]* alarms" -- clock advance 5d
expect 0 "the silent branch" "sara@meridian.example" -- lead list --track re-engage
expect 0 "they may be written to" "agreed, and confirmed" -- explain sara@meridian.example
expect 2 "a basis nobody knows" "legitimate_interest" -- trigger form.ebook --email a@b.example --consent maybe
expect 1 "a key cannot pass for us" "name of our own" -- key add write trigger
stop
begin --json
expect 0 "it goes on" "sara@meridian.example" -- lead get sara@meridian.example
stop
expect 0 "replay" "equal" -- replay --verify
tally
