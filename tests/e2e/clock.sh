#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clock: time played forward, without a daemon and beside one: waits end in their order, a replay
# says the same, the clock never goes back, and live mode has none of it.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

cat >"$work/program.yaml" <<'YAML'
nurture: 1
program: clock
goal: meeting.booked
send_as: {name: Test, from: test@mail.larkspur.example, postal_address: Somewhere 1}
scoring:
  weights: {fit: 0, engagement: 1}
  engagement: {half_life: 5d, points: {form.demo: 80}}
  tiers: {hot: {up: 60, down: 50}, warm: {up: 30, down: 15}}
YAML
tier() { # NAME WANT
	"$nurtured" lead get ana@firm.example --json >"$work/out" 2>&1
	if grep -q "\"tier\":\"$2\"" "$work/out"; then good; else bad "$1: not $2" "$work/out"; fi
}
# seconds NAME FROM TO: how far the clock is ahead
ahead() {
	local s
	s=$("$nurtured" clock --json | sed 's/.*"ahead_seconds":\([0-9]*\).*/\1/')
	if [ "$s" -ge "$2" ] && [ "$s" -le "$3" ]; then good; else bad "$1: $s seconds"; fi
}
expect 4 "without data" "init" -- clock
expect 0 "init" -- init
expect 0 "apply" -- apply "$work/program.yaml" --yes
expect 0 "trigger" "hot" -- trigger form.demo --email ana@firm.example
expect 0 "show" "ahead +no" -- clock
expect 2 "advance nothing" "5d" -- clock advance
expect 2 "advance by what?" "duration" -- clock advance soon
expect 2 "advance twice" "5d" -- clock advance 5d --to 2099-01-01T00:00:00Z
expect 2 "back" "never goes back" -- clock advance --to 2020-01-01T00:00:00Z
expect 2 "too far" "3650 days" -- clock advance 4000d
ahead "a refusal changes nothing" 0 0
expect 0 "dry run" "nothing was changed" -- clock advance 5d --dry-run
expect 0 "advance" "[1-9][0-9]* alarms" -- clock advance 5d
tier "five days later" warm
ahead "five days" 431900 432000
serve
token=$(cat "$NURTURED_DATA/admin.token")
expect 0 "advance beside a daemon" "\"alarms\":[1-9]" -- clock advance 10d --json
tier "fifteen days later" cold
ahead "fifteen days" 1295900 1296000
for body in '{"seconds":0}' '{"seconds":-5}' '{"to":"2020-01-01T00:00:00Z"}' '{}' \
	'{"to":"soon"}' '{"seconds":"60"}' '{"seconds":60.5}' '{"seconds":60,"by":"me"}' '{"seconds":60,"to":5}' \
	'{"seconds":60,"to":"2099-01-01T00:00:00Z"}' '[]'; do
	code=$(curl -s -o "$work/answer" -w '%{http_code}' -H "Authorization: Bearer $token" \
		-H 'Content-Type: application/json' --data-binary "$body" "$url/v1/clock/advance")
	if [ "$code" = 400 ]; then good; else bad "advance $body: $code" "$work/answer"; fi
done
# An answer may come on the way, on a slow machine: then one asks again.
body='{"seconds":60}'
for _ in $(seq 50); do
	curl -s -H "Authorization: Bearer $token" -H 'Content-Type: application/json' --data-binary "$body" \
		"$url/v1/clock/advance" >"$work/answer"
	grep -q '"done":false' "$work/answer" || break
	body=$(sed 's/.*"to":"\([^"]*\)".*/{"to":"\1"}/' "$work/answer")
done
if grep -q '"done":true' "$work/answer"; then good; else bad "advance over HTTP" "$work/answer"; fi
curl -s -H "Authorization: Bearer $token" "$url/v1/leads/ana@firm.example" >"$work/answer"
expect 0 "trigger in the time to come" "cold -> hot" -- trigger form.demo --email ana@firm.example
expect 0 "backup" -- backup "$work/kept"
stop
expect 0 "replay" "equal" -- replay --verify
ahead "the clock stays" 1295960 1296060
if diff "$NURTURED_DATA/clock.json" "$work/kept/clock.json" >"$work/diff"; then good; else bad "a backup takes it along" "$work/diff"; fi

