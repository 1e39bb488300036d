#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# policy: evidence from a log of decisions, and models up and back, as a person asks for them.
set -uo pipefail
# shellcheck source=tests/e2e/frame.bash
. "$(dirname "${BASH_SOURCE[0]}")/frame.bash"

# 4,000 decisions of a fair coin: `roi` earns more; the candidate takes it more often.
python3 - "$work" <<'PY'
import gzip, hashlib, json, random, sys
work = sys.argv[1]
dice = random.Random(7)
rows = []
for i in range(4000):
    roi = dice.random() < 0.5
    rows.append((i // 2, "roi" if roi else "peer", int(dice.random() < (0.3 if roi else 0.1)), roi))
with gzip.open(f"{work}/good.csv.gz", "wt") as f:
    f.write("lead,action,reward,p,p_new,harm\n")
    for lead, action, reward, roi in rows:
        f.write(f"{lead},{action},{reward},0.5,{0.99 if roi else 0.01},{int(lead % 500 == 0)}\n")
with open(f"{work}/plain.jsonl", "w") as f:
    for lead, action, reward, _ in rows:
        f.write(json.dumps({"lead": lead, "action": action, "reward": reward, "p": 0.5}) + "\n")
with open(f"{work}/heavy.csv", "w") as f:
    f.write("action,reward,p,p_new\n")
    for i in range(10000):
        f.write("a,1,0.00001,0.2\n" if i in (17, 18) else f"{'abc'[i % 3]},{int(i % 10 == 0)},0.33,0.03\n")
with open(f"{work}/odds.csv", "w") as f:
    f.write("action,pos0\nroi,0.9\npeer,0.1\n")
meta = b'{"slot":"test","kind":"learn.test","version":"v1","created_us":1,"from_us":0,"to_us":0,"bytes":7}'
model = b"nurtured-model 1\n" + meta + b"\nweights"
digest = hashlib.sha256(model).hexdigest()
open(f"{work}/t.hash", "w").write(digest)
copy = b"nurtured-model-copy 1 " + digest.encode() + b"\n" + model
open(f"{work}/t.model", "wb").write(copy)
open(f"{work}/zeros.model", "wb").write(copy.replace(b"\nweights", b"\n" + bytes(7)))
open(f"{work}/bare.model", "wb").write(model)
PY
t=$(cat "$work/t.hash")
# Two models that decisions can ask, from a world of their own.
cp -r "$root/programs/content" "$work/content"
sed 's/^    cadence: 4d..7d/&\n    decide: {what: [angle]}/' "$root/programs/example.yaml" >"$work/program.yaml"
sed "\$a decide: {mode: igw, rewards: {email.click: {value: 0.1, within: 1d}}}" \
	"$work/program.yaml" >"$work/igw.yaml"
school() { NURTURED_DATA=$work/school "$nurtured" "$@" 2>"$work/err"; }
taken() { # NAME: the learner of the school as it is now
	school policy snapshot --json | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/' >"$work/$1.hash"
	school policy export "$(cat "$work/$1.hash")" "$work/$1.model" >/dev/null || bad "model $1" "$work/err"
}
people() { # FROM TO: they come
	{
		echo email,title,country
		for i in $(seq "$1" "$2"); do echo "l$i@firm$i.example,COO,US"; done
	} >"$work/leads.csv"
	school import "$work/leads.csv" --consent legitimate_interest --consent-source trade-fair
	school clock advance 10d
}
{
	school init
	sed -i 's/"seed":[0-9]*/"seed":7/' "$work/school/node.json" # the same draws in every run
	school apply "$work/igw.yaml" --yes
	people 1 40
} >/dev/null
taken a
people 41 60 >/dev/null
taken b
a=$(cat "$work/a.hash") b=$(cat "$work/b.hash")

# ---- evidence ----
expect 1 "ten thousand rows worth two" 'effective sample 2\.[0-9]+ of 10000 rows, at least 200' \
	-- policy compare --log "$work/heavy.csv"
expect 1 "as good as the best action is no reason" 'not shown to be as good as always taking "roi"' \
	-- policy compare --log "$work/good.csv.gz"
expect 0 "better than what it is compared with" 'may be promoted.*better than the champion' \
	-- policy compare always:roi always:peer --log "$work/plain.jsonl"
expect 1 "a table of odds" 'instead of uniform' \
	-- policy compare "$work/odds.csv" uniform --log "$work/plain.jsonl"
expect 1 "harm" 'harm' -- policy compare --log "$work/good.csv.gz" --harm-budget 0.5
expect 4 "an action nobody took" 'never took "nothing"' \
	-- policy compare always:nothing --log "$work/plain.jsonl"
expect 4 "no folder" 'no data' -- policy compare
# 1 says no; what cannot be judged is something else.
expect 2 "a time without a unit" 'since is a duration' -- policy compare --since 30
expect 2 "a time to come" 'since is a duration' -- policy compare --since -3d
for share in abc 5 0; do
	expect 2 "harm of $share" 'harm-budget is a share' -- policy compare --log "$work/good.csv.gz" --harm-budget $share
done
expect 2 "a log has no days" 'since is for the decisions of this folder' -- policy compare --log "$work/good.csv.gz" --since 3d
expect 2 "a name in no log" 'add --log' -- policy promote "$a" --as always:roi
head -c 2000 "$work/good.csv.gz" >"$work/half.csv.gz"
expect 2 "half of a log" 'half.csv.gz is packed, but damaged' -- policy compare --log "$work/half.csv.gz"
: >"$work/empty.csv"
expect 2 "an empty log" 'empty.csv is empty' -- policy compare --log "$work/empty.csv"
sed '3s/,0\.33,/,1.33,/' "$work/heavy.csv" >"$work/wild.csv"
expect 2 "a probability that is none" 'wild.csv' -- policy compare --log "$work/wild.csv"
expect 4 "a policy of this folder" 'no policy of a log is called "learned".*without --log also learned' -- \
	policy compare learned --log "$work/good.csv.gz"
expect 2 "a log without odds of the candidate" 'no column p_new' \
	-- policy compare --log "$work/plain.jsonl"
"$nurtured" policy compare always:roi always:peer --log "$work/plain.jsonl" --json >"$work/out" 2>"$work/err"
if python3 - "$work/out" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["schema"] == "nurtured.policy_compare/1" and d["may_be_promoted"] is True
assert abs(d["estimates"]["snips"]["value"] - 0.3) < 0.03, d
assert d["over_champion"]["lo"] > 0.1 and d["best_fixed"] == "roi"
assert d["rows"] == 4000 and d["support"] < 0.6
PY
then good; else bad "compare --json" "$work/out" "$work/err"; fi

# ---- models ----
"$nurtured" init --data "$NURTURED_DATA" >/dev/null 2>&1
expect 6 "nothing is watched without a program" 'no program' -- policy drift
expect 6 "nothing is learned without a program" 'no program' -- policy learned
expect 6 "nothing to keep" 'no program' -- policy snapshot
expect 0 "no models" 'no models yet' -- policy list
expect 0 "import, to see" "${a:0:12} would be kept, as a draft" -- policy import "$work/a.model" --dry-run
expect 0 "nothing was kept" 'no models yet' -- policy list
expect 0 "import" "${a:0:12} is here" -- policy import "$work/a.model"
expect 0 "import again" "${a:0:12} is here" -- policy import "$work/a.model"
expect 1 "no model" 'no model: it does not begin' -- policy import "$work/odds.csv"
expect 1 "a damaged one" 'zeros.model is damaged' -- policy import "$work/zeros.model"
expect 1 "one that does not say what it was" 'policy export' -- policy import "$work/bare.model"
expect 0 "one that answers something else" 'no decision asks "test": it stays a draft' -- \
	policy import "$work/t.model"
expect 6 "is asked by nobody" 'which no decision asks: it stays a draft' -- policy promote "${t:0:8}"
expect 6 "force or not" 'which no decision asks' -- policy promote "${t:0:8}" --force "a try"
expect 4 "too few characters" '6 characters of its name' -- policy show "${a:0:5}"
expect 0 "in capitals" 'state: draft' -- policy show "$(tr a-f A-F <<<"${a:0:12}")"
expect 2 "a slot nobody knows" 'no slot is called "nosuch": what decisions ask is cadence' -- policy rollback nosuch
expect 0 "to shadow" 'draft -> shadow' -- policy promote "${a:0:8}"
expect 0 "import once more" "${a:0:12} is here already: it is shadow" -- policy import "$work/a.model"
expect 6 "on without evidence" 'no program has been applied' -- policy promote "${a:0:8}"
expect 1 "on with weak evidence" 'effective sample 2' -- policy promote "$a" --log "$work/heavy.csv"
up=(policy promote "$a" --log "$work/plain.jsonl" --as always:roi --over always:peer)
expect 0 "tried before it is done" 'would go: shadow -> canary, 5 %' -- "${up[@]}" --dry-run
expect 0 "5 %" "shadow -> canary, 5 % of leads" -- "${up[@]}"
for share in 25 50; do expect 0 "$share %" "went on: canary, $share % of leads" -- "${up[@]}"; done
expect 0 "all" 'canary -> champion' -- "${up[@]}"
# Every step is in the log, and a folder that lost its pointer follows it.
rm "$NURTURED_DATA/models/states.json"
expect 6 "all again" 'is the champion already' -- "${up[@]}"
expect 0 "another" "${b:0:12} is here" -- policy import "$work/b.model"
expect 0 "what differs, figure by figure" '^metrics outcomes +[0-9.]+ +[0-9.]+$' -- policy diff "${a:0:8}" "${b:0:8}"
expect 0 "and what is learned" '^weights +[0-9]+ bytes' -- policy diff "${a:0:8}" "${b:0:8}"
expect 0 "nothing differs" 'they are the same model' -- policy diff "${a:0:8}" "${a:0:8}"
json "what differs as JSON" -- policy diff "${a:0:8}" "${b:0:8}"
expect 0 "names that fit a terminal" "^${a:0:12}  " -- policy list
expect 0 "whole ones for scripts" "^$a	cadence	" -- policy list --plain
expect 0 "a value and its way" "^model\.state	champion" -- policy show "${a:0:8}" --plain
expect 0 "evidence for scripts" '^over_champion\.lo	0\.' -- \
	policy compare always:roi always:peer --log "$work/plain.jsonl" --plain
expect 1 "the same is no better" 'it does the same' -- policy compare always:roi always:roi --log "$work/plain.jsonl"
expect 0 "when it was trained" 'trained_to' -- policy diff "${a:0:8}" "${b:0:8}"
expect 0 "show" 'state: champion' -- policy show "${a:0:8}"
json "list as JSON" -- policy list
expect 0 "back" 'champion -> retired' -- policy rollback cadence --reason "replies fell"
expect 0 "why is remembered" 'replies fell' -- policy show "${a:0:8}"
expect 4 "nothing to go back to" 'own rules' -- policy rollback cadence
# What was chosen and what comes of it are two things, and both are said.
mode() { sed "\$a decide: {mode: $1, rewards: {email.click: {value: 0.1, within: 1d}}}" "$work/program.yaml" >"$work/$1.yaml"; }
mode off && mode rules
expect 0 "a program that asks nobody" '' -- apply "$work/off.yaml" --yes
expect 0 "promoted for nothing" 'but mode is off: nobody asks it' -- policy promote "${b:0:8}"
expect 0 "status says so" 'is in the shadow: mode is off: nobody asks it' -- status
json "and as a document" -- status
if grep -q '"asked":false' "$work/out"; then good; else bad "status --json" "$work/out"; fi
expect 0 "doctor says so" 'is in the shadow; mode is off' -- doctor
expect 0 "a program that tries nothing" '' -- apply "$work/rules.yaml" --yes
expect 0 "it stays there" 'shadow: mode rules tries nothing out: it stays there until somebody promotes' -- status
expect 0 "nothing is in its way" '' -- apply "$work/igw.yaml" --yes
expect 0 "what it waits for" 'is in the shadow: 0 of 200 leads' -- status
expect 0 "back to the draft" 'shadow -> draft' -- policy rollback cadence
for share in shadow 5 25 50 all; do
	expect 0 "up to $share" '' -- policy promote "${b:0:8}" --force "a try"
done
expect 0 "who decides" "model +${b:0:12} decides" -- status
expect 0 "down again" 'champion -> retired' -- policy rollback cadence
expect 0 "replay gives the same" '' -- replay --verify
expect 0 "export, to see" 'would be written' -- policy export "${a:0:8}" "$work/out.model" --dry-run
expect 0 "export" '' -- policy export "${a:0:8}" "$work/out.model"
json "export as JSON" -- policy export "${b:0:8}" "$work/out2.model"
if grep -q "$b" "$work/out"; then good; else bad "export --json" "$work/out"; fi
if cmp -s "$work/a.model" "$work/out.model"; then good; else bad "the same file comes out"; fi
expect 0 "a backup" '' -- backup "$work/backup"
expect 0 "has the models" 'retired' -- policy list --data "$work/backup"
# Who is not let in is told that, and not to restore a backup. Root is let in everywhere.
as=()
[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
if "${as[@]}" "$nurtured" --version >/dev/null 2>&1; then
	mine=$nurtured theirs=$(id -u)
	[ "$theirs" -ne 0 ] || theirs=65534
	nurtured=$work/as
	printf '#!/bin/sh\nexec %s "$@"\n' "${as[*]} $mine" >"$nurtured"
	chmod 755 "$work" "$nurtured" && chmod 644 "$work/b.model"
	"$mine" init --data "$work/locked" -q >/dev/null && mkdir "$work/locked/models"
	chown -R "$theirs" "$work/locked" && chmod 555 "$work/locked/models"
	expect 5 "models nobody may write" 'models/lock: Permission denied' -- policy import "$work/b.model" --data "$work/locked"
	chmod 555 "$work/locked"
	expect 1 "a folder for reading" 'let this one in; the files are as they were' -- doctor --data "$work/locked"
	chmod 755 "$work/locked" "$work/locked/models"
	nurtured=$mine
else
	without "models without permission: root cannot be another user here"
fi
for name in "$a" "$t"; do printf x >>"$NURTURED_DATA/models/$name.model"; done
expect 1 "a damaged draft is named" "$t.model is damaged" -- policy list
expect 1 "and the others are there" "${a:0:12} .*retired" -- policy list
expect 1 "what helps" 'fix: remove it, and import a copy' -- policy show "$t"
expect 0 "what was promoted is mended" 'replies fell' -- policy show "$a"
tally
