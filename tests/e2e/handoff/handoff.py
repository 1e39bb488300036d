# SPDX-License-Identifier: Apache-2.0
"""handoff.py NURTURED FOLDER: see ../handoff.sh. Ends with `N passed, N failed`."""
import base64
import email
import email.policy
import hashlib
import hmac
import html
import http.client
import http.server
import json
import os
import re
import shutil
import sqlite3
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlencode, urlsplit

program, work = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
data = os.path.join(work, "data")
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
os.environ.update(NURTURED_DATA=data, HOOK_SECRET=SECRET)
passed = failed = 0


def check(name, ok, said=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL  {name}: {str(said)[:800]}")


def verb(*words, stdin=None):
    run = subprocess.run([program, *words], capture_output=True, text=True, check=False, input=stdin)
    if run.returncode != 0:
        print(f"{words}: {run.returncode}: {run.stdout}{run.stderr}")
    return run.stdout


# ---- a receiver of webhooks ----

class Receiver(http.server.BaseHTTPRequestHandler):
    got, refuse, hold = [], 0, None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        if Receiver.hold:
            Receiver.hold.wait(60)
        refused = Receiver.refuse > 0
        Receiver.refuse -= refused
        try:
            self.send_response(500 if refused else 204)
            self.end_headers()
        except OSError:
            pass  # who asked is dead

    def log_message(self, *_):
        pass


def verified(headers, body):
    """By hand, as the specification says it."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    want = base64.b64encode(hmac.new(b"0123456789abcdef01234567", signed, hashlib.sha256).digest())
    fresh = abs(int(headers["webhook-timestamp"]) - time.time()) < 300
    return fresh and headers["webhook-signature"] == "v1," + want.decode()


def hooks(kind=None):
    found = [(h, json.loads(b)) for h, b in list(Receiver.got)]
    return [x for x in found if kind is None or x[1]["type"] == kind]


def until(what, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    return what()


# ---- the daemon ----

def start():
    global daemon
    with open(os.path.join(work, "daemon.log"), "ab") as log:
        daemon = subprocess.Popen([program, "serve", "--listen", f"127.0.0.1:{port}"], stdout=log, stderr=log)
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)


# ---- the simulated inbox ----

def mails(to):
    with sqlite3.connect(f"file:{data}/inbox.db?mode=ro", uri=True) as db:
        names = [r[1] for r in db.execute("PRAGMA table_info(mail)")]
        rows = [dict(zip(names, r)) for r in db.execute("SELECT * FROM mail ORDER BY 1")]
    parsed = [email.message_from_bytes(r["bytes"], policy=email.policy.default) for r in rows]
    return [m for m in parsed if to in str(m["To"])]


def links(mail):
    return re.findall(r'href="([^"]+)"', mail.get_body(("html",)).get_content())


def ask(method, link, **fields):
    at = urlsplit(html.unescape(link))
    c = http.client.HTTPConnection(at.hostname, at.port, timeout=20)
    c.request(method, at.path, urlencode(fields) if method == "POST" else None,
              {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {})
    r = c.getresponse()
    r.text = r.read().decode()
    c.close()
    return r


def handoff(number):
    return json.loads(verb("handoff", "show", str(number), "--json"))


# ---- the parts ----

def by_reply():
    """A reply hands over; the receiver is down for a moment; the rep accepts by a link."""
    Receiver.refuse = 1
    verb("trigger", "form.ebook", "--email", "ada@acme.example", "--trait", "first_name=Ada,title=CTO")
    sent = until(lambda: mails("ada@acme.example"))
    check("the first touch", len(sent) == 1, sent)
    reply = ("From: Ada <ada@acme.example>\r\nTo: maren@mail.larkspur.example\r\n"
             f"Subject: Re: figures\r\nIn-Reply-To: {sent[0]['Message-ID']}\r\n"
             "Message-ID: <a1@acme.example>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
             "\r\nCan we <talk> on Monday?\r\n")
    verb("inbound", stdin=reply)
    got = until(lambda: mails("jo@larkspur.example") + mails("al@larkspur.example"))
    check("the rep has mail", len(got) == 1, got)
    if not got:
        return
    m, text = got[0], got[0].get_body(("plain",)).get_content()
    page = m.get_body(("html",)).get_content()
    check("who", "Ada" in str(m["Subject"]), m["Subject"])
    check("answers go to the lead", "ada@acme.example" in str(m["Reply-To"]), m["Reply-To"])
    check("automatic", m["Auto-Submitted"] == "auto-generated", m["Auto-Submitted"])
    check("their words", "Can we <talk> on Monday?" in text, text)
    check("escaped", "<talk>" not in page and "&lt;talk&gt;" in page, page)
    check("nothing is tracked", "<img" not in page and "/t/" not in page and
          m["List-Unsubscribe"] is None, page)
    check("stopped", "Automated messages to this lead have stopped" in text, text)
    first = until(lambda: hooks("handoff.opened"))
    again = until(lambda: len(hooks("handoff.opened")) > 1 and hooks("handoff.opened"), 30)
    check("posted again behind a 500", again and len(again) == 2, first)
    if again:
        check("under the same id", again[0][0]["webhook-id"] == again[1][0]["webhook-id"])
        d = again[1][1]["data"]
        check("the whole story", d["lead"]["email"] == "ada@acme.example" and
              d["reply"]["text"].startswith("Can we <talk>") and
              d["messages"][0]["replied"] is True and d["handoff"]["state"] == "open", d)
    for headers, body in Receiver.got:
        check("signed", verified(headers, body), headers)
    accept = [x for x in links(m) if "/h/" in x][0]
    check("looking changes nothing", ask("GET", accept).status == 200)
    check("still open", handoff(1)["state"] == "open", handoff(1))
    check("accepted", ask("POST", accept).status == 200)
    check("theirs", until(lambda: handoff(1)["state"] == "accepted"), handoff(1))
    check("told", until(lambda: hooks("handoff.accepted")))
    check("twice is too late", ask("POST", accept).status == 409)
    dead = json.loads(verb("events", "--dead", "--json"))
    check("and leaves no dead letter", dead["dead_letters"] == [], dead)


def by_threshold():
    """A hot lead; nobody answers: reminded, given to the next, overdue."""
    verb("trigger", "form.demo", "--email", "eve@other.example")
    h = until(lambda: json.loads(verb("handoff", "show", "2", "--json") or "{}"))
    check("handed over", h and h["state"] == "open", h)
    first = h["rep_email"]
    other = ({"jo@larkspur.example", "al@larkspur.example"} - {first}).pop()
    before = len(mails(first))
    verb("clock", "advance", "2h10m")
    late = mails(first)[before:]
    check("reminded", len(late) == 1 and "Still waiting" in str(late[0]["Subject"]), late)
    verb("clock", "advance", "2h")
    check("the next has it", handoff(2)["rep_email"] == other, handoff(2))
    check("and knows", "New lead" in str(mails(other)[-1]["Subject"]), mails(other)[-1]["Subject"])
    check("the first knows too", "Passed on" in str(mails(first)[-1]["Subject"]))
    check("so do their tools", until(lambda: hooks("handoff.assigned")))
    verb("clock", "advance", "5h")
    check("overdue", handoff(2).get("overdue") is True, handoff(2))
    check("shown to the tools", until(lambda: hooks("handoff.overdue")))
    verb("handoff", "return", "2", "--reason", "budget in May", "--yes")
    check("returned", until(lambda: hooks("handoff.returned")))


def confirming():
    """A first yes in a country that asks for two."""
    call = {"type": "track", "event": "form.news", "userId": "u7",
            "properties": {"consent": True},
            "context": {"traits": {"email": "kim@kite.example"}, "country": "DE",
                        "location": {"country": "DE"}}}
    at = urlsplit(url)
    c = http.client.HTTPConnection(at.hostname, at.port, timeout=20)
    auth = base64.b64encode(f"{key}:".encode()).decode()
    c.request("POST", "/v1/track", json.dumps(call),
              {"Authorization": f"Basic {auth}", "Content-Type": "application/json"})
    c.getresponse().read()
    got = until(lambda: mails("kim@kite.example"))
    check("asked to confirm", len(got) == 1 and "confirm" in str(got[0]["Subject"]), got)
    if not got:
        return
    page = got[0].get_body(("html",)).get_content()
    check("who sends", "Speicherstrasse 4" in page and "<img" not in page, page)
    link = [x for x in links(got[0]) if "/c/" in x][0]
    check("looking confirms nothing", ask("GET", link).status == 200)
    def rule():
        doc = json.loads(verb("explain", "kim@kite.example", "--json"))
        return [v["rule"] for v in doc["consent"]["may_we_speak"] if v["purpose"] == "news"][0]
    check("pending", rule() == "pending", rule())
    check("confirmed", ask("POST", link, confirm="yes").status == 200)
    check("may be written to", until(lambda: rule() == "confirmed"), rule())


def dead_letters():
    """A receiver that is down for days: shown, and posted again by hand under its old id."""
    Receiver.refuse = 1000
    verb("trigger", "form.demo", "--email", "zoe@third.example")
    until(lambda: [x for x in hooks("handoff.opened") if x[1]["data"]["lead"].get("email") == "zoe@third.example"])
    verb("clock", "advance", "26h")
    listed = json.loads(verb("webhook", "list", "--failed", "--json"))["webhooks"]
    check("dead letters", any(x["type"] == "handoff.opened" and x["state"] == "failed" and
                              "500" in x["reason"] for x in listed), listed)
    Receiver.refuse = 0
    dead = [x for x in listed if x["type"] == "handoff.opened"]
    if not dead:
        return
    n = len(Receiver.got)
    verb("webhook", "replay", str(dead[0]["id"]))
    more = until(lambda: Receiver.got[n:])
    check("posted again", more and more[0][0]["webhook-id"] == dead[0]["webhook_id"], more)


def killed():
    """The process dies while the receiver thinks: posted again, under the same id."""
    Receiver.hold = threading.Event()
    n = len(Receiver.got)
    verb("trigger", "form.demo", "--email", "max@fourth.example")
    check("under way", until(lambda: Receiver.got[n:]))
    daemon.kill()
    daemon.wait(60)
    Receiver.hold.set()
    start()
    again = until(lambda: len(Receiver.got) > n + 1 and Receiver.got[n:], 30)
    check("again behind a kill", again and again[0][0]["webhook-id"] == again[1][0]["webhook-id"], again)


def by_node():
    """The specification's own library has the last word on signatures."""
    folder = os.path.join(work, "verify")
    if not shutil.which("node") or not shutil.which("npm"):
        print("node is not here: signatures were verified by hand")
        return
    shutil.copytree(os.path.join(here, "verify"), folder)
    npm = subprocess.run(["npm", "install", "--no-package-lock", "--omit=optional", "--ignore-scripts",
                          "--no-audit", "--no-fund", "--silent"], cwd=folder, capture_output=True, check=False)
    if npm.returncode != 0:
        print("npm cannot fetch standardwebhooks: signatures were verified by hand")
        return
    with open(os.path.join(folder, "got.json"), "w") as f:
        json.dump([{"headers": h, "body": b.decode()} for h, b in Receiver.got], f)
    run = subprocess.run(["node", "verify.cjs", "got.json"], cwd=folder, capture_output=True, text=True, check=False)
    check("standardwebhooks", run.returncode == 0, run.stdout + run.stderr)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
key = json.loads(verb("init", "--json").splitlines()[0])["write_key"]
with open(os.path.join(data, "settings.json"), "w") as f:
    json.dump({"handoff_webhook": {"url": f"http://127.0.0.1:{server.server_port}/hook",
                                   "secret_env": "HOOK_SECRET"}}, f)
verb("apply", os.path.join(here, "program.yaml"), "--yes")
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
url = f"http://127.0.0.1:{port}"
start()
try:
    for part in (by_reply, by_threshold, confirming, dead_letters, killed, by_node):
        part()
finally:
    daemon.terminate()
    check("the daemon ends well", daemon.wait(60) == 0, open(os.path.join(work, "daemon.log")).read())
replay = subprocess.run([program, "replay", "--verify"], capture_output=True, text=True, check=False)
check("replay", replay.returncode == 0 and "equal" in replay.stdout + replay.stderr, replay.stdout + replay.stderr)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
