#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: whatever verb is used wrongly, the exit code is 2, nothing is written, and with --json the
# answer is an error object of type "usage". A verb without a row here fails.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

wrong=$(cat <<'CALLS'
init extra
demo extra
serve extra
serve --threads 99
serve --webhooks crm/a=HOME
serve --webhooks CRM=HOME
trigger
trigger form.demo extra --email a@b.example
trigger form.demo
trigger !? --email a@b.example
trigger form.demo --email a@b.example --at yesterday
trigger form.demo --email nobody
trigger form.demo --phone 12
clock sideways
clock show extra
clock advance
clock advance soon
clock advance 1d extra
inbound extra
inbox sideways
inbox list extra
inbox show
inbox show one
inbox show 1 2
inbox click one
inbox click 1 2 3
inbox list --limit many
inbox list --limit 0
status extra
experiment begin hook
policy drift extra
policy warm extra
policy warm --weight heavy
experiment show
experiment stop
score sideways
score train extra
score train --after soon
score show 1 2
score train --csv leads.csv
score compare one
lead sideways
lead get
lead get 1 2
lead list --tier lukewarm
lead list --limit many
lead list --limit 0
lead list --limit 1001
lead list --after x
lead merge 1
lead split x
lead move 1
lead pause 1
lead pause 1 --for soon
explain
explain 1 2
explain 1 --at yesterday
track sideways
track show
track show a b
message sideways
message show
message show x
message list --state lost
message list --limit 0
message settle 1
message settle x sent
message cancel
handoff sideways
handoff show x
handoff list --limit 0
handoff accept
handoff return 1
handoff return 1 --reason later --on yesterday
webhook sideways
webhook replay x
webhook list --limit many
webhook list --limit 0
preview
preview 1
preview 1 2 3
preview 1 planning-cost --subject first
events
events 1 2
events --dead 1
events --dead --limit many
events --dead --limit 0
events --lead 1 --limit 0
report
report sideways
report tracks extra
report tiers
report tracks --by weather
report counters --from soon
report counters --json --csv
import
import a.csv b.csv
import a.csv --delimiter many
validate a.yaml b.yaml
plan a.yaml b.yaml
apply a.yaml b.yaml
apply --share many
apply --share 95
apply --share 10 --metric clicks
apply --metric goal
apply --share 10 --least 300
apply --share 10 --then go
apply --share 10 --then ship --guard left
apply --promote --withdraw
apply a.yaml --promote
apply --share 10 --withdraw
simulate extra
simulate --leads many
simulate --leads 0
simulate --days 0
simulate --policy nobody
simulate --policy learned
simulate --seeds 3
simulate --compare --seeds 1
pause
pause --all extra
resume extra
key sideways
key add
key add reader x
key rotate
policy
policy sideways
policy show
policy learned x
policy compare --even --log x.csv
policy snapshot x
replay
replay --verify extra
backup
backup a b
restore
restore a b
doctor extra
doctor --skip-record x
bench extra
help status extra
help N999999
completion
completion csh
completion bash zsh
CALLS
)

"$nurtured" init >/dev/null 2>&1
"$nurtured" apply "$NURTURED_DATA/program.yaml" --yes >/dev/null 2>&1
"$nurtured" trigger form.demo --email a@b.example >/dev/null 2>&1
echo '{"mode":"test"}' >"$NURTURED_DATA/settings.json"
before=$("$nurtured" status --json | sed 's/.*"events"/"events"/')

while read -r call; do
	# shellcheck disable=SC2086
	expect 2 "$call" '^\{"error":\{"type":"usage","code":"usage","message":".*"fix":"nurtured .* --help"' -- --json $call
done <<<"$wrong"

long=$(printf 'x%.0s' $(seq 5000))
expect 2 "a path no folder can have" 'longer than 896 bytes' -- --json status --data "$long"
expect 2 "the same of a state to compare" 'longer than' -- --json replay --verify --from "$long"
expect 2 "the same of a backup" 'longer than' -- --json restore "$long"
# Another user may look into the folder, and not write to it.
chmod 755 "$work" "$NURTURED_DATA"
install -m 644 "$NURTURED_DATA/program.yaml" "$work/theirs.yaml"
other() { setpriv --reuid=65534 --clear-groups "$nurtured" "$@"; }
if [ "$(id -u)" = 0 ] && other --version >/dev/null 2>&1; then
	for verb in status "lead list" "replay --verify" "plan $work/theirs.yaml"; do
		# shellcheck disable=SC2086
		said=$(other $verb 2>&1)
		if grep -q "user 65534 may not write to .* owner, user 0" <<<"$said" && ! grep -q "nurtured init" <<<"$said"
		then good; else bad "$verb of a folder of somebody else: $said"; fi
	done
else
	without "what another user is told: only root can be one"
fi
chmod 700 "$NURTURED_DATA"

after=$("$nurtured" status --json | sed 's/.*"events"/"events"/')
if [ "$before" = "$after" ]; then good; else bad "something was written: $before, now $after"; fi
verbs=$("$nurtured" --help | sed -n 's/^  \([a-z]*\)  *[A-Z].*/\1/p')
[ "$(wc -w <<<"$verbs")" -gt 25 ] || bad "the list of verbs was not read: $verbs"
for verb in $verbs; do
	if grep -q "^$verb\b" <<<"$wrong"; then good; else bad "$verb has no row"; fi
	expect 2 "$verb, and no such option" "there is no option.*|nurtured $verb --help" -- "$verb" --no-such-option
done
tally
