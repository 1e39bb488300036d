# SPDX-License-Identifier: Apache-2.0
# observe.py URL DIR PROGRAM doors|verdicts: see ../observe.sh. Ends with `N passed, N failed`.
import http.client, json, subprocess, sys, time
from urllib.parse import quote, urlencode, urlsplit

import tokens
from tokens import CHOICES, CLICK, CONFIRM, OPEN, REP, STOP, TRAP

url, folder, program, part = sys.argv[1:]
at = urlsplit(url)
key = tokens.key(folder)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
TARGET = "https://larkspur.example/go?a=1&b=%C3%A9"
passed = failed = 0


def check(name, ok, why=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print("FAIL ", name, str(why)[:600])


def token(*args):
    return tokens.token(key, *args)


def ask(method, path, body=None, agent=FIREFOX, **headers):
    c = http.client.HTTPConnection(at.hostname, at.port, timeout=20)
    h = {"User-Agent": agent, "Accept-Language": "de"} | {k.replace("_", "-"): v for k, v in headers.items()}
    if body is not None and "Content-Type" not in h:
        h["Content-Type"] = "application/x-www-form-urlencoded"
    c.request(method, path, body, {k: v for k, v in h.items() if v is not None})
    r = c.getresponse()
    r.text = r.read().decode("latin-1")
    c.close()
    return r


def click(message, n=1, target=TARGET, agent=FIREFOX, kind=CLICK, method="GET", **headers):
    return ask(method, f"/t/{token(kind, message, n, 0, target)}?u={quote(target, safe='')}", None, agent, **headers)


def verb(*args):
    return subprocess.run([program, *args], capture_output=True, text=True).stdout


def events(who):
    return json.loads(verb("events", "--lead", who, "--limit", "200", "--json"))["events"]


def rule(who, channel="email", purpose="newsletter"):
    doc = json.loads(verb("explain", who, "--json"))
    for v in doc["consent"]["may_we_speak"]:
        if (v["channel"], v["purpose"]) == (channel, purpose):
            return v["rule"]


def is_page(name, r, status):
    check(name + ": status", r.status == status, (r.status, r.text))
    check(name + ": a page", r.headers["Content-Type"].startswith("text/html") and "<h1" in r.text, r.text)
    check(name + ": kept by nobody", r.headers["Cache-Control"] == "no-store")
    check(name + ": tells nobody where from", r.headers["Referrer-Policy"] == "no-referrer")
    csp = r.headers["Content-Security-Policy"]
    check(name + ": no scripts", "default-src 'none'" in csp and "script" not in csp and "<script" not in r.text)


def redirects():
    r = click(1)
    check("a click leads on", r.status == 302 and r.headers["Location"] == TARGET, (r.status, r.text))
    check("a redirect is kept by nobody", r.headers["Cache-Control"] == "no-store")
    check("a redirect tells nobody where from", r.headers["Referrer-Policy"] == "no-referrer")
    long = "https://larkspur.example/" + "x" * 2000
    r = click(1, 2, long)
    check("a long target", r.status == 302 and r.headers["Location"] == long, r.status)
    good = token(CLICK, 1, 1, 0, TARGET)
    for name, path in {
        "another target": f"/t/{good}?u=https://evil.example/",
        "no target": f"/t/{good}",
        "a changed token": f"/t/{'B' + good[1:]}?u={quote(TARGET, safe='')}",
        "no token at all": "/t/hello",
        "a token of another kind": f"/t/{token(STOP, 1)}",
        "a script as target": f"/t/{token(CLICK, 1, 1, 0, 'javascript:alert(1)')}?u=javascript:alert(1)",
    }.items():
        r = ask("GET", path)
        is_page(name, r, 404)
        check(name + ": leads nowhere", r.headers["Location"] is None)
    is_page("an old link", ask("GET", f"/t/{token(CLICK, 1, 1, 100, TARGET)}?u={quote(TARGET, safe='')}"), 410)
    r = click(1, 1, method="HEAD", agent="curl/8")
    check("HEAD", r.status == 302 and r.headers["Location"] == TARGET and r.text == "", r.status)
    r = click(3, 9, kind=TRAP, agent="Scanner/1", Accept_Language=None)
    check("the link nobody sees leads on as well", r.status == 302, r.status)
    check("no method but GET and HEAD", ask("POST", f"/t/{good}?u={quote(TARGET, safe='')}", "x").status in (405, 413))


def pictures():
    r = ask("GET", f"/o/{token(OPEN, 1)}.gif")
    check("the picture", r.status == 200 and r.headers["Content-Type"] == "image/gif" and r.text[:6] == "GIF89a", r.status)
    check("the picture is asked for each time", r.headers["Cache-Control"] == "no-store")
    r = ask("GET", f"/o/{token(CLICK, 1, 0, 0, TARGET)}.gif")
    check("no picture of ours: still one", r.status == 404 and r.text[:6] == "GIF89a", r.status)


def unsubscribe():
    before = rule("ada@acme.example")
    path = "/u/" + token(STOP, 1)
    r = ask("GET", path)
    is_page("the page to unsubscribe", r, 200)
    check("the address is masked", "a\xe2\x80\xa2" in r.text and "ada@acme" not in r.text, r.text)
    check("showing it changes nothing", rule("ada@acme.example") == before == "legitimate_interest", before)
    is_page("a post that says nothing", ask("POST", path, "x=1"), 400)
    check("it changes nothing", rule("ada@acme.example") == before)
    is_page("not this link", ask("POST", "/u/" + token(CHOICES, 1), "List-Unsubscribe=One-Click"), 404)
    is_page("unsubscribed in one click", ask("POST", path, "List-Unsubscribe=One-Click"), 200)
    wait("ada is not written to", lambda: rule("ada@acme.example") == "suppressed")
    body = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
    r = ask("POST", "/u/" + token(STOP, 2), body, Content_Type="multipart/form-data; boundary=x")
    is_page("one click, as a multipart form", r, 200)
    wait("bob is not written to", lambda: rule("bob@acme.example") == "suppressed")
    check("again is no fault", ask("POST", path, "List-Unsubscribe=One-Click").status == 200)


def choices():
    path = "/p/" + token(CHOICES, 3)
    r = ask("GET", path)
    is_page("the page of choices", r, 200)
    check("choices are named for people", "Newsletter by e-mail" in r.text and "Events by text message" in r.text, r.text)
    form = [("shown", f"{c}/{p}") for c in ("email", "sms") for p in ("newsletter", "events")]
    is_page("choices", ask("POST", path, urlencode(form + [("keep", "email/newsletter")])), 200)
    wait("no events by mail", lambda: rule("cyd@acme.example", "email", "events") == "withdrawn")
    check("still the newsletter", rule("cyd@acme.example") == "legitimate_interest", rule("cyd@acme.example"))
    is_page("choices again", ask("POST", path, urlencode(form + [("keep", "email/newsletter"), ("keep", "email/events")])), 200)
    wait("events again, as confirmed", lambda: rule("cyd@acme.example", "email", "events") == "confirmed")
    is_page("a form without choices", ask("POST", path, "a=b"), 400)
    is_page("nothing at all", ask("POST", path, "all=none"), 200)
    wait("cyd hears nothing", lambda: rule("cyd@acme.example") == "withdrawn")


def confirm():
    path = "/c/" + token(CONFIRM, 4)
    is_page("the page to confirm", ask("GET", path), 200)
    check("showing it confirms nothing", rule("dee@acme.example") == "legitimate_interest")
    is_page("a post without the word", ask("POST", path, "a=b"), 400)
    is_page("confirmed", ask("POST", path, "confirm=yes"), 200)
    wait("dee has confirmed", lambda: rule("dee@acme.example") == "confirmed" or rule("dee@acme.example", "email", "events") == "confirmed")


def reps():
    verb("trigger", "email.reply", "--email", "eve@acme.example")
    for n in range(7):
        is_page(f"a page for a rep, {n}", ask("GET", f"/h/{token(REP, 1, n)}"), 200)
    is_page("a day that has passed", ask("POST", f"/h/{token(REP, 1, 1)}", "again=2020-01-01"), 400)
    is_page("accepted", ask("POST", f"/h/{token(REP, 1, 0)}", "note=mine"), 200)
    r = ask("POST", f"/h/{token(REP, 1, 0)}", "")
    is_page("accepted twice", r, 409)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 20 * 86400))
    is_page("returned", ask("POST", f"/h/{token(REP, 1, 1)}", "again=" + day), 200)
    is_page("no hand-off of that number", ask("GET", f"/h/{token(REP, 77, 0)}"), 200)


