#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# inbox: the simulated inbox, by the verb and by its page: what was sent is there, and what a person
# does with it moves the lead as it would in the world.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

"$nurtured" init >/dev/null && "$nurtured" apply "$here/observe/program.yaml" --yes >"$work/out" 2>&1 ||
	bad "the program is applied" "$work/out"
expect 0 "nothing yet" 'nothing has been sent' -- inbox
serve
for who in ada bob cyd dee eve fay gus hal; do
	"$nurtured" trigger form.demo --email "$who@acme.example" >/dev/null 2>"$work/err" || bad "a lead" "$work/err"
done
for _ in $(seq 100); do
	[ "$("$nurtured" inbox --json | grep -o '"subject"' | wc -l)" -eq 8 ] && break
	sleep 0.1
done
expect 0 "eight mails" 'gus@acme.example' -- inbox list
json "the list" -- inbox
expect 0 "nobody of that name" 'no mail to this address' -- inbox --to nobody@acme.example
expect 0 "one is shown" '@acme.example' -- inbox --limit 1
expect 0 "a trigger waits for what it sends" 'message +[0-9]+ sent' -- trigger form.demo --email ivy@acme.example
expect 0 "what came, in words" ' simulated ' -- message list
# mail WHO   its number in the inbox
mail() { "$nurtured" inbox --to "$1@acme.example" --json | sed -n 's/.*"id":\([0-9]*\).*/\1/p' | head -n 1; }
rule() { # NAME WHO RULE
	local got
	got=$("$nurtured" explain "$2@acme.example" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["consent"]["may_we_speak"][0]["rule"])')
	if [ "$got" = "$3" ]; then good; else bad "$1: $3 expected, got $got"; fi
}

ada=$(mail ada)
expect 0 "a mail" 'Subject: Hello' -- inbox show "$ada"
expect 0 "its links" 'Follow the link +https://larkspur.example/go' -- inbox show "$ada"
expect 0 "in words for people" '\] Open the unsubscribe page' -- inbox show "$ada"
json "a mail" -- inbox show "$ada"
if "$nurtured" inbox show "$ada" | grep -q $'\r'; then bad "lines end as a terminal has them"; else good; fi
expect 0 "a condition there is none of is not told" '' -- explain ada@acme.example
if grep -qE 'must hold that -|still waits: *$' "$work/out"; then bad "no half sentence" "$work/out"; else good; fi
expect 0 "as it was sent" '^Message-ID: <m\.' -- inbox show "$ada" --raw
expect 4 "no such mail" '' -- inbox show 999
expect 0 "opened" 'email.open' -- inbox open "$ada"
expect 0 "clicked" 'score  25.0 -> 29.0' -- inbox click "$ada"
if "$nurtured" events --lead ada@acme.example --json | grep -q '"type":"email.click"[^}]*"points":8'; then good; else bad "a click counts at once"; fi
expect 2 "no such link" 'no such link' -- inbox click "$ada" 77
expect 0 "answered" 'email.reply' -- inbox reply "$(mail bob)" --text "Yes, call me."
expect 0 "a hand-off is open" 'bob@acme.example|sdr' -- handoff list
expect 2 "an answer has a text" 'needs a text' -- inbox reply "$(mail bob)"
expect 0 "bounced" 'email.bounce' -- inbox bounce "$(mail cyd)"
rule "a hard bounce closes the address" cyd suppressed
expect 0 "bounced, softly" 'email.bounce' -- inbox bounce "$(mail dee)" --soft
rule "a soft one does not" dee legitimate_interest
expect 2 "back in the past" "is to come" -- inbox auto-reply "$(mail hal)" --until 2020-01-01
expect 0 "away" 'email.auto_reply' -- inbox auto-reply "$(mail hal)" --until 20d
expect 0 "the track waits" ' 1 paused' -- track show only
expect 0 "complained" 'email.complaint' -- inbox complain "$(mail eve)"
rule "never again" eve suppressed
expect 0 "unsubscribed" 'email.unsubscribe' -- inbox unsubscribe "$(mail fay)"
rule "no more" fay suppressed

python3 "$here/observe/page.py" "$url" "$(mail gus)" >"$work/page" 2>&1 || true
grep -v ' passed, ' "$work/page"
read -r p f < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$work/page")
passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
for _ in $(seq 50); do
	"$nurtured" handoff list --json | grep -q gus@ && break
	sleep 0.1
done
expect 0 "what was pressed on the page has moved the lead" '"type":"email.reply"' -- events --lead gus@acme.example --json
stop
expect 0 "without a daemon as well" 'email.open' -- inbox open "$(mail gus)"
expect 0 "a replay gives the same" -- replay --verify
# The state may go: the log is folded again, and nobody gets a mail a second time.
mails() { "$nurtured" inbox --limit 1000 --json | grep -o '"subject"' | wc -l; }
before=$(mails)
rm "$NURTURED_DATA"/state.db*
serve
expect 0 "the state is there again" "equal" -- replay --verify
expect 0 "with its hand-offs" 'bob@acme.example' -- handoff list
stop
# Two who are with somebody turn out to be one person: the second hand-off says both.
handoff() { "$nurtured" handoff list --json | grep -o "{\"id\":[0-9]*[^{}]*$1@" | sed 's/{"id":\([0-9]*\).*/\1/'; }
of_bob=$(handoff bob) of_gus=$(handoff gus)
expect 0 "alone" '^what was sent' -- handoff show "$of_gus"
if grep -qE '^(merged|beside)' "$work/out"; then bad "nobody is beside" "$work/out"; else good; fi
expect 0 "joined" '' -- lead merge bob@acme.example gus@acme.example --reason "one person" --yes
expect 0 "who it is now" '^merged +lead [0-9]+ is now lead [0-9]+$' -- handoff show "$of_gus"
expect 0 "and the other one" "^beside +lead [0-9]+ is with somebody already: .*handoff show $of_bob" -- handoff show "$of_gus"
expect 0 "which came first" '^what was sent' -- handoff show "$of_bob"
if grep -qE '^(merged|beside)' "$work/out"; then bad "the first is as it was" "$work/out"; else good; fi
if [ "$(mails)" -eq "$before" ]; then good; else bad "$before mails, and now $(mails)"; fi
echo '{"mode": "live", "smtp": [{"host": "127.0.0.1", "port": 1, "security": "none"}]}' >"$NURTURED_DATA/settings.json"
expect 6 "not in live mode" 'for real' -- inbox
tally
