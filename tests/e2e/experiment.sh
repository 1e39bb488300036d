#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# experiment: arms are drawn, counted, judged and ended; what comes of it is the same in a replay.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

sed '/^# experiments:/d' "$root/programs/example.yaml" >"$work/program.yaml"
cp -r "$root/programs/content" "$work/content" 2>/dev/null
cat >>"$work/program.yaml" <<'YAML'
experiments:
  holdout: {percent: 20}
  hook: {track: awareness, arms: {story: 50, benchmark: 50}, metric: goal, min_lift: 20%}
YAML
sed 's/metric: goal/metric: clicks/' "$work/program.yaml" >"$work/wrong.yaml"

key=$(write_key)
expect 6 "no program yet" "no program" -- experiment list
expect 1 "a metric nobody counts" "accepted, handed" -- validate "$work/wrong.yaml"
expect 0 "apply" -- apply "$work/program.yaml" --yes
expect 0 "nothing to say yet" "Too early" -- experiment show hook
expect 4 "no such experiment" "no experiment hock" -- experiment show hock
expect 2 "no such word" "list . show" -- experiment begin hook

# Leads of whom a third reaches the goal, the same ones in every run.
python3 - "$work" <<'PY'
import json, sys
for name, of in (("enter", [("form.ebook", 1, 0)]), ("later", [("meeting.booked", 3, 0), ("email.unsubscribe", 40, 1)])):
    batch = []
    for event, every, at in of:
        for i in range(at, 300, every):
            batch.append({"type": "track", "event": event, "userId": f"u{i}", "messageId": f"{event}{i}",
                          "context": {"traits": {"email": f"lead{i}@firm{i}.example", "title": "COO", "country": "US"}}})
    json.dump({"batch": batch}, open(f"{sys.argv[1]}/{name}.json", "w"))
PY
serve
token=$(cat "$NURTURED_DATA/admin.token")
send() { curl -s -u "$key:" -H 'Content-Type: application/json' --data-binary "@$work/$1.json" "$url/v1/batch"; }
settled() { # PATTERN: waits until the numbers are so
	for _ in $(seq 200); do
		"$nurtured" experiment show hook --json >"$work/out" 2>"$work/err"
		grep -qE "$1" "$work/out" && return 0
		sleep 0.1
	done
	return 1
}
send enter >"$work/answer"
if settled '"leads":300,'; then good; else bad "all were counted" "$work/out" "$work/answer"; fi
send later >"$work/answer"
if settled '"goal":\{"n":[1-9][0-9]*,.*"goal":\{"n":[1-9]'; then good; else bad "goals were counted" "$work/out"; fi
for _ in $(seq 100); do
	hits=$(python3 -c 'import json,sys; print(sum(a["goal"]["n"] for a in json.load(open(sys.argv[1]))["arms"]))' "$work/out")
	[ "$hits" = 100 ] && break
	settled goal
	sleep 0.1
done
if [ "$hits" = 100 ]; then good; else bad "a third reached the goal: $hits" "$work/out"; fi
expect 0 "the holdout is one too" '"experiment":"holdout".*"leads":300' -- experiment list --json
expect 0 "with the track of each" "^holdout +all " -- experiment list
expect 0 "arm by arm" "benchmark +1[0-9][0-9] .* of 1.*points" -- experiment show hook
expect 0 "and what else came of them" "days to goal" -- experiment show hook
expect 0 "as figures" '"metrics":\{"contacted":\{.*"sales_accepted":\{.*"days_to_goal":0' -- experiment show hook --json
expect 0 "all came alike: nothing known before" '"adjusted":\{"by":"engagement before","known":false,"helps":false' -- experiment show hook --json
json "as a document" -- experiment list
json "one as a document" -- experiment show hook
expect 2 "no such arm" "no arm checklist" -- experiment stop hook --arm checklist
expect 6 "the holdout does not stop" "its line in the program" -- experiment stop holdout
code=$(curl -s -o "$work/answer" -w '%{http_code}' -X POST -H "Authorization: Bearer $token" \
	-H 'Content-Type: application/json' --data '{"arm":"benchmark"}' "$url/v1/experiments/hook/stop")