# A process that was killed on the way had not noted the last of it: the log's clock counts.
printf '{"schema":"nurtured.clock/1","shift_us":1000000}\n' >"$NURTURED_DATA/clock.json"
expect 0 "trigger behind the log" "hot" -- trigger form.demo --email ana@firm.example
ahead "lifted to the log's clock" 1295900 1296060
# The state may have noted less of it than the log, which is on the disk first.
mkdir "$work/older"
cp "$NURTURED_DATA"/state.db* "$work/older"
expect 0 "advance once more" -- clock advance 5d
printf '{"schema":"nurtured.clock/1","shift_us":1000000}\n' >"$NURTURED_DATA/clock.json"
rm "$NURTURED_DATA"/state.db*
cp "$work/older"/state.db* "$NURTURED_DATA"
expect 0 "trigger ahead of the state" "hot" -- trigger form.demo --email ana@firm.example
ahead "lifted to the log's last record" 1727900 1728060

# Mails that fall due on the way arrive, with a daemon there or not; and one that was due before it.
mails() { # NAME WANT
	local n
	n=$("$nurtured" inbox --json | grep -o '"subject"' | wc -l)
	if [ "$n" -eq "$2" ]; then good; else bad "$1: $n mails"; fi
}
first=$NURTURED_DATA
export NURTURED_DATA=$work/alone
expect 0 "init" -- init
expect 0 "apply" -- apply "$here/observe/program.yaml" --yes
expect 0 "a message nobody delivers yet" 'leaves when a daemon runs: nurtured serve' -- trigger form.demo --email bo@firm.example
mails "none without a daemon" 0
expect 0 "five minutes" -- clock advance 5m
mails "the first one" 1
expect 0 "its links lead to where serve will be" 'http://127.0.0.1:7070/' -- inbox show "$("$nurtured" inbox --json | sed -n 's/.*"id":\([0-9]*\).*/\1/p' | head -n 1)" --raw
expect 0 "six days" -- clock advance 6d
mails "and the second" 2
expect 0 "nobody serves any more" 'not running' -- status
expect 0 "replay" "equal" -- replay --verify
serve
expect 0 "nothing is late, nothing has failed" 'simulated' -- message list
if grep -qE 'failed|expired|uncertain|sending' "$work/out"; then bad "all were sent" "$work/out"; else good; fi
mails "nobody gets one twice" 2
stop
# Nobody's mailbox is read for a walk: its password is not asked for, its server not called.
mailbox='"mailbox": {"host": "127.0.0.1", "port": 1, "user": "bounce", "password_env": "NO_SUCH_WORD"}'
echo "{$mailbox}" >"$NURTURED_DATA/settings.json"
expect 0 "the mailbox is left alone" -- clock advance 5m
expect 4 "serve reads it" "NO_SUCH_WORD" -- serve --listen 127.0.0.1:0
NO_SUCH_WORD=x expect 0 "nor called with a password" -- clock advance 5m
if [ -e "$NURTURED_DATA/mailbox_state.json" ]; then bad "the mailbox was called"; else good; fi
NURTURED_DATA=$first

cat >"$NURTURED_DATA/settings.json" <<'JSON'
{"mode": "live", "smtp": [{"host": "mx.larkspur.example"}]}
JSON
expect 6 "live" "stays a test" -- status
expect 6 "serve live" "test mode only" -- serve --listen 127.0.0.1:0
export NURTURED_DATA=$work/live
expect 0 "init" -- init
printf '{"mode": "live", "smtp": [{"host": "mx.larkspur.example"}]}' >"$NURTURED_DATA/settings.json"
expect 6 "advance live" "test mode only" -- clock advance 5d
ahead "nothing moved" 0 0
tally
