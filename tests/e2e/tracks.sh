#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tracks: who is where, and what an operator may do about it: by the verbs with and without a daemon,
# and over HTTP.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

# ask CODE NAME PATTERN METHOD PATH [BODY]
ask() {
	local code
	code=$(curl -s -o "$work/answer" -w '%{http_code}' -X "$4" -H "Authorization: Bearer $token" \
		-H "Content-Type: application/json" --data-binary "${6:-}" "$url$5")
	if [ "$code" = "$1" ] && grep -qE -- "$3" "$work/answer"; then good; else bad "$2: $code" "$work/answer"; fi
}

expect 4 "no data yet" "nurtured init" -- track list
expect 0 "init" -- init
expect 4 "no program yet" "no program" -- track list
expect 0 "apply" -- apply "$root/programs/example.yaml" --yes
expect 2 "a pause of what" "pause --all" -- pause
expect 0 "who must stop now is not asked why" "nothing leaves" -- pause --all
expect 0 "and that is said" "stopped.*no reason was given" -- status
expect 0 "a reason where none was" "stopped already, since 2.*: wrong price" -- pause --all --reason "wrong price"
expect 0 "the first reason stays" "stopped already, since 2.*: wrong price" -- pause --all --reason "another"
expect 0 "since when, too" '"paused_since":"2.*"pause_reason":"wrong price"' -- status --json
expect 0 "and says why" "wrong price" -- track list
expect 0 "a lead" -- trigger form.ebook --email ana@firm.example --trait title=COO,country=US

for verb in "report tracks" "report tracks --by tier" "report funnel --by source" "track list" "track show consideration" "message list" "handoff list" "handoff list --open" \
	"lead list --track awareness" "message list --state uncertain" "message list --lead ana@firm.example"; do
	# shellcheck disable=SC2086
	json "$verb" -- $verb
	# shellcheck disable=SC2086
	expect 0 "$verb as text" "" -- $verb
done
expect 0 "who is inside" '"name":"awareness".*"people":1' -- track list --json
expect 0 "numbers as a table" "^level,track,position,step" -- report tracks --csv
expect 0 "who entered" '"track","awareness"|track,"awareness".*,entered,1' -- report tracks --csv
expect 0 "by channel" '"by":"channel"' -- report tracks --by channel --json
expect 0 "last touch and time decay side by side" "MEETING +BY DECAY" -- report tracks
expect 0 "what a channel costs" "CHANNEL +SENT +MEETING +BY DECAY +COST" -- report tracks
expect 2 "sliced by nothing" "tier or persona" -- report tracks --by weather
expect 2 "a funnel has no channel" "source, tier or persona" -- report funnel --by channel
expect 4 "no such track" "no track called" -- track show consideraton
expect 4 "it names those there are" "there are: .*consideration" -- track show consideraton
expect 4 "leads of no such track" "there are: " -- lead list --track consideraton
expect 4 "a move to no such track" "there are: " -- lead move ana@firm.example consideraton
expect 0 "the status says that nothing leaves" "stopped.*wrong price" -- status
expect 0 "and how many wait" "wrong price; [1-9][0-9]* wait" -- status
expect 0 "for programs too" '"held":[1-9].*' -- status --json
expect 0 "and doctor" "outbox +all sending is stopped" -- doctor
expect 0 "and a lead does" "all sending is stopped: wrong price" -- explain ana@firm.example
expect 0 "why, in lines" "next" -- explain ana@firm.example
if grep -n '^ *-:' "$work/out"; then bad "a line that hangs"; else good; fi
expect 2 "no such word" "list \| show" -- track pause
expect 4 "no such message" "no message 7" -- message show 7
expect 4 "no message to settle" "no message 7" -- message settle 7 sent
expect 2 "settled as nothing" "message wants" -- message settle 7
expect 2 "no such state" "uncertain" -- message list --state lost
expect 4 "no such hand-off" "no hand-off 3" -- handoff accept 3
expect 2 "a return without a reason" "reason" -- handoff return 3
expect 2 "a return on no day" "day" -- handoff return 3 --on soon --reason x
expect 2 "a return in eight thousand years" "between 2" -- handoff return 3 --on 9999-01-01 --reason x
expect 2 "a hand-off without a number" "which handoff" -- handoff show ana

