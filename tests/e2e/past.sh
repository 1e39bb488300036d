#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# past: what somebody sent before us comes in from a file, waits, and is believed, as far as that may
# be; what comes of it is the same in a replay.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

sed 's/^# decide: {mode: shadow/decide: {mode: shadow/' "$root/programs/example.yaml" >"$work/program.yaml"
cp -r "$root/programs/content" "$work/content" 2>/dev/null
python3 - "$work" <<'PY'
import datetime, sys
ago = lambda days: (datetime.datetime.utcnow() - datetime.timedelta(days=days)).strftime("%Y-%m-%dT10:00:00Z")
with open(f"{sys.argv[1]}/past.csv", "w") as f:
    f.write("mail,sent,text,way,came\n")
    for i in range(120):
        way = ("story", "checklist")[i % 2]
        came = "email.open;email.click" if i % 6 == 0 else ""
        f.write(f"p{i}@firm{i}.example,{ago(30 + 30 * (i % 9))},planning-cost,{way},{came}\n")
    f.write(f"q@firm.example,{ago(300)},nosuch,roi,\n")
    f.write(f"r@firm.example,{ago(300)},planning-cost,bogus,\n")
    f.write(f",{ago(300)},planning-cost,roi,\n")
    # none of them can have been sent, or be learned from as it is meant
    f.write(f"s@firm.example,{ago(-30)},planning-cost,story,\n")
    f.write(f"t@firm.example,{ago(300)},,story,\n")
    f.write(f"u@firm.example,{ago(300)},planning-cost,story,email.click;bar baz\n")
PY
map="mail=email, sent=time, text=property.message, way=property.angle, came=property.outcomes"
read_in() { "$nurtured" import "$work/past.csv" --events --type send.past --map "$map" "$@"; }

write_key >/dev/null
expect 6 "nothing waits" "no past sends wait" -- policy warm
expect 0 "apply" -- apply "$work/program.yaml" --yes
expect 0 "a look first" 'Row 2 becomes send.past' \
	-- import "$work/past.csv" --events --type send.past --map "$map" --dry-run
read_in --yes >/dev/null 2>&1
expect 1 "again, nothing new" '122 of them known already, 4 refused' \
	-- import "$work/past.csv" --events --type send.past --map "$map" --yes
for why in "no identifier" "of a time to come" "property.message is empty" '""bar baz"" among its outcomes is no event type; perhaps bar_baz'; do
	if grep -q "$why" "$work/past.csv.errors.csv"; then good; else bad "refused: $why" "$work/past.csv.errors.csv"; fi
done
expect 0 "which weight" '120 past sends count 0.3 each: too few live' -- policy warm --dry-run
expect 0 "what is not used" '2 more are not used, and forgotten' -- policy warm --dry-run
expect 0 "and why" 'message "nosuch", angle "roi"' -- policy warm --dry-run
expect 0 "what is worth nothing" 'email.open, 20 rows' -- policy warm --dry-run
expect 0 "and is in the document" '"worth_nothing":.."outcome":"email.open","rows":20' -- policy warm --dry-run --json
expect 0 "as a document" '"past_sends":120,"unused":2,"unused_first":\["event .*"\],.*"live_outcomes":0,"validated":false,"weight":0.3' \
	-- policy warm --dry-run --json
expect 0 "another weight" 'count 0.1 each, as asked' -- policy warm --weight 0.1 --dry-run
expect 0 "believed" 'the learner starts from them' -- policy warm
expect 6 "once" "no past sends wait" -- policy warm
expect 0 "they count a third" 'mode shadow: 36 outcomes learned' -- policy learned
expect 0 "nothing rings" 'No alarm' -- policy drift
json "as a document" -- policy drift
expect 0 "doctor looks" 'drift +no alarm yet' -- doctor
# Where the program has the words of none, they go only when that is asked for.
printf 'mail,sent,text,way,came\ns@firm.example,2024-01-11T10:00:00Z,nosuch,roi,\n' >"$work/past.csv"
read_in --yes >/dev/null 2>&1
expect 6 "none is known" 'none of the 1 past sends .*"nosuch".*--weight 0' -- policy warm
expect 6 "they still wait" 'none of the 1 past sends' -- policy warm --dry-run
expect 0 "forgotten when asked" '1 more are not used' -- policy warm --weight 0
expect 6 "then they are gone" "no past sends wait" -- policy warm
expect 0 "replay gives the same" "equal|identical|same" -- replay --verify
tally
