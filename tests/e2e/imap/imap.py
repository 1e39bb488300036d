#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""imap.py FETCH WORK: what tests/e2e/imap.sh checks. Every wait is for something to become
true, with a generous end."""
import os
import pathlib
import signal
import subprocess
import sys
import time

from dovecot import Dovecot, until

fetch, work = sys.argv[1], pathlib.Path(sys.argv[2])
passed = failed = 0
PATIENCE_S = 60


def check(name, ok, said=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(("ok    " if ok else "FAIL  ") + name + (f": {said}" if not ok and said != "" else ""))


def certificate(name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-keyout", work / f"{name}.key", "-out", work / f"{name}.pem",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, capture_output=True)


class Box:
    """One user's mailbox, seen through a client by others."""

    def __init__(self, server, user):
        self.server, self.user = server, user

    def client(self, folder="INBOX"):
        return self.server.client(self.user, folder)

    def append(self, *names, folder="INBOX", flags="", body=b"Hello\r\n"):
        c = self.client()
        for name in names:
            text = f"Message-ID: <{name}@x.example>\r\nSubject: {name}\r\n\r\n".encode() + body
            c.append(folder, flags, None, text)
        c.logout()

    def count(self, criteria="ALL", folder="INBOX"):
        return self.server.count(self.user, criteria, folder)


class Fetcher:
    """The fetcher as a process; its files are in a folder that outlives it."""

    def __init__(self, server, user, security="plain", host="localhost", ca="good", folder="INBOX",
                 move_to="-", bytes_max=1 << 20, die=False):
        self.dir = work / f"out-{user}"
        self.dir.mkdir(exist_ok=True)
        port = server.tls_port if security == "tls" else server.port
        env = dict(os.environ)
        if die:
            env["IMAP_FETCH_DIE"] = "1"
        self.log = work / f"log-{time.monotonic_ns()}"
        self.process = subprocess.Popen(
            [fetch, host, str(port), security, work / f"{ca}.pem", user, "secret", folder, move_to,
             self.dir, str(bytes_max)], stdin=subprocess.PIPE, stdout=open(self.log, "w"),
            stderr=open(f"{self.log}.err", "w"), env=env)

    def said(self):
        return pathlib.Path(f"{self.log}.err").read_text()

    def lines(self):
        return self.log.read_text().splitlines()

    def subjects(self):
        out = []
        for path in self.dir.glob("*.eml"):
            head = path.read_bytes().decode(errors="replace").split("\r\n\r\n", 1)[0]
            out.append(head.split("Subject: ", 1)[1].split("\r\n")[0])
        return sorted(out)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def stop(self):
        """Its last words; a fetcher that does not stop is a failure."""
        try:
            self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return "did not stop"
        return self.said()


def security(server):
    box = Box(server, "safe")
    for n, how in enumerate(("plain", "starttls", "tls")):
        box.append(f"m{n}")
        f = Fetcher(server, "safe", how)
        check(f"{how}: a message comes in", until(lambda: len(f.subjects()) == n + 1), f.lines())
        check(f"{how}: stops when told", "failures 0" in f.stop())
    box.append("secret")
    for name, options in (("a certificate nobody vouches for", {"ca": "other"}),
                          ("a certificate for another name", {"host": "127.0.0.1"})):
        for how in ("starttls", "tls"):
            f = Fetcher(server, "safe", how, **options)
            until(lambda: "failed" in f.said())
            said = f.stop()
            check(f"{how}: {name} is refused", "certificate" in said and "taken 0" in said, said)
    check("nothing was taken meanwhile", box.count("UNSEEN") == 1)


def order(server):
    box = Box(server, "ana")
    f = Fetcher(server, "ana")
    until(lambda: "connected" in f.said())
    check("an empty mailbox gives nothing", "taken 0, failures 0" in f.stop())
    box.append("a", "b", "c")
    f = Fetcher(server, "ana")
    check("three messages come in", until(lambda: f.subjects() == ["a", "b", "c"]), f.subjects())
    check("and are marked", until(lambda: box.count("UNSEEN") == 0))
    box.append("d")
    check("one that comes later comes in", until(lambda: "d" in f.subjects()), f.subjects())
    f.stop()
    f = Fetcher(server, "ana")
    box.append("e")
    check("after a restart the next one", until(lambda: "e" in f.subjects()), f.subjects())
    check("and nothing again", len(f.lines()) == 1, f.lines())
    f.stop()


