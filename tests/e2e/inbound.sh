#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# inbound: mail that comes in by the pipe, with a daemon and without one, and over HTTP: what follows
# from it, that it counts once, and what a mail server is told.
set -uo pipefail
shopt -s lastpipe # what stands behind a | counts too
. "$(dirname "$0")/frame.bash"

"$nurtured" init >/dev/null && "$nurtured" apply "$here/observe/program.yaml" --yes >"$work/out" 2>&1 ||
	bad "the program is applied" "$work/out"
for who in ada bob cyd dee eve; do
	"$nurtured" trigger form.demo --email "$who@acme.example" >/dev/null 2>"$work/err" || bad "a lead" "$work/err"
done
token() { python3 "$here/observe/tokens.py" "$NURTURED_DATA" address "$1"; }

report() { # NUMBER STATUS WORDS
	cat <<-MAIL
		Return-Path: <>
		From: MAILER-DAEMON@mx.acme.example
		To: bounce+$(token "$1")@mail.larkspur.example
		Subject: Undelivered Mail Returned to Sender
		Message-ID: <report-$1-$2@mx.acme.example>
		MIME-Version: 1.0
		Content-Type: multipart/report; report-type=delivery-status; boundary="b"

		--b
		Content-Type: text/plain

		It could not be delivered.

		--b
		Content-Type: message/delivery-status

		Reporting-MTA: dns; mx.acme.example

		Final-Recipient: rfc822; somebody@acme.example
		Action: failed
		Status: $2
		Diagnostic-Code: smtp; 550 $2 $3

		--b--
	MAIL
}
answer() { # NUMBER WHO HEADER TEXT
	cat <<-MAIL
		From: $2@acme.example
		To: ann@mail.larkspur.example
		Subject: Re: Hello
		$3
		Message-ID: <answer-$1-$2@acme.example>
		In-Reply-To: <m.$(token "$1")@mail.larkspur.example>
		Content-Type: text/plain

		$4
	MAIL
}
rule() { # NAME WHO RULE
	local got
	got=$("$nurtured" explain "$2@acme.example" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["consent"]["may_we_speak"][0]["rule"])')
	if [ "$got" = "$3" ]; then good; else bad "$1: $3 expected, got $got"; fi
}
timeline() { # NAME WHO PATTERN COUNT
	local got
	got=$("$nurtured" events --lead "$2@acme.example" --json | grep -oE "$3" | wc -l)
	if [ "$got" -eq "$4" ]; then good; else bad "$1: $4 times $3 expected, got $got"; fi
}
pipe() { # CODE NAME PATTERN   the mail on standard input
	local rc=0
	"$nurtured" inbound --json >"$work/out" 2>"$work/err" || rc=$?
	if [ $rc -eq "$1" ] && grep -qE -- "$3" "$work/out" "$work/err"; then good; else bad "$2: exit $rc" "$work/out" "$work/err"; fi
}
post() { # NAME PATTERN
	curl -sS -X POST -H "Authorization: Bearer $(cat "$NURTURED_DATA/admin.token")" -H 'Content-Type: message/rfc822' \
		--data-binary @- "$url/v1/inbound" >"$work/out" 2>&1
	if grep -qE -- "$2" "$work/out"; then good; else bad "$1" "$work/out"; fi
}

# Without a daemon.
report 1 5.1.1 "User unknown" >"$work/hard.eml"
pipe 0 "a hard bounce" '"matched":"token","message":1,.*"email.bounce","seq":[0-9]+,"duplicate":false' <"$work/hard.eml"
rule "a hard bounce closes the address" ada suppressed
(echo "Received: from elsewhere" && cat "$work/hard.eml") | pipe 0 "the same, by another way" '"duplicate":true'
timeline "it counts once" ada '"type":"email.bounce"' 1
report 2 5.2.2 "mailbox full" | pipe 0 "a soft bounce" '"email.bounce"'
rule "one soft bounce closes nothing" bob legitimate_interest
printf '' | pipe 66 "no mail" 'no mail'
printf 'From: eve@nowhere.example\nMessage-ID: <s@nowhere.example>\n\nHello?\n' | pipe 0 "a stranger" '"email.reply"'
expect 0 "a stranger is a dead letter" 'nor anybody we know' -- events --dead
printf '\001\002' | pipe 0 "no mail at all" '"ingest.refused"'
expect 0 "it is a dead letter too" 'mail of no kind we know' -- events --dead
NURTURED_DATA=$work/none pipe 75 "no data: later" 'not taken' <"$work/hard.eml"

# With one.
serve
answer 3 cyd "X-A: b" "Yes, call me." | post "an answer" '"kind":"reply".*"matched":"message-id","message":3'
answer 3 cyd "X-A: b" "Yes, call me." | pipe 0 "the same by pipe" '"duplicate":true'
answer 4 dee "X-A: b" "unsubscribe" | pipe 0 "somebody wants no more" '"email.unsubscribe"'
rule "they get none" dee suppressed
answer 5 eve "Auto-Submitted: auto-replied" "I am back on 30 January 2031." | post "out of office" '"kind":"auto_reply"'
timeline "an automatic answer is on the timeline, as a machine's" eve '"type":"email.auto_reply"' 1
answer 2 bob "List-Id: <news.acme.example>" "Our news." | post "a list" '"mail.noted"'
printf '' | post "an empty mail" '"error"'
curl -sS -X POST -H 'Content-Type: message/rfc822' --data-binary @"$work/hard.eml" "$url/v1/inbound" >"$work/out"
if grep -q unauthenticated "$work/out"; then good; else bad "a stranger may not" "$work/out"; fi
stop
expect 0 "a replay gives the same" -- replay --verify
tally
