# SPDX-License-Identifier: Apache-2.0
"""sendkill: the daemon is killed with SIGKILL while it sends, again and again, to a server that keeps
what it takes. Then every message is accounted for: none twice, none lost but those shown as
uncertain, none behind an unsubscribe or a reply.
sendkill.py NURTURED FOLDER KILLS"""
import collections
import http.client
import json
import random
import signal
import sys
import threading
import time

from node import Node, settings
from sink import Sink

program, work, kills = sys.argv[1], sys.argv[2], int(sys.argv[3])
passed = failed = 0
GRACE_S = 2.0  # between the answer to a stop and its effect


def check(name, ok, said=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL  {name}: {said}")


class Leads(threading.Thread):
    """People who come in, some of whom stop what they asked for a moment later."""

    def __init__(self, node, gate, over):
        super().__init__()
        self.node, self.gate, self.over = node, gate, over
        self.dice, self.count = random.Random(3), 0
        self.came, self.stopped, self.owed = set(), {}, []

    def next_act(self):
        """(address, event, number): what was not answered first, as real clients do."""
        if self.owed:
            return self.owed.pop()
        if self.came and self.dice.random() < 0.3:
            who = self.dice.choice(sorted(self.came - set(self.stopped)) or ["nobody@x.example"])
            return who, self.dice.choice(["email.unsubscribe", "reply"]), 1
        self.count += 1
        return f"lead{self.count}@good.example", "Form.Ebook", 1

    def run(self):
        connection = None
        while not self.over.is_set():
            self.gate.wait()
            act = self.next_act()
            try:
                connection = connection or self.node.connect()
                ok = self.node.post(connection, act[0], act[1], act[2])
            except (OSError, http.client.HTTPException):
                ok, connection = False, None
                time.sleep(0.01)
            if not ok:
                self.owed.append(act)
            elif act[1] == "Form.Ebook":
                self.came.add(act[0])
            else:
                self.stopped.setdefault(act[0], time.time())
            time.sleep(0.004)


def unsettled(node):
    """Rows of the outbox but for the uncertain ones (state 5), which wait for a person."""
    return node.rows("SELECT hex(k) FROM outbox WHERE substr(k, 1, 1) != x'05' LIMIT 9", file="state.db")


def settle(node, seconds=60):
    until = time.time() + seconds
    while unsettled(node) and time.time() < until:
        time.sleep(0.2)
    return not unsettled(node)


def account(node, sink, leads):
    mails = sink.mails()
    arrived = collections.Counter(m["id"] for m in mails)
    by_lead = collections.Counter(m["to"][0] for m in mails)
    twice = [i for i, n in arrived.items() if n > 1]
    check("no message twice", not twice, twice[:5])
    by_lead.pop("jo@larkspur.example", None)  # a colleague is told of everyone who replied
    check("no lead twice", not [a for a, n in by_lead.items() if n > 1])
    late = [(m["to"][0], m["at"] - leads.stopped[m["to"][0]]) for m in mails
            if m["to"][0] in leads.stopped and m["at"] > leads.stopped[m["to"][0]] + GRACE_S]
    check("nothing behind a stop", not late, late[:5])
    answers = collections.defaultdict(list)
    for kind, props in node.told():
        answers[props["message"]].append(kind)
    final = {n: [k for k in kinds if k != "message.deferred"] for n, kinds in answers.items()}
    check("one end each", all(len(k) <= 1 for k in final.values()),
          [x for x in final.items() if len(x[1]) > 1][:5])
    uncertain = sum(k == ["message.uncertain"] for k in final.values())
    sent = sum(k == ["message.sent"] for k in final.values())
    check("what was said to be sent arrived", sent <= len(arrived) <= sent + uncertain,
          f"{sent} sent, {uncertain} uncertain, {len(arrived)} arrived")
    missing = [a for a in leads.came if a not in by_lead and a not in leads.stopped]
    check("none lost but the uncertain", len(missing) <= uncertain,
          f"{len(missing)} leads without mail, {uncertain} uncertain: {missing[:5]}")
    # A conversation that was cut is rare: most of what a kill leaves had only been waiting.
    check("few are uncertain", uncertain <= kills * 2 * 4, uncertain)
    print(f"{kills} kills: {len(leads.came)} leads, {len(leads.stopped)} stopped, {len(arrived)} mails "
          f"arrived, {sent} sent, {uncertain} uncertain, "
          f"{sum(k == ['message.failed'] for k in final.values())} refused at the last instant")


def main():
    sink = Sink(work, delay=0.02)
    node = Node(program, work, settings(sink.port))
    dice, gate, over = random.Random(11), threading.Event(), threading.Event()
    leads = Leads(node, gate, over)
    leads.start()
    try:
        for _ in range(kills):
            node.start()
            gate.set()
            time.sleep(dice.uniform(0.2, 1.2))
            node.stop(signal.SIGKILL)
        node.start()
        time.sleep(1)
    finally:
        over.set()
        gate.set()
        leads.join()
    check("everything comes to an end", settle(node), unsettled(node))
    check("an end in order", node.stop() == 0)
    account(node, sink, leads)
    run = json.loads(node.verb("replay", "--verify", "--json").splitlines()[-1])
    check("replay", run.get("equal") is True, run)
    sink.stop()
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
