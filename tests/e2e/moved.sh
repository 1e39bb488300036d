#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# moved: a model that is looked at in the shadow goes on to 5 % of leads by itself, and the log is told.
set -uo pipefail
# shellcheck source=tests/e2e/frame.bash
. "$(dirname "${BASH_SOURCE[0]}")/frame.bash"

# At once, at any hour, and never nothing: what is learned does not hang on when this runs.
cp -r "$root/programs/content" "$work/content"
sed 's/^    cadence: 4d..7d/&\n    decide: {what: [angle]}/; /^  quiet_hours:/d; /^  holidays:/d' \
	"$root/programs/example.yaml" >"$work/program.yaml"
echo 'decide: {mode: epsilon, explore: {least: 40%, epsilon: 0.5}, rewards: {page.pricing: {value: 0.5, within: 1d}}}' \
	>>"$work/program.yaml"
key=$(write_key)
sed -i 's/"seed":[0-9]*/"seed":7/' "$NURTURED_DATA/node.json" # the same draws in every run
expect 0 "apply" "" -- apply "$work/program.yaml" --yes
serve
people() { # NAME FROM TO: they come, and are told something; the answer to it is in NAME.json
	python3 - "$work" "$@" <<'PY'
import json, sys
work, name, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
batch = [{"type": "track", "event": "form.ebook", "userId": f"u{i}", "messageId": f"in{i}",
          "context": {"traits": {"email": f"lead{i}@firm{i}.example", "title": "COO", "country": "US"}}}
         for i in range(first, last)]
json.dump({"batch": batch}, open(f"{work}/{name}.in.json", "w"))
PY
	send "$1.in"
	for _ in $(seq 200); do # all are folded, and what is said to them has left
		"$nurtured" status --json >"$work/out" 2>&1
		messages
		grep -q '"lag":0,"leads":'"$3," "$work/out" && all_sent && break
		sleep 0.2
	done
	python3 - "$work" "$@" <<'PY'
import json, sys
work, name, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
batch = []
for m in json.load(open(f"{work}/messages"))["messages"]:
    i = int(m["address"].split("@")[0][4:])
    if first <= i < last and m["angle"] == "story" and i % 3:
        batch.append({"type": "track", "event": "page.pricing", "userId": f"u{i}", "messageId": f"like{i}"})
json.dump({"batch": batch}, open(f"{work}/{name}.json", "w"))
PY
	send "$1"
	"$nurtured" clock advance 2d >/dev/null 2>"$work/err" || bad "time passes" "$work/err"
}
messages() { "$nurtured" message list --limit 1000 --json >"$work/messages" 2>"$work/err"; }
all_sent() {
	python3 - "$work/messages" <<'PY'
import json, sys
states = [m["state"] for m in json.load(open(sys.argv[1]))["messages"]]
sys.exit(not states or any(s in ("ready", "sending") for s in states))
PY
}
send() { curl -s -u "$key:" -H 'Content-Type: application/json' --data-binary "@$work/$1.json" "$url/v1/batch" >"$work/answer"; }

people school 0 60
expect 0 "something was learned" "outcomes learned" -- policy learned
expect 0 "kept" "is here, as a draft" -- policy snapshot
model=$("$nurtured" policy snapshot --json | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/')
expect 0 "into the shadow" "draft -> shadow" -- policy promote "${model:0:12}"
moved() { told 'model-%' model.moved "$model"; }
from=60
for round in 1 2 3 4; do # as many as it takes until the evidence is enough
	people "more$round" $from $((from + 200))
	from=$((from + 200))
	"$nurtured" status >"$work/out" 2>&1
	grep -q 'tried on 5 % of leads' "$work/out" && break
done
expect 0 "it went on by itself" 'is tried on 5 % of leads' -- status
for _ in $(seq 300); do # it is looked at now and then, when something happens
	[ "$(moved)" = 1 ] && break
	"$nurtured" clock advance 1m >/dev/null 2>&1
	sleep 0.2
done
if [ "$(moved)" = 1 ]; then good; else bad "$(moved) events say that it moved, 1 expected"; fi
# The folder was not looked at meanwhile: it has the reason, and when it was.
expect 0 "why is kept" 'reason: by itself: ' -- policy show "${model:0:12}"
stop
expect 0 "replay gives the same" "equal|identical|same" -- replay --verify
tally
