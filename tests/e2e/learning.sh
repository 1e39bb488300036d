#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# learning: the walk of docs/learning.md, command by command: let the example program learn, look at
# what it learned, keep it, compare, promote, roll back.
set -uo pipefail
# shellcheck source=tests/e2e/frame.bash
. "$(dirname "${BASH_SOURCE[0]}")/frame.bash"

cp -r "$root/programs/content" "$work/content"
sed 's/^    cadence: 4d..7d/&\n    decide: {what: [angle, send_time]}/' "$root/programs/example.yaml" >"$work/program.yaml"
echo 'decide: {mode: igw, rewards: {email.click: {value: 0.1, within: 1d}, email.reply: {value: 0.5, within: 2d}}}' \
	>>"$work/program.yaml"
{
	echo email,title,country
	for i in $(seq 40); do echo "l$i@firm$i.example,COO,US"; done
} >"$work/leads.csv"

"$nurtured" init --data "$NURTURED_DATA" >/dev/null 2>&1
serve
expect 0 "turned on" 'applied' -- apply "$work/program.yaml" --yes
expect 6 "nothing to keep yet" 'nothing was learned yet' -- policy snapshot
expect 0 "people come" '40 rows taken in' -- import "$work/leads.csv" --consent legitimate_interest \
	--consent-source trade-fair
expect 0 "ten days pass" '' -- clock advance 10d
expect 0 "what was learned" 'outcomes learned' -- policy learned
json "as a document" -- policy learned
expect 0 "one message" 'benchmark' -- policy learned --decision planning-cost
expect 1 "too little to tell" 'effective sample .* at least 200' -- policy compare learned logged
expect 1 "rules against the first" '"candidate":"rules","champion":"first","rows":40' \
	-- policy compare rules first --since 60d --json
expect 4 "no such policy" 'no policy is called' -- policy compare best
expect 0 "kept" 'is here, as a draft' -- policy snapshot
model=$("$nurtured" policy snapshot --json | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/')
expect 0 "into the shadow" 'draft -> shadow' -- policy promote "${model:0:12}"
expect 1 "on without evidence" 'not promoted' -- policy promote "${model:0:12}"
expect 0 "on by hand" 'canary, 5 % of leads' -- policy promote "${model:0:12}" --force "a try"
expect 0 "why is kept" 'forced: a try' -- policy show "${model:0:12}"
expect 0 "who is tried" 'is tried on 5 % of leads: 0 of 100 leads' -- status
expect 0 "more days" '' -- clock advance 5d
expect 0 "back" 'canary -> draft' -- policy rollback cadence --reason "seen enough"
stop
expect 0 "a replay decides the same" '' -- replay --verify
tally
