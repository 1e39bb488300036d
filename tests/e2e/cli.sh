#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cli: every verb as a user meets it, with its exit code, without a daemon and beside one.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

cat >"$work/program.yaml" <<'YAML'
nurture: 1
program: test
goal: meeting.booked
send_as: {name: Test, from: test@mail.larkspur.example, postal_address: Somewhere 1}
fields:
  lead: {employees: number}
scoring:
  fit: [{name: size, if: lead.employees >= 20, points: 40}]
  engagement:
    half_life: 14d
    points: {form.demo: 60, page.pricing: 20}
  tiers: {hot: {up: 40, down: 30}, warm: {up: 20, down: 10}}
outcomes: [meeting.booked, deal.lost]
YAML
sed 's/form.demo: 60/form.demo: 90/' "$work/program.yaml" >"$work/program2.yaml"
sed 's/half_life/half_lfe/' "$work/program.yaml" >"$work/bad.yaml"
sed 's/lead.employees >= 20/lead.emploees >= 20 \&\& lead.titel == 1/' "$work/program.yaml" >"$work/bad2.yaml"
printf 'email,employees\nana@firm.example,50\nbroken,1\n' >"$work/leads.csv"

# ---- the frame ----
expect 0 "help" "Usage" -- --help
expect 0 "what exit codes mean" "7 needs --yes" -- --help
expect 0 "version" "nurtured [0-9]" -- --version
expect 2 "unknown verb" 'did you mean "trigger"' -- triger
if "$nurtured" nope 2>&1 | grep -q 'did you mean'; then bad "nothing like it is not offered"; else good; fi
expect 2 "a wrong call, as JSON" '^{"error":' -- lead list --limt 3 --json
expect 2 "no such verb, as JSON" '^{"error":' -- triger --json
expect 2 "unknown option" "did you mean --limit" -- lead list --limt 3
"$nurtured" help --man >/dev/full 2>"$work/err"
if [ $? -eq 1 ] && grep -q "cannot write" "$work/err"; then good; else bad "a full disk is told" "$work/err"; fi
if python3 - "$nurtured" <<'END'; then good; else bad "a reader that left is no fault"; fi
import os, subprocess, sys
read, write = os.pipe()
os.close(read)
run = subprocess.run([sys.argv[1], "help", "--man"], stdout=write, stderr=subprocess.PIPE)
sys.exit(run.returncode != 0 or run.stderr != b"")
END
json "help" -- help
json "help as an option" -- --help
json "help of a verb as an option" -- lead --help
expect 0 "that verb alone" '"verbs":\[\{"name":"lead".*"options":' -- lead --help --json
expect 0 "the version as JSON" '^\{"schema":"nurtured.version/1","version":"[0-9.]+"\}$' -- --version --json
json "help of a verb" -- help lead
json "a code" -- help N207
json "all codes" -- help --codes
json "completion" -- completion bash
expect 0 "one verb alone" '"verbs":\[\{"name":"lead"' -- help lead --json
expect 0 "the shell is named" '"shell":"zsh","script":"' -- completion zsh --json
expect 2 "option without value" "needs a value" -- lead list --limit
expect 2 "flag with value" "takes no value" -- lead list --known=1
for verb in init demo simulate serve trigger clock import status lead explain events report preview validate plan apply key replay backup restore doctor help completion; do
	expect 0 "help of $verb" "Examples" -- $verb --help
done
expect 0 "help of a code" "N[0-9]" -- help --codes
expect 2 "help of nothing" "no code" -- help N999999
for shell in bash zsh fish; do expect 0 "completion $shell" nurtured -- completion $shell; done
"$nurtured" completion bash >"$work/completion.bash"
if bash -n "$work/completion.bash"; then good; else bad "bash completion does not parse"; fi
expect 2 "completion of a wrong shell" "bash, zsh or fish" -- completion csh
expect 0 "man page" "TH NURTURED" -- help --man