long=$(head -c 100000 /dev/zero | tr '\0' x)
expect 2 "more than an event holds" "at most 32 KB" -- trigger form.ebook --email ana@firm.example --property "a=$long"
expect 0 "the trail" "decision +nothing before .*all sending is stopped" -- trigger form.demo2 --email cleo@firm.example
expect 0 "what is next" '"next":\{"words":' -- explain ana@firm.example --json
expect 0 "and who holds it" "wrong price" -- explain ana@firm.example --why-not planning-cost
expect 0 "why not elsewhere" "not consideration: " -- explain ana@firm.example --why-not consideration
json "as a document" -- explain ana@firm.example --why-not consideration
expect 4 "why not nothing" "no track and no message" -- explain ana@firm.example --why-not nonsense
expect 0 "looking ahead" "score" -- explain ana@firm.example --at 2100-01-01
expect 2 "looking back" "ahead" -- explain ana@firm.example --at 2020-01-01
expect 2 "a pause without a time" "14d" -- lead pause ana@firm.example
expect 0 "a pause that is not made" "would append track.pause" -- lead pause ana@firm.example --for 14d --dry-run
expect 0 "a pause" "done: paused" -- lead pause ana@firm.example --for 14d --reason "on leave"
expect 0 "and until when" "paused until 20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}: on leave" -- explain ana@firm.example
expect 0 "is seen" '"phase":"paused"' -- lead list --track awareness --json
expect 0 "and ends" "done" -- lead resume ana@firm.example
expect 4 "a move nowhere" "no track called" -- lead move ana@firm.example nowhere
expect 0 "a move" "done: moved" -- lead move ana@firm.example consideration
expect 0 "arrives" '"track":"consideration"' -- lead list --track consideration --json

expect 0 "the same state again" "equal" -- replay --verify

serve
token=$(cat "$NURTURED_DATA/admin.token")
ask 200 "tracks" '"schema":"nurtured.tracks/1"' GET /v1/tracks
ask 200 "a track" '"schema":"nurtured.track/1"' GET /v1/tracks/consideration
ask 404 "no track" 'no track' GET /v1/tracks/none
ask 200 "next" '"schema":"nurtured.next/1"' GET /v1/leads/ana@firm.example/next
ask 200 "why not" '"schema":"nurtured.why_not/1"' GET '/v1/leads/1/why-not?what=awareness'
ask 400 "why not what" 'why not what' GET /v1/leads/1/why-not
ask 404 "why not nothing" 'no track and no message' GET '/v1/leads/1/why-not?what=x'
ask 200 "numbers" '"schema":"nurtured.report.tracks/1"' GET '/v1/reports/tracks?by=tier&from=2020-01-01&to=2020-02-01'
ask 400 "numbers of too many days" 'spans' GET '/v1/reports/tracks?from=2020-01-01&to=2026-02-01'
ask 200 "a funnel" '"schema":"nurtured.report.funnel/1"' GET '/v1/reports/funnel'
ask 200 "messages" '"schema":"nurtured.messages/1"' GET /v1/messages?state=ready
ask 400 "messages of no state" 'state must be' GET /v1/messages?state=lost
ask 404 "no message" 'no message' GET /v1/messages/99
ask 200 "hand-offs" '"schema":"nurtured.handoffs/1"' GET '/v1/handoffs?open=1'
ask 404 "no hand-off" 'no hand-off' POST /v1/handoffs/9/answer '{"answer":"accept"}'
ask 400 "a return in another way" 'answer, reason, on' POST /v1/handoffs/9/answer '{"answer":"return","again_seconds":-100}'
ask 400 "a return long ago" 'between 2' POST /v1/handoffs/9/answer '{"answer":"return","on":"2020-01-01"}'
ask 400 "a return in eight thousand years" 'between 2' POST /v1/handoffs/9/answer '{"answer":"return","on":"9999-01-01"}'
ask 404 "no outcome of none" 'no hand-off' POST /v1/handoffs/9/answer '{"answer":"won"}'
ask 400 "no answer" 'is answered with' POST /v1/handoffs/9/answer '{"answer":"perhaps"}'
ask 200 "a move" '"seq":' POST /v1/leads/ana@firm.example/move '{"track":"awareness"}'
ask 200 "leads of a track" '"track":"awareness"' GET '/v1/leads?track=awareness&limit=5'
ask 200 "a pause" '"seq":' POST /v1/leads/1/pause '{"for":"2d"}'
for list in leads?limit= messages?limit= handoffs?limit= webhooks?limit= dead-letters?limit= leads/1/events?limit=; do
	ask 400 "a page of none: $list" 'limit must be 1 to 1000' GET "/v1/${list}0"
	ask 400 "a page too long: $list" 'limit must be 1 to 1000' GET "/v1/${list}1001"
	ask 400 "a page of what: $list" 'limit must be 1 to 1000' GET "/v1/${list}many"
	ask 200 "a page: $list" '"schema":' GET "/v1/${list}1"
