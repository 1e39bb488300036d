#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# orders: what an admin token can have done over HTTP (trigger, plan, backup, replay, the program's
# schema) answers with the documents of the verbs; and a backup is whole or not there.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

# ask CODE NAME PATTERN METHOD PATH [BODY] [TYPE]
ask() {
	local code
	code=$(curl -s -o "$work/answer" -w '%{http_code}' -X "$4" -H "Authorization: Bearer $token" \
		-H "Content-Type: ${7:-application/json}" --data-binary "${6:-}" "$url$5")
	if [ "$code" = "$1" ] && grep -qE -- "$3" "$work/answer"; then good; else bad "$2: $code" "$work/answer"; fi
}

cat >"$work/program.yaml" <<'YAML'
nurture: 1
program: orders
goal: meeting.booked
send_as: {name: Test, from: test@mail.larkspur.example, postal_address: Somewhere 1}
scoring:
  engagement: {half_life: 14d, points: {form.demo: 60}}
  tiers: {hot: {up: 30, down: 20}, warm: {up: 10, down: 5}}
YAML
sed 's/up: 30, down: 20/up: 40, down: 38/' "$work/program.yaml" >"$work/program2.yaml"
expect 0 "init" -- init
expect 0 "doctor misses a backup" 'warn +backup +none was made' -- doctor
expect 0 "apply" -- apply "$work/program.yaml" --yes
serve
token=$(cat "$NURTURED_DATA/admin.token")

ask 200 "trigger" '"created":true,"before":\{.*"tier":"cold"\},"after":\{.*"tier":"hot"\}' POST /v1/trigger \
	'{"event":"Form.Demo","email":"ana@firm.example","messageId":"m1","traits":{"title":"CTO","country":"DE"}}'
ask 200 "trigger again" '"duplicate":true' POST /v1/trigger \
	'{"event":"form.demo","email":"ana@firm.example","messageId":"m1"}'
ask 400 "trigger nobody" 'whose event' POST /v1/trigger '{"event":"form.demo"}'
ask 400 "trigger nothing" 'event type' POST /v1/trigger '{"email":"ana@firm.example"}'
ask 400 "trigger at a bad time" 'instant' POST /v1/trigger '{"event":"x","email":"a@b.example","at":"soon"}'
ask 400 "trigger with a list" 'must be an object' POST /v1/trigger '{"event":"x","email":"a@b.example","traits":[]}'
ask 400 "trigger a list" 'body must be an object' POST /v1/trigger '[]'
ask 400 "trigger with a number for an id" 'messageId must be a text' POST /v1/trigger \
	'{"event":"x","email":"a@b.example","messageId":5}'
ask 400 "trigger with more than that" 'no .*mail.* here: the body may hold event, email' POST /v1/trigger \
	'{"event":"x","email":"a@b.example","mail":"c@b.example"}'
expect 4 "nobody came of these" "" -- lead get a@b.example
expect 0 "what was triggered is known" "DE" -- lead get ana@firm.example --json

ask 200 "plan" '"schema":"nurtured.plan/1".*"leads":1,"tiers":\[\{"from":"hot","to":"(warm|cold)","leads":1\}\]' \
	POST /v1/program/plan "$(cat "$work/program2.yaml")" text/yaml
"$nurtured" plan "$work/program2.yaml" --json >"$work/verb"
if diff <(python3 -m json.tool "$work/answer") <(python3 -m json.tool "$work/verb") >"$work/diff"; then good; else bad "the verb's plan is the same" "$work/diff"; fi
ask 400 "plan of a bad program" 'N10' POST /v1/program/plan 'nurture: 1' text/yaml
for path in validate plan apply; do
	ask 400 "$path with another member" 'the body may hold program, content' POST "/v1/program/$path" \
		'{"program":"nurture: 1","contents":{}}'
	ask 400 "$path of a number" 'program must be a text' POST "/v1/program/$path" '{"program":1}'
done
ask 400 "a metric without a share" 'metric goes with share' POST /v1/program/apply '{"program":"x","metric":"goal"}'
ask 400 "a key with another member" 'the body may hold kind, name' POST /v1/keys '{"kind":"write","name":"s","rate":5}'
ask 400 "a key whose name is a number" 'name must be a text' POST /v1/keys '{"kind":"write","name":5}'
ask 400 "events with another member" 'the body may hold events' POST /v1/events '{"events":[],"source":"web"}'
ask 400 "events that ask to be waited for" 'the body may hold events' POST /v1/events '{"events":[],"wait":true}'
ask 200 "replay" '"equal":true,"events":[0-9]+' POST /v1/replay/verify
ask 200 "replay with a body" '"equal":true' POST /v1/replay/verify '["unread"]'
curl -s "$url/schema/program.json" >"$work/answer"
"$nurtured" validate --schema >"$work/verb"
if diff -q <(python3 -m json.tool "$work/answer") <(python3 -m json.tool "$work/verb") >/dev/null; then good; else bad "the schema is the verb's" "$work/answer"; fi

