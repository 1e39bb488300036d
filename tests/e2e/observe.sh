#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# observe: what is behind the links of a message, asked as browsers, mail programs and scanners do:
# redirects, the picture, pages that change nothing when shown; and who it was, through a SIGKILL.
# The tokens are made here from the keys and the words of link.c, not by the program's own code.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

"$nurtured" init >/dev/null && "$nurtured" apply "$here/observe/program.yaml" --yes >"$work/out" 2>&1 ||
	bad "the program is applied" "$work/out"
serve
for who in ada bob cyd dee eve; do
	"$nurtured" trigger form.demo --email "$who@acme.example" >/dev/null 2>"$work/err" || bad "a lead" "$work/err"
done
"$nurtured" clock advance 1h >/dev/null 2>&1 || true # so that nobody clicks sooner than a reader can

python3 "$here/observe/observe.py" "$url" "$NURTURED_DATA" "$nurtured" doors >"$work/doors" 2>&1 || true
cat "$work/doors" | grep -v ' passed, '
read -r p f < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$work/doors")
passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))

# Killed while clicks wait for their verdict: it is given once, by the next life.
kill -9 "$daemon"; wait "$daemon" 2>/dev/null; daemon=
serve
python3 "$here/observe/observe.py" "$url" "$NURTURED_DATA" "$nurtured" verdicts >"$work/verdicts" 2>&1 || true
grep -v ' passed, ' "$work/verdicts"
read -r p f < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$work/verdicts")
passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
stop
serve
"$nurtured" events --lead ada@acme.example --json >"$work/after"
if cmp -s "$work/after" "$NURTURED_DATA/before.json"; then good; else bad "a third life judges nothing again" "$work/after"; fi
stop
expect 0 "a replay gives the same" -- replay --verify
tally