done
ask 400 "an event whose name steers" 'control characters' POST /v1/trigger '{"event":"form\u001b[2J","email":"a@b.example"}'
events=$("$nurtured" status --json | grep -o '"events":[0-9]*')
if curl -s -H "Authorization: Bearer $token" -H "Content-Type: text/yaml" --data-binary "@$root/programs/example.yaml" \
	"$url/v1/program/apply" | grep -qx '{"schema":"nurtured.apply/1","unchanged":true,"version":1}'; then good; else bad "what is in force is applied again"; fi
if [ "$events" = "$("$nurtured" status --json | grep -o '"events":[0-9]*')" ]; then good; else bad "and is an event"; fi
ask 400 "a pause of no length" 'for must be' POST /v1/leads/1/pause '{"for":"a while"}'
ask 200 "its end" '"seq":' POST /v1/leads/1/resume
ask 400 "a stop that is a list" 'must be an object' POST /v1/sending/pause '[]'
ask 400 "a stop for a number" 'reason must be a text' POST /v1/sending/pause '{"reason":5}'
ask 400 "a stop with more than that" 'may hold reason' POST /v1/sending/pause '{"why":"x"}'
ask 400 "a move onto a number" 'track must be a text' POST /v1/leads/1/move '{"track":5}'
for query in leads?limit=-1 leads?limit=abc leads?limit=1001 leads?after=abc leads?bogus=1 leads?tier=icy \
	webhooks?state=bogus reports/tracks?by=moon reports/funnel?by=variant handoffs?open=yes messages?after=x \
	status?x=1 dead-letters?limit=0; do
	ask 400 "$query" '"param":"[a-z]+","fix":|number of a lead' GET "/v1/$query"
done
ask 200 "by channel" '"by":"channel"' GET '/v1/reports/tracks?by=channel'
ask 200 "a stop without a reason" '"seq":' POST /v1/sending/pause '{}'
ask 200 "sending goes on" '"seq":' POST /v1/sending/resume
ask 200 "a stop" '"seq":' POST /v1/sending/pause '{"reason":"a test"}'
expect 0 "seen by the verb" "a test" -- track list
expect 0 "and lifted by it" "done" -- resume
expect 0 "a person takes over" "done" -- lead move ana@firm.example - --reason "on the phone"
expect 0 "a pause on no track" "done: paused" -- lead pause ana@firm.example --for 14d
expect 0 "its end is told" "the pause ends" -- explain ana@firm.example
stop
expect 0 "the same state in the end" "equal" -- replay --verify
tally
