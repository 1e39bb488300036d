# SPDX-License-Identifier: Apache-2.0
"""crash: kills the daemon under load and accounts for every 2xx.

Workers send single calls and batches, some of them again. What was not answered is sent again
after the restart, as real clients do; programs are applied in between (programs.py). A killer ends the daemon with SIGKILL at random moments.
In the end the log is read with a program that is not ours (Python's sqlite3), and the state is
asked through the verbs.
"""
import base64
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import programs

WORKERS, LEADS, LOAD_S = 6, 300, (0.05, 0.6)


class Daemon:
    """One daemon on one port and one folder, through all its lives."""

    def __init__(self, program, folder):
        self.program, self.data = program, os.path.join(folder, "data")
        self.log = open(os.path.join(folder, "daemon.log"), "wb")
        made = subprocess.run([program, "init", "--data", self.data, "--json"],
                              check=True, capture_output=True, text=True)
        self.key = json.loads(made.stdout.splitlines()[0])["write_key"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"],
            stdout=self.log, stderr=self.log)
        for _ in range(600):
            if self.process.poll() is not None:
                raise RuntimeError(f"the daemon ended with {self.process.returncode} at its start")
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the daemon does not listen")

    def stop(self, how):
        self.process.send_signal(how)
        return self.process.wait(60)

    def ask(self, *words):
        run = subprocess.run([self.program, *words, "--data", self.data],
                             check=False, capture_output=True, text=True)
        return run.returncode, run.stdout, run.stderr


class Worker(threading.Thread):
    """Sends, and remembers what was answered 2xx and what was not."""

    def __init__(self, daemon, number, gate, over):
        super().__init__()
        self.daemon_, self.number, self.gate, self.over = daemon, number, gate, over
        self.random = random.Random(number)
        self.acked, self.sent, self.unsure, self.count = set(), set(), [], 0
        self.refused = 0

    def call(self):
        self.count += 1
        mid = f"w{self.number}-{self.count}"
        self.sent.add(mid)
        return {"type": "track", "event": "Page Pricing", "messageId": mid,
                "userId": f"u{self.random.randrange(LEADS)}", "properties": {"n": self.count}}

    def next_calls(self):
        """What goes into the next request: unanswered calls first, then something new."""
        if self.unsure:
            return self.unsure.pop()
        calls = [self.call() for _ in range(20 if self.random.random() < 0.1 else 1)]
        if self.acked and self.random.random() < 0.1:  # a client that did not see our answer
            old = dict(calls[0], messageId=self.random.choice(tuple(self.acked)))
            calls.append(old)
        return calls

    def post(self, connection, calls):
        path = "/v1/track" if len(calls) == 1 else "/v1/batch"
        body = calls[0] if len(calls) == 1 else {"batch": calls}
        auth = base64.b64encode(f"{self.daemon_.key}:".encode()).decode()
        connection.request("POST", path, json.dumps(body),
                           {"Authorization": f"Basic {auth}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def run(self):
        connection = None
        while not self.over.is_set():
            self.gate.wait()
            calls = self.next_calls()
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.daemon_.port, timeout=20)
                status = self.post(connection, calls)
            except (OSError, http.client.HTTPException):
                self.unsure.append(calls)
                connection = None
                time.sleep(0.01)
                continue
            if 200 <= status < 300:
                self.acked.update(call["messageId"] for call in calls)
            else:
                self.unsure.append(calls)
                self.refused += status != 429
        if connection is not None:
            connection.close()


def kill_again_and_again(daemon, kills):
    """All workers' acked and sent ids, and the applier, after `kills` lives."""
    dice, gate, over = random.Random(7), threading.Event(), threading.Event()
    workers = [Worker(daemon, i, gate, over) for i in range(WORKERS)]
    applier = programs.Applier(daemon, gate, over)
    for thread in (*workers, applier):
        thread.start()
    try:
        for life in range(kills):
            daemon.start()
            gate.set()
            time.sleep(dice.uniform(*LOAD_S))
            daemon.stop(signal.SIGKILL)
            if life % 20 == 19:
                print(f"{life + 1} kills, {sum(len(w.acked) for w in workers)} calls answered", flush=True)
        daemon.start()
        time.sleep(0.5)  # the last life takes what was left unanswered
    finally:
        gate.set()
        over.set()
        for thread in (*workers, applier):
            thread.join()
    refused = sum(w.refused for w in workers)
    acked, sent = (set().union(*(getattr(w, ids) for w in workers)) for ids in ("acked", "sent"))
    return acked, sent, refused, applier


def wait_folded(daemon):
    """Until the engine has folded all that is in the log."""
    for _ in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=20)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        if "\nnurtured_engine_lag_events 0\n" in text:
            return True
        time.sleep(0.1)
    return False


def logged(daemon):
    """(seq, message id) of every call in the log; our own events left out."""
    with sqlite3.connect(f"file:{daemon.data}/events.db?mode=ro", uri=True) as db:
        sound = db.execute("PRAGMA integrity_check").fetchone()[0]
        seqs = [row[0] for row in db.execute("SELECT seq FROM event ORDER BY seq")]
        ids = [row[0] for row in db.execute("SELECT message_id FROM event WHERE message_id GLOB 'w*-*'")]
    return sound, seqs, ids


def folded(daemon):
    """How many events all leads together say they have had."""
    total, after = 0, None
    while True:
        words = ["lead", "list", "--json", "--limit", "1000"] + (["--after", str(after)] if after else [])
        status, out, err = daemon.ask(*words)
        if status != 0:
            raise RuntimeError(f"lead list: {err}")
        page = json.loads(out)
        total += sum(lead["events"] for lead in page["leads"])
        after = page.get("next")
        if not after:
            return total


def main():
    program, folder, kills = sys.argv[1], sys.argv[2], int(sys.argv[3])
    daemon = Daemon(program, folder)
    acked, sent, refused, applier = kill_again_and_again(daemon, kills)
    caught_up = wait_folded(daemon)
    ended = daemon.stop(signal.SIGTERM)
    sound, seqs, ids = logged(daemon)
    once = set(ids)
    checks = (
        ("the load was real", len(acked) >= 20 * kills, f"{len(acked)} calls answered"),
        ("nothing sound was refused", refused == 0, f"{refused} refused"),
        ("it caught up and ended well", caught_up and ended == 0, f"exit {ended}"),
        ("the log's file is sound", sound == "ok", sound),
        ("every 2xx is in the log", acked <= once, f"{len(acked - once)} of {len(acked)} lost"),
        ("nothing is there twice", len(ids) == len(once), f"{len(ids) - len(once)} twice"),
        ("nothing was made up", once <= sent, f"{len(once - sent)} unknown"),
        ("the log has no hole", seqs == list(range(seqs[0], seqs[0] + len(seqs))), "a hole"),
    )
    total = folded(daemon)
    checks += (("each was folded once", total == len(ids), f"{total} folded, {len(ids)} in the log"),)
    checks += programs.checks(applier, daemon.data)
    status, out, err = daemon.ask("replay", "--verify")
    checks += (("a replay gives the same state", status == 0, (out + err).strip()),)
    for name, good, words in checks:
        if not good:
            print(f"crash: not so: {name}: {words}")
    failed = sum(not good for _, good, _ in checks)
    if failed:
        daemon.log.close()
        with open(daemon.log.name, encoding="utf-8", errors="replace") as log:
            print("".join(log.readlines()[-30:]))
    print(f"crash: {kills} kills, {len(acked)} calls answered, {len(ids)} in the log, "
          f"{len(applier.acked)} programs applied")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
