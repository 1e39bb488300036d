#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# consent: "may we speak" as it is answered from outside, over what people do in sequence.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

# say WHO EVENT [OPTIONS]   an event by user id alone, the address is known from before
say() { "$nurtured" trigger "$2" --user-id "$1" "${@:3}" >/dev/null 2>"$work/err" || cat "$work/err"; }
# rule NAME WHO RULE   the rule that answers for the program's first channel and purpose
rule() {
	local got
	got=$("$nurtured" explain "$2" | grep -m1 'email, ')
	case $got in
	*"[$3]") good ;;
	*) bad "$1: [$3] expected, got:$got" ;;
	esac
}

cat >"$work/program.yaml" <<'YAML'
nurture: 1
program: test
goal: meeting.booked
send_as: {name: Test, from: test@mail.larkspur.example, postal_address: Somewhere 1}
scoring:
  fit: [{name: any, if: lead.known, points: 1}]
  engagement: {half_life: 14d, points: {form.demo: 60}}
consent:
  default: opt_in
  unknown: double_opt_in
  regions: {us: opt_out, eea: opt_in}
YAML
"$nurtured" init >/dev/null && "$nurtured" apply "$work/program.yaml" --yes >/dev/null 2>&1

say de form.demo --email de@firm.example --trait country=DE
rule "EU, never agreed" de opt_in
say us form.demo --email us@firm.example --trait country=US
rule "US, never agreed" us legitimate_interest
say nowhere form.demo --email nowhere@firm.example
rule "country not known" nowhere unknown_region

# The address is closed although the event names only the user id.
say us unsubscribe
rule "unsubscribed under a user id" us suppressed
say us form.newsletter --property consent=true
rule "agreed again" us granted
say us email.complaint
rule "complained" us suppressed
say us form.newsletter --property consent=true
rule "a yes does not end a complaint" us suppressed
"$nurtured" trigger form.demo --email us@firm.example --user-id us2 --trait country=US >/dev/null 2>&1
rule "somebody else with that address" us@firm.example suppressed

say bounced form.demo --email bounced@firm.example --trait country=US
say bounced email.bounce --property type=hard
rule "a hard bounce under a user id" bounced suppressed
say two identify --email two@firm.example --trait country=US
"$nurtured" trigger email.bounce --email other@firm.example --property type=hard >/dev/null 2>&1
rule "a bounce of another address" two legitimate_interest

say moved form.demo --email moved@firm.example --trait country=US
rule "lives in the US" moved legitimate_interest
say moved identify --trait country=DE
rule "moved to the EU" moved opt_in
say moved identify --trait country=US --at 2026-01-01T00:00:00Z
rule "an older word that arrives late" moved opt_in

say late consent.grant --email late@firm.example --trait country=US --at 2026-01-02T00:00:00Z
say late consent.withdraw --at 2026-01-01T00:00:00Z
rule "an older no that arrives late" late granted

expect 0 "replay" "equal" -- replay --verify
tally
