#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# external: decisions for a sender that is not ours, over HTTP: who may ask, what is refused, the
# guards of a lead, the same answer again behind a kill, rewards in time and too late; and a replay
# knows the same.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

# ask CODE NAME PATTERN PATH BODY [KEY] [TYPE]
ask() {
	local code
	code=$(curl -s -o "$work/answer" -w '%{http_code}' -H "Authorization: Bearer ${6:-$key}" \
		-H "Content-Type: ${7:-application/json}" --data-binary "$5" "$url$4")
	if [ "$code" = "$1" ] && grep -qE -- "$3" "$work/answer"; then good; else bad "$2: $code, $1 expected; $3" "$work/answer"; fi
}
# until NAME PATTERN BODY: asks again until the answer holds it; a new id each time
until_holds() {
	for i in $(seq 200); do
		curl -s -o "$work/answer" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
			--data-binary "${3//#/$i}" "$url/v1/decide"
		if grep -qE -- "$2" "$work/answer"; then
			good
			return
		fi
		sleep 0.05
	done
	bad "$1: never" "$work/answer"
}
decide() { ask "$1" "$2" "$3" /v1/decide "$4"; }
reward() { ask "$1" "$2" "$3" /v1/reward "$4"; }
new_key() { "$nurtured" key add "$1" "$2" --json | sed -n 's/.*"secret":"\([^"]*\)".*/\1/p'; }

cat >"$work/program.yaml" <<'YAML'
nurture: 1
program: external
goal: meeting.booked
send_as: {name: Test, from: test@mail.larkspur.example, postal_address: Somewhere 1}
scoring:
  engagement: {half_life: 14d, points: {form.demo: 60}}
  tiers: {hot: {up: 60, down: 50}}
consent: {default: opt_in, regions: {us: opt_out}}
guardrails: {cool_down: 3d}
decisions:
  subject: {mode: igw, context: [plan, seats], worth: 2, learn: 1d, within: 3d, explore: {uniform: 5%}}
  offer: {mode: shadow}
YAML
expect 0 "init" -- init
expect 0 "apply" -- apply "$work/program.yaml" --yes
expect 2 "key of no kind" "write, decide or admin" -- key add reader x
key=$(new_key decide crm) write=$(new_key write blog)
serve
admin=$(cat "$NURTURED_DATA/admin.token")

one='{"decision":"subject","id":"m-1","context":{"plan":1,"seats":0.25},"actions":["question","number"]}'
ask 401 "without a key" 'decide key' /v1/decide "$one" nd_none
ask 403 "with a write key" 'of their own' /v1/decide "$one" "$write"
ask 403 "with an admin token" 'of their own' /v1/decide "$one" "$admin"
ask 403 "no events with a decide key" 'write key' /v1/track '{"type":"track","event":"x","userId":"u"}' "$key"
ask 415 "of another type" 'content_type' /v1/decide "$one" "$key" text/plain
decide 400 "no JSON" '"code":"json"' '{"decision":'
decide 422 "no decision" 'decision_missing.*subject, offer.*"fix"' '{}'
decide 422 "another decision" 'unknown_decision.*subject, offer.*"fix"' '{"decision":"price","actions":["a"]}'
decide 422 "another number" '\\"age\\"' '{"decision":"subject","context":{"age":1},"actions":["a"]}'
decide 422 "nothing to do" '1 to 63' '{"decision":"subject","actions":[]}'
decide 422 "an action that is not there" 'unknown_action' '{"decision":"offer","actions":["a"],"taken":"b"}'
decide 422 "in the shadow" 'taken_missing' '{"decision":"offer","actions":["a"]}'
decide 413 "too large" 'limit' "$(printf '{"decision":"subject","actions":["%040000d"]}' 1)"

