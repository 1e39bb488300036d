# SPDX-License-Identifier: Apache-2.0
"""programs: applies one program after another while the daemon is being killed, and accounts for
each: what was acknowledged is in force afterwards, in its place, once.

An apply is a system event with a message id of its own. What was not answered is sent again, with
the same id, until it is: so the log decides whether the first copy had been taken.
"""
import http.client
import json
import os
import sqlite3
import threading
import time

SYSTEM = 1 << 4  # src/model/event_flag.def
PROGRAM = """nurture: 1
program: crash
send_as:
  name: Crash
  from: crash@mail.example.com
  postal_address: 1 Example Street, Exampletown
goal: meeting.booked
features:
  views: {{kind: count, of: page.pricing}}
scoring:
  engagement:
    half_life: 14d
    points:
      page.pricing: {points}
  tiers:
    hot: {{up: 60, down: 48}}
    warm: {{up: 30, down: 20}}
"""


class Applier(threading.Thread):
    """Sends program after program; `acked` has what was answered: message id -> (seq, source)."""

    def __init__(self, daemon, gate, over):
        super().__init__()
        self.daemon_, self.gate, self.over = daemon, gate, over
        self.acked, self.sent, self.resent, self.refused = {}, {}, 0, []

    def post(self, message_id, source):
        with open(os.path.join(self.daemon_.data, "admin.token"), encoding="ascii") as file:
            token = file.read().strip()  # a new one in each life
        body = {"events": [{"source": "operator", "message_id": message_id,
                            "body": {"type": "program.apply", "at": time.time_ns() // 1000,
                                     "ctx": {}, "props": {"source": source}, "flags": SYSTEM}}]}
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon_.port, timeout=20)
        try:
            connection.request("POST", "/v1/events", json.dumps(body),
                               {"Authorization": f"Bearer {token}",
                                "Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def apply(self, message_id, source):
        """Until it is answered, or all is over."""
        while not self.over.is_set():
            self.gate.wait()
            try:
                status, text = self.post(message_id, source)
            except (OSError, http.client.HTTPException):
                self.resent += 1
                time.sleep(0.01)
                continue
            if status == 200:
                self.acked[message_id] = json.loads(text)["events"][0]["seq"], source
                return
            if status == 401:  # the token of the life before: it had not been replaced yet
                time.sleep(0.01)
            elif status not in (429, 503):
                self.refused.append(text.decode())
                return

    def run(self):
        number = 0
        while not self.over.is_set():
            number += 1
            message_id = f"apply-{number}"
            self.sent[message_id] = PROGRAM.format(points=1 + number % 30) + f"# {number}\n"
            self.apply(message_id, self.sent[message_id])
            time.sleep(0.02)


def checks(applier, data):
    """(name, good, words) rows, out of the two files as another program reads them."""
    with sqlite3.connect(f"file:{data}/events.db?mode=ro", uri=True) as db:
        logged = dict(db.execute("SELECT message_id, seq FROM event WHERE message_id GLOB 'apply-*'"))
        rows = db.execute("SELECT count(*) FROM event WHERE message_id GLOB 'apply-*'").fetchone()[0]
    with sqlite3.connect(f"file:{data}/state.db?mode=ro", uri=True) as db:
        kept = [(version, json.loads(row)) for version, row in
                db.execute("SELECT k, v FROM program ORDER BY k")]
        dead = db.execute("SELECT count(*) FROM dead_letter").fetchone()[0]
    acked = applier.acked
    by_seq = sorted(logged.values())
    lost = [m for m, (seq, _) in acked.items() if logged.get(m) != seq]
    text_of = {seq: applier.sent[m] for m, seq in logged.items()}
    wrong = [row["seq"] for _, row in kept if row["source"] != text_of.get(row["seq"])]
    return (
        ("programs were applied between kills", len(acked) >= 3 and applier.resent > 0,
         f"{len(acked)} applied, {applier.resent} sent again"),
        ("no program was refused", not applier.refused and dead == 0,
         f"{dead} dead letters {applier.refused[:1]}"),
        ("every acknowledged program is in the log, at its place", not lost, f"{lost} not there"),
        ("no program is in the log twice", rows == len(logged), f"{rows} rows, {len(logged)} ids"),
        ("each program of the log became one version, in order",
         [row["seq"] for _, row in kept] == by_seq
         and [version for version, _ in kept] == list(range(1, len(kept) + 1)),
         f"{[(v, row['seq']) for v, row in kept][-5:]} but the log has {by_seq[-5:]}"),
        ("each version is the text that was sent", not wrong, f"events {wrong}"),
    )
