#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# drift: other people come than what was learned is about. The daemon rings: in the log once, in
# /metrics, status, doctor and `policy drift`; also behind a restart.
set -uo pipefail
# shellcheck source=tests/e2e/frame.bash
. "$(dirname "${BASH_SOURCE[0]}")/frame.bash"

cp -r "$root/programs/content" "$work/content"
cat "$root/programs/learning.yaml" - >"$work/program.yaml" <<'END'
  drift: {on_alarm: rules, hold: 3d}
END

# come FROM COUNTRY: 600 people, a week of them
come() {
	{
		echo email,title,country
		for i in $(seq "$1" $(($1 + 599))); do echo "l$i@firm$i.example,COO,$2"; done
	} >"$work/leads.csv"
	expect 0 "people of $2" '600 rows taken in' -- import "$work/leads.csv" \
		--consent legitimate_interest --consent-source trade-fair
	expect 0 "eight days" '' -- clock advance 8d
}
# Events of that kind in the log: the daemon's own have the name of their alarm.
alarms() {
	python3 - "$NURTURED_DATA/events.db" <<'END'
import sqlite3, sys
log = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print(log.execute("SELECT count(*) FROM event WHERE CAST(message_id AS TEXT) LIKE 'drift-%'").fetchone()[0])
END
}
# rings N: the log knows N alarms, and so does /metrics; both are told now and then, when something
# happens.
rings() {
	for _ in $(seq 300); do
		"$nurtured" clock advance 1m >/dev/null 2>&1
		curl -s "$url/metrics" >"$work/metrics"
		[ "$(alarms)" = "$1" ] && grep -q "^nurtured_drift_alarms_total $1\$" "$work/metrics" && break
		sleep 0.2
	done
	if [ "$(alarms)" = "$1" ]; then good; else bad "$(alarms) alarms in the log, $1 expected"; fi
	if grep -q "^nurtured_drift_alarms_total $1\$" "$work/metrics"; then good; else bad "metrics" "$work/metrics"; fi
}

"$nurtured" init --data "$NURTURED_DATA" >/dev/null 2>&1
serve
expect 0 "turned on" 'applied' -- apply "$work/program.yaml" --yes
come 1 US
come 1000 US
expect 0 "all is quiet" 'no alarm yet' -- doctor
rings 0
come 2000 DE
rings 1
expect 0 "who came is said" 'psi +country' -- policy drift
json "as a document" -- policy drift
expect 0 "status" 'drift' -- status
expect 0 "doctor" 'drift' -- doctor
stop
serve
rings 1
stop
if [ "$(alarms)" = 1 ]; then good; else bad "told $(alarms) times, once by each process"; fi
expect 0 "a replay rings the same" '' -- replay --verify
tally
