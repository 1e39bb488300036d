#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cohort: two versions of the program side by side: drawn by lead, compared, promoted and withdrawn;
# what comes of it is the same in a replay.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

sed 's/^# experiments:.*/experiments: {holdout: {percent: 5}}/' "$root/programs/example.yaml" >"$work/program.yaml"
cp -r "$root/programs/content" "$work/content"
# The candidate begins with the other letter, and has a track of its own.
python3 - "$work" <<'PY'
import sys
work = sys.argv[1]
text = open(f"{work}/program.yaml").read()
first, second = "      - send: planning-cost\n        angles: [benchmark, story, checklist]\n", "      - send: dock-delays\n        angles: [story, calculator]\n        if: fit >= 20                   # passed over for the others\n"
assert first in text and second in text
new = text.replace(first, "\0").replace(second, first).replace("\0", "      - send: dock-delays\n        angles: [story, calculator]\n")
new = new.replace("\ntracks:\n", "\ntracks:\n\n  apart:\n    stage: mid\n    cadence: 4d..7d\n    sequence:\n      - send: case-study\n        angles: [peer, roi]\n", 1)
new = new.replace("clicked: {move: consideration}", "clicked: {move: apart}", 1)
open(f"{work}/candidate.yaml", "w").write(new)
open(f"{work}/other.yaml", "w").write(new.replace("page.pricing: 15", "page.pricing: 20").replace("percent: 5", "percent: 6"))
PY

key=$(write_key)
expect 6 "nothing to stand beside" "no program is in force" -- apply "$work/candidate.yaml" --share 10 --yes
expect 0 "apply" "" -- apply "$work/program.yaml" --yes
expect 6 "nothing to promote" "no version stands beside" -- apply --promote --yes
expect 6 "what is known of leads is one" "differs in scoring, experiments:" -- apply "$work/other.yaml" --share 10 --yes
expect 0 "a look" "all this for 40 % of leads" -- apply "$work/candidate.yaml" --share 40% --dry-run
expect 7 "asks" "say --yes" -- apply "$work/candidate.yaml" --share 40
expect 0 "nobody is on it" '"program_version":1,"clock"' -- status --json
expect 0 "put beside" "version 2 stands beside version 1, for 40 % of leads" -- \
	apply "$work/candidate.yaml" --share 40 --metric contacted --min-lift 20% --yes
expect 6 "not under its feet" "promote or withdraw it first" -- apply "$work/program.yaml" --yes
expect 0 "status says so" "beside it version 2, for 40 % of leads: Too early" -- status
expect 0 "as figures" '"beside":\{"version":2,"share":40,.*"experiment":"program.2"' -- status --json
expect 6 "it is no experiment of the program" "apply --promote, or" -- experiment stop program.2

python3 - "$work" <<'PY'
import json, sys
for name, of in (("enter", "form.ebook"), ("goal", "meeting.booked")):
    batch = [{"type": "track", "event": of, "userId": f"u{i}", "messageId": f"{of}{i}",
              "context": {"traits": {"email": f"lead{i}@firm{i}.example", "title": "COO", "country": "US"}}}
             for i in range(0, 300, 1 if name == "enter" else 3)]
    json.dump({"batch": batch}, open(f"{sys.argv[1]}/{name}.json", "w"))
PY
serve
token=$(cat "$NURTURED_DATA/admin.token")
send() { curl -s -u "$key:" -H 'Content-Type: application/json' --data-binary "@$work/$1.json" "$url/v1/batch" >"$work/answer"; }
settled() { # PATTERN: waits until the comparison is so
	for _ in $(seq 200); do
		"$nurtured" experiment show program.2 --json >"$work/out" 2>"$work/err"
		grep -qE "$1" "$work/out" && return 0
		sleep 0.1
	done
	return 1
}
send enter
if settled '"leads":300,'; then good; else bad "all were counted" "$work/out" "$work/answer"; fi
send goal
arms() { python3 - "$work/out" "$1" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2], {"d": d, "a": {x["arm"]: x for x in d["arms"]}}))
PY
}
for _ in $(seq 100); do
	settled '"leads":300,' && [ "$(arms 'sum(x["metrics"]["goal"]["n"] for x in d["arms"])')" = 100 ] && break
	sleep 0.2
done
if [ "$(arms '90 <= a["v2"]["leads"] <= 150 and a["v1"]["leads"] + a["v2"]["leads"] == 300')" = True ]; then good; else bad "the shares" "$work/out"; fi
if [ "$(arms 'd["sample_ratio_p"] > 0.001 and sum(x["metrics"]["goal"]["n"] for x in d["arms"]) == 100')" = True ]; then good; else bad "the sample ratio, and goals" "$work/out"; fi
expect 0 "the sentence first" "^(Too early|No |v2|Believe)" -- experiment show program.2
expect 0 "both" "^v1 +[12][0-9][0-9] .*compared with" -- experiment show program.2
expect 0 "in the list" "program.2 +all +running +contacted +300" -- experiment list
json "as documents" -- experiment list

