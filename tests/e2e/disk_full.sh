#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# disk_full: the data folder's disk fills up while events come in. Then every 2xx must be in the log,
# the rest must have been told 507, and with room again the daemon goes on without a restart.
# Needs root for a small tmpfs; without it the script says so and skips.
set -uo pipefail
. "$(dirname "$0")/frame.bash"
before_removal() { umount "$work/disk" 2>/dev/null; }
mkdir "$work/disk"
mount -t tmpfs -o size=24m tmpfs "$work/disk" 2>/dev/null || skip "a small file system cannot be mounted here"
export NURTURED_DATA=$work/disk/data
key=$(write_key)
serve
PYTHONPATH=$here/observe PYTHONDONTWRITEBYTECODE=1 python3 - "$url" "$key" "$work" "$NURTURED_DATA" <<'PY'
import base64, http.client, json, os, sqlite3, sys, time, urllib.parse
import tokens
url, key, work, data = sys.argv[1:]
where = urllib.parse.urlparse(url)
auth = {"Authorization": "Basic " + base64.b64encode((key + ":").encode()).decode(),
        "Content-Type": "application/json"}
passed = failed = 0
def check(name, ok, said=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(("ok    " if ok else "FAIL  ") + name + (": " + str(said) if said != "" else ""))
def call(method, path, body=None):
    c = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
    c.request(method, path, body, auth if body else {})
    r = c.getresponse()
    text = r.read()
    c.close()
    return r.status, text
def batch(n):
    return json.dumps({"batch": [
        {"type": "track", "event": "form.ebook", "userId": f"u{i % 97}", "messageId": f"m{n}-{i}",
         "properties": {"padding": "x" * 700}} for i in range(100)]})
acked, codes, n = [], {}, 0
while n < 2000:
    status, _ = call("POST", "/v1/batch", batch(n))
    codes[status] = codes.get(status, 0) + 1
    if status == 200:
        acked.append(n)
    n += 1
    if codes.get(507, 0) >= 3:
        break
check("a full disk is told with 507", codes.get(507, 0) >= 3, codes)
check("nothing else was answered", set(codes) <= {200, 507}, codes)
time.sleep(0.5)
check("not ready while it is full", call("GET", "/readyz")[0] == 503, call("GET", "/readyz"))
check("alive all the same", call("GET", "/healthz")[0] == 200)
target = "https://larkspur.example/go"
link = tokens.token(tokens.key(data), tokens.CLICK, 1, 1, 0, target)
status, _ = call("GET", f"/t/{link}?u={urllib.parse.quote(target, safe='')}")
check("who follows a link is led on", status == 302, status)
lost_hits = 0
for _ in range(50): # the log lays out room ahead: a single event may still fit where a batch does not
    lost_hits = int(b"\nnurtured_hits_lost_total 1\n" in call("GET", "/metrics")[1])
    db = sqlite3.connect(f"file:{data}/events.db?mode=ro", uri=True)
    kept_hits = db.execute("select count(*) from event where instr(body, 'email.click')").fetchone()[0]
    db.close()
    if lost_hits + kept_hits:
        break
    time.sleep(0.2)
check("and the hit is in the log, or counted as lost", lost_hits + kept_hits == 1, (lost_hits, kept_hits))
os.system(f"mount -o remount,size=96m {work}/disk")
status = 507
for _ in range(50):
    status, text = call("POST", "/v1/batch", batch(n))
    if status == 200:
        break
    time.sleep(0.2)
check("taken in again without a restart, once there is room", status == 200, status)
acked.append(n)
for _ in range(100):
    if call("GET", "/readyz")[0] == 200:
        break
    time.sleep(0.2)
check("ready again", call("GET", "/readyz")[0] == 200, call("GET", "/readyz"))
db = sqlite3.connect(f"file:{data}/events.db?mode=ro", uri=True)
seen = {}
for (mid,) in db.execute("select message_id from event"):
    mid = mid.decode() if isinstance(mid, bytes) else mid
    seen[mid] = seen.get(mid, 0) + 1
lost = [f"m{a}-{i}" for a in acked for i in range(100) if f"m{a}-{i}" not in seen]
check("everything acknowledged is in the log", not lost, f"{len(acked) * 100} acknowledged, {len(lost)} lost")
check("nothing is there twice", all(v == 1 for v in seen.values()))
open(f"{work}/counts", "w").write(f"{passed} {failed}")
PY
read -r passed failed <"$work/counts"
for words in "the disk is full" "the disk has room again"; do
	said=$(grep -c "nurtured: $words" "$work/serve.err")
	if [ "$said" -eq 1 ]; then good; else bad "\"$words\" is said once, not $said times" "$work/serve.err"; fi
done
stop
expect 0 "replay after a full disk" "equal" -- replay --verify

# Killed, and started on a disk that is full by then: it says so at once, and waits. Told to stop
# meanwhile it stops, and that is no failure.
fill() { dd if=/dev/zero of="$work/disk/fill.$1" bs="$1" 2>/dev/null; }
serve
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
serve_waiting() {
	fill 64k
	fill 1
	: >"$work/serve.out"
	: >"$work/serve.err"
	"$nurtured" serve --listen 127.0.0.1:0 --json >"$work/serve.out" 2>"$work/serve.err" &
	daemon=$!
	for _ in $(seq 200); do
		grep -q "waiting for room" "$work/serve.err" && break
		sleep 0.1
	done
}
serve_waiting
stop
if grep -q "error" "$work/serve.err"; then bad "stopped while it waits" "$work/serve.err"; else good; fi
serve_waiting
for words in "the disk is full: nothing is taken in" "waiting for room, then it goes on by itself"; do
	if [ "$(grep -c "$words" "$work/serve.err")" = 1 ]; then good; else bad "\"$words\"" "$work/serve.err"; fi
done
expect 1 "doctor says so" "the disk is full" -- doctor
rm "$work/disk"/fill.*
for _ in $(seq 200); do
	grep -q '"url"' "$work/serve.out" && break
	sleep 0.1
done
if grep -q '"url"' "$work/serve.out"; then good; else bad "with room it goes on" "$work/serve.err"; fi
stop
tally