def kills(server):
    box = Box(server, "ben")
    box.append("first")
    f = Fetcher(server, "ben", die=True)
    f.process.wait(PATIENCE_S)
    check("killed between durable and marked", f.subjects() == ["first"] and box.count("UNSEEN") == 1)
    f = Fetcher(server, "ben")
    check("then marked", until(lambda: box.count("UNSEEN") == 0))
    check("and not given again", f.lines() == [], f.lines())
    f.stop()
    names = [f"n{i:03}" for i in range(150)]
    box.append(*names)
    given = []
    for _ in range(4):
        f = Fetcher(server, "ben")
        until(lambda: len(f.lines()) >= 20 or len(f.subjects()) == 151)
        f.kill()
        given += f.lines()
    f = Fetcher(server, "ben")
    check("killed four times in the middle: all came in",
          until(lambda: f.subjects() == sorted(["first"] + names)), len(f.subjects()))
    check("all are marked in the end", until(lambda: box.count("UNSEEN") == 0))
    f.stop()
    given += f.lines()
    # A kill between a message and its cursor, both durable by then, may give that one again.
    check("and none more often than there were kills", len(given) - len(set(given)) <= 4, len(given))


def numbering(server):
    box = Box(server, "cat")
    c = box.client()
    c.create("Leads")
    c.logout()
    box.append("old1", "old2", folder="Leads")
    f = Fetcher(server, "cat", folder="Leads")
    until(lambda: len(f.subjects()) == 2)
    f.stop()
    c = box.client()
    c.delete("Leads")
    c.create("Leads")
    c.logout()
    box.append("old1", "old2", folder="Leads", flags="(\\Seen)")
    box.append("new", folder="Leads")
    f = Fetcher(server, "cat", folder="Leads")
    check("a folder with a new numbering gives what is unseen", until(lambda: "new" in f.subjects()))
    until(lambda: len(f.lines()) > 0)  # the message is kept before the fetcher says so
    f.stop()
    check("and only that, and says so",
          len(f.lines()) == 1 and f.lines()[0].endswith("renumbered"), f.lines())


def large(server):
    box = Box(server, "dan")
    box.append("huge", body=b"x" * 76 + b"\r\n" + (b"y" * 998 + b"\r\n") * 5000)
    box.append("after")
    f = Fetcher(server, "dan", "tls", bytes_max=1 << 20)
    check("what follows a large message comes in", until(lambda: "after" in f.subjects()))
    f.stop()
    cut = [line for line in f.lines() if " cut" in line]
    check("the large one comes cut", len(cut) == 1, f.lines())
    size = (f.dir / (cut[0].split()[0] + ".eml")).stat().st_size if cut else 0
    check("to the bytes allowed", size == 1 << 20, size)


def moving(server):
    box = Box(server, "eve")
    c = box.client()
    c.create("Done")
    c.logout()
    box.append("x", "y")
    f = Fetcher(server, "eve", move_to="Done")
    check("taken messages are moved", until(lambda: box.count(folder="Done") == 2))
    check("and gone from the inbox", until(lambda: box.count() == 0))
    f.stop()


def away(server):
    box = Box(server, "fay")
    box.append("before")
    f = Fetcher(server, "fay", "starttls")
    until(lambda: f.subjects() == ["before"])
    server.stop()
    until(lambda: "failed" in f.said())
    server.start()
    box.append("behind")
    check("a server that was away is found again", until(lambda: "behind" in f.subjects()))
    check("without a repeat", len(f.lines()) == 2, f.lines())
    said = f.stop()
    check("and the failure was noted", "failures 0" not in said, said)
    server.stop()
    f = Fetcher(server, "fay")
    until(lambda: "failed" in f.said())
    check("stops while nobody answers", f.stop() != "did not stop")


certificate("good")
certificate("other")
server = Dovecot(work, tls=work / "good")
server.start()
try:
    for part in (security, order, kills, numbering, large, moving, away):
        part(server)
finally:
    server.stop()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