# Somebody on either, as explain, next and why-not see them.
lead_on() { # true|false: a lead that is on the candidate, or is not
	for i in $(seq 0 50); do
		"$nurtured" explain "lead$i@firm$i.example" --json >"$work/out" 2>"$work/err"
		[ "$(grep -c '"candidate":true' "$work/out")" = "$1" ] && grep -q '"phase":"\(due\|ready\|watching\)"' "$work/out" && echo "lead$i@firm$i.example" && return
	done
}
new=$(lead_on 1)
old=$(lead_on 0)
expect 0 "on the candidate" '"step":"dock-delays",.*"version":2,"version_in_force":true,"program_version":2,"candidate":true' -- explain "$new" --json
expect 0 "in words" "goes on with version 2" -- explain "$new"
expect 0 "on the old one" '"step":"planning-cost",.*"version":1,"version_in_force":true,"program_version":1,"due"' -- explain "$old" --json
expect 0 "what stands between" "" -- explain "$new" --why-not apart
expect 0 "a track of the candidate's" "" -- lead move "$new" apart
expect 0 "is where it is" '"track":"apart","step":"case-study"' -- explain "$new" --json
expect 4 "the old one has none" "no track called apart" -- lead move "$old" apart
expect 0 "tracks know it" "on apart, which the version in force has not: 1" -- track list
json "as a document" -- track list
expect 0 "leads there" "$new" -- lead list --track apart
expect 0 "plan" "are in a step of version 2" -- plan "$work/program.yaml"
expect 0 "the report of tracks" "" -- report tracks
for page in tracks experiments experiments/program.2 "leads/$new/next" "leads/$new/explain" messages status program; do
	code=$(curl -s -o "$work/answer" -w '%{http_code}' -H "Authorization: Bearer $token" "$url/v1/$page")
	if [ "$code" = 200 ]; then good; else bad "$page: $code" "$work/answer"; fi
done

# Over HTTP it ends, and begins again.
code=$(curl -s -o "$work/answer" -w '%{http_code}' -X POST -H "Authorization: Bearer $token" "$url/v1/program/withdraw")
if [ "$code" = 200 ]; then good; else bad "withdrawn over HTTP: $code" "$work/answer"; fi
expect 0 "it says so" "program.2 +all +withdrawn" -- experiment list
expect 0 "nobody is on it" '"step":"case-study",.*"version":2,"version_in_force":false,"program_version":1,"due"' -- explain "$new" --json
expect 0 "a new lead" "" -- trigger form.ebook --email late@other.example --trait title=COO,country=US
expect 0 "is on the old one, and not counted" '"leads":300,' -- experiment show program.2 --json
python3 - "$work" <<'PY'
import json, sys
work = sys.argv[1]
json.dump({"program": open(f"{work}/candidate.yaml").read(), "share": 90, "metric": "contacted",
           "rule": {"then": "stop", "within": "30d"}}, open(f"{work}/try.json", "w"))
PY
code=$(curl -s -o "$work/answer" -w '%{http_code}' -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
	--data-binary "@$work/try.json" "$url/v1/program/apply")
if [ "$code" = 200 ]; then good; else bad "put beside over HTTP: $code" "$work/answer"; fi
expect 0 "with its rule" "rule: stop from 100 leads an arm, until 20" -- experiment show program.3
expect 0 "time passes" "" -- clock advance 31d
expect 0 "the rule has withdrawn it" "Its time is over.* -> stop v1" -- experiment show program.3
expect 0 "it is withdrawn" "program.3 +all +withdrawn" -- experiment list

# Promoted, it is everybody's.
expect 0 "once more" "version 4 stands beside version 1" -- apply "$work/candidate.yaml" --share 10 --yes
expect 7 "promote asks" "say --yes" -- apply --promote
expect 0 "promoted" "in force for everybody" -- apply --promote --yes
expect 0 "in force" '"program_version":4,"clock"' -- status --json
expect 0 "its track is one like others" "apart +mid" -- track list
expect 0 "another lead" "" -- trigger form.ebook --email later@another.example --trait title=COO,country=US
expect 0 "is on it" '"version":4,"version_in_force":true' -- explain later@another.example --json
expect 0 "it can be told later" "program.4 +all +promoted" -- experiment list
expect 0 "applied anew" "" -- apply "$work/program.yaml" --yes
expect 0 "under the next number" '"program_version":5,"clock"' -- status --json
stop
expect 0 "replay gives the same" "equal|identical|same" -- replay --verify
tally