ask 200 "backup" '"schema":"nurtured.backup/1","dir":".*/backups/first"' POST /v1/backup '{"name":"first"}'
expect 0 "that backup replays" "equal" -- replay --verify --data "$NURTURED_DATA/backups/first"
ask 409 "backup onto a backup" 'exists already' POST /v1/backup '{"name":"first"}'
ask 200 "backup without a name" '/backups/20[0-9TZ:.-]+"' POST /v1/backup '{}'
ask 400 "backup of a list" 'must be an object' POST /v1/backup '[]'
ask 400 "backup to a number" 'name must be a text' POST /v1/backup '{"name":5}'
for name in ../out .hidden a/b x.part "a b"; do
	ask 400 "backup named $name" "folder's name" POST /v1/backup "{\"name\":\"$name\"}"
done
expect 0 "doctor knows the last backup" 'ok +backup +the last one is .*old: .*/backups/20' -- doctor

# A backup that was killed leaves its beginnings under another name; the next one clears them away.
mkdir "$work/kept.part"
head -c 100000 /dev/urandom >"$work/kept.part/state.db"
: >"$work/kept.part/events.db.part"
expect 0 "backup over a killed one" "backed up" -- backup "$work/kept"
if [ ! -e "$work/kept.part" ] && [ -e "$work/kept/node.json" ] && ! ls "$work/kept" | grep -q part; then
	good
else
	ls -la "$work/kept" "$work/kept.part" >"$work/ls" 2>&1
	bad "nothing is left of it" "$work/ls"
fi
expect 0 "it replays" "equal" -- replay --verify --data "$work/kept"
mkdir "$work/other.part"
: >"$work/other.part/mine"
expect 6 "a folder of somebody else's is left alone" "in the way" -- backup "$work/other"
if [ -e "$work/other.part/mine" ]; then good; else bad "mine is gone"; fi
stop
expect 0 "replay" "equal" -- replay --verify
expect 0 "a lead that came after the backup" "" -- trigger identify --email late@firm.example
expect 0 "restore from inside the data folder" "restored" -- restore "$NURTURED_DATA/backups/first" --yes --data "$NURTURED_DATA/"
expect 0 "what was in the backup is there" "DE" -- lead get ana@firm.example --json
expect 4 "what came later is not" "" -- lead get late@firm.example
expect 0 "but beside it" "late@firm.example" -- lead get late@firm.example --data "$(echo "$NURTURED_DATA".before-restore-*)"
expect 0 "replay of what was restored" "equal" -- replay --verify

# ---- a report over all leads holds up nobody ----
serve
token=$(cat "$NURTURED_DATA/admin.token")
python3 - "$url" "$token" >"$work/answer" 2>&1 <<'PY' || true
import http.client, json, select, sys, urllib.parse
at = urllib.parse.urlparse(sys.argv[1]).netloc
auth = {"Authorization": f"Bearer {sys.argv[2]}", "Content-Type": "application/json"}
def connect(): return http.client.HTTPConnection(at, timeout=120)
quick = connect()
def ask(method, path, body=None):
    quick.request(method, path, body, auth)
    with quick.getresponse() as r:
        return r.status, json.loads(r.read())
for i in range(12):
    events = [{"source": "web", "message_id": f"lane-{i}-{k}", "body": {"type": "identify",
               "at": 1793527200000000, "ids": [["email", f"lane{i}.{k}@firm.example"]],
               "traits": {"converted": k % 3 == 0}}} for k in range(1000)]
    status, said = ask("POST", "/v1/events", json.dumps({"events": events}))
    assert status == 200, said
slow, answered = connect(), 0
slow.request("GET", "/v1/reports/tiers?outcome=converted", None, auth)
while not select.select([slow.sock], [], [], 0)[0]:
    assert ask("GET", "/v1/status")[0] == 200
    answered += 1
with slow.getresponse() as r:
    print(r.status, "leads", json.loads(r.read())["leads"], "answered meanwhile", answered, "enough" if answered >= 2 else "few")
PY
if grep -q "^200 leads 120[0-9][0-9] answered meanwhile [0-9]* enough" "$work/answer"; then good; else bad "others are answered beside a report" "$work/answer"; fi
stop
tally
