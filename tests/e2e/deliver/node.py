# SPDX-License-Identifier: Apache-2.0
"""One folder of data in live mode, its daemon, and what can be asked of it from outside."""
import base64
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
FAST = {"per_minute": 0}


def settings(port, **more):
    return {
        "mode": "live",
        "public_url": "https://go.larkspur.example",
        "smtp": [{"host": "127.0.0.1", "port": port, "security": "none", "connections": 4}],
        "return_path": {"domain": "bounce.larkspur.example"},
        "pace": {"other": FAST, "sender": FAST},
        **more,
    }


class Node:
    def __init__(self, program, folder, what):
        self.program, self.data = program, os.path.join(folder, "data")
        self.log = open(os.path.join(folder, "daemon.log"), "ab")
        self.key = json.loads(self.verb("init", "--json").splitlines()[0])["write_key"]
        with open(os.path.join(self.data, "settings.json"), "w") as f:
            json.dump(what, f)
        self.verb("apply", os.path.join(HERE, "program.yaml"), "--yes")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = None

    def verb(self, *words):
        run = subprocess.run([self.program, *words, "--data", self.data], check=False,
                             capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if run.returncode != 0:
            raise RuntimeError(f"{words}: {run.returncode}: {run.stdout}{run.stderr}")
        return run.stdout

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

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(60)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def post(self, connection, address, event="Form.Ebook", number=""):
        """What somebody does, by their address; True when it was answered 2xx."""
        call = {"type": "track", "event": event, "userId": address,
                "messageId": f"{event} {address} {number}",
                "context": {"traits": {"email": address, "first_name": "Ada"}}}
        auth = base64.b64encode(f"{self.key}:".encode()).decode()
        connection.request("POST", "/v1/track", json.dumps(call),
                           {"Authorization": f"Basic {auth}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return 200 <= answer.status < 300

    def rows(self, sql, *values, file="events.db"):
        with sqlite3.connect(f"file:{self.data}/{file}?mode=ro", uri=True) as db:
            return db.execute(sql, values).fetchall()

    def told(self, kind=None):
        """The answers in the log: (type, properties), in order."""
        out = []
        for source, body in self.rows(
                "SELECT source, body FROM event WHERE source IN ('deliver', 'observe') ORDER BY seq"):
            event = json.loads(body)
            out.append((event["type"], event["props"]))
        return [x for x in out if kind is None or x[0] == kind]

    def wait_told(self, kind, n, seconds=20):
        until = time.time() + seconds
        while time.time() < until:
            got = self.told(kind)
            if len(got) >= n:
                return got
            time.sleep(0.05)
        return self.told(kind)
