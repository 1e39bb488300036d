#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# mime: mail we wrote, read back by Python's email package, and signatures we made, verified by
# dkimpy. What cannot be checked for want of a package is said, and skipped.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

tool=$(dirname "$nurtured")/mime-tool
if [ ! -x "$tool" ]; then
	bad "$tool is not built"
	tally
	exit
fi
if "$tool" bench 100 >"$work/bench" 2>&1 && grep -q "DKIM rsa" "$work/bench"; then good; else bad bench "$work/bench"; fi
# dkimpy comes for the system's Python, which need not be the first one of the path.
python=python3
"$python" -c 'import dkim' 2>/dev/null || { [ -x /usr/bin/python3 ] && python=/usr/bin/python3; }
"$python" -B "$here/mime/check.py" "$tool" >"$work/check" 2>&1
cat "$work/check"
line=$(tail -n 1 "$work/check")
if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
	passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
else
	bad "check.py did not end"
fi
tally