decide 200 "a decision" '"schema":"nurtured.advice/1","decision":"subject","id":"m-1","action":"[a-z]+","p":0.[0-9]{9},"odds":\{"question":0.[0-9]{9},"number":0.[0-9]{9},"wait":0.[0-9]{9}\}' "$one"
cp "$work/answer" "$work/first"
if python3 -c 'import json,sys
d = json.load(open(sys.argv[1]))
assert abs(sum(d["odds"].values()) - 1) < 1e-12 and d["p"] == d["odds"][d["action"]] > 0' "$work/first"; then good; else bad "odds" "$work/first"; fi
decide 200 "the same again" '"duplicate":true' "$one"
if diff <(sed 's/,"duplicate":true//' "$work/answer") "$work/first" >"$work/diff"; then good; else bad "answered as before" "$work/diff"; fi
decide 200 "in another order, with white space" '"duplicate":true' \
	'{ "actions": ["question", "number"], "context": {"seats":0.25, "plan":1}, "id":"m-1", "decision":"subject" }'
decide 409 "actions in another order are another request" 'another request' '{"decision":"subject","id":"m-1","context":{"plan":1,"seats":0.25},"actions":["number","question"]}'
decide 409 "the id for something else" 'another request' "${one/number/other}"
decide 200 "without an id" '"id":"r[0-9a-f]+-[0-9a-f]+"' '{"decision":"subject","actions":["a"]}'
decide 200 "an action that may not be" '"held":\[\{"action":"b","guard":"not_eligible","why":"sold out"\}\]' \
	'{"decision":"subject","id":"m-2","actions":["a",{"id":"b","eligible":false,"why":"sold out"}]}'
decide 200 "what the sender took" '"action":"b","p":0.500000000,"would":"[abwit]+"' \
	'{"decision":"offer","id":"o-1","actions":["a","b"],"taken":"b","taken_p":0.5}'

# Many in one request: each answered or refused by itself, what was answered before as before.
many='{"decisions":[{"decision":"subject","id":"n-1","actions":["a","b"]},{"decision":"price","id":"n-2","actions":["a"]},'$one',{"decision":"offer","id":"n-3","actions":["a"],"taken":"a"}]}'
# all NAME TEST: what must hold of the list of answers, x
all() {
	if python3 -c 'import json,sys
a = json.load(open(sys.argv[1]))
x = a["decisions"]
assert a["schema"] == "nurtured.advices/1" and eval(sys.argv[2])' "$work/answer" "$2" 2>"$work/why"; then good; else bad "$1" "$work/answer"; fi
}
first='x[1]["error"]["status"] == 422 and x[1]["error"]["code"] == "unknown_decision" and x[2]["duplicate"] and x[2]["p"] == json.load(open("'$work'/first"))["p"] and x[3]["action"] == "a"'
decide 200 "many" '"schema":"nurtured.advices/1"' "$many"
all "each by itself" 'len(x) == 4 and x[0]["id"] == "n-1" and "duplicate" not in x[0] and '"$first"
cp "$work/answer" "$work/many"
decide 200 "many again" '"schema":"nurtured.advices/1"' "$many"
all "as before" 'x[0]["duplicate"] and {**x[0], "duplicate": 0} == {**json.load(open("'$work'/many"))["decisions"][0], "duplicate": 0} and '"$first"
decide 200 "an id twice" '"code":"conflict"' '{"decisions":[{"decision":"subject","id":"n-9","actions":["a"]},{"decision":"subject","id":"n-9","actions":["b"]},{"decision":"subject","id":"n-9","actions":["a"]}]}'
all "the first one counts" '"odds" in x[0] and x[1]["error"]["status"] == 409 and x[2]["duplicate"]'
decide 200 "of one of many alone" '"duplicate":true' '{"decision":"subject","id":"n-1","actions":["a","b"]}'
decide 200 "all refused" '"decisions":\[\{"error":\{"status":422,"code":"json",' '{"decisions":[7]}'
decide 422 "no case" 'bad_decisions.*1 to 500' '{"decisions":[]}'
decide 422 "something beside the list" 'bad_decisions' '{"decisions":['"$one"'],"id":"x"}'

