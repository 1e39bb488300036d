#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ours.sh DAEMON FOLDER NODE N RATE CONNECTIONS: what run.sh of the Node pipeline in NODE does, with our
# daemon in its place: its JSON from its load program, its mail server, its way to count. RATE 0: as
# fast as answers come. Two lines: its figures, and the processor of the daemon from start to end.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
daemon=$1 work=$2 node=$3 n=$4 rate=$5 connections=$6
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
rm -rf "$work"
mkdir -p "$work"

sink_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$node/tsink" "$sink_port" "$work/sink.log" 2>/dev/null &
pids+=($!)
key=$("$daemon" init --data "$work/data" --json | sed -n 's/.*"write_key":"\([^"]*\)".*/\1/p')
cat >"$work/data/settings.json" <<END
{"mode": "live", "public_url": "https://go.example",
 "smtp": [{"host": "127.0.0.1", "port": $sink_port, "security": "none"}],
 "pace": {"other": {"per_minute": 0}, "sender": {"per_minute": 0}},
 "maps": [{"name": "node", "purpose": "news", "map": "event_id=message_id, type=type, ts=time, lead.email=email, lead.first_name=first_name, lead.last_name=last_name, lead.title=title, lead.company=company.name, lead.employees=company.employees, lead.industry=company.industry, lead.country=country, source=source, consent.email=consent, context.url=property.url, context.referrer=property.referrer"}]}
END
chmod 600 "$work/data/settings.json"
"$daemon" apply "$here/program.yaml" --yes --quiet --data "$work/data" >/dev/null
"$daemon" serve --data "$work/data" --listen 127.0.0.1:0 --json >"$work/out" 2>"$work/err" &
pid=$!
pids+=("$pid")
for _ in $(seq 200); do
	grep -q http "$work/out" && break
	sleep .05
done
port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/out" | head -1)

load() {
	"$node/tload" "port=$port" path=/v1/map/node "token=$key" "conns=$connections" "$@" >/dev/null
}
load n=500 rate=0 out="$work/warm.log" seed=w
sleep 3
load "n=$n" "rate=$rate" out="$work/post.log" "seed=$$"
posted=$(awk '$2 == 0' "$work/post.log" | wc -l)
for _ in $(seq 240); do
	sleep .5
	came=$(grep -c "^u$$-" "$work/sink.log" || true)
	[ "$came" -ge "$posted" ] && break
done
sleep 1
grep "^u$$-" "$work/sink.log" >"$work/mine.log"
echo "ours n=$n rate=$rate: $(python3 "$node/join.py" "$work/post.log" "$work/mine.log")"
echo "   cpu s: api $(awk '{printf "%.1f", ($14 + $15) / 100}' "/proc/$pid/stat") worker 0"
