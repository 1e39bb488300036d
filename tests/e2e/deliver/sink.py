# SPDX-License-Identifier: Apache-2.0
"""A mail server that keeps what it takes, and misbehaves for some addresses.

Each accepted DATA is one line of JSON in a file, written before the answer goes out: so whatever
becomes of the sender, the file knows what arrived.
"""
import asyncio
import base64
import email
import json
import os
import socket
import threading
import time

from aiosmtpd.controller import Controller


class Handler:
    def __init__(self, path, delay=0):
        self.file = open(path, "a", buffering=1)
        self.delay, self.lock, self.asked = delay, threading.Lock(), {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        self.asked[address] = self.asked.get(address, 0) + 1
        if name.startswith("nobody"):
            return "550 5.1.1 no such user here"
        if name.startswith("grey") and self.asked[address] == 1:
            return "450 4.2.0 greylisted, come back"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        if self.delay:
            await asyncio.sleep(self.delay)
        heads = email.message_from_bytes(envelope.content)
        line = {
            "at": time.time(),
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "id": heads["Message-ID"],
            "bytes": base64.b64encode(envelope.original_content).decode(),
        }
        with self.lock:
            self.file.write(json.dumps(line) + "\n")
        if any(a.startswith("drop") for a in envelope.rcpt_tos):
            server.transport.abort()  # it has it, and does not say so
        return "250 2.0.0 kept"


class Sink:
    def __init__(self, folder, delay=0):
        self.path = os.path.join(folder, "sink.jsonl")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.controller = Controller(
            Handler(self.path, delay), hostname="127.0.0.1", port=self.port,
            server_kwargs={"enable_SMTPUTF8": True, "timeout": 60})
        self.controller.start()

    def mails(self):
        with open(self.path) as lines:
            return [json.loads(line) for line in lines]

    def stop(self):
        self.controller.stop()
