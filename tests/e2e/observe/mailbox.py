# SPDX-License-Identifier: Apache-2.0
"""mailbox.py NURTURED FOLDER: what tests/e2e/mailbox.sh checks. Ends with `N passed, N failed`."""
import datetime
import email
import email.policy
import json
import os
import pathlib
import pwd
import re
import grp
import smtplib
import socket
import subprocess
import sys
import time
from email.message import EmailMessage

import dkim

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "deliver"), os.path.join(HERE, "..", "imap")]
from dovecot import Dovecot, free_port, until  # noqa: E402
from keys import dkim_keys, lookup, make_keys  # noqa: E402
from node import Node, settings  # noqa: E402

program, work = sys.argv[1], pathlib.Path(sys.argv[2])
passed = failed = 0
PATIENCE_S = 30


def check(name, ok, said=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL  {name}: {str(said)[:800]}")


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return True
    except OSError:
        return False


class Postfix:
    """Takes mail for everybody of three domains; who is not in the table bounces later, by DSN."""

    BOXES = {"ada@acme.example": "ada/", "bob@acme.example": "bob/", "eve@acme.example": "eve/",
             "@bounce.larkspur.example": "larkspur/", "@mail.larkspur.example": "larkspur/",
             "@larkspur.example": "sales/"}

    def __init__(self, mail, owner):
        self.port, self.dir = free_port(), work / "postfix"
        for d in ("", "queue", "data"):
            (self.dir / d).mkdir()
        os.chown(self.dir / "data", pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postfix").gr_gid)
        (self.dir / "boxes").write_text("".join(f"{k} {v}\n" for k, v in self.BOXES.items()))
        (self.dir / "main.cf").write_text(
            "compatibility_level = 3.6\n"
            f"queue_directory = {self.dir}/queue\ndata_directory = {self.dir}/data\n"
            f"maillog_file = {self.dir}/log\nmaillog_file_prefixes = {work}\n"
            "mail_owner = postfix\nsetgid_group = postdrop\n"
            "command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\n"
            "inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmyhostname = mx.acme.example\n"
            "mydestination =\nmynetworks = 127.0.0.0/8\nrecipient_delimiter = +\nalias_maps =\n"
            "virtual_mailbox_domains = acme.example, bounce.larkspur.example,"
            " mail.larkspur.example, larkspur.example\n"
            f"virtual_mailbox_base = {mail}\nvirtual_mailbox_maps = texthash:{self.dir}/boxes\n"
            f"virtual_minimum_uid = 1\nvirtual_uid_maps = static:{owner.pw_uid}\n"
            f"virtual_gid_maps = static:{owner.pw_gid}\n"
            "smtpd_reject_unlisted_recipient = no\nsmtpd_peername_lookup = no\n")
        row = "{} unix {} - n - {} {}\n".format
        (self.dir / "master.cf").write_text(
            f"127.0.0.1:{self.port} inet n - n - - smtpd\n"
            "postlog unix-dgram n - n - 1 postlogd\n" +
            row("cleanup", "n", 0, "cleanup") + row("qmgr", "n", 1, "qmgr") +
            row("rewrite", "-", "-", "trivial-rewrite") + row("bounce", "-", 0, "bounce") +
            row("defer", "-", 0, "bounce") + row("trace", "-", 0, "bounce") +
            row("verify", "-", 1, "verify") + row("proxymap", "-", "-", "proxymap") +
            row("smtp", "-", "-", "smtp") + row("error", "-", "-", "error") +
            row("retry", "-", "-", "error") + "virtual unix - n n - - virtual\n" +
            row("anvil", "-", 1, "anvil") + row("tlsmgr", "-", 1, "tlsmgr"))

    def start(self):
        made = subprocess.run(["postfix", "-c", self.dir, "check"], capture_output=True, text=True)
        self.process = subprocess.Popen(["/usr/lib/postfix/sbin/master", "-c", self.dir, "-d"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not until(lambda: listens(self.port)):
            log = self.dir / "log"
            sys.exit("postfix does not answer: " + made.stderr + (log.read_text() if log.exists() else ""))

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)

    def send(self, sender, to, message):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as s:
            s.sendmail(sender, [to], message if isinstance(message, bytes) else message.as_bytes())


def mails(mail, user):
    return [p.read_bytes() for p in sorted((mail / user).glob("[nc][eu][wr]/*"))]


def arrived(mail, user):
    found = until(lambda: mails(mail, user))
    check(f"{user} gets a mail", len(found) == 1, len(found))
    return found[0] if found else None


def signed(raw, records):
    d = dkim.DKIM(raw)
    check("DKIM verifies behind a real server", all(
        d.verify(idx=i, dnsfunc=lookup(records)) for i in range(2)))


def rule(node, who):
    shown = json.loads(node.verb("explain", who, "--json"))
    return shown["consent"]["may_we_speak"][0]["rule"]


def status(node):
    c = node.connect()
    token = (pathlib.Path(node.data) / "admin.token").read_text()
    c.request("GET", "/v1/status", headers={"Authorization": "Bearer " + token})
    return json.loads(c.getresponse().read()).get("mailbox", {"connected": False, "taken": 0})


def answer(raw, who, text, **headers):
    """As a mail program answers: to Reply-To, in the thread, with a quote."""
    got = email.message_from_bytes(raw, policy=email.policy.default)
    m = EmailMessage()
    m["From"], m["To"] = f"{who}@acme.example", str(got["Reply-To"] or got["From"])
    m["Subject"] = f"Re: {got['Subject']}"
    m["Message-ID"] = f"<{who}-{time.monotonic_ns()}@acme.example>"
    m["In-Reply-To"] = m["References"] = str(got["Message-ID"]).strip()
    for name, value in headers.items():
        m[name.replace("_", "-")] = value
    quote = "".join("> " + line + "\n" for line in got.get_body(("plain",)).get_content().splitlines())
    m.set_content(f"{text}\n\nOn Monday, {got['From']} wrote:\n{quote}")
    return m


def complaint(raw):
    return (b"From: feedback@provider.example\r\nTo: abuse@mail.larkspur.example\r\n"
            b"Subject: complaint\r\nMessage-ID: <fbl-1@provider.example>\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
            b"--b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n"
            b"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
            b"User-Agent: Test/1\r\nVersion: 1\r\n"
            b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + raw.replace(b"\n", b"\r\n") + b"\r\n--b--\r\n")


def there_and_back(node, postfix, dovecot, records):
    mail = dovecot.mail
    c = node.connect()
    for who in ("ada", "bob", "eve", "nobody"):
        check(f"{who} comes in", node.post(c, f"{who}@acme.example"))
    raw = {who: arrived(mail, who) for who in ("ada", "bob", "eve")}
    if None in raw.values():
        return
    signed(raw["ada"], records)
    back_on = datetime.date.today() + datetime.timedelta(days=20)
    back = email.message_from_bytes(raw["bob"])["Return-Path"].strip("<>")
    postfix.send("ada@acme.example", "maren@mail.larkspur.example", answer(raw["ada"], "ada", "Yes, call me on Tuesday."))
    postfix.send("", back, answer(raw["bob"], "bob", f"I am out of the office until {back_on:%d %B %Y}.",
                                  Auto_Submitted="auto-replied"))
    postfix.send("", "abuse@mail.larkspur.example", complaint(raw["eve"]))

    bounce = node.wait_told("email.bounce", 1, PATIENCE_S)
    check("an unknown user is a real bounce", bounce and bounce[0][1].get("bounce") == "hard" and
          bounce[0][1].get("matched") == "token" and "unknown user" in bounce[0][1].get("diagnostic", ""), bounce)
    reply = node.wait_told("email.reply", 1, PATIENCE_S)
    check("an answer, without its quote", reply and reply[0][1].get("text", "").strip() == "Yes, call me on Tuesday."
          and reply[0][1].get("matched") == "message-id", reply)
    away = node.wait_told("email.auto_reply", 1, PATIENCE_S)
    check("out of office, with its day", away and away[0][1].get("until", "").startswith(f"{back_on:%Y-%m-%d}"), away)
    spam = node.wait_told("email.complaint", 1, PATIENCE_S)
    check("a complaint", spam and spam[0][1].get("matched") in ("token", "message-id"), spam)

    check("the unknown address is suppressed", until(lambda: rule(node, "nobody@acme.example") == "suppressed"))
    check("so is who complained", until(lambda: rule(node, "eve@acme.example") == "suppressed"))
    check("who answered has a hand-off", until(lambda: "ada@acme.example" in node.verb("handoff", "list", "--json") or
          '"lead":1' in node.verb("handoff", "list", "--json")), node.verb("handoff", "list", "--json"))
    check("who is away waits", until(lambda: " 1 paused" in node.verb("track", "show", "only")), node.verb("track", "show", "only"))
    check("the mailbox is read to its end", until(lambda: dovecot.count("larkspur", "UNSEEN") == 0))
    check("nobody was written to again", [len(mails(mail, w)) for w in ("ada", "bob", "eve")] == [1, 1, 1])


def says(node, verb):
    """What a verb says of the mailbox; doctor ends with 1 when something is wrong."""
    run = subprocess.run([node.program, verb, "--data", node.data], check=False, capture_output=True,
                         text=True, stdin=subprocess.DEVNULL)
    found = [line for line in run.stdout.splitlines() if re.search(r"\bmailbox\b", line)]
    return " ".join(found[0].split()) if found else run.stdout + run.stderr


def gone_and_back(node, dovecot):
    """The server goes, and comes back with a new numbering and nothing marked as seen."""
    check("status says it is connected", until(lambda: says(node, "status") == "mailbox connected"), says(node, "status"))
    check("and so does doctor", until(lambda: says(node, "doctor").endswith("connected")), says(node, "doctor"))
    before, taken = len(node.told()), status(node)["taken"]
    dovecot.stop()
    check("status says that it is away", until(lambda: "mailbox not connected" in says(node, "status")), says(node, "status"))
    check("and so does doctor", until(lambda: not says(node, "doctor").endswith(" connected")), says(node, "doctor"))
    box = dovecot.mail / "larkspur"
    for path in [*box.glob("dovecot-uid*"), *box.glob("dovecot.index*")]:
        path.unlink()
    seen = [path for path in (box / "cur").iterdir() if path.name.endswith("S")]
    for path in seen:
        path.rename(path.with_name(path.name[:-1]))
    dovecot.start()
    check("with a new numbering what is unseen is read again", until(
        lambda: status(node)["taken"] >= taken + len(seen) > taken and dovecot.count("larkspur", "UNSEEN") == 0), status(node))
    check("and nothing of it counts twice", len(node.told()) == before, len(node.told()) - before)


def main():
    records = make_keys(str(work))
    dovecot = Dovecot(work)
    postfix = Postfix(dovecot.mail, dovecot.owner)
    node = Node(program, str(work), {})
    node.verb("apply", os.path.join(HERE, "program.yaml"), "--yes")
    (pathlib.Path(node.data) / "imap.password").write_text("secret\n")
    what = settings(postfix.port, dkim=dkim_keys(str(work)), mailbox={
        "host": "127.0.0.1", "port": dovecot.port, "security": "none", "user": "larkspur",
        "password_file": "imap.password"})
    (pathlib.Path(node.data) / "settings.json").write_text(json.dumps(what))
    started = []
    try:
        for server in (postfix, dovecot, node):
            server.start()
            started.append(server)
        there_and_back(node, postfix, dovecot, records)
        before = len(node.told())
        check("the daemon stops", node.stop() == 0)
        node.start()
        check("the mailbox is reached again", until(lambda: status(node)["connected"]), status(node))
        check("nothing comes again", len(node.told()) == before and status(node)["taken"] == 0, status(node))
        gone_and_back(node, dovecot)
        check("it stops", node.stop() == 0)
        started.remove(node)
        node.verb("replay", "--verify")  # raises when it differs
    finally:
        for server in reversed(started):
            server.stop()


main()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