def wait(name, holds):
    for _ in range(300):
        if holds():
            return check(name, True)
        time.sleep(0.1)
    check(name, False, "not within half a minute")


def flood():
    statuses = {ask("GET", "/u/" + token(STOP, 5)).status for _ in range(60)}
    check("one link, far too often", statuses == {200, 429}, statuses)


def human_and_machine():
    # A person on one link of dee's message; a scanner on three of eve's, at once.
    check("a person", click(4, 1).status == 302)
    for n in (1, 2, 3):
        check("a scanner with a browser's name", click(5, n).status == 302)
    ask("GET", f"/o/{token(OPEN, 5)}.gif")


def clicks(who):
    return [(e["type"], "machine" if e.get("machine") else "human") for e in events(who) if e["type"] in ("email.click", "email.open")]


def verdicts():
    wait("the person's click", lambda: clicks("dee@acme.example") == [("email.click", "human")])
    wait("the scanner's clicks", lambda: sorted(clicks("eve@acme.example")) == [("email.click", "machine")] * 3 + [("email.open", "human")])
    found = sorted(clicks("cyd@acme.example"))
    check("the link nobody sees is a machine's", found == [("email.click", "machine")], found)
    time.sleep(1)
    check("once each", clicks("dee@acme.example") == [("email.click", "human")] and len(clicks("eve@acme.example")) == 4)
    open(folder + "/before.json", "w").write(verb("events", "--lead", "ada@acme.example", "--json"))


if part == "doors":
    redirects()
    pictures()
    unsubscribe()
    choices()
    confirm()
    reps()
    flood()
    human_and_machine()
else:
    verdicts()
print(f"{passed} passed, {failed} failed")
