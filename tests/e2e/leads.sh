#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# leads: 9,240 real leads through import, scoring and report. The table is not shipped: without
# NURTURED_SHARED the script says so and skips.
set -euo pipefail
. "$(dirname "$0")/frame.bash"
table=${NURTURED_SHARED:-$root/../shared}/data/xleads/Leads.37col.csv
[ -e "$table" ] || skip "the table of real leads is not here (NURTURED_SHARED)"
# An import notes beside its file how far it came, so the folder of tables may be read-only.
cp "$table" "$work/leads.csv"
table=$work/leads.csv
"$nurtured" init -q
"$nurtured" apply "$root/programs/leads-csv.yaml" --yes -q >/dev/null
import() {
	"$nurtured" import "$table" --mapping "$root/programs/leads-csv.map" --consent legitimate_interest \
		--consent-source "course catalogue" --errors "$work/errors.csv" --json -q
}
import >"$work/first.json"
"$nurtured" report tiers --outcome Converted --json >"$work/report.json"
"$nurtured" replay --verify --json >"$work/replay.json"
import >"$work/second.json"
"$nurtured" report tiers --outcome Converted --json >"$work/report2.json"
python3 - "$work" <<'PY'
import json, sys
work = sys.argv[1]
load = lambda name: json.load(open(f"{work}/{name}.json"))
passed = failed = 0
def check(name, ok, said):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(("ok    " if ok else "FAIL  ") + name + ": " + str(said))
report = load("report")
tiers = {t["tier"]: t for t in report["tiers"]}
rate = {k: v["rate"] or 0 for k, v in tiers.items()}
for t in report["tiers"]:
    print(f'      {t["tier"]:5} {t["leads"]:6} leads, {t["converted"]:5} converted, {100 * (t["rate"] or 0):.1f} %')
check("every row is a lead", report["leads"] == 9240, report["leads"])
check("every tier is in use", all(t["leads"] >= 500 for t in report["tiers"]), {k: v["leads"] for k, v in tiers.items()})
check("hot clearly above warm", rate["hot"] > rate["warm"] + 0.15, rate)
check("warm clearly above cold", rate["warm"] > rate["cold"] + 0.15, rate)
check("area under the curve of a hand rule", report["auc"] > 0.82, report["auc"])
check("replay gives the same state", load("replay")["equal"], load("replay")["hash_state"])
same = {k: v for k, v in load("report2").items() if k != "as_of"} == {k: v for k, v in report.items() if k != "as_of"}
check("the same file again changes nothing", same, load("second"))
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
PY