for bad in "header-timeout soon" "body-timeout 0s" "reply-timeout 2h" "idle-timeout 1" "stop-grace -1s" "forwarded-hops 9" \
	"forwarded-hops x" "threads 17"; do
	# shellcheck disable=SC2086
	expect 2 "serve --$bad" "duration is like|at most 1h|wants" -- serve --create --${bad% *} ${bad#* }
done

# ---- no data ----
expect 4 "status without data" "no data" -- status
expect 4 "lead without data" "nurtured init" -- lead list
expect 4 "backup without data" "nurtured init" -- backup "$work/none"
expect 4 "snapshot without data" "nurtured init" -- policy snapshot
expect 4 "trigger without data" "" -- trigger form.demo --email a@b.example
expect 4 "apply without data" "" -- apply "$work/program.yaml"
expect 4 "serve without data" "init" -- serve --listen 127.0.0.1:0

# ---- without a daemon ----
expect 0 "init dry run" "would make" -- init --dry-run
expect 0 "init" "write key" -- init
expect 6 "init again" "already" -- init
expect 0 "another folder" "" -- init --data "$work/bare"
expect 0 "an event before any program" "no program is in force" -- trigger form.demo --email a@b.example --data "$work/bare"
expect 0 "validate" "ok" -- validate "$work/program.yaml"
expect 1 "validate a bad file" "half_life" -- validate "$work/bad.yaml"
expect 1 "every problem of a condition" "2 problems" -- validate "$work/bad2.yaml"
expect 4 "validate nothing" "cannot open" -- validate "$work/none.yaml"
expect 0 "schema" "draft-07" -- validate --schema
expect 0 "plan" "leads looked at" -- plan "$work/program.yaml"
expect 1 "plan a bad file" "" -- plan "$work/bad.yaml"
expect 0 "apply dry run" "nothing was changed" -- apply "$work/program.yaml" --dry-run
expect 0 "apply" "applied" -- apply "$work/program.yaml"
expect 0 "the same once more" '^unchanged: this is version 1, which is in force$' -- apply "$work/program.yaml" --no-input
expect 0 "the same, as JSON" '"unchanged":true,"version":1}' -- apply "$work/program.yaml" --json
expect 7 "apply over another needs a yes" "yes" -- apply "$work/program2.yaml" --no-input
expect 1 "apply a bad file" "" -- apply "$work/bad.yaml" --yes
expect 2 "trigger nobody" "whose" -- trigger form.demo
expect 0 "trigger" "cold -> |-> " -- trigger form.demo --email ana@firm.example --message-id m1
expect 0 "trigger again" "there already" -- trigger form.demo --email ana@firm.example --message-id m1
expect 2 "trigger at a bad time" "instant" -- trigger x --email a@b.example --at yesterday
json "trigger json" -- trigger page.pricing --email bo@firm.example --trait employees=50
expect 1 "import with a bad row" "refused" -- import "$work/leads.csv" --consent contract --consent-source test
expect 0 "its errors file" "" -- status
if grep -q broken "$work/leads.csv.errors.csv" 2>/dev/null || grep -q ",3\|^3" "$work/leads.csv.errors.csv"; then good; else bad "errors file"; fi
expect 1 "import without consent" "consent" -- import "$work/leads.csv"
expect 4 "import of nothing" "" -- import "$work/none.csv" --consent contract --consent-source x
for verb in "status" "lead list" "lead get ana@firm.example" "explain ana@firm.example" "events --lead ana@firm.example" \
	"events --dead" "report tiers --outcome meeting.booked" "report counters" "replay --verify" "doctor" "key list"; do
	# shellcheck disable=SC2086
	json "$verb" -- $verb
	# shellcheck disable=SC2086
	expect 0 "$verb as text" "" -- $verb
done
expect 0 "explain names people plainly" "lead 1  email ana@firm.example" -- explain ana@firm.example
expect 0 "ways to become hot are told" "to become hot: [0-9.]+ points missing; any one of" -- explain bo@firm.example
expect 0 "one way per line" "^    1 x form.demo \\(\\+60\\)$" -- explain bo@firm.example
expect 0 "and a list for machines" '"ways":\["1 x page.pricing \(\+20\)","1 x form.demo' -- explain bo@firm.example --json
expect 0 "an outcome happens" "" -- trigger meeting.booked --email bo@firm.example
expect 0 "its report counts it" '"converted": ?1' -- report tiers --outcome meeting.booked --json
expect 0 "as CSV" '^"warm",2,1$' -- report tiers --outcome meeting.booked --csv
expect 0 "counters as CSV" '^day,name,dims,n$' -- report counters --csv
expect 0 "a row of it" '^"[0-9-]{10}","events","trigger, form.demo, human",1$' -- report counters --csv
if grep -qE '"converted": ?[1-9]' <("$nurtured" report tiers --outcome deal.lost --json); then bad "one outcome is counted as another"; else good; fi
expect 4 "lead get nobody" "tried as" -- lead get nobody@firm.example
expect 4 "explain nobody" "" -- explain 999
expect 2 "lead list of no tier" "hot, warm or cold" -- lead list --tier lukewarm
expect 2 "report without outcome" "outcome" -- report tiers
expect 4 "an outcome nobody knows is no rate of 0" "no lead has a trait .wno" -- report tiers --outcome wno
expect 0 "lead by tier" "" -- lead list --tier hot
"$nurtured" trigger identify --email many@firm.example --trait "$(seq -s, -f 'k%g=1' 600)" >/dev/null
expect 0 "600 traits" '"k512":1}' -- lead get many@firm.example --json
for i in 1 2 3 4 5 6; do
	"$nurtured" trigger identify --email large@firm.example \
		--trait "t$i=$(head -c 24000 /dev/zero | tr '\0' x)" >/dev/null
done
expect 0 "traits without end" "grow past" -- events --dead
expect 0 "and the lead goes on" "engagement  0 -> 60" -- trigger form.demo --email large@firm.example
expect 0 "merge" "merge 1; undo: nurtured lead split 1" -- lead merge ana@firm.example bo@firm.example --reason "same person"
# Leads that are not shown (joined, or strangers) never make a page that is empty and goes on.
all=$("$nurtured" lead list --known --json | grep -o '"id":[0-9]*')
pages='' after=0 empty=0
for ((rounds = 0; rounds < 50; rounds++)); do
	"$nurtured" lead list --known --limit 1 --after "$after" --json >"$work/page" || break
	after=$(sed 's/.*"next":\([0-9a-z]*\).*/\1/' "$work/page")
	if ! grep -q '"id":' "$work/page" && [ "$after" != null ]; then empty=1; fi
	pages+=$(grep -o '"id":[0-9]*' "$work/page")$'\n'
	[ "$after" != null ] || break
done
if [ "$after" = null ] && [ $empty = 0 ] && [ "$all" = "$(sed '/^$/d' <<<"$pages")" ]; then good; else bad "pages of leads: $pages of $all"; fi
expect 6 "merge with itself" "itself" -- lead merge ana@firm.example bo@firm.example
expect 0 "explain shows the merge" "same person" -- explain ana@firm.example
expect 0 "a split that is not made names both" "bo@firm.example.* parts from lead .*ana@firm.example" -- lead split 1 -n
expect 0 "split" "done" -- lead split 1
expect 0 "a visitor" "\\(new\\)" -- trigger page.pricing --anonymous-id dev-9
expect 0 "who gives an address was there before" "lead +[0-9]+$" -- trigger form.demo --email vi@firm.example --anonymous-id dev-9
expect 6 "split again" "undone" -- lead split 1
expect 2 "split of nothing" "number" -- lead split x
expect 4 "split of no merge" "no merge 99" -- lead split 99
expect 0 "replay after all that" "equal" -- replay --verify
expect 2 "replay without a word" "verify" -- replay
expect 0 "key add" "nk_" -- key add write blog
expect 6 "key add twice" "" -- key add write blog
expect 2 "key of no kind" "write, decide or admin" -- key add reader x
expect 4 "key rotate nothing" "" -- key rotate wk_99
expect 0 "backup" "backed up" -- backup "$work/backup"
expect 6 "backup onto a backup" "exists" -- backup "$work/backup"
expect 0 "a backup replays" "equal" -- replay --verify --data "$work/backup"
expect 0 "restore dry run" "whole" -- restore "$work/backup" --dry-run
if ls "$work/backup" | grep -E -- '-(wal|shm)$' >"$work/out"; then bad "who looks leaves nothing" "$work/out"; else good; fi
expect 7 "restore needs a yes" "yes" -- restore "$work/backup" --no-input
expect 0 "the doctor names it" "the last one is [^\"]* old: [^\"]*/backup$" -- doctor
cp -r "$work/backup" "$work/bitten"
python3 - "$work/bitten/events.db" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    b = f.read()
    f.seek(b.rindex(b"@firm.example"))
    f.write(b"#")
END
expect 1 "a backup with a damaged record" "checksum is wrong" -- restore "$work/bitten" --yes
expect 1 "which is not called whole" "checksum is wrong" -- restore "$work/bitten" --dry-run
expect 0 "and moved nothing" "lead 1" -- explain ana@firm.example
cp -r "$work/backup" "$work/bare"
rm "$work/bare/keys.json" "$work/bare/links.json"
expect 0 "a backup without keys" "no keys.json: .*nurtured key add" -- restore "$work/bare" --dry-run
expect 0 "or without those of links" "no links.json: links .* dead" -- restore "$work/bare" --dry-run
expect 0 "restore" "restored" -- restore "$work/backup" --yes
if grep -q 'has no' "$work/err"; then bad "a whole one is not called bare" "$work/err"; else good; fi
expect 0 "restored data replays" "equal" -- replay --verify
expect 4 "restore of nothing" "" -- restore "$work/none" --yes

expect 2 "serve on a name" "127.0.0.1:7230 for this machine" -- serve --listen localhost:7230
# ---- beside a daemon ----
python3 - "$NURTURED_DATA/keys.json" <<'END'
import json, sys
keys = json.load(open(sys.argv[1]))
first = [{"id": f"wk_{9000 + i}", "kind": "write", "name": f"old{i}", "sha256": f"{i:064x}",
          "created": "2026-01-01T00:00:00Z"} for i in range(100)]
keys["keys"] = first + keys["keys"]
keys["next"] = 9200
json.dump(keys, open(sys.argv[1], "w"))
END
key_id() { "$nurtured" key list --json | sed -n "s/.*\"id\":\"\([^\"]*\)\",\"name\":\"$1\".*/\1/p"; }
serve
stop
serve # again: the verbs' own token stands behind a hundred older keys
expect 6 "a second daemon" "in use" -- serve --listen 127.0.0.1:0
expect 0 "status beside a daemon" "running" -- status
expect 0 "trigger through the daemon" "accepted" -- trigger form.demo --email cleo@firm.example
expect 0 "apply through the daemon" "applied" -- apply "$work/program2.yaml" --yes
expect 1 "import through the daemon" "known already" -- import "$work/leads.csv" --consent contract --consent-source test
expect 0 "merge through the daemon" "done" -- lead merge ana@firm.example cleo@firm.example
expect 6 "a wrong merge through the daemon" "" -- lead merge ana@firm.example cleo@firm.example
split() { # CODE LEAD PATTERN
	local code
	code=$(curl -s -o "$work/out" -w '%{http_code}' -H "Authorization: Bearer $(cat "$NURTURED_DATA/admin.token")" \
		-H 'Content-Type: application/json' --data-binary '{"merge":2}' "$url/v1/leads/$2/split")
	if [ "$code" = "$1" ] && grep -q "$3" "$work/out"; then good; else bad "split of $2: $code" "$work/out"; fi
}
split 409 vi@firm.example "none of this lead's"
split 404 nobody@firm.example "no lead"
split 200 ana@firm.example '"seq":'
split 409 ana@firm.example "undone already"
json "merge as a document" -- lead merge ana@firm.example cleo@firm.example
if grep -q '"merge":3,"undo":"nurtured lead split 3"' "$work/out"; then good; else bad "the number of a merge" "$work/out"; fi
json "key add through the daemon" -- key add write shop
expect 2 "of no kind through the daemon" "write, decide or admin" -- key add reader x
expect 0 "key rotate says it in words" "^wk_[0-9]+ +write +shop .* nk_" -- key rotate "$(key_id shop)"
local=$(key_id local)
expect 0 "the verbs' own token is rotated" "^$local +admin +local .* nt_" -- key rotate "$local"
expect 0 "and they still get in" "accepted" -- trigger form.demo --email cleo@firm.example
expect 6 "it is not revoked" "nurtured key rotate $local" -- key revoke "$local"
expect 0 "another is" "revoked" -- key revoke "$(key_id shop)"
expect 1 "there is no other of that name" "name of our own" -- key add admin local
expect 0 "backup beside a daemon" "backed up" -- backup "$work/backup2"
expect 0 "that backup replays" "equal" -- replay --verify --data "$work/backup2"
expect 6 "restore beside a daemon" "in use" -- restore "$work/backup2" --yes
expect 0 "doctor beside a daemon" "running" -- doctor
stop
expect 0 "replay after the daemon" "equal" -- replay --verify
# As a start leaves a state that it could not fold anew.
cp -a "$NURTURED_DATA" "$work/mixed"
python3 - "$work/mixed/state.db" <<'PY' || bad "no state of two builds was made"
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    (form,), = db.execute("SELECT v FROM meta WHERE k = ?", (b"fold",))
    number = str(sum((byte & 127) << 7 * i for i, byte in enumerate(form)))
    db.execute("INSERT INTO local VALUES (?, ?)", (b"fold_mixed", number.encode()))
PY
expect 0 "status on a state of two builds" "goes on as another build has folded it \(doctor" -- status --data "$work/mixed"
expect 0 "doctor says what may be why" "gone or thinned, or other mails would have left" -- doctor --data "$work/mixed"
cp -a "$NURTURED_DATA" "$work/cut" && rm "$work/cut"/events.db*
"$nurtured" init --data "$work/fresh" >/dev/null && cp "$work/fresh"/events.db "$work/cut"
expect 1 "doctor on a log that lost its end" "the log ends at event 0" -- doctor --data "$work/cut"
echo '{' >"$work/cut/node.json"
expect 1 "a damaged node.json is named" "node.json is damaged" -- status --data "$work/cut"
printf 'damaged' | dd of="$NURTURED_DATA/state.db" bs=1 seek=20 conv=notrunc 2>/dev/null
expect 1 "doctor on a damaged state" "FAIL" -- doctor
# A lock that is somebody else's is a matter of permission. Root is let in everywhere.
if [ "$(id -u)" -ne 0 ]; then
	"$nurtured" init --data "$work/locked" -q >/dev/null && chmod 0000 "$work/locked/lock"
	expect 5 "a lock without permission" 'cannot open .*lock: Permission denied' -- apply "$work/program.yaml" --data "$work/locked"
elif setpriv --reuid 65534 --regid 65534 --clear-groups "$nurtured" --version >/dev/null 2>&1; then
	"$nurtured" init --data "$work/locked" -q >/dev/null && chmod 0600 "$work/locked/lock"
	chmod 755 "$work" && chmod 777 "$work/locked" && chmod 644 "$work/program.yaml" # the lock alone
	rc=0
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$nurtured" apply "$work/program.yaml" --data "$work/locked" >"$work/out" 2>"$work/err" || rc=$?
	if [ $rc = 5 ] && grep -q 'cannot open .*lock: Permission denied' "$work/err"; then good; else bad "a lock without permission: exit $rc" "$work/err"; fi
else
	without "a lock without permission: root cannot be another user here"
fi
tally
