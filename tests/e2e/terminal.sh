#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# terminal: what leads and operators wrote reaches a terminal as text that steers nothing; pipes get
# it as it is.
set -uo pipefail
. "$(dirname "$0")/frame.bash"
unset NO_COLOR

esc=$'\e' bell=$'\a'
evil="Ace${esc}]0;owned${bell}${esc}[2J"
seen='Ace\u001b]0;owned\u0007\u001b[2J'
tints=some

# on_terminal CODE NAME TEXT -- verb ...   stdout and stderr are one terminal: TEXT is on it, and
# nothing that steers it but tints: $tints may be `some`, must be there (`must`) or not (`none`)
on_terminal() {
	local code=$1 name=$2
	if python3 - "$code" "$tints" "$3" "$nurtured" "${@:5}" >"$work/seen" 2>&1 <<'PY'; then good; else bad "$name" "$work/seen"; fi
import os, pty, re, sys
code, tints, want, argv = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(argv[0], argv)
out = b""
while True:
    try:
        some = os.read(fd, 65536)
    except OSError: # the other end is closed
        break
    if not some:
        break
    out += some
ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
text = out.replace(b"\r\n", b"\n").decode()
bare = text
if tints != "none":
    bare, n = re.subn("\033\\[(0|1|2|31|32|33|1;31|1;33)m", "", text)
    if tints == "must" and n == 0:
        sys.exit(f"no tint in {text!r}")
if ended != code:
    sys.exit(f"exit {ended}, {code} expected: {text!r}")
steering = re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", bare)
if steering or want not in bare:
    sys.exit(f"steering: {steering}; wanted {want!r} in {bare!r}")
PY
}

"$nurtured" init >/dev/null 2>&1
"$nurtured" apply "$NURTURED_DATA/program.yaml" --yes >/dev/null 2>&1
expect 0 "a lead" -- trigger form.demo --email a@b.example --trait "company=$evil,note=a"$'\r'"b,way="$'\u202e'"exe,c1="$'\u009b'"2J"
on_terminal 0 "lead get" "company: $seen" -- lead get a@b.example
on_terminal 0 "a line is not overwritten" 'note: a\u000db' -- lead get a@b.example
on_terminal 0 "direction" 'way: \u202eexe' -- lead get a@b.example
on_terminal 0 "C1" 'c1: \u009b2J' -- lead get a@b.example
on_terminal 0 "JSON too" 'c1":"\u009b2J' -- lead get a@b.example --json
on_terminal 4 "an address that is none" "no lead \"$seen\"" -- lead get "$evil"
expect 0 "another lead" -- trigger form.demo --email b@b.example
on_terminal 0 "the next page is of the same list" "nurtured lead list --limit 1 --known --after 1" -- lead list --known --limit 1
on_terminal 0 "as a shell reads it" "nurtured lead list --limit 1 --reason 'it'\\''s' --after 1" \
	-- lead list --limit 1 --reason "it's"
on_terminal 0 "and nothing at all" "nurtured lead list --limit 1 --reason '' --after 1" \
	-- lead list --limit 1 --reason ''
expect 2 "a name that steers is no event" "control characters" -- trigger "form${esc}[2Jdemo" --email a@b.example
expect 0 "a reason" -- pause --all --reason "$evil"
on_terminal 0 "status" ": $seen; 0 wait" -- status
on_terminal 0 "explain" "is stopped: $seen" -- explain a@b.example
on_terminal 2 "wrong use" "no verb \"$seen\"" -- "$evil"
on_terminal 0 "help" "Usage:" -- --help

# A pipe gets every byte.
if "$nurtured" lead get a@b.example 2>&1 | grep -qF "company: $evil"; then good; else bad "a pipe was filtered"; fi
# Nobody gets tints who is no terminal, though talk goes to one.
python3 - "$nurtured" >"$work/piped" 2>&1 <<'PY'
import os, pty, subprocess, sys
main, talk = pty.openpty()
sys.stdout.buffer.write(subprocess.run([sys.argv[1], "status"], stdout=subprocess.PIPE, stderr=talk).stdout)
PY
if grep -q "is stopped" "$work/piped" && ! grep -q "$esc\[31m" "$work/piped"; then good; else bad "tints in a pipe" "$work/piped"; fi
# Without colours not even a tint.
tints=must
on_terminal 0 "colours" ": $seen; 0 wait" -- status
expect 0 "on again" -- resume
expect 0 "a reason with a tint of its own" -- pause --all --reason "${esc}[31mAce"
tints=none
on_terminal 0 "no colours" ': \u001b[31mAce; 0 wait' -- status --no-color
on_terminal 2 "nor in what is said of a wrong call" 'no verb "\u001b[31mAce"' -- "${esc}[31mAce" --no-color
tally
