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
sed -i 's/"seed":[0-9]*/"seed":7/' "$NURTURED_DATA/node.json" # the same draws in every run
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
expect 1 "rules against the first" '"candidate":"rules","champion":"first","rows":40,' \
	-- policy compare rules first --since 60d --json
expect 4 "no such policy" 'no policy is called' -- policy compare best
expect 4 "no such message" 'had "nothing:roi" to choose from' -- policy compare always:nothing:roi
expect 1 "an action that was there" 'effective sample' -- policy compare always:planning-cost:benchmark
expect 0 "what would be kept" 'would be kept, as a draft: what .* outcomes taught' -- policy snapshot --dry-run
expect 0 "and is not" 'no models yet' -- policy list
expect 0 "kept" 'is here, as a draft' -- policy snapshot
model=$("$nurtured" policy snapshot --json | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/')
expect 0 "into the shadow" 'draft -> shadow' -- policy promote "${model:0:12}"
expect 1 "on without evidence" 'not promoted' -- policy promote "${model:0:12}"
expect 2 "by force, for no reason" 'force wants a reason' -- policy promote "${model:0:12}" --force ''
expect 0 "on by hand" '"by_hand":true' -- policy promote "${model:0:12}" --force "a try" --by-hand --json
expect 0 "why is kept" 'forced: a try' -- policy show "${model:0:12}"
expect 0 "who is tried" 'is tried on 5 % of leads: 0 of 100 leads' -- status
expect 0 "doctor says it too" "model +${model:0:12} is tried on 5 % of leads" -- doctor
for _ in $(seq 100); do # it is looked at now and then, when something happens
	"$nurtured" clock advance 1m >/dev/null 2>&1
	curl -s "$url/metrics" >"$work/metrics"
	grep -q '^nurtured_model_percent 5' "$work/metrics" && break
	sleep 0.2
done
if grep -q '^nurtured_model_changes_total 2' "$work/metrics"; then good; else bad "metrics" "$work/metrics"; fi
expect 1 "judged by what it learned from" 'of them are from before it was taken' \
	-- policy compare "${model:0:12}" logged
expect 0 "more days" '' -- clock advance 5d
expect 0 "back" 'canary -> draft' -- policy rollback cadence --reason "seen enough"
# Up to the champion, by hand, so that whoever is decided for next is decided for by the model.
for state in shadow 5 25 50 champion; do
	"$nurtured" policy promote "${model:0:12}" --force "a try: $state" >/dev/null 2>"$work/err" ||
		bad "up to $state" "$work/err"
done
expect 0 "the champion decides" "model +${model:0:12} decides" -- doctor
# What people see of models is a folder; what decides is the log. So the folder can be lost.
folder=$NURTURED_DATA/models
echo '[]' >"$folder/states.json"
expect 0 "a pointer nobody can read" 'states.json is damaged' -- doctor
expect 0 "is made anew" 'champion' -- policy list
expect 0 "with its history" 'forced: a try: champion' -- policy show "${model:0:12}"
expect 0 "doctor is content" "model +${model:0:12} decides" -- doctor
printf x | dd of="$folder/$model.model" bs=1 seek=900 conv=notrunc status=none
expect 0 "a flipped byte" "$model.model is damaged" -- doctor
expect 0 "is mended from the log" '1 files of models' -- policy list
rm -r "$folder"
expect 0 "no folder at all" "lacks ${model:0:12}" -- doctor
expect 4 "what is only tried says that the folder is behind" 'behind the event log; to have it follow' -- \
	policy rollback cadence --dry-run
expect 0 "the way back is there" 'champion -> retired' -- policy rollback cadence
expect 0 "nobody decides" 'the program.s own mode decides' -- doctor
for state in shadow 5 25 50 champion; do
	"$nurtured" policy promote "${model:0:12}" --force "again: $state" >/dev/null 2>"$work/err" ||
		bad "again up to $state" "$work/err"
done
printf 'email,title,country\nlater@firm.example,COO,US\n' >"$work/later.csv"
expect 0 "somebody comes" '1 row' -- import "$work/later.csv" --consent legitimate_interest \
	--consent-source trade-fair
expect 0 "two days" '' -- clock advance 2d
expect 0 "explain says which model chose" "model ${model:0:12}\\)" -- explain later@firm.example
# What is older than the program says is dropped, and a comparison that asks for it says so.
expect 1 "nothing was dropped yet" '"may_be_promoted"' -- policy compare rules first --since 300d --json
if grep -q kept_from "$work/out"; then bad "kept_from too early" "$work/out"; else good; fi
sed 's/mode: igw,/mode: igw, keep: 50d,/' "$work/program.yaml" >"$work/shorter.yaml"
expect 0 "decisions are kept for a shorter time" 'days that decisions are kept' \
	-- apply "$work/shorter.yaml" --yes
expect 0 "more than that passes" '' -- clock advance 40d
expect 1 "what is no longer kept" 'reaches behind what is kept: the oldest decision is of' \
	-- policy compare rules first --since 300d
expect 1 "as a document" '"kept_from":"20' -- policy compare rules first --since 300d --json
sed 's/mode: igw,/mode: igw, keep: 20d,/' "$work/program.yaml" >"$work/shortest.yaml"
expect 0 "for a shorter time than is asked for" '' -- apply "$work/shortest.yaml" --yes
sed 's/later@/last@/' "$work/later.csv" >"$work/last.csv"
expect 0 "one more comes" '1 row' -- import "$work/last.csv" --consent legitimate_interest --consent-source trade-fair
expect 0 "what it did is known" '' -- clock advance 12d
expect 1 "nobody said --since" '^fewer than 30 days are kept: the oldest decision is of' -- policy compare rules first
expect 0 "from now on for longer" '' -- apply "$work/shorter.yaml" --yes
expect 1 "what keep says is not blamed" '^older decisions are gone: the oldest decision is of [^(]*$' \
	-- policy compare rules first
# A model says from when on it learned, also when those decisions are gone.
expect 0 "a model of all that" '"hash":"' -- policy snapshot --json
later=$(sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/' "$work/out")
from=$("$nurtured" policy show "${model:0:12}" --json | grep -o '"trained_from":"[^"]*"')
expect 0 "from the same day on" "${from:-no trained_from}" -- policy show "${later:0:12}" --json
stop
expect 0 "a replay decides the same" '' -- replay --verify
tally
