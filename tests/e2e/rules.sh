#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rules: experiments that end by themselves, through the daemon: one ships its winner, one is stopped
# by its guard; and what was known of leads before makes an interval narrower.
set -uo pipefail
# shellcheck source=tests/e2e/frame.bash
. "$(dirname "${BASH_SOURCE[0]}")/frame.bash"

cp -r "$root/programs/content" "$work/content"
sed '/^# experiments:/d' "$root/programs/example.yaml" >"$work/program.yaml"
cat >>"$work/program.yaml" <<'YAML'
experiments:
  hook: {track: awareness, arms: {story: 50, benchmark: 50}, rule: {then: ship}}
  line: {track: awareness, arms: {subject_1: 50, subject_2: 50}, rule: {then: stop, guard: {metric: goal, most: 5%}}}
YAML
key=$(write_key)
expect 0 "apply" "then ship from 100 leads an arm" -- apply "$work/program.yaml" --yes

# Every second lead has looked at the prices often, before anybody knew who it was.
python3 - "$work" <<'PY'
import json, sys
batch = []
def add(event, i, n=0, **who):
    batch.append({"type": "track", "event": event, "messageId": f"{event}{i}-{n}", **who})
for i in range(400):
    for n in range(4 if i % 2 else 0):
        add("page.pricing", i, n, anonymousId=f"a{i}")
for i in range(400):
    add("form.ebook", i, anonymousId=f"a{i}", userId=f"u{i}",
        context={"traits": {"email": f"lead{i}@firm{i}.example", "title": "COO", "country": "US"}})
json.dump({"batch": batch}, open(f"{sys.argv[1]}/enter.json", "w"))
PY
serve
send() { curl -s -u "$key:" -H 'Content-Type: application/json' --data-binary "@$work/$1.json" "$url/v1/batch" >"$work/answer"; }
show() { "$nurtured" experiment show "$1" --json >"$work/out" 2>"$work/err"; }
until_so() { # NAME EXPERIMENT PATTERN: waits until show says so
	for _ in $(seq 300); do
		show "$2" && grep -qE "$3" "$work/out" && good && return
		sleep 0.1
	done
	bad "$1" "$work/out" "$work/err"
}
send enter
until_so "all were counted" hook '"leads":400,'
"$nurtured" message list --limit 1000 --json >"$work/messages" 2>"$work/err"

# Who looked reaches the goal in three of four cases, who got `benchmark` twice as often.
python3 - "$work" <<'PY'
import json, sys
work, seen, batch = sys.argv[1], {}, []
doc = json.load(open(f"{work}/messages"))
for m in sorted(doc["messages"], key=lambda m: m["address"]):
    i = int(m["address"].split("@")[0][4:])
    which = (m["angle"], i % 2)
    seen[which] = n = seen.get(which, -1) + 1
    of_20 = {("benchmark", 1): 18, ("story", 1): 10, ("benchmark", 0): 2, ("story", 0): 0}[which]
    if n % 20 < of_20:
        batch.append({"type": "track", "event": "meeting.booked", "userId": f"u{i}", "messageId": f"goal{i}"})
json.dump({"batch": batch}, open(f"{work}/goal.json", "w"))
PY
send goal
goals=$(python3 -c 'import json,sys; print(len(json.load(open(sys.argv[1]))["batch"]))' "$work/goal.json")
for _ in $(seq 300); do
	show hook
	[ "$(python3 -c 'import json,sys; print(sum(a["goal"]["n"] for a in json.load(open(sys.argv[1]))["arms"]))' "$work/out")" = "$goals" ] && break
	sleep 0.1
done
python3 - "$work/out" >"$work/widths" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
raw = next(a for a in d["arms"] if "against_first" in a)["against_first"]
own = d["adjusted"]["against_first"][0]
narrow = (own["high"] - own["low"]) / (raw["high"] - raw["low"])
print("known", d["adjusted"]["known"], "helps", d["adjusted"]["helps"], "narrower", narrow < 0.85, "both find", raw["low"] > 0 and own["low"] > 0, narrow)
PY
if grep -q '^known True helps True narrower True both find True' "$work/widths"; then good; else bad "what was known narrows the interval" "$work/widths" "$work/out"; fi
expect 0 "in words" "How engaged leads were before taken out, [2-5][0-9] % narrower; not judged by" -- experiment show hook
expect 0 "the sentence" "^benchmark" -- experiment show hook
expect 0 "it runs" '"state":"running"' -- experiment show hook --json

expect 0 "time passes" "" -- clock advance 25h
expect 0 "the winner is shipped" "found 20.* -> ship benchmark" -- experiment show hook
expect 0 "for everybody" '"state":"stopped","arm":"benchmark"' -- experiment show hook --json
expect 0 "the guard has stopped the other" '"found":"guard","then":"stop","arm":"subject_1"' -- experiment show line --json
expect 0 "for everybody too" '"state":"stopped","arm":"subject_1"' -- experiment show line --json
expect 0 "nobody waits" "ok +experiments +0 running" -- doctor
{
	echo email,title,country
	for i in $(seq 12); do echo "new$i@late$i.example,COO,US"; done
} >"$work/late.csv"
expect 0 "others come" "12 rows" -- import "$work/late.csv" --consent legitimate_interest --consent-source trade-fair
"$nurtured" message list --limit 1000 --json >"$work/messages" 2>"$work/err"
python3 - "$work/messages" >"$work/late" <<'PY'
import json, sys
late = [m for m in json.load(open(sys.argv[1]))["messages"] if "late" in m["address"] and m["message"] == "planning-cost"]
print(len(late), {m["angle"] for m in late})
PY
if grep -q "^12 {'benchmark'}" "$work/late"; then good; else bad "they get what won" "$work/late"; fi
expect 0 "and are not counted" '"leads":400,' -- experiment show hook --json

# The log is told of both, once.
for _ in $(seq 300); do # it is looked at now and then, when something happens
	[ "$(told 'experiment-%')" = 2 ] && break
	"$nurtured" clock advance 1m >/dev/null 2>&1
	sleep 0.2
done
if [ "$(told 'experiment-%')" = 2 ]; then good; else bad "$(told 'experiment-%') events say what was found, 2 expected"; fi
stop
expect 0 "replay gives the same" "equal|identical|same" -- replay --verify
tally
