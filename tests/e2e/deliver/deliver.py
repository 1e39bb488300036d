# SPDX-License-Identifier: Apache-2.0
"""deliver: mail that really leaves, taken by a server that is not ours, verified by dkimpy.
deliver.py NURTURED FOLDER"""
import base64
import email
import email.policy
import json
import os
import re
import subprocess
import sys
import time

import dkim

from keys import dkim_keys, lookup, make_keys
from node import Node, settings
from sink import Sink

program, work = sys.argv[1:]
passed = failed = 0


def check(name, ok, said=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL  {name}: {said}")


def arrives(sink, to, seconds=20):
    until = time.time() + seconds
    while time.time() < until:
        found = [m for m in sink.mails() if m["to"] == [to]]
        if found:
            return found
        time.sleep(0.05)
    return []


def look_at(mail, records):
    raw = base64.b64decode(mail["bytes"])
    m = email.message_from_bytes(raw, policy=email.policy.default)
    token = re.fullmatch(r"bounce\+([a-z2-7]+)@bounce\.larkspur\.example", mail["from"])
    check("return path", token, mail["from"])
    check("message id", token and mail["id"] == f"<m.{token[1]}@mail.larkspur.example>", mail["id"])
    check("from", str(m["From"]) == "Maren at Larkspur Yard <maren@mail.larkspur.example>", m["From"])
    check("to", str(m["To"]) == "ada@good.example", m["To"])
    check("subject", str(m["Subject"]) == "Hello Ada, your figures", m["Subject"])
    unsubscribe = str(m["List-Unsubscribe"])
    check("unsubscribe", re.match(r"<https://go\.larkspur\.example/u/[\w-]+>,\s*"
                                  r"<mailto:unsubscribe\+[a-z2-7]+@bounce", unsubscribe), unsubscribe)
    check("one click", str(m["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click")
    check("list id", "news.larkspur.example" in str(m["List-Id"]), m["List-Id"])
    check("feedback id", str(m["Feedback-ID"]) == "early:welcome:nurture:mail.larkspur.example")
    html = m.get_body(("html",)).get_content()
    text = m.get_body(("plain",)).get_content()
    for what in (html, text):
        check("tracked", re.search(r"https://go\.larkspur\.example/t/[\w-]+\?u=https%3A%2F%2Flarkspur"
                                   r"\.example%2Ffigures%3Fa%3D1%26b%3D2", what), what)
        check("named", "Hello Ada" in what, what)
    check("pixel", re.search(r'<img src="https://go\.larkspur\.example/o/[\w-]+\.gif"', html), html)
    d = dkim.DKIM(raw)
    for i, kind in enumerate(("rsa", "ed25519")):
        ok = d.verify(idx=i, dnsfunc=lookup(records))
        check(f"dkim {kind}", ok)
    changed = dkim.DKIM(raw.replace(b"Hello Ada", b"Hello Eve", 1))
    try:
        ok = changed.verify(dnsfunc=lookup(records))
    except dkim.DKIMException:
        ok = False
    check("a changed mail does not verify", not ok)


def look_before(node, got):
    """preview shows what left; doctor looks at what the settings name."""
    shown = json.loads(node.verb("preview", "ada@good.example", "welcome", "--json"))
    check("preview", shown["may_leave"] and shown["subject"] == "Hello Ada, your figures", shown)
    check("preview of another subject", "Did the figures help?" in
          node.verb("preview", "ada@good.example", "welcome", "--subject", "2"))
    number = node.rows("SELECT max(k) FROM message", file="state.db") \
        if got else [[0]]
    raw = node.verb("preview", "ada@good.example", str(number[0][0]), "--raw")
    check("the same letter", got and got[0]["id"] in raw and "DKIM-Signature" in raw)
    try:
        node.verb("preview", "ada@good.example", "welcom")
        check("no such message", False)
    except RuntimeError as e:
        check("no such message", "there are: welcome" in str(e), e)
    health = {}
    run = subprocess.run([node.program, "doctor", "--json", "--data", node.data], check=False,
                         capture_output=True, text=True)
    for line in run.stdout.splitlines():
        found = json.loads(line)
        health[found["check"]] = found
    for name in ("mail", "mail servers", "links"):
        check(f"doctor: {name}", health.get(name, {}).get("health") == "ok", health.get(name))


def main():
    records = make_keys(work)
    sink = Sink(work)
    node = Node(program, work, settings(
        sink.port, dkim=dkim_keys(work), list_id="news.larkspur.example",
        pace={"other": {"per_minute": 0}, "sender": {"per_minute": 0}, "warm_up": [100000, 200000]}))
    # Marked by a verb while nobody sends: the next daemon does.
    node.verb("trigger", "form.ebook", "--email", "early@good.example")
    check("nothing leaves without a daemon", not os.path.exists(sink.path) or not sink.mails())
    node.start()
    c = node.connect()
    check("left by a verb", arrives(sink, "early@good.example"))
    check("posted", node.post(c, "ada@good.example"))
    got = arrives(sink, "ada@good.example")
    check("it arrives", len(got) == 1, got)
    if got:
        look_at(got[0], records)
    look_before(node, got)
    # Nobody is there: suppressed, as if it had bounced; and never again.
    node.post(c, "nobody@gone.example")
    bounces = node.wait_told("email.bounce", 1)
    check("refused at once is a bounce", bounces and bounces[0][1].get("type") == "hard", bounces)
    last = node.wait_told("message.failed", 1)
    check("and a failure", last and last[0][1].get("class") == "bad_address", last)
    check("suppressed", node.rows("SELECT count(*) FROM suppression", file="state.db")[0][0] == 1)
    # Come back later: the class of the reply says when.
    node.post(c, "grey@slow.example")
    grey = node.wait_told("message.deferred", 2)  # the first is what the verb had marked
    check("deferred", grey and grey[-1][1].get("class") == "greylisted" and
          320 < grey[-1][1].get("after_seconds", 0) < 400, grey)
    # It has it and does not say so: nobody knows, and it is not sent again.
    node.post(c, "drop@good.example")
    lost = node.wait_told("message.uncertain", 1)
    check("uncertain", lost and lost[0][1].get("class") == "uncertain", lost)
    # A word that stops, said first.
    node.post(c, "stop@good.example", event="email.unsubscribe")
    node.post(c, "stop@good.example")
    node.post(c, "last@good.example")
    check("others go on", arrives(sink, "last@good.example"))
    check("it stops in order", node.stop() == 0)
    check("nothing behind an unsubscribe", not [m for m in sink.mails() if m["to"] == ["stop@good.example"]])
    check("once each", len({m["id"] for m in sink.mails()}) == len(sink.mails()))
    sink.stop()
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