# Leads: guards are asked, and a touch is counted.
expect 0 "a lead" -- trigger form.demo --email us@firm.example --trait country=US
expect 0 "another" -- trigger form.demo --email de@firm.example --trait country=DE
lead() { printf '{"decision":"subject","id":"%s","lead":"%s","actions":["a","b"],"prefer":"a"}' "$1" "$2"; }
decide 404 "nobody" 'no lead' "$(lead l-1 nobody@firm.example)"
decide 200 "without consent" '"action":"wait","p":1.000000000,.*"guard":"consent"' "$(lead l-2 de@firm.example)"
until_holds "a touch" '"action":"(a|b)"' "$(lead l-3-# us@firm.example)"
decide 200 "at once again" '"action":"wait".*"guard":"cool_down".*"until":"' "$(lead l-4 us@firm.example)"
decide 200 "leads among many" 'advices' '{"decisions":['"$(lead l-6 us@firm.example),$(lead l-7 nobody@firm.example),$(lead l-8 de@firm.example)"',{"decision":"subject","id":"l-9","actions":["a"]}]}'
all "their guards" '[g["guard"] for g in x[0]["held"]] == ["cool_down"] * 2 and x[1]["error"]["status"] == 404 and x[2]["held"][0]["guard"] == "consent" and "held" not in x[3]'
expect 0 "the kill switch" -- pause --all --reason "a look"
decide 200 "nothing for a lead" '"action":"wait".*"guard":"paused"' "$(lead l-5 us@firm.example)"
# Of nobody in particular: as soon as the engine has put it on the shelf.
until_holds "paused for everybody" '"guard":"paused","why":"a look"' '{"decision":"subject","actions":["a"]}'
expect 0 "on" -- resume

# Rewards.
ask 403 "a reward with a write key" 'of their own' /v1/reward '{}' "$write"
reward 422 "above its worth" 'worth, 2' '{"decision":"subject","id":"m-1","value":3}'
reward 422 "of what?" 'id_missing' '{"decision":"subject","value":1}'
reward 200 "a reward" '"success":true' '{"decision":"subject","id":"m-1","kind":"order","value":1}'
reward 200 "the same again" '"success":true' '{"decision":"subject","id":"m-1","kind":"order","value":1}'
reward 200 "a correction" '"success":true' '{"decision":"subject","id":"m-1","kind":"order","value":0.5,"corrected":true}'

# A kill loses nothing that was answered.
kill -9 "$daemon" && wait "$daemon" 2>/dev/null
daemon=''
expect 0 "replay behind a kill" "equal" -- replay --verify
serve --rate 5
decide 200 "as before the kill" '"duplicate":true' "$one"
if diff <(sed 's/,"duplicate":true//' "$work/answer") "$work/first" >"$work/diff"; then good; else bad "answered as before the kill" "$work/diff"; fi
codes=''
for _ in $(seq 40); do
	codes+=" $(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" -H 'Content-Type: application/json' --data-binary '{"decision":"subject","actions":["a"]}' "$url/v1/decide")"
done
case $codes in *' 200'*' 429'*) good ;; *) bad "429 above the rate:$codes" ;; esac
stop

# What it learns, and when it is over.
expect 0 "two days later" "alarms" -- clock advance 2d
serve
until_holds "it has learned" '"outcomes":[1-9]' '{"decision":"subject","actions":["a"]}'
expect 0 "which there are" "offer  *mode shadow" -- policy learned
expect 0 "what it has learned" '^  question .*\([0-9.]+ to [0-9.]+\) .* %' -- policy learned --decision subject
stop
expect 0 "its time is over" "alarms" -- clock advance 3d
serve
reward 200 "too late" '"success":true' '{"decision":"subject","id":"m-1","kind":"late","value":1}'
stop
expect 0 "is not silent" "reward:subject:m-1:late .*its time is over" -- events --dead
expect 0 "what was decided about a lead" 'advice.given .* subject: wait' -- events --lead de@firm.example
expect 0 "the same again is one line" 'and 1 before it alike' -- events --lead de@firm.example
expect 0 "replay" "equal" -- replay --verify
tally
