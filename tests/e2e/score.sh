#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# score: learning from a log that holds too little says so and changes nothing, and a score that is a
# probability is explained by a ledger that adds up and replayed to the same state. What is learnt of
# enough leads is checked in src/cli/test_score_learn.c, whose market takes a year.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

expect 4 "no data yet" "nurtured init" -- score train
expect 0 "init" -- init
expect 4 "no program yet" "no program" -- score train
expect 0 "apply" -- apply "$root/programs/example.yaml" --yes
expect 0 "a lead" -- trigger form.demo --email ana@firm.example --trait title=COO,country=US
expect 4 "not an outcome" "no outcome of the program" -- score train --outcome page.pricing
expect 1 "too little" "too little to learn from: 0 leads" -- score train
expect 4 "nothing learnt" "nothing was learnt" -- score show
expect 4 "nor to compare" "" -- score compare 123456 abcdef
python3 - >"$work/past.csv" <<'PY'
import random
random.seed(3)
print("id,size,city,won")
for i in range(900):
    size, city = int(100 * random.random()), ["Oslo", "Rome", ""][int(3 * random.random())]
    won = random.random() < 0.05 + 0.007 * size + 0.2 * (city == "Rome")
    print(f"{i},{size},{city},{'yes' if won else 'no'}")
PY
expect 0 "a file of past leads" "logistic foretells best: AUC 0.[678]" -- \
	score train --csv "$work/past.csv" --outcome won=yes --drop id
json "the same as JSON" -- score train --csv "$work/past.csv" --outcome won=yes --drop id
expect 4 "a column that is not there" "no column" -- score train --csv "$work/past.csv" --outcome lost=yes
expect 0 "a file has no days" "the best +from.*" -- score train --csv "$work/past.csv" --outcome won=yes --drop id
if grep -qE '^ +5 %.* -$' "$work/out"; then good; else bad "leads a week of a file" "$work/out"; fi
sed '1s/$/,stage/; 2,$s/yes$/yes,closed/; 2,$s/no$/no,open/' "$work/past.csv" >"$work/leak.csv"
expect 0 "a column that says the outcome" "too good to be true: AUC 1.000" -- \
	score train --csv "$work/leak.csv" --outcome won=yes
cut -d, -f4 "$work/past.csv" | sed '1s/$/,same/; 2,$s/$/,1/' >"$work/flat.csv"
expect 0 "columns that say nothing" "nothing here foretells the outcome: AUC 0.500" -- \
	score train --csv "$work/flat.csv" --outcome won=yes
expect 4 "a column to drop that is not there" 'no column "Id"' -- \
	score train --csv "$work/past.csv" --outcome won=yes --drop id,Id
(cat "$work/past.csv" && echo 900,12,Oslo) >"$work/short.csv"
expect 1 "a row that ends early" 'short.csv: row 902 has 3 fields and the header 4' -- \
	score train --csv "$work/short.csv" --outcome won=yes --drop id
(cat "$work/past.csv" && echo 900,12,Oslo,Norway,yes) >"$work/long.csv"
expect 1 "a row that goes on" 'row 902 has 5 fields and the header 4' -- \
	score train --csv "$work/long.csv" --outcome won=yes --drop id
compgen -G "$NURTURED_DATA/models/*.model" >/dev/null && bad "a model of nothing" || good

score() {
	"$nurtured" explain ana@firm.example --json 2>/dev/null | python3 -c '
import json, sys
d = json.load(sys.stdin)
def find(x):
    if isinstance(x, dict):
        if "score" in x and isinstance(x["score"], dict) and "lines" in x["score"]:
            return x["score"]
        x = list(x.values())
    for y in x if isinstance(x, list) else []:
        z = find(y)
        if z: return z
s = find(d)
kinds = [l["kind"] for l in s["lines"]]
same = abs(sum(l["points"] for l in s["lines"]) - s["points"]) < 1e-9
print(s["points"], "base" in kinds, same)'
}
read -r before base same < <(score)
[ "$base $same" = "False True" ] && good || bad "the sum's ledger: $before $base $same"
sed 's/^  weights: .*/&\n  probability: {slope: 0.05, bias: -2}/' "$root/programs/example.yaml" >"$work/p.yaml"
cp -r "$root/programs/content" "$work/content"
expect 0 "plan says what moves" "slope of probability: 0 -> 0.05" -- plan "$work/p.yaml"
expect 0 "apply a probability" -- apply "$work/p.yaml" --yes
read -r after base same < <(score)
[ "$base $same" = "True True" ] && [ "$after" != "$before" ] && good || bad "the probability's ledger: $after $base $same"
python3 -c 'import math,sys; s,p=map(float,sys.argv[1:]); sys.exit(abs(p-100/(1+math.exp(2-0.05*s)))>0.1)' "$before" "$after" &&
	good || bad "not the probability of the sum: $before, $after"
expect 0 "replay scores as it was scored" "equal" -- replay --verify
tally
