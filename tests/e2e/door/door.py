# SPDX-License-Identifier: Apache-2.0
"""The daemon's door from outside: door.py NURTURED FOLDER."""
import base64, gzip, hashlib, hmac, http.client, json, os, signal, socket, sqlite3, ssl, subprocess, sys
import threading, time, urllib.parse

nurtured, work = sys.argv[1:]
passed = failed = 0


def check(name, ok, said=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL  {name}: {said}")


class Daemon:
    def __init__(self, data, *options, env=None):
        self.data = os.path.join(work, data)
        made = subprocess.run([nurtured, "init", "--data", self.data, "--json"], capture_output=True, text=True)
        self.key = json.loads(made.stdout)["write_key"]
        self.process = subprocess.Popen(
            [nurtured, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--json", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.where = urllib.parse.urlparse(self.url)
        self.token = open(os.path.join(self.data, "admin.token")).read().strip()

    def call(self, method, path, body=None, headers=None, key=True, context=None):
        if self.where.scheme == "https":
            c = http.client.HTTPSConnection(self.where.hostname, self.where.port, timeout=20, context=context)
        else:
            c = http.client.HTTPConnection(self.where.hostname, self.where.port, timeout=20)
        h = dict(headers or {})
        if key:
            h["Authorization"] = "Basic " + base64.b64encode((self.key + ":").encode()).decode()
        c.request(method, path, body, h)
        r = c.getresponse()
        out = r.status, dict((k.lower(), v) for k, v in r.getheaders()), r.read()
        c.close()
        return out

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.err = self.process.stderr.read()
        return code


JSON = {"Content-Type": "application/json"}


def event(n, **more):
    return json.dumps({"userId": f"u{n}", "event": "Signed Up", "messageId": f"m{n}", **more})


def proxies_and_waits():
    """Settings that only show from outside: whose address it is, and how long a line may take."""
    d = Daemon("proxied", "--forwarded-hops", "1", "--header-timeout", "1s")
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "7.7.7.7, 203.0.113.9",
            "Origin": "https://www.larkspur.example", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}
    check("form through a proxy", d.call("POST", "/v1/form/demo", "email=ana%40firm.example", form)[0] in (200, 303))
    with socket.create_connection((d.where.hostname, d.where.port), 8) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
        try:
            check("a slow line is given up", slow.recv(64)[:12] in (b"", b"HTTP/1.1 408"))
        except TimeoutError:
            check("a slow line is given up", False, "still waiting after 8 s")
    check("ends", d.stop() == 0)
    with sqlite3.connect(f"file:{d.data}/events.db?mode=ro", uri=True) as db:
        bodies = b"".join(b if isinstance(b, bytes) else b.encode() for (b,) in db.execute("select body from event"))
    check("the proxy's word is believed, the stranger's is not", b"203.0.113.9" in bodies and b"7.7.7.7" not in bodies, bodies)


def keys_and_errors():
    secret = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
    d = Daemon("a", "--origins", "https://www.larkspur.example", "--webhooks", "crm=HOOK", "--strict",
               env={"HOOK": "whsec_" + secret})
    check("track", d.call("POST", "/v1/track", event(1), JSON)[0] == 200)
    check("no key", d.call("POST", "/v1/track", event(2), JSON, key=False)[0] == 401)
    check("wrong key", d.call("POST", "/v1/track", event(2), {**JSON, "Authorization": "Bearer nk_x"}, key=False)[0] == 401)
    check("bearer", d.call("POST", "/v1/track", event(2), {**JSON, "Authorization": "Bearer " + d.key}, key=False)[0] == 200)
    check("key in body", d.call("POST", "/v1/track", event(3, writeKey=d.key), JSON, key=False)[0] == 200)
    check("write key opens no admin route", d.call("GET", "/v1/leads")[0] == 403)
    check("nor as Bearer", d.call("GET", "/v1/leads", None, {"Authorization": "Bearer " + d.key}, key=False)[0] == 403)
    check("admin token brings no events", d.call("POST", "/v1/track", event(4), {**JSON, "Authorization": "Bearer " + d.token}, key=False)[0] == 403)
    check("admin token", d.call("GET", "/v1/status", None, {"Authorization": "Bearer " + d.token}, key=False)[0] == 200)
    check("not JSON", d.call("POST", "/v1/track", "{", JSON)[0] == 400)
    check("too large", d.call("POST", "/v1/track", event(5, properties={"x": "y" * 40000}), JSON)[0] in (400, 413))
    check("unknown address", d.call("GET", "/nothing")[0] == 404)
    check("wrong method", d.call("GET", "/v1/track")[0] == 405)
    s, h, b = d.call("POST", "/v1/batch", gzip.compress(json.dumps({"batch": [json.loads(event(6, type="track"))]}).encode()),
                     {**JSON, "Content-Encoding": "gzip"})
    check("gzip", s == 200, b)
    s, h, b = d.call("POST", "/v1/batch", json.dumps({"batch": [json.loads(event(7, type="track")), {"type": "track"}]}), JSON)
    check("strict names the refused item", s == 422 and json.loads(b)["refused"][0]["index"] == 1, b)
    for name, call, code in (("nobody", {}, "no_identity"),
                             ("only an address that is none", {"traits": {"email": "nobody"}}, "no_identity"),
                             ("a user with an address that is none", {"userId": "u", "traits": {"email": "nobody"}}, "bad_email")):
        s, h, b = d.call("POST", "/v1/batch", json.dumps({"batch": [{"type": "track", "event": "e", **call}]}), JSON)
        check(f"strict: {name}", s == 422 and json.loads(b)["refused"][0]["code"] == code, b)
    s, h, b = d.call("OPTIONS", "/v1/track", None, {"Origin": "https://www.larkspur.example", "Access-Control-Request-Method": "POST"}, key=False)
    check("CORS preflight", s in (200, 204) and h.get("access-control-allow-origin") == "https://www.larkspur.example", h)
    s, h, b = d.call("OPTIONS", "/v1/track", None, {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}, key=False)
    check("CORS for a stranger", h.get("access-control-allow-origin") is None, h)
    check("CORS never with credentials", "access-control-allow-credentials" not in h)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    s, h, b = d.call("POST", "/v1/form/demo", "email=ana%40firm.example&redirect=https%3A%2F%2Fwww.larkspur.example%2Fthanks", form)
    check("form redirects home", s == 303 and h.get("location") == "https://www.larkspur.example/thanks", (s, h))
    s, h, b = d.call("POST", "/v1/form/demo", "email=ana%40firm.example&redirect=https%3A%2F%2Fevil.example%2F", form)
    check("form redirects nowhere else", "evil" not in h.get("location", ""), (s, h))
    body = json.dumps({"type": "deal.won", "timestamp": "2026-01-01T00:00:00Z", "data": {"email": "ana@firm.example"}})
    def hook(at, secret_bytes=base64.b64decode(secret)):
        sig = base64.b64encode(hmac.new(secret_bytes, f"msg_1.{at}.{body}".encode(), hashlib.sha256).digest()).decode()
        return d.call("POST", "/v1/webhook/crm", body, {**JSON, "webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": "v1," + sig}, key=False)[0]
    check("signed webhook", hook(int(time.time())) == 200)
    check("old webhook", hook(int(time.time()) - 3600) == 401)
    check("forged webhook", hook(int(time.time()), b"x" * 32) == 401)
    check("webhook nobody knows", d.call("POST", "/v1/webhook/other", body, JSON, key=False)[0] in (401, 404))
    s, h, b = d.call("GET", "/metrics", key=False)
    check("metrics", s == 200 and b"nurtured_http_requests_total" in b)
    check("health", d.call("GET", "/healthz", key=False)[0] == 200 and d.call("GET", "/readyz", key=False)[0] == 200)
    check("ends well", d.stop() == 0)
    check("no personal data in its words", "firm.example" not in d.err and "127.0.0.1:" not in d.err.replace(d.url, ""), d.err)


def numbers():
    """What was answered 2xx shows in /metrics at once: folded, or as what is still to be folded."""
    d, wrong = Daemon("n"), []
    for n in range(1, 21):
        batch = [{"type": "track", **json.loads(event(f"{n}-{i}"))} for i in range(200)]
        taken = d.call("POST", "/v1/batch", json.dumps({"batch": batch}), JSON)[0]
        said = dict(line.rsplit(" ", 1) for line in d.call("GET", "/metrics")[2].decode().splitlines() if line[0] != "#")
        logged, folded, lag = (int(said[f"nurtured_{name}"]) for name in ("log_events_total", "engine_events_total", "engine_lag_events"))
        if taken != 200 or logged < 200 * n or folded + lag < 200 * n:
            wrong.append((taken, 200 * n, logged, folded, lag))
    check("metrics know what was taken in", not wrong, wrong)
    d.stop()


def rate():
    d = Daemon("b", "--rate", "5")
    answers = [d.call("POST", "/v1/track", event(n), JSON) for n in range(60)]
    busy = [a for a in answers if a[0] == 429]
    check("above the rate: 429", busy and any(a[0] == 200 for a in answers), [a[0] for a in answers][:20])
    check("429 says when", all("retry-after" in a[1] and "x-ratelimit-reset" in a[1] for a in busy))
    d.stop()


def tls():
    cert, key = os.path.join(work, "cert.pem"), os.path.join(work, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    d = Daemon("c", "--tls-cert", cert, "--tls-key", key)
    check("TLS", d.call("POST", "/v1/track", event(1), JSON, context=ssl.create_default_context(cafile=cert))[0] == 200)
    old = ssl.create_default_context(cafile=cert)
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        d.call("GET", "/healthz", context=old)
        check("TLS 1.1 is refused", False)
    except (ssl.SSLError, OSError):
        check("TLS 1.1 is refused", True)
    r = subprocess.run([nurtured, "trigger", "form.demo", "--email", "a@firm.example", "--data", d.data], capture_output=True, text=True)
    check("verbs speak TLS", r.returncode == 0, r.stderr)
    check("TLS daemon ends well", d.stop() == 0)


def stop_under_load():
    d = Daemon("d")
    acked, lock, going = [], threading.Lock(), True

    def sender(worker):
        c = http.client.HTTPConnection(d.where.hostname, d.where.port, timeout=20)
        auth = {**JSON, "Authorization": "Bearer " + d.key}
        n = 0
        while going:
            n += 1
            try:
                c.request("POST", "/v1/track", event(f"{worker}-{n}"), auth)
                r = c.getresponse()
                r.read()
                if r.status == 200:
                    with lock:
                        acked.append(f"m{worker}-{n}")
            except (OSError, http.client.HTTPException):
                return

    threads = [threading.Thread(target=sender, args=(w,)) for w in range(8)]
    for t in threads:
        t.start()
    time.sleep(1.5)
    code = d.stop()
    going = False
    for t in threads:
        t.join()
    db = sqlite3.connect(f"file:{d.data}/events.db?mode=ro", uri=True)
    there = set(m.decode() if isinstance(m, bytes) else m for (m,) in db.execute("select message_id from event"))
    lost = [m for m in acked if m not in there]
    check("a stop under load ends well", code == 0, d.err)
    check("and loses nothing it acknowledged", acked and not lost, f"{len(acked)} acknowledged, {len(lost)} lost")
    r = subprocess.run([nurtured, "replay", "--verify", "--data", d.data], capture_output=True, text=True)
    check("and replays", r.returncode == 0, r.stdout + r.stderr)


for part in (keys_and_errors, proxies_and_waits, numbers, rate, tls, stop_under_load):
    part()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
