# SPDX-License-Identifier: Apache-2.0
# page.py URL MAIL: the pages of the simulated inbox, as a browser on this machine would use them, and
# as another site would try to. Ends with `N passed, N failed`.
import http.client, re, sys
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

url, mail = urlsplit(sys.argv[1]), sys.argv[2]
passed = failed = 0


def check(name, ok, why=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print("FAIL ", name, str(why)[:600])


def ask(method, path, body=None, **headers):
    c = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    c.request(method, path, body, headers)
    r = c.getresponse()
    r.text = r.read().decode()
    c.close()
    return r


class Page(HTMLParser):
    """Every form with its fields; elements that must not be there."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.tags, self.labels, self.inputs = [], set(), 0, 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.tags.add(tag)
        if tag == "form":
            self.forms.append({"action": a["action"], "method": a["method"]})
        elif tag == "input" and a.get("type") == "hidden":
            self.forms[-1][a["name"]] = a["value"]
        elif tag in ("input", "textarea"):
            self.inputs += 1
        elif tag == "label":
            self.labels += 1
        check(f"no handler in <{tag}>", not any(k.startswith("on") or k == "style" for k in a), a)


r = ask("GET", "/inbox")
check("the list", r.status == 200 and f'href="inbox/{mail}"' in r.text, r.text)
csp = r.headers["Content-Security-Policy"]
check("its policy", "default-src 'none'" in csp and "script" not in csp and "unsafe" not in csp, csp)
check("fits a narrow screen", "width=device-width" in r.text)
r = ask("GET", f"/inbox/{mail}")
p = Page(r.text)
check("a mail", r.status == 200 and "<h1>Hello</h1>" in r.text, r.text)
check("no script anywhere", "script" not in p.tags)
check("every field has a label", p.inputs == p.labels > 0, (p.inputs, p.labels))
acts = {f["act"] for f in p.forms}
check("every act has a button", acts == {"open", "click", "reply", "bounce", "bounce-soft", "complain", "auto-reply", "unsubscribe"}, acts)
check("the unsubscribe page is a link to the real one", re.search(r'<a href="[^"]+/u/[^"]+">Open the unsubscribe page</a>', r.text), r.text)
check("the frame can do nothing", re.search(r'<iframe sandbox title="[^"]+" src="%s/html">' % mail, r.text), r.text)
r = ask("GET", f"/inbox/{mail}/html")
csp = r.headers["Content-Security-Policy"]
check("the message", r.status == 200 and "Hello there" in r.text, r.text)
check("its policy", csp.startswith("sandbox;") and "default-src 'none'" in csp and "img-src" not in csp, csp)
check("the page looks and does nothing", "email.open" not in r.text)

form = next(f for f in p.forms if f["act"] == "reply")
body = {"act": "reply", "text": "Yes <b>call</b> me", "token": form["token"]}
check("no such mail", ask("GET", "/inbox/99999").status == 404)
check("no number", ask("GET", "/inbox/../x").status in (400, 404))
check("another site's name", ask("GET", "/inbox", Host="evil.example").status == 403)
check("a name that begins alike", ask("GET", "/inbox", Host="localhost.evil.example").status == 403)
check("through a proxy", ask("GET", "/inbox", **{"X-Forwarded-For": "203.0.113.9"}).status == 401)
check("a form without the token", ask("POST", f"/inbox/{mail}", urlencode({"act": "reply", "text": "x"})).status == 403)
check("a form with another", ask("POST", f"/inbox/{mail}", urlencode(body | {"token": "x"})).status == 403)
check("no such act", ask("POST", f"/inbox/{mail}", urlencode(body | {"act": "x"})).status == 400)
check("no day", ask("POST", f"/inbox/{mail}", urlencode(body | {"act": "auto-reply", "until": "soon"})).status == 400)
for name in ("open", "click"):
    f = next(f for f in p.forms if f["act"] == name)
    r = ask("POST", f"/inbox/{mail}", urlencode({k: v for k, v in f.items() if k in ("act", "token", "link")}))
    check(name + " leads back", r.status == 303 and r.headers["Location"] == f"{mail}?did={name}", (r.status, r.text))
r = ask("POST", f"/inbox/{mail}", urlencode(body))
check("answered", r.status == 303, (r.status, r.text))
r = ask("GET", f"/inbox/{mail}?did=reply")
check("it says what was done, and where the lead stands", 'role="status"' in r.text and "score 29.0" in r.text, r.text)
check("no words from the address", "<x" not in ask("GET", f"/inbox/{mail}?did=<x").text)
print(f"{passed} passed, {failed} failed")
