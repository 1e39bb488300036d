#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# import: files into a node, with and without a running daemon; refused rows, going on after Ctrl-C, and
# that the same rows again change nothing.
set -euo pipefail
. "$(dirname "$0")/frame.bash"
cd "$work"

check() { # name, wanted, got
	if [ "$2" = "$3" ]; then
		good
	else
		bad "$1: $3 instead of $2"
	fi
}
run() { # arguments of import; leaves code, out, err
	code=0
	"$nurtured" import "$@" >out 2>err || code=$?
}
counts() {
	sed -n 's/.*"events":\([0-9]*\),"duplicates":\([0-9]*\),"errors":\([0-9]*\),.*"complete":\([a-z]*\).*/\1 \2 \3 \4/p' out
}
basis=(--consent legitimate_interest --consent-source "trade fair")

"$nurtured" init --json >/dev/null
cat >leads.csv <<'CSV'
Email,First Name,Company,Won,Odd
jo@acme.example,Jo,Acme,yes,1
nobody,No,Body,no,2
ana@bolt.example,Ana,"Bolt, Inc.",no,3
CSV
run leads.csv
check "no basis" 1 "$code"
check "no basis, in words" 1 "$(grep -c 'on what basis' err)"
run leads.csv "${basis[@]}" --map "Emial=email"
check "a column that is not there" 1 "$(grep -c 'did you mean "Email"' err)"
run leads.csv "${basis[@]}" --map "Won=property.won:bool" --dry-run
check "preview" 0 "$code"
check "preview of a column" 1 "$(grep -c 'Company  *trait.company.name' out)"
run leads.csv "${basis[@]}" --dry-run --json
check "preview as JSON" 1 "$(grep -c '^{"schema":"nurtured.import_preview/1","columns":\[{"column":"Email","becomes":"email","guessed":true}.*"errors":\[{"row":3,' out)"
check "preview writes nothing" 0 "$("$nurtured" lead list --json | grep -c jo@acme || true)"

run leads.csv "${basis[@]}" --map "Won=property.won:bool" --json
check "two of three" "2 0 1 true" "$(counts)"
check "code when rows are refused" 1 "$code"
check "the refused row" '3,Email,"""nobody"" is not an e-mail address"' "$(sed -n 2p leads.csv.errors.csv | tr -d '\r')"
run leads.csv "${basis[@]}" --map "Won=property.won:bool" --json
check "again" "2 2 1 true" "$(counts)"
check "the lead is there" 1 "$("$nurtured" lead get jo@acme.example --json | grep -c '"Acme"')"

awk 'BEGIN { print "id,n"; for (i = 0; i < 60000; i++) printf "u%d,%d\n", i, i }' >big.csv
"$nurtured" import big.csv "${basis[@]}" --map "id=user_id, n=trait.n:number" --json >out 2>err &
importer=$!
for _ in $(seq 100); do
	[ -s big.csv.import ] && break
	sleep 0.05
done
kill -INT "$importer" 2>/dev/null || true
code=0
wait "$importer" || code=$?
# A machine that is done within the second in which the place is first kept has nothing to stop.
[ "$code" -eq 0 ] || check "Ctrl-C" 130 "$code"
first=$(sed -n 's/.*"events":\([0-9]*\).*/\1/p' out)
run big.csv "${basis[@]}" --map "id=user_id, n=trait.n:number" --json
second=$(sed -n 's/.*"events":\([0-9]*\).*/\1/p' out)
[ "$code" -eq 0 ] && [ "$first" -eq 60000 ] || check "goes on where it was" 60000 $((first + second))
check "and is done" no "$([ -e big.csv.import ] && echo yes || echo no)"

serve
printf '{"type":"track","event":"Demo Booked","userId":"u1","messageId":"m1","timestamp":"2026-01-02T03:04:05Z"}\nnot json\n' >calls.jsonl
run calls.jsonl --events --json
check "through a running daemon" "1 0 1 true" "$(counts)"
run calls.jsonl --events --json
check "and again" "1 1 1 true" "$(counts)"

tally