if [ "$code" = 200 ]; then good; else bad "stopped over HTTP: $code" "$work/answer"; fi
expect 0 "it says so" '"state":"stopped","arm":"benchmark"' -- experiment show hook --json
expect 0 "another arm is a change of mind" "everybody is in story from now on" -- experiment stop hook --arm story
expect 0 "people are told too" "stopped .everybody is in story., track" -- experiment show hook
expect 0 "and in the list" "stopped +goal +300 +story " -- experiment list
expect 0 "and takes its place" '"state":"stopped","arm":"story"' -- experiment show hook --json
expect 0 "a new lead" "" -- trigger form.ebook --email late@other.example --trait title=COO,country=US
expect 0 "is not counted" '"leads":300,' -- experiment show hook --json
sed '/^  hook:/d' "$work/program.yaml" >"$work/without.yaml"
expect 0 "taken out of the program" "" -- apply "$work/without.yaml" --yes
expect 0 "and put back" "" -- apply "$work/program.yaml" --yes
expect 0 "it runs again" '"state":"running"' -- experiment show hook --json

# A rule ends it: those of one arm reach the goal three times as often.
sed -i 's/^  hook: .*/  hook: {track: awareness, arms: {story: 50, benchmark: 50}, rule: {then: tell, guard: {most: 5%}, within: 30d}}/' \
	"$work/program.yaml"
sed 's/then: tell, //' "$work/program.yaml" >"$work/wrong.yaml"
expect 1 "a rule says what it does" "then" -- validate "$work/wrong.yaml"
expect 0 "with a rule" "then tell from 100 leads an arm, at most 5% left, within 30d" -- apply "$work/program.yaml" --yes
expect 0 "show has it" "rule: tell from 100 leads an arm, left at most 5 %, until 20" -- experiment show hook
expect 0 "nobody waits" "ok +experiments +1 running" -- doctor
expect 0 "time passes" "" -- clock advance 31d
expect 0 "its time is over" "found 20.*: Its time is over, and nothing was shown. -> tell story; it waits for you" -- experiment show hook
expect 0 "as figures" '"decided":\{"at":"20.*"found":"time","then":"tell","arm":"story".*"waits_for_you":true' -- experiment show hook --json
expect 0 "doctor says so" "warn +experiments +hook waits for you: Its time" -- doctor
expect 0 "status too" "experiment hook waits for you" -- status
expect 0 "status as figures" '"experiments_waiting":\["hook"\]' -- status --json
# The log is told once, and /metrics counts it; both now and then, when something happens.
decided() {
	python3 - "$NURTURED_DATA/events.db" <<'PY'
import sqlite3, sys
log = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print(log.execute("SELECT count(*) FROM event WHERE CAST(message_id AS TEXT) LIKE 'experiment-%'").fetchone()[0])
PY
}
for _ in $(seq 300); do
	"$nurtured" clock advance 1m >/dev/null 2>&1
	curl -s "$url/metrics" >"$work/metrics"
	[ "$(decided)" = 1 ] && grep -q '^nurtured_experiments_waiting 1$' "$work/metrics" && break
	sleep 0.2
done
if [ "$(decided)" = 1 ]; then good; else bad "$(decided) events say what was found, 1 expected"; fi
if grep -q '^nurtured_experiments_waiting 1$' "$work/metrics"; then good; else bad "metrics" "$work/metrics"; fi
expect 0 "stopped by a person" '"type":"experiment.stop".*"arm":"benchmark"' -- experiment stop hook --arm benchmark --json
expect 0 "what was found is no more" "-> tell story; benchmark since" -- experiment show hook
expect 0 "nobody waits any more" "ok +experiments +0 running" -- doctor
stop
expect 0 "replay gives the same" "equal|identical|same" -- replay --verify
tally
